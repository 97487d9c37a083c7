package live

import "slices"

const (
	// maxBids is how many bids of one slot are sent.
	maxBids = 16
	// maxSlots is how many slots a feed keeps: at five a second, more than twelve
	// seconds. A slot of sixteen bids has about 5 KB.
	maxSlots = 64
)

// slot is what watchers are told at once: whole events, encoded once and sent to
// all. It is never changed.
type slot struct {
	// It holds what watchers are told of the events in (from, to]. A heartbeat
	// has no events, and 0 in both.
	from, to int64
	bytes    []byte
	marks    []mark
	// dropped are the bids that are not sent, by seq; first is the bid that tells
	// how many they are, and firstAt its place in marks.
	dropped []int64
	first   told
	firstAt int
}

// mark is where an event begins.
type mark struct {
	seq int64
	at  int
}

// rest is what is to be written to a reader that has the event after: this slot
// from an offset on. One that begins among the bids that are not sent, because it
// joined or came back there, has its own count of them, and so a slot of its own.
func (s *slot) rest(after int64) (*slot, int) {
	if len(s.dropped) > 0 && after > s.from && after < s.first.Seq {
		if own, err := s.own(after); err == nil {
			return own, 0
		}
	}
	for _, m := range s.marks {
		if m.seq > after {
			return s, m.at
		}
	}
	if s.to == 0 {
		return s, 0
	}
	return s, len(s.bytes)
}

// own is the slot for a reader that has the event after.
func (s *slot) own(after int64) (*slot, error) {
	out := &slot{from: after, to: s.to}
	for i, m := range s.marks[:s.firstAt] {
		if m.seq > after {
			out.bytes = append(out.bytes, s.bytes[m.at:s.marks[i+1].at]...)
		}
	}
	first := s.first
	i, _ := slices.BinarySearch(s.dropped, after+1)
	first.Skipped = int64(len(s.dropped) - i)
	var err error
	if out.bytes, err = appendFrame(out.bytes, first.Seq, first.name, &first); err != nil {
		return nil, err
	}
	if s.firstAt+1 < len(s.marks) {
		out.bytes = append(out.bytes, s.bytes[s.marks[s.firstAt+1].at:]...)
	}
	return out, nil
}

// slots are the last ones of a feed, each beginning where the one before ends.
type slots struct {
	kept []*slot
	// end is up to which seq slots were made.
	end int64
}

func (s *slots) add(one *slot) {
	if len(s.kept) == maxSlots {
		copy(s.kept, s.kept[1:])
		s.kept = s.kept[:maxSlots-1]
	}
	s.kept = append(s.kept, one)
	s.end = one.to
}

// covers tells whether all that follows the event after is here.
func (s *slots) covers(after int64) bool {
	return after >= s.end || (len(s.kept) > 0 && after >= s.kept[0].from)
}

// next is the slot that follows the event after: nil when there is none yet, or,
// with lost, none any more.
func (s *slots) next(after int64) (one *slot, lost bool) {
	if after >= s.end {
		return nil, false
	}
	if !s.covers(after) {
		return nil, true
	}
	for i := len(s.kept) - 1; ; i-- { // most readers are at the end
		if s.kept[i].from <= after {
			return s.kept[i], false
		}
	}
}

// pending is what waits for its slot.
type pending struct {
	events []told
	bids   int
	// dropped are the seqs of the bids that will be counted and not sent.
	dropped []int64
}

// add takes the next event that watchers are told, at the cost of the oldest bid
// when there are too many.
func (p *pending) add(t told) {
	p.events = append(p.events, t)
	if !t.isBid() {
		return
	}
	if p.bids++; p.bids <= maxBids {
		return
	}
	for i := range p.events {
		if p.events[i].isBid() {
			p.dropped = append(p.dropped, p.events[i].Seq)
			p.events = append(p.events[:i], p.events[i+1:]...)
			p.bids--
			return
		}
	}
}

// slot encodes what waits as the slot (from, to], and forgets it.
func (p *pending) slot(from, to int64) (*slot, error) {
	s := &slot{from: from, to: to, marks: make([]mark, 0, len(p.events)), dropped: p.dropped}
	for i := range p.events {
		t := &p.events[i]
		if len(s.dropped) > 0 && s.first.Seq == 0 && t.isBid() {
			t.Skipped = int64(len(s.dropped))
			s.first, s.firstAt = *t, i
		}
		s.marks = append(s.marks, mark{t.Seq, len(s.bytes)})
		var err error
		if s.bytes, err = appendFrame(s.bytes, t.Seq, t.name, t); err != nil {
			return nil, err
		}
	}
	*p = pending{events: p.events[:0]}
	return s, nil
}
