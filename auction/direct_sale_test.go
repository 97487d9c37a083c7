package auction_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// loose adds a movable thing to a case, which is in no lot.
func (h *house) loose(kase uuid.UUID) uuid.UUID {
	h.t.Helper()
	var goods docket.Asset
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT document FROM assets WHERE kind = 'movable' ORDER BY id LIMIT 1`).Scan(&goods))
	goods.Ref = uuid.NewString()[:8]
	id, err := h.s.AddAsset(h.t.Context(), h.judges[0], kase, goods)
	h.must(err)
	return id
}

// sellDirectly sells a thing at its market price.
func (h *house) sellDirectly(kase, thing uuid.UUID, price money.Fen) error {
	h.t.Helper()
	_, err := h.s.SellDirectly(h.t.Context(), h.judges[0], auction.DirectSale{
		Case: kase, Asset: thing, Ground: auction.Perishable, ReferenceKind: auction.ByMarket, Reference: price, Price: price,
		Reason: docket.Text{Zh: "鲜活水产品。", En: "Live seafood."},
	})
	return err
}

// R14s, ASE 14: what is sold without an auction counts: enough for the claim, the case's running lots stop, and no other is announced; a fen
// less, they go on.
func TestR14s_ADirectSaleStopsTheOthers(t *testing.T) {
	t.Parallel()
	for _, short := range []money.Fen{0, 1} {
		h := houseOf(t, 0)
		first, second, third, price := h.running(1, 100)
		h.end(first, true, "K7Q2M")
		if h.stopped(second) {
			t.Fatal("stopped before it was enough")
		}
		h.must(h.sellDirectly(h.caseOf(first), h.loose(h.caseOf(first)), 100-short))
		stopped := h.stopped(second)
		if stopped != (short == 0) || h.stopped(third) != stopped {
			t.Errorf("%d fen short of a claim of %d above %d: stopped is %t", short, 100, price, stopped)
		}
		starts := h.clock.Now().Add(40 * oneDay)
		list, err := h.s.CheckAnnouncement(t.Context(), h.judges[0], auction.Announcement{Lot: h.again(h.fresh(first)), StartsAt: starts, EndsAt: starts.Add(oneDay)})
		h.must(err)
		if refused := slices.ContainsFunc(list, func(f *fault.Error) bool { return f.Code == fault.DebtCovered }); refused != (short == 0) {
			t.Errorf("%d fen short: an announcement is refused: %t", short, refused)
		}
	}
}

// fresh drafts a lot of property like a lot's own, which is in no other.
func (h *house) fresh(like uuid.UUID) uuid.UUID {
	h.t.Helper()
	var a docket.Asset
	var document docket.Lot
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT a.document, l.document FROM lots l JOIN lot_assets la ON la.lot_id = l.id JOIN assets a ON a.id = la.asset_id
		WHERE l.id = $1 LIMIT 1`, like).Scan(&a, &document))
	a.Ref = uuid.NewString()[:8]
	id, err := h.s.AddAsset(h.t.Context(), h.judges[0], h.caseOf(like), a)
	h.must(err)
	lot, err := h.s.ListLot(h.t.Context(), h.judges[0], auction.NewLot{AssetIDs: []uuid.UUID{id}, Lot: document})
	h.must(err)
	return lot
}

// R31d, R16d, R24r: once the thing is sold without an auction, the sale of it that failed has no next one, and nobody takes the thing or gets it back.
func TestR31d_WhatIsSoldDirectlyIsDisposedOf(t *testing.T) {
	t.Parallel()
	for _, upTo := range []law.Stage{law.First, law.Second, law.SellOff} {
		t.Run(string(upTo), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			lot := h.failed(upTo).ID
			var thing uuid.UUID
			h.must(h.pool.QueryRow(t.Context(), `UPDATE assets SET kind = 'movable' WHERE id = (SELECT asset_id FROM lot_assets WHERE lot_id = $1) RETURNING id`, lot).Scan(&thing))
			offer := h.offerToTake(lot, 1, 1)
			h.must(h.sellDirectly(h.caseOf(lot), thing, 1_000_000))
			_, err := h.s.TakeForDebt(t.Context(), h.judges[0], auction.Taking{Lot: lot, Offer: offer})
			h.refused(err, fault.StateConflict, "")
			reason := docket.Text{Zh: "流拍", En: "unsold"}
			h.refused(h.s.ReturnToDebtor(t.Context(), h.judges[0], auction.CourtAct{Lot: lot, Reason: reason}), fault.StateConflict, "")
			for _, list := range []func(context.Context, auction.Actor, uuid.UUID, auction.NextSale) (uuid.UUID, error){h.s.ListSecondSale, h.s.ListSellOff} {
				if _, err := list(t.Context(), h.judges[0], lot, auction.NextSale{}); fault.CodeOf(err) != fault.StateConflict {
					t.Errorf("a next sale is listed: %v", err)
				}
			}
			for _, kind := range []string{"second_sale", "ask_creditors", "sell_off_sale", "return_property", "re_sale"} {
				if slices.Contains(h.owed(lot, "owed"), kind) {
					t.Errorf("%s is still owed", kind)
				}
			}
			h.sound()
		})
	}
}

// R31d: a thing that failed to sell together with another is not sold alone, and the refusal changes nothing; one that failed alone is.
func TestR31d_WhatFailedWithOthersIsNotSoldAlone(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, 1} {
		h := houseOf(t, 0)
		lot := h.failed(law.First).ID
		var thing uuid.UUID
		h.must(h.pool.QueryRow(t.Context(), `UPDATE assets SET kind = 'movable' WHERE id = (SELECT asset_id FROM lot_assets WHERE lot_id = $1) RETURNING id`, lot).Scan(&thing))
		for range others {
			_, err := h.pool.Exec(t.Context(), `INSERT INTO lot_assets (lot_id, asset_id) VALUES ($1, $2)`, lot, h.loose(h.caseOf(lot)))
			h.must(err)
		}
		err := h.sellDirectly(h.caseOf(lot), thing, 1_000_000)
		if others == 0 {
			h.must(err)
			continue
		}
		h.refused(err, fault.StateConflict, "R31d")
		var sold int
		h.must(h.pool.QueryRow(t.Context(), `SELECT count(*) FROM direct_sales`).Scan(&sold))
		if sold != 0 || !slices.Contains(h.owed(lot, "owed"), "second_sale") {
			t.Errorf("%d sold, owed %v", sold, h.owed(lot, "owed"))
		}
	}
}
