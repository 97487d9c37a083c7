package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
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
	sheet, err := s.sheet(p, &got)
	if err != nil {
		return err
	}
	if !asPDF {
		return s.showPaper(r, &got, sheet)
	}
	pdf, err := s.Press.Paper(r.Context(), sheet)
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

// sheet is a paper in the reader's language.
func (s *Site) sheet(p *Page, got *auction.PaperView) (press.Sheet, error) {
	text, err := got.Text(p.W.Lang())
	return press.Sheet{W: p.W, Text: text, Hash: got.Hash, EntryURL: s.SiteURL + "/entries/" + got.Entry.String(), Erased: got.ErasedAt != nil}, err
}

func (s *Site) showPaper(r *Request, got *auction.PaperView, sheet press.Sheet) error {
	p := r.P
	var title docket.Text
	if d, err := s.Auction.Lot(r.Context(), got.LotID, r.Now); err == nil {
		title = d.Title
	}
	v := PaperView{
		Title: p.pick(title), LotHref: "/lots/" + got.LotID.String(), Text: sheet.Text, Hash: got.Hash, Erased: sheet.Erased,
		EntryHref: "/entries/" + got.Entry.String(), PDFHref: "/papers/" + got.ID.String() + ".pdf",
	}
	if got.Audience == papers.Court {
		v.LotHref = "/bench/lots/" + got.LotID.String()
	}
	if v.Title == "" { // a draft's letter
		v.Title = v.Text.Number
	}
	var err error
	if v.QR, err = sheet.QR(); err != nil {
		return err
	}
	p.Title, p.Nav, p.NoIndex = v.Text.Heading, "lots", true
	return r.show(http.StatusOK, PaperPage(p, v))
}

// paperLinks lists a lot's papers that somebody may read, those of some kinds or all.
func (s *Site) paperLinks(r *Request, by auction.Actor, lot uuid.UUID, kinds ...papers.Kind) ([]PaperLink, error) {
	list, err := s.Auction.Papers(r.Context(), by, lot)
	if err != nil {
		return nil, err
	}
	out := make([]PaperLink, 0, len(list))
	for i := range list {
		one := &list[i]
		if len(kinds) > 0 && !slices.Contains(kinds, one.Kind) {
			continue
		}
		text, err := one.Text(r.P.W.Lang())
		if err != nil {
			return nil, err
		}
		name := text.Heading
		if one.Kind == papers.NotificationLetter {
			name += r.P.T("paper.to", "whom", strings.TrimRight(text.To, "：:"))
		}
		if one.Kind == papers.SettingAsideDraft {
			name = r.P.T("paper.setting_aside")
		}
		href := "/papers/" + one.ID.String()
		out = append(out, PaperLink{Kind: one.Kind, Name: name, At: r.P.W.Minute(one.MadeAt), Href: href, PDF: href + ".pdf"})
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
