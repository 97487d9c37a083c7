package live

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// feed is one watched lot. Its goroutine makes the slots and has them written to the
// connections that were taken over; it ends with the last reader.
type feed struct {
	hub *Hub
	lot uuid.UUID
	// members are its readers, in whatever state; the hub's mutex holds it.
	members int
	// ready is closed once the standing is read, or failed is set.
	ready  chan struct{}
	failed error
	// wake asks the goroutine to look around; one that waits is enough.
	wake chan struct{}
	done chan struct{}
	// wrong is closed when it told what PostgreSQL does not have; over when its goroutine has ended.
	wrong, over chan struct{}

	mu sync.Mutex
	// begun is set once standing is.
	begun bool
	// standing is the lot as of the last event that is known, which is slotted or waits.
	standing standing
	waits    pending
	slots    slots
	// gap is set when PostgreSQL is to be asked for events above standing.Seq.
	gap bool
	// beats counts heartbeats; heartbeat is the last one, beatDue asks for the next.
	beats     int64
	heartbeat *slot
	beatDue   bool
	// ended is set when no reader is taken any more.
	ended    bool
	arrivals []*taken
	held     map[chan struct{}]struct{}

	// What follows is the goroutine's own.
	taken   []*taken
	behind  int
	writers []*writer
	// told is what the last heartbeat with a state told.
	told struct {
		watchers int
		status   string
	}
	// turns counts slots, so that another reader is the first each time.
	turns int
	// cooling is set for a slot's time after each write; timer ends it.
	cooling bool
	timer   *time.Timer
}

// readWithin bounds one look of a feed at PostgreSQL.
const readWithin = 5 * time.Second

func newFeed(h *Hub, lot uuid.UUID) *feed {
	return &feed{
		hub: h, lot: lot, ready: make(chan struct{}), wake: make(chan struct{}, 1), done: make(chan struct{}),
		wrong: make(chan struct{}), over: make(chan struct{}),
		held: map[chan struct{}]struct{}{},
	}
}

// poke wakes the goroutine.
func (f *feed) poke() {
	select {
	case f.wake <- struct{}{}:
	default: // one that waits is enough
	}
}

// offer takes a committed event that was told; only the next one fits, and one
// further on shows a gap.
func (f *feed) offer(n *notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.begun || n.Seq > f.standing.Seq+1:
		f.gap = true
	case n.Seq <= f.standing.Seq:
		return
	default:
		f.standing.take(n)
		if t, shown := n.told(); shown {
			f.waits.add(t)
		}
	}
	f.poke()
}

// ask has PostgreSQL asked for what is new.
func (f *feed) ask() {
	f.mu.Lock()
	f.gap = true
	f.mu.Unlock()
	f.poke()
}

// known is the last event that is known.
func (f *feed) known() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.standing.Seq
}

// see is told where the lot stands in PostgreSQL, which was asked when before was
// known here. It reports false when PostgreSQL has less: something was told that is
// not committed, or the database is an older one.
func (f *feed) see(s standing, before int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.begun && s.Seq < before:
		return false
	case !f.begun || s.Seq > f.standing.Seq:
		f.gap = true
		f.poke()
	case s.Seq == f.standing.Seq:
		f.standing = s
	default: // told meanwhile
		f.standing.Status = s.Status
	}
	return true
}

// beat asks for a heartbeat.
func (f *feed) beat() {
	f.mu.Lock()
	f.beatDue = true
	f.mu.Unlock()
	f.poke()
}

// run is the feed's goroutine.
func (f *feed) run(ctx context.Context) {
	if !f.begin(ctx) {
		return
	}
	f.timer = time.NewTimer(time.Hour)
	f.timer.Stop()
	defer f.timer.Stop()
	defer f.end()
	for {
		retry := false
		select {
		case <-f.done:
			return
		case <-f.wrong:
			return
		case <-f.hub.stopping:
			return
		case <-f.wake:
		case <-f.timer.C:
			f.cooling, retry = false, true
		}
		f.catchUp(ctx)
		f.turn(ctx, retry)
	}
}

// begin reads where the feed starts and lets its readers go on; false when it cannot start.
func (f *feed) begin(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	defer close(f.ready)
	list, err := f.hub.standings(ctx, []uuid.UUID{f.lot})
	switch {
	case err != nil:
		f.failed = fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(time.Second)
	case len(list) == 0:
		f.failed = fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	default:
		f.mu.Lock()
		f.begun, f.standing, f.slots.end = true, list[0], list[0].Seq
		f.mu.Unlock()
		return true
	}
	return false
}

// catchUp reads from PostgreSQL what was not told. A failed read is tried again
// when something is told, or at the next look.
func (f *feed) catchUp(ctx context.Context) {
	f.mu.Lock()
	gap, after := f.gap, f.standing.Seq
	f.gap = false
	f.mu.Unlock()
	if !gap {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	if err := f.read(ctx, after); err != nil {
		f.hub.log.WarnContext(ctx, "watchers of a lot wait for PostgreSQL", "lot", f.lot, "error", err)
	}
}

// read takes the committed events above after up to where the lot stands. The
// standing is read first: what it counts is committed, so the events are there.
func (f *feed) read(ctx context.Context, after int64) error {
	list, err := f.hub.standings(ctx, []uuid.UUID{f.lot})
	if err != nil || len(list) == 0 {
		return err
	}
	now := list[0]
	var missed pending
	for after < now.Seq {
		events, last, err := f.hub.events(ctx, f.lot, after, now.Seq)
		if err != nil {
			return err
		}
		if last == after {
			return fault.Internalf("the course of lot %s has no event %d", f.lot, after+1) // dense by I2
		}
		for i := range events {
			missed.add(events[i])
		}
		after = last
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.standing.Seq >= now.Seq { // told meanwhile
		return nil
	}
	for _, seq := range missed.dropped {
		if seq > f.standing.Seq {
			f.waits.dropped = append(f.waits.dropped, seq)
		}
	}
	for _, t := range missed.events {
		if t.Seq > f.standing.Seq {
			f.waits.add(t)
		}
	}
	f.standing = now
	return nil
}

// turn writes what is due: a slot when something waits and the last one is a
// slot's time ago, else a heartbeat; and what those who are behind still miss.
func (f *feed) turn(ctx context.Context, retry bool) {
	f.welcome()
	if !f.cooling {
		if wrote := f.slotDue(ctx) || f.heartbeatDue(ctx); wrote {
			f.cooling = true
			f.timer.Reset(f.hub.slot)
			f.sweep(false)
			return
		}
	}
	if retry && f.behind > 0 {
		f.sweep(true)
	}
	if f.behind > 0 && !f.cooling {
		f.cooling = true // the next look at them is a slot's time away, too
		f.timer.Reset(f.hub.slot)
	}
}

// slotDue makes a slot of what waits.
func (f *feed) slotDue(ctx context.Context) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waits.events) == 0 {
		return false
	}
	s, err := f.waits.slot(f.slots.end, f.standing.Seq)
	if err != nil {
		f.hub.log.ErrorContext(ctx, "an event cannot be told", "lot", f.lot, "error", err)
		return false
	}
	f.slots.add(s)
	f.wakeHeld()
	f.hub.meter.written.Inc()
	f.hub.meter.skipped.Add(float64(len(s.dropped)))
	return true
}

// heartbeatDue makes a heartbeat: a comment, and the state anew when the number
// of watchers or the lot's status is another.
func (f *feed) heartbeatDue(ctx context.Context) bool {
	watchers := f.hub.Watchers(f.lot)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.beatDue {
		return false
	}
	f.beatDue = false
	beat := &slot{bytes: []byte(beatComment)}
	state := f.standing.state(f.hub.clock.Now(), watchers)
	if watchers != f.told.watchers || state.Status != f.told.status {
		b, err := appendFrame(beat.bytes, -1, "state", state)
		if err != nil {
			f.hub.log.ErrorContext(ctx, "a state cannot be told", "lot", f.lot, "error", err)
			return false
		}
		beat.bytes, f.told.watchers, f.told.status = b, watchers, state.Status
	}
	f.beats++
	f.heartbeat = beat
	f.wakeHeld()
	return true
}

// wakeHeld wakes the handlers that write by themselves; mu is held.
func (f *feed) wakeHeld() {
	for wake := range f.held {
		select {
		case wake <- struct{}{}:
		default: // one that waits is enough
		}
	}
}

// end closes what was taken over. Who comes later finds it ended.
func (f *feed) end() {
	close(f.over)
	f.mu.Lock()
	f.ended = true
	arrived := f.arrivals
	f.arrivals = nil
	f.mu.Unlock()
	for _, r := range append(f.taken, arrived...) {
		f.close(r)
	}
	f.taken = nil
}
