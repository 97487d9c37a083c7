package judge

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"mingchui/bidding/course"
	"mingchui/cmd/hammer/load"
)

// Finding is one thing that is wrong.
type Finding struct {
	// Kind: missing (acknowledged and not on the record), altered (on the record otherwise), refused_on_record,
	// not_placed_on_record, course (the record itself breaks the rules), not_linearizable.
	Kind   string    `json:"kind"`
	Lot    uuid.UUID `json:"lot"`
	Seq    int64     `json:"seq,omitempty"`
	Key    string    `json:"idempotency_key,omitempty"`
	Detail string    `json:"detail"`
}

// Verdict is what became of one lot's history.
type Verdict struct {
	Lot uuid.UUID `json:"lot"`
	// Accepted, Refused, NotPlaced and Unknown count the history by outcome; Landed are unknown ones that are on the record.
	Accepted, Refused, NotPlaced, Unknown, Landed int
	// Others are course events of the record that are not of this history: other bidders, admissions, epochs.
	Others   int
	Findings []Finding
	// Undecided: the search was not over in time. That is not a pass.
	Undecided bool
}

// Sound reports whether all was judged and nothing found.
func (v Verdict) Sound() bool { return len(v.Findings) == 0 && !v.Undecided }

// clockSlack is how far the judge's and the server's clocks may differ: they are on one machine and milliseconds are cut.
const clockSlack = 5 * time.Millisecond

// Lot judges the history of one lot against its record, for at most limit. Bids of other lots in ops are an error.
func Lot(lot uuid.UUID, ops []load.Op, record []course.Event, limit time.Duration) (Verdict, error) {
	v := Verdict{Lot: lot}
	for _, op := range ops {
		if op.Lot != lot {
			return v, errors.New("the history holds bids of another lot")
		}
	}
	j := &lotJudge{verdict: &v, events: map[int64]course.Event{}, claimed: map[int64]bool{}, offers: map[offer]int64{}}
	j.read(record)
	operations := j.match(ops)
	if len(v.Findings) > 0 { // the search would only say the same less clearly
		return v, nil
	}
	initial, rest, err := j.others(record)
	if err != nil {
		v.Findings = append(v.Findings, Finding{Kind: "course", Lot: lot, Detail: err.Error()})
		return v, nil //nolint:nilerr // a record that breaks the rules is a finding
	}
	result, why, err := search(initial, append(operations, rest...), limit)
	if err != nil {
		return v, err
	}
	switch result {
	case porcupine.Ok:
	case porcupine.Unknown:
		v.Undecided = true
	case porcupine.Illegal:
		v.Findings = append(v.Findings, Finding{Kind: "not_linearizable", Lot: lot, Detail: why})
	}
	return v, nil
}

// offer is a bid as the record knows it. No two bids of a course share it: prices rise, and a match is by another code.
type offer struct {
	code   string
	amount int64
}

type lotJudge struct {
	verdict *Verdict
	events  map[int64]course.Event
	offers  map[offer]int64
	claimed map[int64]bool
	// first and last are the range of sequence numbers that the history speaks of.
	first, last int64
}

func (j *lotJudge) read(record []course.Event) {
	j.first = math.MaxInt64
	for _, e := range record {
		j.events[e.Seq] = e
		if e.Kind == course.Bid {
			j.offers[offer{e.Code, int64(e.Amount)}] = e.Seq
		}
	}
}

func (j *lotJudge) find(kind string, op load.Op, seq int64, format string, args ...any) {
	j.verdict.Findings = append(j.verdict.Findings, Finding{Kind: kind, Lot: op.Lot, Seq: seq, Key: op.Key, Detail: fmt.Sprintf(format, args...)})
}

// match holds each bid against the record and makes operations of those that had an effect or saw the course. A code may offer
// an amount more than once, under several keys, and once with success: so the accepted come first, then those whose answer
// was lost, and only what none of them explains is held against a refusal.
func (j *lotJudge) match(ops []load.Op) []porcupine.Operation {
	out := make([]porcupine.Operation, 0, len(ops))
	for _, outcome := range []load.Outcome{load.Accepted, load.Unknown, load.Refused, load.NotPlaced} {
		for _, op := range ops {
			if op.Outcome != outcome {
				continue
			}
			if o, counts := j.place(op); counts {
				out = append(out, o)
			}
		}
	}
	return out
}

// place is one bid's operation; false for one without an effect.
func (j *lotJudge) place(op load.Op) (porcupine.Operation, bool) {
	seq, there := j.offers[offer{op.Code, op.AmountFen}]
	there = there && (op.Outcome == load.Accepted || !j.claimed[seq])
	o := porcupine.Operation{ClientId: op.Client, Call: op.SentAt, Return: op.AnsweredAt}
	switch op.Outcome {
	case load.Accepted:
		j.verdict.Accepted++
		if !j.accepted(op, seq, there) {
			return o, false
		}
		j.claim(seq)
		o.Input = input{kind: landed, event: j.events[seq]}
		return o, true
	case load.Unknown:
		j.verdict.Unknown++
		if !there {
			return o, false
		}
		j.verdict.Landed++
		j.claim(seq)
		o.Input, o.Return = input{kind: landed, event: j.events[seq]}, math.MaxInt64
		return o, true
	case load.Refused:
		j.verdict.Refused++
		if there {
			j.find("refused_on_record", op, seq, "%s bid %d, was refused with %s, and event %d holds the bid", op.Code, op.AmountFen, op.Refusal, seq)
		}
		j.see(op.Seq)
		o.Input = input{kind: refused, op: op}
		return o, true
	case load.NotPlaced:
		j.verdict.NotPlaced++
		if there {
			j.find("not_placed_on_record", op, seq, "%s was told that the bid of %d was not placed, and event %d holds it", op.Code, op.AmountFen, seq)
		}
	}
	return o, false
}

// accepted compares an acknowledged bid with the record (I1).
func (j *lotJudge) accepted(op load.Op, seq int64, there bool) bool {
	e := j.events[seq]
	switch {
	case !there:
		j.find("missing", op, op.Seq, "%s bid %d and was told that it is accepted as event %d; the record does not have it", op.Code, op.AmountFen, op.Seq)
		return false
	case seq != op.Seq:
		j.find("altered", op, op.Seq, "acknowledged as event %d, on the record as %d", op.Seq, seq)
		return false
	case e.At != op.AcceptedAt || e.EndsAt != op.EndsAt:
		j.find("altered", op, seq, "acknowledged at %d with the end %d, on the record at %d with the end %d", op.AcceptedAt, op.EndsAt, e.At, e.EndsAt)
		return false
	case j.claimed[seq]:
		j.find("altered", op, seq, "two bids of the history are this event")
		return false
	}
	return true
}

func (j *lotJudge) claim(seq int64) {
	j.claimed[seq] = true
	j.see(seq)
}

func (j *lotJudge) see(seq int64) {
	j.first, j.last = min(j.first, seq), max(j.last, seq)
}

// others folds what lies before the history into the state that it begins with, and makes operations of what others did
// meanwhile: they took effect at some time after their decision's.
func (j *lotJudge) others(record []course.Event) (course.State, []porcupine.Operation, error) {
	var s course.State
	var out []porcupine.Operation
	sorted := slices.SortedFunc(slices.Values(record), func(a, b course.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	initial, folding := s, true
	for _, e := range sorted {
		var err error
		if s, err = course.Next(s, e); err != nil {
			return s, nil, err
		}
		// A refusal judged at seq first-1 or below begins there; j.first is the least that anybody saw.
		folding = folding && e.Seq <= j.first && !j.claimed[e.Seq]
		switch {
		case folding:
			initial = s
		case j.claimed[e.Seq] || e.Seq > j.last:
		default:
			j.verdict.Others++
			out = append(out, porcupine.Operation{
				Input: input{kind: landed, event: e}, Call: time.UnixMilli(e.At).Add(-clockSlack).UnixNano(), Return: math.MaxInt64,
			})
		}
	}
	return initial, out, nil
}

// rank numbers the refusals at each number of the course by their sending, and counts them.
func rank(operations []porcupine.Operation) map[int64]int {
	order := make([]int, 0, len(operations))
	for i := range operations {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(operations[a].Call, operations[b].Call) })
	count := map[int64]int{}
	for _, i := range order {
		in := operations[i].Input.(input)
		if in.kind == refused {
			in.rank = count[in.op.Seq]
			count[in.op.Seq]++
			operations[i].Input = in
		}
	}
	return count
}

// explain names the first operations that fit into no order.
func explain(operations []porcupine.Operation, info porcupine.LinearizationInfo) string {
	longest := 0
	fits := map[int]bool{}
	for _, partition := range info.PartialLinearizations() {
		for _, order := range partition {
			if len(order) > longest {
				longest = len(order)
				clear(fits)
				for _, id := range order {
					fits[id] = true
				}
			}
		}
	}
	left := -1
	for i := range operations {
		if !fits[i] && (left < 0 || operations[i].Return < operations[left].Return) {
			left = i
		}
	}
	if left < 0 {
		return "no order of the bids fits the answers"
	}
	return fmt.Sprintf("%d of %d bids fit into an order; then none explains: %s", longest, len(operations), operations[left].Input.(input))
}
