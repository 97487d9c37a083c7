package payments_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

// refuses holds an error's code and field.
func refuses(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	f, _ := errors.AsType[*fault.Error](err)
	if f == nil || f.Code != code || f.Field != field {
		t.Errorf("%s: %v, want %s in %q", what, err, code, field)
	}
}

// colleague is another person of the same finance office.
func (d *desk) colleague(of auction.Actor) auction.Actor {
	d.t.Helper()
	other := of
	other.AccountID = uuid.New()
	d.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, 'x', 'n', now())`,
		pgx.NamedArgs{"id": other.AccountID, "login": other.AccountID.String(), "court": of.CourtID})
	return other
}

// giveBack enters the court's transfer of what is owed and has a colleague approve it.
func (d *desk) giveBack(by auction.Actor, of string, amount money.Fen) {
	d.t.Helper()
	id, err := d.service.EnterReturn(d.t.Context(), by, uuid.MustParse(of), payments.TransferOut{AmountFen: amount, BankReference: "out/" + of, Payee: "n, 6222 0001"})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.service.DecideReturn(d.t.Context(), d.colleague(by), id, true, ""); err != nil {
		d.t.Fatal(err)
	}
}

// failed is a loser's deposit whose refund the provider could not make after all.
func failed(t *testing.T) (d *desk, by auction.Actor, lost uuid.UUID, refund string) {
	t.Helper()
	d, by, _, lost = settled(t)
	refund, provider := d.refundOf(lost)
	if err := d.standin.SettleRefund(provider, "failed", "lost_or_stolen_card"); err != nil {
		t.Fatal(err)
	}
	d.settle()
	return d, by, lost, refund
}

func TestNextEntry(t *testing.T) {
	t.Parallel()
	type in struct {
		s       payments.EntryState
		e       payments.EntryEvent
		byMaker bool
	}
	leaves := map[in]payments.EntryState{
		{payments.Prepared, payments.EntryApproved, false}: payments.Approved,
		{payments.Prepared, payments.EntryRefused, false}:  payments.RefusedEntry,
		{payments.Prepared, payments.EntryWithdrawn, true}: payments.WithdrawnEntry,
	}
	for _, s := range []payments.EntryState{payments.Prepared, payments.Approved, payments.RefusedEntry, payments.WithdrawnEntry, "other"} {
		for _, e := range []payments.EntryEvent{payments.EntryApproved, payments.EntryRefused, payments.EntryWithdrawn, "other"} {
			for _, byMaker := range []bool{false, true} {
				got, err := payments.NextEntry(s, e, byMaker)
				want, ok := leaves[in{s, e, byMaker}]
				if (err == nil) != ok || ok && got != want || !ok && got != s {
					t.Errorf("%s %s, by who entered it %t: %s, %v", s, e, byMaker, got, err)
				}
			}
		}
	}
}

// R23, F5: what the provider could not give back is transferred by the court: entered by one person of finance, approved by another.
func TestR23_TwoPersonsGiveBackByTransfer(t *testing.T) {
	t.Parallel()
	d, one, lost, refund := failed(t)
	two, id := d.colleague(one), uuid.MustParse(refund)
	judge, elsewhere := two, two
	judge.Role, elsewhere.CourtID = "judge", uuid.New()
	whole := payments.TransferOut{AmountFen: 15_000_000, BankReference: "20261128-0007", Payee: "王某 6222 0001"}
	enter := func(by auction.Actor, of uuid.UUID, change func(*payments.TransferOut)) error {
		x := whole
		if change != nil {
			change(&x)
		}
		_, err := d.service.EnterReturn(t.Context(), by, of, x)
		return err
	}
	amount := func(f money.Fen) func(*payments.TransferOut) {
		return func(x *payments.TransferOut) { x.AmountFen = f }
	}
	refuses(t, "a judge", enter(judge, id, nil), fault.RoleForbidden, "")
	refuses(t, "another court", enter(elsewhere, id, nil), fault.NotFoundCode, "return")
	refuses(t, "nothing of ours", enter(one, uuid.New(), nil), fault.NotFoundCode, "return")
	refuses(t, "nothing", enter(one, id, amount(0)), fault.AmountInvalid, "amount_fen")
	refuses(t, "below nothing", enter(one, id, amount(-1)), fault.AmountInvalid, "amount_fen")
	refuses(t, "2^53", enter(one, id, amount(1<<53)), fault.AmountTooLarge, "amount_fen")
	refuses(t, "a fen less", enter(one, id, amount(14_999_999)), fault.AmountInvalid, "amount_fen")
	refuses(t, "a fen more", enter(one, id, amount(15_000_001)), fault.AmountInvalid, "amount_fen")
	refuses(t, "no reference", enter(one, id, func(x *payments.TransferOut) { x.BankReference = " " }), fault.InvalidRequest, "bank_reference")
	refuses(t, "a payee of 141", enter(one, id, func(x *payments.TransferOut) { x.Payee = strings.Repeat("王", 141) }), fault.InvalidRequest, "payee")
	d.sound()

	first, err := d.service.EnterReturn(t.Context(), one, id, whole)
	if err != nil {
		t.Fatal(err)
	}
	refuses(t, "entered twice", enter(two, id, func(x *payments.TransferOut) { x.BankReference = "20261128-0008" }), fault.PaymentStateConflict, "")
	refuses(t, "by who entered it", d.service.DecideReturn(t.Context(), one, first, true, ""), fault.SamePerson, "")
	refuses(t, "refused by who entered it", d.service.DecideReturn(t.Context(), one, first, false, "wrong"), fault.SamePerson, "")
	refuses(t, "by a judge", d.service.DecideReturn(t.Context(), judge, first, true, ""), fault.RoleForbidden, "")
	refuses(t, "by another court", d.service.DecideReturn(t.Context(), elsewhere, first, true, ""), fault.NotFoundCode, "transfer")
	refuses(t, "refused without a reason", d.service.DecideReturn(t.Context(), two, first, false, " "), fault.ReasonRequired, "reason")
	refuses(t, "withdrawn by another", d.service.WithdrawReturn(t.Context(), two, first), fault.RoleForbidden, "")
	if err := d.service.WithdrawReturn(t.Context(), one, first); err != nil {
		t.Fatal(err)
	}
	refuses(t, "approved after it was withdrawn", d.service.DecideReturn(t.Context(), two, first, true, ""), fault.PaymentStateConflict, "")
	second, err := d.service.EnterReturn(t.Context(), two, id, whole) // the reference is free again
	if err != nil {
		t.Fatal(err)
	}
	if err := d.service.DecideReturn(t.Context(), one, second, false, "another payee"); err != nil {
		t.Fatal(err)
	}
	if got := d.deposit(lost).State; got != payments.Returning || d.balances()["escrow"] != 15_000_000 {
		t.Fatalf("deposit is %s, accounts hold %v before an approval", got, d.balances())
	}
	third, err := d.service.EnterReturn(t.Context(), one, id, whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.service.DecideReturn(t.Context(), two, third, true, ""); err != nil {
		t.Fatal(err)
	}
	refuses(t, "approved twice", d.service.DecideReturn(t.Context(), two, third, true, ""), fault.PaymentStateConflict, "")
	refuses(t, "withdrawn afterwards", d.service.WithdrawReturn(t.Context(), one, third), fault.PaymentStateConflict, "")
	refuses(t, "entered afterwards", enter(one, id, nil), fault.PaymentStateConflict, "")
	if got := d.deposit(lost).State; got != payments.Returned || d.balances()["escrow"] != 0 || d.shown()["escrow"] != 0 {
		t.Errorf("deposit is %s, accounts hold %v", got, d.balances())
	}
	d.returnStands(one, second, third)
	d.sound()
}

// returnStands holds what the list, the duty and the trail say after an approval.
func (d *desk) returnStands(by auction.Actor, refused, approved uuid.UUID) {
	d.t.Helper()
	list, err := d.service.Returns(d.t.Context(), by)
	if err != nil || len(list) != 1 {
		d.t.Fatalf("%d are listed, %v", len(list), err)
	}
	r := list[0]
	if r.Status != "returned" || r.Of != "deposit" || r.AmountFen != 15_000_000 || r.Payer.Zh != "n" || r.Why == "" || len(r.Transfers) != 3 ||
		r.Transfers[0].ID != approved || r.Transfers[0].State != payments.Approved || !r.Transfers[0].Mine || r.Transfers[1].ID != refused || r.Transfers[1].Reason != "another payee" {
		d.t.Errorf("listed: %+v", r)
	}
	var steps, public, owed, named int
	err = d.pool.QueryRow(d.t.Context(), `SELECT count(*), count(*) FILTER (WHERE public AND act = 'returned_by_transfer' AND detail = jsonb_build_object('amount_fen', 15000000, 'transfer', @id::text)),
			(SELECT count(*) FROM duties WHERE kind = 'return_by_transfer' AND state = 'owed'), count(*) FILTER (WHERE to_jsonb(t)::text LIKE '%6222%')
		FROM trail t WHERE act LIKE 'return%'`, pgx.NamedArgs{"id": approved}).Scan(&steps, &public, &owed, &named)
	if err != nil || steps != 6 || public != 1 || owed != 0 || named != 0 {
		d.t.Errorf("%d steps, %d public, %d owed, %d name the payee, %v", steps, public, owed, named, err)
	}
}

// F5: two who approve at once give back once.
func TestF5_TwoApprovalsAtOnceGiveBackOnce(t *testing.T) {
	t.Parallel()
	d, one, _, refund := failed(t)
	id, err := d.service.EnterReturn(t.Context(), one, uuid.MustParse(refund), payments.TransferOut{AmountFen: 15_000_000, BankReference: "r", Payee: "p"})
	if err != nil {
		t.Fatal(err)
	}
	people := make([]auction.Actor, 8)
	for i := range people {
		people[i] = d.colleague(one)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(people))
	for i, by := range people {
		wg.Go(func() { errs[i] = d.service.DecideReturn(t.Context(), by, id, true, "") })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			refuses(t, "the others", err, fault.PaymentStateConflict, "")
		}
	}
	if done != 1 || d.balances()["escrow"] != 0 {
		t.Errorf("%d approvals count, accounts hold %v", done, d.balances())
	}
	d.sound()
}

// What the provider says of a refund afterwards changes nothing: the court's transfer stands.
func TestR23_AfterTheTransferTheProvidersWordChangesNothing(t *testing.T) {
	t.Parallel()
	d, by, lost, refund := failed(t)
	d.giveBack(by, refund, 15_000_000)
	d.exec(`UPDATE stripe_events SET state = 'stored'`, nil)
	d.exec(`UPDATE duties SET state = 'owed', done_at = NULL WHERE kind = 'apply_payment_event'`, nil)
	d.settle()
	if view := d.reconcile(by); len(view.Differences) != 0 {
		t.Errorf("differences: %+v", view.Differences)
	}
	if got := d.deposit(lost).State; got != payments.Returned || d.balances()["escrow"] != 0 {
		t.Errorf("deposit is %s, accounts hold %v", got, d.balances())
	}
	for _, sql := range []string{
		`UPDATE transfers_out SET amount_fen = 1`, `UPDATE transfers_out SET state = 'prepared', decided_by = NULL, decided_at = NULL`, `DELETE FROM transfers_out`,
	} {
		if _, err := d.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s is let through", sql)
		}
	}
	d.sound()
}

// R18: that a refund failed before the end tells that a deposit was paid; finance learns it with the end.
func TestR18_ARefundThatFailsBeforeTheEndIsOwedWithIt(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	by := d.finance()
	out := d.enrol(15_000_000)
	d.payDeposit(out)
	if err := d.service.GiveBack(t.Context(), d.lot, []uuid.UUID{out}); err != nil {
		t.Fatal(err)
	}
	d.settle()
	refund, provider := d.refundOf(out)
	if err := d.standin.SettleRefund(provider, "failed", "lost_or_stolen_card"); err != nil {
		t.Fatal(err)
	}
	d.settle()
	list, err := d.service.Returns(t.Context(), by)
	if err != nil || len(list) != 0 || d.owed(duty.ReturnByTransfer, refund) != 0 {
		t.Fatalf("finance sees %+v, %v before the end", list, err)
	}
	_, err = d.service.EnterReturn(t.Context(), by, uuid.MustParse(refund), payments.TransferOut{AmountFen: 15_000_000, BankReference: "r", Payee: "p"})
	refuses(t, "before the end", err, fault.NotFoundCode, "return")
	d.sound()
	d.release()
	if list, err = d.service.Returns(t.Context(), by); err != nil || len(list) != 1 || list[0].Status != "owed" {
		t.Fatalf("finance sees %+v, %v after the end", list, err)
	}
	d.giveBack(by, refund, 15_000_000)
	if got := d.deposit(out).State; got != payments.Returned {
		t.Errorf("deposit is %s", got)
	}
	d.sound()
}
