package payments

import "mingchui/auction/money"

// ForfeitClaims are what a defaulter's deposit answers for, in R24's order.
type ForfeitClaims struct {
	// Costs of the sale that the buyer let fall through.
	Costs money.Fen
	// Shortfall is what the re-sale brought less than the first sale.
	Shortfall money.Fen
	// Debt of the case that the re-sale's price left open, before the shortfall is made good out of the deposit.
	Debt money.Fen
	// Related are other debts of the debtor that are tied to the property.
	Related money.Fen
}

// ForfeitUse is a deposit divided; the parts sum to it, to the fen.
type ForfeitUse struct {
	Costs     money.Fen `json:"costs_fen"`
	Shortfall money.Fen `json:"shortfall_fen"`
	Debt      money.Fen `json:"debt_fen"`
	Related   money.Fen `json:"related_fen"`
	// Kept is what nothing of it claims: it is not given back (R24).
	Kept money.Fen `json:"kept_fen"`
}

// UseForfeit divides a defaulter's deposit in R24's order: nothing goes to a
// later claim while an earlier one is open. What makes good the shortfall is
// proceeds of the case, so it lessens the debt by as much. Amounts are not negative.
func UseForfeit(deposit money.Fen, c ForfeitClaims) ForfeitUse {
	var u ForfeitUse
	left := deposit
	take := func(claim money.Fen) money.Fen {
		part := min(left, max(claim, 0))
		left -= part
		return part
	}
	u.Costs = take(c.Costs)
	u.Shortfall = take(c.Shortfall)
	u.Debt = take(c.Debt - u.Shortfall)
	u.Related = take(c.Related)
	u.Kept = left
	return u
}

// shortfall is what a re-sale brought less than the first sale (R24); without a
// price, where nobody bought it again, there is no price to compare.
func shortfall(first money.Fen, again *money.Fen) money.Fen {
	if again == nil {
		return 0
	}
	return max(first-*again, 0)
}
