package bidding

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// Mine is an account's own enrolment for a lot, without the passphrase. It is
// found by its locator; nothing is opened. Whose deposit came and goes back
// without an admission learns that the code is not admitted: a person of the
// enrolment holds another (R20a), or bidding was over.
//
// Faults: not_enrolled (not_found); sealing_key_missing (internal).
func (d *Desk) Mine(ctx context.Context, account, lot uuid.UUID) (Enrolment, error) {
	e, err := d.Seat(ctx, account, lot)
	if err != nil {
		return Enrolment{}, err
	}
	if e.Deposit, err = d.deposits.Deposit(ctx, lot, account); err != nil || e.Status != awaitingDeposit {
		return e, err
	}
	later := e.Deposit.Status == "returning" || e.Deposit.Status == "returned"
	if e.Deposit.Status == "exempt" { // nothing goes back that would tell it
		if later, err = d.isLater(ctx, account, lot); err != nil {
			return e, err
		}
	}
	if later {
		e.Status = notAdmitted
	}
	return e, nil
}

// NotAdmitted tells that the code is not admitted although the deposit came.
func (e *Enrolment) NotAdmitted() bool { return e.Status == notAdmitted }

// Left tells that the bidder withdrew from a stayed sale (R28o).
func (e *Enrolment) Left() bool { return e.Status == withdrawn }

// Seat is Mine without the deposit.
//
// Faults: as Mine.
func (d *Desk) Seat(ctx context.Context, account, lot uuid.UUID) (Enrolment, error) {
	none := fault.New(fault.NotFound, fault.NotEnrolled).ByRule("R18")
	w, there, err := wrappedKey(ctx, d.pool, lot)
	if err != nil {
		return Enrolment{}, err
	}
	if !there {
		return Enrolment{}, none
	}
	sealer, err := d.ring.Sealer(lot, w)
	if err != nil {
		return Enrolment{}, err
	}
	var e Enrolment
	err = d.pool.QueryRow(ctx, `
		SELECT id, lot_id, capacity, rank, bidder_code, status FROM enrolments WHERE lot_id = @lot AND locator = @locator`,
		pgx.NamedArgs{"lot": lot, "locator": sealer.Locator(account)}).
		Scan(&e.ID, &e.LotID, &e.Capacity, &e.Rank, &e.BidderCode, &e.Status)
	if errors.Is(err, pgx.ErrNoRows) {
		return Enrolment{}, none
	}
	if err != nil {
		return Enrolment{}, fault.Internalf("read enrolment: %w", err)
	}
	return e, nil
}

// ResetPassphrase gives an account a new passphrase for its enrolment, which
// is shown once, and closes the sessions that the old one opened.
//
// Faults: as Mine; enrolment_closed (conflict) after the end; excluded, left_the_sale (conflict).
func (d *Desk) ResetPassphrase(ctx context.Context, account, lot uuid.UUID) (Enrolment, error) {
	e, err := d.Seat(ctx, account, lot)
	if err != nil {
		return Enrolment{}, err
	}
	if e.Status == withdrawn {
		return Enrolment{}, fault.New(fault.Conflict, fault.LeftTheSale).ByRule("R28o")
	}
	if e.Status == excluded {
		return Enrolment{}, fault.New(fault.Conflict, fault.Excluded).ByRule("R34")
	}
	passphrase, err := newPassphrase()
	if err != nil {
		return Enrolment{}, fault.Internalf("%w", err)
	}
	now := d.clock.Now()
	var closed [][]byte
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := lotOpenForEnrolment(ctx, tx, now, lot); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE enrolments SET passphrase_hash = @hash WHERE id = @id`,
			pgx.NamedArgs{"id": e.ID, "hash": hashPassphrase(passphrase)}); err != nil {
			return fault.Internalf("keep passphrase: %w", err)
		}
		if closed, err = revokeSessions(ctx, tx, lot, e.BidderCode); err != nil {
			return err
		}
		return d.DepositHeld(ctx, tx, now, lot) // the batch parts this row from what the request left elsewhere
	})
	if err != nil {
		return Enrolment{}, err
	}
	d.tellClosed(ctx, closed)
	e.Deposit, err = d.deposits.Deposit(ctx, lot, account)
	if err != nil && fault.KindOf(err) != fault.Unavailable {
		return Enrolment{}, err
	}
	e.Passphrase = passphrase
	return e, nil
}
