package ledger_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/ledger"
)

// try posts and returns the refusal.
func (b *books) try(at time.Time, p ledger.Posting) error {
	return pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return ledger.Post(b.ctx, tx, at, p) })
}

func (b *books) sound() {
	b.tb.Helper()
	problems, err := ledger.Fsck(b.ctx, b.pool)
	b.must(err)
	for _, p := range problems {
		b.tb.Error(p)
	}
}

// rows counts what a refusal must leave as it was.
func (b *books) rows() (n [5]int) {
	b.tb.Helper()
	b.must(b.pool.QueryRow(b.ctx, `SELECT (SELECT count(*) FROM postings), (SELECT count(*) FROM transfers), (SELECT count(*) FROM entries),
		(SELECT count(*) FROM outbox), (SELECT count(*) FROM hold_ends)`).Scan(&n[0], &n[1], &n[2], &n[3], &n[4]))
	return n
}

func limitOf(t *testing.T, err error) (account string, available, needed money.Fen) {
	t.Helper()
	f, is := errors.AsType[*fault.Error](err)
	if !is || f.Kind != fault.Conflict || f.Code != fault.AccountLimitExceeded || f.Rule != "F1" || len(f.Args) != 3 {
		t.Fatalf("got %v", err)
	}
	return f.Args["account"].(string), f.Args["available_fen"].(money.Fen), f.Args["needed_fen"].(money.Fen)
}

// F1: whatever a posting asks for wrongly, it is refused with its reason and nothing has moved.
func TestF1_APostingThatCannotBeIsRefusedWhole(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 100})
	before := b.rows()
	one := func(debit, credit ledger.Purpose, amount money.Fen) []ledger.Transfer {
		return []ledger.Transfer{{Debit: debit, Credit: credit, Amount: amount}}
	}
	for name, c := range map[string]struct {
		transfers []ledger.Transfer
		kind      fault.Kind
		code      fault.Code
	}{
		"nothing":             {nil, fault.Internal, fault.LedgerUnbalanced},
		"amount 0":            {one(ledger.Escrow, ledger.Proceeds, 0), fault.Invalid, fault.AmountInvalid},
		"a negative amount":   {one(ledger.Escrow, ledger.Proceeds, -1), fault.Invalid, fault.AmountInvalid},
		"the least amount":    {one(ledger.Escrow, ledger.Proceeds, math.MinInt64), fault.Invalid, fault.AmountInvalid},
		"2^53":                {one(ledger.Clearing, ledger.Escrow, money.Max+1), fault.Invalid, fault.AmountTooLarge},
		"the greatest amount": {one(ledger.Clearing, ledger.Escrow, math.MaxInt64), fault.Invalid, fault.AmountTooLarge},
		"a sum above 2^53":    {one(ledger.Clearing, ledger.Escrow, money.Max), fault.Invalid, fault.AmountTooLarge},
		"to itself":           {one(ledger.Escrow, ledger.Escrow, 1), fault.Internal, fault.LedgerUnbalanced},
		"one of two is wrong": {append(one(ledger.Escrow, ledger.Proceeds, 1), one(ledger.Escrow, ledger.Proceeds, 0)...), fault.Invalid, fault.AmountInvalid},
	} {
		err := b.try(noon, ledger.Posting{CaseID: b.kase, Kind: "x", Reference: uuid.New(), Key: name, Transfers: c.transfers})
		if fault.KindOf(err) != c.kind || fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if err := b.try(noon, ledger.Posting{CaseID: b.kase, Kind: "x", Transfers: one(ledger.Escrow, ledger.Proceeds, 1)}); fault.CodeOf(err) != fault.LedgerUnbalanced {
		t.Errorf("without a key: %v", err)
	}
	if err := b.try(noon, ledger.Posting{Kind: "x", Key: "of no case", Transfers: one(ledger.Clearing, ledger.Escrow, 1)}); fault.CodeOf(err) != fault.LedgerUnbalanced {
		t.Errorf("a case's account without a case: %v", err)
	}
	if after := b.rows(); after != before {
		t.Errorf("rows went from %v to %v", before, after)
	}
	b.sound()
}

// F1: an overdraft names the account, what is available and what was needed; money that the same posting brings later is not there yet.
func TestF1_AnOverdraftNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	other := openBooks(t.Context(), t, b.pool)
	other.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 1_000})
	b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 100})
	before := b.rows()
	for name, c := range map[string]struct {
		transfers         []ledger.Transfer
		account           ledger.Purpose
		available, needed money.Fen
	}{
		"one fen above":             {[]ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Clearing, Amount: 101}}, ledger.Escrow, 100, 101},
		"an account never opened":   {[]ledger.Transfer{{Debit: ledger.Forfeits, Credit: ledger.Proceeds, Amount: 1}}, ledger.Forfeits, 0, 1},
		"twice":                     {[]ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Proceeds, Amount: 60}, {Debit: ledger.Escrow, Credit: ledger.Costs, Amount: 41}}, ledger.Escrow, 40, 41},
		"before it is there":        {[]ledger.Transfer{{Debit: ledger.Proceeds, Credit: ledger.Costs, Amount: 5}, {Debit: ledger.Escrow, Credit: ledger.Proceeds, Amount: 5}}, ledger.Proceeds, 0, 5},
		"more back than is claimed": {[]ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Recoverable, Amount: 1}}, ledger.Recoverable, 0, 1},
	} {
		account, available, needed := limitOf(t, b.try(noon, ledger.Posting{CaseID: b.kase, Kind: "x", Reference: uuid.New(), Key: name, Transfers: c.transfers}))
		if account != string(c.account) || available != c.available || needed != c.needed {
			t.Errorf("%s: %s has %d of %d", name, account, available, needed)
		}
	}
	if after := b.rows(); after != before {
		t.Errorf("rows went from %v to %v", before, after)
	}
	if err := b.try(noon, ledger.Posting{CaseID: b.kase, Kind: "x", Reference: uuid.New(), Key: "all of it", Transfers: []ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Clearing, Amount: 100}}}); err != nil {
		t.Errorf("the whole balance: %v", err)
	}
	b.sound()
}

// A key moves what it moved at first: the same changes nothing, and anything else under it is refused.
func TestF1_AKeyIsOnePosting(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	other := openBooks(t.Context(), t, b.pool)
	reference := uuid.New()
	make2 := func(change func(*ledger.Posting)) ledger.Posting {
		p := ledger.Posting{CaseID: b.kase, Kind: "deposit_held", Reference: reference, Key: "k", Transfers: []ledger.Transfer{
			{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 100}, {Debit: ledger.Escrow, Credit: ledger.Costs, Amount: 7},
		}}
		change(&p)
		return p
	}
	b.must(b.try(noon, make2(func(*ledger.Posting) {})))
	before := b.rows()
	for name, change := range map[string]func(*ledger.Posting){
		"the same":         func(*ledger.Posting) {},
		"in other order":   func(p *ledger.Posting) { p.Transfers[0], p.Transfers[1] = p.Transfers[1], p.Transfers[0] },
		"sealed this time": func(p *ledger.Posting) { p.SealedLot = &b.lot },
	} {
		if err := b.try(noon.Add(time.Hour), make2(change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*ledger.Posting){
		"another amount":  func(p *ledger.Posting) { p.Transfers[0].Amount++ },
		"another account": func(p *ledger.Posting) { p.Transfers[1].Credit = ledger.Forfeits },
		"turned round": func(p *ledger.Posting) {
			p.Transfers[1] = ledger.Transfer{Debit: ledger.Costs, Credit: ledger.Escrow, Amount: 7}
		},
		"one more":          func(p *ledger.Posting) { p.Transfers = append(p.Transfers, p.Transfers[1]) },
		"one less":          func(p *ledger.Posting) { p.Transfers = p.Transfers[:1] },
		"another kind":      func(p *ledger.Posting) { p.Kind = "deposit_returned" },
		"another reference": func(p *ledger.Posting) { p.Reference = uuid.New() },
		"another case":      func(p *ledger.Posting) { p.CaseID = other.kase },
	} {
		if err := b.try(noon, make2(change)); fault.KindOf(err) != fault.Conflict || fault.CodeOf(err) != fault.IdempotencyKeyReused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := b.rows(); after != before {
		t.Errorf("rows went from %v to %v", before, after)
	}
	b.sound()
}

// F1: a row that moves another case's money is named by fsck, however it came there.
func TestF1_FsckNamesMoneyOfAnotherCase(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	other := openBooks(t.Context(), t, b.pool)
	b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 100})
	other.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 100})
	b.sound()
	b.exec(`WITH moved AS (INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen)
			SELECT gen_random_uuid(), p.id, h.id, a.id, 1 FROM postings p JOIN ledger_accounts a ON a.case_id = @other,
				ledger_accounts h WHERE p.case_id = @case AND h.purpose = 'clearing')
		UPDATE ledger_accounts SET balance_fen = balance_fen + 1 WHERE case_id = @other`, pgx.NamedArgs{"case": b.kase, "other": other.kase})
	problems, err := ledger.Fsck(t.Context(), b.pool)
	if err != nil || len(problems) != 1 {
		t.Errorf("%v, %v", problems, err)
	}
}

// A transfer has its posting and its accounts, and those stay what they are: the tables hold it without foreign keys.
func TestF1_TheTablesHoldWhatATransferRefersTo(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 100})
	const insert = `INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen) `
	for name, sql := range map[string]string{
		"no posting":            insert + `SELECT gen_random_uuid(), gen_random_uuid(), debit_account, credit_account, 1 FROM transfers`,
		"no debit account":      insert + `SELECT gen_random_uuid(), posting_id, gen_random_uuid(), credit_account, 1 FROM transfers`,
		"no credit account":     insert + `SELECT gen_random_uuid(), posting_id, debit_account, gen_random_uuid(), 1 FROM transfers`,
		"one of two rows":       insert + `SELECT gen_random_uuid(), unnest(ARRAY[posting_id, gen_random_uuid()]), debit_account, credit_account, 1 FROM transfers`,
		"an account goes":       `DELETE FROM ledger_accounts`,
		"accounts go":           `TRUNCATE ledger_accounts CASCADE`,
		"an account is renamed": `UPDATE ledger_accounts SET id = gen_random_uuid()`,
		"an account is moved":   `UPDATE ledger_accounts SET purpose = 'costs' WHERE purpose = 'escrow'`,
	} {
		if _, err := b.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s, and the tables take it", name)
		}
	}
	b.exec(insert+`SELECT gen_random_uuid(), posting_id, debit_account, credit_account, @amount FROM transfers`, pgx.NamedArgs{"amount": 1})
	problems, err := ledger.Fsck(t.Context(), b.pool)
	if err != nil || len(problems) != 1 {
		t.Errorf("fsck says %v, %v of a transfer that no balance knows", problems, err)
	}
}

// Two that post at once under one key for different accounts share no lock: the second meets the first one's key and is refused as if it had come later.
func TestF1_AKeyIsOnePostingAtOnceToo(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	other := openBooks(t.Context(), t, b.pool)
	post := func(of *books) ledger.Posting {
		return ledger.Posting{CaseID: of.kase, Kind: "x", Reference: b.lot, Key: "k", Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 1}}}
	}
	// Clearing's row is there before: it is not what the second waits for.
	b.post(noon, "x", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 1})
	other.post(noon, "x", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 1})
	first, err := b.pool.Begin(t.Context())
	b.must(err)
	defer func() { _ = first.Rollback(context.WithoutCancel(t.Context())) }()
	b.must(ledger.Post(t.Context(), first, noon, post(b)))
	second := make(chan error, 1)
	go func() { second <- b.try(noon, post(other)) }()
	for waits := false; !waits; {
		b.must(b.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
			WHERE a.datname = current_database() AND NOT l.granted)`).Scan(&waits))
	}
	b.must(first.Commit(t.Context()))
	if err := <-second; fault.KindOf(err) != fault.Conflict || fault.CodeOf(err) != fault.IdempotencyKeyReused {
		t.Errorf("the second is told %v", err)
	}
	b.sound()
}
