package main

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

// TestOneRedisAClusterOrSentinels holds what --redis-url and --redis-master ask for.
func TestOneRedisAClusterOrSentinels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		urls, master string
		cluster, bad bool
	}{
		"one server":                    {urls: "redis://127.0.0.1:1/2"},
		"one server, twice":             {urls: "redis://127.0.0.1:1, redis://127.0.0.1:1"},
		"a cluster":                     {urls: "redis://127.0.0.1:1,redis://127.0.0.1:2", cluster: true},
		"sentinels":                     {urls: "redis://127.0.0.1:1,redis://127.0.0.1:2", master: "bids"},
		"a cluster in another database": {urls: "redis://127.0.0.1:1/1,redis://127.0.0.1:2/1", bad: true},
		"no address":                    {urls: "127.0.0.1:1", bad: true},
	} {
		client, err := openRedis(c.urls, c.master, "")
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if _, cluster := client.(*redis.ClusterClient); cluster != c.cluster {
			t.Errorf("%s is %T", name, client)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
}
