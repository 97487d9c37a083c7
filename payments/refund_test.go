package payments_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/payments"
	"mingchui/payments/standin"
)

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
