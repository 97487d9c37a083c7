package payments_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/ledger"
	"mingchui/payments/standin"
)

// postTwice takes a payment into the ledger once more, which only a mistake in the code could.
func (d *desk) postTwice(payment uuid.UUID, amount money.Fen) {
	d.t.Helper()
	err := pgx.BeginFunc(d.t.Context(), d.pool, func(tx pgx.Tx) error {
		return ledger.Post(d.t.Context(), tx, d.clock.Now(), ledger.Posting{
			CaseID: d.caseID, Kind: "deposit_held", Reference: payment, Key: "again/" + payment.String(),
			Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: amount}},
		})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestF1_UnknownMoneyIsAssignedToThePaymentThatItWasMeantFor(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by := d.finance()
	account := d.enrol(15_000_000)
	payment, _ := d.intentOf(account)
	d.plant(15_000_000, nil)
	d.plant(14_999_999, nil)
	view := d.reconcile(by)
	var fits, short uuid.UUID
	for _, u := range view.Suspense {
		if *u.AmountFen == 15_000_000 {
			fits = u.ID
		} else {
			short = u.ID
		}
	}
	stranger := by
	stranger.CourtID = uuid.New()
	judge := by
	judge.Role = "judge"
	for name, c := range map[string]struct {
		err  error
		code fault.Code
	}{
		"a fen short":          {d.service.AssignUnknown(t.Context(), by, short, payment, "slip 7"), fault.AmountInvalid},
		"no reason":            {d.service.AssignUnknown(t.Context(), by, fits, payment, " "), fault.ReasonRequired},
		"no such payment":      {d.service.AssignUnknown(t.Context(), by, fits, uuid.New(), "slip 7"), fault.NotFoundCode},
		"no such money":        {d.service.AssignUnknown(t.Context(), by, uuid.New(), payment, "slip 7"), fault.NotFoundCode},
		"another court's case": {d.service.AssignUnknown(t.Context(), stranger, fits, payment, "slip 7"), fault.NotFoundCode},
		"a judge":              {d.service.AssignUnknown(t.Context(), judge, fits, payment, "slip 7"), fault.RoleForbidden},
	} {
		if fault.CodeOf(c.err) != c.code {
			t.Errorf("%s gives %v", name, c.err)
		}
	}
	if err := d.service.AssignUnknown(t.Context(), by, fits, payment, "slip 7"); err != nil {
		t.Fatal(err)
	}
	if got := d.deposit(account).State; got != payments.Held || d.sales.held != 1 {
		t.Fatalf("deposit is %s", got)
	}
	if err := d.service.AssignUnknown(t.Context(), by, fits, payment, "slip 7"); fault.CodeOf(err) != fault.PaymentStateConflict {
		t.Errorf("a second time gives %v", err)
	}
	view = d.reconcile(by)
	d.only(view, payments.UnknownHere, 0, 14_999_999)
	if view.SuspenseFen != 14_999_999 || d.balances()["escrow"] != 15_000_000 {
		t.Fatalf("suspense %d, accounts %v", view.SuspenseFen, d.balances())
	}
	if shown := d.shown(); len(shown) != 0 {
		t.Errorf("before the end everybody sees %v", shown)
	}
	d.sound()
	// It is a deposit like any other: it goes back by its own intent.
	d.release()
	if got := d.deposit(account).State; got != payments.Returned {
		t.Fatalf("deposit is %s", got)
	}
	view = d.reconcile(by)
	d.only(view, payments.UnknownHere, 0, 14_999_999)
	if shown := d.shown(); shown["escrow"] != 0 || shown["suspense"] != 0 {
		t.Errorf("everybody sees %v", shown)
	}
	d.sound()
}

func TestF1_UnknownMoneyGoesBackTheWayItCame(t *testing.T) {
	t.Parallel()
	d, by, _, _ := settled(t)
	d.plant(26_504_001, nil)
	view := d.reconcile(by)
	id := view.Suspense[0].ID
	if err := d.service.ReturnUnknown(t.Context(), by, id, ""); fault.CodeOf(err) != fault.ReasonRequired {
		t.Errorf("without a reason: %v", err)
	}
	if err := d.service.ReturnUnknown(t.Context(), by, id, "no sale of ours"); err != nil {
		t.Fatal(err)
	}
	if err := d.service.ReturnUnknown(t.Context(), by, id, "no sale of ours"); fault.CodeOf(err) != fault.PaymentStateConflict {
		t.Errorf("twice: %v", err)
	}
	// The answer is lost; the second try looks first.
	d.standin.Faults().OnRequest(standin.RequestFault{Method: http.MethodPost, Path: "/v1/refunds", Action: standin.DropAfter, Times: 1000})
	if _, err := d.runner.RunDue(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a lost answer gives %v", err)
	}
	d.standin.Faults().Clear()
	d.settle()
	if view := d.seen(by); view.SuspenseFen != 26_504_001 || view.Suspense[0].State != "returning" {
		t.Fatalf("before the provider's books show it: %+v", view)
	}
	view = d.reconcile(by)
	if view.SuspenseFen != 0 || len(view.Suspense) != 0 || len(view.Differences) != 0 {
		t.Fatalf("after it went back: %+v", view)
	}
	d.sound()
	// It fails days later: the money is in suspense again, and can be sent again.
	var refund string
	if err := d.pool.QueryRow(t.Context(), `SELECT b.source_id FROM provider_bookings b JOIN unknown_money_returns r ON r.booking_id = b.id`).Scan(&refund); err != nil {
		t.Fatal(err)
	}
	if err := d.standin.SettleRefund(refund, "failed", ""); err != nil {
		t.Fatal(err)
	}
	view = d.reconcile(by)
	if view.SuspenseFen != 26_504_001 || len(view.Suspense) != 1 || view.Suspense[0].State != "held" {
		t.Fatalf("after it failed: %+v", view)
	}
	d.only(view, payments.UnknownHere, 0, 26_504_001)
	d.sound()
	if err := d.service.ReturnUnknown(t.Context(), by, id, "once more"); err != nil {
		t.Fatal(err)
	}
	d.settle()
	if view := d.reconcile(by); view.SuspenseFen != 0 || len(view.Differences) != 0 {
		t.Fatalf("after the second return: %+v", view)
	}
	d.sound()
}

// Finance closes with a reason; no fen moves; other figures open it again.
func TestReconciliation_FinanceClosesWithAReason(t *testing.T) {
	t.Parallel()
	d, by, won, _ := settled(t)
	_, intent := d.intentOf(won)
	d.misbook(standin.Misbooking{Source: intent, Action: "alter", Amount: 14_999_999})
	f := d.only(d.reconcile(by), payments.OtherAmount, 15_000_000, 14_999_999)
	before := d.balances()
	stranger := by
	stranger.CourtID = uuid.New()
	if got := d.seen(stranger); len(got.Differences) != 0 {
		t.Errorf("another court sees %+v", got.Differences)
	}
	for name, c := range map[string]struct {
		err  error
		code fault.Code
	}{
		"no reason":     {d.service.CloseDifference(t.Context(), by, f.ID, "\n "), fault.ReasonRequired},
		"1001 letters":  {d.service.CloseDifference(t.Context(), by, f.ID, strings.Repeat("理", 1001)), fault.InvalidRequest},
		"not known":     {d.service.CloseDifference(t.Context(), by, uuid.New(), "r"), fault.NotFoundCode},
		"another court": {d.service.CloseDifference(t.Context(), stranger, f.ID, "r"), fault.NotFoundCode},
	} {
		if fault.CodeOf(c.err) != c.code {
			t.Errorf("%s gives %v", name, c.err)
		}
	}
	if err := d.service.CloseDifference(t.Context(), by, f.ID, strings.Repeat("理", 1000)); err != nil {
		t.Fatal(err)
	}
	if err := d.service.CloseDifference(t.Context(), by, f.ID, "again"); fault.CodeOf(err) != fault.PaymentStateConflict {
		t.Errorf("closed twice: %v", err)
	}
	if view := d.reconcile(by); len(view.Differences) != 0 {
		t.Errorf("an explained difference is found again: %+v", view.Differences)
	}
	if after := d.balances(); after["proceeds"] != before["proceeds"] || after["escrow"] != before["escrow"] {
		t.Errorf("closing moved money: %v, then %v", before, after)
	}
	d.misbook(standin.Misbooking{Source: intent, Action: "alter", Amount: 14_999_998})
	if again := d.only(d.reconcile(by), payments.OtherAmount, 15_000_000, 14_999_998); again.ID != f.ID {
		t.Errorf("other figures made another difference %+v", again)
	}
	var closings int
	if err := d.pool.QueryRow(t.Context(), `SELECT count(*) FROM difference_closings WHERE by_account = $1 AND there_fen = 14999999`, by.AccountID).Scan(&closings); err != nil || closings != 1 {
		t.Errorf("%d closings on record, %v", closings, err)
	}
	if _, err := d.pool.Exec(t.Context(), `DELETE FROM difference_closings`); err == nil {
		t.Error("a closing can be deleted")
	}
	d.sound()
}

// More than two pages, cut off after the first: the run goes on where it stopped and counts each booking once.
func TestReconciliation_ARunCutOffGoesOn(t *testing.T) {
	t.Parallel()
	d, by, _, _ := settled(t)
	var sum money.Fen
	for i := range 230 {
		d.plant(int64(i+1), nil)
		sum += money.Fen(i + 1)
	}
	if _, err := d.service.Reconcile(t.Context(), by, time.Time{}); err != nil {
		t.Fatal(err)
	}
	// The first page is read, then the provider is gone: the second request and its retries fail.
	d.standin.Faults().OnRequest(standin.RequestFault{Method: http.MethodGet, Path: "/v1/balance_transactions", After: 1, Action: standin.FailBefore, Times: 4})
	if _, err := d.runner.RunDue(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a cut run gives %v", err)
	}
	var bookings int
	read := func() (state string) {
		t.Helper()
		if err := d.pool.QueryRow(t.Context(), `SELECT state, bookings FROM reconciliations`).Scan(&state, &bookings); err != nil {
			t.Fatal(err)
		}
		return state
	}
	if state := read(); state != "fetching" || bookings != 100 {
		t.Fatalf("cut off it is %s with %d bookings", state, bookings)
	}
	d.plant(1_000, nil) // booked meanwhile: the next run's
	d.standin.Faults().Clear()
	d.settle()
	if state := read(); state != "done" || bookings != 233 { // 230 planted, two deposits, one refund
		t.Fatalf("gone on it is %s with %d bookings", state, bookings)
	}
	if view := d.seen(by); view.SuspenseFen != sum || sum != 26_565 {
		t.Fatalf("suspense holds %d, want %d", view.SuspenseFen, sum)
	}
	if view := d.reconcile(by); view.SuspenseFen != sum+1_000 || len(view.Differences) != 231 {
		t.Fatalf("the next run leaves %d with %d differences", view.SuspenseFen, len(view.Differences))
	}
	d.sound()
}

// The daily run is a duty at three in the morning of the court, owed once, which owes the next.
func TestReconciliation_Daily(t *testing.T) {
	t.Parallel()
	d, by, _, _ := settled(t)
	d.plant(7, nil)
	for range 2 {
		if err := d.service.OweReconciliation(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	due := func() (at time.Time, n int) {
		t.Helper()
		if err := d.pool.QueryRow(t.Context(), `SELECT max(due_at), count(*) FROM duties WHERE kind = 'reconcile'`).Scan(&at, &n); err != nil {
			t.Fatal(err)
		}
		return at, n
	}
	first, n := due()
	if ahead := first.Sub(d.clock.Now()); n != 1 || first.UTC().Hour() != 19 || first.Minute() != 0 || ahead <= 0 || ahead > 24*time.Hour {
		t.Fatalf("%d daily runs, the last due at %s", n, first)
	}
	d.clock.To(first.Add(-time.Minute))
	d.settle()
	if view := d.seen(by); len(view.Runs) != 0 {
		t.Fatalf("ran before its time: %+v", view.Runs)
	}
	d.clock.To(first)
	d.settle()
	view := d.seen(by)
	if len(view.Runs) != 1 || !view.Runs[0].Daily || view.SuspenseFen != 7 {
		t.Fatalf("finance sees %+v", view)
	}
	if next, n := due(); n != 2 || !next.Equal(first.AddDate(0, 0, 1)) || d.owed(duty.Reconcile, "daily/"+next.In(time.FixedZone("", 8*3600)).Format(time.DateOnly)) != 1 {
		t.Fatalf("%d daily runs, the next due at %s", n, next)
	}
	d.sound()
}

func TestReconciliation_IsFinances(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by := d.finance()
	if _, err := d.service.Reconcile(t.Context(), by, d.clock.Now().Add(time.Hour)); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("from a later time: %v", err)
	}
	by.Role = "judge"
	if _, err := d.service.Reconcile(t.Context(), by, time.Time{}); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a judge asks: %v", err)
	}
	if _, err := d.service.Reconciliations(t.Context(), by); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a judge reads: %v", err)
	}
}
