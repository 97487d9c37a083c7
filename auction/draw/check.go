package draw

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Flaw is what is wrong with a list or with a draw that was made; empty for nothing.
type Flaw string

// The flaws.
const (
	TooFew         Flaw = "draw_too_few"
	Twice          Flaw = "draw_candidate_twice"
	WaitTooShort   Flaw = "draw_wait_too_short"
	OpenedEarly    Flaw = "draw_opened_early"
	NonceDiffers   Flaw = "draw_nonce_differs"
	ValueTooEarly  Flaw = "draw_value_too_early"
	ValueElsewhere Flaw = "draw_value_elsewhere"
	ValueDiffers   Flaw = "draw_value_differs"
	OrderDiffers   Flaw = "draw_order_differs"
	MadeBeforeRoot Flaw = "draw_made_within_value"
)

// Opening ends the wait. Leaf is the index of its entry: the value is the root of the tree that ends with it.
type Opening struct {
	Leaf  int64
	At    time.Time
	Nonce []byte
}

// Size is the size of the tree whose root is the value: it ends with the opening. Nobody chooses it.
func (o Opening) Size() int64 { return o.Leaf + 1 }

// Made is a draw as it was entered. Leaf is the index of its entry; Size and Value are of the checkpoint it rests on.
type Made struct {
	Leaf  int64
	Size  int64
	Value Value
	Order []uuid.UUID
}

// Open checks an opening against its list.
func (l List) Open(o Opening) Flaw {
	switch {
	case o.Leaf <= l.Leaf:
		// A tree that does not hold the list was there before it: its root was known to whoever wrote the list.
		return ValueTooEarly
	case o.At.Before(l.OpensAt):
		return OpenedEarly
	case len(o.Nonce) != NonceBytes || Commitment(l.Draw, o.Nonce) != l.Commitment:
		return NonceDiffers
	}
	return ""
}

// Check repeats a draw. Root is the log's root over the first o.Size() entries, as computed by whoever checks.
func Check(l List, o Opening, m Made, root Value) Flaw {
	if flaw := l.Valid(); flaw != "" {
		return flaw
	}
	if flaw := l.Open(o); flaw != "" {
		return flaw
	}
	switch {
	case m.Size != o.Size():
		return ValueElsewhere
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
