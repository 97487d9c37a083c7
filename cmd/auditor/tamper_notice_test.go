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

func announced(t *testing.T) []audit.Entry { t.Helper(); return announcedWith(nil, nil)(t) }

// voteTampers are about who voted on what (R6), and when.
func voteTampers() map[string]tamper {
	votes := func(f func(*audit.LotVoted)) change { return alterAll(audit.KindLotVoted, f) }
	// A fourth judge beside three, or a sixth beside five.
	even := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, audit.KindLotAnnounced, 0)
		one := altered(t, entries[i-1], func(v *audit.LotVoted) { v.Judge = "j-another" })
		return append(entries[:i:i], append([]audit.Entry{one}, entries[i:]...)...)
	}
	late := func(kind string) change {
		return func(t *testing.T, entries []audit.Entry) []audit.Entry {
			t.Helper()
			if kind == audit.KindLotVoted {
				return again(kind)(t, entries)
			}
			var n audit.LotAnnounced
			if err := audit.Decode(entries[len(entries)-1].Body, &n); err != nil {
				t.Fatal(err)
			}
			return after(kind, audit.LotRevised{TermsDigest: n.TermsDigest, ReferenceFen: n.ReferenceFen, ReferenceKind: n.ReferenceKind})(t, entries)
		}
	}
	return map[string]tamper{
		"nothing changed":           {nil, announced},
		"no votes":                  {codes(verify.PanelTooSmall), but(announced, removeAll(audit.KindLotVoted))},
		"one judge too many":        {codes(verify.PanelEven), but(announced, even)},
		"one judge counted twice":   {codes(verify.PanelTooSmall), but(announced, votes(func(v *audit.LotVoted) { v.Judge = "j-one" }))},
		"nobody approved":           {codes(verify.NoMajority), but(announced, votes(func(v *audit.LotVoted) { v.Approve = false }))},
		"voted on another price":    {codes(verify.VotedOtherTerms), but(announced, votes(func(v *audit.LotVoted) { v.StartingPriceFen-- }))},
		"voted on other increments": {codes(verify.VotedOtherTerms), but(announced, votes(func(v *audit.LotVoted) { v.IncrementFen-- }))},
		"voted on another deposit":  {codes(verify.VotedOtherTerms), but(announced, votes(func(v *audit.LotVoted) { v.DepositFen-- }))},
		"voted with maximum bids":   {codes(verify.VotedOtherTerms), but(announced, votes(func(v *audit.LotVoted) { v.MaximumBids = true }))},
		"voted on another digest":   {codes(verify.PanelTooSmall), but(announced, votes(func(v *audit.LotVoted) { v.TermsDigest = audit.HashText("other") }))},
		"a vote afterwards":         {codes(verify.VoteAfterNotice), but(announced, late(audit.KindLotVoted))},
		"revised afterwards":        {codes(verify.RevisedAfterNotice), but(announced, late(audit.KindLotRevised))},
		"a vote that cannot be read": {codes(verify.BodyUnreadable), but(announced, func(t *testing.T, entries []audit.Entry) []audit.Entry {
			t.Helper()
			return after(audit.KindLotRevised, struct {
				TermsDigest int64 `json:"terms_digest"`
			}{1})(t, entries)
		})},
	}
}

// noticeTampers are about an announcement by itself; each bound is tried on both of its sides.
func noticeTampers() map[string]tamper {
	with := func(f func(*audit.LotAnnounced)) func(*testing.T) []audit.Entry { return announcedWith(f, nil) }
	at := func(f func(*audit.LotAnnounced)) func(*testing.T) []audit.Entry { return announcedWith(nil, f) }
	listed := func(f func(*audit.LotListed)) func(*testing.T) []audit.Entry {
		return but(announced, alter(audit.KindLotListed, 0, f))
	}
	// A start of 1,000,000 fen against 1,428,571 of appraisal: 70 % is 999,999.7, so 1,000,000 is the least.
	start := func(start, reference, increment, deposit money.Fen) func(*testing.T) []audit.Entry {
		return with(func(n *audit.LotAnnounced) {
			n.StartingPriceFen, n.ReferenceFen, n.IncrementFen, n.DepositFen = start, reference, increment, deposit
		})
	}
	withdrawn := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, audit.KindLotAnnounced, 0)
		entries = after(audit.KindLotWithdrawn, audit.LotWithdrawn{Ground: "draft"})(t, entries)
		entries[i], entries[i+1] = entries[i+1], entries[i]
		return entries
	}
	return map[string]tamper{
		"the least reserve":            {nil, start(1_000_000, 1_428_571, 1, 100_000)},
		"one fen below it":             {codes(verify.ReserveTooLow), start(999_999, 1_428_571, 1, 100_000)},
		"a reference of nothing":       {codes(verify.ReserveTooLow), start(1_000_000, 0, 1, 100_000)},
		"the least deposit":            {nil, start(1_000_000, 1_428_571, 1, 50_000)},
		"one fen less":                 {codes(verify.DepositOutOfBounds), start(1_000_000, 1_428_571, 1, 49_999)},
		"the greatest deposit":         {nil, start(1_000_000, 1_428_571, 1, 200_000)},
		"one fen more":                 {codes(verify.DepositOutOfBounds), start(1_000_000, 1_428_571, 1, 200_001)},
		"the greatest increment":       {nil, start(1_000_000, 1_428_571, 1_000_000, 100_000)},
		"an increment above the start": {codes(verify.IncrementInvalid), start(1_000_000, 1_428_571, 1_000_001, 100_000)},
		"no increment":                 {codes(verify.IncrementInvalid), start(1_000_000, 1_428_571, 0, 100_000)},
		"another stage":                {codes(verify.PreviousDiffers), with(func(n *audit.LotAnnounced) { n.Stage = "third" })},
		"announced a millisecond late": {codes(verify.LeadTooShort), at(func(n *audit.LotAnnounced) {
			n.StartsAt, n.EndsAt = n.StartsAt.Add(-time.Millisecond), n.EndsAt.Add(-time.Millisecond)
		})},
		"a millisecond short of 24 hours": {codes(verify.BiddingTooShort), at(func(n *audit.LotAnnounced) { n.EndsAt = n.EndsAt.Add(-time.Millisecond) })},
		"a millisecond more":              {nil, at(func(n *audit.LotAnnounced) { n.EndsAt = n.EndsAt.Add(time.Millisecond) })},
		"maximum bids":                    {codes(verify.MaximaNotAllowed), with(func(n *audit.LotAnnounced) { n.MaximumBids = true })},
		"other figures of the rules":      {codes(verify.RuleSetChanged), with(func(n *audit.LotAnnounced) { n.RuleDigest = law.Demonstration().Digest() })},
		"announced again":                 {codes(verify.AnnouncedTwice), but(announced, again(audit.KindLotAnnounced))},
		"announced after its withdrawal":  {codes(verify.AfterWithdrawal), but(announced, withdrawn)},
		"never listed":                    {codes(verify.ListedDiffers), but(announced, remove(audit.KindLotListed, 0))},
		"listed for a second sale":        {codes(verify.ListedDiffers), listed(func(l *audit.LotListed) { l.Stage = law.Second })},
		"listed as another kind":          {codes(verify.ListedDiffers), listed(func(l *audit.LotListed) { l.PropertyKind = "cattle" })},
		"listed under other rules":        {codes(verify.ListedDiffers), listed(func(l *audit.LotListed) { l.RuleSet = "demonstration" })},
		"equity by the costs":             {nil, with(byCosts(law.OtherRight, 1))},
		"a flat by the costs":             {codes(verify.ReserveTooLow), with(byCosts(law.Immovable, 1))},
	}
}

// byCosts prices property by the costs, which frees equity alone from R10 and its deposit from R17 (R12e).
func byCosts(kind law.Kind, deposit money.Fen) func(*audit.LotAnnounced) {
	return func(n *audit.LotAnnounced) {
		n.PropertyKind, n.ReferenceKind, n.ReferenceFen, n.DepositFen = kind, "costs", 0, deposit
	}
}

// road is a first sale without bids, a second one whose buyer defaulted, another second one without bids, and the announced sell-off;
// second and off change what the second sales and the sell-off are announced with, long when the sell-off ends.
func road(second, off, long func(*audit.LotAnnounced)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		first := s.one(law.China2017(), law.First, nil)
		first.open(0)
		first.bid(0)
		s.terms = second
		failing := s.one(law.China2017(), law.Second, first)
		failing.open(2)
		failing.bid(5)
		failing.confirm()
		failing.fail()
		start := failing.notice.StartingPriceFen
		failing.notice.StartingPriceFen = first.notice.StartingPriceFen // the sale that counts is the first
		s.terms = func(n *audit.LotAnnounced) { n.StartingPriceFen, n.DepositFen = start, start/10 }
		last := s.one(law.China2017(), law.Second, failing)
		last.open(0)
		last.bid(0)
		s.terms, s.times = off, long
		s.one(law.China2017(), law.SellOff, last)
		return s.entries
	}
}

// laterTampers are about second sales and sell-offs (R26, R26s).
func laterTampers() map[string]tamper {
	honest := road(nil, nil, nil)
	// 80 % of the price before, rounded up, and less.
	second := func(less money.Fen) func(*testing.T) []audit.Entry {
		return road(func(n *audit.LotAnnounced) {
			n.StartingPriceFen = (n.PreviousStartingPriceFen*8+9)/10 - less
			n.DepositFen = n.StartingPriceFen / 10
		}, nil, nil)
	}
	off := func(more money.Fen) func(*testing.T) []audit.Entry {
		return road(nil, func(n *audit.LotAnnounced) { n.StartingPriceFen += more }, nil)
	}
	long := func(d time.Duration) func(*testing.T) []audit.Entry {
		return road(nil, nil, func(n *audit.LotAnnounced) { n.EndsAt = n.EndsAt.Add(d) })
	}
	before := func(n int, id string) func(*testing.T) []audit.Entry {
		return but(honest, alter(audit.KindLotListed, n, func(l *audit.LotListed) { l.PreviousLot = id }))
	}
	said := func(f func(*audit.LotAnnounced)) func(*testing.T) []audit.Entry { return road(nil, f, nil) }
	bidden := func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		x := s.one(law.China2017(), law.First, nil)
		x.open(3)
		x.bid(6)
		s.one(law.China2017(), law.Second, x)
		return s.entries
	}
	// The sell-off names the sale before itself, so that no walk back ends.
	loop := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i, k := nth(t, entries, audit.KindLotListed, 1), nth(t, entries, audit.KindLotListed, 2)
		entries = alter(audit.KindLotListed, 1, func(l *audit.LotListed) { l.PreviousLot = entries[k].LotID.String() })(t, entries)
		entries = alter(audit.KindLotListed, 2, func(l *audit.LotListed) { l.PreviousLot = entries[i].LotID.String() })(t, entries)
		return entries
	}
	return map[string]tamper{
		"nothing changed":                   {nil, honest},
		"the least second price":            {nil, second(0)},
		"one fen below it":                  {codes(verify.SecondTooLow), second(1)},
		"a sell-off one fen dearer":         {codes(verify.SellOffPrice), off(1)},
		"a sell-off one fen cheaper":        {codes(verify.SellOffPrice), off(-1)},
		"a sell-off a millisecond longer":   {codes(verify.SellOffPeriod), long(time.Millisecond)},
		"a sell-off a millisecond shorter":  {codes(verify.SellOffPeriod), long(-time.Millisecond)},
		"after no such sale":                {codes(verify.PreviousDiffers), before(3, uuid.Max.String())},
		"after what is no sale":             {codes(verify.PreviousDiffers), before(3, "x")},
		"outside of the log":                {nil, before(3, "")},
		"no price before":                   {codes(verify.PreviousDiffers, verify.SellOffPrice), said(func(n *audit.LotAnnounced) { n.PreviousStartingPriceFen = 0 })},
		"another price before":              {codes(verify.PreviousDiffers), said(func(n *audit.LotAnnounced) { n.PreviousStartingPriceFen++; n.StartingPriceFen++ })},
		"a second sale after a sold one":    {codes(verify.PreviousDiffers), bidden},
		"a buyer who never defaulted":       {codes(verify.PreviousDiffers), but(honest, remove(audit.KindDefaulted, 0))},
		"sales that are before one another": {codes(verify.PreviousDiffers), but(honest, loop)},
	}
}

// settingsTampers are about a rule set whose name says a court's settings (ADR 017).
func settingsTampers() map[string]tamper {
	const canonical = "china2017+reserve=750,payout=7,outage=300,maximum=true,noreserve=false"
	// under is a sale of 1,333,333 fen of appraisal: 75 % is 999,999.75, so 1,000,000 is the court's own least start.
	under := func(name string, start money.Fen, maxima bool) func(*testing.T) []audit.Entry {
		return func(t *testing.T) []audit.Entry {
			t.Helper()
			rules, known := law.ByName(name)
			if !known { // the operator's own figures under the name
				rules = law.China2017()
				rules.Name, rules.MaximumBids = name, true
			}
			s := newSales(t, seed)
			s.terms = func(n *audit.LotAnnounced) {
				n.ReferenceFen, n.StartingPriceFen, n.IncrementFen, n.DepositFen, n.MaximumBids = 1_333_333, start, 10_000, 100_000, maxima
			}
			x := s.one(rules, law.First, nil)
			x.open(3)
			x.bid(6)
			x.confirm()
			x.pay()
			x.rule()
			return s.entries
		}
	}
	named := func(name string) tamper { return tamper{codes(verify.RuleSetUnknown), under(name, 1_000_000, false)} }
	return map[string]tamper{
		"read":                               {nil, under(canonical, 1_000_000, true)},
		"without maximum bids":               {nil, under("china2017+reserve=700,payout=30,outage=0,maximum=false,noreserve=false", 933_334, false)},
		"maximum bids that it does not say":  {codes(verify.MaximaNotAllowed), under("china2017+reserve=700,payout=30,outage=0,maximum=false,noreserve=false", 933_334, true)},
		"below the court's own reserve":      {codes(verify.ReserveTooLow), under(canonical, 999_999, true)},
		"the law's reserve, not the court's": {codes(verify.ReserveTooLow), under(canonical, 933_334, true)},
		"a reserve of 69.9 %":                named("china2017+reserve=699,payout=7,outage=300,maximum=true,noreserve=false"),
		"a reserve of 100.1 %":               named("china2017+reserve=1001,payout=7,outage=300,maximum=true,noreserve=false"),
		"31 days to pay out":                 named("china2017+reserve=750,payout=31,outage=300,maximum=true,noreserve=false"),
		"no days to pay out":                 named("china2017+reserve=750,payout=0,outage=300,maximum=true,noreserve=false"),
		"an outage of 1,801 seconds":         named("china2017+reserve=750,payout=7,outage=1801,maximum=true,noreserve=false"),
		"in another order":                   named("china2017+payout=7,reserve=750,outage=300,maximum=true,noreserve=false"),
		"with a zero before":                 named("china2017+reserve=0750,payout=7,outage=300,maximum=true,noreserve=false"),
		"with one more":                      named(canonical + ",x=1"),
		"with one twice":                     named(canonical + ",noreserve=false"),
		"with a space":                       named(canonical + " "),
		"the law's own figures by a name":    named("china2017+reserve=700,payout=30,outage=600,maximum=false,noreserve=false"),
		"of no rule set":                     named("china2018+reserve=750,payout=7,outage=300,maximum=true,noreserve=false"),
		"the figures of another name": {codes(verify.RuleSetChanged), but(under(canonical, 1_000_000, true),
			alter(audit.KindLotAnnounced, 0, func(n *audit.LotAnnounced) { n.RuleDigest = law.China2017().Digest() }))},
	}
}
