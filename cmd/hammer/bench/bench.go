package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/peer"
	"mingchui/cmd/hammer/stage"
)

// Config is what a run is told.
type Config struct {
	// Dir takes a folder of its own with everything that is written; on a real disk, since durability is what is measured.
	Dir string
	// Binary is the server.
	Binary string
	// ServeFlags are further flags of mingchui serve.
	ServeFlags []string
	// Rounds of each target, at least 1; the goal of measures is five.
	Rounds int
	// Warmup is bid before Seconds are measured, in each round.
	Warmup, Length       time.Duration
	Connections, Bidders int
	// Only names rows by id; empty is all.
	Only []string
	// Profile is a file for a CPU profile of the server under load; empty for none.
	Profile string
	// Keep leaves the folder there.
	Keep bool
	// Progress is told what goes on.
	Progress io.Writer
	Log      *slog.Logger
}

// Rows is the table of measures as far as it is built: its first three rows.
func Rows() []Row {
	const path = "durable bids on one hot lot, decided"
	return []Row{
		{ID: string(peer.Trivial), Path: path, Peer: "trivial echo handler returning 200", Unit: "1/s", Goal: 0.5, Percent: true},
		{ID: string(peer.Naive), Path: path, Peer: "naive SELECT … FOR UPDATE handler at its best", Unit: "1/s", Goal: 16},
		{ID: string(peer.Function), Path: path, Peer: "best-tuned PL/pgSQL function", Unit: "1/s", Goal: 8},
	}
}

// bench is one run.
type bench struct {
	cfg     Config
	dir     string
	servers *stage.Servers
	server  *stage.Server
	pool    *pgxpool.Pool
	targets []*target
	report  *Report
}

const (
	settleLimit  = 20 * time.Second
	sweepWarmup  = 200 * time.Millisecond
	sweepLength  = 800 * time.Millisecond
	readyLength  = 2 * time.Second
	maxLag       = 2.0 // seconds; measures.md
	profileAfter = 500 * time.Millisecond
)

// Run measures and returns the report. An error means that it could not be measured; what fell short is in the report.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	rows := Rows()
	if len(cfg.Only) > 0 {
		rows = slices.DeleteFunc(rows, func(r Row) bool { return !slices.Contains(cfg.Only, r.ID) })
	}
	if len(rows) == 0 || cfg.Rounds < 1 || cfg.Length <= 0 {
		return nil, errors.New("nothing to measure: see hammer bench --help for rows, rounds and seconds")
	}
	began := time.Now()
	b := &bench{cfg: cfg, report: &Report{
		StartedAt: began.UTC(), Machine: machine(), Rounds: cfg.Rounds, Seconds: cfg.Length.Seconds(), Connections: cfg.Connections,
		Bidders: cfg.Bidders, Peers: map[string]any{}, Rows: rows, Samples: map[string][]Sample{}, Shortfalls: []string{},
	}}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	if b.dir, err = os.MkdirTemp(cfg.Dir, "bench-*"); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	if err := os.Chmod(b.dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	defer func() { //nolint:contextcheck // servers are stopped in order although ctx has ended
		err = errors.Join(err, b.close())
		if !cfg.Keep {
			err = errors.Join(err, os.RemoveAll(b.dir))
		}
	}()
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	if err := b.rounds(ctx); err != nil {
		return nil, err
	}
	if err := b.check(ctx); err != nil {
		return nil, err
	}
	b.judge()
	b.report.Took = time.Since(began).Round(time.Second).String()
	return b.report, nil
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.cfg.Progress, format+"\n", args...)
}

// open starts everything that is driven.
func (b *bench) open(ctx context.Context) (err error) {
	b.say("starting PostgreSQL, Redis and NATS in %s", b.dir)
	if b.servers, err = stage.Start(ctx, b.dir, b.cfg.Log); err != nil {
		return err
	}
	b.say("listing the lot; %d bidders enrol and pay", b.cfg.Bidders)
	sale, err := b.servers.Sell(ctx, b.cfg.Bidders)
	if err != nil {
		return err
	}
	if b.server, err = b.servers.Serve(ctx, b.cfg.Binary, b.cfg.ServeFlags...); err != nil {
		return err
	}
	sessions, err := b.servers.Sessions(ctx, sale)
	if err != nil {
		return err
	}
	if b.pool, err = pgxpool.New(ctx, b.servers.PostgresURL()); err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	ladder := func() *load.Ladder { return load.NewLadder(int64(sale.StartingPrice), int64(sale.Increment)) }
	b.targets = []*target{{
		name: project, address: b.servers.SiteAddress(), lot: sale.Lot, sessions: sessions, ladder: ladder(),
		connections: b.cfg.Connections, pid: b.server.PID(),
	}}
	for _, row := range b.report.Rows {
		kind := peer.Kind(row.ID)
		database := "peer_" + row.ID
		if kind != peer.Trivial {
			if err := b.servers.Postgres.EnsureDatabase(ctx, database); err != nil {
				return err
			}
			if err := peer.Prepare(ctx, b.servers.Postgres.URL(database), sale.Lot, int64(sale.StartingPrice), int64(sale.Increment)); err != nil {
				return err
			}
		}
		if err := b.bestOf(ctx, kind, b.servers.Postgres.URL(database), sale.Lot, ladder()); err != nil {
			return err
		}
	}
	return nil
}

// setting is a way to run a peer.
type setting struct {
	// Pool is its connections to PostgreSQL, Connections those of its clients.
	Pool        int     `json:"pool"`
	Connections int     `json:"connections"`
	PerSecond   float64 `json:"decided_per_second"`
}

// settings are what a sweep tries: for the trivial handler the number of its clients, for the others, which have the same
// clients as the server, the number of connections to PostgreSQL. With fewer clients than bidders whoever leads would bid
// against itself, and what is counted would be refusals, which cost a database next to nothing.
func (b *bench) settings(kind peer.Kind) []setting {
	all := b.cfg.Connections
	if kind == peer.Trivial {
		return []setting{{Connections: min(16, all)}, {Connections: min(64, all)}, {Connections: all}}
	}
	return []setting{
		{Pool: 1, Connections: all}, {Pool: 2, Connections: all}, {Pool: 3, Connections: all}, {Pool: 4, Connections: all}, {Pool: 8, Connections: all},
	}
}

// bestOf finds the setting at which a peer is fastest, and keeps it running so.
func (b *bench) bestOf(ctx context.Context, kind peer.Kind, postgresURL string, lot uuid.UUID, ladder *load.Ladder) error {
	t := &target{name: string(kind), lot: lot, sessions: peerSessions(b.cfg.Bidders), ladder: ladder}
	tried := b.settings(kind)
	start := func(s setting) error {
		address, cmd, stop, err := startPeer(ctx, kind, postgresURL, s.Pool)
		if err != nil {
			return err
		}
		t.address, t.pid, t.stop, t.connections = address, cmd.Process.Pid, stop, s.Connections
		return nil
	}
	best := 0
	for i := range tried {
		if err := start(tried[i]); err != nil {
			return err
		}
		got, err := t.drive(ctx, sweepWarmup, sweepLength, t.connections)
		if err := errors.Join(err, t.stop()); err != nil {
			return err
		}
		tried[i].PerSecond = got.PerSecond()
		if tried[i].PerSecond > tried[best].PerSecond {
			best = i
		}
	}
	b.say("peer %s is at its best with %d connections of clients, %d to PostgreSQL: %.0f/s", kind, tried[best].Connections, tried[best].Pool, tried[best].PerSecond)
	b.report.Peers[string(kind)] = map[string]any{"best": tried[best], "sweep": tried}
	if err := start(tried[best]); err != nil {
		return err
	}
	b.targets = append(b.targets, t)
	return nil
}

// rounds drives every target once a round, beginning with another one each time.
func (b *bench) rounds(ctx context.Context) error {
	// Each has connections, sessions and statements ready before anything is measured.
	for _, t := range b.targets {
		got, err := t.drive(ctx, 0, readyLength, t.connections)
		if err != nil {
			return err
		}
		if t.name == project {
			b.report.Acknowledged += got.Total.Accepted
		}
	}
	if err := b.settle(ctx); err != nil {
		return err
	}
	for round := range b.cfg.Rounds {
		var line strings.Builder
		for i := range b.targets {
			t := b.targets[(round+i)%len(b.targets)]
			s, err := b.measure(ctx, t, round)
			if err != nil {
				return err
			}
			b.report.Samples[t.name] = append(b.report.Samples[t.name], s)
			_, _ = fmt.Fprintf(&line, "  %s %.0f/s", t.name, s.PerSecond)
		}
		b.say("round %d of %d:%s", round+1, b.cfg.Rounds, line.String())
	}
	return nil
}

// measure drives one target once.
func (b *bench) measure(ctx context.Context, t *target, round int) (Sample, error) {
	if t.name == project && round == 0 && b.cfg.Profile != "" {
		defer b.profile(ctx)()
	}
	before, began := b.processors(t), time.Now()
	got, err := t.drive(ctx, b.cfg.Warmup, b.cfg.Length, t.connections)
	if err != nil {
		return Sample{}, err
	}
	took := time.Since(began).Seconds()
	s := Sample{
		PerSecond: got.PerSecond(), AcceptedPerSecond: float64(got.Accepted) / got.Took.Seconds(), Accepted: got.Accepted, Refused: got.Refused, NotDecided: got.NotDecided, Codes: got.Codes,
		P50Micros: got.P50.Microseconds(), P99Micros: got.P99.Microseconds(), CPU: map[string]float64{},
	}
	for name, used := range b.processors(t) {
		if used > 0 {
			s.CPU[name] = (used - before[name]) / took
		}
	}
	if t.name != project {
		return s, nil
	}
	b.report.Acknowledged += got.Total.Accepted
	s.Pending, s.LagSeconds, err = b.lag(ctx)
	return s, errors.Join(err, b.settle(ctx))
}

// processors is what each process has used, in seconds.
func (b *bench) processors(t *target) map[string]float64 {
	used := map[string]float64{
		"server": processor(t.pid, false), "redis": processor(b.servers.Redis.PID(), false), "postgres": processor(b.servers.Postgres.PID(), true),
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err == nil {
		used["client"] = time.Duration(own.Utime.Nano() + own.Stime.Nano()).Seconds()
	}
	return used
}

// lag is how many entries have no place in the log yet, and the age of the oldest in seconds.
func (b *bench) lag(ctx context.Context) (pending int64, seconds float64, err error) {
	err = b.pool.QueryRow(ctx, `SELECT count(*), coalesce(extract(epoch FROM now() - min(e.at)), 0)::float8
		FROM pending p JOIN entries e ON e.id = p.entry_id`).Scan(&pending, &seconds)
	if err != nil {
		return 0, 0, fmt.Errorf("read the sequencer's lag: %w", err)
	}
	return pending, seconds, nil
}

// settle waits until the sequencer has nothing left, so that its work is not done on the next target's time.
func (b *bench) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		pending, seconds, err := b.lag(ctx)
		if err != nil {
			return err
		}
		if pending == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the sequencer is %d entries and %.1f s behind, %s after the load", pending, seconds, settleLimit)
		case <-tick.C:
		}
	}
}

// check stops the server and asks fsck.
func (b *bench) check(ctx context.Context) error {
	b.say("stopping the server, then fsck")
	for _, t := range b.targets {
		if t.stop != nil {
			stop := t.stop
			t.stop = nil
			if err := stop(); err != nil {
				return fmt.Errorf("stop peer %s: %w", t.name, err)
			}
		}
	}
	server := b.server
	b.server = nil
	if err := server.Stop(); err != nil {
		b.report.Shortfalls = append(b.report.Shortfalls, err.Error())
	}
	if err := b.pool.QueryRow(ctx, `SELECT count(*) FROM bids WHERE lot_id = $1`, b.targets[0].lot).Scan(&b.report.Stored); err != nil {
		return fmt.Errorf("count the stored bids: %w", err)
	}
	out, err := b.servers.Fsck(ctx, b.cfg.Binary)
	if b.report.Fsck, b.report.Sound = out, err == nil; err != nil {
		b.report.Shortfalls = append(b.report.Shortfalls, fmt.Sprintf("%v: %s", err, out))
	}
	return nil
}

// judge fills the rows and says what fell short.
func (b *bench) judge() {
	r := b.report
	short := func(format string, args ...any) { r.Shortfalls = append(r.Shortfalls, fmt.Sprintf(format, args...)) }
	for i := range r.Rows {
		row := &r.Rows[i]
		row.fill(r.Samples[project], r.Samples[row.ID])
		if !row.Met {
			short("%s / %s: %s of %s", row.Path, row.Peer, row.written(row.Ratio), row.written(row.Goal))
		}
	}
	if r.Rounds < 5 {
		short("%d rounds; a figure needs at least five", r.Rounds)
	}
	if worst := r.worstLag(); worst > maxLag {
		short("the sequencer's lag at the end of a round was %.1f s, more than %.0f s", worst, maxLag)
	}
	if n := sumOf(r.Samples[project], func(s Sample) int64 { return s.NotDecided }); n > 0 {
		short("%d requests to the server were not decided", n)
	}
	if r.Stored < r.Acknowledged {
		short("%d acknowledged bids are not stored (I1)", r.Acknowledged-r.Stored)
	}
}

// close ends whatever still runs.
func (b *bench) close() error {
	var errs []error
	for _, t := range b.targets {
		if t.stop != nil {
			errs = append(errs, t.stop())
		}
	}
	if b.server != nil {
		errs = append(errs, b.server.Stop())
	}
	if b.pool != nil {
		b.pool.Close()
	}
	if b.servers != nil {
		errs = append(errs, b.servers.Stop())
	}
	return errors.Join(errs...)
}

// profile takes a CPU profile of the server while it is driven; the function it returns waits for it.
func (b *bench) profile(ctx context.Context) (wait func()) {
	done := make(chan error, 1)
	go func() {
		timer := time.NewTimer(profileAfter)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			done <- ctx.Err()
			return
		case <-timer.C:
		}
		done <- b.servers.Profile(ctx, filepath.Clean(b.cfg.Profile), b.cfg.Length)
	}()
	return func() {
		if err := <-done; err != nil {
			b.say("no profile: %v", err)
			return
		}
		b.say("CPU profile of the server in %s", b.cfg.Profile)
	}
}
