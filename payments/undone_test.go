package payments_test

import (
	"testing"
	"time"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/payments/casefund"
)

// R24, R31: what a use of a forfeit gave, when it was paid out before it fell, is claimed back from who was paid; another sale's money stays.
func TestR31_AUseThatFallsTakesNothingOfAnotherSale(t *testing.T) {
	t.Parallel()
	r := listedOf(t, func(c docket.Case) bool { return c.Number == "（2026）皖9902执512号" })
	r.buy()
	r.settle()
	r.clock.To(r.dueAt.Add(time.Millisecond))
	r.settle()
	first := r.lot
	r.lot = r.again()
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	r.end(r.lot, r.price-7)
	r.told.winner, r.told.price = r.buyer, r.price-7
	r.settle()
	r.payBalance(9)
	r.must(r.court.RecordCosts(t.Context(), r.judges[0], auction.SaleCosts{Lot: first, Costs: r.deposit - 12}))
	_, err := r.runner.RunDue(t.Context())
	r.must(err)
	f := r.fund()
	f.lodge(f.lodged(distribution.Ordinary, "甲公司", r.price*2))
	f.served(f.made())
	f.days(15)
	f.voted()
	f.must(f.approve(f.second(), f.standing().ID))
	fallen := r.lot
	f.must(r.pool.QueryRow(t.Context(), `SELECT id, deposit_fen FROM lots WHERE case_id = $1 AND starting_price_fen = 88550000`, f.caseID).Scan(&r.lot, &r.deposit))
	r.announce(r.lot)
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	r.told.winner, r.told.price = r.buyer, *r.end(r.lot, 90_000_000).PriceFen
	r.settle()
	r.payBalance(9)
	r.setAside(fallen, true)
	if held := f.balances()["proceeds"]; held != 90_000_000 {
		t.Errorf("of the other sale's 90,000,000 are left %d", held)
	}
	_, err = f.funds.Make(t.Context(), f.finance, casefund.Proposal{Case: f.caseID, Order: distribution.ProRata})
	f.must(err)
	m := f.standing()
	f.days(15)
	if m.WaitsFor == casefund.ForPanel {
		f.voted()
	}
	f.must(f.approve(f.second(), m.ID))
	f.sound()
}
