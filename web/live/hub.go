package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/bidding"
)

// Config is what a hub needs.
type Config struct {
	Pool *pgxpool.Pool
	// NATS tells what is committed, and the counts of other nodes; nil leaves the
	// one to Poll and the other out.
	NATS  *nats.Conn
	Clock clock.Clock
	Log   *slog.Logger
	// Metrics takes the hub's collectors; nil keeps them to itself.
	Metrics prometheus.Registerer
	// Poll is how often PostgreSQL is asked what NATS may not have told: two
	// seconds, or a quarter of one without NATS.
	Poll time.Duration
	// Heartbeat is the time between comments; zero is 15 seconds.
	Heartbeat time.Duration
	// Slot is the least time between two writes of events; zero is 200 ms.
	Slot time.Duration
	// Presence is how often nodes tell each other how many watch; zero is 3 seconds.
	Presence time.Duration
	// MaxReaders bounds the readers of this node; zero is 20,000.
	MaxReaders int
}

// maxCatching bounds how many read from PostgreSQL at once what they missed, and
// so the memory for it: maxRead events each.
const maxCatching = 256

// Hub fans committed events out. Safe for concurrent use.
type Hub struct {
	pool       *pgxpool.Pool
	nats       *nats.Conn
	clock      clock.Clock
	log        *slog.Logger
	poll       time.Duration
	heartbeat  time.Duration
	slot       time.Duration
	maxReaders int
	meter      meter
	presence   presence
	catching   chan struct{}
	retries    atomic.Uint32

	// stopping is closed when Run ends; streams end then. running are the feeds.
	stopping chan struct{}
	stopOnce sync.Once
	running  sync.WaitGroup

	mu    sync.Mutex
	feeds map[uuid.UUID]*feed
	count int
}

type meter struct {
	readers                   prometheus.Gauge
	dropped, skipped, written prometheus.Counter
}

func newMeter(r prometheus.Registerer) meter {
	m := meter{
		readers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "mingchui_live_readers", Help: "Open event streams on this node."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "mingchui_live_dropped_total", Help: "Readers dropped for being slow."}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{Name: "mingchui_live_skipped_total", Help: "Bids that were counted to watchers and not sent, each once a node."}),
		written: prometheus.NewCounter(prometheus.CounterOpts{Name: "mingchui_live_slots_total", Help: "Slots that were made, each written to every reader of its lot."}),
	}
	if r != nil {
		r.MustRegister(m.readers, m.dropped, m.skipped, m.written)
	}
	return m
}

// New makes a hub; streams work as soon as Run does.
func New(c Config) *Hub {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	poll := 2 * time.Second
	if c.NATS == nil {
		poll = 250 * time.Millisecond
	}
	or := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	or(&c.Poll, poll)
	or(&c.Heartbeat, 15*time.Second)
	or(&c.Slot, 200*time.Millisecond)
	or(&c.Presence, 3*time.Second)
	if c.MaxReaders == 0 {
		c.MaxReaders = 20_000
	}
	return &Hub{
		pool: c.Pool, nats: c.NATS, clock: c.Clock, log: c.Log, poll: c.Poll, heartbeat: c.Heartbeat, slot: c.Slot, maxReaders: c.MaxReaders,
		meter: newMeter(c.Metrics), presence: newPresence(c.Presence), catching: make(chan struct{}, maxCatching),
		stopping: make(chan struct{}), feeds: map[uuid.UUID]*feed{},
	}
}

// Run listens and looks until ctx ends; then every stream ends cleanly, and its
// reader comes back to another node with its Last-Event-ID.
func (h *Hub) Run(ctx context.Context) error {
	defer func() {
		h.Stop()
		h.running.Wait()
		h.tellPresence(ctx, nil)
	}()
	if h.nats != nil {
		for subject, heard := range map[string]nats.MsgHandler{bidding.Subject + "*": h.heard, presenceSubject: h.presence.heard} {
			sub, err := h.nats.Subscribe(subject, heard)
			if err != nil {
				return fault.Internalf("subscribe to %s: %w", subject, err)
			}
			defer func() { _ = sub.Unsubscribe() }()
		}
	}
	look, beat, count := time.NewTicker(h.poll), time.NewTicker(h.heartbeat), time.NewTicker(h.presence.every)
	defer look.Stop()
	defer beat.Stop()
	defer count.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.stopping:
			return nil
		case <-look.C:
			h.look(ctx)
		case <-beat.C:
			for _, f := range h.all() {
				f.beat()
			}
		case <-count.C:
			h.presence.grow()
			h.tellPresence(ctx, h.countHere())
		}
	}
}

// Stop ends every stream. It may be called more than once.
func (h *Hub) Stop() {
	h.mu.Lock() // no feed begins after it
	defer h.mu.Unlock()
	h.stopOnce.Do(func() { close(h.stopping) })
}

func (h *Hub) find(lot uuid.UUID) *feed {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.feeds[lot]
}

func (h *Hub) all() []*feed {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.feeds))
}

// heard gives a committed event to the lot's feed, if anybody watches.
func (h *Hub) heard(m *nats.Msg) {
	lot, err := uuid.Parse(strings.TrimPrefix(m.Subject, bidding.Subject))
	if err != nil {
		return
	}
	f := h.find(lot)
	if f == nil {
		return
	}
	var n notice
	if err := json.Unmarshal(m.Data, &n); err != nil || n.Lot != lot {
		f.ask() // of a version that we do not read: PostgreSQL has it
		return
	}
	f.offer(&n)
}

// look asks PostgreSQL in one query where the watched lots stand.
func (h *Hub) look(ctx context.Context) {
	feeds := h.all()
	if len(feeds) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	lots := make([]uuid.UUID, len(feeds))
	byLot := make(map[uuid.UUID]*feed, len(feeds))
	before := make(map[uuid.UUID]int64, len(feeds))
	for i, f := range feeds {
		lots[i], byLot[f.lot], before[f.lot] = f.lot, f, f.known()
	}
	list, err := h.standings(ctx, lots)
	if err != nil {
		h.log.WarnContext(ctx, "watchers wait: PostgreSQL does not answer", "error", err)
		return
	}
	for _, s := range list {
		if f := byLot[s.Lot]; !f.see(s, before[s.Lot]) {
			h.log.ErrorContext(ctx, "watchers were told what PostgreSQL does not have; they begin anew", "lot", f.lot, "told", before[s.Lot], "stored", s.Seq)
			h.disown(f)
		}
	}
}

// disown ends a feed that told something wrong; its readers come back to another.
func (h *Hub) disown(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feeds[f.lot] == f {
		delete(h.feeds, f.lot)
		close(f.wrong)
	}
}

// join makes the caller a reader of a lot's feed, which is ready when it returns;
// leave must follow.
//
// Faults: not_found; service_unavailable for one reader too many, while stopping,
// or without PostgreSQL.
func (h *Hub) join(ctx context.Context, lot uuid.UUID) (*feed, error) {
	full := fault.New(fault.Unavailable, fault.ServiceUnavailable).After(5 * time.Second)
	h.mu.Lock()
	select {
	case <-h.stopping:
		h.mu.Unlock()
		return nil, full
	default:
	}
	if h.count >= h.maxReaders {
		h.mu.Unlock()
		return nil, full
	}
	h.count++
	f := h.feeds[lot]
	if f == nil {
		f = newFeed(h, lot)
		h.feeds[lot] = f
		h.running.Go(func() { f.run(context.WithoutCancel(ctx)) })
	}
	f.members++
	h.mu.Unlock()
	h.meter.readers.Inc()
	select {
	case <-f.ready:
	case <-ctx.Done():
		h.leave(f)
		return nil, ctx.Err()
	}
	if f.failed != nil {
		h.leave(f)
		return nil, f.failed
	}
	return f, nil
}

// leave takes a reader out; the last one ends the feed.
func (h *Hub) leave(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	h.meter.readers.Dec()
	if f.members--; f.members == 0 && h.feeds[f.lot] == f {
		delete(h.feeds, f.lot)
		close(f.done)
	}
}

// Watchers is how many watch a lot, as far as this node knows.
func (h *Hub) Watchers(lot uuid.UUID) int {
	h.mu.Lock()
	n := 0
	if f := h.feeds[lot]; f != nil {
		n = f.members
	}
	h.mu.Unlock()
	return n + h.presence.elsewhere(lot)
}
