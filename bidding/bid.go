package bidding

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// maxKeyBytes bounds an Idempotency-Key.
const maxKeyBytes = 128

// Bid is one bid of a bidding session.
type Bid struct {
	Lot uuid.UUID
	// Code comes from the bidding session.
	Code   string
	Amount money.Fen
	// Key is the Idempotency-Key: 1 to 128 visible ASCII characters, scoped to lot and code.
	Key string
	// ReceivedAt is when the request reached the node.
	ReceivedAt time.Time
}

// Accepted is a bid that is durable.
type Accepted struct {
	Lot        uuid.UUID
	Seq        int64
	Code       string
	Amount     money.Fen
	AcceptedAt time.Time
	// EndsAt is the end that holds after this bid.
	EndsAt time.Time
	// ReceiptID is the id of the bid's log entry.
	ReceiptID uuid.UUID
}

// Bid places a bid and returns when it is durable, or with a refusal that was judged against a committed course. The same
// key and amount gives the first answer again, also after the end.
//
// Codes: idempotency_key_required, amount_invalid, amount_too_large, invalid_request; not_found; conflicts
// bid_below_start, bid_too_low, off_increment, already_leading, not_enrolled, not_started, closed, suspended, excluded,
// idempotency_key_reused, each with what course.Refuse gives; unavailable with RetryAfter: bid_not_placed (nothing was and
// nothing will be decided), bid_pending (the same key will find the outcome), clock, service_unavailable; course_broken
// (fatal: this lot is halted). Conflicts and unavailable ones are a fault.Personal with a token (RefusalToken).
func (e *Engine) Bid(ctx context.Context, b Bid) (Accepted, error) {
	if err := b.check(); err != nil {
		return Accepted{}, err
	}
	g, err := e.gateOf(ctx, b.Lot)
	if err != nil {
		e.served(ctx, &b, &result{}, err)
		return Accepted{}, e.turnedAway(nil, &b, &verdict{}, err)
	}
	r := newRequest(course.Command{Kind: course.Bid, Code: b.Code, Amount: b.Amount})
	r.key, r.received = b.Key, b.ReceivedAt.UnixMilli()
	res, err := e.ask(ctx, g, r)
	if err == nil && res.verdict.sign == refused && res.verdict.seq == 0 {
		res, err = e.notRunning(ctx, g, r)
	}
	e.served(ctx, &b, &res, err)
	if err != nil {
		return Accepted{}, e.turnedAway(g, &b, &verdict{}, err)
	}
	v := &res.verdict
	if v.sign == refused {
		return Accepted{}, e.turnedAway(g, &b, v, e.refuse(g, v))
	}
	if v.sign == replayed && res.entry == uuid.Nil {
		if res.entry, err = e.entryOf(ctx, g.lot, v.seq); err != nil {
			return Accepted{}, e.turnedAway(g, &b, &verdict{}, err)
		}
	}
	if v.sign == decided {
		e.meter.accepted.Inc()
	}
	return Accepted{
		Lot: b.Lot, Seq: v.seq, Code: b.Code, Amount: b.Amount, AcceptedAt: instant(v.at), EndsAt: instant(v.ends), ReceiptID: res.entry,
	}, nil
}

// check holds what a bid must be whatever the course says.
func (b Bid) check() error {
	if b.Key == "" {
		return fault.New(fault.Invalid, fault.IdempotencyKeyNeeded).InField("Idempotency-Key")
	}
	if len(b.Key) > maxKeyBytes || !visible(b.Key) {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("Idempotency-Key")
	}
	if err := b.Amount.Valid(); err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return f.InField("amount_fen")
		}
		return err
	}
	if b.Amount == 0 {
		return fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen")
	}
	if !isCode(b.Code) {
		return fault.New(fault.Conflict, fault.NotEnrolled).ByRule("R18")
	}
	return nil
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isCode tells whether s can be a bidder code: 1 to 16 capital letters and digits.
func isCode(s string) bool {
	for i := range len(s) {
		if (s[i] < 'A' || s[i] > 'Z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 16
}

// isHash tells whether s is the hex of a SHA-256, or empty.
func isHash(s string) bool {
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'f') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s == "" || len(s) == 64
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// ask sends a request through its lot's gate and waits for the committed answer, for patience at most.
func (e *Engine) ask(ctx context.Context, g *gate, r *request) (result, error) {
	if e.isStopping() {
		return result{}, notPlaced()
	}
	if !e.submit(ctx, g, r) {
		return result{}, notPlaced()
	}
	return e.await(ctx, r)
}

// await waits for the committed answer to a request that was submitted, for patience at most.
func (e *Engine) await(ctx context.Context, r *request) (result, error) {
	timer := e.timers.start()
	defer e.timers.stop(timer)
	select {
	case res := <-r.answer:
		return res, res.err
	case <-ctx.Done():
	case <-timer.C:
	}
	return r.leave()
}

// timers of patience are used again: a request starts one and stops it long before it fires.
type timers struct{ pool sync.Pool }

func (t *timers) start() *time.Timer {
	if timer, ok := t.pool.Get().(*time.Timer); ok {
		timer.Reset(patience)
		return timer
	}
	return time.NewTimer(patience)
}

func (t *timers) stop(timer *time.Timer) {
	timer.Stop()
	t.pool.Put(timer)
}

// leave gives a request up. Its answer may still have come.
func (r *request) leave() (result, error) {
	for {
		if r.where.CompareAndSwap(queued, abandoned) {
			return result{}, r.undecided()
		}
		if r.where.CompareAndSwap(sent, left) {
			break
		}
	}
	select {
	case res := <-r.answer:
		return res, res.err
	default:
		return result{}, pending()
	}
}

// entryOf is the log entry of a committed event.
func (e *Engine) entryOf(ctx context.Context, lot uuid.UUID, seq int64) (id uuid.UUID, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = e.pool.QueryRow(ctx, `SELECT entry_id FROM course_events WHERE lot_id = $1 AND seq = $2`, lot, seq).Scan(&id)
	if err != nil {
		return uuid.Nil, unavailable(fmt.Errorf("read the entry of event %d of lot %s: %w", seq, lot, err))
	}
	return id, nil
}

func unavailable(cause error) *fault.Error {
	return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, cause).After(time.Second)
}

// notRunning answers for a lot that Redis does not hold: it did not begin, or it was closed and dropped, or Redis lost it.
func (e *Engine) notRunning(ctx context.Context, g *gate, r *request) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var (
		phase  string
		v      = verdict{sign: refused, code: string(fault.NotStarted)}
		ends   time.Time
		price  *int64
		leader *string
	)
	err := e.pool.QueryRow(ctx, `SELECT phase, seq, ends_at, price_fen, leader_code FROM courses WHERE lot_id = $1`, g.lot).
		Scan(&phase, &v.seq, &ends, &price, &leader)
	if errors.Is(err, pgx.ErrNoRows) {
		return result{verdict: v}, nil
	}
	if err != nil {
		return result{}, unavailable(fmt.Errorf("read course of lot %s: %w", g.lot, err))
	}
	if course.Phase(phase) != course.Closed {
		if e.halts.has(g.lot) {
			return result{}, fault.New(fault.Fatal, fault.CourseBroken)
		}
		e.dirty.mark(g.shard.id, toRebuild)
		return result{}, notPlaced()
	}
	v.code, v.ends = string(fault.Closed), ends.UnixMilli()
	if price != nil && leader != nil {
		v.price, v.leader = *price, *leader
	}
	var res result
	there := false
	switch r.command.Kind { //nolint:exhaustive // others have no key
	case course.Bid:
		res, there, err = e.acceptedBefore(ctx, g, r)
	case course.Maximum, course.MaximumWithdrawn:
		res, there, err = e.maximumBefore(ctx, g, r)
	}
	switch {
	case err != nil:
		return result{}, unavailable(err)
	case !there:
		return result{verdict: v}, nil
	case res.verdict.sign == refused:
		v.code = res.verdict.code
		return result{verdict: v}, nil
	}
	return res, nil
}
