package ledger

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
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
	// Key makes it happen once: posting the same again under it does nothing,
	// and another posting is refused.
	Key       string
	Transfers []Transfer
	// SealedLot keeps the posting from the log, the outbox and every reader until
	// Disclose of this lot (R18). nil shows it at once.
	SealedLot *uuid.UUID
}

// Post writes a posting, and unless it is sealed its log entry and its outbox
// row, in the caller's transaction. Accounts with a limit are locked in id order
// and checked for each transfer; what is held of them is not there to be moved.
//
// Faults: account_limit_exceeded (conflict, F1, with account, available_fen and
// needed_fen), idempotency_key_reused (conflict: the key moved something else),
// amount_invalid, amount_too_large, ledger_unbalanced.
func Post(ctx context.Context, tx pgx.Tx, now time.Time, p Posting) error {
	if err := p.check(); err != nil {
		return err
	}
	accounts, err := lockAt(ctx, tx, now, p.refs(nil))
	if err != nil {
		return err
	}
	// Under the lock: a posting of the same key has the same accounts, or is refused.
	before, err := known(ctx, tx, []string{p.Key})
	if err != nil {
		return err
	}
	if there, is := before[p.Key]; is {
		return there.same(p)
	}
	if err := accounts.apply(p); err != nil {
		return err
	}
	w := writing{now: now, accounts: accounts}
	if _, err := w.add(p); err != nil {
		return err
	}
	return w.write(ctx, tx)
}

// Lock locks accounts of a case, in the order that every posting takes, and tells what they hold, for a posting of the same
// transaction that depends on it. What is reserved of it cannot be moved: Available tells the rest.
func Lock(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, purposes ...Purpose) (map[Purpose]money.Fen, error) {
	refs := make([]ref, len(purposes))
	for i, p := range purposes {
		refs[i] = refOf(caseID, p)
	}
	accounts, err := lockAccounts(ctx, tx, refs)
	if err != nil {
		return nil, err
	}
	held := make(map[Purpose]money.Fen, len(accounts))
	for r, a := range accounts {
		held[r.purpose] = a.balance
	}
	return held, nil
}

// ofCase is nil for a posting of no case.
func (p Posting) ofCase() *uuid.UUID { return idOrNull(p.CaseID) }

// refs appends the accounts that a posting moves.
func (p Posting) refs(to []ref) []ref {
	for _, t := range p.Transfers {
		to = append(to, refOf(p.CaseID, t.Debit), refOf(p.CaseID, t.Credit))
	}
	return to
}

// check refuses what can never be posted.
func (p Posting) check() error {
	if len(p.Transfers) == 0 || p.Key == "" {
		return fault.New(fault.Internal, fault.LedgerUnbalanced)
	}
	for _, t := range p.Transfers {
		if err := t.Amount.Valid(); err != nil {
			return err
		}
		if t.Amount == 0 {
			return fault.New(fault.Invalid, fault.AmountInvalid)
		}
		if t.Debit == t.Credit || p.CaseID == uuid.Nil && !(ofNoCase(t.Debit) && ofNoCase(t.Credit)) {
			return fault.New(fault.Internal, fault.LedgerUnbalanced)
		}
	}
	return nil
}
