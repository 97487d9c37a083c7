package main

import "strings"

// ruleFiles are where the figures, comparisons and day counts of the law stand.
func ruleFiles() []string {
	return strings.Fields(`
		auction/law/ruleset.go
		auction/lifecycle/step.go auction/lifecycle/effects.go auction/lifecycle/case.go
		auction/price_rules.go auction/announce_rules.go auction/announce_notices.go auction/surplus.go auction/direct_sale.go auction/late.go auction/taking.go
		auction/pricing/ask.go auction/pricing/fix.go auction/pricing/origin.go auction/pricing/price.go auction/pricing/rules.go auction/pricing/serve.go
		auction/agency/agency.go auction/agency/agency_rules.go
		auction/draw/check.go auction/draw/list.go auction/draw/order.go
		auction/notice/notice.go auction/notice/notice_rules.go
		auction/handover/plan.go auction/handover/rules.go
		auction/objection/objection.go auction/objection/objection_rules.go
		auction/statement/statement.go`)
}

// dirsOf are the packages of the files, as paths for the go command, each once.
func dirsOf(sources []*source) []string {
	var list []string
	seen := map[string]bool{}
	for _, s := range sources {
		if !seen[s.dir] {
			seen[s.dir] = true
			list = append(list, s.dir)
		}
	}
	return list
}
