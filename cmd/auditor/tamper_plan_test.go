package main

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/cmd/auditor/verify"
)

// divided is a paid sale whose price is claimed by a mortgage and three creditors, one of whom took the claim back, and divided.
type divided struct {
	*sale

	bank, a, b, gone string
}

func (d *divided) lodge(id string, no int, kind distribution.Kind, amount int64, on ...audit.Security) {
	d.enter(audit.KindClaimLodged, d.tick(time.Second), d.caseID, uuid.Nil, 0, audit.ClaimLodged{Claim: id, No: no, Kind: string(kind), AmountFen: money.Fen(amount), Securities: on})
}

// plan writes the plan of the claims, as change makes it.
func (d *divided) plan(t *testing.T, change func(*distribution.Case)) {
	t.Helper()
	c := distribution.Case{
		Order: distribution.ProRata, Pots: []distribution.Pot{{ID: d.lot.String(), Proceeds: d.state.Price, Costs: 7}}, Costs: 3,
		Claims: []distribution.Claim{
			{ID: d.bank, Kind: distribution.Secured, Amount: d.state.Price - 110, Securities: []distribution.Security{{Pot: d.lot.String(), Rank: 1}}},
			{ID: d.a, Kind: distribution.Ordinary, Amount: 50},
			{ID: d.b, Kind: distribution.Ordinary, Amount: 150},
		},
	}
	change(&c)
	p, err := distribution.Divide(c)
	if err != nil {
		t.Fatal(err)
	}
	d.enter(audit.KindPlanMade, d.tick(time.Second), d.caseID, uuid.Nil, 0, audit.PlanMade{
		Distribution: "d1", No: 1, Terms: c, Dues: p.Dues, CostsFen: p.Costs, KeptFen: p.Kept, DebtorFen: p.Debtor,
	})
}

func planned(change func(*distribution.Case)) func(*testing.T) []audit.Entry {
	return plannedWith(func(*divided) {}, change)
}

// debtorPays is what a debtor pays, and what of it is above the debt.
func (d *divided) debtorPays(counts, above money.Fen) {
	d.enter(audit.KindFundPosted, d.tick(time.Second), d.caseID, uuid.Nil, 0, audit.FundPosted{Posting: uuid.NewString(), Kind: "debt_paid", Transfers: []audit.FundTransfer{
		{Debit: "clearing", Credit: "proceeds", AmountFen: counts}, {Debit: "clearing", Credit: "escrow", AmountFen: above},
	}})
}

// plannedWith is planned after something else.
func plannedWith(before func(*divided), change func(*distribution.Case)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		x := s.one(law.China2017(), law.First, nil)
		x.open(3)
		x.bid(6)
		x.confirm()
		x.pay()
		d := &divided{x, s.id().String(), s.id().String(), s.id().String(), s.id().String()}
		d.lodge(d.bank, 1, distribution.Secured, int64(x.state.Price)-110, audit.Security{Pot: x.lot.String(), Rank: 1})
		d.lodge(d.a, 2, distribution.Ordinary, 50)
		d.lodge(d.gone, 3, distribution.Ordinary, 900)
		d.lodge(d.b, 4, distribution.Ordinary, 150)
		d.enter(audit.KindClaimWithdrawn, d.tick(time.Second), d.caseID, uuid.Nil, 0, audit.ClaimWithdrawn{Claim: d.gone, ReasonHash: audit.HashText("r")})
		x.now = x.now.Add(time.Minute)
		before(d)
		d.plan(t, change)
		return s.entries
	}
}

// planTampers are about the claims of a case and the plan that divides its money (F4).
func planTampers() map[string]tamper {
	honest := planned(func(*distribution.Case) {})
	made := func(f func(*audit.PlanMade)) tamper {
		return tamper{codes(verify.PlanDiffers), but(honest, alter(audit.KindPlanMade, 0, f))}
	}
	other := func(f func(*distribution.Case)) tamper { return tamper{codes(verify.PlanDiffers), planned(f)} }
	paid := func(d *divided) { d.debtorPays(90, 10) }
	own := func(f money.Fen) func(*distribution.Case) {
		return func(c *distribution.Case) { c.Pots = append(c.Pots, distribution.Pot{ID: "case", Proceeds: f}) }
	}
	return map[string]tamper{
		"a plan":                               {nil, honest},
		"what the debtor paid is divided too":  {nil, plannedWith(paid, own(90))},
		"what the debtor paid is left out":     {codes(verify.PlanDiffers), plannedWith(paid, func(*distribution.Case) {})},
		"the debtor paid a fen less":           {codes(verify.PlanDiffers), plannedWith(paid, own(91))},
		"the debtor paid a fen more":           {codes(verify.PlanDiffers), plannedWith(paid, own(89))},
		"what is above the debt is divided":    {codes(verify.PlanDiffers), plannedWith(paid, own(100))},
		"a pot of the case that nobody filled": {codes(verify.PlanDiffers), planned(own(1))},
		"two creditors' shares are swapped": made(func(p *audit.PlanMade) {
			p.Dues[1].Claim, p.Dues[2].Claim = p.Dues[2].Claim, p.Dues[1].Claim
		}),
		"two creditors' sums are swapped": made(func(p *audit.PlanMade) { p.Dues[1].Fen, p.Dues[2].Fen = p.Dues[2].Fen, p.Dues[1].Fen }),
		"a fen from one to the other":     made(func(p *audit.PlanMade) { p.Dues[1].Fen--; p.Dues[2].Fen++ }),
		"a creditor's due is left out":    made(func(p *audit.PlanMade) { p.Dues = p.Dues[:2] }),
		"a fen more for the debtor":       made(func(p *audit.PlanMade) { p.DebtorFen++ }),
		"a fen more of costs":             made(func(p *audit.PlanMade) { p.CostsFen++ }),
		"a fen more is kept":              made(func(p *audit.PlanMade) { p.KeptFen++ }),
		"an order that is none":           made(func(p *audit.PlanMade) { p.Terms.Order = "x" }),
		"a claim is left out":             other(func(c *distribution.Case) { c.Claims = c.Claims[:2] }),
		"a claim that nobody lodged": other(func(c *distribution.Case) {
			c.Claims = append(c.Claims, distribution.Claim{ID: "x", Kind: distribution.Ordinary, Amount: 1})
		}),
		"a claim for a fen more":            other(func(c *distribution.Case) { c.Claims[1].Amount++ }),
		"a mortgage of another rank":        other(func(c *distribution.Case) { c.Claims[0].Securities[0].Rank = 2 }),
		"a mortgage that is taken for none": other(func(c *distribution.Case) { c.Claims[0].Kind, c.Claims[0].Securities = distribution.Ordinary, nil }),
		"a place of a seizure":              other(func(c *distribution.Case) { c.Claims[1].Seized = 1 }),
		"the sale brought a fen less":       other(func(c *distribution.Case) { c.Pots[0].Proceeds-- }),
		"the sale brought a fen more":       other(func(c *distribution.Case) { c.Pots[0].Proceeds++ }),
		"what was never sold":               other(func(c *distribution.Case) { c.Pots = append(c.Pots, distribution.Pot{ID: "x", Proceeds: 1}) }),
		"a withdrawn claim":                 {codes(verify.PlanDiffers), but(honest, remove(audit.KindClaimWithdrawn, 0))},
		"a sale that was not paid":          {codes(verify.PlanDiffers), but(honest, remove(audit.KindBalancePaid, 0))},
		"a claim that is not in the log":    {codes(verify.PlanDiffers), but(honest, remove(audit.KindClaimLodged, 0))},
		"a plan that cannot be read":        {codes(verify.BodyUnreadable), but(honest, replaceIn(audit.KindPlanMade, 0, func(string) string { return `{"no":"1"}` }))},
	}
}
