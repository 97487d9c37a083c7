package pages

import (
	"time"
)

// HomeView is what is being sold now.
type HomeView struct {
	// Lead is the running lot that ends first; nil when none runs.
	Lead *LeadLot
	// Live are the next ones, in order of their end.
	Live      []Card
	LiveCount int64
	Figures   []Figure
	Notices   []Notice
	Soon      []Card
	SoonCount int64
	New       []Card
	Ended     []Card
	Kinds     []KindLink
	Total     int64
}

// LeadLot is the lot on the front, with its chart.
type LeadLot struct {
	Card
	// Extension is the closing window in words.
	Extension string
	Chart     *Chart
}

// Figure is a number of the day.
type Figure struct{ Name, Value, Unit string }

// Notice is a line of the notice board.
type Notice struct {
	At                time.Time
	Href, Title, Text string
}

// KindLink is a category with its count.
type KindLink struct {
	Href, Drawing, Text string
	Count               int64
}

// priceLabel names the price that a card shows.
func priceLabel(p *Page, c Card) string {
	switch {
	case c.Phase.Bought():
		return p.T("lot.final_price")
	case c.Price > 0:
		return p.T("lot.price")
	}
	return p.T("lot.start")
}

// endedLine is what a list says below an ended lot.
func endedLine(p *Page, c Card) string {
	switch {
	case c.Phase == Withdrawn:
		return c.Reason
	case c.Phase.Bought():
		return p.N("home.ended_sold", c.Bids, "pct", p.W.Percent(c.Premium()), "then", p.T("then."+string(c.Phase)))
	}
	return p.T("home.ended_unsold", "then", p.T("then.unsold_"+c.Stage))
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
