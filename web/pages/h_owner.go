package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/payments/casefund"
	"mingchui/payments/owner"
)

// MoneyView is what courts hold for a person.
type MoneyView struct {
	Said   string
	Errors Errors
	Rows   []BookRow
	Asked  []Step
	// Old asks for what a court held before this house.
	Old ActForm
}

// AgeRow is a court's sums and counts.
type AgeRow struct{ Court, All, Over30, Over90, Over365 string }

const (
	moneyPath  = "/me/money"
	ownersPath = "/funds/owners"
)

// money is the person's page.
func (s *Site) money(r *Request) error {
	return s.showMoney(r, http.StatusOK, nil)
}

func (s *Site) showMoney(r *Request, status int, refused error) error {
	p, me := r.P, r.Visitor.Identity.ID
	p.Title, p.Nav, p.NoIndex = p.T("owner.mine"), "me", true
	held, err := s.Owners.Mine(r.Context(), me, r.Now)
	if err != nil {
		return err
	}
	asked, err := s.Owners.Asked(r.Context(), me)
	if err != nil {
		return err
	}
	courts, err := s.Owners.Courts(r.Context())
	if err != nil {
		return err
	}
	v := p.moneyOf(held, asked, courts)
	// Which form it was is told by its fields; the refusal stands above all.
	v.Errors = ErrorsOf(p.W, refused)
	if r.URL.Query().Get("done") == "ask" {
		v.Said = p.T("owner.said_ask")
	}
	return r.show(status, MoneyPage(p, v))
}

func (p *Page) moneyOf(held []owner.Held, asked []owner.Request, courts []owner.Court) (v MoneyView) {
	for _, h := range held {
		row := BookRow{
			ID: "h" + h.ID.String(), Title: p.M(h.Fen),
			Facts: []Pair{{p.T("owner.what"), p.T("owner.subject_" + string(h.Subject))}, {p.T("col.court"), p.pick(h.Court)}, {p.T("col.case"), h.CaseNumber}, {p.T("owner.since"), p.W.Minute(h.Since)}},
		}
		if !h.Title.IsZero() {
			row.Facts = append(row.Facts, Pair{p.T("col.lot"), p.pick(h.Title)})
		}
		if h.Asked {
			row.Note = p.T("owner.waits")
		} else {
			form := "ask" + h.ID.String()[24:]
			fields := append([]Field{{Name: "subject", Kind: "hidden", Value: string(h.Subject)}, {Name: "id", Kind: "hidden", Value: h.ID.String()}}, p.accountFields()...)
			row.Forms = []ActForm{{ID: form, Title: p.T("owner.ask"), Note: p.T("owner.ask_note"), Action: moneyPath, Fields: prefixed(form, fields), Buttons: []Option{{"ask", p.T("owner.go_ask")}}}}
		}
		v.Rows = append(v.Rows, row)
	}
	for _, a := range asked {
		v.Asked = append(v.Asked, p.askedStep(&a))
	}
	var options []Option
	for _, c := range courts {
		options = append(options, Option{c.ID.String(), p.pick(c.Name)})
	}
	v.Old = ActForm{
		ID: "old", Title: p.T("owner.ask_old"), Note: p.T("owner.ask_old_note"), Action: moneyPath, Buttons: []Option{{"ask", p.T("owner.go_ask")}},
		Fields: prefixed("old", append([]Field{
			{Name: "subject", Kind: "hidden", Value: string(owner.Old)},
			{Name: "court", Label: p.T("col.court"), Kind: "select", Options: options, Required: true},
			{Name: "case_number", Label: p.T("owner.case_number"), Auto: "off", Max: 200},
			{Name: "statement", Label: p.T("owner.statement"), Kind: "textarea", Required: true, Max: 2000, Hint: p.T("owner.statement_hint")},
		}, p.accountFields()...)),
	}
	return v
}

func (p *Page) accountFields() []Field {
	return []Field{
		{Name: "holder", Label: p.T("debtor.holder"), Auto: "off", Required: true, Max: 70},
		{Name: "bank", Label: p.T("debtor.bank"), Auto: "off", Required: true, Max: 70},
		{Name: "number", Label: p.T("debtor.number"), Mode: "numeric", Auto: "off", Required: true, Max: 48},
	}
}

func (p *Page) askedStep(a *owner.Request) Step {
	step := Step{DueNow, p.T("owner.subject_" + string(a.Subject)), p.T("owner.due", "at", p.W.Minute(a.AskedAt), "until", p.W.Minute(a.DueAt))}
	if a.CaseNumber != "" {
		step.Title += "　" + a.CaseNumber
	}
	switch {
	case a.DecidedAt == nil && a.DueAt.Before(p.Now):
		step.State = Late
	case a.State == "granted":
		step.State, step.Text = Done, p.T("owner.granted", "at", p.W.Minute(*a.DecidedAt))
	case a.State == "refused":
		step.State, step.Text = Done, p.T("owner.refused", "at", p.W.Minute(*a.DecidedAt), "reason", a.Reason)
	}
	return step
}

// askMoney asks a court for money.
func (s *Site) askMoney(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	a := owner.Asking{
		Subject: owner.Subject(f.Get("subject")), CaseNumber: f.Get("case_number"), Statement: f.Get("statement"),
		Account: casefund.Account{Holder: f.Get("holder"), Bank: f.Get("bank"), Number: f.Get("number")},
	}
	var err error
	if a.Subject == owner.Old {
		a.Court, err = idIn(f, "court")
	} else {
		a.ID, err = idIn(f, "id")
	}
	if err == nil {
		_, err = s.Owners.Ask(r.Context(), r.actor(), a)
	}
	if err == nil {
		return r.seeOther(moneyPath + "?done=ask")
	}
	if status, ok := refusal(err); ok {
		return s.showMoney(r, status, err)
	}
	return err
}

// OwnersView is money looking for its owner, for finance.
type OwnersView struct {
	Said         string
	Errors       Errors
	Requests     []BookRow
	Query        string
	Found        []BookRow
	Link, Import ActForm
}

// owners is finance's page.
func (s *Site) owners(r *Request) error {
	return s.showOwners(r, http.StatusOK, nil)
}

func (s *Site) showOwners(r *Request, status int, refused error) error {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("owner.heading"), "funds", true
	list, err := s.Owners.Open(r.Context(), r.actor())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	found, err := s.Owners.Find(r.Context(), r.actor(), q.Get("q"))
	if err != nil {
		return err
	}
	v := p.ownersOf(list, found)
	v.Query, v.Errors = q.Get("q"), ErrorsOf(p.W, refused)
	if done := q.Get("done"); p.W.Has("owner.said_" + done) {
		v.Said = p.T("owner.said_"+done, "n", q.Get("n"))
	}
	return r.show(status, OwnersPage(p, v))
}

func (p *Page) ownersOf(list []owner.Request, found []owner.OldBalance) OwnersView {
	v := OwnersView{
		Link: ActForm{
			ID: "link", Title: p.T("owner.link"), Note: p.T("owner.link_note"), Action: ownersPath + "/link", Buttons: []Option{{"link", p.T("owner.go_link")}},
			Fields: prefixed("link", []Field{
				{Name: "case_number", Label: p.T("owner.case_number"), Required: true, Max: 200},
				{Name: "no", Label: p.T("owner.claim_no"), Mode: "numeric", Required: true, Max: 4},
				{Name: "login", Label: p.T("owner.login"), Auto: "off", Required: true, Max: 64},
			}),
		},
		Import: ActForm{
			ID: "import", Title: p.T("owner.import"), Note: p.T("owner.import_note", "columns", strings.Join(owner.Columns(), ",")), Action: ownersPath + "/import", Buttons: []Option{{"import", p.T("owner.go_import")}},
			Fields: prefixed("import", []Field{{Name: "csv", Label: p.T("owner.csv"), Kind: "textarea", Required: true}}),
		},
	}
	var held []Option
	for _, b := range found {
		row := BookRow{
			ID: "b" + b.ID.String(), Title: p.M(b.Fen),
			Facts: []Pair{{p.T("owner.payer"), b.Payer}, {p.T("col.case"), b.CaseNumber}, {p.T("owner.what"), p.T("owner.kind_" + b.Kind)}, {p.T("owner.since"), p.W.Date(b.ReceivedOn)}},
		}
		if b.Note != "" {
			row.Facts = append(row.Facts, Pair{p.T("owner.note"), b.Note})
		}
		switch {
		case b.State == "held":
			held = append(held, Option{b.ID.String(), b.Payer + "　" + b.CaseNumber + "　" + p.M(b.Fen)})
		case b.Mine:
			row.Note = p.T("owner.other_pays")
		default:
			form := "paid" + b.ID.String()[24:]
			row.Forms = []ActForm{{
				ID: form, Title: p.T("owner.paid"), Note: p.T("owner.paid_note"), Action: ownersPath + "/paid", Buttons: []Option{{"paid", p.T("owner.go_paid")}},
				Fields: prefixed(form, []Field{{Name: "old_balance", Kind: "hidden", Value: b.ID.String()}, {Name: "bank_reference", Label: p.T("difference.reference"), Auto: "off", Required: true, Max: 140}}),
			}}
		}
		v.Found = append(v.Found, row)
	}
	for i := range list {
		v.Requests = append(v.Requests, p.requestRow(&list[i], held))
	}
	return v
}

// requestRow is a request with its answer; old money is granted out of what the search found.
func (p *Page) requestRow(a *owner.Request, held []Option) BookRow {
	step := p.askedStep(a)
	row := BookRow{ID: "r" + a.ID.String(), Title: step.Title, Facts: []Pair{
		{p.T("owner.asker"), a.Asker}, {p.T("debtor.holder"), a.Account.Holder}, {p.T("debtor.bank"), a.Account.Bank}, {p.T("debtor.number"), a.Account.Number}, {p.T("owner.answer_by"), p.W.Minute(a.DueAt)},
	}}
	if step.State == Late {
		row.Note = p.T("due.late_mark")
	}
	if a.Fen != nil {
		row.Facts = append(row.Facts, Pair{p.T("col.amount"), p.M(*a.Fen)})
	}
	id := a.ID.String()[24:]
	request := Field{Name: "request", Kind: "hidden", Value: a.ID.String()}
	grant := ActForm{
		ID: "grant" + id, Title: p.T("owner.grant"), Note: p.T("owner.grant_" + string(a.Subject)), Action: ownersPath + "/grant", Buttons: []Option{{"grant", p.T("owner.go_grant")}},
		Fields: []Field{request},
	}
	if a.Subject == owner.Old {
		row.Facts = append(row.Facts, Pair{p.T("owner.statement"), a.Statement})
		grant.Fields = append(grant.Fields, Field{Name: "old_balance", Label: p.T("owner.which"), Kind: "select", Options: held, Required: true, Hint: p.T("owner.which_hint")})
	}
	grant.Fields = prefixed(grant.ID, grant.Fields)
	row.Forms = []ActForm{grant, {
		ID: "refuse" + id, Title: p.T("owner.refuse"), Note: p.T("owner.refuse_note"), Action: ownersPath + "/refuse", Buttons: []Option{{"refuse", p.T("owner.go_refuse")}},
		Fields: prefixed("refuse"+id, []Field{request, {Name: "reason", Label: p.T("reconciliation.reason"), Kind: "textarea", Required: true, Max: 2000}}),
	}}
	return row
}

// ownersAct is one of finance's acts.
func (s *Site) ownersAct(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	act, f, done := r.Params["act"], r.PostForm, url.Values{}
	err := s.ownerDone(r, act, f, done)
	if err == nil {
		done.Set("done", act)
		return r.seeOther(ownersPath + "?" + done.Encode())
	}
	if fault.KindOf(err) == fault.NotFound { // a name that was typed, not a page
		return s.showOwners(r, http.StatusNotFound, err)
	}
	if status, ok := refusal(firstOf(err)); ok {
		return s.showOwners(r, status, err)
	}
	return err
}

// firstOf is the first of joined faults.
func firstOf(err error) error {
	if list := unjoin(err); len(list) > 0 {
		return list[0]
	}
	return err
}

func (s *Site) ownerDone(r *Request, act string, f, done url.Values) error {
	ctx, by := r.Context(), r.actor()
	switch act {
	case "import":
		n, err := s.Owners.Import(ctx, by, strings.NewReader(f.Get("csv")))
		done.Set("n", strconv.Itoa(n.Added))
		return err
	case "link":
		no, err := strconv.Atoi(strings.TrimSpace(f.Get("no")))
		if err != nil {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("no")
		}
		claim, err := s.Owners.ClaimOf(ctx, by, f.Get("case_number"), no)
		if err != nil {
			return err
		}
		return s.Owners.Link(ctx, by, claim, f.Get("login"))
	case "paid":
		id, err := idIn(f, "old_balance")
		if err != nil {
			return err
		}
		return s.Owners.PaidOld(ctx, by, id, f.Get("bank_reference"))
	case "grant", "refuse":
		a := owner.Answer{Grant: act == "grant", Reason: f.Get("reason")}
		var err error
		if a.Request, err = idIn(f, "request"); err != nil {
			return err
		}
		if f.Get("old_balance") != "" {
			var old uuid.UUID
			if old, err = idIn(f, "old_balance"); err != nil {
				return err
			}
			a.Old = old
		}
		return s.Owners.Answer(ctx, by, a)
	}
	return fault.New(fault.NotFound, fault.NotFoundCode)
}

// agesOf are the sums of courts, for everybody.
func (p *Page) agesOf(list []owner.Age) (rows []AgeRow) {
	of := func(sum string, n int) string { return p.T("owner.sum_count", "sum", sum, "n", n) }
	for _, a := range list {
		rows = append(rows, AgeRow{p.pick(a.Court), of(p.M(a.Fen), a.Count), of(p.M(a.Fen30), a.Over30), of(p.M(a.Fen90), a.Over90), of(p.M(a.Fen365), a.Over365)})
	}
	return rows
}
