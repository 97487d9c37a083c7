package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Sample is one target in one round.
type Sample struct {
	PerSecond float64 `json:"decided_per_second"`
	// AcceptedPerSecond are the durable ones of them.
	AcceptedPerSecond float64 `json:"accepted_per_second"`

	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	// NotDecided are 429, 503 and lost answers; they are no decisions.
	NotDecided int64            `json:"not_decided"`
	Codes      map[string]int64 `json:"codes,omitempty"`
	P50Micros  int64            `json:"p50_us"`
	P99Micros  int64            `json:"p99_us"`
	// CPU is seconds of processor time, by process, per second of the measured time. Empty where /proc is not there.
	CPU map[string]float64 `json:"cpu,omitempty"`
	// BidsPerCall are those of one call of the Redis function, EventsPerCommit those of one commit; of the server alone.
	BidsPerCall      float64 `json:"bids_per_call,omitempty"`
	CallsPerSecond   float64 `json:"calls_per_second,omitempty"`
	EventsPerCommit  float64 `json:"events_per_commit,omitempty"`
	CommitsPerSecond float64 `json:"commits_per_second,omitempty"`
	// LagSeconds is the age of the oldest entry without a place in the log, at the end of the measured time.
	LagSeconds float64 `json:"sequencer_lag_seconds,omitempty"`
	Pending    int64   `json:"sequencer_pending,omitempty"`
}

// Report is bench.json.
type Report struct {
	StartedAt   time.Time      `json:"started_at"`
	Took        string         `json:"took"`
	Machine     Machine        `json:"machine"`
	Rounds      int            `json:"rounds"`
	Seconds     float64        `json:"seconds"`
	Connections int            `json:"connections"`
	Bidders     int            `json:"bidders"`
	Peers       map[string]any `json:"peers"`
	Rows        []Row          `json:"rows"`
	// Samples are by target, in the order of rounds.
	Samples map[string][]Sample `json:"samples"`
	// Acknowledged counts the answers of 201, warm-up included; Stored the rows of bids. They must be equal.
	Acknowledged int64  `json:"acknowledged"`
	Stored       int64  `json:"stored"`
	Fsck         string `json:"fsck"`
	Sound        bool   `json:"sound"`
	// Shortfalls says in words what fell short.
	Shortfalls []string `json:"shortfalls"`
}

func newReport(began time.Time, cfg Config) *Report {
	return &Report{
		StartedAt: began.UTC(), Machine: machine(), Rounds: cfg.Rounds, Seconds: cfg.Length.Seconds(), Connections: cfg.Connections,
		Bidders: cfg.Bidders, Peers: map[string]any{}, Samples: map[string][]Sample{}, Shortfalls: []string{}, Sound: true,
	}
}

// Machine is what the figures were measured on.
type Machine struct {
	CPUs  int    `json:"cpus"`
	Model string `json:"model,omitempty"`
	OS    string `json:"os"`
	Go    string `json:"go"`
}

func machine() Machine {
	m := Machine{CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.Model = strings.TrimSpace(value)
			return m
		}
	}
	return m
}

// Print writes the tables for people.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p("%s, %d CPUs (%s), %s; %d rounds of %.3g s, interleaved, medians; %d connections, %d bidders",
		r.Machine.OS, r.Machine.CPUs, r.Machine.Model, r.Machine.Go, r.Rounds, r.Seconds, r.Connections, r.Bidders)
	p("")
	p("path\tproject\tpeer\tratio\tgoal\t\tof accepted bids alone\t")
	for _, row := range r.Rows {
		alone := ""
		if row.Accepted > 0 {
			alone = row.written(row.Accepted)
		}
		p("%s / %s\t%s\t%s\t%s\t%s\t%s\t%s\t", row.Path, row.Peer, row.value(row.Project), row.value(row.Against), row.written(row.Ratio),
			row.goal(), row.verdict(), alone)
	}
	for _, row := range r.Rows {
		if row.Note != "" {
			p("%s: %s", row.ID, row.Note)
		}
	}
	if len(r.Samples) > 0 {
		r.printBids(p)
	}
	for _, s := range r.Shortfalls {
		p("fell short: %s", s)
	}
	p("took %s", r.Took)
	return w.Flush()
}

// printBids tells of each series of bids what is behind the rows.
func (r *Report) printBids(p func(format string, args ...any)) {
	p("")
	p("what was driven\tdecided/s\taccepted/s\trefused\tnot decided\tp50\tp99\tCPUs of client, server, Redis, PostgreSQL\tin µs a decision\tbids a call\tcommits/s, events each\t")
	for _, name := range seriesOrder() {
		if list := r.Samples[name]; len(list) > 0 {
			s := middle(list)
			p("%s\t%.0f\t%.0f\t%.0f %%\t%d\t%.1f ms\t%.1f ms\t%s\t%s\t", name, s.PerSecond, s.AcceptedPerSecond, s.share(s.Refused),
				sumOf(list, func(s Sample) int64 { return s.NotDecided }), p50(s), p99(s), s.cpu(), s.gathering())
		}
	}
	p("")
	p("Bids name amounts, so of %d that are in flight for one lot most are overtaken on their way and refused; the shares differ", r.Connections)
	p("between targets, and a refusal costs a database no commit: hence the last column of the first table.")
	p("acknowledged %d bids, stored %d; sequencer lag at the end of a round at most %.1f s", r.Acknowledged, r.Stored, r.worstLag())
	p("fsck: %s", strings.TrimSpace(r.Fsck))
}

// middle is the sample of median speed.
func middle(list []Sample) Sample {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Sample) int { return cmp.Compare(a.PerSecond, b.PerSecond) })
	return sorted[len(sorted)/2]
}

func sumOf(list []Sample, f func(Sample) int64) (n int64) {
	for _, s := range list {
		n += f(s)
	}
	return n
}

func (s Sample) share(n int64) float64 {
	return 100 * float64(n) / float64(max(1, s.Accepted+s.Refused))
}

func (s Sample) cpu() string {
	if len(s.CPU) == 0 {
		return "not known\t"
	}
	parts := []float64{s.CPU["client"], s.CPU["server"], s.CPU["redis"], s.CPU["postgres"]}
	text, all := "", 0.0
	for _, v := range parts {
		text, all = text+fmt.Sprintf("%.2f  ", v), all+v
	}
	return fmt.Sprintf("%s\t%.0f", text, 1e6*all/max(1, s.PerSecond))
}

func (s Sample) gathering() string {
	if s.CallsPerSecond == 0 {
		return "\t"
	}
	return fmt.Sprintf("%.0f\t%.0f, %.1f", s.BidsPerCall, s.CommitsPerSecond, s.EventsPerCommit)
}

func (r *Report) worstLag() (worst float64) {
	for _, list := range r.Samples {
		for _, s := range list {
			worst = max(worst, s.LagSeconds)
		}
	}
	return worst
}

// Write writes bench.json.
func (r *Report) Write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil { //nolint:gosec // a report to be read
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
