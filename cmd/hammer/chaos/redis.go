package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"mingchui/deploy/local"
)

// sideOf opens what a stage has for Redis.
func sideOf(name string) func(ctx context.Context, s *scene) (redisSide, error) {
	return func(ctx context.Context, s *scene) (redisSide, error) {
		switch name {
		case replica:
			return openPair(ctx, s)
		case cluster:
			c, err := local.StartRedisCluster(ctx, local.RedisClusterConfig{Dir: filepath.Join(s.dir, "cluster"), Masters: 3, Log: s.cfg.Log})
			return clusterSide{c}, err
		}
		return oneRedis{s.servers}, nil
	}
}

// pair is a master and its replica behind one address, which leads to whichever is master, as a floating address does. Their
// link can be held up, so that the replica lags.
type pair struct {
	dir             string
	master, replica *local.Redis
	front, link     *relay
	// made counts the servers, for their folders.
	made int
	s    *scene
}

const pairPassword = "chaos"

func openPair(ctx context.Context, s *scene) (redisSide, error) {
	p := &pair{dir: s.dir, s: s}
	var err error
	if p.master, err = p.launch(ctx, nil); err != nil {
		return p, err
	}
	if p.front, err = newRelay(ctx, p.master.Addr()); err != nil {
		return p, err
	}
	if p.link, err = newRelay(ctx, p.master.Addr()); err != nil {
		return p, err
	}
	p.link.answers = true
	return p, p.follow(ctx)
}

func (p *pair) url() string { return "redis://:" + pairPassword + "@" + p.front.Addr() + "/0" }

// launch starts an empty server.
func (p *pair) launch(ctx context.Context, settings map[string]string) (*local.Redis, error) {
	p.made++
	dir := filepath.Join(p.dir, fmt.Sprintf("pair-%d", p.made))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	// Both ask for the same password: whoever knows the address need not know who is master.
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte(pairPassword), 0o600); err != nil {
		return nil, fmt.Errorf("write the password: %w", err)
	}
	return local.StartRedis(ctx, local.RedisConfig{Dir: dir, Settings: settings, Log: p.s.cfg.Log})
}

// follow starts a replica of the master and waits until it is in step.
func (p *pair) follow(ctx context.Context) (err error) {
	host, port, _ := strings.Cut(p.link.Addr(), ":")
	p.replica, err = p.launch(ctx, map[string]string{
		"replicaof": host + " " + port, "masterauth": pairPassword, "repl-diskless-sync-delay": "0",
	})
	if err != nil {
		return err
	}
	client := redis.NewClient(p.replica.Options())
	defer func() { _ = client.Close() }()
	return until(ctx, readyWithin, "a replica in step", func() (bool, error) {
		info, err := client.Info(ctx, "replication").Result()
		return err == nil && strings.Contains(info, "master_link_status:up"), nil
	})
}

// promote takes the master away and makes the replica, as far as it has come, the master; a new replica follows it.
func (p *pair) promote(ctx context.Context) error {
	if err := syscall.Kill(p.master.PID(), syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill the master: %w", err)
	}
	<-p.master.Done()
	if err := p.master.Stop(ctx); err != nil {
		return err
	}
	client := redis.NewClient(p.replica.Options())
	err := client.ReplicaOf(ctx, "NO", "ONE").Err()
	if err := errors.Join(err, client.Close()); err != nil {
		return fmt.Errorf("promote the replica: %w", err)
	}
	p.master, p.replica = p.replica, nil
	p.front.Lead(p.master.Addr())
	return nil
}

func (p *pair) close(ctx context.Context) error {
	var errs []error
	for _, r := range []*relay{p.front, p.link} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	for _, r := range []*local.Redis{p.replica, p.master} {
		if r != nil {
			errs = append(errs, r.Stop(ctx))
		}
	}
	return errors.Join(errs...)
}

// promoteReplica lets the replica fall behind by bids that were acknowledged, and promotes it. Every second time nobody raises
// meanwhile, and only those who ask what stands are there to be told of a price that is over.
func promoteReplica(ctx context.Context, s *scene, run int) error {
	p, ok := s.redis.(*pair)
	if !ok {
		return errors.New("the stage has no replica")
	}
	p.link.Hold()
	want := s.long.acknowledged.Load() + 100
	if err := until(ctx, readyWithin, "bids that the replica lacks", func() (bool, error) { return s.long.acknowledged.Load() >= want, nil }); err != nil {
		return err
	}
	if run%2 == 0 {
		s.long.calm(true)
		defer s.long.calm(false)
		if err := pause(ctx, 2*heldFor); err != nil {
			return err
		}
	}
	if err := p.promote(ctx); err != nil {
		return err
	}
	if run%2 == 0 {
		if err := pause(ctx, 2*heldFor); err != nil {
			return err
		}
		s.long.calm(false)
	}
	p.link.Release()
	p.link.Lead(p.master.Addr())
	return p.follow(ctx)
}

// clusterSide is a small Redis Cluster.
type clusterSide struct{ cluster *local.RedisCluster }

func (c clusterSide) url() string {
	addrs := c.cluster.Addrs()
	for i := range addrs {
		addrs[i] = "redis://" + addrs[i]
	}
	return strings.Join(addrs, ",")
}

func (c clusterSide) close(ctx context.Context) error {
	if c.cluster == nil {
		return nil
	}
	return c.cluster.Stop(ctx)
}

// loseMaster kills the master that holds the long lot's shard; its replica is elected.
func loseMaster(ctx context.Context, s *scene, _ int) error {
	side, ok := s.redis.(clusterSide)
	if !ok {
		return errors.New("the stage has no cluster")
	}
	var shard int
	if err := s.pool.QueryRow(ctx, `SELECT shard FROM lots WHERE id = $1`, s.long.sale.Lot).Scan(&shard); err != nil {
		return fmt.Errorf("find the lot's shard: %w", err)
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: side.cluster.Addrs()})
	defer func() { _ = client.Close() }()
	key := fmt.Sprintf("{s%03d}:shard", shard)
	master, err := client.MasterForKey(ctx, key)
	if err != nil {
		return fmt.Errorf("find the shard's master: %w", err)
	}
	lost := master.Options().Addr
	if err := side.cluster.Kill(ctx, lost); err != nil {
		return err
	}
	err = until(ctx, readyWithin, "another master", func() (bool, error) {
		client.ReloadState(ctx)
		now, err := client.MasterForKey(ctx, key)
		return err == nil && now.Options().Addr != lost && now.Ping(ctx).Err() == nil, nil
	})
	if err != nil {
		return err
	}
	return side.cluster.Restart(ctx, lost)
}
