package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Reserve asks for money of an account to be held until an act posts or frees it.
type Reserve struct {
	CaseID uuid.UUID
	// Account is any with a limit that grows by credits: not Clearing, not Recoverable.
	Account Purpose
	Amount  money.Fen
	// Kind names the act, Reference is what it is for: payout, and the payout.
	Kind      string
	Reference uuid.UUID
	// Key makes it happen once: asking the same again under it returns the same hold.
	Key string
	// ExpiresAt frees it by itself; zero leaves that to an act.
	ExpiresAt time.Time
}

// HoldState is where a hold stands.
type HoldState string

const (
	// HoldPending reserves its amount. PostHold, VoidHold, or its time leave it, once.
	HoldPending HoldState = "pending"
	// HoldPosted moved what it was for, or a part; the rest was freed. Final.
	HoldPosted HoldState = "posted"
	// HoldVoided was freed by an act. Final.
	HoldVoided HoldState = "voided"
	// HoldExpired was freed by its time. Final.
	HoldExpired HoldState = "expired"
)

// Hold reserves money of an account in the caller's transaction: until the hold
// ends no posting and no other hold can have it. It is a row of its own, and what
// ends it is another; nothing moves, so the log, the outbox and statements say
// nothing of it.
//
// Faults: account_limit_exceeded (conflict, F1, with account, available_fen and
// needed_fen), idempotency_key_reused (conflict: the key held something else),
// amount_invalid, amount_too_large, ledger_unbalanced.
func Hold(ctx context.Context, tx pgx.Tx, now time.Time, r Reserve) (uuid.UUID, error) {
	if err := r.check(now); err != nil {
		return uuid.Nil, err
	}
	accounts, err := lockAt(ctx, tx, now, []ref{refOf(r.CaseID, r.Account)})
	if err != nil {
		return uuid.Nil, err
	}
	a := accounts[refOf(r.CaseID, r.Account)]
	var there hold
	err = readHold(ctx, tx, `idempotency_key = @key`, pgx.NamedArgs{"key": r.Key}, &there)
	if err == nil {
		if there.account != a.id || there.amount != r.Amount || there.kind != r.Kind || there.reference != r.Reference {
			return uuid.Nil, fault.New(fault.Conflict, fault.IdempotencyKeyReused)
		}
		return there.id, nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return uuid.Nil, err
	}
	if available := a.balance - a.held; available < r.Amount {
		return uuid.Nil, a.exceeded(available, r.Amount)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make hold id: %w", err)
	}
	var expires *time.Time
	if !r.ExpiresAt.IsZero() {
		expires = &r.ExpiresAt
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO holds (id, account_id, amount_fen, kind, reference, idempotency_key, held_at, expires_at)
		VALUES (@id, @account, @amount, @kind, @reference, @key, @now, @expires)`,
		pgx.NamedArgs{
			"id": id, "account": a.id, "amount": r.Amount, "kind": r.Kind, "reference": r.Reference, "key": r.Key, "now": now, "expires": expires,
		}); err != nil {
		return uuid.Nil, fault.Internalf("insert hold: %w", err)
	}
	return id, nil
}

func (r Reserve) check(now time.Time) error {
	if err := r.Amount.Valid(); err != nil {
		return err
	}
	if r.Amount == 0 {
		return fault.New(fault.Invalid, fault.AmountInvalid)
	}
	if r.Key == "" || r.Kind == "" || r.Account == Clearing || r.Account == Recoverable || (r.CaseID == uuid.Nil) != ofNoCase(r.Account) ||
		!r.ExpiresAt.IsZero() && !r.ExpiresAt.After(now) {
		return fault.New(fault.Internal, fault.LedgerUnbalanced)
	}
	return nil
}

// PostHold ends a hold by the posting that it was for, in the caller's
// transaction. The posting takes from the held account the whole of the hold or a
// part; what is left of it is available again. Called again with the same
// posting it changes nothing.
//
// Faults: hold_ended (conflict, with state), account_limit_exceeded (conflict:
// more than is held, or of another account than there is), and those of Post.
func PostHold(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, p Posting) error {
	if err := p.check(); err != nil {
		return err
	}
	var h hold
	if err := readHold(ctx, tx, `h.id = @id`, pgx.NamedArgs{"id": id}, &h); err != nil {
		return err
	}
	taken, err := h.takenBy(p)
	if err != nil {
		return err
	}
	accounts, err := lockAt(ctx, tx, now, p.refs(nil))
	if err != nil {
		return err
	}
	state, posting, err := endOf(ctx, tx, id)
	if err != nil {
		return err
	}
	before, err := known(ctx, tx, []string{p.Key})
	if err != nil {
		return err
	}
	there, is := before[p.Key]
	switch {
	case is && posting != nil && *posting == there.ID:
		return there.same(p)
	case is:
		return fault.New(fault.Conflict, fault.IdempotencyKeyReused)
	case state != HoldPending:
		return fault.New(fault.Conflict, fault.HoldEnded).With("state", string(state))
	}
	a := accounts[h.ref]
	if taken > h.amount {
		return a.exceeded(h.amount, taken)
	}
	a.held -= h.amount
	if err := accounts.apply(p); err != nil {
		return err
	}
	w := writing{now: now, accounts: accounts}
	made, err := w.add(p)
	if err != nil {
		return err
	}
	// The hold ends first: the account's row may not hold more than it has at any moment.
	if err := endHold(ctx, tx, now, id, HoldPosted, taken, &made); err != nil {
		return err
	}
	return w.write(ctx, tx)
}

// VoidHold frees what a hold reserves, in the caller's transaction. One that is
// free already, by an act or by its time, stays as it is.
//
// Faults: hold_ended (conflict: it was posted).
func VoidHold(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID) error {
	var h hold
	if err := readHold(ctx, tx, `h.id = @id`, pgx.NamedArgs{"id": id}, &h); err != nil {
		return err
	}
	if _, err := lockAt(ctx, tx, now, []ref{h.ref}); err != nil {
		return err
	}
	state, _, err := endOf(ctx, tx, id)
	if err != nil {
		return err
	}
	switch state {
	case HoldPending:
		return endHold(ctx, tx, now, id, HoldVoided, 0, nil)
	case HoldVoided, HoldExpired:
		return nil
	case HoldPosted:
		return fault.New(fault.Conflict, fault.HoldEnded).With("state", string(state))
	}
	return fault.Internalf("hold %s is %q", id, state)
}

// Available locks accounts of a case as Lock does and tells what of each can be
// moved or held: its balance less what is held.
func Available(ctx context.Context, tx pgx.Tx, now time.Time, caseID uuid.UUID, purposes ...Purpose) (map[Purpose]money.Fen, error) {
	refs := make([]ref, len(purposes))
	for i, p := range purposes {
		refs[i] = refOf(caseID, p)
	}
	accounts, err := lockAt(ctx, tx, now, refs)
	if err != nil {
		return nil, err
	}
	free := make(map[Purpose]money.Fen, len(accounts))
	for r, a := range accounts {
		free[r.purpose] = a.balance - a.held
	}
	return free, nil
}

// hold is a row of holds, with whose account it is on.
type hold struct {
	ref

	id, account, reference uuid.UUID
	amount                 money.Fen
	kind                   string
}

func readHold(ctx context.Context, tx pgx.Tx, where string, args pgx.NamedArgs, h *hold) error {
	var caseID *uuid.UUID
	err := tx.QueryRow(ctx, `SELECT h.id, h.account_id, h.amount_fen, h.kind, h.reference, a.case_id, a.purpose
		FROM holds h JOIN ledger_accounts a ON a.id = h.account_id WHERE `+where, args).
		Scan(&h.id, &h.account, &h.amount, &h.kind, &h.reference, &caseID, &h.purpose)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Wrap(fault.NotFound, fault.NotFoundCode, err)
	}
	if err != nil {
		return fault.Internalf("read hold: %w", err)
	}
	if caseID != nil {
		h.caseID = *caseID
	}
	return nil
}

// takenBy is what a posting takes out of the held account; it must take something.
func (h hold) takenBy(p Posting) (taken money.Fen, err error) {
	for _, t := range p.Transfers {
		if refOf(p.CaseID, t.Debit) != h.ref {
			continue
		}
		if taken, err = taken.Add(t.Amount); err != nil {
			return 0, err
		}
	}
	if taken == 0 {
		return 0, fault.New(fault.Internal, fault.LedgerUnbalanced)
	}
	return taken, nil
}

// endOf tells whether and by what a hold ended; its account is locked.
func endOf(ctx context.Context, tx pgx.Tx, id uuid.UUID) (state HoldState, posting *uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `SELECT state, posting_id FROM hold_ends WHERE hold_id = @id`, pgx.NamedArgs{"id": id}).Scan(&state, &posting)
	if errors.Is(err, pgx.ErrNoRows) {
		return HoldPending, nil, nil
	}
	if err != nil {
		return "", nil, fault.Internalf("read the end of a hold: %w", err)
	}
	return state, posting, nil
}

func endHold(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, state HoldState, taken money.Fen, posting *uuid.UUID) error {
	if _, err := tx.Exec(ctx, `INSERT INTO hold_ends (hold_id, state, posted_fen, posting_id, ended_at) VALUES (@id, @state, @taken, @posting, @now)`,
		pgx.NamedArgs{"id": id, "state": state, "taken": taken, "posting": posting, "now": now}); err != nil {
		return fault.Internalf("end hold: %w", err)
	}
	return nil
}
