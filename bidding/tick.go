package bidding

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// failures are, by lot, the first bid that failed at this node since the last tick that told of it: it was answered that it
// was not placed, or was decided too late (R28o).
type failures struct {
	mu    sync.Mutex
	first map[uuid.UUID]int64 // when it was received, platform's unix ms
	// near is what ticks were for last, for when PostgreSQL is away.
	near []nearLot
}

// maxFailures bounds the lots that failures are kept for; beyond it the earliest known counts for all.
const maxFailures = 1 << 14

// note keeps that a bid for lot which was received at ms failed.
func (f *failures) note(lot uuid.UUID, ms int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = map[uuid.UUID]int64{}
	}
	if was, known := f.first[lot]; (known && was <= ms) || (!known && len(f.first) >= maxFailures) {
		return
	}
	f.first[lot] = ms
}

// take gives, by shard, the first failure before the end of a lot near it, and forgets all.
func (f *failures) take(near []nearLot) map[int]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[int]int64{}
	for _, l := range near {
		ms, failed := f.first[l.lot]
		if !failed || ms >= l.ends {
			continue
		}
		if was, known := out[l.shard]; !known || ms < was {
			out[l.shard] = ms
		}
	}
	f.first = nil
	return out
}

// served says of a bid whether it counts as a failure of the service: nobody decided it, or it was refused too late; one that
// was accepted too late the committer sees. Who leaves before the answer says nothing of the service.
func (e *Engine) served(ctx context.Context, b *Bid, res *result, err error) {
	received := b.ReceivedAt.UnixMilli()
	failed := fault.KindOf(err) == fault.Unavailable && !errors.Is(ctx.Err(), context.Canceled)
	late := err == nil && res.verdict.sign == refused && res.verdict.at-received > e.gap().Milliseconds()/2
	if failed || late {
		e.failures.note(b.Lot, received)
	}
}

// Tick shows, for every shard with a course near its end, that a bid could be placed now: it takes the way of a bid, through
// the function and the committer, and returns when it is committed. source names the node that it came through, in plain
// letters. It carries the first bid that failed here since the last.
//
// Codes: service_unavailable when a shard took no tick, or its commit did not come in time.
func (e *Engine) Tick(ctx context.Context, source string) error {
	near := e.near(ctx)
	if len(near) == 0 {
		return nil
	}
	return e.tick(ctx, near, plainName(source))
}

// plainName keeps of a name what a decision's text may hold.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r
		}
		return -1
	}, s)
	return plain(s[:min(len(s), 64)])
}

// near lists the courses that ticks are for now.
func (e *Engine) near(ctx context.Context) []nearLot {
	now := e.clock.Now()
	if e.commits.Load() {
		return e.watch.near(now.UnixMilli())
	}
	near, err := e.readNear(ctx, now)
	e.failures.mu.Lock()
	defer e.failures.mu.Unlock()
	if err != nil {
		e.log.WarnContext(ctx, "the courses near their end cannot be read; the last ones are taken", "error", err)
		return e.failures.near
	}
	e.failures.near = near
	return near
}

// longestLead is beyond every rule set's closing window and the time that ticks begin before it.
const longestLead = 30 * time.Minute

func (e *Engine) readNear(ctx context.Context, now time.Time) ([]nearLot, error) {
	const query = `SELECT c.lot_id, c.shard, c.ends_at, l.rule_set, true FROM courses AS c JOIN lots AS l ON l.id = c.lot_id
WHERE c.phase = 'open' AND c.ends_at <= $1
UNION ALL SELECT lot_id, shard, ends_at, '', false FROM courses WHERE phase = 'stayed' AND stayed_at > $2`
	rows, err := e.pool.Query(ctx, query, now.Add(longestLead), now.Add(-lateMS*time.Millisecond))
	if err != nil {
		return nil, err
	}
	var (
		out     []nearLot
		l       nearLot
		ends    time.Time
		ruleSet string
		runs    bool
	)
	_, err = pgx.ForEachRow(rows, []any{&l.lot, &l.shard, &ends, &ruleSet, &runs}, func() error {
		rules, _ := law.ByName(ruleSet)
		l.ends = ends.UnixMilli()
		if !runs || now.UnixMilli() >= l.ends-rules.Extension.Milliseconds()-leadMS {
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

// tick sends one tick to each shard and waits for their commits.
func (e *Engine) tick(ctx context.Context, near []nearLot, source string) error {
	failed := e.failures.take(near)
	shards := map[int]bool{}
	for _, l := range near {
		shards[l.shard] = true
	}
	ids := slices.Sorted(maps.Keys(shards))
	sent, err := e.sendTicks(ctx, ids, source, failed)
	for _, s := range sent {
		delete(failed, s.shard)
	}
	for _, l := range near { // the next tick tells of what this one did not
		if ms, some := failed[l.shard]; some {
			e.failures.note(l.lot, ms)
		}
	}
	if err != nil {
		return unavailable(fmt.Errorf("tick: %w", err))
	}
	timer := time.NewTimer(e.gap())
	defer timer.Stop()
	for _, s := range sent {
		for {
			landing := e.shards[s.shard].landing(s.epoch, s.n)
			if landing == nil {
				break
			}
			select {
			case <-landing:
			case <-timer.C:
				return unavailable(fmt.Errorf("tick: shard %d does not commit", s.shard))
			case <-ctx.Done():
				return unavailable(ctx.Err())
			case <-e.stopping:
				return unavailable(errors.New("tick: the engine stops"))
			}
		}
	}
	if len(sent) < len(ids) {
		return unavailable(fmt.Errorf("tick: %d of %d shards took none", len(ids)-len(sent), len(ids)))
	}
	return nil
}

// sentTick is a tick that was decided.
type sentTick struct {
	shard    int
	epoch, n int64
}

// sendTicks makes the calls in one round trip. A shard that takes no tick is marked for whoever mends it; err is nil unless
// no answer came at all.
func (e *Engine) sendTicks(ctx context.Context, ids []int, source string, failed map[int]int64) ([]sentTick, error) {
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id int) bool { epoch, _, _ := e.shards[id].position(); return epoch > 0 })
	if len(unknown) > 0 {
		if err := e.syncShards(ctx, unknown); err != nil {
			return nil, err
		}
	}
	for again := false; ; again = true {
		pipe := e.redis.Pipeline()
		cmds, epochs := make([]*redis.Cmd, len(ids)), make([]int64, len(ids))
		for i, id := range ids {
			epoch, n, _ := e.shards[id].position()
			ms, offset := e.wall.now()
			keys := []string{shardPrefix(id) + "shard", streamKey(id, epoch)}
			args := []any{epoch, n, ms, offset, maxAge.Milliseconds(), maxBacklog, source, failed[id]}
			cmds[i], epochs[i] = pipe.FCall(ctx, e.lib.tick, keys, args...), epoch
		}
		_, err := pipe.Exec(ctx)
		if missing(err) && !again {
			if err := e.lib.load(ctx, e.redis); err != nil {
				return nil, err
			}
			continue
		}
		var sent []sentTick
		answered := false
		for i, cmd := range cmds {
			text, err := cmd.Text()
			if err != nil {
				e.dirty.mark(ids[i], toCheck)
				continue
			}
			answered = true
			r := e.tickAnswer(ctx, ids[i], epochs[i], text)
			if r.word == "clock" && failed[ids[i]] == 0 { // by Redis' time, for it is the node's that is in doubt
				failed[ids[i]] = r.number + e.clock.Offset().Milliseconds()
			}
			if n := r.n; r.word == "ok" {
				sent = append(sent, sentTick{shard: ids[i], epoch: epochs[i], n: n})
			}
		}
		if !answered {
			return nil, err
		}
		return sent, nil
	}
}

// tickAnswer reads what the function says of one shard's tick and does what that asks for.
func (e *Engine) tickAnswer(ctx context.Context, id int, epoch int64, text string) reply {
	r, err := parseReply(text, 0)
	if err != nil {
		e.log.ErrorContext(ctx, "the Redis function answers what cannot be read", "error", err)
		return reply{}
	}
	switch r.word {
	case "ok":
		e.dirty.mark(id, toCommit)
	case "clock":
		e.meter.clock.Inc()
		e.wall.refused(r.number)
	case "busy":
		e.meter.busy.Inc()
	default: // behind, restoring, epoch
		if r.word == "epoch" && r.number > epoch {
			_ = e.syncShards(ctx, []int{id}) // the next tick finds it
		}
		e.dirty.mark(id, toCheck)
	}
	return r
}
