package payments

import (
	"slices"

	"mingchui/auction/money"
)

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

// Forfeit is a defaulter's deposit with what it answers for by itself.
type Forfeit struct {
	Deposit, Costs money.Fen
	// Less is what the sale that stands at last brought less than the price that this buyer had won at; 0 where it brought no less.
	Less    money.Fen
	Related money.Fen
}

// Made is what a deposit made good of the property's loss, by what the sale that stands brought less than that deposit's sale.
type Made struct{ Less, Shortfall money.Fen }

// UseForfeits divides the deposits that buyers of one property lost one after the
// other (ADR 019). The list has the latest default first: it is the one whose
// re-sale stands, so it answers first for the difference of its own price, and
// those before it for what is still open of theirs. No fen of the property's loss
// is made good twice: buyers up to any price never make good more than what the
// sale that stands brought less than that price. All shortfalls come before the
// case's debt, which they lessen, and debt below zero is none.
func UseForfeits(list []Forfeit, debt money.Fen, made []Made) []ForfeitUse {
	uses := make([]ForfeitUse, len(list))
	for i, f := range list {
		uses[i] = UseForfeit(f.Deposit, ForfeitClaims{Costs: f.Costs, Shortfall: stillLess(f.Less, made)})
		made = append(slices.Clip(made), Made{f.Less, uses[i].Shortfall})
		debt -= uses[i].Shortfall
	}
	for i, f := range list {
		own := uses[i].Shortfall
		uses[i] = UseForfeit(f.Deposit, ForfeitClaims{Costs: f.Costs, Shortfall: own, Debt: max(debt, 0) + own, Related: f.Related})
		debt -= uses[i].Debt
	}
	return uses
}

// stillLess is what may still be made good of a loss: no more than that loss, nor than any greater one, less what was made good within it.
func stillLess(less money.Fen, made []Made) money.Fen {
	within := func(bound money.Fen) money.Fen {
		open := bound
		for _, m := range made {
			if m.Less <= bound {
				open -= m.Shortfall
			}
		}
		return open
	}
	open := within(less)
	for _, m := range made {
		open = min(open, within(max(less, m.Less)))
	}
	return max(open, 0)
}
