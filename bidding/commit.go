package bidding

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
	"mingchui/bidding/seal"
)

// committer writes what Redis decided into PostgreSQL, and rebuilds Redis from it. One goroutine does both, so that no
// shard is committed and rebuilt at once. It works while the node holds the advisory lock, which only saves work: what
// keeps two committers apart is the fence.
type committer struct {
	engine *Engine
	lock   *nodeLock
	// serving is, per shard, what is known of its service.
	serving [shardCount]serving
	// courses are, per shard, the committed states of every course that is not closed; nil when they must be read.
	courses [shardCount]map[uuid.UUID]course.State
	// runIDs are, per shard, Redis' run id as PostgreSQL noted it at the last rebuild.
	runIDs [shardCount]string
	// trimmed is how far each stream was trimmed; gone are the keys of closed lots, which may expire.
	trimmed [shardCount]int64
	gone    [][]string
	// maxima are the sealings of lots whose maxima were opened here, until they close.
	maxima map[uuid.UUID]*seal.Maxima
	pulse
}

func newCommitter(e *Engine) *committer {
	return &committer{engine: e, lock: &nodeLock{pool: e.pool}, maxima: map[uuid.UUID]*seal.Maxima{}}
}

// commit writes the runs: all in one transaction; when that fails for a reason of its own, shard by shard; and then row by
// row, which finds the lot that cannot go on.
func (c *committer) commit(ctx context.Context, runs []*prepared) {
	whole := make([]*prepared, 0, len(runs))
	for _, p := range runs {
		if len(p.rows) > 0 {
			whole = append(whole, p)
		}
	}
	c.engine.meter.backlog.Set(count(countRows(whole)))
	if len(whole) > 0 && !c.write(ctx, whole) {
		for _, p := range whole {
			if c.began(p) && (len(whole) == 1 || !c.write(ctx, []*prepared{p})) && c.began(p) {
				c.writeRows(ctx, p)
			}
		}
	}
	c.engine.meter.backlog.Set(0)
	for _, p := range runs {
		switch {
		case p.bad != nil && c.stands(p):
			c.halt(ctx, p.shard.id, p.badLot, p.bad)
		case p.broken != nil && c.stands(p):
			c.engine.log.WarnContext(ctx, "a stream of decisions broke off", "shard", p.shard.id, "error", p.broken)
			c.engine.dirty.mark(p.shard.id, toRebuild)
		case p.more || !c.stands(p):
			c.engine.dirty.mark(p.shard.id, toCommit)
		}
	}
}

// began tells whether the shard's committed end is where the run begins.
func (c *committer) began(p *prepared) bool {
	epoch, n, h := p.shard.position()
	return epoch == p.epoch && n == p.from && h == p.hFrom
}

// stands tells whether the shard's committed end is where the run ends.
func (c *committer) stands(p *prepared) bool {
	epoch, n, h := p.shard.position()
	return epoch == p.epoch && n == p.to && h == p.hTo
}

// writeRows commits one row after the other. The lot whose row fails is halted, and the shard rebuilt without it.
func (c *committer) writeRows(ctx context.Context, p *prepared) {
	for i := range p.rows {
		one := p.slice(i, i+1)
		if !c.began(one) {
			return // another committer's
		}
		if c.write(ctx, []*prepared{one}) {
			continue
		}
		if c.began(one) && ctx.Err() == nil {
			c.halt(ctx, p.shard.id, p.rows[i].lot, one.failed)
		}
		return
	}
}

// halt stops a lot for good, and has its shard rebuilt without it.
func (c *committer) halt(ctx context.Context, shardID int, lot uuid.UUID, cause error) {
	c.engine.log.ErrorContext(ctx, "a lot is halted: its next event cannot be committed", "lot", lot, "error", cause)
	c.engine.halts.add(lot)
	delete(c.courses[shardID], lot)
	c.engine.watch.drop(lot)
	c.engine.dirty.mark(shardID, toRebuild)
}

// write commits runs in one transaction and lands them. It tries again while the failure is PostgreSQL's and passes. false
// says that the runs did not become the committed history: the fence was moved by somebody else, in which case the shards
// are read anew, or a row is refused.
func (c *committer) write(ctx context.Context, runs []*prepared) bool {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		began := c.engine.clock.Now()
		ms := c.engine.wall.machine()
		for _, p := range runs {
			c.engine.prove(p, c.serving[p.shard.id], ms)
		}
		err := c.engine.hit("before commit")
		if err == nil {
			// COMMIT has no deadline: a transaction given up on may yet be committed.
			err = c.transact(ctx, runs)
		}
		if err == nil {
			err = c.engine.hit("after commit")
		}
		if err == nil {
			c.engine.meter.commit.Observe(c.engine.clock.Now().Sub(began).Seconds())
			c.land(ctx, runs)
			return true
		}
		c.engine.log.WarnContext(ctx, "a commit failed or its outcome is unknown", "error", err)
		switch c.outcome(ctx, runs) {
		case committed:
			c.land(ctx, runs)
			return true
		case lost, unclear:
			c.engine.meter.fenced.Inc()
			return false
		case waiting: // rolled back
		}
		for _, p := range runs {
			p.failed = err
		}
		if !passes(err) {
			return false
		}
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// outcome reads the fence rows under lock, which waits for a transaction of ours that may still be open: committed when
// every shard stands where the runs end, waiting when every one stands where they begin, lost otherwise.
func (c *committer) outcome(ctx context.Context, runs []*prepared) fate {
	ids := make([]int, len(runs))
	for i, p := range runs {
		ids[i] = p.shard.id
	}
	type end struct {
		epoch, n int64
		h        string
	}
	found := map[int]end{}
	read := func() error {
		return pgx.BeginFunc(ctx, c.engine.pool, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT shard, epoch, n, h FROM shards WHERE shard = ANY ($1) ORDER BY shard FOR UPDATE`, ids)
			if err != nil {
				return err
			}
			var (
				id int
				e  end
			)
			_, err = pgx.ForEachRow(rows, []any{&id, &e.epoch, &e.n, &e.h}, func() error { found[id] = e; return nil })
			return err
		})
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := read()
		if err == nil {
			break
		}
		c.engine.log.WarnContext(ctx, "PostgreSQL does not say what became of a commit", "error", err)
		if !sleep(ctx, wait) {
			return unclear
		}
	}
	ended, began := true, true
	for _, p := range runs {
		e := found[p.shard.id]
		ended = ended && e == end{p.epoch, p.to, p.hTo}
		began = began && e == end{p.epoch, p.from, p.hFrom}
	}
	switch {
	case ended:
		return committed
	case began:
		return waiting
	}
	// Another committer was faster, with the same decisions or with others. What it wrote is read; ours is forgotten.
	for _, p := range runs {
		if e := found[p.shard.id]; e != (end{p.epoch, p.from, p.hFrom}) {
			c.courses[p.shard.id] = nil
			c.engine.deliver(ctx, p.shard, p.shard.sync(e.epoch, e.n, e.h))
		}
	}
	return lost
}

// saleError is the sale's refusal to take what happened to a lot.
type saleError struct {
	lot   uuid.UUID
	cause error
}

func (e *saleError) Error() string {
	return "record what happened to lot " + e.lot.String() + ": " + e.cause.Error()
}
func (e *saleError) Unwrap() error { return e.cause }

// passes tells whether a failure is of the kind that goes away: connections, shutdowns, locks, memory and disk.
func passes(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return false
	}
	if sale, ok := errors.AsType[*saleError](err); ok {
		return fault.KindOf(sale.cause) == fault.Unavailable
	}
	return true
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// land makes committed runs known: states, timers, waiting requests, watchers.
func (c *committer) land(ctx context.Context, runs []*prepared) {
	c.engine.meter.rows.Observe(count(countRows(runs)))
	c.engine.meter.events.Add(count(countRows(runs)))
	ms := c.engine.wall.machine()
	for _, p := range runs {
		// What took too long to be committed shows no service: the closer is told of less than was written, and the next
		// commit with a tick writes it so.
		c.engine.prove(p, c.serving[p.shard.id], ms)
		c.serving[p.shard.id] = p.served
		p.shard.show(p.served)
		for lot, s := range p.states {
			c.remember(p.shard.id, lot, s)
		}
		entries := make([]landed, len(p.rows))
		for i := range p.rows {
			entries[i] = landed{h: p.rows[i].h, entry: p.rows[i].entry.ID}
		}
		c.engine.deliver(ctx, p.shard, p.shard.land(p.to, p.hTo, entries))
	}
	shards := make([]int, len(runs))
	for i, p := range runs {
		shards[i] = p.shard.id
		c.engine.tell(p.rows)
	}
	c.engine.nudge(nudgeCommitted, shards)
}

// remember keeps a committed state and moves its timer; a closed course is forgotten, and its keys in Redis may expire.
func (c *committer) remember(shardID int, lot uuid.UUID, s course.State) {
	c.engine.watch.set(shardID, lot, s)
	if s.Phase != course.Closed {
		c.courses[shardID][lot] = s
		return
	}
	delete(c.courses[shardID], lot)
	c.gone = append(c.gone, append(lotKeys(shardID, lot), maximaKey(shardID, lot)))
}
