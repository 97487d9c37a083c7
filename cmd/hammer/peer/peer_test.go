package peer_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/peer"
	"mingchui/deploy/local/testserver"
)

const start, step = int64(1_000_000), int64(10_000)

func serve(t *testing.T, cfg peer.Config) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- peer.Serve(ctx, l, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// Every bid that a peer acknowledges is stored once, the stored prices rise by whole increments, nobody bids over the own
// bid, and it answers as the rules say: a peer that cheats is no measure.
func TestPeersKeepWhatTheyAcknowledge(t *testing.T) {
	t.Parallel()
	for _, kind := range []peer.Kind{peer.Naive, peer.Function} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			url, lot := testserver.EmptyPostgresURL(t), uuid.New()
			if err := peer.Prepare(t.Context(), url, start, step, lot); err != nil {
				t.Fatal(err)
			}
			address := serve(t, peer.Config{Kind: kind, PostgresURL: url, Pool: 3})
			sessions := []load.Session{{Code: "A", Token: "A"}, {Code: "B", Token: "B"}, {Code: "C", Token: "C"}}
			run, err := load.New(load.Config{
				Address: address, Lot: lot, Sessions: sessions, Connections: 12, Ladder: load.NewLadder(start, step), For: time.Minute, Count: 600,
			})
			if err != nil {
				t.Fatal(err)
			}
			tally, err := run.Do(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if tally.Total.Accepted < 10 || tally.Total.Refused < 10 || tally.Total.NotDecided > 0 {
				t.Fatalf("%+v", tally)
			}
			checkStored(t, url, tally.Total.Accepted)
			for amount, want := range map[string]int{"1000": 409, "1000000": 409, "90000000000": 201, "90000000001": 409, `"x"`: 400} {
				if got := bid(t, address, lot, amount); got != want {
					t.Errorf("a bid of %s is answered %d, not %d", amount, got, want)
				}
			}
		})
	}
}

func checkStored(t *testing.T, url string, accepted int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var stored, gaps, wrong int64
	err = conn.QueryRow(t.Context(), `
		SELECT count(*), count(*) FILTER (WHERE seq <> place), count(*) FILTER (WHERE amount - before < $1 OR (amount - before) % $1 <> 0 OR code = leader)
		FROM (SELECT seq, amount, code, row_number() OVER w AS place, lag(amount) OVER w AS before, lag(code) OVER w AS leader
			FROM bids WINDOW w AS (ORDER BY seq)) AS b`, step).Scan(&stored, &gaps, &wrong)
	if err != nil {
		t.Fatal(err)
	}
	if stored != accepted || gaps > 0 || wrong > 0 {
		t.Errorf("%d acknowledged, %d stored, %d gaps, %d against the rules", accepted, stored, gaps, wrong)
	}
}

func bid(t *testing.T, address string, lot uuid.UUID, amount string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/api/v1/lots/"+lot.String()+"/bids",
		strings.NewReader(`{"amount_fen":`+amount+`}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer D")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}
