package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/cmd/auditor/verify"
)

// choiceTampers hold a lot against what its court had publicly chosen when it was listed (R13, ADR 017).
func choiceTampers() map[string]tamper {
	const minute, day = time.Minute, 24 * time.Hour
	own := law.China2017()
	chosen, err := own.With(law.Settings{ReserveMinPermille: 700, PayOutDays: 7, BriefOutageSeconds: 600})
	if err != nil {
		panic(err) // within the bounds
	}
	// under is a sale under the rules; the court chose those so long after the listing, or before it.
	under := func(rules law.RuleSet, choices ...any) func(*testing.T) []audit.Entry {
		return func(t *testing.T) []audit.Entry {
			t.Helper()
			s := newSales(t, seed)
			x := s.one(rules, law.First, nil)
			x.open(3)
			x.bid(9)
			x.settle()
			entries := slices.DeleteFunc(s.entries, func(e audit.Entry) bool { return e.Kind == audit.KindCourtSettings })
			listed := entries[nth(t, entries, audit.KindLotListed, 0)].At
			for i := 0; i < len(choices); i += 2 {
				rules, after := choices[i].(law.RuleSet), choices[i+1].(time.Duration)
				e, err := audit.New(audit.KindCourtSettings, listed.Add(after), nil, nil, 0, audit.CourtSettings{Court: "court", RuleSet: rules.Name, RuleDigest: rules.Digest()})
				if err != nil {
					t.Fatal(err)
				}
				entries = slices.Insert(entries, 1, e)
			}
			return entries
		}
	}
	said := func(old, with string) func(*testing.T) []audit.Entry {
		return but(under(chosen, chosen, -day), replaceIn(audit.KindCourtSettings, 0, func(b string) string { return strings.Replace(b, old, with, 1) }))
	}
	differ := codes(verify.SettingsDiffer)
	return map[string]tamper{
		"chosen a day before":                   {nil, under(chosen, chosen, -day)},
		"entered within a minute":               {nil, under(chosen, chosen, minute)},
		"entered a millisecond later than that": {differ, under(chosen, chosen, minute+time.Millisecond)},
		"never chosen":                          {differ, under(chosen)},
		"by another court":                      {differ, said(`"court":"court"`, `"court":"elsewhere"`)},
		"given up a minute before":              {nil, under(chosen, chosen, -day, own, -minute)},
		"given up before that":                  {differ, under(chosen, chosen, -day, own, -minute-time.Millisecond)},
		"chosen again":                          {nil, under(chosen, chosen, -3*day, own, -2*day, chosen, -day)},
		"the law's own, passed by":              {differ, under(own, chosen, -day)},
		"the law's own, gone back to":           {nil, under(own, chosen, -2*day, own, -day)},
		"out of the law's bounds":               {codes(verify.RuleSetUnknown, verify.SettingsDiffer), said("payout=7", "payout=31")},
		"another digest":                        {codes(verify.RuleSetChanged), said(`"rule_digest":"`, `"rule_digest":"0`)},
		"unreadable":                            {codes(verify.BodyUnreadable, verify.SettingsDiffer), said(`"court":"court"`, `"court":7`)},
	}
}
