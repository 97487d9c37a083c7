package pages

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/payments/casefund"
)

// PlanView is a plan that divides a case's money, ready to be shown.
type PlanView struct {
	Href, Made string
	Stale      bool
	Sums       []Pair
	Dues       []PlanDue
	Steps      []PlanStep
	// Course is what became of it, Payouts what was paid by it.
	Course  []Step
	Payouts []PayoutRow
}

// PlanDue is what a claim gets in all.
type PlanDue struct{ Claim, Asked, Share, SetAside, Open string }

// PlanStep is a place of the order with its arithmetic.
type PlanStep struct {
	Place, Available, Asked, Paid string
	Lines                         []string
}

// planOf is the plan of a case that stands, or was paid last; nil where there is none.
func (s *Site) planOf(ctx context.Context, p *Page, caseID uuid.UUID) (*PlanView, error) {
	list, err := s.CaseFund.Distributions(ctx, caseID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(m casefund.Made) bool { return m.ReplacedAt == nil })
	if i < 0 {
		return nil, nil //nolint:nilnil // a case may have none
	}
	return p.plan(&list[i]), nil
}

func (p *Page) plan(m *casefund.Made) *PlanView {
	v := &PlanView{
		Href: "/api/v1/cases/" + m.CaseID.String() + "/distributions", Stale: m.Stale,
		Made: p.T("plan.made", "n", m.No, "at", p.W.Minute(m.MadeAt), "order", p.T("plan.order_"+string(m.Case.Order))),
	}
	if !m.Reason.IsZero() {
		v.Sums = append(v.Sums, Pair{p.T("plan.reason"), p.pick(m.Reason)})
	}
	for _, pot := range m.Case.Pots {
		v.Sums = append(v.Sums, Pair{p.T("plan.brought", "pot", p.potName(m, pot.ID)), p.M(pot.Proceeds)})
	}
	v.Sums = append(v.Sums, Pair{p.T("plan.costs"), p.M(m.Plan.Costs)}, Pair{p.T("plan.kept"), p.M(m.Plan.Kept)}, Pair{p.T("plan.debtor"), p.M(m.Plan.Debtor)})
	names := map[string]string{}
	for _, k := range m.Claims {
		names[k.ID.String()] = p.T("plan.claim_no", "n", k.No, "kind", p.T("plan.kind_"+string(k.Kind)))
	}
	for i, d := range m.Plan.Dues {
		v.Dues = append(v.Dues, PlanDue{names[d.Claim], p.M(m.Case.Claims[i].Amount), p.M(d.Fen), p.M(d.SetAside), p.M(d.Open)})
	}
	for _, s := range m.Plan.Steps {
		v.Steps = append(v.Steps, p.planStep(m, s, names))
	}
	names[string(distribution.TheDebtor)] = p.T("plan.to_debtor")
	v.Course = p.planCourse(m, names)
	for _, o := range m.Payouts {
		row := PayoutRow{To: names[string(o.To)], Purpose: p.T("division.purpose_" + string(o.Purpose)), Amount: p.M(o.AmountFen), Chip: Chip{"solid", "s-wait", p.T("division.payout_" + string(o.State))}}
		if o.PaidAt != nil {
			row.Chip = Chip{"soft", "s-done", p.T("plan.paid_at", "at", p.W.Minute(*o.PaidAt))}
		}
		v.Payouts = append(v.Payouts, row)
	}
	return v
}

// planCourse is the way of a plan from its making to its payouts, with what is due.
func (p *Page) planCourse(m *casefund.Made, names map[string]string) []Step {
	list := []Step{{Done, p.T("plan.step_made"), p.W.Minute(m.MadeAt)}}
	add := func(done bool, title, text string) {
		state := ToCome
		if done {
			state = Done
		}
		list = append(list, Step{state, title, text})
	}
	if len(m.Claims) > 1 {
		all := len(m.Receipts) == len(m.Claims)+1
		text := p.T("plan.received", "n", len(m.Receipts), "of", len(m.Claims)+1)
		if m.Until != nil {
			text += p.T("frame.comma") + p.T("plan.until", "at", p.W.Minute(*m.Until))
		}
		add(all && m.Until == nil, p.T("plan.step_served"), text)
	}
	for _, o := range m.Objections {
		text := p.T("plan.outcome_" + string(o.Outcome))
		if o.Until != nil {
			text += p.T("frame.comma") + p.T("plan.until", "at", p.W.Minute(*o.Until))
		}
		add(!o.Outcome.Pending() && o.Outcome != distribution.InSuit, p.T("plan.step_objection", "n", o.No, "by", names[string(o.By)], "claim", names[o.Claim], "asked", p.M(o.AskedFen)), text)
	}
	if m.Revises != nil {
		list[0].Title = p.T("plan.step_revised")
	}
	if m.PanelNeeded {
		add(m.Votes.For+m.Votes.Against >= m.Votes.Panel, p.T("plan.step_panel"), p.T("plan.votes", "for", m.Votes.For, "against", m.Votes.Against, "panel", m.Votes.Panel))
	}
	if m.ApprovedAt != nil {
		add(true, p.T("plan.step_approved"), p.W.Minute(*m.ApprovedAt))
	} else {
		add(false, p.T("plan.step_approved"), p.T("plan.two_persons"))
	}
	return list
}

// planStep words a step: from what it takes, and how it is shared.
func (p *Page) planStep(m *casefund.Made, s distribution.Step, names map[string]string) PlanStep {
	place := p.T("plan.place_" + string(s.Place))
	if s.Rank > 0 {
		place = p.T("plan.place_rank", "place", place, "n", s.Rank)
	}
	out := PlanStep{Place: place, Available: p.M(s.Available), Asked: p.M(s.Asked), Paid: p.M(s.Paid)}
	for _, x := range s.Shares {
		out.Lines = append(out.Lines, p.T("plan.line_share", "claim", names[x.Claim], "paid", p.M(s.Paid), "open", p.M(x.Open), "asked", p.M(s.Asked), "share", p.M(x.Fen)))
	}
	if len(m.Case.Pots) > 1 {
		for _, d := range s.Draws {
			out.Lines = append(out.Lines, p.T("plan.line_draw", "pot", p.potName(m, d.Pot), "held", p.M(d.Held), "taken", p.M(d.Taken)))
		}
	}
	return out
}

// potName is which sale brought a sum: by its place among them, or that it belongs to none.
func (p *Page) potName(m *casefund.Made, id string) string {
	if id == casefund.CasePot {
		return p.T("plan.pot_case")
	}
	n := 1 + slices.IndexFunc(m.Case.Pots, func(x distribution.Pot) bool { return x.ID == id })
	return p.T("plan.pot", "n", n)
}
