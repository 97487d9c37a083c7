package lifecycle

import "mingchui/auction/fault"

// State is where a lot's sale stands: status and, after the end, outcome.
type State string

const (
	// Draft: a judge wrote it. The panel's vote makes it Voted (R6), a judge
	// revises it or takes it back (Withdrawn).
	Draft State = "draft"
	// Voted: the panel approved the terms. A judge announces it (R12, R13),
	// changes the terms, which makes it a Draft again, or takes it back.
	Voted State = "voted"
	// Announced: published; live once starts_at has passed. The course's close
	// makes it Sold or Unsold, the court stays (R28) or withdraws it (R17w).
	Announced State = "announced"
	// Suspended: stayed. The court resumes (R28) or withdraws it.
	Suspended State = "suspended"
	// Sold: the last bid is the price (R20c). The buyer's money makes it Paid,
	// the end of the period without it Defaulted (R24, R25).
	Sold State = "sold"
	// Unsold: no bid. A next sale is another lot (R26, R26s), or the thing is
	// sold without an auction (R31d); a creditor takes the property for the debt
	// (R16d), or it goes back to the debtor (R24r, or before where the
	// enforcement ended).
	Unsold State = "unsold"
	// Paid: the whole price is there. The ruling makes it Ruled (R20r).
	Paid State = "paid"
	// Taken: a creditor took it at the reserve price of the sale that failed
	// (R16d). The ruling makes it Ruled; a difference that is not paid in, Unsold again.
	Taken State = "taken"
	// Ruled: the ruling is served and ownership has passed (R22); handing over
	// leaves it so. Only the court's ruling to set the sale aside ends it (R31).
	Ruled State = "ruled"
	// Defaulted: the buyer did not pay. The property is sold again as another lot
	// (R24), or without an auction (R31d). Only the court's ruling to set the sale aside ends it (R31).
	Defaulted State = "defaulted"
	// Returned: unsold, and the seizure is lifted: the property is the debtor's
	// to use again, for nobody took it to the last (R24r) or the enforcement
	// ended. It stays so.
	Returned State = "returned"
	// SetAside: the court annulled the sale (R31) and the money goes back. It stays so.
	SetAside State = "set_aside"
	// Withdrawn: taken back; what was announced, with the ground published. It stays so.
	Withdrawn State = "withdrawn"
)

// States lists every state, in the order of a sale.
func States() []State {
	return []State{Draft, Voted, Announced, Suspended, Sold, Unsold, Paid, Taken, Ruled, Defaulted, Returned, SetAside, Withdrawn}
}

// Ended tells whether the sale's bidding is over with a result.
func (s State) Ended() bool {
	switch s {
	case Draft, Voted, Announced, Suspended, Withdrawn:
		return false
	case Sold, Unsold, Paid, Taken, Ruled, Defaulted, Returned, SetAside:
		return true
	}
	return false
}

// Event is what happens to a lot.
type Event string

// The events, each the past of an act.
const (
	TermsApproved    Event = "terms_approved"
	TermsRevised     Event = "terms_revised"
	DraftWithdrawn   Event = "draft_withdrawn"
	WasAnnounced     Event = "announced"
	WasStayed        Event = "stayed"
	WasResumed       Event = "resumed"
	WasWithdrawn     Event = "withdrawn"
	EndedSold        Event = "ended_sold"
	EndedUnsold      Event = "ended_unsold"
	BalancePaid      Event = "balance_paid"
	BuyerDefaulted   Event = "buyer_defaulted"
	TakenForDebt     Event = "taken_for_debt"
	TakingLapsed     Event = "taking_lapsed"
	ReturnedToDebtor Event = "returned_to_debtor"
	RulingServed     Event = "ruling_served"
	HandedOver       Event = "handed_over"
	WasSetAside      Event = "set_aside"
	// NextSaleAnnounced happens to the sale before, when the next one of the same property is announced.
	NextSaleAnnounced Event = "next_sale_announced"
	// SoldDirectly happens to a sale that failed, when its property is sold without an auction (R31d).
	SoldDirectly Event = "sold_directly"
)

// Events lists every event.
func Events() []Event {
	return []Event{
		TermsApproved, TermsRevised, DraftWithdrawn, WasAnnounced, WasStayed, WasResumed, WasWithdrawn, EndedSold, EndedUnsold,
		BalancePaid, BuyerDefaulted, TakenForDebt, TakingLapsed, ReturnedToDebtor, RulingServed, HandedOver, WasSetAside, NextSaleAnnounced, SoldDirectly,
	}
}

// Next is the state after an event, or state_conflict (conflict) where the
// event cannot happen in that state.
func Next(from State, event Event) (State, error) {
	for _, to := range ways(from) {
		if to.event == event {
			return to.state, nil
		}
	}
	return from, fault.New(fault.Conflict, fault.StateConflict).With("state", string(from)).With("event", string(event))
}

// way is one event out of a state.
type way struct {
	event Event
	state State
}

// ways are all events that can happen in a state.
func ways(from State) []way {
	switch from {
	case Draft:
		return []way{{TermsApproved, Voted}, {TermsRevised, Draft}, {DraftWithdrawn, Withdrawn}}
	case Voted:
		return []way{{WasAnnounced, Announced}, {TermsRevised, Draft}, {DraftWithdrawn, Withdrawn}}
	case Announced:
		return []way{{WasStayed, Suspended}, {WasWithdrawn, Withdrawn}, {EndedSold, Sold}, {EndedUnsold, Unsold}}
	case Suspended:
		// The course decides what was bid and when it ends. When the engine resumed it and the node fell before the row said
		// so, its end still counts.
		return []way{{WasResumed, Announced}, {WasWithdrawn, Withdrawn}, {EndedSold, Sold}, {EndedUnsold, Unsold}}
	case Sold:
		return []way{{BalancePaid, Paid}, {BuyerDefaulted, Defaulted}, {WasSetAside, SetAside}}
	case Unsold:
		return []way{{NextSaleAnnounced, Unsold}, {SoldDirectly, Unsold}, {TakenForDebt, Taken}, {ReturnedToDebtor, Returned}}
	case Paid:
		return []way{{RulingServed, Ruled}, {WasSetAside, SetAside}}
	case Taken:
		return []way{{RulingServed, Ruled}, {TakingLapsed, Unsold}, {WasSetAside, SetAside}}
	case Ruled:
		return []way{{HandedOver, Ruled}, {WasSetAside, SetAside}}
	case Defaulted:
		return []way{{NextSaleAnnounced, Defaulted}, {SoldDirectly, Defaulted}, {ReturnedToDebtor, Defaulted}, {WasSetAside, SetAside}}
	case SetAside, Withdrawn:
		return []way{{NextSaleAnnounced, from}, {SoldDirectly, from}, {ReturnedToDebtor, from}}
	case Returned:
	}
	return nil
}
