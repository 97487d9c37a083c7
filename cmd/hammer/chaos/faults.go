package chaos

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// fault is one kind of harm.
type fault struct {
	id, what string
	stage    string
	// runs is how often it strikes by default.
	runs int
	// strike does it once and mends what it broke as an operator or a supervisor would; run counts from 0.
	strike func(ctx context.Context, s *scene, run int) error
	// halts: the long lot is meant to stand still afterwards.
	halts bool
	// planted: it is no fault of the world but one in the rows, which fsck is meant to find. It runs with builds alone.
	planted bool
}

// The stages, by what Redis is.
const (
	single  = "single"
	replica = "replica"
	cluster = "cluster"
)

// faults are all kinds, in the order in which they strike.
func faults() []fault {
	return []fault{
		{id: "web_killed", what: "SIGKILL of the node that people reach", stage: single, runs: 3, strike: killing(web)},
		{id: "committer_killed", what: "SIGKILL of the node that commits and closes", stage: single, runs: 3, strike: killCommitter},
		{id: "duties_killed", what: "SIGKILL of the node with sequencer, outbox and duties", stage: single, runs: 2, strike: killing(duties)},
		{id: "all_killed", what: "SIGKILL of all nodes at once", stage: single, runs: 2, strike: killing(web, bid1, bid2, duties)},
		{id: "redis_killed", what: "Redis killed and restarted", stage: single, runs: 3, strike: killRedis},
		{id: "redis_wiped", what: "Redis killed with its data: as it is, with commits under way held up, and with a commit that comes late, in turn", stage: single, runs: 20, strike: wipeRedis},
		{id: "redis_paused", what: "Redis stands still for 10 s (SIGSTOP)", stage: single, runs: 1, strike: pauseRedis},
		{id: "postgres_killed", what: "PostgreSQL killed: a backend in mid-commit, and the whole without a checkpoint", stage: single, runs: 4, strike: crashPostgres},
		{id: "nats_killed", what: "NATS stopped for a second; every second time wiped", stage: single, runs: 2, strike: stopNATS},
		{id: "late_commit", what: "a commit held up in the network until another node has begun a new epoch", stage: single, runs: 3, strike: lateCommit},
		{id: "rolling_restart", what: "every node restarted in order; no bid without an answer or a Retry-After", stage: single, runs: 1, strike: rollingRestart},
		{id: "replica_promoted", what: "Redis' master lost, a replica that lags promoted", stage: replica, runs: 4, strike: promoteReplica},
		{id: "cluster_failover", what: "Redis Cluster: a master lost, its replica promoted", stage: cluster, runs: 3, strike: loseMaster},
		{id: "rows_restored", what: "fence and course rows restored from an earlier copy, the rest not", stage: single, strike: restoreRows, halts: true, planted: true},
	}
}

func killing(names ...string) func(ctx context.Context, s *scene, run int) error {
	return func(ctx context.Context, s *scene, _ int) error {
		for _, name := range names {
			if err := s.kill(name); err != nil {
				return err
			}
		}
		for _, name := range names {
			if err := s.start(ctx, name); err != nil {
				return err
			}
		}
		return nil
	}
}

func killCommitter(ctx context.Context, s *scene, run int) error {
	name, err := s.committer(ctx)
	if err != nil {
		return err
	}
	return killing(name)(ctx, s, run)
}

func killRedis(ctx context.Context, s *scene, _ int) error {
	if err := s.servers.KillRedis(ctx); err != nil {
		return err
	}
	return s.servers.RestartRedis(ctx)
}

// heldFor is how long decisions pile up whose commit is on its way when Redis is lost.
const heldFor = 300 * time.Millisecond

func wipeRedis(ctx context.Context, s *scene, run int) error {
	switch run % 3 {
	case 0:
		return s.servers.WipeRedis(ctx)
	case 2: // only a late commit meets the check of the epoch with no other check behind it
		return lateCommit(ctx, s, run)
	}
	name, err := s.committer(ctx)
	if err != nil {
		return err
	}
	defer s.network[name].Release()
	select {
	case <-s.network[name].HoldCommit():
	case <-time.After(readyWithin):
		return fmt.Errorf("%s sent no commit within %s", name, readyWithin)
	}
	if err := pause(ctx, heldFor); err != nil {
		return err
	}
	return s.servers.WipeRedis(ctx)
}

func pauseRedis(ctx context.Context, s *scene, _ int) error {
	return s.servers.PauseRedis(ctx, 10*time.Second)
}

func crashPostgres(ctx context.Context, s *scene, run int) error {
	if run%2 == 1 {
		return s.servers.CrashPostgres(ctx)
	}
	name, err := s.committer(ctx)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.servers.PostgresURL())
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	found, err := s.servers.KillBackend(ctx, conn, name)
	if err == nil && !found {
		err = fmt.Errorf("%s has no session in PostgreSQL", name)
	}
	return err
}

func stopNATS(ctx context.Context, s *scene, run int) error {
	if err := s.servers.StopNATS(ctx, run%2 == 1); err != nil {
		return err
	}
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	return s.servers.StartNATS(ctx)
}

// lateCommit holds up what the committer sends to PostgreSQL with a commit in it, takes Redis and the committer's lock away,
// and lets the commit arrive when another node has committed a new epoch and nothing in it yet: this is when the fence alone
// stands between a bid that was called not placed and the record.
func lateCommit(ctx context.Context, s *scene, _ int) error {
	slow, err := s.committer(ctx)
	if err != nil {
		return err
	}
	quick := other(slow)
	defer s.network[slow].Release()
	defer s.network[quick].Release()
	select {
	case <-s.network[slow].HoldCommit():
	case <-time.After(readyWithin):
		return fmt.Errorf("%s sent no commit within %s", slow, readyWithin)
	}
	before, err := s.place(ctx, s.long)
	if err != nil {
		return err
	}
	if err := s.servers.WipeRedis(ctx); err != nil {
		return err
	}
	const unlock = `SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND a.application_name = $1`
	if _, err := s.pool.Exec(ctx, unlock, slow); err != nil {
		return fmt.Errorf("take the lock away: %w", err)
	}
	refused := s.long.notPlaced.Load()
	err = until(ctx, readyWithin, "a new epoch", func() (bool, error) {
		p, err := s.place(ctx, s.long)
		if err == nil && p.epoch != before.epoch {
			s.network[quick].Hold()
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return err
	}
	// Bids of the old epoch are now told that they were not placed, those that nobody saw among them.
	_ = until(ctx, 2*time.Second, "a bid that is not placed", func() (bool, error) { return s.long.notPlaced.Load() > refused, nil })
	s.network[slow].Release()
	return pause(ctx, heldFor)
}

// rollingRestart restarts every node, one after the other, while bids go on.
func rollingRestart(ctx context.Context, s *scene, _ int) error {
	lots := []*lot{s.long, s.closing}
	before := s.long.unexcused() + s.closing.unexcused()
	to := func(name string) error {
		port := s.nodes[name].SitePort
		if port == 0 {
			port = s.servers.SitePort
		}
		for _, l := range lots {
			l.move(fmt.Sprintf("127.0.0.1:%d", port))
		}
		return pause(ctx, 2*heldFor) // connections that were asking end
	}
	if err := s.start(ctx, web2); err != nil {
		return err
	}
	if err := to(web2); err != nil {
		return err
	}
	for _, name := range []string{web, bid1, bid2, duties} {
		if err := s.stop(name); err != nil {
			return err
		}
		if err := s.start(ctx, name); err != nil {
			return err
		}
	}
	if err := to(web); err != nil {
		return err
	}
	if err := s.stop(web2); err != nil {
		return err
	}
	if n := s.long.unexcused() + s.closing.unexcused() - before; n > 0 {
		return breach(fmt.Sprintf("%d bids got no answer, or one of 429 or 5xx without Retry-After", n))
	}
	return nil
}

// restoreRows puts the rows that are updated in place, the fence and the course, back to an earlier copy, as a restore that
// forgot the tables of inserts would: the inserts that come next are there already, and a conflict says so.
func restoreRows(ctx context.Context, s *scene, _ int) error {
	const (
		kept = `CREATE TABLE kept AS SELECT s.n, s.h, c.* FROM shards AS s, courses AS c WITH NO DATA`
		keep = `INSERT INTO kept SELECT s.n, s.h, c.* FROM courses AS c JOIN shards AS s ON s.shard = c.shard WHERE c.lot_id = $1`
		back = `WITH fence AS (UPDATE shards AS s SET n = k.n, h = k.h, epoch = s.epoch + 1 FROM kept AS k WHERE s.shard = k.shard)
UPDATE courses AS c SET seq = k.seq, last_at = k.last_at, ends_at = k.ends_at, price_fen = k.price_fen, leader_code = k.leader_code,
	leader_rank = k.leader_rank, bids = k.bids, extensions = k.extensions FROM kept AS k WHERE c.lot_id = k.lot_id`
	)
	if _, err := s.pool.Exec(ctx, kept); err != nil {
		return fmt.Errorf("keep the rows: %w", err)
	}
	if _, err := s.pool.Exec(ctx, keep, s.long.sale.Lot); err != nil {
		return fmt.Errorf("keep the rows: %w", err)
	}
	want := s.long.acknowledged.Load() + 100
	if err := until(ctx, readyWithin, "bids after the copy", func() (bool, error) { return s.long.acknowledged.Load() >= want, nil }); err != nil {
		return err
	}
	names := []string{web, bid1, bid2, duties}
	for _, name := range names {
		if err := s.kill(name); err != nil {
			return err
		}
	}
	if _, err := s.pool.Exec(ctx, back); err != nil {
		return fmt.Errorf("put the rows back: %w", err)
	}
	if err := s.servers.WipeRedis(ctx); err != nil {
		return err
	}
	for _, name := range names {
		if err := s.start(ctx, name); err != nil {
			return err
		}
	}
	return pause(ctx, 5*time.Second) // what is acknowledged now, if anything, is held against the record
}
