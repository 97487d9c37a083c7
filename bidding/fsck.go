package bidding

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// Problem is a breach of an invariant that Fsck found.
type Problem struct {
	// Invariant is I1, I2 or I8.
	Invariant string
	Lot       uuid.UUID
	// Seq is the event at fault, 0 where none is.
	Seq    int64
	Detail string
}

// Fsck re-runs every course over its events, in one snapshot, and compares: each event must follow from those before by the
// rules (I2), be dense, be in the log under the same seq and bytes, be in its signed batch, and a bid be in bids (I1); the
// folded course must be the stored one; automatic bids must be those that the maxima call for, once they are opened (I2); places must be dense in each shard; and each end must rest on a span that was
// committed, in which no decision of another epoch lies (I8). It finds nothing in a sound database.
func Fsck(ctx context.Context, pool *pgxpool.Pool) ([]Problem, error) {
	f := &fsck{batches: map[uuid.UUID][]audit.Hash{}}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT lot_id FROM courses UNION SELECT lot_id FROM course_events ORDER BY 1`)
		if err != nil {
			return err
		}
		lots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		for _, lot := range lots {
			if err := f.lot(ctx, tx, lot); err != nil {
				return fmt.Errorf("lot %s: %w", lot, err)
			}
		}
		if err := f.shards(ctx, tx); err != nil {
			return err
		}
		return f.gaps(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("check bidding: %w", err)
	}
	return f.found, nil
}

type fsck struct {
	found   []Problem
	batches map[uuid.UUID][]audit.Hash
}

func (f *fsck) report(invariant string, lot uuid.UUID, seq int64, format string, args ...any) {
	f.found = append(f.found, Problem{Invariant: invariant, Lot: lot, Seq: seq, Detail: fmt.Sprintf(format, args...)})
}

// stored is one event with what belongs to it.
type stored struct {
	seq       int64
	kind      string
	at        time.Time
	shard     int
	epoch, n  int64
	payload   []byte
	entryID   uuid.UUID
	batch     uuid.UUID
	index     int
	caseID    uuid.UUID
	bytes     []byte
	leaf      []byte
	bidCode   *string
	bidAmount *int64
	bidAt     *time.Time
	bidEnds   *time.Time
	bidEntry  *uuid.UUID
	bidAuto   *bool
}

func (f *fsck) lot(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	const query = `SELECT e.seq, e.kind, e.at, e.shard, e.epoch, e.n, e.payload, e.entry_id, e.batch_id, e.batch_index, l.case_id,
	n.bytes, n.leaf_hash, b.bidder_code, b.amount_fen, b.accepted_at, b.ends_at, b.entry_id, b.automatic
FROM course_events AS e JOIN lots AS l ON l.id = e.lot_id
LEFT JOIN entries AS n ON n.id = e.entry_id AND n.lot_id = e.lot_id AND n.seq = e.seq
LEFT JOIN bids AS b ON b.lot_id = e.lot_id AND b.seq = e.seq
WHERE e.lot_id = $1 ORDER BY e.seq`
	rows, err := tx.Query(ctx, query, lot)
	if err != nil {
		return err
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v stored, err error) {
		err = row.Scan(&v.seq, &v.kind, &v.at, &v.shard, &v.epoch, &v.n, &v.payload, &v.entryID, &v.batch, &v.index, &v.caseID,
			&v.bytes, &v.leaf, &v.bidCode, &v.bidAmount, &v.bidAt, &v.bidEnds, &v.bidEntry, &v.bidAuto)
		return v, err
	})
	if err != nil {
		return err
	}
	var s course.State
	var list []course.Event // of a lot that offers maximum bids
	for _, v := range events {
		e, err := course.ParseBody(course.Kind(v.kind), v.seq, v.at.UnixMilli(), v.payload)
		if err != nil {
			f.report("I2", lot, v.seq, "payload: %v", err)
			return nil
		}
		if e.Shard != v.shard || e.Epoch != v.epoch || e.N != v.n {
			f.report("I2", lot, v.seq, "columns and payload differ in place")
		}
		if s, err = course.Next(s, e); err != nil {
			f.report("I2", lot, v.seq, "%v", err)
			return nil
		}
		if err := f.entry(ctx, tx, lot, v); err != nil {
			return err
		}
		f.bid(lot, v, e)
		if s.Terms.MaximumBids {
			list = append(list, e)
		}
	}
	if s.Terms.MaximumBids {
		if err := f.maxima(ctx, tx, lot, s, list); err != nil {
			return err
		}
	}
	return f.course(ctx, tx, lot, s)
}

// entry holds the event's log entry and its leaf in the signed batch against the event.
func (f *fsck) entry(ctx context.Context, tx pgx.Tx, lot uuid.UUID, v stored) error {
	want, err := audit.NewRaw("course."+v.kind, v.at, &v.caseID, &lot, v.seq, v.payload)
	if err != nil {
		f.report("I1", lot, v.seq, "entry: %v", err)
		return nil
	}
	if want.ID != v.entryID || !bytes.Equal(want.Bytes, v.bytes) || !bytes.Equal(want.LeafHash[:], v.leaf) {
		f.report("I1", lot, v.seq, "the log has another entry or none")
	}
	leaves, known := f.batches[v.batch]
	if !known {
		var flat []byte
		err := tx.QueryRow(ctx, `SELECT coalesce((SELECT leaves FROM batches WHERE id = $1), '')`, v.batch).Scan(&flat)
		if err != nil {
			return err
		}
		leaves, _ = splitLeaves(flat) // none is reported below
		f.batches[v.batch] = leaves
	}
	if v.index >= len(leaves) || leaves[v.index] != want.LeafHash {
		f.report("I1", lot, v.seq, "the entry is not in its signed batch")
	}
	return nil
}

func (f *fsck) bid(lot uuid.UUID, v stored, e course.Event) {
	if e.Kind != course.Bid {
		if v.bidCode != nil {
			f.report("I1", lot, v.seq, "a bid stands at an event of kind %s", e.Kind)
		}
		return
	}
	if v.bidCode == nil || *v.bidCode != e.Code || money.Fen(*v.bidAmount) != e.Amount || v.bidAt.UnixMilli() != e.At ||
		v.bidEnds.UnixMilli() != e.EndsAt || *v.bidEntry != v.entryID || *v.bidAuto != e.Automatic {
		f.report("I1", lot, v.seq, "bids has another bid or none")
	}
}

// course compares the fold with the stored row, and counts.
func (f *fsck) course(ctx context.Context, tx pgx.Tx, lot uuid.UUID, s course.State) error {
	const query = `SELECT phase, seq, last_at, starts_at, ends_at, coalesce(price_fen, 0), coalesce(leader_code, ''), leader_rank, bids, extensions,
	admitted, stayed_at, closed_at, (SELECT count(*) FROM bids WHERE lot_id = $1), (SELECT count(*) FROM entries WHERE lot_id = $1 AND seq IS NOT NULL)
FROM courses WHERE lot_id = $1`
	var (
		c                    course.State
		phase                string
		last, starts, ends   time.Time
		stayed, closed       *time.Time
		price, adm, nb, logs int64
	)
	err := tx.QueryRow(ctx, query, lot).Scan(&phase, &c.Seq, &last, &starts, &ends, &price, &c.Leader, &c.LeaderRank, &c.Bids, &c.Extensions,
		&adm, &stayed, &closed, &nb, &logs)
	if err != nil {
		f.report("I2", lot, 0, "no course row: %v", err)
		return nil
	}
	same := phase == string(s.Phase) && c.Seq == s.Seq && last.UnixMilli() == s.LastAt && starts.UnixMilli() == s.Terms.StartsAt &&
		ends.UnixMilli() == s.EndsAt && price == int64(s.Price) && c.Leader == s.Leader && c.LeaderRank == s.LeaderRank &&
		c.Bids == s.Bids && c.Extensions == s.Extensions && adm == int64(len(s.Admitted)) &&
		millisOf(stayed) == s.StayedAt && millisOf(closed) == s.ClosedAt
	if !same {
		f.report("I2", lot, s.Seq, "the stored course is not the fold of its events")
	}
	if nb != s.Bids || logs != s.Seq {
		f.report("I1", lot, s.Seq, "%d bids stored of %d, %d entries of %d", nb, s.Bids, logs, s.Seq)
	}
	return nil
}

func millisOf(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}

// shards holds each shard's places dense from 1 up to its fence: each is an event's or was a tick's.
func (f *fsck) shards(ctx context.Context, tx pgx.Tx) error {
	const query = `SELECT s.shard, s.n, count(e.n) + s.ticks, coalesce(max(e.n), 0) FROM shards AS s LEFT JOIN course_events AS e ON e.shard = s.shard
GROUP BY s.shard, s.n, s.ticks HAVING count(e.n) + s.ticks <> s.n OR coalesce(max(e.n), 0) > s.n`
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return err
	}
	var (
		shard            int
		n, count, newest int64
	)
	_, err = pgx.ForEachRow(rows, []any{&shard, &n, &count, &newest}, func() error {
		f.report("I2", uuid.Nil, 0, "shard %d is committed to %d and holds %d events and ticks, events up to %d", shard, n, count, newest)
		return nil
	})
	return err
}
