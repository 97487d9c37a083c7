package bidding

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/deploy/local"
)

// clustered is a world on a Redis Cluster, with a lot on each of two masters.
type clustered struct {
	*world
	cluster *local.RedisCluster
	client  *redis.ClusterClient
	shards  [2]int
	masters [2]string
}

func newClustered(t *testing.T) *clustered {
	t.Helper()
	w := &clustered{world: newWorld(t)}
	var err error
	if w.cluster, err = local.StartRedisCluster(t.Context(), local.RedisClusterConfig{Dir: t.TempDir(), Masters: 3}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.cluster.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("stop the cluster: %v", err)
		}
	})
	w.client = redis.NewClusterClient(&redis.ClusterOptions{Addrs: w.cluster.Addrs()})
	t.Cleanup(func() { _ = w.client.Close() })
	w.masters[0] = w.master(0)
	for w.masters[1] = w.masters[0]; w.masters[1] == w.masters[0]; {
		w.shards[1]++
		w.masters[1] = w.master(w.shards[1])
	}
	return w
}

func (w *clustered) master(shard int) string {
	w.t.Helper()
	m, err := w.client.MasterForKey(w.t.Context(), shardPrefix(shard)+"shard")
	if err != nil {
		w.t.Fatal(err)
	}
	return m.Options().Addr
}

// settled bids until it is placed: while a master is away nothing is.
func (w *clustered) settled(t *testing.T, e *Engine, lot uuid.UUID, code string, amount money.Fen) Accepted {
	t.Helper()
	b := Bid{Lot: lot, Code: code, Amount: amount, Key: freshKey(), ReceivedAt: w.clock.Now()}
	var a Accepted
	until(t, func() bool {
		var err error
		if a, err = e.Bid(w.t.Context(), b); err != nil && fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("bid: %v", err)
		}
		return err == nil
	})
	return a
}

// TestFault_ClusterMasterLost kills the master of one shard: its replica is elected, that shard is rebuilt under a new epoch,
// and shards of other masters keep theirs.
func TestFault_ClusterMasterLost(t *testing.T) {
	t.Parallel()
	w := newClustered(t)
	e, _ := w.start(func(c *EngineConfig) { c.Redis = w.client })
	lots := [2]uuid.UUID{}
	for i := range lots {
		lots[i] = w.openLot(e, sale{shard: w.shards[i]}, "AAAAA", "BBBBB")
		w.settled(t, e, lots[i], "AAAAA", 10_000_000)
	}
	epochs := func() (out [2]int64) {
		for i, shard := range w.shards {
			out[i] = w.count(`SELECT epoch FROM shards WHERE shard = $1`, shard)
		}
		return out
	}
	// The first look at a cluster that PostgreSQL has not heard of begins an epoch of its own.
	until(t, func() bool {
		return w.count(`SELECT count(*) FROM shards WHERE shard = ANY ($1) AND run_id <> ''`, w.shards[:]) == 2
	})
	before := epochs()
	if err := w.cluster.Kill(t.Context(), w.masters[0]); err != nil {
		t.Fatal(err)
	}
	a := w.settled(t, e, lots[0], "BBBBB", 10_100_000)
	if now := w.master(w.shards[0]); now == w.masters[0] {
		t.Errorf("the lost master %s still serves", now)
	}
	w.settled(t, e, lots[1], "BBBBB", 10_100_000)
	until(t, func() bool { return epochs()[0] > before[0] }) // a replica in step goes on until its run id is noticed
	if after := epochs(); after[1] != before[1] {
		t.Errorf("epochs were %v, are %v", before, after)
	}
	if n := w.count(`SELECT count(*) FROM bids WHERE lot_id = $1`, lots[0]); n != 2 || a.Seq < 4 {
		t.Errorf("%d bids on the lot, the last is event %d", n, a.Seq)
	}
	if err := w.cluster.Restart(t.Context(), w.masters[0]); err != nil {
		t.Fatal(err)
	}
}

// TestFunctionsAreLoadedOnEveryMaster looks for the library on each master, also on one that comes up without it.
func TestFunctionsAreLoadedOnEveryMaster(t *testing.T) {
	t.Parallel()
	w := newClustered(t)
	e, _ := w.start(func(c *EngineConfig) { c.Redis = w.client })
	holds := func() bool {
		var masters, with atomic.Int64 // the client asks them at once
		err := w.client.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error {
			libs, err := c.FunctionList(ctx, redis.FunctionListQuery{}).Result()
			masters.Add(1)
			if len(libs) > 0 {
				with.Add(1)
			}
			return err
		})
		return err == nil && masters.Load() == 3 && with.Load() == 3
	}
	lot := w.openLot(e, sale{shard: w.shards[0]}, "AAAAA", "BBBBB")
	until(t, holds)
	err := w.client.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error { return c.FunctionFlush(ctx).Err() })
	if err != nil {
		t.Fatal(err)
	}
	w.settled(t, e, lot, "AAAAA", 10_000_000)
	until(t, holds)
}
