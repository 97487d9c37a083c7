package payments_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/payments"
	"mingchui/payments/standin"
)

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
