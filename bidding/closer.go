package bidding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// watch knows when each running course of the node's shards ends, as committed.
type watch struct {
	mu   sync.Mutex
	ends map[uuid.UUID]int64 // unix ms
	// closing are lots whose close is on its way.
	closing map[uuid.UUID]bool
}

func newWatch() *watch { return &watch{ends: map[uuid.UUID]int64{}, closing: map[uuid.UUID]bool{}} }

// set notes a committed state.
func (w *watch) set(lot uuid.UUID, s course.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Phase == course.Running {
		w.ends[lot] = s.EndsAt
	} else {
		delete(w.ends, lot)
	}
}

func (w *watch) drop(lot uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ends, lot)
}

// due takes the lots whose end has come, and tells how long it is until the next one.
func (w *watch) due(nowMS int64) (lots []uuid.UUID, next time.Duration) {
	next = time.Hour
	w.mu.Lock()
	defer w.mu.Unlock()
	for lot, ends := range w.ends {
		switch {
		case ends > nowMS:
			next = min(next, time.Duration(ends-nowMS)*time.Millisecond)
		case !w.closing[lot]:
			w.closing[lot] = true
			lots = append(lots, lot)
		}
	}
	return lots, next
}

func (w *watch) done(lot uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.closing, lot)
}

// closeLoop closes courses when their end comes. The clock is read at least every 200 ms: it may be a stepped one.
func (e *Engine) closeLoop(ctx context.Context, ended <-chan struct{}) {
	const every, maxClosing = 200 * time.Millisecond, 32
	timer := time.NewTimer(0)
	defer timer.Stop()
	slots := make(chan struct{}, maxClosing)
	var closing sync.WaitGroup
	defer closing.Wait()
	for {
		select {
		case <-ended:
			return
		case <-timer.C:
		}
		lots, next := e.watch.due(e.clock.Now().UnixMilli())
		for _, lot := range lots {
			slots <- struct{}{}
			closing.Go(func() {
				defer func() { <-slots; e.watch.done(lot) }()
				if _, err := e.Close(ctx, lot); err != nil && fault.CodeOf(err) != fault.StateConflict {
					e.log.WarnContext(ctx, "a course is not closed yet", "lot", lot, "error", err)
				}
			})
		}
		timer.Reset(min(max(next, time.Millisecond), every))
	}
}

// Close closes a course whose end has come, and returns the committed close event; so does closing a closed course.
//
// Codes: not_found; state_conflict before the end, with ends_at and RetryAfter until then; suspended; not_started for a course
// that was never opened; unavailable ones as Bid.
func (e *Engine) Close(ctx context.Context, lot uuid.UUID) (course.Event, error) {
	ev, err := e.act(ctx, lot, course.Command{Kind: course.Close}, fault.Closed)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.StateConflict {
		e.watch.mu.Lock()
		ends, known := e.watch.ends[lot]
		e.watch.mu.Unlock()
		if known {
			return ev, f.After(max(instant(ends).Sub(e.clock.Now()), time.Second))
		}
	}
	return ev, err
}

// CloseDue closes every course whose end has come at the engine's clock, and returns how many it closed. It needs a node
// that commits. Stepped runs call it after each step.
func (e *Engine) CloseDue(ctx context.Context) (int, error) {
	now := e.clock.Now()
	rows, err := e.pool.Query(ctx, `SELECT lot_id FROM courses WHERE phase = 'open' AND ends_at <= $1 ORDER BY ends_at, lot_id`, now)
	if err != nil {
		return 0, unavailable(fmt.Errorf("read courses that are due: %w", err))
	}
	lots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, unavailable(fmt.Errorf("read courses that are due: %w", err))
	}
	closed := 0
	for part := range slices.Chunk(lots, 64) {
		errs := make([]error, len(part))
		var each sync.WaitGroup
		for i, lot := range part {
			each.Go(func() { _, errs[i] = e.Close(ctx, lot) })
		}
		each.Wait()
		for _, err := range errs {
			switch {
			case err == nil:
				closed++
			case fault.CodeOf(err) != fault.StateConflict: // a bid that was just committed moved the end
				return closed, err
			}
		}
	}
	return closed, nil
}
