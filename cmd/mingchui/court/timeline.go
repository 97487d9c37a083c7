package court

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mingchui/auction/clock"
)

// timeline runs many scripts in the order of the times that they wait for.
// While any of them acts the clock stands (but for real time, which always
// passes); when all wait, the machine's due duties run, and the clock steps to
// the next of the scripts or duties. A script may ask for slack, so that many
// are woken together and act beside each other.
type timeline struct {
	clock *clock.Stepped
	// due runs every duty of the machine that is due; next is when the next one is.
	due  func(ctx context.Context) error
	next func(ctx context.Context) (time.Time, bool, error)
	// pass moves the clock on to a time, through what happens on the way.
	pass func(ctx context.Context, to time.Time) error
	// grain is the least time between two runs of duties that no act asks for.
	grain time.Duration

	// cancel ends all scripts; Run sets it.
	cancel context.CancelFunc
	// group counts the scripts that Go started.
	group sync.WaitGroup

	mu     sync.Mutex
	acting int
	// stirred says that an act since the last run of duties may have owed one.
	stirred    bool
	waiting    []*waiter
	conditions []*condition
	idle       chan struct{}

	// nextDue is when the next duty is due, zero for none; the conductor's own.
	nextDue time.Time
}

type waiter struct {
	at   time.Time
	late time.Time // at and its slack
	wake chan struct{}
}

type condition struct {
	what string
	done func(context.Context) (bool, error)
	wake chan error
}

const (
	// bidSlack is by how much a bid may be later than planned.
	bidSlack = 400 * time.Millisecond
	// look is the real pause between two looks at conditions: webhooks come by HTTP.
	look = 2 * time.Millisecond
	// stuckAfter ends a timeline on which a condition does not come true.
	stuckAfter = 30 * time.Second
	// dutyTries is how often failing duties are tried before the timeline ends.
	dutyTries = 8
)

func newTimeline(c *clock.Stepped, due func(context.Context) error, next func(context.Context) (time.Time, bool, error)) *timeline {
	to := func(_ context.Context, at time.Time) error { c.To(at); return nil }
	return &timeline{clock: c, due: due, next: next, pass: to, stirred: true, idle: make(chan struct{}, 1)}
}

// Now is the clock's.
func (t *timeline) Now() time.Time { return t.clock.Now() }

// Until parks the script.
func (t *timeline) Until(ctx context.Context, at time.Time, slack time.Duration) error {
	return t.wait(ctx, at, slack, true)
}

// Next parks the script without asking for a run of duties.
func (t *timeline) Next(ctx context.Context, at time.Time) error {
	return t.wait(ctx, at, bidSlack, false)
}

func (t *timeline) wait(ctx context.Context, at time.Time, slack time.Duration, stirs bool) error {
	w := &waiter{at: at, late: at.Add(slack), wake: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, w)
	t.stirred = t.stirred || stirs
	t.leave()
	t.mu.Unlock()
	select {
	case <-w.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// When parks the script until its condition holds; the clock stands meanwhile.
func (t *timeline) When(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	c := &condition{what: what, done: done, wake: make(chan error, 1)}
	t.mu.Lock()
	t.conditions = append(t.conditions, c)
	t.stirred = true
	t.leave()
	t.mu.Unlock()
	select {
	case err := <-c.wake:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// All starts scripts and parks the caller until they end: the last of them
// hands its place over to the caller.
func (t *timeline) All(ctx context.Context, scripts ...func(context.Context) error) error {
	if len(scripts) == 0 {
		return nil
	}
	errs := make([]error, len(scripts))
	left := len(scripts)
	over := make(chan struct{})
	t.mu.Lock()
	t.acting += len(scripts) - 1 // one of them takes the caller's place
	t.mu.Unlock()
	for i, script := range scripts {
		go func() {
			err := script(ctx)
			if err != nil {
				t.cancel()
			}
			t.mu.Lock()
			defer t.mu.Unlock()
			errs[i] = err
			if left--; left == 0 {
				close(over)
				return
			}
			t.leave()
		}()
	}
	<-over // scripts end when ctx does
	return errors.Join(errs...)
}

// Go lets one more script act.
func (t *timeline) Go(script func()) {
	t.mu.Lock()
	t.acting++
	t.mu.Unlock()
	t.group.Go(func() {
		script()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.leave()
	})
}

// leave is called with t.mu held by a script that stops acting.
func (t *timeline) leave() {
	if t.acting--; t.acting == 0 {
		select {
		case t.idle <- struct{}{}:
		default:
		}
	}
}

// Run runs scripts to their end. The first error ends the others.
func (t *timeline) Run(ctx context.Context, scripts ...func(context.Context) error) error {
	ctx, t.cancel = context.WithCancel(ctx)
	defer t.cancel()
	t.acting = 1
	ended := make(chan error, 1)
	go func() {
		err := t.All(ctx, scripts...)
		t.mu.Lock()
		defer t.mu.Unlock()
		ended <- err
		t.leave()
	}()
	broken := t.conduct(ctx)
	t.cancel()
	t.group.Wait()
	return errors.Join(withoutCancel(<-ended), withoutCancel(broken))
}

// withoutCancel drops the errors of those that only ended because another failed.
func withoutCancel(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
	var keep []error
	for _, e := range joined.Unwrap() {
		if e = withoutCancel(e); e != nil {
			keep = append(keep, e)
		}
	}
	return errors.Join(keep...)
}

// conduct steps the clock until nobody acts or waits.
func (t *timeline) conduct(ctx context.Context) error {
	var stuckSince time.Time
	for {
		if err := t.quiet(ctx); err != nil {
			return err
		}
		if err := t.runDue(ctx); err != nil {
			return err
		}
		t.mu.Lock()
		conditions, waiting := t.conditions, len(t.waiting)
		t.mu.Unlock()
		switch {
		case len(conditions) > 0:
			if t.check(ctx, conditions) > 0 {
				stuckSince = time.Time{}
				continue
			}
			if stuckSince.IsZero() {
				stuckSince = t.clock.Now()
			}
			if t.clock.Now().Sub(stuckSince) > stuckAfter {
				return fmt.Errorf("waited %s in vain: %s", stuckAfter, conditions[0].what)
			}
			if err := rest(ctx, look); err != nil {
				return err
			}
			t.stir()
		case waiting > 0:
			if err := t.step(ctx); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// quiet waits until no script acts.
func (t *timeline) quiet(ctx context.Context) error {
	for {
		t.mu.Lock()
		acting := t.acting
		t.mu.Unlock()
		if acting == 0 {
			return ctx.Err()
		}
		select {
		case <-t.idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *timeline) stir() {
	t.mu.Lock()
	t.stirred = true
	t.mu.Unlock()
}

// runDue runs the machine's duties if one may be due.
func (t *timeline) runDue(ctx context.Context) error {
	t.mu.Lock()
	stirred := t.stirred
	t.stirred = false
	t.mu.Unlock()
	if !stirred && (t.nextDue.IsZero() || t.clock.Now().Before(t.nextDue)) {
		return nil
	}
	var err error
	for range dutyTries {
		if err = t.due(ctx); err == nil {
			break
		}
		if err := rest(ctx, 10*look); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("run the machine's duties: %w", err)
	}
	at, some, err := t.next(ctx)
	if err != nil {
		return err
	}
	if earliest := t.clock.Now().Add(t.grain); some && at.Before(earliest) {
		at = earliest // a duty that is put off by a second does not set the pace
	}
	if !some {
		at = time.Time{}
	}
	t.nextDue = at
	return nil
}

// check wakes the scripts whose conditions hold and returns how many.
func (t *timeline) check(ctx context.Context, conditions []*condition) int {
	met := map[*condition]error{}
	for _, c := range conditions {
		if ok, err := c.done(ctx); ok || err != nil {
			met[c] = err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	keep := t.conditions[:0:0]
	for _, c := range t.conditions {
		err, over := met[c]
		if !over {
			keep = append(keep, c)
			continue
		}
		t.acting++
		c.wake <- err
	}
	t.conditions = keep
	return len(met)
}

// step moves the clock to the next duty or to the next scripts and wakes them.
func (t *timeline) step(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, latest := t.waiting[0].at, t.waiting[0].late
	for _, w := range t.waiting {
		if w.at.Before(first) {
			first = w.at
		}
		if w.late.Before(latest) {
			latest = w.late
		}
	}
	now := t.clock.Now()
	if now.After(latest) {
		latest = now
	}
	if !t.nextDue.IsZero() && t.nextDue.After(now) && t.nextDue.Before(latest) {
		latest = t.nextDue
	}
	if first.After(latest) { // the next duty comes first
		return t.pass(ctx, latest)
	}
	var to time.Time
	var woken, keep []*waiter
	for _, w := range t.waiting {
		if w.at.After(latest) {
			keep = append(keep, w)
			continue
		}
		if w.at.After(to) {
			to = w.at
		}
		woken = append(woken, w)
	}
	t.waiting = keep
	t.acting += len(woken)
	err := t.pass(ctx, to)
	for _, w := range woken {
		close(w.wake)
	}
	return err
}
