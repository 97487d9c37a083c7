package pages

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// assetID keeps the ids of the form's fields apart from other forms'.
const assetID = "as-"

// assetForm binds a piece of property to a form, both ways.
type assetForm struct {
	*binder

	a *docket.Asset
}

// bindAsset makes the form of a piece of property, with a row for each entry of its lists, empty ones too.
func (p *Page) bindAsset(a *docket.Asset) *assetForm {
	f := &assetForm{p.bind("asset.", assetID), a}
	f.group("title", "title")
	f.text("title", "name", &a.Title, 200, false)
	f.text("description", "description", &a.Description, 8000, true)
	f.line("region.code", "region", "", 6, &a.Region.Code)
	f.text("region.province", "province", &a.Region.Province, 0, false)
	f.text("region.city", "city", &a.Region.City, 0, false)
	f.text("region.district", "district", &a.Region.District, 0, false)
	f.text("address", "address", &a.Address, 0, false)
	f.date("seized_on", "seized_on", &a.SeizedOn)
	f.line("indivisible_group", "indivisible", "", 40, &a.IndivisibleGroup)
	f.group("ownership", "ownership")
	f.text("ownership.holder", "holder", &a.Ownership.Holder, 0, false)
	f.text("ownership.nature", "nature", &a.Ownership.Nature, 0, false)
	f.line("ownership.certificate", "certificate", "", 80, &a.Ownership.Certificate)
	f.text("ownership.use", "use", &a.Ownership.Use, 0, false)
	f.group("occupancy", "occupancy")
	o := &a.Occupancy
	f.one("occupancy.state", "occupant", choices(docket.Vacant, docket.HeldByDebtor, docket.HeldByTenant, docket.HeldByOther, docket.CourtHeld, docket.Stored, docket.NotApplicable), "occupancy.", (*string)(&o.State))
	f.date("occupancy.until", "until", &o.Until)
	f.text("occupancy.title", "occupied_on", &o.Title, 0, false)
	f.one("occupancy.handover", "handover", choices(docket.CourtVacates, docket.WithLease, docket.CourtDelivers, docket.ByRegister), "asset.handover_", (*string)(&o.Handover))
	f.text("occupancy.note", "note", &o.Note, 0, true)
	f.survey()
	f.burdens()
	f.taxes()
	f.papers()
	return f
}

// choices are values as text.
func choices[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// one is a choice of one value, none at first.
func (f *assetForm) one(name, key string, values []string, words string, into *string) {
	options := []Option{{"", f.word("choose")}}
	for _, v := range values {
		options = append(options, Option{v, f.p.T(words + v)})
	}
	f.choose(name, key, options, *into, func(s string) { *into = s })
}

// list begins a group of rows.
func (f *assetForm) list(name string) {
	f.group(name, name)
}

// entry begins a row of a list that can be left out.
func (f *assetForm) entry(list string, i int, key string) string {
	at := f.row(list, i)
	g := &f.groups[len(f.groups)-1].Rows[i]
	g.Key, g.Remove = key, at+".remove"
	return at
}

// survey has a row for each item of the checklist of the kind (R2024), then those that were added.
func (f *assetForm) survey() {
	f.list("survey")
	names := map[string]docket.Text{}
	for _, item := range docket.Checklist(f.a.Category) {
		names[item.Code] = item.Name
	}
	for i := range f.a.Survey {
		x := &f.a.Survey[i]
		at := f.row("survey", i)
		g := &f.groups[len(f.groups)-1].Rows[i]
		g.Key, g.Folds = x.Item, true
		if name, listed := names[x.Item]; listed {
			g.Title, g.Open, g.Chip = f.p.pick(name), !answered(x), f.findingChip(x)
			f.add(Field{Name: at + ".item", Kind: "hidden", Value: x.Item}, func(typed string) error { x.Item = typed; return nil })
		} else {
			g.Title, g.Remove = f.word("r_survey_more"), at+".remove"
			if answered(x) {
				g.Chip = f.findingChip(x)
			}
			f.line(at+".item", "item", "", 60, &x.Item)
		}
		f.one(at+".state", "state", choices(docket.Clear, docket.Notice), "asset.finding_", (*string)(&x.State))
		f.date(at+".on", "found_on", &x.On)
		f.text(at+".finding", "finding", &x.Finding, 2000, true)
		f.text(at+".source", "source", &x.Source, 0, false)
		f.text(at+".by", "found_by", &x.By, 200, false)
	}
}

// answered tells that a row says something of its item.
func answered(x *docket.Finding) bool {
	said := *x
	said.Item = ""
	return said != docket.Finding{}
}

func (f *assetForm) findingChip(x *docket.Finding) Chip {
	switch {
	case !answered(x):
		return Chip{"dash", "s-wait", f.word("finding_none")}
	case x.State == docket.Notice:
		return Chip{"soft", "s-warn", f.p.T("survey.take_note")}
	}
	return Chip{"soft", "s-done", f.p.T("survey.clear")}
}

// burdens are what lies upon the property: rights of others, defects, arrears.
func (f *assetForm) burdens() {
	a := f.a
	kinds := choices(docket.Seizure, docket.Mortgage, docket.Pledge, docket.LienOn, docket.Lease, docket.Residence, docket.Easement, docket.Licence, docket.Reservation)
	f.list("encumbrances")
	for i := range a.Encumbrances {
		x := &a.Encumbrances[i]
		at := f.entry("encumbrances", i, string(x.Kind))
		f.one(at+".kind", "kind", kinds, "encumbrance.", (*string)(&x.Kind))
		f.one(at+".after_sale", "after_sale", choices(docket.Extinguished, docket.Remains, docket.Removed), "after_sale.", (*string)(&x.AfterSale))
		f.text(at+".holder", "holder", &x.Holder, 0, false)
		f.number(at+".rank", "rank", &x.Rank)
		f.optional(at+".rank", func() { x.Rank = 0 })
		f.sum(at+".amount_fen", "amount", &x.AmountFen)
		f.text(at+".note", "note", &x.Note, 0, false)
	}
	f.list("defects")
	for i := range a.Defects {
		x := &a.Defects[i]
		f.text(f.entry("defects", i, x.Zh), "defect", x, 0, true)
	}
	f.list("arrears")
	for i := range a.Arrears {
		x := &a.Arrears[i]
		at := f.entry("arrears", i, x.Item.Zh)
		f.text(at+".item", "charge", &x.Item, 0, false)
		f.sum(at+".amount_fen", "amount", &x.AmountFen)
		f.date(at+".as_of", "as_of", &x.AsOf)
		f.one(at+".borne_by", "borne_by", choices(docket.Buyer, docket.Debtor, docket.ByLaw), "asset.bearer_", (*string)(&x.BorneBy))
		f.text(at+".note", "note", &x.Note, 0, false)
	}
}

// sum is an amount that may be absent.
func (f *assetForm) sum(name, key string, amount *int64) {
	f.fen(name, key, amount)
	if g := f.part(); *amount == 0 {
		g.Fields[len(g.Fields)-1].Value = ""
	}
	f.optional(name, func() { *amount = 0 })
}

// taxes fall each on whom the law names (R30).
func (f *assetForm) taxes() {
	f.list("taxes")
	for i := range f.a.Taxes {
		x := &f.a.Taxes[i]
		at := f.entry("taxes", i, x.Item.Zh)
		f.text(at+".item", "tax", &x.Item, 0, false)
		f.one(at+".borne_by", "borne_by", choices(docket.Buyer, docket.Debtor, docket.ByLaw), "asset.bearer_", (*string)(&x.BorneBy))
		f.number(at+".rate_bp", "rate", &x.RateBP)
		f.optional(at+".rate_bp", func() { x.RateBP = 0 })
		f.text(at+".basis", "rate_basis", &x.Basis, 0, false)
		f.text(at+".source", "law", &x.Source, 0, false)
		f.text(at+".note", "note", &x.Note, 0, false)
	}
}

// papers are the documents, the figures and the drawings that are published with it (R13).
func (f *assetForm) papers() {
	a := f.a
	kinds := choices(docket.AppraisalReport, docket.PricingPaper, docket.RegisterExtract, docket.SurveyRecord, docket.Photographs, docket.Video, docket.LeaseContract, docket.InstrumentCopy, docket.FloorPlan, docket.OtherDocument)
	f.list("documents")
	for i := range a.Documents {
		x := &a.Documents[i]
		at := f.entry("documents", i, string(x.Kind)+x.Title.Zh)
		f.one(at+".kind", "kind", kinds, "asset.doc_", (*string)(&x.Kind))
		f.text(at+".title", "paper", &x.Title, 0, false)
		f.text(at+".note", "note", &x.Note, 0, false)
	}
	f.list("attributes")
	for i := range a.Attributes {
		x := &a.Attributes[i]
		at := f.entry("attributes", i, x.Name.Zh)
		f.text(at+".name", "attribute", &x.Name, 0, false)
		f.text(at+".value", "value", &x.Value, 0, false)
	}
	f.list("drawings")
	for i := range a.Drawings {
		f.line(f.entry("drawings", i, a.Drawings[i]), "drawing", "", 0, &a.Drawings[i])
	}
}

// rowsOf is a document with rows for a form: a finding for each item of the checklist, an empty entry at the end of each
// list. at gives the row of each entry of a list that does not stand at its own number.
func rowsOf(a docket.Asset) (rows docket.Asset, at map[string][]int) {
	rows = a
	rows.Survey = nil
	at = map[string][]int{"survey": make([]int, len(a.Survey))}
	placed := map[int]bool{}
	put := func(i int) {
		at["survey"][i], placed[i] = len(rows.Survey), true
		rows.Survey = append(rows.Survey, a.Survey[i])
	}
	for _, item := range docket.Checklist(a.Category) {
		i := slices.IndexFunc(a.Survey, func(x docket.Finding) bool { return x.Item == item.Code })
		if i < 0 {
			rows.Survey = append(rows.Survey, docket.Finding{Item: item.Code})
			continue
		}
		put(i)
	}
	for i := range a.Survey {
		if !placed[i] {
			put(i)
		}
	}
	rows.Survey = append(rows.Survey, docket.Finding{})
	rows.Encumbrances = append(slices.Clone(a.Encumbrances), docket.Encumbrance{})
	rows.Defects = append(slices.Clone(a.Defects), docket.Text{})
	rows.Arrears = append(slices.Clone(a.Arrears), docket.Arrear{})
	rows.Taxes = append(slices.Clone(a.Taxes), docket.Tax{})
	rows.Documents = append(slices.Clone(a.Documents), docket.Document{})
	rows.Attributes = append(slices.Clone(a.Attributes), docket.Attribute{})
	rows.Drawings = append(slices.Clone(a.Drawings), "")
	return rows, at
}

// kept drops a list's rows that say nothing or are to be left out, and tells the row of each that stays.
func kept[T any](name string, list []T, values url.Values, empty func(T) bool) (out []T, at []int) {
	out = []T{}
	for i, x := range list {
		if empty(x) || values.Get(fmt.Sprintf("%s[%d].remove", name, i)) == "yes" {
			continue
		}
		out, at = append(out, x), append(at, i)
	}
	return out, at
}

func zero[T comparable](x T) bool { return reflect.ValueOf(x).IsZero() }

// typedAsset is a form as it was sent: the rows, the document that they mean, and the row of each entry of its lists.
type typedAsset struct {
	rows, document docket.Asset
	at             map[string][]int
	refused        []error
}

// readAsset reads what was typed over a document that stands.
func (p *Page) readAsset(stands docket.Asset, values url.Values) typedAsset {
	t := typedAsset{rows: stands, at: map[string][]int{}}
	rows := func(list, field string) int {
		n := 0
		for n < mostRows && values.Has(fmt.Sprintf("%s[%d]%s", list, n, field)) {
			n++
		}
		return n
	}
	t.rows.Survey = make([]docket.Finding, rows("survey", ".item"))
	t.rows.Encumbrances = make([]docket.Encumbrance, rows("encumbrances", ".kind"))
	t.rows.Defects = make([]docket.Text, rows("defects", ".zh"))
	t.rows.Arrears = make([]docket.Arrear, rows("arrears", ".borne_by"))
	t.rows.Taxes = make([]docket.Tax, rows("taxes", ".borne_by"))
	t.rows.Documents = make([]docket.Document, rows("documents", ".kind"))
	t.rows.Attributes = make([]docket.Attribute, rows("attributes", ".name.zh"))
	t.rows.Drawings = make([]string, rows("drawings", ""))
	f := p.bindAsset(&t.rows)
	for _, name := range slices.Sorted(maps.Keys(f.reads)) {
		if !values.Has(name) {
			continue
		}
		if err := f.reads[name](values.Get(name)); err != nil {
			t.refused = append(t.refused, inField(err, name))
		}
	}
	d := t.rows
	d.Survey, t.at["survey"] = kept("survey", d.Survey, values, func(x docket.Finding) bool { return !answered(&x) && listed(d.Category, x.Item) || zero(x) })
	d.Encumbrances, t.at["encumbrances"] = kept("encumbrances", d.Encumbrances, values, zero)
	d.Defects, t.at["defects"] = kept("defects", d.Defects, values, zero)
	d.Arrears, t.at["arrears"] = kept("arrears", d.Arrears, values, zero)
	d.Taxes, t.at["taxes"] = kept("taxes", d.Taxes, values, zero)
	d.Documents, t.at["documents"] = kept("documents", d.Documents, values, zero)
	d.Attributes, t.at["attributes"] = kept("attributes", d.Attributes, values, zero)
	d.Drawings, t.at["drawings"] = kept("drawings", d.Drawings, values, zero)
	t.document = d
	return t
}

// mostRows bounds a list of the form; the format's own bounds are tighter.
const mostRows = 200

func listed(c docket.Category, code string) bool {
	return slices.ContainsFunc(docket.Checklist(c), func(i docket.Item) bool { return i.Code == code })
}

// inRow is a path of the document as the form has it: entries of its lists stand at rows of their own. The items that the
// survey lacks are told of the whole of it, in the order of the checklist; each stands at its own row.
func inRow(list []*fault.Error, a docket.Asset, rows docket.Asset, at map[string][]int) []*fault.Error {
	var missing []int
	for _, item := range docket.Checklist(a.Category) {
		if !item.Answered(&a) {
			missing = append(missing, slices.IndexFunc(rows.Survey, func(x docket.Finding) bool { return x.Item == item.Code }))
		}
	}
	out := make([]*fault.Error, len(list))
	n := 0
	for i, f := range list {
		field := f.Field
		if field == "survey" && n < len(missing) && len(a.Survey) > 0 {
			if missing[n] >= 0 {
				field = fmt.Sprintf("survey[%d]", missing[n])
			}
			n++
		}
		if name, rest, ok := strings.Cut(field, "["); ok && f.Field != "survey" {
			number, after, _ := strings.Cut(rest, "]")
			if k, err := strconv.Atoi(number); err == nil && k < len(at[name]) {
				field = fmt.Sprintf("%s[%d]%s", name, at[name][k], after)
			}
		}
		out[i] = f.InField(field)
	}
	return out
}
