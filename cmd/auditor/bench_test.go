package main

import (
	"testing"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// BenchmarkVerify is the rate at which entries are checked and re-run, beside a bare tree over the same bytes.
func BenchmarkVerify(b *testing.B) {
	s := newSales(b, seed)
	x := s.one(law.China2017(), law.First, nil)
	x.open(20)
	x.bid(20_000)
	files := memoryLog(b, s.entries)
	b.Run("auditor", func(b *testing.B) {
		for b.Loop() {
			r, err := verify.Run(b.Context(), files, verify.Options{Jobs: 2})
			if err != nil || !r.OK() {
				b.Fatalf("%v %+v", err, r)
			}
		}
		b.ReportMetric(float64(len(s.entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("bare tree", func(b *testing.B) {
		for b.Loop() {
			var edge audit.Frontier
			for _, e := range s.entries {
				edge.Add(audit.LeafHash(e.Bytes), nil)
			}
			if edge.Size() != int64(len(s.entries)) {
				b.Fatal(edge.Size())
			}
		}
		b.ReportMetric(float64(len(s.entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	if x.state.Phase != course.Closed {
		b.Fatal("not closed")
	}
}
