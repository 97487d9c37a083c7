package payments_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/payments"
)

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
