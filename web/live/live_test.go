package live_test

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/deploy/local/testserver"
	"mingchui/web/live"
)

// lot is a published lot whose course is written straight into its tables.
type lot struct {
	t    *testing.T
	pool *pgxpool.Pool
	id   uuid.UUID
	seq  int64
	at   time.Time
}

func newLot(t *testing.T, pool *pgxpool.Pool) *lot {
	t.Helper()
	l := &lot{t: t, pool: pool, id: uuid.New(), at: time.Now().UTC().Truncate(time.Millisecond)}
	court, caseID := uuid.New(), uuid.New()
	l.exec(`INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES ($1, $2, '法院', 'Court', '110000', now())`, court, court.String())
	l.exec(`INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES ($1, $2, $3, 'civil', '{}', 1, now())`, caseID, court, caseID.String())
	l.exec(`INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en, reference_fen,
		reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, announced_at, starts_at, announced_ends_at, created_at)
		VALUES ($1, $2, $3, 'first', 'announced', 'china2017', 'car', 'movable', '110000', '标的', 'Lot', 100, 'appraisal', 100, 1, 1, '{}', 0, $4, $4, $5, $4)`,
		l.id, caseID, court, l.at.Add(-time.Hour), l.at.Add(time.Hour))
	l.add(1, course.Event{Kind: course.Open, Terms: course.Terms{StartingPrice: 100, Increment: 1, StartsAt: l.at.UnixMilli(), EndsAt: l.at.Add(time.Hour).UnixMilli(), Extension: 1}})
	return l
}

func (l *lot) exec(sql string, args ...any) {
	l.t.Helper()
	if _, err := l.pool.Exec(l.t.Context(), sql, args...); err != nil {
		l.t.Fatal(err)
	}
}

// add commits n events like e, bids each one increment higher than the last.
func (l *lot) add(n int, e course.Event) {
	l.t.Helper()
	for range n {
		l.seq++
		e.Seq, e.At, e.N, e.Epoch = l.seq, l.at.UnixMilli(), l.seq, 1
		if e.Kind == course.Bid {
			e.Amount, e.EndsAt = money.Fen(100+l.seq), l.at.Add(time.Hour).UnixMilli()
		}
		l.exec(`INSERT INTO course_events (lot_id, seq, kind, at, shard, epoch, n, h, payload, entry_id, batch_id, batch_index)
			VALUES ($1, $2, $3, $4, 0, 1, $2, decode(repeat('00', 20), 'hex'), $5, $6, $6, 0)`,
			l.id, l.seq, string(e.Kind), l.at, e.AppendBody(nil), uuid.New())
	}
	l.exec(`INSERT INTO courses (lot_id, shard, phase, seq, last_at, starts_at, ends_at) VALUES ($1, 0, 'open', $2, $3, $3, $4)
		ON CONFLICT (lot_id) DO UPDATE SET seq = $2`, l.id, l.seq, l.at, l.at.Add(time.Hour))
}

// watcher is a reader whose connection can be held back.
type watcher struct {
	header http.Header
	mu     sync.Mutex
	b      bytes.Buffer
	// held is closed to let writes through; wrote says that one waits or went.
	held  chan struct{}
	wrote chan struct{}
	once  sync.Once
	done  chan error
}

func (w *watcher) Header() http.Header { return w.header }
func (w *watcher) WriteHeader(int)     {}
func (w *watcher) Flush()              {}
func (w *watcher) Write(p []byte) (int, error) {
	w.once.Do(func() { close(w.wrote) })
	<-w.held
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// watch opens a stream; held back ones write nothing until released.
func watch(t *testing.T, h *live.Hub, id uuid.UUID, held bool) *watcher {
	t.Helper()
	w := &watcher{header: http.Header{}, held: make(chan struct{}), wrote: make(chan struct{}), done: make(chan error, 1)}
	if !held {
		close(w.held)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() { w.done <- h.Serve(ctx, w, id, "") }()
	<-w.wrote
	return w
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("waited in vain: " + what)
		}
	}
}

func hub(t *testing.T, c live.Config) *live.Hub {
	t.Helper()
	c.Clock, c.Poll = clock.Real{}, 5*time.Millisecond
	h := live.New(c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
}

// A reader that is a whole queue behind is dropped with its reason; the others
// of the same lot see everything.
func TestSlowReadersAreDroppedAlone(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	h, l := hub(t, live.Config{Pool: pool}), newLot(t, pool)
	slow := watch(t, h, l.id, true)
	quick := watch(t, h, l.id, false)
	const bids = 400
	for range bids / 50 {
		l.add(50, course.Event{Kind: course.Bid, Code: "AAAAA"})
		want := "id: " + strconv.FormatInt(l.seq, 10) + "\n"
		eventually(t, "the quick reader keeps up", func() bool { return strings.Contains(quick.String(), want) })
	}
	close(slow.held)
	if err := <-slow.done; err != nil {
		t.Error(err)
	}
	if s := slow.String(); !strings.HasSuffix(s, "event: dropped\ndata: {\"reason\":\"slow_reader\"}\n\n") {
		t.Errorf("the slow reader's stream ends with %q", s[max(0, len(s)-200):])
	}
	if n := strings.Count(quick.String(), "event: bid\n"); n != bids {
		t.Errorf("the quick reader saw %d of %d bids", n, bids)
	}
}

// Admissions and exclusions are nobody's to watch (R18).
func TestR18_AdmissionsAreNotTold(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	h, l := hub(t, live.Config{Pool: pool}), newLot(t, pool)
	w := watch(t, h, l.id, false)
	l.add(3, course.Event{Kind: course.Admit, Code: "BBBBB", Capacity: course.Ordinary, NameCommitment: "x"})
	l.add(1, course.Event{Kind: course.Exclude, Code: "BBBBB"})
	l.add(1, course.Event{Kind: course.Bid, Code: "AAAAA"})
	eventually(t, "the bid comes", func() bool { return strings.Contains(w.String(), "id: 6\nevent: bid\n") })
	if strings.Contains(w.String(), "BBBBB") || strings.Count(w.String(), "event: ") != 2 {
		t.Errorf("the stream is %s", w.String())
	}
}

func TestReadersAreBounded(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	h, l := hub(t, live.Config{Pool: pool, MaxReaders: 2}), newLot(t, pool)
	watch(t, h, l.id, false)
	second, cancel := context.WithCancel(t.Context())
	w := &watcher{header: http.Header{}, held: make(chan struct{}), wrote: make(chan struct{}), done: make(chan error, 1)}
	close(w.held)
	go func() { w.done <- h.Serve(second, w, l.id, "") }()
	<-w.wrote
	third := &watcher{header: http.Header{}, held: make(chan struct{}), wrote: make(chan struct{})}
	close(third.held)
	if err := h.Serve(t.Context(), third, l.id, ""); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a third reader gets %v", err)
	}
	cancel()
	if err := <-w.done; err != nil {
		t.Error(err)
	}
	watch(t, h, l.id, false)
	if err := h.Serve(t.Context(), third, uuid.New(), ""); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("a lot that is not there: %v", err)
	}
}
