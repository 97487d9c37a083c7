package settle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/stage"
)

// Config says how many deposits are to be settled within what time.
type Config struct {
	// Bidders enrol and pay; one of them wins.
	Bidders int
	// Limit is what the last deposit may take.
	Limit time.Duration
	// Binary is the server's; Dir a folder on a real disk in which the run makes one of its own.
	Binary, Dir string
	// Profile is a file for a CPU profile of the server while it settles; empty for none, and the binary must serve profiles.
	Profile string
	// Keep leaves the folder there, with the logs.
	Keep     bool
	Progress io.Writer
	Log      *slog.Logger
}

const (
	// enrolling is what a bidder's account, enrolment and payment may take; on the machine of the measures they take a fifth of it.
	enrolling = 300 * time.Millisecond
	// closing is what comes on top: the server's start, the bids, and the extensions that they bring.
	closing = 45 * time.Second
	// bids are made by bidderSessions of the bidders.
	bids, bidderSessions = 20, 4
	// patience is how much longer than the limit the run waits, to say how long it really took.
	patience = 5
)

// Run measures once.
func Run(ctx context.Context, cfg Config) (r Report, err error) {
	r = Report{Bidders: cfg.Bidders, Limit: cfg.Limit}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return r, fmt.Errorf("make %s: %w", cfg.Dir, err)
	}
	dir, err := os.MkdirTemp(cfg.Dir, "settle-*")
	if err != nil {
		return r, fmt.Errorf("make a folder: %w", err)
	}
	if !cfg.Keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return r, fmt.Errorf("open %s for PostgreSQL's user: %w", dir, err)
	}
	servers, err := stage.Start(ctx, filepath.Join(dir, "servers"), cfg.Log)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, servers.Stop()) }() //nolint:contextcheck // what was started is stopped although ctx has ended
	cfg.say("%d bidders enrol and pay their deposits", cfg.Bidders)
	sale, err := servers.SellSoon(ctx, cfg.Bidders, closing+time.Duration(cfg.Bidders)*enrolling)
	if err != nil {
		return r, err
	}
	server, err := servers.Serve(ctx, cfg.Binary)
	if err != nil {
		return r, err
	}
	defer func() {
		if server != nil {
			err = errors.Join(err, server.Kill())
		}
	}()
	if err := bid(ctx, servers, sale); err != nil {
		return r, err
	}
	pool, err := pgxpool.New(ctx, servers.PostgresURL())
	if err != nil {
		return r, fmt.Errorf("open PostgreSQL: %w", err)
	}
	defer pool.Close()
	closed, err := awaitClose(ctx, pool, sale.Lot)
	if err != nil {
		return r, err
	}
	cfg.say("the lot closed at %s; its deposits are settled", closed.Format(time.TimeOnly))
	profiled := make(chan error, 1)
	go func() { profiled <- cfg.profile(ctx, servers) }()
	if err := cfg.await(ctx, pool, sale.Lot, closed); err != nil {
		return r, err
	}
	if err := errors.Join(<-profiled, r.read(ctx, pool, sale.Lot, closed)); err != nil {
		return r, err
	}
	stopped := server.Stop()
	server = nil
	r.Fsck, err = servers.Fsck(ctx, cfg.Binary)
	return r, errors.Join(stopped, err)
}

func (cfg *Config) say(format string, args ...any) {
	_, _ = fmt.Fprintf(cfg.Progress, format+"\n", args...) // progress alone
}

func (cfg *Config) profile(ctx context.Context, servers *stage.Servers) error {
	if cfg.Profile == "" {
		return nil
	}
	return servers.Profile(ctx, cfg.Profile, 10*time.Second)
}

// bid makes a few bids, so that there is a winner.
func bid(ctx context.Context, servers *stage.Servers, sale stage.Sale) error {
	some := sale
	some.Bidders = sale.Bidders[:min(bidderSessions, len(sale.Bidders))]
	sessions, err := servers.Sessions(ctx, some)
	if err != nil {
		return err
	}
	run, err := load.New(load.Config{
		Address: servers.SiteAddress(), Lot: sale.Lot, Sessions: sessions, Connections: len(sessions), Count: bids, For: closing, Retry: true,
		Ladder: load.NewLadder(int64(sale.StartingPrice), int64(sale.Increment)),
	})
	if err != nil {
		return err
	}
	t, err := run.Do(ctx)
	if err == nil && t.Total.Accepted == 0 {
		err = errors.New("no bid was accepted")
	}
	return err
}

// awaitClose waits for the committed close and returns when it was.
func awaitClose(ctx context.Context, pool *pgxpool.Pool, lot uuid.UUID) (closed time.Time, err error) {
	err = poll(ctx, 10*time.Minute, func() (bool, error) {
		var at *time.Time
		err := pool.QueryRow(ctx, `SELECT closed_at FROM courses WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&at)
		if err != nil || at == nil {
			return false, err
		}
		closed = *at
		return true, nil
	})
	if err != nil {
		return closed, fmt.Errorf("wait for the close: %w", err)
	}
	return closed, nil
}

// await waits until no deposit is left, or for patience times the limit.
func (cfg *Config) await(ctx context.Context, pool *pgxpool.Pool, lot uuid.UUID, closed time.Time) error {
	err := poll(ctx, patience*cfg.Limit, func() (bool, error) {
		var left int
		err := pool.QueryRow(ctx, `SELECT count(*) FROM deposits WHERE lot_id = @lot AND settled_at IS NULL`, pgx.NamedArgs{"lot": lot}).Scan(&left)
		return left == 0, err
	})
	if errors.Is(err, errPatience) {
		cfg.say("%s after the close some deposits still lie", time.Since(closed).Round(time.Second))
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for the deposits: %w", err)
	}
	return nil
}

var errPatience = errors.New("it took too long")

// poll asks often enough to end soon after, and seldom enough to cost the server nothing.
func poll(ctx context.Context, limit time.Duration, ready func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errPatience)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := ready()
		if err != nil && ctx.Err() == nil {
			return err
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// read takes from the record how long after the close each deposit was settled, and what of it.
func (r *Report) read(ctx context.Context, pool *pgxpool.Pool, lot uuid.UUID, closed time.Time) error {
	rows, err := pool.Query(ctx, `SELECT state, settled_at FROM deposits WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fmt.Errorf("read the deposits: %w", err)
	}
	var state string
	var at *time.Time
	_, err = pgx.ForEachRow(rows, []any{&state, &at}, func() error {
		switch {
		case at == nil:
			r.Left++
		case state == "applied":
			r.Applied++
			r.Took = append(r.Took, at.Sub(closed))
		case state == "returned":
			r.Returned++
			r.Took = append(r.Took, at.Sub(closed))
		default:
			return fmt.Errorf("a deposit is %s", state)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the deposits: %w", err)
	}
	slices.Sort(r.Took)
	return nil
}
