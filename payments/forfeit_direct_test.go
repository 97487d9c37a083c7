package payments_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

// sellDirectly sells the property without an auction for so much less than it was sold at first.
func (r *resale) sellDirectly(less money.Fen) uuid.UUID {
	r.t.Helper()
	var thing uuid.UUID
	r.exec(`UPDATE assets SET kind = 'movable' WHERE id IN (SELECT asset_id FROM lot_assets WHERE lot_id = @lot)`, pgx.NamedArgs{"lot": r.lot})
	r.must(r.pool.QueryRow(r.t.Context(), `SELECT asset_id FROM lot_assets WHERE lot_id = $1`, r.lot).Scan(&thing))
	_, err := r.court.SellDirectly(r.t.Context(), r.judges[0], auction.DirectSale{
		Case: r.caseID, Asset: thing, Ground: auction.CostlyToKeep, ReferenceKind: auction.ByMarket, Reference: r.price - less, Price: r.price - less, Reason: reason(),
	})
	r.must(err)
	_, err = r.runner.RunDue(r.t.Context())
	r.must(err)
	return thing
}

// usedInLog is the newest entry about the use of a lot's deposit.
func (r *resale) usedInLog(lot uuid.UUID) (body audit.ForfeitUsed) {
	r.t.Helper()
	var raw []byte
	r.must(r.pool.QueryRow(r.t.Context(), `SELECT convert_from(bytes, 'UTF8')::jsonb -> 'body' FROM entries WHERE lot_id = $1 AND kind = 'forfeit.used' ORDER BY at DESC, id DESC LIMIT 1`, lot).Scan(&raw))
	r.must(json.Unmarshal(raw, &body))
	return body
}

// R24, R31d: after a default the thing is sold without an auction. That is the re-sale: nobody owes another, and the deposit pays the costs,
// what the thing brought less, and what is open of the debt; a fen on each side, whichever comes first of the sale and the costs.
func TestR31d_ADirectSaleEndsTheWaitingOfAForfeit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// What it brought less, what costs leave of the deposit, and by how much the claim is above what it brought.
		less, left, claim money.Fen
		want              payments.ForfeitUse
		first             bool
	}{
		{"less by a fen than the costs leave", 7, 8, 0, payments.ForfeitUse{Shortfall: 7, Kept: 1}, false},
		{"less by what the costs leave", 7, 7, 0, payments.ForfeitUse{Shortfall: 7}, false},
		{"less by a fen more", 7, 6, 0, payments.ForfeitUse{Shortfall: 6}, true},
		{"with debt open to the fen", 7, 10, 9, payments.ForfeitUse{Shortfall: 7, Debt: 2, Kept: 1}, true},
		{"with debt open beyond it", 7, 10, 11, payments.ForfeitUse{Shortfall: 7, Debt: 3}, false},
		{"for a fen more than at first", -1, 10, -1, payments.ForfeitUse{Kept: 10}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := defaulted(t)
			r.exec(`UPDATE cases SET claim_fen = @claim WHERE id = @case`, pgx.NamedArgs{"claim": r.price - c.less + c.claim, "case": r.caseID})
			if c.first {
				r.leaves(r.lot, c.left)
			}
			thing := r.sellDirectly(c.less)
			if !c.first {
				if r.used(r.lot) != nil || r.owed("record_costs", r.lot.String()) != 1 {
					t.Fatal("nobody is asked for the costs")
				}
				r.leaves(r.lot, c.left)
			}
			c.want.Costs = r.deposit - c.left
			got := r.used(r.lot)
			if got == nil || got.ForfeitUse != c.want || got.ReSale != uuid.Nil || got.DirectSale == uuid.Nil || *got.ReSalePriceFen != r.price-c.less {
				t.Fatalf("used %+v, want %+v", got, c.want)
			}
			body := r.usedInLog(r.lot)
			if body.ReSale != "" || body.Asset != thing.String() || body.ReSalePriceFen != r.price-c.less || body.ShortfallFen != c.want.Shortfall {
				t.Errorf("in the log %+v", body)
			}
			if b := r.balances(); b["forfeits"] != c.want.Kept || b["proceeds"] != c.want.Shortfall+c.want.Debt {
				t.Errorf("the books hold %v", b)
			}
			r.nothingWaits()
			r.lotSound()
		})
	}
}

// nothingWaits holds that no next sale of the desk's lot is owed, and none can be listed.
func (r *resale) nothingWaits() {
	r.t.Helper()
	var owed int
	r.must(r.pool.QueryRow(r.t.Context(), `SELECT count(*) FROM duties WHERE lot_id = $1 AND state = 'owed' AND kind IN ('re_sale', 'second_sale', 'sell_off_sale', 'ask_creditors', 'return_property')`, r.lot).Scan(&owed))
	if owed != 0 {
		r.t.Errorf("%d duties still ask for what becomes of the thing", owed)
	}
	_, err := r.court.ListReSale(r.t.Context(), r.judges[0], r.lot, auction.NextSale{StartingPrice: 1, Increment: 1, Deposit: 1})
	if fault.CodeOf(err) != fault.StateConflict {
		r.t.Errorf("a next sale is listed: %v", err)
	}
}

// R24, R31d: two buyers defaulted, and a direct sale stands at last; and one where the re-sale found no bid.
func TestR31d_ADirectSaleAfterSeveralSales(t *testing.T) {
	t.Parallel()
	t.Run("two defaults", func(t *testing.T) {
		t.Parallel()
		r := defaulted(t)
		first := r.lot
		later := r.defaultAgain(7)
		r.exec(`UPDATE cases SET claim_fen = 1 WHERE id = @case`, pgx.NamedArgs{"case": r.caseID})
		r.leaves(first, 100)
		r.leaves(later, 100)
		r.sellDirectly(12)
		if a, b := r.used(first), r.used(later); a == nil || b == nil || a.Shortfall != 7 || b.Shortfall != 5 || a.DirectSale != b.DirectSale {
			t.Errorf("used %+v, %+v", a, b)
		}
		r.nothingWaits()
		r.lotSound()
	})
	t.Run("the re-sale found no bid", func(t *testing.T) {
		t.Parallel()
		r := defaulted(t)
		first := r.lot
		r.leaves(first, 100)
		r.lot = r.again()
		r.endUnsold(r.lot)
		r.sellDirectly(12)
		if got := r.used(first); got == nil || got.Shortfall != 12 {
			t.Errorf("used %+v", got)
		}
		r.nothingWaits()
		r.lotSound()
	})
}
