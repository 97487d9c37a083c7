package main

import (
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/cmd/auditor/verify"
)

const noReserveRules = "china2017+reserve=700,payout=30,outage=600,maximum=false,noreserve=true"

// bare is a road to a sale without a reserve from 100 fen (R26n): three sales of a case in vain, then it, with what terms and times make
// of its announcement; then goes on from its end.
type bare struct {
	kind         string
	rules        string
	after        law.Stage
	terms, times func(*audit.LotAnnounced)
	bids         int
	then         []func(*sale)
}

func (b bare) log(t *testing.T) []audit.Entry {
	t.Helper()
	rules, ok := law.ByName(b.rules)
	if !ok {
		t.Fatalf("no rule set %q", b.rules)
	}
	s := newSales(t, seed)
	s.kind = b.kind
	var x *sale
	for _, stage := range []law.Stage{law.First, law.Second, law.SellOff} {
		x = s.one(rules, stage, x)
		x.open(0)
		x.bid(0)
		if stage == b.after {
			break
		}
	}
	today := x.now.In(law.CourtTime()).Format(time.DateOnly)
	s.terms = func(n *audit.LotAnnounced) {
		n.StartingPriceFen, n.IncrementFen, n.DepositFen = 100, 1, 10
		n.NoReserve = &audit.NoReserve{Ground: "finance_authority_asks", OfferedOn: today, AnsweredOn: today, Document: audit.HashText("request")}
		if b.terms != nil {
			b.terms(n)
		}
	}
	s.times = b.times
	x = s.one(rules, law.NoReserve, x)
	if x.notice.StartingPriceFen < 1 {
		return s.entries // no course begins at nothing
	}
	x.open(min(b.bids, 3))
	x.bid(b.bids)
	for _, f := range b.then {
		f(x)
	}
	return s.entries
}

// takenAt writes that a creditor took the property at a price that is its claim.
func takenAt(of func(*sale) money.Fen) func(*sale) {
	return func(x *sale) {
		x.offer("o1", 1, of(x))
		x.enter(audit.KindTaken, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakenForDebt{Offer: "o1", Rank: 1, PriceFen: of(x), ClaimFen: of(x)})
		later(x)
	}
}

// noReserveTampers are about sales without a reserve (R26n): only of criminal cases, under a rule set that has them, after the failed
// sell-off, on one of two grounds.
func noReserveTampers() map[string]tamper {
	honest := bare{kind: "criminal", rules: noReserveRules, after: law.SellOff}
	is := func(want []verify.Code, change func(*bare)) tamper {
		b := honest
		change(&b)
		return tamper{want, b.log}
	}
	with := func(want []verify.Code, f func(*audit.LotAnnounced)) tamper {
		return is(want, func(b *bare) { b.terms = f })
	}
	ground := codes(verify.NoReserveGround)
	day := func(text string, days int) string {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			panic(err)
		}
		return d.AddDate(0, 0, days).Format(time.DateOnly)
	}
	return map[string]tamper{
		"unsold":                          {nil, honest.log},
		"sold, paid and ruled":            is(nil, func(b *bare) { b.bids, b.then = 6, []func(*sale){(*sale).confirm, (*sale).pay, (*sale).rule} }),
		"the victim refuses":              with(nil, func(n *audit.LotAnnounced) { n.NoReserve.Ground = "victim_refuses" }),
		"from one fen":                    with(nil, func(n *audit.LotAnnounced) { n.StartingPriceFen, n.DepositFen = 1, 1 }),
		"from nothing":                    with(codes(verify.ReserveTooLow, verify.IncrementInvalid, verify.DepositOutOfBounds), func(n *audit.LotAnnounced) { n.StartingPriceFen = 0 }),
		"a deposit of 5 %":                with(nil, func(n *audit.LotAnnounced) { n.DepositFen = 5 }),
		"one fen below it":                with(codes(verify.DepositOutOfBounds), func(n *audit.LotAnnounced) { n.DepositFen = 4 }),
		"one fen above 20 %":              with(codes(verify.DepositOutOfBounds), func(n *audit.LotAnnounced) { n.DepositFen = 21 }),
		"of a civil case":                 is(codes(verify.NotCriminal), func(b *bare) { b.kind = "civil" }),
		"where the court has it not":      is(codes(verify.NoReserveNotAllowed), func(b *bare) { b.rules = "china2017" }),
		"after a first sale":              is(codes(verify.PreviousDiffers), func(b *bare) { b.after = law.First }),
		"after a second sale":             is(codes(verify.PreviousDiffers), func(b *bare) { b.after = law.Second }),
		"another price before":            with(codes(verify.PreviousDiffers), func(n *audit.LotAnnounced) { n.PreviousStartingPriceFen++ }),
		"no ground":                       with(ground, func(n *audit.LotAnnounced) { n.NoReserve = nil }),
		"another ground":                  with(ground, func(n *audit.LotAnnounced) { n.NoReserve.Ground = "creditor_asks" }),
		"no hash":                         with(ground, func(n *audit.LotAnnounced) { n.NoReserve.Document = strings.Repeat("0", 63) }),
		"never offered":                   with(ground, func(n *audit.LotAnnounced) { n.NoReserve.OfferedOn = "" }),
		"offered before the sell-off":     with(ground, func(n *audit.LotAnnounced) { n.NoReserve.OfferedOn = day(n.NoReserve.OfferedOn, -1) }),
		"answered a day before the offer": with(ground, func(n *audit.LotAnnounced) { n.NoReserve.AnsweredOn = day(n.NoReserve.OfferedOn, -1) }),
		"answered after the notice":       with(ground, func(n *audit.LotAnnounced) { n.NoReserve.AnsweredOn = day(n.NoReserve.OfferedOn, 1) }),
		"a ground of a first sale": {ground, announcedWith(func(n *audit.LotAnnounced) {
			n.NoReserve = &audit.NoReserve{Ground: "victim_refuses", OfferedOn: "2026-01-01", AnsweredOn: "2026-01-01", Document: audit.HashText("r")}
		}, nil)},
		"a millisecond late": is(codes(verify.LeadTooShort), func(b *bare) {
			b.times = func(n *audit.LotAnnounced) { n.StartsAt = n.StartsAt.Add(-time.Millisecond) }
		}),
		"a millisecond short": is(codes(verify.BiddingTooShort), func(b *bare) {
			b.times = func(n *audit.LotAnnounced) { n.EndsAt = n.EndsAt.Add(-time.Millisecond) }
		}),
		"open for a sell-off's 60 days": is(nil, func(b *bare) {
			b.times = func(n *audit.LotAnnounced) { n.EndsAt = n.StartsAt.Add(60 * 24 * time.Hour) }
		}),
		"taken at the last reserve price": is(nil, func(b *bare) {
			b.then = []func(*sale){takenAt(func(x *sale) money.Fen { return x.notice.PreviousStartingPriceFen })}
		}),
		"taken for where bidding began": is(codes(verify.TakenDiffers), func(b *bare) {
			b.then = []func(*sale){takenAt(func(x *sale) money.Fen { return x.notice.StartingPriceFen })}
		}),
	}
}
