package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/stage"
)

const (
	settleLimit  = 20 * time.Second
	sweepWarmup  = 200 * time.Millisecond
	sweepLength  = 800 * time.Millisecond
	readyLength  = 2 * time.Second
	maxLag       = 2.0 // seconds; measures.md
	profileAfter = 500 * time.Millisecond
)

// stand is a server on servers of its own, with lots that can be bid for.
type stand struct {
	servers *stage.Servers
	server  *stage.Server
	pool    *pgxpool.Pool
	sales   []stage.Sale
	places  []load.Place
	binary  string
	// acknowledged counts the answers of 201, warm-up included.
	acknowledged int64
}

// openStand starts servers in a folder, sells a lot for each number of bidders, and starts the server. The caller closes
// what it returns, also beside an error.
func openStand(ctx context.Context, dir, binary string, flags []string, log *slog.Logger, bidders ...int) (s *stand, err error) {
	s = &stand{binary: binary}
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return s, fmt.Errorf("make the folder: %w", err)
	}
	if s.servers, err = stage.Start(ctx, dir, log); err != nil {
		return s, err
	}
	if s.sales, err = s.servers.SellLots(ctx, bidders...); err != nil {
		return s, err
	}
	if s.server, err = s.servers.Serve(ctx, binary, flags...); err != nil {
		return s, err
	}
	for _, sale := range s.sales {
		sessions, err := s.servers.Sessions(ctx, sale)
		if err != nil {
			return s, err
		}
		s.places = append(s.places, load.Place{Lot: sale.Lot, Sessions: sessions, Ladder: ladderOf(sale)})
	}
	if s.pool, err = pgxpool.New(ctx, s.servers.PostgresURL()); err != nil {
		return s, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return s, nil
}

func ladderOf(sale stage.Sale) *load.Ladder {
	return load.NewLadder(int64(sale.StartingPrice), int64(sale.Increment))
}

// target is the server over some of its places.
func (s *stand) target(places []load.Place) *target {
	return &target{name: project, address: s.servers.SiteAddress(), places: places, pid: s.server.PID(), stand: s}
}

// lag is how many entries have no place in the log yet, and the age of the oldest in seconds.
func (s *stand) lag(ctx context.Context) (pending int64, seconds float64, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*), coalesce(extract(epoch FROM now() - min(e.at)), 0)::float8
		FROM pending p CROSS JOIN LATERAL (SELECT at FROM entries WHERE id = p.entry_id OFFSET 0) e`).Scan(&pending, &seconds)
	if err != nil {
		return 0, 0, fmt.Errorf("read the sequencer's lag: %w", err)
	}
	return pending, seconds, nil
}

// settle waits until the sequencer has nothing left, so that its work is not done on the next target's time.
func (s *stand) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		pending, seconds, err := s.lag(ctx)
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

// check stops the server, counts the stored bids and asks fsck, whose words it returns.
func (s *stand) check(ctx context.Context) (stored int64, words string, err error) {
	server := s.server
	s.server = nil
	stopped := server.Stop()
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM bids`).Scan(&stored); err != nil {
		return 0, "", errors.Join(stopped, fmt.Errorf("count the stored bids: %w", err))
	}
	words, err = s.servers.Fsck(ctx, s.binary)
	return stored, words, errors.Join(stopped, err)
}

// close ends whatever still runs.
func (s *stand) close() error {
	var errs []error
	if s.server != nil {
		errs = append(errs, s.server.Stop())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	if s.servers != nil {
		errs = append(errs, s.servers.Stop())
	}
	return errors.Join(errs...)
}

// processors is what each process has used, in seconds.
func (b *bench) processors(t *target) map[string]float64 {
	servers := b.stand.servers
	if t.stand != nil {
		servers = t.stand.servers
	}
	used := map[string]float64{
		"server": processor(t.pid, false), "redis": processor(servers.Redis.PID(), false), "postgres": processor(servers.Postgres.PID(), true),
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err == nil {
		used["client"] = time.Duration(own.Utime.Nano() + own.Stime.Nano()).Seconds()
	}
	return used
}
