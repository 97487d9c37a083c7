package handover

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

func code(err error) fault.Code {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Code
	}
	return ""
}

// R20r: the record of a step holds 4,000 characters; a deadline to vacate lies ahead, and before the end while that lies ahead too.
func TestR20r_BoundsOfAStep(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	due := now.AddDate(0, 0, 15)
	steps := []StepView{{Step: NoticeToVacate, Track: Premises, State: Owed}, {Step: RecordSigned, Track: Record, State: Owed}}
	for what, c := range map[string]struct {
		in   Settlement
		now  time.Time
		want fault.Code
	}{
		"4,000 characters":              {Settlement{Note: strings.Repeat("字", 4000), VacateBy: due}, now, ""},
		"4,001 characters":              {Settlement{Note: strings.Repeat("字", 4001), VacateBy: due}, now, fault.InvalidRequest},
		"a deadline now":                {Settlement{VacateBy: now}, now, fault.InvalidRequest},
		"a millisecond ahead":           {Settlement{VacateBy: now.Add(time.Millisecond)}, now, ""},
		"after the end":                 {Settlement{VacateBy: due.Add(time.Millisecond)}, now, fault.InvalidRequest},
		"after it, on its last instant": {Settlement{VacateBy: due.Add(time.Millisecond)}, due, fault.InvalidRequest},
		"after it, when it is over":     {Settlement{VacateBy: due.Add(time.Hour)}, due.Add(time.Millisecond), ""},
	} {
		if got := code(c.in.check(steps, 0, c.now, due)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

// R20r: an offer names one to fifty appointments, each whole and ahead, and before the end while that lies ahead too.
func TestR20r_BoundsOfAnOffer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	due := now.AddDate(0, 0, 15)
	place := docket.Text{Zh: "仓库", En: "the store"}
	list := func(n int, from, to time.Time, at docket.Text) []Slot {
		var out []Slot
		for range n {
			out = append(out, Slot{StartsAt: from, EndsAt: to, Place: at})
		}
		return out
	}
	soon := now.Add(time.Millisecond)
	for what, c := range map[string]struct {
		slots []Slot
		now   time.Time
		want  fault.Code
	}{
		"none":                     {nil, now, fault.SlotInvalid},
		"one":                      {list(1, soon, due, place), now, ""},
		"fifty":                    {list(50, soon, due, place), now, ""},
		"fifty-one":                {list(51, soon, due, place), now, fault.SlotInvalid},
		"begun":                    {list(1, now, due, place), now, fault.SlotInvalid},
		"of no length":             {list(1, soon, soon, place), now, fault.SlotInvalid},
		"no place in Chinese":      {list(1, soon, due, docket.Text{En: "x"}), now, fault.SlotInvalid},
		"no place in English":      {list(1, soon, due, docket.Text{Zh: "x"}), now, fault.SlotInvalid},
		"past the end":             {list(1, soon, due.Add(time.Millisecond), place), now, fault.SlotInvalid},
		"past it, at its instant":  {list(1, due.Add(time.Minute), due.Add(time.Hour), place), due, fault.SlotInvalid},
		"past it, when it is over": {list(1, due.Add(time.Minute), due.Add(time.Hour), place), due.Add(time.Millisecond), ""},
	} {
		if got := code(checkSlots(c.slots, c.now, due)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
