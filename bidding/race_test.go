package bidding

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// race lets many bidders bid on one lot and judges what they were told.
type race struct {
	w      *world
	engine atomic.Pointer[Engine]
	lot    uuid.UUID
	// price and leader are what the bidders saw last, somewhere.
	seen atomic.Pointer[view]
	stop chan struct{}

	mu         sync.Mutex
	operations []porcupine.Operation
	unplaced   int // answers that nothing was placed, each retried
	pended     int // answers that the outcome is open, each retried
}

type view struct {
	seq    int64
	price  money.Fen
	leader string
}

// asked and told are one operation's input and output; a retried request is one operation.
type asked struct {
	code   string
	amount money.Fen
	key    string
}

type told struct {
	code   fault.Code // empty: accepted
	seq    int64
	price  money.Fen
	leader string
}

func newRace(w *world, e *Engine, lot uuid.UUID) *race {
	r := &race{w: w, lot: lot, stop: make(chan struct{})}
	r.engine.Store(e)
	r.seen.Store(&view{price: 9_900_000})
	return r
}

// run lets each of the codes place so many bids, or go on until stop is closed when each is 0.
func (r *race) run(bidders, each int) {
	var all sync.WaitGroup
	for i := range bidders {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			for k := 0; each == 0 || k < each; k++ {
				select {
				case <-r.stop:
					return
				default:
				}
				r.once(i, code(i), random)
			}
		})
	}
	all.Wait()
}

// once places one bid and retries it with its key until its outcome is known.
func (r *race) once(client int, code string, random *rand.Rand) {
	seen := r.seen.Load()
	in := asked{code: code, amount: seen.price + 100_000*money.Fen(1+random.IntN(50)), key: freshKey()}
	switch random.IntN(20) {
	case 0:
		in.amount -= 100_000
	case 1:
		in.amount += 50_000
	case 2:
		in.amount += 200_000
	}
	began := time.Now()
	out, ok := r.settle(in)
	ended := time.Now()
	if !ok {
		return
	}
	r.learn(in, out)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operations = append(r.operations, porcupine.Operation{
		ClientId: client, Input: in, Output: out, Call: began.UnixNano(), Return: ended.UnixNano(),
	})
}

func (r *race) settle(in asked) (told, bool) {
	for {
		a, err := r.engine.Load().Bid(context.Background(), Bid{
			Lot: r.lot, Code: in.code, Amount: in.amount, Key: in.key, ReceivedAt: r.w.clock.Now(),
		})
		if err == nil {
			return told{seq: a.Seq, price: a.Amount, leader: a.Code}, true
		}
		f, isFault := errors.AsType[*fault.Error](err)
		switch {
		case isFault && f.Kind == fault.Conflict:
			price, _ := f.Args["price_fen"].(int64)
			leader, _ := f.Args["leader_code"].(string)
			seq, _ := f.Args["seq"].(int64)
			return told{code: f.Code, seq: seq, price: money.Fen(price), leader: leader}, true
		case isFault && f.Kind == fault.Unavailable && f.RetryAfter > 0:
			r.mu.Lock()
			if f.Code == fault.BidPending {
				r.pended++
			} else {
				r.unplaced++
			}
			r.mu.Unlock()
			time.Sleep(5 * time.Millisecond)
		default:
			r.w.t.Errorf("bid %+v: %v", in, err)
			return told{}, false
		}
	}
}

func (r *race) learn(in asked, out told) {
	for {
		seen := r.seen.Load()
		if out.seq <= seen.seq || out.leader == "" {
			return
		}
		if r.seen.CompareAndSwap(seen, &view{seq: out.seq, price: out.price, leader: out.leader}) {
			return
		}
	}
}

// lotState is the sequential course that answers must be explained by: the last bid, and how many refusals are yet to be
// explained by it.
type lotState struct {
	seq     int64
	price   money.Fen
	leader  string
	refused int
}

// plan is what the answers themselves say of the order: the accepted bids by seq, and how many refusals were judged against
// each. It prunes the search and changes nothing of its result: an answer is right in one state only.
type plan struct {
	seqs    []int64
	refused map[int64]int
}

func planOf(operations []porcupine.Operation) plan {
	p := plan{seqs: []int64{0}, refused: map[int64]int{}}
	for _, op := range operations {
		if out := op.Output.(told); out.code == "" { //nolint:forcetypeassert // ours
			p.seqs = append(p.seqs, out.seq)
		}
	}
	slices.Sort(p.seqs)
	for _, op := range operations {
		if out := op.Output.(told); out.code != "" { //nolint:forcetypeassert // ours
			p.refused[p.bidBefore(out.seq)]++
		}
	}
	return p
}

// bidBefore is the seq of the last bid up to seq, 0 before the first; other events may stand between.
func (p plan) bidBefore(seq int64) int64 {
	i, found := slices.BinarySearch(p.seqs, seq)
	if found {
		return seq
	}
	return p.seqs[i-1]
}

// model says how one bid at a time would be answered.
func (p plan) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return lotState{refused: p.refused[0]} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(lotState), input.(asked), output.(told) //nolint:forcetypeassert // ours
			base := max(s.price, 10_000_000)
			want := fault.Code("")
			switch {
			case in.amount < 10_000_000:
				want = fault.BidBelowStart
			case s.leader == in.code:
				want = fault.AlreadyLeading
			case s.leader != "" && in.amount-s.price < 100_000:
				want = fault.BidTooLow
			case (in.amount-base)%100_000 != 0:
				want = fault.OffIncrement
			}
			if out.code != want {
				return false, state
			}
			if want != "" {
				ok := out.price == s.price && out.leader == s.leader && p.bidBefore(out.seq) == s.seq && s.refused > 0
				s.refused--
				return ok, s
			}
			ok := s.refused == 0 && out.seq > s.seq && p.bidBefore(out.seq-1) == s.seq
			return ok, lotState{seq: out.seq, price: in.amount, leader: in.code, refused: p.refused[out.seq]}
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// judge holds the answers against each other (I3) and against what is stored (I1).
func (r *race) judge(t *testing.T) {
	t.Helper()
	accepted := 0
	for _, op := range r.operations {
		out, in := op.Output.(told), op.Input.(asked) //nolint:forcetypeassert // ours
		if out.code != "" {
			continue
		}
		accepted++
		n := r.w.count(`SELECT count(*) FROM bids WHERE lot_id = $1 AND seq = $2 AND bidder_code = $3 AND amount_fen = $4 AND idempotency_key = $5`,
			r.lot, out.seq, in.code, int64(in.amount), in.key)
		if n != 1 {
			t.Errorf("the acknowledged bid %+v of %+v is not stored", out, in)
		}
	}
	result := porcupine.CheckOperationsTimeout(planOf(r.operations).model(), r.operations, time.Minute)
	if result != porcupine.Ok {
		t.Errorf("the history is not linearizable: %s", result)
	}
	stored := r.w.count(`SELECT count(*) FROM bids WHERE lot_id = $1`, r.lot)
	if int64(accepted) != stored {
		t.Errorf("%d bids acknowledged, %d stored", accepted, stored)
	}
	t.Logf("%d operations, %d accepted; %d not placed and %d pending were sent again", len(r.operations), accepted, r.unplaced, r.pended)
}

// openRace opens a lot with so many bidders.
func (w *world) openRace(e *Engine, bidders int) *race {
	w.t.Helper()
	lot := w.openLot(e, sale{})
	var all sync.WaitGroup
	for i := range bidders {
		all.Go(func() { w.admit(e, lot, code(i)) })
	}
	all.Wait()
	return newRace(w, e, lot)
}

func TestI3_HundredsOfBiddersOnOneLot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	r := w.openRace(e, 300)
	r.run(300, 10)
	r.judge(t)
}
