package payments_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/deploy/local/soldtest"
	"mingchui/payments"
	"mingchui/payments/debtor"
)

// R24: in the order of the law, to the fen, on each side of each bound.
func TestR24_TheOrderOfADefaultersDeposit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		deposit money.Fen
		owed    payments.ForfeitClaims
		want    payments.ForfeitUse
	}{
		{100, payments.ForfeitClaims{Costs: 99, Shortfall: 50}, payments.ForfeitUse{Costs: 99, Shortfall: 1}},
		{100, payments.ForfeitClaims{Costs: 100, Shortfall: 50}, payments.ForfeitUse{Costs: 100}},
		{100, payments.ForfeitClaims{Costs: 101, Shortfall: 50}, payments.ForfeitUse{Costs: 100}},
		// 30 of the shortfall are proceeds that lessen a debt of 70 to 40.
		{100, payments.ForfeitClaims{Costs: 30, Shortfall: 30, Debt: 69, Related: 5}, payments.ForfeitUse{Costs: 30, Shortfall: 30, Debt: 39, Related: 1}},
		{100, payments.ForfeitClaims{Costs: 30, Shortfall: 30, Debt: 70, Related: 5}, payments.ForfeitUse{Costs: 30, Shortfall: 30, Debt: 40}},
		{100, payments.ForfeitClaims{Costs: 30, Shortfall: 30, Debt: 71, Related: 5}, payments.ForfeitUse{Costs: 30, Shortfall: 30, Debt: 40}},
		{100, payments.ForfeitClaims{Costs: 30, Shortfall: 30, Debt: 20, Related: 39}, payments.ForfeitUse{Costs: 30, Shortfall: 30, Related: 39, Kept: 1}},
		{100, payments.ForfeitClaims{Costs: 30, Shortfall: 30, Debt: 20, Related: 40}, payments.ForfeitUse{Costs: 30, Shortfall: 30, Related: 40}},
		{100, payments.ForfeitClaims{}, payments.ForfeitUse{Kept: 100}},
	} {
		if got := payments.UseForfeit(c.deposit, c.owed); got != c.want {
			t.Errorf("%d for %+v: %+v, want %+v", c.deposit, c.owed, got, c.want)
		}
	}
}

// R24: the parts sum to the deposit, and nothing goes to a later claim while an earlier one is open.
func TestR24_NothingIsLostAndNobodyIsPassedOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fen := func(name string) money.Fen { return money.Fen(rapid.Int64Range(0, 50).Draw(t, name)) }
		deposit := fen("deposit")
		c := payments.ForfeitClaims{Costs: fen("costs"), Shortfall: fen("shortfall"), Debt: fen("debt"), Related: fen("related")}
		u := payments.UseForfeit(deposit, c)
		if u.Costs+u.Shortfall+u.Debt+u.Related+u.Kept != deposit || min(u.Costs, u.Shortfall, u.Debt, u.Related, u.Kept) < 0 {
			t.Fatalf("%+v do not sum to %d", u, deposit)
		}
		claims := []money.Fen{c.Costs, c.Shortfall, max(c.Debt-u.Shortfall, 0), c.Related}
		used := []money.Fen{u.Costs, u.Shortfall, u.Debt, u.Related, u.Kept}
		for i, claim := range claims {
			if used[i] > claim {
				t.Fatalf("claim %d of %d got %d", i, claim, used[i])
			}
			for _, later := range used[i+1:] {
				if used[i] < claim && later > 0 {
					t.Fatalf("claim %d is open and a later one got %d", i, later)
				}
			}
		}
	})
}

// R24, ADR 019: several deposits of one property. One alone is used as ever; buyers up to any price make good no more than what was brought
// less than that price; what is made good in all does not depend on who answers first; and nothing is lost.
func TestR24_SeveralForfeitsOfOneProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fen := func(name string) money.Fen { return money.Fen(rapid.Int64Range(0, 30).Draw(t, name)) }
		list := make([]payments.Forfeit, rapid.IntRange(1, 4).Draw(t, "buyers"))
		for i := range list {
			list[i] = payments.Forfeit{Deposit: fen("deposit"), Costs: fen("costs"), Less: fen("less"), Related: fen("related")}
		}
		debt := money.Fen(rapid.Int64Range(-20, 60).Draw(t, "debt"))
		uses := payments.UseForfeits(list, debt, nil)
		if f := list[0]; len(list) == 1 && uses[0] != payments.UseForfeit(f.Deposit, payments.ForfeitClaims{Costs: f.Costs, Shortfall: f.Less, Debt: max(debt, 0), Related: f.Related}) {
			t.Fatalf("one alone: %+v", uses)
		}
		var all, debts, backwards money.Fen
		for i, f := range list {
			var within money.Fen
			for j, o := range list {
				if o.Less <= f.Less {
					within += uses[j].Shortfall
				}
			}
			if within > f.Less {
				t.Fatalf("%d is made good of a loss of %d: %+v of %+v", within, f.Less, uses, list)
			}
			u := uses[i]
			if u.Costs+u.Shortfall+u.Debt+u.Related+u.Kept != f.Deposit || min(u.Costs, u.Shortfall, u.Debt, u.Related, u.Kept) < 0 {
				t.Fatalf("%+v do not sum to %d", u, f.Deposit)
			}
			all, debts = all+u.Shortfall, debts+u.Debt
		}
		if debts > max(debt-all, 0) {
			t.Fatalf("%d of a debt of %d, of which %d were made good", debts, debt, all)
		}
		slices.Reverse(list)
		var made []payments.Made
		for _, f := range list { // one by one, in the other order
			u := payments.UseForfeits([]payments.Forfeit{f}, 0, made)[0]
			made = append(made, payments.Made{Less: f.Less, Shortfall: u.Shortfall})
			backwards += u.Shortfall
		}
		if backwards != all {
			t.Fatalf("%d are made good, in the other order %d: %+v", all, backwards, list)
		}
	})
}

// resale is a sold lot of a real auction.Service.
type resale struct {
	*desk

	court  *auction.Service
	judges []auction.Actor
	told   *plugged
	buyer  uuid.UUID
	// deposit is what the first buyer paid, price what it had bid, dueAt by when the rest is due.
	deposit, price money.Fen
	dueAt          time.Time
}

// plugged hands payments' words to a real auction.Service once it is there.
type plugged struct {
	sales

	court *auction.Service
	debts *debtor.Service
	// beforeUse is called where a use of a forfeit is told, if it is there.
	beforeUse func()
}

func (p *plugged) RecordPaid(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	return p.court.RecordPaid(ctx, tx, now, lot)
}

func (p *plugged) RecordDefault(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, f money.Fen) error {
	return p.court.RecordDefault(ctx, tx, now, lot, f)
}

func (p *plugged) RecordForfeitUse(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, b audit.ForfeitUsed) error {
	if p.beforeUse != nil {
		p.beforeUse()
	}
	return p.court.RecordForfeitUse(ctx, tx, now, lot, b)
}

func (p *plugged) RecordDifference(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, lot uuid.UUID, amount money.Fen) error {
	return p.court.RecordDifference(ctx, tx, now, by, lot, amount)
}

func (p *plugged) Rest(ctx context.Context, tx pgx.Tx, now time.Time, caseID uuid.UUID) (money.Fen, time.Time, error) {
	return p.debts.Rest(ctx, tx, now, caseID)
}

func (p *plugged) Received(ctx context.Context, tx pgx.Tx, at time.Time, r payments.DebtReceived) error {
	return p.debts.Received(ctx, tx, at, r)
}

// listed is a draft of the demonstration docket.
func listed(t *testing.T) *resale {
	t.Helper()
	return listedOf(t, func(docket.Case) bool { return true })
}

// listedOf is the first lot of the first case that is wanted.
func listedOf(t *testing.T, wanted func(docket.Case) bool) *resale {
	t.Helper()
	p := &plugged{}
	r := &resale{desk: openDeskWith(t, p, &p.sales), told: p}
	r.court = auction.New(auction.Config{Pool: r.pool, Clock: r.clock, Duties: duty.NewBook(nil), RuleSet: law.China2017(), Handovers: handover.Planner{}})
	p.court, p.debts = r.court, debtor.New(r.pool, duty.NewBook(nil), r.court)
	src, err := os.ReadFile("../cmd/mingchui/court/docket.json")
	r.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	first := slices.IndexFunc(file.Cases, wanted)
	file.Cases = file.Cases[first : first+1]
	got, err := r.court.Import(t.Context(), file, auction.Actor{Role: "operator"})
	r.must(err)
	for range 3 {
		id := uuid.New()
		r.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'judge', @court, '', 'n', now())`,
			pgx.NamedArgs{"id": id, "login": id.String(), "court": got.CourtID})
		r.judges = append(r.judges, auction.Actor{AccountID: id, Role: "judge", CourtID: got.CourtID})
	}
	r.lot = got.Lots[file.Cases[0].Lots[0].Ref]
	r.must(r.pool.QueryRow(t.Context(), `SELECT case_id, deposit_fen FROM lots WHERE id = $1`, r.lot).Scan(&r.caseID, &r.deposit))
	return r
}

// bought is such a lot, sold to a buyer who paid the deposit.
func bought(t *testing.T) *resale {
	t.Helper()
	r := listed(t)
	r.buy()
	return r
}

// buy announces the lot and sells it to a buyer who paid the deposit.
func (r *resale) buy() {
	r.t.Helper()
	r.announce(r.lot)
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	d := r.end(r.lot, 250_000_000+r.deposit) // the rest comes in three parts
	r.price, r.dueAt = *d.PriceFen, *d.BalanceDueAt
	r.told.winner, r.told.price = r.buyer, r.price
}

// defaulted is such a lot whose buyer did not pay the rest.
func defaulted(t *testing.T) *resale {
	t.Helper()
	r := bought(t)
	r.settle()
	r.clock.To(r.dueAt.Add(time.Millisecond))
	r.settle()
	r.told.winner = uuid.Nil
	if got := r.balances()["forfeits"]; got != r.deposit {
		t.Fatalf("forfeits hold %d of %d", got, r.deposit)
	}
	return r
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (r *resale) announce(lot uuid.UUID) {
	r.t.Helper()
	for _, j := range r.judges {
		_, err := r.court.Vote(r.t.Context(), j, auction.Ballot{Lot: lot, Approve: true})
		r.must(err)
	}
	soldtest.Waive(r.t, r.pool, r.court, r.judges[0], lot)
	d, err := r.court.Draft(r.t.Context(), r.judges[0], lot, r.clock.Now())
	r.must(err)
	starts := d.EarliestStart.Add(time.Hour)
	r.must(r.court.Announce(r.t.Context(), r.judges[0], auction.Announcement{
		Lot: lot, StartsAt: starts, EndsAt: starts.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond),
	}))
}

// end sells a lot at its end for a price; 0 is its starting price.
func (r *resale) end(lot uuid.UUID, price money.Fen) auction.LotDetail {
	r.t.Helper()
	d, err := r.court.Lot(r.t.Context(), lot, r.clock.Now())
	r.must(err)
	r.clock.To(*d.EndsAt)
	if price == 0 {
		price = d.StartingPriceFen
	}
	r.must(pgx.BeginFunc(r.t.Context(), r.pool, func(tx pgx.Tx) error {
		return auction.RecordEnd(r.t.Context(), tx, duty.NewBook(nil), auction.End{LotID: lot, Sold: true, Price: price, Code: "K7Q2M", At: *d.EndsAt})
	}))
	d, err = r.court.Lot(r.t.Context(), lot, r.clock.Now())
	r.must(err)
	return d
}

// sellAgain sells the property again for so much less, paid in full, and returns that sale.
func (r *resale) sellAgain(less money.Fen) uuid.UUID {
	r.t.Helper()
	d, err := r.court.Lot(r.t.Context(), r.lot, r.clock.Now())
	r.must(err)
	again, err := r.court.ListReSale(r.t.Context(), r.judges[0], r.lot, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
	r.must(err)
	r.announce(again)
	r.end(again, r.price-less)
	r.must(pgx.BeginFunc(r.t.Context(), r.pool, func(tx pgx.Tx) error { return r.court.RecordPaid(r.t.Context(), tx, r.clock.Now(), again) }))
	_, err = r.runner.RunDue(r.t.Context())
	r.must(err)
	return again
}

func (r *resale) costs(costs, related money.Fen) error {
	r.t.Helper()
	err := r.court.RecordCosts(r.t.Context(), r.judges[0], auction.SaleCosts{Lot: r.lot, Costs: costs, Related: related})
	if err == nil {
		_, err = r.runner.RunDue(r.t.Context())
	}
	return err
}

// R24: held until the re-sale stands and its costs are known; then costs, shortfall, debt, related debts, one fen on each side of each bound.
func TestR24_TheDepositCoversWhatTheReSaleBroughtLess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// Of a deposit D: costs D-costs below it, a re-sale for less, a claim of so much above the re-sale's price, related debts.
		costs                func(d money.Fen) money.Fen
		less, claim, related money.Fen
		want                 func(d money.Fen) payments.ForfeitUse
	}{
		{"costs a fen below the deposit", func(d money.Fen) money.Fen { return d - 1 }, 9, 9, 0, func(d money.Fen) payments.ForfeitUse { return payments.ForfeitUse{Costs: d - 1, Shortfall: 1} }},
		{"costs are the deposit", func(d money.Fen) money.Fen { return d }, 9, 9, 0, func(d money.Fen) payments.ForfeitUse { return payments.ForfeitUse{Costs: d} }},
		{"costs a fen above the deposit", func(d money.Fen) money.Fen { return d + 1 }, 9, 9, 0, func(d money.Fen) payments.ForfeitUse { return payments.ForfeitUse{Costs: d} }},
		{"shortfall a fen below the rest", func(d money.Fen) money.Fen { return d - 10 }, 9, 30, 9, func(d money.Fen) payments.ForfeitUse {
			return payments.ForfeitUse{Costs: d - 10, Shortfall: 9, Debt: 1}
		}},
		{"shortfall is the rest", func(d money.Fen) money.Fen { return d - 10 }, 10, 30, 9, func(d money.Fen) payments.ForfeitUse { return payments.ForfeitUse{Costs: d - 10, Shortfall: 10} }},
		{"debt a fen below the rest", func(d money.Fen) money.Fen { return d - 10 }, 4, 9, 9, func(d money.Fen) payments.ForfeitUse {
			return payments.ForfeitUse{Costs: d - 10, Shortfall: 4, Debt: 5, Related: 1}
		}},
		{"debt is the rest", func(d money.Fen) money.Fen { return d - 10 }, 4, 10, 9, func(d money.Fen) payments.ForfeitUse {
			return payments.ForfeitUse{Costs: d - 10, Shortfall: 4, Debt: 6}
		}},
		{"related debts a fen below the rest", func(d money.Fen) money.Fen { return d - 10 }, 4, 0, 5, func(d money.Fen) payments.ForfeitUse {
			return payments.ForfeitUse{Costs: d - 10, Shortfall: 4, Related: 5, Kept: 1}
		}},
		{"a re-sale for a fen more", func(money.Fen) money.Fen { return 0 }, -1, 0, 0, func(d money.Fen) payments.ForfeitUse { return payments.ForfeitUse{Kept: d} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := defaulted(t)
			r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price - c.less + c.claim, "case": r.caseID})
			r.sellAgain(c.less)
			if got := r.balances()["forfeits"]; got != r.deposit {
				t.Fatalf("used before the costs are known: %d left", got)
			}
			if r.owed(duty.RecordCosts, r.lot.String()) != 1 {
				t.Fatal("nobody is asked for the costs")
			}
			r.must(r.costs(c.costs(r.deposit), c.related))
			got, err := r.service.CostsOf(t.Context(), r.lot)
			r.must(err)
			want := c.want(r.deposit)
			if got.Forfeit == nil || got.Forfeit.ForfeitUse != want || got.Forfeit.FirstPriceFen != r.price || *got.Forfeit.ReSalePriceFen != r.price-c.less {
				t.Fatalf("used: %+v, want %+v", got.Forfeit, want)
			}
			b := r.balances()
			if b["forfeits"] != want.Kept || b["costs"] != want.Costs || b["proceeds"] != want.Shortfall+want.Debt+want.Related {
				t.Errorf("the books hold %v", b)
			}
			if err := r.costs(1, 1); fault.CodeOf(err) != fault.StateConflict {
				t.Errorf("costs were changed after the use: %v", err)
			}
			r.sound()
		})
	}
}
