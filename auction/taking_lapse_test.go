package auction_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

func unpaid(lot uuid.UUID) auction.CourtAct {
	return auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "逾期未补交差价。", En: "The difference was not paid in."}}
}

// taken is a lot unsold once that a creditor of rank 1 took for so much more than its claim; a second creditor, whose claim is the
// whole price, offered at rank 2.
func (h *house) taken(above money.Fen) (lot, first, second uuid.UUID, price money.Fen) {
	h.t.Helper()
	lot = h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	d := h.end(lot, false, "")
	price = d.StartingPriceFen
	first, second = h.offerToTake(lot, 1, price-above), h.offerToTake(lot, 2, price)
	h.must1(h.s.TakeForDebt(h.t.Context(), h.judges[0], auction.Taking{Lot: lot, Offer: first}))
	return lot, first, second, price
}

// R16d, ASE 22: the difference is due with the ruling, ten days on; a millisecond later the taking may lapse. The property is unsold as
// on that day, the offer counts no more, and the next creditor may take it.
func TestR16d_ATakingLapsesWhenTheDifferenceIsNotPaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot, first, second, price := h.taken(1)
	judge, at := h.judges[0], h.clock.Now()
	difference := func() *time.Time {
		v, err := h.s.Draft(t.Context(), judge, lot, h.clock.Now())
		h.must(err)
		return v.DifferenceDue
	}
	if due := difference(); due == nil || !due.Equal(at.Add(10*oneDay)) {
		t.Errorf("the difference is due %v", due)
	}
	h.clock.To(at.Add(10 * oneDay))
	h.refused(h.s.LapseTaking(t.Context(), judge, unpaid(lot)), fault.DifferenceNotDue, "R16d")
	h.clock.To(at.Add(10*oneDay + time.Millisecond))
	h.refused(h.s.LapseTaking(t.Context(), judge, auction.CourtAct{Lot: lot}), fault.ReasonRequired, "R16d")
	h.refused(h.s.LapseTaking(t.Context(), auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}, unpaid(lot)), fault.RoleForbidden, "")
	h.must(h.s.LapseTaking(t.Context(), judge, unpaid(lot)))
	h.refused(h.s.LapseTaking(t.Context(), judge, unpaid(lot)), fault.StateConflict, "")
	lapsed := h.clock.Now()
	if due := difference(); due != nil {
		t.Errorf("the difference of a lapsed taking is due %s", due)
	}
	d, err := h.s.Lot(t.Context(), lot, lapsed)
	h.must(err)
	if d.State != auction.Unsold || d.PriceFen != nil {
		t.Errorf("after the lapse: %s at %v", d.State, d.PriceFen)
	}
	h.due(lot, "second_sale", lapsed.Add(30*oneDay))
	if owed := h.owed(lot, "owed"); slices.Contains(owed, "make_ruling") || slices.Contains(owed, "pay_difference") {
		t.Errorf("owed: %v", owed)
	}
	if kinds := h.entries(lot); kinds[len(kinds)-1] != "lot.taking_lapsed" {
		t.Errorf("entries: %v", kinds)
	}
	_, err = h.s.TakeForDebt(t.Context(), judge, auction.Taking{Lot: lot, Offer: first})
	h.refused(err, fault.NotFoundCode, "")
	got, err := h.s.TakeForDebt(t.Context(), judge, auction.Taking{Lot: lot, Offer: second})
	h.must(err)
	if got.Price != price || got.Difference != 0 || !slices.Contains(h.owed(lot, "owed"), "make_ruling") {
		t.Errorf("taken for %+v, owed %v", got, h.owed(lot, "owed"))
	}
	h.clock.To(lapsed.Add(99 * oneDay))
	h.refused(h.s.LapseTaking(t.Context(), judge, unpaid(lot)), fault.StateConflict, "") // nothing is owed
	h.must(h.s.CheckEligibility(t.Context(), judge, auction.Eligibility{Lot: lot, Qualified: true, Proof: audit.HashText("proof")}))
	h.must(h.s.Rule(t.Context(), judge, auction.Ruling{Lot: lot, Number: "（2026）测0123执9号之一", Late: approved()}))
	problems, err := auction.Fsck(t.Context(), h.pool)
	if h.must(err); len(problems) > 0 {
		t.Errorf("fsck: %+v", problems)
	}
}

// R16d: a difference that comes late but before the lapse counts; one that waits for its second person keeps the taking.
func TestR16d_ALateDifferenceCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot, _, _, _ := h.taken(7)
	h.clock.To(h.clock.Now().Add(11 * oneDay))
	clerks := []uuid.UUID{h.account("finance", &h.court), h.account("finance", &h.court)}
	var transfer uuid.UUID
	h.must(h.pool.QueryRow(t.Context(), `INSERT INTO transfers_in (id, lot_id, case_id, court_id, purpose, amount_fen, bank_reference, state, prepared_by, prepared_at)
		SELECT gen_random_uuid(), id, case_id, court_id, 'difference', 7, 'B1', 'prepared', $2, $3 FROM lots WHERE id = $1 RETURNING id`, lot, clerks[0], h.clock.Now()).Scan(&transfer))
	h.refused(h.s.LapseTaking(t.Context(), h.judges[0], unpaid(lot)), fault.PaymentStateConflict, "R16d")
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `UPDATE transfers_in SET state = 'approved', decided_by = $2, decided_at = $3 WHERE id = $1`, transfer, clerks[1], h.clock.Now()); err != nil {
			return err
		}
		return h.s.RecordDifference(t.Context(), tx, h.clock.Now(), auction.Actor{AccountID: clerks[1], Role: "finance", CourtID: h.court}, lot, 7)
	}))
	h.refused(h.s.LapseTaking(t.Context(), h.judges[0], unpaid(lot)), fault.StateConflict, "")
}

// R26, ASE 22: the time of the next sale runs from the lapse.
func TestR26_TheSecondSaleAfterALapsedTaking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot, _, _, price := h.taken(1)
	h.clock.To(h.clock.Now().Add(40 * oneDay))
	h.must(h.s.LapseTaking(t.Context(), h.judges[0], unpaid(lot)))
	lapsed := h.clock.Now()
	next, err := h.s.ListSecondSale(t.Context(), h.judges[0], lot, auction.NextSale{StartingPrice: price, Increment: price / 100, Deposit: price / 10})
	h.must(err)
	d, err := h.s.Draft(t.Context(), h.judges[0], next, lapsed)
	h.must(err)
	if d.Latest == nil || !d.Latest.Equal(lapsed.Add(30*oneDay)) {
		t.Errorf("the second sale begins by %v, the taking lapsed on %s", d.Latest, lapsed)
	}
	h.announce(next)
}
