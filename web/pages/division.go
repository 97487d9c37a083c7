package pages

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/payments/casefund"
)

// DivisionView is where a court divides a case's money and pays it out (F4, F4o, F3, F5).
type DivisionView struct {
	FundHref, Number, Said string
	Refused                Errors
	// Next is what is to be done now, Notes why this reader cannot, Due by when the money is paid out.
	Chip    Chip
	Next    string
	Notes   []string
	Due     *Due
	Acts    []ActForm
	Claims  []ClaimRow
	Plan    *PlanView
	More    []ActForm
	Payouts []PayoutRow
	Files   []FileRow
	Payees  []Pair
}

// ClaimRow is a claim as the court sees it.
type ClaimRow struct{ No, Creditor, Kind, Instrument, Amount, Note string }

// PayoutRow is what a plan pays to somebody.
type PayoutRow struct {
	To, Purpose, Amount string
	Chip                Chip
}

// FileRow is a file of transfers.
type FileRow struct{ Title, Text, CSV, Pain string }

// division is a page in the making: a case's money, as its reader may work on it.
type division struct {
	p    *Page
	c    *auction.CaseDetail
	d    *casefund.Desk
	me   uuid.UUID
	role string
	base string
	// names are the creditors, by the claim's id.
	names map[string]string
}

func (p *Page) division(c *auction.CaseDetail, d *casefund.Desk, by auction.Actor) DivisionView {
	x := division{p: p, c: c, d: d, me: by.AccountID, role: by.Role, base: "/cases/" + c.ID.String() + "/division/", names: map[string]string{}}
	for _, k := range d.Claims {
		x.names[k.ID.String()] = p.T("division.creditor_no", "n", k.No, "name", p.pick(k.Creditor))
	}
	v := DivisionView{FundHref: "/cases/" + c.ID.String() + "/fund", Number: c.Number}
	if d.PayOutDue != nil {
		due := dueAt(p, Due{At: *d.PayOutDue, Title: p.T("duty.pay_out", "title", c.Number), Text: p.T("duty.text", "at", p.W.Minute(*d.PayOutDue), "source", p.source("F2"))})
		v.Due = &due
	}
	for _, k := range d.Claims {
		v.Claims = append(v.Claims, x.claim(&k))
	}
	x.next(&v)
	x.payouts(&v)
	x.delay(&v)
	if x.finance() {
		v.More = append(v.More, x.lodgeForm())
		if form := x.withdrawalForm(); form != nil {
			v.More = append(v.More, *form)
		}
	}
	return v
}

// delay tells of a delay that stands, and lets finance put one on record.
func (x *division) delay(v *DivisionView) {
	var stands *casefund.Delay
	if len(x.d.Delays) > 0 && x.d.Delays[0].EndedAt == nil {
		stands = &x.d.Delays[0]
		v.Notes = append(v.Notes, x.p.delayed(stands))
	}
	if x.finance() && x.d.PayOutDue != nil {
		v.More = append(v.More, x.delayForm(stands))
	}
}

// delayed words a delay of paying out.
func (p *Page) delayed(d *casefund.Delay) string {
	return p.T("division.delayed", "ground", p.T("division.ground_"+string(d.Ground)), "reason", p.pick(d.Reason), "superior", p.pick(d.Superior), "until", p.W.Minute(d.Until))
}

func (x *division) finance() bool { return x.role == "finance" }

// standing is the plan that stands; nil for none.
func (x *division) standing() *casefund.Made {
	i := slices.IndexFunc(x.d.Plans, func(m casefund.Made) bool { return m.ReplacedAt == nil && m.ClosedAt == nil })
	if i < 0 {
		return nil
	}
	return &x.d.Plans[i]
}

func (x *division) claim(k *casefund.Claim) ClaimRow {
	row := ClaimRow{No: strconv.Itoa(k.No), Creditor: x.p.pick(k.Creditor), Kind: x.p.T("plan.kind_" + string(k.Kind)), Instrument: orDash(k.Instrument), Amount: x.p.M(k.AmountFen), Note: "—"}
	switch {
	case k.WithdrawnAt != nil:
		row.Note = x.p.T("division.withdrawn", "reason", x.p.pick(k.Reason))
	case k.Applicant:
		row.Note = x.p.T("division.applicant")
	}
	return row
}

// next is what the plan waits for, with the form for it.
func (x *division) next(v *DivisionView) {
	m, p := x.standing(), x.p
	if m == nil {
		v.Chip, v.Next = Chip{"soft", "s-wait", p.T("division.chip_none")}, p.T("division.waits_first")
		if len(x.d.Plans) > 0 {
			v.Chip, v.Next = Chip{"soft", "s-done", p.T("division.chip_nothing")}, p.T("division.waits_nothing")
			v.Plan = p.plan(&x.d.Plans[0])
			if x.finance() {
				v.More = append(v.More, x.planForm(false))
			}
			return
		}
		x.add(v, x.planForm(true))
		return
	}
	v.Plan = p.plan(m)
	v.Chip = Chip{"solid", "s-due", p.T("division.chip_" + string(m.WaitsFor))}
	until := ""
	if m.Until != nil {
		until = p.W.Minute(*m.Until)
	}
	v.Next = p.T("division.waits_"+string(m.WaitsFor), "until", until, "for", m.Votes.For, "against", m.Votes.Against, "panel", m.Votes.Panel)
	switch m.WaitsFor {
	case casefund.ForPlan:
		x.add(v, x.planForm(true))
	case casefund.ForPlanAnew:
		if x.underway(m) {
			x.add(v, x.revisionForm())
		} else {
			x.add(v, x.planForm(true))
		}
	case casefund.ForService:
		v.Acts = append(v.Acts, x.serviceForm(m))
	case casefund.ForObjections, casefund.ForAnswers, casefund.ForJudgment:
	case casefund.ForRevision:
		x.add(v, x.revisionForm())
	case casefund.ForPanel:
		if x.role == "judge" {
			v.Acts = append(v.Acts, x.voteForm())
		}
	case casefund.ForApproval:
		x.approval(v, m)
	case casefund.ForNothing:
	}
	if len(m.Receipts) > 0 && m.ApprovedAt == nil && m.Revises == nil {
		// One that came in time may be put on record later.
		if form := x.objectionForm(m); m.WaitsFor == casefund.ForService || m.WaitsFor == casefund.ForObjections {
			v.Acts = append(v.Acts, form)
		} else {
			v.More = append(v.More, form)
		}
	}
	if form := x.stepForm(m); form != nil {
		v.Acts = append(v.Acts, *form)
	}
	if !slices.Contains([]casefund.Waits{casefund.ForPlan, casefund.ForPlanAnew, casefund.ForJudgment}, m.WaitsFor) && x.finance() && m.ApprovedAt == nil && m.Revises == nil {
		v.More = append(v.More, x.planForm(false))
	}
}

// underway tells whether a plan that it revises was paid in part: no other can take its place.
func (x *division) underway(m *casefund.Made) bool {
	return m.Revises != nil && slices.ContainsFunc(x.d.Plans, func(o casefund.Made) bool {
		return o.ApprovedAt != nil && (o.ID == *m.Revises || (o.Revises != nil && *o.Revises == *m.Revises))
	})
}

// add puts finance's form on the page.
func (x *division) add(v *DivisionView, form ActForm) {
	if x.finance() {
		v.Acts = append(v.Acts, form)
	}
}

func (x *division) approval(v *DivisionView, m *casefund.Made) {
	p := x.p
	switch {
	case !x.finance():
	case m.MadeBy(x.me):
		v.Notes = append(v.Notes, p.T("division.mine"))
	default:
		v.Acts = append(v.Acts, x.approvalForm(m))
	}
}

// payouts are what was approved, with what is left to do about it.
func (x *division) payouts(v *DivisionView) {
	p := x.p
	var sent, paid []Option
	waiting := map[distribution.Addressee]bool{}
	for i := range x.d.Plans {
		for _, o := range x.d.Plans[i].Payouts {
			row := PayoutRow{To: x.to(o.To), Purpose: p.T("division.purpose_" + string(o.Purpose)), Amount: p.M(o.AmountFen), Chip: Chip{"solid", "s-wait", p.T("division.payout_" + string(o.State))}}
			switch o.State {
			case casefund.PayoutApproved:
				waiting[o.To] = true
			case casefund.PayoutSent:
				sent = append(sent, Option{o.ID.String(), row.To + p.T("frame.comma") + row.Amount})
			case casefund.PayoutPaid:
				row.Chip = Chip{"soft", "s-done", p.T("division.payout_paid")}
				paid = append(paid, Option{o.ID.String(), row.To + p.T("frame.comma") + row.Amount + p.T("division.came_back_later")})
			}
			v.Payouts = append(v.Payouts, row)
		}
	}
	if !x.finance() {
		return
	}
	for _, a := range x.d.Payees {
		name := x.to(a.To)
		if a.Mine {
			name += p.T("division.recorded_by_me")
		}
		v.Payees = append(v.Payees, Pair{name, a.Holder + p.T("frame.comma") + a.Bank + p.T("frame.comma") + a.Number})
	}
	for _, f := range x.d.Files {
		href := "/api/v1/payout-files/" + f.ID.String() + "?format="
		v.Files = append(v.Files, FileRow{p.T("division.file", "n", f.No, "at", p.W.Minute(f.ReleasedAt)), p.T("division.file_of", "lines", f.Lines, "sum", p.M(f.Sum)), href + "csv", href + "pain001"})
	}
	if len(waiting) > 0 {
		v.Acts = append(v.Acts, x.payeeForm(waiting))
		if x.d.Sendable > 0 {
			v.Acts = append(v.Acts, x.fileForm())
		}
	}
	if len(sent)+len(paid) > 0 {
		v.Acts = append(v.Acts, x.resultForm(append(sent, paid...)))
	}
}

// to names an addressee to the court.
func (x *division) to(a distribution.Addressee) string {
	if a == distribution.TheDebtor {
		return x.p.T("division.debtor")
	}
	return x.names[string(a)]
}

// late tells whether the period to pay out is over.
func (x *division) late() bool { return x.d.PayOutDue != nil && x.d.PayOutDue.Before(x.p.Now) }

// now is what a datetime-local field has first.
func (x *division) now() string { return x.p.W.Local(x.p.Now.Truncate(time.Minute)).Format(formTime) }

// orders are those that the case may be divided by.
func (x *division) orders() []Option {
	if x.c.Kind == docket.Criminal {
		return []Option{{string(distribution.Criminal), x.p.T("plan.order_criminal")}}
	}
	return []Option{{string(distribution.ProRata), x.p.T("plan.order_pro_rata")}, {string(distribution.BySeizure), x.p.T("plan.order_by_seizure")}}
}
