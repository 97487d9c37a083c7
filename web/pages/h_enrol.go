package pages

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/bidding"
	"mingchui/payments"
	"mingchui/web/account"
	"mingchui/web/problem"
)

// enrolView makes the frame of the enrolment page.
func (s *Site) enrolView(r *Request) (EnrolView, auction.LotDetail, error) {
	id, err := r.lotID()
	if err != nil {
		return EnrolView{}, auction.LotDetail{}, err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return EnrolView{}, d, err
	}
	me, err := s.Accounts.ByID(r.Context(), r.Visitor.Identity.ID)
	if err != nil {
		return EnrolView{}, d, err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("enrol.heading"), "lots", true
	v := EnrolView{Lot: p.card(&d.LotSummary), Name: me.RealName, Capacity: "ordinary", Conditions: nonEmpty(p.pick(d.Announcement.Conditions)), Deposit: d.DepositFen}
	if l := d.Announcement.PurchaseLimits; l != nil {
		v.Limited = true
		v.Conditions = append(v.Conditions, nonEmpty(p.pick(l.Condition), p.pick(l.Consequences))...)
	}
	if l := d.Announcement.Approval; l != nil {
		v.Limited = true
		v.Conditions = append(v.Conditions, nonEmpty(p.pick(l.Condition), p.T("lot.approval", "authority", p.pick(l.Authority), "n", l.WithinDays))...)
	}
	for _, n := range d.Announcement.Notices {
		v.Notices = append(v.Notices, Pair{p.pick(n.Title), p.pick(n.Text)})
	}
	for _, c := range []string{"ordinary", "priority", "creditor"} {
		v.Capacities = append(v.Capacities, Option{Value: c, Name: p.T("enrol.cap_" + c)})
	}
	v.Steps = enrolProgress(p, 1)
	v.Behalfs, err = s.behalfs(r, id)
	return v, d, err
}

// withEnrolment shows where an enrolment stands; never its code (R18).
func (r *Request) withEnrolment(v *EnrolView, e bidding.Enrolment) {
	v.Enrolled, v.Deposit, v.PaymentURL = true, e.Deposit.AmountFen, e.Deposit.PaymentURL
	state := payments.DepositState(e.Deposit.Status)
	v.DepositChip = depositChip(r.P, state)
	v.NotAdmitted, v.Left = e.NotAdmitted(), e.Left()
	switch state {
	case payments.Requested:
		v.DepositText = r.P.T("enrol.s4_text")
		v.Steps = enrolProgress(r.P, 4)
	case payments.Lapsed:
		v.DepositText = r.P.T("me.w_lapsed")
		v.Steps = enrolProgress(r.P, 4)
	case payments.Exempt, payments.Held:
		v.DepositText = r.P.T("me.w_" + string(state))
		v.Steps = enrolProgress(r.P, 6)
	case payments.Applied, payments.Returning, payments.Returned, payments.Forfeited: // when, says the bidder's desk
		v.Steps = enrolProgress(r.P, 6)
	}
}

func (s *Site) enrolForm(r *Request) error {
	v, d, err := s.enrolView(r)
	if err != nil {
		return err
	}
	mine, err := s.Desk.Mine(r.Context(), r.Visitor.Identity.ID, d.ID)
	switch fault.KindOf(err) { //nolint:exhaustive // the two that say something of the page
	case fault.NotFound:
		return r.show(http.StatusOK, EnrolPage(r.P, v))
	case fault.Unavailable: // the enrolment stands; only its payment page could not be opened
		v.Errors = ErrorsOf(r.P.W, err)
		err = nil
	}
	if err != nil && mine.ID == uuid.Nil {
		return err
	}
	r.withEnrolment(&v, mine)
	if (offersTransfer(&d) || s.Payments.InCustody(mine.Deposit.AmountFen)) && payments.DepositState(mine.Deposit.Status) == payments.Requested {
		v.TransferHref = v.Lot.Href() + "/transfer"
	}
	r.withLeaving(&v, &d)
	r.afterPaying(&v, payments.DepositState(mine.Deposit.Status))
	return r.show(http.StatusOK, EnrolPage(r.P, v))
}

// withLeaving shows whether the bidder may leave the sale, and from when (R28o).
func (r *Request) withLeaving(v *EnrolView, d *auction.LotDetail) {
	v.LeaveFrom = leaveFrom(d)
	v.MayLeave = !v.LeaveFrom.IsZero() && r.Now.After(v.LeaveFrom)
}

// leaveFrom is since when bidders may leave a stayed sale (R28o); zero where it is not stayed.
func leaveFrom(d *auction.LotDetail) (at time.Time) {
	rules, known := law.ByName(d.RuleSet)
	if d.Status != auction.StatusSuspended || !known {
		return at
	}
	for _, act := range d.Acts {
		if since := act.At.Add(rules.LeaveAfter()); act.Kind == "stayed" && since.After(at) {
			at = since
		}
	}
	return at
}

// leave withdraws the own enrolment with its deposit (R28o).
func (s *Site) leave(r *Request) error {
	v, d, err := s.enrolView(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	if r.PostForm.Get("confirmed") == "yes" {
		_, err = s.Desk.Leave(r.Context(), r.Visitor.Identity.ID, d.ID)
	} else {
		err = fault.New(fault.Invalid, problem.FieldMissing).InField("confirmed")
	}
	if err == nil {
		return r.seeOther(v.Lot.Href() + "/enrol")
	}
	status, ok := refusal(err)
	if !ok {
		return err
	}
	mine, seatErr := s.Desk.Mine(r.Context(), r.Visitor.Identity.ID, d.ID)
	if seatErr != nil {
		return err
	}
	r.withEnrolment(&v, mine)
	r.withLeaving(&v, &d)
	v.Errors = ErrorsOf(r.P.W, err, "confirmed")
	return r.show(status, EnrolPage(r.P, v))
}

// maxLooks bounds how often the page looks by itself whether the money has come.
const maxLooks = 10

// afterPaying speaks to who comes back from the payment page: the money is
// booked a moment later, so the page looks again by itself.
func (r *Request) afterPaying(v *EnrolView, state payments.DepositState) {
	q := r.URL.Query()
	if q.Get("paid") == "" {
		return
	}
	if state != payments.Requested {
		v.Said = r.P.T("enrol.paid")
		return
	}
	v.Said = r.P.T("lot.paid_" + paidFlag(r))
	looked, _ := strconv.Atoi(q.Get("look")) // absent or made up: none yet
	if q.Get("paid") == "1" && looked < maxLooks {
		v.PaymentURL = ""
		r.P.Refresh = v.Lot.Href() + "/enrol?paid=1&look=" + strconv.Itoa(max(looked, 0)+1)
	}
}

// enrol gives a code. Code and passphrase stand in this one answer; the browser
// gets its bidding session with it.
func (s *Site) enrol(r *Request) error {
	v, d, err := s.enrolView(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	v.Capacity = r.PostForm.Get("capacity")
	v.Behalf = r.PostForm.Get("on_behalf")
	behalf, err := v.onBehalf()
	if err != nil {
		v.Errors = ErrorsOf(r.P.W, err, "on_behalf")
		return r.show(http.StatusUnprocessableEntity, EnrolPage(r.P, v))
	}
	e, err := s.Desk.Enrol(r.Context(), bidding.EnrolRequest{
		Lot: d.ID, Account: r.Visitor.Identity.ID, Capacity: v.Capacity, AcceptNotices: r.PostForm.Get("accept_notices") == "yes",
		PromiseLimits: r.PostForm.Get("promise_limits") == "yes", OnBehalf: behalf,
	})
	if fault.CodeOf(err) == fault.EnrolmentExists {
		return r.seeOther(v.Lot.Href() + "/enrol")
	}
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		v.Errors = ErrorsOf(r.P.W, err, "accept_notices", "promise_limits", "capacity", "on_behalf", "real_name")
		return r.show(status, EnrolPage(r.P, v))
	}
	r.withEnrolment(&v, e)
	v.Code, v.Passphrase = e.BidderCode, e.Passphrase
	if opened, err := s.Desk.OpenSession(r.Context(), d.ID, e.BidderCode, e.Passphrase); err == nil {
		http.SetCookie(r.W, account.BiddingCookie(d.ID, opened.Token, opened.ExpiresAt, s.Secure))
	} else {
		// The code is good all the same; the reader opens the session with it.
		s.Trace.WarnContext(r.Context(), "no bidding session with the enrolment", "error", err)
	}
	return r.showOnce(EnrolPage(r.P, v))
}

// depositChip is the word and shape of a deposit's state.
func depositChip(p *Page, state payments.DepositState) Chip {
	c := Chip{Class: "soft", Icon: "s-done", Text: p.T("me.s_" + string(state))}
	switch state {
	case payments.Requested:
		c.Class, c.Icon = "", "s-due"
	case payments.Held:
		c.Icon = "s-held"
	case payments.Returning:
		c.Class, c.Icon = "", "s-back"
	case payments.Forfeited:
		c.Class, c.Icon = "solid", "s-late"
	case payments.Lapsed:
		c.Icon = "s-withdrawn"
	case payments.Applied, payments.Returned, payments.Exempt:
	}
	return c
}

// forSelf is the choice of oneself where there are agencies to choose from.
const forSelf = "self"

// onBehalf reads for whom somebody enrols; where there is a choice one is made.
func (v *EnrolView) onBehalf() (uuid.UUID, error) {
	if len(v.Behalfs) == 0 && v.Behalf == "" || v.Behalf == forSelf {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(v.Behalf)
	if err != nil {
		return uuid.Nil, fault.New(fault.Invalid, problem.FieldMissing).InField("on_behalf")
	}
	return id, nil
}
