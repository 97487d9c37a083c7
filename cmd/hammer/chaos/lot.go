package chaos

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/stage"
)

const (
	closingBidders = 12
	// patientShare is which part of the connections sends a bid again until it is decided; the others take 503 for an answer and
	// hold the server to it.
	patientShare = 2.0 / 3
	// lowEvery is which connection asks what stands, by a bid that is refused whatever stands.
	lowEvery = 6
	// loadFor bounds the load of one kind of fault.
	loadFor = load.MaxFor
)

// lot is one lot, those who bid on it, and what they know.
type lot struct {
	sale     stage.Sale
	sessions []load.Session
	ladder   *load.Ladder

	mu  sync.Mutex
	ops []load.Op
	// acknowledged and notPlaced count the outcomes of ops.
	acknowledged, notPlaced atomic.Int64
	// last is when a bid was acknowledged last, longest the longest time without one since mark; both under mu.
	last    time.Time
	longest time.Duration

	runs []*load.Run
	stop context.CancelFunc
	done chan error
}

func (l *lot) add(op load.Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops = append(l.ops, op)
	switch op.Outcome {
	case load.Accepted:
		now := time.Now()
		l.longest, l.last = max(l.longest, now.Sub(l.last)), now
		l.acknowledged.Add(1)
	case load.NotPlaced:
		l.notPlaced.Add(1)
	case load.Refused, load.Unknown:
	}
}

// mark begins to measure how long no bid is acknowledged; outage tells.
func (l *lot) mark() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.longest = time.Now(), 0
}

func (l *lot) outage() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.longest
}

// bid lets so many connections bid until rest.
func (l *lot) bid(ctx context.Context, address string, connections int, between time.Duration) error {
	patient := max(1, int(float64(connections)*patientShare))
	l.runs = l.runs[:0]
	for _, part := range []struct {
		connections int
		retry       bool
	}{{patient, true}, {connections - patient, false}} {
		if part.connections == 0 {
			continue
		}
		r, err := load.New(load.Config{
			Address: address, Lot: l.sale.Lot, Sessions: l.sessions, Connections: part.connections, Ladder: l.ladder, For: loadFor,
			Pause: between, Low: lowEvery, Retry: part.retry, History: l.add,
		})
		if err != nil {
			return err
		}
		l.runs = append(l.runs, r)
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.done = make(chan error, len(l.runs))
	for _, r := range l.runs {
		go func() {
			_, err := r.Do(ctx)
			l.done <- err
		}()
	}
	return nil
}

// rest ends the bidding and waits for the last answers.
func (l *lot) rest() error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	l.stop = nil
	var errs []error
	for range l.runs {
		errs = append(errs, <-l.done)
	}
	return errors.Join(errs...)
}

// move, calm and unexcused are those of all connections of the lot.
func (l *lot) move(address string) {
	for _, r := range l.runs {
		r.Move(address)
	}
}

func (l *lot) calm(calm bool) {
	for _, r := range l.runs {
		r.Calm(calm)
	}
}

func (l *lot) unexcused() (n int64) {
	for _, r := range l.runs {
		n += r.Unexcused()
	}
	return n
}
