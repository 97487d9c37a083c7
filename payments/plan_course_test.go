package payments_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

const aDay = 24 * time.Hour

// second is another person of the court's finance.
func (f *fund) second() auction.Actor {
	f.t.Helper()
	who := auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: f.finance.CourtID}
	f.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, '', 'n', now())`,
		pgx.NamedArgs{"id": who.AccountID, "login": who.AccountID.String(), "court": who.CourtID})
	return who
}

// made makes a plan of what is there.
func (f *fund) made() casefund.Made {
	f.t.Helper()
	_, err := f.funds.Make(f.t.Context(), f.finance, casefund.Proposal{Case: f.caseID, Order: distribution.ProRata})
	f.must(err)
	return f.standing()
}

// served puts on record that everybody received a plan now.
func (f *fund) served(m casefund.Made) {
	f.t.Helper()
	list := []casefund.Receipt{{ReceivedAt: f.clock.Now()}}
	for _, k := range m.Claims {
		list = append(list, casefund.Receipt{Claim: &k.ID, ReceivedAt: f.clock.Now()})
	}
	f.must(f.funds.Serve(f.t.Context(), f.finance, m.ID, list))
}

// days lets days pass, and a millisecond.
func (f *fund) days(n int) { f.clock.To(f.clock.Now().Add(time.Duration(n)*aDay + time.Millisecond)) }

// voted lets the panel agree to the plan that stands.
func (f *fund) voted() {
	f.t.Helper()
	for _, j := range f.judges {
		f.must(f.funds.Vote(f.t.Context(), j, casefund.Ballot{Plan: f.standing().ID, Approve: true}))
	}
}

// approve lets another person approve a plan; after F2's time with a superior's reason.
func (f *fund) approve(by auction.Actor, plan uuid.UUID) error {
	return f.funds.Approve(f.t.Context(), by, plan, auction.Late{
		Superior: docket.Text{Zh: "执行局局长", En: "Head of the enforcement bureau"}, Reason: docket.Text{Zh: "分配方案异议期未满", En: "The period to object ran."},
	})
}

// waits fails the test where the plan that stands waits for something else.
func (f *fund) waits(w casefund.Waits) casefund.Made {
	f.t.Helper()
	m := f.standing()
	if m.WaitsFor != w {
		f.t.Fatalf("the plan waits for %s, not %s", m.WaitsFor, w)
	}
	return m
}

// paidTo is what a plan's payouts give somebody.
func paidTo(m casefund.Made, to distribution.Addressee) (sum money.Fen) {
	for _, p := range m.Payouts {
		if p.To == to {
			sum += p.AmountFen
		}
	}
	return sum
}

// newest is a case's newest plan.
func (f *fund) newest() casefund.Made {
	f.t.Helper()
	list, err := f.funds.Distributions(f.t.Context(), f.caseID)
	f.must(err)
	return list[0]
}

// F4o, F3, F5: a plan of several creditors is served, waits for 15 days, is decided by a panel, is approved by another person than who made it, and leaves
// by a file that another than who recorded the accounts releases; each step that is not due is refused with what is missing, and moves nothing.
func TestF5_WhoPreparesNeverApproves(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	other := f.second()
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", 200_00)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", 400_00))
	m := f.made()
	f.waits(casefund.ForService)
	f.refused(f.approve(f.finance, m.ID), fault.SamePerson, "", "F5")
	f.refused(f.approve(f.judges[0], m.ID), fault.RoleForbidden, "", "")
	f.refused(f.approve(other, m.ID), fault.PlanNotFinal, "", "F4o")
	f.refused(f.funds.Vote(t.Context(), f.judges[0], casefund.Ballot{Plan: m.ID, Approve: true}), fault.PlanNotFinal, "", "F4o")
	f.served(m)
	f.clock.To(f.clock.Now().Add(15*aDay - time.Hour))
	f.waits(casefund.ForObjections)
	f.refused(f.approve(other, m.ID), fault.PlanNotFinal, "", "F4o")
	f.clock.To(f.clock.Now().Add(time.Hour))
	f.waits(casefund.ForPanel)
	f.refused(f.approve(other, m.ID), fault.PanelDecisionMissing, "", "F3")
	f.must(f.funds.Vote(t.Context(), f.judges[0], casefund.Ballot{Plan: m.ID, Approve: true}))
	f.refused(f.funds.Vote(t.Context(), f.judges[0], casefund.Ballot{Plan: m.ID, Approve: true}), fault.VoteRepeated, "", "F3")
	f.refused(f.funds.Vote(t.Context(), f.judges[1], casefund.Ballot{Plan: m.ID}), fault.ReasonRequired, "opinion", "F3")
	f.must(f.funds.Vote(t.Context(), f.judges[1], casefund.Ballot{Plan: m.ID, Opinion: "债权金额存疑"}))
	f.refused(f.approve(other, m.ID), fault.PanelDecisionMissing, "", "F3")
	f.must(f.funds.Vote(t.Context(), f.judges[2], casefund.Ballot{Plan: m.ID, Approve: true}))
	f.refused(f.funds.Vote(t.Context(), f.judges[2], casefund.Ballot{Plan: m.ID, Approve: true}), fault.PanelInvalid, "", "F3")
	f.waits(casefund.ForApproval)
	before := f.balances()
	f.must(f.approve(other, m.ID))
	f.refused(f.approve(other, m.ID), fault.StateConflict, "distribution", "F4o")
	m = f.newest()
	surplus := f.price - 600_00
	if m.WaitsFor != casefund.ForNothing || m.ClosedAt == nil || paidTo(m, distribution.Addressee(a.String())) != 200_00 || paidTo(m, distribution.Addressee(b.String())) != 400_00 || paidTo(m, distribution.TheDebtor) != surplus {
		t.Errorf("%s: %+v", m.WaitsFor, m.Payouts)
	}
	after := f.balances()
	if after["paid_out"] != f.price || after["proceeds"] != before["proceeds"]-f.price {
		t.Errorf("%v after %v", after, before)
	}
	var owed int
	f.must(f.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE kind = 'pay_out' AND state = 'owed'`).Scan(&owed))
	if owed != 0 {
		t.Errorf("%d payouts are owed yet", owed)
	}
	f.sound()
	f.files(other, a, b)
	_, err := f.funds.Make(t.Context(), f.finance, casefund.Proposal{Case: f.caseID, Order: distribution.ProRata})
	f.refused(err, fault.NothingToDivide, "", "F4")
	f.sound()
}

// files lets a plan's payouts leave by files: what has no account waits, and what comes back is sent again.
func (f *fund) files(other auction.Actor, a, b uuid.UUID) {
	f.t.Helper()
	ctx := f.t.Context()
	_, err := f.funds.Release(ctx, other, f.caseID)
	f.refused(err, fault.PayeeMissing, "", "F3")
	account := casefund.Account{Holder: "甲公司", Bank: "江澜银行", Number: "6222 0000 1111 2222"}
	for field, change := range map[string]func(*casefund.Account){
		"holder": func(c *casefund.Account) { c.Holder = " " }, "bank": func(c *casefund.Account) { c.Bank = "" }, "number": func(c *casefund.Account) { c.Number = "1234567" },
	} {
		bad := account
		change(&bad)
		f.refused(f.funds.Payee(ctx, f.finance, f.caseID, &a, bad), fault.InvalidRequest, field, "F3")
	}
	unknown := uuid.New()
	f.refused(f.funds.Payee(ctx, f.finance, f.caseID, &unknown, account), fault.NotFoundCode, "claim", "F3")
	f.must(f.funds.Payee(ctx, f.finance, f.caseID, &a, account))
	_, err = f.funds.Release(ctx, f.finance, f.caseID)
	f.refused(err, fault.SamePerson, "", "F5")
	file, err := f.funds.Release(ctx, other, f.caseID)
	f.must(err)
	got, err := f.funds.FileOf(ctx, f.finance, file)
	f.must(err)
	if len(got.Lines) != 1 || got.Sum() != 200_00 || got.Lines[0].Number != "6222000011112222" || got.No != 1 {
		f.t.Errorf("%+v", got)
	}
	_, err = f.funds.FileOf(ctx, f.judges[0], file)
	f.refused(err, fault.RoleForbidden, "", "")
	payout := got.Lines[0].Payout
	f.refused(f.funds.Settle(ctx, other, casefund.Result{Payout: payout, Event: casefund.Settled}), fault.InvalidRequest, "bank_reference", "F3")
	f.refused(f.funds.Settle(ctx, other, casefund.Result{Payout: payout, Event: casefund.Sent}), fault.InvalidRequest, "event", "F3")
	f.refused(f.funds.Settle(ctx, other, casefund.Result{Payout: payout, Event: casefund.Returned}), fault.ReasonRequired, "reason", "F3")
	f.must(f.funds.Settle(ctx, other, casefund.Result{Payout: payout, Event: casefund.Settled, BankReference: "R1"}))
	f.refused(f.funds.Settle(ctx, other, casefund.Result{Payout: payout, Event: casefund.Settled, BankReference: "R1"}), fault.PaymentStateConflict, "", "F3")
	if held := f.balances()["paid_out"]; held != f.price-200_00 {
		f.t.Errorf("%d are on their way", held)
	}
	f.sound()
	f.must(f.funds.Settle(ctx, other, casefund.Result{Payout: payout, Event: casefund.Returned, Reason: docket.Text{Zh: "户名不符", En: "The holder's name differs."}}))
	f.sound()
	_, err = f.funds.Release(ctx, other, f.caseID)
	f.refused(err, fault.PayeeMissing, "", "F3") // its account was taken out
	f.must(f.funds.Payee(ctx, f.finance, f.caseID, &a, account))
	f.must(f.funds.Payee(ctx, other, f.caseID, &b, account))
	f.must(f.funds.Payee(ctx, f.finance, f.caseID, nil, account))
	list, err := f.funds.Payees(ctx, other, f.caseID)
	f.must(err)
	if len(list) != 3 {
		f.t.Errorf("%+v", list)
	}
	_, err = f.funds.Payees(ctx, f.judges[0], f.caseID)
	f.refused(err, fault.RoleForbidden, "", "")
	for _, by := range []auction.Actor{other, f.finance} {
		file, err = f.funds.Release(ctx, by, f.caseID)
		f.must(err)
		got, err = f.funds.FileOf(ctx, by, file)
		f.must(err)
		for _, l := range got.Lines {
			f.must(f.funds.Settle(ctx, by, casefund.Result{Payout: l.Payout, Event: casefund.Settled, BankReference: "R" + l.Payout.String()}))
		}
	}
	if held := f.balances()["paid_out"]; held != 0 {
		f.t.Errorf("%d are on their way", held)
	}
	for _, p := range f.newest().Payouts {
		if p.State != casefund.PayoutPaid {
			f.t.Errorf("%+v", p)
		}
	}
}

// F3: the applicant creditor alone is paid without a panel's decision, and one creditor's plan waits for nobody.
func TestF3_TheApplicantAloneNeedsNoPanel(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	l := f.lodged(distribution.Ordinary, "甲公司", f.price)
	l.Applicant = true
	claim := f.lodge(l)
	m := f.made()
	if f.waits(casefund.ForApproval); m.PanelNeeded {
		t.Error("a panel is needed")
	}
	f.refused(f.funds.Vote(t.Context(), f.judges[0], casefund.Ballot{Plan: m.ID, Approve: true}), fault.StateConflict, "distribution", "F4o")
	f.must(f.funds.Approve(t.Context(), f.second(), m.ID, auction.Late{}))
	if m = f.newest(); paidTo(m, distribution.Addressee(claim.String())) != f.price {
		t.Errorf("%+v", m.Payouts)
	}
	f.sound()
}

// F3: a panel that refuses leaves the plan unpaid until another is made.
func TestF3_APanelThatRefuses(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	f.lodge(f.lodged(distribution.Ordinary, "甲公司", 1_00))
	m := f.made()
	for _, j := range f.judges {
		f.must(f.funds.Vote(t.Context(), j, casefund.Ballot{Plan: m.ID, Opinion: "另案查明"}))
	}
	f.waits(casefund.ForPlanAnew)
	f.refused(f.approve(f.second(), m.ID), fault.PanelDecisionMissing, "", "F3")
	m = f.made()
	f.waits(casefund.ForPanel)
	f.sound()
}

// F2: after the 30 days a superior's reason stands on record; before, none is asked for.
func TestF2_AfterThirtyDaysASuperiorSaysWhy(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		f := paidUp(t)
		l := f.lodged(distribution.Ordinary, "甲公司", f.price)
		l.Applicant = true
		f.lodge(l)
		m := f.made()
		var due time.Time
		f.must(f.pool.QueryRow(t.Context(), `SELECT due_at FROM duties WHERE kind = 'pay_out' AND lot_id = $1`, f.lot).Scan(&due))
		f.clock.To(due.Add(-time.Hour))
		if late {
			f.clock.To(due.Add(time.Millisecond))
			f.refused(f.funds.Approve(t.Context(), f.second(), m.ID, auction.Late{}), fault.LateReasonRequired, "late_reason", "F2")
			f.must(f.approve(f.second(), m.ID))
		} else {
			f.must(f.funds.Approve(t.Context(), f.second(), m.ID, auction.Late{}))
		}
		var on int
		f.must(f.pool.QueryRow(t.Context(), `SELECT count(*) FROM trail WHERE act = 'plan_approved' AND due_at IS NOT NULL`).Scan(&on))
		if (on == 1) != late {
			t.Errorf("late %t, %d on record", late, on)
		}
	}
}

// F4o, CPI 510: an objection that nobody opposes revises the plan; what stands is served no more, and the old one cannot be paid.
func TestF4o_AnUnopposedObjectionRevisesThePlan(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", f.price)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", f.price))
	m := f.made()
	f.served(m)
	o := casefund.Objecting{Plan: m.ID, By: &b, Claim: a, Asked: f.price / 2, Text: "利息计算有误", LodgedAt: f.clock.Now()}
	f.refusedObjections(o)
	id, err := f.funds.Object(t.Context(), f.judges[0], o)
	f.must(err)
	_, err = f.funds.Object(t.Context(), f.finance, o)
	f.refused(err, fault.StateConflict, "claim", "F4o")
	f.days(15)
	f.waits(casefund.ForAnswers)
	for _, who := range []*uuid.UUID{&a, nil} {
		f.must(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepTold, Who: who, At: f.clock.Now()}))
	}
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepTold, At: f.clock.Now()}), fault.StateConflict, "step", "F4o")
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepTold, Who: &b, At: f.clock.Now()}), fault.NotFoundCode, "who", "F4o")
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepSued, Number: "x", At: f.clock.Now()}), fault.StateConflict, "step", "F4o")
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: "x", At: f.clock.Now()}), fault.InvalidRequest, "step", "F4o")
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepWithdrawn, At: f.clock.Now().Add(time.Hour)}), fault.InvalidRequest, "at", "F4o")
	_, err = f.funds.Revise(t.Context(), f.finance, m.ID)
	f.refused(err, fault.PlanNotFinal, "", "F4o")
	f.days(15)
	f.waits(casefund.ForRevision)
	f.refused(f.approve(f.second(), m.ID), fault.PlanToRevise, "", "F4o")
	_, err = f.funds.Revise(t.Context(), f.finance, m.ID)
	f.must(err)
	_, err = f.funds.Revise(t.Context(), f.finance, m.ID)
	f.refused(err, fault.StateConflict, "distribution", "F4o")
	revised := f.waits(casefund.ForPanel)
	if revised.Revises == nil || *revised.Revises != m.ID || due(revised, a)+due(revised, b) != f.price || due(revised, b) <= due(m, b) {
		t.Errorf("%+v after %+v", revised.Plan.Dues, m.Plan.Dues)
	}
	f.refused(f.approve(f.second(), m.ID), fault.StateConflict, "distribution", "F4o")
	f.voted()
	f.must(f.approve(f.second(), revised.ID))
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepOpposed, Who: &a, At: f.clock.Now()}), fault.StateConflict, "step", "F4o")
	f.inTheLog(f.newest())
	f.sound()
}

// refusedObjections are objections to a plan that was served now, each with one thing wrong.
func (f *fund) refusedObjections(good casefund.Objecting) {
	f.t.Helper()
	unknown := uuid.New()
	for _, x := range []struct {
		change func(*casefund.Objecting)
		code   fault.Code
		field  string
	}{
		{func(o *casefund.Objecting) { o.By = &unknown }, fault.NotFoundCode, "by"},
		{func(o *casefund.Objecting) { o.Claim = unknown }, fault.NotFoundCode, "claim"},
		{func(o *casefund.Objecting) { o.Text = " " }, fault.InvalidRequest, "text"},
		{func(o *casefund.Objecting) { o.Asked = f.price }, fault.InvalidRequest, "asked_fen"},
		{func(o *casefund.Objecting) { o.Asked = -1 }, fault.AmountInvalid, "asked_fen"},
		{func(o *casefund.Objecting) { o.Asked = money.Max + 1 }, fault.AmountTooLarge, "asked_fen"},
		{func(o *casefund.Objecting) { o.LodgedAt = o.LodgedAt.Add(time.Second) }, fault.InvalidRequest, "lodged_at"},
		{func(o *casefund.Objecting) { o.LodgedAt = o.LodgedAt.Add(-time.Second) }, fault.PlanObjectionLate, "lodged_at"},
	} {
		o := good
		x.change(&o)
		_, err := f.funds.Object(f.t.Context(), f.finance, o)
		f.refused(err, x.code, x.field, "F4o")
	}
}

// F4o: a receipt before the plan, in the future, of somebody it does not know, or twice, is refused.
func TestF4o_ReceiptsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	a := f.lodge(f.lodged(distribution.Ordinary, "甲公司", 1_00))
	f.lodge(f.lodged(distribution.Ordinary, "乙公司", 1_00))
	m := f.made()
	unknown := uuid.New()
	now := f.clock.Now()
	for _, x := range []struct {
		list  []casefund.Receipt
		code  fault.Code
		field string
	}{
		{nil, fault.InvalidRequest, "receipts"},
		{[]casefund.Receipt{{Claim: &unknown, ReceivedAt: now}}, fault.NotFoundCode, "receipts[0].claim"},
		{[]casefund.Receipt{{ReceivedAt: now.Add(time.Second)}}, fault.InvalidRequest, "receipts[0].received_at"},
		{[]casefund.Receipt{{ReceivedAt: now}, {ReceivedAt: now.Add(-time.Hour)}}, fault.InvalidRequest, "receipts[1].received_at"},
		{[]casefund.Receipt{{Claim: &a, ReceivedAt: now}, {Claim: &a, ReceivedAt: now}}, fault.StateConflict, "receipts[1].claim"},
	} {
		f.refused(f.funds.Serve(t.Context(), f.finance, m.ID, x.list), x.code, x.field, "F4o")
	}
	if got := f.standing().Receipts; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	f.sound()
}

// F4o, CPI 510: during a suit the sum in dispute is set aside and the rest is paid; the judgment revises the plan, and what it leaves is paid. Nothing is
// made, or withdrawn, between.
func TestF4o_DuringASuitTheSumInDisputeIsSetAside(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", f.price)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", f.price))
	m := f.made()
	f.served(m)
	id, err := f.funds.Object(t.Context(), f.finance, casefund.Objecting{Plan: m.ID, Claim: a, Asked: f.price / 2, Text: "已部分清偿", LodgedAt: f.clock.Now()})
	f.must(err)
	other := f.second()
	contest := func(step distribution.Contest, who *uuid.UUID, judged money.Fen) error {
		return f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: step, Who: who, At: f.clock.Now(), Number: "（2026）皖9902民初5号", Judged: judged})
	}
	f.must(contest(distribution.StepTold, &a, 0))
	f.must(contest(distribution.StepTold, &b, 0))
	f.must(contest(distribution.StepOpposed, &a, 0))
	f.refused(contest(distribution.StepOpposed, &a, 0), fault.StateConflict, "step", "F4o")
	f.must(contest(distribution.StepOpposedTold, nil, 0))
	f.must(contest(distribution.StepSued, nil, 0))
	f.days(15)
	f.waits(casefund.ForRevision)
	_, err = f.funds.Revise(t.Context(), f.finance, m.ID)
	f.must(err)
	f.voted()
	first := f.waits(casefund.ForApproval)
	f.must(f.approve(other, first.ID))
	first = f.waits(casefund.ForJudgment)
	aside := first.Plan.Dues[0].SetAside
	if aside == 0 || aside != due(first, a)/2 || paidTo(first, distribution.Addressee(a.String())) != due(first, a)-aside || f.balances()["proceeds"] != aside {
		t.Errorf("%d is set aside: %+v", aside, first.Plan.Dues)
	}
	f.sound()
	f.between(m, a)
	f.refused(contest(distribution.StepJudged, nil, f.price/2-1), fault.JudgmentOutside, "judged_fen", "F4o")
	f.refused(contest(distribution.StepJudged, nil, f.price+1), fault.JudgmentOutside, "judged_fen", "F4o")
	f.must(contest(distribution.StepJudged, nil, f.price/2))
	f.refused(contest(distribution.StepWithdrawn, nil, 0), fault.StateConflict, "step", "F4o")
	f.waits(casefund.ForRevision)
	_, err = f.funds.Revise(t.Context(), f.finance, first.ID)
	f.must(err)
	f.voted()
	second := f.waits(casefund.ForApproval)
	f.must(f.approve(other, second.ID))
	second = f.newest()
	all := map[distribution.Addressee]money.Fen{}
	for _, m := range []casefund.Made{first, second} {
		for _, p := range m.Payouts {
			all[p.To] += p.AmountFen
		}
	}
	if second.ClosedAt == nil || all[distribution.Addressee(a.String())] != due(second, a) || all[distribution.Addressee(b.String())] != due(second, b) ||
		due(second, a)+due(second, b) != f.price || f.balances()["proceeds"] != 0 {
		t.Errorf("%v by %+v", all, second.Plan.Dues)
	}
	f.sound()
}

// between is what waits for the judgment.
func (f *fund) between(root casefund.Made, paid uuid.UUID) {
	f.t.Helper()
	_, err := f.funds.Make(f.t.Context(), f.finance, casefund.Proposal{Case: f.caseID, Order: distribution.ProRata})
	f.refused(err, fault.PlanUnsettled, "", "F4o")
	f.refused(f.funds.Withdraw(f.t.Context(), f.finance, paid, docket.Text{Zh: "x", En: "x"}), fault.PlanUnsettled, "", "F4o")
	late := f.lodge(f.lodged(distribution.Ordinary, "迟到的债权人", 5_00))
	f.waits(casefund.ForJudgment) // it waits for the next money
	_, err = f.funds.Object(f.t.Context(), f.finance, casefund.Objecting{Plan: f.standing().ID, Claim: late, Asked: 1, Text: "x", LodgedAt: f.clock.Now()})
	f.refused(err, fault.StateConflict, "distribution", "F4o")
	f.refused(f.funds.Serve(f.t.Context(), f.finance, root.ID, []casefund.Receipt{{ReceivedAt: f.clock.Now()}}), fault.StateConflict, "distribution", "F4o")
}

// F4o, CPI 507: who joins after a payout shares in what comes later, with what the others have open yet.
func TestF4o_ALateClaimSharesInWhatComesLater(t *testing.T) {
	t.Parallel()
	r := listedOf(t, func(c docket.Case) bool { return c.Number == "（2026）皖9902执512号" })
	r.buy()
	r.settle()
	r.payBalance(9)
	f := r.fund()
	first := f.price // 264,000,000 among 200,000,000 and 120,000,000: 165,000,000 and 99,000,000; 35,000,000 and 21,000,000 stay open
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", 200_000_000)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", 120_000_000))
	f.paidOut()
	f.must(r.pool.QueryRow(t.Context(), `SELECT id, deposit_fen FROM lots WHERE case_id = $1 AND starting_price_fen = 88550000`, f.caseID).Scan(&r.lot, &r.deposit))
	r.announce(r.lot)
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	r.told.winner, r.told.price = r.buyer, *r.end(r.lot, 90_000_000).PriceFen
	r.settle()
	r.payBalance(9)
	if stands := slices.ContainsFunc(f.all(), func(m casefund.Made) bool { return m.WaitsFor != casefund.ForNothing }); stands {
		t.Error("a plan that was paid stands again")
	}
	c := f.lodge(f.lodged(distribution.Ordinary, "丙公司", 64_000_000))
	m := f.made()
	// 90,000,000 among 35, 21 and 64 millions, 120 together: three quarters of each.
	if m.Case.Pots[0].Proceeds != 90_000_000 || len(m.Case.Pots) != 1 || due(m, a) != 26_250_000 || due(m, b) != 15_750_000 || due(m, c) != 48_000_000 || first != 264_000_000 {
		t.Errorf("%d, then %+v of %+v", first, m.Plan.Dues, m.Case)
	}
	f.paidOut()
	if held := f.balances(); held["proceeds"] != 0 || held["paid_out"] != 354_000_000 {
		t.Errorf("%v", held)
	}
	f.sound()
}

// all are a case's plans.
func (f *fund) all() []casefund.Made {
	f.t.Helper()
	list, err := f.funds.Distributions(f.t.Context(), f.caseID)
	f.must(err)
	return list
}

// paidOut makes a plan of what is there and takes it to its payouts.
func (f *fund) paidOut() {
	f.t.Helper()
	f.served(f.made())
	f.days(15)
	f.voted()
	f.must(f.approve(f.second(), f.standing().ID))
}

// F4o: an objection that is not decided lapses when another plan takes the place of its own, which is served anew: it is lodged again, or nothing comes of it.
func TestF4o_AnObjectionLapsesWithItsPlan(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	a, b := f.lodge(f.lodged(distribution.Ordinary, "甲公司", f.price)), f.lodge(f.lodged(distribution.Ordinary, "乙公司", f.price))
	m := f.made()
	f.served(m)
	id, err := f.funds.Object(t.Context(), f.finance, casefund.Objecting{Plan: m.ID, By: &b, Claim: a, Asked: 1, Text: "x", LodgedAt: f.clock.Now()})
	f.must(err)
	f.served(f.made())
	f.refused(f.funds.Contest(t.Context(), f.finance, casefund.Contest{Objection: id, Step: distribution.StepTold, Who: &a, At: f.clock.Now()}), fault.StateConflict, "step", "F4o")
	if old := f.all()[1]; len(old.Objections) != 1 || old.Objections[0].Outcome != distribution.Lapsed {
		t.Errorf("%+v", old.Objections)
	}
	f.days(15)
	f.waits(casefund.ForPanel)
	f.sound()
}
