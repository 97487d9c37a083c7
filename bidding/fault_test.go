package bidding

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
)

// underLoad lets bidders bid while hurt runs, and judges every answer. hurt gets a function that waits for more bids to be
// acknowledged.
func underLoad(t *testing.T, w *world, e *Engine, hurt func(r *race, more func(n int64))) {
	t.Helper()
	const bidders = 48
	r := w.openRace(e, bidders)
	var loaded sync.WaitGroup
	loaded.Go(func() { r.run(bidders, 0) })
	stored := func() int64 { return w.count(`SELECT count(*) FROM bids WHERE lot_id = $1`, r.lot) }
	more := func(n int64) {
		t.Helper()
		want := stored() + n
		deadline := time.Now().Add(time.Minute)
		for stored() < want {
			if time.Now().After(deadline) {
				t.Errorf("bids do not go on: %d stored, waiting for %d", stored(), want)
				return
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	more(20)
	hurt(r, more)
	more(20)
	close(r.stop)
	loaded.Wait()
	r.judge(t)
}

func TestFault_RedisWiped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	underLoad(t, w, e, func(_ *race, more func(int64)) {
		for range 3 {
			w.redis.Wipe()
			more(10)
		}
	})
	if n := w.count(`SELECT max(epoch) FROM shards`); n < 4 {
		t.Errorf("epoch %d after three losses", n)
	}
}

func TestFault_RedisKilledAndRestarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	underLoad(t, w, e, func(_ *race, more func(int64)) {
		for range 3 {
			w.redis.Kill()
			w.redis.Start()
			more(10)
		}
	})
}

func TestFault_RedisBackWithAnEarlierFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	underLoad(t, w, e, func(_ *race, more func(int64)) {
		for range 3 {
			kept := w.redis.Keep()
			more(10)
			w.redis.RestartFrom(kept)
			more(10)
		}
	})
}

func TestFault_RedisPaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	underLoad(t, w, e, func(_ *race, more func(int64)) {
		w.redis.Pause()
		time.Sleep(2500 * time.Millisecond)
		w.redis.Resume()
		more(10)
	})
}

func TestFault_PostgresConnectionsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	underLoad(t, w, e, func(_ *race, more func(int64)) {
		for range 10 {
			w.killConnections()
			more(5)
		}
	})
}

// TestFault_EachWriteFails makes every commit's first tries fail: before it reached PostgreSQL, and after it was persisted.
func TestFault_EachWriteFails(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before commit", "after commit"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e, err := NewEngine(w.config())
			if err != nil {
				t.Fatal(err)
			}
			var calls, failures atomic.Int64
			e.probe = func(at string) error {
				if at != point || calls.Add(1)%3 != 0 {
					return nil
				}
				failures.Add(1)
				return errors.New("the connection broke")
			}
			w.run(e)
			underLoad(t, w, e, func(_ *race, more func(int64)) { more(100) })
			if failures.Load() == 0 {
				t.Error("nothing failed")
			}
		})
	}
}

// TestFault_EachDecisionFails makes calls of the function fail: before they reached Redis, and after they were carried out, so
// that only the answer is lost.
func TestFault_EachDecisionFails(t *testing.T) {
	t.Parallel()
	for name, persisted := range map[string]bool{"error": false, "error but persisted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			client := w.redis.Client()
			hook := &failingCalls{persisted: persisted}
			client.AddHook(hook)
			e, _ := w.start(func(c *EngineConfig) { c.Redis = client })
			underLoad(t, w, e, func(_ *race, more func(int64)) { more(60) })
			if hook.failures.Load() == 0 {
				t.Error("nothing failed")
			}
		})
	}
}

// failingCalls makes every fourth call of a function fail.
type failingCalls struct {
	persisted       bool
	calls, failures atomic.Int64
}

func (h *failingCalls) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *failingCalls) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (h *failingCalls) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() != "fcall" || h.calls.Add(1)%4 != 0 {
			return next(ctx, cmd)
		}
		h.failures.Add(1)
		if h.persisted {
			if err := next(ctx, cmd); err != nil {
				return err
			}
		}
		err := errors.New("the connection broke")
		cmd.SetErr(err)
		return err
	}
}

// TestFault_ACommitterThatWakesLateWritesNothing holds one committer before its commit until another has taken the shard.
func TestFault_ACommitterThatWakesLateWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	asleep, wake := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	slow.probe = func(at string) error {
		if at == "before commit" && armed.CompareAndSwap(true, false) {
			close(asleep)
			<-wake
		}
		return nil
	}
	w.run(slow)
	lot := w.openLot(slow, sale{}, "AAAAA", "BBBBB")
	armed.Store(true)
	late := make(chan error, 1)
	go func() {
		_, err := w.bid(slow, lot, "AAAAA", 10_000_000)
		late <- err
	}()
	<-asleep
	// Another node takes the lock and recovers the shard under the next epoch: the sleeper's decision is lost.
	w.killLock()
	w.exec(`UPDATE shards SET epoch = epoch + 1 WHERE shard = 0`)
	quick, _ := w.start()
	winner := w.mustBid(quick, lot, "BBBBB", 10_000_000)
	close(wake)
	if err := <-late; fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the late bid: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM bids WHERE lot_id = $1`, lot); n != 1 {
		t.Errorf("%d bids are stored, want the one of seq %d", n, winner.Seq)
	}
}

// TestFault_TwoEngines runs two nodes on one database, whose committers take the lock from each other while both decide.
func TestFault_TwoEngines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.start()
	b, _ := w.start()
	underLoad(t, w, a, func(r *race, more func(int64)) {
		for i := range 6 {
			r.engine.Store([]*Engine{b, a}[i%2])
			w.killLock()
			more(10)
		}
	})
}

// TestFault_RollingRestart replaces the node under load; every answer that is not an outcome carries a Retry-After.
func TestFault_RollingRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	underLoad(t, w, e, func(r *race, more func(int64)) {
		for range 3 {
			next, stopNext := w.start()
			r.engine.Store(next)
			stop()
			stop = stopNext
			more(10)
		}
	})
}
