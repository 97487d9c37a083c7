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
	// LagSeconds is the age of the oldest entry without a place in the log, at the end of the measured time.
	LagSeconds float64 `json:"sequencer_lag_seconds,omitempty"`
	Pending    int64   `json:"sequencer_pending,omitempty"`
}

// Row is one line of the table of measures.
type Row struct {
	ID   string `json:"id"`
	Path string `json:"path"`
	Peer string `json:"peer"`
	Unit string `json:"unit"`
	// Project, Against and Ratio are medians over the rounds; Ratio of the rounds' ratios.
	Project float64   `json:"project"`
	Against float64   `json:"peer_value"`
	Ratio   float64   `json:"ratio"`
	Ratios  []float64 `json:"ratios"`
	// Accepted is the same ratio of accepted bids alone. Under load absolute amounts go stale, more so where more is in flight:
	// shares of refusals differ, and a refusal costs a database less than a bid does. It has no goal; 0 for Trivial.
	Accepted float64 `json:"accepted_ratio,omitempty"`
	// Goal is the least ratio; Percent says how it is written.
	Goal    float64 `json:"goal"`
	Percent bool    `json:"-"`
	Met     bool    `json:"met"`
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

// median of a list that is not empty; the mean of the two in the middle of an even one.
func median[T cmp.Ordered](list []T, mean func(a, b T) T) T {
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return mean(sorted[n/2-1], sorted[n/2])
}

func medianOf(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return median(list, func(a, b float64) float64 { return (a + b) / 2 })
}

// fill puts the samples of project and peer into a row.
func (r *Row) fill(project, peer []Sample) {
	var ours, theirs, accepted []float64
	for i := range min(len(project), len(peer)) {
		ours, theirs = append(ours, project[i].PerSecond), append(theirs, peer[i].PerSecond)
		if theirs[i] > 0 {
			r.Ratios = append(r.Ratios, ours[i]/theirs[i])
		}
		if peer[i].AcceptedPerSecond > 0 {
			accepted = append(accepted, project[i].AcceptedPerSecond/peer[i].AcceptedPerSecond)
		}
	}
	r.Project, r.Against, r.Ratio = medianOf(ours), medianOf(theirs), medianOf(r.Ratios)
	if !r.Percent {
		r.Accepted = medianOf(accepted)
	}
	r.Met = len(r.Ratios) > 0 && r.Ratio >= r.Goal
}

func (r *Row) written(v float64) string {
	if r.Percent {
		return fmt.Sprintf("%.0f %%", 100*v)
	}
	return fmt.Sprintf("%.1f ×", v)
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
		verdict := "met"
		if !row.Met {
			verdict = "FELL SHORT"
		}
		alone := ""
		if row.Accepted > 0 {
			alone = row.written(row.Accepted)
		}
		p("%s / %s\t%.0f/s\t%.0f/s\t%s\t≥ %s\t%s\t%s\t", row.Path, row.Peer, row.Project, row.Against, row.written(row.Ratio), row.written(row.Goal), verdict, alone)
	}
	p("")
	p("what was driven\tdecided/s\taccepted/s\trefused\tnot decided\tp50\tp99\tCPUs of client, server, Redis, PostgreSQL\tin µs a decision\t")
	for _, name := range targetOrder() {
		if list := r.Samples[name]; len(list) > 0 {
			s := middle(list)
			p("%s\t%.0f\t%.0f\t%.0f %%\t%d\t%.1f ms\t%.1f ms\t%s\t", name, s.PerSecond, s.AcceptedPerSecond, s.share(s.Refused),
				sumOf(list, func(s Sample) int64 { return s.NotDecided }), float64(s.P50Micros)/1000, float64(s.P99Micros)/1000, s.cpu())
		}
	}
	p("")
	p("Bids name amounts, so of %d that are in flight for one lot most are overtaken on their way and refused; the shares differ", r.Connections)
	p("between targets, and a refusal costs a database no commit: hence the last column of the first table.")
	p("acknowledged %d bids, stored %d; sequencer lag at the end of a round at most %.1f s", r.Acknowledged, r.Stored, r.worstLag())
	p("fsck: %s", strings.TrimSpace(r.Fsck))
	for _, s := range r.Shortfalls {
		p("fell short: %s", s)
	}
	p("took %s", r.Took)
	return w.Flush()
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

func (r *Report) worstLag() (worst float64) {
	for _, s := range r.Samples[project] {
		worst = max(worst, s.LagSeconds)
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
