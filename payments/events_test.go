package payments_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction/fault"
)

// numberOf reads a number of the environment, which the full run sets.
func numberOf(t *testing.T, name string, otherwise int) int {
	t.Helper()
	given := os.Getenv(name)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number above zero", name, given)
	}
	return n
}

// I4, I5: whatever happens, in whatever order and how many at a time, and whatever the provider gets wrong, the books balance; each
// charge and each refund counts once; and when the faults have stopped nothing is left without its end. MC_EVENTS and MC_SEEDS make
// it long (make money), MC_SEED begins at another seed.
//
//nolint:tparallel // one seed after the other: a long run has both cores for each
func TestI4I5_EventsOfChance(t *testing.T) {
	t.Parallel()
	events, seeds, first := numberOf(t, "MC_EVENTS", 2_000), numberOf(t, "MC_SEEDS", 2), numberOf(t, "MC_SEED", 1)
	for i := range seeds {
		seed := uint64(first + i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := openWorld(t, seed)
			defer func() {
				if t.Failed() {
					t.Logf("seed: MC_SEED=%d MC_SEEDS=1 MC_EVENTS=%d", seed, events)
				}
			}()
			w.drive(events)
			w.drain()
			w.final()
			w.agree()
		})
	}
}

// hands is how many events are under way at once.
const hands = 8

// drive lets n events happen, and holds the books against each other twenty times on the way, while nothing moves.
func (w *world) drive(n int) {
	w.t.Helper()
	for range 3 * running {
		w.openSale()
	}
	began := time.Now()
	for next := 0; next < n && !w.t.Failed(); {
		next = min(n, next+max(n/20, 500))
		w.together(next)
		w.sound()
		w.progress(n, began)
	}
}

// together draws events and lets them happen, hands at a time, until so many did; time goes on between some of them.
func (w *world) together(until int) {
	work := make(chan event, hands)
	var group sync.WaitGroup
	for range hands {
		group.Go(func() {
			for e := range work {
				w.still.RLock()
				w.happen(e)
				w.still.RUnlock()
			}
		})
	}
	for w.events.Load() < int64(until) && !w.t.Failed() {
		if w.rng.IntN(100) == 0 {
			w.step(time.Duration(w.rng.IntN(5*3600)) * time.Second)
		}
		work <- w.draw()
	}
	close(work)
	group.Wait()
}

// step moves time on while no event is under way: no clock leaps by hours inside one call.
func (w *world) step(by time.Duration) {
	w.still.Lock()
	defer w.still.Unlock()
	w.clock.To(w.clock.Now().Add(by))
	w.freeLeases()
}

// freeLeases ends the leases of duties whose worker was cut off between taking one and doing it: they are of real time, which does not leap.
func (w *world) freeLeases() {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), `UPDATE duties SET leased_until = NULL WHERE state = 'owed' AND leased_until IS NOT NULL`); err != nil {
		w.t.Error(err)
	}
}

// errNothing is of an event for which there was nothing: no transfer to decide, no page to pay. It did not happen.
var errNothing = errors.New("nothing is there for this event")

// happen does one. What is refused, and what a fault cut off, was to be; a mistake of the service's own was not.
func (w *world) happen(e event) {
	err := e(w.t.Context())
	if errors.Is(err, errNothing) || errors.Is(err, pgx.ErrNoRows) {
		return
	}
	w.events.Add(1)
	if err == nil {
		return
	}
	w.refused.Add(1)
	// PostgreSQL ends one of two that wait for each other; it is done again, and no money moved.
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "40P01" {
		w.deadlocks.Add(1)
		w.t.Logf("seed %d: %v", w.seed, err)
		return
	}
	if own, ok := errors.AsType[*fault.Error](err); ok && own.Kind == fault.Internal && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		w.t.Errorf("a mistake of the service's own: %v", err)
	}
}

func (w *world) progress(n int, began time.Time) {
	took, done := time.Since(began), w.events.Load()
	fmt.Fprintf(os.Stderr, "seed %d: %d of %d events in %s, %.0f a second, %d refused or cut off, %d deadlocks\n",
		w.seed, done, n, took.Round(time.Second), float64(done)/took.Seconds(), w.refused.Load(), w.deadlocks.Load())
}
