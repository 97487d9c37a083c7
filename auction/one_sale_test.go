package auction_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// again drafts and votes a first sale of a lot's property, as if there had been none.
func (h *house) again(lot uuid.UUID) uuid.UUID {
	h.t.Helper()
	rows, err := h.pool.Query(h.t.Context(), `SELECT asset_id FROM lot_assets WHERE lot_id = $1`, lot)
	h.must(err)
	assets, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	h.must(err)
	var document docket.Lot
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT document FROM lots WHERE id = $1`, lot).Scan(&document))
	id, err := h.s.ListLot(h.t.Context(), h.judges[0], auction.NewLot{AssetIDs: assets, Lot: document})
	h.must(err)
	h.vote(id)
	return id
}

func (h *house) publish(lot uuid.UUID) error {
	d, err := h.s.Draft(h.t.Context(), h.judges[0], lot, h.clock.Now())
	h.must(err)
	starts := d.EarliestStart.Add(time.Hour)
	return h.s.Announce(h.t.Context(), h.judges[0], auction.Announcement{
		Lot: lot, StartsAt: starts, EndsAt: starts.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond),
	})
}

// otherSale is the sale and its status for which an announcement is refused, nothing for none.
func otherSale(err error) (uuid.UUID, string) {
	r, ok := errors.AsType[*auction.Refusal](err)
	if !ok {
		return uuid.Nil, ""
	}
	i := slices.IndexFunc(r.Faults, func(f *fault.Error) bool { return f.Code == fault.PropertyInSale && f.Rule == "R26" })
	if i < 0 {
		return uuid.Nil, ""
	}
	return r.Faults[i].Args["sale"].(uuid.UUID), r.Faults[i].Args["status"].(string)
}

// R26, R24, R22: property is in one sale at a time; what failed is sold again as the next sale of that one, with its bounds and its defaulter.
func TestR26_PropertyIsInOneSale(t *testing.T) {
	t.Parallel()
	withdraw := func(ground auction.Ground) func(h *house, lot uuid.UUID) {
		return func(h *house, lot uuid.UUID) {
			h.must(h.s.Withdraw(h.t.Context(), h.judges[0], auction.CourtAct{Lot: lot, Ground: ground, Reason: docket.Text{Zh: "依法撤回", En: "Withdrawn"}}))
		}
	}
	sell := func(h *house, lot uuid.UUID) {
		h.end(lot, true, "K7Q2M")
		h.buyer("K7Q2M", "甲公司")
		h.must(h.s.Confirm(h.t.Context(), lot))
	}
	for _, c := range []struct {
		status string
		to     func(h *house, lot uuid.UUID)
	}{
		{"announced", func(*house, uuid.UUID) {}},
		{"suspended", func(h *house, lot uuid.UUID) {
			h.must(h.s.Stay(h.t.Context(), h.judges[0], auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "核实", En: "To look into it"}}))
		}},
		{"sold", sell},
		{"paid", func(h *house, lot uuid.UUID) {
			sell(h, lot)
			h.must(pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(h.t.Context(), tx, h.clock.Now(), lot) }))
		}},
		{"defaulted", func(h *house, lot uuid.UUID) {
			sell(h, lot)
			h.must(pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordDefault(h.t.Context(), tx, h.clock.Now(), lot, 1) }))
		}},
		{"unsold", func(h *house, lot uuid.UUID) { h.end(lot, false, "") }},
		{"withdrawn", withdraw(auction.Collusion)},
		{"", withdraw(auction.DebtPaid)},
	} {
		t.Run(c.status, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			lot := h.got.Lots[h.refs(law.First)[0]]
			h.announce(lot)
			h.open(lot)
			c.to(h, lot)
			anew := h.again(lot)
			sale, status := otherSale(h.publish(anew))
			if status != c.status || (sale == lot) != (c.status != "") {
				t.Fatalf("refused for %s, which is %q", sale, status)
			}
			if c.status != "unsold" && c.status != "defaulted" {
				return
			}
			// Its own next sale is announced, and then stands in the way itself.
			list := h.s.ListReSale
			if c.status == "unsold" {
				list = h.s.ListSecondSale
			}
			d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
			h.must(err)
			next, err := list(t.Context(), h.judges[0], lot, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
			h.must(err)
			h.announce(next)
			if sale, status := otherSale(h.publish(anew)); sale != next || status != "announced" {
				t.Errorf("refused for %s, which is %q", sale, status)
			}
		})
	}
}

// R26: of two judges who announce the same property at once, one does.
func TestR26_TwoAnnouncementsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lots := []uuid.UUID{h.got.Lots[h.refs(law.First)[0]]}
	h.vote(lots[0])
	for range 3 {
		lots = append(lots, h.again(lots[0]))
	}
	errs := make([]error, len(lots))
	var all sync.WaitGroup
	for i, lot := range lots {
		all.Go(func() { errs[i] = h.publish(lot) })
	}
	all.Wait()
	announced := 0
	for _, err := range errs {
		if err == nil {
			announced++
		} else if _, status := otherSale(err); status != "announced" {
			t.Errorf("refused by %v", err)
		}
	}
	if announced != 1 {
		t.Errorf("%d sales of one property run", announced)
	}
}
