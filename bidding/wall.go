package bidding

import (
	"sync"
	"time"

	"mingchui/auction/clock"
)

// wall is the node's wall time, anchored to its monotonic clock, so that a step of the wall clock under a running node shows
// as a difference from Redis' TIME and the function refuses to decide (clock). When wall clock and Redis have agreed with
// each other, and not with the anchor, for settleAfter, the anchor is set anew: the step was a correction.
type wall struct {
	clock clock.Clock

	mu     sync.Mutex
	anchor time.Time // with its monotonic reading
	apart  time.Time // since when Redis and the wall clock agree against the anchor; zero when they do not
}

const (
	settleAfter = 5 * time.Second
	// tolerance is the greatest difference from Redis' TIME; the function has the same figure.
	tolerance = time.Second
)

func newWall(c clock.Clock) *wall {
	w := &wall{clock: c}
	w.anchor, _ = w.raw()
	return w
}

// raw is the machine's time and the platform's offset from it. Both are read twice when the clock was moved between.
func (w *wall) raw() (now time.Time, offset time.Duration) {
	for {
		offset = w.clock.Offset()
		now = w.clock.Now()
		if w.clock.Offset() == offset {
			return now.Add(-offset), offset
		}
	}
}

// elapsed is the machine's time with its monotonic reading, to tell how long something lasted whatever the wall clock does.
func elapsed() time.Time { return time.Now().UTC() } //nolint:forbidigo // not for when anything happens on the platform

// machine is the machine's time, unix milliseconds, as now gives it.
func (w *wall) machine() int64 {
	ms, _ := w.now()
	return ms
}

// now is what the function is passed: wall time in ms and the offset in µs, rounded up so that a clock that shows an end has
// come to it.
func (w *wall) now() (ms, offset int64) {
	raw, off := w.raw()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.anchor.UnixMilli() + raw.Sub(w.anchor).Milliseconds(), int64((off + time.Microsecond - 1) / time.Microsecond)
}

// refused is told of a refusal as clock, with Redis' time in ms.
func (w *wall) refused(redisMS int64) {
	raw, _ := w.raw()
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := raw.UnixMilli() - redisMS; d > tolerance.Milliseconds() || d < -tolerance.Milliseconds() {
		w.apart = time.Time{}
		return
	}
	switch {
	case w.apart.IsZero():
		w.apart = raw
	case raw.Sub(w.apart) >= settleAfter:
		w.anchor, w.apart = raw, time.Time{}
	}
}
