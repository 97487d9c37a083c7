package bidding

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/bidding/course"
)

// closing is a stored close event.
type closing struct {
	lot     uuid.UUID
	seq     int64
	at      time.Time
	payload []byte
	shard   int
	epoch   int64
}

// gaps is I8: the span that a close names must lie within one that is stored for its shard and epoch, and no event of the
// shard within it may be of another epoch. That it covers the closing window and the end, course.Next has checked.
func (f *fsck) gaps(ctx context.Context, tx pgx.Tx) error {
	const closes = `SELECT lot_id, seq, at, payload, shard, epoch FROM course_events WHERE kind = 'close' ORDER BY lot_id`
	const proven = `SELECT EXISTS (SELECT FROM spans WHERE shard = $1 AND epoch = $2 AND from_at <= $3 AND to_at >= $4)`
	epochs, err := readEpochs(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, closes)
	if err != nil {
		return err
	}
	ends, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v closing, err error) {
		err = row.Scan(&v.lot, &v.seq, &v.at, &v.payload, &v.shard, &v.epoch)
		return v, err
	})
	if err != nil {
		return err
	}
	for _, v := range ends {
		e, err := course.ParseBody(course.Close, v.seq, v.at.UnixMilli(), v.payload)
		if err != nil {
			continue // reported as I2
		}
		from, to := instant(e.SpanFrom), instant(e.SpanTo)
		var held bool
		if err := tx.QueryRow(ctx, proven, v.shard, v.epoch, from, to).Scan(&held); err != nil {
			return err
		}
		if !held {
			f.report("I8", v.lot, v.seq, "the span from %s to %s is not stored", course.Instant(e.SpanFrom), course.Instant(e.SpanTo))
		}
		for _, o := range epochs[v.shard] {
			if (o.epoch < v.epoch && o.last.After(from)) || (o.epoch > v.epoch && o.first.Before(to)) {
				f.report("I8", v.lot, v.seq, "the shard was in epoch %d between %s and %s", o.epoch, course.Instant(e.SpanFrom), course.Instant(e.SpanTo))
			}
		}
	}
	return nil
}

// epochOf is when the first and the last event of one epoch of a shard were.
type epochOf struct {
	epoch       int64
	first, last time.Time
}

func readEpochs(ctx context.Context, tx pgx.Tx) (map[int][]epochOf, error) {
	rows, err := tx.Query(ctx, `SELECT shard, epoch, min(at), max(at) FROM course_events GROUP BY shard, epoch`)
	if err != nil {
		return nil, err
	}
	var (
		out   = map[int][]epochOf{}
		shard int
		o     epochOf
	)
	_, err = pgx.ForEachRow(rows, []any{&shard, &o.epoch, &o.first, &o.last}, func() error {
		out[shard] = append(out[shard], o)
		return nil
	})
	return out, err
}
