package stage_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mingchui/cmd/hammer/judge"
	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/stage"
)

const (
	kills       = 3
	connections = 48
	leastFlying = 20
)

// TestHistoryOverKillsIsSound kills the server at random moments with at least 20 bids in flight, while bidders send
// every bid again with its key until it is decided. What they were told is kept here, outside the server. After the last
// restart every acknowledged bid is on the record as it was acknowledged (I1), the whole history is linearizable (I3), and
// fsck finds nothing (I1, I2, I4 to I6).
func TestHistoryOverKillsIsSound(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	binary := buildServer(ctx, t)
	servers, err := stage.Start(ctx, t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	})
	sale, err := servers.Sell(ctx, 12)
	if err != nil {
		t.Fatal(err)
	}
	server, err := servers.Serve(ctx, binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Kill() }) // already ended when the test got so far
	sessions, err := servers.Sessions(ctx, sale)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var history []load.Op
	run, err := load.New(load.Config{
		Address: servers.SiteAddress(), Lot: sale.Lot, Sessions: sessions, Connections: connections, Retry: true,
		Ladder: load.NewLadder(int64(sale.StartingPrice), int64(sale.Increment)), For: load.MaxFor, Pause: 20 * time.Millisecond,
		History: func(op load.Op) { mu.Lock(); defer mu.Unlock(); history = append(history, op) },
	})
	if err != nil {
		t.Fatal(err)
	}
	bidding, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { _, err := run.Do(bidding); done <- err }()
	for range kills {
		server = killAndRestart(ctx, t, servers, server, binary, run)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	record, err := load.Site{URL: servers.SiteURL()}.Record(ctx, sale.Lot)
	if err != nil {
		t.Fatal(err)
	}
	events, err := judge.ReadRecord(record)
	if err := record.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := judge.Lot(sale.Lot, history, events, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills: %d accepted, %d refused, %d not placed, %d unknown of which %d landed", kills, v.Accepted, v.Refused, v.NotPlaced, v.Unknown, v.Landed)
	if !v.Sound() || v.Accepted < kills {
		t.Errorf("the history is not sound: %+v", v)
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if out, err := servers.Fsck(ctx, binary); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// killAndRestart waits until enough is in flight and bids were answered since the last kill, then kills at a random moment.
func killAndRestart(ctx context.Context, t *testing.T, servers *stage.Servers, server *stage.Server, binary string, run *load.Run) *stage.Server {
	t.Helper()
	before := run.Acknowledged()
	limit := time.After(time.Minute)
	moment := time.Now().Add(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	for now := time.Now(); now.Before(moment) || run.Acknowledged() == before || run.InFlight() < leastFlying; {
		select {
		case now = <-tick.C:
		case <-limit:
			t.Fatalf("%d bids in flight, %d acknowledged since the restart", run.InFlight(), run.Acknowledged()-before)
		}
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	next, err := servers.Serve(ctx, binary)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// buildServer builds the server as it is in this checkout; HAMMER_SERVER names one that is built already.
func buildServer(ctx context.Context, t *testing.T) string {
	t.Helper()
	if given := os.Getenv("HAMMER_SERVER"); given != "" {
		return given
	}
	binary := filepath.Join(t.TempDir(), "mingchui")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "mingchui/cmd/mingchui")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, strings.TrimSpace(string(out)))
	}
	return binary
}
