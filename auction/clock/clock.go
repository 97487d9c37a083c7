// Package clock holds where time comes from. Pure code takes an instant as an
// argument; use cases read a Clock once per transaction and pass it on. Only
// cmd makes clocks. Sales under law.China2017 are tried with a Stepped one.
package clock

import (
	"sync"
	"time"
)

// Clock tells the platform's time.
type Clock interface {
	// Now is the platform's time, UTC.
	Now() time.Time
	// Offset is the platform's time minus the machine's. The bidding engine
	// adds it to Redis' TIME. It is zero in production.
	Offset() time.Duration
}

// Real is the machine's clock.
type Real struct{}

// Now is the machine's time in UTC.
func (Real) Now() time.Time { return time.Now().UTC() }

// Offset is zero.
func (Real) Offset() time.Duration { return 0 }

// Still shows one instant until it is moved on, so that a rule is tried at a
// bound and a millisecond beside it. It is safe for concurrent use.
type Still struct {
	mu sync.Mutex
	at time.Time
}

// NewStill makes a clock that shows start.
func NewStill(start time.Time) *Still { return &Still{at: start.UTC()} }

// Now is the instant it shows.
func (s *Still) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// Offset is how far it stands from the machine's clock now.
func (s *Still) Offset() time.Duration { return time.Until(s.Now()) }

// To moves the clock on to t; it never moves back.
func (s *Still) To(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.After(s.at) {
		s.at = t.UTC()
	}
}

// Stepped is the machine's clock moved by an offset that only ever grows, so
// that weeks pass in a moment. It is safe for concurrent use.
type Stepped struct {
	mu     sync.Mutex
	offset time.Duration
}

// NewStepped starts a clock that shows start now.
func NewStepped(start time.Time) *Stepped {
	return &Stepped{offset: time.Until(start)}
}

// Now is the moved time in UTC.
func (s *Stepped) Now() time.Time { return time.Now().Add(s.Offset()).UTC() }

// Offset is how far the clock stands from the machine's.
func (s *Stepped) Offset() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offset
}

// To moves the clock on to t; it never moves back.
func (s *Stepped) To(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := time.Until(t); o > s.offset {
		s.offset = o
	}
}

// Settle moves an offset that is still negative to zero: a clock that started
// in the past has arrived at the present.
func (s *Stepped) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offset < 0 {
		s.offset = 0
	}
}
