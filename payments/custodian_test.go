package payments_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/custody"
	"mingchui/payments/custody/bank"
)

// vault is an office with a custodian, over real HTTP both ways, for sums above a million yuan.
type vault struct {
	*office

	bank *bank.Server
	// hook is where its notices go.
	hook string
}

const million = money.Fen(100_000_000)

func openVault(t *testing.T) *vault {
	t.Helper()
	v, told := &vault{}, &sales{}
	d := openDeskWith(t, told, told, func(c *payments.Config) {
		var err error
		if v.bank, err = bank.New(bank.Config{Key: "k", Secret: "s", Now: c.Clock.Now, Sign: custody.Sign}); err != nil {
			t.Fatal(err)
		}
		api := httptest.NewServer(v.bank.Handler())
		t.Cleanup(api.Close)
		if c.Custodian, err = custody.New(custody.Config{URL: api.URL, Key: "k", Secret: "s"}); err != nil {
			t.Fatal(err)
		}
		c.CustodyAbove = million
	})
	d.list()
	one := d.finance()
	v.office = &office{desk: d, one: one, two: d.colleague(one)}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || d.service.ReceiveNotice(r.Context(), body, r.Header.Get(custody.SignatureHeader)) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(hook.Close)
	v.hook = hook.URL
	v.bank.SetNoticeURL(hook.URL)
	return v
}

// pays credits an account and lets notices and duties run.
func (v *vault) pays(account string, amount money.Fen) (credit string) {
	v.t.Helper()
	credit, err := v.bank.Pay(v.t.Context(), account, "王某", int64(amount))
	if err != nil {
		v.t.Fatal(err)
	}
	v.settle()
	return credit
}

// look lets the look at the list come that needs no notice.
func (v *vault) look() {
	v.t.Helper()
	if err := v.service.OweCustody(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
	v.clock.To(v.clock.Now().Add(11 * time.Minute))
	v.settle()
}

// account is the number that an account holder is given; the same each time.
func (v *vault) account(holder uuid.UUID) string {
	v.t.Helper()
	in := v.told(holder)
	if in.Custody == nil || in.Custody.Number == "" || *v.told(holder).Custody != *in.Custody {
		v.t.Fatalf("told %+v", in)
	}
	return in.Custody.Number
}

// R17: a large deposit has an account of its own and no payment page; parts of it count together, and it goes back the way it came
// within R23's time, by the machine.
func TestR17_ALargeDepositIsPaidToTheCustodian(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	large, other, small := v.enrol(million+1), v.enrol(million+1), v.enrol(million)
	v.settle()
	if v.told(small).Custody != nil || v.deposit(small).PaymentURL == "" {
		t.Error("a sum at the bound is not paid by its page")
	}
	if d := v.deposit(large); d.PaymentURL != "" || v.account(large) == v.account(other) {
		t.Errorf("two have one account, or the deposit a page: %+v", d)
	}
	first := v.pays(v.account(large), 1)
	v.stands("a part", large, payments.Requested, 1, map[string]money.Fen{"escrow": 1})
	if v.sales.held != 0 || v.told(large).MissingFen != million {
		t.Errorf("admitted %d times, told %+v", v.sales.held, v.told(large))
	}
	rest := v.pays(v.account(large), million)
	v.stands("all of it", large, payments.Held, million+1, map[string]money.Fen{"escrow": million + 1})
	if v.sales.held != 1 || len(v.shown()) != 0 {
		t.Errorf("admitted %d times, everybody sees %v", v.sales.held, v.shown())
	}
	if seen, err := v.service.Transfers(t.Context(), v.one); err != nil || len(seen) != 0 || len(v.seen(v.one).Suspense) != 0 {
		t.Errorf("finance sees %+v, %v", seen, err)
	}
	v.release()
	v.stands("after the end", large, payments.Returned, million+1, map[string]money.Fen{"escrow": 0})
	if v.bank.Returned(first) != 1 || v.bank.Returned(rest) != int64(million) {
		t.Errorf("the custodian gave back %d and %d", v.bank.Returned(first), v.bank.Returned(rest))
	}
	if view := v.reconcile(v.one); len(view.Differences) != 0 {
		t.Errorf("Stripe's books differ by the custodian's: %+v", view.Differences)
	}
}

// Notices that are lost, doubled, held and sent in the wrong order, answers that are lost: each credit counts once.
func TestTheCustodiansNoticesAndAnswersGoWrong(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	bidder := v.enrol(million + 10)
	v.bank.OnAnswer(bank.DropAnswer, bank.Refuse)
	if _, err := v.runner.RunDue(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a lost answer gives %v", err)
	}
	v.clock.To(v.clock.Now().Add(2 * time.Hour))
	_, err := v.runner.RunDue(t.Context())
	if fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a refused call gives %v", err)
	}
	v.clock.To(v.clock.Now().Add(2 * time.Hour))
	v.settle()
	account := v.account(bidder)
	v.bank.OnNotice(bank.Double)
	v.pays(account, 1)
	v.stands("doubled", bidder, payments.Requested, 1, nil)
	v.bank.OnNotice(bank.Lose)
	v.pays(account, 2)
	v.stands("lost", bidder, payments.Requested, 1, nil)
	v.look()
	v.stands("looked at", bidder, payments.Requested, 3, nil)
	var next int
	if err := v.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE kind = 'fetch_credits' AND starts_with(key, 'every/') AND state = 'owed'`).Scan(&next); err != nil || next != 1 {
		t.Errorf("%d looks are owed after a look, %v", next, err)
	}
	v.bank.OnNotice(bank.Hold, bank.Hold)
	v.pays(account, 3)
	v.pays(account, 4)
	if err := v.bank.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.settle()
	v.stands("disordered", bidder, payments.Requested, 10, nil)
	v.bank.OnAnswer(bank.Refuse)
	if _, err := v.bank.Pay(t.Context(), account, "王某", int64(million)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.runner.RunDue(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a refused page gives %v", err)
	}
	v.clock.To(v.clock.Now().Add(2 * time.Hour))
	v.settle()
	v.stands("all of it", bidder, payments.Held, million+10, map[string]money.Fen{"escrow": million + 10})

	for what, c := range map[string]struct {
		body, signature string
		code            fault.Code
	}{
		"forged":          {`{"id":"nt_9"}`, "t=1,v1=00", fault.WebhookSignatureInvalid},
		"unsigned":        {`{"id":"nt_9"}`, "", fault.WebhookSignatureInvalid},
		"signed ahead":    {`{"id":"nt_9"}`, fmt.Sprintf("t=%d,v1=%x", v.clock.Now().Add(time.Hour).Unix(), custody.Sign("s", v.clock.Now().Add(time.Hour).Unix(), []byte(`{"id":"nt_9"}`))), fault.WebhookSignatureInvalid},
		"signed long ago": {`{"id":"nt_9"}`, fmt.Sprintf("t=%d,v1=%x", v.clock.Now().Add(-time.Hour).Unix(), custody.Sign("s", v.clock.Now().Add(-time.Hour).Unix(), []byte(`{"id":"nt_9"}`))), fault.WebhookSignatureInvalid},
		"no notice":       {`{}`, fmt.Sprintf("t=%d,v1=%x", v.clock.Now().Unix(), custody.Sign("s", v.clock.Now().Unix(), []byte(`{}`))), fault.InvalidRequest},
	} {
		if err := v.service.ReceiveNotice(t.Context(), []byte(c.body), c.signature); fault.CodeOf(err) != c.code {
			t.Errorf("a notice that is %s gives %v", what, err)
		}
	}
	if err := openDesk(t).service.ReceiveNotice(t.Context(), nil, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("without a custodian a notice gives %v", err)
	}
}

// R23, R25: what is too much goes back, what is late too, and what the custodian cannot return is owed by hand.
func TestR23_TooMuchAndTooLateAtTheCustodian(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	won, late := v.enrol(2*million), v.enrol(2*million)
	v.bank.OnReturn("failed", "account closed")
	over, lateTo := v.pays(v.account(won), 2*million+5), v.account(late)
	if list, err := v.service.Returns(t.Context(), v.one); err != nil || len(list) != 0 {
		t.Errorf("before the end finance owes %+v, %v", list, err)
	}
	v.stands("too much", won, payments.Held, 2*million, map[string]money.Fen{"escrow": 2*million + 5})
	v.sales.winner, v.sales.price = won, 5*million
	v.release()
	if v.bank.Returned(over) != 0 {
		t.Errorf("%d went back", v.bank.Returned(over))
	}
	if list := v.returnAll(); len(list) != 1 || list[0].AmountFen != 5 || list[0].Why != "account closed" {
		t.Errorf("by hand go back %+v", list)
	}
	v.bank.OnReturn("pending", "")
	came := v.pays(lateTo, 7)
	v.stands("late", late, payments.Returning, 0, map[string]money.Fen{"escrow": 7, "proceeds": 2 * million})
	v.look()
	v.stands("still on its way", late, payments.Returning, 0, map[string]money.Fen{"escrow": 7})
	for _, id := range v.bank.Pending() {
		v.bank.OnNotice(bank.Lose)
		if err := v.bank.Settle(t.Context(), id, "done", ""); err != nil {
			t.Fatal(err)
		}
	}
	v.look()
	v.stands("late, and back", late, payments.Returned, 0, map[string]money.Fen{"escrow": 0})
	if v.bank.Returned(came) != 7 {
		t.Errorf("%d went back", v.bank.Returned(came))
	}

	in := v.told(won) // the balance has an account of its own
	if in.For != "balance" || in.Custody == nil || in.Custody.Number == lateTo {
		t.Fatalf("told %+v", in)
	}
	v.pays(in.Custody.Number, 3*million+1)
	if b := v.balances(); v.sales.paid != 1 || b["proceeds"] != 5*million {
		t.Errorf("paid %d times, accounts hold %v", v.sales.paid, b)
	}
	v.sound()
}

// R25: who paid the custodian in time is not in default because its notice is late.
func TestR25_ABalanceWhoseNoticeIsLateIsPaid(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	won := v.enrol(15_000_000)
	v.payDeposit(won)
	v.sales.winner, v.sales.price = won, 2*million
	v.release()
	in := v.told(won)
	due := v.clock.Now().Add(11 * 24 * time.Hour)
	err := pgx.BeginFunc(t.Context(), v.pool, func(tx pgx.Tx) error {
		return duty.NewBook(nil).Owe(t.Context(), tx, v.clock.Now(), duty.Duty{
			Kind: duty.BalanceDue, Key: v.lot.String(), LotID: &v.lot, Rule: "R25", Actor: duty.Machine, DueAt: due,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	v.bank.OnNotice(bank.Lose)
	v.pays(in.Custody.Number, in.MissingFen)
	if v.sales.paid != 0 {
		t.Fatal("paid without a notice")
	}
	v.clock.To(due)
	v.settle()
	if v.sales.paid != 1 || v.sales.defaults != 0 {
		t.Errorf("recorded %+v", v.sales)
	}
	v.sound()
}

// F1: what comes to an account that is nobody's lies in suspense, and is given to a reference or goes back the way it came.
func TestF1_MoneyAtTheCustodianThatIsNobodys(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	bidder := v.enrol(2 * million)
	v.pays("9558 0000 0000 0000", 2*million)
	back := v.pays("", 9)
	view := v.seen(v.one)
	if len(view.Suspense) != 2 || view.SuspenseFen != 2*million+9 || *view.Suspense[0].Payer != "王某" || *view.Suspense[0].BankReference != back {
		t.Fatalf("suspense: %+v", view)
	}
	if err := v.service.AssignByReference(t.Context(), v.one, view.Suspense[1].ID, strings.ToLower(v.told(bidder).Reference), "the payer called"); err != nil {
		t.Fatal(err)
	}
	v.stands("given", bidder, payments.Held, 2*million, map[string]money.Fen{"escrow": 2 * million})
	v.bank.OnReturn("failed", "account closed")
	for range 2 { // what failed is held again
		if err := v.service.ReturnUnknown(t.Context(), v.one, view.Suspense[0].ID, "not ours"); err != nil {
			t.Fatal(err)
		}
		v.settle()
		v.clock.To(v.clock.Now().Add(time.Second))
	}
	if got := v.seen(v.one); got.SuspenseFen != 0 || v.bank.Returned(back) != 9 {
		t.Errorf("suspense: %+v, given back %d", got, v.bank.Returned(back))
	}
	v.release()
	v.stands("after the end", bidder, payments.Returned, 2*million, map[string]money.Fen{"escrow": 0})
}

// Many looks at once apply each credit once, and many approvals at once count each transfer once.
func TestManyLooksAndApprovalsAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	bidder := v.enrol(2 * million)
	account, reference := v.account(bidder), v.told(bidder).Reference
	v.bank.SetNoticeURL("")
	var entries []uuid.UUID
	for range 12 {
		v.pays(account, million/10)
		entries = append(entries, v.enter(reference, million/10))
	}
	var wg sync.WaitGroup
	looks := v.service.Handlers()[duty.FetchCredits]
	for i, id := range entries {
		wg.Go(func() {
			if err := looks(t.Context(), duty.Duty{Key: fmt.Sprint("notice/", i)}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := v.service.DecideTransfer(t.Context(), v.two, id, true, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	v.settle()
	// 24 tenths of a million came, 20 were asked for.
	v.stands("all at once", bidder, payments.Held, 2*million, nil)
	var came, over money.Fen
	err := v.pool.QueryRow(t.Context(), `SELECT sum(amount_fen)::bigint, coalesce(sum(amount_fen) FILTER (WHERE EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id)), 0)::bigint FROM payments p WHERE state = 'paid'`).
		Scan(&came, &over)
	if err != nil || came != 24*million/10 || over != 4*million/10 || v.sales.held != 1 {
		t.Errorf("%d came, %d go back, admitted %d times, %v", came, over, v.sales.held, err)
	}
	v.release()
	v.returnAll()
	v.stands("after the end", bidder, payments.Returned, 2*million, map[string]money.Fen{"escrow": 0})
}

// R23: a return whose answer was lost is made once.
func TestR23_AReturnWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	bidder := v.enrol(2 * million)
	credit := v.pays(v.account(bidder), 2*million)
	v.oweRelease()
	v.bank.OnAnswer(bank.DropAnswer)
	if _, err := v.runner.RunDue(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a lost answer gives %v", err)
	}
	if v.bank.Returned(credit) != int64(2*million) {
		t.Fatal("nothing was sent")
	}
	v.stands("not known", bidder, payments.Returning, 2*million, map[string]money.Fen{"escrow": 2 * million})
	v.clock.To(v.clock.Now().Add(2 * time.Hour))
	v.settle()
	v.stands("asked again", bidder, payments.Returned, 2*million, map[string]money.Fen{"escrow": 0})
	if v.bank.Returned(credit) != int64(2*million) {
		t.Errorf("%d went back", v.bank.Returned(credit))
	}
}

// A gap in the custodian's list hides no credit: nothing is read past it, and all of it once the list is whole.
func TestAGapInTheCustodiansListStopsTheReading(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	bidder := v.enrol(2 * million)
	account := v.account(bidder)
	v.bank.SetNoticeURL("")
	v.pays(account, million)
	v.pays(account, million)
	v.bank.OnAnswer(bank.Skip)
	look := v.service.Handlers()[duty.FetchCredits]
	if err := look(t.Context(), duty.Duty{Key: "notice/1"}); fault.KindOf(err) != fault.Internal {
		t.Fatalf("a gap gives %v", err)
	}
	v.stands("with a gap", bidder, payments.Requested, 0, nil)
	if err := look(t.Context(), duty.Duty{Key: "notice/1"}); err != nil {
		t.Fatal(err)
	}
	v.stands("whole", bidder, payments.Held, 2*million, nil)
}
