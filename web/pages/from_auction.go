package pages

import (
	"strings"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/money"
)

// pick is a docket's text in the reader's language.
func (p *Page) pick(t docket.Text) string { return p.W.Pick(t.Zh, t.En) }

// categoryName is a category as the reader calls it.
func (p *Page) categoryName(c docket.Category) string {
	if i, ok := docket.Info(c); ok {
		return p.pick(i.Name)
	}
	return string(c)
}

// phaseOf is where a lot stands, as a reader sees it.
func phaseOf(l *auction.LotSummary) Phase {
	switch l.State {
	case auction.Draft:
		return Draft
	case auction.Voted:
		return Voted
	case auction.Announced:
		switch {
		case l.Status != auction.StatusLive:
			return Announced
		case l.Extensions > 0:
			return Extended
		}
		return Live
	case auction.Suspended:
		return Suspended
	case auction.Sold:
		return Sold
	case auction.Unsold:
		return Unsold
	case auction.Paid:
		return Paid
	case auction.Ruled:
		return Ruled
	case auction.Defaulted:
		return Defaulted
	case auction.Taken:
		return Taken
	case auction.Returned:
		return Returned
	case auction.SetAside:
		return SetAside
	case auction.Withdrawn:
		return Withdrawn
	}
	return Draft
}

// card makes a lot ready for lists.
func (p *Page) card(l *auction.LotSummary) Card {
	c := Card{
		ID: l.ID.String(), Title: p.pick(l.Title), Sub: p.cardLine(l), Drawing: l.Card.Drawing, Court: p.pick(l.Court.Name),
		CaseNumber: l.CaseNumber, Category: string(l.Category), Stage: string(l.Stage), Phase: phaseOf(l), Extensions: l.Extensions,
		StartingPrice: l.StartingPriceFen, Reference: l.AppraisalFen, Deposit: l.DepositFen, Increment: l.IncrementFen,
		Bids: l.Bids, Leader: l.LeaderCode, AnnouncedAt: valueOf(l.AnnouncedAt), StartsAt: valueOf(l.StartsAt), EndsAt: valueOf(l.EndsAt),
	}
	if l.PriceFen != nil {
		c.Price = *l.PriceFen
	}
	if l.EndedAt != nil {
		c.EndsAt = *l.EndedAt
	}
	if l.Reason != nil {
		c.Reason = p.pick(*l.Reason)
	}
	return c
}

// cardLine is what a card says of the property: two figures and who holds it.
func (p *Page) cardLine(l *auction.LotSummary) string {
	var parts []string
	for _, a := range l.Card.Attributes {
		if len(parts) == 2 {
			break
		}
		parts = append(parts, p.pick(a.Value))
	}
	switch docket.OccupancyState(l.Occupancy) {
	case docket.Vacant, docket.HeldByDebtor, docket.HeldByTenant, docket.HeldByOther:
		if i, ok := docket.Info(l.Category); ok && i.Family == docket.FamilyImmovable {
			parts = append(parts, p.T("occupancy."+l.Occupancy))
		}
	case docket.CourtHeld, docket.Stored, docket.NotApplicable:
	}
	return strings.Join(parts, p.T("frame.comma"))
}

func (p *Page) cards(list []auction.LotSummary) []Card {
	out := make([]Card, len(list))
	for i := range list {
		out[i] = p.card(&list[i])
	}
	return out
}

func valueOf[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// yuanOrWan writes a sum for a figure: in Chinese in units of 10,000 yuan from
// a million on.
func yuanOrWan(p *Page, f money.Fen) (value, unit string) {
	const wan = 10_000 * money.PerYuan
	if f >= 100*wan && !p.W.IsEnglish() {
		return p.W.Count(int64(f / wan)), p.T("home.unit_wan")
	}
	return p.W.Count(int64(f / money.PerYuan)), p.T("home.unit_yuan")
}
