package bidding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// mend looks at shards that somebody found behind or in another epoch, and rebuilds those that are.
func (c *committer) mend(ctx context.Context, marks map[int]uint8) {
	pipe := c.engine.redis.Pipeline()
	cmds, seen := map[int]*redis.SliceCmd{}, map[int]sight{}
	for id := range marks {
		seen[id] = c.sight(id)
		cmds[id] = pipe.HMGet(ctx, shardPrefix(id)+"shard", "epoch", "n", "h")
	}
	if _, err := pipe.Exec(ctx); err != nil {
		c.engine.log.WarnContext(ctx, "Redis does not answer", "error", err)
	}
	var ids []int
	floor := map[int]int64{}
	for id, mark := range marks {
		at, err := standingOf(cmds[id])
		if err != nil {
			if mark&toRebuild != 0 {
				c.engine.dirty.mark(id, toRebuild)
			}
			continue // whoever still needs the shard will say so again
		}
		switch seen[id].judge(at) {
		case toCheck, toRebuild:
			ids, floor[id] = append(ids, id), at.epoch
		case toCommit:
			c.engine.dirty.mark(id, toCommit)
			fallthrough
		default:
			if mark&toRebuild != 0 {
				ids, floor[id] = append(ids, id), at.epoch
			}
		}
	}
	if ids = c.ours(ctx, ids); len(ids) == 0 {
		return
	}
	if err := c.rebuild(ctx, ids, floor); err != nil {
		c.engine.log.WarnContext(ctx, "shards are not rebuilt yet", "shards", len(ids), "error", err)
		for _, id := range ids {
			c.engine.dirty.mark(id, toRebuild)
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

// ours keeps of shards those whose epoch is still the one this node knows. The others were rebuilt by another node: they are
// read anew and looked at again.
func (c *committer) ours(ctx context.Context, ids []int) []int {
	if len(ids) == 0 {
		return nil
	}
	before := map[int]int64{}
	for _, id := range ids {
		before[id], _, _ = c.engine.shards[id].position()
	}
	var others, ours []int
	rows, err := c.engine.pool.Query(ctx, `SELECT shard, epoch FROM shards WHERE shard = ANY ($1)`, ids)
	if err == nil {
		var (
			id    int
			epoch int64
		)
		_, err = pgx.ForEachRow(rows, []any{&id, &epoch}, func() error {
			if epoch == before[id] {
				ours = append(ours, id)
			} else {
				others = append(others, id)
			}
			return nil
		})
	}
	if err == nil && len(others) > 0 {
		err = c.load(ctx, others)
	}
	if err != nil {
		c.engine.log.WarnContext(ctx, "epochs cannot be read", "error", err)
		sleep(ctx, 50*time.Millisecond)
	}
	for _, id := range ids {
		if err != nil || !slices.Contains(ours, id) {
			c.engine.dirty.mark(id, toCheck)
		}
	}
	if err != nil {
		return nil
	}
	return ours
}

// rebuild gives shards a new epoch and Redis what PostgreSQL holds of them. The epoch is committed first: from then on
// nothing that was decided under the old one can be committed, so what is read is final, and requests of the old epoch can be
// told so.
func (c *committer) rebuild(ctx context.Context, ids []int, floor map[int]int64) error {
	servers, err := c.engine.runIDs(ctx, ids)
	if err != nil {
		return err
	}
	if err := c.engine.lib.load(ctx, c.engine.redis); err != nil {
		return err
	}
	if err := c.beginEpoch(ctx, ids, floor, servers); err != nil {
		return err
	}
	snap, err := c.read(ctx, ids)
	if err != nil {
		return err
	}
	if err := c.restoreEmpty(ctx, ids, snap); err != nil {
		return err
	}
	for _, id := range ids {
		if len(snap.courses[id]) > 0 {
			if err := c.restore(ctx, id, snap); err != nil {
				return err
			}
		}
		c.engine.meter.recoveries.Inc()
		c.trimmed[id] = 0
	}
	c.take(ctx, snap)
	c.beginEpochs(ctx, ids)
	c.engine.log.InfoContext(ctx, "shards rebuilt", "shards", len(ids))
	return nil
}

// beginEpoch commits the next epoch of shards, above what Redis shows (floor), with the server that will hold them.
func (c *committer) beginEpoch(ctx context.Context, ids []int, floor map[int]int64, servers map[int]string) error {
	const query = `UPDATE shards SET epoch = greatest(shards.epoch, v.floor) + 1, run_id = v.run_id
FROM unnest($1::int[], $2::bigint[], $3::text[]) AS v (shard, floor, run_id) WHERE shards.shard = v.shard`
	floors, runs := make([]int64, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		floors[i], runs[i] = floor[id], servers[id]
	}
	err := pgx.BeginFunc(ctx, c.engine.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLockShards, ids); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, query, ids, floors, runs)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin an epoch: %w", err)
	}
	return nil
}

// snapshot is what PostgreSQL holds of shards at one moment.
type snapshot struct {
	ends    map[int]standing
	runIDs  map[int]string
	courses map[int]map[uuid.UUID]course.State
	// spans are the last of each shard that has one.
	spans map[int]course.Span
}

// load reads shards, all of them for nil, and takes them as they are committed.
func (c *committer) load(ctx context.Context, ids []int) error {
	if ids == nil {
		for id := range shardCount {
			ids = append(ids, id)
		}
	}
	snap, err := c.read(ctx, ids)
	if err != nil {
		return err
	}
	c.take(ctx, snap)
	return nil
}

// take makes a snapshot what this node knows: states, timers, the committed ends; flights of older epochs are buried.
func (c *committer) take(ctx context.Context, snap *snapshot) {
	for id, courses := range snap.courses {
		for lot := range c.courses[id] {
			if _, there := courses[lot]; !there {
				c.engine.watch.drop(lot)
			}
		}
		if c.courses[id] == nil { // another may have committed: what it wrote is known of the service
			span := snap.spans[id]
			c.serving[id] = serving{Span: span, high: span.To, used: span.To}
			c.engine.shards[id].show(c.serving[id])
		}
		c.courses[id], c.runIDs[id] = courses, snap.runIDs[id]
	}
	for id, end := range snap.ends {
		s := c.engine.shards[id]
		c.engine.deliver(ctx, s, s.sync(end.epoch, end.n, end.h))
	}
	for id, courses := range snap.courses {
		for lot, s := range courses {
			c.engine.watch.set(id, lot, s)
		}
	}
}

// read reads shards and their courses that are not closed, halted ones aside, in one snapshot.
func (c *committer) read(ctx context.Context, ids []int) (*snapshot, error) {
	snap := &snapshot{ends: map[int]standing{}, runIDs: map[int]string{}, courses: map[int]map[uuid.UUID]course.State{}, spans: map[int]course.Span{}}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, c.engine.pool, options, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT shard, epoch, n, h, run_id FROM shards WHERE shard = ANY ($1)`, ids)
		if err != nil {
			return err
		}
		var (
			id    int
			at    standing
			runID string
		)
		_, err = pgx.ForEachRow(rows, []any{&id, &at.epoch, &at.n, &at.h, &runID}, func() error {
			snap.ends[id], snap.runIDs[id], snap.courses[id] = at, runID, map[uuid.UUID]course.State{}
			return nil
		})
		if err != nil {
			return err
		}
		if snap.spans, err = readSpans(ctx, tx, ids); err != nil {
			return err
		}
		states, shards, err := readCourses(ctx, tx, ids)
		for lot, s := range states {
			if !c.engine.halts.has(lot) {
				snap.courses[shards[lot]][lot] = s
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read shards and courses: %w", err)
	}
	return snap, nil
}

// readSpans reads the last span of each shard.
func readSpans(ctx context.Context, tx pgx.Tx, ids []int) (map[int]course.Span, error) {
	const query = `SELECT DISTINCT ON (shard) shard, epoch, from_at, to_at FROM spans WHERE shard = ANY ($1) ORDER BY shard, epoch DESC, from_at DESC`
	rows, err := tx.Query(ctx, query, ids)
	if err != nil {
		return nil, err
	}
	var (
		out      = map[int]course.Span{}
		id       int
		epoch    int64
		from, to time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &epoch, &from, &to}, func() error {
		out[id] = course.Span{Epoch: epoch, From: from.UnixMilli(), To: to.UnixMilli()}
		return nil
	})
	return out, err
}

// readCourses rebuilds the states of courses that are not closed from their rows and from the events that rows do not fold:
// open, admit, exclude, maximum and its withdrawal, and the stay of a stayed one.
func readCourses(ctx context.Context, tx pgx.Tx, ids []int) (map[uuid.UUID]course.State, map[uuid.UUID]int, error) {
	const events = `SELECT lot_id, seq, kind, at, payload FROM course_events
WHERE lot_id = ANY ($1) AND kind IN ('open', 'admit', 'exclude', 'stay', 'maximum', 'maximum_withdrawn') ORDER BY lot_id, seq`
	states, shards, err := readCourseRows(ctx, tx, ids)
	if err != nil {
		return nil, nil, err
	}
	lots := make([]uuid.UUID, 0, len(states))
	for lot := range states {
		lots = append(lots, lot)
	}
	rows, err := tx.Query(ctx, events, lots)
	if err != nil {
		return nil, nil, err
	}
	var (
		lot     uuid.UUID
		seq     int64
		kind    string
		at      time.Time
		payload []byte
	)
	_, err = pgx.ForEachRow(rows, []any{&lot, &seq, &kind, &at, &payload}, func() error {
		e, err := course.ParseBody(course.Kind(kind), seq, at.UnixMilli(), payload)
		if err != nil {
			return fmt.Errorf("read event %d of lot %s: %w", seq, lot, err)
		}
		s := states[lot]
		switch e.Kind { //nolint:exhaustive // the query asks for these
		case course.Open:
			s.Terms = e.Terms
		case course.Admit:
			s.Admitted[e.Code] = course.Admission{Capacity: e.Capacity, Rank: e.Rank}
		case course.Exclude:
			a := s.Admitted[e.Code]
			a.Excluded = true
			s.Admitted[e.Code] = a
		case course.Maximum:
			if s.Maxima == nil {
				s.Maxima = map[string]course.SealedMaximum{}
			}
			s.Maxima[e.Code] = course.SealedMaximum{Seq: e.Seq, Commitment: e.Commitment}
		case course.MaximumWithdrawn:
			delete(s.Maxima, e.Code)
		case course.Stay:
			if s.Phase == course.Stayed {
				s.StayedBy = e.Ground
			}
		}
		states[lot] = s
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return states, shards, nil
}

func readCourseRows(ctx context.Context, tx pgx.Tx, ids []int) (map[uuid.UUID]course.State, map[uuid.UUID]int, error) {
	const query = `SELECT c.lot_id, c.shard, c.phase, c.seq, c.last_at, c.ends_at, c.price_fen, c.leader_code, c.leader_rank,
	c.bids, c.extensions, c.stayed_at, e.epoch, e.n,
	(SELECT at FROM course_events AS a WHERE a.lot_id = c.lot_id AND a.kind <> 'epoch' ORDER BY a.seq DESC LIMIT 1)
FROM courses AS c JOIN course_events AS e ON e.lot_id = c.lot_id AND e.seq = c.seq
WHERE c.shard = ANY ($1) AND c.phase <> 'closed'`
	states, shards := map[uuid.UUID]course.State{}, map[uuid.UUID]int{}
	rows, err := tx.Query(ctx, query, ids)
	if err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		var (
			lot    uuid.UUID
			shard  int
			phase  string
			s      course.State
			last   time.Time
			ends   time.Time
			acted  time.Time
			stayed *time.Time
			price  *int64
			leader *string
		)
		if err := rows.Scan(&lot, &shard, &phase, &s.Seq, &last, &ends, &price, &leader, &s.LeaderRank, &s.Bids, &s.Extensions,
			&stayed, &s.Epoch, &s.N, &acted); err != nil {
			rows.Close()
			return nil, nil, err
		}
		s.Phase, s.LastAt, s.EndsAt, s.Admitted = course.Phase(phase), last.UnixMilli(), ends.UnixMilli(), map[string]course.Admission{}
		s.ActedAt = acted.UnixMilli()
		if stayed != nil {
			s.StayedAt = stayed.UnixMilli()
		}
		if price != nil && leader != nil {
			s.Price, s.Leader = money.Fen(*price), *leader
		}
		states[lot], shards[lot] = s, shard
	}
	return states, shards, rows.Err()
}

// identify notices a Redis that was started anew or replaced: its memory may lack what it had answered. It also looks at the
// shards that nobody uses here: another node may be waiting for one.
func (c *committer) identify(ctx context.Context) {
	ids := make([]int, shardCount)
	for id := range ids {
		ids[id] = id
	}
	c.look(ctx, ids, func(redis.Pipeliner, int, sight) {})
	if ids = c.active(); len(ids) == 0 {
		return
	}
	servers, err := c.engine.runIDs(ctx, ids)
	if err != nil {
		c.engine.log.WarnContext(ctx, "Redis does not tell who it is", "error", err)
		return
	}
	for _, id := range ids {
		if c.courses[id] != nil && servers[id] != c.runIDs[id] {
			c.engine.dirty.mark(id, toRebuild)
		}
	}
}

// runIDs asks the servers of shards for their run id.
func (e *Engine) runIDs(ctx context.Context, ids []int) (map[int]string, error) {
	out := make(map[int]string, len(ids))
	cluster, ok := e.redis.(*redis.ClusterClient)
	if !ok {
		id, err := runID(ctx, e.redis)
		if err != nil {
			return nil, err
		}
		for _, shard := range ids {
			out[shard] = id
		}
		return out, nil
	}
	known := map[*redis.Client]string{}
	for _, shard := range ids {
		master, err := cluster.MasterForKey(ctx, shardPrefix(shard)+"shard")
		if err != nil {
			return nil, fmt.Errorf("find the server of shard %d: %w", shard, err)
		}
		id, asked := known[master]
		if !asked {
			if id, err = runID(ctx, master); err != nil {
				return nil, err
			}
			known[master] = id
		}
		out[shard] = id
	}
	return out, nil
}

func runID(ctx context.Context, client redis.Cmdable) (string, error) {
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return "", fmt.Errorf("ask Redis for its run id: %w", err)
	}
	for line := range strings.Lines(info) {
		if id, found := strings.CutPrefix(strings.TrimSpace(line), "run_id:"); found {
			return id, nil
		}
	}
	return "", errors.New("ask Redis for its run id: there is none")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
