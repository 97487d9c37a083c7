package sequencer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
)

var errInjected = errors.New("injected")

// trouble counts the external writes of a sequencer (statements, COMMITs, saves of the store) and fails one of them, either
// before it is done or after. From then on everything fails if it is a kill.
type trouble struct {
	at        int // which write, from 0; -1 for none
	persisted bool
	kill      bool

	writes int
	dead   bool
	what   string // the write that was hit
}

// do runs one write with its fate.
func (f *trouble) do(what string, write func() error) error {
	if f.dead {
		return errInjected
	}
	hit := f.writes == f.at
	f.writes++
	if !hit {
		return write()
	}
	f.what, f.dead = what, f.kill
	if f.persisted {
		if err := write(); err != nil {
			return err
		}
	}
	return errInjected
}

type faultyDB struct {
	sequencer.DB
	f *trouble
}

func (d faultyDB) Begin(ctx context.Context) (pgx.Tx, error) {
	if d.f.dead {
		return nil, errInjected
	}
	tx, err := d.DB.Begin(ctx)
	return &faultyTx{Tx: tx, f: d.f}, err
}

type faultyTx struct {
	pgx.Tx
	f *trouble
}

func (x *faultyTx) Commit(ctx context.Context) error {
	err := x.f.do("commit", func() error { return x.Tx.Commit(ctx) })
	if errors.Is(err, errInjected) {
		// The connection is gone: PostgreSQL rolls back what was not committed.
		if err := x.Tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			return err
		}
	}
	return err
}

func (x *faultyTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (n int64, err error) {
	err = x.f.do("copy "+table[0], func() error {
		n, err = x.Tx.CopyFrom(ctx, table, columns, rows)
		return err
	})
	return n, err
}

type faultyStore struct {
	sequencer.CheckpointStore
	f *trouble
}

func (s faultyStore) Save(ctx context.Context, signed []byte) error {
	return s.f.do("save", func() error { return s.CheckpointStore.Save(ctx, signed) })
}

// TestFaultsAtEveryWrite hits each external write in turn with: error, error but persisted, killed before, killed after. Then a new
// process goes on, and I6 holds, every earlier checkpoint a prefix of the log.
func TestFaultsAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, fate := range []trouble{{}, {persisted: true}, {kill: true}, {kill: true, persisted: true}} {
		t.Run(fmt.Sprintf("persisted=%v,kill=%v", fate.persisted, fate.kill), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.append(b.some(3)...)
			b.drain(b.started())
			seen := []audit.Checkpoint{b.checkpoint(b.started())}
			hit := make(map[string]int)
			for at := 0; ; at++ {
				f := fate
				f.at = at
				// A new process each time, that starts and does two rounds with work for both.
				s := b.sequencer(faultyDB{b.pool, &f}, faultyStore{b.folder, &f})
				rounds(t, b, s, &f)
				if f.what == "" {
					break // past the last write
				}
				hit[f.what]++
				seen = append(seen, b.checkpoint(b.started()))
				b.drain(b.started())
				b.healthy()
			}
			for _, what := range []string{"commit", "save", "copy leaves", "copy tree_hashes"} {
				if hit[what] == 0 {
					t.Errorf("no %s was hit: %v", what, hit)
				}
			}
			b.prefixes(seen)
		})
	}
}

// rounds starts s and gives it two lots of work; only injected errors may come.
func rounds(t *testing.T, b *bench, s *sequencer.Sequencer, f *trouble) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil && (f.what == "" || fault.KindOf(err) == fault.Fatal || !errors.Is(err, errInjected)) {
			t.Fatalf("after %q: %v", f.what, err)
		}
	}
	check(s.Start(t.Context()))
	for range 2 {
		b.append(b.some(2)...)
		_, err := s.Sequence(t.Context())
		check(err)
	}
}

// prefixes asserts that every checkpoint seen is the root of the log at its size.
func (b *bench) prefixes(seen []audit.Checkpoint) {
	b.t.Helper()
	rows, err := b.pool.Query(b.t.Context(), `SELECT e.bytes FROM leaves l JOIN entries e ON e.id = l.entry_id ORDER BY l.leaf_index`)
	if err != nil {
		b.t.Fatal(err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		b.t.Fatal(err)
	}
	roots := []audit.Hash{audit.EmptyRoot()}
	var edge audit.Frontier
	for _, e := range entries {
		edge.Add(audit.LeafHash(e), nil)
		roots = append(roots, edge.Root())
	}
	for i, c := range seen {
		if c.Size >= int64(len(roots)) || roots[c.Size] != c.Root {
			b.t.Errorf("checkpoint %d, of size %d, is no prefix of the log of %d", i, c.Size, len(entries))
		}
		if i > 0 && c.Size < seen[i-1].Size {
			b.t.Errorf("checkpoint %d shrank from %d to %d", i, seen[i-1].Size, c.Size)
		}
	}
}
