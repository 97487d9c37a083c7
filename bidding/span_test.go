package bidding

import (
	"testing"

	"pgregory.net/rapid"

	"mingchui/bidding/course"
)

func TestR28o_ASpanIsWhatDecisionsProve(t *testing.T) {
	t.Parallel()
	const gap = 2000
	at := func(ms int64) proof { return proof{at: ms, epoch: 1} }
	for _, c := range []struct {
		name   string
		proofs []proof
		want   course.Span
		before int64
		broken bool
		ended  course.Span // the last one
	}{
		{"decisions close to each other", []proof{at(1000), at(3000), at(4999)}, course.Span{Epoch: 1, From: 1000, To: 4999}, 0, false, course.Span{}},
		{"a gap", []proof{at(1000), at(3000), at(5001)}, course.Span{Epoch: 1, From: 5001, To: 5001}, 3000, false, course.Span{Epoch: 1, From: 1000, To: 3000}},
		{
			"another epoch",
			[]proof{at(1000), at(2000), {at: 2500, epoch: 2}},
			course.Span{Epoch: 2, From: 2500, To: 2500},
			2000, false,
			course.Span{Epoch: 1, From: 1000, To: 2000},
		},
		{
			"a bid that failed meanwhile",
			[]proof{at(1000), at(2000), {at: 2500, epoch: 1, failed: 1200}},
			course.Span{Epoch: 1, From: 2500, To: 2500},
			1200, false,
			course.Span{Epoch: 1, From: 1000, To: 1200},
		},
		{
			"a failure long before",
			[]proof{at(1000), at(2000), {at: 2500, epoch: 1, failed: 10}},
			course.Span{Epoch: 1, From: 2500, To: 2500},
			1000, false,
			course.Span{Epoch: 1, From: 1000, To: 1000},
		},
		{"a commit that came late", []proof{at(1000), at(2000), {at: 2500, epoch: 1, void: true}}, course.Span{Epoch: 1, From: 1000, To: 2000}, 0, true, course.Span{}},
		{
			"after a commit that came late",
			[]proof{at(1000), {at: 2500, epoch: 1, void: true}, at(2600)},
			course.Span{Epoch: 1, From: 2600, To: 2600},
			1000, false,
			course.Span{Epoch: 1, From: 1000, To: 1000},
		},
		{"a clock a little behind", []proof{at(1000), at(2000), at(1900)}, course.Span{Epoch: 1, From: 1000, To: 2000}, 0, false, course.Span{}},
		{
			"a new epoch on a clock behind",
			[]proof{at(1000), {at: 3000, epoch: 2, void: true}, {at: 2900, epoch: 3}},
			course.Span{Epoch: 3, From: 3000, To: 3000},
			1000, false,
			course.Span{Epoch: 1, From: 1000, To: 1000},
		},
		{
			"what a close rests on is not cut",
			[]proof{at(1000), at(2000), {at: 2100, epoch: 1, rests: 2000}, {at: 2500, epoch: 1, failed: 1200}},
			course.Span{Epoch: 1, From: 2500, To: 2500},
			1200, false,
			course.Span{Epoch: 1, From: 1000, To: 2000},
		},
	} {
		var s serving
		var ended course.Span
		for _, p := range c.proofs {
			var e course.Span
			if s, e = s.follow(p, gap); e.From > 0 {
				ended = e
			}
		}
		if s.Span != c.want || s.before != c.before || s.broken != c.broken || ended != c.ended {
			t.Errorf("%s: %+v, ended %+v", c.name, s, ended)
		}
	}
}

// Whatever is decided, a span never reaches over a gap, spans of a shard follow each other, and what ended does not grow.
func TestI8_SpansNeverReachOverAGap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const gap = 2000
		var s serving
		now, epoch, last := int64(10_000), int64(1), int64(0)
		for range rapid.IntRange(1, 50).Draw(t, "length") {
			now += rapid.SampledFrom([]int64{-300, 0, 1, 900, 2000, 2001, 7000}).Draw(t, "pause")
			if rapid.IntRange(0, 9).Draw(t, "epoch") == 0 {
				epoch++
			}
			p := proof{at: now, epoch: epoch, void: rapid.IntRange(0, 5).Draw(t, "void") == 0}
			if rapid.IntRange(0, 7).Draw(t, "fails") == 0 {
				p.failed = max(1, now-rapid.Int64Range(0, 5000).Draw(t, "failed"))
			}
			was := s
			var ended course.Span
			s, ended = s.follow(p, gap)
			switch {
			case s.To < s.From:
				t.Fatalf("%+v", s)
			case s.From != was.From && s.From <= was.From && was.From > 0:
				t.Fatalf("%+v after %+v", s, was)
			case s.From == was.From && s.Epoch == was.Epoch && was.From > 0 && s.To > was.To && (p.void || p.at-was.To > gap || p.failed > 0 || was.broken):
				t.Fatalf("%+v reaches over %+v after %+v", s, p, was)
			case ended.From > 0 && (ended.From != was.From || ended.To > was.To || ended.To < ended.From):
				t.Fatalf("%+v ended as %+v", was, ended)
			case s.before > s.From:
				t.Fatalf("proven before it began: %+v", s)
			}
			last = max(last, now)
			if s.high < last {
				t.Fatalf("%+v forgot %d", s, last)
			}
		}
	})
}
