package payments_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/money"
	"mingchui/payments"
)

// persons are two of finance, in a drawn order.
func (w *world) persons() (maker, other auction.Actor) {
	if w.rng.IntN(2) == 0 {
		return w.one, w.two
	}
	return w.two, w.one
}

func (w *world) slip() string { return fmt.Sprint("slip ", w.slips.Add(1)) }

// drawTransfer enters money that came to the court's account: for a deposit or a balance, all of it, less or more, or for nothing known.
func (w *world) drawTransfer() event {
	s, account := w.bidder()
	maker, _ := w.persons()
	nothing, change := w.rng.IntN(6) == 0, w.rng.IntN(4)
	amount := money.Fen(1 + w.rng.IntN(300_000_000))
	return func(ctx context.Context) error {
		a := payments.Arrived{AmountFen: amount, BankReference: w.slip(), Payer: "王某"}
		if !nothing {
			if won := s.winner.Load(); won != nil {
				account = won.AccountID
			}
			in, err := w.service.TransferInstructions(ctx, s.lot, account)
			if err != nil {
				return err
			}
			a.PaymentReference, a.AmountFen = in.Reference, in.MissingFen
			switch change {
			case 0:
				a.AmountFen = max(1, in.MissingFen/2)
			case 1:
				a.AmountFen += 7
			}
		}
		_, err := w.service.EnterTransfer(ctx, maker, a)
		return err
	}
}

// drawDecide decides a transfer that waits, by its maker or by another.
func (w *world) drawDecide() event {
	_, other := w.persons()
	what := w.rng.IntN(6)
	return func(ctx context.Context) error {
		var id uuid.UUID
		if err := w.pool.QueryRow(ctx, `SELECT id FROM transfers_in WHERE state = 'prepared' ORDER BY prepared_at LIMIT 1`).Scan(&id); err != nil {
			return err
		}
		if what == 0 {
			return w.service.WithdrawTransfer(ctx, other, id)
		}
		return w.decideTransfer(ctx, id, other, what != 1)
	}
}

func (w *world) decideTransfer(ctx context.Context, id uuid.UUID, by auction.Actor, approve bool) error {
	return w.service.DecideTransfer(ctx, by, id, approve, "not ours")
}

// drawReturn gives back by hand what is owed the longest: it is entered, approved, refused or withdrawn.
func (w *world) drawReturn() event {
	maker, other := w.persons()
	what := w.rng.IntN(8)
	return func(ctx context.Context) error { return w.returnOne(ctx, maker, other, what) }
}

func (w *world) returnOne(ctx context.Context, maker, other auction.Actor, what int) error {
	var waits, of uuid.UUID
	err := w.pool.QueryRow(ctx, `SELECT id FROM transfers_out WHERE state = 'prepared' ORDER BY prepared_at LIMIT 1`).Scan(&waits)
	if err == nil && what < 6 {
		switch what {
		case 0:
			return w.service.DecideReturn(ctx, other, waits, false, "another account")
		case 1:
			return w.service.WithdrawReturn(ctx, maker, waits)
		}
		// One of the two did not enter it.
		if err := w.service.DecideReturn(ctx, other, waits, true, ""); err == nil {
			return nil
		}
		return w.service.DecideReturn(ctx, maker, waits, true, "")
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var amount money.Fen
	if err := w.pool.QueryRow(ctx, `SELECT d.key::uuid, coalesce(r.amount_fen, u.amount_fen) FROM duties d
			LEFT JOIN refunds r ON r.id::text = d.key LEFT JOIN unknown_money u ON u.id::text = d.key
		WHERE d.kind = 'return_by_transfer' AND d.state = 'owed'
			AND NOT EXISTS (SELECT FROM transfers_out t WHERE t.state = 'prepared' AND coalesce(t.refund_id, t.unknown_id)::text = d.key)
		ORDER BY d.created_at LIMIT 1`).Scan(&of, &amount); err != nil {
		return err
	}
	_, err = w.service.EnterReturn(ctx, maker, of, payments.TransferOut{AmountFen: amount, BankReference: w.slip(), Payee: "n, 6222"})
	return err
}

// drawPlant makes money at the provider that nobody asked for.
func (w *world) drawPlant() event {
	amount := 1 + w.rng.Int64N(99_999_999)
	var names map[string]string
	if w.rng.IntN(4) == 0 {
		names = map[string]string{"payment_id": w.uuid().String()}
	}
	return func(context.Context) error {
		id, err := w.standin.PlantPayment(amount, names)
		if err == nil {
			w.mu.Lock()
			w.planted[id] = money.Fen(amount)
			w.mu.Unlock()
		}
		return err
	}
}

func (w *world) drawReconcile() event {
	by, _ := w.persons()
	return func(ctx context.Context) error {
		_, err := w.service.Reconcile(ctx, by, time.Time{})
		return err
	}
}

// drawAssign plants money of just the amount that a payment asks for, or takes some that is there, and gives it to the payment.
func (w *world) drawAssign() event {
	by, _ := w.persons()
	plant := w.rng.IntN(2) == 0
	return func(ctx context.Context) error {
		if plant {
			var amount int64
			if err := w.pool.QueryRow(ctx, `SELECT amount_fen FROM payments WHERE state IN ('asked', 'open') ORDER BY asked_at DESC LIMIT 1`).Scan(&amount); err != nil {
				return err
			}
			id, err := w.standin.PlantPayment(amount, nil)
			if err == nil {
				w.mu.Lock()
				w.planted[id] = money.Fen(amount)
				w.mu.Unlock()
			}
			return err
		}
		var unknown, payment uuid.UUID
		var intent string
		err := w.pool.QueryRow(ctx, `SELECT u.id, u.intent_id, p.id FROM unknown_money u JOIN payments p ON p.amount_fen = u.amount_fen
			WHERE u.state = 'held' AND u.intent_id <> '' AND p.state <> 'paid' ORDER BY u.found_at, p.id LIMIT 1`).Scan(&unknown, &intent, &payment)
		if err != nil {
			return err
		}
		if err := w.service.AssignUnknown(ctx, by, unknown, payment, "slip"); err != nil {
			return err
		}
		w.mu.Lock()
		w.assigned[intent], w.late[payment] = true, true
		w.mu.Unlock()
		return nil
	}
}

func (w *world) drawReturnUnknown() event {
	by, _ := w.persons()
	return func(ctx context.Context) error {
		var id uuid.UUID
		if err := w.pool.QueryRow(ctx, `SELECT id FROM unknown_money WHERE state = 'held' ORDER BY found_at LIMIT 1`).Scan(&id); err != nil {
			return err
		}
		return w.service.ReturnUnknown(ctx, by, id, "no sale of ours")
	}
}

// drawFailure lets the bank refuse a refund that was done.
func (w *world) drawFailure() event {
	n := w.rng.IntN(32)
	return func(ctx context.Context) error {
		var id string
		if err := w.pool.QueryRow(ctx, `SELECT provider_id FROM refunds WHERE provider_id IS NOT NULL ORDER BY id DESC OFFSET $1 LIMIT 1`, n).Scan(&id); err != nil {
			return err
		}
		return w.standin.SettleRefund(id, "failed", "lost_or_stolen_card")
	}
}

// drawDispute lets a payer's bank ask a payment back.
func (w *world) drawDispute() event {
	n := w.rng.IntN(32)
	return func(ctx context.Context) error {
		var intent string
		if err := w.pool.QueryRow(ctx, `SELECT intent_id FROM payments WHERE state = 'paid' AND intent_id IS NOT NULL ORDER BY id DESC OFFSET $1 LIMIT 1`, n).Scan(&intent); err != nil {
			return err
		}
		return w.standin.Dispute(intent)
	}
}
