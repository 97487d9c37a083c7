package payments_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

// office is a desk with two persons of its finance office.
type office struct {
	*desk

	one, two auction.Actor
	slips    int
}

func openOffice(t *testing.T) *office {
	t.Helper()
	d := openDesk(t)
	one := d.finance()
	return &office{desk: d, one: one, two: d.colleague(one)}
}

// told is what an account is told about paying by transfer.
func (o *office) told(account uuid.UUID) payments.Instructions {
	o.t.Helper()
	in, err := o.service.TransferInstructions(o.t.Context(), o.lot, account)
	if err != nil {
		o.t.Fatal(err)
	}
	return in
}

// enter notes a transfer; reference is empty where the payer wrote nothing known.
func (o *office) enter(reference string, amount money.Fen) uuid.UUID {
	o.t.Helper()
	o.slips++
	id, err := o.service.EnterTransfer(o.t.Context(), o.one, payments.Arrived{
		AmountFen: amount, BankReference: fmt.Sprint("slip ", o.slips), Payer: "王某", PaymentReference: reference,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

// arrives is a transfer that was entered and approved.
func (o *office) arrives(reference string, amount money.Fen) {
	o.t.Helper()
	if err := o.service.DecideTransfer(o.t.Context(), o.two, o.enter(reference, amount), true, ""); err != nil {
		o.t.Fatal(err)
	}
	o.settle()
}

// stands holds a deposit's state and money, and what its accounts hold.
func (o *office) stands(what string, account uuid.UUID, state payments.DepositState, paid money.Fen, accounts map[string]money.Fen) {
	o.t.Helper()
	if d := o.deposit(account); d.State != state || d.PaidFen != paid {
		o.t.Errorf("%s: the deposit is %s with %d paid, want %s with %d", what, d.State, d.PaidFen, state, paid)
	}
	held := o.balances()
	for purpose, want := range accounts {
		if held[purpose] != want {
			o.t.Errorf("%s: %s holds %d, want %d", what, purpose, held[purpose], want)
		}
	}
	o.sound()
}

// returnAll gives back by hand all that is owed; it tells what.
func (o *office) returnAll() (list []payments.Return) {
	o.t.Helper()
	all, err := o.service.Returns(o.t.Context(), o.one)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, r := range all {
		if r.Status == "owed" {
			list = append(list, r)
			o.giveBack(o.one, r.ID.String(), r.AmountFen)
		}
	}
	return list
}

// R17: a deposit comes by transfers; a part of it admits nobody, and the page asks for the rest alone.
func TestR17_ADepositByTransferInParts(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	bidder := o.enrol(250_000_000)
	in := o.told(bidder)
	if in.For != "deposit" || in.MissingFen != 250_000_000 || o.told(bidder) != in {
		t.Fatalf("told %+v, then %+v", in, o.told(bidder))
	}
	if other := o.told(o.enrol(250_000_000)); other.Reference == in.Reference {
		t.Fatal("two deposits have one reference")
	}
	early := o.deposit(bidder).PaymentURL
	waiting := o.enter(in.Reference, 200_000_000)
	o.stands("entered", bidder, payments.Requested, 0, map[string]money.Fen{"escrow": 0})
	if err := o.service.DecideTransfer(t.Context(), o.two, waiting, true, ""); err != nil {
		t.Fatal(err)
	}
	o.settle()
	o.stands("a part", bidder, payments.Requested, 200_000_000, map[string]money.Fen{"escrow": 200_000_000})
	if in = o.told(bidder); in.PaidFen != 200_000_000 || in.MissingFen != 50_000_000 || o.sales.held != 0 {
		t.Fatalf("told %+v, admitted %d times", in, o.sales.held)
	}
	// The page of before asks for more than is missing: what is paid on it goes back.
	o.pay(early, "succeed")
	o.stands("an old page", bidder, payments.Requested, 200_000_000, map[string]money.Fen{"escrow": 200_000_000})
	o.pay(o.deposit(bidder).PaymentURL, "succeed")
	o.stands("the rest by its page", bidder, payments.Held, 250_000_000, map[string]money.Fen{"escrow": 250_000_000})
	if o.sales.held != 1 {
		t.Errorf("admitted %d times", o.sales.held)
	}
	_, err := o.service.TransferInstructions(t.Context(), o.lot, bidder)
	refuses(t, "told when all is here", err, fault.NotFoundCode, "lot")
	if shown := o.shown(); len(shown) != 0 {
		t.Errorf("before the end everybody sees %v", shown)
	}
	o.release()
	if list := o.returnAll(); len(list) != 1 || list[0].AmountFen != 200_000_000 || list[0].Of != "deposit" {
		t.Errorf("by hand go back %+v", list)
	}
	o.stands("after the end", bidder, payments.Returned, 250_000_000, map[string]money.Fen{"escrow": 0})
}

// R18, R23: what is above a deposit goes back with the end; until then finance sees neither that it is too much nor whose it is.
func TestR18_TooMuchForADepositGoesBackWithTheEnd(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	won, lost := o.enrol(15_000_000), o.enrol(15_000_000)
	o.arrives(o.told(won).Reference, 15_000_001)
	o.arrives(payments.SpacedReference(o.told(lost).Reference), 15_000_000)
	o.stands("one too much", won, payments.Held, 15_000_000, map[string]money.Fen{"escrow": 30_000_001})
	seen, err := o.service.Transfers(t.Context(), o.one)
	if err != nil || len(seen) != 2 {
		t.Fatalf("%+v, %v", seen, err)
	}
	for _, x := range seen {
		if x.For != "" || x.LotID != nil || x.Number != "" {
			t.Errorf("before the end finance sees %+v", x)
		}
	}
	if list := o.returnAll(); len(list) != 0 || len(o.shown()) != 0 {
		t.Errorf("before the end finance owes %+v, everybody sees %v", list, o.shown())
	}
	var said int
	if err := o.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM trail) + (SELECT count(*) FROM entries) + (SELECT count(*) FROM outbox)`).Scan(&said); err != nil || said != 0 {
		t.Errorf("%d rows of trail, log and outbox tell of sealed money, %v", said, err)
	}
	o.sales.winner, o.sales.price = won, 200_000_000
	o.release()
	if seen, err = o.service.Transfers(t.Context(), o.one); err != nil || seen[0].For != "deposit" || *seen[0].LotID != o.lot || seen[0].Number != "n" {
		t.Errorf("after the end finance sees %+v, %v", seen, err)
	}
	o.stands("the end", won, payments.Applied, 15_000_000, map[string]money.Fen{"escrow": 15_000_001, "proceeds": 15_000_000})
	if list := o.returnAll(); len(list) != 2 || list[0].AmountFen+list[1].AmountFen != 15_000_001 {
		t.Errorf("by hand go back %+v", list)
	}
	o.stands("given back", lost, payments.Returned, 15_000_000, map[string]money.Fen{"escrow": 0, "proceeds": 15_000_000})
	if view := o.reconcile(o.one); len(view.Differences) != 0 {
		t.Errorf("the provider's books differ by the court's own transfers: %+v", view.Differences)
	}
}

// R23: what comes after the end goes back.
func TestR23_ATransferAfterTheEndGoesBack(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	late := o.enrol(15_000_000)
	reference := o.told(late).Reference
	waiting := o.enter(reference, 14_000_000)
	o.release()
	if err := o.service.DecideTransfer(t.Context(), o.two, waiting, true, ""); err != nil {
		t.Fatal(err)
	}
	o.stands("late", late, payments.Returning, 0, map[string]money.Fen{"escrow": 14_000_000})
	if list := o.returnAll(); len(list) != 1 || list[0].AmountFen != 14_000_000 || list[0].Payer.Zh != "n" {
		t.Errorf("by hand go back %+v", list)
	}
	o.stands("given back", late, payments.Returned, 0, map[string]money.Fen{"escrow": 0})
	o.arrives(reference, 7) // once more
	o.stands("late again", late, payments.Returning, 0, map[string]money.Fen{"escrow": 7})
	o.returnAll()
	o.stands("given back again", late, payments.Returned, 0, map[string]money.Fen{"escrow": 0})
}

// F1: what names nothing lies in suspense, on the list of its court's finance, until it is given to a reference or goes back by hand.
func TestF1_ATransferThatNamesNothing(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	bidder := o.enrol(15_000_000)
	o.arrives("", 15_000_003)
	o.arrives("", 9)
	view := o.seen(o.one)
	if len(view.Suspense) != 2 || view.SuspenseFen != 15_000_012 || *view.Suspense[0].Payer != "王某" || *view.Suspense[1].BankReference != "slip 1" {
		t.Fatalf("suspense: %+v", view)
	}
	given, back := view.Suspense[1].ID, view.Suspense[0].ID
	stranger := o.two
	stranger.CourtID = uuid.New()
	if elsewhere := o.seen(stranger); len(elsewhere.Suspense) != 0 {
		t.Errorf("another court sees %+v", elsewhere.Suspense)
	}
	code := o.told(bidder).Reference
	assign := func(by auction.Actor, id uuid.UUID, reference, reason string) error {
		return o.service.AssignByReference(t.Context(), by, id, reference, reason)
	}
	refuses(t, "by another court", assign(stranger, given, code, "slip"), fault.NotFoundCode, "suspense")
	refuses(t, "without a reason", assign(o.one, given, code, " "), fault.ReasonRequired, "reason")
	refuses(t, "misread", assign(o.one, given, code[:15]+"*", "slip"), fault.PaymentReferenceInvalid, "payment_reference")
	refuses(t, "unknown", assign(o.one, given, "0000000000000000", "slip"), fault.PaymentReferenceUnknown, "payment_reference")
	refuses(t, "returned by another court", o.service.ReturnUnknown(t.Context(), stranger, back, "slip"), fault.NotFoundCode, "suspense")
	if err := assign(o.one, given, code, "the payer called"); err != nil {
		t.Fatal(err)
	}
	refuses(t, "given twice", assign(o.one, given, code, "slip"), fault.PaymentStateConflict, "")
	o.stands("given", bidder, payments.Held, 15_000_000, map[string]money.Fen{"escrow": 15_000_003})
	if err := o.service.ReturnUnknown(t.Context(), o.one, back, "not ours"); err != nil {
		t.Fatal(err)
	}
	o.settle()
	refuses(t, "given after it is on its way", assign(o.one, back, code, "slip"), fault.PaymentStateConflict, "")
	if got := o.seen(o.one).SuspenseFen; got != 9 {
		t.Errorf("suspense holds %d before the transfer", got)
	}
	if list := o.returnAll(); len(list) != 1 || list[0].Of != "unknown" || list[0].AmountFen != 9 || list[0].Payer.Zh != "王某" || list[0].LotID != nil {
		t.Errorf("by hand go back %+v", list)
	}
	if got := o.seen(o.one); got.SuspenseFen != 0 || len(got.Suspense) != 0 {
		t.Errorf("suspense: %+v", got)
	}
	if view := o.reconcile(o.one); len(view.Differences) != 0 {
		t.Errorf("differences: %+v", view.Differences)
	}
	o.sound()
}

// R25: a balance comes by transfer; what is above it goes back, and nobody is in default while a transfer waits for the second person.
func TestR25_ABalanceByTransfer(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	won := o.enrol(15_000_000)
	o.payDeposit(won)
	o.sales.winner, o.sales.price = won, 200_000_000
	o.release()
	in := o.told(won)
	if in.For != "balance" || in.MissingFen != 185_000_000 {
		t.Fatalf("told %+v", in)
	}
	o.arrives(in.Reference, 85_000_000)
	balance, err := o.service.OpenBalance(t.Context(), o.lot, won)
	if err != nil || balance.PaidFen != 85_000_000 || balance.State != "open" || o.sales.paid != 0 {
		t.Fatalf("balance %+v, %v, told %d times", balance, err, o.sales.paid)
	}
	waiting := o.enter(in.Reference, 100_000_001)
	err = pgx.BeginFunc(t.Context(), o.pool, func(tx pgx.Tx) error {
		return duty.NewBook(nil).Owe(t.Context(), tx, o.clock.Now(), duty.Duty{
			Kind: duty.BalanceDue, Key: o.lot.String(), LotID: &o.lot, Rule: "R25", Actor: duty.Machine, DueAt: balance.DueAt,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.clock.To(balance.DueAt.Add(time.Minute))
	o.settle()
	if o.sales.defaults != 0 {
		t.Fatal("in default while a transfer waits for the second person")
	}
	if err := o.service.DecideTransfer(t.Context(), o.two, waiting, true, ""); err != nil {
		t.Fatal(err)
	}
	o.clock.To(o.clock.Now().Add(2 * time.Hour))
	o.settle()
	if b := o.balances(); b["proceeds"] != 200_000_001 || o.sales.paid != 1 || o.sales.defaults != 0 {
		t.Fatalf("accounts hold %v, paid %d times, in default %d", b, o.sales.paid, o.sales.defaults)
	}
	o.sound()
	if list := o.returnAll(); len(list) != 1 || list[0].AmountFen != 1 || list[0].Of != "balance" {
		t.Errorf("by hand go back %+v", list)
	}
	if b := o.balances(); b["proceeds"] != 200_000_000 {
		t.Errorf("accounts hold %v", b)
	}
	o.sound()
}

// R24: parts that came by transfer go back when the buyer defaults.
func TestR24_ADefaultReturnsATransferredPart(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	won := o.enrol(15_000_000)
	o.arrives(o.told(won).Reference, 15_000_000)
	o.sales.winner, o.sales.price = won, 200_000_000
	o.release()
	o.arrives(o.told(won).Reference, 50_000_000)
	withdrawn := o.enter(o.told(won).Reference, 135_000_000)
	if err := o.service.WithdrawTransfer(t.Context(), o.one, withdrawn); err != nil {
		t.Fatal(err)
	}
	due := o.clock.Now().Add(11 * 24 * time.Hour)
	err := pgx.BeginFunc(t.Context(), o.pool, func(tx pgx.Tx) error {
		return duty.NewBook(nil).Owe(t.Context(), tx, o.clock.Now(), duty.Duty{
			Kind: duty.BalanceDue, Key: o.lot.String(), LotID: &o.lot, Rule: "R25", Actor: duty.Machine, DueAt: due,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.clock.To(due)
	o.settle()
	if b := o.balances(); o.sales.defaults != 1 || b["forfeits"] != 15_000_000 || b["proceeds"] != 50_000_000 {
		t.Fatalf("%d defaults, accounts hold %v", o.sales.defaults, b)
	}
	if list := o.returnAll(); len(list) != 1 || list[0].AmountFen != 50_000_000 {
		t.Errorf("by hand go back %+v", list)
	}
	o.stands("after the default", won, payments.Forfeited, 15_000_000, map[string]money.Fen{"forfeits": 15_000_000, "proceeds": 0})
}

// misread is a reference with another last sign.
func misread(code string) string {
	last := "0"
	if code[15:] == last {
		last = "1"
	}
	return code[:15] + last
}

// F5, and everything that is no transfer of this court's.
func TestF5_BadTransfersAreRefused(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	bidder := o.enrol(15_000_000)
	code := o.told(bidder).Reference
	whole := payments.Arrived{AmountFen: 15_000_000, BankReference: "slip", Payer: "王某", PaymentReference: code}
	judge, stranger := o.one, o.two
	judge.Role, stranger.CourtID = "judge", uuid.New()
	for what, c := range map[string]struct {
		by     auction.Actor
		change func(*payments.Arrived)
		code   fault.Code
		field  string
	}{
		"a judge":              {judge, func(*payments.Arrived) {}, fault.RoleForbidden, ""},
		"another court's":      {stranger, func(*payments.Arrived) {}, fault.PaymentReferenceUnknown, "payment_reference"},
		"nothing":              {o.one, func(a *payments.Arrived) { a.AmountFen = 0 }, fault.AmountInvalid, "amount_fen"},
		"below nothing":        {o.one, func(a *payments.Arrived) { a.AmountFen = -1 }, fault.AmountInvalid, "amount_fen"},
		"2^53":                 {o.one, func(a *payments.Arrived) { a.AmountFen = 1 << 53 }, fault.AmountTooLarge, "amount_fen"},
		"no bank reference":    {o.one, func(a *payments.Arrived) { a.BankReference = " " }, fault.InvalidRequest, "bank_reference"},
		"no payer":             {o.one, func(a *payments.Arrived) { a.Payer = "" }, fault.InvalidRequest, "payer"},
		"a misread reference":  {o.one, func(a *payments.Arrived) { a.PaymentReference = misread(code) }, fault.PaymentReferenceInvalid, "payment_reference"},
		"an unknown reference": {o.one, func(a *payments.Arrived) { a.PaymentReference = "0000000000000000" }, fault.PaymentReferenceUnknown, "payment_reference"},
	} {
		a := whole
		c.change(&a)
		_, err := o.service.EnterTransfer(t.Context(), c.by, a)
		refuses(t, what, err, c.code, c.field)
	}
	id, err := o.service.EnterTransfer(t.Context(), o.one, whole)
	if err != nil {
		t.Fatal(err)
	}
	again := whole
	again.AmountFen++
	_, err = o.service.EnterTransfer(t.Context(), o.two, again)
	refuses(t, "another amount under the same bank reference", err, fault.BankReferenceUsed, "bank_reference")
	refuses(t, "approved by who entered it", o.service.DecideTransfer(t.Context(), o.one, id, true, ""), fault.SamePerson, "")
	refuses(t, "approved by another court", o.service.DecideTransfer(t.Context(), stranger, id, true, ""), fault.RoleForbidden, "")
	refuses(t, "withdrawn by another", o.service.WithdrawTransfer(t.Context(), o.two, id), fault.RoleForbidden, "")
	refuses(t, "nothing of ours", o.service.DecideTransfer(t.Context(), o.two, uuid.New(), true, ""), fault.NotFoundCode, "transfer")
	o.stands("before an approval", bidder, payments.Requested, 0, map[string]money.Fen{"escrow": 0})
	if err := o.service.DecideTransfer(t.Context(), o.two, id, true, ""); err != nil {
		t.Fatal(err)
	}
	refuses(t, "approved twice", o.service.DecideTransfer(t.Context(), o.two, id, true, ""), fault.PaymentStateConflict, "")
	refuses(t, "withdrawn afterwards", o.service.WithdrawTransfer(t.Context(), o.one, id), fault.PaymentStateConflict, "")
	o.stands("approved once", bidder, payments.Held, 15_000_000, map[string]money.Fen{"escrow": 15_000_000})
	if _, err := o.pool.Exec(t.Context(), `UPDATE transfers_in SET amount_fen = 1`); err == nil {
		t.Error("an entry was changed")
	}
}
