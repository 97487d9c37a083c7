package bidding

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// row is one event on its way into PostgreSQL.
type row struct {
	decision
	payload []byte
	entry   audit.Entry
	// after is what the course is after it, for watchers.
	after course.State
}

// prepared is a run of one shard's stream, folded and encoded, ready for a transaction.
type prepared struct {
	shard      *shard
	epoch      int64
	from, to   int64
	hFrom, hTo string
	rows       []row
	states     map[uuid.UUID]course.State
	// ticks counts the rows that are ticks.
	ticks int
	// told: the sale is told of some of its events in the same transaction.
	told bool
	// served is what is known of the shard's service after it, and ended the spans that broke off in it.
	served serving
	ended  []course.Span
	// more: the stream holds more than was read.
	more bool
	// bad is why the run ends before the stream does, when the next event, of badLot, can never be committed.
	bad    error
	badLot uuid.UUID
	// broken says that the stream is not what PostgreSQL's end continues with.
	broken error
	// failed is why the last transaction with it failed.
	failed error
}

// gather prepares what shards have to commit: what was handed over where that is all, else what their streams hold.
func (c *committer) gather(ctx context.Context, todo []marked) []*prepared {
	var (
		runs []*prepared
		read []int
	)
	for _, w := range todo {
		switch p, unread := c.takeHanded(ctx, w); {
		case unread:
			read = append(read, w.shard)
		case p != nil:
			runs = append(runs, p)
		}
	}
	if len(read) > 0 {
		runs = append(runs, c.readStreams(ctx, read)...)
		slices.SortFunc(runs, func(a, b *prepared) int { return cmp.Compare(a.shard.id, b.shard.id) })
	}
	return runs
}

// readStreams reads what the streams of shards hold beyond the committed end. A shard whose stream cannot be read is left
// out; the sweep finds out why.
func (c *committer) readStreams(ctx context.Context, ids []int) []*prepared {
	pipe := c.engine.redis.Pipeline()
	cmds := make([]*redis.Cmd, len(ids))
	out := make([]*prepared, len(ids))
	for i, id := range ids {
		s := c.engine.shards[id]
		p := &prepared{shard: s}
		p.epoch, p.from, p.hFrom = s.position()
		out[i] = p
		cmds[i] = pipe.Do(ctx, "XRANGE", streamKey(id, p.epoch), strconv.FormatInt(p.from+1, 10)+"-0", "+", "COUNT", maxRead)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		c.engine.log.WarnContext(ctx, "a stream of decisions cannot be read", "error", err)
	}
	kept := out[:0]
	for i, p := range out {
		entries, err := cmds[i].Slice()
		if err != nil || len(entries) == 0 {
			continue
		}
		c.prepare(ctx, p, entries)
		kept = append(kept, p)
	}
	return kept
}

// prepare checks the chain, folds the events and encodes them, as far as they are good.
func (c *committer) prepare(ctx context.Context, p *prepared, entries []any) {
	p.more = len(entries) == maxRead
	p.begin(len(entries))
	for _, raw := range entries {
		d, err := readEntry(raw, p)
		if err != nil {
			p.broken = err
			return
		}
		if !c.extend(ctx, p, d) {
			return
		}
	}
}

// begin makes an empty run that starts where the shard stands.
func (p *prepared) begin(rows int) {
	p.to, p.hTo = p.from, p.hFrom
	p.states = map[uuid.UUID]course.State{}
	p.rows = make([]row, 0, rows)
}

// extend adds the next decision to a run; false ends it.
func (c *committer) extend(ctx context.Context, p *prepared, d decision) bool {
	if d.isTick() {
		p.add(row{decision: d})
		return true
	}
	r, err := c.fold(ctx, p, d)
	if fault.KindOf(err) == fault.Unavailable {
		return false // the engine stops
	}
	if err != nil {
		p.bad, p.badLot = err, d.lot
		return false
	}
	p.add(r)
	return true
}

// add takes a row that continues the run.
func (p *prepared) add(r row) {
	p.to, p.hTo = r.event.N, r.h
	p.rows = append(p.rows, r)
	p.count(&p.rows[len(p.rows)-1])
}

func (p *prepared) count(r *row) {
	if r.isTick() {
		p.ticks++
	}
	p.told = p.told || r.event.Kind == course.Close || r.event.Ground == course.ByOutage
}

// readEntry reads one entry of a stream, which must be the next of the chain.
func readEntry(raw any, p *prepared) (decision, error) {
	n := p.to + 1
	pair, ok := raw.([]any)
	if !ok || len(pair) != 2 {
		return decision{}, fmt.Errorf("entry %d of shard %d has another form", n, p.shard.id)
	}
	values, ok := pair[1].([]any)
	if !ok || len(values) != 6 || pair[0] != strconv.FormatInt(n, 10)+"-0" {
		return decision{}, fmt.Errorf("entry %d of shard %d is not there", n, p.shard.id)
	}
	h, _ := values[1].(string)
	text, _ := values[5].(string)
	if chain(p.hTo, text) != h {
		return decision{}, fmt.Errorf("entry %d of shard %d does not continue the chain", n, p.shard.id)
	}
	d, err := parseDecision(text, p.shard.id, p.epoch, n)
	if err != nil {
		return d, err
	}
	d.h = h
	at, _ := values[3].(string)
	if d.decidedMS, err = strconv.ParseInt(at, 10, 64); err != nil {
		return d, fmt.Errorf("entry %d of shard %d tells no time", n, p.shard.id)
	}
	return d, nil
}

// fold runs the course over a decision and encodes it. Its error is the lot's end: course_broken, or a lot that is not there.
func (c *committer) fold(ctx context.Context, p *prepared, d decision) (row, error) {
	state, there := p.states[d.lot]
	if !there {
		state = c.courses[p.shard.id][d.lot]
	}
	next, err := course.Next(state, d.event)
	if err != nil {
		return row{}, err
	}
	g, err := c.gate(ctx, d.lot)
	if err != nil {
		return row{}, err
	}
	r := row{decision: d, after: next}
	r.payload = d.event.AppendBody(make([]byte, 0, 192))
	r.entry, err = audit.NewRaw(d.event.Kind.EntryKind(), instant(d.event.At), &g.caseID, &g.lot, d.event.Seq, r.payload)
	if err != nil {
		return row{}, err
	}
	p.states[d.lot] = next
	return r, nil
}

// gate finds what is fixed of a lot. It waits for PostgreSQL: a lot must not be halted because a server was away.
func (c *committer) gate(ctx context.Context, lot uuid.UUID) (*gate, error) {
	var (
		g   *gate
		err error
	)
	if !c.engine.persist(ctx, func(context.Context) error {
		g, err = c.engine.gateOf(ctx, lot)
		if fault.KindOf(err) == fault.Unavailable {
			return err
		}
		return nil
	}) {
		return nil, unavailable(fmt.Errorf("find lot %s: %w", lot, err))
	}
	return g, err
}

// slice is the run of some of its rows, for commits that go row by row.
func (p *prepared) slice(from, to int) *prepared {
	out := &prepared{shard: p.shard, epoch: p.epoch, from: p.from, hFrom: p.hFrom, rows: p.rows[from:to], states: map[uuid.UUID]course.State{}}
	if from > 0 {
		out.from, out.hFrom = p.rows[from-1].event.N, p.rows[from-1].h
	}
	out.to, out.hTo = p.rows[to-1].event.N, p.rows[to-1].h
	for i := range out.rows {
		r := &out.rows[i]
		if !r.isTick() {
			out.states[r.lot] = r.after
		}
		out.count(r)
	}
	return out
}
