package payments_test

import (
	"context"
	"testing"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// waiting blocks until n sessions of this database wait for another's lock, or over is closed.
func (r *resale) waiting(n int, over <-chan struct{}) {
	r.t.Helper()
	for {
		select {
		case <-over:
			return
		default:
		}
		var got int
		r.must(r.pool.QueryRow(r.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&got))
		if got >= n {
			return
		}
	}
}

// correct records other costs at the side; the channel closes when that is over, and the error may be read then.
func (r *resale) correct(to auction.SaleCosts) (over chan struct{}, failed *error) {
	over, failed = make(chan struct{}), new(error)
	ctx := r.t.Context()
	go func() {
		defer close(over)
		*failed = r.court.RecordCosts(ctx, r.judges[0], to)
	}()
	return over, failed
}

// R24: costs that are corrected beside a use of the deposit: the use has what is on record, whichever comes first.
func TestR24_CostsAndAUseAtOnceAgree(t *testing.T) {
	t.Parallel()
	t.Run("the use is first", func(t *testing.T) {
		t.Parallel()
		r := defaulted(t)
		reached, on := make(chan struct{}), make(chan struct{})
		r.sellAgain(7)
		r.must(r.court.RecordCosts(t.Context(), r.judges[0], auction.SaleCosts{Lot: r.lot, Costs: 5}))
		r.told.beforeUse = func() { close(reached); <-on } // it is reckoned, and not written yet
		run := make(chan error, 1)
		ctx := t.Context()
		go func() {
			_, err := r.runner.RunDue(ctx)
			run <- err
		}()
		<-reached
		over, failed := r.correct(auction.SaleCosts{Lot: r.lot, Costs: 9})
		r.waiting(1, over)
		close(on)
		r.must(<-run)
		<-over
		if fault.CodeOf(*failed) != fault.StateConflict {
			t.Errorf("the costs of a use were changed: %v", *failed)
		}
		r.costsAre(5)
	})
	t.Run("the costs are first", func(t *testing.T) {
		t.Parallel()
		r := defaulted(t)
		r.sellAgain(7)
		r.must(r.court.RecordCosts(t.Context(), r.judges[0], auction.SaleCosts{Lot: r.lot, Costs: 5}))
		tx, err := r.pool.Begin(t.Context())
		r.must(err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = tx.Exec(t.Context(), `SELECT FROM lots WHERE id = $1 FOR NO KEY UPDATE`, r.lot)
		r.must(err)
		over, failed := r.correct(auction.SaleCosts{Lot: r.lot, Costs: 9})
		r.waiting(1, over)
		run := make(chan error, 1)
		ctx := t.Context()
		go func() {
			_, err := r.runner.RunDue(ctx)
			run <- err
		}()
		r.waiting(2, over)
		r.must(tx.Rollback(t.Context()))
		<-over
		r.must(*failed)
		r.must(<-run)
		_, err = r.runner.RunDue(t.Context())
		r.must(err)
		r.costsAre(9)
	})
}

// costsAre holds that these are on record, and that the deposit paid them.
func (r *resale) costsAre(fen money.Fen) {
	r.t.Helper()
	c, err := r.service.CostsOf(r.t.Context(), r.lot)
	r.must(err)
	if c.Forfeit == nil || c.CostsFen != fen || c.Forfeit.Costs != fen || c.Forfeit.Shortfall != 7 {
		r.t.Errorf("on record %d, used %+v", c.CostsFen, c.Forfeit)
	}
	r.sound()
}
