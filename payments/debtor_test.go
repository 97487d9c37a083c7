package payments_test

import (
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/casefund"
	"mingchui/payments/debtor"
)

// owing is a case whose debtor has a door.
type owing struct {
	*fund

	doors *debtor.Service
	code  string
	in    debtor.Inside
}

func (f *fund) owing() *owing {
	f.t.Helper()
	o := &owing{fund: f, doors: f.told.debts}
	handlers := maps.Clone(f.service.Handlers())
	maps.Copy(handlers, o.doors.Handlers())
	f.runner = duty.NewRunner(f.pool, f.clock, handlers, slog.New(slog.DiscardHandler))
	var err error
	o.code, err = o.doors.Give(f.t.Context(), f.judges[0], f.caseID)
	f.must(err)
	o.in, err = o.doors.Enter(f.t.Context(), o.code, f.clock.Now())
	f.must(err)
	return o
}

func (o *owing) look() debtor.View {
	o.t.Helper()
	v, err := o.doors.Look(o.t.Context(), o.in, o.clock.Now())
	o.must(err)
	return v
}

// page is where the debtor pays so much.
func (o *owing) page(amount money.Fen) string {
	o.t.Helper()
	url, err := o.service.PayDebt(o.t.Context(), o.caseID, amount)
	o.must(err)
	return url
}

// payAll pays what is left, in as many parts as the provider takes.
func (o *owing) payAll() (parts int) {
	o.t.Helper()
	for rest := o.look().Sum.Rest; rest > 0; rest = o.look().Sum.Rest {
		o.pay(o.page(rest), "succeed")
		if parts++; parts > 50 {
			o.t.Fatalf("%d are left after %d parts", rest, parts)
		}
	}
	return parts
}

// claims sets what the case was opened for.
func (o *owing) claims(amount money.Fen) {
	o.t.Helper()
	o.exec(`UPDATE cases SET claim_fen = @fen WHERE id = @case`, pgx.NamedArgs{"fen": amount, "case": o.caseID})
}

func (o *owing) lotState() (status, ground string) {
	o.t.Helper()
	o.must(o.pool.QueryRow(o.t.Context(), `SELECT status, coalesce((SELECT ground FROM lot_acts WHERE lot_id = l.id ORDER BY made_at DESC LIMIT 1), '') FROM lots l WHERE id = $1`, o.lot).Scan(&status, &ground))
	return status, ground
}

// R17w: who pays the whole debt before bidding starts stops the sale; the machine withdraws the lot, with the ground that is published.
func TestR17w_ThePaidDebtStopsTheSale(t *testing.T) {
	t.Parallel()
	r := listed(t)
	r.announce(r.lot)
	o := r.fund().owing()
	o.claims(payments.MaxPayment*2 + 12_345)
	v := o.look()
	if v.Sum.Rest != payments.MaxPayment*2+12_345 || len(v.Sum.Lines) != 1 || v.Sum.Lines[0].Part != debtor.Applicant {
		t.Fatalf("the sum is %+v", v.Sum)
	}
	if len(v.Lots) != 1 || !v.Lots[0].Stops || v.Lots[0].ID != o.lot {
		t.Fatalf("the lots are %+v", v.Lots)
	}
	o.pay(o.page(100_00), "succeed") // a part is allowed, counts, and stops nothing
	if status, _ := o.lotState(); status != "announced" || o.look().Sum.Rest != payments.MaxPayment*2+2_345 {
		t.Errorf("after a part the lot is %s, and %d are left", status, o.look().Sum.Rest)
	}
	if parts := o.payAll(); parts != 3 {
		t.Errorf("the rest came in %d parts", parts)
	}
	if status, ground := o.lotState(); status != "withdrawn" || ground != "debt_paid" {
		t.Errorf("the lot is %s on the ground %q", status, ground)
	}
	if got := o.balances(); got["proceeds"] != payments.MaxPayment*2+12_345 || got["escrow"] != 0 {
		t.Errorf("the accounts hold %v", got)
	}
	var entries, steps int
	o.must(o.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM entries WHERE case_id = $1 AND kind = 'lot.withdrawn'), (SELECT count(*) FROM trail WHERE case_id = $1 AND act = 'debt_paid' AND public)`, o.caseID).Scan(&entries, &steps))
	if entries != 1 || steps != 4 {
		t.Errorf("%d withdrawals in the log, %d payments on the trail", entries, steps)
	}
	_, err := o.service.PayDebt(t.Context(), o.caseID, 1)
	o.refused(err, fault.StateConflict, "", "R17w")
	o.sound()
}

// R17w: once bidding has started a payment stops nothing; it lessens the debt.
func TestR17w_APaymentAfterTheStartStopsNothing(t *testing.T) {
	t.Parallel()
	r := listed(t)
	r.announce(r.lot)
	o := r.fund().owing()
	o.claims(5_000_00)
	d, err := o.court.Lot(t.Context(), o.lot, o.clock.Now())
	o.must(err)
	o.clock.To(*d.StartsAt)
	if v := o.look(); len(v.Lots) != 1 || v.Lots[0].Stops {
		t.Errorf("the lots are %+v", v.Lots)
	}
	o.payAll()
	if status, _ := o.lotState(); status != "announced" {
		t.Errorf("the lot is %s", status)
	}
	if o.owed(duty.PayOut, o.payOutKey()) != 1 {
		t.Error("finance owes nothing")
	}
	o.sound()
}

func (o *owing) payOutKey() (key string) {
	o.t.Helper()
	o.must(o.pool.QueryRow(o.t.Context(), `SELECT case_id || ':' || id FROM payments WHERE case_id = $1 AND purpose = 'debt' AND state = 'paid'`, o.caseID).Scan(&key))
	return key
}

// The payment was in time, and the machine comes to the lot only when its bidding runs: it is stayed, and then withdrawn.
func TestR17w_AWithdrawalThatComesLateIsMadeAllTheSame(t *testing.T) {
	t.Parallel()
	r := listed(t)
	r.announce(r.lot)
	o := r.fund().owing()
	o.claims(5_000_00)
	without := duty.NewRunner(o.pool, o.clock, o.service.Handlers(), slog.New(slog.DiscardHandler))
	whole := o.runner
	o.runner = without
	o.payAll()
	d, err := o.court.Lot(t.Context(), o.lot, o.clock.Now())
	o.must(err)
	if status, _ := o.lotState(); status != "announced" {
		t.Fatalf("the lot is %s", status)
	}
	o.clock.To(d.StartsAt.Add(time.Minute))
	o.runner = whole
	o.settle()
	if status, ground := o.lotState(); status != "withdrawn" || ground != "debt_paid" {
		t.Errorf("the lot is %s on the ground %q", status, ground)
	}
}

// What is paid above the debt lies in escrow and goes back to its payer; a page that was replaced can be paid all the same.
func TestF1_WhatIsAboveTheDebtGoesBack(t *testing.T) {
	t.Parallel()
	o := listed(t).fund().owing()
	o.claims(1_000_00)
	first := o.page(1_000_00)
	if again := o.page(1_000_00); again != first {
		t.Error("the same sum opens another page")
	}
	second := o.page(300_00)
	o.pay(second, "succeed")
	o.pay(first, "succeed")
	if got := o.balances(); got["proceeds"] != 1_000_00 || got["escrow"] != 0 {
		t.Errorf("the accounts hold %v", got)
	}
	v := o.look()
	if v.Sum.Rest != 0 || len(v.Payments) != 2 {
		t.Fatalf("%d are left, payments %+v", v.Sum.Rest, v.Payments)
	}
	if p := v.Payments[0]; p.Counted != 700_00 || p.Back != 300_00 || !p.Returned {
		t.Errorf("the second payment is %+v", p)
	}
	o.sound()
	for _, amount := range []money.Fen{0, -1} {
		_, err := o.service.PayDebt(t.Context(), o.caseID, amount)
		o.refused(err, fault.StateConflict, "", "R17w")
	}
	o.claims(1_000_01)
	o.clock.To(law.DayEnd(o.clock.Now()))
	_, err := o.service.PayDebt(t.Context(), o.caseID, 2)
	o.refused(err, fault.AmountInvalid, "amount_fen", "R17w")
}

// A refund that the debtor's bank refuses leaves the money in escrow, and finance owes it by hand.
func TestF1_WhatCannotGoBackIsOwedByHand(t *testing.T) {
	t.Parallel()
	o := listed(t).fund().owing()
	o.claims(1_000_00)
	first := o.page(1_000_00)
	o.pay(o.page(300_00), "succeed")
	o.pay(first, "succeed")
	var refund string
	o.must(o.pool.QueryRow(t.Context(), `SELECT provider_id FROM refunds WHERE case_id = $1`, o.caseID).Scan(&refund))
	o.must(o.standin.SettleRefund(refund, "failed", "lost_or_stolen_card"))
	o.settle()
	if got := o.balances(); got["proceeds"] != 1_000_00 || got["escrow"] != 300_00 {
		t.Errorf("the accounts hold %v", got)
	}
	var owed int
	o.must(o.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE kind = 'return_by_transfer' AND case_id = $1 AND lot_id IS NULL AND actor = 'finance'`, o.caseID).Scan(&owed))
	if owed != 1 {
		t.Errorf("%d transfers by hand are owed", owed)
	}
	o.sound()
}

// The court is held to the sum of the day: a claim that comes in the afternoon counts from the next day.
func TestR17w_TheSumStandsUntilTheDayEnds(t *testing.T) {
	t.Parallel()
	r := listed(t)
	r.announce(r.lot)
	o := r.fund().owing()
	o.claims(1_000_00)
	o.clock.To(law.DayEnd(o.clock.Now()).Add(time.Hour)) // a day of the court begins
	if rest := o.look().Sum.Rest; rest != 1_000_00 {
		t.Fatalf("the sum is %d", rest)
	}
	o.lodge(o.lodged(distribution.Ordinary, "乙公司", 400_00))
	if s := o.look().Sum; s.Rest != 1_000_00 || s.Later != 400_00 || len(s.Lines) != 2 {
		t.Errorf("in the afternoon the sum is %+v", s)
	}
	o.clock.To(law.DayEnd(o.clock.Now()))
	if s := o.look().Sum; s.Rest != 1_400_00 || s.Later != 0 {
		t.Errorf("the next day the sum is %+v", s)
	}
	own := o.lodged(distribution.Ordinary, "申请执行人", 1_100_00)
	own.Applicant = true
	o.lodge(own) // in place of what the case was opened for
	o.clock.To(law.DayEnd(o.clock.Now()))
	if s := o.look().Sum; s.Rest != 1_500_00 {
		t.Errorf("with the applicant's own claim the sum is %+v", s)
	}
	o.payAll()
	if status, _ := o.lotState(); status != "withdrawn" {
		t.Errorf("the lot is %s", status)
	}
	o.sound()
}

// F1: what the debtor paid is divided with what the sale brought, to the fen, and is paid out in time.
func TestF4_WhatTheDebtorPaidIsDividedToo(t *testing.T) {
	t.Parallel()
	o := paidUp(t).owing()
	o.claims(o.price + 1_000_00)
	if s := o.look().Sum; s.Rest != 1_000_00 || s.Lines[1].Part != debtor.Sold || s.Lines[1].Fen != -o.price {
		t.Fatalf("the sum is %+v", s)
	}
	own := o.lodged(distribution.Ordinary, "申请执行人", o.price+1_000_00)
	own.Applicant = true
	claim := o.lodge(own)
	o.pay(o.page(600_00), "succeed")
	_, err := o.funds.Make(t.Context(), o.finance, casefund.Proposal{Case: o.caseID, Order: distribution.ProRata})
	o.must(err)
	m := o.standing()
	if due(m, claim) != o.price+600_00 || len(m.Case.Pots) != 2 || m.Case.Pots[1] != (distribution.Pot{ID: casefund.CasePot, Proceeds: 600_00}) && m.Case.Pots[0] != (distribution.Pot{ID: casefund.CasePot, Proceeds: 600_00}) {
		t.Errorf("%+v of %+v", m.Plan, m.Case)
	}
	other := auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: o.finance.CourtID}
	o.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, '', 'n', now())`,
		pgx.NamedArgs{"id": other.AccountID, "login": other.AccountID.String(), "court": other.CourtID})
	o.must(o.funds.Approve(t.Context(), other, m.ID, auction.Late{}))
	var owed int
	o.must(o.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE kind = 'pay_out' AND case_id = $1 AND state = 'owed'`, o.caseID).Scan(&owed))
	if owed != 0 {
		t.Errorf("%d payments out are still owed", owed)
	}
	o.sound()
}

// A code opens its case alone, as it is typed; a wrong, revoked or old one is told from no other, and it is kept nowhere.
func TestTheDoorOpensByItsCode(t *testing.T) {
	t.Parallel()
	o := listed(t).fund().owing()
	typed := strings.ToLower(strings.ReplaceAll(o.code, "-", " "))
	if in, err := o.doors.Enter(t.Context(), typed, o.clock.Now()); err != nil || in != o.in {
		t.Errorf("%q opens %v: %v", typed, in, err)
	}
	wrong := func(code string, now time.Time) {
		t.Helper()
		_, err := o.doors.Enter(t.Context(), code, now)
		o.refused(err, fault.DebtorCodeWrong, "code", "")
	}
	last := "0"
	if strings.HasSuffix(o.code, last) {
		last = "2"
	}
	for _, code := range []string{"", "x", o.code[:len(o.code)-1], o.code + "0", o.code[:len(o.code)-1] + last, strings.Repeat("0", 1000), "U" + o.code[1:]} {
		wrong(code, o.clock.Now())
	}
	wrong(o.code, o.clock.Now().Add(3*365*24*time.Hour))
	number, list, err := o.doors.Doors(t.Context(), o.judges[0], o.caseID)
	if err != nil || number == "" || len(list) != 1 || list[0].FirstUsedAt == nil || list[0].RevokedAt != nil {
		t.Fatalf("%s %+v: %v", number, list, err)
	}
	o.refused(o.doors.Revoke(t.Context(), o.finance, list[0].ID), fault.RoleForbidden, "", "")
	clerk := auction.Actor{AccountID: o.judges[0].AccountID, Role: "clerk", CourtID: o.judges[0].CourtID}
	elsewhere := clerk
	elsewhere.CourtID = uuid.New()
	o.refused(o.doors.Revoke(t.Context(), elsewhere, list[0].ID), fault.RoleForbidden, "", "")
	if _, err := o.doors.Give(t.Context(), elsewhere, o.caseID); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("another court opens a door: %v", err)
	}
	o.must(o.doors.Revoke(t.Context(), clerk, list[0].ID))
	o.refused(o.doors.Revoke(t.Context(), clerk, list[0].ID), fault.StateConflict, "door", "")
	wrong(o.code, o.clock.Now())
	var kept int
	o.must(o.pool.QueryRow(t.Context(), `SELECT count(*) FROM trail WHERE case_id = $1 AND (detail::text LIKE '%' || $2 || '%' OR public AND act LIKE 'debtor_door%')`, o.caseID, strings.ReplaceAll(o.code, "-", "")).Scan(&kept))
	if kept != 0 {
		t.Errorf("%d steps of the trail tell of the code", kept)
	}
	_, err = o.pool.Exec(t.Context(), `UPDATE debtor_doors SET revoked_at = NULL, revoked_by = NULL`)
	if err == nil {
		t.Error("a revoked door opens again")
	}
}

// F5: where a surplus goes is proposed by the debtor, taken over by one of finance, and paid by another.
func TestF5_TheDebtorsAccountIsTakenOverByFinance(t *testing.T) {
	t.Parallel()
	o := listed(t).fund().owing()
	account := casefund.Account{Holder: " 张某 ", Bank: "江澜银行", Number: "6222 0000 1111 2222"}
	for field, bad := range map[string]casefund.Account{"holder": {Bank: "b", Number: "62220000"}, "bank": {Holder: "h", Bank: "=b", Number: "62220000"}, "number": {Holder: "h", Bank: "b", Number: "1"}} {
		o.refused(o.doors.Propose(t.Context(), o.in, bad), fault.InvalidRequest, field, "F3")
	}
	o.must(o.doors.Propose(t.Context(), o.in, account))
	o.must(o.doors.Propose(t.Context(), o.in, account)) // in place of the one before
	list, err := o.doors.Proposals(t.Context(), o.finance)
	if err != nil || len(list) != 1 || list[0].Account.Number != "6222000011112222" || list[0].Account.Holder != "张某" {
		t.Fatalf("%+v: %v", list, err)
	}
	if _, err := o.doors.Proposals(t.Context(), o.judges[0]); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a judge reads accounts: %v", err)
	}
	o.refused(o.doors.Take(t.Context(), o.judges[0], list[0].ID), fault.RoleForbidden, "", "")
	o.refused(o.doors.Decline(t.Context(), o.finance, list[0].ID, " "), fault.ReasonRequired, "reason", "F3")
	o.must(o.doors.Decline(t.Context(), o.finance, list[0].ID, "户名与被执行人不符"))
	o.refused(o.doors.Take(t.Context(), o.finance, list[0].ID), fault.StateConflict, "account", "F3")
	if a := o.look().Account; a == nil || a.State != debtor.Declined || a.Reason == "" {
		t.Errorf("the debtor sees %+v", a)
	}
	o.clock.To(o.clock.Now().Add(time.Minute))
	o.must(o.doors.Propose(t.Context(), o.in, account))
	list, err = o.doors.Proposals(t.Context(), o.finance)
	o.must(err)
	o.must(o.doors.Take(t.Context(), o.finance, list[0].ID))
	payees, err := o.funds.Payees(t.Context(), o.finance, o.caseID)
	if err != nil || len(payees) != 1 || payees[0].To != distribution.TheDebtor || payees[0].Number != "6222000011112222" || !payees[0].Mine {
		t.Errorf("the payees are %+v: %v", payees, err)
	}
	if a := o.look().Account; a == nil || a.State != debtor.Taken {
		t.Errorf("the debtor sees %+v", a)
	}
	if err := o.doors.Take(t.Context(), o.finance, uuid.New()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an account that is none: %v", err)
	}
}
