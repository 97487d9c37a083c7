package payments_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
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
func openDeskWith(t *testing.T, to told, kept *sales) *desk {
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
	d.service = payments.New(payments.Config{
		Pool: d.pool, Clock: d.clock, Duties: duty.NewBook(nil), Provider: provider, Winners: to, Admissions: to, Sales: to,
		SiteURL: "http://site.example",
	})
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

func TestR17_DepositIsHeldOnceAllOfItIsPaid(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	account := d.enrol(250_000_000) // three parts of at most 99,999,999 fen
	d.pay(d.deposit(account).PaymentURL, "succeed")
	if view := d.deposit(account); view.State != payments.Requested || view.PaidFen != payments.MaxPayment {
		t.Fatalf("after one part: %+v", view)
	}
	if d.sales.held != 0 {
		t.Fatal("admitted with a part of the deposit")
	}
	d.payDeposit(account)
	if view := d.deposit(account); view.State != payments.Held || view.PaidFen != 250_000_000 {
		t.Fatalf("after all parts: %+v", view)
	}
	if d.sales.held != 1 {
		t.Fatal("no admission is owed")
	}
	if got := d.balances()["escrow"]; got != 250_000_000 {
		t.Fatalf("escrow holds %d", got)
	}
	d.sound()
}

func TestR17_ExemptCreditorIsAdmittedWithoutMoney(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	account := d.enrol(0)
	if view := d.deposit(account); view.State != payments.Exempt {
		t.Fatalf("state %s", view.State)
	}
	if d.sales.held != 1 {
		t.Fatal("no admission is owed")
	}
	d.sound()
}

// Until a lot is over its deposits are in the books and in no view, no log entry
// and no message; then they are shown as one sum for each kind.
func TestR18_DepositsAreShownAfterTheEndAndAsSums(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	one, two := d.enrol(15_000_000), d.enrol(15_000_000)
	d.payDeposit(one)
	d.payDeposit(two)
	if got := d.balances()["escrow"]; got != 30_000_000 {
		t.Fatalf("escrow holds %d", got)
	}
	public := func() (entries, told, movements int) {
		t.Helper()
		fund, err := d.service.Fund(t.Context(), d.caseID)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM entries WHERE kind = 'fund.posted'),
			(SELECT count(*) FROM outbox WHERE subject = 'fund.posted')`).Scan(&entries, &told); err != nil {
			t.Fatal(err)
		}
		return entries, told, len(fund.Movements)
	}
	if entries, told, movements := public(); len(d.shown()) != 0 || entries+told+movements != 0 {
		t.Errorf("before the end the public sees %v, %d entries, %d messages, %d movements", d.shown(), entries, told, movements)
	}
	d.sound()
	if _, err := d.pool.Exec(t.Context(), `INSERT INTO disclosures (id, case_id, lot_id, kind, debit, credit, amount_fen, entry_id, disclosed_at)
		VALUES (gen_random_uuid(), $1, $2, 'deposit_held', 'clearing', 'escrow', 1, gen_random_uuid(), now())`, d.caseID, d.lot); err == nil {
		t.Error("SQL lets deposits be shown before the end")
	}
	d.release()
	fund, err := d.service.Fund(t.Context(), d.caseID)
	if err != nil {
		t.Fatal(err)
	}
	first := fund.Movements[len(fund.Movements)-1]
	if first.Kind != "deposit_held" || first.AmountFen != 30_000_000 || first.Debit != "clearing" || first.Credit != "escrow" {
		t.Errorf("after the end the deposits are shown as %+v", first)
	}
	if entries, told, movements := public(); entries != 3 || told != 3 || movements != 3 {
		t.Errorf("a sum in and two refunds out make %d entries, %d messages, %d movements", entries, told, movements)
	}
	if d.shown()["escrow"] != 0 {
		t.Errorf("the public sees %v", d.shown())
	}
	d.sound()
}

func TestDeclinedAndAbandonedPagesChangeNothing(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	account := d.enrol(15_000_000)
	for _, outcome := range []string{"decline", "abandon"} {
		d.pay(d.deposit(account).PaymentURL, outcome)
		if view := d.deposit(account); view.State != payments.Requested || view.PaidFen != 0 {
			t.Fatalf("after %s: %+v", outcome, view)
		}
	}
	d.payDeposit(account)
	if view := d.deposit(account); view.State != payments.Held {
		t.Fatalf("after paying: %+v", view)
	}
	d.sound()
}

func TestR23_LosersGetTheirDepositsBackAndTheWinnersCounts(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	won := d.enrol(15_000_000)
	lost := d.enrol(15_000_000)
	unpaid := d.enrol(15_000_000)
	d.payDeposit(won)
	d.payDeposit(lost)
	d.sales.winner, d.sales.price = won, 200_000_000
	d.release()
	for account, want := range map[uuid.UUID]payments.DepositState{won: payments.Applied, lost: payments.Returned, unpaid: payments.Lapsed} {
		if got := d.deposit(account).State; got != want {
			t.Errorf("deposit is %s, want %s", got, want)
		}
	}
	if b := d.balances(); b["escrow"] != 0 || b["proceeds"] != 15_000_000 {
		t.Errorf("accounts hold %v", b)
	}
	balance, err := d.service.OpenBalance(t.Context(), d.lot, won)
	if err != nil || balance.AmountFen != 185_000_000 {
		t.Fatalf("balance %+v, %v", balance, err)
	}
	d.release() // once more: nothing moves
	if b := d.balances(); b["escrow"] != 0 || b["proceeds"] != 15_000_000 {
		t.Errorf("after a second release accounts hold %v", b)
	}
	d.sound()
}

func TestR25_TheBalanceInPartsPaysTheLotOnce(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	won := d.enrol(15_000_000)
	d.payDeposit(won)
	d.sales.winner, d.sales.price = won, 200_000_000
	d.release()
	if _, err := d.service.OpenBalance(t.Context(), d.lot, uuid.New()); fault.CodeOf(err) != fault.NotTheBuyer {
		t.Fatalf("a stranger gets %v", err)
	}
	for range 2 {
		balance, err := d.service.OpenBalance(t.Context(), d.lot, won)
		if err != nil {
			t.Fatal(err)
		}
		d.pay(balance.PaymentURL, "succeed")
	}
	balance, err := d.service.OpenBalance(t.Context(), d.lot, won)
	if err != nil || balance.State != "paid" || balance.PaymentURL != "" {
		t.Fatalf("balance %+v, %v", balance, err)
	}
	if d.sales.paid != 1 {
		t.Fatalf("the lot was recorded paid %d times", d.sales.paid)
	}
	if b := d.balances(); b["proceeds"] != 200_000_000 {
		t.Fatalf("accounts hold %v", b)
	}
	d.sound()
}

func TestR24_ADefaultKeepsTheDepositAndReturnsParts(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	won := d.enrol(15_000_000)
	d.payDeposit(won)
	d.sales.winner, d.sales.price = won, 200_000_000
	d.release()
	balance, err := d.service.OpenBalance(t.Context(), d.lot, won)
	if err != nil {
		t.Fatal(err)
	}
	d.pay(balance.PaymentURL, "succeed")
	now := d.clock.Now()
	err = pgx.BeginFunc(t.Context(), d.pool, func(tx pgx.Tx) error {
		return duty.NewBook(nil).Owe(t.Context(), tx, now, duty.Duty{
			Kind: duty.BalanceDue, Key: d.lot.String(), LotID: &d.lot, Rule: "R25", Actor: duty.Machine, DueAt: balance.DueAt,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	d.settle()
	if d.sales.defaults != 0 {
		t.Fatal("defaulted before the period ended")
	}
	d.clock.To(balance.DueAt.Add(time.Minute))
	d.settle()
	if d.sales.defaults != 1 || d.sales.forfeited != 15_000_000 {
		t.Fatalf("recorded %+v", d.sales)
	}
	if got := d.deposit(won).State; got != payments.Forfeited {
		t.Fatalf("deposit is %s", got)
	}
	if b := d.balances(); b["proceeds"] != 0 || b["forfeits"] != 15_000_000 {
		t.Fatalf("accounts hold %v", b)
	}
	if _, err := d.service.OpenBalance(t.Context(), d.lot, won); fault.CodeOf(err) != fault.BalancePastDue {
		t.Fatalf("a defaulter who would pay gets %v", err)
	}
	d.sound()
}

func TestWebhookForgedDoubledAndOfAnotherVersion(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	account := d.enrol(15_000_000)
	forged := []byte(`{"id":"evt_x","type":"checkout.session.completed","api_version":"2023-10-16","data":{"object":{"id":"cs_x","object":"checkout.session"}}}`)
	if err := d.service.ReceiveWebhook(t.Context(), forged, standin.Sign(forged, "whsec_other", d.clock.Now())); fault.CodeOf(err) != fault.WebhookSignatureInvalid {
		t.Fatalf("a forged webhook gets %v", err)
	}
	d.payDeposit(account)
	before := d.balances()["escrow"]
	rows, err := d.pool.Query(t.Context(), `SELECT id FROM stripe_events`)
	if err != nil {
		t.Fatal(err)
	}
	events, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(events) == 0 || slices.Contains(events, "evt_x") {
		t.Fatalf("events %v, %v", events, err)
	}
	for _, id := range events {
		if _, err := d.standin.Resend(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	d.settle()
	if after := d.balances()["escrow"]; after != before || before != 15_000_000 {
		t.Fatalf("escrow held %d, holds %d after every webhook came twice", before, after)
	}
	other := []byte(`{"id":"evt_old","object":"event","type":"payment_intent.succeeded","api_version":"2020-08-27","created":1,"data":{"object":{"id":"pi_x","object":"payment_intent"}}}`)
	if err := d.service.ReceiveWebhook(t.Context(), other, standin.Sign(other, hookSecret, d.clock.Now())); err != nil {
		t.Fatalf("another version is refused: %v", err)
	}
	var state string
	if err := d.pool.QueryRow(t.Context(), `SELECT state FROM stripe_events WHERE id = 'evt_old'`).Scan(&state); err != nil || state != "alarmed" {
		t.Fatalf("another version is %q, %v", state, err)
	}
	d.sound()
}

func TestMoneyAfterTheEndGoesBack(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	late := d.enrol(15_000_000)
	url := d.deposit(late).PaymentURL
	d.release() // nobody won, the deposit lapses while its page is still open
	if got := d.deposit(late).State; got != payments.Lapsed {
		t.Fatalf("deposit is %s", got)
	}
	d.pay(url, "succeed")
	if got := d.deposit(late).State; got != payments.Returned {
		t.Fatalf("deposit is %s after late money", got)
	}
	if b := d.balances(); b["escrow"] != 0 {
		t.Fatalf("accounts hold %v", b)
	}
	d.sound()
}

func TestARefundThatFailsLaterIsOwedAgain(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	lost := d.enrol(15_000_000)
	d.payDeposit(lost)
	d.release()
	if got := d.deposit(lost).State; got != payments.Returned {
		t.Fatalf("deposit is %s", got)
	}
	var refund string
	if err := d.pool.QueryRow(t.Context(), `SELECT provider_id FROM refunds`).Scan(&refund); err != nil {
		t.Fatal(err)
	}
	if err := d.standin.SettleRefund(refund, "failed", "lost_or_stolen_card"); err != nil {
		t.Fatal(err)
	}
	d.settle()
	if got := d.deposit(lost).State; got != payments.Returning {
		t.Fatalf("deposit is %s after its refund failed", got)
	}
	if err := d.pool.QueryRow(t.Context(), `SELECT id::text FROM refunds`).Scan(&refund); err != nil || d.owed(duty.ReturnByTransfer, refund) != 1 {
		t.Fatalf("finance owes no transfer for refund %s, %v", refund, err)
	}
	if b := d.balances(); b["escrow"] != 15_000_000 {
		t.Fatalf("accounts hold %v", b)
	}
	d.sound()
}

// A stand-in that is started on another port serves the pages that were opened
// under the one before.
func TestOpenPagesMoveWithTheirOrigin(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	paid := d.enrol(15_000_000)
	d.payDeposit(paid)
	open := d.enrol(15_000_000)
	before := d.deposit(open).PaymentURL
	var paidAt string
	if err := d.pool.QueryRow(t.Context(), `SELECT payment_url FROM payments WHERE state = 'paid'`).Scan(&paidAt); err != nil {
		t.Fatal(err)
	}
	if err := d.service.MovePages(t.Context(), "http://127.0.0.1:9"); err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(before, "http://"), "/")
	if after := d.deposit(open).PaymentURL; after != "http://127.0.0.1:9/"+path {
		t.Errorf("%s moved to %s", before, after)
	}
	var kept string
	if err := d.pool.QueryRow(t.Context(), `SELECT payment_url FROM payments WHERE state = 'paid'`).Scan(&kept); err != nil || kept != paidAt {
		t.Errorf("a paid page moved to %s, %v", kept, err)
	}
}

// R23's time is that of the rule set that the lot was listed under, whatever
// the server lists new lots under.
func TestR23_TheTimeIsTheLotsOwn(t *testing.T) {
	t.Parallel()
	for _, rules := range []law.RuleSet{law.China2017(), law.Demonstration()} {
		t.Run(rules.Name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			d.exec(`UPDATE lots SET rule_set = @name`, pgx.NamedArgs{"name": rules.Name})
			lost := d.enrol(15_000_000)
			d.payDeposit(lost)
			released := d.clock.Now()
			d.release()
			var due time.Time
			if err := d.pool.QueryRow(t.Context(), `SELECT return_due_at FROM deposits WHERE account_id = $1`, lost).Scan(&due); err != nil {
				t.Fatal(err)
			}
			within := func(what string, from time.Time) {
				if earliest, latest := from.Add(rules.ReturnDepositsWithin), d.clock.Now().Add(rules.ReturnDepositsWithin); due.Before(earliest.Truncate(time.Millisecond)) || due.After(latest) {
					t.Errorf("%s is due at %s, want %s to %s", what, due, earliest, latest)
				}
			}
			within("the deposit", released)
			var refund string
			if err := d.pool.QueryRow(t.Context(), `SELECT provider_id FROM refunds`).Scan(&refund); err != nil {
				t.Fatal(err)
			}
			if err := d.standin.SettleRefund(refund, "failed", "lost_or_stolen_card"); err != nil {
				t.Fatal(err)
			}
			failed := d.clock.Now()
			d.settle()
			if err := d.pool.QueryRow(t.Context(), `SELECT due_at FROM duties WHERE kind = 'return_by_transfer' AND lot_id = $1`, d.lot).Scan(&due); err != nil {
				t.Fatal(err)
			}
			within("the transfer by hand", failed)
		})
	}
}

func TestARefundWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	lost := d.enrol(15_000_000)
	d.payDeposit(lost)
	d.standin.Faults().OnRequest(standin.RequestFault{Method: http.MethodPost, Path: "/v1/refunds", Action: standin.DropAfter, Times: 4})
	d.oweRelease()
	if _, err := d.runner.RunDue(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a lost answer gives %v", err)
	}
	d.clock.To(d.clock.Now().Add(2 * time.Hour))
	d.settle()
	if got := d.deposit(lost).State; got != payments.Returned {
		t.Fatalf("deposit is %s", got)
	}
	if b := d.balances(); b["escrow"] != 0 {
		t.Fatalf("accounts hold %v", b)
	}
	d.sound()
}

func TestTransfersAreNeverChanged(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	account := d.enrol(15_000_000)
	d.payDeposit(account)
	for _, sql := range []string{`UPDATE transfers SET amount_fen = 1`, `DELETE FROM transfers`, `DELETE FROM postings`} {
		if _, err := d.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s is let through", sql)
		}
	}
	d.sound()
}

// An account that committed beside the end is not seen by the release; its
// money goes back all the same (R23).
func TestR23_MoneyOfAnEnrolmentBesideTheEndGoesBack(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.release()
	late := d.enrol(250_000_000)
	d.pay(d.deposit(late).PaymentURL, "succeed")
	if got := d.deposit(late).State; got != payments.Returned {
		t.Fatalf("deposit is %s", got)
	}
	if d.sales.held != 0 || d.balances()["escrow"] != 0 {
		t.Fatalf("admitted, or accounts hold %v", d.balances())
	}
	d.sound()
}

// Who paid in time is not in default because a webhook is late.
func TestR25_ABalanceWhoseWebhookIsLateIsPaid(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	won := d.enrol(15_000_000)
	d.payDeposit(won)
	d.sales.winner, d.sales.price = won, 20_000_000
	d.release()
	due := d.clock.Now().Add(10 * 24 * time.Hour)
	d.clock.To(due.Add(-time.Hour))
	balance, err := d.service.OpenBalance(t.Context(), d.lot, won)
	if err != nil {
		t.Fatal(err)
	}
	d.standin.SetWebhookURL("")
	d.pay(balance.PaymentURL, "succeed")
	if d.sales.paid != 0 {
		t.Fatal("paid without a webhook")
	}
	err = pgx.BeginFunc(t.Context(), d.pool, func(tx pgx.Tx) error {
		return duty.NewBook(nil).Owe(t.Context(), tx, d.clock.Now(), duty.Duty{
			Kind: duty.BalanceDue, Key: d.lot.String(), LotID: &d.lot, Rule: "R24", Actor: duty.Machine, DueAt: balance.DueAt,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	d.clock.To(balance.DueAt.Add(time.Minute))
	if _, err := d.runner.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.sales.paid != 1 || d.sales.defaults != 0 {
		t.Fatalf("recorded %+v", d.sales)
	}
	d.sound()
}
