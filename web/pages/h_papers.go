package pages

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
	"mingchui/web/press"
)

// paper shows a paper of a sale, or with ".pdf" at the end of its id prints it.
func (s *Site) paper(r *Request) error {
	name, asPDF := strings.CutSuffix(r.Params["paper"], ".pdf")
	id, err := uuid.Parse(name)
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	got, err := s.Auction.Paper(r.Context(), r.actor(), id)
	if err != nil {
		return err
	}
	p := r.P
	v := PaperView{
		Title: p.pick(got.Paper.Title), LotHref: "/lots/" + got.LotID.String(), Text: got.Paper.Text(p.W.Lang()), Hash: got.Hash,
		EntryHref: "/entries/" + got.Entry.String(), PDFHref: "/papers/" + id.String() + ".pdf",
	}
	if got.Audience == papers.Court {
		v.LotHref = "/bench/lots/" + got.LotID.String()
	}
	v.EntryURL = s.SiteURL + v.EntryHref
	if v.QR, err = press.QR(v.EntryURL, p.T("paper.qr")); err != nil {
		return fault.Internalf("draw a QR code: %w", err)
	}
	p.Title, p.Nav, p.NoIndex = v.Text.Heading, "lots", true
	if !asPDF {
		return r.show(http.StatusOK, PaperPage(p, v))
	}
	var sheet bytes.Buffer
	if err := PaperSheet(p, v, press.CSS).Render(r.Context(), &sheet); err != nil {
		return fault.Internalf("render paper: %w", err)
	}
	pdf, err := s.Press.PDF(r.Context(), got.Hash+" "+p.W.Lang()+" "+v.EntryURL, sheet.Bytes())
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="`+string(got.Kind)+`.pdf"`)
	h.Set("Content-Length", strconv.Itoa(len(pdf)))
	h.Set("Cache-Control", "private, no-store")
	r.W.WriteHeader(http.StatusOK)
	_, err = r.W.Write(pdf)
	return err
}

// paperLinks lists a lot's papers that somebody may read.
func (s *Site) paperLinks(r *Request, by auction.Actor, lot uuid.UUID) ([]PaperLink, error) {
	list, err := s.Auction.Papers(r.Context(), by, lot)
	if err != nil {
		return nil, err
	}
	out := make([]PaperLink, len(list))
	for i, one := range list {
		text := one.Paper.Text(r.P.W.Lang())
		name := text.Heading
		if one.Kind == papers.NotificationLetter {
			name += r.P.T("paper.to", "whom", strings.TrimRight(text.To, "：:"))
		}
		out[i] = PaperLink{Name: name, At: r.P.W.Minute(one.MadeAt), Href: "/papers/" + one.ID.String(), PDF: "/papers/" + one.ID.String() + ".pdf"}
	}
	return out, nil
}

// entry shows one entry of the log and its place in the tree: where the QR code of a paper leads.
func (s *Site) entry(r *Request) error {
	id, err := uuid.Parse(r.Params["entry"])
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	e, err := s.Auction.Entry(r.Context(), id)
	if err != nil {
		return err
	}
	v := EntryView{ID: id.String(), LeafHash: e.LeafHash.String(), Bytes: string(e.Bytes)}
	if e.LotID != uuid.Nil {
		v.LotHref = "/lots/" + e.LotID.String()
	}
	if s.Log != nil {
		proof, err := s.Log.InclusionProof(r.Context(), id)
		switch {
		case fault.CodeOf(err) == fault.ReceiptNotYetInLog:
		case err != nil:
			return err
		default:
			c, err := proof.Verify(e.Bytes, s.Log.VerifierKey())
			if err != nil {
				return fault.Internalf("an entry's proof does not hold: %w", err)
			}
			v.Placed, v.Index, v.Size, v.Proof = true, proof.Index, c.Size, proof.Text()
		}
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("entry.heading"), "verify", true
	return r.show(http.StatusOK, EntryPage(p, v))
}
