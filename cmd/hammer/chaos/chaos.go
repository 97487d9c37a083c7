package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Config is what a run is told.
type Config struct {
	// Dir takes folders with everything that is written; on a real disk.
	Dir string
	// Binary is the server; empty builds it from the source that hammer is run in.
	Binary string
	// Only names faults by id, and Builds defects; nil is all, and an empty list none.
	Only, Builds []string
	// Runs is how often each fault strikes; 0 leaves each its own number.
	Runs int
	// Between is how many bids must be acknowledged between two strikes.
	Between int64
	// Connections bid on the long lot, a quarter as many on the closing one; Bidders have enrolled for the long lot.
	Connections, Bidders int
	// Rest is the time from an answer to the next bid of the same connection.
	Rest time.Duration
	// patience is how long bids may take to go on.
	patience time.Duration
	// Keep leaves the folders there, with the servers' logs.
	Keep bool
	// Progress is told what goes on.
	Progress io.Writer
	Log      *slog.Logger
}

func (c *Config) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Progress, format+"\n", args...)
}

// Strike is one fault, once.
type Strike struct {
	Fault string `json:"fault"`
	Run   int    `json:"run"`
	// Inside: the closing lot was in its closing window.
	Inside bool `json:"inside_last_minutes"`
	// Acknowledged bids since the strike before.
	Acknowledged int64 `json:"acknowledged"`
	// OutageMillis is the longest time without an acknowledged bid on the long lot, from the strike until bids went on.
	OutageMillis int64 `json:"outage_ms"`
	// ended is unix ns.
	ended int64
}

// IDs of faults and of builds, for help and checks.
func IDs() (faultIDs, buildIDs []string) {
	for _, f := range faults() {
		if !f.planted {
			faultIDs = append(faultIDs, f.id)
		}
	}
	for _, b := range builds() {
		buildIDs = append(buildIDs, b.id)
	}
	return faultIDs, buildIDs
}

// Table describes faults and builds, a line each.
func Table() string {
	var b strings.Builder
	for _, f := range faults() {
		if !f.planted {
			_, _ = fmt.Fprintf(&b, "  %-22s %s (%d)\n", f.id, f.what, f.runs)
		}
	}
	b.WriteString("\nBuilds with one defect (--builds), and the fault that must show it:\n")
	for _, d := range builds() {
		_, _ = fmt.Fprintf(&b, "  %-22s %s; %s\n", d.id, d.what, d.fault)
	}
	return b.String()
}

// tries tells whether a build is asked for.
func (c *Config) tries(b build) bool { return c.Builds == nil || slices.Contains(c.Builds, b.id) }

// fit refuses, before hours are spent, builds whose defect no longer has a place in the source.
func (c *Config) fit(ctx context.Context) error {
	root, err := "", error(nil)
	for _, b := range builds() {
		if !c.tries(b) {
			continue
		}
		if root == "" {
			if root, err = moduleRoot(ctx); err != nil {
				return err
			}
		}
		if _, err := b.changed(root); err != nil {
			return err
		}
	}
	return nil
}

// Run makes the run and returns the report. An error means that it could not be made; what does not hold is in the report.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	faultIDs, buildIDs := IDs()
	for _, check := range []struct{ given, known []string }{{cfg.Only, faultIDs}, {cfg.Builds, buildIDs}} {
		for _, id := range check.given {
			if !slices.Contains(check.known, id) {
				return nil, fmt.Errorf("%q is none of %s", id, strings.Join(check.known, ", "))
			}
		}
	}
	if err := cfg.fit(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	cfg.patience = readyWithin
	report = &Report{StartedAt: began.UTC(), CPUs: runtime.NumCPU(), Go: runtime.Version(), Between: cfg.Between}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user passes through it
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	tools, err := os.MkdirTemp(cfg.Dir, "chaos-tools-*")
	if err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tools)) }()
	cfg.say("building the server and the auditor")
	if cfg.Binary == "" {
		if cfg.Binary, err = compile(ctx, filepath.Join(tools, "mingchui"), "mingchui/cmd/mingchui"); err != nil {
			return nil, err
		}
	}
	auditor, err := compile(ctx, filepath.Join(tools, "auditor"), "mingchui/cmd/auditor")
	if err != nil {
		return nil, err
	}
	for _, stage := range []string{single, replica, cluster} {
		kinds := slices.DeleteFunc(faults(), func(f fault) bool {
			return f.planted || f.stage != stage || (cfg.Only != nil && !slices.Contains(cfg.Only, f.id))
		})
		if len(kinds) == 0 {
			continue
		}
		cfg.say("stage %s: %d kinds of fault", stage, len(kinds))
		strikes, found, err := torment(ctx, &cfg, cfg.Binary, auditor, kinds, true)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", stage, err)
		}
		report.add(kinds, strikes, found)
	}
	for _, b := range builds() {
		if !cfg.tries(b) {
			continue
		}
		row, err := tryBuild(ctx, &cfg, b, tools, auditor)
		if err != nil {
			return nil, fmt.Errorf("build %s: %w", b.id, err)
		}
		report.Builds = append(report.Builds, row)
	}
	report.Took = time.Since(began).Round(time.Second).String()
	report.judge()
	return report, nil
}

// tryBuild hurts a build with a defect by its fault. A planted fault is first tried on the sound server, which must pass.
func tryBuild(ctx context.Context, cfg *Config, b build, tools, auditor string) (BuildRow, error) {
	kinds := slices.DeleteFunc(faults(), func(f fault) bool { return f.id != b.fault })
	kinds[0].runs = b.runs
	own := *cfg
	own.Runs, own.Between, own.patience = 0, min(cfg.Between, 100), readyWithin/3
	row := BuildRow{Build: b.id, What: b.what, Fault: b.fault}
	if kinds[0].planted {
		cfg.say("fault %s on the sound server, which must not lose a bid by it", b.fault)
		_, found, err := torment(ctx, &own, cfg.Binary, auditor, kinds, false)
		if err != nil {
			return row, err
		}
		row.Control = bySource(found, kinds[0].planted)
	}
	cfg.say("build %s: %s", b.id, b.what)
	binary, err := b.make(ctx, tools)
	if err != nil {
		return row, err
	}
	strikes, found, err := torment(ctx, &own, binary, auditor, kinds, false)
	if err != nil {
		return row, err
	}
	row.Strikes = len(strikes)
	row.Found = bySource(found, kinds[0].planted)
	row.Caught = len(row.Found) > 0 && len(row.Control) == 0
	for _, f := range row.Found {
		cfg.say("  caught by %s: %s: %s", f.By, f.Kind, f.Detail)
	}
	return row, nil
}

// bySource keeps one finding of each judge and kind; of a planted fault not those that the plant itself is.
func bySource(found []Finding, planted bool) []Finding {
	var out []Finding
	for _, f := range found {
		same := func(o Finding) bool { return o.By == f.By && o.Kind == f.Kind }
		if (planted && f.By == byFsck) || slices.ContainsFunc(out, same) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// torment opens a scene, lets kinds strike, and judges.
func torment(ctx context.Context, cfg *Config, binary, auditor string, kinds []fault, letClose bool) (strikes []Strike, found []Finding, err error) {
	s, err := open(ctx, cfg, binary, auditor, sideOf(kinds[0].stage))
	defer func() { err = errors.Join(err, s.close()) }() //nolint:contextcheck // what was started is stopped although ctx has ended
	if err != nil {
		return nil, nil, err
	}
	for _, f := range kinds {
		more, stuck, err := s.suffer(ctx, f)
		strikes = append(strikes, more...)
		if err != nil {
			return strikes, nil, fmt.Errorf("fault %s: %w", f.id, err)
		}
		if found = append(found, stuck...); len(stuck) > 0 {
			letClose = false
			break
		}
	}
	judged, err := s.verdict(ctx, letClose, strikes)
	return strikes, append(found, judged...), err
}

// windowWithin bounds the wait for the closing window; an outage may have stayed the lot.
const windowWithin = time.Minute

// suffer lets one kind strike as often as it is to, under load.
func (s *scene) suffer(ctx context.Context, f fault) (strikes []Strike, found []Finding, err error) {
	runs := f.runs
	if s.cfg.Runs > 0 {
		runs = s.cfg.Runs
	}
	address := s.servers.SiteAddress()
	if err := s.long.bid(ctx, address, s.cfg.Connections, s.cfg.Rest); err != nil {
		return nil, nil, err
	}
	if err := s.closing.bid(ctx, address, max(2, s.cfg.Connections/4), 4*s.cfg.Rest); err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.long.rest(), s.closing.rest()) }()
	sum := func() int64 { return s.long.acknowledged.Load() + s.closing.acknowledged.Load() }
	stuck := func(when string, err error) {
		s.cfg.say("  %s: bids do not go on %s", f.id, when)
		found = append(found, Finding{By: byBidders, Kind: "stuck", Fault: f.id, Detail: fmt.Sprintf("bids do not go on %s: %v", when, err)})
	}
	// Whoever waits for the window waits once: bids hold it open from then on.
	if !f.planted {
		_ = until(ctx, windowWithin, "the closing window", func() (bool, error) { return s.insideWindow(ctx), nil })
	}
	for run := range runs {
		before := sum()
		err := until(ctx, s.cfg.patience, "bids", func() (bool, error) { return sum()-before >= s.cfg.Between, nil })
		if err != nil {
			stuck("before the strike", err)
			return strikes, found, ctx.Err()
		}
		one := Strike{Fault: f.id, Run: run + 1, Inside: s.insideWindow(ctx), Acknowledged: sum() - before}
		s.long.mark()
		if err := f.strike(ctx, s, run); err != nil {
			if _, server := errors.AsType[breach](err); !server {
				return strikes, found, err
			}
			found = append(found, Finding{By: byBidders, Kind: "breach", Fault: f.id, Detail: err.Error()})
		}
		one.ended = time.Now().UnixNano()
		if f.halts {
			return append(strikes, one), found, nil
		}
		goal := s.long.acknowledged.Load() + int64(s.cfg.Connections/2)
		if err := until(ctx, s.cfg.patience, "bids", func() (bool, error) { return s.long.acknowledged.Load() >= goal, nil }); err != nil {
			stuck("after the strike", err)
			return append(strikes, one), found, ctx.Err()
		}
		one.OutageMillis = s.long.outage().Milliseconds()
		strikes = append(strikes, one)
		s.cfg.say("  %s %d of %d: after %d acknowledged bids%s; longest time without one %s", f.id, run+1, runs, one.Acknowledged,
			map[bool]string{true: ", inside last minutes"}[one.Inside], s.long.outage().Round(time.Millisecond))
	}
	return strikes, found, nil
}
