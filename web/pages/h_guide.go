package pages

import (
	"net/http"
	"time"

	"mingchui/auction/law"
)

// guideRules are the rules that the guide lists.
func guideRules() []string {
	return []string{"R6", "R10", "R12", "R13", "R14", "R16", "R17", "R18", "R19", "R20a", "R20b", "R20c", "R20d", "R21", "R22", "R23", "R24", "R25", "R26", "R28", "R30", "R34"}
}

// guide says how to take part, under the rule set in force.
func (s *Site) guide(r *Request) error {
	p := r.P
	rules := s.Auction.RuleSet()
	p.Title = p.T("guide.heading")
	v := GuideView{RuleSet: p.T("rule_set." + rules.Name), Return: rules.ReturnDepositsWithin, Extension: rules.Extension}
	v.Figures = p.ruleFigures(rules)
	for _, id := range guideRules() {
		src, ok := law.Article(id)
		if !ok {
			continue
		}
		v.Rules = append(v.Rules, Figure{Name: p.T("guide.r_" + id), Value: id, Unit: p.W.Pick(src.TextZH, src.TextEN)})
	}
	return r.show(http.StatusOK, GuidePage(p, v))
}

func (p *Page) ruleFigures(rules law.RuleSet) []Figure {
	source := func(id string) string {
		src, _ := law.Article(id)
		return p.W.Pick(src.TextZH, src.TextEN)
	}
	two := func(a, b time.Duration) string { return p.W.Span(a) + " / " + p.W.Span(b) }
	return []Figure{
		{p.T("guide.f_reserve"), p.W.Percent(rules.ReserveMinPermille), source("R10")},
		{p.T("guide.f_reduction"), p.W.Percent(rules.ReductionMaxPermille), source("R26")},
		{p.T("guide.f_deposit"), p.W.Percent(rules.DepositMinPermille) + " – " + p.W.Percent(rules.DepositMaxPermille), source("R17")},
		{p.T("guide.f_panel"), itoa(rules.PanelMin), source("R6")},
		{p.T("guide.f_first"), two(rules.AnnounceFirst.Movable, rules.AnnounceFirst.Rest), source("R12")},
		{p.T("guide.f_second"), two(rules.AnnounceSecond.Movable, rules.AnnounceSecond.Rest), source("R26")},
		{p.T("guide.f_bidding"), p.W.Span(rules.BiddingMin), source("R20b")},
		{p.T("guide.f_extension"), p.W.Span(rules.Extension), source("R20c")},
		{p.T("guide.f_return"), p.W.Span(rules.ReturnDepositsWithin), source("R23")},
		{p.T("guide.f_second_within"), p.W.Span(rules.SecondSaleWithin), source("R26")},
		{p.T("guide.f_ruling"), p.W.Span(rules.RulingWithin), source("R20r")},
		{p.T("guide.f_handover"), p.W.Span(rules.HandoverWithin), source("R20r")},
		{p.T("guide.f_pay_out"), p.W.Span(rules.PayOutWithin), source("F2")},
	}
}
