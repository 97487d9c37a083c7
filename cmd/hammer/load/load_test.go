package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/cmd/hammer/load"
)

// site is a server that answers as answer says, and remembers keys and amounts.
type site struct {
	mu      sync.Mutex
	amounts map[string]int64
	sent    map[string]int
}

func (s *site) start(t *testing.T, answer func(w http.ResponseWriter, try int, amount int64)) string {
	t.Helper()
	s.amounts, s.sent = map[string]int64{}, map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			AmountFen int64 `json:"amount_fen"`
		}
		key := r.Header.Get("Idempotency-Key")
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || key == "" || r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		s.sent[key]++
		if before, again := s.amounts[key]; again && before != in.AmountFen {
			t.Errorf("key %s came with %d and with %d", key, before, in.AmountFen)
		}
		s.amounts[key] = in.AmountFen
		try := s.sent[key]
		s.mu.Unlock()
		answer(w, try, in.AmountFen)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func config(address string) load.Config {
	return load.Config{
		Address: address, Lot: uuid.New(), Sessions: []load.Session{{Code: "AAAAA", Token: "token"}}, Connections: 8,
		Ladder: load.NewLadder(1000, 10), For: 30 * time.Second, Count: 500,
	}
}

func run(t *testing.T, cfg load.Config) (load.Tally, []load.Op) {
	t.Helper()
	var mu sync.Mutex
	var ops []load.Op
	cfg.History = func(op load.Op) {
		mu.Lock()
		defer mu.Unlock()
		ops = append(ops, op)
	}
	r, err := load.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tally, err := r.Do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.InFlight() != 0 {
		t.Errorf("%d bids are in flight at the end", r.InFlight())
	}
	return tally, ops
}

func TestEachBidIsSentOnceAndCounted(t *testing.T) {
	t.Parallel()
	var s site
	var n atomic.Int64
	address := s.start(t, func(w http.ResponseWriter, _ int, amount int64) {
		if n.Add(1)%2 == 0 {
			body := fmt.Sprintf(`{"code":"bid_too_low","detail":"%s","seq":7,"price_fen":%d,"leader_code":"BBBBB"}`, strings.Repeat("长", 2000), amount)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(body))
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"seq":8,"accepted_at":"2026-06-18T02:20:57.052Z","ends_at":"2026-06-18T02:25:57.052Z","receipt":"r"}`)
	})
	tally, ops := run(t, config(address))
	if tally.Total.Accepted != 250 || tally.Total.Refused != 250 || tally.Total.NotDecided != 0 || len(ops) != 500 || len(s.sent) != 500 {
		t.Fatalf("%+v, %d ops, %d keys", tally, len(ops), len(s.sent))
	}
	for _, op := range ops {
		good := op.Outcome == load.Accepted && op.Seq == 8 && op.EndsAt-op.AcceptedAt == 300_000 && op.Receipt == "r" ||
			op.Outcome == load.Refused && op.Seq == 7 && op.PriceFen == op.AmountFen && op.Leader == "BBBBB" && op.Refusal == "bid_too_low"
		if !good || op.AnsweredAt < op.SentAt || op.Attempts != 1 || s.amounts[op.Key] != op.AmountFen {
			t.Fatalf("%+v", op)
		}
	}
	if tally.P50 <= 0 || tally.P99 < tally.P50 || tally.PerSecond() <= 0 {
		t.Errorf("%+v", tally)
	}
}

func TestRetrySendsTheSameKeyUntilItIsDecided(t *testing.T) {
	t.Parallel()
	var s site
	address := s.start(t, func(w http.ResponseWriter, try int, _ int64) {
		switch try {
		case 1:
			panic(http.ErrAbortHandler) // the connection breaks
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"code":"bid_not_placed"}`))
		default:
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"seq":1}`))
		}
	})
	cfg := config(address)
	cfg.Retry, cfg.Count = true, 40
	tally, ops := run(t, cfg)
	if tally.Total.Accepted != 40 || tally.Total.NotDecided != 80 || len(ops) != 40 {
		t.Fatalf("%+v, %d ops", tally, len(ops))
	}
	for _, op := range ops {
		if op.Attempts != 3 || op.Outcome != load.Accepted {
			t.Errorf("%+v", op)
		}
	}
}

func TestALostAnswerStaysUnknownWhateverFollows(t *testing.T) {
	t.Parallel()
	var s site
	address := s.start(t, func(w http.ResponseWriter, try int, _ int64) {
		if try == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusTooManyRequests)
	})
	cfg := config(address)
	cfg.Retry, cfg.Count, cfg.For = true, 8, 300*time.Millisecond
	_, ops := run(t, cfg)
	if len(ops) != 8 {
		t.Fatalf("%d ops", len(ops))
	}
	for _, op := range ops {
		if op.Outcome != load.Unknown || op.AnsweredAt != 0 {
			t.Errorf("%+v", op)
		}
	}
}

func TestALadderIsAboveEveryPriceSeen(t *testing.T) {
	t.Parallel()
	l := load.NewLadder(1000, 10)
	for _, want := range []int64{1000, 1010} {
		if got := l.Next(); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	l.Saw(1500)
	l.Saw(1200)
	l.Saw(900)
	if got := l.Next(); got != 1510 {
		t.Errorf("got %d, want 1510", got)
	}
}

func TestOnlyThisMachineAndOnlyWithABound(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*load.Config){
		"another machine": func(c *load.Config) { c.Address = "192.0.2.1:80" },
		"a name":          func(c *load.Config) { c.Address = "example.com:80" },
		"no bound":        func(c *load.Config) { c.For, c.Count = 0, 0 },
		"too long":        func(c *load.Config) { c.For = load.MaxFor + 1 },
		"too many":        func(c *load.Config) { c.Connections = load.MaxConnections + 1 },
		"nobody":          func(c *load.Config) { c.Sessions = nil },
	} {
		cfg := config("127.0.0.1:1")
		change(&cfg)
		if _, err := load.New(cfg); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	r, err := load.New(config("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Do(context.Background()); err == nil { //nolint:usetesting // ends at once
		t.Error("a server that is not there is no error")
	}
}

func TestAHistoryIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := load.NewWriter(&file)
	want := []load.Op{
		{Lot: uuid.New(), Code: "AAAAA", Key: "k1", AmountFen: 5, SentAt: 1, AnsweredAt: 2, Attempts: 1, Outcome: load.Accepted, Seq: 3, Receipt: "r"},
		{Lot: uuid.New(), Code: "BBBBB", Key: "k2", AmountFen: 6, SentAt: 1, Attempts: 2, Outcome: load.Unknown},
	}
	for _, op := range want {
		w.Add(op)
	}
	if n, err := w.Close(); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	got, err := load.ReadHistory(&file)
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := load.ReadHistory(strings.NewReader(`{"surprise":1}`)); err == nil {
		t.Error("an unknown member is let through")
	}
}
