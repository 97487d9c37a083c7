package pages

import (
	"context"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/law"
	"mingchui/auction/papers"
	"mingchui/payments"
)

// me is the bidder's desk: where the money is, what is due. It shows no code
// and does not know who leads (R18).
func (s *Site) me(r *Request) error {
	v, err := s.meView(r)
	if err != nil {
		return err
	}
	return r.show(http.StatusOK, MePage(r.P, v))
}

func (s *Site) meView(r *Request) (MeView, error) {
	p, id := r.P, r.Visitor.Identity.ID
	p.Title, p.Nav, p.NoIndex = p.T("me.heading"), "me", true
	v := MeView{}
	switch r.URL.Query().Get("done") {
	case "revoked":
		v.Said = p.T("me.revoked")
	case "booked":
		v.Said = p.T("handover.booked")
	case "objected":
		v.Said = p.T("objection.said_lodged")
	case "objection_withdrawn":
		v.Said = p.T("objection.said_withdrawn")
	}
	deposits, err := s.Payments.MyDeposits(r.Context(), id)
	if err != nil {
		return v, err
	}
	lots := map[uuid.UUID]*auction.LotDetail{}
	for _, d := range deposits {
		s.addDeposit(r, &v, d, lots)
	}
	balances, err := s.Payments.MyBalances(r.Context(), id)
	if err != nil {
		return v, err
	}
	for _, b := range balances {
		l, err := s.lotOnce(r.Context(), p, b.LotID, lots)
		if err != nil {
			return v, err
		}
		s.addWon(p, &v, b, l, deposits)
		won := &v.Won[len(v.Won)-1]
		s.bought(r.Context(), p, id, l, won)
		if won.Papers, err = s.paperLinks(r, r.actor(), b.LotID, papers.ConfirmationPaper, papers.BuyerReceipt); err != nil {
			return v, err
		}
	}
	if v.Objections, err = s.myObjections(r); err != nil {
		return v, err
	}
	if v.Agencies, err = s.myAgencies(r, uuid.Nil); err != nil {
		return v, err
	}
	slices.SortFunc(v.Due, func(a, b Due) int { return a.At.Compare(b.At) })
	sessions, err := s.Accounts.Sessions(r.Context(), id)
	if err != nil {
		return v, err
	}
	here := s.Accounts.Current(r.Request)
	for _, one := range sessions {
		v.Sessions = append(v.Sessions, Device{ID: one.ID, Agent: one.Agent, Current: one.ID == here, At: one.CreatedAt})
	}
	return v, nil
}

// lotOnce reads a lot once a page.
func (s *Site) lotOnce(ctx context.Context, p *Page, id uuid.UUID, held map[uuid.UUID]*auction.LotDetail) (*auction.LotDetail, error) {
	if l, ok := held[id]; ok {
		return l, nil
	}
	l, err := s.Auction.Lot(ctx, id, p.Now)
	if err != nil {
		return nil, err
	}
	held[id] = &l
	return &l, nil
}

// maxOpenLots bounds how many lots with an open deposit are read for the list of what is due.
const maxOpenLots = 50

// whyBack is why a deposit goes back before the end: its bidder left (R28o), or the code is not admitted (R20a).
func (s *Site) whyBack(r *Request, lot uuid.UUID) string {
	if e, err := s.Desk.Seat(r.Context(), r.Visitor.Identity.ID, lot); err == nil && e.Left() {
		return "left_sale"
	}
	return "not_admitted"
}

func (s *Site) addDeposit(r *Request, v *MeView, d payments.MyDeposit, lots map[uuid.UUID]*auction.LotDetail) {
	ctx, p := r.Context(), r.P
	title := p.W.Pick(d.TitleZH, d.TitleEN)
	href := "/lots/" + d.LotID.String()
	row := DepositRow{Href: href, Title: title, Amount: d.AmountFen, Chip: depositChip(p, d.State)}
	at := ""
	switch {
	case d.State == payments.Returning && d.ReturnDueAt != nil:
		at, row.DueAt = p.W.Minute(*d.ReturnDueAt), *d.ReturnDueAt
	case d.SettledAt != nil:
		at = p.W.Minute(*d.SettledAt)
	}
	row.Text = p.T("me.w_"+string(d.State), "at", at)
	if d.NotAdmitted {
		row.Text, row.Href = row.Text+p.T("frame.comma")+p.T("me."+s.whyBack(r, d.LotID)), href+"/enrol"
	}
	v.Deposits = append(v.Deposits, row)
	switch d.State {
	case payments.Held:
		v.Held += d.AmountFen
	case payments.Returning:
		v.Returning += d.AmountFen
	case payments.Requested, payments.Applied, payments.Returned, payments.Forfeited, payments.Lapsed, payments.Exempt:
	}
	if (d.State != payments.Held && d.State != payments.Requested && d.State != payments.Exempt) || len(lots) >= maxOpenLots {
		return
	}
	l, err := s.lotOnce(ctx, p, d.LotID, lots)
	if err != nil {
		s.Trace.WarnContext(ctx, "a deposit's lot was not read", "error", err)
		return
	}
	ph := phaseOf(&l.LotSummary)
	switch {
	case d.State == payments.Requested && (ph == Announced || ph.Running()):
		v.Due = append(v.Due, Due{
			At: valueOf(l.EndsAt), Clock: true, Unit: p.T("me.until_end"), Title: p.T("me.due_deposit", "title", title),
			Text: p.T("me.due_deposit_text", "amount", p.M(d.AmountFen-d.PaidFen)), Act: p.T("me.act_pay"), Href: href + "/enrol",
		})
	case ph.Running():
		v.Due = append(v.Due, Due{
			At: valueOf(l.EndsAt), Clock: true, Unit: p.T("me.until_end"), Title: p.T("me.due_live", "title", title), Text: p.T("me.due_live_text"),
			Act: p.T("me.act_room"), Href: href, Button: "main",
		})
	}
}

func (s *Site) addWon(p *Page, v *MeView, b payments.Balance, l *auction.LotDetail, deposits []payments.MyDeposit) {
	w := Won{Card: p.card(&l.LotSummary), PaidSoFar: b.PaidFen, Rest: b.AmountFen - b.PaidFen}
	for _, d := range deposits {
		if d.LotID == b.LotID && (d.State == payments.Applied || d.State == payments.Forfeited) {
			w.Counted = d.AmountFen
		}
	}
	open := b.State == "open" && p.Now.Before(b.DueAt)
	w.CanPay, w.ByTransfer = open && w.Rest > 0, offersTransfer(l) || s.Payments.InCustody(b.AmountFen)
	at := p.W.Minute(b.DueAt)
	if w.CanPay {
		v.Due = append(v.Due, dueAt(p, Due{
			At: b.DueAt, Title: p.T("me.due_balance", "title", w.Title, "amount", p.M(w.Rest)), Text: p.T("me.due_balance_text", "at", at),
			Act: p.T("me.act_pay"), Post: w.Href() + "/balance",
		}))
	}
	w.Steps = p.wonSteps(l, at, open)
	v.Won = append(v.Won, w)
}

// wonSteps is what follows a purchase, from the buyer's side.
func (p *Page) wonSteps(l *auction.LotDetail, dueAt string, open bool) []Step {
	rules, _ := law.ByName(l.RuleSet)
	state := func(done, now bool) StepState {
		switch {
		case done:
			return Done
		case now:
			return DueNow
		}
		return ToCome
	}
	paid := l.State == auction.Paid || l.State == auction.Ruled
	steps := []Step{
		{state(l.Confirmation != nil, true), p.T("me.step_confirmed"), p.T("me.step_confirmed_text")},
		{state(paid, open), p.T("me.step_balance"), p.T("me.step_balance_text", "at", dueAt)},
		{state(l.Ruling != nil, paid), p.T("me.step_ruling"), p.T("me.step_ruling_text", "long", p.W.Span(rules.RulingWithin))},
		{state(l.Ruling != nil && l.Ruling.HandedOverAt != nil, l.Ruling != nil), p.T("me.step_handover"), p.T("me.step_handover_text", "long", p.W.Span(rules.HandoverWithin))},
	}
	if paid {
		steps[1].Text = p.T("me.step_balance_paid")
	}
	if l.State == auction.Defaulted {
		steps[1].State, steps[1].Text = Late, p.T("after.balance_not")
		return steps[:2]
	}
	return steps
}

// balance leads to the payment page for what is left of the price.
func (s *Site) balance(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	b, err := s.Payments.OpenBalance(r.Context(), id, r.Visitor.Identity.ID)
	if err == nil && b.PaymentURL != "" {
		return r.leave(b.PaymentURL)
	}
	if err == nil && b.State == "open" && s.Payments.InCustody(b.AmountFen) { // it has no page but an account
		return r.seeOther("/lots/" + id.String() + "/transfer")
	}
	if err == nil {
		return r.seeOther("/me")
	}
	status, ok := refusal(err)
	if !ok {
		return err
	}
	v, e := s.meView(r)
	if e != nil {
		return e
	}
	v.Errors = ErrorsOf(r.P.W, err)
	return r.show(status, MePage(r.P, v))
}
