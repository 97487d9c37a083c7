package bidding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

const (
	// apartAfter is how long Redis must be silent before stays are written without it.
	apartAfter = 3 * time.Second
	// awayAfter is the outage after which every running lot is stayed, however far its end is (R20b).
	awayAfter = time.Minute
	// beatEvery is how often it is written down that there is service.
	beatEvery = 10 * time.Second
	// heard bounds the wait for Redis in the committer's own looks.
	heard = time.Second
)

// pulse is what a committer knows of the service of the whole installation, by the machine's clock.
type pulse struct {
	// answered is when Redis answered last; alive when Redis and PostgreSQL both did, zero until this committer knows.
	answered, alive time.Time
	// beat is when that was written down last.
	beat time.Time
}

// answer notes that Redis answered, or did not.
func (c *committer) answer(err error) {
	now := elapsed()
	if err == nil || c.answered.IsZero() {
		c.answered = now
	}
	c.engine.apart.Store(err != nil && now.Sub(c.answered) >= apartAfter)
}

// live looks after the installation's service: what was away for over a minute is found out, and it is written down that
// there is service now. It is called when PostgreSQL has just answered.
func (c *committer) live(ctx context.Context) {
	now := elapsed()
	if c.answered.IsZero() || now.Sub(c.answered) > beatEvery/2 {
		return // Redis is silent
	}
	since := c.alive
	if since.IsZero() {
		var err error
		if since, err = c.lastBeat(ctx); err != nil {
			c.engine.log.WarnContext(ctx, "the last heartbeat cannot be read", "error", err)
			return
		}
	}
	if !since.IsZero() && now.Sub(since) > awayAfter {
		c.engine.log.WarnContext(ctx, "there was no service; running lots are stayed for it", "since", since, "for", now.Sub(since))
		offset := c.engine.clock.Offset()
		c.engine.watch.miss(since.Add(offset).UnixMilli(), now.Add(offset).UnixMilli())
	}
	c.alive = now
	// Until every lot is stayed for an outage, the next start must find it too.
	if now.Sub(c.beat) < beatEvery || c.engine.watch.owes() {
		return
	}
	const write = `INSERT INTO heartbeats (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at`
	if _, err := c.engine.pool.Exec(ctx, write, now); err != nil {
		c.engine.log.WarnContext(ctx, "a heartbeat is not written", "error", err)
		return
	}
	c.beat = now
}

// lastBeat is when there was service last, zero when nobody wrote it down.
func (c *committer) lastBeat(ctx context.Context) (at time.Time, err error) {
	err = c.engine.pool.QueryRow(ctx, `SELECT at FROM heartbeats`).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	return at, err
}

// stayApart stays, while Redis is away, the courses in their closing window, so that everybody can read it: straight into
// PostgreSQL under the next epoch, through the same rules and the same transaction. Redis is rebuilt when it comes back.
func (c *committer) stayApart(ctx context.Context) {
	if !c.engine.apart.Load() {
		return
	}
	now := c.engine.clock.Now().UnixMilli()
	needs, _ := c.engine.needs(now)
	since := map[uuid.UUID]int64{}
	var ids []int
	held := map[int]bool{}
	defer func() {
		for _, n := range needs {
			c.engine.watch.done(n.lot, 0)
		}
	}()
	for _, n := range needs {
		if n.act != toStay {
			continue
		}
		since[n.lot] = n.since
		if !held[n.shard] {
			held[n.shard], ids = true, append(ids, n.shard)
		}
	}
	if len(ids) == 0 {
		return
	}
	if err := c.beginStays(ctx, ids, since, now); err != nil {
		c.engine.log.WarnContext(ctx, "stays are not written yet", "lots", len(since), "error", err)
	}
}

func (c *committer) beginStays(ctx context.Context, ids []int, since map[uuid.UUID]int64, now int64) error {
	// No server holds these shards: an empty run id matches none.
	if err := c.beginEpoch(ctx, ids, nil, nil); err != nil {
		return err
	}
	snap, err := c.read(ctx, ids)
	if err != nil {
		return err
	}
	c.take(ctx, snap)
	runs := make([]*prepared, 0, len(ids))
	for _, id := range ids {
		p := &prepared{shard: c.engine.shards[id], states: map[uuid.UUID]course.State{}}
		p.epoch, p.from, p.hFrom = p.shard.position()
		p.to, p.hTo = p.from, p.hFrom
		for lot, s := range c.courses[id] {
			if t0, stays := since[lot]; stays && s.Phase == course.Running {
				if err := c.stayOne(ctx, p, lot, s, t0, now); err != nil {
					return fmt.Errorf("stay lot %s: %w", lot, err)
				}
			}
		}
		if len(p.rows) > 0 {
			runs = append(runs, p)
		}
	}
	if len(runs) == 0 {
		return nil
	}
	c.engine.log.WarnContext(ctx, "lots are stayed without Redis", "lots", len(since))
	c.commit(ctx, runs)
	return nil
}

// stayOne adds the epoch's event and the stay of one course to a run.
func (c *committer) stayOne(ctx context.Context, p *prepared, lot uuid.UUID, s course.State, t0, now int64) error {
	g, err := c.gate(ctx, lot)
	if err != nil {
		return err
	}
	for _, command := range []course.Command{{Kind: course.Epoch}, {Kind: course.Stay, Ground: course.ByOutage, Since: t0}} {
		e, err := course.Decide(s, command, now)
		if err != nil {
			return err
		}
		e.Shard, e.Epoch, e.N = p.shard.id, p.epoch, p.to+1
		if s, err = course.Next(s, e); err != nil {
			return err
		}
		r := row{decision: decision{lot: lot, event: e}, after: s}
		r.h = chain(p.hTo, directText(lot, e))
		r.payload = e.AppendBody(nil)
		if r.entry, err = audit.NewRaw(e.Kind.EntryKind(), instant(e.At), &g.caseID, &g.lot, e.Seq, r.payload); err != nil {
			return err
		}
		p.add(r)
	}
	p.states[lot] = s
	return nil
}
