package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/objection"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
	"mingchui/web/press"
)

func paperStories() []story {
	list := []story{
		{"object", objectStory},
		{"bench-objections", benchObjectionsStory},
		{"bench-objections-none", func(p *Page) templ.Component { asJudge(p); return BenchObjectionsPage(p, BenchObjectionsView{}) }},
		{"oversight", oversightStory(true)},
		{"oversight-none", oversightStory(false)},
		{"trail", trailStory(false)},
		{"trail-whole", trailStory(true)},
		{"trail-none", func(p *Page) templ.Component {
			return TrailPage(p, TrailView{Number: "（2026）皖9902执101号", Court: p.pick(sampleCourt().Name), Href: "/cases/x/trail"})
		}},
	}
	for _, k := range []papers.Kind{papers.StayNotice, papers.RulingDraft, papers.SettingAsideDraft, papers.BuyerReceipt} {
		list = append(list, story{"paper-" + string(k), paperStory(k)})
	}
	return list
}

func asInspector(p *Page) {
	p.Viewer = Viewer{AccountID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0009"), Login: "inspector1", Role: RoleInspector}
	p.Nav = "oversight"
}

func paperStory(k papers.Kind) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		paper := papers.Paper{
			Version: papers.TemplateVersion, Kind: k, CaseNumber: "（2026）皖9902执101号", Court: sampleCourt().Name, CourtPhone: "0990-5550101", Title: tx("干货船一艘", "A dry cargo vessel"), MadeAt: p.Now, Stage: "first",
			Facts: papers.Facts{
				Fallen: &papers.Fallen{Request: true, Reversed: 438_000_000},
				Ground: "third_party_claim", Reason: tx("正在审查提交的证据", "The proof is being looked at"), Buyer: tx("江澜弋口航运有限公司", "Jianglan Yikou Shipping Ltd"), BidderCode: "H6QPW",
				Price: 438_000_000, Deposit: 40_000_000, EndsAt: p.Now, PaidAt: p.Now, Applicants: []docket.Text{tx("江澜市商业银行", "Jianglan Commercial Bank")}, Debtors: []docket.Text{tx("某航运公司", "A shipping company")},
			},
		}
		svg, err := press.QR("https://mingchui.example/entries/x", p.T("paper.qr"))
		if err != nil {
			panic(err)
		}
		p.Title = "x"
		return PaperPage(p, PaperView{Title: p.W.Pick("干货船一艘", "A dry cargo vessel"), LotHref: "/lots/x", Text: paper.Text(p.W.Lang()), Hash: "0f3a99c1", QR: svg, EntryHref: "/entries/x", PDFHref: "/papers/x.pdf"})
	}
}

func sampleObjections(p *Page) []objection.Full {
	now := p.Now
	decided := now.Add(-time.Hour)
	id := func(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c01" + n) }
	full := func(n string, v objection.View) objection.Full {
		v.ID, v.Lot, v.TextHash = id(n), id("99"), "0f3a99c10f3a99c10f3a99c1"
		return objection.Full{View: v, Capacity: objection.Party, Title: tx("干货船一艘", "A dry cargo vessel"), Number: "（2026）皖9902执101号", Text: p.W.Pick("起拍价过低。", "The start is too low.")}
	}
	claim := full("01", objection.View{Kind: objection.Claim, State: objection.Lodged, LodgedAt: now.Add(-20 * 24 * time.Hour), DueAt: now.Add(-5 * 24 * time.Hour)})
	claim.Capacity = objection.ThirdParty
	return []objection.Full{
		claim, full("02", objection.View{Kind: objection.Conduct, State: objection.Lodged, LodgedAt: now.Add(-time.Hour), DueAt: now.Add(15 * 24 * time.Hour)}),
		full("03", objection.View{
			Kind: objection.ToSetAside, Ground: objection.UntrueStatement, State: objection.Unfounded, LodgedAt: now.Add(-48 * time.Hour), DueAt: now, DecidedAt: &decided,
			Reason: tx("瑕疵已在公告中说明", "The announcement stated the defect"),
		}),
	}
}

func objectStory(p *Page) templ.Component {
	asBidder(p)
	p.Title = p.T("objection.lodge")
	return ObjectPage(p, ObjectView{LotHref: "/lots/x", Title: p.W.Pick("干货船一艘", "A dry cargo vessel"), Action: "/lots/x/objection", Fields: []Field{
		{Name: "capacity", Label: p.T("objection.as"), Kind: "select", Options: []Option{{"party", p.T("objection.as_party")}}, Hint: p.T("objection.as_hint")},
		{Name: "kind", Label: p.T("objection.what"), Kind: "select", Options: []Option{{"conduct", p.T("objection.kind_conduct")}}},
		{Name: "text", Label: p.T("objection.text"), Kind: "textarea", Required: true, Hint: p.T("objection.text_hint")},
	}})
}

func benchObjectionsStory(p *Page) templ.Component {
	asJudge(p)
	p.Title = p.T("objection.bench")
	var v BenchObjectionsView
	list := sampleObjections(p)
	for i := range list {
		row := p.fullObjection(&list[i])
		row.Forms = p.objectionForms(&list[i])
		v.Rows = append(v.Rows, row)
	}
	return BenchObjectionsPage(p, v)
}

func oversightStory(late bool) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		asInspector(p)
		p.Title = p.T("oversight.heading")
		court := uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0101")
		got := auction.Oversight{Courts: []auction.CourtOversight{{Court: court, Code: "皖9902", Name: sampleCourt().Name}}}
		if late {
			got.Courts[0].Overdue, got.Courts[0].Late, got.OverdueCount, got.LateCount = 2, 1, 2, 1
			got.Overdue = []auction.Overdue{
				{Kind: duty.MakeRuling, Rule: "R20r", Actor: duty.Judge, DueAt: p.Now.Add(-50 * time.Hour), CaseNumber: "（2026）皖9902执101号", Court: court, LotTitle: tx("干货船一艘", "A dry cargo vessel")},
				{Kind: duty.PayOut, Rule: "F2", Actor: duty.Finance, DueAt: p.Now.Add(-2 * time.Hour), CaseNumber: "（2026）皖9902执77号", Court: court},
			}
			got.Late = []auction.LateAct{{
				Act: trail.Resumed, Rule: "R28", At: p.Now.Add(-time.Hour), DueAt: p.Now.Add(-30 * time.Hour), CaseNumber: "（2026）皖9902执101号", Court: court,
				Superior: tx("执行局局长", "Head of enforcement"), Reason: tx("文书送达延误", "Service was slow"),
			}}
		}
		return OversightPage(p, p.oversightView(&got))
	}
}

func trailStory(whole bool) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		if whole {
			asInspector(p)
		}
		p.Title = p.T("trail_page.heading")
		lot := uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0199")
		head := auction.TrailHead{Whole: whole, Lots: map[uuid.UUID]auction.TrailLot{lot: {Title: tx("干货船一艘", "A dry cargo vessel"), Published: true}}}
		due := p.Now.Add(-30 * time.Hour)
		lines := []trail.Line{
			{At: p.Now.Add(-90 * time.Hour), Role: "judge", By: "j-0f3a99c1", Act: trail.CaseOpened, Public: true},
			{At: p.Now.Add(-80 * time.Hour), LotID: &lot, Role: "judge", By: "j-0f3a99c1", Act: trail.Announced, Rule: "R12", Public: true},
			{At: p.Now.Add(-70 * time.Hour), LotID: &lot, Role: trail.Machine, Act: trail.Stayed, Rule: "R28", Ground: "third_party_claim", Reason: tx("案外人提出异议", "A third person objected"), Public: true},
			{
				At: p.Now, LotID: &lot, Role: "judge", By: "j-0f3a99c1", Act: trail.Resumed, Rule: "R28", Public: true, DueAt: &due, Superior: tx("执行局局长", "Head of enforcement"),
				LateReason: tx("文书送达延误", "Service was slow"),
			},
			{At: p.Now, LotID: &lot, Role: trail.Machine, Act: trail.Ended, Rule: "R20c", Ground: "sold", Detail: []byte(`{"price_fen":438000000,"bidder_code":"H6QPW"}`), Public: true},
		}
		if whole {
			lines = append(lines, trail.Line{At: p.Now, LotID: &lot, Role: "judge", By: "j-0f3a99c1", Login: "judge1", Act: trail.Voted, Rule: "R6"})
		}
		v := TrailView{Number: "（2026）皖9902执101号", Court: p.pick(sampleCourt().Name), Href: "/cases/x/trail", Whole: whole, Next: "/cases/x/trail?after=y"}
		for i := range lines {
			v.Steps = append(v.Steps, p.trailRow(&head, &lines[i]))
		}
		return TrailPage(p, v)
	}
}
