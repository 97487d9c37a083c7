package pages

import (
	"context"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// maxRecord bounds the record that a page prints whole; the NDJSON has no bound.
const maxRecord = 5000

// allBids reads the bids of a lot from the first on, at most limit, the last
// ones where there are more.
func (s *Site) allBids(ctx context.Context, l *auction.LotSummary, limit int) ([]auction.BidView, error) {
	if l.Bids == 0 {
		return nil, nil
	}
	if l.Bids > int64(limit) {
		last, err := s.Auction.LastBids(ctx, l.ID, min(limit, auction.MaxBids))
		for i, j := 0, len(last)-1; i < j; i, j = i+1, j-1 {
			last[i], last[j] = last[j], last[i]
		}
		return last, err
	}
	var all []auction.BidView
	after := int64(0)
	for len(all) < limit {
		page, err := s.Auction.Bids(ctx, l.ID, after, auction.MaxBids)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < auction.MaxBids {
			break
		}
		after = page[len(page)-1].Seq
	}
	return all, nil
}

// announcedEnd is the end as announced: that of the first bid where it moved
// nothing, else the lot's own. Lists do not carry it.
func announcedEnd(l *auction.LotSummary, bids []auction.BidView) time.Time {
	ext := extensionOf(l.RuleSet)
	if len(bids) > 0 && !bids[0].EndsAt.Equal(bids[0].AcceptedAt.Add(ext)) {
		return bids[0].EndsAt
	}
	return valueOf(l.EndsAt)
}

// moved reports whether a bid moved the end.
func moved(before time.Time, b auction.BidView) bool { return !b.EndsAt.Equal(before) }

func chartBids(bids []auction.BidView, end time.Time, mine string) []ChartBid {
	out := make([]ChartBid, len(bids))
	for i, b := range bids {
		out[i] = ChartBid{At: b.AcceptedAt, Amount: b.AmountFen, Moved: moved(end, b), Mine: mine != "" && b.BidderCode == mine}
		end = b.EndsAt
	}
	return out
}

// bidRows makes the record: first to last, with each raise.
func bidRows(p *Page, bids []auction.BidView, end time.Time, mine string, chart *plot) []BidRow {
	rows := make([]BidRow, len(bids))
	var last money.Fen
	for i, b := range bids {
		rows[i] = BidRow{
			Seq: b.Seq, No: i + 1, Code: b.BidderCode, Amount: b.AmountFen, AcceptedAt: b.AcceptedAt, EndsAt: b.EndsAt,
			Moved: moved(end, b), Mine: mine != "" && b.BidderCode == mine, Automatic: b.Automatic,
		}
		if last > 0 {
			rows[i].Raise = b.AmountFen - last
		}
		if chart != nil {
			rows[i].ChartX = f1(chart.x(b.AcceptedAt))
			rows[i].Said = p.T("record.said", "no", i+1, "code", b.BidderCode, "price", p.P(b.AmountFen), "at", p.W.Local(b.AcceptedAt).Format("01-02 15:04:05"))
		}
		last, end = b.AmountFen, b.EndsAt
	}
	return rows
}

// codesOf lists the codes that have bid, in the order of their first bids.
func codesOf(bids []auction.BidView) []string {
	seen := map[string]bool{}
	var list []string
	for _, b := range bids {
		if !seen[b.BidderCode] {
			seen[b.BidderCode] = true
			list = append(list, b.BidderCode)
		}
	}
	return list
}

// shownBids is how many bids the room shows; live.js keeps as many.
const shownBids = 12

// newestFirst turns the last rows round.
func newestFirst(rows []BidRow) []BidRow {
	rows = rows[max(0, len(rows)-shownBids):]
	out := make([]BidRow, len(rows))
	for i, r := range rows {
		out[len(rows)-1-i] = r
	}
	return out
}

// checkBids recomputes what can be recomputed from the public bids alone (R20a,
// R20c) and says what it found. The whole check is auditor's.
func checkBids(p *Page, d *auction.LotDetail, bids []auction.BidView) []Step {
	if len(bids) == 0 {
		return nil
	}
	ext := time.Duration(d.ExtensionMS) * time.Millisecond
	end := d.Announcement.EndsAt
	var moves int64
	rules, ends := true, true
	var last auction.BidView
	for i, b := range bids {
		base := d.StartingPriceFen
		if i > 0 {
			base = last.AmountFen
			// The same price is good for a priority purchaser (R21); whether
			// it was one is in the log, which auditor reads.
			rules = rules && b.AmountFen >= base && b.BidderCode != last.BidderCode && b.Seq > last.Seq && !b.AcceptedAt.Before(last.AcceptedAt)
		}
		rules = rules && b.AmountFen >= base && (b.AmountFen-base)%d.IncrementFen == 0
		if d.SellOffCourseMS == 0 || i > 0 {
			want := end
			if !b.AcceptedAt.Before(end.Add(-ext)) {
				want = b.AcceptedAt.Add(ext)
			}
			ends = ends && b.EndsAt.Equal(want)
		}
		if !b.EndsAt.Equal(end) {
			moves++
		}
		end, last = b.EndsAt, b
	}
	step := func(ok bool, title, text string) Step {
		if !ok {
			return Step{Late, title, p.T("check.broken")}
		}
		return Step{Done, title, text}
	}
	return []Step{
		step(rules, p.T("check.rules"), p.N("check.rules_text", int64(len(bids)))),
		step(ends, p.T("check.ends"), p.N("check.ends_text", moves, "ext", p.W.Span(ext))),
	}
}

// receiptOf shows the receipt of a bid; nil while it cannot be read.
func (s *Site) receiptOf(ctx context.Context, id uuid.UUID) *Receipt {
	r, err := s.Engine.Receipt(ctx, id)
	if err != nil {
		if fault.KindOf(err) != fault.NotFound {
			s.Trace.WarnContext(ctx, "a receipt was not shown", "error", err)
		}
		return nil
	}
	b, err := r.JSON()
	if err != nil {
		return nil
	}
	return &Receipt{ID: id.String(), Text: indented(b)}
}
