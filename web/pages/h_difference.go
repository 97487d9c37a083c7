package pages

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction/money"
	"mingchui/payments"
)

// DifferencesView is what creditors who took property pay in, for finance (R16d, F5).
type DifferencesView struct {
	Said    string
	Refused Errors
	Rows    []DifferenceRow
}

// DifferenceRow is one of them: what is owed, what was entered, and what this reader may do.
type DifferenceRow struct {
	ID, Title, Number, LotHref string
	Chip                       Chip
	Facts                      []Pair
	Due                        *Due
	Steps                      []Step
	// Wait tells why the reader cannot approve: they entered it themselves.
	Wait string
	Form *ActForm
}

// differences is finance's page.
func (s *Site) differences(r *Request) error {
	v, err := s.differencesView(r, uuid.Nil, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("difference.said_" + done) {
		v.Said = r.P.T("difference.said_" + done)
	}
	return r.show(http.StatusOK, DifferencesPage(r.P, v))
}

func (s *Site) differencesView(r *Request, at uuid.UUID, refused *refusedAct) (DifferencesView, error) {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("difference.heading"), "funds", true
	list, err := s.Payments.Differences(r.Context(), r.actor())
	if err != nil {
		return DifferencesView{}, err
	}
	var v DifferencesView
	for i := range list {
		row := p.differenceRow(&list[i])
		if refused != nil && list[i].LotID == at {
			v.Refused = ErrorsOf(p.W, refused.err)
			if row.Form != nil && strings.HasSuffix(row.Form.Action, "/"+refused.act) {
				refused.on(p, row.Form)
				v.Refused = nil
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// differenceRow makes one ready: entered by one person, approved by another.
func (p *Page) differenceRow(d *payments.DifferenceOwed) DifferenceRow {
	row := DifferenceRow{
		ID: d.LotID.String(), Title: p.pick(d.Title), Number: d.Number, LotHref: "/lots/" + d.LotID.String(), Chip: Chip{"solid", "s-due", p.T("difference.state_owed")},
		Facts: []Pair{{p.T("difference.creditor"), p.pick(d.Creditor)}, {p.T("difference.amount"), p.M(d.AmountFen)}},
	}
	base, id := "/funds/differences/"+d.LotID.String()+"/", "d"+d.LotID.String()[24:]
	waiting := -1
	for i := range d.Transfers {
		if d.Transfers[i].State == "prepared" {
			waiting = i
		}
		row.Steps = append(row.Steps, p.transferStep(&d.Transfers[i]))
	}
	switch {
	case d.Fallen:
		row.Chip = Chip{"", "s-withdrawn", p.T("difference.state_fallen")}
		if waiting >= 0 { // it is refused, and goes back as it came
			if row.Form = p.decisionForm(base, id, &d.Transfers[waiting]); row.Form != nil {
				row.Form.Buttons, row.Form.Note = row.Form.Buttons[1:], p.T("difference.fallen_note")
			}
		}
		return row
	case d.PaidAt != nil:
		row.Chip = Chip{"soft", "s-done", p.T("difference.state_paid")}
		row.Facts = append(row.Facts, Pair{p.T("difference.paid_at"), p.W.Minute(*d.PaidAt)})
		return row
	}
	if d.DueAt != nil {
		due := dueAt(p, Due{At: *d.DueAt, Title: p.T("difference.pay"), Text: p.T("duty.text", "at", p.W.Minute(*d.DueAt), "source", p.source("R16d"))})
		row.Due = &due
	}
	if waiting < 0 {
		row.Form = &ActForm{
			ID: id, Title: p.T("difference.enter"), Note: p.T("difference.enter_note", "sum", p.M(d.AmountFen)), Action: base + "entry", Main: true,
			Fields: prefixed(id, []Field{
				{Name: "amount_fen", Label: p.T("difference.amount_in"), Kind: "amount", Mode: "decimal", Required: true},
				{Name: "bank_reference", Label: p.T("difference.reference"), Auto: "off", Required: true, Max: 140, Hint: p.T("difference.reference_hint")},
			}),
			Buttons: []Option{{"enter", p.T("difference.go_enter")}},
		}
		return row
	}
	row.Chip = Chip{"solid", "s-wait", p.T("difference.state_prepared")}
	t := &d.Transfers[waiting]
	if t.Mine {
		row.Wait = p.T("difference.mine")
	}
	row.Form = p.decisionForm(base, id, t)
	return row
}

// decisionForm is another person's word on an entry; none for who entered it (F5).
func (p *Page) decisionForm(base, id string, t *payments.TransferEntry) *ActForm {
	if t.Mine {
		return nil
	}
	return &ActForm{
		ID: id, Title: p.T("difference.decide"), Note: p.T("difference.decide_note", "sum", p.M(t.AmountFen), "reference", t.BankReference, "who", t.PreparedBy), Action: base + "decision", Main: true,
		Fields: prefixed(id, []Field{
			{Name: "transfer", Label: p.T("difference.transfer"), Kind: "select", Options: []Option{{t.ID.String(), t.BankReference + p.T("frame.comma") + p.M(t.AmountFen)}}},
			{Name: "reason", Label: p.T("difference.reason"), Kind: "textarea", Max: 1000, Hint: p.T("difference.reason_hint"), Start: true},
		}),
		Buttons: []Option{{"approve", p.T("difference.go_approve")}, {"refuse", p.T("difference.go_refuse")}},
	}
}

// transferStep is what happened to an entry, with who did it.
func (p *Page) transferStep(t *payments.TransferEntry) Step {
	step := Step{
		State: DueNow, Title: t.BankReference + p.T("frame.comma") + p.M(t.AmountFen),
		Text: p.T("difference.entered", "at", p.W.Minute(t.PreparedAt), "who", t.PreparedBy),
	}
	if t.DecidedAt != nil {
		step.State = Done
		step.Text += p.T("frame.comma") + p.T("difference."+t.State, "at", p.W.Minute(*t.DecidedAt), "who", t.DecidedBy)
	}
	if t.Reason != "" {
		step.Text += p.T("frame.comma") + t.Reason
	}
	return step
}

// enterDifference notes a transfer that the statement shows.
func (s *Site) enterDifference(r *Request) error {
	return s.onDifference(r, "entry", func(lot uuid.UUID) error {
		amount, err := money.ParseYuan(r.PostForm.Get("amount_fen"))
		if err != nil {
			return inField(err, "amount_fen")
		}
		_, err = s.Payments.EnterDifference(r.Context(), r.actor(), lot, amount, r.PostForm.Get("bank_reference"))
		return err
	})
}

// decideDifference is another person's word on it.
func (s *Site) decideDifference(r *Request) error {
	return s.onDifference(r, "decision", func(uuid.UUID) error {
		id, err := idIn(r.PostForm, "transfer")
		if err != nil {
			return err
		}
		return s.Payments.DecideTransfer(r.Context(), r.actor(), id, r.PostForm.Get("act") == "approve", r.PostForm.Get("reason"))
	})
}

func (s *Site) onDifference(r *Request, act string, f func(lot uuid.UUID) error) error {
	lot, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	refused := f(lot)
	if refused == nil {
		if r.PostForm.Get("act") == "refuse" {
			act = "refusal"
		}
		return r.seeOther("/funds/differences?done=" + act)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.differencesView(r, lot, &refusedAct{act, refused, r.PostForm})
	if err != nil {
		return err
	}
	return r.show(status, DifferencesPage(r.P, v))
}
