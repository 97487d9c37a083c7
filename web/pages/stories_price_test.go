package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/pricing"
)

func priceStories() []story {
	list := []story{
		{"prices", func(p *Page) templ.Component {
			asJudge(p)
			p.Title = p.T("price.list")
			rows := []PriceRow{
				{Href: "/bench/assets/x/price", Title: sampleTitle(p), Number: "（2026）皖9902执101号", Chip: p.priceChip(pricing.Open), Next: p.W.Minute(p.Now), Late: true},
				{Href: "/bench/assets/y/price", Title: sampleTitle(p), Number: "（2026）皖9902执77号", Chip: p.priceChip(pricing.Fixed), Price: p.M(1_486_000_00)},
				{Href: "/bench/assets/z/price", Title: sampleTitle(p), Number: "（2026）皖9902执78号", Chip: p.priceChip("")},
			}
			return PricesPage(p, rows)
		}},
		{"prices-none", func(p *Page) templ.Component { asJudge(p); return PricesPage(p, nil) }},
		{"lot-prices", func(p *Page) templ.Component {
			d, bids := sampleLot(auction.Announced, -1)
			v := p.lotView(&d, bids, "")
			v.Desk = (&Site{}).desk(&Request{P: p}, v)
			st := samplePrice(p, "fixed")
			v.Prices = p.priceHistories([]pricing.View{*st.Newest})
			p.Title = v.Title
			return LotPage(p, v)
		}},
	}
	for _, stage := range []string{"none", "agreed", "authority", "online", "choose", "engaged", "served", "objected", "fix", "fixed", "equity"} {
		list = append(list, story{"price-" + stage, func(p *Page) templ.Component {
			asJudge(p)
			st := samplePrice(p, stage)
			v := p.priceStanding(&st, sampleDraws(p))
			if stage == "agreed" {
				refused := fault.New(fault.Invalid, fault.PriceNotAgreed).ByRule("R10p").InField("results_fen")
				(&refusedAct{act: "agree", err: refused}).at(p, v.Acts)
			}
			p.Title = p.T("price.heading")
			return AssetPricePage(p, v)
		}})
	}
	return list
}

func sampleTitle(p *Page) string {
	return p.W.Pick("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili")
}

func sampleDraws(p *Page) []drawing.View {
	id, at := uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0301"), p.Now.Add(-time.Hour)
	return []drawing.View{{ID: id, Asset: &id, State: drawing.Drawn, ListedAt: p.Now.Add(-2 * time.Hour), DrawnAt: &at, Candidates: make([]drawing.Candidate, 7)}}
}

// samplePrice is a determination on its way, stage by stage.
func samplePrice(p *Page, stage string) pricing.Standing {
	id := func(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c03" + n) }
	applicant, debtor := pricing.Who{Role: pricing.Applicant, No: 1}, pricing.Who{Role: pricing.Debtor, No: 1}
	st := pricing.Standing{
		Asset: id("02"), Title: tx("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili"), Number: "（2026）皖9902执101号", Category: docket.Flat, SeizedOn: "2026-05-20",
		Names: map[pricing.Who]docket.Text{applicant: tx("江岸银行", "Jiang’an Bank"), debtor: tx("周某", "Zhou")}, CanStart: stage == "none",
	}
	if stage == "none" {
		st.Owed = []pricing.Owed{{Kind: duty.FixReferencePrice, DueAt: p.Now.Add(-30 * time.Hour)}}
		return st
	}
	d := &pricing.Determination{ID: id("03"), AssetID: st.Asset, Category: st.Category, State: pricing.Open, StartedAt: p.Now.Add(-20 * 24 * time.Hour), Parties: []pricing.Who{applicant, debtor}, Day: 24 * time.Hour}
	st.D = d
	skip := func(o pricing.Origin, g pricing.SkipGround) {
		d.Skips = append(d.Skips, pricing.Skip{Origin: o, Ground: g, Reason: tx("记录在卷", "as the file says"), At: p.Now.Add(-19 * 24 * time.Hour)})
	}
	asked, due := p.Now.Add(-18*24*time.Hour), p.Now.Add(12*24*time.Hour)
	switch stage {
	case "agreed":
	case "authority":
		skip(pricing.Agreed, pricing.PartyMissing)
	case "online":
		skip(pricing.Agreed, pricing.PartyMissing)
		skip(pricing.Authority, pricing.NoOfficialPrice)
		d.Sources = []pricing.Source{{ID: id("11"), Origin: pricing.Online, Round: 1, Place: 1, Name: tx("平台甲", "Platform A"), AskedAt: &asked, DueAt: &due}, {ID: id("12"), Origin: pricing.Online, Round: 1, Place: 2, Name: tx("平台乙", "Platform B"), AskedAt: &asked, DueAt: &due}}
	default:
		skip(pricing.Agreed, pricing.PartyMissing)
		skip(pricing.Authority, pricing.NoOfficialPrice)
		skip(pricing.Online, pricing.NeedsExpert)
	}
	sampleReports(p, &st, stage, asked, due)
	st.Newest = &pricing.View{ID: d.ID, AssetID: st.Asset, Title: st.Title, State: d.State, StartedAt: d.StartedAt, Skips: d.Skips, Sources: d.Sources, Reports: d.Reports, Services: d.Services, Objections: d.Objections}
	if stage == "fixed" {
		n := st.Newest
		n.State, n.Origin, n.Fen, n.Sum, n.Amounts, n.ValuedOn, n.ValidUntil, n.FixedAt = pricing.Fixed, pricing.Appraisal, 148_600_000, 148_600_000, 1, "2026-06-01", "2027-06-01", &p.Now
		d.State = pricing.Fixed
		st.Owed = []pricing.Owed{{Kind: duty.BeginDisposal, DueAt: p.Now.Add(10 * 24 * time.Hour)}}
	}
	return st
}

// sampleReports add firms, a report, its service and an objection.
func sampleReports(p *Page, st *pricing.Standing, stage string, asked, due time.Time) {
	d := st.D
	id := func(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c03" + n) }
	switch stage {
	case "engaged", "served", "objected", "fix", "fixed", "equity":
	default:
		return
	}
	d.Sources = []pricing.Source{
		{ID: id("21"), Origin: pricing.Appraisal, Round: 1, Place: 1, Name: tx("徽准评估事务所", "Huizhun Appraisers"), ChosenBy: pricing.ByAgreement, AskedAt: &asked, DueAt: &due},
		{ID: id("22"), Origin: pricing.Appraisal, Round: 1, Place: 2, Name: tx("江衡评估公司", "Jiangheng Valuation"), ChosenBy: pricing.ByAgreement},
	}
	if stage == "equity" {
		d.Category, st.Category = docket.Equity, docket.Equity
		d.Sources[0].EndedAt, d.Sources[0].Ended = &p.Now, pricing.CannotAppraise
		return
	}
	if stage == "engaged" {
		return
	}
	received := p.Now.Add(-8 * 24 * time.Hour)
	d.Reports = []pricing.Report{{ID: id("31"), Source: id("21"), Origin: pricing.Appraisal, Fen: 148_600_000, ValuedOn: "2026-06-01", ValidUntil: "2027-06-01", ReceivedAt: received, InTime: true, State: "stands"}}
	d.Services = []pricing.Service{{Report: id("31"), Who: d.Parties[0], Way: pricing.Electronic, SentAt: received, ReceivedAt: &received}}
	if stage == "served" {
		half, over := p.Now.Add(7*24*time.Hour+5*time.Hour), p.Now.Add(-2*24*time.Hour)
		d.Services = append(d.Services,
			pricing.Service{Report: id("31"), Who: pricing.Who{Role: pricing.Interested, No: 1}, Way: pricing.Published, SentAt: received, ReceivedAt: &half},
			pricing.Service{Report: id("31"), Who: pricing.Who{Role: pricing.Interested, No: 2}, Way: pricing.Direct, SentAt: over, ReceivedAt: &over},
			pricing.Service{Report: id("31"), Who: pricing.Who{Role: pricing.Interested, No: 3}, Way: pricing.Post, SentAt: over})
		st.Owed = []pricing.Owed{{Kind: duty.ServePriceReport, DueAt: p.Now.Add(-5 * 24 * time.Hour)}}
		return
	}
	d.Services = append(d.Services, pricing.Service{Report: id("31"), Who: d.Parties[1], Way: pricing.Post, SentAt: received})
	if stage == "objected" {
		d.Objections = []pricing.Objection{
			{ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0341"), Report: id("31"), Who: d.Parties[1], Ground: pricing.Result, LodgedAt: p.Now.Add(-4 * 24 * time.Hour), DueAt: p.Now.Add(11 * 24 * time.Hour)},
			{ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0342"), Report: id("31"), Who: d.Parties[0], Ground: pricing.FactsWrong, LodgedAt: p.Now.Add(-16 * 24 * time.Hour), DueAt: p.Now.Add(-24 * time.Hour)},
		}
		st.Owed = []pricing.Owed{{Kind: duty.ForwardReportObjection, DueAt: p.Now.Add(-24 * time.Hour)}, {Kind: duty.DecideReportObjection, DueAt: p.Now.Add(11 * 24 * time.Hour)}}
		return
	}
	d.Services[1].ReceivedAt = &received
}
