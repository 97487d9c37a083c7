package payments_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// paidOutBut pays the price out but for a sum that a suit is about; rest pays that too, once it is judged.
func (r *resale) paidOutBut(keep money.Fen) (rest func()) {
	r.t.Helper()
	f := r.fund()
	f.price = r.price
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", f.price-keep)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", keep))
	m := f.made()
	f.served(m)
	id, err := f.funds.Object(f.t.Context(), f.finance, casefund.Objecting{Plan: m.ID, Claim: b, Text: "已清偿", LodgedAt: f.clock.Now()})
	f.must(err)
	contest := func(step distribution.Contest, who *uuid.UUID) {
		f.must(f.funds.Contest(f.t.Context(), f.finance, casefund.Contest{Objection: id, Step: step, Who: who, At: f.clock.Now(), Number: "（2026）皖9902民初5号", Judged: keep}))
	}
	contest(distribution.StepTold, &a)
	contest(distribution.StepTold, &b)
	contest(distribution.StepOpposed, &b)
	contest(distribution.StepOpposedTold, nil)
	contest(distribution.StepSued, nil)
	f.days(15)
	revise := func() {
		_, err = f.funds.Revise(f.t.Context(), f.finance, f.standing().ID)
		f.must(err)
		f.voted()
		f.must(f.approve(f.second(), f.standing().ID))
	}
	revise()
	return func() {
		contest(distribution.StepJudged, nil)
		revise()
	}
}

// owedBackByEach holds what payees owe back against what each was paid.
func (r *resale) owedBackByEach(want money.Fen) {
	r.t.Helper()
	f := &fund{resale: r, funds: casefund.New(r.pool, r.court)}
	list, err := casefund.Receivables(r.t.Context(), r.pool, r.caseID)
	r.must(err)
	paid := map[distribution.Addressee]money.Fen{}
	for _, m := range f.all() {
		for _, p := range m.Payouts {
			paid[p.To] += p.AmountFen
		}
	}
	var sum money.Fen
	for _, x := range list {
		if x.AmountFen > paid[x.From] || x.Reference != r.lot {
			r.t.Errorf("%+v of %d paid", x, paid[x.From])
		}
		sum += x.AmountFen
	}
	if sum != want || len(list) != len(paid) {
		r.t.Errorf("%d of %d are owed back by %+v", sum, want, list)
	}
}

// F2: a delay has a ground, a superior's approval and an end, and moves what is due to 10 days after it; when the ground is gone 10 days are left. Within them
// nobody is asked for a reason again.
func TestF2_ADelayHasAGroundAndTenDaysAfterIt(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	ctx := t.Context()
	due := func() (at time.Time) {
		f.must(f.pool.QueryRow(ctx, `SELECT due_at FROM duties WHERE kind = 'pay_out' AND lot_id = $1`, f.lot).Scan(&at))
		return at.UTC()
	}
	first := due()
	until := f.clock.Now().Add(60 * aDay).Truncate(time.Millisecond).UTC()
	good := casefund.Delay{Ground: casefund.DelaySuit, Reason: docket.Text{Zh: "执行异议之诉", En: "A suit."}, Superior: docket.Text{Zh: "执行局局长", En: "Head of the bureau"}, Until: until}
	for field, change := range map[string]func(*casefund.Delay){
		"ground": func(d *casefund.Delay) { d.Ground = "x" }, "reason": func(d *casefund.Delay) { d.Reason.En = "" }, "superior": func(d *casefund.Delay) { d.Superior.Zh = " " },
		"until": func(d *casefund.Delay) { d.Until = f.clock.Now() },
	} {
		bad := good
		change(&bad)
		code := fault.InvalidRequest
		if field == "reason" {
			code = fault.ReasonRequired
		}
		f.refused(f.funds.DelayPayOut(ctx, f.finance, f.caseID, bad), code, field, "F2")
	}
	long := good
	long.Until = f.clock.Now().Add(181 * aDay)
	f.refused(f.funds.DelayPayOut(ctx, f.finance, f.caseID, long), fault.InvalidRequest, "until", "F2")
	f.refused(f.funds.DelayPayOut(ctx, f.judges[0], f.caseID, good), fault.RoleForbidden, "", "")
	f.refused(f.funds.EndDelay(ctx, f.finance, f.caseID), fault.StateConflict, "delay", "F2")
	if !due().Equal(first) {
		t.Error("a refused delay moved what is due")
	}
	f.must(f.funds.DelayPayOut(ctx, f.finance, f.caseID, good))
	if !due().Equal(until.Add(10 * aDay)) {
		t.Errorf("due at %s, a delay until %s", due(), until)
	}
	f.clock.To(first.Add(aDay))
	f.must(f.funds.EndDelay(ctx, f.finance, f.caseID))
	if left := due().Sub(f.clock.Now()); left > 10*aDay || left < 10*aDay-time.Minute {
		t.Errorf("%s are left", left)
	}
	l := f.lodged(distribution.Ordinary, "甲公司", f.price)
	l.Applicant = true
	f.lodge(l)
	f.must(f.funds.Approve(ctx, f.second(), f.made().ID, auction.Late{}))
	good.Until = f.clock.Now().Add(aDay)
	f.refused(f.funds.DelayPayOut(ctx, f.finance, f.caseID, good), fault.StateConflict, "case", "F2")
	list, err := casefund.Delays(ctx, f.pool, f.caseID)
	f.must(err)
	if len(list) != 1 || list[0].EndedAt == nil || list[0].Ground != casefund.DelaySuit {
		t.Errorf("%+v", list)
	}
	f.sound()
}

// F4l: what the debtor needs for a home and a living is kept before ordinary creditors and after a mortgage, to the fen on each side of what is there, with a
// reason, and is paid to the debtor after a panel's decision; without it the creditor would have it.
func TestF4l_WhatTheDebtorNeedsIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ home, living, kept, ordinary money.Fen }{
		{0, 0, 0, 500_00},
		{300_00, 199_99, 499_99, 1},
		{300_00, 200_00, 500_00, 0},
		{300_00, 200_01, 500_00, 0},
		{500_01, 0, 500_00, 0},
	} {
		f := paidUp(t)
		bank := f.lodge(f.lodged(distribution.Secured, "江澜银行", f.price-500_00, casefund.Security{Lot: f.lot, Rank: 1}))
		a := f.lodge(f.lodged(distribution.Ordinary, "甲公司", 600_00))
		p := casefund.Proposal{Case: f.caseID, Order: distribution.ProRata, SoleHome: c.home, Living: c.living}
		if c.kept > 0 {
			_, err := f.funds.Make(t.Context(), f.finance, p)
			f.refused(err, fault.ReasonRequired, "reason", "F4")
			p.Reason = docket.Text{Zh: "唯一住房，保留五年租金", En: "The only home: five years of rent."}
		}
		_, err := f.funds.Make(t.Context(), f.finance, p)
		f.must(err)
		m := f.standing()
		if m.Plan.Kept != c.kept || due(m, a) != c.ordinary || due(m, bank) != f.price-500_00 || m.Plan.Debtor != 0 {
			t.Errorf("%+v: kept %d, %+v", c, m.Plan.Kept, m.Plan.Dues)
		}
		f.served(m)
		f.days(15)
		f.voted()
		f.must(f.approve(f.second(), m.ID))
		if got := paidTo(f.newest(), distribution.TheDebtor); got != c.kept {
			t.Errorf("%+v: the debtor gets %d", c, got)
		}
		f.sound()
	}
}
