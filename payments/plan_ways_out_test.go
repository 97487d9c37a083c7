package payments_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/payments/casefund"
)

// F3, CPI 510: a panel that refuses a revision of a plan that is paid in part leaves a way on: the revision is made anew and voted on anew.
func TestF3_APanelThatRefusesARevisionOfWhatIsPaidInPart(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	r.payBalance(100)
	r.paidOutBut(700)
	f := r.fund()
	objection := f.standing().Objections[0].ID
	f.must(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: objection, Step: distribution.StepJudged, At: f.clock.Now(), Number: "5", Judged: 700}))
	_, err := f.funds.Revise(t.Context(), f.finance, f.standing().ID)
	f.must(err)
	refused := f.waits(casefund.ForPanel)
	for _, j := range f.judges {
		f.must(f.funds.Vote(t.Context(), j, casefund.Ballot{Plan: refused.ID, Opinion: "另案查明"}))
	}
	f.waits(casefund.ForPlanAnew)
	_, err = f.funds.Revise(t.Context(), f.finance, refused.ID)
	f.must(err)
	f.waits(casefund.ForPanel)
	f.voted()
	f.must(f.approve(f.second(), f.standing().ID))
	if held := f.balances()["proceeds"]; held != 0 {
		t.Errorf("%d left", held)
	}
	f.sound()
}

// F2: a delay gives time, and takes none of the 30 days.
func TestF2_ADelayTakesNothingOfTheThirtyDays(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	due := func() (at time.Time) {
		f.must(f.pool.QueryRow(t.Context(), `SELECT due_at FROM duties WHERE kind = 'pay_out' AND lot_id = $1`, f.lot).Scan(&at))
		return at.UTC()
	}
	first := due()
	f.must(f.funds.DelayPayOut(t.Context(), f.finance, f.caseID, casefund.Delay{Ground: casefund.DelaySuit, Reason: docket.Text{Zh: "诉", En: "A suit."}, Superior: docket.Text{Zh: "局长", En: "Head"}, Until: f.clock.Now().Add(2 * aDay)}))
	if due().Before(first) {
		t.Errorf("a delay brought what is due on %s forward to %s", first, due())
	}
	f.must(f.funds.EndDelay(t.Context(), f.finance, f.caseID))
	if due().Before(first) {
		t.Errorf("the end of a delay brought what is due on %s forward to %s", first, due())
	}
}

// CPI 510: what was paid by an objection's outcome is not contested afterwards.
func TestF4o_WhatWasPaidByIsNotContestedAfterwards(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", f.price)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", f.price))
	m := f.made()
	f.served(m)
	id, err := f.funds.Object(t.Context(), f.finance, casefund.Objecting{Plan: m.ID, By: &b, Claim: a, Asked: 1, Text: "x", LodgedAt: f.clock.Now()})
	f.must(err)
	at := f.clock.Now()
	for _, who := range []bool{true, false} {
		w := &a
		if !who {
			w = nil
		}
		f.must(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepTold, Who: w, At: f.clock.Now()}))
	}
	f.days(16)
	_, err = f.funds.Revise(t.Context(), f.finance, m.ID)
	f.must(err)
	f.voted()
	f.must(f.approve(f.second(), f.standing().ID))
	for _, s := range []distribution.Contest{distribution.StepOpposed, distribution.StepWithdrawn} {
		c := casefund.Contest{Objection: id, Step: s, At: at.Add(time.Hour)}
		if s == distribution.StepOpposed {
			c.Who = &a
		}
		f.refused(f.funds.Contest(t.Context(), f.finance, c), fault.StateConflict, "step", "F4o")
	}
	f.sound()
}

// R31: a sale that falls while a suit about its plan runs: what another sale brought since is not paid to those who share in the one that fell.
func TestR31_ASaleThatFallsDuringASuitTakesNothingOfAnother(t *testing.T) {
	t.Parallel()
	r := listedOf(t, func(c docket.Case) bool { return c.Number == "（2026）皖9902执512号" })
	r.buy()
	r.settle()
	r.payBalance(9)
	first := r.lot
	r.paidOutBut(700)
	f := r.fund()
	f.must(r.pool.QueryRow(t.Context(), `SELECT id, deposit_fen FROM lots WHERE case_id = $1 AND starting_price_fen = 88550000`, f.caseID).Scan(&r.lot, &r.deposit))
	r.announce(r.lot)
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	r.told.winner, r.told.price = r.buyer, *r.end(r.lot, 90_000_000).PriceFen
	r.settle()
	r.payBalance(9)
	f.waits(casefund.ForJudgment)
	r.setAside(first, false)
	m := f.waits(casefund.ForPlan)
	f.must(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: m.Objections[0].ID, Step: distribution.StepJudged, At: f.clock.Now(), Number: "5", Judged: 700}))
	_, err := f.funds.Revise(t.Context(), f.finance, m.ID)
	f.refused(err, fault.PlanStale, "", "F4")
	if held := f.balances()["proceeds"]; held != 90_000_000 {
		t.Errorf("the other sale's 90,000,000 are %d", held)
	}
	f.sound()
}

// F5: who approves sees all that leaves by it, what a revision leaves to the debtor too.
func TestF5_WhatAnApprovalPaysIsWhatItSays(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", 500_00)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", 400_00))
	m := f.made()
	f.served(m)
	id, err := f.funds.Object(t.Context(), f.finance, casefund.Objecting{Plan: m.ID, By: &b, Claim: a, Asked: 100_00, Text: "x", LodgedAt: f.clock.Now()})
	f.must(err)
	for _, who := range []*uuid.UUID{&a, nil} {
		f.must(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepTold, Who: who, At: f.clock.Now()}))
	}
	f.days(16)
	_, err = f.funds.Revise(t.Context(), f.finance, m.ID)
	f.must(err)
	f.voted()
	revised := f.waits(casefund.ForApproval)
	sum, payees := revised.Owed()
	f.must(f.approve(f.second(), revised.ID))
	if sum != f.price || payees != 3 || f.balances()["paid_out"] != sum {
		t.Errorf("%d to %d, paid %v of %d", sum, payees, f.balances(), f.price)
	}
}
