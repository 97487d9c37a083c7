package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/cmd/auditor/verify"
	"mingchui/cmd/mingchui/house"
)

// auditor is the public's program, and the checkpoint that it keeps.
type auditor struct {
	t      *testing.T
	binary string
	dir    string
}

func newAuditor(t *testing.T) auditor {
	t.Helper()
	dir := t.TempDir()
	a := auditor{t: t, binary: filepath.Join(dir, "auditor"), dir: dir}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", a.binary, "mingchui/cmd/auditor").CombinedOutput(); err != nil {
		t.Fatalf("build the auditor: %v\n%s", err, out)
	}
	return a
}

func (a auditor) stateFile() string { return filepath.Join(a.dir, "state.json") }

// verify runs auditor verify on a site and returns its exit code and report;
// state is the file of the checkpoint seen before, empty for none.
func (a auditor) verify(site, state string) (int, verify.Report) {
	a.t.Helper()
	var out, told bytes.Buffer
	cmd := exec.CommandContext(a.t.Context(), a.binary, "verify", "--log", site+"/log", "--json", "--quiet", "--state", state)
	cmd.Stdout, cmd.Stderr = &out, &told
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		a.t.Fatal(err)
	}
	var report verify.Report
	code := cmd.ProcessState.ExitCode()
	if code != 2 {
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			a.t.Fatalf("auditor: %v\n%s%s", err, &out, &told)
		}
	}
	return code, report
}

// holds is verify that must find nothing; it keeps the checkpoint.
func (a auditor) holds(site string) verify.Report {
	a.t.Helper()
	code, report := a.verify(site, a.stateFile())
	if code != 0 || report.Size == 0 {
		a.t.Errorf("the auditor exits %d over %d entries: %+v", code, report.Size, report.Findings)
	}
	return report
}

// audited holds the log against the auditor, live and then changed behind the
// house's back in every way that matters.
func (s *sale) audited(a auditor) {
	s.t.Helper()
	s.rig.Fsck() // gives the last entries their place
	report := a.holds(s.rig.SiteURL)
	s.t.Logf("auditor: %d entries, %d lots, nothing found", report.Size, len(report.Lots))
	s.rig.Stop()
	for _, x := range []struct {
		name string
		// change edits the log; resign then signs it anew with the log's key.
		change func(f *forgery)
		resign bool
		// earlier compares with the checkpoint seen before.
		earlier bool
		want    verify.Code
	}{
		{"a changed bid", func(f *forgery) { f.raiseBid(s.lot, s.step) }, false, false, verify.TileDiffers},
		{"a removed entry", func(f *forgery) { f.removeBid(s.lot) }, true, false, verify.SeqGap},
		{"a swapped winner", func(f *forgery) { f.swapWinner(s.lot, s.next().code) }, true, false, verify.WinnerDiffers},
		{"an end whose span is cut", func(f *forgery) { f.cutSpan(s.lot) }, true, false, verify.RuleBroken},
		{"a log signed anew, by itself consistent", func(f *forgery) { f.raiseBid(s.lot, s.step) }, true, false, ""},
		{"a log signed anew, against an earlier checkpoint", func(f *forgery) { f.raiseBid(s.lot, s.step) }, true, true, verify.HistoryRewritten},
	} {
		f := s.forge()
		x.change(f)
		site := f.publish(x.resign)
		state := ""
		if x.earlier {
			state = a.stateFile()
		}
		code, report := a.verify(site, state)
		found := slices.ContainsFunc(report.Findings, func(f verify.Finding) bool { return f.Code == x.want })
		if ok := code == 0; ok != (x.want == "") || (!ok && !found) {
			s.t.Errorf("%s: the auditor exits %d, want %q: %+v", x.name, code, x.want, report.Findings)
		}
	}
	s.removedAlone(a)
}

// removedAlone deletes a row and signs nothing: the house can no longer serve
// what it signed, so nothing is said to hold.
func (s *sale) removedAlone(a auditor) {
	s.t.Helper()
	f := s.forge()
	f.exec(`DELETE FROM leaves WHERE leaf_index = @at`, pgx.NamedArgs{"at": len(f.entries) / 2})
	if code, report := a.verify(f.serve(), ""); code == 0 {
		s.t.Errorf("with a leaf removed the auditor exits 0: %+v", report)
	}
}

// forgery is a copy of the database in the hands of somebody who may write to it
// and holds the log's key.
type forgery struct {
	w       *world
	url     string
	pool    *pgxpool.Pool
	entries []forged
}

// forged is a log entry, in the order of the log.
type forged struct {
	id    uuid.UUID
	kind  string
	lot   *uuid.UUID
	bytes string
}

// forge copies the house's database; nobody may be connected to it.
func (w *world) forge() *forgery {
	w.t.Helper()
	u, err := url.Parse(w.rig.PostgresURL)
	if err != nil {
		w.t.Fatal(err)
	}
	source, name := strings.TrimPrefix(u.Path, "/"), "forged_"+strings.ReplaceAll(uuid.NewString(), "-", "")
	maintenance := *u
	maintenance.Path = "/postgres"
	admin, err := pgx.Connect(w.t.Context(), maintenance.String())
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = admin.Exec(w.t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, source))
	if err = errors.Join(err, admin.Close(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
	u.Path = "/" + name
	f := &forgery{w: w, url: u.String()}
	config, err := pgxpool.ParseConfig(f.url)
	if err != nil {
		w.t.Fatal(err)
	}
	config.MaxConns = 2
	config.ConnConfig.RuntimeParams["session_replication_role"] = "replica" // the triggers of I6 do not stop a superuser
	if f.pool, err = pgxpool.NewWithConfig(w.t.Context(), config); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		f.pool.Close()
		admin, err := pgx.Connect(context.WithoutCancel(w.t.Context()), maintenance.String())
		if err != nil {
			w.t.Error(err)
			return
		}
		_, err = admin.Exec(context.WithoutCancel(w.t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		if err = errors.Join(err, admin.Close(context.WithoutCancel(w.t.Context()))); err != nil {
			w.t.Error(err)
		}
	})
	rows, err := f.pool.Query(w.t.Context(), `SELECT e.id, e.kind, e.lot_id, convert_from(e.bytes, 'UTF8') FROM leaves l JOIN entries e ON e.id = l.entry_id ORDER BY l.leaf_index`)
	if err != nil {
		w.t.Fatal(err)
	}
	f.entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (forged, error) {
		var e forged
		err := row.Scan(&e.id, &e.kind, &e.lot, &e.bytes)
		return e, err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (f *forgery) exec(sql string, args ...any) {
	f.w.t.Helper()
	if _, err := f.pool.Exec(f.w.t.Context(), sql, args...); err != nil {
		f.w.t.Fatal(err)
	}
}

// ofLot finds the lot's entries of a kind, as places in the log.
func (f *forgery) ofLot(lot uuid.UUID, kind string) []int {
	f.w.t.Helper()
	var at []int
	for i, e := range f.entries {
		if e.kind == kind && e.lot != nil && *e.lot == lot {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		f.w.t.Fatalf("the log has no %s of the lot", kind)
	}
	return at
}

func (f *forgery) amount(at int) int64 {
	f.w.t.Helper()
	var e struct {
		Body struct {
			Amount int64 `json:"amount_fen"`
		} `json:"body"`
	}
	if err := json.Unmarshal([]byte(f.entries[at].bytes), &e); err != nil {
		f.w.t.Fatal(err)
	}
	return e.Body.Amount
}

// raiseBid makes a bid one increment higher where the next one leaves room for
// it, so that the course still obeys every rule.
func (f *forgery) raiseBid(lot uuid.UUID, step int64) {
	f.w.t.Helper()
	bids := f.ofLot(lot, "course.bid")
	for i := range len(bids) - 1 {
		if here, next := f.amount(bids[i]), f.amount(bids[i+1]); next >= here+2*step {
			f.replace(bids[i], fmt.Sprintf(`"amount_fen":%d,`, here), fmt.Sprintf(`"amount_fen":%d,`, here+step))
			return
		}
	}
	f.w.t.Fatal("no bid leaves room for a forgery; every raise was by one increment")
}

// removeBid takes a bid out of the middle of a course.
func (f *forgery) removeBid(lot uuid.UUID) {
	f.w.t.Helper()
	bids := f.ofLot(lot, "course.bid")
	at := bids[len(bids)/2]
	f.entries = slices.Delete(f.entries, at, at+1)
}

// swapWinner lets the confirmation name another bidder.
func (f *forgery) swapWinner(lot uuid.UUID, to string) {
	f.w.t.Helper()
	at := f.ofLot(lot, "confirmation")[0]
	var e struct {
		Body struct {
			Code string `json:"bidder_code"`
		} `json:"body"`
	}
	if err := json.Unmarshal([]byte(f.entries[at].bytes), &e); err != nil {
		f.w.t.Fatal(err)
	}
	f.replace(at, `"bidder_code":"`+e.Body.Code+`"`, `"bidder_code":"`+to+`"`)
}

// cutSpan lets the time without a gap that the end rests on begin within the closing window.
func (f *forgery) cutSpan(lot uuid.UUID) {
	f.w.t.Helper()
	at := f.ofLot(lot, "course.close")[0]
	var e struct {
		Body struct {
			From string `json:"span_from"`
			To   string `json:"span_to"`
		} `json:"body"`
	}
	if err := json.Unmarshal([]byte(f.entries[at].bytes), &e); err != nil {
		f.w.t.Fatal(err)
	}
	f.replace(at, `"span_from":"`+e.Body.From+`"`, `"span_from":"`+e.Body.To+`"`)
}

func (f *forgery) replace(at int, before, after string) {
	f.w.t.Helper()
	e := &f.entries[at]
	if strings.Count(e.bytes, before) != 1 {
		f.w.t.Fatalf("%s is not once in %s", before, e.bytes)
	}
	e.bytes = strings.Replace(e.bytes, before, after, 1)
}

// publish writes the changed entries; with resign it builds the tree over them
// anew and signs it with the log's own key. It returns the site that serves it.
func (f *forgery) publish(resign bool) string {
	f.w.t.Helper()
	for _, e := range f.entries {
		f.exec(`UPDATE entries SET bytes = convert_to(@text, 'UTF8') WHERE id = @id AND bytes <> convert_to(@text, 'UTF8')`,
			pgx.NamedArgs{"id": e.id, "text": e.bytes})
	}
	if resign {
		f.resign()
	}
	return f.serve()
}

func (f *forgery) resign() {
	f.w.t.Helper()
	ctx := f.w.t.Context()
	var edge audit.Frontier
	var stored []audit.Hash
	for _, e := range f.entries {
		stored = edge.Add(audit.LeafHash([]byte(e.bytes)), stored)
	}
	root := edge.Root()
	f.exec(`TRUNCATE leaves, tree_hashes`)
	_, err := f.pool.CopyFrom(ctx, pgx.Identifier{"leaves"}, []string{"leaf_index", "entry_id"},
		pgx.CopyFromSlice(len(f.entries), func(i int) ([]any, error) { return []any{int64(i), f.entries[i].id}, nil }))
	if err != nil {
		f.w.t.Fatal(err)
	}
	_, err = f.pool.CopyFrom(ctx, pgx.Identifier{"tree_hashes"}, []string{"hash_index", "hash"},
		pgx.CopyFromSlice(len(stored), func(i int) ([]any, error) { return []any{int64(i), stored[i][:]}, nil }))
	if err != nil {
		f.w.t.Fatal(err)
	}
	f.exec(`UPDATE tree SET size = @size, root = @root, checkpoint = ''`, pgx.NamedArgs{"size": edge.Size(), "root": root[:]})
	store, err := sequencer.NewFolder(f.w.t.TempDir())
	if err != nil {
		f.w.t.Fatal(err)
	}
	signer, err := sequencer.New(sequencer.Config{Pool: f.pool, Signer: f.w.rig.LogKey, Store: store, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.w.t.Fatal(err)
	}
	if err := signer.Start(ctx); err != nil {
		f.w.t.Fatal(err)
	}
}

// serve opens the site on the copy.
func (f *forgery) serve() string {
	f.w.t.Helper()
	config := f.w.config
	config.PostgresURL, config.Roles, config.Checkpoints, config.Registry = f.url, house.Roles{Web: true}, f.w.t.TempDir(), nil
	h, err := house.Open(f.w.t.Context(), config)
	if err != nil {
		f.w.t.Fatal(err)
	}
	f.w.t.Cleanup(h.Close)
	site := httptest.NewServer(h.Site())
	f.w.t.Cleanup(site.Close)
	return site.URL
}

// keptApart is the same auditor with a state of its own.
func (a auditor) keptApart(t *testing.T) auditor {
	t.Helper()
	return auditor{t: t, binary: a.binary, dir: t.TempDir()}
}
