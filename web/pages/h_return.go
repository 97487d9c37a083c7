package pages

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/web/problem"
)

const returnsPath = "/funds/returns"

// ByHandView is money that finance moves by transfers of the court's bank, each entered by one person and decided by another (F5).
type ByHandView struct {
	Heading, Lede, None, Said string
	Refused                   Errors
	// Enter is a form of the page as a whole, where one may enter what no row is for yet.
	Enter *ActForm
	Rows  []ByHandRow
}

// ByHandRow is one of them: what it is, what was entered, and what this reader may do.
type ByHandRow struct {
	ID, Title, Number, LotHref string
	Chip                       Chip
	Facts                      []Pair
	Due                        *Due
	Steps                      []Step
	// Wait tells why the reader cannot approve: they entered it themselves.
	Wait  string
	Forms []ActForm
}

// returns is finance's page of what goes back by hand (R23, R31).
func (s *Site) returns(r *Request) error {
	v, err := s.returnsView(r, uuid.Nil, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("byhand.said_" + done) {
		v.Said = r.P.T("byhand.said_" + done)
	}
	return r.show(http.StatusOK, ByHandPage(r.P, v))
}

func (s *Site) returnsView(r *Request, at uuid.UUID, refused *refusedAct) (ByHandView, error) {
	list, err := s.Payments.Returns(r.Context(), r.actor())
	if err != nil {
		return ByHandView{}, err
	}
	return r.P.returnsOf(list, at, refused), nil
}

// returnsOf makes the list ready; a refusal stands at the form that met it.
func (p *Page) returnsOf(list []payments.Return, at uuid.UUID, refused *refusedAct) ByHandView {
	p.Title, p.Nav, p.NoIndex = p.T("byhand.heading"), "funds", true
	v := ByHandView{Heading: p.Title, Lede: p.T("byhand.lede"), None: p.T("byhand.none")}
	for i := range list {
		row := p.returnRow(&list[i])
		if refused != nil && list[i].ID == at {
			v.Refused = ErrorsOf(p.W, refused.err)
			if refused.at(p, row.Forms) {
				v.Refused = nil
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func (p *Page) returnRow(x *payments.Return) ByHandRow {
	row := ByHandRow{
		ID: x.ID.String(), Title: p.pick(x.Title), Number: x.Number, Chip: Chip{"solid", "s-due", p.T("byhand.state_owed")},
		Facts: []Pair{{p.T("byhand.of"), p.T("byhand.of_" + x.Of)}, {p.T("byhand.payer"), p.pick(x.Payer)}, {p.T("byhand.amount"), p.M(x.AmountFen)}},
	}
	if x.LotID != nil {
		row.LotHref = "/lots/" + x.LotID.String()
	} else {
		row.Title = p.T("byhand.of_" + x.Of)
	}
	if x.Why != "" {
		row.Facts = append(row.Facts, Pair{p.T("byhand.why"), x.Why})
	}
	waiting := -1
	for i := range x.Transfers {
		t := &x.Transfers[i]
		if t.State == payments.Prepared {
			waiting = i
		}
		row.Steps = append(row.Steps, p.entryStep(t.BankReference+p.T("frame.comma")+t.Payee, entryOf{t.State, t.PreparedBy, t.DecidedBy, t.Reason}, p.W.Minute(t.PreparedAt), p.minuteOf(t.DecidedAt)))
	}
	if x.Status == "returned" {
		row.Chip = Chip{"soft", "s-done", p.T("byhand.state_returned")}
		return row
	}
	due := dueAt(p, Due{At: x.DueAt, Title: p.T("byhand.due"), Text: p.T("duty.text", "at", p.W.Minute(x.DueAt), "source", p.source("R23"))})
	row.Due = &due
	base, id := returnsPath+"/"+row.ID+"/", "r"+row.ID[24:]
	if waiting < 0 {
		row.Forms = []ActForm{{
			ID: id, Title: p.T("byhand.enter"), Note: p.T("byhand.enter_note", "sum", p.M(x.AmountFen)), Action: base + "entry", Main: true,
			Fields: prefixed(id, []Field{
				{Name: "amount_fen", Label: p.T("byhand.amount_out"), Kind: "amount", Mode: "decimal", Required: true},
				{Name: "payee", Label: p.T("byhand.payee"), Auto: "off", Required: true, Max: 140, Hint: p.T("byhand.payee_hint")},
				{Name: "bank_reference", Label: p.T("byhand.reference"), Auto: "off", Required: true, Max: 140, Hint: p.T("byhand.reference_hint")},
			}),
			Buttons: []Option{{"enter", p.T("byhand.go_enter")}},
		}}
		return row
	}
	t := &x.Transfers[waiting]
	row.Chip = Chip{"solid", "s-wait", p.T("byhand.state_prepared")}
	note := p.T("byhand.approve_note", "who", t.PreparedBy, "sum", p.M(t.AmountFen), "payee", t.Payee, "reference", t.BankReference)
	row.Wait, row.Forms = p.entryForms(base, id, t.ID, t.Mine, note, p.T("byhand.sure_return"))
	return row
}

// entryOf is who did what with an entry.
type entryOf struct {
	State                         payments.EntryState
	PreparedBy, DecidedBy, Reason string
}

// entryStep is what happened to an entry, with who did it.
func (p *Page) entryStep(title string, e entryOf, prepared, decided string) Step {
	step := Step{State: DueNow, Title: title, Text: p.T("byhand.entered", "at", prepared, "who", e.PreparedBy)}
	if decided != "" {
		step.State = Done
		step.Text += p.T("frame.comma") + p.T("byhand."+string(e.State), "at", decided, "who", e.DecidedBy)
	}
	if e.Reason != "" {
		step.Text += p.T("frame.comma") + e.Reason
	}
	return step
}

// entryForms are what the reader may do with an entry that waits: who made it takes it back, another approves or refuses (F5).
// An approval cannot be undone and so is confirmed.
func (p *Page) entryForms(base, id string, entry uuid.UUID, mine bool, note, sure string) (wait string, forms []ActForm) {
	transfer := Field{Name: "transfer", Kind: "hidden", Value: entry.String()}
	if mine {
		return p.T("byhand.mine"), []ActForm{{
			ID: id + "-withdraw", Title: p.T("byhand.withdraw"), Note: p.T("byhand.withdraw_note"), Action: base + "withdrawal", Fields: []Field{transfer},
			Buttons: []Option{{"withdraw", p.T("byhand.go_withdraw")}},
		}}
	}
	return "", []ActForm{
		{
			ID: id + "-approve", Title: p.T("byhand.approve"), Note: note, Action: base + "approval", Main: true, Sure: sure, Fields: []Field{transfer},
			Buttons: []Option{{"approve", p.T("byhand.go_approve")}},
		},
		{
			ID: id + "-refuse", Title: p.T("byhand.refuse"), Note: p.T("byhand.refuse_note"), Action: base + "refusal",
			Fields: append([]Field{transfer}, prefixed(id, []Field{
				{Name: "reason", Label: p.T("byhand.reason"), Kind: "textarea", Required: true, Max: 1000},
			})...),
			Buttons: []Option{{"refuse", p.T("byhand.go_refuse")}},
		},
	}
}

// enterReturn notes the court's transfer.
func (s *Site) enterReturn(r *Request) error {
	return s.onReturn(r, "entry", func(of uuid.UUID) error {
		amount, err := money.ParseYuan(r.PostForm.Get("amount_fen"))
		if err != nil {
			return inField(err, "amount_fen")
		}
		_, err = s.Payments.EnterReturn(r.Context(), r.actor(), of, payments.TransferOut{
			AmountFen: amount, BankReference: r.PostForm.Get("bank_reference"), Payee: r.PostForm.Get("payee"),
		})
		return err
	})
}

func (s *Site) approveReturn(r *Request) error {
	return s.onReturn(r, "approval", func(uuid.UUID) error {
		return confirmed(r, func(id uuid.UUID) error { return s.Payments.DecideReturn(r.Context(), r.actor(), id, true, "") })
	})
}

func (s *Site) refuseReturn(r *Request) error {
	return s.onReturn(r, "refusal", func(uuid.UUID) error {
		return onEntry(r, func(id uuid.UUID) error {
			return s.Payments.DecideReturn(r.Context(), r.actor(), id, false, r.PostForm.Get("reason"))
		})
	})
}

func (s *Site) withdrawReturn(r *Request) error {
	return s.onReturn(r, "withdrawal", func(uuid.UUID) error {
		return onEntry(r, func(id uuid.UUID) error { return s.Payments.WithdrawReturn(r.Context(), r.actor(), id) })
	})
}

// onEntry acts on the transfer that the form names.
func onEntry(r *Request, f func(id uuid.UUID) error) error {
	id, err := idIn(r.PostForm, "transfer")
	if err != nil {
		return err
	}
	return f(id)
}

// confirmed acts only where the reader said that it cannot be undone.
func confirmed(r *Request, f func(id uuid.UUID) error) error {
	if r.PostForm.Get("confirmed") != "yes" {
		return fault.New(fault.Invalid, problem.FieldMissing).InField("confirmed")
	}
	return onEntry(r, f)
}

// onReturn does an act and shows the list again, with what was said or why it was refused.
func (s *Site) onReturn(r *Request, act string, f func(of uuid.UUID) error) error {
	of, err := uuid.Parse(r.Params["return"])
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err := r.form(); err != nil {
		return err
	}
	refused := f(of)
	if refused == nil {
		return r.seeOther(returnsPath + "?done=" + act)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.returnsView(r, of, &refusedAct{act, refused, r.PostForm})
	if err != nil {
		return err
	}
	return r.show(status, ByHandPage(r.P, v))
}

// minuteOf writes an instant that may not have come; empty where it has not.
func (p *Page) minuteOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return p.W.Minute(*at)
}
