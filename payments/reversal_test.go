package payments_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/objection"
	"mingchui/payments"
	"mingchui/payments/ledger"
)

func (r *resale) objections() *objection.Service {
	return objection.New(objection.Config{Pool: r.pool, Duties: duty.NewBook(nil), Auction: r.court, Money: r.service, Handovers: handover.Planner{}})
}

// proof is the SHA-256 of nothing.
const proof = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func reason() docket.Text {
	return docket.Text{Zh: "公告所述面积与实际严重不符。", En: "The stated floor area is far from the real one."}
}

// founded is a request to set the lot's sale aside that the court found right.
func (r *resale) founded(lot uuid.UUID) uuid.UUID {
	r.t.Helper()
	s := r.objections()
	buyer := auction.Actor{AccountID: r.buyer, Role: "bidder"}
	id, err := s.Lodge(r.t.Context(), buyer, objection.Lodging{
		Lot: lot, Capacity: objection.Bidder, Kind: objection.ToSetAside, Ground: objection.UntrueStatement, Text: "面积不符",
	})
	r.must(err)
	r.must(s.Decide(r.t.Context(), r.judges[0], objection.Decision{Objection: id, Founded: true, Reason: reason()}))
	return id
}

// asked tells whether the ruling's paper rests on a request.
func (r *resale) asked(lot uuid.UUID) (asked bool) {
	r.t.Helper()
	r.must(r.pool.QueryRow(r.t.Context(), `SELECT document::text LIKE '%"request":true%' FROM papers WHERE lot_id = $1 AND document::text LIKE '%"fallen":%'`, lot).Scan(&asked))
	return asked
}

func (r *resale) setAside(lot uuid.UUID, again bool) auction.Reversed {
	r.t.Helper()
	out, err := r.objections().SetAside(r.t.Context(), r.judges[0], objection.SettingAside{Lot: lot, Objection: r.founded(lot), Again: again, Reason: reason()})
	r.must(err)
	if !r.asked(lot) {
		r.t.Error("the ruling does not say that somebody asked for it")
	}
	r.settle()
	return out
}

// payBalance pays every part of the rest on its page.
func (r *resale) payBalance(parts int) {
	r.t.Helper()
	for range parts {
		b, err := r.service.OpenBalance(r.t.Context(), r.lot, r.buyer)
		r.must(err)
		if b.State != "open" {
			return
		}
		r.pay(b.PaymentURL, "succeed")
	}
}

// sums are what came from payers and was not given back, and refunds that are not made yet.
func (r *resale) kept() (kept money.Fen, owed int) {
	r.t.Helper()
	r.must(r.pool.QueryRow(r.t.Context(), `SELECT (SELECT coalesce(sum(amount_fen - refunded_fen), 0)::bigint FROM payments WHERE state = 'paid'),
		(SELECT count(*) FROM refunds WHERE state <> 'done')`).Scan(&kept, &owed))
	return kept, owed
}

func (r *resale) outcome(lot uuid.UUID) (o string) {
	r.t.Helper()
	r.must(r.pool.QueryRow(r.t.Context(), `SELECT outcome FROM lots WHERE id = $1`, lot).Scan(&o))
	return o
}

func (r *resale) lotSound() {
	r.t.Helper()
	r.sound()
	problems, err := auction.Fsck(r.t.Context(), r.pool)
	r.must(err)
	for _, p := range problems {
		// This desk stands for bidding: nobody confirms and no course is kept.
		if p.Detail != "the duty confirm_sale is not there" {
			r.t.Errorf("fsck: %+v", p)
		}
	}
}

// R31: whatever was paid when the sale falls goes back to the fen: nothing settled yet, the deposit, a part of the rest, all of it, after the ruling.
func TestR31_ASaleSetAsideGivesAllMoneyBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		to   func(r *resale)
		want func(r *resale) money.Fen
	}{
		{"before the deposits are settled", func(*resale) {}, func(r *resale) money.Fen { return r.deposit }},
		{"before the rest is paid", func(r *resale) { r.settle() }, func(r *resale) money.Fen { return r.deposit }},
		{"with one part of the rest", func(r *resale) { r.settle(); r.payBalance(1) }, func(r *resale) money.Fen { return r.deposit + payments.MaxPayment }},
		{"paid in full", func(r *resale) { r.settle(); r.payBalance(100) }, func(r *resale) money.Fen { return r.price }},
		{"after the ruling", func(r *resale) {
			r.settle()
			r.payBalance(100)
			r.must(r.court.CheckEligibility(r.t.Context(), r.judges[0], auction.Eligibility{Lot: r.lot, Qualified: true, Proof: proof}))
			r.must(r.court.Rule(r.t.Context(), r.judges[0], auction.Ruling{Lot: r.lot, Number: "（2026）浙0106执1号之一", ServedAt: r.clock.Now()}))
		}, func(r *resale) money.Fen { return r.price }},
		{"after a default", func(r *resale) {
			r.settle()
			r.clock.To(r.dueAt.Add(time.Millisecond))
			r.settle()
		}, func(r *resale) money.Fen { return r.deposit }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := bought(t)
			c.to(r)
			got := r.setAside(r.lot, true)
			if want := c.want(r); got.ReversedFen != want || got.RecoverableFen != 0 {
				t.Errorf("reversed %+v, want %d", got, want)
			}
			if kept, owed := r.kept(); kept != 0 || owed != 0 {
				t.Errorf("%d fen are kept, %d refunds are not made", kept, owed)
			}
			for account, held := range r.balances() {
				if held != 0 {
					t.Errorf("%s holds %d", account, held)
				}
			}
			var drafts int
			r.must(r.pool.QueryRow(t.Context(), `SELECT count(*) FROM papers WHERE lot_id = $1 AND kind = 'setting_aside_draft' AND audience = 'court'
				AND (document #>> '{facts,fallen,reversed_fen}')::bigint = $2 AND (document #>> '{facts,ruling_number}' IS NOT NULL) = EXISTS (SELECT FROM rulings WHERE lot_id = $1)`,
				r.lot, got.ReversedFen).Scan(&drafts))
			if drafts != 1 {
				t.Errorf("%d drafts of the ruling are made", drafts)
			}
			if d := r.deposit0(); d.State != payments.Returned {
				t.Errorf("the deposit is %s", d.State)
			}
			if r.outcome(r.lot) != "set_aside" {
				t.Errorf("the lot is %s", r.outcome(r.lot))
			}
			var open []string
			r.must(r.pool.QueryRow(t.Context(), `SELECT array_agg(kind) FROM duties WHERE lot_id = $1 AND state = 'owed' AND kind NOT IN ('re_sale', 'open_course')`, r.lot).Scan(&open))
			if len(open) != 0 {
				t.Errorf("duties of the fallen sale are owed: %v", open)
			}
			if _, err := r.service.OpenBalance(t.Context(), r.lot, r.buyer); fault.KindOf(err) != fault.Conflict {
				t.Errorf("the rest can still be paid: %v", err)
			}
			r.lotSound()
			// The property is sold again.
			d, err := r.court.Lot(t.Context(), r.lot, r.clock.Now())
			r.must(err)
			_, err = r.court.ListReSale(t.Context(), r.judges[0], r.lot, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
			r.must(err)
		})
	}
}

// deposit0 is the buyer's deposit.
func (r *resale) deposit0() payments.LotDeposit { return r.desk.deposit(r.buyer) }

// R31: money that arrives after the sale fell goes back too.
func TestR31_MoneyAfterTheSettingAsideGoesBack(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	b, err := r.service.OpenBalance(t.Context(), r.lot, r.buyer)
	r.must(err)
	r.setAside(r.lot, false)
	r.pay(b.PaymentURL, "succeed")
	if kept, owed := r.kept(); kept != 0 || owed != 0 {
		t.Errorf("%d fen are kept, %d refunds are not made", kept, owed)
	}
	r.lotSound()
}

// R31: what was paid out before is owed back by who had it, to the fen on each side of what is left.
func TestR31_WhatWasPaidOutIsRecoverable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		left        money.Fen // of the price, in the proceeds
		recoverable func(price money.Fen) money.Fen
	}{
		{"a fen", 1, func(p money.Fen) money.Fen { return p - 1 }},
		{"nothing", 0, func(p money.Fen) money.Fen { return p }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := bought(t)
			r.settle()
			r.payBalance(100)
			if rest := r.paidOutBut(max(c.left, 1)); c.left == 0 {
				rest()
			}
			got := r.setAside(r.lot, false)
			want := c.recoverable(r.price)
			if got.ReversedFen != r.price || got.RecoverableFen != want {
				t.Errorf("reversed %+v of %d", got, r.price)
			}
			if b := r.balances(); b["recoverable"] != -want || b["proceeds"] != 0 || b["escrow"] != 0 {
				t.Errorf("accounts hold %v", b)
			}
			r.owedBackByEach(want)
			if shown := r.shown(); shown["recoverable"] != -want {
				t.Errorf("the public sees %v", shown)
			}
			if kept, owed := r.kept(); kept != 0 || owed != 0 {
				t.Errorf("%d fen are kept, %d refunds are not made", kept, owed)
			}
			r.lotSound()
			over := pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
				return ledger.Post(t.Context(), tx, r.clock.Now(), ledger.Posting{
					CaseID: r.caseID, Kind: "recovered", Reference: r.lot, Key: "recovered/test",
					Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Recoverable, Amount: want + 1}},
				})
			})
			if fault.CodeOf(over) != fault.AccountLimitExceeded {
				t.Errorf("a fen more than is owed back was taken: %v", over)
			}
		})
	}
}

// R31: what the court is shown before it sets a sale aside is what happens, and looking changes nothing; sums that changed since are refused.
func TestR31_WhatIsForeseenHappens(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	r.payBalance(100)
	rest := r.paidOutBut(r.price - 700)
	s, in := r.objections(), objection.SettingAside{Lot: r.lot, Objection: r.founded(r.lot), Reason: reason()}
	rows := func() (n int) {
		r.must(r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM trail) + (SELECT count(*) FROM entries) + (SELECT count(*) FROM postings) + (SELECT count(*) FROM papers)
			+ (SELECT count(*) FROM refunds) + (SELECT count(*) FROM settings_aside) + (SELECT count(*) FROM duties WHERE state = 'owed')`).Scan(&n))
		return n
	}
	before := rows()
	seen, err := s.Foresee(t.Context(), r.judges[0], in)
	r.must(err)
	if seen.ReversedFen != r.price || seen.RecoverableFen != 700 {
		t.Errorf("foreseen %+v of %d, 700 of it paid out", seen, r.price)
	}
	if rows() != before || r.outcome(r.lot) != "paid" {
		t.Errorf("looking changed %d rows to %d, and the lot is %s", before, rows(), r.outcome(r.lot))
	}
	if _, err := s.Foresee(t.Context(), auction.Actor{AccountID: r.buyer, Role: "bidder"}, in); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("the buyer looks: %v", err)
	}
	rest()
	in.Seen = &seen
	if _, err := s.SetAside(t.Context(), r.judges[0], in); fault.CodeOf(err) != fault.SumsChanged || r.outcome(r.lot) != "paid" {
		t.Errorf("more was paid out since: %v, the lot is %s", err, r.outcome(r.lot))
	}
	seen.RecoverableFen = r.price
	got, err := s.SetAside(t.Context(), r.judges[0], in)
	r.must(err)
	if got != seen {
		t.Errorf("set aside %+v, seen %+v", got, seen)
	}
	r.settle()
	r.lotSound()
}

// R24, R31: a defaulter's deposit that was used by a re-sale's price is held again when the re-sale falls, and used anew by the next.
func TestR31_TheUseOfAForfeitFallsWithTheReSale(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price, "case": r.caseID})
	again := r.sellAgain(7)
	r.must(r.costs(5, 0))
	if b := r.balances(); b["costs"] != 5 || b["proceeds"] != 7 || b["forfeits"] != r.deposit-12 {
		t.Fatalf("used: %v", b)
	}
	r.setAside(again, true)
	if b := r.balances(); b["costs"] != 0 || b["proceeds"] != 0 || b["forfeits"] != r.deposit {
		t.Errorf("after the re-sale fell: %v", b)
	}
	c, err := r.service.CostsOf(t.Context(), r.lot)
	r.must(err)
	if c.Forfeit != nil {
		t.Errorf("the use is still shown: %+v", c.Forfeit)
	}
	r.sound()
	if _, err := r.pool.Exec(t.Context(), `UPDATE forfeit_uses SET reversed_at = NULL`); err == nil {
		t.Error("SQL lets a reversal be taken back")
	}
	// The defaulter's own sale falls too: now all of it goes back to the defaulter.
	got := r.setAside(r.lot, false)
	if kept, _ := r.kept(); got.ReversedFen != r.deposit || kept != 0 || r.balances()["forfeits"] != 0 {
		t.Errorf("reversed %+v, kept %d, accounts %v", got, kept, r.balances())
	}
	r.sound()
}

// R31: who may, on what, and what a refusal leaves: nothing moved.
func TestR31_SettingAsideNeedsAFoundedRequestOrAnOrder(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	s := r.objections()
	order := docket.Text{Zh: "（2026）浙01执监5号", En: "(2026) Zhe 01 Zhi Jian No. 5"}
	buyer := auction.Actor{AccountID: r.buyer, Role: "bidder"}
	open, err := s.Lodge(t.Context(), buyer, objection.Lodging{Lot: r.lot, Capacity: objection.Bidder, Kind: objection.ToSetAside, Ground: objection.Collusion, Text: "串通"})
	r.must(err)
	conduct, err := s.Lodge(t.Context(), buyer, objection.Lodging{Lot: r.lot, Capacity: objection.Bidder, Kind: objection.Conduct, Text: "行为"})
	r.must(err)
	other := r.judges[0]
	other.CourtID = uuid.New()
	for _, c := range []struct {
		name  string
		by    auction.Actor
		r     objection.SettingAside
		code  fault.Code
		field string
	}{
		{"the buyer", buyer, objection.SettingAside{Objection: open, Reason: reason()}, fault.RoleForbidden, ""},
		{"a judge of another court", other, objection.SettingAside{Objection: open, Reason: reason()}, fault.RoleForbidden, ""},
		{"no reason", r.judges[0], objection.SettingAside{Objection: open}, fault.ReasonRequired, "reason"},
		{"a reason in Chinese alone", r.judges[0], objection.SettingAside{Objection: open, Reason: docket.Text{Zh: "有误"}}, fault.ReasonRequired, "reason"},
		{"a reason in English alone", r.judges[0], objection.SettingAside{Objection: open, Reason: docket.Text{En: "wrong"}}, fault.ReasonRequired, "reason"},
		{"neither", r.judges[0], objection.SettingAside{Reason: reason(), Ground: objection.Collusion}, fault.InvalidRequest, "order"},
		{"both", r.judges[0], objection.SettingAside{Objection: open, Order: order, Reason: reason()}, fault.InvalidRequest, "order"},
		{"an order without a ground", r.judges[0], objection.SettingAside{Order: order, Reason: reason()}, fault.InvalidRequest, "ground"},
		{"a seventh ground", r.judges[0], objection.SettingAside{Order: order, Ground: "unfair", Reason: reason()}, fault.InvalidRequest, "ground"},
		{"no finding about the buyer", r.judges[0], objection.SettingAside{Ground: objection.UnqualifiedBuyer, Reason: reason()}, fault.ObjectionNotFounded, "objection"},
		{"not decided yet", r.judges[0], objection.SettingAside{Objection: open, Reason: reason()}, fault.ObjectionNotFounded, "objection"},
		{"another kind of objection", r.judges[0], objection.SettingAside{Objection: conduct, Reason: reason()}, fault.NotFoundCode, "objection"},
	} {
		c.r.Lot = r.lot
		_, err := s.SetAside(t.Context(), c.by, c.r)
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if kept, _ := r.kept(); kept != r.deposit || r.balances()["proceeds"] != r.deposit || r.outcome(r.lot) != "sold" {
		t.Errorf("a refusal moved something: %d, %v, %s", kept, r.balances(), r.outcome(r.lot))
	}
	out, err := s.SetAside(t.Context(), r.judges[0], objection.SettingAside{Lot: r.lot, Order: order, Ground: objection.Collusion, Reason: reason()})
	r.must(err)
	if r.asked(r.lot) {
		t.Error("the ruling says that somebody asked for it")
	}
	v, err := s.SettingAsideOf(t.Context(), r.lot)
	r.must(err)
	if v.Ground != objection.Collusion || v.Order != order || v.SoldAgain || v.ReversedFen != r.deposit || out.ReversedFen != r.deposit {
		t.Errorf("on record: %+v", v)
	}
	if _, err := s.SetAside(t.Context(), r.judges[0], objection.SettingAside{Lot: r.lot, Order: order, Ground: objection.Collusion, Reason: reason()}); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("twice: %v", err)
	}
	r.settle()
	r.lotSound()
}

// R17h, R31: a buyer whom the court found not qualified does not get the house, and no objection is needed.
func TestR17h_ABuyerWhoIsNotQualifiedLosesTheSale(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	finding := auction.Eligibility{Lot: r.lot, Proof: proof, Reason: reason()}
	r.must(r.court.CheckEligibility(t.Context(), r.judges[0], finding))
	aside := objection.SettingAside{Lot: r.lot, Ground: objection.UnqualifiedBuyer, Again: true, Reason: reason()}
	out, err := r.objections().SetAside(t.Context(), r.judges[0], aside)
	r.must(err)
	r.settle()
	if kept, owed := r.kept(); out.ReversedFen != r.deposit || kept != 0 || owed != 0 {
		t.Errorf("reversed %d, kept %d, owed %d", out.ReversedFen, kept, owed)
	}
	r.lotSound()
}

// R24, R31: where the re-sale falls and the property is not sold any more, there is no second price: the deposit answers for the costs and the debt.
func TestR24_AForfeitIsUsedWhenThePropertyIsNotSoldAnyMore(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	r.exec(`UPDATE cases SET claim_fen = 3, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"case": r.caseID})
	again := r.sellAgain(7)
	r.setAside(again, false)
	r.must(r.costs(5, 0))
	c, err := r.service.CostsOf(t.Context(), r.lot)
	r.must(err)
	if c.Forfeit == nil || c.Forfeit.ReSalePriceFen != nil || c.Forfeit.ForfeitUse != (payments.ForfeitUse{Costs: 5, Debt: 3, Kept: r.deposit - 8}) {
		t.Errorf("used: %+v", c.Forfeit)
	}
	r.sound()
}

// R24, R17w: when the re-sale is withdrawn for good no other comes, and the deposit is used without a shortfall: for costs, this case's debt
// where its enforcement goes on, related debts. A re-sale that is withdrawn to be sold again, or a draft taken back, leaves it held.
func TestR24_AForfeitIsUsedWhenTheReSaleIsWithdrawnForGood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ground auction.Ground
		held   bool
		want   payments.ForfeitUse
	}{
		{auction.ObjectionFounded, false, payments.ForfeitUse{Costs: 5, Debt: 3, Related: 2}},
		{auction.DebtPaid, false, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.InstrumentAnnulled, false, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.ApplicantWithdrew, false, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.PartiesSettled, false, payments.ForfeitUse{Costs: 5, Related: 2}},
		{auction.Collusion, true, payments.ForfeitUse{}},
		{auction.OtherGround, true, payments.ForfeitUse{}},
		{"", true, payments.ForfeitUse{}},
	} {
		t.Run(string(c.ground), func(t *testing.T) {
			t.Parallel()
			r := defaulted(t)
			r.exec(`UPDATE cases SET claim_fen = 3 WHERE id = @case`, pgx.NamedArgs{"case": r.caseID})
			d, err := r.court.Lot(t.Context(), r.lot, r.clock.Now())
			r.must(err)
			again, err := r.court.ListReSale(t.Context(), r.judges[0], r.lot, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
			r.must(err)
			r.must(r.costs(5, 2))
			if c.ground == "" {
				r.must(r.court.WithdrawDraft(t.Context(), r.judges[0], again))
			} else {
				r.announce(again)
				r.must(r.court.Withdraw(t.Context(), r.judges[0], auction.CourtAct{Lot: again, Ground: c.ground, Reason: reason()}))
			}
			r.settle()
			got, err := r.service.CostsOf(t.Context(), r.lot)
			r.must(err)
			if c.held {
				if got.Forfeit != nil || r.balances()["forfeits"] != r.deposit {
					t.Errorf("used: %+v", got.Forfeit)
				}
				return
			}
			c.want.Kept = r.deposit - c.want.Costs - c.want.Debt - c.want.Related
			if got.Forfeit == nil || got.Forfeit.ForfeitUse != c.want || got.Forfeit.ReSale != again || got.Forfeit.ReSalePriceFen != nil {
				t.Errorf("used: %+v, want %+v", got.Forfeit, c.want)
			}
			if b := r.balances(); b["forfeits"] != c.want.Kept || b["costs"] != c.want.Costs || b["proceeds"] != c.want.Debt+c.want.Related {
				t.Errorf("accounts hold %v", b)
			}
			r.sound()
		})
	}
}

// named stands for bidding, which opens who is behind the winning code.
type named struct{ account uuid.UUID }

func (n named) Buyer(context.Context, pgx.Tx, time.Time, uuid.UUID, string) (auction.Buyer, error) {
	salt := bytes.Repeat([]byte{7}, 32)
	sum := sha256.Sum256(append(slices.Clone(salt), "江澜弋口航运有限公司"...))
	return auction.Buyer{AccountID: n.account, Name: "江澜弋口航运有限公司", NameSalt: salt, NameCommitment: hex.EncodeToString(sum[:])}, nil
}

// R22, R31: a sale that falls before the machine came to its confirmation has it first: the ruling names the buyer, and the defaulter of
// no sale is known.
func TestR22_ASaleThatFallsAtOnceIsConfirmedFirst(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.court = auction.New(auction.Config{Pool: r.pool, Clock: r.clock, Duties: duty.NewBook(nil), RuleSet: law.China2017(), Handovers: handover.Planner{}, Buyers: named{r.buyer}})
	r.told.court = r.court
	in := objection.SettingAside{Lot: r.lot, Objection: r.founded(r.lot), Reason: reason()}
	if _, err := r.objections().Foresee(t.Context(), r.judges[0], in); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.court.Confirmation(t.Context(), r.lot); fault.KindOf(err) != fault.NotFound {
		t.Errorf("looking confirmed the sale: %v", err)
	}
	_, err := r.objections().SetAside(t.Context(), r.judges[0], in)
	r.must(err)
	paper, _, err := r.court.Confirmation(t.Context(), r.lot)
	r.must(err)
	var named bool
	r.must(r.pool.QueryRow(t.Context(), `SELECT document::text LIKE '%江澜弋口航运有限公司%' FROM papers WHERE lot_id = $1 AND document::text LIKE '%"fallen":%'`, r.lot).Scan(&named))
	var owed int
	r.must(r.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE lot_id = $1 AND kind = 'confirm_sale' AND state <> 'done'`, r.lot).Scan(&owed))
	if paper.BuyerName != "江澜弋口航运有限公司" || !named || owed != 0 {
		t.Errorf("confirmed for %q, named in the ruling: %t, %d confirmations are owed", paper.BuyerName, named, owed)
	}
	r.settle()
	r.lotSound()
}

// R16d, R31: what a creditor was to pay in is owed no more once the taking is set aside.
func TestR31_TheDifferenceOfAFallenTakingIsOwedNoMore(t *testing.T) {
	t.Parallel()
	r := taken(t, 9)
	one, two := r.finance(), r.finance()
	id, err := r.service.EnterDifference(t.Context(), one, r.lot, 9, "20261202-0001")
	r.must(err)
	out, err := r.objections().SetAside(t.Context(), r.judges[0], objection.SettingAside{
		Lot: r.lot, Order: docket.Text{Zh: "（2026）皖99执监6号", En: "No. 6"}, Ground: objection.SeriousBreach, Reason: reason(),
	})
	r.must(err)
	var owed int
	r.must(r.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE lot_id = $1 AND kind = 'pay_difference' AND state = 'owed'`, r.lot).Scan(&owed))
	if out.ReversedFen != 0 || owed != 0 {
		t.Errorf("reversed %+v, %d duties are owed", out, owed)
	}
	if err := r.service.DecideTransfer(t.Context(), two, id, true, ""); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("approved after it fell: %v", err)
	}
	list, err := r.service.Differences(t.Context(), two)
	r.must(err)
	if len(list) != 1 || !list[0].Fallen || list[0].PaidAt != nil || len(list[0].Transfers) != 1 || list[0].Transfers[0].Mine {
		t.Errorf("finance reads %+v", list)
	}
	r.must(r.service.DecideTransfer(t.Context(), two, id, false, "set aside"))
	if _, err := r.service.EnterDifference(t.Context(), one, r.lot, 9, "20261202-0002"); fault.CodeOf(err) != fault.PaymentStateConflict {
		t.Errorf("entered after it fell: %v", err)
	}
	r.sound()
}
