package sequencer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/deploy/local/testserver"
)

const origin = "mingchui.test/log"

func testKey(t *testing.T) *audit.Key {
	t.Helper()
	k, err := audit.NewKey(origin, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// bench is one log with the parts that a test turns.
type bench struct {
	t      *testing.T
	pool   *pgxpool.Pool
	folder *sequencer.Folder
	key    *audit.Key
	made   int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	folder, err := sequencer.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, pool: testserver.Postgres(t), folder: folder, key: testKey(t)}
}

// sequencer starts a new one over db and store, as a new process would.
func (b *bench) sequencer(db sequencer.DB, store sequencer.CheckpointStore) *sequencer.Sequencer {
	b.t.Helper()
	s, err := sequencer.New(sequencer.Config{Pool: db, Signer: b.key, Store: store, MaxBatch: 50, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) started() *sequencer.Sequencer {
	b.t.Helper()
	s := b.sequencer(b.pool, b.folder)
	if err := s.Start(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return s
}

var epoch = time.Date(2026, 6, 18, 2, 20, 57, 0, time.UTC)

func (b *bench) entry(lot *uuid.UUID, seq int64) audit.Entry {
	b.t.Helper()
	b.made++
	e, err := audit.New("test.entry", epoch.Add(time.Duration(b.made)*time.Millisecond), nil, lot, seq, struct {
		N int `json:"n"`
	}{b.made})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) append(entries ...audit.Entry) {
	b.t.Helper()
	err := pgx.BeginFunc(b.t.Context(), b.pool, func(tx pgx.Tx) error {
		return sequencer.Append(b.t.Context(), tx, entries...)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) some(n int) []audit.Entry {
	b.t.Helper()
	var out []audit.Entry
	for range n {
		out = append(out, b.entry(nil, 0))
	}
	return out
}

// drain sequences until nothing is left.
func (b *bench) drain(s *sequencer.Sequencer) {
	b.t.Helper()
	for {
		n, err := s.Sequence(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// healthy asserts I6 and gives the report.
func (b *bench) healthy() sequencer.FsckReport {
	b.t.Helper()
	r, err := sequencer.Fsck(b.t.Context(), b.pool, b.folder, b.key.VerifierKey())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range r.Findings {
		b.t.Errorf("%s: %s: %s", f.Invariant, f.Subject, f.Text)
	}
	return r
}

func (b *bench) checkpoint(s *sequencer.Sequencer) audit.Checkpoint {
	b.t.Helper()
	signed, err := s.Checkpoint(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	c, err := audit.OpenCheckpoint(signed, b.key.VerifierKey())
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.pool.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}

// tamper changes what takes inserts only, as somebody who holds the database could.
func (b *bench) tamper(table, sql string, args ...any) {
	b.t.Helper()
	b.exec("ALTER TABLE " + table + " DISABLE TRIGGER append_only")
	b.exec(sql, args...)
	b.exec("ALTER TABLE " + table + " ENABLE TRIGGER append_only")
}

func TestSequenceGivesPlaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.started()
	if c := b.checkpoint(s); c.Size != 0 || c.Root != audit.EmptyRoot() {
		t.Fatalf("the new log has %+v", c)
	}
	want := 0
	for _, n := range []int{1, 0, 7, 120, 1, 300} {
		b.append(b.some(n)...)
		b.drain(s)
		want += n
		if c := b.checkpoint(s); c.Size != int64(want) {
			t.Fatalf("size %d, want %d", c.Size, want)
		}
		if r := b.healthy(); r.Leaves != int64(want) || r.Pending != 0 || r.Entries != int64(want) {
			t.Fatalf("fsck counts %+v", r)
		}
	}
}

// TestCourseOrderHolds commits the events of lots in order, with higher ids and times out of order among the lots, and
// sequences in between.
func TestCourseOrderHolds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.started()
	random := rand.New(rand.NewPCG(1, 2))
	lots := make([]uuid.UUID, 5)
	seqs := make([]int64, len(lots))
	for i := range lots {
		lots[i] = uuid.Must(uuid.NewV7())
	}
	for range 60 {
		var batch []audit.Entry
		for range random.IntN(20) {
			k := random.IntN(len(lots))
			seqs[k]++
			// Half of the time the clock stands still.
			e, err := audit.New("course.bid", epoch.Add(time.Duration(seqs[k]/2)*time.Millisecond), nil, &lots[k], seqs[k], struct{}{})
			if err != nil {
				t.Fatal(err)
			}
			batch = append(batch, e)
		}
		random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		b.append(batch...)
		if random.IntN(2) == 0 {
			if _, err := s.Sequence(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.drain(s)
	b.healthy()
}

func TestAppendRefusesTheSameTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lot := uuid.Must(uuid.NewV7())
	e := b.entry(&lot, 1)
	b.append(e)
	for name, again := range map[string]audit.Entry{"same bytes": e, "same seq": b.entry(&lot, 1)} {
		err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error { return sequencer.Append(t.Context(), tx, again) })
		if fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, table := range []string{"entries", "leaves", "tree_hashes"} {
		for _, sql := range []string{"DELETE FROM " + table, "TRUNCATE " + table} {
			if _, err := b.pool.Exec(t.Context(), sql); err == nil {
				t.Errorf("%s passed", sql)
			}
		}
	}
}

// TestRunGivesPlacesSoon: Run works off what comes, woken or not, with a second sequencer on the same log.
func TestRunGivesPlacesSoon(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, stop := context.WithCancel(t.Context())
	first, second := b.sequencer(b.pool, b.folder), b.sequencer(b.pool, b.folder)
	ended := make(chan error, 2)
	for _, s := range []*sequencer.Sequencer{first, second} {
		go func() { ended <- s.Run(ctx) }()
	}
	var last audit.Entry
	for i := range 20 {
		batch := b.some(30)
		last = batch[len(batch)-1]
		b.append(batch...)
		if i%2 == 0 {
			first.Wake()
		}
	}
	deadline, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		_, err := first.InclusionProof(deadline, last.ID)
		if err == nil && b.checkpoint(first).Size == 600 {
			break
		}
		if err != nil && fault.CodeOf(err) != fault.ReceiptNotYetInLog && fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
	}
	stop()
	for range 2 {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	b.healthy()
}

func TestReaderServesWhatTorchwoodReads(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.started()
	var want []audit.Entry
	for range 3 {
		batch := b.some(257)
		b.append(batch...)
		b.drain(s)
		want = append(want, batch...)
	}
	server := httptest.NewServer(b.handler(s))
	defer server.Close()
	fetcher, err := torchwood.NewTileFetcher(server.URL + "/log/")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := fetcher.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(origin), torchwood.SingleVerifierPolicy(verifier))
	c, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil || c.N != int64(len(want)) {
		t.Fatalf("%+v, %v", c, err)
	}
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
		if !bytes.Equal(entry, want[i].Bytes) {
			t.Fatalf("entry %d differs", i)
		}
		n++
	}
	if client.Err() != nil || n != len(want) {
		t.Fatalf("%d entries, %v", n, client.Err())
	}
	for _, i := range []int{0, 256, 511, len(want) - 1} {
		p, err := s.InclusionProof(t.Context(), want[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := torchwood.VerifyProof(policy, want[i].LeafHash, []byte(p.Text())); err != nil {
			t.Fatalf("proof of %d: %v", i, err)
		}
	}
	for _, path := range []string{"tile/0/003.p/4", "tile/entries/003.p/4", "tile/0/004", "tile/1/000.p/4", "tile/1/000", "tile/7/000"} {
		level, k, width, err := audit.ParseTilePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if level == audit.EntriesLevel {
			_, err = s.EntryBundle(t.Context(), k, width)
		} else {
			_, err = s.Tile(t.Context(), level, k, width)
		}
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s beyond the log: %v", path, err)
		}
	}
	if _, err := s.InclusionProof(t.Context(), uuid.Must(uuid.NewV7())); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an entry that is not there: %v", err)
	}
}

// handler serves the log as web does.
func (b *bench) handler(s *sequencer.Sequencer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/log/")
		out, err := s.Checkpoint(r.Context())
		if path != "checkpoint" {
			var level, width int
			var n int64
			if level, n, width, err = audit.ParseTilePath(path); err == nil {
				if level == audit.EntriesLevel {
					out, err = s.EntryBundle(r.Context(), n, width)
				} else {
					out, err = s.Tile(r.Context(), level, n, width)
				}
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if _, err := w.Write(out); err != nil {
			b.t.Log(err)
		}
	})
}

func TestProofWaitsForThePlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.started()
	entries := b.some(3)
	b.append(entries...)
	if p, err := s.Proof(t.Context(), entries[1].ID); p != nil || err != nil {
		t.Fatalf("before: %v, %v", p, err)
	}
	if _, err := s.InclusionProof(t.Context(), entries[1].ID); fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != fault.ReceiptNotYetInLog {
		t.Fatalf("before: %v", err)
	}
	b.drain(s)
	p, err := s.Proof(t.Context(), entries[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := p.Verify(entries[1].Bytes, s.VerifierKey()); err != nil || c.Size != 3 {
		t.Fatalf("after: %+v, %v", c, err)
	}
}

func TestStartRefusesAFork(t *testing.T) {
	t.Parallel()
	cases := map[string]func(b *bench){
		"an entry changed and the tree with it": func(b *bench) {
			b.tamper("tree_hashes", `UPDATE tree_hashes SET hash = sha256(hash) WHERE hash_index = 0`)
			b.resign(b.rebuild())
		},
		"a stored hash changed": func(b *bench) {
			b.tamper("tree_hashes", `UPDATE tree_hashes SET hash = sha256(hash) WHERE hash_index = (SELECT max(hash_index) FROM tree_hashes)`)
		},
		"set back": func(b *bench) {
			b.tamper("leaves", `DELETE FROM leaves WHERE leaf_index >= 8`)
			b.tamper("tree_hashes", `DELETE FROM tree_hashes WHERE hash_index >= 15`)
			b.exec(`UPDATE tree SET size = 8, root = (SELECT hash FROM tree_hashes WHERE hash_index = 14), checkpoint = ''`)
		},
		"the store was lost": func(b *bench) {
			folder, err := sequencer.NewFolder(b.t.TempDir())
			if err != nil {
				b.t.Fatal(err)
			}
			b.folder = folder
		},
		"the store was set back": func(b *bench) {
			root := audit.EmptyRoot()
			signed, err := audit.Checkpoint{Origin: origin, Size: 0, Root: root}.Sign(b.key)
			if err != nil {
				b.t.Fatal(err)
			}
			if err := b.folder.Save(b.t.Context(), signed); err != nil {
				b.t.Fatal(err)
			}
		},
		"another key": func(b *bench) {
			k, err := audit.NewKey(origin, bytes.Repeat([]byte{8}, 32))
			if err != nil {
				b.t.Fatal(err)
			}
			b.key = k
		},
		"another log": func(b *bench) { b.exec(`UPDATE tree SET origin = 'elsewhere'`) },
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.append(b.some(13)...)
			b.drain(b.started())
			damage(b)
			before, err := b.folder.Load(t.Context())
			if err != nil && !errors.Is(err, sequencer.ErrNoCheckpoint) {
				t.Fatal(err)
			}
			err = b.sequencer(b.pool, b.folder).Run(t.Context())
			if fault.CodeOf(err) != fault.LogForkRefused || fault.KindOf(err) != fault.Fatal {
				t.Fatalf("started: %v", err)
			}
			t.Log(err)
			after, err := b.folder.Load(t.Context())
			if err != nil && !errors.Is(err, sequencer.ErrNoCheckpoint) {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Error("something was signed")
			}
			if r, err := sequencer.Fsck(t.Context(), b.pool, b.folder, b.key.VerifierKey()); err != nil || len(r.Findings) == 0 {
				if name != "another log" {
					t.Errorf("fsck found nothing: %v", err)
				}
			}
		})
	}
}

// rebuild computes all stored hashes above the leaves anew and gives the root, as a forger would.
func (b *bench) rebuild() audit.Hash {
	b.t.Helper()
	rows, err := b.pool.Query(b.t.Context(), `SELECT hash FROM tree_hashes ORDER BY hash_index`)
	if err != nil {
		b.t.Fatal(err)
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		b.t.Fatal(err)
	}
	var edge audit.Frontier
	var stored []audit.Hash
	for len(stored) < len(old) {
		stored = edge.Add(audit.Hash(old[len(stored)]), stored)
	}
	for i, h := range stored {
		b.tamper("tree_hashes", `UPDATE tree_hashes SET hash = $2 WHERE hash_index = $1`, i, h[:])
	}
	return edge.Root()
}

// resign makes the tree row and the published checkpoint agree with root, by the real key.
func (b *bench) resign(root audit.Hash) {
	b.t.Helper()
	signed, err := audit.Checkpoint{Origin: origin, Size: 13, Root: root}.Sign(b.key)
	if err != nil {
		b.t.Fatal(err)
	}
	b.exec(`UPDATE tree SET root = $1, checkpoint = $2`, root[:], string(signed))
}

func TestFsckFinds(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(b *bench){
		"a changed entry": func(b *bench) {
			b.tamper("entries", `UPDATE entries SET bytes = bytes || ' '::bytea WHERE id = (SELECT entry_id FROM leaves WHERE leaf_index = 3)`)
		},
		"a changed column": func(b *bench) {
			b.tamper("entries", `UPDATE entries SET kind = 'other' WHERE id = (SELECT entry_id FROM leaves WHERE leaf_index = 3)`)
		},
		"a leaf removed":     func(b *bench) { b.tamper("leaves", `DELETE FROM leaves WHERE leaf_index = 3`) },
		"the last leaf gone": func(b *bench) { b.tamper("leaves", `DELETE FROM leaves WHERE leaf_index = 12`) },
		"an entry removed": func(b *bench) {
			b.tamper("entries", `DELETE FROM entries WHERE id = (SELECT entry_id FROM leaves WHERE leaf_index = 12)`)
		},
		"an entry nowhere": func(b *bench) { b.append(b.entry(nil, 0)); b.exec(`DELETE FROM pending`) },
		"an entry twice":   func(b *bench) { b.exec(`INSERT INTO pending SELECT entry_id FROM leaves WHERE leaf_index = 1`) },
		"a gap in a course": func(b *bench) {
			lot := uuid.Must(uuid.NewV7())
			b.append(b.entry(&lot, 1), b.entry(&lot, 3))
			b.drain(b.started())
		},
		"a stored hash": func(b *bench) {
			b.tamper("tree_hashes", `UPDATE tree_hashes SET hash = sha256(hash) WHERE hash_index = 2`)
		},
		"a stored hash gone":      func(b *bench) { b.tamper("tree_hashes", `DELETE FROM tree_hashes WHERE hash_index = 2`) },
		"pending out of thin air": func(b *bench) { b.exec(`INSERT INTO pending VALUES (gen_random_uuid())`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.append(b.some(13)...)
			b.drain(b.started())
			b.healthy()
			damage(b)
			r, err := sequencer.Fsck(t.Context(), b.pool, b.folder, b.key.VerifierKey())
			if err != nil || len(r.Findings) == 0 {
				t.Fatalf("found nothing: %+v, %v", r, err)
			}
			t.Log(fmt.Sprint(r.Findings[0]))
		})
	}
}
