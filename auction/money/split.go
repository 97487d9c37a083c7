package money

import (
	"math/bits"
	"slices"

	"mingchui/auction/fault"
)

// Split divides total in proportion to weights so that no fen is lost: each
// gets its share rounded down, and what is left goes one fen each to the
// largest remainders, ties to the earlier weight (F4). It needs total ≥ 0,
// weights ≥ 0 and, unless total is 0, a positive sum; else amount_invalid.
func Split(total Fen, weights []Fen) ([]Fen, error) {
	invalid := fault.New(fault.Invalid, fault.AmountInvalid)
	var sum Fen
	for _, w := range weights {
		if w < 0 {
			return nil, invalid
		}
		s, err := sum.Add(w)
		if err != nil {
			return nil, err
		}
		sum = s
	}
	if total < 0 || total > Max || (sum == 0 && total > 0) {
		return nil, invalid
	}
	shares := make([]Fen, len(weights))
	if total == 0 {
		return shares, nil
	}
	type remainder struct {
		index int
		rest  uint64
	}
	rests := make([]remainder, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w)) //nolint:gosec // both are checked to be ≥ 0
		q, r := bits.Div64(hi, lo, uint64(sum))        // w ≤ sum, so q ≤ total
		shares[i] = Fen(q)                             //nolint:gosec // q ≤ total ≤ Max
		left -= shares[i]
		rests[i] = remainder{i, r}
	}
	slices.SortStableFunc(rests, func(a, b remainder) int {
		switch {
		case a.rest > b.rest:
			return -1
		case a.rest < b.rest:
			return 1
		}
		return 0
	})
	for i := range int(left) {
		shares[rests[i].index]++
	}
	return shares, nil
}
