package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/stage"
	"mingchui/deploy/local"
)

// The processes of a scene: one that people reach, two that commit in turn, one for duties and the log.
const (
	web, bid1, bid2, duties = "web", "bid1", "bid2", "duties"
	// web2 stands in for web while that is restarted in order.
	web2 = "web2"
)

// scene is private servers, the processes of the server under test, and two lots that are bid on.
type scene struct {
	cfg     *Config
	dir     string
	binary  string
	auditor string
	servers *stage.Servers
	pool    *pgxpool.Pool
	redis   redisSide
	// network lies between each committer and PostgreSQL.
	network map[string]*relay
	nodes   map[string]stage.Node
	running map[string]*stage.Server

	// long ends in a day; closing is in its closing window, held open by its bids.
	long, closing *lot
}

// redisSide is the Redis of a scene: one server, a server with a replica, a cluster.
type redisSide interface {
	// url is what --redis-url takes.
	url() string
	close(ctx context.Context) error
}

// oneRedis is the stage's own.
type oneRedis struct{ servers *stage.Servers }

func (o oneRedis) url() string                 { return o.servers.Redis.URL() }
func (o oneRedis) close(context.Context) error { return nil }

// readyWithin bounds what a scene waits for in general; machines are shared and slow at times.
const readyWithin = 90 * time.Second

// open starts a scene: servers, sale, processes, sessions. The caller closes it, also after an error.
func open(ctx context.Context, cfg *Config, binary, auditor string, side func(ctx context.Context, s *scene) (redisSide, error)) (*scene, error) {
	s := &scene{cfg: cfg, binary: binary, auditor: auditor, network: map[string]*relay{}, running: map[string]*stage.Server{}}
	dir, err := os.MkdirTemp(cfg.Dir, "chaos-*")
	if err != nil {
		return s, fmt.Errorf("make a folder: %w", err)
	}
	if s.dir = dir; os.Chmod(dir, 0o755) != nil { //nolint:gosec // PostgreSQL's user passes through it
		return s, fmt.Errorf("open %s for PostgreSQL's user", dir)
	}
	if s.servers, err = stage.Start(ctx, filepath.Join(dir, "servers"), cfg.Log); err != nil {
		return s, err
	}
	if s.redis, err = side(ctx, s); err != nil {
		return s, err
	}
	cfg.say("  a sale: %d bidders enrol for a lot that ends in a day, %d for one about to close", cfg.Bidders, closingBidders)
	long, closing, err := s.servers.SellTwo(ctx, cfg.Bidders, closingBidders)
	if err != nil {
		return s, err
	}
	if s.pool, err = pgxpool.New(ctx, s.servers.PostgresURL()); err != nil {
		return s, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := s.plan(ctx); err != nil {
		return s, err
	}
	for _, name := range []string{bid1, bid2, duties, web} {
		if err := s.start(ctx, name); err != nil {
			return s, err
		}
	}
	if s.long, err = s.attend(ctx, long); err != nil {
		return s, err
	}
	s.closing, err = s.attend(ctx, closing)
	return s, err
}

// plan says how each process is started.
func (s *scene) plan(ctx context.Context) error {
	s.nodes = map[string]stage.Node{web: {Name: web, Roles: "web"}, web2: {Name: web2, Roles: "web"}, duties: {Name: duties, Roles: "duties"}}
	for _, name := range []string{bid1, bid2} {
		r, err := newRelay(ctx, fmt.Sprintf("127.0.0.1:%d", s.servers.Postgres.Port()))
		if err != nil {
			return err
		}
		s.network[name] = r
		s.nodes[name] = stage.Node{Name: name, Roles: "bidding", PostgresAddress: r.Addr()}
	}
	for name, n := range s.nodes {
		n.RedisURL = s.redis.url()
		var err error
		if name != web {
			if n.OpsPort, err = local.FreePort(ctx); err != nil {
				return err
			}
		}
		if name == web2 {
			if n.SitePort, err = local.FreePort(ctx); err != nil {
				return err
			}
		}
		s.nodes[name] = n
	}
	return nil
}

// start starts a process and waits until it is ready.
func (s *scene) start(ctx context.Context, name string) error {
	p, err := s.servers.ServeNode(ctx, s.binary, s.nodes[name], "--bid-rate=1000000")
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	s.running[name] = p
	return nil
}

// kill ends a process at once.
func (s *scene) kill(name string) error {
	p := s.running[name]
	delete(s.running, name)
	return p.Kill()
}

// stop ends a process in order.
func (s *scene) stop(name string) error {
	p := s.running[name]
	delete(s.running, name)
	return p.Stop()
}

// attend opens the bidding sessions of a sale.
func (s *scene) attend(ctx context.Context, sale stage.Sale) (*lot, error) {
	sessions, err := s.servers.Sessions(ctx, sale)
	if err != nil {
		return nil, err
	}
	return &lot{sale: sale, sessions: sessions, ladder: load.NewLadder(int64(sale.StartingPrice), int64(sale.Increment))}, nil
}

// committer is the name of the process that holds the committers' lock; it waits until one does.
func (s *scene) committer(ctx context.Context) (string, error) {
	const query = `SELECT a.application_name FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = ANY ($1) LIMIT 1`
	var name string
	err := until(ctx, readyWithin, "a committer", func() (bool, error) {
		err := s.pool.QueryRow(ctx, query, []string{bid1, bid2}).Scan(&name)
		if errors.Is(err, pgx.ErrNoRows) {
			return false, nil
		}
		return err == nil, nil
	})
	return name, err
}

// other is the committer that waits for its turn.
func other(committer string) string {
	if committer == bid1 {
		return bid2
	}
	return bid1
}

// place is where a shard stands in PostgreSQL.
type place struct{ epoch, n int64 }

// place reads where a lot's shard stands.
func (s *scene) place(ctx context.Context, l *lot) (p place, err error) {
	err = s.pool.QueryRow(ctx, `SELECT s.epoch, s.n FROM shards AS s JOIN lots AS l ON l.shard = s.shard WHERE l.id = $1`, l.sale.Lot).Scan(&p.epoch, &p.n)
	if err != nil {
		return p, fmt.Errorf("read the shard: %w", err)
	}
	return p, nil
}

// insideWindow tells whether the closing lot is in its closing window now.
func (s *scene) insideWindow(ctx context.Context) bool {
	const query = `SELECT count(*) FROM courses WHERE lot_id = $1 AND phase = 'open' AND ends_at - now() <= interval '1 minute'`
	var n int
	return s.pool.QueryRow(ctx, query, s.closing.sale.Lot).Scan(&n) == nil && n == 1
}

// close ends everything that the scene started.
func (s *scene) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	var errs []error
	for name := range s.running {
		errs = append(errs, s.kill(name))
	}
	for _, r := range s.network {
		errs = append(errs, r.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	if s.redis != nil {
		errs = append(errs, s.redis.close(ctx))
	}
	if s.servers != nil {
		errs = append(errs, s.servers.Stop())
	}
	if s.dir != "" && !s.cfg.Keep {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// until asks every few milliseconds until ready says yes; an error when it did not within limit.
func until(ctx context.Context, limit time.Duration, what string, ready func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := ready(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: not within %s", what, limit)
		case <-tick.C:
		}
	}
}

// pause lets d pass: a fault lasts as long as it is meant to.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
