package handover

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// State is where a step stands.
type State string

// The states of a step. Owed is left by the judge or the buyer who settles it
// (Done, Skipped), or by the end of the whole (Cancelled); the others stay.
const (
	Owed      State = "owed"
	Done      State = "done"
	Skipped   State = "skipped"
	Cancelled State = "cancelled"
)

// Outcome is what came of a deadline to vacate.
type Outcome string

// The outcomes. With Left the forced clearing falls away.
const (
	Left   Outcome = "left"
	Stayed Outcome = "stayed"
)

// Bounds of what is written.
const (
	// maxNote bounds the court's record of a step, in characters.
	maxNote = 4000
	// maxSlots bounds the appointments of one offer.
	maxSlots = 50
)

// Slot is an appointment at which goods can be fetched.
type Slot struct {
	StartsAt time.Time   `json:"starts_at"`
	EndsAt   time.Time   `json:"ends_at"`
	Place    docket.Text `json:"place"`
}

// before is the first open step that must be settled before steps[i], empty for none: one earlier in its track, and for the
// last of the plan any other.
func before(steps []StepView, i int) Step {
	final := i == len(steps)-1
	for _, s := range steps[:i] {
		if s.State == Owed && (final || s.Track == steps[i].Track) {
			return s.Step
		}
	}
	return ""
}

// check holds a settlement against the step and the plan; due is by when all is handed over.
func (s Settlement) check(steps []StepView, i int, now, due time.Time) error {
	refuse := func(code fault.Code, field string) *fault.Error {
		return fault.New(fault.Invalid, code).InField(field).ByRule("R20r")
	}
	step := steps[i]
	if step.State != Owed {
		return fault.New(fault.Conflict, fault.StateConflict).With("state", string(step.State))
	}
	if open := before(steps, i); open != "" {
		return fault.New(fault.Conflict, fault.StepOutOfOrder).InField("step").ByRule("R20r").With("step", string(open))
	}
	if utf8.RuneCountInString(s.Note) > maxNote {
		return refuse(fault.InvalidRequest, "note")
	}
	if s.Skip {
		switch {
		case i == len(steps)-1:
			return refuse(fault.InvalidRequest, "skip") // without it nothing is handed over
		case strings.TrimSpace(s.Reason.Zh) == "":
			return refuse(fault.ReasonRequired, "reason")
		}
		return nil
	}
	switch step.Step { //nolint:exhaustive // the others need nothing more
	case CollectionOffered:
		return refuse(fault.SlotInvalid, "slots") // Offer does it
	case CollectionBooked:
		return fault.New(fault.Forbidden, fault.NotTheBuyer).InField("step")
	case Inventory:
		if strings.TrimSpace(s.Note) == "" {
			return refuse(fault.InvalidRequest, "note")
		}
	case NoticeToVacate:
		if !s.VacateBy.After(now) || (s.VacateBy.After(due) && !now.After(due)) {
			return refuse(fault.InvalidRequest, "vacate_by").With("latest_at", due)
		}
	case DeadlineToVacate:
		return s.deadline(steps, now)
	}
	return nil
}

// deadline holds that the occupants had the time that the notice gave them.
func (s Settlement) deadline(steps []StepView, now time.Time) error {
	switch s.Outcome {
	case Left:
		return nil
	case Stayed:
	default:
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("outcome").ByRule("R20r")
	}
	for _, n := range steps {
		if n.Step == NoticeToVacate && n.UntilAt != nil && now.Before(*n.UntilAt) {
			return fault.New(fault.Conflict, fault.VacateNotYet).InField("outcome").ByRule("R20r").With("until_at", *n.UntilAt)
		}
	}
	return nil
}

// checkSlots holds that appointments lie ahead, and within the time for the handing over as long as that runs.
func checkSlots(slots []Slot, now, due time.Time) error {
	refuse := func(i int) error {
		return fault.New(fault.Invalid, fault.SlotInvalid).InField(fmt.Sprintf("slots[%d]", i)).ByRule("R20r").With("latest_at", due)
	}
	if len(slots) == 0 || len(slots) > maxSlots {
		return fault.New(fault.Invalid, fault.SlotInvalid).InField("slots").ByRule("R20r")
	}
	for i, s := range slots {
		switch {
		case !s.StartsAt.After(now), !s.EndsAt.After(s.StartsAt), s.Place.Zh == "", s.Place.En == "":
			return refuse(i)
		case s.EndsAt.After(due) && !now.After(due):
			return refuse(i)
		}
	}
	return nil
}
