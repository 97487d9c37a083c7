package pages

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// AssetPageView is a piece of property for its court: what it is, what is still to be found out, the form that states it anew.
type AssetPageView struct {
	Title, Number, Kind, Version, Action, PriceHref, Said string
	// Locked says why it cannot be revised now.
	Locked string
	// Items are the checklist of its kind, with where each stands; Answered of them have an answer.
	Items    []SurveyItem
	Answered int
	Lacks    *Redline
	Form     *ReviseForm
	Lots     []AssetLotRow
	// Changes are those of the last revision.
	Changes     []ChangeRow
	ChangesNote string
	// Ask is a revision that waits for a last look.
	Ask *AssetAsk
}

// SurveyItem is an item of the checklist (R2024).
type SurveyItem struct {
	Name, Href string
	Chip       Chip
}

// AssetLotRow is a sale that the property is in.
type AssetLotRow struct {
	Title, Href string
	Chip        Chip
}

// AssetAsk is what a revision changes and leaves open, before it is made.
type AssetAsk struct {
	Changes []ChangeRow
	Lacks   []string
	Drafts  int64
	Seen    string
	// Hidden are the form's fields, to be sent again.
	Hidden []Pair
}

// asset is the page of a piece of property.
func (s *Site) asset(r *Request) error {
	v, err := s.assetView(r)
	if err != nil {
		return err
	}
	page := r.P.assetPage(&v)
	if r.URL.Query().Get("done") == "revised" {
		page.Said = r.P.T("asset.said")
	}
	return r.show(http.StatusOK, AssetPage(r.P, page))
}

func (s *Site) assetView(r *Request) (auction.AssetView, error) {
	id, err := r.assetID()
	if err != nil {
		return auction.AssetView{}, err
	}
	v, err := s.Auction.Asset(r.Context(), r.actor(), id)
	if err != nil {
		return v, err
	}
	r.P.Title, r.P.Nav, r.P.NoIndex = r.P.pick(v.Document.Title), r.P.courtNav("prices"), true
	return v, nil
}

// reviseAsset takes the form: more rows, the last look, the revision.
func (s *Site) reviseAsset(r *Request) error {
	v, err := s.assetView(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	typed := r.P.readAsset(v.Document, r.PostForm)
	act, list, _ := strings.Cut(r.PostForm.Get("act"), ":")
	seen := r.PostForm.Get("seen")
	refused := errors.Join(typed.refused...)
	switch {
	case refused != nil:
	case v.Running():
		refused = fault.New(fault.Conflict, fault.StateConflict)
	case seen != v.DocumentHash:
		refused = fault.New(fault.Conflict, fault.DraftChanged)
	case act == "more" || act == "edit":
		return s.editAsset(r, http.StatusOK, &v, &typed, list, nil)
	case act == "revise" && r.PostForm.Get("confirmed") == "yes":
		refused = s.Auction.ReviseAsset(r.Context(), r.actor(), auction.AssetRevision{Asset: v.ID, Document: typed.document, Seen: seen})
		if refused == nil {
			return r.seeOther("/bench/assets/" + v.ID.String() + "?done=revised")
		}
	default:
		return s.askAsset(r, &v, &typed)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	return s.editAsset(r, status, &v, &typed, "", refused)
}

// editAsset shows the form again with what was typed, one of its lists opened.
func (s *Site) editAsset(r *Request, status int, v *auction.AssetView, typed *typedAsset, list string, refused error) error {
	page := r.P.assetPage(v)
	switch {
	case refused == nil:
		typed.rows, typed.at = rowsOf(typed.document)
	case len(typed.refused) > 0:
		typed.at = nil // the refusals name rows of the form
	}
	var errs []*fault.Error
	if refused != nil {
		errs = faultsOf(refused)
	}
	page.Form = r.P.assetEditor(v, typed.document, typed.rows, typed.at, errs)
	for i := range page.Form.Groups {
		page.Form.Groups[i].Open = page.Form.Groups[i].Open || page.Form.Groups[i].Name == list
	}
	for _, f := range errs {
		if r.PostForm.Has(f.Field) && unreadable(f.Code) {
			page.Form.keep(f.Field, r.PostForm.Get(f.Field))
		}
	}
	return r.show(status, AssetPage(r.P, page))
}

// askAsset shows what the revision changes before it is made: it goes on the public trail and cannot be taken back.
func (s *Site) askAsset(r *Request, v *auction.AssetView, typed *typedAsset) error {
	list, err := s.Auction.AssetLacks(r.Context(), r.actor(), v.ID, typed.document)
	if err != nil {
		return err
	}
	page := r.P.assetPage(v)
	ask := &AssetAsk{Changes: r.P.assetChanges(v.Document, typed.document), Seen: v.DocumentHash}
	for _, f := range list {
		ask.Lacks = append(ask.Lacks, r.P.W.Refusal(f).Detail)
	}
	for _, l := range v.Lots {
		if l.State == auction.Draft || l.State == auction.Voted {
			ask.Drafts++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if name != "act" && name != "seen" && name != "confirmed" {
			ask.Hidden = append(ask.Hidden, Pair{name, r.PostForm.Get(name)})
		}
	}
	page.Ask, page.Form, page.Lacks = ask, nil, nil
	return r.show(http.StatusOK, AssetPage(r.P, page))
}

// assetPage makes the page of a piece of property ready as it stands.
func (p *Page) assetPage(v *auction.AssetView) AssetPageView {
	a := v.Document
	page := AssetPageView{
		Title: p.pick(a.Title), Number: v.Number, Kind: p.categoryName(a.Category), Version: p.T("asset.version", "n", v.Version),
		Action: "/bench/assets/" + v.ID.String(), PriceHref: "/bench/assets/" + v.ID.String() + "/price",
	}
	rows, at := rowsOf(a)
	if v.Running() {
		page.Locked = p.T("asset.locked")
	} else {
		page.Form = p.assetEditor(v, a, rows, at, v.Lacks)
		page.Form.Errors = Errors{} // they are told above; nothing was refused
	}
	if len(v.Lacks) > 0 {
		page.Lacks = p.redline(inRow(v.Lacks, a, rows, at), url.Values{}, page.Form)
		page.Lacks.ID, page.Lacks.Title, page.Lacks.Note = "lacks", p.N("asset.lacks", int64(len(v.Lacks))), p.T("asset.lacks_note")
	}
	for _, item := range docket.Checklist(a.Category) {
		x := SurveyItem{Name: p.pick(item.Name), Chip: Chip{"dash", "s-wait", p.T("asset.finding_none")}}
		i := slices.IndexFunc(rows.Survey, func(f docket.Finding) bool { return f.Item == item.Code })
		f := rows.Survey[i]
		switch {
		case answered(&f) && f.State == docket.Notice:
			x.Chip = Chip{"soft", "s-warn", p.T("survey.take_note")}
		case answered(&f):
			x.Chip = Chip{"soft", "s-done", p.T("survey.clear")}
		case item.Answered(&a):
			x.Chip = Chip{"soft", "s-done", p.T("asset.by_document")}
		}
		if item.Answered(&a) {
			page.Answered++
		}
		if page.Form != nil {
			x.Href = "#" + assetID + "survey[" + itoa(i) + "].state"
		}
		page.Items = append(page.Items, x)
	}
	for _, l := range v.Lots {
		row := AssetLotRow{Title: p.pick(l.Title), Chip: Chip{"soft", "s-due", p.T("bench.col_" + string(l.State))}}
		if p.Viewer.Is(RoleJudge) {
			row.Href = "/bench/lots/" + l.ID.String()
		}
		page.Lots = append(page.Lots, row)
	}
	if v.Before != nil && v.RevisedAt != nil {
		page.Changes, page.ChangesNote = p.assetChanges(*v.Before, a), p.T("asset.changed_at", "at", p.W.Minute(*v.RevisedAt))
	}
	return page
}

// assetEditor is the form of a piece of property, with what was refused at its fields.
func (p *Page) assetEditor(v *auction.AssetView, document, rows docket.Asset, at map[string][]int, errs []*fault.Error) *ReviseForm {
	form := &ReviseForm{Action: "/bench/assets/" + v.ID.String(), Seen: v.DocumentHash}
	form.Groups = p.bindAsset(&rows).groups
	list := inRow(errs, document, rows, at)
	joined := make([]error, len(list))
	for i, f := range list {
		joined[i] = f
	}
	form.Errors = p.errorsIn(form, joined)
	form.open()
	return form
}

// open shows the first group, those with refusals and their rows; the rest opens at a touch.
func (r *ReviseForm) open() {
	bad := func(g *FieldGroup) bool {
		return len(r.Errors[g.Name]) > 0 || slices.ContainsFunc(g.Fields, func(x Field) bool { return len(r.Errors[x.Name]) > 0 })
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		g.Open = bad(g) || i == 0
		for j := range g.Rows {
			wrong := bad(&g.Rows[j])
			g.Open, g.Rows[j].Open = g.Open || wrong, g.Rows[j].Open || wrong
		}
	}
}

// assetChanges is how two statements of property differ, field by field, in the order of the form.
func (p *Page) assetChanges(before, after docket.Asset) []ChangeRow {
	was, _ := rowsOf(before)
	is, _ := rowsOf(after)
	old, now := p.bindAsset(&was).groups, p.bindAsset(&is).groups
	var out []ChangeRow
	for i := range now {
		out = append(out, p.fieldChanges(now[i].Title, old[i].Fields, now[i].Fields)...)
		out = append(out, p.rowChanges(now[i].Title, old[i].Rows, now[i].Rows)...)
	}
	return out
}

func (p *Page) fieldChanges(title string, old, now []Field) []ChangeRow {
	var out []ChangeRow
	for i, x := range now {
		if i >= len(old) || old[i].shown() == x.shown() || x.Kind == "hidden" {
			continue
		}
		row := ChangeRow{Change: "changed", Item: title + p.T("frame.colon") + x.Label, Before: old[i].shown(), After: x.shown()}
		switch {
		case row.Before == "":
			row.Change = "added"
		case row.After == "":
			row.Change = "removed"
		}
		out = append(out, row)
	}
	return out
}

// rowChanges pairs the rows of a list: those that are the same, those of one key, and the rest is new or gone.
func (p *Page) rowChanges(title string, old, now []FieldGroup) []ChangeRow {
	same := func(a, b FieldGroup) bool { return a.shown() == b.shown() }
	gone := slices.DeleteFunc(slices.Clone(old), func(g FieldGroup) bool {
		return g.shown() == "" || slices.ContainsFunc(now, func(n FieldGroup) bool { return same(g, n) })
	})
	var out []ChangeRow
	for _, g := range now {
		if g.shown() == "" || slices.ContainsFunc(old, func(o FieldGroup) bool { return same(o, g) }) {
			continue
		}
		name := title
		if g.Chip.Text != "" && g.Remove == "" {
			name = g.Title // an item of the checklist
		}
		if i := slices.IndexFunc(gone, func(o FieldGroup) bool { return o.Key == g.Key }); i >= 0 {
			out = append(out, p.fieldChanges(name, gone[i].Fields, g.Fields)...)
			gone = slices.Delete(gone, i, i+1)
			continue
		}
		out = append(out, ChangeRow{Change: "added", Item: name, After: g.shown()})
	}
	for _, g := range gone {
		name := title
		if g.Chip.Text != "" && g.Remove == "" {
			name = g.Title
		}
		out = append(out, ChangeRow{Change: "removed", Item: name, Before: g.shown()})
	}
	return out
}

// shown is a field's value as people read it.
func (f Field) shown() string {
	if f.Kind != "select" || f.Value == "" {
		return f.Value
	}
	for _, o := range f.Options {
		if o.Value == f.Value {
			return o.Name
		}
	}
	return f.Value
}

// shown is all that a row says.
func (g FieldGroup) shown() string {
	var parts []string
	for _, f := range g.Fields {
		if f.Kind != "hidden" && f.Value != "" {
			parts = append(parts, f.shown())
		}
	}
	return strings.Join(parts, " / ")
}

// lotProperty lists the property of a lot with the way to each.
func (s *Site) lotProperty(r *Request, lot uuid.UUID) ([]PropertyRow, error) {
	list, err := s.Auction.LotProperty(r.Context(), r.actor(), lot)
	if err != nil {
		return nil, err
	}
	out := make([]PropertyRow, len(list))
	for i, l := range list {
		out[i] = PropertyRow{Title: r.P.pick(l.Title), Kind: r.P.categoryName(l.Category), Version: r.P.T("asset.version", "n", l.Version), Href: "/bench/assets/" + l.ID.String()}
	}
	return out, nil
}

// PropertyRow is a piece of property in a lot's list.
type PropertyRow struct{ Title, Kind, Version, Href string }

// toProperty leads from what a lot lacks in its property to the page where that is mended.
func (red *Redline) toProperty(p *Page, list []*fault.Error, property []PropertyRow) {
	for i := range red.Faults {
		rest, ok := strings.CutPrefix(list[i].Field, "assets[")
		number, _, _ := strings.Cut(rest, "]")
		n, err := strconv.Atoi(number)
		if x := &red.Faults[i]; ok && err == nil && n < len(property) && x.Href == "" {
			x.MendLabel, x.Mend, x.Href = p.T("bench.mend"), property[n].Title, property[n].Href
		}
	}
}
