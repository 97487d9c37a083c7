package statement

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Kind is what a statement is about.
type Kind string

// The kinds of statement, as an announcement has them.
const (
	Survey      Kind = "survey"
	Occupancy   Kind = "occupancy"
	Encumbrance Kind = "encumbrance"
	Defect      Kind = "defect"
	Arrear      Kind = "arrear"
	Tax         Kind = "tax"
	Attribute   Kind = "attribute"
)

// Statement is one fact of an announcement.
type Statement struct {
	// ID is 32 hexadecimal digits made of the property, the kind and the fact's own name: the same in every version.
	ID    string    `json:"id"`
	Asset uuid.UUID `json:"asset"`
	Kind  Kind      `json:"kind"`
	// Item names the fact, Text says it; both as the announcement does.
	Item docket.Text `json:"item"`
	Text docket.Text `json:"text"`
	// TextHash is the SHA-256 of the fact as it was stated, in hex.
	TextHash string `json:"text_hash"`
	// Source, SurveyedOn and Surveyor say whence, when and by whom; an empty surveyor is the court itself, an empty day was not stated.
	Source     docket.Text `json:"source,omitzero"`
	SurveyedOn docket.Date `json:"surveyed_on,omitempty"`
	Surveyor   docket.Text `json:"surveyor,omitzero"`
}

// Change is a statement in two versions.
type Change struct {
	Before Statement `json:"before"`
	After  Statement `json:"after"`
}

// Diff is how a version differs from the one before.
type Diff struct {
	Added   []Statement `json:"added"`
	Removed []Statement `json:"removed"`
	Changed []Change    `json:"changed"`
}

// Empty reports that nothing differs.
func (d Diff) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Differences compares two versions: what was added and removed, and what is said otherwise, or from another source, day or surveyor.
func Differences(before, after []Statement) Diff {
	d := Diff{Added: []Statement{}, Removed: []Statement{}, Changed: []Change{}}
	was := make(map[string]Statement, len(before))
	for _, s := range before {
		was[s.ID] = s
	}
	for _, s := range after {
		old, there := was[s.ID]
		switch {
		case !there:
			d.Added = append(d.Added, s)
		case old != s:
			d.Changed = append(d.Changed, Change{old, s})
		}
		delete(was, s.ID)
	}
	for _, s := range before {
		if _, gone := was[s.ID]; gone {
			d.Removed = append(d.Removed, s)
		}
	}
	return d
}

// maker gathers the statements of one piece of property.
type maker struct {
	id    uuid.UUID
	asset docket.Asset
	seen  map[string]int
	list  []Statement
	err   error
}

// Of lists the statements of a piece of property, in the announcement's order.
func Of(id uuid.UUID, a docket.Asset) ([]Statement, error) {
	m := &maker{id: id, asset: a, seen: map[string]int{}}
	names := map[string]docket.Text{}
	for _, i := range docket.Checklist(a.Category) {
		names[i.Code] = i.Name
	}
	for _, f := range a.Survey {
		name, known := names[f.Item]
		if !known {
			name = docket.Text{Zh: f.Item, En: f.Item}
		}
		m.add(Survey, f.Item, name, f.Finding, f, f)
	}
	o := a.Occupancy
	m.add(Occupancy, "", docket.Text{Zh: "占有使用", En: "Occupancy"}, join(o.Title, dated(o.Until)), o, m.finding("occupancy", "possession"))
	for _, e := range a.Encumbrances {
		m.add(Encumbrance, fmt.Sprintf("%s %d", e.Kind, e.Rank), e.Holder, join(e.Note, amount(e.AmountFen)), e, m.finding("seizure_and_security", "freeze_and_pledge"))
	}
	for _, d := range a.Defects {
		m.add(Defect, audit.HashText(d.Zh), docket.Text{Zh: "已知瑕疵", En: "Known defect"}, d, d, m.finding("defects", "condition", "quantity_and_quality"))
	}
	for _, r := range a.Arrears {
		m.add(Arrear, r.Item.Zh, r.Item, join(amount(r.AmountFen), dated(r.AsOf)), r, m.finding("arrears", "violations"))
	}
	for _, t := range a.Taxes {
		m.add(Tax, t.Item.Zh, t.Item, join(docket.Text{Zh: bearer(t.BorneBy, false), En: bearer(t.BorneBy, true)}, t.Note), t, docket.Finding{Source: t.Source})
	}
	for _, at := range a.Attributes {
		m.add(Attribute, at.Name.Zh, at.Name, at.Value, at, m.finding("title", "quantity_and_quality"))
	}
	return m.list, m.err
}

// add appends a statement; fact is what its hash is taken of, from whence, when and by whom it is known.
func (m *maker) add(kind Kind, key string, item, text docket.Text, fact any, from docket.Finding) {
	b, err := json.Marshal(fact)
	if err != nil {
		m.err = cmp.Or(m.err, error(fault.Internalf("encode a statement: %w", err)))
		return
	}
	name := string(kind) + "|" + key
	m.seen[name]++
	if n := m.seen[name]; n > 1 { // two of one name: told apart by their order
		name = fmt.Sprintf("%s|%d", name, n)
	}
	sum := sha256.Sum256([]byte(m.id.String() + "|" + name))
	m.list = append(m.list, Statement{
		ID: hex.EncodeToString(sum[:16]), Asset: m.id, Kind: kind, Item: item, Text: text, TextHash: audit.HashText(string(b)),
		Source: from.Source, SurveyedOn: from.On, Surveyor: from.By,
	})
}

// finding is the first of the survey's items that there is: facts that stand outside the survey were found out with it.
func (m *maker) finding(items ...string) docket.Finding {
	for _, item := range items {
		for _, f := range m.asset.Survey {
			if f.Item == item {
				return f
			}
		}
	}
	return docket.Finding{}
}

func join(parts ...docket.Text) docket.Text {
	var out docket.Text
	for _, p := range parts {
		if p.IsZero() {
			continue
		}
		if !out.IsZero() {
			out.Zh, out.En = out.Zh+"；", out.En+"; "
		}
		out.Zh, out.En = out.Zh+p.Zh, out.En+p.En
	}
	return out
}

func dated(d docket.Date) docket.Text {
	if d == "" {
		return docket.Text{}
	}
	return docket.Text{Zh: "至 " + string(d), En: "to " + string(d)}
}

func amount(fen int64) docket.Text {
	if fen == 0 {
		return docket.Text{}
	}
	return docket.Text{Zh: money.Fen(fen).ShortYuan() + " 元", En: "CNY " + money.Fen(fen).ShortYuan()}
}

func bearer(b docket.Bearer, en bool) string {
	names := map[docket.Bearer]docket.Text{
		docket.Buyer: {Zh: "由买受人承担", En: "borne by the buyer"}, docket.Debtor: {Zh: "由被执行人承担", En: "borne by the debtor"},
		docket.ByLaw: {Zh: "双方依法各自承担", En: "each side as the law says"},
	}
	if en {
		return names[b].En
	}
	return names[b].Zh
}
