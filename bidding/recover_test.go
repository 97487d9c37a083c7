package bidding

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// TestFault_TheTailIsCommittedAfterAStop ends a node that has decided and not committed; the next one, finding the same
// Redis, commits the tail, and the retry gets its answer.
func TestFault_TheTailIsCommittedAfterAStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	var broken atomic.Bool
	e.probe = func(string) error {
		if broken.Load() {
			return errors.New("the connection broke")
		}
		return nil
	}
	stop := w.run(e)
	lot := w.openLot(e, sale{}, "AAAAA")
	broken.Store(true)
	b := Bid{Lot: lot, Code: "AAAAA", Amount: 10_000_000, Key: "k", ReceivedAt: w.clock.Now()}
	if _, err := e.Bid(t.Context(), b); fault.CodeOf(err) != fault.BidPending {
		t.Errorf("a bid whose commit fails: %v", err)
	}
	stop()
	epoch := w.count(`SELECT epoch FROM shards WHERE shard = 0`)
	next, _ := w.start()
	a, err := next.Bid(t.Context(), b)
	if err != nil || a.Seq != 3 {
		t.Errorf("the retry: %+v, %v", a, err)
	}
	if n := w.count(`SELECT epoch FROM shards WHERE shard = 0`); n != epoch {
		t.Errorf("the chain continued, and yet the epoch went from %d to %d", epoch, n)
	}
}

// TestFault_ABacklogRefuses stops commits: after two seconds the function refuses, and nothing new is decided.
func TestFault_ABacklogRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	var broken atomic.Bool
	e.probe = func(string) error {
		if broken.Load() {
			return errors.New("the connection broke")
		}
		return nil
	}
	w.run(e)
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	broken.Store(true)
	first := make(chan error, 1)
	key := freshKey()
	go func() {
		_, err := e.Bid(t.Context(), Bid{Lot: lot, Code: "AAAAA", Amount: 10_000_000, Key: key, ReceivedAt: w.clock.Now()})
		first <- err
	}()
	client := w.redis.Client()
	until(t, func() bool { return client.HGet(t.Context(), lotKeys(0, lot)[3], "seq").Val() == "4" })
	until(t, func() bool {
		_, err := w.bid(e, lot, "BBBBB", 10_100_000)
		return fault.CodeOf(err) == fault.BidNotPlaced
	})
	if err := <-first; fault.CodeOf(err) != fault.BidPending {
		t.Errorf("the first bid: %v", err)
	}
	broken.Store(false)
	until(t, func() bool {
		a, err := e.Bid(t.Context(), Bid{Lot: lot, Code: "AAAAA", Amount: 10_000_000, Key: key, ReceivedAt: w.clock.Now()})
		return err == nil && a.Seq == 4
	})
}

// TestFault_ALotWhoseEndIsRefusedIsHaltedAlone lets the sale refuse one lot's end; its neighbours on the shard go on.
func TestFault_ALotWhoseEndIsRefusedIsHaltedAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var bad atomic.Pointer[uuid.UUID]
	ended := make(chan End, 100) // never read: it must not fill
	note := recordEnds(ended)
	e, stop := w.start(func(c *EngineConfig) {
		c.Ends = func(ctx context.Context, tx pgx.Tx, end End) error {
			if b := bad.Load(); b != nil && end.Lot == *b {
				return errors.New("the sale does not know this lot")
			}
			return note(ctx, tx, end)
		}
	})
	sick := w.openLot(e, sale{}, "AAAAA")
	well := w.openLot(e, sale{}, "AAAAA")
	running := w.openLot(e, sale{ends: 48 * time.Hour, starts: -time.Hour}, "AAAAA", "BBBBB")
	bad.Store(&sick)
	w.mustBid(e, sick, "AAAAA", 10_000_000)
	_ = e.Pass(t.Context(), w.clock, w.begin.Add(24*time.Hour)) // it fails, but for a busy machine that stayed the sick lot
	// The channel also hears attempts that were rolled back: only what is committed counts.
	outcome := func(lot uuid.UUID, want string) bool {
		return w.count(`SELECT count(*) FROM lots WHERE id = $1 AND outcome = $2`, lot, want) == 1
	}
	// When the shard was rebuilt before the well lot closed, its end had no service either, and it goes on (R28o): by itself,
	// or by the court's order when a busy machine made a long outage of it.
	until(t, func() bool {
		if !outcome(well, "unsold") {
			_, _ = e.Resume(t.Context(), well)
			_ = e.Pass(t.Context(), w.clock, w.clock.Now().Add(time.Minute)) // what matters is the outcome
		}
		return outcome(well, "unsold")
	})
	until(t, func() bool { _, err := w.bid(e, running, "BBBBB", 10_000_000); return err == nil }) // its shard was rebuilt
	until(t, func() bool {
		_, err := w.bid(e, sick, "AAAAA", 10_100_000)
		if fault.KindOf(err) == fault.Fatal { // halted
			return true
		}
		_, _ = e.Resume(t.Context(), sick)
		_ = e.Pass(t.Context(), w.clock, w.clock.Now().Add(time.Minute))
		return false
	})
	stop()
	if n := w.count(`SELECT count(*) FROM lots WHERE outcome IS NOT NULL`); n != 1 {
		t.Errorf("%d lots have ended, want the well one alone", n)
	}
	bad.Store(nil)
	e, _ = w.start(func(c *EngineConfig) { c.Ends = note })
	// Its end had no service, so it goes on for a while before it ends (R28o), in the same way.
	until(t, func() bool {
		_, _ = e.Resume(t.Context(), sick)
		_ = e.Pass(t.Context(), w.clock, w.clock.Now().Add(time.Minute)) // a busy machine may leave a gap here too
		_, err := e.Close(t.Context(), sick)
		return err == nil
	})
	if !outcome(sick, "sold") {
		t.Error("the halted lot has not ended as sold")
	}
}

// TestFault_AClockThatDiffersIsRefused passes a wall time an hour off.
func TestFault_AClockThatDiffersIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moved := &movedClock{}
	e, _ := w.start(func(c *EngineConfig) { c.Clock = moved })
	lot := w.openLot(e, sale{}, "AAAAA")
	for _, by := range []time.Duration{time.Hour, -time.Hour, 10 * time.Second} {
		moved.by.Store(int64(by))
		w.refused(e, Bid{Lot: lot, Code: "AAAAA", Amount: 10_000_000}, fault.ClockRefused)
	}
	moved.by.Store(0)
	w.mustBid(e, lot, "AAAAA", 10_000_000)
}

// movedClock is a node's clock that runs wrong.
type movedClock struct{ by atomic.Int64 }

func (c *movedClock) Now() time.Time        { return time.Now().Add(time.Duration(c.by.Load())).UTC() }
func (c *movedClock) Offset() time.Duration { return 0 }

// TestI2_RestoreKeepsEverything wipes Redis in the midst of a course with all kinds of events, and compares what Redis holds
// with what it held.
func TestI2_RestoreKeepsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB", "P1AAA", "P2AAA", "XXXXX")
	if _, err := e.Exclude(t.Context(), ExcludeCommand{Lot: lot, Code: "XXXXX"}); err != nil {
		t.Fatal(err)
	}
	w.mustBid(e, lot, "AAAAA", 10_000_000)
	w.mustBid(e, lot, "P2AAA", 10_000_000)
	if _, err := e.Stay(t.Context(), StayCommand{Lot: lot, Ground: "court"}); err != nil {
		t.Fatal(err)
	}
	client := w.redis.Client()
	before := hashes(t, client, lot)
	w.redis.Wipe()
	if _, err := w.bid(e, lot, "BBBBB", 10_100_000); fault.CodeOf(err) != fault.Suspended {
		t.Errorf("a bid on the stayed lot: %v", err)
	}
	after := hashes(t, client, lot)
	for _, m := range []map[string]string{before[0], after[0]} {
		delete(m, "seq") // the epoch event came between
		delete(m, "last")
		delete(m, "epoch")
	}
	for i := range before {
		for field, v := range before[i] {
			if after[i][field] != v {
				t.Errorf("%s was %s, is %s", field, v, after[i][field])
			}
		}
		if len(before[i]) != len(after[i]) {
			t.Errorf("%d fields were %d", len(after[i]), len(before[i]))
		}
	}
	if _, err := e.Resume(t.Context(), lot); err != nil {
		t.Fatal(err)
	}
	w.refused(e, Bid{Lot: lot, Code: "XXXXX", Amount: 10_100_000}, fault.Excluded)
	w.refused(e, Bid{Lot: lot, Code: "BBBBB", Amount: 10_000_000}, fault.BidTooLow)
	w.mustBid(e, lot, "P1AAA", 10_000_000)
	if n := w.count(`SELECT count(*) FROM course_events WHERE lot_id = $1 AND kind = $2`, lot, string(course.Epoch)); n != 1 {
		t.Errorf("%d epoch events", n)
	}
}

func hashes(t *testing.T, client *redis.Client, lot uuid.UUID) [3]map[string]string {
	t.Helper()
	var out [3]map[string]string
	for i, key := range lotKeys(0, lot)[3:] {
		m, err := client.HGetAll(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		out[i] = m
	}
	return out
}

// until waits for something to become true.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("it does not come")
		}
		time.Sleep(2 * time.Millisecond)
	}
}
