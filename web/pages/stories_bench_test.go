package pages

import (
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/statement"
)

func mustReason() *docket.Text {
	return &docket.Text{Zh: "案外人提出异议，依法释〔2016〕18 号第 28、36 条中止。", En: "A third party objected; stayed under Fa Shi (2016) No. 18, arts. 28 and 36."}
}

func asJudge(p *Page) {
	p.Viewer = Viewer{AccountID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0002"), Login: "judge1", Role: RoleJudge}
	p.Nav = "bench"
}

func benchStories() []story {
	list := []story{{"bench", benchStory}, {"import", func(p *Page) templ.Component { asJudge(p); return ImportPage(p, ImportView{}) }}, {"import-refused", importStory}}
	for _, st := range []auction.State{auction.Draft, auction.Voted, auction.Announced, auction.Suspended, auction.Paid, auction.Ruled, auction.Unsold, auction.Sold, auction.Taken, auction.Defaulted, auction.Returned, auction.SetAside, auction.Withdrawn} {
		list = append(list, story{"bench-lot-" + string(st), benchLotStory(st, false)})
	}
	return append(list, story{"bench-lot-refused", benchLotStory(auction.Voted, true)}, story{"bench-lot-drop", dropStory}, story{"statements", statementsStory}, story{"accuracy", accuracyStory},
		story{"accuracy-none", func(p *Page) templ.Component { return AccuracyPage(p, nil) }})
}

func benchStory(p *Page) templ.Component {
	asJudge(p)
	c := sampleCards(p)
	v := BenchView{Court: p.pick(sampleCourt().Name), Lots: 31, Due: []Due{
		dueAt(p, Due{At: p.Now.Add(-26 * time.Hour), Title: p.T("duty.second_sale", "title", c[10].Title), Text: p.T("duty.text", "at", "2026-06-17 08:27", "source", "法释〔2016〕18 号第 26 条"), Act: p.T("duty.act_draft"), Href: "/bench/lots/x", Button: "sm"}),
		dueAt(p, Due{At: p.Now.Add(26 * time.Hour), Title: p.T("duty.hand_over", "title", c[8].Title), Text: p.T("duty.text", "at", "2026-06-19 12:27", "source", "R20r"), Act: p.T("duty.act_see"), Href: "/bench/lots/x", Button: "sm"}),
		dueAt(p, Due{At: p.Now.Add(170 * time.Hour), Title: p.T("duty.make_ruling", "title", c[6].Title), Text: p.T("duty.text", "at", "2026-06-25 12:27", "source", "R20r"), Act: p.T("duty.act_rule"), Href: "/bench/lots/x", Button: "sm"}),
	}, Votes: []BenchItem{{Href: "/bench/lots/x", Title: c[4].Title, Text: p.T("bench.vote_text", "start", "¥2,688,000", "pct", "70.0%", "increment", "¥20,000", "deposit", "¥400,000")}}}
	for i, st := range benchColumns() {
		col := Column{Title: p.T("bench.col_" + string(st)), Count: i % 3, More: "/lots"}
		for j := range i % 3 {
			col.Items = append(col.Items, BenchItem{Href: "/bench/lots/x", Title: c[(i+j)%len(c)].Title, Text: p.T("bench.next_due", "at", "6-19 10:00"), Bad: j == 1})
		}
		v.Columns = append(v.Columns, col)
	}
	return BenchPage(p, v)
}

func benchLotStory(st auction.State, refused bool) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		asJudge(p)
		bids := 0
		if st == auction.Paid || st == auction.Sold || st == auction.Ruled || st == auction.Defaulted || st == auction.SetAside {
			bids = 12
		}
		l, _ := sampleLot(st, bids)
		d := auction.DraftView{LotSummary: l.LotSummary, State: st, AwaitsNext: st == auction.Unsold || st == auction.Defaulted || st == auction.SetAside || st == auction.Withdrawn, DifferenceDue: differenceDueOf(p, st), PanelSize: 3, TermsDigest: "0f3a99", EarliestStart: p.Now.Add(30 * 24 * time.Hour), LeastBiddingMS: 86_400_000}
		v := BenchLotView{Card: p.card(&d.LotSummary), Public: st != auction.Draft, PanelText: p.T("bench.panel_text"), Terms: []Pair{{p.T("lot.start"), p.M(d.StartingPriceFen)}}}
		v.Votes = []VoteRow{{Who: "j-0f3a99c1", Chip: Chip{"soft", "s-done", p.T("bench.agree")}, At: p.Now}, {Who: p.T("bench.judge"), Chip: Chip{"dash", "s-wait", p.T("bench.waiting")}}}
		v.Acts = p.benchActs(&d, &Request{P: p, Visitor: visitorOf(p)})
		if st == auction.Draft || st == auction.Voted {
			sampleMend(p, &d, &v)
		}
		if st == auction.Ruled {
			sampleHandover(p, &v)
			v.AsideHref = "/bench/lots/x/setting-aside"
		}
		if st == auction.Unsold {
			draws := sampleDraws(p)
			draws[0].Lot = draws[0].Asset
			v.Draws = p.drawLines(draws)
			v.Draws[0].Name = p.T("draw.takers", "rank", 1) + p.T("frame.comma") + v.Draws[0].Name
			v.Draws[0].Came += p.T("frame.comma") + p.T("takers.first", "creditor", p.W.Pick("江岸银行", "Jiang’an Bank")+p.T("takers.no", "no", 2))
		}
		v.Changes = p.changes(sampleDiff())
		if st == auction.Announced || st == auction.Suspended {
			sampleLists(p, &v, int64(2*bids+1))
		}
		if refused {
			(&refusedAct{act: "announce", values: url.Values{"starts_at": {"2026-07-13T10:00:00"}}, err: &auction.Refusal{Faults: []*fault.Error{
				fault.New(fault.Invalid, fault.TaxesAllOnBuyer).ByRule("R30").InField("assets[0].taxes[0]").With("missing_zh", "契税由买受人承担（契税法第 1 条）；增值税及附加由被执行人承担。").With("missing_en", "Deed tax falls on the buyer; VAT and surcharges on the debtor."),
				fault.New(fault.Invalid, fault.OccupancyUnknown).ByRule("R2024").InField("assets[0].occupancy"),
				fault.New(fault.Invalid, fault.AnnouncementTooLate).ByRule("R12").InField("starts_at").With("earliest_at", p.Now.Add(30*24*time.Hour)),
			}}}).show(p, &v)
		}
		p.Title = v.Title
		return BenchLotPage(p, v)
	}
}

// sampleDiff has a statement of each way of changing.
func sampleDiff() statement.Diff {
	one := statement.Statement{ID: "0f", Item: tx("占用", "Occupancy"), Text: tx("空置", "Vacant"), Source: tx("现场", "On site"), SurveyedOn: "2026-06-01"}
	two := one
	two.Text, two.Surveyor = tx("被执行人占用", "Held by the debtor"), tx("某机构", "A firm")
	return statement.Diff{Added: []statement.Statement{one}, Removed: []statement.Statement{two}, Changed: []statement.Change{{Before: one, After: two}}}
}

func statementsStory(p *Page) templ.Component {
	asBidder(p)
	p.Title = p.T("statement.heading")
	d := sampleDiff()
	v := StatementsView{LotHref: "/lots/x", Title: p.W.Pick("住宅", "A flat"), Open: true, Errors: ErrorsOf(p.W, fault.New(fault.Invalid, fault.ReasonRequired).InField("marks[0].reason"))}
	v.Rows = []StatementRow{{ID: "a", Item: p.pick(d.Added[0].Item), Text: p.pick(d.Added[0].Text), From: p.known(d.Added[0])}, {ID: "b", Item: "x", Text: "y", Marked: p.T("statement.true")}}
	return StatementsPage(p, v)
}

func accuracyStory(p *Page) templ.Component {
	p.Title = p.T("accuracy.heading")
	return AccuracyPage(p, p.accuracyRows([]statement.Accuracy{{Court: sampleCourt().Name, Code: "皖0202", True: 2, False: 1, Permille: 666}, {Court: sampleCourt().Name, Surveyor: tx("某机构", "A firm"), False: 1}}))
}

// sampleHandover is a lot on its way to the buyer: each form of a step, one of them late.
func sampleHandover(p *Page, v *BenchLotView) {
	done := p.Now.Add(-50 * time.Hour)
	way := handover.View{Steps: []handover.StepView{
		{Step: handover.NoticeToVacate, State: handover.Done, DueAt: done, SettledAt: &done, Corrections: []handover.Correction{{Note: p.W.Pick("日期笔误", "the date was wrong")}}},
		{Step: handover.DeadlineToVacate, State: handover.Owed, DueAt: p.Now.Add(-time.Hour), Next: true},
		{Step: handover.Inventory, State: handover.Skipped, DueAt: done, SettledAt: &done, Late: true, Reason: tx("室内无物", "the rooms are empty")},
		{Step: handover.CollectionOffered, State: handover.Owed, DueAt: p.Now.Add(time.Hour), Next: true},
		{Step: handover.CollectionBooked, State: handover.Cancelled, DueAt: done, SettledAt: &done},
		{Step: handover.RecordSigned, State: handover.Owed, DueAt: p.Now.Add(90 * time.Hour)},
	}}
	v.Handover = p.handoverSteps(way, true)
	for i, st := range way.Steps {
		if st.State == handover.Owed {
			v.Acts = append(v.Acts, p.stepForm("/bench/lots/x/", st, i == len(way.Steps)-1))
		}
	}
	v.Acts = append(v.Acts, p.stepForm("/bench/lots/x/", handover.StepView{Step: handover.NoticeToVacate, State: handover.Owed, DueAt: p.Now}, false))
}

// sampleMend is a draft with a form to mend it, gaps, and votes on terms before.
func sampleMend(p *Page, d *auction.DraftView, v *BenchLotView) {
	text := docket.Text{Zh: "以法院公布的为准", En: "As the court publishes."}
	d.Document = docket.Lot{
		Title: d.Title, Stage: d.Stage, AppraisalFen: int64(d.AppraisalFen), StartingPriceFen: int64(d.StartingPriceFen), IncrementFen: int64(d.IncrementFen), DepositFen: int64(d.DepositFen),
		PricingBasis:       docket.PricingBasis{Origin: docket.PricedByAppraisal, By: text, Report: "P-2026-071", ValuedOn: "2026-05-01", ValidUntil: "2027-04-30"},
		PriorityPurchasers: []docket.PriorityPurchaser{{Rank: 1, Standing: docket.Text{Zh: "承租人", En: "Tenant"}, NotifiedOn: "2026-05-20", How: text}},
		Notifications:      []docket.Notification{{To: docket.ToApplicant, On: "2026-05-20", How: text}},
		Payment:            docket.Payment{BalanceDueDays: 10}, BidderConditions: text, Handover: text,
		Auxiliary:   []docket.Auxiliary{{Name: docket.Text{Zh: "江澜明鉴司法辅助服务有限公司", En: "Jianglan Mingjian Judicial Support Co., Ltd."}, Work: docket.Text{Zh: "拍摄照片、引领看样", En: "photographs and guided viewing"}}},
		SplitReason: docket.Text{Zh: "配套车位已先行单独出售。", En: "The parking space of the flat was sold before."},
	}
	gaps := []*fault.Error{
		fault.New(fault.Invalid, fault.AnnouncementIncomplete).ByRule("R16").InField("lot.notifications").With("missing_zh", "缺少对被执行人的通知情况。").With("missing_en", "How the debtor was notified is missing."),
		fault.New(fault.Invalid, fault.AnnouncementIncomplete).ByRule("R13").InField("lot.disclaimer.zh").With("missing_zh", "缺少“瑕疵声明”（disclaimer）。").With("missing_en", "“disclaimer of warranty” (disclaimer) is missing."),
		fault.New(fault.Invalid, fault.OccupancyUnknown).ByRule("R2024").InField("assets[0].occupancy"),
	}
	v.Revise, v.Drop = p.reviseForm(d, nil, gaps), "/bench/lots/x/drop"
	v.Warranty, v.Dates, v.TrailHref = p.warranty(gaps), p.legalDates(d), "/cases/x/trail"
	v.Gaps = p.redline(gaps, nil, v.Revise)
	v.Gaps.ID, v.Gaps.Title, v.Gaps.Note = "gaps", p.N("revise.gaps", int64(len(gaps))), p.T("revise.gaps_note")
	v.VotesBefore = []VoteRow{{Who: "j-0f3a99c1", Chip: Chip{"", "s-withdrawn", p.T("bench.refuse")}, At: p.Now, Opinion: text.In(p.W.Lang())}}
}

func dropStory(p *Page) templ.Component {
	asJudge(p)
	l, _ := sampleLot(auction.Draft, 0)
	v := BenchLotView{Card: p.card(&l.LotSummary), Terms: []Pair{{p.T("lot.start"), p.M(l.StartingPriceFen)}}}
	p.Title = p.T("drop.heading")
	return DropPage(p, v, "/bench/lots/x/drop")
}

func importStory(p *Page) templ.Component {
	asJudge(p)
	return ImportPage(p, ImportView{FileName: "court.json", ProblemCount: 2, Problems: []ImportProblem{
		{"118:9", p.W.Pick("起拍价低于评估价的 70%。", "The starting price is below 70 % of the appraisal."), "cases[0].lots[0].starting_price_fen", "R10"},
		{"203:17", p.W.Pick("缺少占用依据。", "On what title it is occupied is missing."), "cases[0].assets[2].occupancy.title", "R2024"},
	}})
}

func statesStory(p *Page) templ.Component {
	return statesPage(p)
}

// differenceDueOf is owed of what a creditor took.
func differenceDueOf(p *Page, st auction.State) *time.Time {
	if st != auction.Taken {
		return nil
	}
	due := p.Now.Add(10 * 24 * time.Hour)
	return &due
}
