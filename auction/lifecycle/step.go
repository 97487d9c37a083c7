package lifecycle

import (
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Lot is what the machine knows of one sale. Times are zero until they are known.
type Lot struct {
	Stage law.Stage
	Kind  law.Kind
	State State
	// BalanceDueDays are the days to pay the rest that the announcement names (R25).
	BalanceDueDays int
	AnnouncedAt    time.Time
	StartsAt       time.Time
	EndsAt         time.Time
	EndedAt        time.Time
	StayedAt       time.Time
	ServedAt       time.Time
	Price          money.Fen
	// HandedOver: the buyer has it.
	HandedOver bool
	// Limited: a house under purchase limits, whose buyer must be qualified before the ruling (R17h).
	Limited bool
	// ApprovalDays are the days from payment in which the buyer of equity has its transfer approved, before the ruling; 0 where it takes no approval (R12e).
	ApprovalDays int
	// Criminal: a case on property parts of a criminal judgment, whose property may be sold without a reserve at last (R26n).
	Criminal bool
	// NextAnnounced: a later sale of the property took over what this one owed, or the property was sold without an auction (R31d).
	NextAnnounced bool
	// Again: the property is to be sold again although this sale is withdrawn or set aside.
	Again bool
	// Released: the seizure was lifted, so that no later sale follows.
	Released bool
}

// Happening is an event with its time and what it brings.
type Happening struct {
	Event Event
	At    time.Time
	// StartsAt and EndsAt come with WasAnnounced.
	StartsAt, EndsAt time.Time
	// Price comes with EndedSold and TakenForDebt.
	Price money.Fen
	// ServedAt comes with RulingServed: when the ruling reached the buyer.
	ServedAt time.Time
	// Outage comes with WasStayed: no person stayed it (R28o).
	Outage bool
	// Again comes with WasWithdrawn and WasSetAside: the ground leaves the seizure as it is, so the property is sold again.
	Again bool
	// Ended comes with ReturnedToDebtor: the enforcement against the property ended, so that it need not be unsold to the last.
	Ended bool
}

// Duty is what a lot's sale makes somebody owe; duty.Kind has the same words.
type Duty string

// The duties of the lifecycle.
const (
	JudgeVote        Duty = "judge_vote"
	Announce         Duty = "announce"
	NotifyParties    Duty = "notify_parties"
	OpenCourse       Duty = "open_course"
	CloseCourse      Duty = "close_course"
	Resume           Duty = "resume"
	ReleaseDeposits  Duty = "release_deposits"
	ConfirmSale      Duty = "confirm_sale"
	PayBalance       Duty = "pay_balance"
	BalanceDue       Duty = "balance_due"
	SecondSale       Duty = "second_sale"
	AskCreditors     Duty = "ask_creditors"
	SellOffSale      Duty = "sell_off_sale"
	ReturnProperty   Duty = "return_property"
	ReSale           Duty = "re_sale"
	CheckEligibility Duty = "check_eligibility"
	MakeRuling       Duty = "make_ruling"
	PayOut           Duty = "pay_out"
	HandOver         Duty = "hand_over"
)

// Duties lists them.
func Duties() []Duty {
	return []Duty{
		JudgeVote, Announce, NotifyParties, OpenCourse, CloseCourse, Resume, ReleaseDeposits, ConfirmSale, PayBalance, BalanceDue, SecondSale, AskCreditors,
		SellOffSale, ReturnProperty, ReSale, CheckEligibility, MakeRuling, PayOut, HandOver,
	}
}

// Actor is who owes; duty.Actor has the same words.
type Actor string

// The actors of the lifecycle's duties.
const (
	Machine Actor = "machine"
	Judge   Actor = "judge"
	Finance Actor = "finance"
	Bidder  Actor = "bidder"
)

// Effect is what an event does to the duties of its lot.
type Effect struct {
	Do   Do
	Duty Duty
	// Actor, Rule and DueAt come with Owe.
	Actor Actor
	Rule  string
	DueAt time.Time
	// Repeats: the lot may owe it more than once, so its key is the event's own.
	Repeats bool
}

// Do is what becomes of a duty.
type Do string

// What becomes of a duty: it is made due, fulfilled, or owed no more.
const (
	Owe    Do = "owe"
	Fulfil Do = "fulfil"
	End    Do = "end"
)

// Step takes a lot through an event: the lot after it, and what it does to
// duties. Periods are those of the rule set that the lot was listed under.
//
// Faults: state_conflict (conflict).
func Step(rules law.RuleSet, l Lot, h Happening) (Lot, []Effect, error) {
	to, err := Next(l.State, h.Event)
	if err != nil {
		return l, nil, err
	}
	if !l.may(h) {
		return l, nil, fault.New(fault.Conflict, fault.StateConflict).With("state", string(l.State)).With("event", string(h.Event))
	}
	l.State = to
	l = l.note(h)
	return l, effects(rules, l, h), nil
}

// may is what the state alone does not tell.
func (l Lot) may(h Happening) bool {
	switch h.Event { //nolint:exhaustive // the others depend on the state alone
	case HandedOver:
		return !l.HandedOver
	case NextSaleAnnounced:
		return l.AwaitsNext() || l.mayGoOn()
	case SoldDirectly:
		return l.AwaitsNext() || (l.State == Unsold && !l.NextAnnounced)
	case TakenForDebt:
		return !l.NextAnnounced // R16d: after this sale failed, not once the next one runs
	case ReturnedToDebtor:
		last := l.State == Unsold && !l.NextAnnounced && (l.Stage == law.SellOff || l.Stage == law.NoReserve)
		return last || (h.Ended && l.AwaitsNext()) // R24r: unsold to the last, or the enforcement ended
	}
	return true
}

// AwaitsNext tells whether a later sale of the property is to take over.
func (l Lot) AwaitsNext() bool {
	if l.NextAnnounced || l.Released {
		return false
	}
	switch l.State {
	case Unsold:
		return l.Stage == law.First || l.Stage == law.Second
	case Defaulted:
		return true
	case Withdrawn, SetAside:
		return l.Again
	case Draft, Voted, Announced, Suspended, Sold, Paid, Taken, Ruled, Returned:
		return false
	}
	return false
}

// mayGoOn tells whether a sale without a reserve may follow the failed sell-off. Nobody owes it (R26n).
func (l Lot) mayGoOn() bool {
	return l.Criminal && l.Stage == law.SellOff && l.State == Unsold && !l.NextAnnounced
}

// note keeps what an event brings.
func (l Lot) note(h Happening) Lot {
	switch h.Event {
	case WasAnnounced:
		l.AnnouncedAt, l.StartsAt, l.EndsAt = h.At, h.StartsAt, h.EndsAt
	case WasStayed:
		l.StayedAt = h.At
	case WasResumed:
		l.StayedAt = time.Time{}
	case EndedSold:
		l.EndedAt, l.Price, l.StayedAt = h.At, h.Price, time.Time{}
	case EndedUnsold:
		l.EndedAt, l.StayedAt = h.At, time.Time{}
	case TakenForDebt:
		l.Price = h.Price
	case TakingLapsed:
		l.Price = 0
	case RulingServed:
		l.ServedAt = h.ServedAt
	case HandedOver:
		l.HandedOver = true
	case WasWithdrawn, WasSetAside:
		l.Again, l.StayedAt = h.Again && !l.Released, time.Time{}
	case ReturnedToDebtor:
		l.Released, l.Again = true, false
	case NextSaleAnnounced, SoldDirectly:
		l.NextAnnounced = true
	case TermsApproved, TermsRevised, DraftWithdrawn, BalancePaid, BuyerDefaulted:
	}
	return l
}
