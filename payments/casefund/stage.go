package casefund

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/auction/money"
)

// Waits is what a plan waits for.
type Waits string

const (
	// ForPlan: claims or money changed, and it was not paid yet; another is to be made in its place.
	ForPlan Waits = "plan"
	// ForService: it is to be served on creditors and debtor (CPI 509).
	ForService Waits = "service"
	// ForObjections: the period to object runs.
	ForObjections Waits = "objections"
	// ForAnswers: objections are to be told, opposed or sued on (CPI 510).
	ForAnswers Waits = "answers"
	// ForRevision: its objections change it.
	ForRevision Waits = "revision"
	// ForPanel: others than the applicant are paid after a panel's decision alone (F3).
	ForPanel Waits = "panel"
	// ForPlanAnew: the panel decided against it.
	ForPlanAnew Waits = "plan_anew"
	// ForApproval by another person than who made it (F5).
	ForApproval Waits = "approval"
	// ForJudgment: all but what a suit is about is paid.
	ForJudgment Waits = "judgment"
	// ForNothing: it is paid, or another took its place.
	ForNothing Waits = "nothing"
)

// tally is how a panel voted on a plan.
type tally struct {
	For     int `json:"in_favour"`
	Against int `json:"against"`
	Panel   int `json:"panel"`
}

func (t tally) whole() bool   { return t.For+t.Against >= t.Panel }
func (t tally) granted() bool { return t.whole() && t.For > t.Against }

// waits tells what a plan waits for at a time, and until when a period runs. With found it is held against what is there to divide.
func (b *books) waits(p *stored, t tally, found *gathered, now time.Time) (Waits, time.Time) {
	if !p.stands() {
		return ForNothing, time.Time{}
	}
	if p.ApprovedAt == nil && b.stale(p, found, now) {
		return ForPlan, time.Time{}
	}
	if b.underway() && fell(p, found) {
		return ForPlan, time.Time{}
	}
	c := b.course(p.Root)
	switch stage, until := c.Stage(now); stage {
	case distribution.ToServe:
		return ForService, time.Time{}
	case distribution.Objecting:
		return ForObjections, until
	case distribution.Objected:
		return ForAnswers, time.Time{}
	case distribution.Settled:
	}
	switch {
	case !sameClaims(b.revised(p, now), p.Terms.Claims):
		return ForRevision, time.Time{}
	case p.ApprovedAt != nil:
		return ForJudgment, time.Time{}
	case b.needsPanel(p) && !t.whole():
		return ForPanel, time.Time{}
	case b.needsPanel(p) && !t.granted():
		return ForPlanAnew, time.Time{}
	}
	return ForApproval, time.Time{}
}

// stale tells whether other claims stand than a plan knows, or other money is there. What its own objections change is no matter of this.
func (b *books) stale(p *stored, found *gathered, now time.Time) bool {
	if b.underway() {
		return false // a revision of one that was paid in part: what came since waits for the next
	}
	root := b.root(p)
	known := ids(root.Terms.Claims)
	standing := map[string]bool{}
	for _, k := range b.claims {
		standing[k.ID.String()] = k.WithdrawnAt == nil
	}
	for id := range known {
		if !standing[id] {
			return true
		}
	}
	for _, k := range b.fresh(root.Terms.Pots, now) {
		if !known[k.ID] {
			return true
		}
	}
	return found != nil && (!slices.Equal(found.Pots, p.Terms.Pots) || found.Common+p.Enforcement != p.Terms.Costs)
}

// fell tells whether a sale that a plan divides was set aside since, or brought less: what is set aside of the plan went back with it, and what other
// sales brought is not paid for it (R31).
func fell(p *stored, found *gathered) bool {
	return found != nil && slices.ContainsFunc(p.Terms.Pots, func(x distribution.Pot) bool {
		i := slices.IndexFunc(found.Pots, func(y distribution.Pot) bool { return y.ID == x.ID })
		return i < 0 || found.Pots[i].Proceeds < x.Proceeds
	})
}

// underway tells whether the plan that stands, or one that it revises, was approved.
func (b *books) underway() bool {
	p := b.standing()
	return p != nil && slices.ContainsFunc(b.plans, func(x stored) bool { return x.Root == p.Root && x.ApprovedAt != nil })
}

// paidSince tells whether a plan that was served, its revision, or one made since was approved.
func (b *books) paidSince(root uuid.UUID) bool {
	i := slices.IndexFunc(b.plans, func(p stored) bool { return p.ID == root })
	return slices.ContainsFunc(b.plans[i:], func(p stored) bool { return p.ApprovedAt != nil })
}

// needsPanel tells whether a plan pays anybody but the applicant.
func (b *books) needsPanel(p *stored) bool {
	for _, x := range b.payouts(p) {
		if x.Purpose != ToClaim || !b.applicant(x.To) {
			return true
		}
	}
	return false
}

func (b *books) applicant(to distribution.Addressee) bool {
	for _, k := range b.claims {
		if distribution.Addressee(k.ID.String()) == to {
			return k.Applicant
		}
	}
	return false
}

// owing is what a plan pays to somebody beyond what was paid by those that it revises.
type owing struct {
	To      distribution.Addressee
	Purpose Purpose
	Fen     money.Fen
}

// payouts are what a plan pays, in the order of its claims, then what is kept for the debtor and what is left.
func (b *books) payouts(p *stored) (list []owing) {
	add := func(to distribution.Addressee, purpose Purpose, f money.Fen) {
		if f > 0 {
			list = append(list, owing{to, purpose, f})
		}
	}
	for i, d := range p.Plan.Dues {
		add(distribution.Addressee(d.Claim), ToClaim, d.Fen-d.SetAside-p.Terms.Claims[i].Paid)
	}
	before := p.ApprovedAt == nil // of one that was approved all that was paid is its own
	kept, surplus := p.Plan.Kept, p.Plan.Debtor
	if before {
		kept, surplus = kept-b.kept, surplus-b.surplus
	}
	add(distribution.TheDebtor, ToKeep, kept)
	add(distribution.TheDebtor, Surplus, surplus)
	return list
}

// aside is what of a plan is set aside.
func (p *stored) aside() (sum money.Fen) {
	for _, d := range p.Plan.Dues {
		sum += d.SetAside
	}
	return sum
}
