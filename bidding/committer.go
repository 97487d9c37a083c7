package bidding

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

const (
	// sweepEvery is how often every shard with a course is looked at, whether or not anybody said that it moved.
	sweepEvery = 200 * time.Millisecond
	// followEvery is how often a node that does not commit asks PostgreSQL about what its requests wait for.
	followEvery = 50 * time.Millisecond
	// identifyEvery is how often Redis' run id is asked for.
	identifyEvery = time.Second
	// closedFor is how long Redis keeps a closed lot for late retries; later ones are answered from PostgreSQL.
	closedFor = 10 * time.Minute
)

// loop commits and rebuilds until ended is closed, then commits what was decided and waited for.
func (c *committer) loop(ctx context.Context, ended <-chan struct{}) {
	defer c.lock.drop(ctx)
	for !c.start(ctx) {
		select {
		case <-ended:
			return
		case <-time.After(sweepEvery):
		}
	}
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	follow := time.NewTicker(followEvery)
	defer follow.Stop()
	identify := time.NewTicker(identifyEvery)
	defer identify.Stop()
	for {
		select {
		case <-ended:
			c.drain(ctx)
			return
		case <-sweep.C:
			if c.hold(ctx) {
				c.sweep(ctx)
				c.live(ctx)
				c.stayApart(ctx)
			}
		case <-follow.C:
			if !c.lock.held {
				c.engine.follow(ctx, everyShard())
			}
		case <-c.engine.news.kick:
			if c.lock.held {
				c.engine.news.take() // its own
			} else {
				c.engine.hear(ctx)
			}
		case <-identify.C:
			if c.lock.held {
				c.identify(ctx)
			}
		case <-c.engine.asked.kick:
			c.engine.heed(c.lock.held)
		case <-c.engine.dirty.kick:
			if c.lock.held {
				c.round(ctx)
			} else {
				c.engine.pass()
			}
		}
	}
}

// start loads the functions and tries for the lock.
func (c *committer) start(ctx context.Context) bool {
	if err := c.engine.lib.load(ctx, c.engine.redis); err != nil {
		c.engine.log.WarnContext(ctx, "Redis does not take the functions", "error", err)
		return false
	}
	c.hold(ctx)
	return true
}

// hold tells whether this node commits. On taking the lock everything is read anew.
func (c *committer) hold(ctx context.Context) bool {
	had := c.lock.held
	held, err := c.lock.hold(ctx)
	if err != nil {
		c.engine.log.WarnContext(ctx, "the committer's lock cannot be had", "error", err)
	}
	if !held {
		c.engine.commits.Store(false)
	}
	if held && !had {
		c.engine.log.InfoContext(ctx, "this node commits")
		for i := range c.courses {
			c.courses[i] = nil
		}
		if err := c.load(ctx, nil); err != nil {
			c.engine.log.WarnContext(ctx, "courses cannot be read", "error", err)
			c.lock.drop(ctx)
			return false
		}
		c.alive, c.beat = time.Time{}, time.Time{}
		c.identify(ctx)
		c.live(ctx) // how long nobody served is known before any course is looked at
		c.engine.commits.Store(true)
	}
	return held
}

// round mends and commits what is marked.
func (c *committer) round(ctx context.Context) {
	todo, mend := c.engine.dirty.take()
	if len(mend) > 0 {
		c.mend(ctx, mend)
	}
	if len(todo) == 0 {
		return
	}
	if todo = c.loaded(ctx, todo); len(todo) > 0 {
		c.commit(ctx, c.gather(ctx, todo))
	}
}

// loaded keeps of todo the shards whose courses are known, after reading those that were not.
func (c *committer) loaded(ctx context.Context, todo []marked) []marked {
	var missing []int
	for _, w := range todo {
		if c.courses[w.shard] == nil {
			missing = append(missing, w.shard)
		}
	}
	if len(missing) == 0 {
		return todo
	}
	if err := c.load(ctx, missing); err != nil {
		c.engine.log.WarnContext(ctx, "courses cannot be read", "error", err)
		for _, id := range missing {
			c.engine.dirty.mark(id, toCommit)
		}
		sleep(ctx, 50*time.Millisecond)
		return slices.DeleteFunc(todo, func(w marked) bool { return c.courses[w.shard] == nil })
	}
	return todo
}

// drain commits until nothing is waited for, or patience is over.
func (c *committer) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for ctx.Err() == nil && c.lock.held {
		c.round(ctx)
		var ids []int
		for _, s := range c.engine.shards {
			if waits, dead, _ := s.waits(); waits && !dead {
				ids = append(ids, s.id)
			}
		}
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			c.engine.dirty.mark(id, toCommit)
		}
		sleep(ctx, time.Millisecond)
	}
}

// active are the shards that somebody bids or waits on.
func (c *committer) active() []int {
	var ids []int
	for _, s := range c.engine.shards {
		waits, _, _ := s.waits()
		if waits || len(c.courses[s.id]) > 0 {
			ids = append(ids, s.id)
		}
	}
	return ids
}

// sweep compares every active shard with Redis: what is decided is committed, what went back is rebuilt. It also trims the
// streams behind the committed mark, and lets the keys of closed lots expire.
func (c *committer) sweep(ctx context.Context) {
	ids := c.active()
	if len(ids) > 0 {
		c.look(ctx, ids, func(pipe redis.Pipeliner, id int, seen sight) {
			if seen.n > c.trimmed[id] {
				pipe.Do(ctx, "XTRIM", streamKey(id, seen.epoch), "MINID", strconv.FormatInt(seen.n+1, 10)+"-0")
				c.trimmed[id] = seen.n
			}
		})
		c.beginEpochs(ctx, ids)
	}
	if len(c.gone) > 0 {
		c.expire(ctx)
	}
	c.round(ctx)
}

// look compares shards with Redis and marks them for what that asks for; also puts more into the same pipeline.
func (c *committer) look(ctx context.Context, ids []int, also func(pipe redis.Pipeliner, id int, seen sight)) {
	pipe := c.engine.redis.Pipeline()
	cmds, seen := make([]*redis.SliceCmd, len(ids)), make([]sight, len(ids))
	for i, id := range ids {
		seen[i] = c.sight(id)
		cmds[i] = pipe.HMGet(ctx, shardPrefix(id)+"shard", "epoch", "n", "h")
		also(pipe, id, seen[i])
	}
	answering, enough := context.WithTimeout(ctx, heard)
	_, err := pipe.Exec(answering)
	enough()
	if err != nil {
		c.engine.log.WarnContext(ctx, "Redis does not answer", "error", err)
		c.engine.lookAround(ctx)
	}
	c.answer(err)
	for i, id := range ids {
		if at, err := standingOf(cmds[i]); err == nil {
			c.engine.dirty.mark(id, seen[i].judge(at))
		}
	}
}

// expire lets the keys of closed lots go.
func (c *committer) expire(ctx context.Context) {
	pipe := c.engine.redis.Pipeline()
	for _, keys := range c.gone {
		for _, key := range keys[3:] {
			pipe.Expire(ctx, key, closedFor)
		}
		pipe.SRem(ctx, keys[2], keys[3][len(keys[3])-36:])
	}
	if _, err := pipe.Exec(ctx); err == nil {
		c.gone = nil
	}
}

// standing is what Redis says of a shard.
type standing struct {
	epoch, n int64
	h        string
}

// standingOf reads HMGET epoch n h; a shard that Redis does not hold is at zero.
func standingOf(cmd *redis.SliceCmd) (standing, error) {
	values, err := cmd.Result()
	if err != nil {
		return standing{}, fmt.Errorf("read a shard's standing: %w", err)
	}
	var at standing
	for i, to := range []*int64{&at.epoch, &at.n} {
		if text, ok := values[i].(string); ok {
			if *to, err = strconv.ParseInt(text, 10, 64); err != nil {
				return standing{}, fmt.Errorf("read a shard's standing: %w", err)
			}
		}
	}
	at.h, _ = values[2].(string)
	return at, nil
}

// sight is what this node knows of a shard, taken before Redis is asked: Redis must be as far or farther.
type sight struct {
	epoch, n int64
	h        string
	highest  int64
	dead     bool
}

func (c *committer) sight(id int) sight {
	var v sight
	s := c.engine.shards[id]
	v.epoch, v.n, v.h = s.position()
	_, v.dead, v.highest = s.waits()
	return v
}

// judge says what a shard's standing in Redis asks for; 0 for nothing.
func (v sight) judge(at standing) uint8 {
	switch {
	case v.dead:
		return toRebuild
	case at.epoch != v.epoch, at.n < v.n, at.n < v.highest, at.n == v.n && at.h != v.h:
		return toCheck
	case at.n > v.n:
		return toCommit
	}
	return 0
}

// nodeLock is the advisory lock of the committing node, held by a connection of its own.
type nodeLock struct {
	pool *pgxpool.Pool
	conn *pgxpool.Conn
	held bool
}

// lockID is "mingchui" as a number, in the advisory locks of the database.
const lockID = 0x6d696e6763687569

// hold tries for the lock, or looks whether its connection still lives.
func (l *nodeLock) hold(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if l.held {
		if err := l.conn.Ping(ctx); err != nil {
			l.drop(ctx)
			return false, fmt.Errorf("the lock's connection ended: %w", err)
		}
		return true, nil
	}
	if l.conn == nil {
		conn, err := l.pool.Acquire(ctx)
		if err != nil {
			return false, fmt.Errorf("open the lock's connection: %w", err)
		}
		l.conn = conn
	}
	if err := l.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(lockID)).Scan(&l.held); err != nil {
		l.drop(ctx)
		return false, fmt.Errorf("try the lock: %w", err)
	}
	return l.held, nil
}

// drop closes the connection, which frees the lock.
func (l *nodeLock) drop(ctx context.Context) {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.conn.Conn().Close(ctx) // the pool throws a closed connection away
	l.conn.Release()
	l.conn, l.held = nil, false
}
