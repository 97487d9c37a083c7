package audit_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mingchui/auction/audit"
)

func key(t *testing.T, name string, b byte) *audit.Key {
	t.Helper()
	k, err := audit.NewKey(name, bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// memory is a tree kept by package tlog, the oracle.
type memory []tlog.Hash

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = (*m)[x]
	}
	return out, nil
}

func (m *memory) add(t *testing.T, n int64, data []byte) {
	t.Helper()
	hashes, err := tlog.StoredHashes(n, data, m)
	if err != nil {
		t.Fatal(err)
	}
	*m = append(*m, hashes...)
}

// TestTreeIsRFC6962 holds Frontier and Batch against package tlog, at every size up to 600.
func TestTreeIsRFC6962(t *testing.T) {
	t.Parallel()
	var oracle memory
	var stored, leaves []audit.Hash
	var edge audit.Frontier
	for n := range int64(600) {
		data := fmt.Appendf(nil, "entry %d", n)
		oracle.add(t, n, data)
		stored = edge.Add(audit.LeafHash(data), stored)
		leaves = append(leaves, audit.LeafHash(data))
		root, err := tlog.TreeHash(n+1, &oracle)
		if err != nil {
			t.Fatal(err)
		}
		if edge.Root() != root || edge.Size() != n+1 {
			t.Fatalf("size %d: frontier root differs", n+1)
		}
		nodes, err := oracle.ReadHashes(audit.FrontierIndexes(n + 1))
		if err != nil {
			t.Fatal(err)
		}
		if again := audit.NewFrontier(n+1, nodes); again.Root() != root {
			t.Fatalf("size %d: frontier read back differs", n+1)
		}
		b := audit.NewBatch(slices.Clip(leaves))
		if b.Root() != root {
			t.Fatalf("size %d: batch root differs", n+1)
		}
		for _, i := range []int64{0, n / 3, n / 2, n} {
			want, err := tlog.ProveRecord(n+1, i, &oracle)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Path(int(i)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("size %d: path of %d is %v, want %v", n+1, i, got, want)
			}
		}
	}
	if fmt.Sprint(stored) != fmt.Sprint([]tlog.Hash(oracle)) {
		t.Fatal("stored hashes differ")
	}
	if (&audit.Frontier{}).Root() != audit.EmptyRoot() {
		t.Fatal("empty root differs")
	}
}

func TestTilePathsAreTorchwoods(t *testing.T) {
	t.Parallel()
	for _, tile := range []tlog.Tile{
		{H: 8, L: 0, N: 0, W: 256}, {H: 8, L: -1, N: 1234067, W: 3}, {H: 8, L: 3, N: 999, W: 255}, {H: 8, L: -1, N: 1000, W: 256},
	} {
		want := torchwood.TilePath(tile)
		if got := audit.TilePath(tile.L, tile.N, tile.W); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		level, n, width, err := audit.ParseTilePath(want)
		if err != nil || level != tile.L || n != tile.N || width != tile.W {
			t.Fatalf("%s: %d %d %d %v", want, level, n, width, err)
		}
	}
	for _, bad := range []string{"", "tile/", "tile/entries/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/-1/000", "tile/0/1", "tile/8/0/000", "tile/0/../000", "tile/data/000"} {
		if _, _, _, err := audit.ParseTilePath(bad); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	var ours, theirs []byte
	var err error
	for _, e := range []string{"a", "", strings.Repeat("x", audit.MaxEntryBytes)} {
		if ours, err = audit.AppendBundleEntry(ours, []byte(e)); err != nil {
			t.Fatal(err)
		}
		if theirs, err = torchwood.AppendTileEntry(theirs, []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(ours, theirs) {
		t.Fatal("bundles differ from torchwood's")
	}
	if got, err := audit.SplitBundle(ours, 3); err != nil || string(got[0]) != "a" || len(got[2]) != audit.MaxEntryBytes {
		t.Fatalf("split: %v", err)
	}
	if _, err := audit.SplitBundle(ours, 2); err == nil {
		t.Error("a wrong width passed")
	}
	if _, err := audit.SplitBundle(ours[:len(ours)-1], 3); err == nil {
		t.Error("a cut bundle passed")
	}
	if _, err := audit.AppendBundleEntry(nil, make([]byte, audit.MaxEntryBytes+1)); err == nil {
		t.Error("an entry too long passed")
	}
}

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	k, other := key(t, "mingchui.example/log", 1), key(t, "mingchui.example/log", 2)
	c := audit.Checkpoint{Origin: k.Name(), Size: 7, Root: audit.LeafHash([]byte("x"))}
	signed, err := c.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := audit.OpenCheckpoint(signed, k.VerifierKey()); err != nil || got != c {
		t.Fatalf("%+v, %v", got, err)
	}
	if parsed, err := torchwood.ParseCheckpoint(c.Text()); err != nil || parsed.Tree != c.Tree() || parsed.Origin != c.Origin {
		t.Fatalf("torchwood reads %+v, %v", parsed, err)
	}
	if _, err := audit.OpenCheckpoint(signed, other.VerifierKey()); err == nil {
		t.Error("another key's signature passed")
	}
	if _, err := audit.OpenCheckpoint(bytes.Replace(signed, []byte("\n7\n"), []byte("\n8\n"), 1), k.VerifierKey()); err == nil {
		t.Error("a changed size passed")
	}
	if _, err := (audit.Checkpoint{Origin: "elsewhere"}).Sign(k); err == nil {
		t.Error("signed for another origin")
	}
	for _, text := range []string{"a\n1\n", "a\n01\n" + c.Root.String() + "\n", "a\n-1\n" + c.Root.String() + "\n", k.Name() + "\n1\nshort\n", k.Name() + "\n1\n" + c.Root.String() + "\n\nx\n"} {
		bad, err := note.Sign(&note.Note{Text: text}, k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.OpenCheckpoint(bad, k.VerifierKey()); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
}

func TestProofIsTlogProof(t *testing.T) {
	t.Parallel()
	k := key(t, "mingchui.example/log", 1)
	var leaves []audit.Hash
	for i := range 300 {
		leaves = append(leaves, audit.LeafHash(fmt.Appendf(nil, "entry %d", i)))
	}
	b := audit.NewBatch(leaves)
	signed, err := audit.Checkpoint{Origin: k.Name(), Size: 300, Root: b.Root()}.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	p := audit.Proof{Index: 17, Path: b.Path(17), Checkpoint: signed}
	if want := torchwood.FormatProof(17, b.Path(17), signed); p.Text() != string(want) {
		t.Fatalf("got %s, want %s", p.Text(), want)
	}
	verifier, err := note.NewVerifier(k.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(k.Name()), torchwood.SingleVerifierPolicy(verifier))
	if err := torchwood.VerifyProof(policy, audit.LeafHash([]byte("entry 17")), []byte(p.Text())); err != nil {
		t.Fatalf("torchwood: %v", err)
	}
	back, err := audit.ParseProof(p.Text())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := back.Verify([]byte("entry 17"), k.VerifierKey()); err != nil {
		t.Fatal(err)
	}
	if _, err := back.Verify([]byte("entry 18"), k.VerifierKey()); err == nil {
		t.Error("another entry passed")
	}
	back.Index = 18
	if _, err := back.Verify([]byte("entry 17"), k.VerifierKey()); err == nil {
		t.Error("another index passed")
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	k := key(t, "mingchui.example/log", 1)
	now := at(t, "2026-06-18T02:20:57.052Z")
	var entries []audit.Entry
	var leaves []audit.Hash
	for i := range 5 {
		e, err := audit.New("test.entry", now, nil, nil, 0, struct {
			N int `json:"n"`
		}{i})
		if err != nil {
			t.Fatal(err)
		}
		entries, leaves = append(entries, e), append(leaves, e.LeafHash)
	}
	b := audit.NewBatch(leaves)
	signed, err := b.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	r := audit.NewReceipt(entries[3].Bytes, 3, b, signed)
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := audit.ParseReceipt(text)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := back.Verify(k.VerifierKey()); err != nil || v.InLog || v.Entry.ID != entries[3].ID {
		t.Fatalf("%+v, %v", v, err)
	}
	checkpoint, err := audit.Checkpoint{Origin: k.Name(), Size: 5, Root: b.Root()}.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	// Another key may sign batches; it stands after the log's and signs no checkpoint.
	second := key(t, "mingchui.example/log/batch", 5)
	if otherSigned, err := b.Sign(second); err != nil {
		t.Fatal(err)
	} else if r := audit.NewReceipt(entries[3].Bytes, 3, b, otherSigned); true {
		if _, err := r.Verify(audit.JoinKeys(k.VerifierKey(), second.VerifierKey())); err != nil {
			t.Error(err)
		}
		if _, err := r.Verify(k.VerifierKey()); err == nil {
			t.Error("a batch of an unknown key passed")
		}
		if _, err := audit.OpenCheckpoint(checkpoint, audit.JoinKeys(second.VerifierKey(), k.VerifierKey())); err == nil {
			t.Error("a checkpoint by a key that is not the log's passed")
		}
	}
	withProof := back.WithProof(audit.Proof{Index: 3, Path: b.Path(3), Checkpoint: checkpoint})
	if v, err := withProof.Verify(k.VerifierKey()); err != nil || !v.InLog || v.Index != 3 {
		t.Fatalf("%+v, %v", v, err)
	}
	for name, change := range map[string]func(*audit.Receipt){
		"entry":                     func(r *audit.Receipt) { r.Entry = strings.Replace(r.Entry, `"n":3`, `"n":4`, 1) },
		"index":                     func(r *audit.Receipt) { r.Index = 2 },
		"index outside":             func(r *audit.Receipt) { r.Index = 5 },
		"path":                      func(r *audit.Receipt) { r.Path = r.Path[1:] },
		"checkpoint taken as batch": func(r *audit.Receipt) { r.Batch = string(checkpoint) },
		"batch taken as checkpoint": func(r *audit.Receipt) {
			*r = r.WithProof(audit.Proof{Index: 3, Path: b.Path(3), Checkpoint: signed})
		},
		"proof of another entry": func(r *audit.Receipt) {
			*r = r.WithProof(audit.Proof{Index: 2, Path: b.Path(2), Checkpoint: checkpoint})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := r
			change(&bad)
			if _, err := bad.Verify(k.VerifierKey()); err == nil {
				t.Error("passed")
			}
		})
	}
	if _, err := r.Verify(key(t, "mingchui.example/log", 9).VerifierKey()); err == nil {
		t.Error("another key passed")
	}
	if _, err := audit.ParseReceipt([]byte(`{"v":1,"more":2}`)); err == nil {
		t.Error("an unknown field passed")
	}
}
