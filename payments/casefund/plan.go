package casefund

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Proposal is what finance decides of a plan; all else is on record already.
type Proposal struct {
	Case  uuid.UUID
	Order distribution.Order
	// Enforcement are the costs of the enforcement itself (执行费用); those of the sales are on record (R24).
	Enforcement money.Fen
	// SoleHome and Living are kept for the debtor (F4l).
	SoleHome, Living money.Fen
	// Reason is published; needed where something is kept, and for the order of seizure: that the bankruptcy was asked for and not opened.
	Reason docket.Text
}

// Make makes a plan of what the case's sales brought (F4), in place of the one before. It moves nothing.
//
// Faults: role_forbidden, not_found, invalid_request with the field, amounts (enforcement_costs_fen, sole_home_fen, living_fen),
// order_not_for_case, reason_required; conflicts nothing_to_divide, fund_differs, plan_unsettled (the last is paid, but for what a suit is about).
func (s *Service) Make(ctx context.Context, by auction.Actor, p Proposal) (uuid.UUID, error) {
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	step := trail.Step{Act: trail.PlanMade, Rule: "F4", Ground: string(p.Order), Reason: p.Reason, Public: true}
	return id, s.auction.OnCase(ctx, by, p.Case, finance, step, func(a *auction.CaseAct) error {
		if err := p.check(a.Document.Kind); err != nil {
			return err
		}
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		b, err := readBooks(ctx, a.Tx, p.Case)
		if err != nil {
			return err
		}
		if b.underway() {
			return fault.New(fault.Conflict, fault.PlanUnsettled).ByRule("F4o")
		}
		terms, err := p.terms(ctx, a, &b)
		if err != nil {
			return err
		}
		return record(ctx, a, stored{ID: id, Root: id, CaseID: p.Case, Terms: terms, Enforcement: p.Enforcement, Reason: p.Reason})
	})
}

// check holds a proposal against what needs no store.
func (p Proposal) check(kind docket.CaseKind) error {
	for field, f := range map[string]money.Fen{"enforcement_costs_fen": p.Enforcement, "sole_home_fen": p.SoleHome, "living_fen": p.Living} {
		if err := f.Valid(); err != nil {
			return fault.New(fault.KindOf(err), fault.CodeOf(err)).InField(field).ByRule("F4")
		}
	}
	criminal := p.Order == distribution.Criminal
	switch {
	case criminal != (kind == docket.Criminal):
		return fault.New(fault.Invalid, fault.OrderNotForCase).InField("order").ByRule("F4c")
	case (p.Order == distribution.BySeizure || p.SoleHome > 0 || p.Living > 0) && !named(p.Reason, maxReason),
		!p.Reason.IsZero() && !named(p.Reason, maxReason):
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F4")
	}
	return nil
}

// terms are what the plan is made from: what is there, what it cost, and the claims that stand.
func (p Proposal) terms(ctx context.Context, a *auction.CaseAct, b *books) (distribution.Case, error) {
	g, err := b.found(ctx, a.Tx, p.Case)
	if err != nil {
		return distribution.Case{}, err
	}
	if len(g.Pots) == 0 {
		return distribution.Case{}, fault.New(fault.Conflict, fault.NothingToDivide).ByRule("F4")
	}
	if err := g.agree(ctx, a.Tx, p.Case); err != nil {
		return distribution.Case{}, err
	}
	costs, err := g.Common.Add(p.Enforcement)
	if err != nil {
		return distribution.Case{}, err
	}
	return distribution.Case{
		Order: p.Order, Pots: g.Pots, Costs: costs, SoleHome: p.SoleHome, Living: p.Living, Claims: b.fresh(g.Pots, a.Now),
	}, nil
}

// found is what there is to divide.
func (b *books) found(ctx context.Context, q querier, caseID uuid.UUID) (gathered, error) {
	g, err := gather(ctx, q, caseID)
	if err != nil {
		return g, err
	}
	return g.after(b.plans), nil
}

// divided is a claim as the plan takes it. What its property did not bring, or not yet, has no priority over anything: it is an ordinary claim then.
func (k Claim) divided(there map[string]bool) distribution.Claim {
	c := distribution.Claim{ID: k.ID.String(), Kind: k.Kind, Amount: k.AmountFen, Seized: k.Seized}
	for _, x := range k.Securities {
		if there[x.Lot.String()] {
			c.Securities = append(c.Securities, distribution.Security{Pot: x.Lot.String(), Rank: x.Rank})
		}
	}
	if c.Kind == distribution.Secured && len(c.Securities) == 0 {
		c.Kind = distribution.Ordinary
	}
	return c
}

// Revise makes the plan as its objections leave it: what nobody opposed and what was judged changes it, what a suit is about is set aside (CPI
// 510). A revision is not served again. One that a panel refused, of a plan that is paid in part, is made anew and decided anew (F3).
//
// Faults: role_forbidden, not_found, state_conflict (another plan took its place, or its objections change nothing), plan_stale, plan_not_final,
// panel_decision_missing.
func (s *Service) Revise(ctx context.Context, by auction.Actor, plan uuid.UUID) (uuid.UUID, error) {
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	step := trail.Step{Act: trail.PlanMade, Rule: "F4o", Public: true}
	return id, s.onPlan(ctx, by, plan, finance, step, func(a *auction.CaseAct, b *books, p *stored) error {
		found, err := b.found(ctx, a.Tx, p.CaseID)
		if err != nil {
			return err
		}
		votes, err := readVotes(ctx, a.Tx, p.CaseID)
		if err != nil {
			return err
		}
		t := votes[p.ID]
		t.Panel = b.rules.PanelMin
		waits, until := b.waits(p, t, &found, a.Now)
		if waits == ForPlanAnew && b.underway() {
			waits = ForRevision // no other plan can take its place: a panel decides anew
		}
		if err := due(ForRevision)(waits, until); err != nil {
			return err
		}
		next := stored{ID: id, Root: p.Root, CaseID: p.CaseID, Terms: b.root(p).Terms, Enforcement: p.Enforcement, Reason: p.Reason}
		next.Terms.Claims = b.revised(p, a.Now)
		a.Step.Ground, a.Step.Reason = string(next.Terms.Order), p.Reason
		return record(ctx, a, next)
	})
}

// record divides a plan's terms, keeps the plan in place of the one that stood, and puts it in the log with all that it was made from.
func record(ctx context.Context, a *auction.CaseAct, p stored) error {
	plan, err := distribution.Divide(p.Terms)
	if err != nil {
		return err
	}
	asked, err := json.Marshal(p.Terms)
	if err != nil {
		return fault.Internalf("write a plan's terms: %w", err)
	}
	made, err := json.Marshal(plan)
	if err != nil {
		return fault.Internalf("write a plan: %w", err)
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE distributions SET replaced_at = @now WHERE case_id = @case AND replaced_at IS NULL AND closed_at IS NULL`,
		pgx.NamedArgs{"case": p.CaseID, "now": a.Now}); err != nil {
		return fault.Internalf("replace a plan: %w", err)
	}
	err = a.Tx.QueryRow(ctx, `
		INSERT INTO distributions (id, root_id, case_id, no, terms, plan, enforcement_fen, reason_zh, reason_en, made_by, made_at)
		SELECT @id, @root, @case, coalesce(max(no), 0) + 1, @terms, @plan, @enforcement, @zh, @en, @by, @now FROM distributions WHERE case_id = @case RETURNING no`,
		pgx.NamedArgs{
			"id": p.ID, "root": p.Root, "case": p.CaseID, "terms": string(asked), "plan": string(made), "enforcement": p.Enforcement, "zh": p.Reason.Zh, "en": p.Reason.En,
			"by": a.By.AccountID, "now": a.Now,
		}).Scan(&p.No)
	if err != nil {
		return fault.Internalf("insert a plan: %w", err)
	}
	a.Step.Detail = map[string]any{"distribution": p.ID, "no": p.No, "costs_fen": plan.Costs, "kept_fen": plan.Kept, "debtor_fen": plan.Debtor}
	body := audit.PlanMade{
		Distribution: p.ID.String(), No: p.No, Terms: p.Terms, Dues: plan.Dues, CostsFen: plan.Costs, KeptFen: plan.Kept, DebtorFen: plan.Debtor, ReasonHash: hashOf(p.Reason),
	}
	if p.Root != p.ID {
		body.Revises = p.Root.String()
	}
	return a.Enter(ctx, audit.KindPlanMade, body)
}

// hashOf is the hash of a reason, empty for none.
func hashOf(t docket.Text) string {
	if t.IsZero() {
		return ""
	}
	return audit.HashText(t.Zh)
}
