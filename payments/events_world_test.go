package payments_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

// sale is a lot of the world: who enrolled, and who won it once it is over.
type sale struct {
	lot, caseID uuid.UUID
	deposit     money.Fen
	due         time.Time

	winner atomic.Pointer[payments.Winner]

	mu       sync.Mutex // held while it ends, and while a deposit of it is given back before
	over     bool
	reversed bool
	accounts []uuid.UUID // of the one that draws
}

// world is a desk on which a seed draws what happens, many at a time.
type world struct {
	*desk

	seed      uint64
	rng       *rand.Rand // of the one that draws
	one, two  auction.Actor
	api       string
	begun     time.Time
	events    atomic.Int64
	deadlocks atomic.Int64
	refused   atomic.Int64 // of events, and cut off by a fault: what is owed stays owed
	slips     atomic.Int64

	still sync.RWMutex // held for reading by each event, for writing where time leaps

	mu      sync.Mutex
	sales   map[uuid.UUID]*sale
	order   []*sale
	pages   []string // of payments, open or not any more
	planted map[string]money.Fen
	// assigned are intents of planted money that finance gave to a payment.
	assigned map[string]bool
	// late are payments that unknown money was given to: what their page brings later is unknown again.
	late map[uuid.UUID]bool
}

func (w *world) saleOf(lot uuid.UUID) *sale {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sales[lot]
}

// Winner is the sale's, as bidding tells it once the close is committed.
func (w *world) Winner(_ context.Context, _ pgx.Tx, _ time.Time, lot uuid.UUID) (payments.Winner, bool, error) {
	s := w.saleOf(lot)
	if s == nil {
		return payments.Winner{}, false, fault.Internalf("no lot %s", lot)
	}
	if won := s.winner.Load(); won != nil {
		return *won, true, nil
	}
	return payments.Winner{}, false, nil
}

// bookkeeper is told what money does to sales; the books alone are looked at.
type bookkeeper struct {
	*sales

	w *world
}

func (b bookkeeper) Winner(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (payments.Winner, bool, error) {
	return b.w.Winner(ctx, tx, now, lot)
}

func (bookkeeper) RecordPaid(context.Context, pgx.Tx, time.Time, uuid.UUID) error { return nil }

func (bookkeeper) RecordDefault(context.Context, pgx.Tx, time.Time, uuid.UUID, money.Fen) error {
	return nil
}

func (bookkeeper) DepositHeld(context.Context, pgx.Tx, time.Time, uuid.UUID) error { return nil }

// openWorld is a service on a database of its own, whose provider is the stand-in over HTTP. The library tries nothing again by itself:
// each lost answer is the service's to bear.
func openWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{
		desk: &desk{t: t, pool: testserver.Postgres(t), clock: clock.NewStepped(time.Now()), sales: &sales{}},
		seed: seed, rng: rand.New(rand.NewPCG(seed, 4)),
		sales: map[uuid.UUID]*sale{}, planted: map[string]money.Fen{}, assigned: map[string]bool{}, late: map[uuid.UUID]bool{},
	}
	server, err := standin.New(standin.Config{
		WebhookSecret: hookSecret, SecretKey: "sk_test_desk", Now: w.clock.Now, RefundDelay: time.Hour, SweepEvery: -1,
		Retry: []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.standin = server
	server.Faults().Fees(6)
	api := httptest.NewServer(server.Handler())
	t.Cleanup(func() { api.Close(); _ = server.Close() })
	w.api = api.URL
	provider, err := gateway.New(gateway.Config{
		SecretKey: "sk_test_desk", WebhookSecret: hookSecret, BaseURL: api.URL, Retries: -1, Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	told := bookkeeper{w.desk.sales, w}
	w.service = payments.New(payments.Config{
		Pool: w.pool, Clock: w.clock, Duties: duty.NewBook(nil), Provider: provider, Winners: told, Admissions: told, Sales: told,
		SiteURL: "http://site.example", CheckoutFor: 12 * time.Hour,
	})
	hook := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || w.service.ReceiveWebhook(r.Context(), body, r.Header.Get("Stripe-Signature")) != nil {
			res.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(hook.Close)
	server.SetWebhookURL(hook.URL)
	w.runner = duty.NewRunner(w.pool, w.clock, w.service.Handlers(), slog.New(slog.DiscardHandler))
	w.list()
	w.one = w.finance()
	w.two = w.colleague(w.one)
	w.begun = w.clock.Now()
	if err := w.service.OweReconciliation(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// uuid draws an id.
func (w *world) uuid() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(w.rng.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// openSale lists a lot of a case of its own.
func (w *world) openSale() {
	w.t.Helper()
	amounts := []money.Fen{1, 100, 15_000_000, 99_999_999, 100_000_000, 250_000_001}
	s := &sale{lot: w.uuid(), caseID: w.uuid(), deposit: amounts[w.rng.IntN(len(amounts))]}
	now := w.clock.Now()
	s.due = now.Add(time.Duration(72+w.rng.IntN(240)) * time.Hour)
	w.exec(`WITH c AS (INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES (@case, @court, @number, 'civil', '{}', 100, @now))
		INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en,
			reference_fen, reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, created_at, balance_due_at)
		VALUES (@id, @case, @court, 'first', 'draft', 'china2017', 'flat', 'immovable', '330106', '住宅', 'Flat',
			200000000, 'appraisal', 140000000, 100000, @deposit, '{}', 1, @now, @due)`,
		pgx.NamedArgs{"id": s.lot, "case": s.caseID, "number": s.caseID.String(), "court": w.one.CourtID, "now": now, "due": s.due, "deposit": s.deposit})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sales[s.lot] = s
	w.order = append(w.order, s)
}

// endSale ends a lot: nobody won, or one of those whose deposit is here; what the end makes due is owed in the same transaction.
func (w *world) endSale(ctx context.Context, s *sale, won bool, times int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil
	}
	err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		now := w.clock.Now()
		held, err := w.service.Held(ctx, tx, s.lot)
		if err != nil {
			return err
		}
		s.winner.Store(nil)
		if won && len(held) > 0 { // nobody asks before the duty is committed
			s.winner.Store(&payments.Winner{AccountID: held[0], Price: s.deposit * money.Fen(times)})
		}
		_, err = tx.Exec(ctx, `WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public)
				SELECT gen_random_uuid(), case_id, id, @now, 'machine', 'withdrawn', true FROM lots WHERE id = @lot)
			UPDATE lots SET status = 'withdrawn', withdrawn_at = @now, announced_at = @now, starts_at = @now,
			announced_ends_at = @now::timestamptz + interval '1 day', balance_due_at = greatest(balance_due_at, @now::timestamptz + interval '3 days')
			WHERE id = @lot`, pgx.NamedArgs{"lot": s.lot, "now": now})
		if err != nil {
			return err
		}
		var due time.Time
		if err := tx.QueryRow(ctx, `SELECT balance_due_at FROM lots WHERE id = $1`, s.lot).Scan(&due); err != nil {
			return err
		}
		owed := []duty.Duty{{Kind: duty.ReleaseDeposits, Key: s.lot.String(), LotID: &s.lot, CaseID: &s.caseID, Rule: "R23", Actor: duty.Machine, DueAt: now}}
		if s.winner.Load() != nil {
			owed = append(owed, duty.Duty{Kind: duty.BalanceDue, Key: s.lot.String(), LotID: &s.lot, CaseID: &s.caseID, Rule: "R25", Actor: duty.Machine, DueAt: due})
		}
		return duty.NewBook(nil).Owe(ctx, tx, now, owed...)
	})
	s.over = err == nil
	return err
}
