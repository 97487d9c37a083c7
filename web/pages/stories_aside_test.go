package pages

import (
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/objection"
)

func asideStories() []story {
	return []story{
		{"aside", asideStory(false, nil)},
		{"aside-refused", asideStory(false, fault.New(fault.Invalid, fault.ReasonRequired).InField("reason_zh").ByRule("R31"))},
		{"aside-ask", asideStory(true, nil)},
		{"lot-set-aside", func(p *Page) templ.Component {
			d, list := sampleLot(auction.SetAside, 12)
			v := p.lotView(&d, list, "")
			v.After, v.Confirmed, v.Aside = p.afterSteps(&d), p.confirmation(&d), sampleAside(p)
			p.Title = v.Title
			return LotPage(p, v)
		}},
		{"lot-set-aside-kept", func(p *Page) templ.Component {
			d, list := sampleLot(auction.SetAside, 12)
			v := p.lotView(&d, list, "")
			v.After, v.Confirmed, v.Aside = p.afterSteps(&d), p.confirmation(&d), p.asideDone(&objection.SettingAsideView{
				Ground: objection.UnqualifiedBuyer, Reason: tx("未在45日内取得批准，且明知不符合股东资格条件。", "No approval within 45 days, and the buyer knew that a shareholder’s qualification was not met."),
				SoldAgain: true, Reversed: auction.Reversed{ReversedFen: 112_520_000, KeptFen: 20_000_000}, SetAsideAt: p.Now,
			})
			p.Title = v.Title
			return LotPage(p, v)
		}},
	}
}

func sampleAside(p *Page) *AsideDone {
	return p.asideDone(&objection.SettingAsideView{
		Ground: objection.UntrueStatement, Order: tx("（2026）皖02执监7号", "(2026) Wan 02 Zhi Jian No. 7"), Reason: tx("公告所述面积与实际严重不符，依法撤销。", "The stated floor area is far from the real one."),
		SoldAgain: true, Reversed: auction.Reversed{ReversedFen: 132_520_000, RecoverableFen: 90_000_000}, SetAsideAt: p.Now,
	})
}

func asideStory(ask bool, refused error) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		asJudge(p)
		p.Title = p.T("aside.heading")
		d, _ := sampleLot(auction.Paid, 12)
		card := p.card(&d.LotSummary)
		decided := p.Now.Add(-20 * time.Hour)
		id := uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0103")
		v := AsideView{LotHref: "/bench/lots/x", Title: card.Title, CaseNumber: card.CaseNumber, Chip: phaseChip(p, card.Phase, 0), Action: "/bench/lots/x/setting-aside", Terms: p.asideTerms(&card)}
		v.Fields = p.asideFields([]objection.View{{ID: id, Kind: objection.ToSetAside, Ground: objection.UntrueStatement, State: objection.Founded, DecidedAt: &decided}})
		if refused != nil {
			v.Errors = ErrorsOf(p.W, refused, "reason_zh")
		}
		if ask {
			f := url.Values{
				"basis": {basisObjection + id.String()}, "again": {"yes"}, "reason_zh": {"公告所述面积与实际严重不符"}, "reason_en": {"The stated floor area is far from the real one."},
			}
			v.Ask = p.asideAsk(&v, &d, f, objection.SettingAside{Again: true}, auction.Reversed{ReversedFen: *d.PriceFen, RecoverableFen: 90_000_000})
		}
		return AsidePage(p, v)
	}
}
