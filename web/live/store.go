package live

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// shown are the kinds of course events that watchers are told, with their names
// in the stream. Admissions and exclusions are not: R18.
var shown = map[course.Kind]string{ //nolint:gochecknoglobals // a table
	course.Bid: "bid", course.Stay: "stayed", course.Resume: "resumed", course.Close: "closed",
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
}

// state reads where a published lot stands.
//
// Faults: not_found.
func (h *Hub) state(ctx context.Context, lot uuid.UUID) (State, error) {
	now := h.clock.Now()
	s := State{Lot: lot, ServerTime: now}
	var phase *string
	var seq, bids, extensions *int64
	var ends time.Time
	err := h.pool.QueryRow(ctx, `
		SELECT l.status, l.starts_at, coalesce(c.ends_at, l.announced_ends_at), c.phase, c.seq, c.price_fen, c.leader_code, c.bids, c.extensions
		FROM lots l LEFT JOIN courses c ON c.lot_id = l.id
		WHERE l.id = @lot AND l.announced_at IS NOT NULL`, pgx.NamedArgs{"lot": lot}).
		Scan(&s.Status, &s.StartsAt, &ends, &phase, &seq, &s.PriceFen, &s.LeaderCode, &bids, &extensions)
	if errors.Is(err, pgx.ErrNoRows) {
		return State{}, fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	}
	if err != nil {
		return State{}, fault.Internalf("read state of lot: %w", err)
	}
	if seq != nil {
		s.Seq, s.Bids, s.Extensions = *seq, *bids, *extensions
	}
	switch {
	case s.Status == "ended" || s.Status == "withdrawn":
	case phase != nil && *phase == string(course.Closed):
		s.Status = "ended"
	case phase != nil && *phase == string(course.Stayed):
		s.Status = "suspended"
	case s.Status == "announced" && !now.Before(s.StartsAt):
		s.Status = "live"
	}
	if s.Status != "suspended" { // a stayed clock has no end
		s.EndsAt = &ends
	}
	return s, nil
}

// told is an event as the stream carries it. Which fields are set depends on
// the kind.
type told struct {
	Lot        uuid.UUID  `json:"lot"`
	Seq        int64      `json:"seq"`
	At         time.Time  `json:"at"`
	BidderCode string     `json:"bidder_code,omitempty"`
	AmountFen  int64      `json:"amount_fen,omitempty"`
	AcceptedAt *time.Time `json:"accepted_at,omitempty"`
	PriceFen   int64      `json:"price_fen,omitempty"`
	LeaderCode string     `json:"leader_code,omitempty"`
	EndsAt     *time.Time `json:"ends_at,omitempty"`
	LeftMillis *int64     `json:"left_ms,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
}

// maxRead bounds the events of one read; a reader that is further behind reads
// again.
const maxRead = 1000

// events reads committed events with after < seq <= upTo that watchers are
// told, in order; last is the seq that the reading reached.
func (h *Hub) events(ctx context.Context, lot uuid.UUID, after, upTo int64) (frames []*frame, last int64, err error) {
	rows, err := h.pool.Query(ctx, `SELECT seq, kind, at, payload FROM course_events
		WHERE lot_id = @lot AND seq > @after AND seq <= @to ORDER BY seq LIMIT @limit`,
		pgx.NamedArgs{"lot": lot, "after": after, "to": upTo, "limit": maxRead})
	if err != nil {
		return nil, after, fault.Internalf("read course events: %w", err)
	}
	defer rows.Close()
	last = after
	for rows.Next() {
		var seq int64
		var kind string
		var at time.Time
		var payload []byte
		if err := rows.Scan(&seq, &kind, &at, &payload); err != nil {
			return nil, after, fault.Internalf("read course event: %w", err)
		}
		last = seq
		name, isShown := shown[course.Kind(kind)]
		if !isShown {
			continue
		}
		e, err := course.ParseBody(course.Kind(kind), seq, at.UnixMilli(), payload)
		if err != nil {
			return nil, after, fault.Internalf("read course event %d: %w", seq, err)
		}
		f, err := newFrame(seq, name, tell(lot, e))
		if err != nil {
			return nil, after, err
		}
		frames = append(frames, f)
	}
	if err := rows.Err(); err != nil {
		return nil, after, fault.Internalf("read course events: %w", err)
	}
	return frames, last, nil
}

func tell(lot uuid.UUID, e course.Event) told {
	t := told{Lot: lot, Seq: e.Seq, At: time.UnixMilli(e.At)}
	if e.EndsAt != 0 {
		ends := time.UnixMilli(e.EndsAt)
		t.EndsAt = &ends
	}
	switch e.Kind { //nolint:exhaustive // the kinds of shown
	case course.Bid:
		// The last accepted bid leads, a priority purchaser's match included (R21).
		t.BidderCode, t.AmountFen, t.PriceFen, t.LeaderCode = e.Code, int64(e.Amount), int64(e.Amount), e.Code
		t.AcceptedAt = &t.At
	case course.Stay:
		t.LeftMillis = &e.Left
	case course.Close:
		t.Outcome, t.PriceFen, t.LeaderCode = string(e.Outcome), int64(e.Price), e.Leader
	}
	return t
}
