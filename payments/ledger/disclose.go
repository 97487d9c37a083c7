package ledger

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
)

// sum is what the sealed postings of one kind moved between two accounts.
type sum struct {
	CaseID        uuid.UUID
	Kind          string
	Debit, Credit Purpose
	Amount        money.Fen
	Postings      []uuid.UUID
}

// Disclose shows what was posted sealed for a lot and not yet shown, in the
// caller's transaction: one sum for each kind, with its log entry and its outbox
// row. Called again it shows what came since, mostly nothing. A trigger refuses
// it before the lot is over (R18).
//
// That every sealed posting is shown at last is the caller's: with all deposits
// of the lot locked none is under way.
func Disclose(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	sums, err := sealedSums(ctx, tx, lot)
	if err != nil || len(sums) == 0 {
		return err
	}
	// Two whose deposits are of one lot show it one after the other: the second finds nothing left.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('disclose:' || @lot::uuid, 0))`, pgx.NamedArgs{"lot": lot}); err != nil {
		return fault.Internalf("wait for another disclosure: %w", err)
	}
	if sums, err = sealedSums(ctx, tx, lot); err != nil {
		return err
	}
	for _, s := range sums {
		if err := disclose(ctx, tx, now, lot, s); err != nil {
			return err
		}
	}
	return nil
}

// sealedSums are what was posted sealed for a lot and is not shown yet.
func sealedSums(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]sum, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.case_id, p.kind, d.purpose, c.purpose, sum(t.amount_fen)::bigint, array_agg(p.id)
		FROM postings p
		JOIN transfers t ON t.posting_id = p.id
		JOIN ledger_accounts d ON d.id = t.debit_account
		JOIN ledger_accounts c ON c.id = t.credit_account
		WHERE p.sealed_lot_id = @lot AND NOT EXISTS (SELECT FROM disclosed s WHERE s.posting_id = p.id)
		GROUP BY p.case_id, p.kind, d.purpose, c.purpose ORDER BY p.kind`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("sum sealed postings: %w", err)
	}
	sums, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sum])
	if err != nil {
		return nil, fault.Internalf("sum sealed postings: %w", err)
	}
	return sums, nil
}

func disclose(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, s sum) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make disclosure id: %w", err)
	}
	entry, told, err := shown(now, id, Posting{CaseID: s.CaseID, Kind: s.Kind, Transfers: []Transfer{{s.Debit, s.Credit, s.Amount}}})
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	sequencer.Queue(b, entry)
	outbox.Queue(b, now, told)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fault.Internalf("show a disclosure: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO disclosures (id, case_id, lot_id, kind, debit, credit, amount_fen, entry_id, disclosed_at)
		VALUES (@id, @case, @lot, @kind, @debit, @credit, @amount, @entry, @now)`,
		pgx.NamedArgs{
			"id": id, "case": s.CaseID, "lot": lot, "kind": s.Kind, "debit": s.Debit, "credit": s.Credit, "amount": s.Amount,
			"entry": entry.ID, "now": now,
		}); err != nil {
		return fault.Internalf("insert disclosure: %w", err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO disclosed (posting_id, disclosure_id) SELECT unnest(@postings::uuid[]), @id`,
		pgx.NamedArgs{"postings": s.Postings, "id": id}); err != nil {
		return fault.Internalf("mark postings disclosed: %w", err)
	}
	return nil
}
