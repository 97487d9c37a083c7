package duty_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/deploy/local/testserver"
)

func owe(t *testing.T, pool *pgxpool.Pool, book *duty.Book, now time.Time, list ...duty.Duty) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return book.Owe(t.Context(), tx, now, list...) })
	if err != nil {
		t.Fatal(err)
	}
}

func machine(kind duty.Kind, key string, due time.Time) duty.Duty {
	return duty.Duty{Kind: kind, Key: key, Actor: duty.Machine, DueAt: due}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestRunDueRunsWhatIsDueOnceAndWhatComesDueMeanwhile(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	c := clock.NewStepped(now)
	book := duty.NewBook(nil)
	var mu sync.Mutex
	ran := map[string]int{}
	count := func(ctx context.Context, d duty.Duty) error {
		mu.Lock()
		ran[string(d.Kind)+" "+d.Key]++
		mu.Unlock()
		if d.Kind == duty.CloseCourse {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				return book.Owe(ctx, tx, now, machine(duty.ReleaseDeposits, d.Key, now))
			})
		}
		return nil
	}
	runner := duty.NewRunner(pool, c, map[duty.Kind]duty.Handler{duty.CloseCourse: count, duty.ReleaseDeposits: count}, quiet())
	owe(t, pool, book, now, machine(duty.CloseCourse, "a", now), machine(duty.CloseCourse, "b", now.Add(time.Hour)), machine(duty.OpenCourse, "a", now))
	owe(t, pool, book, now, machine(duty.CloseCourse, "a", now))

	n, err := runner.RunDue(t.Context())
	if err != nil || n != 2 {
		t.Fatalf("RunDue = %d, %v; want 2 done: the close and the release that it owes", n, err)
	}
	if next, ok, err := runner.NextDue(t.Context()); err != nil || !ok || !next.Equal(now.Add(time.Hour)) {
		t.Fatalf("NextDue = %v %v %v", next, ok, err)
	}
	c.To(now.Add(time.Hour))
	owe(t, pool, book, now, machine(duty.CloseCourse, "a", now)) // done ones are not owed again
	if n, err := runner.RunDue(t.Context()); err != nil || n != 2 {
		t.Fatalf("an hour later RunDue = %d, %v; want 2", n, err)
	}
	for what, times := range ran {
		if times != 1 {
			t.Errorf("%s ran %d times", what, times)
		}
	}
	if len(ran) != 4 {
		t.Errorf("ran %v", ran)
	}
}

func TestAFailedDutyStaysOwedWithTheCodeAlone(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	c := clock.NewStepped(now)
	book := duty.NewBook(nil)
	var broken atomic.Bool
	broken.Store(true)
	handler := func(context.Context, duty.Duty) error {
		if broken.Load() {
			return errors.New("the name of a person")
		}
		return nil
	}
	runner := duty.NewRunner(pool, c, map[duty.Kind]duty.Handler{duty.ConfirmSale: handler}, quiet())
	owe(t, pool, book, now, machine(duty.ConfirmSale, "a", now))
	if n, err := runner.RunDue(t.Context()); err == nil || n != 0 {
		t.Fatalf("RunDue = %d, %v; want a failure", n, err)
	}
	var state, code string
	if err := pool.QueryRow(t.Context(), `SELECT state, last_error FROM duties`).Scan(&state, &code); err != nil {
		t.Fatal(err)
	}
	if state != "owed" || code != "internal_error" {
		t.Errorf("state %q, last error %q", state, code)
	}
	broken.Store(false)
	if n, err := runner.RunDue(t.Context()); err != nil || n != 1 {
		t.Fatalf("tried again, RunDue = %d, %v", n, err)
	}
}

func TestNotYetMovesTheDueTime(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	c := clock.NewStepped(now)
	later := now.Add(5 * time.Minute)
	handler := func(context.Context, duty.Duty) error {
		if c.Now().Before(later) {
			return duty.NotYet(later)
		}
		return nil
	}
	runner := duty.NewRunner(pool, c, map[duty.Kind]duty.Handler{duty.CloseCourse: handler}, quiet())
	owe(t, pool, duty.NewBook(nil), now, machine(duty.CloseCourse, "a", now))
	if n, err := runner.RunDue(t.Context()); err != nil || n != 0 {
		t.Fatalf("RunDue = %d, %v; want nothing done, no failure", n, err)
	}
	if at, ok, err := runner.NextDue(t.Context()); err != nil || !ok || !at.Equal(later) {
		t.Fatalf("NextDue = %v %v %v", at, ok, err)
	}
	c.To(later)
	if n, err := runner.RunDue(t.Context()); err != nil || n != 1 {
		t.Fatalf("at its time RunDue = %d, %v", n, err)
	}
}

func TestTwoRunnersDoADutyOnce(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	c := clock.NewStepped(now)
	var ran atomic.Int64
	handlers := map[duty.Kind]duty.Handler{duty.AdmitBidders: func(context.Context, duty.Duty) error { ran.Add(1); return nil }}
	var list []duty.Duty
	for range 40 {
		list = append(list, machine(duty.AdmitBidders, uuid.NewString(), now))
	}
	owe(t, pool, duty.NewBook(nil), now, list...)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if _, err := duty.NewRunner(pool, c, handlers, quiet()).RunDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if ran.Load() != 40 {
		t.Errorf("40 duties ran %d times", ran.Load())
	}
}

func TestRiverRunsADutyAndAPersonsActFulfilsTheirs(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	inserter, err := duty.NewInserter(pool)
	if err != nil {
		t.Fatal(err)
	}
	book := duty.NewBook(inserter)
	c := clock.Real{}
	done := make(chan string, 2)
	handlers := map[duty.Kind]duty.Handler{duty.AdmitBidders: func(_ context.Context, d duty.Duty) error { done <- d.Key; return nil }}
	runner := duty.NewRunner(pool, c, handlers, quiet())
	ctx, stop := context.WithCancel(t.Context())
	if err := runner.Start(ctx); err != nil {
		t.Fatal(err)
	}
	owe(t, pool, book, c.Now(), machine(duty.AdmitBidders, "a", c.Now()),
		duty.Duty{Kind: duty.MakeRuling, Key: "lot", Actor: duty.Judge, DueAt: c.Now()})
	select {
	case key := <-done:
		if key != "a" {
			t.Errorf("ran %q", key)
		}
	case <-time.After(20 * time.Second):
		t.Error("River did not run the duty within 20 s")
	}
	stop()
	runner.Wait()
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := book.Done(t.Context(), tx, c.Now(), duty.MakeRuling, "lot"); err != nil {
			return err
		}
		return book.Done(t.Context(), tx, c.Now(), duty.MakeRuling, "never owed")
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := duty.Overdue(t.Context(), pool, c.Now().Add(time.Hour), 0, 10); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// A person's duty is reminded of once: with a third of its time left, three days before it is due at the earliest, and not when it is overdue.
func TestRemind_OnceAndBeforeItIsDue(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	c := clock.NewStill(now)
	book := duty.NewBook(nil)
	runner := duty.NewRunner(pool, c, nil, quiet())
	const day = 24 * time.Hour
	person := func(key string, due time.Time) duty.Duty {
		return duty.Duty{Kind: duty.MakeRuling, Key: key, Actor: duty.Judge, DueAt: due}
	}
	owe(t, pool, book, now, person("ten days", now.Add(10*day)), person("three minutes", now.Add(3*time.Minute)), machine(duty.CloseCourse, "a", now.Add(time.Minute)))
	reminded := func(at time.Time, want int) {
		t.Helper()
		c.To(at)
		if _, err := runner.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		var told, marked int
		err := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM outbox WHERE subject = 'lot.duty_due_soon'),
			(SELECT count(*) FROM duties WHERE reminded_at IS NOT NULL)`).Scan(&told, &marked)
		if err != nil || told != want || marked != want {
			t.Errorf("at %s: %d told, %d marked, %v; want %d", at, told, marked, err, want)
		}
	}
	reminded(now.Add(2*time.Minute-time.Millisecond), 0)
	reminded(now.Add(2*time.Minute), 1)
	reminded(now.Add(2*time.Minute), 1)
	reminded(now.Add(7*day-time.Millisecond), 1)
	reminded(now.Add(7*day), 2)
	reminded(now.Add(8*day), 2)
	owe(t, pool, book, now, person("overdue", now.Add(8*day)))
	reminded(now.Add(8*day), 2)
}
