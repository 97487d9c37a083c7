package payments_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/money"
	"mingchui/payments"
)

// crowd is many accounts that owe a deposit for one lot, with their pages.
func (d *desk) crowd(n int, amount money.Fen) (accounts []uuid.UUID, pages []string) {
	d.t.Helper()
	for range n {
		account := d.enrol(amount)
		accounts, pages = append(accounts, account), append(pages, d.deposit(account).PaymentURL)
	}
	return accounts, pages
}

// payAll does on each page what a person does, and lets nothing else run.
func (d *desk) payAll(pages []string) {
	d.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, url := range pages {
		res, err := client.Do(formPost(d.t, url, "succeed"))
		if err != nil {
			d.t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode >= 400 {
			d.t.Fatalf("the payment page answers %d", res.StatusCode)
		}
	}
}

// insistent receives webhooks again and again at once while connections are killed, instead of having the provider come back later.
func (d *desk) insistent() {
	d.t.Helper()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		for range 100 {
			if err == nil && d.service.ReceiveWebhook(r.Context(), body, r.Header.Get("Stripe-Signature")) == nil {
				return
			}
		}
		w.WriteHeader(http.StatusBadRequest)
	}))
	d.t.Cleanup(hook.Close)
	d.standin.SetWebhookURL(hook.URL)
}

// despite lets webhooks and duties run while connections of PostgreSQL are killed, as often as it takes until none is owed.
func (d *desk) despite(kill bool) {
	d.t.Helper()
	stop, killing := make(chan struct{}), sync.WaitGroup{}
	if kill {
		killing.Go(func() {
			for killed := 0; killed < 25; {
				select {
				case <-stop:
					return
				default:
				}
				var n int
				if d.pool.QueryRow(context.WithoutCancel(d.t.Context()), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
					WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND random() < 0.2`).Scan(&n) == nil {
					killed += n
				}
			}
		})
	}
	for range 4 {
		d.standin.Sweep()
		_ = d.standin.Flush(d.t.Context())
		_, _ = d.runner.RunDue(d.t.Context()) // what fails stays owed
	}
	close(stop)
	killing.Wait()
	d.pool.Reset() // of connections that were killed while nobody used them
	d.exec(`UPDATE duties SET leased_until = NULL WHERE state = @owed`, pgx.NamedArgs{"owed": "owed"})
	d.settle()
}

// I5: a crowd pays and is given back, many works in a transaction, and while connections are killed: each deposit is held once and comes back
// once, each payment and refund has one posting, and the winner's counts.
func TestI5_ACrowdPaysAndIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]bool{"in peace": false, "while connections are killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			d.insistent()
			const many, amount = 40, 15_000_000
			accounts, pages := d.crowd(many, amount)
			d.payAll(pages)
			d.despite(kill)
			for _, a := range accounts {
				if got := d.deposit(a).State; got != payments.Held {
					t.Errorf("a deposit that was paid is %s", got)
				}
			}
			if b := d.balances(); b["escrow"] != many*amount {
				t.Errorf("accounts hold %v", b)
			}
			if b := d.shown(); b["escrow"] != 0 {
				t.Errorf("before the end everybody may see %v (R18)", b)
			}
			d.sound()
			d.sales.winner, d.sales.price = accounts[3], 200_000_000
			d.oweRelease()
			d.despite(kill)
			for i, a := range accounts {
				want := payments.Returned
				if i == 3 {
					want = payments.Applied
				}
				if got := d.deposit(a).State; got != want {
					t.Errorf("deposit %d is %s, want %s", i, got, want)
				}
			}
			if b := d.balances(); b["escrow"] != 0 || b["proceeds"] != amount {
				t.Errorf("accounts hold %v", b)
			}
			if b := d.shown(); b["escrow"] != 0 || b["proceeds"] != amount {
				t.Errorf("after the end everybody may see %v", b)
			}
			var refunds, postings, transactions int
			if err := d.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM refunds WHERE state = 'done'), count(*), count(DISTINCT xmin::text)
				FROM postings WHERE kind = 'deposit_returned'`).Scan(&refunds, &postings, &transactions); err != nil || refunds != many-1 || postings != many-1 {
				t.Errorf("%d refunds, %d postings, %v", refunds, postings, err)
			}
			t.Logf("%d refunds were posted in %d transactions", postings, transactions)
			d.sound()
		})
	}
}
