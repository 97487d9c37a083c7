package court

import (
	"math/rand/v2"
	"slices"
	"time"
)

// history is how a lot is bid for, decided before it happens. What people do
// is of chance, but of the chance that the plan's seed fixes.
type history struct {
	// openly are the times of the bids before the closing window, in order.
	openly []time.Time
	// closing has, for each bid in the closing window, how much of the window
	// passes before it: every such bid moves the end to a whole window after itself (R20c).
	closing []float64
	// steps are the increments of each bid above the price before it, the
	// first one's above the start.
	steps []int
	// match is the bid by which a priority purchaser takes the price as it
	// stands (R21); -1 for none.
	match int
}

const (
	// mostClosing keeps bids of the closing window clear of its end, for real
	// time passes beside the stepped clock.
	mostClosing, leastClosing = 0.78, 0.03
	// mostSteps is the greatest raise of the script, in increments.
	mostSteps = 5
	// leastGap is between two bids of one lot.
	leastGap = 700 * time.Millisecond
)

// compose makes a history of bids, of which extensions come in the closing
// window and the others from first to last. The price ends increments above
// the start; a match is a bid that raises nothing.
func compose(rng *rand.Rand, first, last time.Time, bids, extensions, increments int, match bool) history {
	h := history{match: -1}
	if match && bids > 2 {
		h.match = bids * 3 / 5
	}
	h.steps = climb(rng, bids, increments, h.match)
	h.openly = moments(rng, first, last, bids-extensions)
	for range extensions {
		h.closing = append(h.closing, closingMoment(rng))
	}
	return h
}

// closingMoment is when in the closing window somebody answers: mostly soon,
// sometimes at the last breath.
func closingMoment(rng *rand.Rand) float64 {
	u := rng.Float64()
	if rng.IntN(4) == 0 {
		return leastClosing + (mostClosing-leastClosing)*(1-u*u/3)
	}
	return leastClosing + (mostClosing-leastClosing)*u*u
}

// climb shares increments out over bids: at least one for each raise, most
// people add one or two, few more.
func climb(rng *rand.Rand, bids, increments, match int) []int {
	steps := make([]int, bids)
	left := increments
	for i := range steps {
		if i > 0 && i != match {
			steps[i] = 1
			left--
		}
	}
	for tries := 0; left > 0 && bids > 0; tries++ {
		i := rng.IntN(bids)
		if i == match || (steps[i] >= mostSteps && tries < 50*bids) {
			continue
		}
		steps[i]++
		left--
	}
	return steps
}

// moments are n times from first to last: some at the beginning, more towards
// the end, and often one bid soon answered by another.
func moments(rng *rand.Rand, first, last time.Time, n int) []time.Time {
	if n < 1 {
		return nil
	}
	span := max(last.Sub(first), time.Duration(2*n)*leastGap) // bids crowd into a span that is too short
	at := make([]time.Duration, n)
	for i := range at {
		u := rng.Float64()
		if rng.IntN(3) == 0 {
			u *= u
		} else {
			u = 1 - u*u
		}
		at[i] = time.Duration(u * float64(span))
	}
	slices.Sort(at)
	for i := 1; i < n; i++ {
		if answer := at[i-1] + 3*time.Second + time.Duration(rng.Int64N(int64(20*time.Second))); rng.IntN(5) < 2 && answer < at[i] {
			at[i] = answer
		}
	}
	slices.Sort(at)
	// Apart from each other, and the last of them not beyond the end.
	for i := 1; i < n; i++ {
		at[i] = max(at[i], at[i-1]+leastGap+time.Duration(rng.Int64N(int64(leastGap))))
	}
	for i, end := n-1, span; i >= 0 && at[i] > end; i-- {
		at[i] = end
		end -= leastGap
	}
	times := make([]time.Time, n)
	for i, d := range at {
		times[i] = first.Add(max(d, 0))
	}
	return times
}
