package judge

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/hammer/load"
)

type kind uint8

const (
	// landed: event is on the record, and the answer, if there was one, agrees with it.
	landed kind = iota
	// refused: op was refused.
	refused
)

// input is one operation; its output is in it.
type input struct {
	kind  kind
	event course.Event
	op    load.Op
	// rank of a refusal among those judged at the same number, by the time of sending.
	rank int
}

func (i input) String() string {
	if i.kind == landed {
		return fmt.Sprintf("event %d, %s of %d fen by %s", i.event.Seq, i.event.Kind, i.event.Amount, i.event.Code)
	}
	return fmt.Sprintf("refusal %s of %d fen by %s, judged at event %d, price %d, leader %s",
		i.op.Refusal, i.op.AmountFen, i.op.Code, i.op.Seq, i.op.PriceFen, i.op.Leader)
}

// standing is where the search is: a course, and how many of the refusals that were judged at its number are placed.
type standing struct {
	course.State
	refusals int
}

// model is the course as porcupine asks for it. refusals says how many refusals were judged at each number of the course.
//
// Refusals leave the course as it is, so those of one number may be placed in any order among themselves; the model asks for
// one order, that of their sending, and for all of them before the next event. That loses no order that counts (whoever was
// answered before another was sent was also sent before), and it leaves the search one way at each step, not 2^n.
func model(initial standing, refusals map[int64]int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return &initial },
		Step: func(state, in, _ any) (bool, any) {
			s, i := state.(*standing), in.(input)
			switch i.kind {
			case landed:
				if s.refusals != refusals[s.Seq] {
					return false, s
				}
				next, err := course.Next(s.State, i.event)
				if err != nil {
					return false, s
				}
				return true, &standing{State: next}
			case refused:
				if i.rank != s.refusals || !refusedRightly(&s.State, i.op) {
					return false, s
				}
				return true, &standing{State: s.State, refusals: s.refusals + 1}
			}
			return false, s
		},
		// A course's number says which events it has seen: the record has one event for each.
		Equal: func(a, b any) bool {
			x, y := a.(*standing), b.(*standing)
			return x.Seq == y.Seq && x.refusals == y.refusals
		},
		Hash:              func(state any) uint64 { return uint64(state.(*standing).Seq) }, //nolint:gosec // never negative
		DescribeOperation: func(in, _ any) string { return in.(input).String() },
		DescribeState:     func(state any) string { return fmt.Sprintf("event %d", state.(*standing).Seq) },
	}
}

// refusedRightly: the course at s gives this refusal at some time between sending and answer, and the answer showed s. Only
// the codes not_started and closed depend on the time, each changing once, so the two ends suffice.
func refusedRightly(s *course.State, op load.Op) bool {
	if s.Seq != op.Seq || int64(s.Price) != op.PriceFen || s.Leader != op.Leader {
		return false
	}
	const milli = int64(1e6)
	slack := clockSlack.Milliseconds()
	for _, now := range []int64{op.SentAt/milli - slack, op.AnsweredAt/milli + slack} {
		_, err := course.Decide(*s, course.Command{Kind: course.Bid, Code: op.Code, Amount: money.Fen(op.AmountFen)}, now)
		if err != nil && string(fault.CodeOf(err)) == op.Refusal {
			return true
		}
	}
	return false
}
