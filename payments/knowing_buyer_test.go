package payments_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/objection"
	"mingchui/payments"
)

// equitySold is equity whose transfer takes an approval, sold to a buyer who paid the deposit.
func equitySold(t *testing.T) *resale {
	t.Helper()
	r := listedOf(t, func(k docket.Case) bool { return len(k.Lots) == 1 && k.Assets[0].Category == docket.Equity })
	d, err := r.court.Draft(t.Context(), r.judges[0], r.lot, r.clock.Now())
	r.must(err)
	d.Document.Approval = &docket.Approval{
		Authority: docket.Text{Zh: "国家金融监督管理总局江澜监管分局", En: "the financial regulator"}, WithinDays: 45,
		Condition: docket.Text{Zh: "受让人应当符合商业银行股东资格条件。", En: "Whoever acquires it meets what is asked of a bank's shareholder."},
	}
	_, err = r.court.Revise(t.Context(), r.judges[0], auction.Revision{Lot: r.lot, Document: d.Document})
	r.must(err)
	r.buy()
	r.settle()
	return r
}

// finds records what the court found of the buyer.
func (r *resale) finds(qualified, knew bool) error {
	r.t.Helper()
	r.clock.To(r.clock.Now().Add(time.Millisecond))
	return r.court.CheckEligibility(r.t.Context(), r.judges[0], auction.Eligibility{Lot: r.lot, Qualified: qualified, Knew: knew, Proof: proof, Reason: reason()})
}

// unqualified sets the sale aside for the buyer's sake.
func (r *resale) unqualified(again bool) objection.SettingAside {
	return objection.SettingAside{Lot: r.lot, Ground: objection.UnqualifiedBuyer, Again: again, Reason: reason()}
}

// R12e, Equity 15 para. 3: a buyer who knew that the announced condition was not met and did not get the approval loses the deposit to the fen
// when the sale is set aside, whatever was paid of the rest goes back, and the deposit is used in R24's order when the equity is sold again.
func TestR12e_AKnowingBuyerLosesTheDeposit(t *testing.T) {
	t.Parallel()
	for name, parts := range map[string]int{"nothing paid of the rest": 0, "a part": 1, "all of it": 9} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := equitySold(t)
			r.payBalance(parts)
			paid, _ := r.kept()
			r.must(r.finds(false, true))
			seen, err := r.objections().Foresee(t.Context(), r.judges[0], r.unqualified(true))
			r.must(err)
			if want := (auction.Reversed{ReversedFen: paid - r.deposit, KeptFen: r.deposit}); seen != want {
				t.Fatalf("foreseen %+v, want %+v", seen, want)
			}
			aside := r.unqualified(true)
			aside.Seen = &auction.Reversed{ReversedFen: seen.ReversedFen, KeptFen: seen.KeptFen - 1}
			if _, err := r.objections().SetAside(t.Context(), r.judges[0], aside); fault.CodeOf(err) != fault.SumsChanged {
				t.Errorf("with another deposit: %v", err)
			}
			aside.Seen = &seen
			out, err := r.objections().SetAside(t.Context(), r.judges[0], aside)
			r.must(err)
			r.settle()
			if kept, owed := r.kept(); out != seen || kept != r.deposit || owed != 0 {
				t.Errorf("%+v, kept %d of a deposit of %d, %d owed", out, kept, r.deposit, owed)
			}
			if b := r.balances(); b["forfeits"] != r.deposit || b["escrow"] != 0 || b["proceeds"] != 0 {
				t.Errorf("the books hold %v", b)
			}
			v, err := r.objections().SettingAsideOf(t.Context(), r.lot)
			if r.must(err); v.Reversed != seen {
				t.Errorf("published: %+v", v.Reversed)
			}
			r.lotSound()

			r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price, "case": r.caseID})
			r.told.winner = uuid.Nil
			again := r.sellAgain(7)
			if r.used(r.lot) != nil {
				t.Fatal("used before the costs are known")
			}
			r.must(r.costs(r.deposit-8, 1))
			used := r.used(r.lot)
			if used == nil || used.ReSale != again || used.FirstPriceFen != r.price || used.ForfeitUse != (payments.ForfeitUse{Costs: r.deposit - 8, Shortfall: 7, Related: 1}) {
				t.Errorf("used: %+v", used)
			}
			r.sound()
		})
	}
}

// R12e: the newest finding decides, and it alone: who did not know gets the deposit back, as does a buyer whose sale falls for another ground.
func TestR12e_WhoDidNotKnowGetsTheDepositBack(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*resale) objection.SettingAside{
		"a later finding": func(r *resale) objection.SettingAside {
			r.must(r.finds(false, true))
			r.must(r.finds(false, false))
			return r.unqualified(true)
		},
		"another ground": func(r *resale) objection.SettingAside {
			r.must(r.finds(false, true))
			return objection.SettingAside{Lot: r.lot, Ground: objection.SystemFault, Order: docket.Text{Zh: "（2026）皖02执监7号", En: "No. 7"}, Again: true, Reason: reason()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := equitySold(t)
			out, err := r.objections().SetAside(t.Context(), r.judges[0], do(r))
			r.must(err)
			r.settle()
			if kept, owed := r.kept(); out != (auction.Reversed{ReversedFen: r.deposit}) || kept != 0 || owed != 0 {
				t.Errorf("%+v, kept %d, owed %d", out, kept, owed)
			}
			r.lotSound()
		})
	}
}

// R12e: a superior court's order on the buyer's qualification takes nothing from what the court found; and where the equity is not sold any
// more, the kept deposit answers for the costs and the debt at once.
func TestR12e_AKeptDepositOfEquityThatIsNotSoldAnyMore(t *testing.T) {
	t.Parallel()
	r := equitySold(t)
	r.exec(`UPDATE cases SET claim_fen = 3, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"case": r.caseID})
	r.must(r.finds(false, true))
	aside := r.unqualified(false)
	aside.Order = docket.Text{Zh: "（2026）皖02执监7号", En: "No. 7"}
	out, err := r.objections().SetAside(t.Context(), r.judges[0], aside)
	r.must(err)
	r.settle()
	if out.KeptFen != r.deposit {
		t.Errorf("%+v", out)
	}
	r.must(r.costs(5, 0))
	if used := r.used(r.lot); used == nil || used.ReSalePriceFen != nil || used.ForfeitUse != (payments.ForfeitUse{Costs: 5, Debt: 3, Kept: r.deposit - 8}) {
		t.Errorf("used: %+v", used)
	}
	r.lotSound()
}

// R12e, R24: of a buyer who did not pay the rest either, the deposit that the default kept stays kept.
func TestR12e_ADefaulterWhoKnewLosesTheDepositOnce(t *testing.T) {
	t.Parallel()
	r := equitySold(t)
	r.must(r.finds(false, true))
	r.clock.To(r.dueAt.Add(time.Millisecond))
	r.settle()
	if r.outcome(r.lot) != "defaulted" {
		t.Fatalf("the sale is %s", r.outcome(r.lot))
	}
	out, err := r.objections().SetAside(t.Context(), r.judges[0], r.unqualified(true))
	r.must(err)
	r.settle()
	if b := r.balances(); out != (auction.Reversed{KeptFen: r.deposit}) || b["forfeits"] != r.deposit {
		t.Errorf("%+v, the books hold %v", out, b)
	}
	r.lotSound()
}

// R12e: knowing is found of a buyer of equity who has no approval, and of nobody else.
func TestR12e_OnlyABuyerWithoutTheApprovalKnew(t *testing.T) {
	t.Parallel()
	refused := func(err error) {
		t.Helper()
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.InvalidRequest || f.Field != "knew" || f.Rule != "R12e" {
			t.Errorf("%v", err)
		}
	}
	r := equitySold(t)
	refused(r.finds(true, true))
	house := bought(t)
	house.settle()
	refused(house.finds(false, true))
	_, err := r.pool.Exec(t.Context(), `INSERT INTO eligibility_checks (id, lot_id, qualified, knew, proof, checked_by, checked_at) VALUES (gen_random_uuid(), $1, true, true, $2, $3, now())`,
		r.lot, proof, r.judges[0].AccountID)
	if err == nil {
		t.Error("the rows hold a buyer who is qualified and knew of not being it")
	}
}
