package settle

import (
	"strings"
	"testing"
	"time"
)

func TestAReportHoldsWhenEachDepositIsSettledInTime(t *testing.T) {
	t.Parallel()
	full := func() Report {
		r := Report{Bidders: 200, Limit: time.Minute, Applied: 1, Returned: 199}
		for i := range 200 {
			r.Took = append(r.Took, time.Duration(i+1)*300*time.Millisecond)
		}
		return r
	}
	r := full()
	if !r.Sound() || r.percentile(50) != 30*time.Second || r.percentile(99) != 59400*time.Millisecond || r.percentile(100) != time.Minute || r.percentile(0) != 300*time.Millisecond {
		t.Errorf("sound %v, p0 %s, p50 %s, p99 %s, p100 %s", r.Sound(), r.percentile(0), r.percentile(50), r.percentile(99), r.percentile(100))
	}
	var out strings.Builder
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "last 1m0s; within 1m0s: holds") {
		t.Errorf("%s, %v", out.String(), err)
	}
	for what, change := range map[string]func(*Report){
		"one is late":    func(r *Report) { r.Took[199] += time.Millisecond },
		"one is left":    func(r *Report) { r.Left, r.Returned, r.Took = 1, 198, r.Took[:199] },
		"two are owners": func(r *Report) { r.Applied, r.Returned = 2, 198 },
		"nobody won":     func(r *Report) { r.Applied, r.Returned = 0, 200 },
		"one is missing": func(r *Report) { r.Returned, r.Took = 198, r.Took[:199] },
	} {
		r := full()
		change(&r)
		out.Reset()
		if err := r.Print(&out); err != nil || r.Sound() || !strings.Contains(out.String(), "DOES NOT HOLD") {
			t.Errorf("%s: %s, %v", what, out.String(), err)
		}
	}
	if none := (&Report{Bidders: 2, Limit: time.Minute}); none.Sound() || none.percentile(99) != 0 {
		t.Error("a report without deposits holds")
	}
}
