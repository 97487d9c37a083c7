package bidding

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// Stepper is a clock that somebody moves on; clock.Stepped is one.
type Stepper interface {
	clock.Clock
	// To moves the clock on to t; it never moves back.
	To(t time.Time)
}

// Pass moves a stepped clock, which must be the engine's, on to a time, as time passes for people: it steps over what is far
// from every end, goes through each closing window with ticks that leave no gap, and closes what ends on the way. The node
// must commit. What it met is returned first: a course that cannot be closed; time has then passed to that end.
//
// Codes: service_unavailable when the node does not commit; fatal ones of a lot that is halted.
func (e *Engine) Pass(ctx context.Context, c Stepper, to time.Time) error {
	if err := e.committing(ctx); err != nil {
		return err
	}
	for c.Now().Before(to) {
		step := e.gap() * 3 / 4
		next, inside := e.watch.passage(c.Now().UnixMilli(), step.Milliseconds())
		if !inside {
			if next == 0 || !instant(next).Before(to) {
				c.To(to)
				return nil
			}
			c.To(instant(next))
		} else {
			at := c.Now().Add(step)
			if end := instant(next); next > 0 && end.Before(at) {
				at = end
			}
			if to.Before(at) {
				at = to
			}
			c.To(at)
		}
		if err := e.passed(ctx); err != nil {
			return err
		}
	}
	return nil
}

// committing waits until this node commits.
func (e *Engine) committing(ctx context.Context) error {
	for end := elapsed().Add(patience); !e.commits.Load(); {
		if elapsed().After(end) || e.isStopping() || !sleep(ctx, time.Millisecond) {
			return fault.New(fault.Unavailable, fault.ServiceUnavailable).After(time.Second)
		}
	}
	return nil
}

// passage tells whether a course is in its closing window, or within step of it, at now (unix ms), and when the next thing
// comes: then the next end, else the next window; 0 when none does.
func (w *watch) passage(now, step int64) (next int64, inside bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	earliest := func(ms int64) {
		if next == 0 || ms < next {
			next = ms
		}
	}
	for _, known := range w.lots {
		inside = inside || known.Phase == course.Running && now >= known.ClosingFrom()-step
	}
	for _, known := range w.lots {
		if known.Phase != course.Running {
			continue
		}
		if begins := known.ClosingFrom() - step; !inside && now < begins {
			earliest(begins)
		}
		if inside && known.EndsAt > now {
			earliest(known.EndsAt)
		}
	}
	return next, inside
}

// closeSurely is Close that a busy machine does not turn away.
func (e *Engine) closeSurely(ctx context.Context, lot uuid.UUID) error {
	for end := elapsed().Add(2 * patience); ; {
		_, err := e.Close(ctx, lot)
		if fault.KindOf(err) != fault.Unavailable || elapsed().After(end) || !sleep(ctx, 50*time.Millisecond) {
			return err
		}
	}
}

// ending tells whether something is being done about a course whose end has come by now (unix ms).
func (w *watch) ending(now int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range w.lots {
		if known.busy && known.Phase == course.Running && known.EndsAt <= now {
			return true
		}
	}
	return false
}

// passed ticks what is in its closing window and closes what has ended.
func (e *Engine) passed(ctx context.Context) error {
	now := e.clock.Now().UnixMilli()
	if near := e.watch.near(now); len(near) > 0 {
		if err := e.tick(ctx, near, "pass"); err != nil {
			e.log.WarnContext(ctx, "time passes without a tick", "error", err)
		}
	}
	needs, _ := e.needs(now)
	errs := make([]error, len(needs))
	var each sync.WaitGroup
	for i, n := range needs {
		if n.act != toClose {
			each.Go(func() { e.meet(ctx, n) })
			continue
		}
		each.Go(func() {
			defer e.watch.done(n.lot, 0)
			errs[i] = e.closeSurely(ctx, n.lot)
		})
	}
	each.Wait()
	// What the engine's own look took up at the same moment is waited for.
	for end := elapsed().Add(patience); e.watch.ending(now) && elapsed().Before(end); {
		if !sleep(ctx, time.Millisecond) {
			return ctx.Err()
		}
	}
	for _, err := range errs {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return nil
}
