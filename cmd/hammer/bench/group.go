package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mingchui/cmd/hammer/stage"
)

// group is rows that are measured together, because they share what they drive. A group is a file of its own; groups()
// registers it.
type group struct {
	rows []Row
	// apart: it takes long, and is measured only when --only names one of its rows.
	apart bool
	// measure fills the rows it is given, those that were asked for. It says in the report's Shortfalls what fell short
	// beside the goals, and returns an error only when it could not be measured.
	measure func(ctx context.Context, r *run, rows []*Row) error
}

// groups are the table of measures as far as it is built, in its order.
func groups() []group {
	return []group{
		{rows: bidRows(), measure: measureBids},
		{rows: ledgerRows(), measure: measureLedger},
		{rows: growthRows(), measure: measureGrowth, apart: true},
		{rows: fanRows(), measure: measureFan, apart: true},
		{rows: secureRows(), measure: measureSecure, apart: true},
	}
}

// Rows is the table of measures as far as it is built.
func Rows() []Row {
	var out []Row
	for _, g := range groups() {
		out = append(out, g.rows...)
	}
	return out
}

// Config is what a run is told.
type Config struct {
	// Dir takes a folder of its own with everything that is written; on a real disk, since durability is what is measured.
	Dir string
	// Binary is the server.
	Binary string
	// Undurable builds the server that answers before the commit, for the row that tells the cost of durability.
	Undurable func(ctx context.Context) (binary string, err error)
	// ServeFlags are further flags of mingchui serve.
	ServeFlags []string
	// Rounds of each target, at least 1; the goal of measures is five.
	Rounds int
	// Warmup is bid before Length is measured, in each round.
	Warmup, Length       time.Duration
	Connections, Bidders int
	// StoredBids are what the grown court of the row of growth holds.
	StoredBids int
	// Only names rows by id; empty is all but those that are measured apart.
	Only []string
	// Profile is a file for a CPU profile of the server under load; empty for none.
	Profile string
	// ProfileOf is which of the server's series is profiled, as the table names it.
	ProfileOf string
	// Keep leaves the folder there.
	Keep bool
	// Progress is told what goes on.
	Progress io.Writer
	Log      *slog.Logger
}

// run is one run of the benchmark.
type run struct {
	cfg    Config
	dir    string
	report *Report
}

func (r *run) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.cfg.Progress, format+"\n", args...)
}

// short notes what fell short.
func (r *run) short(format string, args ...any) {
	r.report.Shortfalls = append(r.report.Shortfalls, fmt.Sprintf(format, args...))
}

// wanted are the groups to be measured, each with the rows of it that were asked for.
func wanted(only []string) []group {
	var out []group
	for _, g := range groups() {
		if len(only) > 0 {
			g.rows = slices.DeleteFunc(g.rows, func(r Row) bool { return !slices.Contains(only, r.ID) })
		} else if g.apart {
			continue
		}
		if len(g.rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// Run measures and returns the report. An error means that it could not be measured; what fell short is in the report.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	list := wanted(cfg.Only)
	if len(list) == 0 || cfg.Rounds < 1 || cfg.Length <= 0 {
		return nil, errors.New("nothing to measure: see hammer bench --help for rows, rounds and seconds")
	}
	began := time.Now()
	r := &run{cfg: cfg, report: newReport(began, cfg)}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	if r.dir, err = os.MkdirTemp(cfg.Dir, "bench-*"); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	if err := os.Chmod(r.dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	if !cfg.Keep {
		defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	}
	for i, g := range list {
		rows := make([]*Row, len(g.rows))
		for k := range g.rows {
			rows[k] = &g.rows[k]
		}
		// Each group has a folder of its own, so that a group's servers find nothing of another's.
		one := &run{cfg: r.cfg, dir: filepath.Join(r.dir, fmt.Sprint(i)), report: r.report}
		if err := os.Mkdir(one.dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
			return nil, fmt.Errorf("make the folder: %w", err)
		}
		if err := g.measure(ctx, one, rows); err != nil {
			return nil, err
		}
		r.report.Rows = append(r.report.Rows, g.rows...)
	}
	r.judge()
	r.report.Took = time.Since(began).Round(time.Second).String()
	return r.report, nil
}

// judge says which rows fell short.
func (r *run) judge() {
	for i := range r.report.Rows {
		row := &r.report.Rows[i]
		if !row.Met {
			r.short("%s / %s: %s, %s of %s", row.Path, row.Peer, row.value(row.Project), row.written(row.Ratio), row.goal())
		}
	}
	if r.cfg.Rounds < 5 {
		r.short("%d rounds; a figure needs at least five", r.cfg.Rounds)
	}
}

// profile takes a CPU profile of the server while it is driven; the function it returns waits for it.
func (r *run) profile(ctx context.Context, servers *stage.Servers) (wait func()) {
	done := make(chan error, 1)
	go func() {
		timer := time.NewTimer(profileAfter)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			done <- ctx.Err()
			return
		case <-timer.C:
		}
		done <- servers.Profile(ctx, filepath.Clean(r.cfg.Profile), r.cfg.Length)
	}()
	return func() {
		if err := <-done; err != nil {
			r.say("no profile: %v", err)
			return
		}
		r.say("CPU profile of the server in %s", r.cfg.Profile)
	}
}
