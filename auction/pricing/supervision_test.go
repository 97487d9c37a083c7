package pricing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/pricing"
	"mingchui/deploy/local/soldtest"
)

// fixed is property with a fixed price.
func (w *world) fixed(asset uuid.UUID, fen money.Fen) uuid.UUID {
	w.t.Helper()
	price, _ := w.appraised(asset, fen)
	w.clock.To(w.clock.Now().Add(5*day + ms))
	w.must(w.s.Fix(w.t.Context(), w.judges[0], price, pricing.Appraisal))
	return price
}

// R10p, Price 1, 25: supervision takes a price back and the enforcement goes on, so the court owes that another is begun, within thirty days,
// on the millisecond; where the enforcement ended, nothing is owed.
func TestR10p_WhatSupervisionTookBackIsPricedAnew(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, ms} {
		w := newWorld(t)
		asset := w.asset("")
		price := w.fixed(asset, 800_000_00)
		w.must(w.s.Withdraw(t.Context(), w.judges[0], price, pricing.Supervision, why()))
		due := w.clock.Now().Add(30 * day)
		if owed := w.owed(duty.FixReferencePrice); len(owed) != 1 || !owed[0].Equal(due) {
			t.Fatalf("owed by %v, want %v", owed, due)
		}
		// Another day of the seizure says nothing of it.
		a := w.estate.Property(w.estate.Lots[0])[0]
		a.SeizedOn = "2026-11-05"
		w.must(w.sales.ReviseAsset(t.Context(), w.judges[0], auction.AssetRevision{Asset: asset, Document: a}))
		w.clock.To(due.Add(late))
		_, err := w.s.Start(t.Context(), w.judges[0], asset, auction.Late{})
		if late > 0 {
			w.refused("a millisecond late", err, fault.LateReasonRequired, "R10p")
			continue
		}
		w.must(err)
		if owed := w.owed(duty.FixReferencePrice); len(owed) != 0 {
			t.Errorf("begun, and still owed by %v", owed)
		}
	}
	w := newWorld(t)
	w.must(w.s.Withdraw(t.Context(), w.judges[0], w.fixed(w.asset(""), 800_000_00), pricing.Performed, why()))
	if owed := w.owed(duty.FixReferencePrice); len(owed) != 0 {
		t.Errorf("the debt is paid, and a price is owed by %v", owed)
	}
}

// R10p, R24, Price 25: the property was sold and its buyer defaulted; the price that was fixed for the re-sale is taken back by supervision. The
// re-sale and a new price are owed, and the way to them is open.
func TestR24_APriceTakenBackAfterADefaultLeavesAWayToTheReSale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	lot, err := w.list(asset, w.lot(800_000_00, 700_000_00, "2027-11-20"))
	w.must(err)
	w.vote(lot)
	w.must(w.announce(lot, auction.Late{}))
	w.sellAndDefault(lot)
	price := w.fixed(asset, 900_000_00)
	w.must(w.s.Withdraw(t.Context(), w.judges[0], price, pricing.Supervision, why()))
	var owed []string
	w.must(w.pool.QueryRow(t.Context(), `SELECT array_agg(kind ORDER BY kind) FROM duties WHERE state = 'owed' AND kind IN ('re_sale', 'fix_reference_price') AND case_id = (SELECT case_id FROM lots WHERE id = $1)`, lot).Scan(&owed))
	if !slices.Contains(owed, "re_sale") || !slices.Contains(owed, "fix_reference_price") {
		t.Fatalf("owed %v", owed)
	}
	again, err := w.sales.ListReSale(t.Context(), w.judges[0], lot, auction.NextSale{StartingPrice: 700_000_00, Increment: 1_000_00, Deposit: 70_000_00})
	w.must(err)
	w.vote(again)
	if f := finds(w.announce(again, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil {
		t.Fatal("announced by the price that was taken back")
	}
	w.must(w.sales.WithdrawDraft(t.Context(), w.judges[0], again))
	w.fixed(asset, 800_000_00)
	again, err = w.sales.ListReSale(t.Context(), w.judges[0], lot, auction.NextSale{StartingPrice: 700_000_00, Increment: 1_000_00, Deposit: 70_000_00})
	w.must(err)
	w.vote(again)
	soldtest.Waive(t, w.pool, w.sales, w.judges[0], again)
	w.must(w.announce(again, auction.Late{}))
}

// sellAndDefault ends a lot with a bid whose bidder does not pay.
func (w *world) sellAndDefault(lot uuid.UUID) {
	w.t.Helper()
	d, err := w.sales.Lot(w.t.Context(), lot, w.clock.Now())
	w.must(err)
	w.clock.To(*d.EndsAt)
	w.must(pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) error {
		return auction.RecordEnd(w.t.Context(), tx, duty.NewBook(nil), auction.End{LotID: lot, Sold: true, Price: d.StartingPriceFen, Code: "K7Q2M", At: *d.EndsAt})
	}))
	w.must(pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) error {
		return w.sales.RecordDefault(w.t.Context(), tx, w.clock.Now(), lot, d.DepositFen)
	}))
}
