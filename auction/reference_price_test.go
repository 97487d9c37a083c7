package auction

import (
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

const farDay = docket.Date("2027-03-31")

func fixedAt(o docket.PricingOrigin, fen money.Fen, until docket.Date) fixedPrice {
	return fixedPrice{Origin: o, Fen: fen, ValidUntil: until}
}

// lotBy is a lot that quotes a reference price.
func lotBy(o docket.PricingOrigin, fen int64, until docket.Date) docket.Lot {
	l := docket.Lot{PricingBasis: docket.PricingBasis{Origin: o, ValidUntil: until}, StartingPriceFen: fen}
	switch o {
	case docket.PricedByAppraisal:
		l.AppraisalFen = fen
	case docket.PricedByAgreement, docket.PricedByAuthority, docket.PricedOnline:
		l.MarketPriceFen = fen
	case docket.PricedByCosts:
	}
	return l
}

// R10p, R10: a lot quotes the fixed price to the fen and the day, by its origin; of several things the sum and the earliest day.
func TestR10p_ALotQuotesTheFixedPrice(t *testing.T) {
	t.Parallel()
	report, agreed := docket.PricedByAppraisal, docket.PricedByAgreement
	one := bound{prices: []fixedPrice{fixedAt(report, 1_000, farDay)}}
	two := bound{prices: []fixedPrice{fixedAt(report, 1_000, farDay), fixedAt(report, 234, "2027-03-30")}}
	mixed := bound{prices: []fixedPrice{fixedAt(agreed, 1_000, "2027-03-30"), fixedAt(report, 234, farDay)}}
	beside := bound{prices: []fixedPrice{fixedAt(report, 1_000, farDay), {Origin: docket.PricedByCosts, Costs: 5}}}
	over := bound{prices: []fixedPrice{fixedAt(report, money.Max, farDay), fixedAt(report, 1, farDay)}}
	for name, c := range map[string]struct {
		bound bound
		lot   docket.Lot
		code  fault.Code
	}{
		"nothing binds":                 {bound{}, lotBy(report, 1, "2026-12-31"), ""},
		"as it was fixed":               {one, lotBy(report, 1_000, farDay), ""},
		"a fen less":                    {one, lotBy(report, 999, farDay), fault.ReferenceDiffers},
		"a fen more":                    {one, lotBy(report, 1_001, farDay), fault.ReferenceDiffers},
		"a day earlier":                 {one, lotBy(report, 1_000, "2027-03-30"), fault.ReferenceDiffers},
		"a day later":                   {one, lotBy(report, 1_000, "2027-04-01"), fault.ReferenceDiffers},
		"of another origin":             {one, lotBy(agreed, 1_000, farDay), fault.ReferenceDiffers},
		"by the costs":                  {one, lotBy(docket.PricedByCosts, 1_000, farDay), fault.ReferenceDiffers},
		"two things":                    {two, lotBy(report, 1_234, "2027-03-30"), ""},
		"two things, the later day":     {two, lotBy(report, 1_234, farDay), fault.ReferenceDiffers},
		"of two origins":                {mixed, lotBy(agreed, 1_234, "2027-03-30"), ""},
		"of two, as an appraisal":       {mixed, lotBy(report, 1_234, "2027-03-30"), fault.ReferenceDiffers},
		"beside one by the costs":       {beside, lotBy(report, 1_000, farDay), fault.ReferenceDiffers},
		"the same kind, another origin": {bound{prices: []fixedPrice{fixedAt(agreed, 1_000, farDay)}}, lotBy(docket.PricedByAuthority, 1_000, farDay), fault.ReferenceDiffers},
		"agreed, beside one by the costs": {
			bound{prices: []fixedPrice{fixedAt(agreed, 1_000, farDay), {Origin: docket.PricedByCosts, Costs: 5}}}, lotBy(agreed, 1_000, farDay), fault.ReferenceDiffers,
		},
		"more than there can be":     {over, lotBy(report, 1_000, farDay), fault.ReferenceDiffers},
		"one of them is not fixed":   {bound{prices: one.prices, missing: 1}, lotBy(report, 1, farDay), fault.PriceNotFixed},
		"two of them are not fixed":  {bound{prices: one.prices, missing: 2}, lotBy(report, 1, farDay), fault.PriceNotFixed},
		"by the costs without a way": {bound{}, lotBy(docket.PricedByCosts, 1, ""), fault.ApplicationMissing},
	} {
		var list faults
		checkFixed(&list, c.bound, c.lot)
		switch {
		case c.code == "" && len(list) > 0, c.code != "" && (len(list) != 1 || list[0].Code != c.code):
			t.Errorf("%s: %v, want %q", name, list, c.code)
		case name == "a fen less" && (list[0].Args["expected_fen"] != money.Fen(1_000) || list[0].Args["expected_origin"] != "appraisal" || list[0].Args["expected_until"] != string(farDay)):
			t.Errorf("it is not told what is expected: %+v", list[0].Args)
		}
	}
}

// R12e: equity by the costs starts a fen above them, and has no last day of its own.
func TestR12e_TheStartLiesAboveTheCosts(t *testing.T) {
	t.Parallel()
	b := bound{prices: []fixedPrice{{Origin: docket.PricedByCosts, Costs: 700}, {Origin: docket.PricedByCosts, Costs: 34}}}
	for start, want := range map[int64]int{734: 1, 735: 0} {
		var list faults
		checkFixed(&list, b, lotBy(docket.PricedByCosts, start, farDay))
		if len(list) != want || want > 0 && (list[0].Rule != "R12e" || list[0].Args["least_fen"] != money.Fen(735)) {
			t.Errorf("a start of %d: %+v", start, list)
		}
	}
	if fen, origins, until, ok := b.reference(); fen != 0 || len(origins) != 1 || until != "" || !ok {
		t.Errorf("by the costs: %d, %v, %q, %t", fen, origins, until, ok)
	}
}

// R10p, Price 1: fixing begins by the last millisecond of the thirtieth day after the seizure, in court time; R10p, Price 30: of several
// things the first due counts.
func TestR10p_TheDaysOfFixingAndDisposal(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC) // the 21st begins in court
	due, err := fixDue(law.China2017(), "2026-11-21", now)
	if want := time.Date(2026, 12, 21, 15, 59, 59, int(999*time.Millisecond), time.UTC); err != nil || !due.Equal(want) {
		t.Errorf("due %s, want %s, %v", due, want, err)
	}
	if _, err := fixDue(law.China2017(), "2026-11-21", now.Add(-time.Millisecond)); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("a seizure to come: %v", err)
	}
	early, late := now, now.Add(time.Millisecond)
	for _, order := range [][]*time.Time{{&early, &late}, {&late, &early}, {nil, &early}, {&early, nil}} {
		b := bound{prices: []fixedPrice{{DisposalDueAt: order[0]}, {DisposalDueAt: order[1]}}}
		if got := b.disposalDue(); !got.Equal(early) {
			t.Errorf("disposal is due %s", got)
		}
	}
}

// R17w: the enforcement goes on after collusion and after other grounds, so the property is sold again; the others end it.
func TestR17w_WhichGroundsLeaveTheSeizure(t *testing.T) {
	t.Parallel()
	for _, g := range Grounds() {
		if want := g == "collusion" || g == "other"; g.leavesSeizure() != want {
			t.Errorf("%s leaves the seizure: %t", g, !want)
		}
	}
}
