package pricing

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// online is a determination about to be reckoned from platforms' reports, asked at at().
func online(platforms int, reports ...Report) *Determination {
	d := &Determination{State: Open, Day: aDay, Skips: []Skip{{Origin: Agreed}, {Origin: Authority}}, Parties: []Who{{Applicant, 1}, {Debtor, 1}}}
	for i := range platforms {
		d.Sources = append(d.Sources, Source{ID: id(byte(100 + i)), Origin: Online, Place: i + 1, AskedAt: atOf(0), DueAt: atOf(3 * aDay)})
	}
	d.Reports = reports
	return d
}

// report is a platform's, in time, of a figure.
func report(n byte, fen money.Fen) Report {
	return Report{
		ID: id(n), Source: id(99 + n), Origin: Online, Fen: fen, Hash: digest(), ValuedOn: "2026-11-20", ValidUntil: "2027-11-20",
		ReceivedAt: at().Add(aDay), InTime: true, State: stands,
	}
}

// R10p, Price 13: where one report stands without an objection it counts alone, also beside a correction of one objected to.
func TestR10p_WhichReportsCount(t *testing.T) {
	t.Parallel()
	old, correction := report(1, 1), report(2, 2)
	old.State = "corrected"
	correction.Corrects = &old.ID
	other := report(3, 3)
	objected := func(n byte, by Role) Objection { return Objection{Report: id(n), Who: Who{by, 1}} }
	for what, c := range map[string]struct {
		reports    []Report
		objections []Objection
		want       []money.Fen
	}{
		"beside a correction":        {[]Report{old, correction, other}, []Objection{objected(1, Debtor)}, []money.Fen{3}},
		"a correction alone":         {[]Report{old, correction}, []Objection{objected(1, Debtor)}, []money.Fen{2}},
		"the court's own review":     {[]Report{old, correction, other}, []Objection{objected(1, Court)}, []money.Fen{2, 3}},
		"both objected to":           {[]Report{report(1, 1), other}, []Objection{objected(1, Debtor), objected(3, Debtor)}, []money.Fen{1, 3}},
		"one of two objected to":     {[]Report{report(1, 1), other}, []Objection{objected(3, Applicant)}, []money.Fen{1}},
		"neither of two objected to": {[]Report{report(1, 1), other}, nil, []money.Fen{1, 3}},
	} {
		d := online(0, c.reports...)
		d.Objections = c.objections
		var got []money.Fen
		for _, r := range d.counted(Online) {
			got = append(got, r.Fen)
		}
		if len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(c.want)-1] {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

// R10p, Price 21: every party has every report before the five days count.
func TestR10p_EveryPartyHasEveryReport(t *testing.T) {
	t.Parallel()
	sent := func(n byte, to Role, received *time.Time) Service {
		return Service{Report: id(n), Who: Who{to, 1}, ReceivedAt: received}
	}
	all := []Service{sent(1, Applicant, atOf(0)), sent(1, Debtor, atOf(0)), sent(2, Applicant, atOf(instant)), sent(2, Debtor, atOf(0))}
	for what, c := range map[string]struct {
		services []Service
		code     fault.Code
	}{
		"all":                       {all, ""},
		"one lacks the second":      {all[:3], fault.ReportUnserved},
		"nobody has the second":     {all[:2], fault.ReportUnserved},
		"a third person in a place": {[]Service{all[0], all[1], all[2], sent(2, Interested, atOf(0))}, fault.ReportUnserved},
		"on its way":                {[]Service{all[0], all[1], all[2], sent(2, Debtor, nil)}, fault.ReportUnserved},
	} {
		d := online(0, report(1, 1), report(2, 2))
		d.Services = c.services
		until, err := d.served(Online)
		if refuses(t, what, err, c.code, ""); err == nil && !until.Equal(at().Add(5*aDay+instant)) {
			t.Errorf("%s: until %v", what, until)
		}
	}
}

// R10p, Price 13, 27: the mean of the amounts; of the days of valuation the earliest, of the terms the shortest.
func TestR10p_TheShortestTermCounts(t *testing.T) {
	t.Parallel()
	for _, c := range [][2][2]docket.Date{
		{{"2026-11-18", "2027-11-18"}, {"2026-11-19", "2027-11-17"}},
		{{"2026-11-19", "2027-11-17"}, {"2026-11-18", "2027-11-18"}},
		{{"2026-11-18", "2027-11-17"}, {"2026-11-18", "2027-11-17"}},
	} {
		a, b := report(1, 100), report(2, 101)
		a.ValuedOn, a.ValidUntil, b.ValuedOn, b.ValidUntil = c[0][0], c[0][1], c[1][0], c[1][1]
		d := online(2, a, b)
		d.Parties = nil
		p, err := d.Reckon(Online, at().Add(4*aDay))
		if err != nil || p.ValuedOn != "2026-11-18" || p.ValidUntil != "2027-11-17" || p.Fen != 101 || p.Sum != 201 {
			t.Errorf("%v: %+v, %v", c, p, err)
		}
	}
}

// R10p, Price 22, 24: objections are against a report that came in time and stands.
func TestR10p_WhatIsObjectedTo(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		edit func(*Report)
		code fault.Code
	}{
		"it stands":      {func(*Report) {}, ""},
		"it came late":   {func(r *Report) { r.InTime = false }, fault.StateConflict},
		"it fell":        {func(r *Report) { r.State = "fallen" }, fault.StateConflict},
		"an authority's": {func(r *Report) { r.Origin = Authority }, fault.ReportObjectionBarred},
	} {
		r := report(1, 1)
		c.edit(&r)
		refuses(t, what, online(1, r).MayObject(id(1), Who{Debtor, 1}, FactsWrong, at()), c.code, "")
	}
}

// R10p, Price 27: a year ends on the same day, from 29 February on the 28th; days are those of court time, 8 hours ahead.
func TestR10p_DaysAndYears(t *testing.T) {
	t.Parallel()
	for from, want := range map[docket.Date]docket.Date{
		"2026-11-20": "2027-11-20", "2028-02-28": "2029-02-28", "2028-02-29": "2029-02-28", "2027-02-28": "2028-02-28", "2027-03-01": "2028-03-01", "": "",
	} {
		if got := longest(from); got != want {
			t.Errorf("a year from %q: %q", from, got)
		}
	}
	midnight := time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)
	if a, b := dateOf(midnight.Add(-instant)), dateOf(midnight); a != "2026-11-20" || b != "2026-11-21" {
		t.Errorf("about midnight: %s, %s", a, b)
	}
}

// R10p, Price 11: a platform that applied has three days more, unless one answered within the first three, to their last instant.
func TestR10p_ThreeDaysMoreWhereNoneAnswered(t *testing.T) {
	t.Parallel()
	due := 3 * aDay
	for what, c := range map[string]struct {
		origin   Origin
		received time.Duration
		more     bool
	}{
		"another platform at the end":       {Online, due, false},
		"another platform before":           {Online, due - instant, false},
		"another platform too late":         {Online, due + instant, true},
		"the authority, asked before, late": {Authority, -aDay, true},
	} {
		r := report(2, 1)
		r.Origin, r.ReceivedAt = c.origin, at().Add(c.received)
		d := online(2, r)
		d.Sources[0].MoreAt = atOf(aDay)
		want := at().Add(due)
		if c.more {
			want = at().Add(6 * aDay)
		}
		if got := d.dueAt(d.Sources[0]); !got.Equal(want) {
			t.Errorf("%s: until %v, want %v", what, got, want)
		}
		if got := d.dueAt(d.Sources[1]); !got.Equal(at().Add(due)) {
			t.Errorf("%s: one that did not apply has until %v", what, got)
		}
	}
}

// R10p, Price 7, 11, 13: platforms are left when the parties choose at any time, when all their reports fell once none can answer.
func TestR10p_WhenPlatformsAreLeft(t *testing.T) {
	t.Parallel()
	fallen := report(1, 1)
	fallen.State = "fallen"
	for what, c := range map[string]struct {
		reports []Report
		ground  SkipGround
		now     time.Duration
		code    fault.Code
	}{
		"one stands":                       {[]Report{report(1, 1)}, PartiesChose, 4 * aDay, fault.StateConflict},
		"the parties choose meanwhile":     {nil, PartiesChose, aDay, ""},
		"one fell, another may answer":     {[]Report{fallen}, ReportsFell, 3 * aDay, fault.AnswerNotDue},
		"one fell, no other can":           {[]Report{fallen}, ReportsFell, 3*aDay + instant, ""},
		"none fell":                        {nil, ReportsFell, 4 * aDay, fault.PriceGroundInvalid},
		"none answered, both may":          {nil, NoAnswer, 3 * aDay, fault.AnswerNotDue},
		"none answered":                    {nil, NoAnswer, 3*aDay + instant, ""},
		"asked, and experts must see it":   {nil, NeedsExpert, aDay, fault.PriceGroundInvalid},
		"one answered in time, though not": {[]Report{fallen}, NoAnswer, 4 * aDay, fault.PriceGroundInvalid},
	} {
		refuses(t, what, online(2, c.reports...).MaySkip(Online, c.ground, at().Add(c.now)), c.code, "")
	}
}

// R10p, Price 21: reports go to the parties and to up to 200 interested persons.
func TestR10p_WhoGetsReports(t *testing.T) {
	t.Parallel()
	d := online(0)
	for w, field := range map[Who]string{
		{Applicant, 1}: "", {Debtor, 1}: "", {Interested, 1}: "", {Interested, 200}: "",
		{Interested, 0}: "no", {Interested, 201}: "no", {Applicant, 2}: "no", {Debtor, 2}: "no", {Applicant, 0}: "no",
		{"", 1}: "role", {Court, 1}: "role", {"buyer", 2}: "role",
	} {
		code := fault.InvalidRequest
		if field == "" {
			code = ""
		}
		refuses(t, string(w.Role), d.gets(w), code, field)
	}
	d.Services = []Service{{Report: id(1), Who: Who{Debtor, 1}}}
	for who, report := range map[Who]uuid.UUID{{Debtor, 1}: id(2), {Applicant, 1}: id(1)} {
		if d.wentTo(who, report) {
			t.Errorf("%v has it already", who)
		}
	}
	if !d.wentTo(Who{Debtor, 1}, id(1)) {
		t.Error("the debtor has it")
	}
}
