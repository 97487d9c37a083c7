package lifecycle

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Case is what the machine knows of a case with its lots.
type Case struct {
	// Claim is what the creditors of the case are owed, Costs what the debtor bears besides.
	Claim, Costs money.Fen
	// DebtorAgrees: the debtor agrees that every lot is sold, whatever the others brought (R14s).
	DebtorAgrees bool
	Lots         map[uuid.UUID]Lot
	// Direct is what things of the case brought that were sold without an auction (R31d).
	Direct money.Fen
}

// Brought is the sum of the prices of lots that were sold and stand, not
// defaulted, not set aside, and of what was sold without an auction.
func (c Case) Brought() money.Fen {
	sum := c.Direct
	for _, l := range c.Lots {
		switch l.State {
		case Sold, Paid, Taken, Ruled:
			sum += l.Price
		case Draft, Voted, Announced, Suspended, Unsold, Defaulted, Returned, SetAside, Withdrawn:
		}
	}
	return sum
}

// Covered tells whether some lots have brought enough for debt and costs (R14s).
func (c Case) Covered() bool {
	return c.Claim > 0 && c.Brought() >= c.Claim+c.Costs
}

// MayAnnounce tells whether another lot of the case may be published: not when
// the others brought enough, unless the debtor agrees to go on (R14s, ASE 14).
func (c Case) MayAnnounce() bool { return c.DebtorAgrees || !c.Covered() }

// ToStop lists the running lots that stop because the others brought enough, by
// id; none when the debtor agrees to go on.
func (c Case) ToStop() []uuid.UUID {
	if c.MayAnnounce() {
		return nil
	}
	return c.Running()
}

// Running lists the lots that are announced and not over, by id.
func (c Case) Running() []uuid.UUID {
	var stop []uuid.UUID
	for id, l := range c.Lots {
		if l.State == Announced {
			stop = append(stop, id)
		}
	}
	slices.SortFunc(stop, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return stop
}

// StepCase takes one lot of a case through an event: the case after it, what
// the event does to the lot's duties, and which other lots stop by it.
//
// Faults: state_conflict (conflict).
func StepCase(rules law.RuleSet, c Case, lot uuid.UUID, h Happening) (after Case, effects []Effect, stop []uuid.UUID, err error) {
	l, effects, err := Step(rules, c.Lots[lot], h)
	if err != nil {
		return c, nil, nil, err
	}
	lots := make(map[uuid.UUID]Lot, len(c.Lots))
	maps.Copy(lots, c.Lots)
	lots[lot] = l
	c.Lots = lots
	switch h.Event { //nolint:exhaustive // only these bring money
	case EndedSold, TakenForDebt:
		stop = c.ToStop()
	}
	return c, effects, stop, nil
}
