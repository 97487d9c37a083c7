package verify

import (
	"fmt"
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

// planEntry takes an entry about claims and plans; false for another.
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
		return false
	}
	return true
}

// A withdrawal is when a claim was taken back.
type withdrawal struct {
	claim string
	at    time.Time
}

// divide divides each plan's case again, and holds what it was made from against the claims and sales of the log, at its end, for entries of
// different transactions may stand in another order than they committed.
func (h *house) divide() {
	for _, w := range h.withdrawals {
		for _, c := range h.claims {
			if c.Claim == w.claim {
				c.withdrawn = w.at
			}
		}
	}
	for _, p := range h.plans {
		if why := h.wrongIn(p); why != "" {
			h.v.report.add(logFinding(PlanDiffers, p.leaf, p.caseID, p.No, why))
		}
	}
}

// wrongIn names what of a plan is not as the log and the law give it; empty where all is.
func (h *house) wrongIn(p plan) string {
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
	return h.potsOf(p)
}

// claimsOf holds the claims that a plan divides among against those that stood when it was made. At its very millisecond either may be.
func (h *house) claimsOf(p plan) string {
	pots := map[string]bool{}
	for _, x := range p.Terms.Pots {
		pots[x.ID] = true
	}
	asked := map[string]distribution.Claim{}
	for _, k := range p.Terms.Claims {
		asked[k.ID] = k
	}
	for _, c := range h.claims {
		if c.caseID != p.caseID {
			continue
		}
		k, in := asked[c.Claim]
		delete(asked, c.Claim)
		may := !p.at.Before(c.at) && (c.withdrawn.IsZero() || !c.withdrawn.Before(p.at))
		must := c.at.Before(p.at) && (c.withdrawn.IsZero() || p.at.Before(c.withdrawn))
		if (in && !may) || (!in && must) || (in && !c.same(k, pots)) {
			return "claim " + c.Claim
		}
	}
	for id := range asked {
		return "claim " + id
	}
	return ""
}

// same tells whether a plan takes a claim as it was lodged. A security over what brought nothing is none.
func (c *claim) same(k distribution.Claim, pots map[string]bool) bool {
	kind := distribution.Kind(c.Kind)
	var on []distribution.Security
	for _, s := range c.Securities {
		if pots[s.Pot] {
			on = append(on, distribution.Security(s))
		}
	}
	if kind == distribution.Secured && len(on) == 0 {
		kind = distribution.Ordinary
	}
	return k.Kind == kind && k.Amount == c.AmountFen && k.Seized == c.Seized && slices.Equal(k.Securities, on)
}

// potsOf holds what a plan says that properties brought against their sales: the price, or the difference of a taking, with what lost
// deposits made good of it (R24); and that no sale that was paid before is left out.
func (h *house) potsOf(p plan) string {
	brought := map[string]money.Fen{}
	for _, x := range p.Terms.Pots {
		brought[x.ID] = x.Proceeds
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
		case !in && price > 0 && at.Before(p.at), in && (price == 0 || p.at.Before(at)), in && (f < price || f > price+h.madeGood(l)):
			return "lot " + l.id.String()
		}
	}
	delete(brought, "case") // of no property: what lost deposits paid of the debt
	for id := range brought {
		return "lot " + id
	}
	return ""
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
