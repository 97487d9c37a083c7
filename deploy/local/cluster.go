package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// RedisClusterConfig says where the servers of a private Redis Cluster live.
type RedisClusterConfig struct {
	Dir     string       // a folder for each server is made in it
	Masters int          // at least 3: fewer cannot elect
	Log     *slog.Logger // nil: silent
}

// RedisCluster is a Redis Cluster on this machine: masters, which share the slots evenly, and a replica of each. No password
// is asked for, as its servers would have to share one.
type RedisCluster struct {
	members []*clusterMember
	log     *slog.Logger
}

type clusterMember struct {
	dir       string
	port, bus int
	server    *Redis
}

// nodeTimeout is how long a master may be silent before its replica is elected, in milliseconds.
const nodeTimeout = "1500"

// StartRedisCluster starts the servers in an empty folder, joins them, and returns when every slot is served and every master
// has its replica. The caller must call Stop.
func StartRedisCluster(ctx context.Context, cfg RedisClusterConfig) (*RedisCluster, error) {
	c := &RedisCluster{log: orSilent(cfg.Log)}
	if err := c.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func (c *RedisCluster) start(ctx context.Context, cfg RedisClusterConfig) error {
	for i := range 2 * cfg.Masters {
		m := &clusterMember{dir: filepath.Join(cfg.Dir, "redis-"+strconv.Itoa(i))}
		var err error
		if m.port, err = FreePort(ctx); err != nil {
			return err
		}
		if m.bus, err = FreePort(ctx); err != nil {
			return err
		}
		c.members = append(c.members, m)
		if err := c.launch(ctx, m); err != nil {
			return err
		}
	}
	const slots = 16384
	first := c.members[0]
	ids := make([]string, len(c.members))
	for i, m := range c.members {
		err := m.with(func(client *redis.Client) error {
			if i < cfg.Masters {
				if err := client.ClusterAddSlotsRange(ctx, slots*i/cfg.Masters, slots*(i+1)/cfg.Masters-1).Err(); err != nil {
					return err
				}
			}
			if m != first {
				if err := client.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", first.port, first.bus).Err(); err != nil {
					return err
				}
			}
			var err error
			ids[i], err = client.ClusterMyID(ctx).Result()
			return err
		})
		if err != nil {
			return fmt.Errorf("join server %d: %w", i, err)
		}
	}
	for i, m := range c.members[cfg.Masters:] {
		if err := m.replicate(ctx, ids[i]); err != nil {
			return err
		}
	}
	return c.awaitWhole(ctx, cfg.Masters)
}

func (c *RedisCluster) launch(ctx context.Context, m *clusterMember) (err error) {
	server, err := StartRedis(ctx, RedisConfig{Dir: m.dir, Port: m.port, NoPassword: true, Log: c.log, Settings: map[string]string{
		"cluster-enabled": "yes", "cluster-port": strconv.Itoa(m.bus), "cluster-node-timeout": nodeTimeout,
		"cluster-replica-validity-factor": "0", "repl-diskless-sync-delay": "0",
	}})
	if err != nil {
		return err
	}
	m.server = server
	return nil
}

func (m *clusterMember) with(f func(client *redis.Client) error) error {
	client := redis.NewClient(m.server.Options())
	return errors.Join(f(client), client.Close())
}

// replicate waits until the member has heard of the master and makes it its replica.
func (m *clusterMember) replicate(ctx context.Context, master string) error {
	return m.with(func(client *redis.Client) error {
		var last error
		ok, err := poll(ctx, startLimit, func() bool {
			last = client.ClusterReplicate(ctx, master).Err()
			return last == nil
		})
		if err == nil && !ok {
			err = last
		}
		if err != nil {
			return fmt.Errorf("follow a master: %w", err)
		}
		return nil
	})
}

// awaitWhole waits until every member says that all slots are served, and every master has a replica in step.
func (c *RedisCluster) awaitWhole(ctx context.Context, masters int) error {
	ok, err := poll(ctx, startLimit, func() bool {
		replicas := 0
		for _, m := range c.members {
			var state, replication string
			err := m.with(func(client *redis.Client) (err error) {
				if state, err = client.ClusterInfo(ctx).Result(); err != nil {
					return err
				}
				replication, err = client.Info(ctx, "replication").Result()
				return err
			})
			if err != nil || !strings.Contains(state, "cluster_state:ok") {
				return false
			}
			if strings.Contains(replication, "master_link_status:up") {
				replicas++
			}
		}
		return replicas == len(c.members)-masters
	})
	if err == nil && !ok {
		err = fmt.Errorf("the cluster is not whole within %s", startLimit)
	}
	return err
}

// Addrs are host:port of all servers.
func (c *RedisCluster) Addrs() []string {
	addrs := make([]string, len(c.members))
	for i, m := range c.members {
		addrs[i] = m.server.Addr()
	}
	return addrs
}

// Kill ends the server of an address at once. It stays down until Restart.
func (c *RedisCluster) Kill(ctx context.Context, addr string) error {
	m, err := c.member(addr)
	if err != nil {
		return err
	}
	if err := syscall.Kill(m.server.PID(), syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", addr, err)
	}
	<-m.server.Done()
	return m.server.Stop(ctx)
}

// Restart starts a killed server again, without its data: it joins as the cluster has it by then, and returns when the cluster
// is whole again.
func (c *RedisCluster) Restart(ctx context.Context, addr string) error {
	m, err := c.member(addr)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(m.dir, "appendonlydir")); err != nil {
		return folderError(m.dir, err)
	}
	if err := c.launch(ctx, m); err != nil {
		return err
	}
	return c.awaitWhole(ctx, len(c.members)/2)
}

func (c *RedisCluster) member(addr string) (*clusterMember, error) {
	for _, m := range c.members {
		if m.server.Addr() == addr {
			return m, nil
		}
	}
	return nil, fmt.Errorf("the cluster has no server %s", addr)
}

// Stop ends all servers.
func (c *RedisCluster) Stop(ctx context.Context) error {
	var errs []error
	for _, m := range c.members {
		if m.server != nil {
			errs = append(errs, m.server.Stop(ctx))
		}
	}
	return errors.Join(errs...)
}
