package pages

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/drawing"
	"mingchui/auction/fault"
)

// draw is a draw between equals (R10p, R16d).
func (s *Site) draw(r *Request) error {
	id, err := uuid.Parse(r.Params["draw"])
	if err != nil || s.Draws == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode).With("what", "draw")
	}
	d, err := s.Draws.Get(r.Context(), id)
	if err != nil {
		return err
	}
	r.P.Title = r.P.T("draw.heading")
	return r.show(http.StatusOK, DrawPage(r.P, r.P.drawView(d, s.SiteURL)))
}

// drawView words a draw.
func (p *Page) drawView(d drawing.View, site string) DrawView {
	v := DrawView{
		ID: d.ID.String(), About: p.T("draw.listed_at", "at", p.W.Time(d.ListedAt)), Reason: p.pick(d.Reason),
		Commands: "$ auditor draw " + d.ID.String() + " --log " + site + "/log",
	}
	if d.Lot != nil {
		v.Title, v.Lot = p.T("draw.takers", "rank", *d.Rank), "/lots/"+d.Lot.String()
	} else {
		v.Title = p.T("draw.appraisers")
	}
	if d.Previous != nil {
		v.Previous = d.Previous.String()
	}
	for _, c := range d.Candidates {
		line := DrawLine{ID: c.ID.String(), Place: "–"}
		if c.Place > 0 {
			line.Place = strconv.Itoa(c.Place)
		}
		if c.Firm != nil {
			line.Name = p.pick(*c.Firm)
		} else {
			line.Name = p.T("draw.creditor", "no", c.No)
		}
		v.Candidates = append(v.Candidates, line)
	}
	v.Steps = p.drawSteps(d)
	v.Facts = p.drawFacts(d)
	switch d.State {
	case drawing.Listed:
		v.Chip = Chip{"soft", "s-wait", p.T("draw.state_listed")}
	case drawing.Opened:
		v.Chip = Chip{"soft", "s-due", p.T("draw.state_opened")}
	case drawing.Drawn:
		v.Chip = Chip{"solid", "s-done", p.T("draw.state_drawn")}
	}
	return v
}

// drawSteps are the list, the opening and the draw.
func (p *Page) drawSteps(d drawing.View) []Step {
	at := func(t *time.Time, otherwise string) (StepState, string) {
		if t == nil {
			return ToCome, otherwise
		}
		return Done, p.W.Time(*t)
	}
	steps := []Step{{State: Done, Title: p.T("draw.step_list"), Text: p.W.Time(d.ListedAt)}, {Title: p.T("draw.step_open")}, {Title: p.T("draw.step_made")}}
	steps[1].State, steps[1].Text = at(d.OpenedAt, p.T("draw.not_before", "at", p.W.Time(d.OpensAt)))
	steps[2].State, steps[2].Text = at(d.DrawnAt, p.T("draw.after_opening"))
	return steps
}

func (p *Page) drawFacts(d drawing.View) []Fact {
	facts := []Fact{
		{p.T("draw.fact_draw"), d.ID.String(), ""},
		{p.T("draw.fact_list"), d.ListEntry.String(), d.ListEntry.String()},
		{p.T("draw.fact_commitment"), d.Commitment, ""},
	}
	if d.OpenEntry != nil {
		facts = append(facts, Fact{p.T("draw.fact_open"), d.OpenEntry.String(), d.OpenEntry.String()}, Fact{p.T("draw.fact_nonce"), d.Nonce, ""})
	}
	if d.Size != nil && d.MadeEntry != nil {
		facts = append(facts, Fact{p.T("draw.fact_size"), p.W.Count(*d.Size), ""}, Fact{p.T("draw.fact_root"), d.Root, ""},
			Fact{p.T("draw.fact_made"), d.MadeEntry.String(), d.MadeEntry.String()})
	}
	return facts
}
