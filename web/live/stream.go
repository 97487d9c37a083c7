package live

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/web/problem"
)

// writeWithin bounds one write: a reader whose connection takes nothing for so
// long is gone.
const writeWithin = 10 * time.Second

// Serve streams a lot's events to w until the reader leaves, is too slow or the
// hub stops. The first event is the state; with a Last-Event-ID the missed
// events follow it, else only what happens from now on.
//
// It returns an error only as long as it has written nothing. Faults:
// not_found, field_invalid (Last-Event-ID), service_unavailable.
func (h *Hub) Serve(ctx context.Context, w http.ResponseWriter, lot uuid.UUID, lastEventID string) error {
	after, resumes, err := position(lastEventID)
	if err != nil {
		return err
	}
	// What is not public is not watched: looked at before a feed is made of it.
	if _, err := h.state(ctx, lot); err != nil {
		return err
	}
	f, r, err := h.join(ctx, lot)
	if err != nil {
		return err
	}
	defer h.leave(f, r)
	state, err := h.state(ctx, lot)
	if err != nil {
		return err
	}
	if after > state.Seq { // of another history, or made up
		resumes = false
	}
	s := &stream{w: w, rc: http.NewResponseController(w), clock: h.clock}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return h.run(ctx, s, f, r, state, after, resumes)
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

// run writes the stream; whatever ends it is no error of the request any more.
func (h *Hub) run(ctx context.Context, s *stream, f *feed, r *reader, state State, after int64, resumes bool) error {
	id := state.Seq
	if resumes {
		id = -1 // the browser keeps its own until it has what it missed
	}
	first, err := newFrame(id, "state", state)
	if err != nil {
		return nil //nolint:nilerr // the status line is out
	}
	s.write([]byte("retry: 1000\n"))
	s.write(first.bytes)
	s.flush()
	sent := state.Seq
	if resumes {
		if sent, err = h.catchUp(ctx, s, f.lot, after, state.Seq); err != nil {
			return nil //nolint:nilerr // the reader comes back with its Last-Event-ID
		}
	}
	h.follow(ctx, s, r, sent)
	return nil
}

// catchUp writes the committed events in (after, upTo].
func (h *Hub) catchUp(ctx context.Context, s *stream, lot uuid.UUID, after, upTo int64) (int64, error) {
	for after < upTo && s.err == nil {
		frames, last, err := h.events(ctx, lot, after, upTo)
		if err != nil {
			return after, err
		}
		for _, fr := range frames {
			s.write(fr.bytes)
		}
		s.flush()
		if last == after { // dense by I2, so this is the end
			break
		}
		after = last
	}
	return upTo, s.err
}

// follow writes what comes, each event above sent once.
func (h *Hub) follow(ctx context.Context, s *stream, r *reader, sent int64) {
	beat := time.NewTicker(h.heartbeat)
	defer beat.Stop()
	for s.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-h.stopping:
			return
		case <-beat.C:
			s.write([]byte(": still here\n\n"))
			s.flush()
		case fr, open := <-r.queue:
			for open && s.err == nil {
				if fr.seq > sent {
					s.write(fr.bytes)
					sent = fr.seq
				}
				select {
				case fr, open = <-r.queue:
					continue
				default:
				}
				break
			}
			if !open {
				s.write([]byte("event: dropped\ndata: {\"reason\":\"slow_reader\"}\n\n"))
				s.flush()
				return
			}
			s.flush()
		}
	}
}

// stream writes until the first error and keeps it.
type stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
	// clock gives the machine's time, which a connection's deadline is in.
	clock clock.Clock
	err   error
}

func (s *stream) write(b []byte) {
	if s.err != nil {
		return
	}
	if err := s.deadline(); err != nil {
		s.err = err
		return
	}
	_, s.err = s.w.Write(b)
}

func (s *stream) flush() {
	if s.err == nil {
		s.err = s.rc.Flush()
	}
}

// deadline moves on the connection's; a writer without one (a recorder) is fine.
func (s *stream) deadline() error {
	err := s.rc.SetWriteDeadline(s.clock.Now().Add(-s.clock.Offset()).Add(writeWithin))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
