package bidding

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/bidding/course"
)

// deliver answers what is committed and sees after the rest.
func (e *Engine) deliver(ctx context.Context, s *shard, out sorted) {
	for _, f := range out.committed {
		f.land()
	}
	for _, f := range out.unclear {
		e.work.Go(func() { e.resolve(ctx, s, f) })
	}
	for _, f := range out.dead {
		e.work.Go(func() { e.bury(ctx, f) })
	}
}

// land answers every request of a committed flight.
func (f *flight) land() {
	for i, r := range f.requests {
		r.answer <- result{verdict: f.verdicts[i], entry: r.entry}
	}
}

// decides tells whether the flight decided anything.
func (f *flight) decides() bool {
	return slices.ContainsFunc(f.verdicts, func(v verdict) bool { return v.sign == decided })
}

// resolve asks PostgreSQL what became of a flight whose places are committed by somebody, until it answers.
func (e *Engine) resolve(ctx context.Context, s *shard, f *flight) {
	const query = `SELECT n, h, entry_id FROM course_events WHERE shard = $1 AND n = ANY ($2)`
	places := []int64{f.n}
	for _, v := range f.verdicts {
		if v.sign == decided {
			places = append(places, v.n)
		}
	}
	found := map[int64]landed{}
	ok := e.persist(ctx, func(ctx context.Context) error {
		rows, err := e.pool.Query(ctx, query, s.id, places)
		if err != nil {
			return err
		}
		clear(found)
		var (
			n int64
			h []byte
			l landed
		)
		_, err = pgx.ForEachRow(rows, []any{&n, &h, &l.entry}, func() error {
			l.h = hex.EncodeToString(h)
			found[n] = l
			return nil
		})
		return err
	})
	switch {
	case !ok:
		answerAll(f.requests, pending())
	case f.n == 0 || found[f.n].h == f.h:
		for i, v := range f.verdicts {
			if v.sign == decided {
				f.requests[i].entry = found[v.n].entry
			}
		}
		f.land()
	case !f.decides() && found[f.n].h == "":
		// The place is a tick's, of which nothing is kept, or is not there: what was refused is decided anew.
		e.bury(ctx, f)
	default: // another history: decided in vain
		s.mu.Lock()
		ended := f.epoch < s.epoch
		if !ended {
			f.dead = true
			s.flights = append(s.flights, f)
		}
		s.mu.Unlock()
		if ended {
			e.bury(ctx, f)
			return
		}
		e.dirty.mark(s.id, toRebuild)
	}
}

// bury sees after a flight whose epoch ended before it was committed. Refusals are decided anew. A bid that was accepted is
// told bid_not_placed, now that it can no longer be committed and its key is absent; acts of the court and of the engine
// itself are decided anew too.
func (e *Engine) bury(ctx context.Context, f *flight) {
	for i, r := range f.requests {
		if f.verdicts[i].sign != decided || r.command.Kind != course.Bid {
			if !r.where.CompareAndSwap(sent, queued) {
				continue // nobody waits for it
			}
			if !e.submit(ctx, f.gate, r) {
				r.answer <- result{err: notPlaced()}
			}
			continue
		}
		res, there := result{}, false
		ok := e.persist(ctx, func(ctx context.Context) (err error) {
			res, there, err = e.acceptedBefore(ctx, f.gate, r)
			return err
		})
		switch {
		case !ok:
			r.answer <- result{err: pending()}
		case there:
			r.answer <- res
		default:
			e.meter.notPlaced.Inc()
			r.answer <- result{err: notPlaced()}
		}
	}
}

// acceptedBefore finds a bid by its key among what is committed.
func (e *Engine) acceptedBefore(ctx context.Context, g *gate, r *request) (result, bool, error) {
	const query = `SELECT seq, amount_fen, accepted_at, ends_at, entry_id FROM bids
WHERE lot_id = $1 AND bidder_code = $2 AND idempotency_key = $3`
	var (
		res        result
		amount     int64
		at, endsAt time.Time
	)
	err := e.pool.QueryRow(ctx, query, g.lot, r.command.Code, r.key).Scan(&res.verdict.seq, &amount, &at, &endsAt, &res.entry)
	if errors.Is(err, pgx.ErrNoRows) {
		return result{}, false, nil
	}
	if err != nil {
		return result{}, false, fmt.Errorf("look for a bid by its key: %w", err)
	}
	res.verdict.sign, res.verdict.at, res.verdict.ends = replayed, at.UnixMilli(), endsAt.UnixMilli()
	if amount != int64(r.command.Amount) {
		res.verdict.sign, res.verdict.code = refused, "idempotency_key_reused"
	}
	return res, true, nil
}

// persist tries until it succeeds; false when the engine has stopped.
func (e *Engine) persist(ctx context.Context, try func(ctx context.Context) error) bool {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		err := try(ctx)
		cancel()
		if err == nil {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-e.stopping:
			timer.Stop()
			return false
		}
	}
}

// abandonFlights answers everything that still waits when the engine ends: its outcome is open.
func (e *Engine) abandonFlights() {
	for _, s := range e.shards {
		for _, f := range s.takeAll() {
			answerAll(f.requests, pending())
		}
	}
}

// followLoop keeps up with shards that others commit.
func (e *Engine) followLoop(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			e.follow(ctx, everyShard())
		case <-e.news.kick:
			e.hear(ctx)
		case <-e.dirty.kick:
			e.pass()
		}
	}
}

// everyShard are the numbers of all shards.
func everyShard() []int {
	ids := make([]int, shardCount)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// follow asks PostgreSQL about those of the shards that somebody here waits for.
func (e *Engine) follow(ctx context.Context, ids []int) {
	ids = slices.DeleteFunc(ids, func(id int) bool {
		waits, _, _ := e.shards[id].waits()
		return !waits
	})
	if len(ids) == 0 {
		return
	}
	if err := e.syncShards(ctx, ids); err != nil {
		e.log.WarnContext(ctx, "PostgreSQL does not say how far shards are committed", "error", err)
	}
}

// syncShards reads what is committed of shards.
func (e *Engine) syncShards(ctx context.Context, ids []int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := e.pool.Query(ctx, `SELECT shard, epoch, n, h FROM shards WHERE shard = ANY ($1)`, ids)
	if err != nil {
		return fmt.Errorf("read shards: %w", err)
	}
	var (
		id       int
		epoch, n int64
		h        string
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &epoch, &n, &h}, func() error {
		s := e.shards[id]
		e.deliver(ctx, s, s.sync(epoch, n, h))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read shards: %w", err)
	}
	return nil
}
