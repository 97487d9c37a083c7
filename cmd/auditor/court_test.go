package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/cmd/auditor/verify"
	"mingchui/deploy/local/testserver"
)

const seed = 20260618

func batchKey(t *testing.T) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("mingchui.test/log/batch", bytes.Repeat([]byte{4}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// court is a log in PostgreSQL, written by the real sequencer, served over HTTP as web does.
type court struct {
	t    *testing.T
	pool *pgxpool.Pool
	seq  *sequencer.Sequencer
	url  string
}

func logKey(t *testing.T) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("mingchui.test/log", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newCourt(t *testing.T, entries []audit.Entry) *court {
	t.Helper()
	folder, err := sequencer.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &court{t: t, pool: testserver.Postgres(t)}
	c.seq, err = sequencer.New(sequencer.Config{Pool: c.pool, Signer: logKey(t), BatchKeys: []string{batchKey(t).VerifierKey()}, Store: folder, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.seq.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.append(entries)
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	c.url = server.URL + "/log"
	return c
}

// append commits entries a few at a time, so that leaf order is the given order.
func (c *court) append(entries []audit.Entry) {
	c.t.Helper()
	for batch := range slices.Chunk(entries, 100) {
		for _, e := range batch {
			err := pgx.BeginFunc(c.t.Context(), c.pool, func(tx pgx.Tx) error { return sequencer.Append(c.t.Context(), tx, e) })
			if err != nil {
				c.t.Fatal(err)
			}
		}
		if _, err := c.seq.Sequence(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *court) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/log/")
	var out []byte
	var err error
	switch path {
	case "checkpoint":
		out, err = c.seq.Checkpoint(r.Context())
	case "key":
		out = []byte(c.seq.VerifierKey() + "\n")
	default:
		var level, width int
		var n int64
		if level, n, width, err = audit.ParseTilePath(path); err != nil {
			break
		}
		if level == audit.EntriesLevel {
			out, err = c.seq.EntryBundle(r.Context(), n, width)
		} else {
			out, err = c.seq.Tile(r.Context(), level, n, width)
		}
	}
	switch {
	case fault.KindOf(err) == fault.NotFound:
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, "internal", http.StatusInternalServerError)
	default:
		_, _ = w.Write(out)
	}
}

func (c *court) tamper(sql string, args ...any) {
	c.t.Helper()
	for _, s := range []string{"ALTER TABLE entries DISABLE TRIGGER append_only", "ALTER TABLE tree_hashes DISABLE TRIGGER append_only"} {
		if _, err := c.pool.Exec(c.t.Context(), s); err != nil {
			c.t.Fatal(err)
		}
	}
	if tag, err := c.pool.Exec(c.t.Context(), sql, args...); err != nil || tag.RowsAffected() != 1 {
		c.t.Fatalf("%v, %v", tag, err)
	}
}

// auditor runs the program and gives exit code, report and what it wrote to standard error.
func auditor(t *testing.T, args ...string) (int, verify.Report, string) {
	t.Helper()
	var out, progress bytes.Buffer
	code := run(t.Context(), append(args, "--json"), &out, &progress, func(string) string { return "" })
	var r verify.Report
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
	}
	return code, r, progress.String()
}

// found asserts that the auditor ends with exit code 1 and names the code.
func found(t *testing.T, want verify.Code, args ...string) {
	t.Helper()
	code, r, text := auditor(t, append([]string{"verify"}, args...)...)
	if code != exitFound || !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Code == want }) {
		t.Fatalf("exit %d, want %s among %+v\n%s", code, want, r.Findings, text)
	}
}

// memory is a log without a server.
type memory map[string][]byte

func (m memory) Fetch(_ context.Context, path string) ([]byte, error) {
	if b, ok := m[path]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("%s: %w", path, verify.ErrAbsent)
}

func memoryLog(tb testing.TB, entries []audit.Entry) memory {
	tb.Helper()
	key, err := audit.NewKey("mingchui.test/log", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	m := memory{"key": []byte(key.VerifierKey() + "\n")}
	level := make([]audit.Hash, 0, len(entries))
	for i := 0; i*audit.TileWidth < len(entries); i++ {
		part := entries[i*audit.TileWidth : min((i+1)*audit.TileWidth, len(entries))]
		var bundle []byte
		for _, e := range part {
			if bundle, err = audit.AppendBundleEntry(bundle, e.Bytes); err != nil {
				tb.Fatal(err)
			}
			level = append(level, e.LeafHash)
		}
		m[audit.TilePath(audit.EntriesLevel, int64(i), len(part))] = bundle
	}
	signed, err := audit.Checkpoint{Origin: key.Name(), Size: int64(len(level)), Root: audit.NewBatch(level).Root()}.Sign(key)
	if err != nil {
		tb.Fatal(err)
	}
	m["checkpoint"] = signed
	for l := 0; len(level) > 0; l++ {
		var up []audit.Hash
		for i := 0; i*audit.TileWidth < len(level); i++ {
			part := level[i*audit.TileWidth : min((i+1)*audit.TileWidth, len(level))]
			var tile []byte
			for _, h := range part {
				tile = append(tile, h[:]...)
			}
			m[audit.TilePath(l, int64(i), len(part))] = tile
			if len(part) == audit.TileWidth {
				up = append(up, audit.NewBatch(part).Root())
			}
		}
		level = up
	}
	return m
}
