package bidding

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/seal"
	"mingchui/deploy/local/testserver"
)

// world is one test's servers, court and engine.
type world struct {
	t     testing.TB
	url   string
	pool  *pgxpool.Pool // the test's own
	redis *testserver.RedisServer
	clock *clock.Stepped
	key   *audit.Key
	court uuid.UUID
	cases uuid.UUID
	begin time.Time
}

// newWorld makes servers, a court with a case, and a clock that stands at the present. Every test ends with fsck.
func newWorld(t testing.TB) *world {
	t.Helper()
	seed := sha256.Sum256([]byte(t.Name()))
	key, err := audit.NewKey("test.example/log", seed[:])
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now().UTC().Truncate(time.Millisecond)
	w := &world{
		t: t, url: testserver.PostgresURL(t), redis: testserver.NewRedis(t), clock: clock.NewStepped(begin), key: key,
		court: uuid.New(), cases: uuid.New(), begin: begin,
	}
	w.pool = w.connect("test")
	w.exec(`INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES ($1, 'T1', '法院', 'Court', '110000', now())`, w.court)
	w.exec(`INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at)
VALUES ($1, $2, '(2026)京01执1号', 'civil', '{}', 1, now())`, w.cases, w.court)
	t.Cleanup(func() {
		problems, err := Fsck(context.WithoutCancel(t.Context()), w.pool)
		if err != nil {
			t.Errorf("fsck: %v", err)
		}
		for _, p := range problems {
			t.Errorf("fsck: %+v", p)
		}
	})
	return w
}

// pass lets time pass until d after the world's beginning, through every closing window.
func (w *world) pass(e *Engine, d time.Duration) {
	w.t.Helper()
	if err := e.Pass(w.t.Context(), w.clock, w.begin.Add(d)); err != nil {
		w.t.Fatalf("pass: %v", err)
	}
}

// connect opens a pool whose connections carry a name.
func (w *world) connect(name string) *pgxpool.Pool {
	w.t.Helper()
	config, err := pgxpool.ParseConfig(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	config.MaxConns, config.ConnConfig.RuntimeParams["application_name"] = 10, name
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(pool.Close)
	return pool
}

// killConnections ends all connections of the engines.
func (w *world) killConnections() {
	w.t.Helper()
	w.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'engine'`)
}

// killLock ends the connection that holds the committer's lock.
func (w *world) killLock() {
	w.t.Helper()
	w.exec(`SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND d.datname = current_database()`)
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) config() EngineConfig {
	w.t.Helper()
	ring, err := seal.NewRing(bytes.Repeat([]byte{9}, seal.KeyBytes))
	if err != nil {
		w.t.Fatal(err)
	}
	return EngineConfig{
		Ring: ring, Pool: w.connect("engine"), Redis: w.redis.Client(), Clock: w.clock, Signer: w.key, SteppedGap: 30 * time.Second,
		Log: slog.New(slog.NewTextHandler(testWriter{w.t}, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
}

// start runs an engine; the returned function stops it and waits.
func (w *world) start(change ...func(*EngineConfig)) (*Engine, func()) {
	w.t.Helper()
	cfg := w.config()
	for _, c := range change {
		c(&cfg)
	}
	e, err := NewEngine(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return e, w.run(e)
}

func (w *world) run(e *Engine) func() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// testWriter sends an engine's log to the test's.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Helper()
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

var _ io.Writer = testWriter{}

// sale describes a lot of the world.
type sale struct {
	start, increment money.Fen
	starts, ends     time.Duration // from the world's beginning
	stage            string
	ruleSet          string
	shard            int
	maximumBids      bool
}

// lot announces one; what is left zero is: start 100,000 yuan, increment 1,000 yuan, running since a minute, for a day.
func (w *world) lot(s sale) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	if s.start == 0 {
		s.start, s.increment = 10_000_000, 100_000
	}
	if s.ends == 0 {
		s.starts, s.ends = -time.Minute, 24*time.Hour
	}
	if s.stage == "" {
		s.stage = "first"
	}
	if s.ruleSet == "" {
		s.ruleSet = "china2017"
	}
	w.exec(`INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en, reference_fen,
	reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, announced_at, starts_at, announced_ends_at, created_at)
VALUES ($1, $2, $3, $4, 'announced', $5, 'car', 'movable', '110000', '标的', 'Lot', $6, 'appraisal', $7, $8, 1,
	jsonb_build_object('maximum_bids', $13::boolean), $9, $10, $11, $12, $10)`,
		id, w.cases, w.court, s.stage, s.ruleSet, int64(s.start), int64(s.start), int64(s.increment), s.shard,
		w.begin.Add(-24*time.Hour), w.begin.Add(s.starts), w.begin.Add(s.ends), s.maximumBids)
	return id
}

// openLot announces a lot, opens its course and admits codes; a code that begins with P is a priority purchaser whose rank is
// its second character.
func (w *world) openLot(e *Engine, s sale, codes ...string) uuid.UUID {
	w.t.Helper()
	lot := w.lot(s)
	if err := e.Open(w.t.Context(), lot); err != nil {
		w.t.Fatalf("open: %v", err)
	}
	for _, code := range codes {
		w.admit(e, lot, code)
	}
	return lot
}

func (w *world) admit(e *Engine, lot uuid.UUID, code string) {
	w.t.Helper()
	c := AdmitCommand{Lot: lot, Code: code, Capacity: "ordinary", NameCommitment: strings.Repeat("0f", 32)}
	if code[0] == 'P' {
		c.Capacity, c.Rank = "priority", int(code[1]-'0')
	}
	if _, err := e.Admit(w.t.Context(), c); err != nil {
		w.t.Fatalf("admit %s: %v", code, err)
	}
}

func freshKey() string { return uuid.NewString() }

func (w *world) bid(e *Engine, lot uuid.UUID, code string, amount money.Fen) (Accepted, error) {
	return e.Bid(w.t.Context(), Bid{Lot: lot, Code: code, Amount: amount, Key: freshKey(), ReceivedAt: w.clock.Now()})
}

func (w *world) mustBid(e *Engine, lot uuid.UUID, code string, amount money.Fen) Accepted {
	w.t.Helper()
	a, err := w.bid(e, lot, code, amount)
	if err != nil {
		w.t.Fatalf("bid %s %d: %v", code, amount, err)
	}
	return a
}

// refused places a bid that must be refused with a code and change nothing.
func (w *world) refused(e *Engine, b Bid, want fault.Code) map[string]any {
	w.t.Helper()
	before := w.seq(b.Lot)
	if b.Key == "" {
		b.Key = freshKey()
	}
	b.ReceivedAt = w.clock.Now()
	_, err := e.Bid(w.t.Context(), b)
	f, ok := errors.AsType[*fault.Error](err)
	kind := fault.KindOf(err)
	if turned := isCode(b.Code) && (kind == fault.Conflict || kind == fault.Unavailable); turned != (RefusalToken(err) != "") {
		w.t.Errorf("bid %s %d: %v with the token %q", b.Code, b.Amount, err, RefusalToken(err))
	}
	if !ok || f.Code != want {
		w.t.Errorf("bid %s %d: %v, want %s", b.Code, b.Amount, err, want)
		return nil
	}
	if after := w.seq(b.Lot); after != before {
		w.t.Errorf("a refused bid moved the course from %d to %d", before, after)
	}
	return f.Args
}

// seq is the committed seq of a course, 0 without one.
func (w *world) seq(lot uuid.UUID) (seq int64) {
	w.t.Helper()
	err := w.pool.QueryRow(w.t.Context(), `SELECT coalesce((SELECT seq FROM courses WHERE lot_id = $1), 0)`, lot).Scan(&seq)
	if err != nil {
		w.t.Fatal(err)
	}
	return seq
}

// count reads one number.
func (w *world) count(sql string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// code is the i-th bidder code of a test.
func code(i int) string { return fmt.Sprintf("B%04d", i) }
