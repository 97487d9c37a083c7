package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// LapseTaking ends a taking whose difference was not paid in by its time (ASE 22): the property is unsold again, with the times of a
// failed sale from now. The creditor's offer counts no more; another may take it, or it is sold again.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict (not taken, or nothing is owed), difference_not_due (with due_at),
// payment_state_conflict (a transfer of it waits for its second person).
func (s *Service) LapseTaking(ctx context.Context, by Actor, c CourtAct) error {
	if err := c.reasonGiven("R16d"); err != nil {
		return err
	}
	step := trail.Step{Act: trail.TakingLapsed, Rule: "R16d", Reason: c.Reason, Public: true}
	return s.OnLot(ctx, by, c.Lot, nil, step, func(a *LotAct) error {
		offer, owed, err := a.unpaidTaking(ctx)
		if err != nil {
			return err
		}
		due, err := dueAt(ctx, a.Tx, duty.PayDifference, c.Lot)
		if err != nil {
			return err
		}
		if !a.Now.After(due) {
			return fault.New(fault.Conflict, fault.DifferenceNotDue).ByRule("R16d").With("due_at", due)
		}
		if _, err := a.Tx.Exec(ctx, `UPDATE takings SET lapsed_at = @now WHERE lot_id = @lot AND offer_id = @offer`,
			pgx.NamedArgs{"now": a.Now, "lot": c.Lot, "offer": offer}); err != nil {
			return fault.Internalf("end the taking: %w", err)
		}
		if err := a.Cancel(ctx, duty.PayDifference); err != nil {
			return err
		}
		if err := a.Move(ctx, lifecycle.Happening{Event: lifecycle.TakingLapsed}, `price_fen = NULL`, nil); err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"difference_fen": owed}
		body := audit.TakingLapsed{Offer: offer.String(), DifferenceFen: owed, ReasonHash: audit.HashText(c.Reason.Zh)}
		if err := a.Enter(ctx, audit.KindTakingLapsed, body); err != nil {
			return err
		}
		return a.Tell(ctx, "lot.taking_lapsed", lotTold{Lot: c.Lot, Case: a.lot.CaseID, At: a.Now})
	})
}

// unpaidTaking is the offer by which the property was taken, with the difference that is owed and that no transfer was entered for.
func (a *LotAct) unpaidTaking(ctx context.Context) (offer uuid.UUID, owed money.Fen, err error) {
	if a.lot.state() != Taken {
		return offer, owed, conflict(a.lot.state())
	}
	var entered bool
	err = a.Tx.QueryRow(ctx, `SELECT offer_id, difference_fen, EXISTS (SELECT FROM transfers_in t WHERE t.lot_id = k.lot_id AND t.state = 'prepared')
		FROM takings k WHERE lot_id = @lot AND lapsed_at IS NULL AND difference_fen > 0 AND difference_paid_at IS NULL`,
		pgx.NamedArgs{"lot": a.lot.ID}).Scan(&offer, &owed, &entered)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return offer, owed, conflict(a.lot.state())
	case err != nil:
		return offer, owed, fault.Internalf("read the taking: %w", err)
	case entered:
		return offer, owed, fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule("R16d")
	}
	return offer, owed, nil
}

// differenceDue is by when the difference of a taking is paid in; nil where none is owed.
func differenceDue(ctx context.Context, tx pgx.Tx, l *lotRow) (*time.Time, error) {
	due, err := dueAt(ctx, tx, duty.PayDifference, l.ID)
	if err != nil || due.IsZero() {
		return nil, err
	}
	return &due, nil
}
