package pages

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// The lengths of the home page's lists.
const (
	homeLive  = 6
	homeSoon  = 4
	homeNew   = 4
	homeEnded = 5
	homeActs  = 3
)

func (s *Site) home(r *Request) error {
	p := r.P
	p.Title, p.Description, p.Plate, p.Feed = p.T("home.title"), p.T("home.about"), true, "/lots.atom"
	h, err := s.Auction.Home(r.Context(), r.Now, 12)
	if err != nil {
		return err
	}
	ended, err := s.Auction.Results(r.Context(), auction.Query{Limit: homeEnded}, r.Now)
	if err != nil {
		return err
	}
	all, err := s.Auction.Search(r.Context(), auction.Query{Limit: 1}, r.Now)
	if err != nil {
		return err
	}
	v := HomeView{
		LiveCount: int64(h.Figures.Live), SoonCount: int64(h.Figures.Upcoming), Total: int64(all.Total),
		Soon: p.cards(atMost(h.Upcoming, homeSoon)), New: p.cards(atMost(h.New, homeNew)), Ended: p.cards(ended.Items),
	}
	if len(h.Live) > 0 {
		if v.Lead, err = s.leadLot(r.Context(), p, &h.Live[0]); err != nil {
			return err
		}
		v.Live = p.cards(atMost(h.Live[1:], homeLive))
	}
	v.Figures = p.dayFigures(h.Figures)
	v.Notices = p.board(h.Acts)
	for _, f := range all.Facets.Category {
		c := docket.Category(f.Value)
		v.Kinds = append(v.Kinds, KindLink{Href: "/lots?category=" + f.Value, Drawing: kindDrawing(c), Text: p.categoryName(c), Count: int64(f.Count)})
	}
	return r.show(http.StatusOK, HomePage(p, v))
}

// board is the notice board: the newest acts, of each lot the last one alone, so that none reads as stayed that goes on again.
func (p *Page) board(acts []auction.PublicAct) []Notice {
	var list []Notice
	told := map[uuid.UUID]bool{}
	for _, a := range acts {
		key := "home.board_" + a.Kind
		if told[a.Lot] || !p.W.Has(key) {
			continue
		}
		told[a.Lot] = true
		list = append(list, Notice{At: a.At, Href: "/lots/" + a.Lot.String(), Title: p.T(key, "title", p.pick(a.Title)), Text: p.pick(a.Reason)})
	}
	return atMost(list, homeActs)
}

func atMost[T any](list []T, n int) []T { return list[:min(len(list), n)] }

func (s *Site) leadLot(ctx context.Context, p *Page, l *auction.LotSummary) (*LeadLot, error) {
	lead := &LeadLot{Card: p.card(l)}
	ext := extensionOf(l.RuleSet)
	lead.Extension = p.W.Span(ext)
	bids, err := s.allBids(ctx, l, maxPoints)
	if err != nil {
		return nil, err
	}
	if len(bids) > 0 {
		lead.Chart = DrawChart(p, ChartInput{
			ID: "lead", Start: lead.StartsAt, AnnouncedEnd: announcedEnd(l, bids), End: lead.EndsAt, Extension: ext,
			StartingPrice: lead.StartingPrice, Reference: lead.Reference, Bids: chartBids(bids, announcedEnd(l, bids), ""), Running: true, Now: p.Now,
		})
	}
	return lead, nil
}

func extensionOf(ruleSet string) time.Duration {
	if rules, ok := law.ByName(ruleSet); ok {
		return rules.Extension
	}
	return law.China2017().Extension
}

func (p *Page) dayFigures(f auction.Figures) []Figure {
	volume, unit := yuanOrWan(p, f.SoldTodayFen)
	lots := p.T("home.unit_lots")
	return []Figure{
		{p.T("home.f_live"), p.W.Count(int64(f.Live)), lots},
		{p.T("home.f_announced"), p.W.Count(int64(f.Upcoming)), lots},
		{p.T("home.f_bids"), p.W.Count(f.Bids), p.T("home.unit_bids")},
		{p.T("home.f_ended"), p.W.Count(int64(f.EndedToday)), lots},
		{p.T("home.f_sold"), p.W.Count(int64(f.SoldToday)), lots},
		{p.T("home.f_volume"), volume, unit},
	}
}

// kindDrawing is the drawing that stands for a category.
func kindDrawing(c docket.Category) string {
	switch c {
	case docket.LandUseRight:
		return "land"
	case docket.VehicleCar:
		return "car"
	case docket.VehicleTruck:
		return "truck"
	case docket.Electronics:
		return "phone"
	case docket.Shop, docket.Office:
		return "flat-1"
	case docket.ParkingSpace:
		return "block"
	case docket.Patent:
		return "trademark"
	case docket.OtherGoods:
		return "machine"
	case docket.Flat, docket.Villa, docket.Factory, docket.Vessel, docket.Machine, docket.Equity, docket.Trademark,
		docket.Jewellery, docket.Liquor, docket.Timber:
	}
	return string(c)
}

// preferences keeps the reader's choice of light or dark and comes back.
func (s *Site) preferences(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	theme := "dark"
	if given := r.PostForm.Get("theme"); given == "light" || given == "dark" {
		theme = given
	} else if r.P.Theme == "dark" {
		theme = "light"
	}
	http.SetCookie(r.W, s.choice(themeCookie, theme))
	return r.seeOther(localPath(r.PostForm.Get("next")))
}
