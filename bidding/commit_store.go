package bidding

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// The writes of one commit, in their order. The first is the fence: it moves each shard from where this commit begins to
// where it ends, or divides by zero (SQLSTATE 22012) when any shard stands elsewhere, so that nothing is written. All go as
// arrays in one pipeline: COPY, which needs a round trip for each table, was not faster with 16 to 512 rows (measured
// interleaved), as the indexes are what costs.
const (
	sqlLockShards = `SELECT FROM shards WHERE shard = ANY ($1) ORDER BY shard FOR UPDATE`

	sqlFence = `WITH moved AS (
	UPDATE shards AS s SET n = v.to_n, h = v.to_h
	FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[]) AS v (shard, epoch, from_n, from_h, to_n, to_h)
	WHERE s.shard = v.shard AND s.epoch = v.epoch AND s.n = v.from_n AND s.h = v.from_h
	RETURNING 1)
SELECT 1 / (count(*) = cardinality($1::smallint[]))::int FROM moved`

	sqlBatch = `INSERT INTO batches (id, leaves, signed, at) VALUES ($1, $2, $3, timestamptz 'epoch' + $4::bigint * interval '1 millisecond')`

	sqlEntries = `INSERT INTO entries (id, kind, case_id, lot_id, seq, at, bytes, leaf_hash)
SELECT id, kind, case_id, lot_id, seq, timestamptz 'epoch' + at * interval '1 millisecond', bytes, leaf_hash
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[])
	AS v (id, kind, case_id, lot_id, seq, at, bytes, leaf_hash)`

	sqlPending = `INSERT INTO pending (entry_id) SELECT unnest($1::uuid[])`

	sqlEvents = `INSERT INTO course_events (lot_id, seq, kind, at, shard, epoch, n, h, payload, entry_id, batch_id, batch_index)
SELECT lot_id, seq, kind, timestamptz 'epoch' + at * interval '1 millisecond', shard, epoch, n, h, payload, entry_id, $10, batch_index
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[], $11::uuid[], $12::int[])
	AS v (lot_id, seq, kind, at, shard, epoch, n, h, payload, entry_id, batch_index)`

	sqlBids = `INSERT INTO bids (lot_id, seq, bidder_code, amount_fen, idempotency_key, received_at, accepted_at, ends_at, entry_id)
SELECT lot_id, seq, code, amount, key, timestamptz 'epoch' + received * interval '1 millisecond',
	timestamptz 'epoch' + at * interval '1 millisecond', timestamptz 'epoch' + ends * interval '1 millisecond', entry_id
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::uuid[])
	AS v (lot_id, seq, code, amount, key, received, at, ends, entry_id)`

	sqlCourses = `INSERT INTO courses (lot_id, shard, phase, seq, last_at, starts_at, ends_at, price_fen, leader_code, leader_rank,
	bids, extensions, admitted, stayed_at, closed_at)
SELECT lot_id, shard, phase, seq, timestamptz 'epoch' + last * interval '1 millisecond',
	timestamptz 'epoch' + starts * interval '1 millisecond', timestamptz 'epoch' + ends * interval '1 millisecond',
	nullif(price, 0), nullif(leader, ''), rank, bids, extensions, admitted,
	timestamptz 'epoch' + nullif(stayed, 0) * interval '1 millisecond', timestamptz 'epoch' + nullif(closed, 0) * interval '1 millisecond'
FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[],
	$10::int[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
	AS v (lot_id, shard, phase, seq, last, starts, ends, price, leader, rank, bids, extensions, admitted, stayed, closed)
ON CONFLICT (lot_id) DO UPDATE SET phase = excluded.phase, seq = excluded.seq, last_at = excluded.last_at, ends_at = excluded.ends_at,
	price_fen = excluded.price_fen, leader_code = excluded.leader_code, leader_rank = excluded.leader_rank, bids = excluded.bids,
	extensions = excluded.extensions, admitted = excluded.admitted, stayed_at = excluded.stayed_at, closed_at = excluded.closed_at`
)

// queueAll puts the writes of one commit into b.
func (c *committer) queueAll(b *pgx.Batch, runs []*prepared) error {
	queueFence(b, runs)
	leaves := make([]audit.Hash, 0, countRows(runs))
	for _, p := range runs {
		for i := range p.rows {
			leaves = append(leaves, p.rows[i].entry.LeafHash)
		}
	}
	signed, err := audit.NewBatch(leaves).Sign(c.engine.signer)
	if err != nil {
		return fmt.Errorf("sign the batch: %w", err)
	}
	batchID, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make the batch's id: %w", err)
	}
	flat := make([]byte, 0, len(leaves)*len(audit.Hash{}))
	for i := range leaves {
		flat = append(flat, leaves[i][:]...)
	}
	last := runs[len(runs)-1]
	b.Queue(sqlBatch, batchID, flat, signed, last.rows[len(last.rows)-1].event.At)
	queueEvents(b, runs, batchID, len(leaves))
	queueBids(b, runs)
	queueCourses(b, runs)
	return nil
}

// Arrays whose elements pgx encodes without reflection.
type (
	uuids  = pgtype.FlatArray[pgtype.UUID]
	byteas = pgtype.FlatArray[[]byte]
)

func pgUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} }

func countRows(runs []*prepared) (n int) {
	for _, p := range runs {
		n += len(p.rows)
	}
	return n
}

func queueFence(b *pgx.Batch, runs []*prepared) {
	var (
		shards            = make([]int16, len(runs))
		epochs, from, to  = make([]int64, len(runs)), make([]int64, len(runs)), make([]int64, len(runs))
		fromHash, hashEnd = make([]string, len(runs)), make([]string, len(runs))
	)
	for i, p := range runs {
		shards[i], epochs[i], from[i], to[i] = int16(p.shard.id), p.epoch, p.from, p.to //nolint:gosec // below 256
		fromHash[i], hashEnd[i] = p.hFrom, p.hTo
	}
	if len(runs) > 1 {
		b.Queue(sqlLockShards, shards)
	}
	b.Queue(sqlFence, shards, epochs, from, fromHash, to, hashEnd)
}

func queueEvents(b *pgx.Batch, runs []*prepared, batchID uuid.UUID, n int) {
	var (
		ids, cases, lots            = make(uuids, 0, n), make(uuids, 0, n), make(uuids, 0, n)
		kinds, entryKinds           = make([]string, 0, n), make([]string, 0, n)
		seqs, ats, epochs, places   = make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
		shards                      = make([]int16, 0, n)
		indexes                     = make([]int32, 0, n)
		bytes, hashes, hs, payloads = make(byteas, 0, n), make(byteas, 0, n), make(byteas, 0, n), make(byteas, 0, n)
	)
	for _, p := range runs {
		for i := range p.rows {
			r := &p.rows[i]
			e := &r.event
			ids, cases, lots = append(ids, pgUUID(r.entry.ID)), append(cases, pgUUID(r.entry.CaseID)), append(lots, pgUUID(r.lot))
			kinds, entryKinds = append(kinds, string(e.Kind)), append(entryKinds, r.entry.Kind)
			seqs, ats, epochs, places = append(seqs, e.Seq), append(ats, e.At), append(epochs, e.Epoch), append(places, e.N)
			shards = append(shards, int16(e.Shard))        //nolint:gosec // below 256
			indexes = append(indexes, int32(len(indexes))) //nolint:gosec // below maxRead
			bytes, hashes = append(bytes, r.entry.Bytes), append(hashes, r.entry.LeafHash[:])
			h, _ := hex.DecodeString(r.h) // 40 digits that chain made
			hs, payloads = append(hs, h), append(payloads, r.payload)
		}
	}
	b.Queue(sqlEntries, ids, entryKinds, cases, lots, seqs, ats, bytes, hashes)
	b.Queue(sqlPending, ids)
	b.Queue(sqlEvents, lots, seqs, kinds, ats, shards, epochs, places, hs, payloads, batchID, ids, indexes)
}

func queueBids(b *pgx.Batch, runs []*prepared) {
	var (
		lots, entries                      uuids
		seqs, amounts, received, ats, ends []int64
		codes, keys                        []string
	)
	for _, p := range runs {
		for i := range p.rows {
			r := &p.rows[i]
			e := &r.event
			if e.Kind != course.Bid {
				continue
			}
			lots, entries = append(lots, pgUUID(r.lot)), append(entries, pgUUID(r.entry.ID))
			seqs, amounts, ats, ends = append(seqs, e.Seq), append(amounts, int64(e.Amount)), append(ats, e.At), append(ends, e.EndsAt)
			received, codes, keys = append(received, r.received), append(codes, e.Code), append(keys, r.key)
		}
	}
	if len(lots) > 0 {
		b.Queue(sqlBids, lots, seqs, codes, amounts, keys, received, ats, ends, entries)
	}
}

// queueCourses writes what each lot's course is after the commit.
func queueCourses(b *pgx.Batch, runs []*prepared) {
	var (
		lots                                                            uuids
		shards                                                          []int16
		phases, leaders                                                 []string
		ranks                                                           []int32
		seqs, last, starts, ends, prices, bids, exts, adm, stayed, shut []int64
	)
	for _, p := range runs {
		for lot, s := range p.states {
			lots, shards = append(lots, pgUUID(lot)), append(shards, int16(p.shard.id)) //nolint:gosec // below 256
			phases, leaders = append(phases, string(s.Phase)), append(leaders, s.Leader)
			ranks = append(ranks, int32(s.LeaderRank)) //nolint:gosec // an admission's rank
			seqs, last, starts, ends = append(seqs, s.Seq), append(last, s.LastAt), append(starts, s.Terms.StartsAt), append(ends, s.EndsAt)
			prices, bids, exts = append(prices, int64(s.Price)), append(bids, s.Bids), append(exts, s.Extensions)
			adm, stayed, shut = append(adm, int64(len(s.Admitted))), append(stayed, s.StayedAt), append(shut, s.ClosedAt)
		}
	}
	b.Queue(sqlCourses, lots, shards, phases, seqs, last, starts, ends, prices, leaders, ranks, bids, exts, adm, stayed, shut)
}

// transact writes runs in one transaction; with closes it tells the sale of each end in it.
func (c *committer) transact(ctx context.Context, runs []*prepared) error {
	b := &pgx.Batch{}
	closes := false
	for _, p := range runs {
		closes = closes || p.closes
	}
	if closes {
		// Should this node vanish between the writes and the commit, the fence rows are not locked for good.
		b.Queue(`SET LOCAL idle_in_transaction_session_timeout = '30s'`)
	}
	if err := c.queueAll(b, runs); err != nil {
		return err
	}
	if !closes || c.engine.ends == nil {
		// One pipeline with one sync is one transaction: begin, writes and commit in one round trip.
		if err := c.engine.pool.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		return nil
	}
	tx, err := c.engine.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	for _, p := range runs {
		for i := range p.rows {
			if err := c.tellEnd(ctx, tx, &p.rows[i]); err != nil {
				return err
			}
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// tellEnd tells the sale that a lot's bidding ended.
func (c *committer) tellEnd(ctx context.Context, tx pgx.Tx, r *row) error {
	if r.event.Kind != course.Close {
		return nil
	}
	end := End{Lot: r.lot, Sold: r.event.Outcome == course.Sold, Price: r.event.Price, Code: r.event.Leader, At: instant(r.event.At)}
	if err := c.engine.ends(ctx, tx, end); err != nil {
		return &endError{lot: r.lot, cause: err}
	}
	return nil
}
