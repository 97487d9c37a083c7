package pages

import (
	"strconv"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/pricing"
)

// priceForms are the acts that are open now: a clerk has those that the court's clerks do, judges all.
func (p *Page) priceForms(st *pricing.Standing, draws []drawing.View) []ActForm {
	f := priceForm{p, st, "/bench/assets/" + st.Asset.String() + "/price/"}
	judge := p.Viewer.Is(RoleJudge)
	var forms []ActForm
	if st.CanStart {
		forms = append(forms, f.start())
	}
	if st.D == nil {
		return forms // the start alone
	}
	if st.D.State == pricing.Open {
		forms = append(forms, f.open(draws, judge)...)
	}
	if grounds := pricing.WithdrawGrounds(st.D.State); judge && len(grounds) > 0 {
		list := make([]Option, len(grounds))
		for i, g := range grounds {
			list[i] = Option{string(g), p.withdrawGround(string(g))}
		}
		w := f.reasoned("withdraw", list)
		if st.Category != docket.Equity {
			w.Fields[0].Options = leaving(w.Fields[0].Options, string(pricing.PlainlyWorthless))
		}
		forms = append(forms, w)
	}
	for i := range forms {
		forms[i].Main = i == 0 && (st.CanStart || st.D.State == pricing.Open)
	}
	return forms
}

// priceForm makes the forms of one piece of property.
type priceForm struct {
	p    *Page
	st   *pricing.Standing
	base string
}

// open are those of an open determination, in the order in which they come.
func (f priceForm) open(draws []drawing.View, judge bool) []ActForm {
	d, turn := f.st.D, f.st.D.Turn()
	var forms []ActForm
	if _, err := d.Reckon(turn, f.p.Now); err == nil && judge {
		forms = append(forms, f.act("fix", true))
	}
	forms = append(forms, f.objections(judge)...)
	if len(d.Unserved()) > 0 {
		forms = append(forms, f.serve("serve", d.Unserved()))
	}
	if len(d.Live(turn)) > 0 && len(d.NextInterested()) > 0 {
		forms = append(forms, f.serve("interested", d.NextInterested()))
	}
	if len(d.Unreceived()) > 0 {
		forms = append(forms, f.receive())
	}
	switch turn {
	case pricing.Agreed:
		if judge {
			forms = append(forms, f.agree())
		}
	case pricing.Authority, pricing.Online:
		if len(d.Asked(turn)) == 0 {
			forms = append(forms, f.inquire(turn))
		}
	case pricing.Appraisal:
		forms = append(forms, f.appraisal(draws, judge)...)
	case pricing.Costs:
	}
	if len(d.Unanswered(turn)) > 0 {
		forms = append(forms, f.report(turn))
		if turn != pricing.Authority {
			forms = append(forms, f.extend(turn))
		}
	}
	if len(d.Live(turn)) > 0 && len(pricing.ObjectionGrounds(turn)) > 0 {
		forms = append(forms, f.object(turn))
	}
	if judge && turn != pricing.Appraisal && len(d.Live(turn)) == 0 {
		skip := f.reasoned("skip", options(f.p, "price_skip.", pricing.SkipGrounds(turn)))
		skip.Title = f.p.T("price.skip", "origin", f.p.T("pricing."+string(turn)))
		forms = append(forms, skip)
	}
	return forms
}

// act is a form of an act with its words; fields are kept apart by its name.
func (f priceForm) act(name string, main bool, fields ...Field) ActForm {
	return ActForm{
		ID: "p-" + name, Title: f.p.T("price.act_" + name), Note: f.p.T("price.note_" + name), Action: f.base + name, Main: main,
		Fields: prefixed("p-"+name, fields), Buttons: []Option{{name, f.p.T("price.go_" + name)}},
	}
}

// reasoned is an act with a ground and a published reason.
func (f priceForm) reasoned(name string, grounds []Option, more ...Field) ActForm {
	fields := append([]Field{{Name: "ground", Label: f.p.T("price.ground"), Kind: "select", Options: grounds}}, more...)
	reason := both("reason", f.p.T("price.reason"), "textarea", true)
	reason[0].Start = true
	return f.act(name, false, append(fields, reason...)...)
}

func options[T ~string](p *Page, prefix string, list []T) []Option {
	out := make([]Option, len(list))
	for i, x := range list {
		out[i] = Option{string(x), p.T(prefix + string(x))}
	}
	return out
}

func leaving(list []Option, value string) []Option {
	var out []Option
	for _, o := range list {
		if o.Value != value {
			out = append(out, o)
		}
	}
	return out
}

func (f priceForm) start() ActForm {
	a := f.act("start", true)
	if priceLate(f.st, f.p.Now, "fix_reference_price") {
		a.Fields = f.p.lateFields("p-start")
	}
	return a
}

// agree takes one figure of each party.
func (f priceForm) agree() ActForm {
	fields := make([]Field, 0, len(f.st.D.Parties)+2)
	for i, w := range f.st.D.Parties {
		fields = append(fields, Field{Name: "result_" + strconv.Itoa(i), Label: f.p.T("price.result_of", "who", f.p.whoName(f.st.Names, w)), Kind: "amount", Mode: "decimal", Required: true})
	}
	return f.act("agree", true, append(fields, f.hash("paper", f.p.T("price.paper"), true), Field{Name: "valid_until", Label: f.p.T("price.until_agreed"), Kind: "date", Hint: f.p.T("price.until_hint")})...)
}

func (f priceForm) hash(name, label string, required bool) Field {
	return Field{Name: name, Label: label, Required: required, Auto: "off", Max: 64, Hash: true}
}

// inquire asks an authority, or all platforms of the list at once, one a line.
func (f priceForm) inquire(turn pricing.Origin) ActForm {
	a := f.act("inquire", true)
	if turn == pricing.Authority {
		a.Title, a.Note = f.p.T("price.act_authority"), f.p.T("price.note_authority")
		a.Fields = prefixed("p-inquire", append(both("name", f.p.T("price.authority"), "", true),
			Field{Name: "due_at", Label: f.p.T("price.due_at"), Kind: "datetime-local", Value: f.p.W.Local(f.p.Now.AddDate(0, 0, 10)).Format(formTime), Required: true}))
		return a
	}
	a.Fields = prefixed("p-inquire", []Field{{Name: "of", Label: f.p.T("price.platforms"), Kind: "textarea", Required: true, Hint: f.p.T("price.lines_hint")}})
	return a
}

// appraisal are the acts around firms.
func (f priceForm) appraisal(draws []drawing.View, judge bool) []ActForm {
	d := f.st.D
	var forms []ActForm
	switch {
	case d.Engaged() != nil:
		if judge {
			grounds := options(f.p, "price_end.", pricing.EndGrounds())
			if f.st.Category != docket.Equity {
				grounds = leaving(grounds, string(pricing.CannotAppraise))
			}
			forms = append(forms, f.reasoned("end", grounds))
		}
	case d.NextFirm() != nil:
		a := f.act("engage", true)
		a.Note = f.p.T("price.note_engage_of", "firm", f.p.pick(d.NextFirm().Name))
		forms = append(forms, a)
	default:
		forms = append(forms, f.choose(draws))
	}
	if judge && f.st.Category == docket.Equity && d.Engaged() == nil {
		forms = append(forms, f.costs())
	}
	return forms
}

// choose takes three firms by agreement, or the next three of a draw.
func (f priceForm) choose(draws []drawing.View) ActForm {
	by := []Option{{pricing.ByAgreement, f.p.T("price.by_agreement")}}
	for i := range draws {
		if draws[i].State == drawing.Drawn {
			by = append([]Option{{draws[i].ID.String(), f.p.T("price.by_draw", "at", f.p.W.Minute(valueOf(draws[i].DrawnAt)))}}, by...)
		}
	}
	fields := []Field{{Name: "chosen_by", Label: f.p.T("price.chosen_by"), Kind: "select", Options: by, Hint: f.p.T("price.chosen_hint")}}
	return f.act("choose", true, append(fields, Field{Name: "firms", Label: f.p.T("price.firms"), Kind: "textarea", Hint: f.p.T("price.lines_hint"), Start: true})...)
}

func (f priceForm) costs() ActForm {
	p := f.p
	fields := append([]Field{
		f.hash("paper", p.T("price.application"), true), dateInput("on", p.T("price.applied_on"), p.Now, p.W),
		{Name: "costs", Label: p.T("price.costs"), Kind: "amount", Mode: "decimal", Required: true},
		{Name: "worthless", Label: p.T("price.worthless"), Kind: "select", Options: []Option{{"no", p.T("price.worthless_no")}, {"yes", p.T("price.worthless_yes")}}},
	}, both("reason", p.T("price.reason"), "textarea", true)...)
	return f.act("costs", false, fields...)
}

// figures are those of a report.
func (f priceForm) figures(required bool) []Field {
	p := f.p
	valued, until := dateInput("valued_on", p.T("price.valued_on"), p.Now, p.W), dateInput("valid_until", p.T("price.valid_until"), p.Now.AddDate(1, 0, 0), p.W)
	amount := p.T("price.amount")
	if !required {
		amount, valued.Value, until.Value = p.T("price.amount_corrected"), "", ""
	}
	valued.Required, until.Required = required, required
	return []Field{
		{Name: "amount", Label: amount, Kind: "amount", Mode: "decimal", Required: required, Start: true},
		{Name: "number", Label: p.T("price.number"), Auto: "off", Max: 80},
		valued, until, f.hash("hash", p.T("price.report_hash"), required),
	}
}

func (f priceForm) sources(turn pricing.Origin) Field {
	field := Field{Name: "source", Label: f.p.T("price.source"), Kind: "select"}
	for _, s := range f.st.D.Unanswered(turn) {
		field.Options = append(field.Options, Option{s.ID.String(), f.p.pick(s.Name)})
	}
	return field
}

func (f priceForm) report(turn pricing.Origin) ActForm {
	return f.act("report", true, append([]Field{f.sources(turn)}, f.figures(true)...)...)
}

func (f priceForm) extend(turn pricing.Origin) ActForm {
	fields := []Field{f.sources(turn)}
	if turn == pricing.Appraisal {
		fields = append(fields, Field{Name: "days", Label: f.p.T("price.days"), Mode: "numeric", Value: "15", Required: true})
	}
	return f.act("extend", false, fields...)
}

// whoValue is a party as a form's value.
func whoValue(w pricing.Who) string { return string(w.Role) + ":" + strconv.Itoa(w.No) }

func (f priceForm) who(list []pricing.Who) Field {
	field := Field{Name: "who", Label: f.p.T("price.who"), Kind: "select"}
	for _, w := range list {
		field.Options = append(field.Options, Option{whoValue(w), f.p.whoName(f.st.Names, w)})
	}
	return field
}

// serve sends the reports to one of a list: to the parties within three days, to interested persons as the court finds.
func (f priceForm) serve(name string, list []pricing.Who) ActForm {
	p := f.p
	fields := append([]Field{
		f.who(list),
		{Name: "way", Label: p.T("price.way"), Kind: "select", Options: options(p, "price_way.", pricing.Ways())},
		{Name: "received", Label: p.T("price.received"), Kind: "select", Options: []Option{{"yes", p.T("price.received_yes")}, {"no", p.T("price.received_no")}}},
		f.hash("proof", p.T("price.proof"), false),
	}, both("reason", p.T("price.reason_published"), "textarea", false)...)
	a := f.act(name, name == "serve", fields...)
	if name == "serve" && priceLate(f.st, p.Now, "serve_price_report") {
		a.Fields = append(a.Fields, p.lateFields("p-serve")...)
	}
	return a
}

func (f priceForm) receive() ActForm {
	return f.act("receive", false, f.who(f.st.D.Unreceived()),
		Field{Name: "at", Label: f.p.T("price.at"), Kind: "datetime-local", Value: f.p.W.Local(f.p.Now.Truncate(time.Second)).Format(formTime), Required: true}, f.hash("proof", f.p.T("price.proof"), true))
}

func (f priceForm) object(turn pricing.Origin) ActForm {
	p := f.p
	against := Field{Name: "report", Label: p.T("price.report"), Kind: "select"}
	for _, r := range f.st.D.Live(turn) {
		against.Options = append(against.Options, Option{r.ID.String(), p.T("price.report_of", "who", f.p.sourceName(f.st.D, r.Source), "sum", p.M(r.Fen))})
	}
	by := f.who(append(append([]pricing.Who(nil), f.st.D.Parties...), pricing.Who{Role: pricing.Court}))
	return f.act("object", false, against, by, Field{Name: "ground", Label: p.T("price.objection_ground"), Kind: "select", Options: options(p, "price_ground.", pricing.ObjectionGrounds(turn))},
		f.hash("text_hash", p.T("price.objection_hash"), true))
}

// objections are the forms of those that wait: to the firm first where the law says so, then the decision.
func (f priceForm) objections(judge bool) []ActForm {
	p := f.p
	var forms []ActForm
	for _, o := range f.st.D.Objections {
		about := Field{Name: "objection", Label: p.T("price.objection"), Kind: "select", Options: []Option{{o.ID.String(), p.whoName(f.st.Names, o.Who) + p.T("frame.comma") + p.T("price_ground."+string(o.Ground))}}}
		id := "p-" + o.ID.String()[24:]
		switch {
		case o.Outcome != nil:
			continue
		case o.Ground.ToFirm() && o.PassedAt == nil:
			a := f.act("pass", true, about)
			a.Fields = prefixed(id, a.Fields)
			if priceLate(f.st, p.Now, "forward_report_objection") {
				a.Fields = append(a.Fields, p.lateFields(id)...)
			}
			a.ID = id
			forms = append(forms, a)
		case judge:
			fields := append([]Field{about, {Name: "outcome", Label: p.T("price.outcome"), Kind: "select", Options: options(p, "price_outcome.", []pricing.Outcome{pricing.Dismissed, pricing.Corrected, pricing.Upheld})}},
				both("reason", p.T("price.reason"), "textarea", true)...)
			a := f.act("decide", true, append(fields, f.figures(false)...)...)
			a.Fields = prefixed(id, a.Fields)
			if p.Now.After(o.DueAt) {
				a.Fields = append(a.Fields, p.lateFields(id)...)
			}
			a.ID = id
			forms = append(forms, a)
		}
	}
	return forms
}

// firmsDrawForm makes a list of firms for a draw; a further one needs a published reason.
func (p *Page) firmsDrawForm(st *pricing.Standing, draws []drawing.View) *ActForm {
	f := priceForm{p, st, "/bench/assets/" + st.Asset.String() + "/price/"}
	fields := []Field{{Name: "firms", Label: p.T("price.draw_firms"), Kind: "textarea", Required: true, Hint: p.T("price.lines_hint")}}
	if len(draws) > 0 {
		more := both("reason", p.T("price.draw_reason"), "textarea", true)
		more[0].Start = true
		fields = append(fields, more...)
	}
	a := f.act("draw", false, fields...)
	return &a
}
