package auction

import (
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// checkWholeEquity holds R12e (Fa Shi (2021) No. 20, art. 13): only as much equity is sold as is needed. The law speaks of a price
// that may clearly exceed the claims and costs; where the least price that is allowed does, that is clear (ours). All of it is sold
// at the debtor's written application.
func checkWholeEquity(list *faults, d draft) {
	for _, a := range d.assets {
		if a.Category != docket.Equity {
			return
		}
	}
	start, needed := money.Fen(d.lot.StartingPriceFen), money.Fen(d.kase.ClaimFen)+d.surplus.before()
	if start > needed && d.lot.WholeEquity == nil {
		list.add(fault.New(fault.Invalid, fault.EquityMoreThanNeeded).InField("lot.whole_equity").ByRule("R12e").
			With("starting_price_fen", start).With("needed_fen", needed))
	}
}
