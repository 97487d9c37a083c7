package payments_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/standin"
)

// event is one step that reaches the service or the stand-in; all that is chance in it was drawn before.
type event func(ctx context.Context) error

// kind is what may happen, with how often in a thousand or so.
type kind struct {
	name  string
	share int
	draw  func() event
}

func (w *world) kinds() []kind {
	return []kind{
		{"enrol", 150, w.drawEnrol},
		{"pay", 300, w.drawPay},
		{"old page", 60, w.drawOldPage},
		{"balance", 130, w.drawBalance},
		{"webhook fault", 60, w.drawWebhookFault},
		{"request fault", 40, w.drawRequestFault},
		{"refund fault", 25, w.drawRefundFault},
		{"release webhooks", 20, w.drawRelease},
		{"resend", 15, w.drawResend},
		{"forge", 10, w.drawForge},
		{"run", 15, w.drawRun},
		{"sweep", 8, w.drawSweep},
		{"give back", 4, w.drawGiveBack},
		{"transfer", 50, w.drawTransfer},
		{"decide", 25, w.drawDecide},
		{"return", 25, w.drawReturn},
		{"plant", 12, w.drawPlant},
		{"reconcile", 2, w.drawReconcile},
		{"assign", 8, w.drawAssign},
		{"return unknown", 6, w.drawReturnUnknown},
		{"failure", 10, w.drawFailure},
		{"dispute", 4, w.drawDispute},
		{"set aside", 3, w.drawSetAside},
		{"end", 21, w.drawEnd},
	}
}

// draw takes one of them.
func (w *world) draw() event {
	kinds := w.kinds()
	sum := 0
	for _, k := range kinds {
		sum += k.share
	}
	n := w.rng.IntN(sum)
	for _, k := range kinds {
		if n -= k.share; n < 0 {
			do := k.draw()
			return func(ctx context.Context) error {
				if err := do(ctx); err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
				return nil
			}
		}
	}
	panic("no kind is drawn")
}

func oneOf[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// running are lots that are not over, as far as the one that draws knows; recent are the last of all.
const running = 12

func (w *world) running() *sale { return w.order[len(w.order)-1-w.rng.IntN(running)] }

// bidder is an account of a lot that runs or ended lately.
func (w *world) bidder() (*sale, uuid.UUID) {
	s := w.order[len(w.order)-1-w.rng.IntN(min(len(w.order), 3*running))]
	if len(s.accounts) == 0 {
		return s, uuid.Nil // nobody enrolled yet
	}
	return s, oneOf(w.rng, s.accounts...)
}

func (w *world) drawEnrol() event {
	s, account, amount := w.running(), w.uuid(), money.Fen(0)
	if w.rng.IntN(30) != 0 {
		amount = s.deposit
	}
	s.accounts = append(s.accounts, account)
	return func(ctx context.Context) error {
		s.mu.Lock() // an enrolment commits before the end, or not at all
		defer s.mu.Unlock()
		if s.over {
			return errNothing
		}
		now := w.clock.Now()
		return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO accounts (id, login, role, password_hash, real_name, created_at) VALUES (@id, @login, 'bidder', 'x', 'n', @now)`,
				pgx.NamedArgs{"id": account, "login": account.String(), "now": now})
			if err != nil {
				return err
			}
			_, err = w.service.Request(ctx, tx, now, payments.DepositRequest{LotID: s.lot, CaseID: s.caseID, AccountID: account, Amount: amount})
			return err
		})
	}
}

// payer is what a person does on a page.
func (w *world) payer() standin.Payer {
	p := standin.Payer{Outcome: standin.Succeed, Method: oneOf(w.rng, "", "card", "alipay", "wechat_pay")}
	switch w.rng.IntN(10) {
	case 0:
		p.Outcome = standin.Decline
	case 1:
		p.Outcome = standin.Abandon
	}
	if p.Method == "card" {
		p.Refunds = oneOf(w.rng, "", standin.RefundAtOnce, standin.RefundLater, standin.RefundFailsLater)
	}
	return p
}

// payPage pays a page that the service named.
func (w *world) payPage(page string, p standin.Payer) error {
	if page == "" {
		return errNothing
	}
	w.mu.Lock()
	w.pages = append(w.pages, page)
	w.mu.Unlock()
	return w.standin.Pay(page[strings.LastIndex(page, "/")+1:], p)
}

func (w *world) drawPay() event {
	s, account := w.bidder()
	p := w.payer()
	return func(ctx context.Context) error {
		d, err := w.service.DepositOf(ctx, s.lot, account)
		if err != nil {
			return err
		}
		return w.payPage(d.PaymentURL, p)
	}
}

// drawOldPage pays a page that was shown before: it may have run out, or given way to another.
func (w *world) drawOldPage() event {
	p, n := w.payer(), w.rng.IntN(64)
	return func(context.Context) error {
		w.mu.Lock()
		page := ""
		if len(w.pages) > 0 {
			page = w.pages[len(w.pages)-1-n%len(w.pages)]
		}
		w.mu.Unlock()
		return w.payPage(page, p)
	}
}

func (w *world) drawBalance() event {
	s, _ := w.bidder()
	p := w.payer()
	return func(ctx context.Context) error {
		won := s.winner.Load()
		if won == nil {
			return errNothing
		}
		b, err := w.service.OpenBalance(ctx, s.lot, won.AccountID)
		if err != nil {
			return err
		}
		return w.payPage(b.PaymentURL, p)
	}
}

func (w *world) drawWebhookFault() event {
	f := standin.WebhookFault{
		Action: oneOf(w.rng, standin.Lose, standin.Double, standin.Late, standin.SwapWithNext, standin.Hold, standin.ForgedFirst, standin.OtherVersion),
		Type:   oneOf(w.rng, "", "checkout.session.completed", "payment_intent.*", "charge.*", "refund.*"),
		Delay:  time.Duration(w.rng.IntN(20)) * time.Millisecond, Times: 1 + w.rng.IntN(3),
	}
	return func(context.Context) error { w.standin.Faults().OnWebhook(f); return nil }
}

func (w *world) drawRequestFault() event {
	f := standin.RequestFault{
		Action: oneOf(w.rng, standin.FailBefore, standin.FailAfter, standin.FailStored, standin.DropBefore, standin.DropAfter, standin.Slow),
		Path:   oneOf(w.rng, "", "/v1/refunds*", "/v1/checkout/sessions*", "/v1/payment_intents*", "/v1/balance_transactions"),
		Status: oneOf(w.rng, 500, 503, 429), Delay: time.Duration(w.rng.IntN(30)) * time.Millisecond, Times: 1 + w.rng.IntN(3), After: w.rng.IntN(4),
	}
	if f.Path == "/v1/refunds*" && w.rng.IntN(2) == 0 {
		f.Method = "POST"
	}
	return func(context.Context) error { w.standin.Faults().OnRequest(f); return nil }
}

func (w *world) drawRefundFault() event {
	goes := oneOf(w.rng, standin.RefundAtOnce, standin.RefundLater, standin.RefundFailsLater)
	return func(context.Context) error { w.standin.Faults().OnRefund(goes); return nil }
}

func (w *world) drawRelease() event {
	reversed := w.rng.IntN(2) == 0
	return func(context.Context) error { w.standin.ReleaseWebhooks(reversed); return nil }
}

// drawResend sends again an event that came before.
func (w *world) drawResend() event {
	n := w.rng.IntN(32)
	return func(ctx context.Context) error {
		var id string
		err := w.pool.QueryRow(ctx, `SELECT id FROM stripe_events WHERE intent_id = (
			SELECT intent_id FROM payments WHERE intent_id IS NOT NULL ORDER BY id DESC OFFSET $1 LIMIT 1) LIMIT 1`, n).Scan(&id)
		if err != nil {
			return err
		}
		_, err = w.standin.Resend(ctx, id)
		return err
	}
}

func (w *world) drawForge() event {
	payload := fmt.Sprintf(`{"id":"evt_forged%d","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16","data":{"object":{"id":"pi_%d","object":"payment_intent"}}}`,
		w.rng.Uint32(), w.rng.Uint32())
	return func(ctx context.Context) error {
		status, err := w.standin.Forge(ctx, []byte(payload))
		if err == nil && status < 400 {
			w.t.Errorf("a forged webhook is answered %d", status)
		}
		return err
	}
}

// drawRun runs duties beside whatever else does; one in three is ended in the middle.
func (w *world) drawRun() event {
	ends := w.rng.IntN(3) == 0
	after := time.Duration(w.rng.IntN(30)) * time.Millisecond
	return func(ctx context.Context) error {
		if ends {
			limited, cancel := context.WithTimeout(ctx, after)
			defer cancel()
			ctx = limited
		}
		_, err := w.runner.RunDue(ctx)
		return err
	}
}

func (w *world) drawSweep() event {
	return func(context.Context) error { w.standin.Sweep(); return nil }
}

// drawGiveBack returns a deposit before the end, as for a code that is not admitted.
func (w *world) drawGiveBack() event {
	s, account := w.bidder()
	return func(ctx context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.over {
			return errNothing
		}
		return w.service.GiveBack(ctx, s.lot, []uuid.UUID{account})
	}
}

// drawEnd ends the oldest lot that runs, and lists another.
func (w *world) drawEnd() event {
	s := w.order[len(w.order)-running]
	w.openSale()
	won, times := w.rng.IntN(3) != 0, 1+w.rng.Int64N(9)
	return func(ctx context.Context) error { return w.endSale(context.WithoutCancel(ctx), s, won, times) }
}

// drawSetAside sets a sale aside, once: all that was paid of it is owed back (R31).
func (w *world) drawSetAside() event {
	s, _ := w.bidder()
	return func(ctx context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.over || s.reversed || s.winner.Load() == nil {
			return errNothing
		}
		if err := w.service.SettleDeposits(ctx, s.lot); err != nil {
			return err
		}
		err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
			_, err := w.service.Reverse(ctx, tx, w.clock.Now(), s.lot, false)
			return err
		})
		s.reversed = err == nil
		return err
	}
}
