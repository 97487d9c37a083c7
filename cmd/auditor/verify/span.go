package verify

import (
	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// epochs are, by shard, the epochs in which its events were decided, in the order in which they appear.
type epochs map[int][]epochSeen

// epochSeen is when the first and the last event of one epoch of a shard were, unix milliseconds.
type epochSeen struct{ epoch, first, last int64 }

func (s epochs) note(e *course.Event) {
	seen := s[e.Shard]
	for i := len(seen) - 1; i >= 0; i-- {
		if at := &seen[i]; at.epoch == e.Epoch {
			at.first, at.last = min(at.first, e.At), max(at.last, e.At)
			return
		}
	}
	s[e.Shard] = append(seen, epochSeen{e.Epoch, e.At, e.At})
}

// ending is a close whose span is still to be held against all epochs of its shard.
type ending struct {
	lot   *lot
	leaf  int64
	entry audit.Entry
	event course.Event
}

// spans is I8 as far as the log shows it: that a span covers the closing window and the end, course.Next has checked; no event
// of its shard between its ends may be of another epoch, for a change of epoch is a gap.
func (h *house) spans() {
	for i := range h.endings {
		c := &h.endings[i]
		for _, o := range h.epochs[c.event.Shard] {
			before := o.epoch < c.event.Epoch && o.last > c.event.SpanFrom
			after := o.epoch > c.event.Epoch && o.first < c.event.SpanTo
			if before || after {
				h.find(c.lot, c.leaf, c.entry, SpanTorn, c.event.Shard, o.epoch, instant(c.event.SpanFrom), instant(c.event.SpanTo))
			}
		}
	}
}
