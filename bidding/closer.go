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
	"mingchui/auction/law"
	"mingchui/bidding/course"
)

// need is what is to be done about a course.
type need struct {
	lot   uuid.UUID
	shard int
	act   needed
	// since is the last proven instant before the gap that asks for a stay.
	since int64
	brief int64
}

type needed uint8

const (
	nothing needed = iota
	// toClose: the end has come, and the closing window is proven.
	toClose
	// toStay: bids could not be placed without a gap (R28o).
	toStay
	// toGoOn: a brief outage is over.
	toGoOn
)

// needs takes the courses about which something is to be done at now (unix ms), and tells how long it is until the next end.
func (e *Engine) needs(now int64) (out []need, next time.Duration) {
	next = time.Hour
	e.watch.mu.Lock()
	defer e.watch.mu.Unlock()
	for lot, known := range e.watch.lots {
		if known.busy {
			continue
		}
		if d := known.EndsAt - now; known.Phase == course.Running && d > 0 {
			next = min(next, time.Duration(d)*time.Millisecond)
		}
		n := need{lot: lot, shard: known.shard, brief: known.brief}
		if n.act, n.since = e.needOf(known, now); n.act != nothing {
			known.busy = true
			out = append(out, n)
		}
	}
	return out, next
}

// needOf is R28o for one course, judged by what is committed and known of its shard's service. watch.mu is held.
func (e *Engine) needOf(k *watched, now int64) (act needed, since int64) {
	epoch, served := e.shards[k.shard].service()
	gap := e.gap().Milliseconds()
	fresh := served.Epoch == epoch && !served.broken && now-served.To <= gap
	if k.Phase == course.Stayed {
		if fresh && (k.brief == 0 || now-k.StayedAt <= k.brief) {
			return toGoOn, 0
		}
		return nothing, 0
	}
	if k.away > 0 {
		return toStay, k.away
	}
	from := k.ClosingFrom()
	if now < from {
		return nothing, 0
	}
	// A gap is certain when the span that runs now began within the window; or when no proof comes any more: a decision may
	// follow the last one after gap, and be committed after another.
	last, certain := served.To, now-max(served.To, from) > 2*gap
	if served.Epoch == epoch && !served.broken {
		if served.From > from {
			last, certain = served.before, true
		} else if served.To >= k.EndsAt {
			return toClose, 0
		}
	}
	if !certain {
		return nothing, 0
	}
	return toStay, max(last, from-leadMS)
}

// span is what a close of a lot on that shard may rest on.
func (s *shard) span() course.Span {
	_, served := s.service()
	if served.broken {
		return course.Span{}
	}
	return served.Span
}

// closeLoop closes courses when their end comes, stays those that were without service, and lets them go on. The clock is
// read at least every lookEvery: it may be a stepped one.
func (e *Engine) closeLoop(ctx context.Context, ended <-chan struct{}) {
	const lookEvery, atOnce = 200 * time.Millisecond, 32
	timer := time.NewTimer(0)
	defer timer.Stop()
	slots := make(chan struct{}, atOnce)
	var acting sync.WaitGroup
	defer acting.Wait()
	for {
		select {
		case <-ended:
			return
		case <-timer.C:
		}
		next := lookEvery
		if e.commits.Load() {
			var needs []need
			needs, next = e.needs(e.clock.Now().UnixMilli())
			for _, n := range needs {
				slots <- struct{}{}
				acting.Go(func() {
					defer func() { <-slots }()
					e.meet(ctx, n)
				})
			}
		}
		timer.Reset(min(max(next, time.Millisecond), lookEvery))
	}
}

// meet does what a course needs.
func (e *Engine) meet(ctx context.Context, n need) {
	brief := int64(0)
	defer func() { e.watch.done(n.lot, brief) }()
	if n.act == toClose {
		if _, err := e.Close(ctx, n.lot); err != nil && fault.KindOf(err) != fault.Conflict {
			e.log.WarnContext(ctx, "a course is not closed yet", "lot", n.lot, "error", err)
		}
		return
	}
	if e.apart.Load() {
		return // the committer stays it without Redis
	}
	g, err := e.gateOf(ctx, n.lot)
	if err == nil {
		brief = g.brief
		err = e.interrupt(ctx, g, n)
	}
	if err != nil && fault.KindOf(err) != fault.Conflict {
		e.log.WarnContext(ctx, "a course is not stayed or resumed yet", "lot", n.lot, "error", err)
	}
}

// interrupt stays a course since the last proven instant, and lets it go on when the outage was brief and is over; both go
// to the function at once. What the court withdrew meanwhile stays stopped.
func (e *Engine) interrupt(ctx context.Context, g *gate, n need) error {
	now := e.clock.Now().UnixMilli()
	epoch, served := g.shard.service()
	var asked []*request
	since := n.since
	if n.act == toStay {
		asked = append(asked, newRequest(course.Command{Kind: course.Stay, Ground: course.ByOutage, Since: n.since}))
	} else if ends, stays, err := e.stayedSince(ctx, g.lot); err != nil || !stays {
		return err
	} else {
		since = ends
	}
	if now-since <= g.brief && served.Epoch == epoch && !served.broken && now-served.To <= e.gap().Milliseconds() {
		asked = append(asked, newRequest(course.Command{Kind: course.Resume, Ground: course.ByOutage}))
	}
	for _, r := range asked {
		if !e.submit(ctx, g, r) {
			return notPlaced()
		}
	}
	for _, r := range asked {
		res, err := e.await(ctx, r)
		if err != nil {
			return asUnavailable(err)
		}
		if res.verdict.sign == refused {
			return g.refusal(&res.verdict)
		}
	}
	return nil
}

// stayedSince is since when a lot's course is stayed; false when the sale itself is not suspended.
func (e *Engine) stayedSince(ctx context.Context, lot uuid.UUID) (since int64, stays bool, err error) {
	const query = `SELECT c.stayed_at FROM courses AS c JOIN lots AS l ON l.id = c.lot_id
WHERE c.lot_id = $1 AND c.phase = 'stayed' AND l.status <> 'withdrawn'`
	var at time.Time
	switch err := e.pool.QueryRow(ctx, query, lot).Scan(&at); {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, false, nil
	case err != nil:
		return 0, false, unavailable(fmt.Errorf("read the stay of lot %s: %w", lot, err))
	}
	return at.UnixMilli(), true, nil
}

// Close closes a course whose end has come, and returns the committed close event; so does closing a closed course. It needs
// a node that commits, for no other knows whether bids could be placed up to the end (R28o).
//
// Codes: not_found; state_conflict before the end, with ends_at and RetryAfter until then; gap_in_closing when that is not
// proven (yet); suspended; not_started for a course that was never opened; service_unavailable on another node for a course
// that is not closed; unavailable ones as Bid.
func (e *Engine) Close(ctx context.Context, lot uuid.UUID) (course.Event, error) {
	g, err := e.gateOf(ctx, lot)
	if err != nil {
		return course.Event{}, err
	}
	if !e.commits.Load() {
		return e.closedElsewhere(ctx, lot)
	}
	ev, err := e.act(ctx, lot, course.Command{Kind: course.Close, Span: g.shard.span()}, fault.Closed)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.StateConflict {
		if ends, runs := e.watch.endOf(lot); runs {
			return ev, f.After(max(instant(ends).Sub(e.clock.Now()), time.Second))
		}
	}
	return ev, err
}

func (e *Engine) closedElsewhere(ctx context.Context, lot uuid.UUID) (course.Event, error) {
	var closed bool
	err := e.pool.QueryRow(ctx, `SELECT coalesce((SELECT phase = 'closed' FROM courses WHERE lot_id = $1), false)`, lot).Scan(&closed)
	if err != nil {
		return course.Event{}, unavailable(fmt.Errorf("read course of lot %s: %w", lot, err))
	}
	if !closed {
		return course.Event{}, fault.New(fault.Unavailable, fault.ServiceUnavailable).After(time.Second)
	}
	return e.lastEvent(ctx, lot, course.Command{Kind: course.Close})
}

// briefOf is up to how long an outage a lot's clock runs on by itself, in milliseconds.
func briefOf(rules law.RuleSet) int64 { return rules.BriefOutage.Milliseconds() }
