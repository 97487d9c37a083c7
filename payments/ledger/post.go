package ledger

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
)

// Purpose is what an account is for; a case has at most one account a purpose (F1).
type Purpose string

const (
	// Clearing is the money that the payment provider holds for the court. It
	// has no case and no limit; it grows by debits.
	Clearing Purpose = "clearing"
	// Suspense is money that the provider booked and that is no payment of ours
	// yet. It is the house's as a whole as Clearing is, for it names no court,
	// and never falls below zero.
	Suspense Purpose = "suspense"
	// Escrow holds deposits while their sale runs (R17).
	Escrow Purpose = "escrow"
	// Proceeds is what sales brought: applied deposits and balances (R25).
	Proceeds Purpose = "proceeds"
	// Forfeits holds defaulters' deposits (R24).
	Forfeits Purpose = "forfeits"
	// Costs is what the sale and the enforcement cost (F4).
	Costs Purpose = "costs"
	// PaidOut is what was approved for creditors and the debtor and is on its way
	// to them; the bank's word takes it to Clearing (F3, F5).
	PaidOut Purpose = "paid_out"
	// Recoverable is what payees owe back after a sale was set aside (R31). It
	// grows by debits and is never above zero.
	Recoverable Purpose = "recoverable"
)

// ofNoCase tells the accounts that are the house's as a whole.
func ofNoCase(p Purpose) bool { return p == Clearing || p == Suspense }

// Transfer moves an amount above zero from the debit to the credit account of
// the posting's case; Clearing and Suspense are the house's as a whole.
type Transfer struct {
	Debit, Credit Purpose
	Amount        money.Fen
}

// Posting is transfers that belong together.
type Posting struct {
	// CaseID is uuid.Nil where money moves between Clearing and Suspense alone.
	CaseID uuid.UUID
	// Kind names the act: deposit_held, deposit_applied, deposit_returned,
	// deposit_forfeited, balance_paid.
	Kind string
	// Reference is what it rests on: a payment, a refund, a deposit.
	Reference uuid.UUID
	// Key makes it happen once: posting the same key again does nothing.
	Key       string
	Transfers []Transfer
	// SealedLot keeps the posting from the log, the outbox and every reader until
	// Disclose of this lot (R18). nil shows it at once.
	SealedLot *uuid.UUID
}

// postedTold is what the outbox tells: the entry's body, and whose money it is.
type postedTold struct {
	Case *uuid.UUID `json:"case,omitempty"`
	At   time.Time  `json:"at"`
	audit.FundPosted
}

// Post writes a posting, and unless it is sealed its log entry and its outbox
// row, in the caller's transaction. Accounts with a limit are locked in id order and checked for
// each transfer; a Key that was posted before changes nothing.
//
// Faults: account_limit_exceeded (conflict), amount_invalid, ledger_unbalanced.
func Post(ctx context.Context, tx pgx.Tx, now time.Time, p Posting) error {
	if err := check(p); err != nil {
		return err
	}
	var known bool
	if err := tx.QueryRow(ctx, `SELECT true FROM postings WHERE idempotency_key = @key`,
		pgx.NamedArgs{"key": p.Key}).Scan(&known); err == nil {
		return nil
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return fault.Internalf("look for posting: %w", err)
	}
	accounts, err := lockAccounts(ctx, tx, p)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make posting id: %w", err)
	}
	var entry *uuid.UUID
	if p.SealedLot == nil {
		if entry, err = show(ctx, tx, now, id, p); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO postings (id, case_id, kind, reference, idempotency_key, entry_id, sealed_lot_id, posted_at)
		VALUES (@id, @case, @kind, @reference, @key, @entry, @sealed, @now)`,
		pgx.NamedArgs{
			"id": id, "case": p.ofCase(), "kind": p.Kind, "reference": p.Reference, "key": p.Key,
			"entry": entry, "sealed": p.SealedLot, "now": now,
		}); err != nil {
		return fault.Internalf("insert posting: %w", err)
	}
	for _, t := range p.Transfers {
		if err := transfer(ctx, tx, id, accounts, t); err != nil {
			return err
		}
	}
	return nil
}

// show writes the log entry and the outbox row of transfers that everybody may see, and returns the entry's id.
func show(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, p Posting) (*uuid.UUID, error) {
	body := audit.FundPosted{Posting: id.String(), Kind: p.Kind}
	for _, t := range p.Transfers {
		body.Transfers = append(body.Transfers, audit.FundTransfer{Debit: string(t.Debit), Credit: string(t.Credit), AmountFen: t.Amount})
	}
	entry, err := audit.New(audit.KindFundPosted, now, p.ofCase(), nil, 0, body)
	if err != nil {
		return nil, err
	}
	if err := sequencer.Append(ctx, tx, entry); err != nil {
		return nil, err
	}
	return &entry.ID, outbox.Tell(ctx, tx, now, audit.KindFundPosted, postedTold{p.ofCase(), now, body})
}

// ofCase is nil for a posting of no case.
func (p Posting) ofCase() *uuid.UUID {
	if p.CaseID == uuid.Nil {
		return nil
	}
	return &p.CaseID
}

func check(p Posting) error {
	if len(p.Transfers) == 0 || p.Key == "" {
		return fault.New(fault.Internal, fault.LedgerUnbalanced)
	}
	for _, t := range p.Transfers {
		if t.Amount <= 0 || t.Amount > money.Max {
			return fault.New(fault.Invalid, fault.AmountInvalid)
		}
		if t.Debit == t.Credit || p.CaseID == uuid.Nil && !(ofNoCase(t.Debit) && ofNoCase(t.Credit)) {
			return fault.New(fault.Internal, fault.LedgerUnbalanced)
		}
	}
	return nil
}

type account struct {
	id      uuid.UUID
	balance money.Fen
}

// lockAccounts finds or opens the posting's accounts and locks those with a
// limit in id order, so that two postings never wait for each other crosswise.
func lockAccounts(ctx context.Context, tx pgx.Tx, p Posting) (map[Purpose]*account, error) {
	purposes := make([]Purpose, 0, 4)
	for _, t := range p.Transfers {
		purposes = append(purposes, t.Debit, t.Credit)
	}
	return lockPurposes(ctx, tx, p.CaseID, purposes)
}

// Hold locks accounts of a case, in the order that every posting takes, and tells what they hold, for a posting of the same
// transaction that depends on it.
func Hold(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, purposes ...Purpose) (map[Purpose]money.Fen, error) {
	accounts, err := lockPurposes(ctx, tx, caseID, purposes)
	if err != nil {
		return nil, err
	}
	held := make(map[Purpose]money.Fen, len(accounts))
	for purpose, a := range accounts {
		held[purpose] = a.balance
	}
	return held, nil
}

func lockPurposes(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, purposes []Purpose) (map[Purpose]*account, error) {
	slices.Sort(purposes)
	purposes = slices.Compact(purposes)
	accounts := make(map[Purpose]*account, len(purposes))
	for _, purpose := range purposes {
		a, err := openAccount(ctx, tx, caseID, purpose)
		if err != nil {
			return nil, err
		}
		accounts[purpose] = a
	}
	limited := make([]*account, 0, len(accounts))
	for purpose, a := range accounts {
		if purpose != Clearing {
			limited = append(limited, a)
		}
	}
	slices.SortFunc(limited, func(a, b *account) int { return bytes.Compare(a.id[:], b.id[:]) })
	for _, a := range limited {
		if err := tx.QueryRow(ctx, `SELECT balance_fen FROM ledger_accounts WHERE id = @id FOR UPDATE`,
			pgx.NamedArgs{"id": a.id}).Scan(&a.balance); err != nil {
			return nil, fault.Internalf("lock ledger account: %w", err)
		}
	}
	return accounts, nil
}

func openAccount(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, purpose Purpose) (*account, error) {
	fresh, err := uuid.NewV7()
	if err != nil {
		return nil, fault.Internalf("make account id: %w", err)
	}
	args := pgx.NamedArgs{"id": fresh, "case": &caseID, "purpose": purpose}
	if ofNoCase(purpose) {
		args["case"] = nil
	}
	var a account
	const find = `SELECT id FROM ledger_accounts WHERE case_id IS NOT DISTINCT FROM @case::uuid AND purpose = @purpose AND currency = 'CNY'`
	err = tx.QueryRow(ctx, find, args).Scan(&a.id)
	if err == nil {
		return &a, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Internalf("find ledger account: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO ledger_accounts (id, case_id, purpose) VALUES (@id, @case, @purpose)
		ON CONFLICT (case_id, purpose, currency) DO NOTHING`, args); err != nil {
		return nil, fault.Internalf("open ledger account: %w", err)
	}
	if err := tx.QueryRow(ctx, find, args).Scan(&a.id); err != nil {
		return nil, fault.Internalf("find opened ledger account: %w", err)
	}
	return &a, nil
}

// transfer moves one amount. Accounts with a limit grow by credits and never
// fall below zero; Recoverable grows by debits and never rises above it.
func transfer(ctx context.Context, tx pgx.Tx, posting uuid.UUID, accounts map[Purpose]*account, t Transfer) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make transfer id: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen)
		VALUES (@id, @posting, @debit, @credit, @amount)`,
		pgx.NamedArgs{
			"id": id, "posting": posting, "amount": t.Amount,
			"debit": accounts[t.Debit].id, "credit": accounts[t.Credit].id,
		}); err != nil {
		return fault.Internalf("insert transfer: %w", err)
	}
	if err := move(ctx, tx, accounts, t.Debit, -t.Amount); err != nil {
		return err
	}
	return move(ctx, tx, accounts, t.Credit, t.Amount)
}

func move(ctx context.Context, tx pgx.Tx, accounts map[Purpose]*account, purpose Purpose, by money.Fen) error {
	if purpose == Clearing {
		return nil
	}
	a := accounts[purpose]
	balance, err := a.balance.Add(by)
	if err != nil {
		return err
	}
	if balance < 0 != (purpose == Recoverable) && balance != 0 {
		return fault.New(fault.Conflict, fault.AccountLimitExceeded).
			With("account", string(purpose)).With("balance_fen", int64(a.balance))
	}
	a.balance = balance
	if _, err := tx.Exec(ctx, `UPDATE ledger_accounts SET balance_fen = @balance WHERE id = @id`,
		pgx.NamedArgs{"id": a.id, "balance": balance}); err != nil {
		return fault.Internalf("move cached balance: %w", err)
	}
	return nil
}
