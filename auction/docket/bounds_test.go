package docket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"mingchui/auction/law"
)

// reading is the small file with a change, and the problems that it then has, each as "code path rule".
type reading struct {
	change func(f *File)
	want   string
}

func (r reading) problems(t *testing.T) []Problem {
	t.Helper()
	file, problems := Parse(strings.NewReader(smallFile(t)))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	r.change(&file)
	src, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	_, problems = Parse(bytes.NewReader(src))
	return problems
}

func readAll(t *testing.T, all map[string]reading) {
	t.Helper()
	for name, r := range all {
		var got []string
		for _, p := range r.problems(t) {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", p.Code, p.Path, p.Rule)))
			if p.Line < 1 || p.Column < 1 {
				t.Errorf("%s: %s stands nowhere", name, p.Code)
			}
		}
		if text := strings.Join(got, ", "); text != r.want {
			t.Errorf("%s: %q, want %q", name, text, r.want)
		}
	}
}

func onLot(n int, change func(l *Lot)) func(*File) {
	return func(f *File) { change(&f.Cases[n].Lots[0]) }
}

func onAsset(change func(a *Asset)) func(*File) {
	return func(f *File) { change(&f.Cases[0].Assets[0]) }
}

// The prices of the small file, one unit on each side of each bound: the flat was appraised at 1,486,000.00 and starts at 70 % of it.
func TestR10_R17_R20a_R25_R26_BoundsOfAFile(t *testing.T) {
	t.Parallel()
	const l0, l2, l3 = "cases[0].lots[0]", "cases[2].lots[0]", "cases[3].lots[0]"
	readAll(t, map[string]reading{
		"a deposit of 5 per cent":       {onLot(0, func(l *Lot) { l.DepositFen = 5_201_000 }), ""},
		"a fen less":                    {onLot(0, func(l *Lot) { l.DepositFen = 5_200_999 }), "deposit_out_of_bounds " + l0 + ".deposit_fen R17"},
		"a deposit of 20 per cent":      {onLot(0, func(l *Lot) { l.DepositFen = 20_804_000 }), ""},
		"a fen more":                    {onLot(0, func(l *Lot) { l.DepositFen = 20_804_001 }), "deposit_out_of_bounds " + l0 + ".deposit_fen R17"},
		"an increment of a fen":         {onLot(0, func(l *Lot) { l.IncrementFen = 1 }), ""},
		"an increment of the start":     {onLot(0, func(l *Lot) { l.IncrementFen = l.StartingPriceFen }), ""},
		"an increment a fen above it":   {onLot(0, func(l *Lot) { l.IncrementFen = l.StartingPriceFen + 1 }), "increment_invalid " + l0 + ".increment_fen R20a"},
		"a day to pay":                  {onLot(0, func(l *Lot) { l.Payment.BalanceDueDays = 1 }), ""},
		"no day to pay":                 {onLot(0, func(l *Lot) { l.Payment.BalanceDueDays = 0 }), "out_of_range " + l0 + ".payment.balance_due_days R25"},
		"60 days to pay":                {onLot(0, func(l *Lot) { l.Payment.BalanceDueDays = 60 }), ""},
		"61 days to pay":                {onLot(0, func(l *Lot) { l.Payment.BalanceDueDays = 61 }), "out_of_range " + l0 + ".payment.balance_due_days R25"},
		"a first sale that had another": {onLot(0, func(l *Lot) { l.Previous = []PreviousSale{{law.First, 1, "2026-01-01"}} }), "previous_sale_missing " + l0 + ".previous"},
		"a second sale without one":     {onLot(2, func(l *Lot) { l.Previous = nil }), "previous_sale_missing " + l2 + ".previous R26"},
		"a first start below 70 per cent, told of a second sale": {
			onLot(2, func(l *Lot) { l.Previous[0].StartingPriceFen = 37_659_999 }), "reserve_too_low " + l2 + ".previous[0].starting_price_fen R10",
		},
		"a second start of nothing, told of a sell-off": {
			onLot(3, func(l *Lot) { l.Previous[1].StartingPriceFen = 0 }),
			"reserve_too_low " + l3 + ".previous[1].starting_price_fen R26, reserve_too_low " + l3 + ".starting_price_fen R26s",
		},
		"both ended on one day": {onLot(3, func(l *Lot) { l.Previous[1].EndedOn = l.Previous[0].EndedOn }), ""},
	})
}

// A refusal states the bounds in words, in per cent.
func TestR10_R17_R26_AFilesRefusalStatesTheBounds(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]reading{
		"保证金应为起拍价的百分之5至百分之20：52,010 元至 208,040 元。|The deposit is 5 % to 20 % of the starting price: ¥52,010 to ¥208,040.": {change: onLot(0, func(l *Lot) { l.DepositFen = 1 })},
		"百分之70，即 1,040,200 元|not below 70 % of":         {change: onLot(0, func(l *Lot) { l.StartingPriceFen-- })},
		"降幅不得超过百分之20，不得低于 301,280 元|at most 20 % lower": {change: onLot(2, func(l *Lot) { l.StartingPriceFen-- })},
	} {
		zh, en, _ := strings.Cut(want, "|")
		got := r.problems(t)
		if len(got) != 1 || !strings.Contains(got[0].Message.Zh, zh) || !strings.Contains(got[0].Message.En, en) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
}

func TestR12e_PricedByTheCosts(t *testing.T) {
	t.Parallel()
	costs := func(change func(*Lot)) func(*File) {
		return onLot(1, func(l *Lot) {
			l.PricingBasis.Origin, l.AppraisalFen, l.MarketPriceFen = PricedByCosts, 0, 0
			change(l)
		})
	}
	at := "cases[1].lots[0].pricing_basis.origin R12e"
	paper := func(f *File) {
		f.Cases[1].Assets[0].Documents[0].Kind = PricingPaper
	}
	with := func(change func(*Lot)) func(*File) { return func(f *File) { paper(f); costs(change)(f) } }
	readAll(t, map[string]reading{
		"no price":              {with(func(*Lot) {}), ""},
		"an appraisal of a fen": {with(func(l *Lot) { l.AppraisalFen = 1 }), "price_mismatch " + at},
		"a market price":        {with(func(l *Lot) { l.MarketPriceFen = 1 }), "price_mismatch " + at},
	})
}

func TestR13_R2024_R28p_R30_PropertyOfAFile(t *testing.T) {
	t.Parallel()
	const a0 = "cases[0].assets[0]"
	shown := func(kinds ...DocumentKind) func(*File) {
		return onAsset(func(a *Asset) {
			one := a.Documents[0]
			a.Documents = nil
			for _, k := range append(kinds, AppraisalReport) {
				one.Kind = k
				a.Documents = append(a.Documents, one)
			}
		})
	}
	held := func(s OccupancyState) func(*File) { return onAsset(func(a *Asset) { a.Occupancy.State = s }) }
	unknown := "occupancy_unknown " + a0 + ".occupancy.state R2024"
	readAll(t, map[string]reading{
		"photographs":     {shown(Photographs), ""},
		"a video":         {shown(Video), ""},
		"a survey record": {shown(SurveyRecord), ""},
		"no documents": {
			onAsset(func(a *Asset) { a.Documents = []Document{} }),
			"checklist_missing " + a0 + ".survey R2024, checklist_missing " + a0 + ".survey R2024, too_few " + a0 + ".documents, document_missing cases[0].lots[0].asset_refs R13",
		},
		"the report alone":   {shown(), "checklist_missing " + a0 + ".survey R2024, document_missing " + a0 + ".documents R13"},
		"none of them":       {shown(OtherDocument), "checklist_missing " + a0 + ".survey R2024, document_missing " + a0 + ".documents R13"},
		"occupancy left out": {held(NotApplicable), unknown},
		"held by the court":  {held(CourtHeld), unknown},
		"in store":           {held(Stored), unknown},
		"a first rank":       {onAsset(func(a *Asset) { a.Encumbrances[1].Rank = 1 }), ""},
		"a rank below it":    {onAsset(func(a *Asset) { a.Encumbrances[1].Rank = -1 }), "out_of_range " + a0 + ".encumbrances[1].rank"},
		"a rate of nothing":  {onAsset(func(a *Asset) { a.Taxes[0].RateBP = 1 }), "missing " + a0 + ".taxes[0].rate_bp R30"},
		"a court of no code": {
			func(f *File) { f.Court.Code, f.Cases = "X1", f.Cases[:1] }, "bad_case_number court.code, bad_case_number cases[0].number",
		},
		"property sold twice":  {func(f *File) { k := &f.Cases[0]; l := k.Lots[0]; l.Ref = "again"; k.Lots = append(k.Lots, l) }, "asset_in_two_lots cases[0].lots[1].asset_refs[0]"},
		"no day of validity":   {onLot(0, func(l *Lot) { l.PricingBasis.ValidUntil = "" }), "missing cases[0].lots[0].pricing_basis.valid_until"},
		"no end of the second": {onLot(3, func(l *Lot) { l.Previous[1].EndedOn = "" }), "missing cases[3].lots[0].previous[1].ended_on"},
	})
}

func TestR13_R30_WhatATextMayNotSay(t *testing.T) {
	t.Parallel()
	const at = "cases[0].lots[0].handover.zh"
	debtor := func(name, says string) func(*File) {
		return func(f *File) {
			f.Cases[0].Debtors[0].Kind, f.Cases[0].Debtors[0].Name.Zh = Person, name
			f.Cases[0].Lots[0].Handover.Zh = says
		}
	}
	says := func(text string) func(*File) { return onLot(0, func(l *Lot) { l.Handover.Zh = text }) }
	readAll(t, map[string]reading{
		"a person's own entry": {debtor("周明德", "由法院交付。"), ""},
		"a name of three":      {debtor("周明德", "由周明德交付。"), "person_named " + at},
		"a name of two":        {debtor("周明", "由周明交付。"), "person_named " + at},
		"a name of one":        {debtor("周", "由周某交付。"), ""},
		"a masked name":        {debtor("周某", "由周某交付。"), ""},
		"all charges":          {says("过户的一切费用均由买受人承担。"), "taxes_all_on_buyer " + at + " R30"},
		"all duties":           {says("所有税款由买受人承担。"), "taxes_all_on_buyer " + at + " R30"},
		"a firm of that name": {func(f *File) {
			debtor("周明德", "由法院交付。")(f)
			f.Cases[0].Lots[0].Auxiliary = []Auxiliary{{Text{"周明德", "x"}, Text{"看样", "x"}}}
		}, "person_named cases[0].lots[0].auxiliary[0].name.zh"},
		"an identity number":    {says("身份证号11010519491231002X。"), "identity_number " + at},
		"the second of two":     {says("账号622848001234567890，身份证号11010519491231002x。"), "identity_number " + at},
		"an account's number":   {says("账号110105194912310029。"), ""},
		"a number of 17 digits": {says("账号11010519491231002。"), ""},
	})
}

// GB 11643: seventeen digits, of which the seventh to fourteenth are a day of birth, and the check digit by the weights of ISO 7064.
func TestIdentityNumber(t *testing.T) {
	t.Parallel()
	number := func(digits string) string {
		sum := 0
		for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
			sum += weight * int(digits[i]-'0')
		}
		return digits + string("10X98765432"[sum%11])
	}
	for digits, want := range map[string]bool{
		"11010519490101001": true, "11010519491231999": true, "81000020000101001": true, "11010519491001002": true,
		"11010519490001001": false, "11010519491301001": false, "11010519490100001": false, "11010519490132001": false,
		"01010519490101001": false, "91000020000101001": false,
	} {
		whole := number(digits)
		if isIdentityNumber(whole) != want {
			t.Errorf("%s is one: %t", whole, !want)
		}
		for _, last := range "0123456789X" {
			if other := digits + string(last); other != whole && isIdentityNumber(other) {
				t.Errorf("%s is one by another check digit", other)
			}
		}
		for i := range 17 { // each digit counts
			if other := digits[:i] + string('0'+(digits[i]-'0'+1)%10) + digits[i+1:] + whole[17:]; isIdentityNumber(other) {
				t.Errorf("%s is one with its digit %d changed", other, i+1)
			}
		}
		if x := strings.ToLower(whole); isIdentityNumber(x) != want {
			t.Errorf("%s is one: %t", x, !want)
		}
	}
}

func TestParent(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"": "", "court": "", "court.code": "court", "cases[2]": "cases", "cases[2].lots[0]": "cases[2].lots"} {
		if got := parent(path); got != want {
			t.Errorf("%q stands in %q, want %q", path, got, want)
		}
	}
}
