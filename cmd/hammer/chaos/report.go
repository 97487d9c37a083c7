package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is chaos.json.
type Report struct {
	StartedAt time.Time `json:"started_at"`
	Took      string    `json:"took"`
	CPUs      int       `json:"cpus"`
	Go        string    `json:"go"`
	// Between is how many bids were acknowledged between two strikes at least.
	Between  int64      `json:"acknowledged_between_strikes"`
	Rows     []Row      `json:"faults"`
	Builds   []BuildRow `json:"builds"`
	Strikes  []Strike   `json:"strikes"`
	Findings []Finding  `json:"findings"`
	// Sound: nothing was found, and every build with a defect was caught.
	Sound bool `json:"sound"`
}

// Row is one kind of fault.
type Row struct {
	Fault string `json:"fault"`
	What  string `json:"what"`
	Runs  int    `json:"runs"`
	// Inside is how many strikes fell into the last minutes of the closing lot.
	Inside       int   `json:"inside_last_minutes"`
	Acknowledged int64 `json:"acknowledged"`
	// Lost counts acknowledged bids that are not on the record as they were acknowledged.
	Lost int `json:"lost"`
	// Median and longest time without an acknowledged bid.
	OutageMedianMillis  int64 `json:"outage_median_ms"`
	OutageLongestMillis int64 `json:"outage_longest_ms"`
	Findings            int   `json:"findings"`
}

// BuildRow is one build with a defect.
type BuildRow struct {
	Build   string `json:"build"`
	What    string `json:"what"`
	Fault   string `json:"fault"`
	Strikes int    `json:"strikes"`
	Caught  bool   `json:"caught"`
	// Found is one finding of each judge and kind; Control what was found on the sound server with the same planted fault.
	Found   []Finding `json:"found"`
	Control []Finding `json:"control,omitempty"`
}

// add takes the result of a stage.
func (r *Report) add(kinds []fault, strikes []Strike, found []Finding) {
	r.Strikes, r.Findings = append(r.Strikes, strikes...), append(r.Findings, found...)
	for _, f := range kinds {
		row := Row{Fault: f.id, What: f.what}
		var outages []int64
		for _, s := range strikes {
			if s.Fault != f.id {
				continue
			}
			row.Runs++
			row.Acknowledged += s.Acknowledged
			outages = append(outages, s.OutageMillis)
			if s.Inside {
				row.Inside++
			}
		}
		if slices.Sort(outages); len(outages) > 0 {
			row.OutageMedianMillis, row.OutageLongestMillis = outages[len(outages)/2], outages[len(outages)-1]
		}
		for _, g := range found {
			if g.Fault == f.id {
				row.Findings++
				if g.Kind == "missing" || g.Kind == "altered" {
					row.Lost++
				}
			}
		}
		r.Rows = append(r.Rows, row)
	}
}

// judge says whether all holds.
func (r *Report) judge() {
	r.Sound = len(r.Findings) == 0 && !slices.ContainsFunc(r.Builds, func(b BuildRow) bool { return !b.Caught })
}

// Write writes the report as JSON.
func (r *Report) Write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil { //nolint:gosec // a report for everybody
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Print prints the tables and what was found.
func (r *Report) Print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(cells ...any) {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = fmt.Sprint(c)
		}
		_, _ = fmt.Fprintln(t, strings.Join(texts, "\t")) // Flush tells
	}
	seconds := func(ms int64) string { return fmt.Sprintf("%.1f s", float64(ms)/1000) }
	if len(r.Rows) > 0 {
		line("fault", "runs", "inside last minutes", "acknowledged", "lost", "without a bid, median", "longest", "findings")
	}
	for _, row := range r.Rows {
		line(row.Fault, row.Runs, row.Inside, row.Acknowledged, row.Lost, seconds(row.OutageMedianMillis), seconds(row.OutageLongestMillis), row.Findings)
	}
	if len(r.Builds) > 0 {
		line()
		line("build with a defect", "fault", "strikes", "caught", "by")
	}
	for _, b := range r.Builds {
		by := make([]string, 0, len(b.Found))
		for _, f := range b.Found {
			by = append(by, f.By+": "+f.Kind)
		}
		line(b.Build, b.Fault, b.Strikes, map[bool]string{true: "yes", false: "NO"}[b.Caught], strings.Join(by, ", "))
	}
	line()
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	for _, f := range r.Findings {
		_, _ = fmt.Fprintf(out, "%s: %s (%s): %s\n", f.By, f.Kind, f.Fault, f.Detail)
	}
	word := "all holds"
	if !r.Sound {
		word = "NOT SOUND"
	}
	_, err := fmt.Fprintf(out, "%s; %s on %d cores\n", word, r.Took, r.CPUs)
	return err
}
