package payments_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

// desk is a real Service on a real database, which speaks stripe-go over HTTP
// to the stand-in, whose webhooks come back over HTTP.
type desk struct {
	t       *testing.T
	pool    *pgxpool.Pool
	clock   *clock.Stepped
	service *payments.Service
	standin *standin.Server
	runner  *duty.Runner
	sales   *sales
	caseID  uuid.UUID
	lot     uuid.UUID
	hook    string
}

// sales records what payments tells auction, in the same transaction.
type sales struct {
	winner    uuid.UUID
	price     money.Fen
	paid      int
	forfeited money.Fen
	defaults  int
	// held counts how often an admission was told.
	held int
}

func (s *sales) RecordPaid(context.Context, pgx.Tx, time.Time, uuid.UUID) error { s.paid++; return nil }

func (s *sales) RecordDefault(_ context.Context, _ pgx.Tx, _ time.Time, _ uuid.UUID, f money.Fen) error {
	s.defaults++
	s.forfeited = f
	return nil
}

func (s *sales) RecordForfeitUse(context.Context, pgx.Tx, time.Time, uuid.UUID, audit.ForfeitUsed) error {
	return nil
}

func (s *sales) RecordDifference(context.Context, pgx.Tx, time.Time, auction.Actor, uuid.UUID, money.Fen) error {
	return nil
}

func (s *sales) Winner(context.Context, pgx.Tx, time.Time, uuid.UUID) (payments.Winner, bool, error) {
	return payments.Winner{AccountID: s.winner, Price: s.price}, s.winner != uuid.Nil, nil
}

func (s *sales) DepositHeld(context.Context, pgx.Tx, time.Time, uuid.UUID) error {
	s.held++
	return nil
}

const hookSecret = "whsec_test"

func openDesk(t *testing.T) *desk {
	t.Helper()
	told := &sales{}
	d := openDeskWith(t, told, told)
	d.list()
	return d
}

// told is who payments tells what money does to a sale, and asks who won.
type told interface {
	payments.Sales
	payments.Winners
	payments.Admissions
}

// openDeskWith is a desk without a lot, which tells others; sales is where it keeps what it was told.
func openDeskWith(t *testing.T, to told, kept *sales, change ...func(*payments.Config)) *desk {
	t.Helper()
	d := &desk{t: t, pool: testserver.Postgres(t), clock: clock.NewStepped(time.Now()), sales: kept}
	server, err := standin.New(standin.Config{
		WebhookSecret: hookSecret, SecretKey: "sk_test_desk", Now: d.clock.Now, RefundDelay: time.Nanosecond, SweepEvery: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.standin = server
	api := httptest.NewServer(server.Handler())
	t.Cleanup(func() { api.Close(); _ = server.Close() })
	provider, err := gateway.New(gateway.Config{SecretKey: "sk_test_desk", WebhookSecret: hookSecret, BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	debts, _ := to.(payments.Debts)
	config := payments.Config{
		Debts: debts, Pool: d.pool, Clock: d.clock, Duties: duty.NewBook(nil), Provider: provider, Winners: to, Admissions: to, Sales: to,
		SiteURL: "http://site.example",
	}
	for _, f := range change {
		f(&config)
	}
	d.service = payments.New(config)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || d.service.ReceiveWebhook(r.Context(), body, r.Header.Get("Stripe-Signature")) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(hook.Close)
	d.hook = hook.URL
	server.SetWebhookURL(hook.URL)
	d.runner = duty.NewRunner(d.pool, d.clock, d.service.Handlers(), slog.New(slog.DiscardHandler))
	return d
}

func (d *desk) exec(sql string, args pgx.NamedArgs) {
	d.t.Helper()
	if _, err := d.pool.Exec(d.t.Context(), sql, args); err != nil {
		d.t.Fatal(err)
	}
}

// list puts a lot that ended into the database; how it came there is auction's.
func (d *desk) list() {
	d.t.Helper()
	court := uuid.New()
	d.caseID, d.lot = uuid.New(), uuid.New()
	now := d.clock.Now()
	d.exec(`INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES (@id, 'c', 'c', 'c', '330106', @now)`,
		pgx.NamedArgs{"id": court, "now": now})
	d.exec(`INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES (@id, @court, 'n', 'civil', '{}', 100, @now)`,
		pgx.NamedArgs{"id": d.caseID, "court": court, "now": now})
	d.exec(`INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en,
			reference_fen, reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, created_at, balance_due_at)
		VALUES (@id, @case, @court, 'first', 'draft', 'china2017', 'flat', 'immovable', '330106', '住宅', 'Flat',
			200000000, 'appraisal', 140000000, 100000, 15000000, '{}', 1, @now, @due)`,
		pgx.NamedArgs{"id": d.lot, "case": d.caseID, "court": court, "now": now, "due": now.Add(10 * 24 * time.Hour)})
}

// enrol asks for a deposit as an account does.
func (d *desk) enrol(amount money.Fen) (account uuid.UUID) {
	d.t.Helper()
	account = uuid.New()
	now := d.clock.Now()
	d.exec(`INSERT INTO accounts (id, login, role, password_hash, real_name, created_at) VALUES (@id, @login, 'bidder', 'x', 'n', @now)`,
		pgx.NamedArgs{"id": account, "login": account.String(), "now": now})
	err := pgx.BeginFunc(d.t.Context(), d.pool, func(tx pgx.Tx) error {
		_, err := d.service.Request(d.t.Context(), tx, now, payments.DepositRequest{
			LotID: d.lot, CaseID: d.caseID, AccountID: account, Amount: amount,
		})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return account
}

// payDeposit pays every part of an account's deposit on its page.
func (d *desk) payDeposit(account uuid.UUID) {
	d.t.Helper()
	for range 100 {
		view := d.deposit(account)
		if view.State != payments.Requested {
			return
		}
		d.pay(view.PaymentURL, "succeed")
	}
	d.t.Fatal("the deposit is never paid")
}

func (d *desk) deposit(account uuid.UUID) payments.LotDeposit {
	d.t.Helper()
	view, err := d.service.DepositOf(d.t.Context(), d.lot, account)
	if err != nil {
		d.t.Fatal(err)
	}
	return view
}

// pay does what a person does on the payment page, then lets webhooks and
// duties run.
func (d *desk) pay(url, outcome string) {
	d.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(formPost(d.t, url, outcome))
	if err != nil {
		d.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode >= 400 {
		d.t.Fatalf("the payment page answers %d", res.StatusCode)
	}
	d.settle()
}

func (d *desk) settle() {
	d.t.Helper()
	for range 3 {
		d.standin.Sweep()
		if err := d.standin.Flush(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		if _, err := d.runner.RunDue(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) release() {
	d.t.Helper()
	d.oweRelease()
	d.settle()
}

func (d *desk) oweRelease() {
	d.t.Helper()
	now := d.clock.Now()
	d.exec(`WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public)
			SELECT gen_random_uuid(), case_id, id, @now, 'machine', 'withdrawn', true FROM lots WHERE id = @lot)
		UPDATE lots SET status = 'withdrawn', withdrawn_at = @now, announced_at = @now, starts_at = @now,
		announced_ends_at = @now::timestamptz + interval '1 day' WHERE id = @lot`, pgx.NamedArgs{"lot": d.lot, "now": now})
	err := pgx.BeginFunc(d.t.Context(), d.pool, func(tx pgx.Tx) error {
		return duty.NewBook(nil).Owe(d.t.Context(), tx, now, duty.Duty{
			Kind: duty.ReleaseDeposits, Key: d.lot.String(), LotID: &d.lot, CaseID: &d.caseID, Rule: "R23", Actor: duty.Machine, DueAt: now,
		})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// balances reads the case's accounts; missing ones are zero.
func (d *desk) balances() map[string]money.Fen {
	d.t.Helper()
	rows, err := d.pool.Query(d.t.Context(), `SELECT purpose, balance_fen FROM ledger_accounts WHERE case_id = @case`, pgx.NamedArgs{"case": d.caseID})
	if err != nil {
		d.t.Fatal(err)
	}
	held := make(map[string]money.Fen)
	var purpose string
	var balance money.Fen
	if _, err := pgx.ForEachRow(rows, []any{&purpose, &balance}, func() error { held[purpose] = balance; return nil }); err != nil {
		d.t.Fatal(err)
	}
	return held
}

// shown reads the accounts as everybody may see them.
func (d *desk) shown() map[string]money.Fen {
	d.t.Helper()
	fund, err := d.service.Fund(d.t.Context(), d.caseID)
	if err != nil {
		d.t.Fatal(err)
	}
	held := make(map[string]money.Fen)
	for _, b := range fund.Accounts {
		held[string(b.Purpose)] = b.BalanceFen
	}
	return held
}

func (d *desk) sound() {
	d.t.Helper()
	problems, err := payments.Fsck(d.t.Context(), d.pool)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, p := range problems {
		d.t.Error(p)
	}
}

func (d *desk) owed(kind duty.Kind, key string) int {
	d.t.Helper()
	var n int
	if err := d.pool.QueryRow(d.t.Context(), `SELECT count(*) FROM duties WHERE kind = @kind AND key = @key`,
		pgx.NamedArgs{"kind": kind, "key": key}).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}
