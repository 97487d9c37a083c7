package local_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mingchui/deploy/local"
)

func TestRedisClusterElectsAReplica(t *testing.T) {
	t.Parallel()
	c, err := local.StartRedisCluster(t.Context(), local.RedisClusterConfig{Dir: t.TempDir(), Masters: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs()})
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Set(t.Context(), "key", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	master, err := client.MasterForKey(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	lost := master.Options().Addr
	if err := c.Kill(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		client.ReloadState(t.Context())
		if now, err := client.MasterForKey(t.Context(), "key"); err == nil && now.Options().Addr != lost && now.Ping(t.Context()).Err() == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no replica is elected")
		}
	}
	if err := c.Restart(t.Context(), lost); err != nil {
		t.Error(err)
	}
}
