package load

import "sync/atomic"

// Ladder gives the amounts of relative bids: each bid is one increment above the last one that was offered or seen, by
// whichever connection. So most bids are bids that the rules accept, and one that is overtaken on its way is refused with
// the price it lost to, as among people. It is safe for concurrent use.
type Ladder struct {
	start, increment int64
	// next is the step of the next bid; step 0 is the starting price.
	next atomic.Int64
}

// NewLadder begins at the starting price; both are in fen, the increment at least 1.
func NewLadder(startFen, incrementFen int64) *Ladder {
	return &Ladder{start: startFen, increment: max(incrementFen, 1)}
}

// Next is the next amount in fen.
func (l *Ladder) Next() int64 { return l.start + (l.next.Add(1)-1)*l.increment }

// Low is an amount in fen that every course of these terms refuses: one increment less than the starting price, and more than
// nothing.
func (l *Ladder) Low() int64 { return max(l.start-l.increment, 1) }

// Saw takes a price in fen that the server showed: what is offered next lies above it.
func (l *Ladder) Saw(priceFen int64) {
	if priceFen < l.start {
		return
	}
	above := (priceFen-l.start)/l.increment + 1
	for {
		now := l.next.Load()
		if now >= above || l.next.CompareAndSwap(now, above) {
			return
		}
	}
}
