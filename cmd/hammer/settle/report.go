package settle

import (
	"fmt"
	"io"
	"time"
)

// Report is what came of a run.
type Report struct {
	Bidders                 int
	Limit                   time.Duration
	Applied, Returned, Left int
	// Took is how long after the close each settled deposit was settled, in order.
	Took []time.Duration
	// Fsck is its words.
	Fsck string
}

// Sound tells whether every deposit was settled within the limit, the winner's applied and the others returned.
func (r *Report) Sound() bool {
	return r.Left == 0 && r.Applied == 1 && r.Returned == r.Bidders-1 && len(r.Took) == r.Bidders && r.Took[len(r.Took)-1] <= r.Limit
}

// percentile is the smallest time that at least p of a hundred deposits were settled within; 0 when none was.
func (r *Report) percentile(p int) time.Duration {
	n := len(r.Took)
	if n == 0 {
		return 0
	}
	return r.Took[max(0, (n*p+99)/100-1)]
}

// Print writes it for a person.
func (r *Report) Print(w io.Writer) error {
	verdict := "holds"
	if !r.Sound() {
		verdict = "DOES NOT HOLD"
	}
	round := func(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
	_, err := fmt.Fprintf(w, `deposits of %d bidders after the close: %d applied, %d returned, %d left
p50 %s, p90 %s, p99 %s, last %s; within %s: %s
%s`, r.Bidders, r.Applied, r.Returned, r.Left, round(r.percentile(50)), round(r.percentile(90)), round(r.percentile(99)), round(r.percentile(100)), r.Limit, verdict, r.Fsck)
	return err
}
