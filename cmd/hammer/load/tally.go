package load

import (
	"math/bits"
	"time"
)

// Tally is what one run counted. Only what was answered in the measured time counts, except for Total.
type Tally struct {
	// Took is the measured time, without the warm-up.
	Took time.Duration
	// Accepted (201, and 200 of a peer) and Refused (409) are decided bids; NotDecided are the rest: 429, 503, lost answers.
	Accepted, Refused, NotDecided int64
	// Codes counts refusals by their problem's code, and what was not decided by code, by status or as "connection".
	Codes map[string]int64
	// P50 and P99 are of the decided, from the first byte written to the last byte read; to within 3 %.
	P50, P99 time.Duration
	// Total is of the whole run, warm-up and last answers included.
	Total struct{ Accepted, Refused, NotDecided int64 }
}

// Decided is how many bids were decided in the measured time.
func (t Tally) Decided() int64 { return t.Accepted + t.Refused }

// PerSecond is decided bids per second of the measured time.
func (t Tally) PerSecond() float64 {
	if t.Took <= 0 {
		return 0
	}
	return float64(t.Decided()) / t.Took.Seconds()
}

// count is one connection's share; it is read when the connection has ended.
type count struct {
	accepted, refused, not [phases]int64
	codes                  map[string]int64
	took                   histogram
}

// Where a run is.
const (
	warming = iota
	measuring
	ending
	phases
)

func (c *count) add(phase int32, o Outcome, code string, took time.Duration) {
	switch o {
	case Accepted:
		c.accepted[phase]++
	case Refused:
		c.refused[phase]++
	case NotPlaced, Unknown:
		c.not[phase]++
	}
	if phase != measuring {
		return
	}
	if o == Accepted || o == Refused {
		c.took.add(took)
	}
	if code != "" {
		if c.codes == nil {
			c.codes = map[string]int64{}
		}
		c.codes[code]++
	}
}

func sum(counts []*count, took time.Duration) Tally {
	t := Tally{Took: took, Codes: map[string]int64{}}
	var all histogram
	for _, c := range counts {
		t.Accepted += c.accepted[measuring]
		t.Refused += c.refused[measuring]
		t.NotDecided += c.not[measuring]
		for p := range phases {
			t.Total.Accepted += c.accepted[p]
			t.Total.Refused += c.refused[p]
			t.Total.NotDecided += c.not[p]
		}
		for code, n := range c.codes {
			t.Codes[code] += n
		}
		all.merge(&c.took)
	}
	t.P50, t.P99 = all.quantile(0.50), all.quantile(0.99)
	return t
}

// histogram counts durations in buckets of 1/32 of a power of two of nanoseconds: at most 3 % wide.
type histogram struct {
	n       int64
	buckets [64 * 32]uint32
}

func (h *histogram) add(d time.Duration) {
	h.n++
	h.buckets[bucketOf(uint64(max(d, 1)))]++
}

func bucketOf(v uint64) int {
	top := bits.Len64(v) - 1
	if top < 5 {
		return int(v) //nolint:gosec // below 32
	}
	return (top-4)*32 + int(v>>(top-5))&31 //nolint:gosec // five bits
}

// lowerOf is the least value of a bucket.
func lowerOf(bucket int) uint64 {
	if bucket < 32 {
		return uint64(bucket) //nolint:gosec // not negative
	}
	top := bucket/32 + 4
	return (32 + uint64(bucket%32)) << (top - 5)
}

func (h *histogram) merge(o *histogram) {
	h.n += o.n
	for i, n := range o.buckets {
		h.buckets[i] += n
	}
}

// quantile is the least value of the bucket that holds the q-th; 0 for nothing.
func (h *histogram) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	want := int64(q * float64(h.n))
	var seen int64
	for i, n := range h.buckets {
		if seen += int64(n); seen > want || seen == h.n {
			return time.Duration(lowerOf(i)) //nolint:gosec // from a duration
		}
	}
	return 0
}
