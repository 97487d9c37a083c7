package pages

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/bidding"
)

// refusalsShown bounds the lines of a lot's refusals on its pages; the file has all.
const refusalsShown = 60

// RefusalRow is how many bids were refused in a minute for one reason.
type RefusalRow struct {
	Minute time.Time
	Reason string
	Count  int64
}

// refusedMinutes are the latest refusals of a lot; nil while they cannot be read.
func (s *Site) refusedMinutes(ctx context.Context, p *Page, lot uuid.UUID) []RefusalRow {
	lines, err := s.Engine.RefusedMinutes(ctx, lot, "", refusalsShown)
	if err != nil {
		s.Trace.WarnContext(ctx, "refusals were not shown", "error", err)
		return nil
	}
	rows := make([]RefusalRow, len(lines))
	for i, l := range lines {
		rows[i] = RefusalRow{l.Minute, refusalReason(p, l.Code), l.Count}
	}
	return rows
}

// refusalReason is a code in few words.
func refusalReason(p *Page, code fault.Code) string {
	key := "refusals." + string(code)
	if !p.W.Has(key) {
		key = "refusals.another"
	}
	return p.T(key)
}

// refusalsFile has every minute and code as RFC 4180 has it, the latest minute first.
func (s *Site) refusalsFile(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	const lines = 5000
	page, err := s.Engine.RefusedMinutes(r.Context(), id, "", lines)
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="mingchui-refusals-%s.csv"`, id.String()[24:]))
	h.Set("Cache-Control", "no-cache")
	out := csv.NewWriter(r.W)
	out.UseCRLF = true
	_ = out.Write([]string{"minute", "code", "count"}) // what fails is told by Flush below
	for len(page) > 0 {
		for _, l := range page {
			_ = out.Write([]string{l.Minute.UTC().Format(time.RFC3339), string(l.Code), strconv.FormatInt(l.Count, 10)})
		}
		if out.Flush(); out.Error() != nil || len(page) < lines {
			break // the reader left, or it is whole
		}
		if page, err = s.Engine.RefusedMinutes(r.Context(), id, page[lines-1].Cursor(), lines); err != nil {
			panic(http.ErrAbortHandler) // nobody shall take a part for the whole
		}
	}
	return nil //nolint:nilerr // an error after the first byte ends in the panic above
}

// refusalReceipt gives the receipt of a refused bid as a file, so that the page it was asked from stays.
func (s *Site) refusalReceipt(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	receipt, err := s.Engine.RefusalReceipt(r.Context(), r.PostForm.Get("token"))
	if err != nil {
		return err
	}
	b, err := receipt.JSON()
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="mingchui-refusal.json"`)
	h.Set("Cache-Control", "no-store")
	_, _ = r.W.Write(b) // the reader left
	return nil
}

// Token is that of a refused bid, for its receipt.
func (v BidConfirmView) Token() string { return bidding.RefusalToken(v.Refused) }
