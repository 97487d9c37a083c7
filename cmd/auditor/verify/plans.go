package verify

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/money"
)

// A claim is what a creditor asks of a case's money, by number (F4).
type claim struct {
	audit.ClaimLodged

	caseID        uuid.UUID
	at, withdrawn time.Time
}

// A plan is one that divides a case's money, with where it stands in the log.
type plan struct {
	audit.PlanMade

	caseID uuid.UUID
	at     time.Time
	leaf   int64
}

// planEntry takes an entry about claims, plans and what becomes of them; false for another.
func (h *house) planEntry(leaf int64, e audit.Entry) bool {
	switch e.Kind {
	case audit.KindClaimLodged:
		if body, ok := read[audit.ClaimLodged](h, leaf, e); ok {
			h.claims = append(h.claims, &claim{ClaimLodged: body, caseID: e.CaseID, at: e.At})
		}
	case audit.KindClaimWithdrawn:
		if body, ok := read[audit.ClaimWithdrawn](h, leaf, e); ok {
			h.withdrawals = append(h.withdrawals, withdrawal{body.Claim, e.At})
		}
	case audit.KindPlanMade:
		if body, ok := read[audit.PlanMade](h, leaf, e); ok {
			h.plans = append(h.plans, plan{body, e.CaseID, e.At, leaf})
		}
	default:
		return h.payouts.entry(h, leaf, e)
	}
	return true
}

// A withdrawal is when a claim was taken back.
type withdrawal struct {
	claim string
	at    time.Time
}

// divide divides each plan's case again, and holds what it was made from against the claims, objections and sales of the log, and what was paid by it
// against it, at the log's end: entries of different transactions may stand in another order than they committed. Acts on a case's claims and plans
// have each a time of its own, which tells their order.
func (h *house) divide() {
	for _, w := range h.withdrawals {
		for _, c := range h.claims {
			if c.Claim == w.claim {
				c.withdrawn = w.at
			}
		}
	}
	h.payouts.sort()
	slices.SortStableFunc(h.claims, func(a, b *claim) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(h.plans, func(a, b plan) int { return a.at.Compare(b.at) })
	for i := range h.plans {
		p := &h.plans[i]
		if why := h.wrongIn(p); why != "" {
			h.v.report.add(logFinding(PlanDiffers, p.leaf, p.caseID, p.No, why))
		}
	}
	h.payOut()
}

// wrongIn names what of a plan is not as the log and the law give it; empty where all is.
func (h *house) wrongIn(p *plan) string {
	again, err := distribution.Divide(p.Terms)
	switch {
	case err != nil:
		return err.Error()
	case !slices.Equal(again.Dues, p.Dues):
		for i, d := range again.Dues {
			if i >= len(p.Dues) || d != p.Dues[i] {
				return "claim " + d.Claim
			}
		}
		return "claims"
	case again.Costs != p.CostsFen || again.Kept != p.KeptFen || again.Debtor != p.DebtorFen:
		return fmt.Sprintf("costs %d, kept %d, debtor %d fen", again.Costs, again.Kept, again.Debtor)
	}
	if why := h.claimsOf(p); why != "" {
		return why
	}
	if p.Revises == "" {
		return h.potsOf(p)
	}
	root := h.planNamed(p.Revises)
	if root == nil || root.caseID != p.caseID || root.Revises != "" || !root.at.Before(p.at) {
		return "revises " + p.Revises
	}
	own, served := p.Terms, root.Terms
	own.Claims, served.Claims = nil, nil
	if !reflect.DeepEqual(own, served) {
		return "revises " + p.Revises
	}
	return ""
}

// planNamed is a plan by its id; nil for one that the log does not know.
func (h *house) planNamed(id string) *plan {
	if i := slices.IndexFunc(h.plans, func(p plan) bool { return p.Distribution == id }); i >= 0 {
		return &h.plans[i]
	}
	return nil
}

// root is the id of the plan that was served.
func (p *plan) root() string {
	if p.Revises != "" {
		return p.Revises
	}
	return p.Distribution
}

// claimsOf holds the claims that a plan divides among against those that stood when it was made, as objections had left them and less what plans before
// had paid.
func (h *house) claimsOf(p *plan) string {
	want := h.claimsAt(p, p.at)
	for i, k := range want {
		if i >= len(p.Terms.Claims) || !reflect.DeepEqual(k, p.Terms.Claims[i]) {
			return "claim " + k.ID
		}
	}
	if len(p.Terms.Claims) > len(want) {
		return "claim " + p.Terms.Claims[len(want)].ID
	}
	return ""
}

// claimsAt are the claims that a plan divides among at a time: of a revision those of the plan that was served.
func (h *house) claimsAt(p *plan, at time.Time) []distribution.Claim {
	pots, served := map[string]bool{}, map[string]bool{}
	for _, x := range p.Terms.Pots {
		pots[x.ID] = true
	}
	if root := h.planNamed(p.root()); root != nil {
		for _, k := range root.Terms.Claims {
			served[k.ID] = true
		}
	}
	var list []distribution.Claim
	for _, c := range h.claims {
		if c.caseID != p.caseID || !c.at.Before(at) || (!c.withdrawn.IsZero() && c.withdrawn.Before(at)) || (p.Revises != "" && !served[c.Claim]) {
			continue
		}
		k := c.divided(pots)
		if p.Revises != "" {
			k.Paid = h.payouts.paid(h, p.Revises, k.ID, at)
		}
		list = append(list, k)
	}
	return distribution.Recognise(h.coursesAt(p.caseID, at), list, h.got(p.caseID, at), at)
}

// divided is a claim as a plan takes it. A security over what brought nothing is none.
func (c *claim) divided(pots map[string]bool) distribution.Claim {
	k := distribution.Claim{ID: c.Claim, Kind: distribution.Kind(c.Kind), Amount: c.AmountFen, Seized: c.Seized}
	for _, s := range c.Securities {
		if pots[s.Pot] {
			k.Securities = append(k.Securities, distribution.Security(s))
		}
	}
	if k.Kind == distribution.Secured && len(k.Securities) == 0 {
		k.Kind = distribution.Ordinary
	}
	return k
}

// potsOf holds what a plan says that properties brought against their sales: the price, or the difference of a taking, with what lost
// deposits made good of it (R24), less what plans before took; and that no sale that was paid before is left out.
func (h *house) potsOf(p *plan) string {
	brought, taken := map[string]money.Fen{}, h.taken(p.caseID, p.at)
	for _, x := range p.Terms.Pots {
		brought[x.ID] = x.Proceeds + taken[x.ID]
	}
	for _, l := range h.order {
		if l.caseID != p.caseID {
			continue
		}
		f, in := brought[l.id.String()]
		delete(brought, l.id.String())
		if l.broken {
			continue // told already
		}
		price, at := l.brought()
		if l.annulled && !p.at.Before(l.annulledAt) {
			price = 0
		}
		switch {
		case !in && price > taken[l.id.String()] && at.Before(p.at), in && (price == 0 || p.at.Before(at)), in && (f < price || f > price+h.madeGood(l)):
			return "lot " + l.id.String()
		}
	}
	own, in := brought[casePot]
	paid := h.debtorPaid(p)
	if !in && paid > taken[casePot] || in && (own < paid || own > paid+h.madeGoodOfDebt(p.caseID)) {
		return casePot
	}
	delete(brought, casePot)
	for id := range brought {
		return "lot " + id
	}
	return ""
}

// casePot is what belongs to no property: what the debtor paid (R17w), and what lost deposits paid of the debt (R24).
const casePot = "case"

// debtorPaid is what the debtor had paid into the case when a plan was made; what was above the debt went to escrow, and back.
func (h *house) debtorPaid(p *plan) (sum money.Fen) {
	for _, f := range h.payouts.posted {
		if f.body.Kind != "debt_paid" || f.caseID != p.caseID || !f.at.Before(p.at) {
			continue
		}
		for _, t := range f.body.Transfers {
			if t.Credit == "proceeds" {
				sum += t.AmountFen
			}
		}
	}
	return sum
}

// madeGoodOfDebt is the most that lost deposits of a case paid of its debt and of what no re-sale by auction brought.
func (h *house) madeGoodOfDebt(caseID uuid.UUID) (sum money.Fen) {
	for _, l := range h.order {
		if u := l.forfeit.used; l.caseID == caseID && u != nil {
			sum += u.DebtFen + u.RelatedFen + u.ShortfallFen
		}
	}
	return sum
}

// brought is what a lot's sale brought, and when it was there; 0 for nothing.
func (l *lot) brought() (money.Fen, time.Time) {
	switch {
	case l.taken && l.differencePaid:
		return l.difference, l.paidAt
	case !l.taken && l.paid:
		return l.state.Price, l.paidAt
	}
	return 0, time.Time{}
}

// madeGood is what lost deposits made good of a lot's price.
func (h *house) madeGood(l *lot) (sum money.Fen) {
	for _, o := range h.order {
		if u := o.forfeit.used; u != nil && u.ReSale == l.id.String() {
			sum += u.ShortfallFen
		}
	}
	return sum
}
