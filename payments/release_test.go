package payments_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/payments"
)

// R24, R24r: the property is released before its re-sale: no second price comes, and the deposit is used for costs, for this case's debt
// where its enforcement goes on, and for related debts. It is used once, and comes back whole when the sale is set aside.
func TestR24_AForfeitIsUsedWhenThePropertyIsReleased(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ground auction.Ground
		want   payments.ForfeitUse
	}{
		{auction.ObjectionFounded, payments.ForfeitUse{Costs: 5, Debt: 3, Related: 2}},
		{auction.DebtPaid, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.InstrumentAnnulled, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.ApplicantWithdrew, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.PartiesSettled, payments.ForfeitUse{Costs: 5, Related: 2}},
	} {
		t.Run(string(c.ground), func(t *testing.T) {
			t.Parallel()
			r := defaulted(t)
			r.exec(`UPDATE cases SET claim_fen = 3 WHERE id = @case`, pgx.NamedArgs{"case": r.caseID})
			r.must(r.costs(5, 2))
			r.must(r.court.ReturnToDebtor(t.Context(), r.judges[0], auction.CourtAct{Lot: r.lot, Ground: c.ground, Reason: reason()}))
			r.settle()
			r.settle()
			got, err := r.service.CostsOf(t.Context(), r.lot)
			r.must(err)
			c.want.Kept = r.deposit - c.want.Costs - c.want.Debt - c.want.Related
			if got.Forfeit == nil || got.Forfeit.ForfeitUse != c.want || got.Forfeit.ReSale != r.lot || got.Forfeit.ReSalePriceFen != nil {
				t.Errorf("used: %+v, want %+v", got.Forfeit, c.want)
			}
			if b := r.balances(); b["forfeits"] != c.want.Kept || b["costs"] != c.want.Costs || b["proceeds"] != c.want.Debt+c.want.Related {
				t.Errorf("accounts hold %v", b)
			}
			r.sound()
		})
	}
}

// R24: the costs come after the release: the deposit waits for them.
func TestR24_AReleasedPropertysForfeitWaitsForTheCosts(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	r.must(r.court.ReturnToDebtor(t.Context(), r.judges[0], auction.CourtAct{Lot: r.lot, Ground: auction.DebtPaid, Reason: reason()}))
	r.settle()
	if held := r.balances()["forfeits"]; held != r.deposit {
		t.Fatalf("used before the costs are known: %d are held", held)
	}
	r.must(r.costs(r.deposit-1, 9))
	got, err := r.service.CostsOf(t.Context(), r.lot)
	r.must(err)
	if got.Forfeit == nil || got.Forfeit.ForfeitUse != (payments.ForfeitUse{Costs: r.deposit - 1, Related: 1}) {
		t.Errorf("used: %+v", got.Forfeit)
	}
	r.sound()
}

// R24, R16d: a creditor who took the property at the re-sale has not paid the difference yet: the taking does not stand, and the deposit
// waits; it is used once the difference is there.
func TestR24_AForfeitWaitsForTheDifferenceOfATaking(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	r.exec(`UPDATE cases SET claim_fen = 3, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"case": r.caseID})
	first, err := r.court.Lot(t.Context(), r.lot, r.clock.Now())
	r.must(err)
	again, err := r.court.ListReSale(t.Context(), r.judges[0], r.lot, auction.NextSale{StartingPrice: first.StartingPriceFen, Increment: first.IncrementFen, Deposit: first.DepositFen})
	r.must(err)
	r.announce(again)
	d, err := r.court.Lot(t.Context(), again, r.clock.Now())
	r.must(err)
	r.clock.To(*d.EndsAt)
	r.must(pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		return auction.RecordEnd(t.Context(), tx, duty.NewBook(nil), auction.End{LotID: again, At: *d.EndsAt})
	}))
	offer, err := r.court.OfferToTake(t.Context(), r.judges[0], auction.TakingOffer{
		Lot: again, Creditor: docket.Text{Zh: "抵押权人", En: "mortgagee"}, Rank: 1, Claim: d.StartingPriceFen - 1,
	})
	r.must(err)
	_, err = r.court.TakeForDebt(t.Context(), r.judges[0], auction.Taking{Lot: again, Offer: offer})
	r.must(err)
	r.must(r.costs(5, 0))
	r.settle()
	if held := r.balances()["forfeits"]; held != r.deposit {
		t.Fatalf("used before the difference is there: %d are held", held)
	}
	r.must(pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		return r.court.RecordDifference(t.Context(), tx, r.clock.Now(), r.judges[0], again, 1)
	}))
	r.settle()
	got, err := r.service.CostsOf(t.Context(), r.lot)
	r.must(err)
	if got.Forfeit == nil || got.Forfeit.Costs != 5 || got.Forfeit.ReSalePriceFen == nil || *got.Forfeit.ReSalePriceFen != d.StartingPriceFen {
		t.Errorf("used: %+v", got.Forfeit)
	}
}
