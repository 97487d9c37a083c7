package auction

import (
	"time"

	"mingchui/auction/fault"
)

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
	// Unsold: no bid. It stays so; a next sale is another lot (R26, R26s).
	Unsold State = "unsold"
	// Paid: the whole price is there. The ruling makes it Ruled (R20r).
	Paid State = "paid"
	// Ruled: the ruling is served and ownership has passed (R22). It stays so.
	Ruled State = "ruled"
	// Defaulted: the buyer did not pay. It stays so; the property is sold
	// again as another lot (R24).
	Defaulted State = "defaulted"
	// Withdrawn: taken back; what was announced, with the ground published. It stays so.
	Withdrawn State = "withdrawn"
)

// Event is what happens to a lot.
type Event string

// The events, each the past of an act.
const (
	TermsApproved  Event = "terms_approved"
	TermsRevised   Event = "terms_revised"
	DraftWithdrawn Event = "draft_withdrawn"
	WasAnnounced   Event = "announced"
	WasStayed      Event = "stayed"
	WasResumed     Event = "resumed"
	WasWithdrawn   Event = "withdrawn"
	EndedSold      Event = "ended_sold"
	EndedUnsold    Event = "ended_unsold"
	BalancePaid    Event = "balance_paid"
	BuyerDefaulted Event = "buyer_defaulted"
	RulingServed   Event = "ruling_served"
)

// Next is the state machine of a lot: the state after an event, or
// state_conflict (conflict) where the event cannot happen in that state.
func Next(from State, event Event) (State, error) {
	switch from {
	case Draft:
		switch event { //nolint:exhaustive // what is not listed is refused below
		case TermsApproved:
			return Voted, nil
		case TermsRevised:
			return Draft, nil
		case DraftWithdrawn:
			return Withdrawn, nil
		}
	case Voted:
		switch event { //nolint:exhaustive // what is not listed is refused below
		case WasAnnounced:
			return Announced, nil
		case TermsRevised:
			return Draft, nil
		case DraftWithdrawn:
			return Withdrawn, nil
		}
	case Announced:
		switch event { //nolint:exhaustive // what is not listed is refused below
		case WasStayed:
			return Suspended, nil
		case WasWithdrawn:
			return Withdrawn, nil
		case EndedSold:
			return Sold, nil
		case EndedUnsold:
			return Unsold, nil
		}
	case Suspended:
		switch event { //nolint:exhaustive // what is not listed is refused below
		case WasResumed:
			return Announced, nil
		case WasWithdrawn:
			return Withdrawn, nil
		// The course decides what was bid and when it ends. When the engine
		// resumed it and the node fell before this row said so, its end still counts.
		case EndedSold:
			return Sold, nil
		case EndedUnsold:
			return Unsold, nil
		}
	case Sold:
		switch event { //nolint:exhaustive // what is not listed is refused below
		case BalancePaid:
			return Paid, nil
		case BuyerDefaulted:
			return Defaulted, nil
		}
	case Paid:
		if event == RulingServed {
			return Ruled, nil
		}
	case Unsold, Ruled, Defaulted, Withdrawn:
	}
	return from, fault.New(fault.Conflict, fault.StateConflict).With("state", string(from)).With("event", string(event))
}

// columns are how the table holds a state: status, and outcome after the end.
func (s State) columns() (status string, outcome *string) {
	switch s {
	case Draft, Voted, Announced, Suspended, Withdrawn:
		return string(s), nil
	case Sold, Unsold, Paid, Ruled, Defaulted:
		o := string(s)
		return "ended", &o
	}
	return string(s), nil
}

// stateOf reads a state from its columns.
func stateOf(status string, outcome *string) State {
	if outcome != nil {
		return State(*outcome)
	}
	return State(status)
}

// Status is what the public reads of a state.
type Status string

// The statuses of api.md; Drafting is never public.
const (
	StatusDrafting  Status = "draft"
	StatusAnnounced Status = "announced"
	StatusLive      Status = "live"
	StatusSuspended Status = "suspended"
	StatusEnded     Status = "ended"
	StatusWithdrawn Status = "withdrawn"
)

// StatusAt is the public status at a time: an announced lot is live from its start.
func StatusAt(s State, startsAt, now time.Time) Status {
	switch s {
	case Draft, Voted:
		return StatusDrafting
	case Announced:
		if now.Before(startsAt) {
			return StatusAnnounced
		}
		return StatusLive
	case Suspended:
		return StatusSuspended
	case Sold, Unsold, Paid, Ruled, Defaulted:
		return StatusEnded
	case Withdrawn:
		return StatusWithdrawn
	}
	return StatusDrafting
}
