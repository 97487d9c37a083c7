package papers_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/papers"
)

// criminal makes a sale's paper one of a case of the property part of a criminal judgment, which nobody applied for.
func criminal(kind papers.Kind, f papers.Facts) *papers.Paper {
	f.Criminal = true
	p := paper(papers.TemplateVersion, kind, f)
	p.Facts.Applicants, p.Facts.Debtors = nil, []docket.Text{text("陶某", "Tao")}
	return &p
}

// withoutReserve makes it one of a sale without a reserve on a ground (R26n).
func withoutReserve(p *papers.Paper, ground docket.NoReserveGround) *papers.Paper {
	p.Stage, p.Facts.LastReserve = law.NoReserve, 215_040_000
	p.Facts.NoReserve = &docket.NoReserve{Ground: ground, OfferedOn: "2026-05-20", AnsweredOn: "2026-05-28", Document: strings.Repeat("3c", 32)}
	return p
}

// R26n: the papers of a criminal case, word for word: no applicant where nobody applied, a victim who did by name, the provisions on
// property parts of criminal judgments first, and why a sale had no reserve.
func TestR26n_PapersOfACriminalCaseWordForWord(t *testing.T) {
	t.Parallel()
	ruling, aside := variants(papers.RulingDraft), variants(papers.SettingAsideDraft)
	victim := criminal(papers.RulingDraft, ruling["sale"])
	victim.Facts.Applicants = []docket.Text{text("周某", "Zhou")}
	taken := withoutReserve(criminal(papers.RulingDraft, ruling["taking"]), docket.FinanceAsks)
	taken.Facts.LastReserve = taken.Facts.Price
	referrer := criminal(papers.NotificationLetter, variants(papers.NotificationLetter)["applicant"])
	referrer.Facts.To = text("江澜市明湖区人民法院刑事审判庭", "Criminal division, Minghu District People’s Court")
	erased := withoutReserve(criminal(papers.RulingDraft, ruling["sale"]), docket.VictimRefuses)
	erased.Erase()
	list := []struct {
		name string
		p    *papers.Paper
	}{
		{"letter to the criminal division", referrer},
		{"letter to the debtor", criminal(papers.NotificationLetter, variants(papers.NotificationLetter)["debtor"])},
		{"ruling on a first sale", criminal(papers.RulingDraft, ruling["sale"])},
		{"ruling, a victim applied", victim},
		{"ruling, the finance authority asks", withoutReserve(criminal(papers.RulingDraft, ruling["sale"]), docket.FinanceAsks)},
		{"ruling, the victim refuses", withoutReserve(criminal(papers.RulingDraft, ruling["sale"]), docket.VictimRefuses)},
		{"ruling, erased", erased},
		{"taken for the debt", taken},
		{"registry", withoutReserve(criminal(papers.RegistryNotice, variants(papers.RegistryNotice)["sale"]), docket.FinanceAsks)},
		{"set aside", withoutReserve(criminal(papers.SettingAsideDraft, aside["request, collusion"]), docket.FinanceAsks)},
	}
	for file, lang := range map[string]string{"zh": "zh-CN", "en": "en"} {
		var b strings.Builder
		for _, one := range list {
			fmt.Fprintf(&b, "==== %s\n%s\n", one.name, printed(one.p.Text(lang)))
		}
		golden(t, filepath.Join("testdata", "criminal."+file+".txt"), b.String())
	}
}

// R26n: the announcement of a sale without a reserve, on each ground, word for word: the price that was the last reserve, the days, the
// document's hash, the article; the criminal division is told in place of an applicant.
func TestR26n_AnnouncementWordForWord(t *testing.T) {
	t.Parallel()
	for file, lang := range map[string]string{"zh": "zh-CN", "en": "en"} {
		var b strings.Builder
		for _, ground := range []docket.NoReserveGround{docket.FinanceAsks, docket.VictimRefuses} {
			a := announcement()
			a.Stage, a.StartingPrice, a.Increment, a.Deposit = law.NoReserve, 100_000, 5_000, 10_000
			a.BiddingRules, a.Referred = papers.Rules(law.China2017(), law.NoReserve), true
			a.Notifications = append(a.Notifications, docket.Notification{To: docket.ToApplicant, On: "2026-05-15", How: text("本院内部送达", "within the court")})
			a.Instrument.Title, a.Instrument.Number = text("刑事判决书", "Criminal judgment"), "（2025）皖9902刑初188号"
			a.Previous = []papers.PreviousSale{
				{Stage: law.First, StartingPrice: 268_800_000, EndedOn: "2026-01-05"},
				{Stage: law.Second, StartingPrice: 215_040_000, EndedOn: "2026-02-10"},
				{Stage: law.SellOff, StartingPrice: 215_040_000, EndedOn: "2026-05-10"},
			}
			a.NoReserve = &docket.NoReserve{Ground: ground, OfferedOn: "2026-05-11", AnsweredOn: "2026-05-14", Document: strings.Repeat("3c", 32)}
			fmt.Fprintf(&b, "==== %s\n%s\n", ground, printed(a.Text(lang)))
		}
		golden(t, filepath.Join("testdata", "no_reserve-announcement."+file+".txt"), b.String())
	}
}
