package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
)

type refundRow struct {
	ID, PaymentID, CaseID, LotID uuid.UUID
	DepositID                    *uuid.UUID
	Amount                       money.Fen
	State, Key                   string
	ProviderID                   *string
	Intent                       string
	// CreditID is the custodian's credit that the payment came by.
	CreditID *string
}

// oweRefunds owes one refund for each payment of a deposit that is not given
// back yet.
func (s *Service) oweRefunds(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow) error {
	rows, err := tx.Query(ctx, `SELECT `+paymentColumns+` FROM payments
		WHERE deposit_id = @deposit AND state = 'paid' ORDER BY id`, pgx.NamedArgs{"deposit": d.ID})
	if err != nil {
		return fault.Internalf("read deposit's payments: %w", err)
	}
	paid, err := pgx.CollectRows(rows, pgx.RowToStructByPos[paymentRow])
	if err != nil {
		return fault.Internalf("read deposit's payments: %w", err)
	}
	for _, p := range paid {
		if err := s.oweRefund(ctx, tx, now, p, p.Amount); err != nil {
			return err
		}
	}
	return nil
}

// oweRefund owes the refund of one payment, or of a part of it, once; its key commits here. What a transfer brought goes back by hand.
func (s *Service) oweRefund(ctx context.Context, tx pgx.Tx, now time.Time, p paymentRow, amount money.Fen) error {
	id, err := newID()
	if err != nil {
		return err
	}
	state := "owed"
	if p.TransferID != nil {
		state = "by_hand"
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO refunds (id, payment_id, deposit_id, case_id, amount_fen, state, idempotency_key, owed_at)
		VALUES (@id, @payment, @deposit, @case, @amount, @state, @key, @now)
		ON CONFLICT DO NOTHING`, // refunds_payment: one a payment, whatever its key has become
		pgx.NamedArgs{
			"id": id, "payment": p.ID, "deposit": p.DepositID, "case": p.CaseID, "amount": amount,
			"state": state, "key": "refund/" + p.ID.String(), "now": now,
		})
	if err != nil {
		return fault.Internalf("owe refund: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	if p.TransferID != nil {
		return s.oweByHand(ctx, tx, now, p.LotID)
	}
	return s.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.RefundDeposit, Key: id.String(), CaseID: &p.CaseID, LotID: orNone(p.LotID),
		Rule: "R23", Actor: duty.Machine, DueAt: now,
	})
}

const refundQuery = `
	SELECT r.id, r.payment_id, r.case_id, coalesce(p.lot_id, '00000000-0000-0000-0000-000000000000'), r.deposit_id, r.amount_fen, r.state, r.idempotency_key, r.provider_id, coalesce(p.intent_id, ''), p.credit_id
	FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = @id FOR UPDATE OF r`

func (s *Service) refundDuty(ctx context.Context, d duty.Duty) error {
	id, err := uuid.Parse(d.Key)
	if err != nil {
		return fault.Internalf("duty %s names no refund: %w", d.ID, err)
	}
	r, err := readRefund(ctx, s.pool, id)
	if err != nil || r.State != "owed" {
		return err
	}
	made, err := s.sendBack(ctx, r, d.Attempts > 1)
	if gateway.Disputed(err) { // it is never made, however often it is asked for: finance looks what the bank did, and transfers
		_, err = s.settleRefund(ctx, r.ID, gateway.Refund{Status: gateway.RefundFailed, FailureReason: "charge_disputed"})
		return err
	}
	if err != nil {
		return err
	}
	if _, err := s.pool.Exec(ctx, `UPDATE refunds SET state = 'asked', asked_at = @now, provider_id = @provider WHERE id = @id AND state = 'owed'`,
		pgx.NamedArgs{"id": r.ID, "provider": made.ID, "now": s.clock.Now()}); err != nil {
		return fault.Internalf("mark refund asked: %w", err)
	}
	_, err = s.settleRefund(ctx, r.ID, made)
	return err
}

// sendBack asks the provider for the refund. A second try looks first: the
// provider forgets keys after a day, and a stored error never changes.
func (s *Service) sendBack(ctx context.Context, r refundRow, again bool) (gateway.Refund, error) {
	if r.CreditID != nil {
		if s.custodian == nil {
			return gateway.Refund{}, fault.New(fault.Unavailable, fault.PaymentProviderUnavailable)
		}
		made, err := s.custodian.Return(ctx, r.Key, *r.CreditID, r.Amount)
		return refundOf(made), err
	}
	if again {
		there, err := s.provider.FindRefunds(ctx, r.Intent)
		if err != nil {
			return gateway.Refund{}, err
		}
		for _, one := range there {
			if one.Metadata["refund_id"] == r.ID.String() {
				return one, nil
			}
		}
	}
	made, err := s.provider.Refund(ctx, gateway.RefundRequest{
		IdempotencyKey: r.Key, PaymentIntentID: r.Intent, AmountFen: r.Amount,
		Metadata: map[string]string{"refund_id": r.ID.String(), "duty_id": r.ID.String()},
	})
	if err != nil && gateway.NeedsNewKey(err) {
		if _, failed := s.pool.Exec(ctx, `UPDATE refunds SET idempotency_key = @key WHERE id = @id AND state = 'owed'`,
			pgx.NamedArgs{"id": r.ID, "key": r.Key + "'"}); failed != nil {
			return gateway.Refund{}, fault.Internalf("give refund a new key: %w", failed)
		}
	}
	return made, err
}

func readRefund(ctx context.Context, q querier, id uuid.UUID) (refundRow, error) {
	rows, err := q.Query(ctx, refundQuery, pgx.NamedArgs{"id": id})
	if err != nil {
		return refundRow{}, fault.Internalf("read refund: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[refundRow])
	if err != nil {
		return refundRow{}, fault.Internalf("read refund: %w", err)
	}
	return r, nil
}

// applyRefund brings one refund forward to what the provider says of it.
func (s *Service) applyRefund(ctx context.Context, providerID string) (bool, error) {
	there, err := s.provider.FetchRefund(ctx, providerID)
	if err != nil {
		return false, err
	}
	id, err := uuid.Parse(there.Metadata["refund_id"])
	if err != nil {
		return false, nil //nolint:nilerr // not a refund of ours
	}
	return s.settleRefund(ctx, id, there)
}

func (s *Service) applyRefundsOf(ctx context.Context, intent string) (bool, error) {
	if intent == "" {
		return false, nil
	}
	there, err := s.provider.FindRefunds(ctx, intent)
	if err != nil {
		return false, err
	}
	applied := false
	for _, r := range there {
		id, err := uuid.Parse(r.Metadata["refund_id"])
		if err != nil {
			continue
		}
		moved, err := s.settleRefund(ctx, id, r)
		if err != nil {
			return applied, err
		}
		applied = applied || moved
	}
	return applied, nil
}

// settleRefund records a refund's end. Done: escrow (or, for a late balance,
// proceeds) back to clearing, and the deposit is returned with its last
// refund. Failed: it stays owed to its payer and finance is told.
func (s *Service) settleRefund(ctx context.Context, id uuid.UUID, there gateway.Refund) (bool, error) {
	failed := there.Status == gateway.RefundFailed || there.Status == gateway.RefundCanceled
	if !failed && there.Status != gateway.RefundSucceeded {
		return false, nil
	}
	if !failed {
		w := &depositReturn{refund: id, provider: there.ID}
		if err := s.returns.Do(ctx, w); err != nil {
			return false, err
		}
		if !w.alone {
			return w.applied, nil
		}
	}
	now := s.clock.Now()
	moved := false
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		moved = false
		r, err := readRefund(ctx, tx, id)
		if err != nil {
			return err
		}
		var d *depositRow
		if r.DepositID != nil {
			row, err := lockDeposit(ctx, tx, *r.DepositID)
			if err != nil {
				return err
			}
			d = &row
		}
		if failed {
			moved, err = s.failRefund(ctx, tx, now, r, d, there)
			return err
		}
		moved, err = s.finishRefund(ctx, tx, now, r, d, there.ID)
		return err
	})
	return moved, err
}

// failRefund takes back what a refund counted as done had posted: banks refuse
// refunds days later. The deposit is owed again, and finance owes a transfer
// by hand: the provider cannot send this money.
func (s *Service) failRefund(ctx context.Context, tx pgx.Tx, now time.Time, r refundRow, d *depositRow, there gateway.Refund) (bool, error) {
	// Its id is kept also where the answer to its making was lost: the provider's books name it.
	tag, err := tx.Exec(ctx, `UPDATE refunds SET state = 'failed', done_at = NULL, failure = @why, provider_id = coalesce(provider_id, nullif(@provider, '')) WHERE id = @id AND state NOT IN ('failed', 'transferred')`,
		pgx.NamedArgs{"id": r.ID, "why": there.FailureReason, "provider": there.ID})
	if err != nil {
		return false, fault.Internalf("mark refund failed: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	s.log.ErrorContext(ctx, "a refund failed and is owed by hand", "refund", r.ID, "reason", there.FailureReason)
	if r.LotID == uuid.Nil { // what a debtor paid too much: of the case, not of a lot
		err = s.duties.Owe(ctx, tx, now, duty.Duty{
			Kind: duty.ReturnByTransfer, Key: r.ID.String(), CaseID: &r.CaseID, Rule: "R23", Actor: duty.Finance, DueAt: now.Add(law.China2017().ReturnDepositsWithin),
		})
	} else {
		err = s.oweByHand(ctx, tx, now, r.LotID)
	}
	if err != nil {
		return false, err
	}
	if r.State != "done" {
		return true, nil
	}
	if _, err := tx.Exec(ctx, `UPDATE payments SET refunded_fen = refunded_fen - @amount WHERE id = @id`,
		pgx.NamedArgs{"id": r.PaymentID, "amount": r.Amount}); err != nil {
		return false, fault.Internalf("count refund back: %w", err)
	}
	_, from, err := refundedFrom(ctx, tx, r)
	if err != nil {
		return false, err
	}
	if err := s.postRefund(ctx, tx, now, d, ledger.Posting{
		CaseID: r.CaseID, Kind: "refund_failed", Reference: r.ID, Key: "refund_failed/" + r.ID.String(),
		Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: from, Amount: r.Amount}},
	}); err != nil {
		return false, err
	}
	if d == nil || d.State != Returned {
		return true, nil
	}
	return true, moveDeposit(ctx, tx, now, d, DepositLate, now)
}

// postRefund posts what a refund moves: a deposit's sealed while its lot runs, a
// balance's for everybody.
func (s *Service) postRefund(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow, p ledger.Posting) error {
	if d == nil {
		return ledger.Post(ctx, tx, now, p)
	}
	_, err := s.post(ctx, tx, now, d.LotID, p)
	return err
}

// refundedFrom is the kind of a refund's posting and the account that it leaves: deposits, and what a debtor
// paid above the debt, are in escrow, parts of a balance in proceeds until the sale is set aside. The payment's
// row is held by the caller, so no setting aside is under way.
func refundedFrom(ctx context.Context, tx pgx.Tx, r refundRow) (kind string, from ledger.Purpose, err error) {
	if r.DepositID != nil {
		return "deposit_returned", ledger.Escrow, nil
	}
	var what purpose
	var state *string
	err = tx.QueryRow(ctx, `SELECT p.purpose, b.state FROM payments p LEFT JOIN balances b ON b.lot_id = p.lot_id WHERE p.id = @payment`,
		pgx.NamedArgs{"payment": r.PaymentID}).Scan(&what, &state)
	switch {
	case err != nil:
		return "", "", fault.Internalf("read the refund's balance: %w", err)
	case what == forDebt:
		return "debt_returned", ledger.Escrow, nil
	case state == nil:
		return "", "", fault.Internalf("refund %s is of a balance that is not there", r.ID)
	}
	return "balance_returned", balanceAccount(*state), nil
}

// finishRefund counts a refund as done. One that failed stays so, as at the provider
// (docs.stripe.com/refunds#failed-refunds): who says otherwise read it before it failed.
func (s *Service) finishRefund(ctx context.Context, tx pgx.Tx, now time.Time, r refundRow, d *depositRow, provider string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE refunds SET state = 'done', done_at = @now, provider_id = @provider, asked_at = coalesce(asked_at, @now)
		WHERE id = @id AND state NOT IN ('done', 'failed', 'transferred')`, pgx.NamedArgs{"id": r.ID, "provider": provider, "now": now})
	if err != nil {
		return false, fault.Internalf("mark refund done: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	return true, s.wentBack(ctx, tx, now, r, d, r.ID)
}

// wentBack counts and posts a refund that reached its payer, once for each reference: the refund itself where the provider made
// it, the transfer where the court did. The last one of a deposit returns it.
func (s *Service) wentBack(ctx context.Context, tx pgx.Tx, now time.Time, r refundRow, d *depositRow, reference uuid.UUID) error {
	if _, err := tx.Exec(ctx, `UPDATE payments SET refunded_fen = refunded_fen + @amount WHERE id = @id`,
		pgx.NamedArgs{"id": r.PaymentID, "amount": r.Amount}); err != nil {
		return fault.Internalf("count refund: %w", err)
	}
	kind, from, err := refundedFrom(ctx, tx, r)
	if err != nil {
		return err
	}
	if err := s.postRefund(ctx, tx, now, d, ledger.Posting{
		CaseID: r.CaseID, Kind: kind, Reference: reference, Key: kind + "/" + reference.String(),
		Transfers: []ledger.Transfer{{Debit: from, Credit: ledger.Clearing, Amount: r.Amount}},
	}); err != nil {
		return err
	}
	if d == nil || d.State != Returning {
		return nil
	}
	var left bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM payments
		WHERE deposit_id = @deposit AND state = 'paid' AND refunded_fen < amount_fen)`,
		pgx.NamedArgs{"deposit": d.ID}).Scan(&left); err != nil {
		return fault.Internalf("look for refunds left: %w", err)
	}
	if left {
		return nil
	}
	return moveDeposit(ctx, tx, now, d, DepositBack, time.Time{})
}
