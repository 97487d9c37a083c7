package course

import (
	"fmt"
	"maps"

	"mingchui/auction/fault"
)

// Next folds e into s. It refuses, as course_broken (fatal), an event that Decide would not have made at its time from the
// same command: a gap in seq, a time that runs backwards, a bid against the rules, another end, another winner; and an
// event of another epoch that is not the epoch event itself, or whose place n does not lie after the last.
func Next(s State, e Event) (State, error) {
	if e.Seq != s.Seq+1 {
		return State{}, broken(s, e, "seq is not the next")
	}
	if e.At < s.LastAt {
		return State{}, broken(s, e, "time runs backwards")
	}
	if s.Seq > 0 && (e.N <= s.N || (e.Kind == Epoch && e.Epoch <= s.Epoch) || (e.Kind != Epoch && e.Epoch != s.Epoch)) {
		return State{}, broken(s, e, "epoch or place in the stream")
	}
	want, err := Decide(s, commandOf(e), e.At)
	if err != nil {
		return State{}, fault.Wrap(fault.Fatal, fault.CourseBroken, fmt.Errorf("event %d (%s): %w", e.Seq, e.Kind, err))
	}
	want.Shard, want.Epoch, want.N = e.Shard, e.Epoch, e.N
	if want != e {
		return State{}, broken(s, e, "the rules give another event")
	}
	s.Seq, s.LastAt, s.Epoch, s.N = e.Seq, e.At, e.Epoch, e.N
	if e.Kind != Epoch {
		s.ActedAt = e.At
	}
	switch e.Kind {
	case Open:
		s.Phase, s.Terms, s.EndsAt = Running, e.Terms, e.Terms.EndsAt
	case Admit:
		s.Admitted = cloned(s.Admitted)
		s.Admitted[e.Code] = Admission{Capacity: e.Capacity, Rank: e.Rank}
	case Exclude:
		s.Admitted = cloned(s.Admitted)
		a := s.Admitted[e.Code]
		a.Excluded = true
		s.Admitted[e.Code] = a
	case Bid:
		if e.EndsAt != s.EndsAt && (s.Leader != "" || s.Terms.SellOffCourse == 0) {
			s.Extensions++
		}
		s.Price, s.Leader, s.LeaderRank, s.EndsAt = e.Amount, e.Code, s.Admitted[e.Code].Rank, e.EndsAt
		s.Bids++
	case Maximum:
		s.Maxima = cloned(s.Maxima)
		s.Maxima[e.Code] = SealedMaximum{Seq: e.Seq, Commitment: e.Commitment}
	case MaximumWithdrawn:
		s.Maxima = cloned(s.Maxima)
		delete(s.Maxima, e.Code)
	case Stay:
		s.Phase, s.StayedAt, s.StayedBy = Stayed, e.At, e.Ground
		if e.Ground == ByOutage {
			s.StayedAt = e.Since
		}
	case Resume:
		s.Phase, s.StayedAt, s.StayedBy, s.EndsAt = Running, 0, "", e.EndsAt
	case Epoch:
	case Close:
		s.Phase, s.ClosedAt, s.Outcome = Closed, e.At, e.Outcome
	}
	return s, nil
}

// commandOf is the command whose event e claims to be.
func commandOf(e Event) Command {
	return Command{
		Kind: e.Kind, Terms: e.Terms, Code: e.Code, Capacity: e.Capacity, Rank: e.Rank,
		NameCommitment: e.NameCommitment, Amount: e.Amount, Automatic: e.Automatic, Commitment: e.Commitment,
		Hidden: e.Kind == Maximum, Ground: e.Ground, ReasonHash: e.ReasonHash, Since: e.Since,
		Span: Span{Epoch: e.Epoch, From: e.SpanFrom, To: e.SpanTo},
	}
}

func cloned[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	maps.Copy(out, m)
	return out
}

func broken(s State, e Event, why string) error {
	return fault.Wrap(fault.Fatal, fault.CourseBroken, fmt.Errorf("event %d (%s) after %d: %s", e.Seq, e.Kind, s.Seq, why))
}
