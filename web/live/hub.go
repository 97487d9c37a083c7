package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
)

// Config is what a hub needs.
type Config struct {
	Pool *pgxpool.Pool
	// NATS wakes feeds as soon as something is committed; nil leaves it to Poll.
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
	// MaxReaders bounds the readers of this node; zero is 20,000.
	MaxReaders int
}

// queueLength is how many events a reader may be behind. The closing of a busy
// lot sees some hundreds of bids in a burst.
const queueLength = 256

// Hub fans committed events out. Safe for concurrent use.
type Hub struct {
	pool       *pgxpool.Pool
	nats       *nats.Conn
	clock      clock.Clock
	log        *slog.Logger
	poll       time.Duration
	heartbeat  time.Duration
	maxReaders int
	readers    prometheus.Gauge
	dropped    prometheus.Counter

	// stopping is closed when Run ends; streams end then.
	stopping chan struct{}
	stopOnce sync.Once

	mu    sync.Mutex
	feeds map[uuid.UUID]*feed
	count int
}

// feed is one watched lot. Its goroutine ends with its last reader.
type feed struct {
	lot uuid.UUID
	// ready is closed once last is set, or failed is.
	ready  chan struct{}
	failed error
	// wake asks for a look at PostgreSQL; one that waits is enough.
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	last    int64
	readers map[*reader]struct{}
}

// reader is one stream. queue is closed when the reader is too slow.
type reader struct {
	queue chan *frame
}

// New makes a hub; streams work as soon as Run does.
func New(c Config) *Hub {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Poll == 0 {
		c.Poll = 2 * time.Second
		if c.NATS == nil {
			c.Poll = 250 * time.Millisecond
		}
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.MaxReaders == 0 {
		c.MaxReaders = 20_000
	}
	h := &Hub{
		pool: c.Pool, nats: c.NATS, clock: c.Clock, log: c.Log, poll: c.Poll, heartbeat: c.Heartbeat, maxReaders: c.MaxReaders,
		stopping: make(chan struct{}), feeds: map[uuid.UUID]*feed{},
		readers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "mingchui_live_readers", Help: "Open event streams on this node."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "mingchui_live_dropped_total", Help: "Readers dropped for being slow."}),
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(h.readers, h.dropped)
	}
	return h
}

// Run listens and looks until ctx ends; then every stream ends cleanly and its
// reader comes back to another node with its Last-Event-ID.
func (h *Hub) Run(ctx context.Context) error {
	defer h.Stop()
	if h.nats != nil {
		sub, err := h.nats.Subscribe("course.*", func(m *nats.Msg) {
			if lot, err := uuid.Parse(strings.TrimPrefix(m.Subject, "course.")); err == nil {
				h.nudge(lot)
			}
		})
		if err != nil {
			return fault.Internalf("subscribe to courses: %w", err)
		}
		defer func() { _ = sub.Unsubscribe() }()
	}
	ticker := time.NewTicker(h.poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.stopping:
			return nil
		case <-ticker.C:
			h.look(ctx)
		}
	}
}

// Stop ends every stream. It may be called more than once.
func (h *Hub) Stop() { h.stopOnce.Do(func() { close(h.stopping) }) }

// nudge wakes the feed of a lot, if anybody watches it.
func (h *Hub) nudge(lot uuid.UUID) {
	h.mu.Lock()
	f := h.feeds[lot]
	h.mu.Unlock()
	if f != nil {
		select {
		case f.wake <- struct{}{}:
		default: // one that waits is enough
		}
	}
}

// look asks PostgreSQL in one query which watched lots moved on.
func (h *Hub) look(ctx context.Context) {
	h.mu.Lock()
	lots := slices.Collect(maps.Keys(h.feeds))
	h.mu.Unlock()
	if len(lots) == 0 {
		return
	}
	rows, err := h.pool.Query(ctx, `SELECT lot_id, seq FROM courses WHERE lot_id = ANY(@lots)`, pgx.NamedArgs{"lots": lots})
	if err != nil {
		h.log.WarnContext(ctx, "watchers wait: PostgreSQL does not answer", "error", err)
		return
	}
	type moved struct {
		Lot uuid.UUID
		Seq int64
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[moved])
	if err != nil {
		h.log.WarnContext(ctx, "watchers wait: PostgreSQL does not answer", "error", err)
		return
	}
	for _, m := range list {
		h.mu.Lock()
		f := h.feeds[m.Lot]
		h.mu.Unlock()
		if f == nil {
			continue
		}
		f.mu.Lock()
		behind := f.last < m.Seq
		f.mu.Unlock()
		if behind {
			h.nudge(m.Lot)
		}
	}
}

// join adds a reader to a lot's feed. When it returns, every event above the
// feed's last reaches the reader's queue, so a state read afterwards leaves no gap.
//
// Faults: service_unavailable for one reader too many or while stopping.
func (h *Hub) join(ctx context.Context, lot uuid.UUID) (*feed, *reader, error) {
	full := fault.New(fault.Unavailable, fault.ServiceUnavailable).After(5 * time.Second)
	select {
	case <-h.stopping:
		return nil, nil, full
	default:
	}
	h.mu.Lock()
	if h.count >= h.maxReaders {
		h.mu.Unlock()
		return nil, nil, full
	}
	h.count++
	f := h.feeds[lot]
	if f == nil {
		f = &feed{lot: lot, ready: make(chan struct{}), wake: make(chan struct{}, 1), done: make(chan struct{}), readers: map[*reader]struct{}{}}
		h.feeds[lot] = f
		go h.feed(context.WithoutCancel(ctx), f)
	}
	r := &reader{queue: make(chan *frame, queueLength)}
	f.mu.Lock()
	f.readers[r] = struct{}{}
	f.mu.Unlock()
	h.mu.Unlock()
	h.readers.Inc()
	select {
	case <-f.ready:
	case <-ctx.Done():
		h.leave(f, r)
		return nil, nil, ctx.Err()
	}
	if f.failed != nil {
		h.leave(f, r)
		return nil, nil, f.failed
	}
	return f, r, nil
}

// leave takes a reader out; the last one ends the feed.
func (h *Hub) leave(f *feed, r *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	h.readers.Dec()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.readers, r)
	if len(f.readers) == 0 && h.feeds[f.lot] == f {
		delete(h.feeds, f.lot)
		close(f.done)
	}
}

// readWithin bounds one look of a feed at PostgreSQL.
const readWithin = 5 * time.Second

// feed reads what was committed and gives it to the readers, until the last
// one leaves. A failed read is tried again at the next wake or look.
func (h *Hub) feed(ctx context.Context, f *feed) {
	if err := h.begin(ctx, f); err != nil {
		return
	}
	for {
		select {
		case <-f.done:
			return
		case <-h.stopping:
			return
		case <-f.wake:
		}
		for {
			more, err := h.advance(ctx, f)
			if err != nil {
				h.log.WarnContext(ctx, "watchers of a lot wait for PostgreSQL", "error", err)
			}
			if !more || err != nil {
				break
			}
		}
	}
}

// begin sets where the feed starts and lets its readers go on.
func (h *Hub) begin(ctx context.Context, f *feed) error {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	defer close(f.ready)
	var last int64
	err := h.pool.QueryRow(ctx, `SELECT coalesce((SELECT seq FROM courses WHERE lot_id = @lot), 0)`, pgx.NamedArgs{"lot": f.lot}).Scan(&last)
	f.mu.Lock()
	f.last = last
	f.mu.Unlock()
	if err != nil {
		f.failed = fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(time.Second)
	}
	return err
}

// advance reads one batch and hands it out; more says that it was a full one.
func (h *Hub) advance(ctx context.Context, f *feed) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	frames, last, err := h.events(ctx, f.lot, f.last, maxEventID)
	if err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	more = last-f.last >= maxRead
	f.last = last
	for _, fr := range frames {
		for r := range f.readers {
			select {
			case r.queue <- fr:
			default:
				close(r.queue) // slow; leave takes it off the count
				delete(f.readers, r)
				h.dropped.Inc()
			}
		}
	}
	return more, nil
}
