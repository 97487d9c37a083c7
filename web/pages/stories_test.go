package pages

import (
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/papers"
	"mingchui/payments"
	"mingchui/web/problem"
)

// story is one view in one state.
type story struct {
	name string
	make func(p *Page) templ.Component
}

// lotStory is the lot page in a state.
func lotStory(state auction.State, bids int, mine string) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		d, list := sampleLot(state, bids)
		v := p.lotView(&d, list, mine)
		s := &Site{}
		if v.Phase.Ended() {
			v.After, v.Confirmed = p.afterSteps(&d), p.confirmation(&d)
			v.Movements = sampleMovements(p)
		} else {
			v.Record = newestFirst(v.Record)
		}
		if mine != "" {
			p.Room = true
			v.Receipt = &Receipt{ID: uuid.NewString(), Text: "{\n  \"v\": 1,\n  \"entry\": \"…\"\n}"}
		}
		v.Desk = s.desk(&Request{P: p}, v)
		p.Title, p.Nav = v.Title, "lots"
		return LotPage(p, v)
	}
}

func sampleMovements(p *Page) []Movement {
	return []Movement{
		{At: p.Now, What: p.T("transfer.balance_paid"), From: p.T("account.clearing"), To: p.T("account.proceeds"), Amount: 122_120_000},
		{At: p.Now.Add(-time.Hour), What: p.T("transfer.deposit_returned"), From: p.T("account.escrow"), To: p.T("account.clearing"), Amount: 62_400_000},
		{At: p.Now.Add(-2 * time.Hour), What: p.T("transfer.deposit_applied"), From: p.T("account.escrow"), To: p.T("account.proceeds"), Amount: 10_400_000},
	}
}

func stories() []story {
	list := []story{
		{"lot-announced", lotStory(auction.Announced, -1, "")},
		{"lot-ready", lotStory(auction.Announced, -1, "K7Q2M")},
		{"lot-live-open", lotStory(auction.Announced, 0, "")},
		{"lot-live-watching", lotStory(auction.Announced, 29, "")},
		{"lot-live-outbid", lotStory(auction.Announced, 29, "K7Q2M")},
		{"lot-live-leading", lotStory(auction.Announced, 29, "N3FTX")},
		{"lot-live-none", lotStory(auction.Announced, 29, "ZZZZZ")},
		{"lot-live-maximum", maximumStory},
		{"lot-suspended", lotStory(auction.Suspended, 20, "")},
		{"lot-withdrawn", lotStory(auction.Withdrawn, 0, "")},
		{"lot-no-reserve-finance", noReserveStory(docket.FinanceAsks, -1)},
		{"lot-no-reserve-victim", noReserveStory(docket.VictimRefuses, 9)},
		{"lot-sold", lotStory(auction.Sold, 43, "")},
		{"lot-unsold", lotStory(auction.Unsold, 0, "")},
		{"lot-defaulted", lotStory(auction.Defaulted, 12, "")},
		{"lot-ruled", lotStory(auction.Ruled, 300, "")},
		{"home", homeStory},
		{"home-empty", func(p *Page) templ.Component { p.Plate = true; return HomePage(p, HomeView{}) }},
		{"lots", lotsStory},
		{"lots-empty", lotsEmptyStory},
		{"results", resultsStory},
		{"results-empty", func(p *Page) templ.Component { return ResultsPage(p, ResultsView{}) }},
		{"bids", func(p *Page) templ.Component {
			d, list := sampleLot(auction.Announced, 29)
			return BidsPage(p, p.lotView(&d, list, ""))
		}},
		{"announcement", announcementStory},
		{"bid-confirm", bidConfirmStory},
		{"maximum-confirm", maximumConfirmStory},
		{"enrol", enrolStory(0)},
		{"enrol-refused", enrolStory(1)},
		{"enrol-code", enrolStory(2)},
		{"enrol-held", enrolStory(3)},
		{"enrol-not-admitted", enrolStory(4)},
		{"enrol-leave-later", enrolStory(5)},
		{"enrol-leave", enrolStory(6)},
		{"enrol-left", enrolStory(7)},
		{"sign-in", signInStory},
		{"register", func(p *Page) templ.Component { return RegisterPage(p, RegisterView{Next: "/"}) }},
		{"me", meStory},
		{"me-empty", func(p *Page) templ.Component { asBidder(p); return MePage(p, MeView{}) }},
		{"fund", fundStory},
		{"fund-empty", func(p *Page) templ.Component {
			return FundPage(p, FundView{Number: "（2026）皖0202执318号", Chip: Chip{"soft", "s-wait", p.T("fund.chip_none")}})
		}},
		{"funds", fundsStory},
		{"draw-listed", drawStory(drawing.Listed)},
		{"draw-opened", drawStory(drawing.Opened)},
		{"draw-drawn", drawStory(drawing.Drawn)},
		{"verify", verifyStory(true)},
		{"verify-bad", verifyStory(false)},
		{"verify-empty", verifyEmptyStory},
		{"states", statesStory},
	}
	for _, e := range []error{
		fault.New(fault.NotFound, fault.NotFoundCode), fault.New(fault.Forbidden, fault.RoleForbidden), fault.New(fault.Unauthenticated, fault.SignInRequired),
		fault.New(fault.Internal, fault.InternalError), fault.New(fault.Unavailable, fault.ServiceUnavailable).After(3 * time.Second), fault.New(fault.Conflict, fault.EnrolmentClosed).ByRule("R18"),
	} {
		list = append(list, story{"problem-" + fault.KindOf(e).String(), func(p *Page) templ.Component {
			v := problemView(p, problem.Of(e, p.W.Lang(), "0197f2c4-7a11-7c21-9e0d-3b1f5a2c7f3a"))
			p.Title = v.Title
			return ProblemPage(p, v)
		}})
	}
	return append(append(append(append(list, benchStories()...), paperStories()...), asideStories()...), slices.Concat(priceStories(), differenceStories(), debtorStories(), ownerStories(), webhookStories(), divisionStories(), assetStories(), settingsStories(), agencyStories(), publicStories())...)
}

func asBidder(p *Page) {
	p.Viewer = Viewer{AccountID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0001"), Login: "bidder1", Role: RoleBidder}
}

func homeStory(p *Page) templ.Component {
	p.Plate, p.Title = true, p.T("home.title")
	c := sampleCards(p)
	d, bids := sampleLot(auction.Announced, 29)
	l := p.lotView(&d, bids, "")
	v := HomeView{
		Lead: &LeadLot{Card: l.Card, Extension: p.W.Span(l.Extension), Chart: l.Chart}, Live: c[1:4], LiveCount: 38, Soon: c[4:8], SoonCount: 164, New: c[4:8], Ended: c[8:12], Total: 1286,
		Figures: p.dayFigures(auction.Figures{Live: 38, Upcoming: 164, EndedToday: 21, SoldToday: 17, SoldTodayFen: 6_204_000_000, Bids: 1962}),
		Notices: []Notice{{At: p.Now, Href: "/lots/x", Title: p.T("home.board_stayed", "title", c[7].Title), Text: p.pick(*mustReason())}},
	}
	for _, k := range c {
		v.Kinds = append(v.Kinds, KindLink{Href: "/lots?category=" + k.Category, Drawing: k.Drawing, Text: p.categoryName("flat"), Count: 412})
	}
	return HomePage(p, v)
}

func lotsStory(p *Page) templ.Component {
	p.Title, p.Nav = p.T("lots.title"), "lots"
	return LotsPage(p, sampleLots(p))
}

func sampleLots(p *Page) LotsView {
	facet := func(name string, values ...string) Facet {
		f := Facet{Name: name, Legend: p.T("lots.f_" + name)}
		for i, v := range values {
			f.Options = append(f.Options, FacetOption{Value: v, Text: p.facetText(name, auction.Facet{Value: v}), Count: int64(i * 11), Chosen: i == 1})
		}
		return f
	}
	return LotsView{
		Heading: p.T("lots.heading_query", "q", "镜湖区 住宅"), Query: "镜湖区 住宅", Cards: sampleCards(p), Total: 33, Sort: "ending", PriceMin: "400,000", PriceMax: "1,600,000",
		Facets:    []Facet{facet("status", "live", "announced", "suspended", "ended"), facet("category", "flat", "villa", "factory"), facet("region", "340202", "340203"), facet("stage", "first", "second", "sell_off", "no_reserve"), facet("occupancy", "vacant", "debtor", "tenant")},
		Histogram: histogram([]auction.Facet{{Value: "0-4999999", Count: 3}, {Value: "5000000-19999999", Count: 9}, {Value: "20000000-", Count: 5}}, auction.Query{PriceMin: 6_000_000}),
		Chosen:    []Link{{"/lots", p.T("status.live")}, {"/lots", p.T("stage.first")}}, Sorts: []Option{{"newest", p.T("lots.sort_newest")}, {"ending", p.T("lots.sort_ending")}},
		Next: "/lots?cursor=x", Previous: "/lots", Feed: "/lots.atom",
	}
}

func lotsEmptyStory(p *Page) templ.Component {
	v := sampleLots(p)
	v.Cards, v.Total, v.Errors = nil, 0, ErrorsOf(p.W, fault.New(fault.Invalid, fault.AmountInvalid).InField("price"), "price")
	return LotsPage(p, v)
}

func resultsStory(p *Page) templ.Component {
	p.Title, p.Nav = p.T("results.heading"), "results"
	return ResultsPage(p, ResultsView{Rows: sampleCards(p)[8:11], Figures: []Figure{{p.T("results.f_sold"), "17", p.T("home.unit_lots")}, {p.T("results.f_rate"), "81.0%", ""}}, Next: "/results?cursor=x"})
}

func announcementStory(p *Page) templ.Component {
	d, _ := sampleLot(auction.Announced, -1)
	v := AnnouncementView{LotHref: "/lots/x", Title: p.pick(d.Title), Heading: d.Announcement.Heading(p.W.Lang()), CaseNumber: d.CaseNumber, Court: p.pick(d.Court.Name), Date: docDate(p, p.Now), Hash: d.AnnouncementHash}
	for _, s := range d.Announcement.Sections(p.W.Lang()) {
		v.Sections = append(v.Sections, PaperSection{s.Heading, s.Paragraphs})
	}
	return AnnouncementPage(p, v)
}

func bidConfirmStory(p *Page) templ.Component {
	p.Room = true
	return BidConfirmPage(p, BidConfirmView{
		LotHref: "/lots/x", Title: sampleCards(p)[0].Title, Amount: 135_020_000, Price: 132_520_000, Code: "K7Q2M", Key: "k", EndsAt: p.Now.Add(4 * time.Minute),
		Note: p.T("room.confirm_note", "more", "¥25,000", "deposit", "¥104,000"), Errors: ErrorsOf(p.W, fault.New(fault.Conflict, fault.BidTooLow).ByRule("R20a").With("price_fen", int64(135_520_000))),
	})
}

func maximumStory(p *Page) templ.Component {
	d, list := sampleLot(auction.Announced, 29)
	list[len(list)-1].Automatic = true
	v := p.lotView(&d, list, "K7Q2M")
	v.Record = newestFirst(v.Record)
	p.Room = true
	v.Desk = (&Site{}).desk(&Request{P: p}, v)
	v.Desk.Maximum = Maximum{Offered: true, Seq: 41, Open: true}
	return LotPage(p, v)
}

func maximumConfirmStory(p *Page) templ.Component {
	p.Room = true
	return MaximumConfirmPage(p, BidConfirmView{
		LotHref: "/lots/x", Title: sampleCards(p)[0].Title, Amount: 150_000_000, Price: 132_520_000, Code: "K7Q2M", Key: "k", EndsAt: p.Now.Add(4 * time.Minute),
		Note: p.T("room.maximum_confirm_note", "deposit", "¥104,000"), Errors: ErrorsOf(p.W, fault.New(fault.Conflict, fault.MaximumNotOffered)),
	})
}

func enrolStory(step int) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		asBidder(p)
		p.Title, p.Nav = p.T("enrol.heading"), "lots"
		d, _ := sampleLot(auction.Announced, -1)
		v := EnrolView{Lot: p.card(&d.LotSummary), Name: "王某某", Conditions: []string{p.pick(d.Announcement.Conditions)}, Capacity: "ordinary", Deposit: d.DepositFen, Steps: enrolProgress(p, 1)}
		for _, n := range d.Announcement.Notices {
			v.Notices = append(v.Notices, Pair{p.pick(n.Title), p.pick(n.Text)})
		}
		for _, c := range []string{"ordinary", "priority", "creditor"} {
			v.Capacities = append(v.Capacities, Option{Value: c, Name: p.T("enrol.cap_" + c)})
		}
		switch step {
		case 1:
			v.Errors = ErrorsOf(p.W, fault.New(fault.Conflict, fault.NoticesNotAccepted).InField("accept_notices").ByRule("R14"), "accept_notices")
		case 2:
			v.Enrolled, v.Code, v.Passphrase, v.PaymentURL, v.Steps = true, "K7Q2M", "fjord-lemon-quartz-anvil-river-tango", "http://pay.example/cs_1", enrolProgress(p, 4)
			v.DepositChip, v.DepositText = depositChip(p, payments.Requested), p.T("enrol.s4_text")
		case 3:
			v.Enrolled, v.Steps, v.DepositChip, v.DepositText = true, enrolProgress(p, 6), depositChip(p, payments.Held), p.T("me.w_held")
		case 4:
			v.Enrolled, v.NotAdmitted, v.Steps, v.DepositChip = true, true, enrolProgress(p, 6), depositChip(p, payments.Returning)
		case 5: // the sale is stayed: not long enough yet, or over 48 hours
			v.Enrolled, v.Steps, v.DepositChip, v.DepositText = true, enrolProgress(p, 6), depositChip(p, payments.Held), p.T("me.w_held")
			v.LeaveFrom = p.Now.Add(7 * time.Hour)
		case 6:
			v.Enrolled, v.Steps, v.DepositChip, v.DepositText = true, enrolProgress(p, 6), depositChip(p, payments.Held), p.T("me.w_held")
			v.LeaveFrom, v.MayLeave = p.Now.Add(-time.Hour), true
		case 7:
			v.Enrolled, v.Left, v.Steps, v.DepositChip = true, true, enrolProgress(p, 6), depositChip(p, payments.Returning)
		}
		return EnrolPage(p, v)
	}
}

func signInStory(p *Page) templ.Component {
	p.Title = p.T("signin.heading")
	return SignInPage(p, SignInView{Login: "bidder1", Next: "/me", Errors: ErrorsOf(p.W, fault.New(fault.Unauthenticated, fault.CredentialsWrong), "login")})
}

func meStory(p *Page) templ.Component {
	asBidder(p)
	p.Title, p.Nav = p.T("me.heading"), "me"
	c := sampleCards(p)
	d, _ := sampleLot(auction.Sold, 12)
	v := MeView{
		Held: 11_600_000, Returning: 4_000_000, Said: p.T("me.revoked"),
		Due: []Due{
			{At: p.Now.Add(252 * time.Second), Clock: true, Unit: p.T("me.until_end"), Title: p.T("me.due_live", "title", c[0].Title), Text: p.T("me.due_live_text"), Act: p.T("me.act_room"), Href: c[0].Href(), Button: "main"},
			dueAt(p, Due{At: p.Now.Add(75 * time.Hour), Title: p.T("me.due_balance", "title", c[9].Title, "amount", p.M(54_400_000)), Text: p.T("me.due_balance_text", "at", "2026-06-21 24:00"), Act: p.T("me.act_pay"), Post: c[9].Href() + "/balance"}),
		},
		Won: []Won{{
			Card: p.card(&d.LotSummary), Counted: 10_400_000, Rest: 54_400_000, CanPay: true, Steps: p.wonSteps(&d, "2026-06-28 10:31", true),
			Handover: []Step{{DueNow, p.T("handover.collection_booked"), p.T("handover.due", "at", "2026-07-01 10:00")}}, Appointment: "2026-07-02", Slots: []Option{{"x", p.T("handover.slot", "from", "10:00", "to", "11:00", "place", p.W.Pick("仓库", "the store"))}},
		}},
		Sessions: []Device{{ID: "a", Agent: "Firefox", Current: true, At: p.Now}, {ID: "b", Agent: "Mozilla/5.0 (X11; Linux x86_64)", At: p.Now.Add(-50 * time.Hour)}},
	}
	for i, st := range []payments.DepositState{payments.Requested, payments.Held, payments.Returning, payments.Returned, payments.Applied, payments.Forfeited, payments.Lapsed, payments.Exempt} {
		row := DepositRow{Href: c[i].Href(), Title: c[i].Title, Chip: depositChip(p, st), Text: p.T("me.w_"+string(st), "at", p.W.Minute(p.Now)), Amount: c[i].Deposit}
		if st == payments.Returning {
			row.DueAt = p.Now.Add(23 * time.Hour)
		}
		v.Deposits = append(v.Deposits, row)
	}
	list := sampleObjections(p)
	for n := range list {
		v.Objections = append(v.Objections, p.fullObjection(&list[n]))
	}
	for n := range v.Won {
		v.Won[n].Papers = []PaperLink{{Kind: papers.BuyerReceipt, Name: papers.PaperHeading(papers.BuyerReceipt, p.W.Lang()), At: p.W.Minute(p.Now), Href: "/papers/x", PDF: "/papers/x.pdf"}}
	}
	return MePage(p, v)
}

func fundStory(p *Page) templ.Component {
	p.Title, p.Nav = p.T("fund.heading"), "funds"
	return FundPage(p, FundView{
		CaseID: "x", Number: "（2025）皖0202执2204号", Court: p.pick(sampleCourt().Name), Lots: []Link{{"/lots/x", sampleCards(p)[8].Title}}, Chip: Chip{"", "s-due", p.T("fund.chip_due")},
		Clock:    p.fundClock(payments.Clock{Since: p.Now.Add(-16 * 24 * time.Hour), DueAt: p.Now.Add(14 * 24 * time.Hour)}),
		Accounts: []Pair{{p.T("fund.claim"), p.M(512_234_567)}, {p.T("account.escrow"), p.M(0)}, {p.T("account.proceeds"), p.M(438_000_000)}},
		Checks:   p.books(payments.Fund{}), Flow: DrawFlow(p, FlowSums{Deposits: 280_000_000, Applied: 40_000_000, Returned: 200_000_000, Forfeited: 10_000_000, Balance: 398_000_000, Approved: 410_000_000, PaidOut: 300_000_000, Costs: 3_000_000}), Movements: sampleMovements(p), Plan: samplePlan(p), Owed: []PayoutRow{{To: p.T("fund.creditor", "n", 1), Purpose: p.W.Minute(p.Now), Amount: p.M(70_000_000)}, {To: p.T("plan.to_debtor"), Purpose: p.W.Minute(p.Now), Amount: p.M(1)}},
		Statement: StatementForm{From: "2026-06-01", To: "2026-06-18"},
	})
}

func fundsStory(p *Page) templ.Component {
	p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: RoleFinance}
	p.Title, p.Nav = p.T("funds.heading"), "funds"
	return FundsPage(p, FundsView{
		Lede: p.T("funds.lede_finance"), Sums: true,
		Due:  []Due{dueAt(p, Due{At: p.Now.Add(-26 * time.Hour), Title: "（2025）皖0202执2204号", Text: "F2", Act: p.T("duty.act_fund"), Href: "/cases/x/fund", Button: "sm"}), dueAt(p, Due{At: p.Now.Add(14 * 24 * time.Hour), Title: "（2026）皖0202执318号", Text: "F2", Act: p.T("duty.act_fund"), Href: "/cases/x/fund", Button: "sm"})},
		Rows: []FundRow{{Href: "/cases/x/fund", Number: "（2025）皖0202执2204号", Court: p.pick(sampleCourt().Name), Escrow: 0, Proceeds: 438_000_000, Forfeits: money.Fen(0), PayBy: "2026-07-02 10:00"}},
	})
}

func verifyStory(ok bool) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		p.Title, p.Nav = p.T("verify.heading"), "verify"
		d, bids := sampleLot(auction.Sold, 43)
		v := VerifyView{Query: d.ID.String(), Commands: "$ auditor verify --log http://127.0.0.1:8080"}
		again := rerun{events: 60}
		again.state.Seq, again.state.Bids, again.state.Extensions, again.state.Leader, again.state.Price, again.state.Outcome = 60, int64(len(bids)), 14, d.LeaderCode, *d.PriceFen, "sold"
		if !ok {
			again.broken, again.brokenAt = fault.New(fault.Internal, fault.CourseBroken), 41
		}
		p.lotChecks(&v, &d, again)
		return VerifyPage(p, v)
	}
}

func verifyEmptyStory(p *Page) templ.Component {
	p.Title, p.Nav = p.T("verify.heading"), "verify"
	v := VerifyView{Commands: "$ auditor verify --log http://127.0.0.1:8080"}
	for _, k := range []string{"signature", "dense", "bids"} {
		v.Checks = append(v.Checks, CheckRow{Name: p.T("verify.c_" + k), How: p.T("verify.c_" + k + "_how")})
	}
	return VerifyPage(p, v)
}
