package sequencer_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A round looks up what is pending and no more, also on a connection that has known the log since it was a page: a plan that it
// kept from then would read all entries for each pending one.
func TestRoundsReadNoMoreThanWhatIsPending(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one := b.pool.Config()
	one.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s := b.sequencer(pool, b.folder)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.append(b.some(20)...)
	b.drain(s)
	b.exec(`VACUUM ANALYZE entries, pending`) // as autovacuum does
	for range 12 {                            // PostgreSQL may keep a plan after five
		b.append(b.some(1)...)
		b.drain(s)
	}
	// read is how many entries the sequencer's connection has read in scans of the whole table.
	read := func() (n int64) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), `SELECT pg_stat_force_next_flush()`); err != nil {
			t.Fatal(err)
		}
		err := b.pool.QueryRow(t.Context(), `SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'entries'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const pending = 1000
	b.append(b.some(pending)...)
	before := read()
	if n, err := s.Sequence(t.Context()); n != 50 || err != nil {
		t.Fatalf("placed %d: %v", n, err)
	}
	if n := read() - before; n > 2*pending {
		t.Errorf("a round over %d pending entries read %d", pending, n)
	}
}
