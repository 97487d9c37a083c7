package main

import "strings"

// ruleFiles are where the figures, comparisons and day counts of the law stand: the rules, what is asked of a file, the acts that hold
// them, the course of bidding, and what becomes of money when a sale falls.
func ruleFiles() []string {
	return strings.Fields(`
		auction/law/ruleset.go auction/law/settings.go
		auction/lifecycle/step.go auction/lifecycle/effects.go auction/lifecycle/case.go
		auction/docket/check.go auction/docket/check_asset.go auction/docket/check_equity.go auction/docket/check_lot.go auction/docket/check_text.go auction/docket/no_reserve.go
		auction/announce_notices.go auction/announce_rules.go auction/confirm.go auction/costs.go auction/direct_sale.go auction/eligibility.go
		auction/end.go auction/enough.go auction/late.go auction/next_sale.go auction/no_reserve.go auction/one_sale.go auction/outage.go auction/price_rules.go auction/reference_price.go
		auction/release.go auction/ruling.go auction/set_aside.go auction/settings.go auction/standing.go auction/stay.go auction/surplus.go auction/taking.go auction/taking_lapse.go auction/taking_part.go
		auction/vote.go auction/whole.go auction/whole_equity.go
		auction/pricing/ask.go auction/pricing/fix.go auction/pricing/origin.go auction/pricing/price.go auction/pricing/rules.go auction/pricing/serve.go
		auction/asset_revise.go auction/docket/facts.go bidding/leave_rules.go
		auction/agency/agency.go auction/agency/agency_rules.go auction/agency/one_code.go
		auction/distribution/terms.go auction/distribution/plan.go auction/distribution/serving.go auction/distribution/origin.go
		auction/draw/check.go auction/draw/list.go auction/draw/order.go
		auction/drawing/drawing.go auction/drawing/machine.go
		auction/notice/notice.go auction/notice/notice_rules.go
		auction/handover/plan.go auction/handover/rules.go
		auction/objection/objection.go auction/objection/objection_rules.go auction/objection/setting_aside.go
		auction/statement/statement.go auction/statement/service.go
		bidding/course/course.go bidding/course/decide.go bidding/course/maximum.go bidding/course/next.go
		payments/difference.go payments/forfeit.go payments/forfeit_rules.go payments/reversal.go`)
}

// dirsOf are the packages of the files, as paths for the go command, each once. A change is tried against the tests of all of them
// that come by it.
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
