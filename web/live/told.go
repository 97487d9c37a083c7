package live

import (
	"time"

	"github.com/google/uuid"

	"mingchui/bidding/course"
)

// told is an event as the stream carries it. Which fields are set depends on
// the kind.
type told struct {
	// name is the event's in the stream.
	name string

	Lot        uuid.UUID `json:"lot"`
	Seq        int64     `json:"seq"`
	At         time.Time `json:"at"`
	BidderCode string    `json:"bidder_code,omitempty"`
	AmountFen  int64     `json:"amount_fen,omitempty"`
	// Automatic, of a bid: the platform placed it up to the code's maximum.
	Automatic  bool       `json:"automatic,omitempty"`
	AcceptedAt *time.Time `json:"accepted_at,omitempty"`
	PriceFen   int64      `json:"price_fen,omitempty"`
	LeaderCode string     `json:"leader_code,omitempty"`
	EndsAt     *time.Time `json:"ends_at,omitempty"`
	LeftMillis *int64     `json:"left_ms,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
	// Skipped, of a bid, is how many bids before it are not sent.
	Skipped int64 `json:"skipped,omitempty"`
}

const bidName = "bid"

func (t *told) isBid() bool { return t.name == bidName }

// nameOf is the name in the stream of a kind that watchers are told. Admissions
// and exclusions are not among them: R18. Nor are maxima, which change nothing
// that is shown; they stand in the record.
func nameOf(k course.Kind) (name string, shown bool) {
	switch k {
	case course.Bid:
		return bidName, true
	case course.Stay:
		return "stayed", true
	case course.Resume:
		return "resumed", true
	case course.Close:
		return "closed", true
	case course.Open, course.Admit, course.Exclude, course.Maximum, course.MaximumWithdrawn, course.Epoch:
	}
	return "", false
}

// fromEvent is a committed event as watchers are told it; false for one that they are not.
func fromEvent(lot uuid.UUID, e course.Event) (told, bool) {
	n := notice{
		Lot: lot, Seq: e.Seq, Kind: e.Kind, At: time.UnixMilli(e.At), BidderCode: e.Code, AmountFen: int64(e.Amount), Automatic: e.Automatic,
		Outcome: string(e.Outcome), PriceFen: int64(e.Price), LeaderCode: e.Leader, LeftMillis: &e.Left,
	}
	if e.EndsAt != 0 {
		n.EndsAt = time.UnixMilli(e.EndsAt)
	}
	return n.told()
}

// notice is a committed event as the committer tells it on NATS (bidding/tell.go),
// with the course after it.
type notice struct {
	Lot        uuid.UUID    `json:"lot"`
	Seq        int64        `json:"seq"`
	Kind       course.Kind  `json:"kind"`
	At         time.Time    `json:"at"`
	BidderCode string       `json:"bidder_code"`
	AmountFen  int64        `json:"amount_fen"`
	Automatic  bool         `json:"automatic"`
	Phase      course.Phase `json:"phase"`
	EndsAt     time.Time    `json:"ends_at"`
	PriceFen   int64        `json:"price_fen"`
	LeaderCode string       `json:"leader_code"`
	Bids       int64        `json:"bids"`
	Extensions int64        `json:"extensions"`
	Outcome    string       `json:"outcome"`
	LeftMillis *int64       `json:"left_ms"`
}

// told is the event for watchers; false when they are not told it.
func (n *notice) told() (told, bool) {
	name, shown := nameOf(n.Kind)
	if !shown {
		return told{}, false
	}
	t := told{name: name, Lot: n.Lot, Seq: n.Seq, At: n.At}
	switch n.Kind { //nolint:exhaustive // the kinds of nameOf
	case course.Bid:
		// The last accepted bid leads, a priority purchaser's match included (R21).
		t.BidderCode, t.AmountFen, t.PriceFen, t.LeaderCode = n.BidderCode, n.AmountFen, n.AmountFen, n.BidderCode
		t.Automatic = n.Automatic
		at, ends := n.At, n.EndsAt
		t.AcceptedAt, t.EndsAt = &at, &ends
	case course.Resume:
		ends := n.EndsAt
		t.EndsAt = &ends
	case course.Stay:
		t.LeftMillis = n.LeftMillis
	case course.Close:
		t.Outcome, t.PriceFen, t.LeaderCode = n.Outcome, n.PriceFen, n.LeaderCode
	}
	return t, true
}
