package pages

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

const reconciliationPath = "/funds/reconciliation"

// ReconciliationView is the provider's books against ours, for finance (F1).
type ReconciliationView struct {
	Said        string
	Refused     Errors
	Run         ActForm
	Suspense    string
	Unknown     []BookRow
	Differences []BookRow
	Runs        []Step
}

// BookRow is a difference, or money that nobody knows, with what finance may do.
type BookRow struct {
	ID, Title, Note string
	Facts           []Pair
	Forms           []ActForm
}

// reconciliation is finance's page.
func (s *Site) reconciliation(r *Request) error {
	v, err := s.reconciliationView(r)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("reconciliation.said_" + done) {
		v.Said = r.P.T("reconciliation.said_" + done)
	}
	return r.show(http.StatusOK, ReconciliationPage(r.P, v))
}

func (s *Site) reconciliationView(r *Request) (ReconciliationView, error) {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("reconciliation.heading"), "funds", true
	list, err := s.Payments.Reconciliations(r.Context(), r.actor())
	if err != nil {
		return ReconciliationView{}, err
	}
	return p.reconciliationOf(list), nil
}

func (p *Page) reconciliationOf(list payments.ReconciliationView) ReconciliationView {
	v := ReconciliationView{
		Run: ActForm{
			ID: "run", Title: p.T("reconciliation.run"), Note: p.T("reconciliation.run_note"), Action: reconciliationPath + "/run", Main: true,
			Buttons: []Option{{"run", p.T("reconciliation.go_run")}},
		},
		Suspense: p.M(list.SuspenseFen),
	}
	for i := range list.Suspense {
		v.Unknown = append(v.Unknown, p.unknownRow(&list.Suspense[i]))
	}
	for i := range list.Differences {
		v.Differences = append(v.Differences, p.bookRow(&list.Differences[i]))
	}
	for _, run := range list.Runs {
		step := Step{State: DueNow, Title: p.T("reconciliation.run_of", "at", p.W.Minute(run.AskedAt)), Text: p.T("reconciliation.running")}
		if run.FinishedAt != nil {
			step.State, step.Text = Done, p.T("reconciliation.ended", "at", p.W.Minute(*run.FinishedAt), "found", strconv.Itoa(run.Found), "closed", strconv.Itoa(run.Closed))
		}
		v.Runs = append(v.Runs, step)
	}
	return v
}

// bookRow makes a difference ready; a sealed one tells nothing more (R18).
func (p *Page) bookRow(d *payments.BookDifference) BookRow {
	row := BookRow{ID: "d" + d.ID.String(), Title: p.T("reconciliation.kind_" + string(d.Kind))}
	if d.Sealed {
		row.Note = p.T("reconciliation.sealed")
	}
	if d.HereFen != nil && d.ThereFen != nil {
		row.Facts = append(row.Facts, Pair{p.T("reconciliation.here"), p.M(*d.HereFen)}, Pair{p.T("reconciliation.there"), p.inCurrency(*d.ThereFen, d.Currency)})
	}
	row.Facts = append(row.Facts, p.named(d.BookingID, d.PaymentID, d.RefundID)...)
	row.Facts = append(row.Facts, Pair{p.T("reconciliation.found"), p.W.Minute(d.FoundAt)})
	if !d.Sealed {
		row.Forms = []ActForm{p.reasonForm("closing", reconciliationPath+"/differences/"+d.ID.String()+"/closing", d.ID)}
	}
	return row
}

func (p *Page) unknownRow(u *payments.Unknown) BookRow {
	row := BookRow{ID: "u" + u.ID.String(), Title: p.T("reconciliation.kind_" + string(u.Kind))}
	if u.AmountFen != nil {
		row.Title = p.M(*u.AmountFen)
	}
	if u.State != "held" {
		row.Note = p.T("reconciliation." + u.State)
	}
	if u.State == "returning" && u.TransferID != nil {
		row.Note = p.T("reconciliation.return_by_hand")
	}
	row.Facts = p.named(u.BookingID, u.NamesPayment, nil)
	meant := Field{Name: "payment", Label: p.T("reconciliation.payment"), Auto: "off", Required: true, Max: 36}
	assignNote, note := "assignment_note", "return_note"
	if u.BankReference != nil && u.Payer != nil { // a transfer to the court's account or the custodian: it finds its place by a reference
		row.Facts = append(row.Facts, Pair{p.T("difference.reference"), *u.BankReference}, Pair{p.T("byhand.payer"), *u.Payer})
		meant = Field{Name: "payment_reference", Label: p.T("transfer_in.reference"), Auto: "off", Required: true, Max: 30}
		assignNote = "assignment_by_reference"
	}
	if u.TransferID != nil {
		note = "return_by_hand"
	}
	row.Facts = append(row.Facts, Pair{p.T("reconciliation.found"), p.W.Minute(u.FoundAt)})
	if u.State == "held" {
		base := reconciliationPath + "/suspense/" + u.ID.String()
		assign := p.reasonForm("assignment", base+"/assignment", u.ID)
		assign.Fields = append(prefixed(assign.ID, []Field{meant}), assign.Fields...)
		assign.Note = p.T("reconciliation." + assignNote)
		back := p.reasonForm("return", base+"/return", u.ID)
		back.Note = p.T("reconciliation." + note)
		row.Forms = []ActForm{assign, back}
	}
	return row
}

func (p *Page) named(booking *string, payment, refund *uuid.UUID) (facts []Pair) {
	if booking != nil {
		facts = append(facts, Pair{p.T("reconciliation.booking"), *booking})
	}
	if payment != nil {
		facts = append(facts, Pair{p.T("reconciliation.payment"), payment.String()})
	}
	if refund != nil {
		facts = append(facts, Pair{p.T("reconciliation.refund"), refund.String()})
	}
	return facts
}

// inCurrency writes yuan as everywhere; another currency in its least unit, as the provider booked it.
func (p *Page) inCurrency(amount money.Fen, currency string) string {
	if currency == "cny" {
		return p.M(amount)
	}
	return strconv.FormatInt(int64(amount), 10) + " " + currency
}

func (p *Page) reasonForm(act, action string, id uuid.UUID) ActForm {
	form := act + id.String()[24:]
	return ActForm{
		ID: form, Title: p.T("reconciliation." + act), Note: p.T("reconciliation." + act + "_note"), Action: action,
		Fields:  prefixed(form, []Field{{Name: "reason", Label: p.T("reconciliation.reason"), Kind: "textarea", Required: true, Max: 1000}}),
		Buttons: []Option{{act, p.T("reconciliation.go_" + act)}},
	}
}

func (s *Site) runReconciliation(r *Request) error {
	return s.onReconciliation(r, "run", "", func(uuid.UUID) error {
		_, err := s.Payments.Reconcile(r.Context(), r.actor(), time.Time{})
		return err
	})
}

func (s *Site) closeDifference(r *Request) error {
	return s.onReconciliation(r, "closing", "difference", func(id uuid.UUID) error {
		return s.Payments.CloseDifference(r.Context(), r.actor(), id, r.PostForm.Get("reason"))
	})
}

func (s *Site) assignUnknown(r *Request) error {
	return s.onReconciliation(r, "assignment", "suspense", func(id uuid.UUID) error {
		if reference := r.PostForm.Get("payment_reference"); reference != "" {
			return s.Payments.AssignByReference(r.Context(), r.actor(), id, reference, r.PostForm.Get("reason"))
		}
		payment, err := idIn(r.PostForm, "payment")
		if err != nil {
			return err
		}
		return s.Payments.AssignUnknown(r.Context(), r.actor(), id, payment, r.PostForm.Get("reason"))
	})
}

func (s *Site) returnUnknown(r *Request) error {
	return s.onReconciliation(r, "return", "suspense", func(id uuid.UUID) error {
		return s.Payments.ReturnUnknown(r.Context(), r.actor(), id, r.PostForm.Get("reason"))
	})
}

// onReconciliation does an act and shows the list again, with what was said or why it was refused.
func (s *Site) onReconciliation(r *Request, act, param string, f func(uuid.UUID) error) error {
	var id uuid.UUID
	if param != "" {
		var err error
		if id, err = uuid.Parse(r.Params[param]); err != nil {
			return fault.New(fault.NotFound, fault.NotFoundCode)
		}
	}
	if err := r.form(); err != nil {
		return err
	}
	refused := f(id)
	if refused == nil {
		return r.seeOther(reconciliationPath + "?done=" + act)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.reconciliationView(r)
	if err != nil {
		return err
	}
	v.Refused = ErrorsOf(r.P.W, refused)
	return r.show(status, ReconciliationPage(r.P, v))
}
