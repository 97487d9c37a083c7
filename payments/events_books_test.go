package payments_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/money"
	"mingchui/payments/gateway"
)

// drain lets the faults stop: what was held back comes, every lot ends, persons do what they owe, time goes on, and duties run until
// none is due.
func (w *world) drain() {
	w.t.Helper()
	ctx := w.t.Context()
	w.standin.Faults().Clear()
	for _, s := range w.order {
		if err := w.endSale(ctx, s, false, 1); err != nil {
			w.t.Fatal(err)
		}
	}
	for round := range 30 {
		w.clock.To(w.clock.Now().Add(20 * time.Hour))
		w.standin.ReleaseWebhooks(false)
		w.standin.Sweep()
		if err := w.standin.Flush(ctx); err != nil {
			w.t.Fatal(err)
		}
		w.freeLeases()
		_, err := w.runner.RunDue(ctx)
		if err != nil && round > 10 {
			w.t.Fatalf("after the faults: %v", err)
		}
		w.byHand(ctx)
		if round == 12 || round == 24 {
			if _, err := w.service.Reconcile(ctx, w.one, w.begun); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// byHand decides every transfer that waits, and gives back all that is owed by hand.
func (w *world) byHand(ctx context.Context) {
	w.t.Helper()
	ids, err := w.pool.Query(ctx, `SELECT id FROM transfers_in WHERE state = 'prepared'`)
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := pgx.CollectRows(ids, pgx.RowTo[uuid.UUID])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range list {
		if w.decideTransfer(ctx, id, w.one, true) != nil {
			if err := w.decideTransfer(ctx, id, w.two, true); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for {
		err := w.returnOne(ctx, w.one, w.two, 2)
		if errors.Is(err, pgx.ErrNoRows) {
			return
		}
		if err != nil {
			w.t.Fatalf("give back by hand: %v", err)
		}
	}
}

// none fails where a query of breaches gives any; it prints the first.
func (w *world) none(what, sql string, args ...any) {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), sql+` LIMIT 5`, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range list {
		w.t.Errorf("%s: %s", what, one)
	}
}

// final holds that nothing is under way any more.
func (w *world) final() {
	w.t.Helper()
	w.sound()
	w.none("a deposit is not settled", `SELECT id || ' is ' || state FROM deposits WHERE state NOT IN ('returned', 'applied', 'forfeited', 'lapsed', 'exempt')`)
	w.none("a balance is not settled", `SELECT lot_id || ' is ' || state FROM balances WHERE state NOT IN ('paid', 'defaulted', 'reversed')`)
	w.none("a refund is not settled", `SELECT id || ' is ' || state || ' ' || coalesce(failure, '') FROM refunds WHERE state NOT IN ('done', 'transferred')`)
	w.none("a webhook is not applied", `SELECT id || ' ' || type FROM stripe_events WHERE state = 'stored'`)
	w.none("a duty is overdue", `SELECT kind || ' ' || key || ' ' || coalesce(last_error, '') FROM duties WHERE state = 'owed' AND due_at <= $1`, w.clock.Now())
	w.none("a payment has another number of postings than one", `SELECT p.id || ' has ' || count(o.id) FROM payments p LEFT JOIN postings o ON o.reference = p.id
		AND o.kind IN ('deposit_held', 'balance_paid') WHERE p.state = 'paid' GROUP BY p.id HAVING count(o.id) <> 1`)
	w.none("money lies beside what was asked", `SELECT case_id || ' holds ' || balance_fen || ' in ' || purpose FROM ledger_accounts
		WHERE purpose = 'escrow' AND balance_fen <> 0`)
}

// bookings are the stand-in's own books, all of them.
func (w *world) bookings() (all []gateway.Booking) {
	w.t.Helper()
	provider, err := gateway.New(gateway.Config{SecretKey: "sk_test_desk", WebhookSecret: hookSecret, BaseURL: w.api})
	if err != nil {
		w.t.Fatal(err)
	}
	for after := ""; ; after = all[len(all)-1].ID {
		page, more, err := provider.Bookings(w.t.Context(), gateway.Span{From: w.begun.Add(-48 * time.Hour), To: w.clock.Now().Add(48 * time.Hour)}, after)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, page...)
		if !more {
			return all
		}
	}
}

// ours is a payment that rests on an intent of the stand-in, with what went back of it there.
type ours struct {
	ID               uuid.UUID
	Amount, Provider money.Fen
}

// agree holds the stand-in's books and ours against each other: each charge and each refund once, and in suspense what nobody asked for.
func (w *world) agree() {
	w.t.Helper()
	mine := map[string]ours{}
	rows, err := w.pool.Query(w.t.Context(), `SELECT p.intent_id, p.id, p.amount_fen, coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'done'), 0)::bigint
		FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id WHERE p.state = 'paid' AND p.intent_id IS NOT NULL GROUP BY p.id`)
	if err != nil {
		w.t.Fatal(err)
	}
	var intent string
	var one ours
	if _, err := pgx.ForEachRow(rows, []any{&intent, &one.ID, &one.Amount, &one.Provider}, func() error {
		if _, twice := mine[intent]; twice {
			w.t.Errorf("two payments rest on %s", intent)
		}
		mine[intent] = one
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	charged, back := map[string]money.Fen{}, map[string]money.Fen{}
	for _, b := range w.bookings() {
		if b.Kind == gateway.BookedCharge {
			if charged[b.PaymentIntentID] != 0 {
				w.t.Errorf("the stand-in charged %s twice", b.PaymentIntentID)
			}
			charged[b.PaymentIntentID] += b.AmountFen
		} else {
			back[b.PaymentIntentID] -= b.AmountFen
		}
	}
	var there, unknown money.Fen
	for intent, amount := range charged {
		there += amount - back[intent]
		p, known := mine[intent]
		switch {
		case known && (p.Amount != amount || p.Provider != back[intent]):
			w.t.Errorf("payment %s of %s: %d came and %d went back here, %d and %d there", p.ID, intent, p.Amount, p.Provider, amount, back[intent])
		case !known:
			unknown += amount - back[intent]
			w.nobodyAsked(intent)
		}
		if _, planted := w.planted[intent]; planted && known != w.assigned[intent] {
			w.t.Errorf("planted money %s is a payment: %t; finance gave it to one: %t", intent, known, w.assigned[intent])
		}
	}
	for intent, p := range mine {
		if charged[intent] == 0 {
			w.t.Errorf("payment %s rests on %s, which the stand-in never charged", p.ID, intent)
		}
	}
	for intent, amount := range w.planted {
		if charged[intent] != amount {
			w.t.Errorf("planted %d as %s, the stand-in booked %d", amount, intent, charged[intent])
		}
	}
	w.sums(there, unknown)
}

// nobodyAsked holds that a charge which is no payment was planted, or came by the page of a payment that finance had given other money.
func (w *world) nobodyAsked(intent string) {
	w.t.Helper()
	if _, planted := w.planted[intent]; planted {
		return
	}
	provider, err := gateway.New(gateway.Config{SecretKey: "sk_test_desk", WebhookSecret: hookSecret, BaseURL: w.api})
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := provider.FetchPayment(w.t.Context(), intent)
	if err != nil {
		w.t.Fatal(err)
	}
	id, err := uuid.Parse(p.Metadata["payment_id"])
	if err != nil || !w.late[id] {
		w.t.Errorf("%d fen of %s for payment %s are in no payment", p.ReceivedFen, intent, id)
	}
}

// sums holds suspense and clearing to the fen: what the stand-in has, and what lies at the court's own bank.
func (w *world) sums(there, unknown money.Fen) {
	w.t.Helper()
	var suspense, clearing, atBank, byTransfer money.Fen
	err := w.pool.QueryRow(w.t.Context(), `SELECT
			(SELECT coalesce(sum(balance_fen), 0) FROM ledger_accounts WHERE purpose = 'suspense')::bigint,
			(SELECT coalesce(sum(CASE WHEN d.purpose = 'clearing' THEN t.amount_fen ELSE -t.amount_fen END), 0) FROM transfers t
				JOIN ledger_accounts d ON d.id = t.debit_account JOIN ledger_accounts c ON c.id = t.credit_account WHERE 'clearing' IN (d.purpose, c.purpose))::bigint,
			((SELECT coalesce(sum(amount_fen), 0) FROM transfers_in WHERE state = 'approved') - (SELECT coalesce(sum(amount_fen), 0) FROM transfers_out WHERE state = 'approved'))::bigint,
			((SELECT coalesce(sum(amount_fen), 0) FROM transfers_in WHERE state = 'approved' AND payment_reference IS NULL)
				- (SELECT coalesce(sum(amount_fen), 0) FROM transfers_out WHERE state = 'approved' AND unknown_id IS NOT NULL))::bigint`).
		Scan(&suspense, &clearing, &atBank, &byTransfer)
	if err != nil {
		w.t.Fatal(err)
	}
	if suspense != unknown+byTransfer {
		w.t.Errorf("suspense holds %d fen; unknown money is %d at the stand-in and %d by transfer", suspense, unknown, byTransfer)
	}
	if clearing != there+atBank {
		w.t.Errorf("clearing holds %d fen, the stand-in's books %d and the court's bank %d", clearing, there, atBank)
	}
	if got := w.balance(); got != there {
		w.t.Errorf("the stand-in's balance is %d fen, its books give %d", got, there)
	}
	w.none("a difference is open beside what is in suspense", `SELECT concat_ws(' ', f.kind, f.subject, f.here_fen, f.there_fen, 'payment', f.payment_id, 'refund', f.refund_id, r.state, u.state, f.found_at)
		FROM reconciliation_differences f LEFT JOIN refunds r ON r.id = f.refund_id LEFT JOIN unknown_money u ON u.booking_id = f.subject
		WHERE closed_at IS NULL AND u.state IS DISTINCT FROM 'held'`)
}

// balance is what the stand-in says that it holds.
func (w *world) balance() money.Fen {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.api+"/v1/balance", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk_test_desk")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	var said struct {
		Available []struct{ Amount money.Fen }
	}
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil || len(said.Available) != 1 {
		w.t.Fatalf("the balance is %v, %v", said, err)
	}
	return said.Available[0].Amount
}
