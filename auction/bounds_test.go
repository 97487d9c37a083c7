package auction

import (
	"testing"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// R10p: a thing whose reference price the court fixed is sold without an auction by that price, of its kind, to the fen.
func TestR10p_ADirectSaleGoesByTheFixedPrice(t *testing.T) {
	t.Parallel()
	fixed := func(o docket.PricingOrigin) bound { return bound{prices: []fixedPrice{{Origin: o, Fen: 10_000}}} }
	for name, c := range map[string]struct {
		bound bound
		kind  ReferenceKind
		fen   money.Fen
		ok    bool
	}{
		"nothing binds":              {bound{}, ByMarket, 1, true},
		"the appraisal":              {fixed(docket.PricedByAppraisal), ByAppraisal, 10_000, true},
		"a fen below the appraisal":  {fixed(docket.PricedByAppraisal), ByAppraisal, 9_999, false},
		"a fen above the appraisal":  {fixed(docket.PricedByAppraisal), ByAppraisal, 10_001, false},
		"the appraisal as a market":  {fixed(docket.PricedByAppraisal), ByMarket, 10_000, false},
		"the parties' price":         {fixed(docket.PricedByAgreement), ByMarket, 10_000, true},
		"a fen below theirs":         {fixed(docket.PricedByAgreement), ByMarket, 9_999, false},
		"theirs as an appraisal":     {fixed(docket.PricedByAgreement), ByAppraisal, 10_000, false},
		"neither the price nor kind": {fixed(docket.PricedByAgreement), ByAppraisal, 9_999, false},
	} {
		got := checkDirectBound(c.bound, DirectSale{Reference: c.fen, ReferenceKind: c.kind})
		if c.ok != (len(got) == 0) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		if !c.ok && (got[0].Code != fault.ReferenceDiffers || got[0].Rule != "R31d" || got[0].Args["expected_fen"] != money.Fen(10_000) ||
			got[0].Args["expected_origin"] != string(c.bound.prices[0].Origin)) {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}

// R6s: what comes before the applicant are the claims with priority of others on the lot's own property.
func TestR6s_PriorClaimsAreThoseOfOthersOnTheLot(t *testing.T) {
	t.Parallel()
	applicant, bank := docket.Text{Zh: "申请执行人", En: "applicant"}, docket.Text{Zh: "银行", En: "bank"}
	k := docket.Case{
		Applicants: []docket.Party{{Name: applicant}},
		PriorityClaims: []docket.PriorityClaim{
			{Creditor: bank, AmountFen: 1, AssetRefs: []string{"flat"}},
			{Creditor: bank, AmountFen: 20, AssetRefs: []string{"car", "boat"}},
			{Creditor: applicant, AmountFen: 300, AssetRefs: []string{"flat"}},
		},
	}
	for ref, want := range map[string]money.Fen{"flat": 1, "boat": 20, "desk": 0} {
		if got := priorClaims(k, []docket.Asset{{Ref: ref}}); got != want {
			t.Errorf("%s: %d fen come before, want %d", ref, got, want)
		}
	}
	if got := priorClaims(k, []docket.Asset{{Ref: "flat"}, {Ref: "car"}}); got != 21 {
		t.Errorf("both: %d", got)
	}
}

// R12e, Equity 13: equity whose least price exceeds the claims and costs by a fen is sold as a whole at the debtor's application alone.
func TestR12e_OnlyAsMuchEquityAsIsNeeded(t *testing.T) {
	t.Parallel()
	needs := func(category docket.Category, start int64, whole *docket.WholeEquity) []*fault.Error {
		var list faults
		checkWholeEquity(&list, draft{
			assets: []docket.Asset{{Category: category}}, kase: docket.Case{ClaimFen: 1_000},
			lot: docket.Lot{StartingPriceFen: start, WholeEquity: whole}, surplus: surplus{priority: 200, costs: 30},
		})
		return list
	}
	if got := needs(docket.Equity, 1_230, nil); len(got) != 0 {
		t.Errorf("at the claims and costs: %v", got)
	}
	got := needs(docket.Equity, 1_231, nil)
	if len(got) != 1 || got[0].Code != fault.EquityMoreThanNeeded || got[0].Rule != "R12e" || got[0].Args["needed_fen"] != money.Fen(1_230) {
		t.Errorf("a fen above: %+v", got)
	}
	if got := needs(docket.Equity, 1_231, &docket.WholeEquity{}); len(got) != 0 {
		t.Errorf("a fen above, at the debtor's application: %v", got)
	}
	if got := needs(docket.Flat, 1_231, nil); len(got) != 0 {
		t.Errorf("a flat: %v", got)
	}
}
