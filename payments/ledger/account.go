package ledger

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// ref names an account: a case and what the account is for (F1). The house's own have no case.
type ref struct {
	caseID  uuid.UUID
	purpose Purpose
}

func refOf(caseID uuid.UUID, p Purpose) ref {
	if ofNoCase(p) {
		caseID = uuid.Nil
	}
	return ref{caseID, p}
}

// account is a row as this transaction holds it. Clearing, which has no limit,
// is not locked, and has neither balance nor held here.
type account struct {
	ref

	id uuid.UUID
	// balance is credits less debits, held what of it is reserved.
	balance, held money.Fen
	// moved: its row no longer says what it holds.
	moved bool
}

// till is the accounts that a transaction locked, with what they hold while
// postings are applied to them one after the other.
type till map[ref]*account

const findAccounts = `
	SELECT a.id, a.case_id, a.purpose FROM unnest(@cases::uuid[], @purposes::text[]) AS w (case_id, purpose)
	JOIN ledger_accounts a ON a.case_id = w.case_id AND a.purpose = w.purpose AND a.currency = 'CNY'
	UNION ALL
	SELECT id, NULL, purpose FROM ledger_accounts WHERE case_id IS NULL AND purpose = ANY (@houses) AND currency = 'CNY'`

// lockAt is lockAccounts for what moves or holds money at an instant: holds whose
// time is over end here, and keep nobody from it.
func lockAt(ctx context.Context, tx pgx.Tx, now time.Time, refs []ref) (till, error) {
	t, err := lockAccounts(ctx, tx, refs)
	if err != nil {
		return nil, err
	}
	return t, t.expire(ctx, tx, now)
}

// lockAccounts finds or opens accounts and locks those with a limit, in id order,
// so that two transactions never wait for each other crosswise.
func lockAccounts(ctx context.Context, tx pgx.Tx, refs []ref) (till, error) {
	t := make(till, len(refs))
	for _, r := range refs {
		t[r] = nil
	}
	if err := t.find(ctx, tx); err != nil {
		return nil, err
	}
	if err := t.open(ctx, tx); err != nil {
		return nil, err
	}
	byID := make(map[uuid.UUID]*account, len(t))
	limited := make([]uuid.UUID, 0, len(t))
	for _, a := range t {
		if a.purpose != Clearing {
			limited = append(limited, a.id)
			byID[a.id] = a
		}
	}
	rows, err := tx.Query(ctx, `SELECT id, balance_fen, held_fen FROM ledger_accounts WHERE id = ANY (@ids) ORDER BY id FOR NO KEY UPDATE`,
		pgx.NamedArgs{"ids": limited})
	if err != nil {
		return nil, fault.Internalf("lock ledger accounts: %w", err)
	}
	var id uuid.UUID
	var balance, held money.Fen
	if _, err := pgx.ForEachRow(rows, []any{&id, &balance, &held}, func() error {
		byID[id].balance, byID[id].held = balance, held
		return nil
	}); err != nil {
		return nil, fault.Internalf("lock ledger accounts: %w", err)
	}
	return t, nil
}

// find fills in the accounts that are there.
func (t till) find(ctx context.Context, tx pgx.Tx) error {
	var cases []uuid.UUID
	var purposes, houses []string
	for r, a := range t {
		switch {
		case a != nil:
		case ofNoCase(r.purpose):
			houses = append(houses, string(r.purpose))
		default:
			cases, purposes = append(cases, r.caseID), append(purposes, string(r.purpose))
		}
	}
	rows, err := tx.Query(ctx, findAccounts, pgx.NamedArgs{"cases": cases, "purposes": purposes, "houses": houses})
	if err != nil {
		return fault.Internalf("find ledger accounts: %w", err)
	}
	var id uuid.UUID
	var caseID *uuid.UUID
	var purpose Purpose
	if _, err := pgx.ForEachRow(rows, []any{&id, &caseID, &purpose}, func() error {
		r := ref{purpose: purpose}
		if caseID != nil {
			r.caseID = *caseID
		}
		t[r] = &account{ref: r, id: id}
		return nil
	}); err != nil {
		return fault.Internalf("find ledger accounts: %w", err)
	}
	return nil
}

// open opens what find did not find: a case's account is opened by its first posting.
func (t till) open(ctx context.Context, tx pgx.Tx) error {
	var missing []ref
	for r, a := range t {
		if a == nil {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	// Two transactions that open the same accounts open them in one order.
	slices.SortFunc(missing, compareRefs)
	b := &pgx.Batch{}
	for _, r := range missing {
		id, err := uuid.NewV7()
		if err != nil {
			return fault.Internalf("make account id: %w", err)
		}
		b.Queue(`INSERT INTO ledger_accounts (id, case_id, purpose) VALUES (@id, @case, @purpose)
			ON CONFLICT (case_id, purpose, currency) DO NOTHING`,
			pgx.NamedArgs{"id": id, "case": idOrNull(r.caseID), "purpose": r.purpose})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fault.Internalf("open ledger accounts: %w", err)
	}
	if err := t.find(ctx, tx); err != nil {
		return err
	}
	for _, r := range missing {
		if t[r] == nil {
			return fault.Internalf("account %s of case %s is opened and not there", r.purpose, r.caseID)
		}
	}
	return nil
}

// expire ends the holds of locked accounts whose time is over.
func (t till) expire(ctx context.Context, tx pgx.Tx, now time.Time) error {
	byID := map[uuid.UUID]*account{}
	for _, a := range t {
		if a.held > 0 {
			byID[a.id] = a
		}
	}
	if len(byID) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		WITH over AS (
			SELECT id, account_id, amount_fen FROM holds h WHERE account_id = ANY (@accounts) AND expires_at <= @now
				AND NOT EXISTS (SELECT FROM hold_ends e WHERE e.hold_id = h.id)),
		ended AS (INSERT INTO hold_ends (hold_id, state, posted_fen, ended_at) SELECT id, 'expired', 0, @now FROM over)
		SELECT account_id, sum(amount_fen)::bigint FROM over GROUP BY account_id`, pgx.NamedArgs{"accounts": slices.Collect(maps.Keys(byID)), "now": now})
	if err != nil {
		return fault.Internalf("end holds whose time is over: %w", err)
	}
	var id uuid.UUID
	var freed money.Fen
	if _, err := pgx.ForEachRow(rows, []any{&id, &freed}, func() error { byID[id].held -= freed; return nil }); err != nil {
		return fault.Internalf("end holds whose time is over: %w", err)
	}
	return nil
}

// apply moves a work's postings in memory, transfer by transfer in their order:
// money that comes in later is not there yet. When one is refused, nothing of
// the work has moved.
//
// Faults: account_limit_exceeded (conflict, F1), amount_too_large.
func (t till) apply(postings ...Posting) error {
	type step struct {
		a       *account
		balance money.Fen
	}
	steps := make([]step, 0, 4)
	for _, p := range postings {
		for _, m := range p.Transfers {
			debit, credit := t[refOf(p.CaseID, m.Debit)], t[refOf(p.CaseID, m.Credit)]
			steps = append(steps, step{debit, debit.balance}, step{credit, credit.balance})
			err := debit.move(-m.Amount)
			if err == nil {
				err = credit.move(m.Amount)
			}
			if err != nil {
				for _, s := range slices.Backward(steps) {
					s.a.balance = s.balance
				}
				return err
			}
		}
	}
	return nil
}

// move changes a balance. Accounts with a limit grow by credits and never fall
// below what is held of them; Recoverable grows by debits and never rises above zero.
func (a *account) move(by money.Fen) error {
	if a.purpose == Clearing {
		return nil
	}
	balance, err := a.balance.Add(by)
	if err != nil {
		return err
	}
	if balance < a.held && by < 0 && a.purpose != Recoverable {
		return a.exceeded(a.balance-a.held, -by)
	}
	if balance > 0 && a.purpose == Recoverable {
		return a.exceeded(-a.balance, by)
	}
	a.balance, a.moved = balance, true
	return nil
}

// exceeded is the refusal of what an account does not have: nothing forces an overdraft.
func (a *account) exceeded(available, needed money.Fen) error {
	return fault.New(fault.Conflict, fault.AccountLimitExceeded).ByRule("F1").
		With("account", string(a.purpose)).With("available_fen", available).With("needed_fen", needed)
}

func compareRefs(a, b ref) int {
	if c := slices.Compare(a.caseID[:], b.caseID[:]); c != 0 {
		return c
	}
	switch {
	case a.purpose < b.purpose:
		return -1
	case a.purpose > b.purpose:
		return 1
	}
	return 0
}

func idOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
