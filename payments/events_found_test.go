package payments_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
	"mingchui/payments/standin"
)

// What the events of chance found, each alone.

// R23: a deposit that came in two payments is returned with its second refund, not with its first.
func TestR23_ADepositInPartsIsReturnedWithItsLastRefund(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	account := d.enrol(150_000_000)
	d.payDeposit(account)
	if err := d.runnerAlone(); err != nil {
		t.Fatal(err)
	}
	if got := d.deposit(account).State; got != payments.Returning || d.balances()["escrow"] == 0 {
		t.Fatalf("with one of two parts back the deposit is %s, accounts hold %v", got, d.balances())
	}
	d.sound()
	d.standin.Faults().Clear()
	d.settle()
	if got := d.deposit(account).State; got != payments.Returned || d.balances()["escrow"] != 0 {
		t.Fatalf("with both parts back the deposit is %s, accounts hold %v", got, d.balances())
	}
	d.sound()
}

// runnerAlone ends the lot and lets one refund be made, while the provider refuses the next.
func (d *desk) runnerAlone() error {
	d.oweRelease()
	d.standin.Faults().OnRequest(standin.RequestFault{Method: "POST", Path: "/v1/refunds", After: 1, Action: standin.FailBefore, Times: 1000})
	_, _ = d.runner.RunDue(d.t.Context()) // what is refused stays owed
	return d.standin.Flush(d.t.Context())
}

// R23: the refund of a payment that its payer's bank has asked back is never made by the provider; finance owes it by hand.
func TestR23_ARefundOfADisputedPaymentIsOwedByHand(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by, account := d.finance(), d.enrol(15_000_000)
	d.payDeposit(account)
	_, intent := d.intentOf(account)
	if err := d.standin.Dispute(intent); err != nil {
		t.Fatal(err)
	}
	d.release()
	list, err := d.service.Returns(t.Context(), by)
	if err != nil || len(list) != 1 || list[0].Why != "charge_disputed" || list[0].AmountFen != money.Fen(15_000_000) {
		t.Fatalf("finance owes %+v, %v", list, err)
	}
	if got := d.owed(duty.ReturnByTransfer, list[0].ID.String()); got != 1 || d.deposit(account).State != payments.Returning {
		t.Fatalf("%d duties, the deposit is %s", got, d.deposit(account).State)
	}
	d.sound()
	d.giveBack(by, list[0].ID.String(), 15_000_000)
	if got := d.deposit(account).State; got != payments.Returned || d.balances()["escrow"] != 0 {
		t.Fatalf("the deposit is %s, accounts hold %v", got, d.balances())
	}
	d.sound()
}

// R18: two who record money for one lot right after its end both show what was sealed; the second waits, and finds it shown.
func TestR18_TwoShowWhatWasSealedOnce(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.payDeposit(d.enrol(15_000_000))
	d.oweRelease()
	show := func(tx pgx.Tx) error { return ledger.Disclose(t.Context(), tx, d.clock.Now(), d.lot) }
	second := make(chan error, 1)
	err := pgx.BeginFunc(t.Context(), d.pool, func(tx pgx.Tx) error {
		if err := show(tx); err != nil {
			return err
		}
		go func() { second <- pgx.BeginFunc(t.Context(), d.pool, show) }()
		for waits := false; !waits; {
			if err := d.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
	if shown := d.shown(); shown["escrow"] != 15_000_000 {
		t.Errorf("everybody sees %v", shown)
	}
}

// slowAnswer is a desk whose provider gives one answer about a refund, once armed, only when it may: it was true when it was made.
func slowAnswer(t *testing.T) (d *desk, armed *atomic.Bool, read, may chan struct{}) {
	t.Helper()
	armed, read, may = &atomic.Bool{}, make(chan struct{}), make(chan struct{})
	told := &sales{}
	d = openDeskWith(t, told, told, func(c *payments.Config) {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			d.standin.Handler().ServeHTTP(answer, r)
			if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/refunds/") && armed.CompareAndSwap(true, false) {
				close(read)
				<-may
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = io.Copy(w, answer.Body)
		}))
		t.Cleanup(front.Close)
		var err error
		if c.Provider, err = gateway.New(gateway.Config{SecretKey: "sk_test_desk", WebhookSecret: hookSecret, BaseURL: front.URL}); err != nil {
			t.Fatal(err)
		}
	})
	d.list()
	return d, armed, read, may
}

// I5, R23: a refund that failed is owed by hand also when somebody read before that it was done, and writes it afterwards.
func TestI5_AFailedRefundIsNotDoneByAnOldAnswer(t *testing.T) {
	t.Parallel()
	d, armed, read, may := slowAnswer(t)
	account := d.enrol(15_000_000)
	d.payDeposit(account)
	d.standin.Faults().OnWebhook(standin.WebhookFault{Type: "charge.refunded", Action: standin.Lose, Times: 10})
	d.standin.Faults().OnRefund(standin.RefundLater)
	d.oweRelease()
	if _, err := d.runner.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	refund, provider := d.refundOf(account)
	settle := func(to string) {
		t.Helper()
		if err := d.standin.SettleRefund(provider, to, ""); err != nil {
			t.Fatal(err)
		}
		if err := d.standin.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	settle("succeeded")
	armed.Store(true)
	over := make(chan error, 1)
	go func() { _, err := d.runner.RunDue(t.Context()); over <- err }()
	<-read
	settle("failed")
	if _, err := d.runner.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(may)
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	d.settle()
	if got := d.deposit(account).State; got != payments.Returning || d.balances()["escrow"] != 15_000_000 {
		t.Errorf("the deposit is %s, accounts hold %v", got, d.balances())
	}
	d.sound()
	by := d.finance()
	d.giveBack(by, refund, 15_000_000)
	if got := d.deposit(account).State; got != payments.Returned || d.balances()["escrow"] != 0 {
		t.Errorf("given back by hand the deposit is %s, accounts hold %v", got, d.balances())
	}
	d.sound()
}

// F1: a refund whose answer was lost and which fails before anybody asked again is known to be ours: the books do not differ.
func TestF1_AFailedRefundWhoseAnswerWasLostIsOurs(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by, account := d.finance(), d.enrol(15_000_000)
	d.payDeposit(account)
	d.standin.Faults().OnRefund(standin.RefundLater)
	d.standin.Faults().OnRequest(standin.RequestFault{Method: http.MethodPost, Path: "/v1/refunds", Action: standin.DropAfter, Times: 1000})
	d.oweRelease()
	if _, err := d.runner.RunDue(t.Context()); err == nil {
		t.Fatal("no answer was lost")
	}
	d.standin.Faults().Clear()
	_, intent := d.intentOf(account)
	api := httptest.NewServer(d.standin.Handler())
	t.Cleanup(api.Close)
	provider, err := gateway.New(gateway.Config{SecretKey: "sk_test_desk", WebhookSecret: hookSecret, BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	made, err := provider.FindRefunds(t.Context(), intent)
	if err != nil || len(made) != 1 {
		t.Fatalf("%d refunds were made, %v", len(made), err)
	}
	if err := d.standin.SettleRefund(made[0].ID, "failed", "lost_or_stolen_card"); err != nil {
		t.Fatal(err)
	}
	d.settle()
	list, err := d.service.Returns(t.Context(), by)
	if err != nil || len(list) != 1 {
		t.Fatalf("finance owes %+v, %v", list, err)
	}
	d.giveBack(by, list[0].ID.String(), 15_000_000)
	if view := d.reconcile(by); len(view.Differences) != 0 {
		t.Errorf("%+v differ", view.Differences)
	}
	d.sound()
}
