package bench

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func samples(values ...float64) []Sample {
	out := make([]Sample, len(values))
	for i, v := range values {
		out[i] = Sample{PerSecond: v, AcceptedPerSecond: v / 2}
	}
	return out
}

func TestAFigureIsTheMedianOfTheRoundsRatios(t *testing.T) {
	t.Parallel()
	// A machine that is slow in a round is slow for both, and one odd round changes nothing.
	row := Row{Goal: 2}
	row.fill([]float64{20, 30, 2, 40, 8}, []float64{10, 10, 1, 20, 4})
	if row.Ratio != 2 || row.Project != 20 || row.Against != 10 || !row.Met {
		t.Errorf("%+v", row)
	}
	row = Row{Goal: 2.1}
	if row.fill([]float64{20, 40}, []float64{10, 20}); row.Met || row.Ratio != 2 {
		t.Errorf("%+v", row)
	}
	row = Row{Goal: 1}
	if row.fill([]float64{20}, []float64{0}); row.Met {
		t.Errorf("a peer that did nothing is no measure: %+v", row)
	}
	row = Row{Goal: 0.25, AtMost: true}
	if row.fill([]float64{1}, []float64{4}); !row.Met {
		t.Errorf("a ratio that is to be small is small: %+v", row)
	}
	if row.fill([]float64{2}, []float64{4}); row.Met {
		t.Errorf("a ratio that is to be small is not: %+v", row)
	}
}

func TestWhatFellShortIsPrinted(t *testing.T) {
	t.Parallel()
	r := &run{cfg: Config{Rounds: 5}, report: newReport(time.Time{}, Config{Rounds: 5})}
	r.report.Acknowledged, r.report.Stored = 10, 9
	b := &bench{run: r, comparisons: comparisons()[:3]}
	r.report.Samples = map[string][]Sample{
		project:                 {{PerSecond: 1000, AcceptedPerSecond: 300, NotDecided: 3, LagSeconds: 4}},
		b.comparisons[0].theirs: samples(1000), b.comparisons[1].theirs: samples(100), b.comparisons[2].theirs: samples(100),
	}
	rows := bidRows()[:3]
	b.fill([]*Row{&rows[0], &rows[1], &rows[2]})
	r.report.Rows = rows
	r.judge()
	var out bytes.Buffer
	if err := r.report.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FELL SHORT", "met", "100 %", "10.0 ×", "6.0 ×", "1 acknowledged bids are not stored", "3 requests", "lag at the end of a round was 4.0 s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
