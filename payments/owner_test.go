package payments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
	"mingchui/payments/owner"
)

// looking is a court with money whose owners are looked for.
type looking struct {
	*fund

	owners *owner.Service
	// other is a second person of finance.
	other auction.Actor
}

func (f *fund) looking() *looking {
	f.t.Helper()
	l := &looking{fund: f, owners: owner.New(f.pool, duty.NewBook(nil), f.court), other: auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: f.finance.CourtID}}
	f.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, '', 'n', now())`,
		pgx.NamedArgs{"id": l.other.AccountID, "login": l.other.AccountID.String(), "court": l.other.CourtID})
	return l
}

// person is an account holder.
func (l *looking) person() auction.Actor {
	l.t.Helper()
	p := auction.Actor{AccountID: uuid.New(), Role: "bidder"}
	l.exec(`INSERT INTO accounts (id, login, role, password_hash, real_name, created_at) VALUES (@id, @login, 'bidder', '', '王五', now())`,
		pgx.NamedArgs{"id": p.AccountID, "login": "p" + p.AccountID.String()})
	return p
}

func (l *looking) mine(of uuid.UUID) []owner.Held {
	l.t.Helper()
	list, err := l.owners.Mine(l.t.Context(), of, l.clock.Now())
	l.must(err)
	return list
}

func bankAccount() casefund.Account {
	return casefund.Account{Holder: "王五", Bank: "江澜银行", Number: "6222 0000 1111 2222"}
}

// refusedRefund is a lot that was sold, and a loser whose refund their bank refused.
func refusedRefund(t *testing.T) (l *looking, loser uuid.UUID) {
	t.Helper()
	r := listed(t)
	r.announce(r.lot)
	loser = r.enrol(r.deposit)
	r.payDeposit(loser)
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	d := r.end(r.lot, 250_000_000+r.deposit)
	r.price, r.dueAt = *d.PriceFen, *d.BalanceDueAt
	r.told.winner, r.told.price = r.buyer, r.price
	l = r.fund().looking()
	if list := l.mine(loser); len(list) != 0 {
		t.Fatalf("before its time %+v is held", list)
	}
	r.settle()
	var refund string
	r.must(r.pool.QueryRow(t.Context(), `SELECT r.provider_id FROM refunds r JOIN deposits d ON d.id = r.deposit_id WHERE d.account_id = $1`, loser).Scan(&refund))
	r.must(r.standin.SettleRefund(refund, "failed", "lost_or_stolen_card"))
	r.settle()
	return l, loser
}

// R23: whose deposit could not go back sees it, asks for it with one act, and is answered.
func TestF1_ADepositThatDidNotGoBackIsAskedFor(t *testing.T) {
	t.Parallel()
	l, loser := refusedRefund(t)
	me := auction.Actor{AccountID: loser, Role: "bidder"}
	list := l.mine(loser)
	if len(list) != 1 || list[0].Subject != owner.Deposit || list[0].Fen != l.deposit || list[0].Asked {
		t.Fatalf("%+v is held", list)
	}
	if got := l.mine(l.buyer); len(got) != 0 {
		t.Errorf("the buyer sees %+v", got)
	}
	ask := owner.Asking{Subject: owner.Deposit, ID: list[0].ID, Account: bankAccount()}
	for _, who := range []auction.Actor{{AccountID: l.buyer, Role: "bidder"}, l.finance} {
		if _, err := l.owners.Ask(t.Context(), who, ask); fault.CodeOf(err) != fault.NotFoundCode && fault.CodeOf(err) != fault.RoleForbidden {
			t.Errorf("%s asks for somebody's deposit: %v", who.Role, err)
		}
	}
	bad := ask
	bad.Account.Number = "12"
	_, err := l.owners.Ask(t.Context(), me, bad)
	l.refused(err, fault.InvalidRequest, "number", "F3")
	id, err := l.owners.Ask(t.Context(), me, ask)
	l.must(err)
	_, err = l.owners.Ask(t.Context(), me, ask)
	l.refused(err, fault.RequestWaits, "", "F1")
	if got := l.mine(loser); !got[0].Asked {
		t.Error("nobody sees that it was asked for")
	}
	var due time.Time
	l.must(l.pool.QueryRow(t.Context(), `SELECT due_at FROM duties WHERE kind = 'answer_owner' AND key = $1 AND state = 'owed' AND actor = 'finance' AND case_id = $2`, id.String(), l.caseID).Scan(&due))
	if got := due.Sub(l.clock.Now()); got > owner.AnswerWithin || got < owner.AnswerWithin-time.Minute {
		t.Errorf("the answer is due in %s", got)
	}
	open, err := l.owners.Open(t.Context(), l.finance)
	if err != nil || len(open) != 1 || open[0].ID != id || *open[0].Fen != l.deposit || open[0].Account.Number != "6222000011112222" {
		t.Fatalf("%+v: %v", open, err)
	}
	l.refused(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: id, Reason: " "}), fault.ReasonRequired, "reason", "F1")
	l.refused(l.owners.Answer(t.Context(), l.judges[0], owner.Answer{Request: id, Grant: true}), fault.RoleForbidden, "", "")
	l.must(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: id, Reason: "户名与缴纳人不符"}))
	l.refused(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: id, Grant: true}), fault.StateConflict, "request", "F1")
	asked, err := l.owners.Asked(t.Context(), loser)
	if err != nil || len(asked) != 1 || asked[0].State != "refused" || asked[0].Reason != "户名与缴纳人不符" {
		t.Errorf("%+v: %v", asked, err)
	}
	again, err := l.owners.Ask(t.Context(), me, ask) // what was refused may be asked for again
	l.must(err)
	l.must(l.owners.Answer(t.Context(), l.other, owner.Answer{Request: again, Grant: true}))
	var owed int
	l.must(l.pool.QueryRow(t.Context(), `SELECT count(*) FROM duties WHERE kind = 'answer_owner' AND state = 'owed'`).Scan(&owed))
	if owed != 0 {
		t.Errorf("%d answers are still owed", owed)
	}
	l.sound()
}

// F3: a creditor whose claim finance linked to their account sees its share, and names where it goes.
func TestF3_AClaimsShareFindsItsCreditor(t *testing.T) {
	t.Parallel()
	l := paidUp(t).looking()
	k := l.lodged(distribution.Ordinary, "王五", 100_00)
	k.Applicant = true
	claim := l.lodge(k)
	_, err := l.funds.Make(t.Context(), l.finance, casefund.Proposal{Case: l.caseID, Order: distribution.ProRata, Reason: docket.Text{}})
	l.must(err)
	person := l.person()
	l.refused(l.owners.Link(t.Context(), l.judges[0], claim, "x"), fault.RoleForbidden, "", "")
	l.refused(l.owners.Link(t.Context(), l.finance, claim, "nobody"), fault.NotFoundCode, "login", "")
	var number string
	l.must(l.pool.QueryRow(t.Context(), `SELECT number FROM cases WHERE id = $1`, l.caseID).Scan(&number))
	if got, err := l.owners.ClaimOf(t.Context(), l.finance, " "+number, 1); err != nil || got != claim {
		t.Errorf("claim 1 is %s: %v", got, err)
	}
	_, err = l.owners.ClaimOf(t.Context(), l.finance, number, 2)
	l.refused(err, fault.NotFoundCode, "claim", "")
	l.must(l.owners.Link(t.Context(), l.finance, claim, "p"+person.AccountID.String()))
	l.refused(l.owners.Link(t.Context(), l.finance, claim, "p"+person.AccountID.String()), fault.StateConflict, "claim", "F3")
	if got := l.mine(person.AccountID); len(got) != 0 {
		t.Errorf("before the plan is approved %+v is held", got)
	}
	m := l.standing()
	for _, j := range l.judges { // the debtor gets what is left (F3)
		l.must(l.funds.Vote(t.Context(), j, casefund.Ballot{Plan: m.ID, Approve: true}))
	}
	l.must(l.funds.Approve(t.Context(), l.other, m.ID, auction.Late{}))
	got := l.mine(person.AccountID)
	if len(got) != 1 || got[0].Subject != owner.Claim || got[0].Fen != 100_00 || got[0].ID != claim {
		t.Fatalf("%+v is held", got)
	}
	stranger := l.person()
	_, err = l.owners.Ask(t.Context(), stranger, owner.Asking{Subject: owner.Claim, ID: claim, Account: bankAccount()})
	l.refused(err, fault.NotFoundCode, "claim", "")
	ages, err := l.owners.Ages(t.Context(), l.clock.Now().Add(31*24*time.Hour))
	if err != nil || len(ages) != 1 || ages[0].Count != 1 || ages[0].Over30 != 1 || ages[0].Over90 != 0 || ages[0].Fen30 != 100_00 {
		t.Errorf("%+v: %v", ages, err)
	}
	id, err := l.owners.Ask(t.Context(), person, owner.Asking{Subject: owner.Claim, ID: claim, Account: bankAccount()})
	l.must(err)
	l.must(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: id, Grant: true}))
	payees, err := l.funds.Payees(t.Context(), l.other, l.caseID)
	if err != nil || len(payees) != 1 || payees[0].Number != "6222000011112222" || payees[0].Mine {
		t.Errorf("%+v: %v", payees, err)
	}
	if got := l.mine(person.AccountID); len(got) != 0 {
		t.Errorf("with an account on record %+v is held", got)
	}
	l.sound()
}

const oldFile = "case_number,payer,amount,received_on,kind,note\n（2019）皖9902执7号,王五,\"1,234.56\",2019-05-31,deposit,\n（2020）皖9902执8号,赵六,10,2026-11-20,execution,现金\n"

// Old balances are imported, whole or not at all; their owner asks, finance finds and grants, and another person records the transfer.
func TestF5_AnOldBalanceFindsItsOwner(t *testing.T) {
	t.Parallel()
	l := listed(t).fund().looking()
	for file, field := range map[string]string{
		"":      "csv[1]",
		"a,b\n": "csv[1]",
		"case_number,payer,amount,received_on,kind,note\n": "csv[2]",
		oldFile + "x,y\n":                                                     "csv[4]",
		oldFile + "n,p,-1,2020-01-01,deposit,\n":                              "csv[4].amount",
		oldFile + "n,p,0,2020-01-01,deposit,\n":                               "csv[4].amount",
		oldFile + "n,,1,2020-01-01,deposit,\n":                                "csv[4].payer",
		oldFile + ",p,1,2020-01-01,deposit,\n":                                "csv[4].case_number",
		oldFile + "n,p,1,2020-02-30,deposit,\n":                               "csv[4].received_on",
		oldFile + "n,p,1,2999-01-01,deposit,\n":                               "csv[4].received_on",
		oldFile + "n,p,1,2020-01-01,x,\n":                                     "csv[4].kind",
		oldFile + "n,p,1,2020-01-01,other," + strings.Repeat("n", 201) + "\n": "csv[4].note",
	} {
		_, err := l.owners.Import(t.Context(), l.finance, strings.NewReader(file))
		if j, ok := err.(interface{ Unwrap() []error }); ok {
			err = j.Unwrap()[0]
		}
		l.refused(err, fault.OldBalanceLine, field, "F1")
	}
	if _, err := l.owners.Import(t.Context(), l.judges[0], strings.NewReader(oldFile)); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a judge imports: %v", err)
	}
	n, err := l.owners.Import(t.Context(), l.finance, strings.NewReader("\ufeff"+oldFile))
	if err != nil || n != (owner.Imported{Added: 2}) {
		t.Fatalf("%+v: %v", n, err)
	}
	if n, err = l.owners.Import(t.Context(), l.finance, strings.NewReader(oldFile)); err != nil || n != (owner.Imported{Known: 2}) {
		t.Errorf("again %+v: %v", n, err)
	}
	at := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	ages, err := l.owners.Ages(t.Context(), at)
	if err != nil || len(ages) != 1 || ages[0].Count != 2 || ages[0].Fen != 1_244_56 || ages[0].Over30 != 2 || ages[0].Over90 != 1 || ages[0].Over365 != 1 || ages[0].Fen365 != 1_234_56 {
		t.Errorf("%+v: %v", ages, err)
	}
	person := l.person()
	ask := owner.Asking{Subject: owner.Old, Court: l.finance.CourtID, CaseNumber: "（2019）皖9902执7号", Statement: "2019 年缴纳的保证金，缴款凭证编号 88", Account: bankAccount()}
	bad := ask
	bad.Statement = ""
	_, err = l.owners.Ask(t.Context(), person, bad)
	l.refused(err, fault.InvalidRequest, "statement", "F1")
	bad = ask
	bad.Court = uuid.New()
	_, err = l.owners.Ask(t.Context(), person, bad)
	l.refused(err, fault.NotFoundCode, "old", "")
	id, err := l.owners.Ask(t.Context(), person, ask)
	l.must(err)
	found, err := l.owners.Find(t.Context(), l.finance, "王五")
	if err != nil || len(found) != 1 || found[0].Fen != money.Fen(1_234_56) || found[0].State != "held" {
		t.Fatalf("%+v: %v", found, err)
	}
	l.refused(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: id, Grant: true}), fault.NotFoundCode, "old_balance", "")
	l.refused(l.owners.PaidOld(t.Context(), l.other, found[0].ID, "流水-1"), fault.StateConflict, "old_balance", "F5")
	l.must(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: id, Grant: true, Old: found[0].ID}))
	second, err := l.owners.Ask(t.Context(), l.person(), ask)
	l.must(err)
	l.refused(l.owners.Answer(t.Context(), l.finance, owner.Answer{Request: second, Grant: true, Old: found[0].ID}), fault.StateConflict, "old_balance", "F1")
	l.refused(l.owners.PaidOld(t.Context(), l.finance, found[0].ID, "流水-1"), fault.SamePerson, "", "F5")
	l.refused(l.owners.PaidOld(t.Context(), l.other, found[0].ID, ""), fault.InvalidRequest, "bank_reference", "F1")
	l.must(l.owners.PaidOld(t.Context(), l.other, found[0].ID, "流水-1"))
	l.refused(l.owners.PaidOld(t.Context(), l.other, found[0].ID, "流水-1"), fault.StateConflict, "old_balance", "F5")
	if ages, err = l.owners.Ages(t.Context(), at); err != nil || len(ages) != 1 || ages[0].Count != 1 {
		t.Errorf("%+v: %v", ages, err)
	}
	if _, err := l.pool.Exec(t.Context(), `UPDATE old_balances SET amount_fen = 1`); err == nil {
		t.Error("an old balance changes")
	}
	l.sound()
}
