package payments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
	"mingchui/payments/ledger"
)

// TransferOut is a transfer of the court that gives money back, as one person of finance enters it.
type TransferOut struct {
	// AmountFen is all that is owed: a return is made in whole.
	AmountFen money.Fen
	// BankReference is the court's bank's own, Payee whose account it goes to, by name and number.
	BankReference, Payee string
}

// oweByHand owes finance the refunds of a lot that the provider could not make, or that came by transfer (R23). One of a deposit waits for the end of bidding:
// before it nobody may see that the deposit was paid (R18). The deposits' rows are locked by the caller.
func (s *Service) oweByHand(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	rows, err := tx.Query(ctx, `SELECT r.id, r.case_id FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN lots l ON l.id = p.lot_id
		WHERE p.lot_id = @lot AND r.state IN ('failed', 'by_hand') AND (r.deposit_id IS NULL OR l.status IN ('ended', 'withdrawn')) ORDER BY r.id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fault.Internalf("read refunds that are owed by hand: %w", err)
	}
	type byHand struct{ ID, CaseID uuid.UUID }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[byHand])
	if err != nil {
		return fault.Internalf("read refunds that are owed by hand: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	within, err := returnWithin(ctx, tx, lot)
	if err != nil {
		return err
	}
	for _, r := range list {
		if err := s.duties.Owe(ctx, tx, now, duty.Duty{
			Kind: duty.ReturnByTransfer, Key: r.ID.String(), CaseID: &r.CaseID, LotID: &lot, Rule: "R23", Actor: duty.Finance, DueAt: now.Add(within),
		}); err != nil {
			return err
		}
	}
	return nil
}

// owed is a return that finance owes: of a refund, of a difference that was paid in, or of a transfer that names nothing.
type owed struct {
	CourtID uuid.UUID
	// CaseID and LotID are nil for money that nobody knows.
	CaseID, LotID                     *uuid.UUID
	RefundID, TransferInID, UnknownID *uuid.UUID
	Amount                            money.Fen
	Open                              bool
	Rule                              string
}

// returnOwed reads one, for finance of its court. Rows that are not its court's, or sealed still (R18), are not found.
func returnOwed(ctx context.Context, tx pgx.Tx, by auction.Actor, id uuid.UUID) (o owed, err error) {
	if err := ofFinance(by); err != nil {
		return o, err
	}
	err = tx.QueryRow(ctx, `SELECT coalesce(l.court_id, c.court_id, k.court_id), d.case_id, d.lot_id, r.id, i.id, u.id, coalesce(r.amount_fen, i.amount_fen, u.amount_fen), d.state = 'owed', d.rule
		FROM duties d LEFT JOIN lots l ON l.id = d.lot_id LEFT JOIN refunds r ON r.id = @id LEFT JOIN transfers_in i ON i.id = @id
		LEFT JOIN unknown_money u ON u.id = @id LEFT JOIN transfers_in c ON c.id = u.transfer_id LEFT JOIN cases k ON k.id = d.case_id
		WHERE d.kind = @kind AND d.key = @id::uuid::text AND d.state IN ('owed', 'done') AND coalesce(l.court_id, c.court_id, k.court_id) = @court`,
		pgx.NamedArgs{"id": id, "kind": duty.ReturnByTransfer, "court": by.CourtID}).
		Scan(&o.CourtID, &o.CaseID, &o.LotID, &o.RefundID, &o.TransferInID, &o.UnknownID, &o.Amount, &o.Open, &o.Rule)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, fault.New(fault.NotFound, fault.NotFoundCode).InField("return")
	}
	if err != nil {
		return o, fault.Internalf("read what is owed by hand: %w", err)
	}
	return o, nil
}

// EnterReturn notes the transfer by which the court gives back what id names, a refund or a difference; it counts once another
// person approves it. It returns the entry's id.
//
// Faults: role_forbidden, not_found (return), amount_invalid, amount_too_large, amount_invalid with expected_fen (it is given back
// in whole), invalid_request (bank_reference, payee), payment_state_conflict (given back already, or entered already),
// bank_reference_used.
func (s *Service) EnterReturn(ctx context.Context, by auction.Actor, id uuid.UUID, t TransferOut) (uuid.UUID, error) {
	reference, err := stated(t.BankReference, "bank_reference")
	if err != nil {
		return uuid.Nil, err
	}
	payee, err := stated(t.Payee, "payee")
	if err != nil {
		return uuid.Nil, err
	}
	if err := positive(t.AmountFen); err != nil {
		return uuid.Nil, err
	}
	entry, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	now := audit.Millis(s.clock.Now())
	return entry, s.inTx(ctx, func(tx pgx.Tx) error {
		o, err := returnOwed(ctx, tx, by, id)
		switch {
		case err != nil:
			return err
		case !o.Open:
			return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule(o.Rule)
		case t.AmountFen != o.Amount:
			return fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen").ByRule(o.Rule).With("expected_fen", o.Amount)
		}
		hold, err := reserve(ctx, tx, now, o, entry)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO transfers_out (id, court_id, case_id, lot_id, refund_id, transfer_in_id, unknown_id, amount_fen, payee, bank_reference, state, prepared_by, prepared_at, hold_id)
			VALUES (@id, @court, @case, @lot, @refund, @in, @unknown, @amount, @payee, @reference, 'prepared', @by, @now, @hold)`,
			pgx.NamedArgs{
				"hold": hold, "id": entry, "court": o.CourtID, "case": o.CaseID, "lot": o.LotID, "refund": o.RefundID, "in": o.TransferInID, "unknown": o.UnknownID,
				"amount": t.AmountFen, "payee": payee, "reference": reference, "by": by.AccountID, "now": now,
			})
		if err := enteredOnce(err, "transfers_out_reference"); err != nil {
			return err
		}
		return onTrail(ctx, tx, now, by, o, entry, trail.ReturnEntered)
	})
}

// reserve keeps a difference that is to go back, in escrow, for the entry alone until another person decides. A refund is not reserved: the provider may
// give it back meanwhile, and what it says is posted.
func reserve(ctx context.Context, tx pgx.Tx, now time.Time, o owed, entry uuid.UUID) (*uuid.UUID, error) {
	if o.TransferInID == nil || o.CaseID == nil {
		return nil, nil //nolint:nilnil // nothing to reserve
	}
	id, err := ledger.Hold(ctx, tx, now, ledger.Reserve{
		CaseID: *o.CaseID, Account: ledger.Escrow, Amount: o.Amount, Kind: "difference_return", Reference: entry, Key: "difference_return/" + entry.String(),
	})
	return &id, err
}

// positive holds an amount that moves.
func positive(f money.Fen) error {
	if err := f.Valid(); err != nil {
		return inAmount(err)
	}
	if f == 0 {
		return fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen")
	}
	return nil
}

func inAmount(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.InField("amount_fen")
	}
	return err
}

// enteredOnce translates what inserting an entry met: its bank's reference was entered before, or something else waits for the
// second person or was approved.
func enteredOnce(err error, byReference string) error {
	if err == nil {
		return nil
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && pg.ConstraintName == byReference:
		return fault.New(fault.Conflict, fault.BankReferenceUsed).InField("bank_reference")
	case ok && pg.Code == "23505" && (strings.HasPrefix(pg.ConstraintName, "transfers_out_") || strings.HasPrefix(pg.ConstraintName, "transfers_in_")):
		return fault.New(fault.Conflict, fault.PaymentStateConflict)
	}
	return fault.Internalf("enter a transfer: %w", err)
}

// onTrail puts an act on a return on the trail of its case; money that nobody knows has none, and its own row tells. It names neither payer, payee nor the bank's reference; that money went back is
// public, what led to it the court's own.
func onTrail(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, o owed, entry uuid.UUID, act trail.Act) error {
	if o.CaseID == nil || o.LotID == nil {
		return nil
	}
	return trail.Record(ctx, tx, trail.Step{
		CaseID: *o.CaseID, LotID: *o.LotID, At: now, By: by.AccountID, Role: by.Role, Act: act, Rule: o.Rule,
		Detail: map[string]any{"amount_fen": o.Amount, "transfer": entry}, Public: act == trail.ReturnedByTransfer,
	})
}

// DecideReturn is another person's word on an entry. Approved, the money leaves its account in the ledger, the refund or the
// difference is given back, and the duty is done; none of it can be undone. Refused, another transfer may be entered.
//
// Faults: role_forbidden, not_found (transfer), same_person (F5), payment_state_conflict (decided already, or the provider gave
// it back meanwhile), reason_required.
func (s *Service) DecideReturn(ctx context.Context, by auction.Actor, id uuid.UUID, approve bool, reason string) error {
	event, reason, err := decision(approve, reason)
	if err != nil {
		return err
	}
	return s.leaveReturn(ctx, by, id, event, reason)
}

// WithdrawReturn takes an entry back, by who entered it, before another person decides.
//
// Faults: role_forbidden (also to another than who entered it), not_found (transfer), payment_state_conflict.
func (s *Service) WithdrawReturn(ctx context.Context, by auction.Actor, id uuid.UUID) error {
	return s.leaveReturn(ctx, by, id, EntryWithdrawn, "")
}

func (s *Service) leaveReturn(ctx context.Context, by auction.Actor, id uuid.UUID, event EntryEvent, reason string) error {
	if err := ofFinance(by); err != nil {
		return err
	}
	now := audit.Millis(s.clock.Now())
	return s.inTx(ctx, func(tx pgx.Tx) error {
		var of, maker uuid.UUID
		var state EntryState
		var hold *uuid.UUID
		err := tx.QueryRow(ctx, `SELECT coalesce(refund_id, transfer_in_id, unknown_id), prepared_by, state, hold_id FROM transfers_out WHERE id = @id AND court_id = @court FOR UPDATE`,
			pgx.NamedArgs{"id": id, "court": by.CourtID}).Scan(&of, &maker, &state, &hold)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("transfer")
		}
		if err != nil {
			return fault.Internalf("lock a transfer: %w", err)
		}
		next, err := NextEntry(state, event, maker == by.AccountID)
		if err != nil {
			return err
		}
		o, err := returnOwed(ctx, tx, by, of)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE transfers_out SET state = @to, decided_by = @by, decided_at = @now, reason = @reason WHERE id = @id AND state = @from`,
			pgx.NamedArgs{"id": id, "from": state, "to": next, "by": by.AccountID, "now": now, "reason": reason}); err != nil {
			return fault.Internalf("decide a transfer: %w", err)
		}
		act := trail.ReturnRefused
		switch event {
		case EntryApproved:
			act = trail.ReturnedByTransfer
			if err := s.giveBackByHand(ctx, tx, now, o, of, id, hold); err != nil {
				return err
			}
		case EntryWithdrawn:
			act = trail.ReturnWithdrawn
		case EntryRefused:
		}
		if event != EntryApproved && hold != nil {
			if err := ledger.VoidHold(ctx, tx, now, *hold); err != nil {
				return err
			}
		}
		return onTrail(ctx, tx, now, by, o, id, act)
	})
}

// giveBackByHand posts an approved transfer and ends what it gives back.
func (s *Service) giveBackByHand(ctx context.Context, tx pgx.Tx, now time.Time, o owed, of, transfer uuid.UUID, hold *uuid.UUID) error {
	if !o.Open {
		return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule(o.Rule)
	}
	if err := s.duties.Done(ctx, tx, now, duty.ReturnByTransfer, of.String()); err != nil {
		return err
	}
	if o.UnknownID != nil {
		return returnedWhole(ctx, tx, now, of, "transfer/"+transfer.String())
	}
	if o.TransferInID != nil && o.CaseID != nil {
		posting := ledger.Posting{
			CaseID: *o.CaseID, Kind: "difference_returned", Reference: transfer, Key: "difference_returned/" + transfer.String(),
			Transfers: []ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Clearing, Amount: o.Amount}},
		}
		if hold == nil { // entered before money was reserved
			return ledger.Post(ctx, tx, now, posting)
		}
		return ledger.PostHold(ctx, tx, now, *hold, posting)
	}
	r, err := readRefund(ctx, tx, of)
	if err != nil {
		return err
	}
	var d *depositRow
	if r.DepositID != nil {
		row, err := lockDeposit(ctx, tx, *r.DepositID)
		if err != nil {
			return err
		}
		d = &row
	}
	tag, err := tx.Exec(ctx, `UPDATE refunds SET state = 'transferred', done_at = @now WHERE id = @id AND state IN ('failed', 'by_hand')`,
		pgx.NamedArgs{"id": of, "now": now})
	if err != nil {
		return fault.Internalf("mark refund transferred: %w", err)
	}
	if tag.RowsAffected() != 1 {
		return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule(o.Rule)
	}
	return s.wentBack(ctx, tx, now, r, d, transfer)
}
