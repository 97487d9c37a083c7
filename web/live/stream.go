package live

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/web/problem"
)

// writeWithin bounds one write that waits: a reader whose connection takes
// nothing for so long is gone.
const writeWithin = 10 * time.Second

// Serve streams a lot's events to w until the reader leaves, is too slow or the
// hub stops. The first event is the state; with a Last-Event-ID the missed
// events follow it, else only what happens from now on. When it can take over the
// connection it returns and the stream goes on: see Handover.
//
// It returns an error only as long as it has written nothing. Faults:
// not_found, field_invalid (Last-Event-ID), service_unavailable.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, lot uuid.UUID) error {
	after, resumes, err := position(r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	ctx := r.Context()
	f, err := h.join(ctx, lot)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	s := h.open(w, r)
	given := h.stream(ctx, s, f, after, resumes)
	if !given {
		s.close()
		h.leave(f)
	}
	return nil
}

// position reads a Last-Event-ID.
func position(text string) (after int64, resumes bool, err error) {
	if text == "" {
		return 0, false, nil
	}
	after, err = strconv.ParseInt(text, 10, 64)
	if err != nil || after < 0 || after > maxEventID {
		return 0, false, fault.New(fault.Invalid, problem.FieldInvalid).InField("Last-Event-ID")
	}
	return after, true, nil
}

// stream writes what the reader begins with, and gives the connection to the
// feed; where it cannot be taken over it follows the feed until the end. What
// ends it is no error of the request any more.
func (h *Hub) stream(ctx context.Context, s *stream, f *feed, after int64, resumes bool) (given bool) {
	f.mu.Lock()
	standing := f.standing
	f.mu.Unlock()
	if after > standing.Seq { // of another history, or made up
		resumes = false
	}
	id := standing.Seq
	if resumes {
		id = -1 // the browser keeps its own until it has what it missed
	} else {
		after = standing.Seq
	}
	first, err := appendFrame(h.retry(), id, "state", standing.state(h.clock.Now(), h.Watchers(f.lot)))
	if err != nil {
		return false
	}
	s.write(first)
	for s.err == nil {
		f.mu.Lock()
		covered, to := f.slots.covers(after), f.slots.end
		f.mu.Unlock()
		if !covered {
			after = h.missed(ctx, s, f.lot, after, to)
			continue
		}
		s.flush()
		if s.tcp == nil || s.err != nil {
			h.follow(ctx, s, f, after)
			return false
		}
		r, err := s.take(after)
		if err != nil {
			return false
		}
		if given, ended := f.hand(r); given || ended {
			return given
		}
	}
	return false
}

// retry is how soon the reader comes back, other for each, so that a node that
// ends does not bring all of them at once to the next.
func (h *Hub) retry() []byte {
	const least, most = 500, 3000 // ms
	ms := least + h.retries.Add(1)*379%(most-least)
	b := strconv.AppendUint(append(make([]byte, 0, 1024), "retry: "...), uint64(ms), 10)
	return append(b, '\n')
}

// missed writes some of the committed events in (after, upTo] and returns how
// far it came.
func (h *Hub) missed(ctx context.Context, s *stream, lot uuid.UUID, after, upTo int64) int64 {
	select {
	case h.catching <- struct{}{}:
		defer func() { <-h.catching }()
	case <-h.stopping:
		s.fail(http.ErrServerClosed)
		return after
	case <-ctx.Done():
		s.fail(ctx.Err())
		return after
	}
	reading, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	list, last, err := h.events(reading, lot, after, upTo)
	if err != nil || last == after { // the reader comes back with its Last-Event-ID
		s.fail(errors.Join(err, fault.Internalf("catch up with lot %s from %d", lot, after)))
		return after
	}
	var b []byte
	for i := range list {
		if b, err = appendFrame(b, list[i].Seq, list[i].name, &list[i]); err != nil {
			s.fail(err)
			return after
		}
	}
	s.write(b)
	return last
}

// follow writes what comes, as the feed makes it.
func (h *Hub) follow(ctx context.Context, s *stream, f *feed, after int64) {
	wake := make(chan struct{}, 1)
	f.mu.Lock()
	f.held[wake] = struct{}{}
	beats := f.beats
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.held, wake)
		f.mu.Unlock()
	}()
	for s.err == nil {
		f.mu.Lock()
		next, lost := f.slots.next(after)
		if next == nil && !lost && beats != f.beats {
			next, beats = f.heartbeat, f.beats
		}
		f.mu.Unlock()
		switch {
		case lost:
			h.meter.dropped.Inc()
			s.write([]byte(dropNotice))
			s.flush()
			return
		case next != nil:
			part, from := next.rest(after)
			s.write(part.bytes[from:])
			after = max(after, next.to)
			continue
		}
		s.flush()
		select {
		case <-ctx.Done():
			return
		case <-h.stopping:
			return
		case <-f.over:
			return
		case <-wake:
		}
	}
}

// stream is a reader's way out while a handler writes to it. It keeps the first error.
type stream struct {
	// Either w, or conn once it was taken over; tcp is conn when a feed can write to it.
	w    http.ResponseWriter
	rc   *http.ResponseController
	conn net.Conn
	tcp  *net.TCPConn
	over *Handover
	// clock gives the machine's time, which a connection's deadline is in.
	clock clock.Clock
	bytes int64
	// dirty is set when what was written is not flushed.
	dirty bool
	err   error
}

// open writes the head. Over plain HTTP/1 the connection is taken over; its
// body ends with it, so any client of HTTP/1.0 or 1.1 reads it and any proxy
// passes it on.
func (h *Hub) open(w http.ResponseWriter, r *http.Request) *stream {
	s := &stream{w: w, rc: http.NewResponseController(w), clock: h.clock}
	if r.ProtoMajor != 1 || r.TLS != nil {
		w.WriteHeader(http.StatusOK)
		return s
	}
	conn, _, err := s.rc.Hijack()
	if err != nil { // no server of HTTP/1, or a layer between that does not let through
		w.WriteHeader(http.StatusOK)
		return s
	}
	s.over = handoverOf(r.Context())
	s.over.take()
	s.conn, s.w, s.rc = conn, nil, nil
	s.tcp, _ = conn.(*net.TCPConn)
	header := w.Header()
	header.Set("Date", s.now().UTC().Format(http.TimeFormat))
	header.Set("Connection", "close")
	head := &headWriter{b: append(make([]byte, 0, 1024), "HTTP/1.1 200 OK\r\n"...)}
	s.fail(header.Write(head))
	s.write(append(head.b, "\r\n"...))
	s.bytes = 0
	return s
}

// headWriter gathers a head.
type headWriter struct{ b []byte }

func (w *headWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func (s *stream) now() time.Time { return s.clock.Now().Add(-s.clock.Offset()) }

func (s *stream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *stream) write(b []byte) {
	if s.err != nil {
		return
	}
	deadline := s.now().Add(writeWithin)
	var n int
	if s.conn != nil {
		if s.err = s.conn.SetWriteDeadline(deadline); s.err == nil {
			n, s.err = s.conn.Write(b)
		}
		s.bytes += int64(n)
		return
	}
	// A writer without deadlines (a recorder) is fine.
	if err := s.rc.SetWriteDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.err = err
		return
	}
	s.dirty = true
	_, s.err = s.w.Write(b) //nolint:gosec // frames are JSON that package live encodes
}

func (s *stream) flush() {
	if s.dirty && s.err == nil {
		s.dirty = false
		s.err = s.rc.Flush()
	}
}

// close ends a connection that was taken over and stayed with the handler.
func (s *stream) close() {
	if s.conn != nil {
		_ = s.conn.Close() // nothing of it is used again
		s.over.end(s.bytes)
	}
}

// unsentWithin is for how long what was sent may stay without an answer before
// the kernel gives the connection up: a network that is gone says nothing.
const unsentWithin = 45 * time.Second

// take makes the connection one for the feed.
func (s *stream) take(after int64) (*taken, error) {
	if err := errors.Join(s.tcp.SetWriteDeadline(time.Time{}), s.tcp.SetWriteBuffer(sendBuffer)); err != nil {
		return nil, err
	}
	raw, err := s.tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		const userTimeout = 18 // TCP_USER_TIMEOUT of tcp(7), in ms
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(unsentWithin.Milliseconds()))
		})
		if err = errors.Join(err, failed); err != nil {
			return nil, err
		}
	}
	return &taken{conn: s.tcp, raw: raw, after: after, bytes: s.bytes, over: s.over}, nil
}
