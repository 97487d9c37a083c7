package testserver_test

import (
	"testing"
	"time"

	"mingchui/deploy/local/testserver"
)

func TestPostgres_DatabasesAreApartAndMigrated(t *testing.T) {
	t.Parallel()
	a, b := testserver.Postgres(t), testserver.Postgres(t)
	if _, err := a.Exec(t.Context(), "CREATE TABLE only_here (x int)"); err != nil {
		t.Fatal(err)
	}
	var there, migrated bool
	const query = "SELECT to_regclass('only_here') IS NOT NULL, to_regclass('lots') IS NOT NULL"
	if err := b.QueryRow(t.Context(), query).Scan(&there, &migrated); err != nil {
		t.Fatal(err)
	}
	if there || !migrated {
		t.Fatalf("other database: has the first one's table %v, has the schema %v; want false, true", there, migrated)
	}
}

func TestPostgres_LocaleIsFixed(t *testing.T) {
	t.Parallel()
	var encoding, collate string
	const query = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()"
	if err := testserver.Postgres(t).QueryRow(t.Context(), query).Scan(&encoding, &collate); err != nil {
		t.Fatal(err)
	}
	if encoding != "UTF8" || collate != "C.UTF-8" {
		t.Fatalf("encoding %s, locale %s", encoding, collate)
	}
}

func TestRedis_Faults(t *testing.T) {
	t.Parallel()
	s := testserver.NewRedis(t)
	client := s.Client()
	addr := s.Addr()
	set := func(key string) {
		t.Helper()
		if err := client.Set(t.Context(), key, "1", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	want := func(step string, keys int64) {
		t.Helper()
		// A connection of the earlier process breaks once at first use.
		var got int64
		var err error
		for range 20 {
			if got, err = client.DBSize(t.Context()).Result(); err == nil {
				break
			}
		}
		if err != nil || got != keys {
			t.Fatalf("%s: %d keys (%v), want %d", step, got, err, keys)
		}
	}
	set("a")
	s.Restart()
	want("after a restart", 1)
	kept := s.Keep()
	set("b")
	s.Kill()
	s.Start()
	want("after a kill", 2)
	s.RestartFrom(kept)
	want("from an earlier copy", 1)
	s.Wipe()
	want("after a wipe", 0)
	if s.Addr() != addr {
		t.Fatalf("address changed from %s to %s", addr, s.Addr())
	}
}

func TestRedis_PauseAnswersNothing(t *testing.T) {
	t.Parallel()
	s := testserver.NewRedis(t)
	client := s.Client()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	answered := make(chan error, 1)
	go func() { answered <- client.Incr(t.Context(), "n").Err() }()
	select {
	case err := <-answered:
		t.Fatalf("a paused server answered: %v", err)
	case <-time.After(150 * time.Millisecond):
	}
	s.Resume()
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
}

func TestNATS_JetStreamIsThere(t *testing.T) {
	t.Parallel()
	conn := testserver.NATS(t)
	js, err := conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AccountInfo(); err != nil {
		t.Fatal(err)
	}
}
