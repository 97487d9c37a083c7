package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/cmd/hammer/load"
)

const (
	// smallLots and smallBids are what a young court has, grownLots what a large one has beside Config.StoredBids.
	smallLots, smallBids, grownLots = 10, 10_000, 1_000
	// recoveredLots are bid on before and after Redis is wiped, until they hold recoveredBids.
	recoveredLots, recoveredBids = 100, 100_000
	// storeAtOnce is how many bids one statement stores; storedOfLot how many an ended lot has.
	storeAtOnce, storedOfLot = 250_000, 10_000
	// fillLimit and recoverLimit bound the driving before and after the wipe.
	fillLimit, recoverLimit = 3 * time.Minute, 2 * time.Minute
)

func growthRows() []Row {
	return []Row{
		{
			ID: "growth", Path: "processor time a bid, 1,000 live lots and many stored bids", Peer: "10 lots and 10,000 bids", Unit: "µs",
			Goal: 1.2, AtMost: true,
		},
		{
			ID: "recovery", Path: "bids accepted again after Redis is wiped, 1,000 live lots and 100,000 bids", Peer: "first lot", Unit: "s",
			Note: "project: until each of 100 lots has accepted a bid, peer: until the first has",
		},
	}
}

// measureGrowth drives ten lots of a small court and ten of a grown one in turn, then wipes the grown one's Redis.
func measureGrowth(ctx context.Context, r *run, rows []*Row) (err error) {
	g := &growth{bench: bench{run: r}}
	defer func() { err = errors.Join(err, g.close()) }() //nolint:contextcheck // servers are stopped in order although ctx has ended
	for _, row := range rows {
		switch row.ID {
		case "growth":
			err = g.compare(ctx, row)
		case "recovery":
			err = g.wipe(ctx, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// growth keeps the small court as its early stand, the grown one as its stand.
type growth struct{ bench }

// grown starts the large court, once.
func (g *growth) grown(ctx context.Context) (err error) {
	if g.stand != nil {
		return nil
	}
	g.say("a court with %d lots", grownLots)
	bidders := slices.Concat(slices.Repeat([]int{biddersOfMany}, recoveredLots), make([]int, grownLots-recoveredLots))
	g.stand, err = openStand(ctx, filepath.Join(g.dir, "grown"), g.cfg.Binary, g.cfg.ServeFlags, g.cfg.Log, bidders...)
	return err
}

// compare fills the row of growth.
func (g *growth) compare(ctx context.Context, row *Row) (err error) {
	g.say("a court with %d lots and %d stored bids", smallLots, smallBids)
	g.early, err = openStand(ctx, filepath.Join(g.dir, "small"), g.cfg.Binary, g.cfg.ServeFlags, g.cfg.Log, slices.Repeat([]int{biddersOfMany}, smallLots)...)
	if err != nil {
		return err
	}
	if err := errors.Join(g.store(ctx, g.early, smallBids), g.grown(ctx)); err != nil {
		return err
	}
	began := time.Now()
	if err := g.store(ctx, g.stand, g.cfg.StoredBids); err != nil {
		return err
	}
	row.Note = fmt.Sprintf("%d bids were stored in %s; processor time of server, Redis and PostgreSQL", g.cfg.StoredBids, time.Since(began).Round(time.Second))
	small, large := g.early.target(g.early.places), g.stand.target(g.stand.places[:smallLots])
	drives := []series{{name: "growth, small", target: small, connections: g.cfg.Connections}, {name: "growth, large", target: large, connections: g.cfg.Connections}}
	for _, one := range drives {
		if _, err := one.target.drive(ctx, 0, readyLength, one.connections, 0); err != nil {
			return err
		}
	}
	costs := [2][]float64{}
	for round := range g.cfg.Rounds {
		for i := range drives {
			k := (round + i) % len(drives)
			s, err := g.measure(ctx, drives[k], round)
			if err != nil {
				return err
			}
			g.report.Samples[drives[k].name] = append(g.report.Samples[drives[k].name], s)
			costs[k] = append(costs[k], 1e6*(s.CPU["server"]+s.CPU["redis"]+s.CPU["postgres"])/max(1, s.PerSecond))
		}
	}
	row.fill(costs[1], costs[0])
	return nil
}

// store puts bids of lots that ended long ago into the tables that a bid is written to, with their indexes in place. They
// have no course, so the server never reads them; fsck would, and is not asked here. Ids rise as those of the server do.
func (g *growth) store(ctx context.Context, s *stand, bids int) error {
	const (
		source = ` FROM generate_series($1::bigint, $2::bigint) AS i, LATERAL (
	SELECT ('001' || lpad(to_hex(i / $3::bigint), 29, '0'))::uuid AS lot, ('002' || lpad(to_hex(i), 29, '0'))::uuid AS entry) AS v`
		sqlBids = `INSERT INTO bids (lot_id, seq, bidder_code, amount_fen, idempotency_key, received_at, accepted_at, ends_at, entry_id)
SELECT lot, i % $3 + 1, 'B' || i % 64, 100 + i, md5('key' || i), now(), now(), now(), entry` + source
		sqlEvents = `INSERT INTO course_events (lot_id, seq, kind, at, shard, epoch, n, h, payload, entry_id, batch_id, batch_index)
SELECT lot, i % $3 + 1, 'bid', now(), i % 256, 1, -i - 1, substring(sha256(i::text::bytea), 1, 20), sha256(i::text::bytea), entry, lot, 0` + source
		sqlEntries = `INSERT INTO entries (id, kind, case_id, lot_id, seq, at, bytes, leaf_hash)
SELECT entry, 'course.bid', lot, lot, i % $3 + 1, now(), sha256(i::text::bytea) || sha256(i::text::bytea) || sha256(i::text::bytea), sha256(i::text::bytea)` + source
	)
	for from := 0; from < bids; from += storeAtOnce {
		to := min(from+storeAtOnce, bids) - 1
		for _, sql := range []string{sqlBids, sqlEvents, sqlEntries} {
			if _, err := s.pool.Exec(ctx, sql, from, to, storedOfLot); err != nil {
				return fmt.Errorf("store bids: %w", err)
			}
		}
		if to+1 < bids {
			g.say("%d of %d bids are stored", to+1, bids)
		}
	}
	for _, sql := range []string{`VACUUM (ANALYZE) bids, course_events, entries`, `CHECKPOINT`} {
		if _, err := s.pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("settle the stored bids: %w", err)
		}
	}
	return nil
}

// wipe fills the row of recovery.
func (g *growth) wipe(ctx context.Context, row *Row) error {
	if err := g.grown(ctx); err != nil {
		return err
	}
	places := g.stand.places[:recoveredLots]
	accepted := int64(0)
	for began := time.Now(); accepted < recoveredBids && time.Since(began) < fillLimit; {
		got, err := g.stand.target(places).drive(ctx, 0, readyLength, g.cfg.Connections, 0)
		if err != nil {
			return err
		}
		accepted += got.Total.Accepted
	}
	if accepted < recoveredBids {
		g.short("recovery: the lots hold %d bids, not %d, after %s", accepted, recoveredBids, fillLimit)
	}
	client := redis.NewClient(g.stand.servers.Redis.Options())
	defer func() { _ = client.Close() }()
	if err := client.FlushAll(ctx).Err(); err != nil {
		return fmt.Errorf("wipe Redis: %w", err)
	}
	first, last, err := againAccepted(ctx, g.stand.target(places), g.cfg.Connections)
	if err != nil {
		return err
	}
	row.fill([]float64{last.Seconds()}, []float64{first.Seconds()})
	return nil
}

// againAccepted bids on until each place has accepted a bid, and returns when the first and the last had.
func againAccepted(ctx context.Context, t *target, connections int) (first, last time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	var mu sync.Mutex
	seen := map[uuid.UUID]bool{}
	history := func(op load.Op) {
		mu.Lock()
		defer mu.Unlock()
		if op.Outcome != load.Accepted || seen[op.Lot] || len(seen) == len(t.places) {
			return
		}
		seen[op.Lot] = true
		last = time.Since(began)
		if len(seen) == 1 {
			first = last
		}
		if len(seen) == len(t.places) {
			cancel()
		}
	}
	place := t.places[0]
	r, err := load.New(load.Config{
		Address: t.address, Lot: place.Lot, Sessions: place.Sessions, Ladder: place.Ladder, Beside: t.places[1:],
		Connections: connections, For: recoverLimit, Retry: true, History: history,
	})
	if err != nil {
		return 0, 0, err
	}
	if _, err := r.Do(ctx); err != nil {
		return 0, 0, fmt.Errorf("bid after the wipe: %w", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) < len(t.places) {
		return 0, 0, fmt.Errorf("%d of %d lots accept bids again within %s", len(seen), len(t.places), recoverLimit)
	}
	return first, last, nil
}
