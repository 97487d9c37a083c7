package judge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"mingchui/bidding/course"
)

// maxSearch bounds the operations of one search: porcupine's memory grows with their square.
const maxSearch = 2000

// search asks porcupine for an order that explains every answer, for at most limit.
//
// The model leaves one order to look for: by the number of the course, refusals behind the event that they were judged
// against, by their sending. So a long history is cut along that order into stretches, each searched from the course as it
// stood at its beginning; and what is cut apart keeps its order in time when nothing of a later stretch was answered before
// something of an earlier one was sent. Both together hold exactly when the history as a whole is linearizable.
func search(initial course.State, operations []porcupine.Operation, limit time.Duration) (porcupine.CheckResult, string, error) {
	ends := time.Now().Add(limit)
	refusals := rank(operations)
	slices.SortFunc(operations, func(a, b porcupine.Operation) int { return a.Input.(input).compare(b.Input.(input)) })
	from := standing{State: initial}
	latest := porcupine.Operation{Call: math.MinInt64}
	for len(operations) > 0 {
		part := operations[:min(len(operations), maxSearch)]
		operations = operations[len(part):]
		for _, o := range part {
			if o.Return < latest.Call {
				return porcupine.Illegal, fmt.Sprintf("answered before what it follows was sent: %s; after %s", o.Input.(input), latest.Input.(input)), nil
			}
		}
		// What hangs is not left to the limit of one stretch: 0 would mean none.
		result, info := porcupine.CheckOperationsVerbose(model(from, refusals), part, max(time.Until(ends), time.Millisecond))
		if result != porcupine.Ok {
			return result, explain(part, info), nil
		}
		for _, o := range part {
			if o.Call > latest.Call {
				latest = o
			}
			i := o.Input.(input)
			if i.kind == refused {
				from.refusals++
				continue
			}
			next, err := course.Next(from.State, i.event)
			if err != nil {
				return porcupine.Illegal, "", err
			}
			from = standing{State: next}
		}
	}
	return porcupine.Ok, "", nil
}

// compare is the order that the model leaves.
func (i input) compare(o input) int {
	return cmp.Or(cmp.Compare(i.seq(), o.seq()), cmp.Compare(i.kind, o.kind), cmp.Compare(i.rank, o.rank))
}

// seq is the number of the event, or of the course that a refusal was judged against.
func (i input) seq() int64 {
	if i.kind == landed {
		return i.event.Seq
	}
	return i.op.Seq
}
