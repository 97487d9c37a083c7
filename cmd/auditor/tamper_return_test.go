package main

import (
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// returned writes that the seizure was lifted on a ground; "" is a property unsold to the last.
func returned(ground string) func(*sale) {
	return func(x *sale) {
		x.enter(audit.KindReturned, x.tick(time.Second), x.caseID, x.lot, 0, audit.ReturnedToDebtor{Ground: ground, ReasonHash: audit.HashText("r")})
	}
}

// withdrawnFor writes a withdrawal.
func withdrawnFor(x *sale) {
	x.enter(audit.KindLotWithdrawn, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotWithdrawn{Ground: "collusion", ReasonHash: audit.HashText("r")})
}

// nextOf writes that the next sale of the property was announced.
func nextOf(x *sale) { x.one(law.China2017(), law.Second, x) }

// to is a property unsold as often as the stages go, and what then follows.
func to(last law.Stage, then ...func(*sale)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		var x *sale
		for _, stage := range []law.Stage{law.First, law.Second, law.SellOff} {
			x = s.one(law.China2017(), stage, x)
			x.open(0)
			x.bid(0)
			if stage == last {
				break
			}
		}
		for _, f := range then {
			f(x)
		}
		return s.entries
	}
}

// returnTampers are about lifting the seizure: of what is unsold to the last (R24r), or because the enforcement ended (R17w, R14s).
func returnTampers() map[string]tamper {
	wrong, after := codes(verify.ReturnedWrongly), codes(verify.AfterReturn)
	fallen := aside(nothing, nothing)
	broken := event(2, "course.bid", func(e *course.Event) { e.Amount++ })
	return map[string]tamper{
		"unsold to the last":              {nil, to(law.SellOff, returned(""))},
		"unsold once":                     {wrong, to(law.First, returned(""))},
		"unsold twice":                    {wrong, to(law.Second, returned(""))},
		"the debt was paid":               {nil, to(law.First, returned("debt_paid"))},
		"the application was withdrawn":   {nil, to(law.Second, returned("applicant_withdrew"))},
		"the parties settled":             {nil, written(6, (*sale).confirm, (*sale).fail, returned("parties_settled"))},
		"the instrument was annulled":     {nil, written(0, withdrawnFor, returned("instrument_annulled"))},
		"an objection was founded":        {nil, written(6, (*sale).confirm, fallen, returned("objection_founded"))},
		"others brought enough":           {nil, to(law.First, returned("debt_covered"))},
		"a ground that ends nothing":      {wrong, to(law.First, returned("collusion"))},
		"what was sold":                   {wrong, written(6, (*sale).confirm, returned("debt_paid"))},
		"what was taken":                  {wrong, written(0, taken(0), returned("debt_paid"))},
		"what was never announced":        {wrong, but(announced, remove(audit.KindLotAnnounced, 0), afterwards(""))},
		"while it is announced":           {wrong, but(announced, afterwards("debt_paid"))},
		"twice":                           {wrong, to(law.First, returned("debt_paid"), returned("debt_paid"))},
		"while the next sale runs":        {wrong, to(law.First, nextOf, returned("debt_paid"))},
		"sold on after it":                {after, to(law.First, returned("debt_paid"), nextOf)},
		"taken after it":                  {after, to(law.SellOff, returned(""), taken(0))},
		"of a course that is broken":      {codes(verify.RuleBroken), but(written(6, (*sale).confirm, (*sale).fail, returned("debt_paid")), broken)},
		"what cannot be read is no claim": {codes(verify.BodyUnreadable), but(to(law.First, returned("debt_paid")), replaceIn(audit.KindReturned, 0, func(string) string { return `{"ground":1}` }))},
	}
}

func afterwards(ground string) change {
	return after(audit.KindReturned, audit.ReturnedToDebtor{Ground: ground, ReasonHash: audit.HashText("r")})
}
