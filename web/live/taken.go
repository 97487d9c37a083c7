package live

import (
	"errors"
	"net"
	"syscall"
)

const (
	// sendBuffer bounds what the kernel keeps for a connection, in bytes; it
	// takes twice as much for its own use. Some seconds of a busy lot fit.
	sendBuffer = 32 << 10
	// maxStuck is after how many slots' times a connection that takes nothing is
	// given up: ten seconds.
	maxStuck = 50
)

// taken is a reader whose connection was taken over. Its feed writes to it.
type taken struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	// after is the last event that was written whole, or that the reader had before.
	after int64
	// slot is being written, from off on; nil between slots.
	slot *slot
	off  int
	// beats is the heartbeat that it had.
	beats int64
	// bytes were written of the body.
	bytes int64
	// stuck counts looks in a row at which the connection took nothing.
	stuck uint8
	// over is told of the end; nil when nobody is.
	over *Handover
}

// pen writes to connections and never waits: what a connection does not take at
// once stays with the caller. It is used by one goroutine.
type pen struct {
	b       []byte
	n       int
	err     error
	writing func(fd uintptr) bool
	looking func(fd uintptr) bool
	scrap   [512]byte
}

func newPen() *pen {
	p := &pen{}
	// Both report that they are done, whatever came of it: RawConn would wait else.
	p.writing = func(fd uintptr) bool {
		p.n, p.err = syscall.Write(int(fd), p.b)
		return true
	}
	p.looking = func(fd uintptr) bool {
		p.n, p.err = syscall.Read(int(fd), p.scrap[:])
		return true
	}
	return p
}

// write writes what the connection takes now; 0 when it takes nothing.
func (p *pen) write(raw syscall.RawConn, b []byte) (n int, err error) {
	p.b = b
	if err := raw.Write(p.writing); err != nil {
		return 0, err
	}
	return p.result()
}

// left tells whether the reader has closed its end. What it sent is thrown away.
func (p *pen) left(raw syscall.RawConn) bool {
	if err := raw.Read(p.looking); err != nil {
		return true
	}
	if p.err == nil && p.n == 0 {
		return true
	}
	_, err := p.result()
	return err != nil
}

func (p *pen) result() (n int, err error) {
	if errors.Is(p.err, syscall.EAGAIN) || errors.Is(p.err, syscall.EINTR) {
		return 0, nil
	}
	return max(0, p.n), p.err
}

// outcome is how a reader stands after a push.
type outcome uint8

const (
	// current has everything.
	current outcome = iota
	// behind has not: its connection took no more.
	behind
	// gone has left, or was dropped.
	gone
)

// hand gives a reader to the feed, which has all that follows r.after; false
// when it has not, or has ended.
func (f *feed) hand(r *taken) (given, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return false, true
	}
	if !f.slots.covers(r.after) {
		return false, false
	}
	r.beats = f.beats
	f.arrivals = append(f.arrivals, r)
	f.poke()
	return true, false
}

// push writes to a connection what it takes of what the reader misses. Different readers may be pushed at once, while nobody
// changes the slots.
func (f *feed) push(p *pen, r *taken) outcome {
	for {
		if r.slot == nil {
			s, lost := f.slots.next(r.after)
			if lost {
				f.hub.meter.dropped.Inc()
				n, _ := p.write(r.raw, []byte(dropNotice)) // it is gone with its reason or without
				r.bytes += int64(n)
				return gone
			}
			if s == nil && r.beats != f.beats {
				if p.left(r.raw) {
					return gone
				}
				s, r.beats = f.heartbeat, f.beats
			}
			if s == nil {
				return current
			}
			r.slot, r.off = s.rest(r.after)
		}
		for r.off < len(r.slot.bytes) {
			n, err := p.write(r.raw, r.slot.bytes[r.off:])
			if err != nil {
				return gone
			}
			if n == 0 {
				return f.slow(r)
			}
			r.off, r.bytes, r.stuck = r.off+n, r.bytes+int64(n), 0
		}
		r.after, r.slot = max(r.after, r.slot.to), nil
	}
}

// slow bounds how long a connection takes nothing, and how far behind it is.
func (f *feed) slow(r *taken) outcome {
	if r.stuck++; r.stuck < maxStuck && f.slots.covers(max(r.after, r.slot.to)) {
		return behind
	}
	f.hub.meter.dropped.Inc()
	return gone // in the middle of an event: nothing can be said
}

// close ends a connection; what the kernel has of it is still sent.
func (f *feed) close(r *taken) {
	_ = r.conn.Close() // nothing of it is used again
	r.over.end(r.bytes)
	f.hub.leave(f)
}
