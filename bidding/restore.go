package bidding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mingchui/bidding/course"
)

// maxFill bounds the fields of one step of a rebuild; Lua unpacks two values for each.
const maxFill = 1000

// errStale says that a newer rebuild of the shard is under way.
var errStale = errors.New("a newer rebuild of the shard is under way")

// restore fills Redis with a shard as the snapshot has it.
func (c *committer) restore(ctx context.Context, id int, snap *snapshot) error {
	end, prefix := snap.ends[id], shardPrefix(id)
	f := &filler{engine: c.engine, epoch: end.epoch, keys: []string{prefix + "shard", prefix + "lots"}}
	if err := f.call(ctx, c.engine.lib.restoreBegin, f.keys, end.epoch, prefix); err != nil {
		return err
	}
	lots := make([]uuid.UUID, 0, len(snap.courses[id]))
	for lot, s := range snap.courses[id] {
		lots = append(lots, lot)
		keys := lotKeys(id, lot)
		if err := f.fill(ctx, keys[3], lot, courseFields(s)); err != nil {
			return err
		}
		adm := make([]any, 0, 2*len(s.Admitted))
		for code, a := range s.Admitted {
			standing := itoa(int64(a.Rank))
			if a.Excluded {
				standing += "x"
			}
			adm = append(adm, code, standing)
		}
		if err := f.fill(ctx, keys[4], lot, adm); err != nil {
			return err
		}
		if err := c.restoreMaxima(ctx, f, id, lot, s); err != nil {
			return err
		}
	}
	if err := c.restoreKeys(ctx, f, id, lots); err != nil {
		return err
	}
	return f.call(ctx, c.engine.lib.restoreEnd, f.keys[:1], end.epoch, end.n, end.h)
}

// restoreEmpty fills Redis with the shards that hold no course, in one round trip.
func (c *committer) restoreEmpty(ctx context.Context, ids []int, snap *snapshot) error {
	pipe := c.engine.redis.Pipeline()
	var cmds []*redis.Cmd
	for _, id := range ids {
		if len(snap.courses[id]) > 0 {
			continue
		}
		end, prefix := snap.ends[id], shardPrefix(id)
		keys := []string{prefix + "shard", prefix + "lots"}
		cmds = append(cmds, pipe.FCall(ctx, c.engine.lib.restoreBegin, keys, end.epoch, prefix),
			pipe.FCall(ctx, c.engine.lib.restoreEnd, keys[:1], end.epoch, end.n, end.h))
	}
	if len(cmds) == 0 {
		return nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("rebuild shards: %w", err)
	}
	for _, cmd := range cmds {
		if word, err := cmd.Text(); err != nil || word != "ok" {
			return errStale
		}
	}
	return nil
}

// courseFields are the fields of a lot's hash; the epoch is that of its last event, so that nothing is decided before the
// epoch event.
func courseFields(s course.State) []any {
	t := s.Terms
	return []any{
		"phase", string(s.Phase), "seq", s.Seq, "last", s.LastAt, "starts", t.StartsAt, "ends", s.EndsAt,
		"start", int64(t.StartingPrice), "inc", int64(t.Increment), "ext", t.Extension, "off", t.SellOffCourse,
		"price", int64(s.Price), "leader", s.Leader, "lrank", s.LeaderRank, "stayed", s.StayedAt, "epoch", s.Epoch,
		"by", string(s.StayedBy), "acted", s.ActedAt,
	}
}

// restoreKeys brings back the idempotency keys of the accepted bids.
func (c *committer) restoreKeys(ctx context.Context, f *filler, shardID int, lots []uuid.UUID) error {
	const query = `SELECT lot_id, bidder_code, idempotency_key, amount_fen, seq, accepted_at, ends_at FROM bids
WHERE lot_id = ANY ($1) AND NOT automatic ORDER BY lot_id, seq`
	rows, err := c.engine.pool.Query(ctx, query, lots)
	if err != nil {
		return fmt.Errorf("read keys of bids: %w", err)
	}
	var (
		lot, last   uuid.UUID
		code, key   string
		amount, seq int64
		at, ends    time.Time
		pairs       []any
	)
	flush := func() error {
		err := f.fill(ctx, lotKeys(shardID, last)[5], last, pairs)
		pairs = pairs[:0]
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&lot, &code, &key, &amount, &seq, &at, &ends}, func() error {
		if lot != last || len(pairs) >= 2*maxFill {
			if err := flush(); err != nil {
				return err
			}
			last = lot
		}
		pairs = append(pairs, code+" "+key, fmt.Sprintf("%d %d %d %d", amount, seq, at.UnixMilli(), ends.UnixMilli()))
		return nil
	})
	if err != nil {
		return fmt.Errorf("restore keys of bids: %w", err)
	}
	return flush()
}

// filler makes the calls of one rebuild.
type filler struct {
	engine *Engine
	epoch  int64
	keys   []string
}

func (f *filler) fill(ctx context.Context, key string, lot uuid.UUID, pairs []any) error {
	for len(pairs) > 0 {
		n := min(len(pairs), 2*maxFill)
		args := append([]any{f.epoch, lot.String()}, pairs[:n]...)
		if err := f.call(ctx, f.engine.lib.restoreFill, append(f.keys[:2:2], key), args...); err != nil {
			return err
		}
		pairs = pairs[n:]
	}
	return nil
}

func (f *filler) call(ctx context.Context, function string, keys []string, args ...any) error {
	word, err := f.engine.redis.FCall(ctx, function, keys, args...).Text()
	if err != nil {
		return fmt.Errorf("rebuild a shard: %w", err)
	}
	if word != "ok" {
		return errStale
	}
	return nil
}

// beginEpochs writes the epoch event into every course of shards whose last event is of an older epoch; bids wait for it.
// What fails is tried again by the next sweep.
func (c *committer) beginEpochs(ctx context.Context, ids []int) {
	pipe := c.engine.redis.Pipeline()
	var cmds []*redis.Cmd
	var shards []int
	for _, id := range ids {
		epoch, n, _ := c.engine.shards[id].position()
		for lot, s := range c.courses[id] {
			if s.Epoch >= epoch {
				continue
			}
			ms, offset := c.engine.wall.now()
			keys := decideKeys(id, lot, s.Terms)
			keys[1] = streamKey(id, epoch)
			args := []any{epoch, n, ms, offset, maxAge.Milliseconds(), maxBacklog, lot.String(), string(course.Epoch)}
			cmds, shards = append(cmds, pipe.FCall(ctx, c.engine.lib.decide, keys, args...)), append(shards, id)
		}
	}
	if len(cmds) == 0 {
		return
	}
	if _, err := pipe.Exec(ctx); err != nil {
		c.engine.log.WarnContext(ctx, "epochs cannot be marked", "error", err)
	}
	for i, cmd := range cmds {
		if text, err := cmd.Text(); err == nil && len(text) > 2 && text[:2] == "ok" {
			c.engine.dirty.mark(shards[i], toCommit)
		}
	}
}
