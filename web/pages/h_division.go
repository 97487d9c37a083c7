package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// dividing is the page on which a court divides a case's money.
func (s *Site) dividing(r *Request) error {
	v, err := s.divisionView(r, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("division.said_" + done) {
		v.Said = r.P.T("division.said_" + done)
	}
	return r.show(http.StatusOK, DivisionPage(r.P, v))
}

func (s *Site) divisionView(r *Request, refused *refusedAct) (DivisionView, error) {
	p := r.P
	c, err := s.Auction.CaseByKey(r.Context(), r.Params["case"], r.Now)
	if err != nil {
		return DivisionView{}, err
	}
	p.Title, p.Nav, p.NoIndex = p.T("division.heading")+" "+c.Number, "funds", true
	d, err := s.CaseFund.Desk(r.Context(), r.actor(), c.ID)
	if err != nil {
		return DivisionView{}, err
	}
	v := p.division(&c, &d, r.actor())
	if refused == nil {
		return v, nil
	}
	v.Refused = ErrorsOf(p.W, refused.err)
	for _, list := range [][]ActForm{v.Acts, v.More} {
		for i := range list {
			if strings.HasSuffix(list[i].Action, "/"+refused.act) {
				refused.on(p, &list[i])
				v.Refused = nil
			}
		}
	}
	return v, nil
}

// divisionAct does an act of the page and shows it again, with what was said or why it was refused.
func (s *Site) divisionAct(r *Request) error {
	c, err := s.Auction.CaseByKey(r.Context(), r.Params["case"], r.Now)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	act := r.Params["act"]
	f, known := s.divisionActs()[act]
	if !known {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	refused := f(r, c.ID)
	if refused == nil {
		return r.seeOther("/cases/" + c.ID.String() + "/division?done=" + act)
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.divisionView(r, &refusedAct{act, refused, r.PostForm})
	if err != nil {
		return err
	}
	return r.show(status, DivisionPage(r.P, v))
}

// divisionActs are the acts of the page by their names.
func (s *Site) divisionActs() map[string]func(r *Request, caseID uuid.UUID) error {
	return map[string]func(r *Request, caseID uuid.UUID) error{
		"claim": s.lodgeClaim, "withdrawal": s.withdrawClaim, "plan": s.makePlan, "service": s.servePlan, "objection": s.objectToPlan, "step": s.contestPlan,
		"revision": s.revisePlan, "vote": s.voteOnPlan, "approval": s.approvePlan, "payee": s.recordPayee, "file": s.releasePayouts, "result": s.settlePayout,
	}
}

// fenIn reads an amount in yuan; nothing is zero.
func fenIn(f url.Values, name string) (money.Fen, error) {
	if strings.TrimSpace(f.Get(name)) == "" {
		return 0, nil
	}
	got, err := money.ParseYuan(f.Get(name))
	if err != nil {
		return 0, inField(err, name)
	}
	return got, nil
}

// numberIn reads a small number; nothing is zero.
func numberIn(f url.Values, name string) (int, error) {
	typed := strings.TrimSpace(f.Get(name))
	if typed == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil {
		return 0, fault.New(fault.Invalid, fault.InvalidRequest).InField(name)
	}
	return n, nil
}

// notBefore takes a time that a person gave to the minute for what it was: a little after what it answers.
func notBefore(at, earlier time.Time) time.Time {
	if at.Before(earlier) && earlier.Sub(at) < time.Minute {
		return earlier
	}
	return at
}

// claimIn is a claim's id; nil for the debtor.
func claimIn(f url.Values, name string) (*uuid.UUID, error) {
	if f.Get(name) == string(distribution.TheDebtor) {
		return nil, nil //nolint:nilnil // the debtor
	}
	id, err := idIn(f, name)
	return &id, err
}

func (s *Site) lodgeClaim(r *Request, caseID uuid.UUID) error {
	f := r.PostForm
	l := casefund.Lodging{Case: caseID, Kind: distribution.Kind(f.Get("kind")), Creditor: text(f, "creditor"), Instrument: f.Get("instrument"), Applicant: f.Get("applicant") == "yes"}
	if l.Creditor.En == "" {
		l.Creditor.En = l.Creditor.Zh
	}
	var err error
	if l.Amount, err = fenIn(f, "amount_fen"); err != nil {
		return err
	}
	if l.Seized, err = numberIn(f, "seized"); err != nil {
		return err
	}
	if f.Get("security") != "" {
		lot, err := idIn(f, "security")
		if err != nil {
			return err
		}
		rank, err := numberIn(f, "rank")
		if err != nil {
			return err
		}
		l.Securities = []casefund.Security{{Lot: lot, Rank: rank}}
	}
	_, err = s.CaseFund.Lodge(r.Context(), r.actor(), l)
	return formField(err, map[string]string{"creditor": "creditor_zh", "securities": "security", "securities[0].rank": "rank", "securities[0].lot": "security"})
}

// formField renames the field of a refusal to the form's own.
func formField(err error, names map[string]string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && names[f.Field] != "" {
		return f.InField(names[f.Field])
	}
	return err
}

func (s *Site) withdrawClaim(r *Request, _ uuid.UUID) error {
	id, err := idIn(r.PostForm, "claim")
	if err != nil {
		return err
	}
	return formField(s.CaseFund.Withdraw(r.Context(), r.actor(), id, text(r.PostForm, "reason")), map[string]string{"reason": "reason_zh"})
}

func (s *Site) makePlan(r *Request, caseID uuid.UUID) error {
	f := r.PostForm
	p := casefund.Proposal{Case: caseID, Order: distribution.Order(f.Get("order")), Reason: text(f, "reason")}
	for name, to := range map[string]*money.Fen{"enforcement_costs_fen": &p.Enforcement, "sole_home_fen": &p.SoleHome, "living_fen": &p.Living} {
		var err error
		if *to, err = fenIn(f, name); err != nil {
			return err
		}
	}
	_, err := s.CaseFund.Make(r.Context(), r.actor(), p)
	return formField(err, map[string]string{"reason": "reason_zh"})
}

// planOfCase is the plan that stands; not_found where none does.
func (s *Site) planOfCase(r *Request, caseID uuid.UUID) (*casefund.Made, error) {
	d, err := s.CaseFund.Desk(r.Context(), r.actor(), caseID)
	if err != nil {
		return nil, err
	}
	x := division{d: &d}
	m := x.standing()
	if m == nil {
		return nil, fault.New(fault.Conflict, fault.StateConflict).ByRule("F4o")
	}
	return m, nil
}

func (s *Site) servePlan(r *Request, caseID uuid.UUID) error {
	m, err := s.planOfCase(r, caseID)
	if err != nil {
		return err
	}
	var list []casefund.Receipt
	var names []string
	for _, a := range (&division{}).addressees(m) {
		name := "received_" + string(a)
		if r.PostForm.Get(name) == "" {
			continue
		}
		at, err := localTime(r.PostForm.Get(name), name)
		if err != nil {
			return err
		}
		receipt := casefund.Receipt{ReceivedAt: notBefore(at, m.MadeAt)}
		if a != distribution.TheDebtor {
			id, err := uuid.Parse(string(a))
			if err != nil {
				return fault.New(fault.Invalid, fault.InvalidRequest).InField(name)
			}
			receipt.Claim = &id
		}
		list, names = append(list, receipt), append(names, name)
	}
	renamed := map[string]string{}
	for i, name := range names {
		at := "receipts[" + strconv.Itoa(i) + "]"
		renamed[at+".received_at"], renamed[at+".claim"] = name, name
	}
	return formField(s.CaseFund.Serve(r.Context(), r.actor(), m.ID, list), renamed)
}

func (s *Site) objectToPlan(r *Request, caseID uuid.UUID) error {
	m, err := s.planOfCase(r, caseID)
	if err != nil {
		return err
	}
	f := r.PostForm
	o := casefund.Objecting{Plan: m.ID, Text: f.Get("text")}
	if o.By, err = claimIn(f, "by"); err != nil {
		return err
	}
	if o.Claim, err = idIn(f, "claim"); err != nil {
		return err
	}
	if o.Asked, err = fenIn(f, "asked_fen"); err != nil {
		return err
	}
	if o.LodgedAt, err = localTime(f.Get("lodged_at"), "lodged_at"); err != nil {
		return err
	}
	for _, x := range m.Receipts {
		if string(x.Who) == f.Get("by") {
			o.LodgedAt = notBefore(o.LodgedAt, x.At)
		}
	}
	_, err = s.CaseFund.Object(r.Context(), r.actor(), o)
	return err
}

func (s *Site) contestPlan(r *Request, caseID uuid.UUID) error {
	m, err := s.planOfCase(r, caseID)
	if err != nil {
		return err
	}
	f := r.PostForm
	c := casefund.Contest{Step: distribution.Contest(f.Get("step")), Number: f.Get("number")}
	if c.Objection, err = idIn(f, "objection"); err != nil {
		return err
	}
	if c.Step == distribution.StepTold || c.Step == distribution.StepOpposed {
		if c.Who, err = claimIn(f, "who"); err != nil {
			return err
		}
	}
	if c.At, err = localTime(f.Get("at"), "at"); err != nil {
		return err
	}
	for _, o := range m.Objections {
		if o.ID != c.Objection {
			continue
		}
		c.At = notBefore(c.At, o.LodgedAt)
		for _, x := range o.Told {
			c.At = notBefore(c.At, x.At)
		}
	}
	if c.Judged, err = fenIn(f, "judged_fen"); err != nil {
		return err
	}
	return s.CaseFund.Contest(r.Context(), r.actor(), c)
}

func (s *Site) revisePlan(r *Request, caseID uuid.UUID) error {
	m, err := s.planOfCase(r, caseID)
	if err != nil {
		return err
	}
	_, err = s.CaseFund.Revise(r.Context(), r.actor(), m.ID)
	return err
}

func (s *Site) voteOnPlan(r *Request, caseID uuid.UUID) error {
	m, err := s.planOfCase(r, caseID)
	if err != nil {
		return err
	}
	return s.CaseFund.Vote(r.Context(), r.actor(), casefund.Ballot{Plan: m.ID, Approve: r.PostForm.Get("act") == "approve", Opinion: r.PostForm.Get("opinion")})
}

// approvePlan pays the plan that was seen: one that took its place since is refused.
func (s *Site) approvePlan(r *Request, _ uuid.UUID) error {
	if r.PostForm.Get("sure") != "yes" {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("sure").ByRule("F5")
	}
	id, err := idIn(r.PostForm, "distribution")
	if err != nil {
		return err
	}
	return formField(s.CaseFund.Approve(r.Context(), r.actor(), id, lateOf(r.PostForm)), map[string]string{"late_reason": "late_zh"})
}

func (s *Site) recordPayee(r *Request, caseID uuid.UUID) error {
	f := r.PostForm
	claim, err := claimIn(f, "to")
	if err != nil {
		return err
	}
	return s.CaseFund.Payee(r.Context(), r.actor(), caseID, claim, casefund.Account{Holder: f.Get("holder"), Bank: f.Get("bank"), Number: f.Get("number")})
}

func (s *Site) releasePayouts(r *Request, caseID uuid.UUID) error {
	_, err := s.CaseFund.Release(r.Context(), r.actor(), caseID)
	return err
}

func (s *Site) settlePayout(r *Request, _ uuid.UUID) error {
	id, err := idIn(r.PostForm, "payout")
	if err != nil {
		return err
	}
	var reason docket.Text
	event := casefund.PayoutEvent(r.PostForm.Get("act"))
	if event == casefund.Returned {
		reason = text(r.PostForm, "reason")
	}
	err = s.CaseFund.Settle(r.Context(), r.actor(), casefund.Result{Payout: id, Event: event, BankReference: r.PostForm.Get("bank_reference"), Reason: reason})
	return formField(err, map[string]string{"reason": "reason_zh"})
}
