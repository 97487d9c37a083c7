package pages

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

const transfersPath = "/funds/transfers"

// TransferView is how a bidder pays by a transfer to the court's account (R13, R17, R25).
type TransferView struct {
	Lot Card
	// About names whose the account is: the court's, with a reference to write, or the custodian's for this payer alone, with none.
	Lede, About, Reference string
	Missing                money.Fen
	// Words are the missing sum in words.
	Words         string
	Account, Sums []Pair
}

// offersTransfer: the announcement lets deposit and price be paid to the court's account (R13).
func offersTransfer(d *auction.LotDetail) bool {
	return slices.Contains(d.Announcement.Payment.Methods, docket.PayTransfer)
}

// payByTransfer shows the court's account, what is missing, and the reference that brings the transfer to its deposit or balance.
func (s *Site) payByTransfer(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return err
	}
	in, err := s.Payments.TransferInstructions(r.Context(), id, r.Visitor.Identity.ID)
	if err != nil {
		return err
	}
	if in.Custody == nil && !offersTransfer(&d) {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	return r.show(http.StatusOK, TransferPage(r.P, r.P.transferOf(&d, &in)))
}

func (p *Page) transferOf(d *auction.LotDetail, in *payments.Instructions) TransferView {
	p.Title, p.Nav, p.NoIndex = p.T("transfer_in.heading"), "lots", true
	account := d.Announcement.Payment.Account
	holder, bank, number := p.pick(account.Holder), p.pick(account.Bank), account.Number
	reference, lede, about := payments.SpacedReference(in.Reference), p.T("transfer_in.pay_lede"), p.T("transfer_in.account")
	if in.Custody != nil { // the account finds its place by itself
		holder, bank, number = in.Custody.Holder, in.Custody.Bank, in.Custody.Number
		reference, lede, about = "", p.T("transfer_in.custody_lede"), p.T("transfer_in.custody")
	}
	return TransferView{
		Lot: p.card(&d.LotSummary), Lede: lede, About: about, Reference: reference, Missing: in.MissingFen, Words: p.W.Amount(in.MissingFen),
		Account: []Pair{{p.T("transfer_in.holder"), holder}, {p.T("transfer_in.bank"), bank}, {p.T("transfer_in.number"), number}},
		Sums: []Pair{
			{p.T("transfer_in.for"), p.T("byhand.of_" + in.For)},
			{p.T("transfer_in.amount"), p.M(in.AmountFen)},
			{p.T("transfer_in.paid"), p.M(in.PaidFen)},
			{p.T("transfer_in.missing"), p.M(in.MissingFen)},
		},
	}
}

// transfers is finance's page of what came to the court's account for deposits and balances.
func (s *Site) transfers(r *Request) error {
	v, err := s.transfersView(r, uuid.Nil, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("transfer_in.said_" + done) {
		v.Said = r.P.T("transfer_in.said_" + done)
	}
	return r.show(http.StatusOK, ByHandPage(r.P, v))
}

func (s *Site) transfersView(r *Request, at uuid.UUID, refused *refusedAct) (ByHandView, error) {
	list, err := s.Payments.Transfers(r.Context(), r.actor())
	if err != nil {
		return ByHandView{}, err
	}
	return r.P.transfersOf(list, at, refused), nil
}

// transfersOf makes the list ready; a refusal stands at the form that met it.
func (p *Page) transfersOf(list []payments.Transfer, at uuid.UUID, refused *refusedAct) ByHandView {
	p.Title, p.Nav, p.NoIndex = p.T("transfer_in.list"), "funds", true
	v := ByHandView{
		Heading: p.Title, Lede: p.T("transfer_in.lede"), None: p.T("transfer_in.none"),
		Enter: &ActForm{
			ID: "entry", Title: p.T("transfer_in.enter"), Note: p.T("transfer_in.enter_note"), Action: transfersPath + "/entry", Main: true,
			Fields: prefixed("in", []Field{
				{Name: "amount_fen", Label: p.T("transfer_in.amount_in"), Kind: "amount", Mode: "decimal", Required: true},
				{Name: "payer", Label: p.T("byhand.payer"), Auto: "off", Required: true, Max: 140, Hint: p.T("transfer_in.payer_hint")},
				{Name: "bank_reference", Label: p.T("difference.reference"), Auto: "off", Required: true, Max: 140, Hint: p.T("difference.reference_hint")},
				{Name: "payment_reference", Label: p.T("transfer_in.reference"), Auto: "off", Max: 30, Hint: p.T("transfer_in.reference_hint")},
			}),
			Buttons: []Option{{"enter", p.T("byhand.go_enter")}},
		},
	}
	if refused != nil {
		v.Refused = ErrorsOf(p.W, refused.err)
		if refused.act == "entry" {
			refused.on(p, v.Enter)
			v.Refused = nil
		}
	}
	for i := range list {
		row := p.transferRow(&list[i])
		if refused != nil && list[i].ID == at && refused.at(p, row.Forms) {
			v.Refused = nil
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func (p *Page) transferRow(x *payments.Transfer) ByHandRow {
	row := ByHandRow{
		ID: x.ID.String(), Title: p.M(x.AmountFen), Number: x.Number, Chip: Chip{"soft", "s-done", p.T("transfer_in.state_" + string(x.State))},
		Facts: []Pair{{p.T("difference.reference"), x.BankReference}, {p.T("byhand.payer"), x.Payer}},
		Steps: []Step{p.entryStep(p.M(x.AmountFen), entryOf{x.State, x.PreparedBy, x.DecidedBy, x.Reason}, p.W.Minute(x.PreparedAt), p.minuteOf(x.DecidedAt))},
	}
	if x.PaymentReference == "" {
		row.Facts = append(row.Facts, Pair{p.T("transfer_in.reference"), p.T("transfer_in.no_reference")})
	} else {
		row.Facts = append(row.Facts, Pair{p.T("transfer_in.reference"), payments.SpacedReference(x.PaymentReference)})
	}
	switch {
	case x.LotID != nil:
		row.LotHref = "/lots/" + x.LotID.String()
		row.Facts = append(row.Facts, Pair{p.T("transfer_in.for"), p.T("byhand.of_" + x.For)})
	case x.State == payments.Approved && x.PaymentReference != "":
		row.Facts = append(row.Facts, Pair{p.T("transfer_in.for"), p.T("transfer_in.sealed")})
	case x.State == payments.Approved:
		row.Facts = append(row.Facts, Pair{p.T("transfer_in.for"), p.T("transfer_in.suspense")})
	}
	if x.State == payments.Prepared {
		row.Chip = Chip{"solid", "s-wait", p.T("byhand.state_prepared")}
		note := p.T("transfer_in.approve_note", "who", x.PreparedBy, "sum", p.M(x.AmountFen), "payer", x.Payer, "reference", x.BankReference)
		row.Wait, row.Forms = p.entryForms(transfersPath+"/"+row.ID+"/", "t"+row.ID[24:], x.ID, x.Mine, note, p.T("transfer_in.sure"))
	}
	return row
}

// enterTransfer notes a transfer that the statement shows.
func (s *Site) enterTransfer(r *Request) error {
	return s.onTransfer(r, "entry", func() error {
		amount, err := money.ParseYuan(r.PostForm.Get("amount_fen"))
		if err != nil {
			return inField(err, "amount_fen")
		}
		_, err = s.Payments.EnterTransfer(r.Context(), r.actor(), payments.Arrived{
			AmountFen: amount, BankReference: r.PostForm.Get("bank_reference"), Payer: r.PostForm.Get("payer"), PaymentReference: r.PostForm.Get("payment_reference"),
		})
		return err
	})
}

func (s *Site) approveTransfer(r *Request) error {
	return s.onTransfer(r, "approval", func() error {
		return confirmed(r, func(id uuid.UUID) error { return s.Payments.DecideTransfer(r.Context(), r.actor(), id, true, "") })
	})
}

func (s *Site) refuseTransfer(r *Request) error {
	return s.onTransfer(r, "refusal", func() error {
		return onEntry(r, func(id uuid.UUID) error {
			return s.Payments.DecideTransfer(r.Context(), r.actor(), id, false, r.PostForm.Get("reason"))
		})
	})
}

func (s *Site) withdrawTransfer(r *Request) error {
	return s.onTransfer(r, "withdrawal", func() error {
		return onEntry(r, func(id uuid.UUID) error { return s.Payments.WithdrawTransfer(r.Context(), r.actor(), id) })
	})
}

// onTransfer does an act and shows the list again, with what was said or why it was refused.
func (s *Site) onTransfer(r *Request, act string, f func() error) error {
	var at uuid.UUID
	if id := r.Params["transfer"]; id != "" {
		var err error
		if at, err = uuid.Parse(id); err != nil {
			return fault.New(fault.NotFound, fault.NotFoundCode)
		}
	}
	if err := r.form(); err != nil {
		return err
	}
	refused := f()
	if refused == nil {
		return r.seeOther(transfersPath + "?done=" + act)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.transfersView(r, at, &refusedAct{act, refused, r.PostForm})
	if err != nil {
		return err
	}
	return r.show(status, ByHandPage(r.P, v))
}
