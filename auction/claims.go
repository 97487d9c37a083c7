package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

// noClaim refuses that a sale begins or goes on while a third person's claim to
// its property is under review, or after it was found (R31, OJA 36). The rows
// are auction/objection's.
//
// Faults: objection_open (conflict, with objection and status).
func noClaim(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	rows, err := tx.Query(ctx, `SELECT o.id, o.state FROM objections o
		WHERE o.kind = 'claim' AND o.state IN ('under_review', 'founded') AND EXISTS (
			SELECT FROM lot_assets a JOIN lot_assets b ON b.asset_id = a.asset_id WHERE a.lot_id = o.lot_id AND b.lot_id = @lot)
		ORDER BY o.lodged_at LIMIT 1`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fault.Internalf("look for claims: %w", err)
	}
	claims, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		ID    uuid.UUID
		State string
	}])
	if err != nil {
		return fault.Internalf("look for claims: %w", err)
	}
	if len(claims) == 0 {
		return nil
	}
	return fault.New(fault.Conflict, fault.ObjectionOpen).ByRule("R31").With("objection", claims[0].ID).With("status", claims[0].State)
}

// stayAgain owes the stay of a lot that went on although its property is claimed.
func stayAgain(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, at time.Time) error {
	claim := noClaim(ctx, tx, l.ID)
	if claim == nil || fault.CodeOf(claim) != fault.ObjectionOpen {
		return claim
	}
	id, err := newID()
	if err != nil {
		return err
	}
	return book.Owe(ctx, tx, at, duty.Duty{
		Kind: duty.StayForClaim, Key: id.String() + ":" + l.ID.String(), CaseID: &l.CaseID, LotID: &l.ID, Rule: "R31", Actor: duty.Machine, DueAt: at,
	})
}
