package auction_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

func (h *house) phase(lot uuid.UUID) (phase string) {
	h.t.Helper()
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT phase FROM courses WHERE lot_id = $1`, lot).Scan(&phase))
	return phase
}

// together lets two stays of a course through at once.
type together struct {
	courses
	both *sync.WaitGroup
}

func (c together) Stay(ctx context.Context, lot uuid.UUID, hash string) error {
	c.both.Done()
	c.both.Wait()
	return c.courses.Stay(ctx, lot, hash)
}

// R28: two judges who stay a lot at once have both stayed it, once.
func TestR28_StayedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	var both, done sync.WaitGroup
	both.Add(2)
	s := auction.New(auction.Config{
		Pool: h.pool, Clock: h.clock, Duties: h.book, RuleSet: law.China2017(), Buyers: h.buyers, Courses: together{courses{h.pool}, &both},
	})
	act := auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "案外人提出异议", En: "A third person objected"}}
	for _, j := range h.judges[:2] {
		done.Go(func() {
			if err := s.Stay(t.Context(), j, act); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	if d.Status != auction.StatusSuspended || len(d.Acts) != 1 {
		t.Errorf("stayed %d times: %s", len(d.Acts), d.Status)
	}
}

// A sale that ended sold names a price and a code.
func TestR22_NothingIsSoldWithoutPriceOrCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	h.clock.To(*d.EndsAt)
	record := func(price money.Fen, code string) error {
		return pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
			return auction.RecordEnd(t.Context(), tx, h.book, auction.End{LotID: lot, Sold: true, Price: price, Code: code, At: *d.EndsAt})
		})
	}
	for price, code := range map[money.Fen]string{0: "K7Q2M", 2: ""} {
		if err := record(price, code); fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "without price or code") {
			t.Errorf("sold for %d to %q: %v", price, code, err)
		}
	}
	h.must(record(1, "K7Q2M"))
}

// R26, R26s: which sale follows which, and with which notices.
func TestR26_WhatFollowsWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.got.Lots[h.refs(law.First)[0]]
	h.announce(first)
	d := h.end(first, false, "")
	n := auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
	_, err := h.s.ListReSale(t.Context(), h.judges[0], first, n)
	h.refused(err, fault.StateConflict, "")
	_, err = h.s.ListSellOff(t.Context(), h.judges[0], first, n)
	h.refused(err, fault.StateConflict, "")
	second, err := h.s.ListSecondSale(t.Context(), h.judges[0], first, n)
	h.must(err)
	view, err := h.s.Draft(t.Context(), h.judges[0], second, h.clock.Now())
	h.must(err)
	if p := view.Document.Previous; len(p) != 1 || p[0].StartingPriceFen != int64(d.StartingPriceFen) {
		t.Errorf("before it were %+v", p)
	}

	h.announce(second)
	d = h.end(second, false, "")
	n = auction.NextSale{StartingPrice: d.StartingPriceFen + 1, Increment: d.IncrementFen, Deposit: d.DepositFen}
	_, err = h.s.ListSellOff(t.Context(), h.judges[0], second, n)
	h.refused(err, fault.ReserveTooLow, "R26s")
	n.StartingPrice = 0 // as the sale before
	off, err := h.s.ListSellOff(t.Context(), h.judges[0], second, n)
	h.must(err)
	if view, err = h.s.Draft(t.Context(), h.judges[0], off, h.clock.Now()); err != nil || view.StartingPriceFen != d.StartingPriceFen {
		t.Errorf("a sell-off without a price starts at %d, %v", view.StartingPriceFen, err)
	}

	other := h.got.Lots[h.refs(law.First)[1]]
	h.announce(other)
	sold := h.end(other, true, "K7Q2M")
	_, err = h.s.ListReSale(t.Context(), h.judges[0], other, n)
	h.refused(err, fault.StateConflict, "")
	h.buyer("K7Q2M", "甲公司")
	h.must(h.s.Confirm(t.Context(), other))
	h.clock.To(sold.BalanceDueAt.Add(time.Millisecond))
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		return h.s.RecordDefault(t.Context(), tx, h.clock.Now(), other, sold.DepositFen)
	}))
	_, err = h.s.ListSecondSale(t.Context(), h.judges[0], other, n)
	h.refused(err, fault.StateConflict, "")
	again, err := h.s.ListReSale(t.Context(), h.judges[0], other, auction.NextSale{
		StartingPrice: sold.StartingPriceFen, Increment: sold.IncrementFen, Deposit: sold.DepositFen,
		Notifications: []docket.Notification{{To: docket.ToOther, No: 1, Waived: true}},
	})
	h.must(err)
	view, err = h.s.Draft(t.Context(), h.judges[0], again, h.clock.Now())
	h.must(err)
	if got := view.Document.Notifications; len(got) != 1 || got[0].To != docket.ToOther {
		t.Errorf("the notices are %+v", got)
	}
}
