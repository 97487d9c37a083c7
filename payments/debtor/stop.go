package debtor

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/trail"
	"mingchui/payments"
)

// notStarted are the lots of a case that a payment stops: announced, and no bidding on them has begun (R17w). One that was stayed in the middle
// of its bidding is the court's to withdraw.
const notStarted = `(l.status = 'announced' AND l.starts_at > @now OR l.status = 'suspended' AND l.suspended_at < l.starts_at)`

// Received puts a payment on the trail, owes finance's thirty days (F2), and, where nothing is left of the debt, the withdrawal of each lot that
// has not started. It is payments.Debts.
func (s *Service) Received(ctx context.Context, tx pgx.Tx, at time.Time, r payments.DebtReceived) error {
	err := trail.Record(ctx, tx, trail.Step{
		CaseID: r.CaseID, At: at, Role: trail.Machine, Act: trail.DebtPaid, Rule: "R17w", Public: true,
		Detail: map[string]any{"payment": r.Payment, "amount_fen": r.Counts, "left_fen": r.Left},
	})
	if err != nil {
		return err
	}
	within, err := payOutWithin(ctx, tx, r.CaseID)
	if err != nil {
		return err
	}
	duties := []duty.Duty{{
		Kind: duty.PayOut, Key: r.CaseID.String() + ":" + r.Payment.String(), CaseID: &r.CaseID, Rule: "F2", Actor: duty.Finance, DueAt: at.Add(within),
	}}
	if r.Left == 0 {
		rows, err := tx.Query(ctx, `SELECT l.id FROM lots l WHERE l.case_id = @case AND `+notStarted+` ORDER BY l.id`, pgx.NamedArgs{"case": r.CaseID, "now": at})
		if err != nil {
			return fault.Internalf("read the lots that a payment stops: %w", err)
		}
		lots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return fault.Internalf("read the lots that a payment stops: %w", err)
		}
		for _, lot := range lots {
			duties = append(duties, duty.Duty{
				Kind: duty.StopForDebt, Key: lot.String() + ":" + r.Payment.String(), CaseID: &r.CaseID, LotID: &lot, Rule: "R17w", Actor: duty.Machine, DueAt: at,
			})
		}
	}
	return s.duties.Owe(ctx, tx, at, duties...)
}

// payOutWithin is F2's time by the rules of the case's newest lot.
func payOutWithin(ctx context.Context, tx pgx.Tx, caseID uuid.UUID) (time.Duration, error) {
	rules := law.China2017()
	var name string
	err := tx.QueryRow(ctx, `SELECT rule_set FROM lots WHERE case_id = @case ORDER BY id DESC LIMIT 1`, pgx.NamedArgs{"case": caseID}).Scan(&name)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return rules.PayOutWithin, nil
	case err != nil:
		return 0, fault.Internalf("read a case's rules: %w", err)
	}
	rules, known := law.ByName(name)
	if !known {
		return 0, fault.Internalf("rule set %q is not known", name)
	}
	return rules.PayOutWithin, nil
}

// stopDuty withdraws a lot because the debtor paid before its bidding started. Where the machine comes to it only afterwards, the payment was in
// time all the same: the lot is stayed, and then withdrawn.
func (s *Service) stopDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	machine := auction.Actor{Role: trail.Machine}
	act := auction.CourtAct{Lot: *d.LotID, Ground: auction.DebtPaid, Reason: docket.Text{
		Zh: "被执行人在竞价开始前已足额清偿债务和应由其负担的费用，依法撤回本标的的拍卖。",
		En: "Before bidding started the debtor paid the whole debt and the costs that the debtor bears, so the sale of this lot is withdrawn by law.",
	}}
	err := s.auction.Withdraw(ctx, machine, act)
	if fault.CodeOf(err) != fault.StateConflict {
		return err
	}
	var runs bool
	if err := s.pool.QueryRow(ctx, `SELECT status = 'announced' FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": act.Lot}).Scan(&runs); err != nil {
		return fault.Internalf("read a lot's status: %w", err)
	}
	if !runs {
		return nil // withdrawn by the court already, or over
	}
	if err := s.auction.Stay(ctx, machine, act); err != nil && fault.CodeOf(err) != fault.StateConflict {
		return err
	}
	return s.auction.Withdraw(ctx, machine, act)
}
