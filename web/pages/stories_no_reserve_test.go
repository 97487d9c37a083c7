package pages

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/papers"
	"mingchui/web/static"
	"mingchui/web/words"
)

const noReserveRules = "china2017+reserve=700,payout=7,outage=600,maximum=false,noreserve=true"

// noReserveStory is the page of a sale without a reserve from 1,000 yuan, of what stood at 1,040,200 in its sell-off.
func noReserveStory(ground docket.NoReserveGround, bids int) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		d, _ := sampleLot(auction.Announced, bids)
		reserve := d.StartingPriceFen
		d.Stage, d.RuleSet, d.CaseNumber = law.NoReserve, noReserveRules, "（2026）皖0202刑执18号"
		d.StartingPriceFen, d.IncrementFen, d.DepositFen = 100_000, 10_000, 20_000
		a := &d.Announcement
		a.Stage, a.RuleSet, a.StartingPrice, a.Increment, a.Deposit = d.Stage, d.RuleSet, d.StartingPriceFen, d.IncrementFen, d.DepositFen
		a.Previous = []papers.PreviousSale{
			{Stage: law.First, StartingPrice: 130_000_000, EndedOn: "2025-11-02"},
			{Stage: law.Second, StartingPrice: reserve, EndedOn: "2026-01-10"},
			{Stage: law.SellOff, StartingPrice: reserve, EndedOn: "2026-04-02"},
		}
		a.NoReserve = &docket.NoReserve{Ground: ground, OfferedOn: "2026-04-08", AnsweredOn: "2026-04-20", Document: strings.Repeat("5f0c1e6c", 8)}
		list := []auction.BidView{}
		if bids > 0 {
			list = sampleBids(&d, bids)
			finishSample(&d, auction.Announced, list)
		}
		v := p.lotView(&d, list, "")
		v.Record = newestFirst(v.Record)
		v.Desk = (&Site{}).desk(&Request{P: p}, v)
		p.Title, p.Nav = v.Title, "lots"
		return LotPage(p, v)
	}
}

// R26n: the lot's page says that there is no reserve and why that is lawful; a sale with one says nothing of it.
func TestR26n_TheLotPageSaysSo(t *testing.T) {
	t.Parallel()
	assets, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	said := func(lang string, make func(p *Page) templ.Component) string {
		var b strings.Builder
		if err := make(samplePage(assets, lang)).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	hash := strings.Repeat("5f0c1e6c", 8)
	for _, c := range []struct {
		lang   string
		ground docket.NoReserveGround
		want   []string
	}{
		{words.Chinese, docket.FinanceAsks, []string{"本次拍卖不设保留价", "要求继续变价", "2026-04-08", "第十二条第二款", hash, "无保留价拍卖", "刑事案件无保留价拍卖"}},
		{words.Chinese, docket.VictimRefuses, []string{"不设保留价", "以物退赔，被害人于 2026-04-20 表示不同意", hash}},
		{words.English, docket.FinanceAsks, []string{"This sale has no reserve price", "goes to the treasury", "art. 12 para. 2", hash, "Sale without a reserve", "Sale without a reserve in criminal cases"}},
		{words.English, docket.VictimRefuses, []string{"no reserve price", "on 2026-04-20 the victim refused to take it", hash}},
	} {
		page := said(c.lang, noReserveStory(c.ground, -1))
		for _, w := range c.want {
			if !strings.Contains(page, w) {
				t.Errorf("%s, %s: the page does not say %q", c.lang, c.ground, w)
			}
		}
	}
	if page := said(words.English, lotStory(auction.Announced, -1, "")); strings.Contains(page, "no reserve") || strings.Contains(page, hash) {
		t.Error("a first sale speaks of no reserve")
	}
}

// R26n: after a failed sell-off the bench offers the draft in a criminal case, none in a civil one, and none after any other sale.
func TestR26n_TheBenchOffersTheDraft(t *testing.T) {
	t.Parallel()
	assets, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := samplePage(assets, words.English)
	for _, c := range []struct {
		kind  docket.CaseKind
		stage law.Stage
		field bool
		forms int
	}{
		{docket.Criminal, law.SellOff, true, 1},
		{docket.Civil, law.SellOff, false, 0},
		{docket.Criminal, law.Second, false, 1},
		{docket.Criminal, law.NoReserve, false, 0},
	} {
		d := auction.DraftView{State: auction.Unsold, Case: docket.Case{Kind: c.kind}}
		d.ID, d.Stage, d.RuleSet, d.StartingPriceFen, d.IncrementFen, d.DepositFen = uuid.New(), c.stage, noReserveRules, 1_000_000, 10_000, 100_000
		forms := p.nextSaleForm(&d, "/bench/lots/x/")
		has := len(forms) > 0 && forms[0].Fields[0].Name == "no_reserve.ground"
		if len(forms) != c.forms || has != c.field {
			t.Errorf("%s after %s: %d forms, with a ground %t", c.kind, c.stage, len(forms), has)
		}
	}
}
