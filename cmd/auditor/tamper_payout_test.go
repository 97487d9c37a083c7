package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/cmd/auditor/verify"
)

// course is a case whose plan was served: b objected that a counts for 20 and not 50, a opposed, b sued; the plan is revised and paid but for what the
// suit is about, and a payout comes back from the bank once.
type courseOfPlan struct {
	*divided

	root, objection string
	paid            map[string]money.Fen
	payouts         map[string]string
}

func (c *courseOfPlan) after(d time.Duration) time.Time {
	c.now = c.now.Add(d)
	return c.now.Truncate(time.Millisecond)
}

func (c *courseOfPlan) say(kind string, body any) {
	c.enter(kind, c.tick(time.Second), c.caseID, uuid.Nil, 0, body)
}

// terms are those of the plan with what is in dispute of a.
func (c *courseOfPlan) terms(amount, disputed money.Fen) distribution.Case {
	return distribution.Case{
		Order: distribution.ProRata, Pots: []distribution.Pot{{ID: c.lot.String(), Proceeds: c.state.Price, Costs: 7}}, Costs: 3,
		Claims: []distribution.Claim{
			{ID: c.bank, Kind: distribution.Secured, Amount: c.state.Price - 110, Securities: []distribution.Security{{Pot: c.lot.String(), Rank: 1}}, Paid: c.paid[c.bank]},
			{ID: c.a, Kind: distribution.Ordinary, Amount: amount, Disputed: disputed, Paid: c.paid[c.a]},
			{ID: c.b, Kind: distribution.Ordinary, Amount: 150, Paid: c.paid[c.b]},
		},
	}
}

func (c *courseOfPlan) made(t *testing.T, id string, no int, terms distribution.Case) distribution.Plan {
	t.Helper()
	p, err := distribution.Divide(terms)
	if err != nil {
		t.Fatal(err)
	}
	body := audit.PlanMade{Distribution: id, No: no, Terms: terms, Dues: p.Dues, CostsFen: p.Costs, KeptFen: p.Kept, DebtorFen: p.Debtor}
	if id != c.root {
		body.Revises = c.root
	}
	c.say(audit.KindPlanMade, body)
	return p
}

// approve pays a plan, with its transfers at the same instant.
func (c *courseOfPlan) approve(id string, p distribution.Plan, costs money.Fen) {
	c.say(audit.KindPlanVoted, audit.PlanVoted{Distribution: id, InFavour: 2, Against: 1})
	body := audit.PlanApproved{Distribution: id, CostsFen: costs, Payouts: []audit.Payout{}}
	posting := audit.FundPosted{Posting: "p" + id, Kind: "plan_paid"}
	if costs > 0 {
		posting.Transfers = append(posting.Transfers, audit.FundTransfer{Debit: "proceeds", Credit: "costs", AmountFen: costs})
	}
	for _, d := range p.Dues {
		f := d.Fen - d.SetAside - c.paid[d.Claim]
		if f == 0 {
			continue
		}
		c.paid[d.Claim] += f
		c.payouts[d.Claim] = id + d.Claim
		body.Payouts = append(body.Payouts, audit.Payout{Payout: id + d.Claim, To: distribution.Addressee(d.Claim), Purpose: "claim", AmountFen: f})
		posting.Transfers = append(posting.Transfers, audit.FundTransfer{Debit: "proceeds", Credit: "paid_out", AmountFen: f})
	}
	at := c.tick(time.Second)
	c.enter(audit.KindPlanApproved, at, c.caseID, uuid.Nil, 0, body)
	c.enter(audit.KindFundPosted, at, c.caseID, uuid.Nil, 0, posting)
}

// bank says what became of a payout, with its transfer.
func (c *courseOfPlan) bankSays(payout, event, kind string, t *audit.FundTransfer) {
	at := c.tick(time.Second)
	c.enter(audit.KindPayoutMoved, at, c.caseID, uuid.Nil, 0, audit.PayoutMoved{Payouts: []string{payout}, Event: event})
	if t != nil {
		c.enter(audit.KindFundPosted, at, c.caseID, uuid.Nil, 0, audit.FundPosted{Posting: event + at.String(), Kind: kind, Transfers: []audit.FundTransfer{*t}})
	}
}

// fellAfterPayout is that case when its sale is set aside after all was paid out: each payee owes back what it had of the price.
func fellAfterPayout(t *testing.T) []audit.Entry {
	t.Helper()
	c, s := paidCase(t, nil)
	given := []audit.Receivable{}
	price := c.state.Price
	at := c.tick(time.Second)
	for _, who := range []string{c.bank, c.a, c.b} {
		given = append(given, audit.Receivable{Receivable: "x" + who, From: distribution.Addressee(who), AmountFen: c.paid[who]})
	}
	given = append(given, audit.Receivable{Receivable: "xc", From: distribution.TheCosts, AmountFen: 10})
	c.enter(audit.KindSetAside, at, c.caseID, c.lot, 0, audit.SetAside{Ground: "collusion", ReasonHash: audit.HashText("r"), ReversedFen: price, RecoverableFen: price})
	c.enter(audit.KindReceivables, at, c.caseID, uuid.Nil, 0, audit.Receivables{Reference: c.lot.String(), Items: given})
	c.enter(audit.KindFundPosted, at, c.caseID, uuid.Nil, 0, audit.FundPosted{Posting: "aside", Kind: "sale_set_aside", Transfers: []audit.FundTransfer{{Debit: "recoverable", Credit: "escrow", AmountFen: price}}})
	c.after(24 * time.Hour)
	c.lodge("late", 9, distribution.Ordinary, 1)
	return s.entries
}

func paidOut(t *testing.T) []audit.Entry {
	t.Helper()
	_, s := paidCase(t, nil)
	return s.entries
}

// lateBeforeTheMoney is that case when another creditor joined before anything was paid: the plan was stale.
func lateBeforeTheMoney(t *testing.T) []audit.Entry {
	t.Helper()
	_, s := paidCase(t, func(c *courseOfPlan) { c.lodge("late", 9, distribution.Ordinary, 1) })
	return s.entries
}

// fellBeforeTheMoney is that case when its sale had been set aside before anything was paid.
func fellBeforeTheMoney(t *testing.T) []audit.Entry {
	t.Helper()
	_, s := paidCase(t, func(c *courseOfPlan) {
		at, price := c.tick(time.Second), c.state.Price
		c.enter(audit.KindSetAside, at, c.caseID, c.lot, 0, audit.SetAside{Ground: "collusion", ReasonHash: audit.HashText("r"), ReversedFen: price})
		c.enter(audit.KindFundPosted, at, c.caseID, uuid.Nil, 0, audit.FundPosted{Posting: "aside", Kind: "sale_set_aside", Transfers: []audit.FundTransfer{{Debit: "proceeds", Credit: "escrow", AmountFen: price}}})
		c.after(24 * time.Hour)
	})
	return s.entries
}

// paidCase is that case; before comes between the revision and its approval.
func paidCase(t *testing.T, before func(*courseOfPlan)) (*courseOfPlan, *sales) {
	t.Helper()
	s := newSales(t, seed)
	x := s.one(law.China2017(), law.First, nil)
	x.open(3)
	x.bid(6)
	x.confirm()
	x.pay()
	c := &courseOfPlan{divided: &divided{x, s.id().String(), s.id().String(), s.id().String(), s.id().String()}, root: "r1", objection: "o1", paid: map[string]money.Fen{}, payouts: map[string]string{}}
	c.say(audit.KindFundPosted, audit.FundPosted{Posting: "again", Kind: "balance_paid", Transfers: []audit.FundTransfer{{Debit: "clearing", Credit: "proceeds", AmountFen: c.state.Price}}})
	c.lodge(c.bank, 1, distribution.Secured, int64(x.state.Price)-110, audit.Security{Pot: x.lot.String(), Rank: 1})
	c.lodge(c.a, 2, distribution.Ordinary, 50)
	c.lodge(c.b, 3, distribution.Ordinary, 150)
	c.made(t, c.root, 1, c.terms(50, 0))
	c.tick(time.Second)
	received := c.after(0)
	receipts := []distribution.Receipt{}
	for _, who := range []string{c.bank, c.a, c.b, string(distribution.TheDebtor)} {
		receipts = append(receipts, distribution.Receipt{Who: distribution.Addressee(who), At: received})
	}
	c.say(audit.KindPlanServed, audit.PlanServed{Distribution: c.root, Receipts: receipts})
	c.say(audit.KindPlanObjected, audit.PlanObjected{Objection: c.objection, Distribution: c.root, No: 1, By: distribution.Addressee(c.b), Claim: c.a, AskedFen: 20, LodgedAt: received, TextHash: audit.HashText("x")})
	step := func(s distribution.Contest, who string, judged *money.Fen) {
		c.say(audit.KindPlanContested, audit.PlanContested{Objection: c.objection, Step: s, Who: distribution.Addressee(who), At: c.after(0), JudgedFen: judged})
	}
	for _, who := range []string{c.bank, c.a, string(distribution.TheDebtor)} {
		step(distribution.StepTold, who, nil)
	}
	step(distribution.StepOpposed, c.a, nil)
	step(distribution.StepOpposedTold, "", nil)
	step(distribution.StepSued, "", nil)
	c.after(16 * 24 * time.Hour)
	first := c.made(t, "r2", 2, c.terms(50, 30))
	if before != nil {
		before(c)
	}
	c.approve("r2", first, 10)
	c.bankSays(c.payouts[c.bank], "sent", "", nil)
	settled := audit.FundTransfer{Debit: "paid_out", Credit: "clearing", AmountFen: c.paid[c.bank]}
	c.bankSays(c.payouts[c.bank], "paid", "payout_settled", &settled)
	c.bankSays(c.payouts[c.bank], "returned", "payout_returned", &audit.FundTransfer{Debit: "clearing", Credit: "paid_out", AmountFen: c.paid[c.bank]})
	c.bankSays(c.payouts[c.bank], "sent", "", nil)
	c.bankSays(c.payouts[c.bank], "returned", "", nil)
	judged := money.Fen(35)
	step(distribution.StepJudged, "", &judged)
	second := c.made(t, "r3", 3, c.terms(35, 0))
	c.approve("r3", second, 0)
	return c, s
}

// payoutTampers are about what becomes of a plan: its service, objections, the panel, the payouts (F4o, F3, F5).
func payoutTampers() map[string]tamper {
	approved := func(n int, f func(*audit.PlanApproved)) tamper {
		return tamper{codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPlanApproved, n, f))}
	}
	posted := func(n int, f func(*audit.FundPosted)) tamper {
		return tamper{codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindFundPosted, n, f))}
	}
	voted := func(f func(*audit.PlanVoted)) tamper {
		return tamper{codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPlanVoted, 0, f))}
	}
	both := codes(verify.PayoutDiffers, verify.PlanDiffers)
	contested := func(n int, f func(*audit.PlanContested)) tamper {
		return tamper{both, but(paidOut, alter(audit.KindPlanContested, n, f))}
	}
	swap := func(p *audit.PlanApproved) { p.Payouts[1].To, p.Payouts[2].To = p.Payouts[2].To, p.Payouts[1].To }
	return map[string]tamper{
		"a plan that was paid":                    {nil, paidOut},
		"a claim had been lodged before":          {codes(verify.PayoutDiffers), lateBeforeTheMoney},
		"its sale had been set aside before":      {codes(verify.FundNegative, verify.PayoutDiffers), fellBeforeTheMoney},
		"two creditors' payouts are swapped":      {both, but(paidOut, alter(audit.KindPlanApproved, 0, swap))}, // its revision says what was paid
		"two creditors' last payouts are swapped": approved(1, func(p *audit.PlanApproved) { p.Payouts[0].To, p.Payouts[1].To = p.Payouts[1].To, p.Payouts[0].To }),
		"a fen from one to the other":             {both, but(paidOut, alter(audit.KindPlanApproved, 0, func(p *audit.PlanApproved) { p.Payouts[1].AmountFen--; p.Payouts[2].AmountFen++ }))},
		"a payout is left out":                    approved(1, func(p *audit.PlanApproved) { p.Payouts = p.Payouts[:1] }),
		"a payout too many": approved(1, func(p *audit.PlanApproved) {
			p.Payouts = append(p.Payouts, audit.Payout{Payout: "x", To: distribution.TheDebtor, Purpose: "surplus", AmountFen: 1})
		}),
		"for another purpose":              approved(1, func(p *audit.PlanApproved) { p.Payouts[0].Purpose = "kept" }),
		"a fen more of costs":              approved(0, func(p *audit.PlanApproved) { p.CostsFen++ }),
		"a plan that was never made":       approved(1, func(p *audit.PlanApproved) { p.Distribution = "x" }),
		"a plan is paid twice":             {codes(verify.PayoutDiffers), but(paidOut, again(audit.KindPlanApproved))},
		"the plan that was replaced":       {both, but(paidOut, alter(audit.KindPlanApproved, 0, func(p *audit.PlanApproved) { p.Distribution = "r1" }))},
		"no transfers":                     {codes(verify.PayoutDiffers), but(paidOut, remove(audit.KindFundPosted, 5))},
		"a transfer of a fen less":         posted(5, func(p *audit.FundPosted) { p.Transfers[0].AmountFen-- }),
		"transfers of no plan":             {codes(verify.PayoutDiffers), but(paidOut, remove(audit.KindPlanApproved, 1))},
		"no panel decided":                 {codes(verify.PayoutDiffers), but(paidOut, remove(audit.KindPlanVoted, 0))},
		"the panel decided against it":     voted(func(v *audit.PlanVoted) { v.InFavour, v.Against = 1, 2 }),
		"a panel of two":                   voted(func(v *audit.PlanVoted) { v.Against = 0 }),
		"a vote on another plan":           voted(func(v *audit.PlanVoted) { v.Distribution = "r1" }),
		"the debtor did not receive it":    {codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPlanServed, 0, func(s *audit.PlanServed) { s.Receipts = s.Receipts[:3] }))},
		"received too late to be paid":     {codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPlanServed, 0, func(s *audit.PlanServed) { s.Receipts[3].At = s.Receipts[3].At.Add(48 * time.Hour) }))},
		"an objection before the receipt":  {codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPlanObjected, 0, func(o *audit.PlanObjected) { o.LodgedAt = o.LodgedAt.Add(-time.Second) }))},
		"an objection to an unknown plan":  {both, but(paidOut, alter(audit.KindPlanObjected, 0, func(o *audit.PlanObjected) { o.Distribution = "x" }))},
		"an objection about another sum":   {both, but(paidOut, alter(audit.KindPlanObjected, 0, func(o *audit.PlanObjected) { o.AskedFen++ }))},
		"an objection that nobody opposed": {codes(verify.PayoutDiffers), but(paidOut, remove(audit.KindPlanContested, 3))},
		"sued too late":                    contested(5, func(c *audit.PlanContested) { c.Step = distribution.StepWithdrawn }),
		"another judgment":                 {codes(verify.PayoutDiffers, verify.PlanDiffers), but(paidOut, alter(audit.KindPlanContested, 6, func(c *audit.PlanContested) { *c.JudgedFen++ }))},
		"a revision of another plan":       {both, but(paidOut, alter(audit.KindPlanMade, 2, func(p *audit.PlanMade) { p.Revises = "r2" }))},
		"a revision with other costs": {both, but(paidOut, alter(audit.KindPlanMade, 1, func(p *audit.PlanMade) {
			p.Terms.Costs++
			again, err := distribution.Divide(p.Terms)
			if err == nil {
				p.Dues, p.CostsFen = again.Dues, again.Costs
			}
		}))},
		"sent twice":                             {codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPayoutMoved, 1, func(m *audit.PayoutMoved) { m.Event = "sent" }))},
		"an unknown payout":                      {codes(verify.PayoutDiffers), but(paidOut, alter(audit.KindPayoutMoved, 0, func(m *audit.PayoutMoved) { m.Payouts = []string{"x"} }))},
		"carried out, not posted":                {codes(verify.PayoutDiffers), but(paidOut, remove(audit.KindFundPosted, 3))},
		"returned, not posted":                   {codes(verify.PayoutDiffers), but(paidOut, remove(audit.KindFundPosted, 4))},
		"another sum carried out":                posted(3, func(p *audit.FundPosted) { p.Transfers[0].AmountFen-- }),
		"a sale that fell after it was paid out": {nil, fellAfterPayout},
		"a payee owes back a fen less":           {codes(verify.PayoutDiffers), but(fellAfterPayout, alter(audit.KindReceivables, 0, func(b *audit.Receivables) { b.Items[0].AmountFen-- }))},
		"two payees owe each other's":            {codes(verify.PayoutDiffers), but(fellAfterPayout, alter(audit.KindReceivables, 0, func(b *audit.Receivables) { b.Items[1].From, b.Items[2].From = b.Items[2].From, b.Items[1].From }))},
		"a payee owes back nothing":              {codes(verify.PayoutDiffers), but(fellAfterPayout, alter(audit.KindReceivables, 0, func(b *audit.Receivables) { b.Items = b.Items[1:] }))},
		"nobody owes it back":                    {codes(verify.PayoutDiffers), but(fellAfterPayout, remove(audit.KindReceivables, 0))},
		"owed back of a sale that stands":        {codes(verify.PayoutDiffers, verify.SetAsideWrongly), but(fellAfterPayout, remove(audit.KindSetAside, 0))},
		"an approval not readable":               {codes(verify.BodyUnreadable, verify.PayoutDiffers), but(paidOut, replaceIn(audit.KindPlanApproved, 1, func(string) string { return `{"costs_fen":"1"}` }))},
	}
}

// The course of the test is what it says: a's 30 of 50 are in dispute and set aside in part.
func TestF4o_TheHonestCourseSetsSomethingAside(t *testing.T) {
	t.Parallel()
	entries := paidOut(t)
	i := slices.IndexFunc(entries, func(e audit.Entry) bool { return e.Kind == audit.KindPlanMade })
	var made audit.PlanMade
	for _, e := range entries[i+1:] {
		if e.Kind == audit.KindPlanMade {
			if err := audit.Decode(e.Body, &made); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if made.Revises != "r1" || made.Dues[1].SetAside == 0 || made.Dues[1].SetAside >= made.Dues[1].Fen {
		t.Errorf("%+v", made)
	}
}
