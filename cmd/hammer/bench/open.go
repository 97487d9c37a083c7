package bench

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/google/uuid"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/peer"
)

// open starts everything that is driven, and says how.
func (b *bench) open(ctx context.Context) (err error) {
	bidders := []int{b.cfg.Bidders}
	if b.needs(projectLots) {
		bidders = append(bidders, slices.Repeat([]int{biddersOfMany}, manyLots)...)
	}
	b.say("starting PostgreSQL, Redis and NATS in %s; listing %d lots, whose bidders enrol and pay", b.dir, len(bidders))
	if b.stand, err = openStand(ctx, filepath.Join(b.dir, "durable"), b.cfg.Binary, b.cfg.ServeFlags, b.cfg.Log, bidders...); err != nil {
		return err
	}
	hot := b.stand.target(b.stand.places[:1])
	b.targets = append(b.targets, hot)
	b.series = append(b.series, series{name: project, target: hot, connections: b.cfg.Connections})
	if b.needs(project1024) {
		b.series = append(b.series, series{name: project1024, target: hot, connections: manyConnections})
	}
	if b.needs(projectLight) {
		b.series = append(b.series, series{name: projectLight, target: hot, connections: lightConnections})
	}
	if b.needs(projectPaced) {
		b.series = append(b.series, series{name: projectPaced, target: hot, connections: b.cfg.Connections, paced: true})
	}
	if b.needs(projectLots) {
		many := b.stand.target(b.stand.places[1:])
		b.targets = append(b.targets, many)
		b.series = append(b.series, series{name: projectLots, target: many, connections: b.cfg.Connections})
	}
	if b.needs(projectEarly) {
		if err := b.openEarly(ctx); err != nil {
			return err
		}
	}
	return b.openPeers(ctx)
}

// openEarly starts the server that answers before the commit, on servers of its own.
func (b *bench) openEarly(ctx context.Context) (err error) {
	binary, err := b.cfg.Undurable(ctx)
	if err != nil {
		return err
	}
	b.early, err = openStand(ctx, filepath.Join(b.dir, "undurable"), binary, b.cfg.ServeFlags, b.cfg.Log, b.cfg.Bidders)
	if err != nil {
		return err
	}
	early := b.early.target(b.early.places)
	b.targets = append(b.targets, early)
	b.series = append(b.series, series{name: projectEarly, target: early, connections: b.cfg.Connections})
	return nil
}

// openPeers starts each peer that is compared with at its best.
func (b *bench) openPeers(ctx context.Context) error {
	all := b.cfg.Connections
	pools := []setting{
		{Pool: 1, Connections: all}, {Pool: 2, Connections: all}, {Pool: 3, Connections: all}, {Pool: 4, Connections: all}, {Pool: 8, Connections: all},
	}
	if b.needs(trivial, trivialPaced) {
		tries := []setting{{Connections: min(16, all)}, {Connections: min(64, all)}, {Connections: all}}
		if err := b.bestOf(ctx, peer.Trivial, trivial, 1, tries, load.Tally.PerSecond); err != nil {
			return err
		}
	}
	if b.needs(trivialPaced) {
		t := b.targets[len(b.targets)-1]
		b.series = append(b.series, series{name: trivialPaced, target: t, connections: all, paced: true})
	}
	if b.needs(naive) {
		if err := b.bestOf(ctx, peer.Naive, naive, 1, pools, load.Tally.PerSecond); err != nil {
			return err
		}
	}
	if b.needs(naiveLots) {
		more := append(slices.Clone(pools), setting{Pool: 16, Connections: all})
		if err := b.bestOf(ctx, peer.Naive, naiveLots, manyLots, more, load.Tally.PerSecond); err != nil {
			return err
		}
	}
	if b.needs(naiveLight) {
		tries := []setting{
			{Pool: 1, Connections: lightConnections},
			{Pool: 2, Connections: lightConnections},
			{Pool: 4, Connections: lightConnections},
			{Pool: 8, Connections: lightConnections},
		}
		quickest := func(t load.Tally) float64 { return 1 / max(t.P50.Seconds(), 1e-9) }
		if err := b.bestOf(ctx, peer.Naive, naiveLight, 1, tries, quickest); err != nil {
			return err
		}
	}
	if b.needs(function) {
		return b.bestOf(ctx, peer.Function, function, 1, pools, load.Tally.PerSecond)
	}
	return nil
}

// setting is a way to run a peer. A sweep tries several: for the trivial handler numbers of its clients, for the others,
// which have the same clients as the server, numbers of connections to PostgreSQL. With fewer clients than bidders whoever
// leads would bid against itself, and what is counted would be refusals, which cost a database next to nothing.
type setting struct {
	// Pool is its connections to PostgreSQL, Connections those of its clients.
	Pool        int     `json:"pool"`
	Connections int     `json:"connections"`
	PerSecond   float64 `json:"decided_per_second"`
	P50Micros   int64   `json:"p50_us"`
}

// bestOf prepares a peer with some lots in a database of its own, finds the setting at which it is best, and keeps it
// running so.
func (b *bench) bestOf(ctx context.Context, kind peer.Kind, name string, lots int, tries []setting, good func(load.Tally) float64) error {
	sale := b.stand.sales[0]
	t := &target{name: name}
	ids := make([]uuid.UUID, lots)
	for i := range ids {
		ids[i] = uuid.New()
		bidders := b.cfg.Bidders
		if lots > 1 {
			bidders = biddersOfMany
		}
		t.places = append(t.places, load.Place{Lot: ids[i], Sessions: peerSessions(bidders), Ladder: ladderOf(sale)})
	}
	url := ""
	if kind != peer.Trivial {
		database := "peer_" + uuid.New().String()[:8]
		if err := b.stand.servers.Postgres.EnsureDatabase(ctx, database); err != nil {
			return err
		}
		url = b.stand.servers.Postgres.URL(database)
		if err := peer.Prepare(ctx, url, int64(sale.StartingPrice), int64(sale.Increment), ids...); err != nil {
			return err
		}
	}
	start := func(s setting) error {
		address, cmd, stop, err := startPeer(ctx, kind, url, s.Pool)
		if err != nil {
			return err
		}
		t.address, t.pid, t.stop = address, cmd.Process.Pid, stop
		return nil
	}
	best, bestValue := 0, 0.0
	for i := range tries {
		if err := start(tries[i]); err != nil {
			return err
		}
		got, err := t.drive(ctx, sweepWarmup, sweepLength, tries[i].Connections, 0)
		if err := errors.Join(err, t.stop()); err != nil {
			return err
		}
		tries[i].PerSecond, tries[i].P50Micros = got.PerSecond(), got.P50.Microseconds()
		if v := good(got); v > bestValue {
			best, bestValue = i, v
		}
	}
	b.say("peer %s is at its best with %d connections of clients, %d to PostgreSQL: %.0f/s", name, tries[best].Connections, tries[best].Pool, tries[best].PerSecond)
	b.report.Peers[name] = map[string]any{"best": tries[best], "sweep": tries}
	if err := start(tries[best]); err != nil {
		return err
	}
	b.targets = append(b.targets, t)
	b.series = append(b.series, series{name: name, target: t, connections: tries[best].Connections})
	return nil
}
