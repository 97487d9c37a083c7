package payments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/objection"
	"mingchui/payments"
)

// again drafts the next sale of the property after a default in the desk's lot, and announces it.
func (r *resale) again() uuid.UUID {
	r.t.Helper()
	d, err := r.court.Lot(r.t.Context(), r.lot, r.clock.Now())
	r.must(err)
	next, err := r.court.ListReSale(r.t.Context(), r.judges[0], r.lot, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
	r.must(err)
	r.announce(next)
	return next
}

// defaultAgain sells the property again for so much less than at first, to a buyer who does not pay the rest either. The desk's lot is that
// sale then, its buyer the desk's buyer.
func (r *resale) defaultAgain(less money.Fen) uuid.UUID {
	r.t.Helper()
	r.lot = r.again()
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	d := r.end(r.lot, r.price-less)
	r.told.winner, r.told.price = r.buyer, r.price-less
	r.settle()
	r.clock.To(d.BalanceDueAt.Add(time.Millisecond))
	r.settle()
	r.told.winner = uuid.Nil
	if r.outcome(r.lot) != "defaulted" {
		r.t.Fatalf("the second buyer's sale is %s", r.outcome(r.lot))
	}
	return r.lot
}

// leaves records costs that leave so much of a lot's deposit.
func (r *resale) leaves(lot uuid.UUID, left money.Fen) {
	r.t.Helper()
	r.must(r.court.RecordCosts(r.t.Context(), r.judges[0], auction.SaleCosts{Lot: lot, Costs: r.deposit - left}))
	_, err := r.runner.RunDue(r.t.Context())
	r.must(err)
}

// used is what the deposit of a lot was used for; nil while it is held.
func (r *resale) used(lot uuid.UUID) *payments.ForfeitView {
	r.t.Helper()
	c, err := r.service.CostsOf(r.t.Context(), lot)
	if fault.KindOf(err) != fault.NotFound {
		r.must(err)
	}
	return c.Forfeit
}

// R24, OJA 24: two buyers default one after the other and the third sale stands. No fen of what the property brought less is made good
// twice: the later buyer answers for the difference of its own price, the earlier for what is open of its own, a fen on each side.
func TestR24_TheShortfallsOfTwoDefaultersDoNotOverlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// What the second and the third sale brought less than the first, what costs leave of each deposit, and what each makes good.
		second, third         money.Fen
		leftFirst, leftSecond money.Fen
		first, later          money.Fen
	}{
		{"each its own step", 7, 12, 100, 100, 7, 5},
		{"the later one's is gone a fen early", 7, 12, 100, 4, 8, 4},
		{"the later one's is enough", 7, 12, 100, 5, 7, 5},
		{"the later one's has a fen left", 7, 12, 100, 6, 7, 5},
		{"the earlier one's is gone a fen early", 7, 12, 6, 100, 6, 5},
		{"the earlier one's is enough", 7, 12, 7, 100, 7, 5},
		{"neither is enough", 7, 12, 3, 2, 3, 2},
		{"the later price was higher", -3, 7, 100, 100, 0, 10},
		{"higher, and a fen is open", -3, 7, 100, 9, 1, 9},
		{"higher, and the step is open", -3, 7, 100, 3, 7, 3},
		{"higher, and a fen less than the step is open", -3, 7, 100, 4, 6, 4},
		{"higher, and a fen more than the step is open", -3, 7, 100, 2, 7, 2},
		{"the third sale brought more than the second", 7, 5, 100, 100, 5, 0},
		{"as much as the first", 7, 0, 100, 100, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := defaulted(t)
			first := r.lot
			later := r.defaultAgain(c.second)
			r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price - c.third, "case": r.caseID})
			stands := r.sellAgain(c.third)
			r.leaves(first, c.leftFirst)
			if got := r.used(first); got != nil || r.owed(duty.RecordCosts, later.String()) != 1 {
				t.Fatalf("used before the other sale's costs are known: %+v", got)
			}
			r.leaves(later, c.leftSecond)
			for lot, want := range map[uuid.UUID]payments.ForfeitUse{
				first: {Costs: r.deposit - c.leftFirst, Shortfall: c.first, Kept: c.leftFirst - c.first},
				later: {Costs: r.deposit - c.leftSecond, Shortfall: c.later, Kept: c.leftSecond - c.later},
			} {
				if got := r.used(lot); got == nil || got.ForfeitUse != want || got.ReSale != stands {
					t.Errorf("used %+v, want %+v", got, want)
				}
			}
			if got := r.balances()["proceeds"]; got != c.first+c.later {
				t.Errorf("proceeds hold %d", got)
			}
			r.sound()
		})
	}
}

// R24, R31: a defaulted sale between falls after the deposits were used: its buyer owes nothing any more, and the buyer before it answers
// for the whole of its own difference, from the sale that stands.
func TestR24_WhenADefaultFallsTheOtherAnswersForAllOfItsOwn(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	first := r.lot
	later := r.defaultAgain(7)
	r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price - 12, "case": r.caseID})
	stands := r.sellAgain(12)
	r.leaves(first, 100)
	r.leaves(later, 100)
	if a, b := r.used(first), r.used(later); a == nil || b == nil || a.Shortfall != 7 || b.Shortfall != 5 {
		t.Fatalf("used %+v, %+v", a, b)
	}
	out, err := r.objections().SetAside(t.Context(), r.judges[0], objection.SettingAside{
		Lot: later, Order: docket.Text{Zh: "（2026）皖99执监6号", En: "No. 6"}, Ground: objection.SeriousBreach, Reason: reason(),
	})
	r.must(err)
	r.settle()
	if got := r.used(first); got == nil || got.Shortfall != 12 || got.ReSale != stands || got.ReSalePriceFen == nil || r.used(later) != nil || out.ReversedFen != r.deposit {
		t.Errorf("used %+v, given back %+v", got, out)
	}
	r.sound()
}

// R24: what was made good twice is found from the rows.
func TestR24_FsckFindsALossMadeGoodTwice(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	first := r.lot
	later := r.defaultAgain(7)
	r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price - 12, "case": r.caseID})
	r.sellAgain(12)
	r.leaves(first, 100)
	r.leaves(later, 100)
	more := func(fen money.Fen) {
		for _, sql := range []string{
			`ALTER TABLE forfeit_uses DISABLE TRIGGER USER`,
			`UPDATE forfeit_uses SET shortfall_fen = shortfall_fen + @fen, kept_fen = kept_fen - @fen WHERE lot_id = @lot`,
			`ALTER TABLE forfeit_uses ENABLE TRIGGER USER`,
		} {
			r.exec(sql, pgx.NamedArgs{"fen": fen, "lot": first})
		}
	}
	found := func() (n int) {
		problems, err := payments.Fsck(t.Context(), r.pool)
		r.must(err)
		for _, p := range problems {
			if strings.HasPrefix(p, "forfeits of re-sale ") && strings.HasSuffix(p, " make good 13 fen of a loss of 12") {
				n++
			}
		}
		return n
	}
	if n := found(); n != 0 {
		t.Fatalf("found %d", n)
	}
	more(1)
	if n := found(); n != 1 {
		t.Errorf("found %d", n)
	}
}

// R24, R31: a defaulted sale between is set aside by order and for good while a later one runs: the forfeit before it waits for the one that
// runs, and is used by its price.
func TestR24_ASaleBetweenThatFallsEndsNoWaiting(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	first := r.lot
	later := r.defaultAgain(7)
	r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price - 12, "case": r.caseID})
	r.leaves(first, 100)
	stands := r.again()
	_, err := r.objections().SetAside(t.Context(), r.judges[0], objection.SettingAside{
		Lot: later, Order: docket.Text{Zh: "（2026）皖99执监6号", En: "No. 6"}, Ground: objection.SeriousBreach, Reason: reason(),
	})
	r.must(err)
	r.settle()
	if got := r.used(first); got != nil {
		t.Fatalf("used while the third sale runs: %+v", got)
	}
	r.end(stands, r.price-12)
	r.must(pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error { return r.court.RecordPaid(t.Context(), tx, r.clock.Now(), stands) }))
	r.settle()
	if got := r.used(first); got == nil || got.Shortfall != 12 || got.ReSale != stands {
		t.Errorf("used %+v", got)
	}
	r.sound()
}
