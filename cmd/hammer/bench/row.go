package bench

import (
	"cmp"
	"fmt"
	"slices"
)

// Row is one line of the table of measures.
type Row struct {
	ID   string `json:"id"`
	Path string `json:"path"`
	Peer string `json:"peer"`
	// Unit of Project and Against: "1/s", "ms", "KB", "µs".
	Unit string `json:"unit"`
	// Project, Against and Ratio are medians over the rounds; Ratio of the rounds' ratios.
	Project float64   `json:"project"`
	Against float64   `json:"peer_value"`
	Ratio   float64   `json:"ratio"`
	Ratios  []float64 `json:"ratios"`
	// Accepted is the same ratio of accepted bids alone. Under load absolute amounts go stale, more so where more is in flight:
	// shares of refusals differ, and a refusal costs a database less than a bid does. It has no goal; 0 where it says nothing.
	Accepted float64 `json:"accepted_ratio,omitempty"`
	// Goal is the least ratio, with AtMost the greatest; 0 for a row that is told without one.
	Goal   float64 `json:"goal"`
	AtMost bool    `json:"at_most,omitempty"`
	// Most is the greatest Project by itself, whatever the ratio; 0 for none.
	Most float64 `json:"most,omitempty"`
	// Percent says how ratios are written.
	Percent bool `json:"-"`
	Met     bool `json:"met"`
	// Note says what a reader must know of this figure; empty for nothing.
	Note string `json:"note,omitempty"`
}

// fill puts the rounds' values into a row. A round in which either did nothing is no measure.
func (r *Row) fill(project, peer []float64) {
	n := min(len(project), len(peer))
	r.Project, r.Against = medianOf(project[:n]), medianOf(peer[:n])
	r.Ratios = ratios(project, peer)
	r.Ratio = medianOf(r.Ratios)
	r.Met = len(r.Ratios) > 0 && (r.Goal == 0 || (r.AtMost && r.Ratio <= r.Goal) || (!r.AtMost && r.Ratio >= r.Goal)) && (r.Most == 0 || r.Project <= r.Most)
}

// ratios are those of the rounds in which both did something.
func ratios(project, peer []float64) []float64 {
	var out []float64
	for i := range min(len(project), len(peer)) {
		if project[i] > 0 && peer[i] > 0 {
			out = append(out, project[i]/peer[i])
		}
	}
	return out
}

func (r *Row) written(v float64) string {
	if r.Percent {
		return fmt.Sprintf("%.0f %%", 100*v)
	}
	if v < 1 {
		return fmt.Sprintf("%.2f ×", v)
	}
	return fmt.Sprintf("%.1f ×", v)
}

// goal is the goal as it is written in the table.
func (r *Row) goal() string {
	switch {
	case r.Most > 0:
		return "≤ " + r.value(r.Most)
	case r.Goal == 0:
		return "—"
	case r.AtMost:
		return "≤ " + r.written(r.Goal)
	}
	return "≥ " + r.written(r.Goal)
}

func (r *Row) verdict() string {
	switch {
	case len(r.Ratios) == 0:
		return "NOT MEASURED"
	case r.Goal == 0 && r.Most == 0:
		return "told"
	case r.Met:
		return "met"
	}
	return "FELL SHORT"
}

// value writes one of the two values with its unit.
func (r *Row) value(v float64) string {
	if r.Unit == "1/s" {
		return fmt.Sprintf("%.0f/s", v)
	}
	return fmt.Sprintf("%.3g %s", v, r.Unit)
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
