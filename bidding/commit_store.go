package bidding

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// The writes of one commit are one statement, since each costs a start and an end of its own. Its fence moves each shard from
// where this commit begins to where it ends, or divides by zero (SQLSTATE 22012) when any shard stands elsewhere, so that
// nothing is written. Rows go as arrays: COPY, which needs a round trip for each table, was not faster with 16 to 512 rows
// (measured interleaved), as the indexes are what costs.
const (
	sqlLockShards = `SELECT FROM shards WHERE shard = ANY ($1) ORDER BY shard FOR UPDATE`

	sqlSpans = `INSERT INTO spans (shard, epoch, from_at, to_at)
SELECT shard, epoch, timestamptz 'epoch' + from_at * interval '1 millisecond', timestamptz 'epoch' + to_at * interval '1 millisecond'
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS v (shard, epoch, from_at, to_at)
ON CONFLICT (shard, epoch, from_at) DO UPDATE SET to_at = excluded.to_at`

	sqlCommit = `WITH moved AS (
	UPDATE shards AS s SET n = v.to_n, h = v.to_h, ticks = s.ticks + v.ticks
	FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[])
		AS v (shard, epoch, from_n, from_h, to_n, to_h, ticks)
	WHERE s.shard = v.shard AND s.epoch = v.epoch AND s.n = v.from_n AND s.h = v.from_h
	RETURNING 1),
batch AS (
	INSERT INTO batches (id, leaves, signed, at)
	SELECT $8, $9, $10, timestamptz 'epoch' + $11::bigint * interval '1 millisecond' WHERE cardinality($12::uuid[]) > 0),
event AS MATERIALIZED (
	SELECT *, timestamptz 'epoch' + ms * interval '1 millisecond' AS at
	FROM unnest($12::uuid[], $13::text[], $14::text[], $15::uuid[], $16::uuid[], $17::bigint[], $18::bigint[], $19::bytea[], $20::bytea[],
		$21::smallint[], $22::bigint[], $23::bigint[], $24::bytea[], $25::bytea[], $26::text[], $27::bigint[], $28::text[], $29::bigint[],
		$30::bigint[]) WITH ORDINALITY
		AS v (entry_id, kind, entry_kind, case_id, lot_id, seq, ms, bytes, leaf_hash,
			shard, epoch, n, h, payload, code, amount, key, received, ends, place)),
entry AS (
	INSERT INTO entries (id, kind, case_id, lot_id, seq, at, bytes, leaf_hash)
	SELECT entry_id, entry_kind, case_id, lot_id, seq, at, bytes, leaf_hash FROM event),
unplaced AS (
	INSERT INTO pending (entry_id) SELECT entry_id FROM event),
happened AS (
	INSERT INTO course_events (lot_id, seq, kind, at, shard, epoch, n, h, payload, entry_id, batch_id, batch_index)
	SELECT lot_id, seq, kind, at, shard, epoch, n, h, payload, entry_id, $8, place - 1 FROM event),
bid AS (
	INSERT INTO bids (lot_id, seq, bidder_code, amount_fen, idempotency_key, automatic, received_at, accepted_at, ends_at, entry_id)
	SELECT lot_id, seq, code, amount, nullif(key, ''), key = '', timestamptz 'epoch' + received * interval '1 millisecond', at,
		timestamptz 'epoch' + ends * interval '1 millisecond', entry_id
	FROM event WHERE kind = 'bid'),
course AS (
	INSERT INTO courses (lot_id, shard, phase, seq, last_at, starts_at, ends_at, price_fen, leader_code, leader_rank,
		bids, extensions, admitted, stayed_at, closed_at)
	SELECT lot_id, shard, phase, seq, timestamptz 'epoch' + last * interval '1 millisecond',
		timestamptz 'epoch' + starts * interval '1 millisecond', timestamptz 'epoch' + ends * interval '1 millisecond',
		nullif(price, 0), nullif(leader, ''), rank, bids, extensions, admitted,
		timestamptz 'epoch' + nullif(stayed, 0) * interval '1 millisecond', timestamptz 'epoch' + nullif(closed, 0) * interval '1 millisecond'
	FROM unnest($31::uuid[], $32::smallint[], $33::text[], $34::bigint[], $35::bigint[], $36::bigint[], $37::bigint[], $38::bigint[],
		$39::text[], $40::int[], $41::bigint[], $42::bigint[], $43::bigint[], $44::bigint[], $45::bigint[])
		AS v (lot_id, shard, phase, seq, last, starts, ends, price, leader, rank, bids, extensions, admitted, stayed, closed)
	ON CONFLICT (lot_id) DO UPDATE SET phase = excluded.phase, seq = excluded.seq, last_at = excluded.last_at, ends_at = excluded.ends_at,
		price_fen = excluded.price_fen, leader_code = excluded.leader_code, leader_rank = excluded.leader_rank, bids = excluded.bids,
		extensions = excluded.extensions, admitted = excluded.admitted, stayed_at = excluded.stayed_at, closed_at = excluded.closed_at)
SELECT 1 / (count(*) = cardinality($1::smallint[]))::int FROM moved`
)

// queueAll puts the writes of one commit into b.
func (c *committer) queueAll(b *pgx.Batch, runs []*prepared) error {
	if len(runs) > 1 {
		b.Queue(sqlLockShards, shardsOf(runs))
	}
	batch, err := c.signBatch(runs)
	if err != nil {
		return err
	}
	args := make([]any, 0, 45)
	args = appendFence(args, runs)
	args = append(args, batch.id, batch.leaves, batch.signed, batch.at)
	args = appendEvents(args, runs)
	b.Queue(sqlCommit, appendCourses(args, runs)...)
	queueSpans(b, runs)
	queueMaxima(b, runs)
	return nil
}

// signedBatch is what is signed of one commit: zero for ticks alone, which no entry tells of.
type signedBatch struct {
	id pgtype.UUID
	// leaves are the 32-byte leaf hashes in order, signed the note over their root.
	leaves, signed []byte
	// at is the last event's time, unix ms.
	at int64
}

func (c *committer) signBatch(runs []*prepared) (signedBatch, error) {
	leaves := make([]audit.Hash, 0, countRows(runs))
	var out signedBatch
	for _, p := range runs {
		for i := range p.rows {
			if r := &p.rows[i]; !r.isTick() {
				leaves, out.at = append(leaves, r.entry.LeafHash), r.event.At
				out.leaves = append(out.leaves, r.entry.LeafHash[:]...)
			}
		}
	}
	if len(leaves) == 0 {
		return out, nil
	}
	var err error
	if out.signed, err = audit.NewBatch(leaves).Sign(c.engine.signer); err != nil {
		return out, fmt.Errorf("sign the batch: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return out, fmt.Errorf("make the batch's id: %w", err)
	}
	out.id = pgUUID(id)
	return out, nil
}

// Arrays whose elements pgx encodes without reflection.
type (
	uuids  = pgtype.FlatArray[pgtype.UUID]
	byteas = pgtype.FlatArray[[]byte]
)

func pgUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} }

func countRows(runs []*prepared) (n int) {
	for _, p := range runs {
		n += len(p.rows) - p.ticks
	}
	return n
}

func shardsOf(runs []*prepared) []int16 {
	out := make([]int16, len(runs))
	for i, p := range runs {
		out[i] = int16(p.shard.id) //nolint:gosec // below 256
	}
	return out
}

// appendFence appends $1 to $7 of sqlCommit.
func appendFence(args []any, runs []*prepared) []any {
	var (
		epochs, from, to  = make([]int64, len(runs)), make([]int64, len(runs)), make([]int64, len(runs))
		fromHash, hashEnd = make([]string, len(runs)), make([]string, len(runs))
		ticks             = make([]int64, len(runs))
	)
	for i, p := range runs {
		epochs[i], from[i], to[i] = p.epoch, p.from, p.to
		fromHash[i], hashEnd[i], ticks[i] = p.hFrom, p.hTo, int64(p.ticks)
	}
	return append(args, shardsOf(runs), epochs, from, fromHash, to, hashEnd, ticks)
}

// queueSpans writes the spans of shards with a tick, an end or a gap in this commit.
func queueSpans(b *pgx.Batch, runs []*prepared) {
	var (
		shards           []int16
		epochs, from, to []int64
	)
	for _, p := range runs {
		spans := p.ended
		if s := p.served; (p.ticks > 0 || p.told || len(spans) > 0) && s.From > 0 && s.Epoch == p.epoch {
			spans = append(slices.Clip(spans), s.Span)
		}
		for _, s := range spans {
			shards = append(shards, int16(p.shard.id)) //nolint:gosec // below 256
			epochs, from, to = append(epochs, s.Epoch), append(from, s.From), append(to, s.To)
		}
	}
	if len(shards) > 0 {
		b.Queue(sqlSpans, shards, epochs, from, to)
	}
}

// appendEvents appends $12 to $30 of sqlCommit. What only a bid has is empty for other events.
func appendEvents(args []any, runs []*prepared) []any {
	n := countRows(runs)
	var (
		ids, cases, lots            = make(uuids, 0, n), make(uuids, 0, n), make(uuids, 0, n)
		kinds, entryKinds           = make([]string, 0, n), make([]string, 0, n)
		seqs, ats, epochs, places   = make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
		shards                      = make([]int16, 0, n)
		bytes, hashes, hs, payloads = make(byteas, 0, n), make(byteas, 0, n), make(byteas, 0, n), make(byteas, 0, n)
		codes, keys                 = make([]string, 0, n), make([]string, 0, n)
		amounts, received, ends     = make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
	)
	for _, p := range runs {
		for i := range p.rows {
			r := &p.rows[i]
			if r.isTick() {
				continue
			}
			e := &r.event
			ids, cases, lots = append(ids, pgUUID(r.entry.ID)), append(cases, pgUUID(r.entry.CaseID)), append(lots, pgUUID(r.lot))
			kinds, entryKinds = append(kinds, string(e.Kind)), append(entryKinds, r.entry.Kind)
			seqs, ats, epochs, places = append(seqs, e.Seq), append(ats, e.At), append(epochs, e.Epoch), append(places, e.N)
			shards = append(shards, int16(e.Shard)) //nolint:gosec // below 256
			bytes, hashes = append(bytes, r.entry.Bytes), append(hashes, r.entry.LeafHash[:])
			h, _ := hex.DecodeString(r.h) // 40 digits that chain made
			hs, payloads = append(hs, h), append(payloads, r.payload)
			bid := bidOf(r)
			codes, keys = append(codes, bid.code), append(keys, bid.key)
			amounts, received, ends = append(amounts, bid.amount), append(received, bid.received), append(ends, bid.endsAt)
		}
	}
	return append(args, ids, kinds, entryKinds, cases, lots, seqs, ats, bytes, hashes, shards, epochs, places, hs, payloads,
		codes, amounts, keys, received, ends)
}

// storedBid is what only a bid has; times are unix ms.
type storedBid struct {
	code, key                string
	amount, received, endsAt int64
}

func bidOf(r *row) storedBid {
	e := &r.event
	if e.Kind != course.Bid {
		return storedBid{}
	}
	return storedBid{code: e.Code, key: r.key, amount: int64(e.Amount), received: r.received, endsAt: e.EndsAt}
}

// appendCourses appends $31 to $45 of sqlCommit: what each lot's course is after the commit.
func appendCourses(args []any, runs []*prepared) []any {
	var (
		lots                                                            = uuids{}
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
	return append(args, lots, shards, phases, seqs, last, starts, ends, prices, leaders, ranks, bids, exts, adm, stayed, shut)
}

// transact writes runs in one transaction; with ends and outages it tells the sale of each in it.
func (c *committer) transact(ctx context.Context, runs []*prepared) error {
	b := &pgx.Batch{}
	told, opens := false, false
	for _, p := range runs {
		told = told || p.told
		for _, s := range p.states {
			opens = opens || s.Phase == course.Closed && s.Terms.MaximumBids
		}
	}
	if told {
		// Should this node vanish between the writes and the commit, the fence rows are not locked for good.
		b.Queue(`SET LOCAL idle_in_transaction_session_timeout = '30s'`)
	}
	if err := c.queueAll(b, runs); err != nil {
		return err
	}
	if !opens && (!told || (c.engine.ends == nil && c.engine.outages == nil)) {
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
			err := c.tellSale(ctx, tx, &p.rows[i])
			if err == nil {
				err = c.tellMaxima(ctx, tx, &p.rows[i])
			}
			if err != nil {
				return &saleError{lot: p.rows[i].lot, cause: err}
			}
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// tellSale tells the sale that a lot's bidding ended, or was stayed by an outage, or that the engine let it go on.
func (c *committer) tellSale(ctx context.Context, tx pgx.Tx, r *row) error {
	e := &r.event
	switch {
	case e.Kind == course.Close && c.engine.ends != nil:
		return c.engine.ends(ctx, tx, End{Lot: r.lot, Sold: e.Outcome == course.Sold, Price: e.Price, Code: e.Leader, At: instant(e.At)})
	case e.Ground == course.ByOutage && c.engine.outages != nil:
		o := Outage{Lot: r.lot, At: instant(e.At), EndsAt: instant(r.after.EndsAt), Over: e.Kind == course.Resume}
		if !o.Over {
			o.Since = instant(e.Since)
		}
		return c.engine.outages(ctx, tx, o)
	}
	return nil
}
