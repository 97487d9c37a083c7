package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

func settingsStories() []story {
	story1 := func(f func(p *Page, v *SettingsView, got *auction.CourtRules)) func(p *Page) templ.Component {
		return func(p *Page) templ.Component {
			got := sampleSettings(p)
			p.Title = p.T("settings.heading")
			v := SettingsView{Court: p.pick(got.Court.Name), Href: "/courts/wuhu/settings", Rows: p.settingRows(&got)}
			for i := range got.Chosen[:len(got.Chosen)-1] {
				v.Steps = append(v.Steps, p.settingStep(&got.Chosen[i], got.Chosen[i+1].Settings))
			}
			f(p, &v, &got)
			return SettingsPage(p, v)
		}
	}
	typed := func() map[string][]string {
		return map[string][]string{
			"reserve_min_permille": {"80"}, "pay_out_days": {"31"}, "brief_outage_seconds": {"300"}, "decided_by_zh": {"执行局局长"}, "decided_by_en": {"head of the enforcement bureau"},
			"reason_zh": {"本地成交价高"}, "reason_en": {"Prices here are high."},
		}
	}
	return []story{
		{"settings", story1(func(*Page, *SettingsView, *auction.CourtRules) {})},
		{"settings-own", story1(func(p *Page, v *SettingsView, got *auction.CourtRules) {
			got.Chosen = got.Chosen[len(got.Chosen)-1:]
			v.Rows, v.Steps = p.settingRows(got), nil
		})},
		{"settings-refused", story1(func(p *Page, v *SettingsView, got *auction.CourtRules) {
			asJudge(p)
			v.Form = p.settingsForm(v.Href, got.Chosen[0].Settings)
			_, err := law.China2017().With(law.Settings{ReserveMinPermille: 800, PayOutDays: 31})
			(&refusedAct{act: "settings", err: err, values: typed()}).on(p, v.Form)
		})},
		{"settings-unchanged", story1(func(p *Page, v *SettingsView, got *auction.CourtRules) {
			asJudge(p)
			v.Form = p.settingsForm(v.Href, got.Chosen[0].Settings)
			(&refusedAct{act: "settings", err: fault.New(fault.Conflict, fault.SettingsUnchanged), values: typed()}).on(p, v.Form)
		})},
		{"settings-ask", story1(func(p *Page, v *SettingsView, got *auction.CourtRules) {
			asJudge(p)
			v.Form = p.settingsForm(v.Href, got.Chosen[0].Settings)
			next := got.Chosen[0]
			next.ReserveMinPermille, next.BriefOutageSeconds, next.NoReserve = 850, 0, true
			v.Ask = p.settingsAsk(got, next, typed())
		})},
	}
}

// sampleSettings is a court that chose twice.
func sampleSettings(p *Page) auction.CourtRules {
	own := law.China2017()
	choice := func(days int, s law.Settings) auction.CourtSettings {
		rules, err := own.With(s)
		if err != nil {
			panic(err)
		}
		return auction.CourtSettings{
			Settings: s, RuleSet: rules.Name, Since: p.Now.AddDate(0, 0, -days).Add(-3 * time.Hour),
			DecidedBy: tx("执行局局长办公会", "the enforcement bureau’s heads"), Reason: tx("本地成交价高，案款发放快。", "Prices here are high, and money is paid out fast."),
		}
	}
	return auction.CourtRules{
		Court: sampleCourt(), ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0009"), Law: own, Bounds: law.SettingBounds(),
		Chosen: []auction.CourtSettings{
			choice(3, law.Settings{ReserveMinPermille: 755, PayOutDays: 7, BriefOutageSeconds: 300, MaximumBids: true}),
			choice(200, law.Settings{ReserveMinPermille: 700, PayOutDays: 10, BriefOutageSeconds: 600}),
			{Settings: own.Settings(), RuleSet: own.Name},
		},
	}
}
