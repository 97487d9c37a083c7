package bench

import (
	"bytes"
	"strings"
	"testing"
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
	row.fill(samples(20, 30, 2, 40, 8), samples(10, 10, 1, 20, 4))
	if row.Ratio != 2 || row.Project != 20 || row.Against != 10 || !row.Met || row.Accepted != 2 {
		t.Errorf("%+v", row)
	}
	row = Row{Goal: 2.1}
	if row.fill(samples(20, 40), samples(10, 20)); row.Met || row.Ratio != 2 {
		t.Errorf("%+v", row)
	}
	row = Row{Goal: 1}
	if row.fill(samples(20), samples(0)); row.Met {
		t.Errorf("a peer that did nothing is no measure: %+v", row)
	}
}

func TestWhatFellShortIsPrinted(t *testing.T) {
	t.Parallel()
	rows := Rows()
	b := &bench{report: &Report{Rounds: 5, Rows: rows, Acknowledged: 10, Stored: 9, Samples: map[string][]Sample{
		project: {{PerSecond: 1000, NotDecided: 3, LagSeconds: 4}}, rows[0].ID: samples(1000), rows[1].ID: samples(100), rows[2].ID: samples(100),
	}}}
	b.judge()
	var out bytes.Buffer
	if err := b.report.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FELL SHORT", "met", "100 %", "10.0 ×", "1 acknowledged bids are not stored", "3 requests", "lag at the end of a round was 4.0 s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
