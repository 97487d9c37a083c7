package lifecycle_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
)

// Every state against every event: what is not in the table is a conflict and moves nothing.
func TestNext_StateByEvent(t *testing.T) {
	t.Parallel()
	type to = map[lifecycle.Event]lifecycle.State
	want := map[lifecycle.State]to{
		"draft":     {"terms_approved": "voted", "terms_revised": "draft", "draft_withdrawn": "withdrawn"},
		"voted":     {"announced": "announced", "terms_revised": "draft", "draft_withdrawn": "withdrawn"},
		"announced": {"stayed": "suspended", "withdrawn": "withdrawn", "ended_sold": "sold", "ended_unsold": "unsold"},
		"suspended": {"resumed": "announced", "withdrawn": "withdrawn", "ended_sold": "sold", "ended_unsold": "unsold"},
		"sold":      {"balance_paid": "paid", "buyer_defaulted": "defaulted", "set_aside": "set_aside"},
		"unsold":    {"next_sale_announced": "unsold", "sold_directly": "unsold", "taken_for_debt": "taken", "returned_to_debtor": "returned"},
		"paid":      {"ruling_served": "ruled", "set_aside": "set_aside"},
		"taken":     {"ruling_served": "ruled", "taking_lapsed": "unsold", "set_aside": "set_aside"},
		"ruled":     {"handed_over": "ruled", "set_aside": "set_aside"},
		"defaulted": {"next_sale_announced": "defaulted", "sold_directly": "defaulted", "returned_to_debtor": "defaulted", "set_aside": "set_aside"},
		"set_aside": {"next_sale_announced": "set_aside", "sold_directly": "set_aside", "returned_to_debtor": "set_aside"},
		"withdrawn": {"next_sale_announced": "withdrawn", "sold_directly": "withdrawn", "returned_to_debtor": "withdrawn"},
		"returned":  {},
	}
	if len(want) != len(lifecycle.States()) {
		t.Errorf("%d states in the table, %d in the package", len(want), len(lifecycle.States()))
	}
	for _, from := range lifecycle.States() {
		for _, event := range lifecycle.Events() {
			got, err := lifecycle.Next(from, event)
			expected, allowed := want[from][event]
			switch {
			case allowed && (err != nil || got != expected):
				t.Errorf("%s after %s = %s, %v; want %s", from, event, got, err, expected)
			case !allowed && (fault.CodeOf(err) != fault.StateConflict || fault.KindOf(err) != fault.Conflict || got != from):
				t.Errorf("%s after %s = %s, %v; want a conflict", from, event, got, err)
			}
		}
	}
}

func TestEnded(t *testing.T) {
	t.Parallel()
	running := map[lifecycle.State]bool{"draft": true, "voted": true, "announced": true, "suspended": true, "withdrawn": true}
	for _, s := range lifecycle.States() {
		if s.Ended() == running[s] {
			t.Errorf("%s: ended %v", s, s.Ended())
		}
	}
}

// What the state alone does not tell: R24r, R16d, and that nothing is handed over or sold on twice.
func TestStep_WhatTheStateDoesNotTell(t *testing.T) {
	t.Parallel()
	unsold := func(stage law.Stage) lifecycle.Lot { return lifecycle.Lot{State: lifecycle.Unsold, Stage: stage} }
	next := unsold(law.Second)
	next.NextAnnounced = true
	criminal, last := unsold(law.SellOff), unsold(law.NoReserve)
	criminal.Criminal, last.Criminal = true, true
	twice := criminal
	twice.NextAnnounced = true
	for name, c := range map[string]struct {
		lot   lifecycle.Lot
		event lifecycle.Event
		ok    bool
	}{
		"back to the debtor after the first sale":   {unsold(law.First), "returned_to_debtor", false},
		"back to the debtor after the second sale":  {unsold(law.Second), "returned_to_debtor", false},
		"back to the debtor after the sell-off":     {unsold(law.SellOff), "returned_to_debtor", true},
		"taken after the first sale":                {unsold(law.First), "taken_for_debt", true},
		"taken while the next sale runs":            {next, "taken_for_debt", false},
		"a second sale after the next is announced": {next, "next_sale_announced", false},
		"a next sale after the sell-off":            {unsold(law.SellOff), "next_sale_announced", false},
		"of a criminal case":                        {criminal, "next_sale_announced", true},
		"of a criminal case, twice":                 {twice, "next_sale_announced", false},
		"taken while that one runs":                 {twice, "taken_for_debt", false},
		"back to the debtor while that one runs":    {twice, "returned_to_debtor", false},
		"back to the debtor after no reserve":       {unsold(law.NoReserve), "returned_to_debtor", true},
		"a next sale after no reserve":              {last, "next_sale_announced", false},
		"sold directly after the first sale":        {unsold(law.First), "sold_directly", true},
		"sold directly after the sell-off":          {unsold(law.SellOff), "sold_directly", true},
		"sold directly while the next sale runs":    {next, "sold_directly", false},
		"sold directly after a default":             {lifecycle.Lot{State: lifecycle.Defaulted}, "sold_directly", true},
		"sold directly after collusion":             {lifecycle.Lot{State: lifecycle.Withdrawn, Again: true}, "sold_directly", true},
		"sold directly after a settlement":          {lifecycle.Lot{State: lifecycle.Withdrawn}, "sold_directly", false},
		"handed over":                               {lifecycle.Lot{State: lifecycle.Ruled}, "handed_over", true},
		"handed over twice":                         {lifecycle.Lot{State: lifecycle.Ruled, HandedOver: true}, "handed_over", false},
		"sold again after a settlement":             {lifecycle.Lot{State: lifecycle.Withdrawn}, "next_sale_announced", false},
		"sold again after collusion":                {lifecycle.Lot{State: lifecycle.Withdrawn, Again: true}, "next_sale_announced", true},
	} {
		_, _, err := lifecycle.Step(law.China2017(), c.lot, lifecycle.Happening{Event: c.event})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// R24r: what waits for its next sale goes back when the enforcement ended; then nothing is owed for it, and no sale follows.
func TestR24r_TheEnforcementEndsBeforeTheNextSale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lot   lifecycle.Lot
		after lifecycle.State // empty: refused
	}{
		"after the first sale":       {lifecycle.Lot{State: lifecycle.Unsold, Stage: law.First}, lifecycle.Returned},
		"after the second sale":      {lifecycle.Lot{State: lifecycle.Unsold, Stage: law.Second}, lifecycle.Returned},
		"after the sell-off":         {lifecycle.Lot{State: lifecycle.Unsold, Stage: law.SellOff}, lifecycle.Returned},
		"after a default":            {lifecycle.Lot{State: lifecycle.Defaulted, Stage: law.First, Price: 7}, lifecycle.Defaulted},
		"after collusion":            {lifecycle.Lot{State: lifecycle.Withdrawn, Again: true}, lifecycle.Withdrawn},
		"after setting aside":        {lifecycle.Lot{State: lifecycle.SetAside, Again: true}, lifecycle.SetAside},
		"the next one runs":          {lifecycle.Lot{State: lifecycle.Unsold, Stage: law.First, NextAnnounced: true}, ""},
		"the re-sale runs":           {lifecycle.Lot{State: lifecycle.Defaulted, NextAnnounced: true}, ""},
		"twice":                      {lifecycle.Lot{State: lifecycle.Defaulted, Released: true}, ""},
		"withdrawn for good":         {lifecycle.Lot{State: lifecycle.Withdrawn}, ""},
		"set aside for good":         {lifecycle.Lot{State: lifecycle.SetAside}, ""},
		"sold":                       {lifecycle.Lot{State: lifecycle.Sold}, ""},
		"taken":                      {lifecycle.Lot{State: lifecycle.Taken}, ""},
		"stayed: withdrawal is that": {lifecycle.Lot{State: lifecycle.Suspended}, ""},
	} {
		h := lifecycle.Happening{Event: lifecycle.ReturnedToDebtor, Ended: true}
		l, effects, err := lifecycle.Step(law.China2017(), c.lot, h)
		if (err == nil) != (c.after != "") || (err == nil && l.State != c.after) {
			t.Errorf("%s: %s, %v", name, l.State, err)
		}
		if err != nil {
			continue
		}
		ended := map[lifecycle.Duty]bool{}
		for _, e := range effects {
			ended[e.Duty] = e.Do == lifecycle.End
		}
		for _, d := range []lifecycle.Duty{"second_sale", "sell_off_sale", "re_sale", "ask_creditors"} {
			if !ended[d] {
				t.Errorf("%s: %s is still owed", name, d)
			}
		}
		if l.AwaitsNext() || !l.Released || l.Again {
			t.Errorf("%s: %+v", name, l)
		}
		if h.Ended = false; c.lot.Stage != law.SellOff {
			if _, _, err := lifecycle.Step(law.China2017(), c.lot, h); err == nil {
				t.Errorf("%s: done without a ground", name)
			}
		}
		// A sale whose price was never paid can still be set aside; the property is not sold again by it.
		if l.State == lifecycle.Defaulted {
			fallen, _, err := lifecycle.Step(law.China2017(), l, lifecycle.Happening{Event: lifecycle.WasSetAside, Again: true})
			if err != nil || fallen.Again {
				t.Errorf("%s: set aside: %+v, %v", name, fallen, err)
			}
		}
	}
}

// R16d, ASE 22: a taking that lapsed leaves the property unsold without a price, its ruling owed by nobody and the times begun anew.
func TestR16d_ALapsedTakingIsAnUnsoldSale(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	l, effects, err := lifecycle.Step(law.China2017(), lifecycle.Lot{State: lifecycle.Taken, Stage: law.First, Price: 7}, lifecycle.Happening{Event: lifecycle.TakingLapsed, At: at})
	if err != nil || l.State != lifecycle.Unsold || l.Price != 0 {
		t.Fatalf("%+v, %v", l, err)
	}
	got := map[lifecycle.Duty]lifecycle.Effect{}
	for _, e := range effects {
		got[e.Duty] = e
	}
	if got["make_ruling"].Do != lifecycle.End || got["check_eligibility"].Do != lifecycle.End {
		t.Errorf("the ruling: %+v", effects)
	}
	if e := got["second_sale"]; e.Do != lifecycle.Owe || !e.Repeats || !e.DueAt.Equal(at.Add(30*day)) {
		t.Errorf("the next sale: %+v", e)
	}
}

// R14s: enough is debt and costs, to the fen; then what is announced stops, unless the debtor agrees to go on.
func TestCase_EnoughIsDebtAndCosts(t *testing.T) {
	t.Parallel()
	sold, running, draft := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}
	for _, c := range []struct {
		claim, costs, brought money.Fen
		agrees                bool
		enough                bool
		stop                  int
	}{
		{100, 10, 109, false, false, 0},
		{100, 10, 110, false, true, 1},
		{100, 10, 111, false, true, 1},
		{100, 10, 110, true, true, 0},
		{1, 0, 1, false, true, 1},
		{0, 0, 5, false, false, 0}, // the claim is not known
	} {
		k := lifecycle.Case{Claim: c.claim, Costs: c.costs, DebtorAgrees: c.agrees, Lots: map[uuid.UUID]lifecycle.Lot{
			sold:    {State: lifecycle.Paid, Price: c.brought},
			running: {State: lifecycle.Announced},
			draft:   {State: lifecycle.Voted},
		}}
		stop := k.ToStop()
		if c.brought > 1 { // a fen less by the lot, and that fen without an auction
			direct := k
			direct.Direct, direct.Lots = 1, maps.Clone(k.Lots)
			direct.Lots[sold] = lifecycle.Lot{State: lifecycle.Paid, Price: c.brought - 1}
			if direct.Covered() != c.enough {
				t.Errorf("%+v: with a direct sale covered %v", c, direct.Covered())
			}
		}
		if k.Covered() != c.enough || len(stop) != c.stop || (c.stop == 1 && stop[0] != running) || k.MayAnnounce() != (c.stop == 0) {
			t.Errorf("%+v: covered %v, to stop %v, may announce %v", c, k.Covered(), stop, k.MayAnnounce())
		}
	}
}

// Figures that no text gives: a week to vote; twice the time of the question until what nobody wants goes back (ours).
func TestEffects_FiguresOfOurs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	if e := lifecycle.Listed(law.China2017(), at); len(e) != 1 || !e[0].DueAt.Equal(at.Add(7*day)) {
		t.Errorf("the vote is due %+v", e)
	}
	_, effects, err := lifecycle.Step(law.China2017(), lifecycle.Lot{Stage: law.SellOff, State: lifecycle.Announced}, lifecycle.Happening{Event: lifecycle.EndedUnsold, At: at})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effects {
		if e.Duty == lifecycle.ReturnProperty && e.DueAt.Equal(at.Add(20*day)) {
			return
		}
	}
	t.Errorf("the return is not due after 20 days: %+v", effects)
}
