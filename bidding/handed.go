package bidding

import (
	"cmp"
	"context"
	"slices"
)

// handed are the decisions that one call of this node wrote into a shard's stream, as the function told them. The committer of
// the same node takes them from here and saves reading the stream back. They are no other source: each continues the
// chain, whose end Redis told beside them, and what does not fit is read from the stream.
type handed struct {
	epoch int64
	// from is the end of the chain before them, to and h the end with them.
	from, to int64
	h        string
	entries  []written
}

// handOver gives what a call decided to this node's committer, or marks the shard for whoever commits.
func (e *Engine) handOver(s *shard, epoch int64, r reply) {
	if !e.commits.Load() {
		e.dirty.mark(s.id, toCommit)
		return
	}
	if len(r.written) == 0 {
		return // what its refusals rest on was decided by others, who say so
	}
	s.mu.Lock()
	if epoch == s.epoch && r.n > s.n {
		s.handed = append(s.handed, handed{epoch: epoch, from: r.n - int64(len(r.written)), to: r.n, h: r.h, entries: r.written})
	}
	s.mu.Unlock()
	e.dirty.mark(s.id, toTake)
}

// next takes the decisions that follow the committed end without a gap, and keeps what is beyond one.
func (s *shard) next() (epoch, n int64, h string, run []handed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.handed, func(a, b handed) int { return cmp.Compare(a.from, b.from) })
	end, kept := s.n, s.handed[:0]
	for _, p := range s.handed {
		switch {
		case p.epoch != s.epoch || p.to <= end:
		case p.from == end:
			run, end = append(run, p), p.to
		default:
			kept = append(kept, p)
		}
	}
	clear(s.handed[len(kept):])
	s.handed = kept
	return s.epoch, s.n, s.h, run
}

// takeHanded prepares what was handed over for a shard; read says that its stream is to be read instead. When there is neither,
// it was committed meanwhile, or is beyond a gap: then whoever decided what is missing hands it over or marks the shard in its
// turn, and should that get lost, the sweep finds Redis ahead.
func (c *committer) takeHanded(ctx context.Context, w marked) (p *prepared, read bool) {
	s := c.engine.shards[w.shard]
	p = &prepared{shard: s}
	var run []handed
	p.epoch, p.from, p.hFrom, run = s.next()
	if !w.handed {
		return nil, true
	}
	if len(run) == 0 {
		return nil, false
	}
	p.begin(len(run[0].entries))
	for _, piece := range run {
		decisions, ok := piece.decisions(s.id, p)
		if !ok {
			return nil, true
		}
		for _, d := range decisions {
			if !c.extend(ctx, p, d) {
				return p, false
			}
		}
	}
	return p, false
}

// decisions reads a piece; false when it does not continue the run's chain to the end that Redis told.
func (piece *handed) decisions(shard int, p *prepared) ([]decision, bool) {
	out := make([]decision, 0, len(piece.entries))
	h := p.hTo
	for i, entry := range piece.entries {
		d, err := parseDecision(entry.text, shard, piece.epoch, piece.from+int64(i)+1)
		if err != nil {
			return nil, false
		}
		h = chain(h, entry.text)
		d.h, d.decidedMS = h, entry.at
		out = append(out, d)
	}
	return out, h == piece.h
}
