package pages

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/drawing"
	"mingchui/auction/fault"
)

// benchDraws adds the draws between creditors of equal rank (R16d): those that are there with whom they put first, the form that lists
// creditors for one, and the finished ones to choose from where one of them takes the property.
func (s *Site) benchDraws(r *Request, d *auction.DraftView, v *BenchLotView) error {
	if s.Draws == nil || len(d.Offers) == 0 {
		return nil
	}
	all, err := s.Draws.OfCase(r.Context(), d.CaseID)
	if err != nil {
		return err
	}
	p := r.P
	best, equal := d.Offers[0].Rank, 0
	for _, o := range d.Offers {
		if o.Rank == best {
			equal++
		}
	}
	listed := false
	done := []Option{{"", p.T("takers.no_draw")}}
	for i := range all {
		one := &all[i]
		if one.Lot == nil || *one.Lot != d.ID {
			continue
		}
		listed = listed || valueOf(one.Rank) == best
		line := p.drawLines(all[i : i+1])[0]
		line.Name = p.T("draw.takers", "rank", valueOf(one.Rank)) + p.T("frame.comma") + line.Name
		if first := p.firstOf(one, d.Offers); first != "" {
			line.Came += p.T("frame.comma") + p.T("takers.first", "creditor", first)
			done = append([]Option{{one.ID.String(), line.Name}}, done...)
		}
		v.Draws = append(v.Draws, line)
	}
	for i := range v.Acts {
		for j := range v.Acts[i].Fields {
			if f := &v.Acts[i].Fields[j]; v.Acts[i].ID == "taking" && f.Name == "draw" {
				f.Kind, f.Options = "select", done
			}
		}
	}
	if d.State == auction.Unsold && equal > 1 && !listed {
		v.Acts = append([]ActForm{{
			ID: "draw", Title: p.T("takers.draw"), Note: p.T("takers.draw_note", "rank", best, "n", equal), Action: "/bench/lots/" + d.ID.String() + "/draw",
			Buttons: []Option{{"draw", p.T("price.go_draw")}},
		}}, v.Acts...)
	}
	return nil
}

// firstOf names the creditor whom a draw put first; empty before it is drawn.
func (p *Page) firstOf(d *drawing.View, offers []auction.OfferView) string {
	for _, c := range d.Candidates {
		for _, o := range offers {
			if c.Place == 1 && o.ID == c.ID {
				return strings.TrimSpace(p.pick(o.Creditor) + " " + p.T("takers.no", "no", o.No))
			}
		}
	}
	return ""
}

// drawTakers lists the creditors of the best rank for a draw.
func (s *Site) drawTakers(ctx context.Context, by auction.Actor, lot uuid.UUID) error {
	if s.Draws == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	_, err := s.Draws.ListTakers(ctx, by, lot)
	return err
}
