package bidding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// AdmitCommand lets a code bid.
type AdmitCommand struct {
	Lot uuid.UUID
	// Code is 1 to 16 capital letters and digits.
	Code string
	// Capacity is ordinary, priority or creditor; Rank is above 0 for priority and 0 for the others.
	Capacity string
	Rank     int
	// NameCommitment is 64 hex digits.
	NameCommitment string
}

// ExcludeCommand bars a code from further bids.
type ExcludeCommand struct {
	Lot  uuid.UUID
	Code string
	// ReasonHash is the hex SHA-256 of the published reason, or empty.
	ReasonHash string
}

// StayCommand stops a course.
type StayCommand struct {
	Lot uuid.UUID
	// Ground is court, platform or outage.
	Ground string
	// ReasonHash is the hex SHA-256 of the published reason, or empty.
	ReasonHash string
}

// Open begins the course of an announced lot with the terms of its announcement; nil also when it has begun.
//
// Codes: not_found for a lot that is not announced; invalid_request for terms that can never be; unavailable ones as Bid.
func (e *Engine) Open(ctx context.Context, lot uuid.UUID) error {
	g, err := e.gateOf(ctx, lot)
	if err != nil {
		return err
	}
	c := course.Command{Kind: course.Open, Terms: g.terms, NotBefore: g.announced}
	if _, err := course.Decide(course.State{}, c, 0); err != nil {
		return err
	}
	if seq, err := e.begun(ctx, lot); err != nil || seq > 0 {
		return err
	}
	res, err := e.ask(ctx, g, newRequest(c))
	if err != nil {
		return err
	}
	if res.verdict.sign == refused && res.verdict.code != string(fault.StateConflict) {
		return g.refusal(&res.verdict)
	}
	return nil
}

// begun is the last seq of a course, 0 when it did not begin.
func (e *Engine) begun(ctx context.Context, lot uuid.UUID) (seq int64, err error) {
	err = e.pool.QueryRow(ctx, `SELECT seq FROM courses WHERE lot_id = $1`, lot).Scan(&seq)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, unavailable(fmt.Errorf("read course of lot %s: %w", lot, err))
	}
	return seq, nil
}

// Admit lets a code bid and returns the committed event; so does admitting a code again in the same standing.
//
// Codes: invalid_request; not_found; enrolment_exists in another standing; closed; not_started before Open; unavailable ones
// as Bid.
func (e *Engine) Admit(ctx context.Context, c AdmitCommand) (course.Event, error) {
	if !isCode(c.Code) || len(c.NameCommitment) != 64 || !isHash(c.NameCommitment) {
		return course.Event{}, fault.New(fault.Invalid, fault.InvalidRequest)
	}
	cmd := course.Command{Kind: course.Admit, Code: c.Code, Capacity: course.Capacity(c.Capacity), Rank: c.Rank, NameCommitment: c.NameCommitment}
	if _, err := course.Decide(course.State{Phase: course.Stayed}, cmd, 0); err != nil {
		return course.Event{}, err
	}
	ev, err := e.act(ctx, c.Lot, cmd, fault.EnrolmentExists)
	if err == nil && (ev.Capacity != cmd.Capacity || ev.Rank != cmd.Rank || ev.NameCommitment != cmd.NameCommitment) {
		return course.Event{}, fault.New(fault.Conflict, fault.EnrolmentExists)
	}
	return ev, err
}

// Exclude bars a code and returns the committed event; so does excluding it again.
//
// Codes: invalid_request; not_found; not_enrolled; closed; not_started; unavailable ones as Bid.
func (e *Engine) Exclude(ctx context.Context, c ExcludeCommand) (course.Event, error) {
	if !isCode(c.Code) || !isHash(c.ReasonHash) {
		return course.Event{}, fault.New(fault.Invalid, fault.InvalidRequest)
	}
	return e.act(ctx, c.Lot, course.Command{Kind: course.Exclude, Code: c.Code, ReasonHash: c.ReasonHash}, fault.Excluded)
}

// Stay stops a course and returns the committed event; so does staying a stayed course.
//
// Codes: invalid_request; not_found; closed at or after the end, for grounds other than outage; not_started; unavailable ones
// as Bid.
func (e *Engine) Stay(ctx context.Context, c StayCommand) (course.Event, error) {
	cmd := course.Command{Kind: course.Stay, Ground: course.Ground(c.Ground), ReasonHash: c.ReasonHash}
	if _, err := course.Decide(course.State{Phase: course.Running, EndsAt: 1}, cmd, 0); err != nil || !isHash(c.ReasonHash) {
		return course.Event{}, fault.New(fault.Invalid, fault.InvalidRequest)
	}
	return e.act(ctx, c.Lot, cmd, fault.Suspended)
}

// Resume lets a stayed course run on, with the time that was left and at least the closing window (R28o), and returns the
// committed event.
//
// Codes: not_found; state_conflict when it is not stayed; closed; not_started; unavailable ones as Bid.
func (e *Engine) Resume(ctx context.Context, lot uuid.UUID) (course.Event, error) {
	return e.act(ctx, lot, course.Command{Kind: course.Resume}, "")
}

// act sends a command and returns its committed event. A refusal with the code already means that the course is as it was
// asked to be; then the event that made it so is returned. The same holds for a command whose first call may have been
// decided although its answer was lost.
func (e *Engine) act(ctx context.Context, lot uuid.UUID, c course.Command, already fault.Code) (course.Event, error) {
	g, err := e.gateOf(ctx, lot)
	if err != nil {
		return course.Event{}, err
	}
	r := newRequest(c)
	res, err := e.ask(ctx, g, r)
	if err == nil && res.verdict.sign == refused && res.verdict.seq == 0 {
		res, err = e.notRunning(ctx, g, r)
	}
	if err != nil {
		return course.Event{}, asUnavailable(err)
	}
	v := &res.verdict
	if v.sign == decided {
		return e.eventAt(ctx, lot, v.seq)
	}
	code := fault.Code(v.code)
	if (already != "" && code == already) || (r.unknown && c.Kind == course.Resume && code == fault.StateConflict) {
		return e.lastEvent(ctx, lot, c)
	}
	return course.Event{}, g.refusal(v)
}

// asUnavailable says of an act what bid_not_placed and bid_pending say of a bid.
func asUnavailable(err error) error {
	if code := fault.CodeOf(err); code == fault.BidNotPlaced || code == fault.BidPending {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(time.Second)
	}
	return err
}

// eventAt reads one committed event.
func (e *Engine) eventAt(ctx context.Context, lot uuid.UUID, seq int64) (course.Event, error) {
	var (
		kind    string
		at      time.Time
		payload []byte
	)
	err := e.pool.QueryRow(ctx, `SELECT kind, at, payload FROM course_events WHERE lot_id = $1 AND seq = $2`, lot, seq).Scan(&kind, &at, &payload)
	if err != nil {
		return course.Event{}, unavailable(fmt.Errorf("read event %d of lot %s: %w", seq, lot, err))
	}
	return course.ParseBody(course.Kind(kind), seq, at.UnixMilli(), payload)
}

// lastEvent reads the last event of a command's kind, and of its code when it has one.
func (e *Engine) lastEvent(ctx context.Context, lot uuid.UUID, c course.Command) (course.Event, error) {
	const query = `SELECT seq, at, payload FROM course_events WHERE lot_id = $1 AND kind = $2 ORDER BY seq DESC`
	rows, err := e.pool.Query(ctx, query, lot, string(c.Kind))
	if err != nil {
		return course.Event{}, unavailable(fmt.Errorf("read events of lot %s: %w", lot, err))
	}
	defer rows.Close()
	for rows.Next() {
		var (
			seq     int64
			at      time.Time
			payload []byte
		)
		if err := rows.Scan(&seq, &at, &payload); err != nil {
			return course.Event{}, unavailable(fmt.Errorf("read events of lot %s: %w", lot, err))
		}
		ev, err := course.ParseBody(c.Kind, seq, at.UnixMilli(), payload)
		if err != nil {
			return course.Event{}, err
		}
		if c.Code == "" || ev.Code == c.Code {
			return ev, nil
		}
	}
	if err := rows.Err(); err != nil {
		return course.Event{}, unavailable(fmt.Errorf("read events of lot %s: %w", lot, err))
	}
	return course.Event{}, fault.Internalf("find the %s event of lot %s: there is none", c.Kind, lot)
}
