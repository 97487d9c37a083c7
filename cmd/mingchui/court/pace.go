package court

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mingchui/auction/clock"
)

// pace is how scripts wait. All its methods return the context's error when
// that ends.
type pace interface {
	// Now is the platform's time.
	Now() time.Time
	// Until waits for the clock to show at, or up to slack later.
	Until(ctx context.Context, at time.Time, slack time.Duration) error
	// Next is Until for acts that owe the machine nothing, bids above all.
	Next(ctx context.Context, at time.Time) error
	// When waits until done says so, while the machine's duties run. what
	// names it when it never comes.
	When(ctx context.Context, what string, done func(context.Context) (bool, error)) error
	// All runs scripts beside each other and waits for all of them.
	All(ctx context.Context, scripts ...func(context.Context) error) error
	// Go runs a script of its own, which tells nobody how it ended.
	Go(script func())
}

// real waits as people do. The duties run by themselves.
type real struct {
	clock clock.Clock
	group *sync.WaitGroup
}

const (
	// glance is how often a waiting script looks again.
	glance = 300 * time.Millisecond
	// patience bounds the wait for what the machine does by itself.
	patience = 2 * time.Minute
)

// Now is the clock's.
func (r real) Now() time.Time { return r.clock.Now() }

// Until waits on a timer.
func (r real) Until(ctx context.Context, at time.Time, _ time.Duration) error {
	return rest(ctx, at.Sub(r.clock.Now()))
}

// Next is Until.
func (r real) Next(ctx context.Context, at time.Time) error { return r.Until(ctx, at, 0) }

// When looks again and again.
func (r real) When(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	for end := r.clock.Now().Add(patience); ; {
		ok, err := done(ctx)
		if err != nil || ok {
			return err
		}
		if r.clock.Now().After(end) {
			return fmt.Errorf("waited %s in vain: %s", patience, what)
		}
		if err := rest(ctx, glance); err != nil {
			return err
		}
	}
}

// All runs each script in a goroutine.
func (r real) All(ctx context.Context, scripts ...func(context.Context) error) error {
	errs := make([]error, len(scripts))
	var group sync.WaitGroup
	for i, script := range scripts {
		group.Go(func() { errs[i] = script(ctx) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// Go runs the script in a goroutine of the group.
func (r real) Go(script func()) { r.group.Go(script) }

// rest waits for d or the context's end.
func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
