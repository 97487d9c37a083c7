package verify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
)

// A choice is what a court chose within the law's bounds, from when on: the part of the rule set's name after its "+", empty for the
// law's own.
type choice struct {
	since time.Time
	name  string
}

// chose takes a court's choice of settings (ADR 017).
func (h *house) chose(leaf int64, e audit.Entry) {
	body, ok := read[audit.CourtSettings](h, leaf, e)
	if !ok {
		return
	}
	switch rules, known := law.ByName(body.RuleSet); {
	case !known:
		h.v.report.add(logFinding(RuleSetUnknown, leaf, body.RuleSet))
	case rules.Digest() != body.RuleDigest:
		h.v.report.add(logFinding(RuleSetChanged, leaf, body.RuleSet))
	}
	h.choices[body.Court] = append(h.choices[body.Court], choice{e.At, chosenPart(body.RuleSet)})
}

func chosenPart(ruleSet string) string {
	_, part, _ := strings.Cut(ruleSet, "+")
	return part
}

// choiceSlack: a listing and its court's choice may enter the log in another order than they were made, by their transactions' length.
const choiceSlack = time.Minute

// underSettings holds that a lot was listed under what its court had chosen then.
func (h *house) underSettings(l *lot) {
	if l.listed == nil {
		return
	}
	if _, known := law.ByName(l.listed.RuleSet); !known {
		return // it is found at the announcement
	}
	part, at := chosenPart(l.listed.RuleSet), l.listedAt
	made := slices.SortedFunc(slices.Values(h.choices[h.courts[l.caseID]]), func(a, b choice) int { return a.since.Compare(b.since) })
	var allowed []string
	for i, c := range append([]choice{{}}, made...) { // the law's own before the first
		over := i < len(made) && made[i].since.Before(at.Add(-choiceSlack))
		if !over && !c.since.After(at.Add(choiceSlack)) {
			allowed = append(allowed, cmp.Or(c.name, "—"))
		}
	}
	if !slices.Contains(allowed, cmp.Or(part, "—")) {
		h.find(l, -1, audit.Entry{}, SettingsDiffer, l.listed.RuleSet, strings.Join(allowed, " / "))
	}
}
