package bidding

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// AdmitByDuty puts an enrolment whose deposit is confirmed on the course and
// marks it admitted; it is the handler of the duty admit_bidder, idempotent.
// A course that closed meanwhile takes nobody: the deposit goes back by
// release_deposits.
func (d *Desk) AdmitByDuty(ctx context.Context, owed duty.Duty) error {
	id, err := uuid.Parse(owed.Key)
	if err != nil {
		return fault.Internalf("duty %s names no enrolment: %w", owed.ID, err)
	}
	var c AdmitCommand
	var capacity, status string
	if err := d.pool.QueryRow(ctx, `SELECT lot_id, bidder_code, capacity, rank, name_commitment, status FROM enrolments WHERE id = @id`,
		pgx.NamedArgs{"id": id}).Scan(&c.Lot, &c.Code, &capacity, &c.Rank, &c.NameCommitment, &status); err != nil {
		return fault.Internalf("read enrolment: %w", err)
	}
	if status == "admitted" || status == "excluded" {
		return nil
	}
	c.Capacity = capacity
	if _, err := d.engine.Admit(ctx, c); err != nil {
		if fault.CodeOf(err) == fault.Closed {
			return nil
		}
		return err
	}
	if _, err := d.pool.Exec(ctx, `UPDATE enrolments SET status = 'admitted', admitted_at = @now WHERE id = @id AND status <> 'admitted'`,
		pgx.NamedArgs{"id": id, "now": d.clock.Now()}); err != nil {
		return fault.Internalf("mark enrolment admitted: %w", err)
	}
	return nil
}

// Buyer opens who is behind the winning code. It answers only when the course's
// close is committed and names that code (R18, I7); auction calls it for the
// confirmation.
//
// Faults: state_conflict before the close or for another code.
func (d *Desk) Buyer(ctx context.Context, tx pgx.Tx, lot uuid.UUID, code string) (auction.Buyer, error) {
	var b auction.Buyer
	err := tx.QueryRow(ctx, `
		SELECT e.account_id, a.real_name, e.name_salt, e.name_commitment, e.id
		FROM enrolments e
		JOIN courses c ON c.lot_id = e.lot_id AND c.phase = 'closed' AND c.leader_code = e.bidder_code
		JOIN accounts a ON a.id = e.account_id
		WHERE e.lot_id = @lot AND e.bidder_code = @code`, pgx.NamedArgs{"lot": lot, "code": code}).
		Scan(&b.AccountID, &b.Name, &b.NameSalt, &b.NameCommitment, &b.EnrolmentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, fault.New(fault.Conflict, fault.StateConflict).ByRule("R18")
	}
	if err != nil {
		return b, fault.Internalf("open the buyer: %w", err)
	}
	return b, nil
}

// Winner is who bought a lot and for how much, once the close is committed;
// sold is false for a lot without a bid and for one that was withdrawn, whose
// course never closes.
//
// Faults: state_conflict before the close.
func (d *Desk) Winner(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (enrolment uuid.UUID, price money.Fen, sold bool, err error) {
	var id *uuid.UUID
	var p *money.Fen
	err = tx.QueryRow(ctx, `
		SELECT e.id, c.price_fen FROM lots l
		LEFT JOIN courses c ON c.lot_id = l.id AND c.phase = 'closed'
		LEFT JOIN enrolments e ON e.lot_id = c.lot_id AND e.bidder_code = c.leader_code
		WHERE l.id = @lot AND (c.lot_id IS NOT NULL OR l.status = 'withdrawn')`, pgx.NamedArgs{"lot": lot}).Scan(&id, &p)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, 0, false, fault.New(fault.Conflict, fault.StateConflict).ByRule("R18")
	case err != nil:
		return uuid.Nil, 0, false, fault.Internalf("read winner: %w", err)
	case p == nil:
		return uuid.Nil, 0, false, nil
	case id == nil:
		return uuid.Nil, 0, false, fault.Internalf("lot %s was won by a code without an enrolment", lot)
	}
	return *id, *p, true, nil
}
