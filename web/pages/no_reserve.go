package pages

import (
	"net/url"
	"strings"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

// noReserveForm drafts a sale without a reserve after the sell-off of a criminal case failed (R26n).
func (p *Page) noReserveForm(d *auction.DraftView, base string) []ActForm {
	if d.Case.Kind != docket.Criminal {
		return nil
	}
	ground := Field{Name: "no_reserve.ground", Label: p.T("no_reserve.ground"), Kind: "select"}
	for _, g := range []docket.NoReserveGround{docket.FinanceAsks, docket.VictimRefuses} {
		ground.Options = append(ground.Options, Option{string(g), p.T("trail_ground." + string(g))})
	}
	return []ActForm{{
		ID: "next", Title: p.T("no_reserve.draft"), Note: p.T("no_reserve.draft_note", "price", p.P(d.StartingPriceFen)) + " " + p.T("bench.next_told"), Action: base + "next", Main: true,
		Fields: []Field{
			ground,
			{Name: "no_reserve.offered_on", Label: p.T("no_reserve.offered_on"), Kind: "date", Required: true},
			{Name: "no_reserve.answered_on", Label: p.T("no_reserve.answered_on"), Kind: "date", Required: true},
			{Name: "no_reserve.document", Label: p.T("no_reserve.document"), Auto: "off", Max: 64, Hash: true, Required: true},
			{Name: "starting_price_fen", Label: p.T("bench.starting_price"), Kind: "amount", Mode: "decimal", Hint: p.T("no_reserve.start_hint"), Required: true},
			{Name: "increment_fen", Label: p.T("bench.increment"), Kind: "amount", Mode: "decimal", Required: true},
			{Name: "deposit_fen", Label: p.T("bench.deposit"), Kind: "amount", Mode: "decimal", Required: true},
		},
		Buttons: []Option{{"next", p.T("no_reserve.draft")}},
	}}
}

func noReserveOf(f url.Values) *docket.NoReserve {
	get := func(name string) string { return strings.TrimSpace(f.Get("no_reserve." + name)) }
	return &docket.NoReserve{
		Ground: docket.NoReserveGround(get("ground")), OfferedOn: docket.Date(get("offered_on")), AnsweredOn: docket.Date(get("answered_on")), Document: get("document"),
	}
}

// NoReserveView says that a sale has no reserve, and why it is lawful (R26n).
type NoReserveView struct {
	Why, Document string
	Reserve       money.Fen
}

func (p *Page) noReserve(a *papers.Announcement) *NoReserveView {
	n := a.NoReserve
	if n == nil || a.Stage != law.NoReserve || len(a.Previous) == 0 {
		return nil
	}
	v := &NoReserveView{Document: n.Document, Reserve: a.Previous[len(a.Previous)-1].StartingPrice}
	v.Why = p.T("no_reserve.because_"+string(n.Ground), "price", p.P(v.Reserve), "offered", string(n.OfferedOn), "answered", string(n.AnsweredOn))
	return v
}
