package bidding

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// closingLot is under law.Demonstration, whose closing window is a minute, or all of a shorter bidding; it begins and ends so
// long from now, when the engine commits.
func (w *world) closingLot(e *Engine, starts, ends time.Duration, codes ...string) (lot uuid.UUID, endsAt time.Time) {
	w.t.Helper()
	if err := e.committing(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	now := w.clock.Now().Sub(w.begin).Truncate(time.Millisecond)
	return w.openLot(e, sale{starts: now + starts, ends: now + ends, ruleSet: "demonstration"}, codes...), w.begin.Add(now + ends)
}

// ticking sends ticks as a house does, faster, until the test ends or the returned function is called.
func (w *world) ticking(e *Engine) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, 300*time.Millisecond) {
			_ = e.Tick(ctx, "test") // what fails shows in the spans
		}
	}()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

// liveClock is the machine's time under another name: its gap is Gap.
func liveClock(c *EngineConfig) { c.Clock = clock.Real{} }

// lastOf reads the last event of a kind, false without one.
func (w *world) lastOf(e *Engine, lot uuid.UUID, kind course.Kind) (course.Event, bool) {
	w.t.Helper()
	if w.count(`SELECT count(*) FROM course_events WHERE lot_id = $1 AND kind = $2`, lot, string(kind)) == 0 {
		return course.Event{}, false
	}
	ev, err := e.lastEvent(w.t.Context(), lot, course.Command{Kind: kind})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev, true
}

// wentOn waits until a lot was stayed by an outage and goes on, and returns both events.
func (w *world) wentOn(t *testing.T, e *Engine, lot uuid.UUID) (stay, resume course.Event) {
	t.Helper()
	until(t, func() bool {
		s, stayed := w.lastOf(e, lot, course.Stay)
		r, resumed := w.lastOf(e, lot, course.Resume)
		stay, resume = s, r
		return stayed && resumed && r.Seq > s.Seq
	})
	return stay, resume
}

func TestR28o_AServedLotClosesOnItsSpan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start(liveClock)
	w.ticking(e)
	lot, ends := w.closingLot(e, 10*time.Second, 25*time.Second, "AAAAA")
	until(t, func() bool { _, closed := w.lastOf(e, lot, course.Close); return closed })
	end, _ := w.lastOf(e, lot, course.Close)
	if ends := ends.UnixMilli(); end.SpanFrom > ends-15_000 || end.SpanTo < ends || end.At < ends {
		t.Errorf("closed on %+v", end)
	}
	if _, stayed := w.lastOf(e, lot, course.Stay); stayed {
		t.Error("a lot that was served was stayed")
	}
}

// TestR28o_EachKindOfGapKeepsALotOpen hurts the service of a lot in its closing window in each of the ways that the design
// names. The lot is stayed since before, goes on by itself with a whole window, and does not close at its first end.
func TestR28o_EachKindOfGapKeepsALotOpen(t *testing.T) {
	t.Parallel()
	for name, hurt := range map[string]func(t *testing.T, g *gapWorld){
		"no ticks": func(t *testing.T, g *gapWorld) {
			t.Helper()
			g.stop()
			until(t, func() bool { _, stayed := g.w.lastOf(g.e, g.lot, course.Stay); return stayed })
			g.w.ticking(g.e)
		},
		"a slow commit": func(t *testing.T, g *gapWorld) {
			t.Helper()
			g.slow.Store(true)
		},
		"another epoch": func(t *testing.T, g *gapWorld) {
			t.Helper()
			g.w.redis.Wipe()
		},
		"a clock refusal": func(t *testing.T, g *gapWorld) {
			t.Helper()
			refused := func() int64 { return g.w.count(`SELECT count(*) FROM spans`) }
			spans := refused()
			g.clock.by.Store(int64(time.Hour))
			if _, err := g.w.bid(g.e, g.lot, "AAAAA", 10_000_000); fault.CodeOf(err) != fault.ClockRefused {
				t.Errorf("a bid on a clock an hour ahead: %v", err)
			}
			_ = g.e.Tick(t.Context(), "test") // refused too
			g.clock.by.Store(0)
			until(t, func() bool { return refused() > spans })
		},
		"a bid that failed": func(_ *testing.T, g *gapWorld) {
			g.e.failures.note(g.lot, time.Now().UnixMilli())
		},
		"a bid that came late": func(t *testing.T, g *gapWorld) {
			t.Helper()
			other := g.w.openLot(g.e, sale{}, "AAAAA") // its bid moves its own end, and says of the shard what it says
			_, err := g.e.Bid(t.Context(), Bid{
				Lot: other, Code: "AAAAA", Amount: 10_000_000, Key: freshKey(), ReceivedAt: time.Now().Add(-1500 * time.Millisecond),
			})
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGapWorld(t)
			hurt(t, g)
			stay, resume := g.w.wentOn(t, g.e, g.lot)
			ends := g.ends.UnixMilli()
			if stay.Ground != course.ByOutage || stay.Since >= stay.At || stay.Since < g.ends.Add(-2*time.Minute).UnixMilli() {
				t.Errorf("stayed by %+v", stay)
			}
			if resume.Ground != course.ByOutage || resume.EndsAt != resume.At+max(ends-stay.Since, 60_000) {
				t.Errorf("stayed by %+v, goes on by %+v", stay, resume)
			}
			if _, closed := g.w.lastOf(g.e, g.lot, course.Close); closed {
				t.Error("closed over a gap")
			}
			g.recorded(t)
		})
	}
}

// gapWorld is a lot that is in its closing window and served.
type gapWorld struct {
	w     *world
	e     *Engine
	lot   uuid.UUID
	ends  time.Time
	clock *movedClock
	stop  func()
	slow  atomic.Bool
	told  chan Outage
}

func newGapWorld(t *testing.T) *gapWorld {
	t.Helper()
	g := &gapWorld{w: newWorld(t), clock: &movedClock{}, told: make(chan Outage, 100)}
	cfg := g.w.config()
	cfg.Clock, cfg.Outages = g.clock, func(_ context.Context, _ pgx.Tx, o Outage) error { g.told <- o; return nil }
	e, err := NewEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.probe = func(at string) error {
		if at == "before commit" && g.slow.CompareAndSwap(true, false) {
			time.Sleep(2500 * time.Millisecond) // the fault itself
		}
		return nil
	}
	g.w.run(e)
	g.e = e
	g.stop = g.w.ticking(e)
	g.lot, g.ends = g.w.closingLot(e, 10*time.Second, 40*time.Second, "AAAAA")
	starts := g.ends.Add(-30 * time.Second)
	// In the window, with a span that began before it.
	until(t, func() bool {
		_, served := e.shards[0].service()
		return time.Now().After(starts.Add(time.Second)) && served.From < starts.UnixMilli() && !served.broken
	})
	return g
}

// recorded: the sale was told of the stay and of its end in their transactions.
func (g *gapWorld) recorded(t *testing.T) {
	t.Helper()
	stay, over := <-g.told, Outage{}
	for over = range g.told { // an attempt that was rolled back is told again
		if over.Over {
			break
		}
		stay = over
	}
	if stay.Over || stay.Lot != g.lot || over.Lot != g.lot || !stay.EndsAt.Equal(g.ends) || !over.EndsAt.After(g.ends) {
		t.Errorf("told %+v, %+v", stay, over)
	}
}

// TestR28o_RedisAwayStaysTheLotWithoutIt: while Redis is away everybody can read that the lot is stayed; when it is back, the
// clock runs on.
func TestR28o_RedisAwayStaysTheLotWithoutIt(t *testing.T) {
	t.Parallel()
	g := newGapWorld(t)
	epoch := g.w.count(`SELECT epoch FROM shards WHERE shard = 0`)
	g.w.redis.Kill()
	until(t, func() bool {
		return g.w.count(`SELECT count(*) FROM courses WHERE lot_id = $1 AND phase = 'stayed'`, g.lot) == 1
	})
	stay, _ := g.w.lastOf(g.e, g.lot, course.Stay)
	if stay.Epoch <= epoch || stay.Since >= stay.At-2000 {
		t.Errorf("stayed by %+v in epoch %d", stay, epoch)
	}
	g.w.redis.Start()
	stay, resume := g.w.wentOn(t, g.e, g.lot)
	if resume.EndsAt != resume.At+max(g.ends.UnixMilli()-stay.Since, 60_000) {
		t.Errorf("stayed by %+v, goes on by %+v", stay, resume)
	}
	until(t, func() bool { _, err := g.w.bid(g.e, g.lot, "AAAAA", 10_000_000); return err == nil })
}

// TestR28o_ALongOutageWaitsForTheCourt: under law.Demonstration a minute is long.
func TestR28o_ALongOutageWaitsForTheCourt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot, _ := w.closingLot(e, -time.Hour, time.Hour, "AAAAA")
	w.pass(e, 59*time.Minute+30*time.Second)
	w.clock.To(w.begin.Add(62 * time.Minute)) // nobody served meanwhile
	until(t, func() bool {
		return w.count(`SELECT count(*) FROM courses WHERE lot_id = $1 AND phase = 'stayed'`, lot) == 1
	})
	w.pass(e, 65*time.Minute)
	if err := e.Tick(t.Context(), "test"); err != nil { // service is back
		t.Fatal(err)
	}
	if _, resumed := w.lastOf(e, lot, course.Resume); resumed {
		t.Error("the clock runs on by itself after a long outage")
	}
	if _, err := e.Resume(t.Context(), lot); err != nil {
		t.Fatal(err)
	}
	r, _ := w.lastOf(e, lot, course.Resume)
	if r.Ground != "" || r.EndsAt < r.At+60_000 {
		t.Errorf("resumed by %+v", r)
	}
	w.pass(e, 70*time.Minute)
	if _, closed := w.lastOf(e, lot, course.Close); !closed {
		t.Error("not closed after it went on")
	}
}

// TestR20b_AnInstallationThatWasStoppedStaysWhatRan: a node that starts again finds how long nobody served.
func TestR20b_AnInstallationThatWasStoppedStaysWhatRan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start(liveClock)
	running := w.openLot(e, sale{}, "AAAAA")
	later := w.openLot(e, sale{starts: time.Hour, ends: 26 * time.Hour, shard: 1})
	until(t, func() bool { return w.count(`SELECT count(*) FROM heartbeats`) == 1 })
	stop()
	gone := time.Now().Add(-5 * time.Minute).UTC().Truncate(time.Millisecond)
	w.exec(`UPDATE heartbeats SET at = $1`, gone)
	e, _ = w.start(liveClock)
	w.ticking(e)
	stay, resume := w.wentOn(t, e, running)
	// The events of this test are younger than its outage, and nothing is counted from before them.
	if acted := stay.Since; acted < gone.UnixMilli() || resume.EndsAt != resume.At+(w.begin.Add(24*time.Hour).UnixMilli()-stay.Since) {
		t.Errorf("stayed by %+v, goes on by %+v", stay, resume)
	}
	if _, stayed := w.lastOf(e, later, course.Stay); stayed {
		t.Error("a lot that had not begun was stayed")
	}
	until(t, func() bool { return w.count(`SELECT count(*) FROM heartbeats WHERE at > $1`, w.begin) == 1 })
}

// TestI8_FsckFindsACutSpan: a stored span that is shorter than an end says, and one of another epoch.
func TestI8_FsckFindsACutSpan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	lot, _ := w.closingLot(e, -time.Hour, time.Hour)
	w.pass(e, 61*time.Minute)
	stop()
	if _, closed := w.lastOf(e, lot, course.Close); !closed {
		t.Fatal("not closed")
	}
	for _, change := range []string{
		`UPDATE spans SET from_at = to_at`,
		`UPDATE spans SET epoch = epoch + 1`,
	} {
		f, undone := &fsck{}, errors.New("undone")
		err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), change); err != nil {
				return err
			}
			if err := f.gaps(t.Context(), tx); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if len(f.found) != 1 || f.found[0].Invariant != "I8" || f.found[0].Lot != lot {
			t.Errorf("%s: found %+v", change, f.found)
		}
	}
}
