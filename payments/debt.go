package payments

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// PayDebt returns the page where the debtor of a case pays amount, all of what is left of the debt or a part of it (R17w). Sums above
// MaxPayment come in parts: the page is for the first. It runs out with the court's day, for which the sum was told, unless that is too near.
//
// Faults: not_found, amount_invalid (amount_fen: nothing, or, with most_fen, more than is left), state_conflict (nothing is left),
// payment_provider_unavailable.
func (s *Service) PayDebt(ctx context.Context, caseID uuid.UUID, amount money.Fen) (string, error) {
	if s.debts == nil {
		return "", fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	now := s.clock.Now()
	var id uuid.UUID
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		rest, _, err := s.debts.Rest(ctx, tx, now, caseID)
		switch {
		case err != nil:
			return err
		case rest <= 0:
			return fault.New(fault.Conflict, fault.StateConflict).ByRule("R17w")
		case amount < 1 || amount > rest:
			return fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen").ByRule("R17w").With("most_fen", rest)
		}
		id, err = s.liveDebt(ctx, tx, now, charge{purpose: forDebt, caseID: caseID, rest: min(amount, MaxPayment), until: endOfDay(now)})
		return err
	})
	if err != nil {
		return "", err
	}
	return s.openCheckout(ctx, id)
}

// endOfDay is the end of the court's day, or the shortest time that a page may stay open where that is later.
func endOfDay(now time.Time) time.Time {
	end, least := law.DayEnd(now), now.Add(leastOpen+time.Minute)
	if end.Before(least) {
		return least
	}
	return end
}

// liveDebt finds the case's payment of this amount that can be paid, or asks for a new one in place of the one before. The case is held by
// the caller. Money that still arrives at the page before counts as far as something is owed.
func (s *Service) liveDebt(ctx context.Context, tx pgx.Tx, now time.Time, c charge) (uuid.UUID, error) {
	var id uuid.UUID
	err := tx.QueryRow(ctx, `SELECT id FROM payments WHERE purpose = 'debt' AND case_id = @case AND state IN ('asked', 'open') AND amount_fen = @amount AND expires_at > @soon`,
		pgx.NamedArgs{"case": c.caseID, "amount": c.rest, "soon": now.Add(leastOpen)}).Scan(&id)
	if err == nil {
		return id, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, fault.Internalf("find a debt's payment: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE payments SET state = 'expired' WHERE purpose = 'debt' AND case_id = @case AND state IN ('asked', 'open')`,
		pgx.NamedArgs{"case": c.caseID}); err != nil {
		return uuid.Nil, fault.Internalf("expire a debt's payment: %w", err)
	}
	return s.ask(ctx, tx, now, c)
}

// debtReceived posts what a debtor paid to the case's proceeds, as far as something is owed; what is above it lies in escrow until it is back
// with its payer.
func (s *Service) debtReceived(ctx context.Context, tx pgx.Tx, now time.Time, p paymentRow, a arrival) (bool, error) {
	if s.debts == nil {
		return false, fault.Internalf("payment %s is of a debt, and nobody knows debts", p.ID)
	}
	rest, now, err := s.debts.Rest(ctx, tx, now, p.CaseID)
	if err != nil {
		return false, err
	}
	fresh, err := markPaid(ctx, tx, now, p.ID, a.intent)
	if err != nil || !fresh {
		return false, err
	}
	counts := min(p.Amount, max(rest, 0))
	posting := ledger.Posting{CaseID: p.CaseID, Kind: "debt_paid", Reference: p.ID, Key: "debt_paid/" + p.ID.String()}
	if counts > 0 {
		posting.Transfers = append(posting.Transfers, ledger.Transfer{Debit: a.from, Credit: ledger.Proceeds, Amount: counts})
	}
	above := p.Amount - counts
	if above > 0 {
		posting.Transfers = append(posting.Transfers, ledger.Transfer{Debit: a.from, Credit: ledger.Escrow, Amount: above})
	}
	if err := ledger.Post(ctx, tx, now, posting); err != nil {
		return false, err
	}
	if above > 0 {
		if err := s.oweRefund(ctx, tx, now, p, above); err != nil {
			return false, err
		}
	}
	if counts == 0 {
		return true, nil
	}
	return true, s.debts.Received(ctx, tx, now, DebtReceived{p.CaseID, p.ID, counts, rest - counts})
}

// LookForDebt fetches the debt pages of a case that can still bring money anew, and applies what came: who paid is not told otherwise because a
// webhook is late.
func (s *Service) LookForDebt(ctx context.Context, caseID uuid.UUID) error {
	rows, err := s.pool.Query(ctx, `SELECT checkout_id FROM payments WHERE purpose = 'debt' AND case_id = @case AND state IN ('open', 'expired') AND checkout_id IS NOT NULL AND asked_at > @since ORDER BY id`,
		pgx.NamedArgs{"case": caseID, "since": s.clock.Now().Add(-2 * s.openFor)})
	if err != nil {
		return fault.Internalf("read a debt's pages: %w", err)
	}
	pages, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fault.Internalf("read a debt's pages: %w", err)
	}
	for _, page := range pages {
		if _, err := s.applyCheckout(ctx, page); err != nil {
			return err
		}
	}
	return nil
}
