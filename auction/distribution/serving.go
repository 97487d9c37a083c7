package distribution

import (
	"slices"
	"time"

	"mingchui/auction/money"
)

// The periods of a plan's course, in days from a receipt, its last instant included (CPI 509, 510).
const (
	// ObjectDays: a creditor or the debtor objects in writing from the receipt of the plan.
	ObjectDays = 15
	// AnswerDays: the others say that they oppose from the receipt of the notice of an objection.
	AnswerDays = 15
	// SueDays: who objected sues those who oppose from the receipt of the notice of that.
	SueDays = 15
)

// Addressee is to whom a plan goes: a creditor, by the claim's id, or the debtor.
type Addressee string

// TheDebtor is the debtor as an Addressee.
const TheDebtor Addressee = "debtor"

// Receipt is when an addressee received something.
type Receipt struct {
	Who Addressee `json:"to"`
	At  time.Time `json:"received_at"`
}

// Objection is one to a plan (分配方案异议): a claim should count for another amount, 0 for none. The zero time is not yet.
type Objection struct {
	ID       string
	By       Addressee
	Claim    string
	Asked    money.Fen
	LodgedAt time.Time
	// Told are the others who were told of it; Opposed those who oppose it.
	Told    []Receipt
	Opposed []Addressee
	// OpposedToldAt is when who objected was told that it is opposed.
	OpposedToldAt time.Time
	SuedAt        time.Time
	// JudgedAt ends the suit; the claim counts for Judged.
	JudgedAt    time.Time
	Judged      money.Fen
	WithdrawnAt time.Time
}

// Contest is a step of an objection that the court puts on record.
type Contest string

// The steps: somebody was told of it, opposes it; who objected was told of that, sued; the suit was judged; it was withdrawn.
const (
	StepTold        Contest = "told"
	StepOpposed     Contest = "opposed"
	StepOpposedTold Contest = "opposed_told"
	StepSued        Contest = "sued"
	StepJudged      Contest = "judged"
	StepWithdrawn   Contest = "withdrawn"
)

// Outcome is where an objection stands. It follows from what is on record and the time.
type Outcome string

const (
	// Telling: the others, or some of them, are to be told. The court leaves it.
	Telling Outcome = "telling"
	// Answering: all are told, nobody opposes, and the period to oppose runs.
	Answering Outcome = "answering"
	// Opposed: somebody opposes; who objected is to be told. The court leaves it.
	Opposed Outcome = "opposed"
	// Suing: the period to sue runs.
	Suing Outcome = "suing"
	// InSuit: the sum in dispute is set aside until the judgment.
	InSuit Outcome = "in_suit"
	// Unopposed revises the plan. Final.
	Unopposed Outcome = "unopposed"
	// Unsued leaves the plan as it was. Final.
	Unsued Outcome = "unsued"
	// Judged revises the plan by the judgment. Final.
	Judged Outcome = "judged"
	// Dropped was withdrawn by who objected. Final.
	Dropped Outcome = "withdrawn"
	// Lapsed was not decided when another plan took the place of the one that it is about; to that one it may be lodged again. Final.
	Lapsed Outcome = "lapsed"
)

// Pending tells whether a plan waits for it.
func (o Outcome) Pending() bool {
	return o == Telling || o == Answering || o == Opposed || o == Suing
}

// Course is what became of a plan once it was made: to whom it goes, who received it, and who objected.
type Course struct {
	// Claims are those that it divides among.
	Claims     []string
	Receipts   []Receipt
	Objections []Objection
	// Day is how long a day of its periods is (law.RuleSet).
	Day time.Duration
	// EndedAt is when another plan was made in its place, which is served anew; the zero time while none was.
	EndedAt time.Time
}

// Addressees are the creditors, in the order of their claims, and the debtor.
func (c Course) Addressees() []Addressee {
	var list []Addressee
	for _, k := range c.Claims {
		list = append(list, Addressee(k))
	}
	return append(list, TheDebtor)
}

// Outcome tells where an objection stands, and until when a period runs; the zero time where none does.
func (c Course) Outcome(o Objection, now time.Time) (Outcome, time.Time) {
	if c.EndedAt.IsZero() || now.Before(c.EndedAt) {
		return c.outcome(o, now)
	}
	out, until := c.outcome(o, c.EndedAt)
	if out.Pending() {
		return Lapsed, time.Time{}
	}
	return out, until
}

// outcome is where it stands while no other plan took the place of its own.
func (c Course) outcome(o Objection, now time.Time) (Outcome, time.Time) {
	switch {
	case !o.WithdrawnAt.IsZero():
		return Dropped, time.Time{}
	case !o.JudgedAt.IsZero():
		return Judged, time.Time{}
	case !o.SuedAt.IsZero():
		return InSuit, time.Time{}
	case len(o.Opposed) > 0 && o.OpposedToldAt.IsZero():
		return Opposed, time.Time{}
	case len(o.Opposed) > 0:
		return run(Suing, Unsued, o.OpposedToldAt.Add(SueDays*c.Day), now)
	}
	others := slices.DeleteFunc(c.Addressees(), func(a Addressee) bool { return a == o.By })
	last, all := latest(o.Told, others)
	if !all {
		return Telling, time.Time{}
	}
	return run(Answering, Unopposed, last.Add(AnswerDays*c.Day), now)
}

// MayStep tells whether a step of an objection may follow at a time: somebody else is told once; who was told opposes within the period; who objected is told
// that somebody does, and sues within the period; a suit is judged; what waits, or is in suit, is withdrawn.
func (c Course) MayStep(o Objection, step Contest, who Addressee, at time.Time) bool {
	out, _ := c.Outcome(o, at)
	told := received(o.Told, who)
	switch step {
	case StepTold:
		return out.Pending() && told.IsZero() && who != o.By && slices.Contains(c.Addressees(), who)
	case StepOpposed:
		return out.Pending() && !told.IsZero() && !at.Before(told) && !at.After(told.Add(AnswerDays*c.Day)) && !slices.Contains(o.Opposed, who)
	case StepOpposedTold:
		return out == Opposed
	case StepSued:
		return out == Suing && !at.Before(o.OpposedToldAt)
	case StepJudged:
		return out == InSuit && !at.Before(o.SuedAt)
	case StepWithdrawn:
		return out.Pending() || out == InSuit
	}
	return false
}

// run is the outcome while a period runs, its last instant included, and the one after it.
func run(during, after Outcome, until, now time.Time) (Outcome, time.Time) {
	if now.After(until) {
		return after, time.Time{}
	}
	return during, until
}

// latest is when the last of some addressees received, and whether all did.
func latest(receipts []Receipt, of []Addressee) (last time.Time, all bool) {
	for _, who := range of {
		at := received(receipts, who)
		if at.IsZero() {
			return time.Time{}, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}

// received is when an addressee did; the zero time for not yet.
func received(list []Receipt, who Addressee) time.Time {
	for _, r := range list {
		if r.Who == who {
			return r.At
		}
	}
	return time.Time{}
}

// Stage is what a plan waits for.
type Stage string

// The stages. Settled waits for nothing more: the plan, revised by its objections where they revise it, is what is paid by.
const (
	ToServe   Stage = "to_serve"
	Objecting Stage = "objecting"
	Objected  Stage = "objected"
	Settled   Stage = "settled"
)

// Stage tells what the plan waits for at a time, and until when its period to object runs. A plan is made and served where several creditors
// share (CPI 509); one creditor alone waits for nothing.
func (c Course) Stage(now time.Time) (Stage, time.Time) {
	if len(c.Claims) < 2 {
		return Settled, time.Time{}
	}
	last, all := latest(c.Receipts, c.Addressees())
	if !all {
		return ToServe, time.Time{}
	}
	if until := last.Add(ObjectDays * c.Day); !now.After(until) {
		return Objecting, until
	}
	for _, o := range c.Objections {
		if out, _ := c.Outcome(o, now); out.Pending() {
			return Objected, time.Time{}
		}
	}
	return Settled, time.Time{}
}

// MayObject tells whether an addressee is in time, and until when it is; the zero time for one who did not receive the plan yet.
func (c Course) MayObject(who Addressee, at time.Time) (bool, time.Time) {
	from := received(c.Receipts, who)
	if from.IsZero() {
		return false, from
	}
	until := from.Add(ObjectDays * c.Day)
	return !at.Before(from) && !at.After(until), until
}

// Counts are the least and the most that a claim counts for by the objections about it to plans of its case, in their order: both its amount
// where there is none, apart while a suit is open.
func Counts(plans []Course, claim string, amount money.Fen, now time.Time) (least, most money.Fen) {
	var suits []money.Fen
	for _, c := range plans {
		for _, o := range c.Objections {
			if o.Claim != claim {
				continue
			}
			switch out, _ := c.Outcome(o, now); out {
			case Unopposed:
				amount = o.Asked
			case Judged:
				amount = o.Judged
			case InSuit:
				suits = append(suits, o.Asked)
			case Telling, Answering, Opposed, Suing, Unsued, Dropped, Lapsed:
			}
		}
	}
	least, most = amount, amount
	for _, f := range suits {
		least, most = min(least, f), max(most, f)
	}
	return least, most
}

// Recognise gives claims as objections to the plans of their case leave them, less what earlier plans gave each, by its id: what a suit is about is
// in dispute, and what counts for nothing, or is met, is left out. What was paid by the plan that is made stays within the claim.
func Recognise(plans []Course, claims []Claim, got map[string]money.Fen, now time.Time) []Claim {
	list := make([]Claim, 0, len(claims))
	for _, k := range claims {
		least, most := Counts(plans, k.ID, k.Amount, now)
		k.Amount = max(most-got[k.ID], k.Paid)
		if k.Amount <= 0 {
			continue
		}
		k.Disputed = min(most-least, k.Amount-k.Paid)
		list = append(list, k)
	}
	return list
}
