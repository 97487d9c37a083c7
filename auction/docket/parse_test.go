package docket

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"mingchui/auction/fault"
)

// broken is a good file with one passage replaced, and the one problem that it must have.
type broken struct {
	name string
	// The first old behind after is replaced by new.
	after, old, new string
	code            fault.Code
	path, rule      string
	// The problem stands on the line of the first at behind after, in the changed file.
	at string
}

const (
	flat   = `"ref": "MH-A001"`
	lot1   = `"ref": "MH-001"`
	equity = `"ref": "MH-020"`
	second = `"ref": "MH-029"`
	tipper = `"ref": "MH-025"`
)

func smallFile(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// change applies the edit and tells on which line the problem is expected.
func (b broken) change(t *testing.T, src string) (changed string, line int) {
	t.Helper()
	from := strings.Index(src, b.after)
	i := strings.Index(src[max(from, 0):], b.old)
	if from < 0 || i < 0 {
		t.Fatalf("the good file has no %q behind %q", b.old, b.after)
	}
	i += from
	changed = src[:i] + b.new + src[i+len(b.old):]
	j := strings.Index(changed[from:], b.at)
	if j < 0 {
		t.Fatalf("the changed file has no %q", b.at)
	}
	return changed, 1 + strings.Count(changed[:from+j], "\n")
}

func runBroken(t *testing.T, table []broken) {
	t.Helper()
	src := smallFile(t)
	for _, b := range table {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			changed, line := b.change(t, src)
			_, problems := Parse(strings.NewReader(changed))
			if len(problems) != 1 {
				for _, p := range problems {
					t.Log(p.InLine("en"))
				}
				t.Fatalf("%d problems, want one: %s", len(problems), b.code)
			}
			p := problems[0]
			if p.Code != b.code || p.Path != b.path || p.Rule != b.rule || p.Line != line {
				t.Errorf("got %s\nwant code %s, path %s, rule %s, line %d", p.InLine("en"), b.code, b.path, b.rule, line)
			}
			if p.Message.Zh == "" || p.Message.En == "" || p.Column < 1 {
				t.Errorf("the message is not whole: %+v", p)
			}
			if (p.Rule == "") != p.Article.IsZero() {
				t.Errorf("rule %q has the article %q", p.Rule, p.Article)
			}
		})
	}
}

func TestParse_GoodFile(t *testing.T) {
	t.Parallel()
	file, problems := Parse(strings.NewReader("\xef\xbb\xbf" + smallFile(t)))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	l := file.Cases[0].Lots[0]
	if l.StartingPriceFen != 104020000 || l.PriorityPurchasers[0].Rank != 1 || file.Cases[0].Property(l)[0].Occupancy.State != HeldByTenant {
		t.Errorf("the file was read wrong: %+v", l)
	}
}

func TestParse_Form(t *testing.T) {
	t.Parallel()
	c0, a0, l0 := "cases[0]", "cases[0].assets[0]", "cases[0].lots[0]"
	runBroken(t, []broken{
		{"format of another version", "{", "mingchui-docket/1", "mingchui-docket/9", WrongFormat, "format", "", "docket/9"},
		{"unknown field", lot1, `"increment_fen"`, `"colour": "red", "increment_fen"`, fault.UnknownField, l0 + ".colour", "", "colour"},
		{"key twice", lot1, `"increment_fen": 500000,`, "\"increment_fen\": 500000,\n\"increment_fen\": 500000,", DuplicateKey, l0 + ".increment_fen", "", "\"increment_fen\": 500000,\n  "},
		{"missing field", `"lots": [`, `"deposit_fen": 10400000,`, ``, Missing, l0 + ".deposit_fen", "", "{\n"},
		{"empty text", lot1, `"zh": "报告已送达当事人，五日内无人提出异议。"`, `"zh": "  "`, Missing, l0 + ".pricing_basis.note.zh", "", `"  "`},
		{"one language", flat, `, "en": "Flat 1203, block 6, Lanting"`, ``, Missing, a0 + ".title.en", "", "澜庭6幢1203室"},
		{"null in place of a text", flat, `"certificate": "****0417"`, `"certificate": null`, WrongType, a0 + ".ownership.certificate", "", "null"},
		{"text in place of an object", flat, `{"zh": "澜庭6幢1203室", "en": "Flat 1203, block 6, Lanting"}`, `"x"`, WrongType, a0 + ".title", "", `"x"`},
		{"object in place of a list", lot1, `["MH-A001"]`, `{}`, WrongType, l0 + ".asset_refs", "", `{}`},
		{"text in place of a truth value", "{", `"publishable": true`, `"publishable": "yes"`, WrongType, c0 + ".instrument.publishable", "", `"yes"`},
		{"unknown category", flat, `"category": "flat"`, `"category": "castle"`, UnknownCategory, a0 + ".category", "", "castle"},
		{"unknown value", lot1, `"stage": "first"`, `"stage": "third"`, UnknownValue, l0 + ".stage", "", "third"},
		{"no such day", "{", `2026-03-02`, `2026-02-30`, BadDate, c0 + ".filed_on", "", "2026-02-30"},
		{"day written otherwise", "{", `2026-03-02`, `2026/3/2`, BadDate, c0 + ".filed_on", "", "2026/3/2"},
		{"case number", "{", `（2026）皖9902执1号`, `2026-1`, BadCaseNumber, c0 + ".number", "", `2026-1"`},
		{"case number of another court", "{", `（2026）皖9902执1号`, `（2026）皖9901执1号`, BadCaseNumber, c0 + ".number", "", "皖9901"},
		{"case number twice", "{", `（2026）皖9902执2号`, `（2026）皖9902执1号`, DuplicateRef, "cases[1].number", "", "执1号\",\n      \"kind\": \"civil\",\n      \"filed_on\": \"2026-06-24"},
		{"area code", "{", `"code": "349902"`, `"code": "3499"`, BadAreaCode, "court.region.code", "", `"3499"`},
		{"unknown asset", lot1, `["MH-A001"]`, `["MH-A001", "MH-A999"]`, UnknownRef, l0 + ".asset_refs[1]", "", "MH-A999"},
		{"asset twice in a lot", lot1, `["MH-A001"]`, `["MH-A001", "MH-A001"]`, DuplicateItem, l0 + ".asset_refs[1]", "", `"MH-A001", "MH-A001"`},
		{"lot without property", lot1, `["MH-A001"]`, `[]`, LotWithoutAsset, l0 + ".asset_refs", "", `[]`},
		{"drawing with a path", flat, `"plan.svg"`, `"../plan.svg"`, BadFileName, a0 + ".drawings[1]", "", "../plan.svg"},
		{"list too short", flat, `"drawings": ["flat-12.svg", "plan.svg", "block.svg"]`, `"drawings": []`, TooFew, a0 + ".drawings", "", `"drawings": []`},
		{"rank nought", lot1, `"rank": 1`, `"rank": 0`, OutOfRange, l0 + ".priority_purchasers[0].rank", "", `"rank": 0`},
		{"days to pay", lot1, `"balance_due_days": 10`, `"balance_due_days": 0`, OutOfRange, l0 + ".payment.balance_due_days", "R25", `"balance_due_days": 0`},
		{"person's name published", "{", `"name_published": false`, `"name_published": true`, PersonNamed, c0 + ".debtors[0].name_published", "", "周某"},
		{"identity number", flat, `被执行人单独所有`, `11010519491231002X`, IdentityNumber, a0 + ".ownership.holder.zh", "", "11010519491231002X"},
	})
}

func TestParse_Amounts(t *testing.T) {
	t.Parallel()
	l0 := "cases[0].lots[0]"
	runBroken(t, []broken{
		{"with a fraction", lot1, `104020000`, `104020000.5`, fault.AmountInvalid, l0 + ".starting_price_fen", "", "104020000.5"},
		{"with an exponent", lot1, `104020000`, `1e8`, fault.AmountInvalid, l0 + ".starting_price_fen", "", "1e8"},
		{"negative", lot1, `104020000`, `-104020000`, fault.AmountInvalid, l0 + ".starting_price_fen", "", "-104020000"},
		{"above 2^53-1", lot1, `104020000`, `9007199254740992`, fault.AmountTooLarge, l0 + ".starting_price_fen", "", "9007199254740992"},
		{"above int64", lot1, `104020000`, `99999999999999999999999`, fault.AmountTooLarge, l0 + ".starting_price_fen", "", "99999999999999999999999"},
		{"as a text", lot1, `104020000`, `"104020000"`, WrongType, l0 + ".starting_price_fen", "", `"104020000"`},
	})
}

func TestR10_StartingPrice(t *testing.T) {
	t.Parallel()
	l0 := "cases[0].lots[0]"
	runBroken(t, []broken{
		{"one fen below 70 %", lot1, `104020000`, `104019999`, fault.ReserveTooLow, l0 + ".starting_price_fen", "R10", "104019999"},
		{"appraisal and market price", lot1, `"appraisal_fen": 148600000`, `"appraisal_fen": 148600000, "market_price_fen": 148600000`, PriceTwice, l0 + ".market_price_fen", "R10", "market_price_fen"},
		{"neither", `"lots": [`, `"appraisal_fen": 148600000,`, ``, PriceMissing, l0, "R10", "{\n"},
	})
}

func TestR10p_PricingBasis(t *testing.T) {
	t.Parallel()
	at := "cases[0].lots[0].pricing_basis"
	runBroken(t, []broken{
		{"valid for over a year", lot1, `2027-08-30`, `2027-09-01`, OutOfRange, at + ".valid_until", "R10p", "2027-09-01"},
		{"ends before it begins", lot1, `2027-08-30`, `2026-08-30`, BadOrder, at + ".valid_until", "R10p", "2026-08-30"},
	})
}

func TestR17_Deposit(t *testing.T) {
	t.Parallel()
	l0 := "cases[0].lots[0]"
	runBroken(t, []broken{
		{"one fen below 5 %", lot1, `10400000`, `5200999`, fault.DepositOutOfBounds, l0 + ".deposit_fen", "R17", `"deposit_fen": 5200999`},
		{"one fen above 20 %", lot1, `10400000`, `20804001`, fault.DepositOutOfBounds, l0 + ".deposit_fen", "R17", `"deposit_fen": 20804001`},
	})
}

func TestR20a_Increment(t *testing.T) {
	t.Parallel()
	l0 := "cases[0].lots[0]"
	runBroken(t, []broken{
		{"nought", lot1, `"increment_fen": 500000`, `"increment_fen": 0`, fault.IncrementInvalid, l0 + ".increment_fen", "R20a", `"increment_fen": 0`},
		{"above the price", lot1, `"increment_fen": 500000`, `"increment_fen": 104020001`, fault.IncrementInvalid, l0 + ".increment_fen", "R20a", "104020001"},
	})
}

func TestR2024_SurveyAndOccupancy(t *testing.T) {
	t.Parallel()
	a0 := "cases[0].assets[0]"
	runBroken(t, []broken{
		{"item missing", flat, `"item": "arrears"`, `"item": "something"`, ChecklistMissing, a0 + ".survey", "R2024", `"survey"`},
		{"item twice", flat, `"survey": [`, `"survey": [{"item": "title", "state": "clear", "finding": {"zh": "一", "en": "a"}, "source": {"zh": "一", "en": "a"}},`, DuplicateItem, a0 + ".survey[1].item", "", "\"item\": \"title\",\n"},
		{"occupancy unknown", flat, `"state": "tenant"`, `"state": "unknown"`, fault.OccupancyUnknown, a0 + ".occupancy.state", "R2024", `"unknown"`},
		{"occupancy of goods", flat, `"state": "tenant"`, `"state": "stored"`, fault.OccupancyUnknown, a0 + ".occupancy.state", "R2024", `"stored"`},
		{"court does not vacate", flat, `"handover": "with_lease"`, `"handover": "court_does_not_vacate"`, fault.OccupancyUnknown, a0 + ".occupancy.handover", "R2024", "court_does_not_vacate"},
		{"lease without an end", flat, `"until": "2027-03-31",`, ``, LeaseUntilMissing, a0 + ".occupancy", "R2024", `"occupancy"`},
	})
}

func TestR28p_WhatRemainsAfterTheSale(t *testing.T) {
	t.Parallel()
	a0 := "cases[0].assets[0]"
	runBroken(t, []broken{
		{"mortgage remains", flat, "\"amount_fen\": 118000000,\n              \"after_sale\": \"extinguished\"", "\"amount_fen\": 118000000,\n              \"after_sale\": \"remains\"", SecurityRemains, a0 + ".encumbrances[1].after_sale", "R28p", `"remains"`},
		{"lease remains, court vacates", flat, `"handover": "with_lease"`, `"handover": "court_vacates"`, LeaseMismatch, a0 + ".occupancy.handover", "R28p", "court_vacates"},
		{"easement ends with the sale", flat, `"kind": "seizure", "holder"`, `"kind": "easement", "holder"`, UsufructEnds, a0 + ".encumbrances[0].after_sale", "R28p", `"easement"`},
		{"no lease to hand over with", flat, `"after_sale": "remains"`, `"after_sale": "removed_before_sale"`, LeaseMismatch, a0 + ".occupancy.handover", "R28p", `"handover": "with_lease"`},
	})
}

func TestR30_Taxes(t *testing.T) {
	t.Parallel()
	a0 := "cases[0].assets[0]"
	runBroken(t, []broken{
		{"VAT on the buyer", "VAT and surcharges", `"borne_by": "debtor"`, `"borne_by": "buyer"`, fault.TaxesAllOnBuyer, a0 + ".taxes[1].borne_by", "R30", `"borne_by": "buyer"`},
		{"deed tax on the debtor", "Deed tax", `"borne_by": "buyer"`, `"borne_by": "debtor"`, fault.TaxesAllOnBuyer, a0 + ".taxes[0].borne_by", "R30", `"borne_by": "debtor"`},
		{"all on the buyer, in words", flat, `税率以办理过户时税务机关核定为准。`, `过户产生的一切税费均由买受人承担。`, fault.TaxesAllOnBuyer, a0 + ".taxes[0].note.zh", "R30", "一切税费"},
		{"all on the buyer, in English", flat, `At the rate that the tax office applies on transfer.`, `The buyer bears all taxes.`, fault.TaxesAllOnBuyer, a0 + ".taxes[0].note.en", "R30", "The buyer bears"},
	})
}

// R15: a lot of the file that holds a part of an indivisible group is refused, unless it says why.
func TestR15_AFileSellsAGroupWhole(t *testing.T) {
	t.Parallel()
	_, file := readCourt(t)
	file.Cases = file.Cases[:1]
	k := &file.Cases[0]
	k.Assets[0].IndivisibleGroup, k.Assets[1].IndivisibleGroup = "home", "home"
	parse := func() []Problem {
		src, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := Parse(bytes.NewReader(src))
		return problems
	}
	problems := parse()
	if len(problems) != 2 || problems[0].Code != fault.IndivisibleSplit || problems[0].Rule != "R15" || problems[0].Path != "cases[0].lots[0].asset_refs" {
		t.Errorf("sold apart: %+v", problems)
	}
	for i := range k.Lots {
		k.Lots[i].SplitReason = Text{"车位可以单独出售。", "The parking space can be sold alone."}
	}
	if problems := parse(); len(problems) > 0 {
		t.Errorf("with a reason: %s", problems[0].InLine("en"))
	}
	k.Lots[0].SplitReason, k.Lots[0].AssetRefs, k.Lots = Text{}, []string{k.Assets[0].Ref, k.Assets[1].Ref}, k.Lots[:1]
	if problems := parse(); len(problems) > 0 {
		t.Errorf("as one lot: %s", problems[0].InLine("en"))
	}
}

// R12e: equity without its unpaid capital stated is refused by R12e.
func TestR12e_UnpaidCapitalIsStated(t *testing.T) {
	t.Parallel()
	runBroken(t, []broken{
		{"capital", `"ref": "MH-A020"`, `"item": "capital"`, `"item": "something"`, ChecklistMissing, "cases[1].assets[0].survey", "R12e", `"survey"`},
	})
}

// R30: a rate says of what it is a rate, and is no more than the whole of it.
func TestR30_RatesOfTaxes(t *testing.T) {
	t.Parallel()
	tax := "cases[0].assets[0].taxes[0].rate_bp"
	const item, basis = `"item": {"zh": "契税", "en": "Deed tax"}`, `, "basis": {"zh": "成交价", "en": "the price"}`
	runBroken(t, []broken{
		{"of nothing", flat, item, item + `, "rate_bp": 300`, Missing, tax, "R30", `"rate_bp"`},
		{"above the whole", flat, item, item + `, "rate_bp": 10001` + basis, OutOfRange, tax, "R30", `"rate_bp"`},
	})
	changed := strings.Replace(smallFile(t), item, item+`, "rate_bp": 10000`+basis, 1)
	if _, problems := Parse(strings.NewReader(changed)); len(problems) > 0 {
		t.Errorf("the whole: %s", problems[0].InLine("en"))
	}
}

func TestR26_SecondSaleAndSellOff(t *testing.T) {
	t.Parallel()
	l2, l3 := "cases[2].lots[0]", "cases[3].lots[0]"
	runBroken(t, []broken{
		{"over 20 % lower", second, `30128000`, `30127999`, fault.ReserveTooLow, l2 + ".starting_price_fen", "R26", "30127999"},
		{"first sale not told", second, `[{"stage": "first", "starting_price_fen": 37660000, "ended_on": "2026-10-28"}]`, `[]`, PreviousMissing, l2 + ".previous", "R26", "[]"},
		{"sell-off at another price", tipper, "\"starting_price_fen\": 4592000,\n          \"increment_fen\"", "\"starting_price_fen\": 4592001,\n          \"increment_fen\"", fault.ReserveTooLow, l3 + ".starting_price_fen", "R26s", "4592001"},
		{"second before first", tipper, `2026-11-06`, `2026-09-06`, BadOrder, l3 + ".previous[1].ended_on", "R26", "2026-09-06"},
	})
}

func TestR13_WhatMustBePublished(t *testing.T) {
	t.Parallel()
	l0 := "cases[0].lots[0]"
	runBroken(t, []broken{
		{"appraisal report", flat, `"kind": "appraisal_report"`, `"kind": "other"`, DocumentAbsent, l0 + ".asset_refs", "R13", `"asset_refs": ["MH-A001"],`},
		{"instrument withheld without a reason", "{", `"publishable": true`, `"publishable": false`, ReasonMissing, "cases[0].instrument", "R13", `"instrument"`},
	})
}

func TestR16_Notifications(t *testing.T) {
	t.Parallel()
	l0 := "cases[0].lots[0]"
	runBroken(t, []broken{
		{"security holder not told", lot1, `"to": "security_holder"`, `"to": "other"`, NotificationAbsent, l0 + ".notifications", "R16", `"notifications"`},
		{"debtor not told", lot1, `"to": "debtor"`, `"to": "other"`, NotificationAbsent, l0 + ".notifications", "R16", `"notifications"`},
		{"no day", lot1, `"to": "debtor", "on": "2026-11-05"`, `"to": "debtor"`, ReasonMissing, l0 + ".notifications[1]", "R16", `"to": "debtor"`},
		{"priority purchaser not told", `"priority_purchasers": [`, `"notified_on": "2026-11-05",`, ``, ReasonMissing, l0 + ".priority_purchasers[0]", "R16", "{\n"},
	})
}
