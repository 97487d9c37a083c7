package auction

import (
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// CheckTerms holds the figures of a lot against its rule set: R10 and R26 for
// the starting price, R26s for a sell-off's, none for a sale without a reserve (R26n), R20a for the increment, R17 for
// the deposit. It returns every fault (invalid): amount_invalid,
// amount_too_large, reserve_too_low, increment_invalid, maximum_not_allowed,
// deposit_out_of_bounds, terms_missing.
func CheckTerms(rules law.RuleSet, t Terms) []*fault.Error {
	var list faults
	for _, f := range []struct {
		name   string
		amount money.Fen
	}{
		{"starting_price_fen", t.StartingPriceFen},
		{"increment_fen", t.IncrementFen},
		{"deposit_fen", t.DepositFen},
		{"reference_fen", t.ReferenceFen},
	} {
		if err := f.amount.Valid(); err != nil {
			_ = list.take(inField(err, f.name)) // Valid returns faults alone
		}
	}
	if len(list) > 0 {
		return list
	}
	checkStart(&list, rules, t)
	if t.StartingPriceFen == 0 {
		return list // the rest is measured by it
	}
	if t.IncrementFen < 1 || t.IncrementFen > t.StartingPriceFen {
		list.add(fault.New(fault.Invalid, fault.IncrementInvalid).InField("increment_fen").ByRule("R20a").
			With("increment_fen", t.IncrementFen).With("most_fen", t.StartingPriceFen))
	}
	if t.MaximumBids && !rules.MaximumBids {
		list.add(fault.New(fault.Invalid, fault.MaximumNotAllowed).InField("maximum_bids").ByRule("R20a"))
	}
	if t.ReferenceKind != ByCosts { // R12e frees the deposit of equity that cannot be appraised
		checkDeposit(&list, rules, t)
	}
	return list
}

func tooLow(rule string, start, least money.Fen) *fault.Error {
	return fault.New(fault.Invalid, fault.ReserveTooLow).InField("starting_price_fen").ByRule(rule).
		With("starting_price_fen", start).With("least_fen", least)
}

func checkStart(list *faults, rules law.RuleSet, t Terms) {
	missing := func(field, rule string) {
		list.add(fault.New(fault.Invalid, fault.TermsMissing).InField(field).ByRule(rule))
	}
	if t.StartingPriceFen == 0 {
		missing("starting_price_fen", startRule(t.Stage))
		return
	}
	switch t.Stage {
	case law.First:
		if t.ReferenceKind == ByCosts {
			return
		}
		if t.ReferenceFen == 0 {
			missing("reference_fen", "R10")
			return
		}
		least, err := rules.MinFirstStart(t.ReferenceFen)
		if err == nil && t.StartingPriceFen < least {
			list.add(tooLow("R10", t.StartingPriceFen, least).With("permille", rules.ReserveMinPermille))
		}
	case law.Second:
		if t.PreviousStartingPriceFen == 0 {
			missing("previous", "R26")
			return
		}
		least, err := rules.MinSecondStart(t.PreviousStartingPriceFen)
		if err == nil && t.StartingPriceFen < least {
			list.add(tooLow("R26", t.StartingPriceFen, least).With("permille", 1000-rules.ReductionMaxPermille))
		}
	case law.SellOff:
		if t.PreviousStartingPriceFen == 0 {
			missing("previous", "R26s")
			return
		}
		if t.StartingPriceFen != t.PreviousStartingPriceFen {
			list.add(tooLow("R26s", t.StartingPriceFen, t.PreviousStartingPriceFen).With("permille", int64(1000)))
		}
	case law.NoReserve: // any price; where bidding begins is not a reserve
		if t.PreviousStartingPriceFen == 0 {
			missing("previous", "R26n")
		}
	default:
		missing("stage", "R26")
	}
}

// startRule is the row that a lot without a starting price is refused by.
func startRule(s law.Stage) string {
	if s == law.NoReserve {
		return "R26n"
	}
	return "R10"
}

func checkDeposit(list *faults, rules law.RuleSet, t Terms) {
	least, most, err := rules.DepositBounds(t.StartingPriceFen)
	if err != nil || (t.DepositFen >= least && t.DepositFen <= most) {
		return
	}
	list.add(fault.New(fault.Invalid, fault.DepositOutOfBounds).InField("deposit_fen").ByRule("R17").
		With("deposit_fen", t.DepositFen).With("least_fen", least).With("most_fen", most))
}
