package course

import (
	"strings"
	"testing"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

const (
	minute = int64(60_000)
	begin  = int64(1_781_749_000_000) // 2026-06-18, when bidding starts in these tests
	finish = begin + 24*60*minute
)

// sale is a first sale: start 100,000 yuan, increment 1,000 yuan, 24 hours, closing window of 5 minutes; A and B are
// ordinary bidders, P and Q priority purchasers of rank 1 and 2, R another of rank 2, X excluded.
func sale(t *testing.T) State {
	t.Helper()
	return saleOn(t, Terms{StartingPrice: 10_000_000, Increment: 100_000, StartsAt: begin, EndsAt: finish, Extension: 5 * minute})
}

func saleOn(t *testing.T, terms Terms) State {
	t.Helper()
	s := must(t, State{}, Command{Kind: Open, Terms: terms}, begin-15*24*60*minute)
	for _, c := range []Command{
		{Code: "AAAAA", Capacity: Ordinary},
		{Code: "BBBBB", Capacity: Creditor},
		{Code: "PPPPP", Capacity: Priority, Rank: 1},
		{Code: "QQQQQ", Capacity: Priority, Rank: 2},
		{Code: "RRRRR", Capacity: Priority, Rank: 2},
		{Code: "XXXXX", Capacity: Ordinary},
	} {
		c.Kind, c.NameCommitment = Admit, strings.Repeat("ab", 32)
		s = must(t, s, c, begin-minute)
	}
	return must(t, s, Command{Kind: Exclude, Code: "XXXXX"}, begin-minute)
}

func must(t *testing.T, s State, c Command, now int64) State {
	t.Helper()
	e, err := Decide(s, c, now)
	if err != nil {
		t.Fatalf("%s at %d: %v", c.Kind, now, err)
	}
	e.Epoch, e.N = max(s.Epoch, 1), s.N+1
	if c.Kind == Epoch {
		e.Epoch++
	}
	next, err := Next(s, e)
	if err != nil {
		t.Fatalf("fold %s at %d: %v", c.Kind, now, err)
	}
	return next
}

// closing is a close that rests on just the span it needs.
func closing(s State) Command {
	return Command{Kind: Close, Span: Span{Epoch: s.Epoch, From: s.ClosingFrom(), To: s.EndsAt}}
}

func bid(code string, amount money.Fen) Command {
	return Command{Kind: Bid, Code: code, Amount: amount}
}

func refusedAs(t *testing.T, s State, c Command, now int64, want fault.Code) {
	t.Helper()
	_, err := Decide(s, c, now)
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("%s %s %d at %d: %v, want %s", c.Kind, c.Code, c.Amount, now, err, want)
	}
}

func TestR20a_AmountsAscendFromTheStartInWholeIncrements(t *testing.T) {
	t.Parallel()
	s := sale(t)
	refusedAs(t, s, bid("AAAAA", 9_999_999), begin, fault.BidBelowStart)
	refusedAs(t, s, bid("AAAAA", 0), begin, fault.BidBelowStart)
	refusedAs(t, s, bid("AAAAA", -1), begin, fault.AmountInvalid)
	refusedAs(t, s, bid("AAAAA", money.Max+1), begin, fault.AmountTooLarge)
	refusedAs(t, s, bid("AAAAA", 10_000_001), begin, fault.OffIncrement)
	s = must(t, s, bid("AAAAA", 10_000_000), begin)
	refusedAs(t, s, bid("AAAAA", 10_100_000), begin, fault.AlreadyLeading)
	refusedAs(t, s, bid("BBBBB", 10_000_000), begin, fault.BidTooLow)
	refusedAs(t, s, bid("BBBBB", 10_099_999), begin, fault.BidTooLow)
	refusedAs(t, s, bid("BBBBB", 10_150_000), begin, fault.OffIncrement)
	s = must(t, s, bid("BBBBB", 10_500_000), begin)
	if s.Price != 10_500_000 || s.Leader != "BBBBB" || s.Bids != 2 {
		t.Errorf("state %+v", s)
	}
}

func TestR20a_FirstBidAboveTheStartCountsIncrementsFromIt(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_300_000), begin)
	if s.Price != 10_300_000 {
		t.Errorf("price %d", s.Price)
	}
}

func TestR20a_RefusalCarriesWhatItWasJudgedAgainst(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), begin)
	_, err := Decide(s, bid("BBBBB", 10_000_000), begin)
	f := err.(*fault.Error) //nolint:errorlint,forcetypeassert // Decide gives it unwrapped
	if f.Rule != "R20a" || f.Kind != fault.Conflict || f.Args["price_fen"] != int64(10_000_000) || f.Args["leader_code"] != "AAAAA" ||
		f.Args["seq"] != s.Seq || f.Args["ends_at"] != Instant(finish) {
		t.Errorf("refusal %+v", f)
	}
}

func TestR20b_NoBidBeforeTheStartNorAtTheEnd(t *testing.T) {
	t.Parallel()
	s := sale(t)
	refusedAs(t, s, bid("AAAAA", 10_000_000), begin-1, fault.NotStarted)
	must(t, s, bid("AAAAA", 10_000_000), finish-1)
	refusedAs(t, s, bid("AAAAA", 10_000_000), finish, fault.Closed)
}

func TestR20c_ABidInTheLastFiveMinutesSetsTheEndFromItsOwnMoment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		at, end    int64
		extensions int64
	}{
		{"just before the window", finish - 5*minute - 1, finish, 0},
		{"as the window opens", finish - 5*minute, finish, 1},
		{"within it", finish - 2*minute, finish + 3*minute, 1},
		{"in the last millisecond", finish - 1, finish + 5*minute - 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := must(t, sale(t), bid("AAAAA", 10_000_000), c.at)
			moved := s.Extensions
			if c.at == finish-5*minute { // the same end: nothing moved
				moved = 1
			}
			if s.EndsAt != c.end || moved != c.extensions {
				t.Errorf("ends at %d with %d extensions, want %d with %d", s.EndsAt, moved, c.end, c.extensions)
			}
		})
	}
}

func TestR20c_CloseOnlyAtTheEnd(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), finish-minute)
	refusedAs(t, s, Command{Kind: Close}, finish, fault.StateConflict)
	refusedAs(t, s, Command{Kind: Close}, finish+4*minute-1, fault.StateConflict)
	s = must(t, s, closing(s), finish+4*minute)
	if s.Phase != Closed || s.Outcome != Sold || s.Leader != "AAAAA" || s.ClosedAt != finish+4*minute {
		t.Errorf("state %+v", s)
	}
	for _, c := range []Command{bid("BBBBB", 10_100_000), {Kind: Stay, Ground: ByCourt}, {Kind: Resume}, {Kind: Close}, {Kind: Epoch}} {
		refusedAs(t, s, c, finish+5*minute, fault.Closed)
	}
}

func TestR20d_TheTimeOfAnEventNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), begin+10)
	s = must(t, s, bid("BBBBB", 10_100_000), begin+5)
	if s.LastAt != begin+10 {
		t.Errorf("last at %d, want %d", s.LastAt, begin+10)
	}
}

func TestR11_OneBidAtTheStartSells(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), begin)
	s = must(t, s, closing(s), finish)
	if s.Outcome != Sold || s.Price != 10_000_000 {
		t.Errorf("state %+v", s)
	}
}

func TestR26_NoBidIsUnsold(t *testing.T) {
	t.Parallel()
	s := sale(t)
	s = must(t, s, closing(s), finish)
	if s.Outcome != Unsold || s.Leader != "" || s.Price != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestR21_PriorityPurchasersMatch(t *testing.T) {
	t.Parallel()
	led := must(t, sale(t), bid("AAAAA", 10_000_000), begin)
	byP := must(t, led, bid("PPPPP", 10_000_000), begin)
	byQ := must(t, led, bid("QQQQQ", 10_000_000), begin)
	for _, c := range []struct {
		name string
		s    State
		code string
		want fault.Code // empty: allowed
	}{
		{"a priority purchaser matches an ordinary leader", led, "PPPPP", ""},
		{"a creditor does not", led, "BBBBB", fault.BidTooLow},
		{"an ordinary bidder matches nobody", byP, "AAAAA", fault.BidTooLow},
		{"a better rank matches a worse", byQ, "PPPPP", ""},
		{"a worse does not match a better", byP, "QQQQQ", fault.BidTooLow},
		{"the same rank: earlier bid first", byQ, "RRRRR", fault.BidTooLow},
		{"nobody matches himself", byP, "PPPPP", fault.AlreadyLeading},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.want != "" {
				refusedAs(t, c.s, bid(c.code, 10_000_000), begin, c.want)
				return
			}
			if s := must(t, c.s, bid(c.code, 10_000_000), begin); s.Leader != c.code || s.Price != 10_000_000 {
				t.Errorf("state %+v", s)
			}
		})
	}
}

func TestR21_AMatchExtends(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), finish-minute)
	s = must(t, s, bid("PPPPP", 10_000_000), finish)
	if s.EndsAt != finish+5*minute || s.Extensions != 2 {
		t.Errorf("ends at %d after %d extensions", s.EndsAt, s.Extensions)
	}
}

func TestR26s_TheFirstBidOfASellOffStartsItsCourse(t *testing.T) {
	t.Parallel()
	day := 24 * 60 * minute
	terms := Terms{
		StartingPrice: 10_000_000, Increment: 100_000, StartsAt: begin, EndsAt: begin + 60*day,
		Extension: 5 * minute, SellOffCourse: day,
	}
	first := begin + 3*day
	s := must(t, saleOn(t, terms), bid("AAAAA", 10_000_000), first)
	if s.EndsAt != first+day || s.Extensions != 0 {
		t.Fatalf("ends at %d, want %d", s.EndsAt, first+day)
	}
	s = must(t, s, bid("BBBBB", 10_100_000), first+day-minute)
	if s.EndsAt != first+day+4*minute || s.Extensions != 1 {
		t.Errorf("ends at %d after %d extensions", s.EndsAt, s.Extensions)
	}
	refusedAs(t, s, bid("AAAAA", 10_200_000), first+day+4*minute, fault.Closed)
	late := must(t, saleOn(t, terms), bid("AAAAA", 10_000_000), terms.EndsAt-1)
	if late.EndsAt != terms.EndsAt-1+day {
		t.Errorf("a first bid in the last moment ends at %d", late.EndsAt)
	}
}

func TestR18_OnlyAdmittedCodesBid(t *testing.T) {
	t.Parallel()
	s := sale(t)
	refusedAs(t, s, bid("ZZZZZ", 10_000_000), begin, fault.NotEnrolled)
	refusedAs(t, s, bid("XXXXX", 10_000_000), begin, fault.Excluded)
	refusedAs(t, s, Command{Kind: Admit, Code: "AAAAA", Capacity: Ordinary}, begin, fault.EnrolmentExists)
	refusedAs(t, s, Command{Kind: Admit, Code: "NEWER", Capacity: Ordinary}, finish, fault.Closed)
	refusedAs(t, s, Command{Kind: Admit, Code: "NEWER", Capacity: Priority}, begin, fault.InvalidRequest)
	refusedAs(t, s, Command{Kind: Exclude, Code: "ZZZZZ"}, begin, fault.NotEnrolled)
	refusedAs(t, s, Command{Kind: Exclude, Code: "XXXXX"}, begin, fault.Excluded)
	s = must(t, s, Command{Kind: Admit, Code: "NEWER", Capacity: Ordinary}, finish-1)
	must(t, s, bid("NEWER", 10_000_000), finish-1)
}

func TestR28o_TimeLeftIsKeptOverAStay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		stayed, resumed  int64
		ground           Ground
		want             int64
		startsBeforeStay bool
	}{
		{"an hour left", finish - 60*minute, finish + 600*minute, ByCourt, finish + 660*minute, true},
		{"two minutes left give five", finish - 2*minute, finish + 600*minute, ByCourt, finish + 605*minute, true},
		{"after the end, by an outage", finish + minute, finish + 600*minute, ByOutage, finish + 605*minute, true},
		{"before the start", begin - 40_000, begin - 10_000, ByPlatform, finish + 30_000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := must(t, sale(t), Command{Kind: Stay, Ground: c.ground}, c.stayed)
			refusedAs(t, s, bid("AAAAA", 10_000_000), c.stayed, fault.Suspended)
			refusedAs(t, s, Command{Kind: Stay, Ground: ByCourt}, c.stayed, fault.Suspended)
			refusedAs(t, s, Command{Kind: Close}, finish+60*minute, fault.Suspended)
			s = must(t, s, Command{Kind: Epoch}, c.stayed)
			s = must(t, s, Command{Kind: Resume}, c.resumed)
			if s.EndsAt != c.want || s.Phase != Running {
				t.Errorf("ends at %d, want %d", s.EndsAt, c.want)
			}
			refusedAs(t, s, Command{Kind: Resume}, c.resumed, fault.StateConflict)
			if c.startsBeforeStay {
				must(t, s, bid("AAAAA", 10_000_000), c.want-1)
			}
		})
	}
	refusedAs(t, sale(t), Command{Kind: Stay, Ground: ByCourt}, finish, fault.Closed)
	refusedAs(t, sale(t), Command{Kind: Stay, Ground: "weather"}, begin, fault.InvalidRequest)
}

func TestOpenTermsThatCanNeverBeAreRefused(t *testing.T) {
	t.Parallel()
	good := Terms{StartingPrice: 1, Increment: 1, StartsAt: begin, EndsAt: finish, Extension: 1}
	for name, spoil := range map[string]func(*Terms){
		"no price":        func(t *Terms) { t.StartingPrice = 0 },
		"no increment":    func(t *Terms) { t.Increment = 0 },
		"ends at start":   func(t *Terms) { t.EndsAt = t.StartsAt },
		"starts never":    func(t *Terms) { t.StartsAt = 0 },
		"no window":       func(t *Terms) { t.Extension = 0 },
		"negative course": func(t *Terms) { t.SellOffCourse = -1 },
		"too dear":        func(t *Terms) { t.StartingPrice = money.Max + 1 },
	} {
		terms := good
		spoil(&terms)
		if _, err := Decide(State{}, Command{Kind: Open, Terms: terms}, 1); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	first := good
	first.StartsAt = 1
	must(t, State{}, Command{Kind: Open, Terms: first}, 1)
	refusedAs(t, State{}, bid("AAAAA", 1), begin, fault.StateConflict)
	refusedAs(t, sale(t), Command{Kind: Open, Terms: good}, begin, fault.StateConflict)
}

func TestR28o_ACloseRestsOnASpanWithoutAGap(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), finish-minute)
	ends := finish + 4*minute
	for name, spoil := range map[string]func(*Span){
		"none":                      func(p *Span) { *p = Span{} },
		"begins within the window":  func(p *Span) { p.From++ },
		"ends before the end":       func(p *Span) { p.To-- },
		"of another epoch":          func(p *Span) { p.Epoch++ },
		"reaches beyond the moment": func(p *Span) { p.To = ends + 1001 },
	} {
		c := closing(s)
		spoil(&c.Span)
		if _, err := Decide(s, c, ends+1000); fault.CodeOf(err) != fault.GapInClosing {
			t.Errorf("%s: %v", name, err)
		}
	}
	e, err := Decide(s, closing(s), ends+1000)
	if err != nil {
		t.Fatal(err)
	}
	e.Epoch, e.N = s.Epoch, s.N+1
	if e.SpanFrom != finish-minute || e.SpanTo != ends {
		t.Errorf("the close says %+v", e)
	}
	if _, err := Next(s, e); err != nil {
		t.Fatal(err)
	}
	e.SpanFrom++
	if _, err := Next(s, e); fault.CodeOf(err) != fault.CourseBroken {
		t.Errorf("a close with a cut span: %v", err)
	}
}

func TestR28o_AnOutageCountsSinceTheLastProvenInstant(t *testing.T) {
	t.Parallel()
	led := must(t, sale(t), bid("AAAAA", 10_000_000), finish-10*minute)
	for _, c := range []struct {
		name                string
		asked, at           int64
		since, left, resume int64 // resume: the end when the clock runs on at once
	}{
		{"two minutes before the end", finish - 2*minute, finish + minute, finish - 2*minute, 2 * minute, finish + 6*minute},
		{"eight minutes before the end", finish - 8*minute, finish, finish - 8*minute, 8 * minute, finish + 8*minute},
		{"never before what was decided", finish - 20*minute, finish, finish - 10*minute, 10 * minute, finish + 10*minute},
		{"never after the stay", finish + 9*minute, finish + minute, finish + minute, 0, finish + 6*minute},
		{"at the first instant", 1, finish, finish - 10*minute, 10 * minute, finish + 10*minute},
		{"not told", 0, finish - 7*minute, finish - 7*minute, 7 * minute, finish},
	} {
		s := must(t, led, Command{Kind: Epoch}, finish-9*minute) // proves nothing
		e, err := Decide(s, Command{Kind: Stay, Ground: ByOutage, Since: c.asked}, c.at)
		if err != nil || e.Since != c.since || e.Left != c.left {
			t.Errorf("%s: %+v, %v", c.name, e, err)
		}
		s = must(t, s, Command{Kind: Stay, Ground: ByOutage, Since: c.asked}, c.at)
		if s = must(t, s, Command{Kind: Resume, Ground: ByOutage}, c.at); s.EndsAt != c.resume || s.StayedBy != "" || s.StayedAt != 0 {
			t.Errorf("%s: goes on until %d, want %d", c.name, s.EndsAt, c.resume)
		}
	}
}

func TestR28_WhatTheCourtStayedTheCourtAloneResumes(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), Command{Kind: Stay, Ground: ByCourt, Since: 1}, begin)
	if s.StayedAt != begin {
		t.Errorf("stayed since %d", s.StayedAt)
	}
	refusedAs(t, s, Command{Kind: Resume, Ground: ByOutage}, begin, fault.StateConflict)
	refusedAs(t, s, Command{Kind: Resume, Ground: ByCourt}, begin, fault.InvalidRequest)
	must(t, s, Command{Kind: Resume}, begin)
}

func TestOpenIsNotBeforeTheAnnouncement(t *testing.T) {
	t.Parallel()
	terms := Terms{StartingPrice: 1, Increment: 1, StartsAt: begin, EndsAt: finish, Extension: 1}
	s := must(t, State{}, Command{Kind: Open, Terms: terms, NotBefore: begin - 5}, begin-7)
	if s.LastAt != begin-5 || s.ActedAt != begin-5 {
		t.Errorf("opened at %d", s.LastAt)
	}
}

// R26s: however short the course of a sell-off is, its first bid sets the end by it, and not by the closing window.
func TestR26s_TheShortestCourseOfASellOff(t *testing.T) {
	t.Parallel()
	s := saleOn(t, Terms{StartingPrice: 10_000_000, Increment: 100_000, StartsAt: begin, EndsAt: finish, Extension: 5 * minute, SellOffCourse: 1})
	if s = must(t, s, bid("AAAAA", 10_000_000), begin+minute); s.EndsAt != begin+minute+1 {
		t.Errorf("it ends %d ms after the bid", s.EndsAt-begin-minute)
	}
}
