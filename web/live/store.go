package live

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// standing is where a published lot stands as PostgreSQL has it.
type standing struct {
	Lot uuid.UUID
	// Status is that of the lot's row; Phase that of its course, empty before it is opened.
	Status   string
	Phase    course.Phase
	StartsAt time.Time
	// EndsAt is the announced end before the course is opened.
	EndsAt     time.Time
	Seq        int64
	PriceFen   *int64
	LeaderCode *string
	Bids       int64
	Extensions int64
}

// standings reads where lots stand; lots that are not published are left out.
func (h *Hub) standings(ctx context.Context, lots []uuid.UUID) ([]standing, error) {
	rows, err := h.pool.Query(ctx, `
		SELECT l.id, l.status, coalesce(c.phase, ''), l.starts_at, coalesce(c.ends_at, l.announced_ends_at), coalesce(c.seq, 0),
			c.price_fen, c.leader_code, coalesce(c.bids, 0), coalesce(c.extensions, 0)
		FROM lots l LEFT JOIN courses c ON c.lot_id = l.id
		WHERE l.id = ANY(@lots) AND l.announced_at IS NOT NULL`, pgx.NamedArgs{"lots": lots})
	if err != nil {
		return nil, fault.Internalf("read where lots stand: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[standing])
	if err != nil {
		return nil, fault.Internalf("read where lots stand: %w", err)
	}
	return list, nil
}

// take makes the standing that of after a told event.
func (s *standing) take(n *notice) {
	s.Seq, s.Phase, s.Bids, s.Extensions = n.Seq, n.Phase, n.Bids, n.Extensions
	if !n.EndsAt.IsZero() {
		s.EndsAt = n.EndsAt
	}
	if n.LeaderCode != "" {
		price, leader := n.PriceFen, n.LeaderCode
		s.PriceFen, s.LeaderCode = &price, &leader
	}
}

// State is where a lot stands, as the stream's first event says it.
type State struct {
	Lot uuid.UUID `json:"lot"`
	// Seq is the course's; 0 before it is opened.
	Seq    int64  `json:"seq"`
	Status string `json:"status"`
	// PriceFen and LeaderCode are null before the first bid.
	PriceFen   *int64     `json:"price_fen"`
	LeaderCode *string    `json:"leader_code"`
	Bids       int64      `json:"bids"`
	Extensions int64      `json:"extensions"`
	StartsAt   time.Time  `json:"starts_at"`
	EndsAt     *time.Time `json:"ends_at"`
	ServerTime time.Time  `json:"server_time"`
	// Watchers is how many watch the lot, on all nodes.
	Watchers int `json:"watchers"`
}

// state is what the public is told of a standing at an instant.
func (s standing) state(now time.Time, watchers int) State {
	status := s.Status
	switch {
	case status == "ended" || status == "withdrawn":
	case s.Phase == course.Closed:
		status = "ended"
	case s.Phase == course.Stayed:
		status = "suspended"
	case status == "announced" && !now.Before(s.StartsAt):
		status = "live"
	}
	out := State{
		Lot: s.Lot, Seq: s.Seq, Status: status, PriceFen: s.PriceFen, LeaderCode: s.LeaderCode, Bids: s.Bids, Extensions: s.Extensions,
		StartsAt: s.StartsAt, ServerTime: now, Watchers: watchers,
	}
	if status != "suspended" { // a stayed clock has no end
		ends := s.EndsAt
		out.EndsAt = &ends
	}
	return out
}

// maxRead bounds the events of one read; who is further behind reads again.
const maxRead = 100

// events reads committed events with after < seq <= upTo that watchers are
// told, in order; last is the seq that the reading reached.
func (h *Hub) events(ctx context.Context, lot uuid.UUID, after, upTo int64) (list []told, last int64, err error) {
	rows, err := h.pool.Query(ctx, `SELECT seq, kind, at, payload FROM course_events
		WHERE lot_id = @lot AND seq > @after AND seq <= @to ORDER BY seq LIMIT @limit`,
		pgx.NamedArgs{"lot": lot, "after": after, "to": upTo, "limit": maxRead})
	if err != nil {
		return nil, after, fault.Internalf("read course events: %w", err)
	}
	last = after
	var (
		seq     int64
		kind    string
		at      time.Time
		payload []byte
	)
	_, err = pgx.ForEachRow(rows, []any{&seq, &kind, &at, &payload}, func() error {
		last = seq
		e, err := course.ParseBody(course.Kind(kind), seq, at.UnixMilli(), payload)
		if err != nil {
			return err
		}
		if t, ok := fromEvent(lot, e); ok {
			list = append(list, t)
		}
		return nil
	})
	if err != nil {
		return nil, after, fault.Internalf("read course events: %w", err)
	}
	return list, last, nil
}
