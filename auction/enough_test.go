package auction_test

import (
	"log/slog"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/money"
)

// running announces three lots of one case and gives the price that each ends at; the case's claim is so many fen above so many prices.
func (h *house) running(prices int, above money.Fen) (a, b, c uuid.UUID, price money.Fen) {
	h.t.Helper()
	a, b, c = h.three()
	for _, lot := range []uuid.UUID{a, b, c} {
		h.announce(lot)
		h.open(lot)
	}
	d, err := h.s.Lot(h.t.Context(), a, h.clock.Now())
	h.must(err)
	price = d.StartingPriceFen + d.IncrementFen
	_, err = h.pool.Exec(h.t.Context(), `UPDATE cases SET claim_fen = $1 WHERE id = $2`, money.Fen(prices)*price+above, h.caseOf(a))
	h.must(err)
	return a, b, c, price
}

// stopped runs what is due of the machine, and tells whether a lot stands still.
func (h *house) stopped(lot uuid.UUID) bool {
	h.t.Helper()
	runner := duty.NewRunner(h.pool, h.clock, map[duty.Kind]duty.Handler{duty.StopOther: h.s.Handlers()[duty.StopOther]}, slog.New(slog.DiscardHandler))
	_, err := runner.RunDue(h.t.Context())
	h.must(err)
	d, err := h.s.Lot(h.t.Context(), lot, h.clock.Now())
	h.must(err)
	return d.Status == auction.StatusSuspended
}

// R14s, ASE 14: enough is the debt and the costs that the debtor bears, those of a sale included.
func TestR14s_CostsAreToBeCoveredToo(t *testing.T) {
	t.Parallel()
	for _, costs := range []money.Fen{10, 11} {
		h := newHouse(t)
		first, second, third, _ := h.running(2, -10)
		h.end(first, true, "K7Q2M")
		h.must(h.s.RecordCosts(t.Context(), h.judges[0], auction.SaleCosts{Lot: first, Costs: costs}))
		h.end(second, true, "K7Q2M")
		if got := h.stopped(third); got != (costs == 10) {
			t.Errorf("10 fen are over, the costs are %d: stopped is %t", costs, got)
		}
	}
}

// R14s: what a creditor takes for the debt counts as what was bought.
func TestR14s_ATakingStopsTheOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, second, _, _ := h.running(0, 1)
	h.end(first, false, "")
	if h.stopped(second) {
		t.Fatal("stopped by an unsold lot")
	}
	h.must1(h.s.TakeForDebt(t.Context(), h.judges[0], auction.Taking{Lot: first, Offer: h.offerToTake(first, 1, 1)}))
	if !h.stopped(second) {
		t.Error("the other lot goes on")
	}
}

// R14s: where the claim is not known, or the debtor agreed that all is sold, nobody looks whether it is enough.
func TestR14s_NothingStopsByAnAgreementOrAnUnknownClaim(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]string{
		"a claim that is not known": `UPDATE cases SET claim_fen = 0 WHERE id = $1`,
		"an agreement":              `UPDATE cases SET debtor_agreed_at = now() WHERE id = $1`,
	} {
		h := newHouse(t)
		first, second, _, _ := h.running(0, 1)
		_, err := h.pool.Exec(t.Context(), set, h.caseOf(first))
		h.must(err)
		h.end(first, true, "K7Q2M")
		var looks int
		h.must(h.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE kind = 'stop_other'`).Scan(&looks))
		if looks != 0 || h.stopped(second) {
			t.Errorf("%s: %d looks", name, looks)
		}
	}
}

func (h *house) must1(_ auction.TakenAt, err error) {
	h.t.Helper()
	h.must(err)
}

// R14s: two lots that end at once are enough together, whichever is written first.
func TestR14s_TwoEndsAtOnceAreCountedTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	first, second, third, price := h.running(2, 0)
	d, err := h.s.Lot(ctx, first, h.clock.Now())
	h.must(err)
	h.clock.To(*d.EndsAt)
	end := func(tx pgx.Tx, lot uuid.UUID) error {
		return auction.RecordEnd(ctx, tx, h.book, auction.End{LotID: lot, Sold: true, Price: price, Code: "K7Q2M", At: *d.EndsAt})
	}
	tx, err := h.pool.Begin(ctx)
	h.must(err)
	defer func() { _ = tx.Rollback(ctx) }()
	h.must(end(tx, first))
	h.must(pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return end(tx, second) })) // neither sees the other
	h.must(tx.Commit(ctx))
	if !h.stopped(third) {
		t.Error("both ends brought enough, and the third lot goes on")
	}
}
