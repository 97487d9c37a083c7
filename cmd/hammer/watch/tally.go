package watch

import (
	"bytes"
	"sync"
	"time"
)

// Tally is what came to a crowd.
type Tally struct {
	// Events came to all watchers together; Skipped were counted to them instead.
	Events, Skipped int64
	// Missing are gaps in seq that nobody counted, Doubled what came again: both must be 0.
	Missing, Doubled int64
	// Closed are connections that the server ended.
	Closed int64
	// P50 and P99 are delays.
	P50, P99 time.Duration
}

// maxDelay is the last bucket of delays, in ms; later ones count as that.
const maxDelay = 60_000

// tally counts. It is locked once a read.
type tally struct {
	mu     sync.Mutex
	sum    Tally
	delays []int64 // by ms
	// times are those of the last seqs: all watchers are told the same.
	times [64]struct {
		seq int64
		at  int64 // unix ms
	}
}

func newTally() *tally { return &tally{delays: make([]int64, maxDelay+1)} }

// reset forgets what was counted.
func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum = Tally{}
	clear(t.delays)
}

// read is what was counted.
func (t *tally) read() Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.sum
	var all, so int64
	for _, n := range t.delays {
		all += n
	}
	for ms, n := range t.delays {
		before := so
		so += n
		if before*2 < all && so*2 >= all {
			out.P50 = time.Duration(ms) * time.Millisecond
		}
		if before*100 < all*99 && so*100 >= all*99 {
			out.P99 = time.Duration(ms) * time.Millisecond
		}
	}
	return out
}

// watcher is what is kept of one stream.
type watcher struct {
	fd int
	// rest is the beginning of an event whose end has not come.
	rest []byte
	// last is the seq of the last bid; 0 before the first.
	last int64
	// begun is set with the first event, the state.
	begun bool
}

// take reads what came at an instant; it returns whether the stream's first event was in it.
func (t *tally) take(w *watcher, b []byte, now time.Time) (began bool) {
	if len(w.rest) > 0 {
		w.rest = append(w.rest, b...)
		b = w.rest
	}
	t.mu.Lock()
	for {
		i := bytes.Index(b, []byte("\n\n"))
		if i < 0 {
			break
		}
		began = t.event(w, b[:i], now) || began
		b = b[i+2:]
	}
	t.mu.Unlock()
	if len(b) == 0 {
		w.rest = nil
	} else {
		w.rest = append(w.rest[:0:0], b...)
	}
	return began
}

func (t *tally) event(w *watcher, b []byte, now time.Time) (began bool) {
	if bytes.Contains(b, []byte("event: state\n")) {
		began, w.begun = !w.begun, true
		return began
	}
	if !bytes.Contains(b, []byte("event: bid\n")) {
		return false
	}
	seq, skipped := numberAfter(b, `"seq":`), numberAfter(b, `"skipped":`)
	switch {
	case w.last != 0 && seq <= w.last:
		t.sum.Doubled++
		return false
	case w.last != 0:
		t.sum.Missing += seq - w.last - 1 - skipped
	}
	w.last = seq
	t.sum.Events++
	t.sum.Skipped += skipped
	known := &t.times[seq%int64(len(t.times))]
	if known.seq != seq {
		known.seq, known.at = seq, timeAfter(b, `"accepted_at":"`)
	}
	t.delays[max(0, min(maxDelay, now.UnixMilli()-known.at))]++
	return false
}

func numberAfter(b []byte, name string) (n int64) {
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return 0
	}
	for _, c := range b[i+len(name):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// timeAfter reads an instant of the contract, in unix ms; 0 when there is none.
func timeAfter(b []byte, name string) int64 {
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return 0
	}
	text, _, _ := bytes.Cut(b[i+len(name):], []byte(`"`))
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}
