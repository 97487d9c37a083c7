package pages

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/fault"
	"mingchui/auction/pricing"
	"mingchui/web/words"
)

// PriceRow is a piece of property in a court's list.
type PriceRow struct {
	Href, Title, Number, Price, Next string
	Chip                             Chip
	Late                             bool
}

// PriceView is a piece of property whose reference price is being fixed, for its court.
type PriceView struct {
	Title, Number, Said, AssetHref string
	Chip                           Chip
	Refused                        Errors
	// Steps are the four origins in the law's order, Next what is to be done now.
	Steps   []Step
	Next    string
	Due     []Due
	Acts    []ActForm
	Facts   []Pair
	Asked   []PriceLine
	Served  []ServedLine
	Against []PriceLine
	// Draws are those of firms for it; DrawForm makes a list for one, nil for who may not.
	Draws    []PriceLine
	DrawForm *ActForm
}

// PriceLine is a row of a table: what it is about, and what came of it.
type PriceLine struct {
	Name, What, When, Came, Href string
	Bad                          bool
}

// ServedLine is where the service of a report on one person is, with what is left of the law's days.
type ServedLine struct {
	Name, Report, Way, Sent, Text string
	Chip                          Chip
	// Left is until the next end of days; nil where none runs.
	Left *Due
}

// PriceHistory is how a lot's price was found, for everybody.
type PriceHistory struct {
	Title, Price string
	Steps        []Step
	Facts        []Pair
	Asked        []PriceLine
}

// prices lists the court's property.
func (s *Site) prices(r *Request) error {
	p := r.P
	list, err := s.Prices.OfCourt(r.Context(), r.actor())
	if err != nil {
		return err
	}
	p.Title, p.Nav, p.NoIndex = p.T("price.list"), p.courtNav("prices"), true
	rows := make([]PriceRow, len(list))
	for i := range list {
		l := &list[i]
		rows[i] = PriceRow{Href: "/bench/assets/" + l.Asset.String() + "/price", Title: p.pick(l.Title), Number: l.Number, Chip: p.priceChip(l.State)}
		if l.Origin != "" && l.Origin != pricing.Costs {
			rows[i].Price = p.M(l.Fen)
		}
		if l.NextDueAt != nil {
			rows[i].Next, rows[i].Late = p.W.Minute(*l.NextDueAt), p.Now.After(*l.NextDueAt)
		}
	}
	return r.show(http.StatusOK, PricesPage(p, rows))
}

func (p *Page) priceChip(st pricing.State) Chip {
	switch st {
	case pricing.Open:
		return Chip{"solid", "s-due", p.T("price.state_open")}
	case pricing.Fixed:
		return Chip{"soft", "s-done", p.T("price.state_fixed")}
	case pricing.Withdrawn:
		return Chip{"", "s-withdrawn", p.T("price.state_withdrawn")}
	}
	return Chip{"dash", "s-wait", p.T("price.state_none")}
}

func (r *Request) assetID() (uuid.UUID, error) {
	id, err := uuid.Parse(r.Params["asset"])
	if err != nil {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	return id, nil
}

// assetPrice is the page of a piece of property's price.
func (s *Site) assetPrice(r *Request) error {
	v, _, err := s.priceView(r, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("price.said_" + done) {
		v.Said = r.P.T("price.said_" + done)
	}
	return r.show(http.StatusOK, AssetPricePage(r.P, v))
}

// priceAct carries out one act on it; what is refused stands at its form with what was typed.
func (s *Site) priceAct(r *Request) error {
	id, err := r.assetID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	act := r.Params["act"]
	refused := s.carryOutPrice(r, id, act)
	if refused == nil {
		return r.seeOther("/bench/assets/" + id.String() + "/price?done=" + url.QueryEscape(said(act)))
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, shown, err := s.priceView(r, &refusedAct{act, refused, r.PostForm})
	if err != nil {
		return err
	}
	if !shown {
		v.Refused = ErrorsOf(r.P.W, refused)
	}
	return r.show(status, AssetPricePage(r.P, v))
}

// priceView reads the property and makes its page ready; shown tells that refused stands at its form.
func (s *Site) priceView(r *Request, refused *refusedAct) (v PriceView, shown bool, err error) {
	id, err := r.assetID()
	if err != nil {
		return v, false, err
	}
	st, err := s.Prices.Standing(r.Context(), r.actor(), id, r.Now)
	if err != nil {
		return v, false, err
	}
	draws, err := s.drawsOf(r, &st)
	if err != nil {
		return v, false, err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("price.heading"), p.courtNav("prices"), true
	v = p.priceStanding(&st, draws)
	if refused != nil {
		forms := v.Acts
		if v.DrawForm != nil {
			forms = append(slices.Clone(forms), *v.DrawForm)
		}
		refused.at(p, forms)
		for i := range forms {
			shown = shown || forms[i].Errors != nil
		}
		copy(v.Acts, forms)
		if v.DrawForm != nil {
			v.DrawForm = &forms[len(forms)-1]
		}
	}
	return v, shown, nil
}

// drawsOf are the draws of firms for the property.
func (s *Site) drawsOf(r *Request, st *pricing.Standing) ([]drawing.View, error) {
	if s.Draws == nil {
		return nil, nil
	}
	list, err := s.Draws.OfCase(r.Context(), st.Case)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(d drawing.View) bool { return d.Asset == nil || *d.Asset != st.Asset }), nil
}

// priceStanding words the property as it stands.
func (p *Page) priceStanding(st *pricing.Standing, draws []drawing.View) PriceView {
	v := PriceView{Title: p.pick(st.Title), Number: st.Number, AssetHref: "/bench/assets/" + st.Asset.String(), Chip: p.priceChip("")}
	if st.SeizedOn != "" {
		v.Facts = append(v.Facts, Pair{p.T("price.seized_on"), string(st.SeizedOn)})
	}
	if n := st.Newest; n != nil {
		v.Chip = p.priceChip(n.State)
		v.Steps = p.originSteps(n.Skips, n.State, n.Origin, st.D.Turn())
		v.Facts = append(v.Facts, p.priceFacts(n)...)
		v.Asked, v.Served, v.Against = p.askedLines(n.Sources, n.Reports), p.servedLines(st), p.againstLines(st)
	}
	for _, o := range st.Owed {
		title := p.T("duty."+string(o.Kind), "title", p.pick(st.Title))
		v.Due = append(v.Due, dueAt(p, Due{At: o.DueAt, Title: title, Text: p.T("duty.text", "at", p.W.Minute(o.DueAt), "source", p.source("R10p"))}))
	}
	v.Draws = p.drawLines(draws)
	v.Next = p.priceNext(st)
	v.Acts = p.priceForms(st, draws)
	if p.Viewer.Is(RoleJudge) {
		v.DrawForm = p.firmsDrawForm(st, draws)
	}
	return v
}

// originSteps are the four origins with what came of each.
func (p *Page) originSteps(skips []pricing.Skip, state pricing.State, from, turn pricing.Origin) []Step {
	out := make([]Step, 0, len(pricing.Origins()))
	for _, o := range pricing.Origins() {
		step := Step{Title: p.T("pricing." + string(o)), Text: p.T("price.to_come")}
		for _, k := range skips {
			if k.Origin == o {
				step.State, step.Text = Done, p.T("price.skipped", "ground", p.T("price_skip."+string(k.Ground)), "reason", p.pick(k.Reason), "at", p.W.Minute(k.At))
			}
		}
		switch {
		case o == from:
			step.State, step.Text = Done, p.T("price.used")
		case state == pricing.Open && o == turn:
			step.State, step.Text = DueNow, p.T("price.turn")
		}
		out = append(out, step)
	}
	return out
}

// priceFacts are the figures of a determination.
func (p *Page) priceFacts(v *pricing.View) []Pair {
	out := []Pair{{p.T("price.started"), p.W.Minute(v.StartedAt)}}
	if v.Origin == pricing.Costs {
		out = append(out, Pair{p.T("price.costs"), p.M(v.Costs)})
	} else if v.Origin != "" {
		out = append(out, Pair{p.T("lot.reference"), p.M(v.Fen)}, Pair{p.T("terms.basis"), p.T("pricing." + string(v.Origin))})
		if v.Amounts > 1 {
			out = append(out, Pair{p.T("price.mean"), p.T("price.mean_of", "n", v.Amounts, "sum", p.M(v.Sum))})
		}
		out = append(out, Pair{p.T("terms.valid"), string(v.ValidUntil)})
	}
	if v.FixedAt != nil {
		out = append(out, Pair{p.T("price.fixed_at"), p.W.Minute(*v.FixedAt)})
	}
	if v.WithdrawnAt != nil {
		out = append(out, Pair{p.T("price.withdrawn_at"), p.W.Minute(*v.WithdrawnAt)}, Pair{p.T("price.ground"), p.withdrawGround(v.Ground)}, Pair{p.T("price.reason"), p.pick(v.Reason)})
	}
	return out
}

// askedLines are who was asked, and what each answered.
func (p *Page) askedLines(sources []pricing.Source, reports []pricing.Report) []PriceLine {
	out := make([]PriceLine, 0, len(sources))
	for i := range sources {
		src := &sources[i]
		line := PriceLine{Name: p.pick(src.Name), What: p.T("pricing." + string(src.Origin)), When: "—", Came: p.T("price.not_asked")}
		if src.AskedAt != nil && src.DueAt != nil {
			line.When, line.Came = p.W.Minute(*src.DueAt), p.T("price.no_answer_yet")
			line.Bad = p.Now.After(*src.DueAt)
		}
		for j := range reports {
			rep := &reports[j]
			if rep.Source != src.ID {
				continue
			}
			line.Came = p.T("price.answered", "sum", p.M(rep.Fen), "until", string(rep.ValidUntil), "state", p.T("price.report_"+rep.State))
			if line.Bad = !rep.InTime; line.Bad {
				line.Came += p.T("frame.comma") + p.T("price.late_answer")
			}
		}
		if src.Ended != "" {
			line.Came, line.Bad = line.Came+p.T("frame.comma")+p.T("price_end."+string(src.Ended)), false
		}
		out = append(out, line)
	}
	return out
}

// whoName is a party by name and role; the court sees it alone.
func (p *Page) whoName(names map[pricing.Who]docket.Text, w pricing.Who) string {
	if w.Role == pricing.Court {
		return p.T("price_role.court")
	}
	role := p.T("price.role_no", "role", p.T("price_role."+string(w.Role)), "no", w.No)
	if name := p.pick(names[w]); name != "" {
		return name + p.T("price.in_brackets", "text", role)
	}
	return role
}

// servedLines are who gets which report: sent within three days, received, published for fifteen, open to objections for five.
func (p *Page) servedLines(st *pricing.Standing) []ServedLine {
	var out []ServedLine
	for _, x := range st.D.Serving() {
		line := ServedLine{Name: p.whoName(st.Names, x.Who), Report: p.T("price.report_of", "who", p.sourceName(st.D, x.Report.Source), "sum", p.M(x.Report.Fen))}
		if x.SentAt != nil {
			line.Way, line.Sent = p.T("price_way."+string(x.Way)), p.W.Minute(*x.SentAt)
		}
		until := func(at time.Time) *Due {
			due := dueAt(p, Due{At: at})
			return &due
		}
		switch {
		case x.SendBy != nil:
			line.Chip, line.Text, line.Left = Chip{"dash", "s-wait", p.T("price.to_send")}, p.T("price.send_by", "at", p.W.Minute(*x.SendBy)), until(*x.SendBy)
		case x.ReceivedAt == nil:
			line.Chip = Chip{"dash", "s-wait", p.T("price.under_way")}
		case x.ReceivedAt.After(p.Now):
			line.Chip, line.Text, line.Left = Chip{"solid", "s-due", p.T("price.public")}, p.T("price.public_until", "at", p.W.Minute(*x.ReceivedAt)), until(*x.ReceivedAt)
		case x.ObjectBy == nil:
			line.Chip, line.Text = Chip{"soft", "s-done", p.T("price.received_at", "at", p.W.Minute(*x.ReceivedAt))}, p.T("price.no_objection")
		case !p.Now.After(*x.ObjectBy):
			line.Chip, line.Left = Chip{"solid", "s-due", p.T("price.may_object")}, until(*x.ObjectBy)
			line.Text = p.T("price.object_by", "received", p.W.Minute(*x.ReceivedAt), "at", p.W.Minute(*x.ObjectBy))
		default:
			line.Chip, line.Text = Chip{"soft", "s-done", p.T("price.objection_over")}, p.T("price.object_by", "received", p.W.Minute(*x.ReceivedAt), "at", p.W.Minute(*x.ObjectBy))
		}
		if st.D.State != pricing.Open {
			line.Left = nil
		}
		out = append(out, line)
	}
	return out
}

// sourceName is who made a report.
func (p *Page) sourceName(d *pricing.Determination, id uuid.UUID) string {
	for _, s := range d.Sources {
		if s.ID == id {
			return p.pick(s.Name)
		}
	}
	return ""
}

func (p *Page) againstLines(st *pricing.Standing) []PriceLine {
	out := make([]PriceLine, 0, len(st.Newest.Objections))
	for _, o := range st.Newest.Objections {
		line := PriceLine{Name: p.whoName(st.Names, o.Who), What: p.T("price_ground." + string(o.Ground)), When: p.W.Minute(o.DueAt), Came: p.T("price.under_review"), Bad: p.Now.After(o.DueAt)}
		if o.PassedAt != nil {
			line.Came = p.T("price.passed_at", "at", p.W.Minute(*o.PassedAt))
		}
		if o.Outcome != nil {
			line.Came, line.Bad = p.T("price_outcome."+string(*o.Outcome))+p.T("frame.comma")+p.pick(o.Reason), false
		}
		out = append(out, line)
	}
	return out
}

func (p *Page) drawLines(list []drawing.View) []PriceLine {
	out := make([]PriceLine, 0, len(list))
	for i := range list {
		d := &list[i]
		line := PriceLine{Name: p.T("draw.listed_at", "at", p.W.Minute(d.ListedAt)), What: p.N("price.candidates", int64(len(d.Candidates))), Came: p.T("draw.state_" + string(d.State)), Href: "/draws/" + d.ID.String()}
		if d.Lot != nil {
			line.What = p.N("takers.count", int64(len(d.Candidates)))
		}
		if d.State == drawing.Drawn {
			line.When = p.W.Minute(valueOf(d.DrawnAt))
		} else {
			line.When = p.T("draw.not_before", "at", p.W.Minute(d.OpensAt))
		}
		out = append(out, line)
	}
	return out
}

// priceNext says what comes next: what keeps the price from being fixed, or that it can be.
func (p *Page) priceNext(st *pricing.Standing) string {
	switch {
	case st.CanStart:
		return p.T("price.next_start")
	case st.D.State == pricing.Fixed:
		return p.T("price.next_fixed")
	case st.D.State == pricing.Withdrawn:
		return ""
	}
	turn := st.D.Turn()
	if len(st.D.Live(turn)) == 0 {
		return p.T("price.next_" + string(turn))
	}
	if _, err := st.D.Reckon(turn, p.Now); err != nil {
		return p.W.Refusal(err).Detail
	}
	return p.T("price.next_fix")
}

// lotPrices are how the price of a lot's property was found, as everybody reads it.
func (s *Site) lotPrices(r *Request, lot uuid.UUID) []PriceHistory {
	list, err := s.Prices.OfLot(r.Context(), lot)
	if err != nil {
		s.Trace.WarnContext(r.Context(), "reference prices were not shown", "error", err)
		return nil
	}
	return r.P.priceHistories(list)
}

func (p *Page) priceHistories(list []pricing.View) []PriceHistory {
	out := make([]PriceHistory, len(list))
	for i := range list {
		v := &list[i]
		d := pricing.Determination{Skips: v.Skips}
		h := PriceHistory{Title: p.pick(v.Title), Facts: p.priceFacts(v), Steps: p.originSteps(v.Skips, v.State, v.Origin, d.Turn()), Asked: p.askedLines(v.Sources, v.Reports)}
		if v.Origin != "" && v.Origin != pricing.Costs {
			h.Price = p.M(v.Fen)
		}
		out[i] = h
	}
	return out
}

// dateInput is a day's field, of today.
func dateInput(name, label string, now time.Time, w *words.Words) Field {
	return Field{Name: name, Label: label, Kind: "date", Value: w.Local(now).Format(time.DateOnly), Required: true}
}

// late tells that the duty of a kind is past its day.
func priceLate(st *pricing.Standing, now time.Time, kind string) bool {
	return slices.ContainsFunc(st.Owed, func(o pricing.Owed) bool { return string(o.Kind) == kind && now.After(o.DueAt) })
}

// withdrawGround is why a determination ended; "other" is a word of the catalogue's own.
func (p *Page) withdrawGround(ground string) string {
	if ground == string(pricing.OtherGround) {
		ground = "others"
	}
	return p.T("price_withdraw." + ground)
}

// dash stands for what is not there.
func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
