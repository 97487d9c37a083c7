package pages

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/statement"
)

// ChangeRow is one difference between two versions; Change is added, removed or changed.
type ChangeRow struct{ Change, Item, Before, After string }

// StatementsView is the buyer's page of one lot.
type StatementsView struct {
	LotHref, Title string
	Rows           []StatementRow
	// Open is set while something can still be marked.
	Open   bool
	Said   string
	Errors Errors
}

// StatementRow is a fact of the announcement; Marked is the verdict in words, empty for none.
type StatementRow struct{ ID, Item, Text, From, Marked string }

// AccuracyRow is one surveyor of a court.
type AccuracyRow struct{ Court, Surveyor, True, False, Share string }

// changes makes the differences of two versions ready.
func (p *Page) changes(d statement.Diff) []ChangeRow {
	var out []ChangeRow
	for _, s := range d.Added {
		out = append(out, ChangeRow{Change: "added", Item: p.pick(s.Item), After: p.stated(s)})
	}
	for _, s := range d.Removed {
		out = append(out, ChangeRow{Change: "removed", Item: p.pick(s.Item), Before: p.stated(s)})
	}
	for _, c := range d.Changed {
		out = append(out, ChangeRow{Change: "changed", Item: p.pick(c.After.Item), Before: p.stated(c.Before), After: p.stated(c.After)})
	}
	return out
}

// stated is a fact with whence, when and by whom it is known.
func (p *Page) stated(s statement.Statement) string {
	return strings.Join(nonEmpty(p.pick(s.Text), p.known(s)), p.T("frame.comma"))
}

func (p *Page) known(s statement.Statement) string {
	if s.SurveyedOn == "" {
		return p.pick(s.Source)
	}
	return strings.Join(nonEmpty(p.pick(s.Source), p.T("survey.found", "on", string(s.SurveyedOn), "by", p.surveyor(s.Surveyor))), p.T("frame.comma"))
}

// surveyor is who found something out: the court where it is no other.
func (p *Page) surveyor(by docket.Text) string {
	if by.IsZero() {
		return p.T("survey.by_court")
	}
	return p.pick(by)
}

// lotStatements adds to a lot's page what changed since the sale before, and what its buyer marked.
func (s *Site) lotStatements(r *Request, d *auction.LotDetail, v *LotView) {
	said, err := s.Statements.Of(r.Context(), d.ID)
	if err != nil {
		s.Trace.WarnContext(r.Context(), "statements were not shown", "error", err)
		return
	}
	if said.Changes != nil {
		v.Changes = r.P.changes(*said.Changes)
	}
	if said.True+said.False > 0 {
		v.Marked = r.P.T("statement.marked", "yes", said.True, "no", said.False)
	}
}

// statements is where the buyer marks them.
func (s *Site) statements(r *Request) error {
	v, err := s.statementsView(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("done") != "" {
		v.Said = r.P.T("statement.said")
	}
	return r.show(http.StatusOK, StatementsPage(r.P, v))
}

// statementsView is for the buyer alone; nobody else has this page.
func (s *Site) statementsView(r *Request) (StatementsView, error) {
	id, err := r.lotID()
	if err != nil {
		return StatementsView{}, err
	}
	if _, err := s.Handover.Bought(r.Context(), r.Visitor.Identity.ID, id); err != nil {
		return StatementsView{}, err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return StatementsView{}, err
	}
	said, err := s.Statements.Of(r.Context(), id)
	if err != nil {
		return StatementsView{}, err
	}
	p := r.P
	v := StatementsView{LotHref: "/lots/" + id.String(), Title: p.pick(d.Title)}
	p.Title, p.Nav, p.NoIndex = p.T("statement.heading"), "me", true
	for _, one := range said.Statements {
		row := StatementRow{ID: one.ID, Item: p.pick(one.Item), Text: p.pick(one.Text), From: p.known(one)}
		if is, marked := said.Marks[one.ID]; marked {
			row.Marked = p.T("statement.false")
			if is {
				row.Marked = p.T("statement.true")
			}
		} else {
			v.Open = true
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// markStatements takes the buyer's verdicts; what was left open stays open.
func (s *Site) markStatements(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	var marks []statement.Mark
	for name := range r.PostForm {
		if key, ok := strings.CutPrefix(name, "v-"); ok {
			marks = append(marks, statement.Mark{Statement: key, True: r.PostForm.Get(name) == "true", Reason: r.PostForm.Get("r-" + key)})
		}
	}
	refused := s.Statements.Mark(r.Context(), r.actor(), id, marks)
	if refused == nil {
		return r.seeOther("/lots/" + id.String() + "/statements?done=1")
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.statementsView(r)
	if err != nil {
		return err
	}
	v.Errors = ErrorsOf(r.P.W, refused)
	return r.show(status, StatementsPage(r.P, v))
}

// accuracy is published by court and surveyor.
func (s *Site) accuracy(r *Request) error {
	list, err := s.Statements.Accuracy(r.Context())
	if err != nil {
		return err
	}
	r.P.Title = r.P.T("accuracy.heading")
	return r.show(http.StatusOK, AccuracyPage(r.P, r.P.accuracyRows(list)))
}

func (p *Page) accuracyRows(list []statement.Accuracy) []AccuracyRow {
	rows := make([]AccuracyRow, len(list))
	for i, a := range list {
		rows[i] = AccuracyRow{
			Court: p.pick(a.Court), Surveyor: p.surveyor(a.Surveyor), True: p.W.Count(int64(a.True)), False: p.W.Count(int64(a.False)),
			Share: p.W.Percent(int64(a.Permille)),
		}
	}
	return rows
}

// accuracyFile is the same as RFC 4180 has it.
func (s *Site) accuracyFile(r *Request) error {
	list, err := s.Statements.Accuracy(r.Context())
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="mingchui-accuracy.csv"`)
	h.Set("Cache-Control", "no-cache")
	out := csv.NewWriter(r.W)
	out.UseCRLF = true
	_ = out.Write([]string{"court_code", "court", "surveyor", "true", "false", "true_permille"}) // what fails is the reader leaving
	for _, a := range list {
		_ = out.Write([]string{a.Code, a.Court.Zh, a.Surveyor.Zh, strconv.Itoa(a.True), strconv.Itoa(a.False), strconv.Itoa(a.Permille)})
	}
	out.Flush()
	return nil
}
