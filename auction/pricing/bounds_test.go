package pricing

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

const (
	aDay    = 24 * time.Hour
	instant = time.Millisecond // the least that the rules tell apart
)

// at is the instant from which these tests count: 9:00 of 20 November 2026 in court time.
func at() time.Time { return time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC) }

func atOf(d time.Duration) *time.Time {
	t := at().Add(d)
	return &t
}

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

func digest() string { return strings.Repeat("a", 64) }

// refuses wants a fault of a code, in a field where one is named.
func refuses(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		f = &fault.Error{}
	}
	if (err != nil) != ok || f.Code != code || (field != "" && f.Field != field) {
		t.Errorf("%s: got %v in %q; want %q in %q", what, err, f.Field, code, field)
	}
}

// R10p: names of up to 200 bytes in each language, none missing, none twice.
func TestR10p_NamesOfThoseAsked(t *testing.T) {
	t.Parallel()
	n := func(zh, en string) docket.Text { return docket.Text{Zh: zh, En: en} }
	long := func(n int) string { return strings.Repeat("x", n) }
	for what, c := range map[string]struct {
		names []docket.Text
		want  bool
	}{
		"none":                 {nil, false},
		"one":                  {[]docket.Text{n("甲", "A")}, true},
		"two":                  {[]docket.Text{n("甲", "A"), n("乙", "A")}, true},
		"one twice":            {[]docket.Text{n("甲", "A"), n(" 甲 ", "B")}, false},
		"no Chinese":           {[]docket.Text{n(" ", "A")}, false},
		"no English":           {[]docket.Text{n("甲", " ")}, false},
		"200 bytes":            {[]docket.Text{n(long(200), long(200))}, true},
		"201 bytes in Chinese": {[]docket.Text{n(long(201), "A")}, false},
		"201 bytes in English": {[]docket.Text{n("甲", long(201))}, false},
	} {
		if got := distinct(c.names); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}
}

// R10p, Price 19: a firm is replaced over its own report, not over one of the firm before.
func TestR10p_AFirmAnswersForItsOwnReport(t *testing.T) {
	t.Parallel()
	d := Determination{
		State: Open, Day: aDay,
		Sources: []Source{
			{ID: id(1), Origin: Appraisal, AskedAt: atOf(0), DueAt: atOf(30 * aDay), EndedAt: atOf(aDay), Ended: ReportFell},
			{ID: id(2), Origin: Appraisal, AskedAt: atOf(aDay), DueAt: atOf(31 * aDay)},
		},
		Reports: []Report{{ID: id(3), Source: id(1), Origin: Appraisal, InTime: true, State: "fallen"}},
	}
	end := func(g EndGround) error {
		_, err := d.mayEnd(g, at().Add(2*aDay))
		return err
	}
	refuses(t, "the first one's report fell", end(ReportFell), fault.PriceGroundInvalid, "ground")
	refuses(t, "refused", end(Refused), "", "")
	d.Reports = append(d.Reports, Report{ID: id(4), Source: id(2), Origin: Appraisal, InTime: true, State: stands})
	refuses(t, "its own report stands", end(ReportFell), fault.PriceGroundInvalid, "ground")
	d.Reports[1].State = "fallen"
	refuses(t, "its own report fell", end(ReportFell), "", "")
}

// R10p, Price 27: a report's number of up to 80 bytes, its figure, its term; an authority that names none is taken to mean a year.
func TestR10p_WhatAReportSays(t *testing.T) {
	t.Parallel()
	good := Answer{Fen: 1, Number: strings.Repeat("9", 80), Hash: digest(), ValuedOn: "2026-11-20", ValidUntil: "2027-05-20"}
	for what, c := range map[string]struct {
		of    Origin
		edit  func(*Answer)
		code  fault.Code
		field string
		until docket.Date
	}{
		"80 bytes":                 {Appraisal, func(*Answer) {}, "", "", "2027-05-20"},
		"81 bytes":                 {Appraisal, func(a *Answer) { a.Number += "9" }, fault.InvalidRequest, "number", ""},
		"no hash":                  {Appraisal, func(a *Answer) { a.Hash = "" }, fault.InvalidRequest, "hash", ""},
		"no figure":                {Appraisal, func(a *Answer) { a.Fen = 0 }, fault.AmountInvalid, "amount_fen", ""},
		"an authority's term":      {Authority, func(*Answer) {}, "", "", "2027-05-20"},
		"an authority without one": {Authority, func(a *Answer) { a.ValidUntil = "" }, "", "", "2027-11-20"},
		"a firm without a term":    {Appraisal, func(a *Answer) { a.ValidUntil = "" }, fault.PriceValidityInvalid, "valid_until", ""},
		"of tomorrow":              {Appraisal, func(a *Answer) { a.ValuedOn = "2026-11-21" }, fault.InvalidRequest, "valued_on", ""},
		"a day's term":             {Appraisal, func(a *Answer) { a.ValidUntil = "2026-11-20" }, "", "", "2026-11-20"},
		"over before it began":     {Appraisal, func(a *Answer) { a.ValidUntil = "2026-11-19" }, fault.PriceValidityInvalid, "valid_until", ""},
	} {
		in := good
		c.edit(&in)
		got, err := in.check(c.of, at())
		refuses(t, what, err, c.code, c.field)
		if err == nil && got.ValidUntil != c.until {
			t.Errorf("%s: until %s", what, got.ValidUntil)
		}
	}
}

// R10p, Price 4: one figure of each party, from a fen to the most that is reckoned with; a refusal names no figure.
func TestR10p_OneFigureOfEachParty(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		results []money.Fen
		parties int
		want    money.Fen
		code    fault.Code
	}{
		"one party":      {[]money.Fen{5}, 1, 5, ""},
		"three":          {[]money.Fen{5, 5, 5}, 3, 5, ""},
		"a fen apart":    {[]money.Fen{5, 6}, 2, 0, fault.PriceNotAgreed},
		"one is missing": {[]money.Fen{5}, 2, 0, fault.InvalidRequest},
		"one too many":   {[]money.Fen{5, 5}, 1, 0, fault.InvalidRequest},
		"a fen":          {[]money.Fen{1}, 1, 1, ""},
		"nothing":        {[]money.Fen{0}, 1, 0, fault.AmountInvalid},
		"the most":       {[]money.Fen{money.Max}, 1, money.Max, ""},
		"a fen more":     {[]money.Fen{money.Max + 1}, 1, 0, fault.AmountTooLarge},
	} {
		got, err := agreed(c.results, c.parties)
		field := ""
		if c.code != "" {
			field = "results_fen"
		}
		if refuses(t, what, err, c.code, field); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// R10p: the log holds the hash of the skipped origins in the law's order, and nothing for none.
func TestR10p_SkippedOriginsInTheLog(t *testing.T) {
	t.Parallel()
	skip := func(o Origin, g SkipGround) Skip {
		return Skip{Origin: o, Ground: g, Reason: docket.Text{Zh: "无", En: "none"}}
	}
	const agreed = `{"origin":"agreed","ground":"party_refused","reason_zh":"无","reason_en":"none"}`
	const authority = `{"origin":"authority","ground":"no_answer","reason_zh":"无","reason_en":"none"}`
	for _, c := range []struct {
		list []Skip
		want string
	}{
		{[]Skip{skip(Agreed, PartyRefused)}, audit.HashText(`{"skips":[` + agreed + `]}`)},
		{[]Skip{skip(Authority, NoAnswer), skip(Agreed, PartyRefused)}, audit.HashText(`{"skips":[` + agreed + `,` + authority + `]}`)},
		{nil, ""},
	} {
		if got, err := skipsHash(c.list); err != nil || got != c.want {
			t.Errorf("%v: %s, %v", c.list, got, err)
		}
	}
}

// R12e, Equity 12: a firm found that it can make no report; the application is of today or before.
func TestR12e_WhenTheCostsDecide(t *testing.T) {
	t.Parallel()
	skips := []Skip{{Origin: Agreed}, {Origin: Authority}, {Origin: Online}}
	for what, c := range map[string]struct {
		ended    EndGround
		category docket.Category
		on       docket.Date
		code     fault.Code
	}{
		"today":          {CannotAppraise, docket.Equity, "2026-11-20", ""},
		"yesterday":      {CannotAppraise, docket.Equity, "2026-11-19", ""},
		"tomorrow":       {CannotAppraise, docket.Equity, "2026-11-21", fault.ApplicationMissing},
		"never":          {CannotAppraise, docket.Equity, "", fault.ApplicationMissing},
		"the firm left":  {Refused, docket.Equity, "2026-11-20", fault.EquityAppraisable},
		"a flat":         {CannotAppraise, docket.Flat, "2026-11-20", fault.EquityAppraisable},
		"it still works": {"", docket.Equity, "2026-11-20", fault.EquityAppraisable},
	} {
		firm := Source{ID: id(1), Origin: Appraisal, AskedAt: atOf(0), DueAt: atOf(30 * aDay), Ended: c.ended}
		if c.ended != "" {
			firm.EndedAt = atOf(aDay)
		}
		d := Determination{State: Open, Day: aDay, Category: c.category, Skips: skips, Sources: []Source{firm}}
		refuses(t, what, d.mayCost(Application{Paper: digest(), On: c.on, Costs: 1}, "2026-11-20"), c.code, "")
	}
}
