package sequencer

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// Append enters public acts in the caller's transaction, so that act and entry commit together or not at all. The entries get
// their place in the log within two seconds of the commit. It is one statement, whatever their number.
//
// The transaction is spoiled when it fails. Faults: internal_error (internal), among others for an entry that is there already:
// an entry's id is made of its bytes, so the same act twice is refused by the primary key, and a lot's seq twice by entries_course.
func Append(ctx context.Context, tx pgx.Tx, entries ...audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	Queue(b, entries...)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fault.Internalf("append %d entries: %w", len(entries), err)
	}
	return nil
}

// Queue adds what Append writes to a batch of the caller's transaction, which Append's faults hold for.
func Queue(b *pgx.Batch, entries ...audit.Entry) {
	if len(entries) == 0 {
		return
	}
	c := columnsOf(entries)
	b.Queue(`
		WITH entered AS (
			INSERT INTO entries (id, kind, case_id, lot_id, seq, at, bytes, leaf_hash)
			SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::bytea[], $8::bytea[])
			RETURNING id)
		INSERT INTO pending (entry_id) SELECT id FROM entered`, c.ids, c.kinds, c.cases, c.lots, c.seqs, c.ats, c.bytes, c.hashes)
}

// columns is entries turned on their side, as unnest wants them.
type columns struct {
	ids         []pgtype.UUID
	kinds       []string
	cases, lots []pgtype.UUID
	seqs        []*int64
	ats         []time.Time
	bytes       [][]byte
	hashes      [][]byte
}

// pgUUID is an id as pgx encodes it at once, null for none; a uuid.UUID goes through its text.
func pgUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: id != uuid.Nil} }

func columnsOf(entries []audit.Entry) columns {
	var c columns
	for i := range entries {
		e := &entries[i]
		c.ids = append(c.ids, pgUUID(e.ID))
		c.kinds = append(c.kinds, e.Kind)
		c.cases = append(c.cases, pgUUID(e.CaseID))
		c.lots = append(c.lots, pgUUID(e.LotID))
		c.seqs = append(c.seqs, seqOrNull(&e.Seq))
		c.ats = append(c.ats, e.At)
		c.bytes = append(c.bytes, e.Bytes)
		c.hashes = append(c.hashes, e.LeafHash[:])
	}
	return c
}

// Columns are the names of the columns of entries, in the order of Row, for pgx.CopyFrom.
func Columns() []string {
	return []string{"id", "kind", "case_id", "lot_id", "seq", "at", "bytes", "leaf_hash"}
}

// Row is an entry as a row for pgx.CopyFrom into entries, in the order of Columns. Whoever copies rows in adds the ids to
// pending in the same transaction.
func Row(e audit.Entry) []any {
	return []any{e.ID, e.Kind, idOrNull(&e.CaseID), idOrNull(&e.LotID), seqOrNull(&e.Seq), e.At, e.Bytes, e.LeafHash[:]}
}

func idOrNull(id *uuid.UUID) *uuid.UUID {
	if *id == uuid.Nil {
		return nil
	}
	return id
}

func seqOrNull(seq *int64) *int64 {
	if *seq == 0 {
		return nil
	}
	return seq
}
