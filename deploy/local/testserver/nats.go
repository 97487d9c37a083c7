package testserver

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go"

	"mingchui/deploy/local"
)

// NATS gives t a NATS server of its own with JetStream, inside the test process, and a connection to it. Both end
// with the test.
func NATS(t testing.TB) *nats.Conn {
	t.Helper()
	return Connect(t, NATSServer(t))
}

// NATSServer is NATS without a connection, for tests that need several.
func NATSServer(t testing.TB) *local.NATS {
	t.Helper()
	server, err := local.StartNATS(t.Context(), local.NATSConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatalf("testserver: start NATS: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Errorf("testserver: stop NATS: %v", err)
		}
	})
	return server
}

// Connect opens one more connection; it is closed with the test.
func Connect(t testing.TB, server *local.NATS) *nats.Conn {
	t.Helper()
	conn, err := server.Connect()
	if err != nil {
		t.Fatalf("testserver: connect to NATS: %v", err)
	}
	t.Cleanup(conn.Close)
	return conn
}
