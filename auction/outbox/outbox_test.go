package outbox_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"

	"mingchui/auction/outbox"
	"mingchui/deploy/local/testserver"
)

func TestFlushSendsEachMessageOnceInOrderAndForgetsIt(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	relay, err := outbox.NewRelay(pool, nc, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.EnsureStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	tell := func(subject, text string, at time.Time) {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			return outbox.Tell(t.Context(), tx, at, subject, struct {
				Text string `json:"text"`
			}{text})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tell("lot.announced", "first", now)
	tell("fund.posted", "second", now.Add(time.Second))
	if n, err := relay.Flush(t.Context()); err != nil || n != 2 {
		t.Fatalf("Flush = %d, %v", n, err)
	}
	if n, err := relay.Flush(t.Context()); err != nil || n != 0 {
		t.Fatalf("Flush again = %d, %v", n, err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), outbox.Stream)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"text":"first"}`, `{"text":"second"}`} {
		m, err := stream.GetMsg(t.Context(), uint64(i)+1)
		if err != nil || string(m.Data) != want || m.Header.Get("Nats-Msg-Id") == "" {
			t.Errorf("message %d = %v, %v; want %s with an id", i+1, m, err, want)
		}
	}
}

// A relay that died between sending and deleting sends the same row again.
func TestAMessageSentTwiceStandsOnceInTheStream(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	relay, err := outbox.NewRelay(pool, nc, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.EnsureStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert := func() {
		_, err := pool.Exec(t.Context(), `INSERT INTO outbox (id, subject, payload, created_at)
			VALUES ('01970000-0000-7000-8000-000000000001', 'lot.ended', '{}', now())`)
		if err != nil {
			t.Fatal(err)
		}
	}
	insert()
	if _, err := relay.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert()
	if _, err := relay.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), outbox.Stream)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Msgs != 1 {
		t.Errorf("the stream holds %+v, %v; want one message", info, err)
	}
}
