package court

import "math/rand/v2"

// Turn is what chance is bent to for one sale of Sell. Everything else about
// the sale stays of chance.
type Turn int

const (
	// AnyTurn leaves all to chance.
	AnyTurn Turn = iota
	// BoughtTurn is sold, paid for and handed over.
	BoughtTurn
	// MatchedTurn has a priority purchaser who takes a price as it stands (R21).
	MatchedTurn
	// StayedTurn is stayed by the court and resumed (R28).
	StayedTurn
	// WithdrawnTurn is withdrawn before bidding (R17w).
	WithdrawnTurn
	// DefaultedTurn is not paid for by its buyer, and sold again (R24).
	DefaultedTurn
	// UnsoldTurn is wanted by nobody, at its second sale neither; the sell-off
	// that follows is of chance (R26, R26s).
	UnsoldTurn
)

// Turns are all that bend chance.
func Turns() []Turn {
	return []Turn{BoughtTurn, MatchedTurn, StayedTurn, WithdrawnTurn, DefaultedTurn, UnsoldTurn}
}

// demand is how many come and how often they bid.
func (t Turn) demand(rng *rand.Rand) (bidders, bids int) {
	nobody := rng.IntN(4) == 0
	bidders = 1 + rng.IntN(6)
	switch t {
	case UnsoldTurn:
		return 0, 0
	case MatchedTurn: // a third who leads before the purchaser matches
		bidders = max(bidders, 3)
	case BoughtTurn, DefaultedTurn:
	case AnyTurn, StayedTurn, WithdrawnTurn:
		if nobody {
			return 0, 0
		}
	}
	bids = 1
	if bidders > 1 {
		bids += rng.IntN(30)
	}
	if t == MatchedTurn {
		bids = max(bids, 3)
	}
	return bidders, bids
}

// fate is what becomes of the lot once it is sold.
func (t Turn) fate(rng *rand.Rand) fate {
	of := []fate{unpaid, defaults, defaults, paid, ruled, handedOver, handedOver, handedOver}[rng.IntN(8)]
	switch t {
	case BoughtTurn:
		return handedOver
	case DefaultedTurn:
		return defaults
	case AnyTurn, MatchedTurn, StayedTurn, WithdrawnTurn, UnsoldTurn:
	}
	return of
}

// interrupted is whether the court stays or withdraws the sale.
func (t Turn) interrupted(rng *rand.Rand) (stays, withdraws bool) {
	chance := rng.IntN(8)
	switch t {
	case StayedTurn:
		return true, false
	case WithdrawnTurn:
		return false, true
	case AnyTurn:
		return chance < 2, chance == 2
	case BoughtTurn, MatchedTurn, DefaultedTurn, UnsoldTurn:
	}
	return chance < 2, false
}
