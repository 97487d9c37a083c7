package casefund

import (
	"context"
	"encoding/json"
	"errors"
	"time"

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

// Made is a plan as everybody sees it: claims by number, no name.
type Made struct {
	ID     uuid.UUID         `json:"distribution"`
	CaseID uuid.UUID         `json:"case"`
	No     int               `json:"no"`
	Case   distribution.Case `json:"terms"`
	Plan   distribution.Plan `json:"plan"`
	Claims []Numbered        `json:"claims"`
	Reason docket.Text       `json:"reason,omitzero"`
	MadeAt time.Time         `json:"made_at"`
	// ReplacedAt is when another plan took its place.
	ReplacedAt *time.Time `json:"replaced_at,omitempty"`
	// Stale: claims came or went since it was made.
	Stale bool `json:"stale"`
}

// Numbered is a claim by its number.
type Numbered struct {
	ID   uuid.UUID         `json:"claim"`
	No   int               `json:"no"`
	Kind distribution.Kind `json:"kind"`
}

// Make makes a plan of what the case's sales brought (F4), in place of the one before. It moves nothing.
//
// Faults: role_forbidden, not_found, invalid_request with the field, amounts (enforcement_costs_fen, sole_home_fen, living_fen),
// order_not_for_case, reason_required, nothing_to_divide and fund_differs (conflict).
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
		if err := holdClaims(ctx, a.Tx, p.Case); err != nil {
			return err
		}
		terms, err := p.terms(ctx, a.Tx)
		if err != nil {
			return err
		}
		plan, err := distribution.Divide(terms)
		if err != nil {
			return err
		}
		return record(ctx, a, id, p, terms, plan)
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
func (p Proposal) terms(ctx context.Context, tx pgx.Tx) (distribution.Case, error) {
	g, err := gather(ctx, tx, p.Case)
	if err != nil {
		return distribution.Case{}, err
	}
	if len(g.Pots) == 0 {
		return distribution.Case{}, fault.New(fault.Conflict, fault.NothingToDivide).ByRule("F4")
	}
	if err := g.agree(ctx, tx, p.Case); err != nil {
		return distribution.Case{}, err
	}
	costs, err := g.Common.Add(p.Enforcement)
	if err != nil {
		return distribution.Case{}, err
	}
	c := distribution.Case{Order: p.Order, Pots: g.Pots, Costs: costs, SoleHome: p.SoleHome, Living: p.Living}
	claims, err := readClaims(ctx, tx, p.Case)
	if err != nil {
		return distribution.Case{}, err
	}
	there := map[string]bool{}
	for _, x := range g.Pots {
		there[x.ID] = true
	}
	for _, k := range claims {
		if k.WithdrawnAt == nil {
			c.Claims = append(c.Claims, k.divided(there))
		}
	}
	return c, nil
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

// record keeps a plan in place of the one that stood, and puts it in the log with all that it was made from.
func record(ctx context.Context, a *auction.CaseAct, id uuid.UUID, p Proposal, terms distribution.Case, plan distribution.Plan) error {
	asked, err := json.Marshal(terms)
	if err != nil {
		return fault.Internalf("write a plan's terms: %w", err)
	}
	made, err := json.Marshal(plan)
	if err != nil {
		return fault.Internalf("write a plan: %w", err)
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE distributions SET replaced_at = @now WHERE case_id = @case AND replaced_at IS NULL`, pgx.NamedArgs{"case": p.Case, "now": a.Now}); err != nil {
		return fault.Internalf("replace a plan: %w", err)
	}
	var no int
	err = a.Tx.QueryRow(ctx, `
		INSERT INTO distributions (id, case_id, no, terms, plan, enforcement_fen, reason_zh, reason_en, made_by, made_at)
		SELECT @id, @case, coalesce(max(no), 0) + 1, @terms, @plan, @enforcement, @zh, @en, @by, @now FROM distributions WHERE case_id = @case RETURNING no`,
		pgx.NamedArgs{
			"id": id, "case": p.Case, "terms": string(asked), "plan": string(made), "enforcement": p.Enforcement, "zh": p.Reason.Zh, "en": p.Reason.En,
			"by": a.By.AccountID, "now": a.Now,
		}).Scan(&no)
	if err != nil {
		return fault.Internalf("insert a plan: %w", err)
	}
	a.Step.Detail = map[string]any{"distribution": id, "no": no, "costs_fen": plan.Costs, "kept_fen": plan.Kept, "debtor_fen": plan.Debtor}
	return a.Enter(ctx, audit.KindPlanMade, audit.PlanMade{
		Distribution: id.String(), No: no, Terms: terms, Dues: plan.Dues, CostsFen: plan.Costs, KeptFen: plan.Kept, DebtorFen: plan.Debtor, ReasonHash: hashOf(p.Reason),
	})
}

// hashOf is the hash of a reason, empty for none.
func hashOf(t docket.Text) string {
	if t.IsZero() {
		return ""
	}
	return audit.HashText(t.Zh)
}

// Distributions lists a case's plans, the newest first; public.
//
// Faults: not_found.
func (s *Service) Distributions(ctx context.Context, caseID uuid.UUID) ([]Made, error) {
	var exists bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM cases WHERE id = @case)`, pgx.NamedArgs{"case": caseID}).Scan(&exists); err != nil {
		return nil, fault.Internalf("read a case: %w", err)
	}
	if !exists {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	rows, err := s.pool.Query(ctx, `SELECT id, case_id, no, terms, plan, reason_zh, reason_en, made_at, replaced_at FROM distributions WHERE case_id = @case ORDER BY no DESC`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read plans: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Made, err error) {
		var terms, plan string
		if err := row.Scan(&m.ID, &m.CaseID, &m.No, &terms, &plan, &m.Reason.Zh, &m.Reason.En, &m.MadeAt, &m.ReplacedAt); err != nil {
			return m, err
		}
		return m, errors.Join(json.Unmarshal([]byte(terms), &m.Case), json.Unmarshal([]byte(plan), &m.Plan))
	})
	if err != nil {
		return nil, fault.Internalf("read plans: %w", err)
	}
	claims, err := readClaims(ctx, s.pool, caseID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].number(claims)
	}
	return list, nil
}

// number names a plan's claims by their numbers, and tells whether others stand now.
func (m *Made) number(claims []Claim) {
	in := map[string]bool{}
	for _, k := range m.Case.Claims {
		in[k.ID] = true
	}
	m.Claims = []Numbered{}
	for _, k := range claims {
		if in[k.ID.String()] {
			m.Claims = append(m.Claims, Numbered{k.ID, k.No, k.Kind})
		}
		if in[k.ID.String()] != (k.WithdrawnAt == nil) {
			m.Stale = true
		}
	}
}
