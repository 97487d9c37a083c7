package judge_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/hammer/judge"
	"mingchui/cmd/hammer/load"
)

const (
	start, step = int64(1_000_000), int64(10_000)
	began       = int64(1_790_000_000_000) // unix ms
	hour        = int64(3_600_000)
)

// world runs a course as a server does, and keeps history and record.
type world struct {
	t      *testing.T
	rand   *rand.Rand
	lot    uuid.UUID
	state  course.State
	record []course.Event
	ops    []load.Op
	now    int64 // ns
}

func newWorld(t *testing.T, seed uint64, bidders int) *world {
	t.Helper()
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 0)), lot: uuid.New(), now: began * 1e6}
	w.must(course.Command{Kind: course.Open, Terms: course.Terms{
		StartingPrice: money.Fen(start), Increment: money.Fen(step), StartsAt: began - hour, EndsAt: began + 24*hour, Extension: 300_000,
	}})
	for i := range bidders {
		w.must(course.Command{Kind: course.Admit, Code: code(i), Capacity: course.Ordinary})
	}
	return w
}

func code(i int) string { return fmt.Sprintf("B%04d", i) }

func (w *world) must(c course.Command) {
	w.t.Helper()
	if _, err := w.decide(c); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) decide(c course.Command) (course.Event, error) {
	e, err := course.Decide(w.state, c, w.now/1e6)
	if err != nil {
		return e, err
	}
	e.Epoch, e.N = 1, w.state.N+1
	next, err := course.Next(w.state, e)
	if err != nil {
		w.t.Fatal(err)
	}
	w.state, w.record = next, append(w.record, e)
	return e, nil
}

// bids makes n bids, width at a time: all are sent, decided in another order, and answered in a third.
func (w *world) bids(n, width, bidders int) {
	for len(w.ops) < n {
		first := len(w.ops)
		price := max(int64(w.state.Price), start-step)
		for i := range width {
			w.now += w.rand.Int64N(50_000)
			w.ops = append(w.ops, load.Op{
				Lot: w.lot, Client: i, Code: code(w.rand.IntN(bidders)), Key: fmt.Sprint(first + i),
				AmountFen: price + step*(1+w.rand.Int64N(int64(width))), SentAt: w.now, Attempts: 1,
			})
		}
		for _, i := range w.rand.Perm(width) {
			w.now += w.rand.Int64N(50_000)
			w.answer(&w.ops[first+i])
		}
		for _, i := range w.rand.Perm(width) {
			w.now += w.rand.Int64N(50_000)
			w.ops[first+i].AnsweredAt = w.now
		}
	}
}

func (w *world) answer(op *load.Op) {
	e, err := w.decide(course.Command{Kind: course.Bid, Code: op.Code, Amount: money.Fen(op.AmountFen)})
	if err != nil {
		op.Outcome, op.Refusal = load.Refused, string(fault.CodeOf(err))
		op.Seq, op.PriceFen, op.Leader = w.state.Seq, int64(w.state.Price), w.state.Leader
		return
	}
	op.Outcome, op.Seq, op.AcceptedAt, op.EndsAt = load.Accepted, e.Seq, e.At, e.EndsAt
}

func (w *world) judge() judge.Verdict {
	w.t.Helper()
	v, err := judge.Lot(w.lot, w.ops, w.record, time.Minute)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// pick finds an op with an outcome, not among the first ones.
func (w *world) pick(o load.Outcome) *load.Op {
	w.t.Helper()
	for i := len(w.ops) / 2; i < len(w.ops); i++ {
		if w.ops[i].Outcome == o {
			return &w.ops[i]
		}
	}
	w.t.Fatalf("no bid is %s", o)
	return nil
}

func TestI3_sound_histories_pass(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		w := newWorld(t, seed, 10)
		w.bids(400, 1+int(seed)*3, 10)
		v := w.judge()
		if !v.Sound() || v.Accepted == 0 || v.Refused == 0 && seed > 0 {
			t.Errorf("seed %d: %+v", seed, v)
		}
	}
}

func TestI3_bids_of_others_and_lost_answers_are_explained(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 10)
	w.bids(300, 16, 10)
	kept := w.ops[:0]
	for i, op := range w.ops {
		if op.Code == code(0) || op.Code == code(1) { // somebody else's
			continue
		}
		if i%5 == 0 { // the answer was lost
			op.Outcome, op.Seq, op.Refusal, op.AnsweredAt = load.Unknown, 0, "", 0
		}
		kept = append(kept, op)
	}
	w.ops = kept
	v := w.judge()
	if !v.Sound() || v.Landed == 0 || v.Others == 0 || v.Unknown == v.Landed {
		t.Errorf("%+v", v)
	}
}

// A history of many stretches is judged as one: what is wrong across a cut is found too.
func TestI3_long_histories_are_judged_in_stretches(t *testing.T) {
	t.Parallel()
	long := func() *world {
		w := newWorld(t, 3, 500)
		w.bids(20_000, 500, 500)
		return w
	}
	w := long()
	if v := w.judge(); !v.Sound() || v.Accepted < 200 || v.Refused < 10_000 {
		t.Errorf("%d accepted, %d refused: %+v", v.Accepted, v.Refused, v.Findings)
	}
	for name, spoil := range map[string]func(op *load.Op){
		"answered long before what it saw": func(op *load.Op) { op.SentAt, op.AnsweredAt = w.ops[0].SentAt, w.ops[0].SentAt+1 },
		"sent long after what it saw":      func(op *load.Op) { op.SentAt, op.AnsweredAt = w.now, w.now+1 },
	} {
		for _, outcome := range []load.Outcome{load.Accepted, load.Refused} {
			op := w.pick(outcome)
			kept := *op
			spoil(op)
			if v := w.judge(); v.Sound() || v.Findings[0].Kind != "not_linearizable" {
				t.Errorf("%s, %s: %+v", name, outcome, v)
			}
			*op = kept
		}
	}
}

func TestI3_breaches_are_found(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  string
		spoil func(w *world)
	}{
		"an acknowledged bid is not on the record": {"missing", func(w *world) {
			op := w.pick(load.Accepted)
			op.AmountFen++
		}},
		"an acknowledged bid is another event": {"altered", func(w *world) { w.pick(load.Accepted).Seq++ }},
		"the end was told otherwise":           {"altered", func(w *world) { w.pick(load.Accepted).EndsAt++ }},
		"a refused bid is on the record": {"refused_on_record", func(w *world) {
			w.pick(load.Accepted).Outcome = load.Refused
		}},
		"a bid that was not placed is on the record": {"not_placed_on_record", func(w *world) {
			w.pick(load.Accepted).Outcome = load.NotPlaced
		}},
		"a refusal shows a price of long ago": {"not_linearizable", func(w *world) {
			op := w.pick(load.Refused)
			for _, e := range w.record {
				if e.Kind == course.Bid { // the first bid
					op.Seq, op.PriceFen, op.Leader = e.Seq, int64(e.Amount), e.Code
					return
				}
			}
		}},
		"a refusal without a reason": {"not_linearizable", func(w *world) { w.pick(load.Refused).Refusal = string(fault.Suspended) }},
		"an answer before the bid that it knows of": {"not_linearizable", func(w *world) {
			op := w.pick(load.Refused)
			op.SentAt, op.AnsweredAt = began*1e6, began*1e6+1
		}},
		"the record breaks a rule": {"course", func(w *world) { w.record[len(w.record)-1].Seq += 5; w.ops = w.ops[:0] }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 7, 10)
			w.bids(200, 12, 10)
			c.spoil(w)
			v := w.judge()
			if v.Sound() || v.Findings[0].Kind != c.kind {
				t.Errorf("want %s: %+v", c.kind, v)
			}
		})
	}
}
