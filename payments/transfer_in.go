package payments

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// What an entered transfer is for, as far as who enters it can tell.
const (
	forDifference = "difference"
	byReference   = "reference"
	forNothing    = "unknown"
)

// Arrived is a transfer that came to the court's account, as one person of finance enters it from the bank's statement.
type Arrived struct {
	AmountFen money.Fen
	// BankReference is the statement's own, Payer who paid by its words.
	BankReference, Payer string
	// PaymentReference is what the payer wrote; empty where nothing that we know was written: then the money lies in suspense.
	PaymentReference string
}

// EnterTransfer notes a transfer for a deposit or a balance (R17, R25); it counts once another person approves it. What it is for
// stays sealed: the answer is the same for all (R18). It returns the entry's id.
//
// Faults: role_forbidden, amount_invalid, amount_too_large, invalid_request (bank_reference, payer), payment_reference_invalid (it
// is misread), payment_reference_unknown (it is none of this court: enter the transfer without it), bank_reference_used.
func (s *Service) EnterTransfer(ctx context.Context, by auction.Actor, a Arrived) (uuid.UUID, error) {
	if err := ofFinance(by); err != nil {
		return uuid.Nil, err
	}
	if err := positive(a.AmountFen); err != nil {
		return uuid.Nil, err
	}
	bank, err := stated(a.BankReference, "bank_reference")
	if err != nil {
		return uuid.Nil, err
	}
	payer, err := stated(a.Payer, "payer")
	if err != nil {
		return uuid.Nil, err
	}
	purpose := forNothing
	var reference *string
	if a.PaymentReference != "" {
		code, err := ParseReference(a.PaymentReference)
		if err != nil {
			return uuid.Nil, err
		}
		purpose, reference = byReference, &code
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	now := audit.Millis(s.clock.Now())
	return id, s.inTx(ctx, func(tx pgx.Tx) error {
		if err := referenceOf(ctx, tx, by, reference); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO transfers_in (id, court_id, purpose, amount_fen, bank_reference, payment_reference, payer, state, prepared_by, prepared_at)
			VALUES (@id, @court, @purpose, @amount, @bank, @reference, @payer, 'prepared', @by, @now)`,
			pgx.NamedArgs{
				"id": id, "court": by.CourtID, "purpose": purpose, "amount": a.AmountFen, "bank": bank, "reference": reference, "payer": payer,
				"by": by.AccountID, "now": now,
			})
		return enteredOnce(err, "transfers_in_reference")
	})
}

// referenceOf holds that a reference is one of the actor's court; nil is none.
func referenceOf(ctx context.Context, tx pgx.Tx, by auction.Actor, code *string) error {
	if code == nil {
		return nil
	}
	var known bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payment_references WHERE code = @code AND court_id = @court)`,
		pgx.NamedArgs{"code": *code, "court": by.CourtID}).Scan(&known); err != nil {
		return fault.Internalf("look for a payment reference: %w", err)
	}
	if !known {
		return fault.New(fault.Invalid, fault.PaymentReferenceUnknown).InField("payment_reference")
	}
	return nil
}

// DecideTransfer is another person's word on an entry. Approved, the money is posted at once: a difference is paid, a deposit or a
// balance grows, what is too much or too late is owed back, what names nothing lies in suspense; none of it can be undone. Refused,
// another may be entered.
//
// Faults: role_forbidden, not_found (transfer), same_person (F5: who entered it never approves), payment_state_conflict (decided
// already), reason_required.
func (s *Service) DecideTransfer(ctx context.Context, by auction.Actor, id uuid.UUID, approve bool, reason string) error {
	event, reason, err := decision(approve, reason)
	if err != nil {
		return err
	}
	return s.leaveTransfer(ctx, by, id, event, reason)
}

// WithdrawTransfer takes an entry back, by who entered it, before another person decides.
//
// Faults: role_forbidden (also to another than who entered it), not_found (transfer), payment_state_conflict.
func (s *Service) WithdrawTransfer(ctx context.Context, by auction.Actor, id uuid.UUID) error {
	return s.leaveTransfer(ctx, by, id, EntryWithdrawn, "")
}

// entered is a transfer that came in as its row has it.
type entered struct {
	ID, CourtID, Maker uuid.UUID
	Purpose            string
	CaseID, LotID      *uuid.UUID
	Reference          *string
	Amount             money.Fen
	State              EntryState
}

func (s *Service) leaveTransfer(ctx context.Context, by auction.Actor, id uuid.UUID, event EntryEvent, reason string) error {
	now := audit.Millis(s.clock.Now())
	return s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, court_id, prepared_by, purpose, case_id, lot_id, payment_reference, amount_fen, state
			FROM transfers_in WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id})
		if err != nil {
			return fault.Internalf("lock a transfer: %w", err)
		}
		t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[entered])
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("transfer")
		}
		if err != nil {
			return fault.Internalf("lock a transfer: %w", err)
		}
		if by.Role != roleFinance || by.CourtID != t.CourtID {
			return fault.New(fault.Forbidden, fault.RoleForbidden)
		}
		next, err := NextEntry(t.State, event, t.Maker == by.AccountID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE transfers_in SET state = @to, decided_by = @by, decided_at = @now, reason = @reason WHERE id = @id AND state = @from`,
			pgx.NamedArgs{"id": id, "from": t.State, "to": next, "by": by.AccountID, "now": now, "reason": reason}); err != nil {
			return fault.Internalf("decide a transfer: %w", err)
		}
		if event != EntryApproved {
			return nil
		}
		return s.enters(ctx, tx, now, by, t)
	})
}

// enters posts an approved transfer to where it belongs.
func (s *Service) enters(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, t entered) error {
	switch {
	case t.Purpose == forDifference && t.LotID != nil && t.CaseID != nil:
		err := ledger.Post(ctx, tx, now, ledger.Posting{
			CaseID: *t.CaseID, Kind: "difference_paid", Reference: t.ID, Key: "difference_paid/" + t.ID.String(),
			Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Proceeds, Amount: t.Amount}},
		})
		if err != nil {
			return err
		}
		return s.sales.RecordDifference(ctx, tx, now, by, *t.LotID, t.Amount)
	case t.Purpose == byReference && t.Reference != nil:
		_, err := s.credit(ctx, tx, now, *t.Reference, credited{Transfer: &t.ID, Amount: t.Amount, From: ledger.Clearing})
		return err
	case t.Purpose == forNothing:
		return suspendCame(ctx, tx, now, came{&t.ID, nil, t.Amount})
	}
	return fault.Internalf("transfer %s is for %q", t.ID, t.Purpose)
}

// came is money that a transfer to the court's account, or a credit of the custodian, brought.
type came struct {
	Transfer *uuid.UUID
	Credit   *string
	Amount   money.Fen
}

// suspendCame holds money that names nothing in suspense, on finance's list.
func suspendCame(ctx context.Context, tx pgx.Tx, now time.Time, c came) error {
	id, err := newID()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO unknown_money (id, transfer_id, credit_id, intent_id, amount_fen, kind, state, found_at, idempotency_key)
		VALUES (@id, @transfer, @credit, '', @amount, 'unknown_here', 'sealed', @now, @key)`,
		pgx.NamedArgs{"id": id, "transfer": c.Transfer, "credit": c.Credit, "amount": c.Amount, "now": now, "key": "unknown/" + id.String()}); err != nil {
		return fault.Internalf("keep unknown money: %w", err)
	}
	return hold(ctx, tx, now, unknownRow{ID: id, BookingID: credited{Transfer: c.Transfer, Credit: c.Credit}.source(), Amount: c.Amount})
}

// credited is money that a transfer or a credit of the custodian brought: from clearing, or from suspense where finance found out
// whose it is.
type credited struct {
	Transfer *uuid.UUID
	Credit   *string
	Amount   money.Fen
	From     ledger.Purpose
}

// source names it in keys.
func (c credited) source() string {
	if c.Transfer != nil {
		return "transfer/" + c.Transfer.String()
	}
	if c.Credit != nil {
		return "custody/" + *c.Credit
	}
	return ""
}

// credit brings what came to the deposit or balance of its reference: what is missing there, in one payment; what is above it, or
// came when nothing is asked any more, in another that goes back. All that follows is what follows a payment by its page; a page
// that is open gives way to one for the rest. It returns the first payment.
func (s *Service) credit(ctx context.Context, tx pgx.Tx, now time.Time, reference string, c credited) (first uuid.UUID, err error) {
	to, err := s.missing(ctx, tx, reference)
	if err != nil {
		return first, err
	}
	due := min(to.rest, c.Amount)
	for _, amount := range []money.Fen{due, c.Amount - due} {
		if amount == 0 {
			continue
		}
		id, err := newID()
		if err != nil {
			return first, err
		}
		if first == uuid.Nil {
			first = id
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO payments (id, purpose, deposit_id, lot_id, case_id, account_id, amount_fen, state, idempotency_key, transfer_id, credit_id, asked_at, expires_at)
			VALUES (@id, @purpose, @deposit, @lot, @case, @account, @amount, 'asked', @key, @transfer, @credit, @now, @now)`,
			pgx.NamedArgs{
				"id": id, "purpose": to.purpose, "deposit": to.deposit, "lot": to.lot, "case": to.caseID, "account": to.account, "amount": amount,
				"key": "pay/" + id.String(), "transfer": c.Transfer, "credit": c.Credit, "now": now,
			}); err != nil {
			return first, fault.Internalf("insert payment: %w", err)
		}
		p, err := readPayment(ctx, tx, id)
		if err != nil {
			return first, err
		}
		if _, err := s.arrived(ctx, tx, now, p, arrival{from: c.From}); err != nil {
			return first, err
		}
	}
	return first, nil
}

// missing locks what a reference is for, expires its open pages, and tells what is still to be paid of it: nothing when it is
// paid, or its time is over.
func (s *Service) missing(ctx context.Context, tx pgx.Tx, reference string) (charge, error) {
	var deposit, balance *uuid.UUID
	if err := tx.QueryRow(ctx, `SELECT deposit_id, balance_of FROM payment_references WHERE code = @code`,
		pgx.NamedArgs{"code": reference}).Scan(&deposit, &balance); err != nil {
		return charge{}, fault.Internalf("read a payment reference: %w", err)
	}
	if deposit != nil {
		d, err := lockDeposit(ctx, tx, *deposit)
		if err != nil {
			return charge{}, err
		}
		c := charge{purpose: forDeposit, deposit: &d.ID, lot: d.LotID, caseID: d.CaseID, account: d.AccountID, whole: d.Amount}
		if d.State == Requested {
			c.rest = d.Amount - d.Paid
		}
		return c, s.expirePayments(ctx, tx, d.ID)
	}
	if balance == nil {
		return charge{}, fault.Internalf("payment reference is for nothing")
	}
	b, err := lockBalance(ctx, tx, *balance)
	if err != nil {
		return charge{}, err
	}
	c := charge{purpose: forBalance, lot: b.LotID, caseID: b.CaseID, account: b.AccountID, whole: b.Amount}
	if b.State == "open" {
		c.rest = b.Amount - b.Paid
	}
	return c, expireBalance(ctx, tx, b.LotID)
}

// expireBalance closes a balance's open pages in our books; money that still arrives is counted or returned.
func expireBalance(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	if _, err := tx.Exec(ctx, `UPDATE payments SET state = 'expired' WHERE purpose = 'balance' AND lot_id = @lot AND state IN ('asked', 'open')`,
		pgx.NamedArgs{"lot": lot}); err != nil {
		return fault.Internalf("expire payments: %w", err)
	}
	return nil
}
