package course

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// SaltBytes is the length of a maximum's salt.
const SaltBytes = 32

// Commit is the commitment to a maximum, in hex: SHA-256 over "mingchui maximum bid", a zero byte, the lot's 16 bytes, the code,
// a zero byte, the amount in fen as 8 bytes with the highest first, and the salt.
func Commit(lot uuid.UUID, code string, amount money.Fen, salt [SaltBytes]byte) string {
	b := slices.Concat([]byte("mingchui maximum bid\x00"), lot[:], []byte(code), []byte("\x00"))
	b = binary.BigEndian.AppendUint64(b, uint64(amount)) //nolint:gosec // above 0
	b = append(b, salt[:]...)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// maximum takes a limit where a bid would be taken; one below the least bid that the code could place is refused as that bid
// would be. It replaces the code's maximum before.
func (s State) maximum(e Event, c Command) (Event, error) {
	if len(c.Commitment) != hex.EncodedLen(sha256.Size) {
		return Event{}, invalid("commitment")
	}
	if err := c.Amount.Valid(); err != nil {
		return Event{}, err
	}
	if !s.Terms.MaximumBids {
		return Event{}, s.refuse(fault.MaximumNotOffered)
	}
	a, err := s.bidder(c.Code, e.At)
	if err != nil {
		return Event{}, err
	}
	switch {
	case c.Hidden:
	case c.Amount < s.Terms.StartingPrice:
		return Event{}, s.refuse(fault.BidBelowStart)
	case s.Leader == "":
	case s.Leader != c.Code && c.Amount >= s.Price && Better(a.Rank, s.LeaderRank):
	case c.Amount-s.Price < s.Terms.Increment:
		return Event{}, s.refuse(fault.BidTooLow)
	}
	e.Code, e.Commitment = c.Code, c.Commitment
	return e, nil
}

// withdrawMaximum needs no running clock: nobody is held to a limit while bidding is stayed.
func (s State) withdrawMaximum(e Event, c Command) (Event, error) {
	if !s.Terms.MaximumBids {
		return Event{}, s.refuse(fault.MaximumNotOffered)
	}
	if s.Phase == Running && e.At >= s.EndsAt {
		return Event{}, s.refuse(fault.Closed)
	}
	if _, live := s.Maxima[c.Code]; !live {
		return Event{}, s.refuse(fault.MaximumNone)
	}
	e.Code = c.Code
	return e, nil
}

// mayAnswer: an automatic bid belongs to a live maximum, and is placed at the instant of the event before it.
func (s State) mayAnswer(code string, at int64) bool {
	_, live := s.Maxima[code]
	return live && at == s.LastAt
}

// Answer is the automatic bid that live maxima call for in s at the instant of its last event; false when none does. amounts
// are how high they are, by code.
//
// It goes to the weakest of those who could place a bid: it bids the most that its maximum allows, so that the maximum is used
// up; but when nobody is stronger, the leader's own maximum included, the least that leads, which is a match where R21 gives one.
// Weaker is who reaches less; at the same reach the worse rank (R21), then the maximum that was set first, for who comes
// second to a price cannot match it. After one event there are at most three answers.
func Answer(s State, amounts map[string]money.Fen) (Command, bool) {
	var all, others []reach // of all who take part, and of those who do not lead
	for code, m := range s.Maxima {
		r, takesPart := s.reachOf(code, m.Seq, amounts[code])
		if !takesPart {
			continue
		}
		all = append(all, r)
		if code != s.Leader {
			others = append(others, r)
		}
	}
	if others == nil {
		return Command{}, false
	}
	first := slices.MinFunc(others, reach.compare)
	amount := first.top
	if first.code == slices.MaxFunc(all, reach.compare).code {
		amount = s.least(first)
	}
	return Command{Kind: Bid, Code: first.code, Amount: amount, Automatic: true}, true
}

// reach is how far a maximum goes: top is its last whole increment.
type reach struct {
	code string
	top  money.Fen
	rank int
	seq  int64
}

// compare puts the weaker before the stronger; no two are alike, for each maximum was an event of its own.
func (r reach) compare(with reach) int {
	return cmp.Or(cmp.Compare(r.top, with.top), cmp.Compare(place(with.rank), place(r.rank)), cmp.Compare(r.seq, with.seq))
}

// place is a rank as the better one has the lower: without a rank is behind all (R21).
func place(rank int) int {
	if rank == 0 {
		return math.MaxInt
	}
	return rank
}

// reachOf is how far a code's maximum goes; false when it can neither place a bid now nor, as the leader's, answer one.
func (s State) reachOf(code string, seq int64, amount money.Fen) (reach, bool) {
	a, err := s.bidder(code, s.LastAt)
	if err != nil || amount < s.Terms.StartingPrice {
		return reach{}, false
	}
	r := reach{code: code, top: amount - (amount-s.Terms.StartingPrice)%s.Terms.Increment, rank: a.Rank, seq: seq}
	matches := code != s.Leader && r.top == s.Price && Better(a.Rank, s.LeaderRank)
	return r, s.Leader == "" || r.top > s.Price || matches
}

// least is the least bid by which r leads.
func (s State) least(r reach) money.Fen {
	switch {
	case s.Leader == "":
		return s.Terms.StartingPrice
	case Better(r.rank, s.LeaderRank):
		return s.Price
	}
	return s.Price + s.Terms.Increment
}
