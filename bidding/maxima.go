package bidding

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

const sqlMaxima = `INSERT INTO maxima (lot_id, seq, bidder_code, idempotency_key, accepted_at, ends_at, commitment, sealed)
SELECT lot_id, seq, code, key, timestamptz 'epoch' + at * interval '1 millisecond', timestamptz 'epoch' + ends * interval '1 millisecond',
	nullif(commitment, ''), nullif(sealed, '')
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bytea[])
	AS v (lot_id, seq, code, key, at, ends, commitment, sealed)`

// queueMaxima keeps what was set and withdrawn.
func queueMaxima(b *pgx.Batch, runs []*prepared) {
	var (
		lots                     uuids
		seqs, ats, ends          []int64
		codes, keys, commitments []string
		seals                    byteas
	)
	for _, p := range runs {
		for i := range p.rows {
			r := &p.rows[i]
			e := &r.event
			if e.Kind != course.Maximum && e.Kind != course.MaximumWithdrawn {
				continue
			}
			lots, seqs, codes, keys = append(lots, pgUUID(r.lot)), append(seqs, e.Seq), append(codes, e.Code), append(keys, r.key)
			ats, ends, commitments = append(ats, e.At), append(ends, r.after.EndsAt), append(commitments, e.Commitment)
			sealed, _ := hex.DecodeString(r.sealed) // what is no seal the table refuses
			seals = append(seals, sealed)
		}
	}
	if len(lots) > 0 {
		b.Queue(sqlMaxima, lots, seqs, codes, keys, ats, ends, commitments, seals)
	}
}

// storedMaximum is a row of maxima.
type storedMaximum struct {
	Seq        int64
	Code, Key  string
	At, EndsAt time.Time
	Commitment *string
	Sealed     []byte
}

// readMaxima reads what was set and withdrawn on a lot, in order.
func readMaxima(ctx context.Context, q querier, lot uuid.UUID) ([]storedMaximum, error) {
	rows, err := q.Query(ctx, `SELECT seq, bidder_code, idempotency_key, accepted_at, ends_at, commitment, sealed
FROM maxima WHERE lot_id = $1 ORDER BY seq`, lot)
	if err == nil {
		var list []storedMaximum
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[storedMaximum]); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("read the maxima of lot %s: %w", lot, err)
}

// querier reads rows from the pool or inside a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// restoreMaxima brings back a lot's live maxima and the keys of all that was set and withdrawn. A lot whose seals do not open is
// halted.
func (c *committer) restoreMaxima(ctx context.Context, f *filler, shardID int, lot uuid.UUID, s course.State) error {
	if !s.Terms.MaximumBids {
		return nil
	}
	list, err := readMaxima(ctx, c.engine.pool, lot)
	if err != nil || len(list) == 0 {
		return err
	}
	var keys, live []any
	for _, m := range list {
		word := withdrawnWord
		if m.Commitment != nil {
			word = *m.Commitment
		}
		keys = append(keys, m.Code+" "+m.Key, fmt.Sprintf("%s %d %d %d", word, m.Seq, m.At.UnixMilli(), m.EndsAt.UnixMilli()))
		if s.Maxima[m.Code].Seq != m.Seq {
			continue
		}
		amount, _, err := c.open(ctx, lot, m)
		if err != nil {
			if fault.KindOf(err) != fault.Unavailable {
				c.halt(ctx, shardID, lot, err)
			}
			return err
		}
		live = append(live, m.Code, fmt.Sprintf("%d %d", amount, m.Seq))
	}
	if err := f.fill(ctx, lotKeys(shardID, lot)[5], lot, keys); err != nil {
		return err
	}
	return f.fill(ctx, maximaKey(shardID, lot), lot, live)
}

// open opens a maximum, and holds it against its commitment.
func (c *committer) open(ctx context.Context, lot uuid.UUID, m storedMaximum) (money.Fen, [course.SaltBytes]byte, error) {
	sealing := c.maxima[lot]
	if sealing == nil {
		var err error
		if sealing, err = c.engine.maximaOf(ctx, lot); err != nil {
			return 0, [course.SaltBytes]byte{}, err
		}
		c.maxima[lot] = sealing
	}
	amount, salt, err := sealing.Open(m.Code, *m.Commitment, m.Sealed)
	if err == nil && course.Commit(lot, m.Code, amount, salt) != *m.Commitment {
		err = fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("lot %s: maximum %d does not open its commitment", lot, m.Seq))
	}
	return amount, salt, err
}

// tellMaxima opens every maximum of a course in the transaction that commits its close (R18: not before): an entry for each, a
// millisecond after the close, whose place in the log is after it.
func (c *committer) tellMaxima(ctx context.Context, tx pgx.Tx, r *row) error {
	if r.event.Kind != course.Close || !r.after.Terms.MaximumBids {
		return nil
	}
	list, err := readMaxima(ctx, tx, r.lot)
	if err != nil {
		return err
	}
	at := instant(r.event.At).Add(time.Millisecond)
	entries := make([]audit.Entry, 0, len(list))
	for _, m := range list {
		if m.Commitment == nil {
			continue
		}
		amount, salt, err := c.open(ctx, r.lot, m)
		if err != nil {
			return err
		}
		entry, err := audit.New(audit.KindMaximumOpened, at, &r.entry.CaseID, &r.lot, 0, audit.MaximumOpened{
			BidderCode: m.Code, Seq: m.Seq, AmountFen: amount, Salt: hex.EncodeToString(salt[:]),
		})
		if err != nil {
			return err
		}
		entries = append(entries, entry)
	}
	delete(c.maxima, r.lot)
	return sequencer.Append(ctx, tx, entries...)
}
