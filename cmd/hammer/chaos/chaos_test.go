package chaos

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/cmd/hammer/judge"
	"mingchui/cmd/hammer/load"
)

// told sends progress to the test's log.
type told struct{ t *testing.T }

func (w told) Write(b []byte) (int, error) {
	w.t.Helper()
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

var _ io.Writer = told{}

// programs builds the server and the auditor.
func programs(t *testing.T, dir string) (server, auditor string) {
	t.Helper()
	server, err := compile(t.Context(), filepath.Join(dir, "mingchui"), "mingchui/cmd/mingchui")
	if err != nil {
		t.Fatal(err)
	}
	if auditor, err = compile(t.Context(), filepath.Join(dir, "auditor"), "mingchui/cmd/auditor"); err != nil {
		t.Fatal(err)
	}
	return server, auditor
}

func config(t *testing.T) *Config {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's user passes through it
		t.Fatal(err)
	}
	return &Config{
		Dir: dir, Between: 100, Connections: 64, Bidders: 16, Rest: 20 * time.Millisecond, patience: readyWithin,
		Progress: told{t}, Log: slog.New(slog.DiscardHandler),
	}
}

// TestBuildsChangeWhatTheyName fails when the source moved on and a defect would no longer be planted.
func TestBuildsChangeWhatTheyName(t *testing.T) {
	t.Parallel()
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kinds := faults()
	for _, b := range builds() {
		files, err := b.changed(root)
		if err != nil {
			t.Error(err)
		}
		for file, text := range files {
			if was, err := os.ReadFile(filepath.Join(root, file)); err != nil || bytes.Equal(was, text) {
				t.Errorf("build %s leaves %s as it is, %v", b.id, file, err)
			}
		}
		if !slices.ContainsFunc(kinds, func(f fault) bool { return f.id == b.fault }) {
			t.Errorf("build %s: there is no fault %s", b.id, b.fault)
		}
	}
}

// TestI3_500ClientsAndKills lets 500 clients bid on one lot while Redis, the committer and the web node are killed, and judges
// all that they were told. A history that was tampered with is refused.
func TestI3_500ClientsAndKills(t *testing.T) {
	cfg := config(t)
	cfg.Connections, cfg.Rest = 500, 200*time.Millisecond
	server, auditor := programs(t, cfg.Dir)
	s, err := open(t.Context(), cfg, server, auditor, sideOf(single))
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	midst := fault{id: "kills", runs: 1, strike: func(ctx context.Context, s *scene, run int) error {
		for _, kill := range []func(context.Context, *scene, int) error{killRedis, killCommitter, killing(web)} {
			want := s.long.acknowledged.Load() + cfg.Between
			err := until(ctx, readyWithin, "bids between the kills", func() (bool, error) { return s.long.acknowledged.Load() >= want, nil })
			if err != nil {
				return err
			}
			if err := kill(ctx, s, run); err != nil {
				return err
			}
		}
		return nil
	}}
	strikes, stuck, err := s.suffer(t.Context(), midst)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.record(t.Context(), s.long)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.verdict(t.Context(), false, strikes)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(stuck, found...) {
		t.Errorf("%+v", f)
	}
	clients := map[int]bool{}
	for _, op := range s.long.ops {
		clients[op.Client] = true
	}
	t.Logf("%d bids of %d clients in the largest part", len(s.long.ops), len(clients))
	for name, doctor := range map[string]func(op *load.Op) bool{
		"a lost bid":      func(op *load.Op) bool { op.AmountFen++; return op.Outcome == load.Accepted },
		"a stale refusal": func(op *load.Op) bool { op.PriceFen--; return op.Outcome == load.Refused && op.PriceFen > 0 },
	} {
		ops := slices.Clone(s.long.ops)
		doctored := ops[len(ops)/2:]
		i := slices.IndexFunc(doctored, func(op load.Op) bool { return doctor(&op) })
		if i < 0 {
			t.Fatalf("%s: the history has no such bid", name)
		}
		doctor(&doctored[i])
		v, err := judge.Lot(s.long.sale.Lot, ops, events, judgeWithin)
		if err != nil {
			t.Fatal(err)
		}
		if v.Sound() {
			t.Errorf("%s is not found", name)
		}
	}
}

// TestFault_ABuildWithADefectIsCaught tries the cheapest of the builds; `make chaos` tries all.
func TestFault_ABuildWithADefectIsCaught(t *testing.T) {
	cfg := config(t)
	_, auditor := programs(t, cfg.Dir)
	for _, b := range builds() {
		if b.id != "refusal_before_commit" {
			continue
		}
		row, err := tryBuild(t.Context(), cfg, b, cfg.Dir, auditor)
		if err != nil {
			t.Fatal(err)
		}
		if !row.Caught {
			t.Errorf("%d strikes found nothing: %s", row.Strikes, row.What)
		}
	}
}

// TestEveryDefectFitsTheSource: an edit whose place in the source is gone would leave a build without its defect.
func TestEveryDefectFitsTheSource(t *testing.T) {
	t.Parallel()
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range builds() {
		if files, err := b.changed(root); err != nil || len(files) == 0 {
			t.Errorf("%d files of build %s: %v", len(files), b.id, err)
		}
	}
}
