package auction

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Figures are the day's figures; the day is the court's, China's.
type Figures struct {
	// Live counts lots that take bids now, Upcoming those announced and not begun.
	Live      int `json:"live"`
	Upcoming  int `json:"upcoming"`
	Suspended int `json:"suspended"`
	// EndedToday and SoldToday count today's ends, SoldTodayFen sums their prices.
	EndedToday   int       `json:"ended_today"`
	SoldToday    int       `json:"sold_today"`
	SoldTodayFen money.Fen `json:"sold_today_fen"`
	// Bids counts the bids on lots that are live or ended today.
	Bids int64 `json:"bids"`
	// Overdue counts duties past their time, machines' after a minute's grace (I9).
	Overdue int `json:"overdue"`
}

// HomePage is what the home page is made of.
type HomePage struct {
	Figures Figures `json:"figures"`
	// Live lots by running end, soonest first.
	Live []LotSummary `json:"live"`
	// Upcoming lots by start, soonest first.
	Upcoming []LotSummary `json:"upcoming"`
	// New lots by announcement, newest first.
	New []LotSummary `json:"new"`
	// Acts are the newest acts of the courts.
	Acts []PublicAct `json:"acts"`
}

// Home reads the home page; each list has at most limit lots.
func (s *Service) Home(ctx context.Context, now time.Time, limit int) (HomePage, error) {
	limit = min(max(limit, 1), MaxLimit)
	args := func() pgx.NamedArgs { return pgx.NamedArgs{"now": now, "limit": limit} }
	var h HomePage
	var err error
	if h.Figures, err = s.Figures(ctx, now); err != nil {
		return h, err
	}
	if h.Live, err = s.summaries(ctx, now, ` WHERE l.status = 'announced' AND l.starts_at <= @now
		ORDER BY coalesce(c.ends_at, l.announced_ends_at), l.id LIMIT @limit`, args()); err != nil {
		return h, err
	}
	if h.Upcoming, err = s.summaries(ctx, now, ` WHERE l.status = 'announced' AND l.starts_at > @now
		ORDER BY l.starts_at, l.id LIMIT @limit`, args()); err != nil {
		return h, err
	}
	if h.New, err = s.summaries(ctx, now, ` WHERE l.announced_at IS NOT NULL
		ORDER BY l.announced_at DESC, l.id DESC LIMIT @limit`, args()); err != nil {
		return h, err
	}
	h.Acts, err = s.acts(ctx, ` WHERE l.announced_at IS NOT NULL ORDER BY a.made_at DESC, a.id DESC LIMIT @limit`, args())
	return h, err
}

// Figures reads the day's figures.
func (s *Service) Figures(ctx context.Context, now time.Time) (Figures, error) {
	local := now.In(law.CourtTime())
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, law.CourtTime())
	var f Figures
	err := s.pool.QueryRow(ctx, `
		WITH open AS (
			SELECT l.status, l.starts_at <= @now AS begun, coalesce(c.bids, 0) AS bids
			FROM lots l LEFT JOIN courses c ON c.lot_id = l.id WHERE l.status IN ('announced', 'suspended')
		), ended AS (
			SELECT l.price_fen, coalesce(c.bids, 0) AS bids
			FROM lots l LEFT JOIN courses c ON c.lot_id = l.id WHERE l.status = 'ended' AND l.ended_at >= @today
		)
		SELECT (SELECT count(*) FROM open WHERE status = 'announced' AND begun),
			(SELECT count(*) FROM open WHERE status = 'announced' AND NOT begun),
			(SELECT count(*) FROM open WHERE status = 'suspended'),
			(SELECT count(*) FROM ended), (SELECT count(price_fen) FROM ended), (SELECT coalesce(sum(price_fen), 0)::bigint FROM ended),
			(SELECT coalesce(sum(bids), 0)::bigint FROM open WHERE begun) + (SELECT coalesce(sum(bids), 0)::bigint FROM ended),
			(SELECT count(*) FROM duties WHERE state = 'owed' AND actor <> 'machine' AND due_at < @now)
				+ (SELECT count(*) FROM duties WHERE state = 'owed' AND actor = 'machine' AND due_at < @grace)`,
		pgx.NamedArgs{"now": now, "today": today, "grace": now.Add(-time.Minute)}).
		Scan(&f.Live, &f.Upcoming, &f.Suspended, &f.EndedToday, &f.SoldToday, &f.SoldTodayFen, &f.Bids, &f.Overdue)
	if err != nil {
		return Figures{}, fault.Internalf("read figures: %w", err)
	}
	return f, nil
}

// Results lists ended lots, the latest first, with Search's filters and pages.
func (s *Service) Results(ctx context.Context, q Query, now time.Time) (SearchResult, error) {
	q.Sort = LastEnded
	return s.Search(ctx, q, now)
}
