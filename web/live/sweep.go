package live

import (
	"runtime"
	"slices"
	"sync"
)

const (
	// perWriter is how many readers are worth a writer of their own.
	perWriter = 512
	// perBreath is how many writes, of some ten microseconds, are made before whoever else wants the processor has it: a bid
	// does not wait for a crowd.
	perBreath = 32
)

// writer writes to a share of a feed's readers.
type writer struct {
	pen *pen
	// behind counts who is, and left who is gone; both since the sweep began.
	behind, left int
}

// welcome takes in who arrived.
func (f *feed) welcome() {
	f.mu.Lock()
	arrived := f.arrivals
	f.arrivals = nil
	f.mu.Unlock()
	if len(arrived) == 0 {
		return
	}
	f.taken = append(f.taken, arrived...)
	f.write(f.taken[len(f.taken)-len(arrived):], false)
}

// sweep writes to every reader what it misses, or, with late, to those alone that were behind.
func (f *feed) sweep(late bool) {
	f.behind = 0
	f.turns++
	f.write(f.taken, late)
}

// write pushes to readers who are the feed's, shared among as many writers as there are processors, and returns when all are
// done. Another reader of a share is the first each time, so that nobody is always the last to hear.
func (f *feed) write(readers []*taken, late bool) {
	n := len(readers)
	writers := max(1, min(runtime.GOMAXPROCS(0), n/perWriter))
	for len(f.writers) < writers {
		f.writers = append(f.writers, &writer{pen: newPen()})
	}
	var others sync.WaitGroup
	for i, w := range f.writers[1:writers] {
		others.Go(func() { f.share(w, readers[(i+1)*n/writers:(i+2)*n/writers], late) })
	}
	f.share(f.writers[0], readers[:n/writers], late)
	others.Wait()
	left := 0
	for _, w := range f.writers[:writers] {
		f.behind, left = f.behind+w.behind, left+w.left
	}
	if left > 0 {
		f.taken = slices.DeleteFunc(f.taken, func(r *taken) bool { return r == nil })
	}
}

// share is one writer's part of a sweep. Whose reader is gone has nil in its place.
func (f *feed) share(w *writer, readers []*taken, late bool) {
	w.behind, w.left = 0, 0
	n := len(readers)
	if n == 0 {
		return
	}
	for i, first := 0, f.turns*7919%n; i < n; i++ {
		at := (first + i) % n
		r := readers[at]
		if late && r.slot == nil {
			continue
		}
		switch f.push(w.pen, r) {
		case current:
		case behind:
			w.behind++
		case gone:
			f.close(r)
			readers[at] = nil
			w.left++
		}
		if i%perBreath == perBreath-1 {
			runtime.Gosched()
		}
	}
}
