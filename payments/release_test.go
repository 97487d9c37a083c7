package payments_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/auction"
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
