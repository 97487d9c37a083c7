package main

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/cmd/auditor/verify"
)

// chain is a property whose second sale fell through twice, and what became of it at last.
type chain struct {
	*sales

	first, later, stands *sale
	// asset is what was sold without an auction in place of a third sale.
	asset string
	price money.Fen
}

// knew writes that the buyer of a paid sale has no approval and bid though knowing better, and sets the sale aside: the deposit is kept (R12e).
func (x *sale) knew() {
	x.pay()
	x.enter(audit.KindEligibility, x.tick(time.Second), x.caseID, x.lot, 0, audit.EligibilityChecked{Knew: true, Proof: audit.HashText("p")})
	back := x.state.Price - x.notice.DepositFen
	x.fund("deposit_forfeited", audit.FundTransfer{Debit: "clearing", Credit: "forfeits", AmountFen: x.notice.DepositFen})
	x.fund("sale_set_aside", audit.FundTransfer{Debit: "clearing", Credit: "escrow", AmountFen: back})
	x.enter(audit.KindSetAside, x.tick(time.Second), x.caseID, x.lot, 0, audit.SetAside{
		Ground: "unqualified_buyer", ReasonHash: audit.HashText("r"), SoldAgain: true, ReversedFen: back, KeptFen: x.notice.DepositFen,
	})
}

// defaults writes two sales that fell through, the first for more than the second, and a third that is paid, or a direct sale for its starting price.
func defaults(t *testing.T, direct bool) *chain {
	t.Helper()
	return fallen(t, direct, (*sale).fail)
}

// fallen is defaults with the way in which the first sale fell.
func fallen(t *testing.T, direct bool, falls func(*sale)) *chain {
	t.Helper()
	for seed := range uint64(100) {
		c := defaultsOf(t, seed, direct, falls)
		if c.first.state.Price > c.later.state.Price && c.later.state.Price > c.price {
			return c
		}
	}
	t.Fatal("the prices never fall")
	return nil
}

func defaultsOf(t *testing.T, seed uint64, direct bool, falls func(*sale)) *chain {
	t.Helper()
	c := &chain{sales: newSales(t, seed)}
	failed := c.one(law.China2017(), law.First, nil)
	failed.open(2)
	failed.bid(0)
	again := func(before *sale, bids int) *sale {
		x := c.one(law.China2017(), law.Second, before)
		x.open(3)
		x.bid(bids)
		x.confirm()
		return x
	}
	c.first = again(failed, 4)
	falls(c.first)
	before := *c.first
	before.notice.StartingPriceFen = failed.notice.StartingPriceFen // the sale that counts is the failed one
	c.later = again(&before, 2)
	c.later.fail()
	if direct {
		c.asset, c.price = c.id().String(), c.later.notice.StartingPriceFen
		c.enter(audit.KindDirectSale, c.later.tick(time.Second), c.later.caseID, uuid.Nil, 0, audit.DirectSale{Asset: c.asset, Ground: "seasonal", ReferenceKind: "market", ReferenceFen: c.price, PriceFen: c.price, ReasonHash: audit.HashText("r")})
	} else {
		before = *c.later
		before.notice.StartingPriceFen = failed.notice.StartingPriceFen
		c.stands = again(&before, 1)
		c.stands.pay()
		c.price = c.stands.state.Price
	}
	return c
}

// use writes what a sale cost and what its deposit was used for: 10 fen of costs, a shortfall, and the rest is kept.
func (c *chain) use(x *sale, shortfall money.Fen) {
	deposit := x.notice.DepositFen
	body := audit.ForfeitUsed{DepositFen: deposit, FirstPriceFen: x.state.Price, Asset: c.asset, ReSalePriceFen: c.price, CostsFen: 10, ShortfallFen: shortfall, KeptFen: deposit - 10 - shortfall}
	if c.stands != nil {
		body.ReSale = c.stands.lot.String()
	}
	c.enter(audit.KindCostsRecorded, x.tick(time.Second), x.caseID, x.lot, 0, audit.CostsRecorded{CostsFen: 10})
	c.enter(audit.KindForfeitUsed, x.tick(time.Second), x.caseID, x.lot, 0, body)
}

// knowing are a sale whose buyer knew of not being allowed to own the property, a default, and a sale that stands, with the uses of both deposits.
func knowing(t *testing.T) []audit.Entry {
	t.Helper()
	c := fallen(t, false, (*sale).knew)
	c.use(c.later, c.later.state.Price-c.price)
	c.use(c.first, c.first.state.Price-c.later.state.Price)
	later(c.first)
	return c.entries
}

// between is a chain whose first sale fell in such a way, so that the next one is of the same stage.
func between(falls func(*sale)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		return fallen(t, false, falls).entries
	}
}

// shares has the later buyer make good so much more than its own difference, and the first so much more than what that leaves.
func shares(direct bool, first, later money.Fen, more ...func(*chain)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		c := defaults(t, direct)
		c.use(c.later, c.later.state.Price-c.price+later)
		c.use(c.first, c.first.state.Price-c.later.state.Price+first)
		for _, f := range more {
			f(c)
		}
		return c.entries
	}
}

// forfeitTampers are about the use of defaulters' deposits (R24, R31d).
func forfeitTampers() map[string]tamper {
	honest, direct := shares(false, 0, 0), shares(true, 0, 0)
	used := func(f func(*audit.ForfeitUsed)) tamper {
		return tamper{codes(verify.ForfeitDiffers), but(honest, alter(audit.KindForfeitUsed, 0, f))}
	}
	kept := func(want verify.Code, f func(*audit.SetAside)) tamper {
		return tamper{codes(want), but(knowing, alter(audit.KindSetAside, 0, f))}
	}
	return map[string]tamper{
		"a buyer who knew":                   {nil, knowing},
		"a fen more kept than was forfeited": kept(verify.ForfeitDiffers, func(a *audit.SetAside) { a.KeptFen++ }),
		"a fen less kept":                    {codes(verify.SetAsideWrongly, verify.ForfeitDiffers), but(knowing, alter(audit.KindSetAside, 0, func(a *audit.SetAside) { a.KeptFen-- }))},
		"kept for another ground":            kept(verify.SetAsideWrongly, func(a *audit.SetAside) { a.Ground = "collusion" }),
		"kept of who did not know":           {codes(verify.SetAsideWrongly), but(knowing, alter(audit.KindEligibility, 0, func(f *audit.EligibilityChecked) { f.Knew = false }))},
		"kept of who is qualified":           {codes(verify.SetAsideWrongly), but(knowing, alter(audit.KindEligibility, 0, func(f *audit.EligibilityChecked) { f.Qualified = true }))},
		"kept of whom nobody judged":         {codes(verify.SetAsideWrongly), but(knowing, remove(audit.KindEligibility, 0))},
		"a sale set aside between":           {nil, between(aside(nothing, nothing))},
		"a sale withdrawn between": {nil, between(func(x *sale) {
			x.enter(audit.KindLotWithdrawn, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotWithdrawn{Ground: "material_fact"})
		})},
		"two defaulters":                                {nil, honest},
		"a direct sale":                                 {nil, direct},
		"a fen is made good twice":                      {codes(verify.ForfeitDiffers), shares(false, 1, 0)},
		"a fen of the loss is left":                     {codes(verify.ForfeitDiffers), shares(false, -1, 0)},
		"the first makes up for a fen of the later one": {codes(verify.ForfeitDiffers), shares(false, 1, -1)},
		"more than its own difference":                  {codes(verify.ForfeitDiffers), shares(false, -1, 1)},
		"twice after a direct sale":                     {codes(verify.ForfeitDiffers), shares(true, 1, 0)},
		"another deposit":                               used(func(u *audit.ForfeitUsed) { u.DepositFen++; u.KeptFen++ }),
		"a part more than the deposit":                  used(func(u *audit.ForfeitUsed) { u.KeptFen++ }),
		"a part less":                                   used(func(u *audit.ForfeitUsed) { u.KeptFen-- }),
		"costs a fen more":                              used(func(u *audit.ForfeitUsed) { u.CostsFen++; u.KeptFen-- }),
		"costs a fen less":                              used(func(u *audit.ForfeitUsed) { u.CostsFen--; u.KeptFen++ }),
		"related debts that are none":                   used(func(u *audit.ForfeitUsed) { u.RelatedFen++; u.KeptFen-- }),
		"another first price":                           used(func(u *audit.ForfeitUsed) { u.FirstPriceFen++ }),
		"another price of the re-sale":                  used(func(u *audit.ForfeitUsed) { u.ReSalePriceFen++ }),
		"no price of a sale that stands": used(func(u *audit.ForfeitUsed) {
			u.ReSalePriceFen, u.KeptFen, u.ShortfallFen = 0, u.KeptFen+u.ShortfallFen, 0
		}),
		"of no sale":                                          used(func(u *audit.ForfeitUsed) { u.ReSale = "" }),
		"costs that nobody recorded":                          {codes(verify.ForfeitDiffers), but(honest, remove(audit.KindCostsRecorded, 0))},
		"nobody defaulted":                                    {codes(verify.ForfeitDiffers, verify.PreviousDiffers), but(honest, remove(audit.KindDefaulted, 1))},
		"the direct sale is not there":                        {codes(verify.ForfeitDiffers), but(direct, remove(audit.KindDirectSale, 0))},
		"a direct sale for a fen more":                        {codes(verify.ForfeitDiffers), but(direct, alter(audit.KindDirectSale, 0, func(d *audit.DirectSale) { d.PriceFen++ }))},
		"a thing sold directly twice":                         {codes(verify.SoldDirectlyWrongly), but(direct, again(audit.KindDirectSale))},
		"the later one fell, and it is not reckoned anew yet": {nil, shares(false, 0, 0, (*chain).laterFalls)},
		"the later one fell, and the first answers for all": {nil, shares(false, 0, 0, (*chain).laterFalls, func(c *chain) {
			c.use(c.first, c.first.state.Price-c.price)
		})},
		"the later one fell, and a fen is left": {codes(verify.ForfeitDiffers), shares(false, 0, 0, (*chain).laterFalls, func(c *chain) {
			c.use(c.first, c.first.state.Price-c.price-1)
		})},
	}
}

// laterFalls sets the later defaulted sale aside, which gives its deposit back.
func (c *chain) laterFalls() {
	c.first.now = c.first.now.Add(time.Hour)
	c.later.now = c.first.now
	aside(nothing, nothing)(c.later)
	c.first.now = c.later.now.Add(time.Second)
}
