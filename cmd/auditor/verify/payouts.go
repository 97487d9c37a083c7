package verify

import (
	"fmt"
	"slices"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/money"
)

// payOut holds what was paid by plans against them: after their course and the panel's decision, to whom and how much, and as the case's accounts moved.
func (h *house) payOut() {
	o := &h.payouts
	seen := map[string]bool{}
	for i := range o.approved {
		a := &o.approved[i]
		p := h.planNamed(a.body.Distribution)
		why := ""
		switch {
		case p == nil:
			h.v.report.add(logFinding(PayoutDiffers, a.leaf, a.caseID, 0, "plan "+a.body.Distribution))
			continue
		case seen[p.Distribution] || p.caseID != a.caseID || !p.at.Before(a.at):
			why = "plan " + p.Distribution
		default:
			why = h.wrongApproval(p, a)
		}
		seen[p.Distribution] = true
		if why != "" {
			h.v.report.add(logFinding(PayoutDiffers, a.leaf, a.caseID, p.No, why))
		}
	}
	h.objectionsInTime()
	h.postedByPlans()
	h.moves()
	h.owedBack()
}

// wrongApproval names what of an approval is not as the plan, its course and the panel give it.
func (h *house) wrongApproval(p *plan, a *timed[audit.PlanApproved]) string {
	if i := slices.IndexFunc(h.plans, func(x plan) bool { return x.caseID == p.caseID && x.at.After(p.at) && x.at.Before(a.at) }); i >= 0 {
		return "plan " + h.plans[i].Distribution // another took its place
	}
	root := h.planNamed(p.root())
	if root == nil {
		return "revises " + p.Revises
	}
	if stage, _ := h.courseAt(root, a.at).Stage(a.at); stage != distribution.Settled {
		return string(stage)
	}
	if why := h.staleAt(p, root, a.at); why != "" {
		return why
	}
	served := plan{PlanMade: p.PlanMade, caseID: p.caseID}
	served.Revises = root.Distribution // the claims that the plan knows, as they count now
	count := h.claimsAt(&served, a.at)
	if len(p.Terms.Claims) > len(count) {
		return "claims"
	}
	for i, k := range count {
		if i >= len(p.Terms.Claims) || k.ID != p.Terms.Claims[i].ID || k.Amount != p.Terms.Claims[i].Amount || k.Disputed != p.Terms.Claims[i].Disputed {
			return "claim " + k.ID
		}
	}
	want, panel := h.owedBy(p, a.at)
	for i, x := range a.body.Payouts {
		if i >= len(want) || x.To != want[i].To || x.Purpose != want[i].Purpose || x.AmountFen != want[i].AmountFen {
			return fmt.Sprintf("%s %d fen", x.To, x.AmountFen)
		}
	}
	if len(want) > len(a.body.Payouts) {
		return fmt.Sprintf("%s 0 fen", want[len(a.body.Payouts)].To)
	}
	if costs := p.CostsFen - h.costsBefore(p.root(), a.at); costs != a.body.CostsFen {
		return fmt.Sprintf("costs %d fen", a.body.CostsFen)
	}
	if panel && !h.granted(p, a.at) {
		return "F3"
	}
	return ""
}

// staleAt names what a plan did not know, or knew and was no more, when it was approved: a sale that had been set aside, or, where nothing of it had been
// paid yet, a claim that had been lodged.
func (h *house) staleAt(p, root *plan, at time.Time) string {
	for _, x := range p.Terms.Pots {
		// Its time is that of its beginning: one that waited for the approval is earlier.
		if l := h.byText(x.ID); l != nil && l.annulled && l.annulledAt.Add(settling).Before(at) {
			return "lot " + x.ID
		}
	}
	if slices.ContainsFunc(h.payouts.approved, func(a timed[audit.PlanApproved]) bool {
		before := h.planNamed(a.body.Distribution)
		return before != nil && before.root() == root.Distribution && a.at.Before(at)
	}) {
		return "" // what came since waits for the next
	}
	fresh := plan{PlanMade: root.PlanMade, caseID: p.caseID}
	for _, k := range h.claimsAt(&fresh, at) {
		if !slices.ContainsFunc(root.Terms.Claims, func(x distribution.Claim) bool { return x.ID == k.ID }) {
			return "claim " + k.ID
		}
	}
	return ""
}

// owedBy is what a plan pays at a time beyond what those that it revises paid, and whether anybody but the applicant is paid.
func (h *house) owedBy(p *plan, at time.Time) (list []audit.Payout, panel bool) {
	add := func(to distribution.Addressee, purpose string, f money.Fen, applicant bool) {
		if f > 0 {
			list = append(list, audit.Payout{To: to, Purpose: purpose, AmountFen: f})
			panel = panel || !applicant
		}
	}
	for _, d := range p.Dues {
		i := slices.IndexFunc(h.claims, func(c *claim) bool { return c.Claim == d.Claim })
		add(distribution.Addressee(d.Claim), "claim", d.Fen-d.SetAside-h.payouts.paid(h, p.root(), d.Claim, at), i >= 0 && h.claims[i].Applicant)
	}
	kept, surplus := p.KeptFen, p.DebtorFen
	for _, a := range h.payouts.approved {
		if before := h.planNamed(a.body.Distribution); before == nil || before.root() != p.root() || !a.at.Before(at) {
			continue
		}
		for _, x := range a.body.Payouts {
			switch x.Purpose {
			case "kept":
				kept -= x.AmountFen
			case "surplus":
				surplus -= x.AmountFen
			}
		}
	}
	add(distribution.TheDebtor, "kept", kept, false)
	add(distribution.TheDebtor, "surplus", surplus, false)
	return list, panel
}

// costsBefore are the costs that approvals of a plan that was served and its revisions settled by a time.
func (h *house) costsBefore(root string, at time.Time) (sum money.Fen) {
	for _, a := range h.payouts.approved {
		if p := h.planNamed(a.body.Distribution); p != nil && p.root() == root && a.at.Before(at) {
			sum += a.body.CostsFen
		}
	}
	return sum
}

// granted tells whether a panel decided by a time that others than the applicant are paid (F3).
func (h *house) granted(p *plan, at time.Time) bool {
	return slices.ContainsFunc(h.payouts.voted, func(v timed[audit.PlanVoted]) bool {
		return v.body.Distribution == p.Distribution && v.at.After(p.at) && v.at.Before(at) && v.body.InFavour > v.body.Against && v.body.InFavour+v.body.Against >= panelMin
	})
}

// panelMin is the least panel (R6).
const panelMin = 3

// objectionsInTime holds each objection to a plan against its maker's own receipt, and each of its steps against the one before (CPI 509, 510).
func (h *house) objectionsInTime() {
	o := &h.payouts
	plans := map[string]*plan{}
	for _, x := range o.objected {
		p := h.planNamed(x.body.Distribution)
		if p == nil {
			h.v.report.add(logFinding(PayoutDiffers, x.leaf, x.caseID, 0, "plan "+x.body.Distribution))
			continue
		}
		plans[x.body.Objection] = p
		if in, _ := h.courseAt(p, x.at).MayObject(x.body.By, x.body.LodgedAt); !in {
			h.v.report.add(logFinding(PayoutDiffers, x.leaf, x.caseID, p.No, "objection "+x.body.Objection))
		}
	}
	for _, s := range o.contested {
		p, ok := plans[s.body.Objection]
		if ok {
			c := h.courseAt(p, s.at)
			i := slices.IndexFunc(c.Objections, func(x distribution.Objection) bool { return x.ID == s.body.Objection })
			ok = i >= 0 && !s.body.At.After(s.at) && c.MayStep(c.Objections[i], s.body.Step, s.body.Who, s.body.At)
			if ok {
				out, _ := c.Outcome(c.Objections[i], s.at)
				ok = out != distribution.Lapsed
			}
		}
		if !ok {
			h.v.report.add(logFinding(PayoutDiffers, s.leaf, s.caseID, 0, "objection "+s.body.Objection))
		}
	}
}

// postedByPlans holds the transfers of plans against their approvals, transfer by transfer: an act and its transfers have one time.
func (h *house) postedByPlans() {
	o := &h.payouts
	posted := func(a *timed[audit.PlanApproved]) bool {
		var want []audit.FundTransfer
		if a.body.CostsFen > 0 {
			want = append(want, audit.FundTransfer{Debit: "proceeds", Credit: "costs", AmountFen: a.body.CostsFen})
		}
		for _, x := range a.body.Payouts {
			want = append(want, audit.FundTransfer{Debit: "proceeds", Credit: "paid_out", AmountFen: x.AmountFen})
		}
		return len(want) == 0 || slices.ContainsFunc(o.posted, func(f timed[audit.FundPosted]) bool {
			return f.body.Kind == "plan_paid" && f.caseID == a.caseID && f.at.Equal(a.at) && slices.Equal(f.body.Transfers, want)
		})
	}
	for i := range o.approved {
		if a := &o.approved[i]; !posted(a) {
			h.v.report.add(logFinding(PayoutDiffers, a.leaf, a.caseID, 0, "fund.posted"))
		}
	}
	for _, f := range o.posted {
		if f.body.Kind == "plan_paid" && !slices.ContainsFunc(o.approved, func(a timed[audit.PlanApproved]) bool { return a.caseID == f.caseID && a.at.Equal(f.at) }) {
			h.v.report.add(logFinding(PayoutDiffers, f.leaf, f.caseID, 0, "fund.posted"))
		}
	}
}

// moves holds each payout's way to the bank: sent, carried out or returned, and posted as it was.
func (h *house) moves() {
	o := &h.payouts
	amounts, states := map[string]money.Fen{}, map[string]string{}
	for _, a := range o.approved {
		for _, x := range a.body.Payouts {
			amounts[x.Payout], states[x.Payout] = x.AmountFen, "approved"
		}
	}
	next := map[[2]string]string{{"approved", "sent"}: "sent", {"sent", "paid"}: "paid", {"sent", "returned"}: "approved", {"paid", "returned"}: "approved"}
	for _, m := range o.moved {
		for _, id := range m.body.Payouts {
			to, ok := next[[2]string{states[id], m.body.Event}]
			posted := func(kind, debit, credit string) bool {
				want := []audit.FundTransfer{{Debit: debit, Credit: credit, AmountFen: amounts[id]}}
				return slices.ContainsFunc(o.posted, func(f timed[audit.FundPosted]) bool {
					return f.body.Kind == kind && f.caseID == m.caseID && f.at.Equal(m.at) && slices.Equal(f.body.Transfers, want)
				})
			}
			switch {
			case m.body.Event == "paid":
				ok = ok && posted("payout_settled", "paid_out", clearing)
			case m.body.Event == "returned" && states[id] == "paid":
				ok = ok && posted("payout_returned", clearing, "paid_out")
			}
			if !ok {
				h.v.report.add(logFinding(PayoutDiffers, m.leaf, m.caseID, 0, "payout "+id))
				continue
			}
			states[id] = to
		}
	}
}

// owedBack holds what payees owe back of a sale that was set aside against what they were paid of it, in proportion (R31).
func (h *house) owedBack() {
	for _, b := range h.payouts.back {
		l := h.byText(b.body.Reference)
		if l == nil || l.caseID != b.caseID {
			continue // the use of a forfeit: what of the proceeds it was is not in the log
		}
		var items []audit.Receivable
		for _, x := range h.oweBack(l, b.at) {
			if x.AmountFen > 0 {
				items = append(items, x)
			}
		}
		said := slices.Clone(b.body.Items)
		for i := range said {
			said[i].Receivable = ""
		}
		if !l.annulled || !slices.Equal(items, said) {
			h.v.report.add(logFinding(PayoutDiffers, b.leaf, b.caseID, 0, "receivables "+b.body.Reference))
		}
	}
	for _, l := range h.order {
		if l.recoverable > 0 && len(h.oweBack(l, l.annulledAt)) > 0 && !slices.ContainsFunc(h.payouts.back, func(b timed[audit.Receivables]) bool { return b.body.Reference == l.id.String() }) && !h.newest.Before(l.annulledAt.Add(settling)) {
			h.v.report.add(logFinding(PayoutDiffers, -1, l.caseID, 0, "receivables "+l.id.String()))
		}
	}
}

// oweBack shares what is claimed back for a lot among those who were paid of it by a time: creditors by their numbers, the debtor, the costs.
func (h *house) oweBack(l *lot, at time.Time) []audit.Receivable {
	last := map[string]*plan{}
	for _, a := range h.payouts.approved {
		if p := h.planNamed(a.body.Distribution); p != nil && p.caseID == l.caseID && a.at.Before(at) {
			last[p.root()] = p
		}
	}
	given := map[distribution.Addressee]money.Fen{}
	for _, p := range last {
		again, err := distribution.Divide(p.Terms)
		if err != nil {
			continue // told already
		}
		for to, f := range again.From(l.id.String()) {
			given[to] += f
		}
	}
	var list []audit.Receivable
	var weights []money.Fen
	add := func(to distribution.Addressee) {
		if given[to] > 0 {
			list, weights = append(list, audit.Receivable{From: to}), append(weights, given[to])
		}
	}
	for _, c := range h.claims {
		if c.caseID == l.caseID {
			add(distribution.Addressee(c.Claim))
		}
	}
	add(distribution.TheDebtor)
	add(distribution.TheCosts)
	shares, err := money.Split(l.recoverable, weights)
	if err != nil {
		return nil
	}
	for i := range list {
		list[i].AmountFen = shares[i]
	}
	return list
}
