package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// resultTampers are about the confirmation, the payment, the default and the ruling.
func resultTampers() map[string]tamper {
	confirmation := func(f func(*audit.Confirmation)) func(*testing.T) []audit.Entry {
		return but(sold, alter(audit.KindConfirmation, 0, f))
	}
	// early moves the first entry of a kind before the close.
	early := func(kind string) change {
		return func(t *testing.T, entries []audit.Entry) []audit.Entry {
			t.Helper()
			i, k := nth(t, entries, kind, 0), nth(t, entries, "course.close", 0)
			e := entries[i]
			copy(entries[k+1:i+1], entries[k:i])
			entries[k] = e
			return entries
		}
	}
	byAnother := func(x *sale) {
		x.enter(audit.KindDefaulted, x.tick(time.Second), x.caseID, x.lot, 0, audit.Defaulted{BidderCode: otherCode(x), ForfeitedFen: 1})
	}
	return map[string]tamper{
		"nothing changed":              {nil, sold},
		"a default":                    {nil, written(6, (*sale).confirm, (*sale).fail)},
		"another winner":               {codes(verify.WinnerDiffers), confirmation(func(c *audit.Confirmation) { c.BidderCode = "ZZZZZ" })},
		"one fen more":                 {codes(verify.WinnerDiffers), confirmation(func(c *audit.Confirmation) { c.PriceFen++ })},
		"another name":                 {codes(verify.NameDiffers), confirmation(func(c *audit.Confirmation) { c.NameCommitment = audit.HashText("x") })},
		"confirmed twice":              {codes(verify.ConfirmedTwice), but(sold, again(audit.KindConfirmation))},
		"confirmed without a bid":      {codes(verify.ConfirmedUnsold), written(0, func(x *sale) { x.state.Leader = "AAAAA" }, confirmAlone)},
		"confirmed before the close":   {codes(verify.ConfirmedUnsold), but(sold, early(audit.KindConfirmation))},
		"opened before the close":      {codes(verify.OpenedWrongly), but(sold, early(audit.KindOpened))},
		"another was opened":           {codes(verify.OpenedWrongly), but(sold, alter(audit.KindOpened, 0, func(o *audit.Opened) { o.BidderCode = "ZZZZZ" }))},
		"paid one fen less":            {codes(verify.PaidDiffers), but(sold, alter(audit.KindBalancePaid, 0, func(p *audit.BalancePaid) { p.AmountFen-- }))},
		"paid for what nobody bought":  {codes(verify.PaidDiffers, verify.PaidUnconfirmed), but(failed, after(audit.KindBalancePaid, audit.BalancePaid{}))},
		"paid and never confirmed":     {codes(verify.PaidUnconfirmed), but(sold, remove(audit.KindConfirmation, 0))},
		"defaulted and not confirmed":  {codes(verify.PaidUnconfirmed), written(6, (*sale).fail)},
		"a default of another":         {codes(verify.DefaultDiffers), written(6, (*sale).confirm, byAnother)},
		"a default of what was unsold": {codes(verify.DefaultDiffers, verify.PaidUnconfirmed), written(0, (*sale).fail)},
		"ruled and not paid":           {codes(verify.RuledUnpaid), but(sold, remove(audit.KindBalancePaid, 0))},
		"ruled after a default":        {codes(verify.RuledUnpaid), written(6, (*sale).confirm, (*sale).fail, (*sale).rule)},
	}
}

// confirmAlone is a confirmation without the opening before it.
func confirmAlone(x *sale) {
	x.enter(audit.KindConfirmation, x.tick(time.Second), x.caseID, x.lot, 0, audit.Confirmation{
		BidderCode: x.state.Leader, PriceFen: x.state.Price, NameCommitment: audit.HashText(x.state.Leader), DocumentHash: audit.HashText("confirmation"),
	})
}

// takingTampers are about a creditor who takes the property for the debt (R16d).
func takingTampers() map[string]tamper {
	honest, level := written(0, taken(1000), (*sale).rule), written(0, taken(0), (*sale).rule)
	body := func(f func(*audit.TakenForDebt)) func(*testing.T) []audit.Entry {
		return but(level, alter(audit.KindTaken, 0, f))
	}
	return map[string]tamper{
		"with a difference":               {nil, honest},
		"for as much as the claim":        {nil, level},
		"for less than the claim":         {nil, written(0, taken(-5), (*sale).rule)},
		"ruled without the difference":    {codes(verify.RuledUnpaid), but(honest, remove(audit.KindDifference, 0))},
		"ruled on nothing taken":          {codes(verify.RuledUnpaid), written(0, (*sale).rule)},
		"one fen of difference less":      {codes(verify.TakenDiffers), but(honest, alter(audit.KindDifference, 0, func(d *audit.DifferencePaid) { d.AmountFen-- }))},
		"a difference of nothing taken":   {codes(verify.TakenDiffers), but(failed, after(audit.KindDifference, audit.DifferencePaid{}))},
		"below the reserve":               {codes(verify.TakenDiffers), body(func(k *audit.TakenForDebt) { k.PriceFen--; k.ClaimFen-- })},
		"above the reserve":               {codes(verify.TakenDiffers), body(func(k *audit.TakenForDebt) { k.PriceFen++; k.ClaimFen++ })},
		"a difference that is hidden":     {codes(verify.TakenDiffers), body(func(k *audit.TakenForDebt) { k.ClaimFen-- })},
		"a difference that is not due":    {codes(verify.TakenDiffers, verify.RuledUnpaid), body(func(k *audit.TakenForDebt) { k.DifferenceFen = 1 })},
		"what nobody offered to take":     {codes(verify.OfferPassedBy), but(level, remove(audit.KindTakingOffered, 0))},
		"by another":                      {codes(verify.OfferPassedBy), body(func(k *audit.TakenForDebt) { k.Offer = "o2" })},
		"at another rank":                 {codes(verify.OfferPassedBy), body(func(k *audit.TakenForDebt) { k.Rank = 2 })},
		"for another claim":               {codes(verify.OfferPassedBy), but(level, alter(audit.KindTakingOffered, 0, func(o *audit.TakingOffered) { o.ClaimFen++ }))},
		"with a worse offer beside it":    {nil, written(0, func(x *sale) { x.offer("o2", 2, 9) }, taken(0), (*sale).rule)},
		"past a better rank":              {codes(verify.OfferPassedBy), written(0, func(x *sale) { x.offer("o2", 0, 9) }, taken(0), (*sale).rule)},
		"past an equal rank, undrawn":     {codes(verify.OfferPassedBy), written(0, func(x *sale) { x.offer("o2", 1, 9) }, taken(0), (*sale).rule)},
		"what was never announced":        {codes(verify.TakenDiffers), but(announced, remove(audit.KindLotAnnounced, 0), after(audit.KindTaken, audit.TakenForDebt{Rank: 1}))},
		"what was sold":                   {codes(verify.TakenDiffers), written(6, (*sale).confirm, taken(0))},
		"lapsed, and taken by another":    {nil, written(0, takenOnly(1000), lapses("o1", 1000), takenBy("o2"), (*sale).rule)},
		"lapsed, and ruled":               {codes(verify.RuledUnpaid), written(0, takenOnly(1000), lapses("o1", 1000), (*sale).rule)},
		"lapsed, and taken by the same":   {codes(verify.OfferPassedBy), written(0, takenOnly(1000), lapses("o1", 1000), again1000)},
		"lapsed though it was paid":       {codes(verify.TakenDiffers), written(0, taken(1000), lapses("o1", 1000))},
		"lapsed for a fen more":           {codes(verify.TakenDiffers), written(0, takenOnly(1000), lapses("o1", 1001))},
		"another's lapsed":                {codes(verify.TakenDiffers), written(0, takenOnly(1000), lapses("o2", 1000))},
		"nothing was owed":                {codes(verify.TakenDiffers), written(0, takenOnly(0), lapses("o1", 0))},
		"nothing was taken":               {codes(verify.TakenDiffers), written(0, lapses("o1", 1))},
		"a lapse that cannot be read":     {codes(verify.BodyUnreadable), but(written(0, takenOnly(1000), lapses("o1", 1000)), replaceIn(audit.KindTakingLapsed, 0, func(string) string { return `{"offer":1}` }))},
		"what cannot be read is no claim": {codes(verify.BodyUnreadable, verify.RuledUnpaid), but(level, replaceIn(audit.KindTaken, 0, func(string) string { return `{"rank":"1"}` }))},
	}
}

// asideTampers are about a ruling that a sale does not stand, and what then still happened (R31).
func asideTampers() map[string]tamper {
	paid := func(reversed, recoverable func(*sale) money.Fen) func(*testing.T) []audit.Entry {
		return written(6, (*sale).confirm, (*sale).pay, (*sale).rule, aside(reversed, recoverable))
	}
	honest := paid(price, price)
	less := func(x *sale) money.Fen { return price(x) - 1 }
	more := func(x *sale) money.Fen { return price(x) + 1 }
	difference := func(back money.Fen) func(*testing.T) []audit.Entry {
		return written(0, taken(1000), aside(func(*sale) money.Fen { return back }, nothing))
	}
	body := func(f func(*audit.SetAside)) func(*testing.T) []audit.Entry {
		return but(honest, alter(audit.KindSetAside, 0, f))
	}
	still := func(kind string, body any, also ...verify.Code) tamper {
		return tamper{append(codes(verify.AfterSettingAside), also...), but(honest, after(kind, body))}
	}
	return map[string]tamper{
		"a paid sale":                   {nil, honest},
		"more than the price":           {nil, written(6, (*sale).confirm, (*sale).pay, aside(more, more))},
		"before it was paid":            {nil, written(6, (*sale).confirm, aside(nothing, nothing))},
		"a default":                     {nil, written(6, (*sale).confirm, (*sale).fail, aside(nothing, nothing))},
		"one fen is kept":               {codes(verify.SetAsideWrongly), paid(less, less)},
		"a taking":                      {nil, difference(1000)},
		"one fen of difference kept":    {codes(verify.SetAsideWrongly), difference(999)},
		"what was not sold":             {codes(verify.SetAsideWrongly), written(0, aside(nothing, nothing))},
		"before the close":              {codes(verify.SetAsideWrongly), but(announced, after(audit.KindSetAside, audit.SetAside{Ground: "collusion", ReasonHash: audit.HashText("r")}))},
		"set aside twice":               {codes(verify.SetAsideWrongly), but(honest, after(audit.KindSetAside, audit.SetAside{Ground: "collusion", ReasonHash: audit.HashText("r")}))},
		"one fen more to recover":       {codes(verify.SetAsideWrongly), body(func(a *audit.SetAside) { a.RecoverableFen++ })},
		"one fen that was not posted":   {codes(verify.SetAsideWrongly), body(func(a *audit.SetAside) { a.ReversedFen++ })},
		"posted and not said":           {codes(verify.SetAsideWrongly), but(honest, remove(audit.KindSetAside, 0))},
		"said and not posted":           {codes(verify.SetAsideWrongly), but(honest, remove(audit.KindFundPosted, 1))},
		"said a moment ago, not posted": {nil, but(honest, remove(audit.KindFundPosted, 1), sooner)},
		"of a course that is broken":    {codes(verify.RuleBroken), but(honest, event(2, "course.bid", func(e *course.Event) { e.Amount++ }))},
		"and confirmed":                 still(audit.KindConfirmation, audit.Confirmation{}, verify.ConfirmedTwice, verify.WinnerDiffers),
		"and paid":                      still(audit.KindBalancePaid, audit.BalancePaid{}, verify.PaidDiffers),
		"and defaulted":                 still(audit.KindDefaulted, audit.Defaulted{}, verify.DefaultDiffers),
		"and ruled":                     still(audit.KindRuled, audit.Ruled{Number: "n"}),
		"and handed over":               still(audit.KindHandedOver, audit.HandedOver{}),
		"and taken":                     still(audit.KindTaken, audit.TakenForDebt{Rank: 1}, verify.TakenDiffers),
		"and the difference paid":       {codes(verify.AfterSettingAside), written(0, takenOnly(1000), aside(nothing, nothing), paysIn(1000))},
	}
}

// sooner has the last entry come a millisecond before it did.
func sooner(t *testing.T, entries []audit.Entry) []audit.Entry {
	t.Helper()
	last := entries[len(entries)-1]
	e, err := audit.NewRaw(last.Kind, last.At.Add(-time.Millisecond), idOf(last.CaseID), idOf(last.LotID), last.Seq, last.Body)
	if err != nil {
		t.Fatal(err)
	}
	return append(entries[:len(entries)-1], e)
}

// takenOnly is taken, the difference not paid in; paysIn pays it.
func takenOnly(difference money.Fen) func(*sale) {
	return func(x *sale) {
		price := x.notice.StartingPriceFen
		x.offer("o1", 1, price-difference)
		x.enter(audit.KindTaken, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakenForDebt{Offer: "o1", Rank: 1, PriceFen: price, ClaimFen: price - difference, DifferenceFen: difference})
	}
}

// lapses writes that a difference was not paid in (ASE 22).
func lapses(offer string, difference money.Fen) func(*sale) {
	return func(x *sale) {
		x.enter(audit.KindTakingLapsed, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakingLapsed{Offer: offer, DifferenceFen: difference, ReasonHash: audit.HashText("r")})
	}
}

// takenBy writes that a creditor whose claim is the price offered and took the property.
func takenBy(offer string) func(*sale) {
	return func(x *sale) {
		price := x.notice.StartingPriceFen
		x.offer(offer, 1, price)
		x.enter(audit.KindTaken, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakenForDebt{Offer: offer, Rank: 1, PriceFen: price, ClaimFen: price})
	}
}

// again1000 writes that the creditor of o1 took the property once more by the offer that lapsed.
func again1000(x *sale) {
	price := x.notice.StartingPriceFen
	x.enter(audit.KindTaken, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakenForDebt{Offer: "o1", Rank: 1, PriceFen: price, ClaimFen: price - 1000, DifferenceFen: 1000})
}

func paysIn(difference money.Fen) func(*sale) {
	return func(x *sale) {
		x.enter(audit.KindDifference, x.tick(time.Second), x.caseID, x.lot, 0, audit.DifferencePaid{AmountFen: difference})
	}
}

// fundTampers are about the case fund (I4).
func fundTampers() map[string]tamper {
	posted := func(f func(*audit.FundPosted)) func(*testing.T) []audit.Entry {
		return but(sold, alter(audit.KindFundPosted, 0, f))
	}
	further := func(debit, credit string, amount money.Fen) func(*testing.T) []audit.Entry {
		return posted(func(p *audit.FundPosted) {
			p.Transfers = append(p.Transfers, audit.FundTransfer{Debit: debit, Credit: credit, AmountFen: amount})
		})
	}
	twice := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		return again(audit.KindFundPosted)(t, entries)
	}
	return map[string]tamper{
		"one fen more":            {nil, further("clearing", "escrow", 1)},
		"nothing moved":           {codes(verify.TransferInvalid), further("clearing", "escrow", 0)},
		"from and to one account": {codes(verify.TransferInvalid), further("escrow", "escrow", 1)},
		"from nowhere":            {codes(verify.TransferInvalid), further("", "escrow", 1)},
		"to nowhere":              {codes(verify.TransferInvalid), further("clearing", "", 1)},
		"more than there can be": {codes(verify.TransferInvalid), posted(func(p *audit.FundPosted) {
			p.Transfers[0].AmountFen = money.Max
			p.Transfers = append(p.Transfers[:1], p.Transfers[0])
		})},
		"posted twice":                  {codes(verify.TransferInvalid), but(sold, twice)},
		"one fen more paid out":         {codes(verify.FundNegative), further("proceeds", "paid_out", 1)},
		"more came back than was owed":  {codes(verify.FundNegative), further("clearing", "recoverable", 1)},
		"another case's money":          {codes(verify.FundNegative), but(sold, elsewhere)},
		"a posting that cannot be read": {codes(verify.BodyUnreadable), but(sold, replaceIn(audit.KindFundPosted, 0, func(b string) string { return strings.Replace(b, `"kind":"`, `"kind":1,"x":"`, 1) }))},
	}
}

// elsewhere pays a case with money of none.
func elsewhere(t *testing.T, entries []audit.Entry) []audit.Entry {
	t.Helper()
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("case"))
	e, err := audit.New(audit.KindFundPosted, entries[len(entries)-1].At, &id, nil, 0, audit.FundPosted{
		Posting: id.String(), Kind: "paid_out", Transfers: []audit.FundTransfer{{Debit: "proceeds", Credit: "paid_out", AmountFen: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(entries, e)
}

// expired is a sale whose reference price had expired when it was announced: the first, or the second after one without bids.
func expired(second bool) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		f := audit.PriceFixed{Price: uuid.NewSHA1(uuid.NameSpaceOID, []byte("price")).String(), Asset: "a", Origin: "agreed", Rounding: "half_up", ReportHashes: []string{"h"}, ValidUntil: "2026-02-28"}
		terms := func(n *audit.LotAnnounced) {
			n.Prices, f.PriceFen, f.AmountsFen = []string{f.Price}, n.ReferenceFen, []money.Fen{n.ReferenceFen}
		}
		if !second {
			s.terms = terms
		}
		x := s.one(law.China2017(), law.First, nil)
		if second {
			x.open(0)
			x.bid(0)
			s.terms = terms
			s.one(law.China2017(), law.Second, x)
		}
		e, err := audit.New(audit.KindPriceFixed, s.entries[0].At, &x.caseID, nil, 0, f)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Insert(s.entries, 1, e)
	}
}

// announcedAt moves the announcement in time.
func announcedAt(at string) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		i := nth(t, entries, audit.KindLotAnnounced, 0)
		e := entries[i]
		if entries[i], err = audit.NewRaw(e.Kind, when, &e.CaseID, &e.LotID, 0, e.Body); err != nil {
			t.Fatal(err)
		}
		return entries
	}
}

// priceTampers are about the reference price (R10p, R12e).
func priceTampers() map[string]tamper {
	fixed := func(f func(*audit.PriceFixed)) change { return alter(audit.KindPriceFixed, 0, f) }
	forged := func(want verify.Code, f func(*audit.PriceFixed)) tamper {
		return tamper{codes(want), but(priced, fixed(f))}
	}
	notice := func(f func(*audit.LotAnnounced)) func(*testing.T) []audit.Entry {
		return but(priced, alter(audit.KindLotAnnounced, 0, f))
	}
	costs := func(change func(*audit.PriceFixed)) func(*testing.T) []audit.Entry {
		return costed(0, change)
	}
	withdrawn := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, audit.KindPriceFixed, 0)
		var f audit.PriceFixed
		if err := audit.Decode(entries[i].Body, &f); err != nil {
			t.Fatal(err)
		}
		e, err := audit.New(audit.KindPriceWithdrawn, entries[i].At, &entries[i].CaseID, nil, 0, audit.PriceWithdrawn{Price: f.Price, Asset: f.Asset, Ground: "supervision", ReasonHash: "h"})
		if err != nil {
			t.Fatal(err)
		}
		return append(entries[:i+1:i+1], append([]audit.Entry{e}, entries[i+1:]...)...)
	}
	nought := func(f *audit.PriceFixed) { f.PriceFen, f.AmountsFen = 0, []money.Fen{0} }
	return map[string]tamper{
		"the mean of two": {nil, priced},
		"one fen more":    {codes(verify.PriceMisreckoned, verify.PriceDiffers), but(priced, fixed(func(f *audit.PriceFixed) { f.PriceFen++ }))},
		"one fen less":    forged(verify.PriceMisreckoned, func(f *audit.PriceFixed) { f.AmountsFen[0] -= 2 }),
		"a price of 0":    {codes(verify.PriceMisreckoned, verify.PriceDiffers), but(priced, fixed(nought))},
		"a price of 0, announced": {codes(verify.PriceMisreckoned, verify.ReserveTooLow), but(priced, fixed(nought),
			alter(audit.KindLotAnnounced, 0, func(n *audit.LotAnnounced) { n.ReferenceFen = 0 }))},
		"an amount of 0":              forged(verify.PriceMisreckoned, func(f *audit.PriceFixed) { f.AmountsFen = []money.Fen{2 * f.PriceFen, 0} }),
		"of no amounts":               forged(verify.PriceMisreckoned, func(f *audit.PriceFixed) { f.AmountsFen = nil }),
		"costs beside the mean":       {codes(verify.PriceMisreckoned), but(priced, fixed(func(f *audit.PriceFixed) { f.CostsFen = 1 }))},
		"fixed twice":                 {codes(verify.PriceMisreckoned), but(priced, again(audit.KindPriceFixed))},
		"the last day":                {nil, but(priced, fixed(func(f *audit.PriceFixed) { f.ValidUntil = "2026-03-01" }))},
		"the day after":               forged(verify.PriceExpired, func(f *audit.PriceFixed) { f.ValidUntil = "2026-02-28" }),
		"no last day":                 forged(verify.PriceExpired, func(f *audit.PriceFixed) { f.ValidUntil = "" }),
		"never fixed":                 {codes(verify.PriceDiffers), but(priced, remove(audit.KindPriceFixed, 0))},
		"withdrawn":                   {codes(verify.PriceDiffers), but(priced, withdrawn)},
		"one fen below the sum":       {codes(verify.PriceDiffers), notice(func(n *audit.LotAnnounced) { n.ReferenceFen-- })},
		"expired at a second sale":    {nil, expired(true)},
		"the last instant of its day": {nil, but(expired(false), announcedAt("2026-02-28T15:59:59.999Z"))},
		"the first of the next":       {codes(verify.PriceExpired), but(expired(false), announcedAt("2026-02-28T16:00:00.000Z"))},
		"expired at a first sale":     {codes(verify.PriceExpired), expired(false)},
		"by the costs":                {nil, costs(nil)},
		"by the costs, with a sum":    {codes(verify.PriceMisreckoned), costs(func(f *audit.PriceFixed) { f.AmountsFen = []money.Fen{1} })},
		"by no costs":                 {codes(verify.PriceMisreckoned), costs(func(f *audit.PriceFixed) { f.CostsFen = 0 })},
		"by no application":           {codes(verify.PriceMisreckoned), costs(func(f *audit.PriceFixed) { f.ApplicationHash = "" })},
		"by the costs, at a price":    {codes(verify.PriceMisreckoned, verify.PriceDiffers), costs(func(f *audit.PriceFixed) { f.PriceFen = 1 })},
		"a start at the costs":        {codes(verify.PriceDiffers), costed(1, nil)},
	}
}
