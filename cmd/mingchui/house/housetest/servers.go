package housetest

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/outbox"
	"mingchui/deploy/local/testserver"
)

// Servers are the Redis and the NATS that a house stands on. Houses may share
// them one after the other: each finds them empty. The database is always a
// house's own.
type Servers struct {
	Redis *testserver.RedisServer
	NATS  *nats.Conn

	client *redis.Client
}

// NewServers starts them; they end with t.
func NewServers(t testing.TB) *Servers {
	t.Helper()
	s := &Servers{Redis: testserver.NewRedis(t), NATS: testserver.NATS(t)}
	s.client = s.Redis.Client()
	return s
}

// empty removes what an earlier house left.
func (s *Servers) empty(t testing.TB) {
	t.Helper()
	if err := s.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatalf("housetest: empty Redis: %v", err)
	}
	js, err := jetstream.New(s.NATS)
	if err == nil {
		err = js.DeleteStream(t.Context(), outbox.Stream)
	}
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatalf("housetest: empty NATS: %v", err)
	}
}
