package verify

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// timed is what an entry says, with its case, time and leaf.
type timed[T any] struct {
	body   T
	caseID uuid.UUID
	at     time.Time
	leaf   int64
}

// payouts are the entries about what becomes of plans (F4o, F3, F5).
type payouts struct {
	served    []timed[audit.PlanServed]
	objected  []timed[audit.PlanObjected]
	contested []timed[audit.PlanContested]
	voted     []timed[audit.PlanVoted]
	approved  []timed[audit.PlanApproved]
	moved     []timed[audit.PayoutMoved]
	back      []timed[audit.Receivables]
	// posted are the transfers of plans and payouts, and of what debtors paid.
	posted []timed[audit.FundPosted]
}

// entry takes one of them; false for another.
func (o *payouts) entry(h *house, leaf int64, e audit.Entry) bool {
	switch e.Kind {
	case audit.KindPlanServed:
		keep(h, &o.served, leaf, e)
	case audit.KindPlanObjected:
		keep(h, &o.objected, leaf, e)
	case audit.KindPlanContested:
		keep(h, &o.contested, leaf, e)
	case audit.KindPlanVoted:
		keep(h, &o.voted, leaf, e)
	case audit.KindPlanApproved:
		keep(h, &o.approved, leaf, e)
	case audit.KindPayoutMoved:
		keep(h, &o.moved, leaf, e)
	case audit.KindReceivables:
		keep(h, &o.back, leaf, e)
	case audit.KindPayOutDelayed: // a superior's act: nothing to reckon again
	default:
		return false
	}
	return true
}

func keep[T any](h *house, list *[]timed[T], leaf int64, e audit.Entry) {
	if body, ok := read[T](h, leaf, e); ok {
		*list = append(*list, timed[T]{body, e.CaseID, e.At, leaf})
	}
}

// sort puts them in the order of their times.
func (o *payouts) sort() {
	byTime(o.served)
	byTime(o.objected)
	byTime(o.contested)
	byTime(o.voted)
	byTime(o.approved)
	byTime(o.moved)
	byTime(o.back)
	byTime(o.posted)
}

func byTime[T any](list []timed[T]) {
	slices.SortStableFunc(list, func(a, b timed[T]) int { return a.at.Compare(b.at) })
}

// coursesAt are what became of a case's plans that were served, by a time.
func (h *house) coursesAt(caseID uuid.UUID, at time.Time) (list []distribution.Course) {
	for i := range h.plans {
		if p := &h.plans[i]; p.caseID == caseID && p.Revises == "" && p.at.Before(at) {
			list = append(list, h.courseAt(p, at))
		}
	}
	return list
}

// courseAt is what became of a plan that was served, by a time.
func (h *house) courseAt(p *plan, at time.Time) distribution.Course {
	c := distribution.Course{Day: h.dayOf(p.caseID)}
	for _, k := range p.Terms.Claims {
		c.Claims = append(c.Claims, k.ID)
	}
	for i := range h.plans {
		if next := &h.plans[i]; next.caseID == p.caseID && next.Revises == "" && next.at.After(p.at) && next.at.Before(at) {
			c.EndedAt = next.at
			break
		}
	}
	for _, s := range h.payouts.served {
		if s.body.Distribution == p.Distribution && s.at.Before(at) {
			c.Receipts = append(c.Receipts, s.body.Receipts...)
		}
	}
	for _, o := range h.payouts.objected {
		if o.body.Distribution != p.Distribution || !o.at.Before(at) {
			continue
		}
		x := distribution.Objection{ID: o.body.Objection, By: o.body.By, Claim: o.body.Claim, Asked: o.body.AskedFen, LodgedAt: o.body.LodgedAt}
		for _, s := range h.payouts.contested {
			if s.body.Objection == x.ID && s.at.Before(at) {
				take(&x, s.body)
			}
		}
		c.Objections = append(c.Objections, x)
	}
	return c
}

// take puts a step on an objection.
func take(o *distribution.Objection, s audit.PlanContested) {
	switch s.Step {
	case distribution.StepTold:
		o.Told = append(o.Told, distribution.Receipt{Who: s.Who, At: s.At})
	case distribution.StepOpposed:
		o.Opposed = append(o.Opposed, s.Who)
	case distribution.StepOpposedTold:
		o.OpposedToldAt = s.At
	case distribution.StepSued:
		o.SuedAt = s.At
	case distribution.StepJudged:
		o.JudgedAt = s.At
		if s.JudgedFen != nil {
			o.Judged = *s.JudgedFen
		}
	case distribution.StepWithdrawn:
		o.WithdrawnAt = s.At
	}
}

// dayOf is how long a day is by the rules of a case's newest lot.
func (h *house) dayOf(caseID uuid.UUID) time.Duration {
	day := law.China2017().Day
	for _, l := range h.order {
		if l.caseID == caseID && l.rules.Day > 0 {
			day = l.rules.Day
		}
	}
	return day
}

// paid is what approvals by a time gave a claim by a plan that was served and its revisions.
func (o *payouts) paid(h *house, root, claim string, at time.Time) (sum money.Fen) {
	for _, a := range o.approved {
		if p := h.planNamed(a.body.Distribution); p == nil || p.root() != root || !a.at.Before(at) {
			continue
		}
		for _, x := range a.body.Payouts {
			if string(x.To) == claim {
				sum += x.AmountFen
			}
		}
	}
	return sum
}

// closedAt are a case's plans of which nothing was set aside any more when they were approved, by a time.
func (h *house) closedAt(caseID uuid.UUID, at time.Time) (list []*plan) {
	for _, a := range h.payouts.approved {
		p := h.planNamed(a.body.Distribution)
		if p == nil || p.caseID != caseID || !a.at.Before(at) || slices.ContainsFunc(p.Dues, func(d distribution.Due) bool { return d.SetAside > 0 }) {
			continue
		}
		list = append(list, p)
	}
	return list
}

// got is what plans that were closed by a time gave each claim, less what it owed back by then (R31).
func (h *house) got(caseID uuid.UUID, at time.Time) map[string]money.Fen {
	got := map[string]money.Fen{}
	for _, p := range h.closedAt(caseID, at) {
		for _, d := range p.Dues {
			got[d.Claim] += d.Fen
		}
	}
	for _, b := range h.payouts.back {
		if b.caseID != caseID || !b.at.Before(at) {
			continue
		}
		for _, x := range b.body.Items {
			got[string(x.From)] = max(0, got[string(x.From)]-x.AmountFen)
		}
	}
	return got
}

// taken is what they took of each property.
func (h *house) taken(caseID uuid.UUID, at time.Time) map[string]money.Fen {
	taken := map[string]money.Fen{}
	for _, p := range h.closedAt(caseID, at) {
		again, err := distribution.Divide(p.Terms)
		if err != nil {
			continue // told already
		}
		for _, s := range again.Steps {
			for _, d := range s.Draws {
				taken[d.Pot] += d.Taken
			}
		}
	}
	return taken
}
