package bidding

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// tales keeps the refusals that were worded last for a lot. Bids that are judged against one standing are refused with the
// same error, the same pointer, so that what is above words each refusal once and not for each of the hundreds that reach a
// hot lot together. It is safe for concurrent use; what it gives is shared and never changed.
type tales struct {
	slots [taleSlots]atomic.Pointer[tale]
}

// taleSlots bounds what is kept of a lot: its standing changes with each accepted bid, and a few codes are judged against each.
const taleSlots = 16

// tale is one refusal with what it was judged against.
type tale struct {
	verdict verdict
	err     *fault.Error
	counter prometheus.Counter
}

// refusal words a refusal by what it was judged against.
func (g *gate) refusal(v *verdict) *fault.Error {
	return course.Refuse(fault.Code(v.code), course.Standing{
		Seq: v.seq, Price: money.Fen(v.price), Leader: v.leader, EndsAt: v.ends, Terms: g.terms,
	})
}

// refuse is the refusal of a bid, shared with all that are judged alike, and counts it.
func (e *Engine) refuse(g *gate, v *verdict) *fault.Error {
	judged := *v
	judged.at = 0 // when is not told
	slot := &g.tales.slots[maphash.Comparable(e.seed, judged)%taleSlots]
	t := slot.Load()
	if t == nil || t.verdict != judged {
		t = &tale{verdict: judged, err: g.refusal(v), counter: e.meter.refused.WithLabelValues(v.code)}
		slot.Store(t)
	}
	t.counter.Inc()
	return t.err
}
