package bidding

import (
	"mingchui/bidding/course"
)

// serving is what a committer knows of the service of one shard: the running span, in which every decision and tick was
// followed by the next without a gap and committed in time (R28o, I8). All times are the platform's, unix milliseconds.
type serving struct {
	course.Span
	// before is the last instant that was proven before From; 0 when nothing is known.
	before int64
	// high is the latest time of any decision, whether it proves anything or not.
	high int64
	// used is the latest end of a span that a committed close rests on: what was relied upon is not shortened.
	used int64
	// broken: the span is over, and the next proof begins another.
	broken bool
}

// proof is what one committed decision says of the service.
type proof struct {
	at, epoch int64
	// void: it was committed too late, or Redis had no part in it; it shows no service.
	void bool
	// failed is the first instant since the last proof at which a bid is known to have failed; 0 for none.
	failed int64
	// rests is the end of the span that a close rests on, 0 for other kinds.
	rests int64
}

// follow is what is known after one more decision; gap is the longest time (ms) between two that leaves none. ended is the
// span that p broke off, its end cut back to the last proven instant; zero when none did.
func (s serving) follow(p proof, gap int64) (next serving, ended course.Span) {
	s.used = max(s.used, p.rests)
	before := s.high
	s.high = max(s.high, p.at)
	switch {
	case p.void:
		s.broken = true
		return s, course.Span{}
	case s.From == 0:
		s.Span = course.Span{Epoch: p.epoch, From: s.high, To: s.high}
		s.broken = false
		return s, course.Span{}
	case s.broken || p.epoch != s.Epoch || p.at-s.To > gap || p.failed > 0:
		proven := s.To
		if p.failed > 0 {
			proven = max(s.From, min(s.To, p.failed))
		}
		ended = course.Span{Epoch: s.Epoch, From: s.From, To: max(proven, min(s.used, s.To))}
		from := max(p.at, before, s.From+1)
		return serving{
			Span: course.Span{Epoch: p.epoch, From: from, To: from}, before: proven, high: max(s.high, from), used: s.used,
		}, ended
	}
	s.To = max(s.To, p.at)
	return s, course.Span{}
}

// proof is what a row says, committed at machine time nowMS; limit and late are the longest times (ms) that a commit and a
// decision may take.
func (r *row) proof(nowMS, limit, late int64) proof {
	p := proof{at: r.event.At, epoch: r.event.Epoch, void: r.decidedMS == 0 || nowMS-r.decidedMS > limit, failed: r.failed}
	switch r.event.Kind { //nolint:exhaustive // others say nothing more
	case course.Bid, course.Maximum:
		if r.event.At-r.received > late {
			p.failed = r.received
		}
	case course.Close:
		p.rests = r.event.SpanTo
	}
	return p
}

// prove follows a run's rows, as committed at machine time nowMS, from what was known before it.
func (e *Engine) prove(p *prepared, known serving, nowMS int64) {
	gap := e.gap().Milliseconds()
	p.ended = p.ended[:0]
	for i := range p.rows {
		next, ended := known.follow(p.rows[i].proof(nowMS, gap, gap/2), gap)
		if ended.From > 0 {
			p.ended = append(p.ended, ended)
		}
		known = next
	}
	p.served = known
}
