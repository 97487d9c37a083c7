package payments

import "mingchui/auction/fault"

// DepositState is where a deposit stands.
type DepositState string

const (
	// Requested waits for its money; the payer leaves it by paying all of it,
	// the end of bidding by lapse.
	Requested DepositState = "requested"
	// Exempt is an applicant creditor's deposit of zero (R17). Final.
	Exempt DepositState = "exempt"
	// Held is in the case's escrow account, all of it. The end of bidding
	// applies the winner's and returns the others (R23).
	Held DepositState = "held"
	// Applied counts towards the price (R23); a default forfeits it (R24), a
	// sale that is set aside owes it back (R31).
	Applied DepositState = "applied"
	// Returning is owed back by return_due_at; the last refund's confirmation
	// leaves it (R23).
	Returning DepositState = "returning"
	// Returned is back with its payer. Final.
	Returned DepositState = "returned"
	// Forfeited was kept when its buyer defaulted (R24). Only the setting aside of
	// that sale gives it back (R31).
	Forfeited DepositState = "forfeited"
	// Lapsed was not paid, or not in full, when bidding ended; money that
	// arrives later is returned.
	Lapsed DepositState = "lapsed"
)

// DepositEvent is what happens to a deposit.
type DepositEvent string

const (
	DepositPaid      DepositEvent = "paid"      // all of it is here
	DepositWon       DepositEvent = "won"       // its bidder bought the lot
	DepositLost      DepositEvent = "lost"      // the end, and its bidder did not buy
	DepositLate      DepositEvent = "late"      // money arrived after the end
	DepositBack      DepositEvent = "back"      // every refund is confirmed
	DepositDefaulted DepositEvent = "defaulted" // its buyer did not pay the balance
	DepositReversed  DepositEvent = "reversed"  // the sale was set aside
)

// NextDeposit is the deposit's state machine. An event that a state does not
// take is payment_state_conflict.
func NextDeposit(s DepositState, e DepositEvent) (DepositState, error) {
	conflict := fault.New(fault.Conflict, fault.PaymentStateConflict).
		With("state", string(s)).With("event", string(e))
	switch s {
	case Requested:
		switch e {
		case DepositPaid:
			return Held, nil
		case DepositLost:
			return Lapsed, nil
		case DepositWon, DepositLate, DepositBack, DepositDefaulted, DepositReversed:
			return s, conflict
		}
	case Held:
		switch e {
		case DepositWon:
			return Applied, nil
		case DepositLost:
			return Returning, nil
		case DepositPaid, DepositLate, DepositBack, DepositDefaulted, DepositReversed:
			return s, conflict
		}
	case Applied:
		switch e {
		case DepositDefaulted:
			return Forfeited, nil
		case DepositReversed:
			return Returning, nil
		case DepositPaid, DepositWon, DepositLost, DepositLate, DepositBack:
			return s, conflict
		}
	case Lapsed:
		switch e {
		case DepositLate:
			return Returning, nil
		case DepositPaid, DepositWon, DepositLost, DepositBack, DepositDefaulted, DepositReversed:
			return s, conflict
		}
	case Returning:
		switch e {
		case DepositBack:
			return Returned, nil
		case DepositLate:
			return Returning, nil
		case DepositPaid, DepositWon, DepositLost, DepositDefaulted, DepositReversed:
			return s, conflict
		}
	case Returned:
		switch e {
		case DepositLate:
			return Returning, nil
		case DepositPaid, DepositWon, DepositLost, DepositBack, DepositDefaulted, DepositReversed:
			return s, conflict
		}
	case Forfeited:
		switch e {
		case DepositReversed:
			return Returning, nil
		case DepositPaid, DepositWon, DepositLost, DepositLate, DepositBack, DepositDefaulted:
			return s, conflict
		}
	case Exempt:
		return s, conflict
	}
	return s, conflict
}
