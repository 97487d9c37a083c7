package draw

import (
	"slices"

	"github.com/google/uuid"
)

// Least is the fewest candidates that a draw can be about: one alone needs none.
const Least = 2

// Flaw is what is wrong with a list or with a draw that was made; empty for nothing.
type Flaw string

// The flaws.
const (
	TooFew         Flaw = "draw_too_few"
	Twice          Flaw = "draw_candidate_twice"
	ValueTooEarly  Flaw = "draw_value_too_early"
	ValueDiffers   Flaw = "draw_value_differs"
	OrderDiffers   Flaw = "draw_order_differs"
	MadeBeforeRoot Flaw = "draw_made_within_value"
)

// List is what the log fixed before the value existed. Leaf is the index of its entry.
type List struct {
	Draw       uuid.UUID
	Leaf       int64
	Candidates []uuid.UUID
}

// Made is a draw as it was entered. Leaf is the index of its entry; Size and Value are of the checkpoint it rests on.
type Made struct {
	Leaf  int64
	Size  int64
	Value Value
	Order []uuid.UUID
}

// Valid finds what a list lacks.
func (l List) Valid() Flaw {
	if len(l.Candidates) < Least {
		return TooFew
	}
	seen := make(map[uuid.UUID]bool, len(l.Candidates))
	for _, c := range l.Candidates {
		if seen[c] {
			return Twice
		}
		seen[c] = true
	}
	return ""
}

// Check repeats a draw. Root is the log's root over the first m.Size entries, as computed by whoever checks.
func Check(l List, m Made, root Value) Flaw {
	if flaw := l.Valid(); flaw != "" {
		return flaw
	}
	switch {
	case m.Size <= l.Leaf:
		// A tree that does not hold the list was there before it: its root was known to whoever wrote the list.
		return ValueTooEarly
	case m.Leaf < m.Size:
		// The entry would have to hold a root that depends on the entry itself.
		return MadeBeforeRoot
	case m.Value != root:
		return ValueDiffers
	case !slices.Equal(m.Order, Order(root, l.Draw, l.Candidates)):
		return OrderDiffers
	}
	return ""
}
