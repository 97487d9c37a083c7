package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/objection"
)

// ObjectionRow is an objection as everybody sees it.
type ObjectionRow struct {
	ID, What, Ground string
	Chip             Chip
	// When is when it was lodged, and by when it is or when it was decided.
	When, Reason, Hash string
	// Lot, LotHref, Text and As are its objector's and the court's.
	Lot, LotHref, Number, Text, As string
	// Open: the court still owes a decision.
	Open bool
	// AsideHref leads from a founded request to setting the sale aside.
	AsideHref string
	// Forms are what the court may do with it.
	Forms []ActForm
}

// ObjectView is the form of an objection.
type ObjectView struct {
	LotHref, Title, Action string
	Fields                 []Field
	Errors                 Errors
}

// BenchObjectionsView is a court's objections: those to be decided first.
type BenchObjectionsView struct {
	Said    string
	Refused Errors
	Rows    []ObjectionRow
}

// objectionRow makes an objection ready.
func (p *Page) objectionRow(o *objection.View) ObjectionRow {
	row := ObjectionRow{
		ID: o.ID.String(), What: p.T("objection.kind_" + string(o.Kind)), Reason: p.pick(o.Reason), Hash: short(o.TextHash, 16), Open: o.State.Open(),
	}
	if o.Ground != "" {
		row.Ground = p.trailGround(string(o.Ground))
	}
	row.Chip = map[objection.State]Chip{
		objection.Lodged: {"dash", "s-wait", ""}, objection.UnderReview: {"solid", "s-stayed", ""}, objection.Founded: {"soft", "s-done", ""},
		objection.Unfounded: {"", "s-withdrawn", ""}, objection.Withdrawn: {"", "s-withdrawn", ""},
	}[o.State]
	row.Chip.Text = p.T("objection.state_" + string(o.State))
	row.When = p.T("objection.lodged_at", "at", p.W.Minute(o.LodgedAt), "due", p.W.Minute(o.DueAt))
	if o.DecidedAt != nil {
		row.When = p.T("objection.ended_at", "at", p.W.Minute(o.LodgedAt), "end", p.W.Minute(*o.DecidedAt))
	}
	if o.Late || row.Open && p.Now.After(o.DueAt) {
		row.When += p.T("frame.comma") + p.T("objection.late")
	}
	return row
}

func (p *Page) fullObjection(o *objection.Full) ObjectionRow {
	row := p.objectionRow(&o.View)
	row.Lot, row.LotHref, row.Number, row.Text = p.pick(o.Title), "/lots/"+o.Lot.String(), o.Number, o.Text
	row.As = p.T("objection.as_" + string(o.Capacity))
	return row
}

// lotObjections are what everybody sees of a lot's objections.
func (s *Site) lotObjections(r *Request, lot uuid.UUID) []ObjectionRow {
	list, err := s.Objections.OfLot(r.Context(), lot)
	if err != nil {
		s.Trace.WarnContext(r.Context(), "objections were not shown", "error", err)
		return nil
	}
	rows := make([]ObjectionRow, len(list))
	for i := range list {
		rows[i] = r.P.objectionRow(&list[i])
	}
	return rows
}

// objectForm is where somebody lodges an objection; what is written stays with the court.
func (s *Site) objectForm(r *Request) error {
	v, err := s.objectView(r, nil, nil)
	if err != nil {
		return err
	}
	return r.show(http.StatusOK, ObjectPage(r.P, v))
}

func (s *Site) objectView(r *Request, typed url.Values, refused error) (ObjectView, error) {
	id, err := r.lotID()
	if err != nil {
		return ObjectView{}, err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return ObjectView{}, err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("objection.lodge"), "lots", true
	options := func(prefix string, names ...string) (out []Option) {
		for _, n := range names {
			out = append(out, Option{n, p.T(prefix + n)})
		}
		return out
	}
	grounds := []Option{{"", p.T("objection.no_ground")}}
	for i, g := range objection.Grounds() {
		grounds = append(grounds, Option{string(g), p.T("objection.g" + itoa(i+1))})
	}
	v := ObjectView{LotHref: "/lots/" + id.String(), Title: p.pick(d.Title), Fields: []Field{
		{Name: "capacity", Label: p.T("objection.as"), Kind: "select", Options: options("objection.as_", "party", "priority_purchaser", "bidder", "third_party"), Hint: p.T("objection.as_hint")},
		{Name: "kind", Label: p.T("objection.what"), Kind: "select", Options: options("objection.kind_", "conduct", "claim", "set_aside")},
		{Name: "ground", Label: p.T("objection.ground"), Kind: "select", Options: grounds, Hint: p.T("objection.ground_hint")},
		{Name: "text", Label: p.T("objection.text"), Kind: "textarea", Required: true, Max: 20_000, Hint: p.T("objection.text_hint")},
	}}
	v.Action = v.LotHref + "/objection"
	if typed == nil && d.EndedAt != nil {
		v.Fields[1].Value = string(objection.ToSetAside)
	}
	names := make([]string, len(v.Fields))
	for i := range v.Fields {
		names[i] = v.Fields[i].Name
		if typed != nil {
			v.Fields[i].Value = typed.Get(names[i])
		}
	}
	v.Errors = ErrorsOf(p.W, refused, names...)
	return v, nil
}

func (s *Site) object(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	_, refused := s.Objections.Lodge(r.Context(), r.actor(), objection.Lodging{
		Lot: id, Capacity: objection.Capacity(f.Get("capacity")), Kind: objection.Kind(f.Get("kind")), Ground: objection.Ground(f.Get("ground")),
		Text: strings.TrimSpace(f.Get("text")),
	})
	if refused == nil {
		return r.seeOther("/me?done=objected")
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.objectView(r, f, refused)
	if err != nil {
		return err
	}
	return r.show(status, ObjectPage(r.P, v))
}

// myObjections are the account's own.
func (s *Site) myObjections(r *Request) ([]ObjectionRow, error) {
	list, err := s.Objections.Mine(r.Context(), r.Visitor.Identity.ID)
	if err != nil {
		return nil, err
	}
	rows := make([]ObjectionRow, len(list))
	for i := range list {
		rows[i] = r.P.fullObjection(&list[i])
	}
	return rows, nil
}

func (r *Request) objectionID() (uuid.UUID, error) {
	id, err := uuid.Parse(r.Params["objection"])
	if err != nil {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	return id, nil
}

// withdrawObjection is the objector's, at the desk.
func (s *Site) withdrawObjection(r *Request) error {
	id, err := r.objectionID()
	if err != nil {
		return err
	}
	refused := s.Objections.Withdraw(r.Context(), r.actor(), id)
	if refused == nil {
		return r.seeOther("/me?done=objection_withdrawn")
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.meView(r)
	if err != nil {
		return err
	}
	v.Errors = ErrorsOf(r.P.W, refused)
	return r.show(status, MePage(r.P, v))
}

// benchObjections is the court's list with its forms.
func (s *Site) benchObjections(r *Request) error {
	v, err := s.benchObjectionsView(r, uuid.Nil, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("objection.said_" + done) {
		v.Said = r.P.T("objection.said_" + done)
	}
	return r.show(http.StatusOK, BenchObjectionsPage(r.P, v))
}

func (s *Site) benchObjectionsView(r *Request, at uuid.UUID, refused *refusedAct) (BenchObjectionsView, error) {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("objection.bench"), "bench", true
	list, err := s.Objections.OfCourt(r.Context(), r.Visitor.Identity.CourtID)
	if err != nil {
		return BenchObjectionsView{}, err
	}
	var v BenchObjectionsView
	for i := range list {
		o := &list[i]
		row := p.fullObjection(o)
		row.LotHref = "/bench/lots/" + o.Lot.String()
		row.Forms = p.objectionForms(o)
		if o.Kind == objection.ToSetAside && o.State == objection.Founded {
			row.AsideHref = row.LotHref + "/setting-aside"
		}
		if o.ID == at && refused != nil {
			refused.at(p, row.Forms)
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// at shows a refusal at the form that met it, if it is there still.
func (f *refusedAct) at(p *Page, forms []ActForm) (shown bool) {
	for i := range forms {
		if a := &forms[i]; strings.HasSuffix(a.Action, "/"+f.act) {
			f.on(p, a)
			shown = true
		}
	}
	return shown
}

func (f *refusedAct) on(p *Page, a *ActForm) {
	var names []string
	for j := range a.Fields {
		x := &a.Fields[j]
		names = append(names, x.Name)
		if typed := f.values.Get(x.Name); typed != "" {
			x.Value = typed
		}
	}
	a.Errors = ErrorsOf(p.W, f.err, names...)
}

// objectionForms are what the court may do with an objection now.
func (p *Page) objectionForms(o *objection.Full) []ActForm {
	if !o.State.Open() {
		return nil
	}
	id, base := "o"+o.ID.String()[24:], "/bench/objections/"+o.ID.String()+"/"
	var forms []ActForm
	if o.Kind == objection.Claim && o.State == objection.Lodged {
		forms = append(forms, ActForm{
			ID: id + "-accept", Title: p.T("objection.accept"), Note: p.T("objection.accept_note"), Action: base + "accept",
			Buttons: []Option{{"accept", p.T("objection.accept")}},
		})
	}
	fields := prefixed(id, both("reason", p.T("objection.reason"), "textarea", true))
	if p.Now.After(o.DueAt) {
		fields = append(fields, p.lateFields(id+"-l")...)
	}
	return append(forms, ActForm{
		ID: id + "-decide", Title: p.T("objection.decide"), Note: p.T("objection.decide_note"), Action: base + "decide", Fields: fields,
		Buttons: []Option{{"unfounded", p.T("objection.decide_unfounded")}, {"founded", p.T("objection.decide_founded")}},
	})
}

func (s *Site) decideObjection(r *Request) error {
	id, err := r.objectionID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	act, f := r.Params["act"], r.PostForm
	var refused error
	switch act {
	case "accept":
		refused = s.Objections.Accept(r.Context(), r.actor(), id)
	case "decide":
		refused = s.Objections.Decide(r.Context(), r.actor(), objection.Decision{Objection: id, Founded: f.Get("act") == "founded", Reason: text(f, "reason"), Late: lateOf(f)})
	default:
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if refused == nil {
		return r.seeOther("/bench/objections?done=" + act)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.benchObjectionsView(r, id, &refusedAct{act, refused, f})
	if err != nil {
		return err
	}
	v.Refused = ErrorsOf(r.P.W, refused)
	return r.show(status, BenchObjectionsPage(r.P, v))
}

// openObjections counts what a list of duties holds of objections.
func openObjections(list []auction.DutyView) (n int64) {
	for _, d := range list {
		if d.Kind == "decide_objection" {
			n++
		}
	}
	return n
}
