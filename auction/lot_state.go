package auction

import (
	"time"

	"mingchui/auction/lifecycle"
)

// State is where a lot's sale stands, Event what happens to it: the machine is
// lifecycle's, and these are its words.
type (
	State = lifecycle.State
	Event = lifecycle.Event
)

// The states of lifecycle, each explained there.
const (
	Draft     = lifecycle.Draft
	Voted     = lifecycle.Voted
	Announced = lifecycle.Announced
	Suspended = lifecycle.Suspended
	Sold      = lifecycle.Sold
	Unsold    = lifecycle.Unsold
	Paid      = lifecycle.Paid
	Taken     = lifecycle.Taken
	Ruled     = lifecycle.Ruled
	Defaulted = lifecycle.Defaulted
	Returned  = lifecycle.Returned
	SetAside  = lifecycle.SetAside
	Withdrawn = lifecycle.Withdrawn
)

// columnsOf are how the table holds a state: status, and outcome after the end.
func columnsOf(s State) (status string, outcome *string) {
	if !s.Ended() {
		return string(s), nil
	}
	o := string(s)
	return "ended", &o
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
	case Sold, Unsold, Paid, Taken, Ruled, Defaulted, Returned, SetAside:
		return StatusEnded
	case Withdrawn:
		return StatusWithdrawn
	}
	return StatusDrafting
}
