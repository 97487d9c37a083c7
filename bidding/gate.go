package bidding

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// gate gathers what arrives for one lot while its last call is out.
type gate struct {
	lot    uuid.UUID
	caseID uuid.UUID
	shard  *shard
	// terms are as announced; refusals quote them.
	terms course.Terms
	// announced is when the lot was, unix ms: its course begins no earlier.
	announced int64
	// brief is up to how long an outage (ms) its clock runs on by itself (R28o).
	brief int64
	// tales are its refusals as they are told.
	tales tales
	// keys of the function; the stream's, at index 1, is set for each call.
	keys []string

	mu    sync.Mutex
	queue []*request
	busy  bool
	// args is used again for each call, by the one goroutine that flushes.
	args []any
}

// Where a request is. Who asked may leave: a queued request is then abandoned for certain, a sent one is left to its fate.
const (
	queued int32 = iota
	sent
	abandoned
	left
)

// request is one command on its way.
type request struct {
	command course.Command
	carried

	where atomic.Int32
	// unknown: an earlier call may have decided it.
	unknown bool
	// entry is the log entry of a bid that was committed.
	entry  uuid.UUID
	answer chan result
}

// result is what a request is told, once.
type result struct {
	verdict verdict
	entry   uuid.UUID
	err     error
}

func newRequest(c course.Command) *request { return &request{command: c, answer: make(chan result, 1)} }

// gateOf finds the gate of an announced lot. not_found for others.
func (e *Engine) gateOf(ctx context.Context, lot uuid.UUID) (*gate, error) {
	e.mu.RLock()
	g := e.gates[lot]
	e.mu.RUnlock()
	if g != nil {
		return g, nil
	}
	g, err := e.loadGate(ctx, lot)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if first := e.gates[lot]; first != nil {
		return first, nil
	}
	e.gates[lot] = g
	return g, nil
}

func (e *Engine) loadGate(ctx context.Context, lot uuid.UUID) (*gate, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	const query = `SELECT case_id, shard, starting_price_fen, increment_fen, starts_at, announced_ends_at, announced_at, rule_set, stage,
	coalesce((document->>'maximum_bids')::boolean, false)
FROM lots WHERE id = $1 AND announced_at IS NOT NULL`
	g := &gate{lot: lot}
	var (
		shardID        int
		start, inc     int64
		starts, ends   time.Time
		announced      time.Time
		ruleSet, stage string
		maxima         bool
	)
	err := e.pool.QueryRow(ctx, query, lot).Scan(&g.caseID, &shardID, &start, &inc, &starts, &ends, &announced, &ruleSet, &stage, &maxima)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, fmt.Errorf("read lot %s: %w", lot, err)).After(time.Second)
	}
	rules, known := law.ByName(ruleSet)
	if !known {
		return nil, fault.Internalf("read lot %s: rule set %q is not known", lot, ruleSet)
	}
	g.terms = course.Terms{
		StartingPrice: money.Fen(start), Increment: money.Fen(inc), StartsAt: starts.UnixMilli(), EndsAt: ends.UnixMilli(),
		Extension: rules.Extension.Milliseconds(), MaximumBids: maxima,
	}
	g.announced, g.brief = announced.UnixMilli(), briefOf(rules)
	if law.Stage(stage) == law.SellOff {
		g.terms.SellOffCourse = rules.SellOffCourse.Milliseconds()
	}
	g.shard, g.keys = e.shards[shardID], decideKeys(shardID, lot, g.terms)
	return g, nil
}

// submit queues r and sees to it that somebody flushes; false when the queue is full.
func (e *Engine) submit(ctx context.Context, g *gate, r *request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) >= maxQueue {
		return false
	}
	g.queue = append(g.queue, r)
	if !g.busy {
		g.busy = true
		// The batch is of many requests; none of them ends its call.
		ctx := context.WithoutCancel(ctx)
		e.work.Go(func() { e.flush(ctx, g) })
	}
	return true
}

// flush takes batch after batch until nothing waits.
func (e *Engine) flush(ctx context.Context, g *gate) {
	for {
		// Requests that have arrived and are about to queue go along: after a commit hundreds arrive together, and the first of
		// them shall not travel alone. This gives way to what can run now and waits for nothing.
		runtime.Gosched()
		batch := g.next()
		if batch == nil {
			return
		}
		e.call(ctx, g, batch)
	}
}

// next takes the next batch, at most maxBatch; nil when nothing waits, and then the gate is no longer busy.
func (g *gate) next() []*request {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.queue), maxBatch)
	if n == 0 {
		g.queue, g.busy = nil, false
		return nil
	}
	batch := slices.Clone(g.queue[:n])
	g.queue = append(g.queue[:0], g.queue[n:]...)
	return batch
}

// take keeps of a batch what nobody has given up, and marks it as sent.
func take(batch []*request) []*request {
	out := batch[:0]
	for _, r := range batch {
		if r.where.CompareAndSwap(queued, sent) {
			out = append(out, r)
		}
	}
	return out
}

// call sends one batch until it was decided, or nobody waits for it any more.
func (e *Engine) call(ctx context.Context, g *gate, batch []*request) {
	for attempt := 0; ; attempt++ {
		if batch = take(batch); len(batch) == 0 {
			return
		}
		done, pause := e.try(ctx, g, batch, attempt)
		if done {
			return
		}
		// Nothing was decided as far as is known; who waited long enough may go.
		for _, r := range batch {
			r.where.CompareAndSwap(sent, queued)
		}
		if e.isStopping() {
			for _, r := range batch {
				r.answer <- result{err: r.undecided()}
			}
			return
		}
		e.pauseFor(g, pause)
	}
}

// pauseFor waits, at most so long, for the shard to change or the engine to stop.
func (e *Engine) pauseFor(g *gate, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.shard.wait():
	case <-e.stopping:
	}
}

// try makes one call of the function. done says that the batch needs no other; else pause is how long to wait before it.
func (e *Engine) try(ctx context.Context, g *gate, batch []*request, attempt int) (done bool, pause time.Duration) {
	const brief, long = 20 * time.Millisecond, 100 * time.Millisecond
	epoch, n, _ := g.shard.position()
	if epoch == 0 {
		if err := e.syncShards(ctx, []int{g.shard.id}); err != nil {
			return false, long
		}
		epoch, n, _ = g.shard.position()
	}
	g.keys[1] = streamKey(g.shard.id, epoch)
	ms, offset := e.wall.now()
	g.args = append(g.args[:0], epoch, n, ms, offset, maxAge.Milliseconds(), maxBacklog, g.keys[3][len(g.keys[3])-36:])
	for _, r := range batch {
		g.args = appendCommand(g.args, r.command, r.carried)
	}
	text, err := e.redis.FCall(ctx, e.lib.decide, g.keys, g.args...).Text()
	if missing(err) {
		if err := e.lib.load(ctx, e.redis); err != nil {
			return false, long
		}
		return false, 0
	}
	if err != nil {
		// It may have been decided and the answer lost; the same keys find it.
		for _, r := range batch {
			r.unknown = true
		}
		e.lookAround(ctx)
		e.dirty.mark(g.shard.id, toCheck)
		return false, long
	}
	rep, err := parseReply(text, len(batch))
	if err != nil {
		e.log.ErrorContext(ctx, "the Redis function answers what cannot be read", "error", err)
		answerAll(batch, fault.Wrap(fault.Internal, fault.InternalError, err))
		return true, 0
	}
	switch rep.word {
	case "ok":
		e.meter.batch.Observe(count(len(batch)))
		e.decided(ctx, g, epoch, batch, rep)
		return true, 0
	case "clock":
		e.meter.clock.Inc()
		e.wall.refused(rep.number)
		if attempt < 3 {
			return false, 0
		}
		answerAll(batch, fault.New(fault.Unavailable, fault.ClockRefused).After(time.Second))
		return true, 0
	case "epoch":
		if rep.number > epoch {
			if err := e.syncShards(ctx, []int{g.shard.id}); err == nil {
				if now, _, _ := g.shard.position(); now > epoch {
					return false, 0
				}
			}
		}
		e.dirty.mark(g.shard.id, toCheck)
		return false, brief
	default: // behind, restoring
		e.dirty.mark(g.shard.id, toCheck)
		return false, brief
	}
}

// codeBusy is the function's refusal to decide anything new while too much is uncommitted; it waits for nothing.
const codeBusy = "busy"

// decided registers a decided batch to wait for its commit.
func (e *Engine) decided(ctx context.Context, g *gate, epoch int64, batch []*request, rep reply) {
	f := &flight{gate: g, epoch: epoch, n: rep.n, h: rep.h, requests: batch[:0], verdicts: rep.verdicts[:0]}
	for i, r := range batch {
		if v := rep.verdicts[i]; v.sign == refused && v.code == codeBusy {
			e.meter.busy.Inc()
			r.answer <- result{err: notPlaced()}
			continue
		}
		v := rep.verdicts[i]
		if v.sign == refused {
			v.at = rep.now
		}
		f.requests, f.verdicts = append(f.requests, r), append(f.verdicts, v)
	}
	if len(f.requests) == 0 {
		return
	}
	if answersEarly {
		f.land()
		e.handOver(g.shard, epoch, rep)
		return
	}
	out := g.shard.add(f)
	e.handOver(g.shard, epoch, rep)
	e.deliver(ctx, g.shard, out)
}

func answerAll(batch []*request, err error) {
	for _, r := range batch {
		r.answer <- result{err: err}
	}
}

// notPlaced says that nothing was decided and nothing will be: the same key may be sent again.
func notPlaced() *fault.Error {
	return fault.New(fault.Unavailable, fault.BidNotPlaced).After(time.Second)
}

// undecided is what to say of a request that no call has decided for certain.
func (r *request) undecided() *fault.Error {
	if r.unknown {
		return pending()
	}
	return notPlaced()
}

// pending says that the outcome is not known yet: the same key will find it.
func pending() *fault.Error { return fault.New(fault.Unavailable, fault.BidPending).After(time.Second) }
