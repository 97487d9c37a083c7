package casefund

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
	"mingchui/payments/ledger"
)

// Approve lets a plan be paid (F5): what it gives each payee, beyond what was paid by one that it revises, is posted and waits for the bank's file. What
// a suit is about stays where it is. After the 30 days of F2 a superior's reason is put on record.
//
// Faults: role_forbidden, not_found, same_person (who made it never approves), plan_stale, plan_not_final, plan_to_revise, panel_decision_missing (F3),
// fund_differs, state_conflict (it is approved already, or another took its place), late_reason_required.
func (s *Service) Approve(ctx context.Context, by auction.Actor, plan uuid.UUID, late auction.Late) error {
	step := trail.Step{Act: trail.PlanApproved, Rule: "F5", Public: true}
	return s.onPlan(ctx, by, plan, finance, step, func(a *auction.CaseAct, b *books, p *stored) error {
		if p.MadeBy == by.AccountID {
			return fault.New(fault.Forbidden, fault.SamePerson).ByRule("F5")
		}
		if err := approvable(ctx, a, b, p); err != nil {
			return err
		}
		payOutDue, err := payOutBy(ctx, a.Tx, p)
		if err != nil {
			return err
		}
		if err := a.InTime("F2", payOutDue, late); err != nil {
			return err
		}
		costs, err := b.unsettledCosts(ctx, a.Tx, p)
		if err != nil {
			return err
		}
		body, err := pay(ctx, a, p, b.payouts(p), costs)
		if err != nil {
			return err
		}
		var closed *time.Time
		if p.aside() == 0 {
			closed = &a.Now
		}
		tag, err := a.Tx.Exec(ctx, `UPDATE distributions SET approved_by = @by, approved_at = @now, costs_settled_fen = @costs, closed_at = @closed WHERE id = @id AND approved_at IS NULL`,
			pgx.NamedArgs{"id": p.ID, "by": by.AccountID, "now": a.Now, "costs": costs, "closed": closed})
		if err != nil {
			return fault.Internalf("approve a plan: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, fault.StateConflict).InField("distribution").ByRule("F5")
		}
		a.Step.Detail = map[string]any{"distribution": p.ID, "no": p.No, "payouts": len(body.Payouts), "costs_fen": costs}
		if err := a.DoneForLots(ctx, duty.PayOut, p.lots()...); err != nil {
			return err
		}
		if p.ofTheCase() {
			if err := a.DoneForCase(ctx, duty.PayOut); err != nil {
				return err
			}
		}
		return a.Enter(ctx, audit.KindPlanApproved, body)
	})
}

// approvable holds a plan against all that it waits for, and, where nothing of it was paid, against what the accounts hold.
func approvable(ctx context.Context, a *auction.CaseAct, b *books, p *stored) error {
	votes, err := readVotes(ctx, a.Tx, p.CaseID)
	if err != nil {
		return err
	}
	found, err := b.found(ctx, a.Tx, p.CaseID)
	if err != nil {
		return err
	}
	t := votes[p.ID]
	t.Panel = b.rules.PanelMin
	err = due(ForApproval)(b.waits(p, t, &found, a.Now))
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.PanelDecisionMissing {
		return f.With("in_favour", t.For).With("against", t.Against).With("panel", t.Panel)
	}
	if err != nil {
		return err
	}
	return found.agree(ctx, a.Tx, p.CaseID)
}

// lots are the lots whose price a plan divides.
func (p *stored) lots() (list []uuid.UUID) {
	for _, x := range p.Terms.Pots {
		if id, err := uuid.Parse(x.ID); err == nil { // the case's own pot is of no lot
			list = append(list, id)
		}
	}
	return list
}

// ofTheCase tells whether a plan divides what belongs to no property: what the debtor paid is in it.
func (p *stored) ofTheCase() bool {
	return slices.ContainsFunc(p.Terms.Pots, func(x distribution.Pot) bool { return x.ID == CasePot })
}

// payOutBy is by when finance pays out what a plan divides (F2); the zero time when it owes nothing.
func payOutBy(ctx context.Context, q querier, p *stored) (at time.Time, err error) {
	var due *time.Time
	err = q.QueryRow(ctx, `SELECT min(due_at) FROM duties WHERE kind = @kind AND state = 'owed'
		AND (lot_id = ANY(@lots) OR (@own AND lot_id IS NULL AND case_id = @case))`,
		pgx.NamedArgs{"kind": duty.PayOut, "lots": p.lots(), "own": p.ofTheCase(), "case": p.CaseID}).Scan(&due)
	if err != nil {
		return at, fault.Internalf("read when money is paid out: %w", err)
	}
	if due != nil {
		at = *due
	}
	return at, nil
}

// unsettledCosts are the costs of a plan that none which it revises settled.
func (b *books) unsettledCosts(ctx context.Context, q querier, p *stored) (money.Fen, error) {
	var settled money.Fen
	err := q.QueryRow(ctx, `SELECT coalesce(sum(costs_settled_fen), 0)::bigint FROM distributions WHERE root_id = @root`, pgx.NamedArgs{"root": p.Root}).Scan(&settled)
	if err != nil {
		return 0, fault.Internalf("sum settled costs: %w", err)
	}
	return p.Plan.Costs - settled, nil
}

// pay posts what a plan gives, a transfer to each payee, and writes the payouts.
func pay(ctx context.Context, a *auction.CaseAct, p *stored, list []owing, costs money.Fen) (audit.PlanApproved, error) {
	body := audit.PlanApproved{Distribution: p.ID.String(), CostsFen: costs, Payouts: []audit.Payout{}}
	posting := ledger.Posting{CaseID: p.CaseID, Kind: "plan_paid", Reference: p.ID, Key: "plan_paid/" + p.ID.String()}
	if costs > 0 {
		posting.Transfers = append(posting.Transfers, ledger.Transfer{Debit: ledger.Proceeds, Credit: ledger.Costs, Amount: costs})
	}
	for _, x := range list {
		id, err := newID()
		if err != nil {
			return body, err
		}
		var claim *string
		if x.To != distribution.TheDebtor {
			to := string(x.To)
			claim = &to
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO payouts (id, distribution_id, case_id, claim_id, purpose, amount_fen, state, approved_at) VALUES (@id, @plan, @case, @claim::uuid, @purpose, @fen, 'approved', @now)`,
			pgx.NamedArgs{"id": id, "plan": p.ID, "case": p.CaseID, "claim": claim, "purpose": x.Purpose, "fen": x.Fen, "now": a.Now})
		if err != nil {
			return body, fault.Internalf("insert a payout: %w", err)
		}
		posting.Transfers = append(posting.Transfers, ledger.Transfer{Debit: ledger.Proceeds, Credit: ledger.PaidOut, Amount: x.Fen})
		body.Payouts = append(body.Payouts, audit.Payout{Payout: id.String(), To: x.To, Purpose: string(x.Purpose), AmountFen: x.Fen})
	}
	if len(posting.Transfers) == 0 {
		return body, nil
	}
	return body, ledger.Post(ctx, a.Tx, a.Now, posting)
}
