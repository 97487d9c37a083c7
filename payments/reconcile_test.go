package payments_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/standin"
)

// finance is a person of finance of the desk's court.
func (d *desk) finance() auction.Actor {
	d.t.Helper()
	by := auction.Actor{AccountID: uuid.New(), Role: "finance"}
	if err := d.pool.QueryRow(d.t.Context(), `SELECT court_id FROM lots WHERE id = $1`, d.lot).Scan(&by.CourtID); err != nil {
		d.t.Fatal(err)
	}
	d.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, 'x', 'n', @now)`,
		pgx.NamedArgs{"id": by.AccountID, "login": by.AccountID.String(), "court": by.CourtID, "now": d.clock.Now()})
	return by
}

// reconcile asks for a run, lets it run, and returns what finance sees.
func (d *desk) reconcile(by auction.Actor) payments.ReconciliationView {
	d.t.Helper()
	if _, err := d.service.Reconcile(d.t.Context(), by, time.Time{}); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.runner.RunDue(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	return d.seen(by)
}

func (d *desk) seen(by auction.Actor) payments.ReconciliationView {
	d.t.Helper()
	view, err := d.service.Reconciliations(d.t.Context(), by)
	if err != nil {
		d.t.Fatal(err)
	}
	return view
}

// intentOf is the provider's name of an account's one payment.
func (d *desk) intentOf(account uuid.UUID) (payment uuid.UUID, intent string) {
	d.t.Helper()
	if err := d.pool.QueryRow(d.t.Context(), `SELECT id, coalesce(intent_id, '') FROM payments WHERE account_id = $1`, account).Scan(&payment, &intent); err != nil {
		d.t.Fatal(err)
	}
	return payment, intent
}

func (d *desk) plant(amount int64, metadata map[string]string) string {
	d.t.Helper()
	id, err := d.standin.PlantPayment(amount, metadata)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

func (d *desk) misbook(m standin.Misbooking) string {
	d.t.Helper()
	id, err := d.standin.Misbook(m)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

// only asks for one open difference with these figures.
func (d *desk) only(view payments.ReconciliationView, kind payments.DifferenceKind, here, there money.Fen) payments.BookDifference {
	d.t.Helper()
	if len(view.Differences) != 1 {
		d.t.Fatalf("%d differences are open, want one: %+v", len(view.Differences), view.Differences)
	}
	f := view.Differences[0]
	if f.Kind != kind || f.Sealed || f.HereFen == nil || f.ThereFen == nil || *f.HereFen != here || *f.ThereFen != there {
		d.t.Fatalf("the difference is %+v (%v here, %v there), want %s with %d here and %d there", f, f.HereFen, f.ThereFen, kind, here, there)
	}
	return f
}

// settled is a desk whose lot is over: one deposit won and counts, one went back; every kind of booking is there.
func settled(t *testing.T) (d *desk, by auction.Actor, won, lost uuid.UUID) {
	t.Helper()
	d = openDesk(t)
	won, lost = d.enrol(15_000_000), d.enrol(15_000_000)
	d.payDeposit(won)
	d.payDeposit(lost)
	d.sales.winner, d.sales.price = won, 200_000_000
	d.release()
	if d.deposit(lost).State != payments.Returned {
		t.Fatalf("the lost deposit is %s", d.deposit(lost).State)
	}
	return d, d.finance(), won, lost
}

func (d *desk) refundOf(account uuid.UUID) (id, provider string) {
	d.t.Helper()
	if err := d.pool.QueryRow(d.t.Context(), `SELECT r.id::text, r.provider_id FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.account_id = $1`, account).Scan(&id, &provider); err != nil {
		d.t.Fatal(err)
	}
	return id, provider
}

func TestReconciliation_NothingPlantedNothingFound(t *testing.T) {
	t.Parallel()
	d, by, won, _ := settled(t)
	d.standin.Faults().Fees(6)
	balance, err := d.service.OpenBalance(t.Context(), d.lot, won)
	if err != nil {
		t.Fatal(err)
	}
	d.pay(balance.PaymentURL, "succeed") // 99,999,999 fen of 185,000,000
	for range 2 {
		view := d.reconcile(by)
		if len(view.Differences) != 0 || len(view.Suspense) != 0 || view.SuspenseFen != 0 || view.Runs[0].State != "done" || view.Runs[0].Found != 0 {
			t.Fatalf("finance sees %+v", view)
		}
	}
	// Three charges and one refund; the fee of the last charge, 599,999 fen, is the provider's and in no account.
	var n, fees int
	if err := d.pool.QueryRow(t.Context(), `SELECT bookings, fee_fen FROM reconciliations ORDER BY asked_at LIMIT 1`).Scan(&n, &fees); err != nil || n != 4 || fees != 599_999 {
		t.Errorf("%d bookings with %d fen of fees, %v", n, fees, err)
	}
	if b := d.balances(); b["proceeds"] != 114_999_999 {
		t.Errorf("accounts hold %v", b)
	}
	d.sound()
}

// Each wrong booking is found with its figures, once, and closes by itself when the provider has put it right.
func TestReconciliation_EachKindIsFoundOnceAndClosesWhenBothAgree(t *testing.T) {
	t.Parallel()
	const fen = 15_000_000
	for name, c := range map[string]struct {
		refund      bool
		m           standin.Misbooking
		kind        payments.DifferenceKind
		here, there money.Fen
	}{
		"a fen less":          {false, standin.Misbooking{Action: "alter", Amount: fen - 1}, payments.OtherAmount, fen, fen - 1},
		"a fen more":          {false, standin.Misbooking{Action: "alter", Amount: fen + 1}, payments.OtherAmount, fen, fen + 1},
		"a fen less back":     {true, standin.Misbooking{Action: "alter", Amount: -fen + 1}, payments.OtherAmount, -fen, -fen + 1},
		"a fen more back":     {true, standin.Misbooking{Action: "alter", Amount: -fen - 1}, payments.OtherAmount, -fen, -fen - 1},
		"another currency":    {false, standin.Misbooking{Action: "alter", Currency: "hkd"}, payments.OtherCurrency, fen, fen},
		"not there":           {false, standin.Misbooking{Action: "drop"}, payments.UnknownThere, fen, 0},
		"refund not there":    {true, standin.Misbooking{Action: "drop"}, payments.UnknownThere, -fen, 0},
		"booked twice":        {false, standin.Misbooking{Action: "double"}, payments.CountedTwice, fen, 2 * fen},
		"refund booked twice": {true, standin.Misbooking{Action: "double"}, payments.CountedTwice, -fen, -2 * fen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, by, won, lost := settled(t)
			_, c.m.Source = d.intentOf(won)
			if c.refund {
				_, c.m.Source = d.refundOf(lost)
			}
			d.misbook(c.m)
			first := d.only(d.reconcile(by), c.kind, c.here, c.there)
			view := d.reconcile(by)
			if again := d.only(view, c.kind, c.here, c.there); again.ID != first.ID || view.Runs[0].Found != 0 || view.Runs[1].Found != 1 {
				t.Errorf("the second run finds %+v, runs %+v", again, view.Runs)
			}
			if view.SuspenseFen != 0 {
				t.Errorf("suspense holds %d", view.SuspenseFen)
			}
			d.sound()
			if c.m.Action == "double" {
				return // nothing takes back what was booked twice
			}
			c.m.Action = "restore"
			d.misbook(c.m)
			if view := d.reconcile(by); len(view.Differences) != 0 || view.Runs[0].Closed != 1 {
				t.Errorf("after the provider put it right: %+v", view)
			}
			var closings int
			if err := d.pool.QueryRow(t.Context(), `SELECT count(*) FROM difference_closings WHERE by_run IS NOT NULL AND difference_id = $1`, first.ID).Scan(&closings); err != nil || closings != 1 {
				t.Errorf("%d closings on record, %v", closings, err)
			}
		})
	}
}

func TestF1_UnknownMoneyGoesToSuspenseOnce(t *testing.T) {
	t.Parallel()
	d, by, _, _ := settled(t)
	d.plant(1, nil)
	d.plant(26_504_001, map[string]string{"purpose": "of somebody else"})
	d.plant(3, map[string]string{"payment_id": uuid.NewString()})
	for range 2 {
		view := d.reconcile(by)
		if view.SuspenseFen != 26_504_005 || len(view.Suspense) != 3 || len(view.Differences) != 3 {
			t.Fatalf("finance sees %+v", view)
		}
		for _, f := range view.Differences {
			if f.Kind != payments.UnknownHere || *f.HereFen != 0 {
				t.Errorf("difference %+v", f)
			}
		}
		d.sound()
	}
}

// Money that names a payment of ours and is not what was asked for, or comes a second time, is no payment.
func TestF1_MoneyThatFitsNoPaymentIsInSuspense(t *testing.T) {
	t.Parallel()
	d, by, won, _ := settled(t)
	payment, _ := d.intentOf(won)
	late := d.enrol(15_000_000)
	other, _ := d.intentOf(late)
	d.plant(15_000_000, map[string]string{"payment_id": payment.String()})
	d.plant(14_999_999, map[string]string{"payment_id": other.String()})
	d.standin.SetWebhookURL("")
	view := d.reconcile(by)
	if view.SuspenseFen != 29_999_999 || len(view.Differences) != 2 {
		t.Fatalf("finance sees %+v", view)
	}
	for _, f := range view.Differences {
		twice := f.Kind == payments.CountedTwice && *f.PaymentID == payment && *f.HereFen == 0 && *f.ThereFen == 15_000_000
		short := f.Kind == payments.OtherAmount && *f.PaymentID == other && *f.HereFen == 15_000_000 && *f.ThereFen == 14_999_999
		if !twice && !short {
			t.Errorf("difference %+v", f)
		}
	}
	if view.Differences[0].Kind == view.Differences[1].Kind {
		t.Errorf("both are %s", view.Differences[0].Kind)
	}
	d.sound()
}

// R18: while bidding runs nobody learns from a difference that a deposit was paid; money that names one waits for the end.
func TestR18_DifferencesOfARunningLotAreSealed(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by := d.finance()
	account := d.enrol(15_000_000)
	d.payDeposit(account)
	payment, _ := d.intentOf(account)
	d.plant(15_000_000, map[string]string{"payment_id": payment.String()})
	view := d.reconcile(by)
	if len(view.Differences) != 1 || len(view.Suspense) != 1 || view.SuspenseFen != 0 {
		t.Fatalf("finance sees %+v", view)
	}
	f, u := view.Differences[0], view.Suspense[0]
	if !f.Sealed || f.HereFen != nil || f.ThereFen != nil || f.BookingID != nil || f.PaymentID != nil || f.LotID != nil || f.Currency != "" {
		t.Errorf("a sealed difference shows %+v", f)
	}
	if u.State != "sealed" || u.AmountFen != nil || u.BookingID != nil || u.IntentID != nil || u.NamesPayment != nil {
		t.Errorf("sealed unknown money shows %+v", u)
	}
	if err := d.service.CloseDifference(t.Context(), by, f.ID, "why not"); fault.CodeOf(err) != fault.PaymentStateConflict {
		t.Errorf("closing it gives %v", err)
	}
	d.sound()
	d.release()
	view = d.reconcile(by)
	d.only(view, payments.CountedTwice, 0, 15_000_000)
	if view.SuspenseFen != 15_000_000 || view.Suspense[0].State != "held" {
		t.Errorf("after the end finance sees %+v", view)
	}
	d.sound()
}

// A payment and a refund whose webhooks were lost are brought forward as a webhook would have: no difference.
func TestReconciliation_BringsForwardWhatWebhooksLost(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by := d.finance()
	account := d.enrol(15_000_000)
	d.standin.SetWebhookURL("")
	d.pay(d.deposit(account).PaymentURL, "succeed")
	if got := d.deposit(account).State; got != payments.Requested {
		t.Fatalf("deposit is %s without a webhook", got)
	}
	if view := d.reconcile(by); len(view.Differences) != 0 || view.SuspenseFen != 0 {
		t.Fatalf("finance sees %+v", view)
	}
	if got := d.deposit(account).State; got != payments.Held || d.sales.held != 1 {
		t.Fatalf("deposit is %s, told %d times", got, d.sales.held)
	}
	d.standin.Faults().OnRefund(standin.RefundLater)
	d.release()
	// On its way: the provider has booked it and it is not done here.
	if view := d.reconcile(by); len(view.Differences) != 0 || d.deposit(account).State != payments.Returning {
		t.Fatalf("on its way: %+v, deposit %s", view.Differences, d.deposit(account).State)
	}
	d.clock.To(d.clock.Now().Add(5 * time.Second))
	d.standin.Sweep()
	if view := d.reconcile(by); len(view.Differences) != 0 || d.deposit(account).State != payments.Returned {
		t.Fatalf("after it settled: %+v, deposit %s", view.Differences, d.deposit(account).State)
	}
	d.sound()
}

// A refund that comes back after it was done is owed again, and stays on finance's list until it is explained.
func TestR23_ARefundThatFailedAfterItWasDoneIsADifference(t *testing.T) {
	t.Parallel()
	d, by, _, lost := settled(t)
	refund, provider := d.refundOf(lost)
	d.standin.SetWebhookURL("")
	if err := d.standin.SettleRefund(provider, "failed", "lost_or_stolen_card"); err != nil {
		t.Fatal(err)
	}
	f := d.only(d.reconcile(by), payments.RefundFailed, 15_000_000, 15_000_000)
	if f.RefundID.String() != refund || d.deposit(lost).State != payments.Returning {
		t.Fatalf("difference %+v, deposit %s", f, d.deposit(lost).State)
	}
	d.only(d.reconcile(by), payments.RefundFailed, 15_000_000, 15_000_000)
	d.sound()
	d.giveBack(by, refund, 15_000_000)
	if view := d.reconcile(by); len(view.Differences) != 0 {
		t.Fatalf("after the transfer by hand: %+v", view.Differences)
	}
	if got := d.deposit(lost).State; got != payments.Returned {
		t.Errorf("deposit is %s after the transfer by hand", got)
	}
	d.sound()
}

// What the ledger took twice for one payment, under another key.
func TestReconciliation_AMovementOfClearingThatRestsOnNothing(t *testing.T) {
	t.Parallel()
	d, by, won, _ := settled(t)
	payment, _ := d.intentOf(won)
	d.postTwice(payment, 15_000_000)
	d.only(d.reconcile(by), payments.CountedTwice, 30_000_000, 15_000_000)
}
