package pages

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// verify checks a lot's record or a receipt, from what is public, and says
// what it checked. It is our server that does it, and the page says so.
func (s *Site) verify(r *Request) error {
	p := r.P
	p.Title, p.Nav = p.T("verify.heading"), "verify"
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	v := VerifyView{Query: short(q, 200)}
	v.Commands = "$ auditor verify --log " + s.SiteURL + "/log\n$ auditor verify --log " + s.SiteURL + "/log --lot <lot> --state seen.json"
	status := http.StatusOK
	if q != "" {
		if err := s.check1(r.Context(), p, &v, q); err != nil {
			if fault.KindOf(err) != fault.NotFound {
				return err
			}
			status = http.StatusNotFound
			v.Verdict = &Verdict{Icon: "s-warn", Title: p.T("verify.not_found"), Text: p.T("verify.hint")}
		}
	}
	if v.Checks == nil {
		for _, k := range []string{"signature", "log", "dense", "bids", "ends", "result", "receipt"} {
			v.Checks = append(v.Checks, CheckRow{Name: p.T("verify.c_" + k), How: p.T("verify.c_" + k + "_how")})
		}
		if v.Verdict != nil {
			v.Checks = nil
		}
	}
	return r.show(status, VerifyPage(p, v))
}

// check1 finds out what q names and checks it.
func (s *Site) check1(ctx context.Context, p *Page, v *VerifyView, q string) error {
	if id, err := uuid.Parse(q); err == nil {
		err := s.checkLot(ctx, p, v, id)
		if fault.KindOf(err) == fault.NotFound {
			err = s.checkReceipt(ctx, p, v, id)
		}
		return err
	}
	c, err := s.Auction.CaseByKey(ctx, q, p.Now)
	if err != nil {
		return err
	}
	return s.checkLot(ctx, p, v, c.Lots[0].ID)
}

// maxRecordBytes bounds the record that the page re-runs.
const maxRecordBytes = 64 << 20

// boundedBuffer refuses to grow past its bound.
type boundedBuffer struct{ bytes.Buffer }

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxRecordBytes {
		return 0, fault.New(fault.Invalid, fault.BodyTooLarge)
	}
	return b.Buffer.Write(p)
}

// rerun is what a record gave when its course was run again.
type rerun struct {
	state  course.State
	events int64
	// broken is the fault at the first event that breaks a rule, at its number.
	broken   error
	brokenAt int64
}

// runAgain reads a record and runs its course from the first event.
func runAgain(record []byte) (rerun, error) {
	var out rerun
	for line := range bytes.Lines(record) {
		entry, err := audit.Parse(bytes.TrimRight(line, "\n"))
		if err != nil {
			return out, fault.Internalf("read the record: %w", err)
		}
		if !strings.HasPrefix(entry.Kind, "course.") {
			continue
		}
		e, err := course.FromEntry(entry)
		if err == nil {
			var next course.State
			if next, err = course.Next(out.state, e); err == nil {
				out.state = next
				out.events++
				continue
			}
		}
		out.broken, out.brokenAt = err, out.events+1
		return out, nil
	}
	return out, nil
}

func (s *Site) checkLot(ctx context.Context, p *Page, v *VerifyView, id uuid.UUID) error {
	d, err := s.Auction.Lot(ctx, id, p.Now)
	if err != nil {
		return err
	}
	var record boundedBuffer
	if err := s.Auction.Record(ctx, id, &record); err != nil {
		return err
	}
	again, err := runAgain(record.Bytes())
	if err != nil {
		return err
	}
	p.lotChecks(v, &d, again)
	v.Query = id.String()
	return nil
}

// lotChecks words what a re-run found.
func (p *Page) lotChecks(v *VerifyView, d *auction.LotDetail, again rerun) {
	st := again.state
	ok := again.broken == nil
	row := func(key string, agrees bool, n int64) {
		c := Chip{"soft", "s-done", p.T("verify.agrees")}
		if !agrees {
			c = Chip{"solid", "s-withdrawn", p.T("verify.differs")}
			ok = false
		}
		v.Checks = append(v.Checks, CheckRow{Chip: c, Name: p.T("verify.c_" + key), How: p.T("verify.c_" + key + "_how"), Count: p.W.Count(n)})
	}
	if p.Check != nil {
		row("signature", true, 1)
	}
	row("dense", again.broken == nil && st.Seq == again.events, again.events)
	row("bids", again.broken == nil, st.Bids)
	row("ends", again.broken == nil, st.Extensions)
	title := "verify.ok_running"
	if d.EndedAt != nil {
		same := st.Outcome != "" && st.Leader == d.LeaderCode && (d.PriceFen == nil || st.Price == *d.PriceFen)
		row("result", same, 1)
		title = "verify.ok"
	}
	v.Checks = append(v.Checks, CheckRow{Chip: Chip{"dash", "s-wait", p.T("verify.not_yet")}, Name: p.T("verify.c_log"), How: p.T("verify.c_log_how"), Count: "—"})
	v.CheckedText = p.N("verify.checked_n", int64(len(v.Checks)-1))
	v.Verdict = &Verdict{Icon: "s-done", Title: p.W.T(title), Text: p.pick(d.Title) + "　" + p.T("verify.ok_text", "events", p.W.Count(again.events), "bids", p.W.Count(st.Bids), "moves", p.W.Count(st.Extensions))}
	if !ok {
		what := p.T("verify.bad_word")
		if again.broken != nil {
			what = p.T("verify.event", "n", p.W.Count(again.brokenAt)) + p.W.Refusal(again.broken).Detail
		}
		v.Verdict.Icon, v.Verdict.Title = "s-withdrawn", p.T("verify.verdict_bad", "what", what)
	}
}

func (s *Site) checkReceipt(ctx context.Context, p *Page, v *VerifyView, id uuid.UUID) error {
	receipt, err := s.Engine.Receipt(ctx, id)
	if err != nil {
		return err
	}
	if s.Log == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	b, err := receipt.JSON()
	if err != nil {
		return err
	}
	v.ReceiptText = indented(b)
	found, err := receipt.Verify(s.Log.VerifierKey())
	agrees, differs := Chip{"soft", "s-done", p.T("verify.agrees")}, Chip{"solid", "s-withdrawn", p.T("verify.differs")}
	row := CheckRow{Chip: agrees, Name: p.T("verify.c_receipt"), How: p.T("verify.c_receipt_how"), Count: "1"}
	in := CheckRow{Chip: agrees, Name: p.T("verify.c_inclusion"), How: p.T("verify.c_inclusion_how"), Count: "1"}
	v.Verdict = &Verdict{Icon: "s-done", Title: p.T("verify.ok_receipt"), Text: p.T("verify.receipt_at", "n", p.W.Count(found.Index), "size", p.W.Count(found.Checkpoint.Size))}
	switch {
	case err != nil:
		row.Chip = differs
		in.Chip = Chip{"dash", "s-wait", p.T("verify.not_yet")}
		v.Verdict = &Verdict{Icon: "s-withdrawn", Title: p.T("verify.verdict_bad", "what", p.T("verify.c_receipt")), Text: p.W.Refusal(err).Detail}
	case !found.InLog:
		in.Chip = Chip{"dash", "s-wait", p.T("verify.not_yet")}
		v.Verdict.Title, v.Verdict.Text = p.T("verify.ok_signed"), p.T("verify.wait_log")
	}
	v.Checks = []CheckRow{row, in}
	v.CheckedText = p.N("verify.checked_n", int64(len(v.Checks)))
	return nil
}
