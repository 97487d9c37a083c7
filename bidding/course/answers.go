package course

import (
	"github.com/google/uuid"

	"mingchui/auction/money"
)

// Opening is a maximum as it is told after the end.
type Opening struct {
	// Seq is the event that set it.
	Seq    int64
	Code   string
	Amount money.Fen
	Salt   [SaltBytes]byte
}

// Flaw is what is wrong with the automatic bids of a course.
type Flaw string

const (
	// NotOpened: no opening belongs to a maximum.
	NotOpened Flaw = "maximum_unopened"
	// OpeningDiffers: an opening is of no maximum of the course, or does not fit its commitment.
	OpeningDiffers Flaw = "maximum_opening_differs"
	// MaximumTooLow: a maximum that could never have been bid, and would have been refused had anybody known how high it was.
	MaximumTooLow Flaw = "maximum_too_low"
	// BidUncalled: an automatic bid that no maximum called for, or called for with another amount.
	BidUncalled Flaw = "automatic_bid_uncalled"
	// BidAboveMaximum: an automatic bid above the code's maximum.
	BidAboveMaximum Flaw = "automatic_bid_above_maximum"
	// AnswerMissing: a maximum called for a bid that was not placed.
	AnswerMissing Flaw = "automatic_bid_missing"
)

// Misanswer is one flaw; Seq is the event that shows it.
type Misanswer struct {
	Seq  int64
	Flaw Flaw
}

// Answers re-runs the automatic bids of a closed course, whose events Next takes, from its openings. It stops at the first event
// that is wrong, for the rest would rest on it.
//
// An answer is decided with its event, in one call. Only a loss of the engine's memory parts them: then the next event is the mark
// of a new epoch, and the answer follows that, or the resumption after a stay that the committer wrote itself.
func Answers(lot uuid.UUID, events []Event, openings []Opening) []Misanswer {
	amounts, found := opened(lot, events, openings)
	if len(found) > 0 {
		return found
	}
	var (
		s     State
		last  Kind
		owed  Command
		owes  bool
		highs = map[string]money.Fen{}
	)
	for _, e := range events {
		var flaw Flaw
		switch {
		case e.Automatic && owes && e.Code == owed.Code && e.Amount == owed.Amount:
		case e.Automatic && e.Amount > highs[e.Code]:
			flaw = BidAboveMaximum
		case e.Automatic:
			flaw = BidUncalled
		case owes && e.Kind != Epoch && (e.Kind != Stay || last != Epoch):
			flaw = AnswerMissing
		case e.Kind == Maximum && !s.takes(e, amounts[e.Seq]):
			flaw = MaximumTooLow
		}
		if flaw != "" {
			return []Misanswer{{e.Seq, flaw}}
		}
		next, err := Next(s, e)
		if err != nil {
			return nil // the course itself is broken, which is another finding
		}
		s, last = next, e.Kind
		switch e.Kind { //nolint:exhaustive // others set no maximum
		case Maximum:
			highs[e.Code] = amounts[e.Seq]
		case MaximumWithdrawn:
			delete(highs, e.Code)
		}
		owed, owes = Answer(s, highs)
	}
	return nil
}

// takes tells whether a maximum of that amount may be set now.
func (s State) takes(e Event, amount money.Fen) bool {
	_, err := s.maximum(e, Command{Kind: Maximum, Code: e.Code, Commitment: e.Commitment, Amount: amount})
	return err == nil
}

// opened gives the amount of each maximum by the event that set it.
func opened(lot uuid.UUID, events []Event, openings []Opening) (amounts map[int64]money.Fen, found []Misanswer) {
	amounts = map[int64]money.Fen{}
	set := map[int64]Event{}
	for _, e := range events {
		if e.Kind == Maximum {
			set[e.Seq] = e
		}
	}
	for _, o := range openings {
		e, there := set[o.Seq]
		_, twice := amounts[o.Seq]
		if !there || twice || e.Code != o.Code || e.Commitment != Commit(lot, o.Code, o.Amount, o.Salt) {
			found = append(found, Misanswer{o.Seq, OpeningDiffers})
			continue
		}
		amounts[o.Seq] = o.Amount
	}
	for _, e := range events {
		if _, told := amounts[e.Seq]; e.Kind == Maximum && !told {
			found = append(found, Misanswer{e.Seq, NotOpened})
		}
	}
	return amounts, found
}
