package money

import (
	"math/bits"
	"strconv"
	"strings"

	"mingchui/auction/fault"
)

// Fen is an amount of money in hundredths of a yuan (CNY).
type Fen int64

// Max is the largest amount that anything of ours takes: 2^53-1 fen, the
// largest integer that Lua's doubles, and JSON readers that use them, hold exactly.
const Max Fen = 1<<53 - 1

// PerYuan is the number of fen in a yuan.
const PerYuan Fen = 100

// errOverflow is returned where a result would leave ±Max.
var errOverflow = fault.New(fault.Invalid, fault.AmountTooLarge) // immutable

// Valid reports amount_invalid for a negative amount, amount_too_large above Max.
func (f Fen) Valid() error {
	switch {
	case f < 0:
		return fault.New(fault.Invalid, fault.AmountInvalid)
	case f > Max:
		return errOverflow
	}
	return nil
}

// Add returns f+g, or amount_too_large where it would leave ±Max.
func (f Fen) Add(g Fen) (Fen, error) {
	s := f + g
	if s > Max || s < -Max || f > Max || f < -Max || g > Max || g < -Max {
		return 0, errOverflow
	}
	return s, nil
}

// Sub returns f-g, or amount_too_large where it would leave ±Max.
func (f Fen) Sub(g Fen) (Fen, error) { return f.Add(-g) }

// Times returns f×n, or amount_too_large where it would leave ±Max.
func (f Fen) Times(n int64) (Fen, error) {
	neg := (f < 0) != (n < 0)
	hi, lo := bits.Mul64(abs(int64(f)), abs(n))
	if hi != 0 || lo > uint64(Max) {
		return 0, errOverflow
	}
	if neg {
		return -Fen(lo), nil // lo ≤ Max
	}
	return Fen(lo), nil // lo ≤ Max
}

// Rounding names what becomes of a fraction of a fen.
type Rounding uint8

const (
	// Down drops the fraction (towards zero).
	Down Rounding = iota
	// Up takes the next fen away from zero: lower bounds are computed so.
	Up
	// HalfUp takes the nearest fen, halves away from zero.
	HalfUp
)

// Ratio returns f×num/den rounded as named, for f ≥ 0, num ≥ 0 and den > 0;
// amount_invalid for others, amount_too_large where the result would pass Max.
// The product is 128 bits wide, so nothing is lost on the way.
func (f Fen) Ratio(num, den int64, r Rounding) (Fen, error) {
	if f < 0 || num < 0 || den <= 0 {
		return 0, fault.New(fault.Invalid, fault.AmountInvalid)
	}
	hi, lo := bits.Mul64(uint64(f), uint64(num))
	if hi >= uint64(den) {
		return 0, errOverflow
	}
	q, rem := bits.Div64(hi, lo, uint64(den))
	switch r {
	case Down:
	case Up:
		if rem > 0 {
			q++
		}
	case HalfUp:
		if rem >= uint64(den)-rem {
			q++
		}
	}
	if q > uint64(Max) {
		return 0, errOverflow
	}
	return Fen(q), nil // q ≤ Max
}

// Permille returns f×p/1000 rounded as named.
func (f Fen) Permille(p int64, r Rounding) (Fen, error) { return f.Ratio(p, 1000, r) }

func abs(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1 //nolint:gosec // -(n+1) ≥ 0
	}
	return uint64(n)
}

// String writes yuan with two decimals and thousands separators: 1,325,200.00.
func (f Fen) String() string {
	s := f.Yuan()
	return s
}

// Yuan writes the amount with two decimals and thousands separators.
func (f Fen) Yuan() string {
	n := abs(int64(f))
	whole := strconv.FormatUint(n/100, 10)
	var b strings.Builder
	if f < 0 {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	b.WriteByte('.')
	b.WriteByte(byte('0' + n%100/10))
	b.WriteByte(byte('0' + n%10))
	return b.String()
}

// Decimal writes the amount with two decimals and no separators, as files for other systems have it: 1325200.00.
func (f Fen) Decimal() string { return strings.ReplaceAll(f.Yuan(), ",", "") }

// ShortYuan leaves ".00" out, for prices in headings: 1,325,200.
func (f Fen) ShortYuan() string { return strings.TrimSuffix(f.Yuan(), ".00") }

// ParseYuan reads what a person types: digits, also of full width, with an
// optional yuan sign before or 元 behind, thousands separators (, or ，) where they
// belong or nowhere, at most two decimals. amount_invalid for anything else, so
// that 1,23 is never taken for 123; amount_too_large above Max.
func ParseYuan(s string) (Fen, error) {
	invalid := fault.New(fault.Invalid, fault.AmountInvalid)
	s = strings.Map(halfWidth, strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, "¥"), "元"))
	whole, frac, dotted := strings.Cut(s, ".")
	whole, ok := ungroup(whole)
	if !ok || !isDigits(whole) || (dotted && (len(frac) > 2 || !isDigits(frac))) {
		return 0, invalid
	}
	for len(frac) < 2 {
		frac += "0"
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > 15 {
		return 0, errOverflow
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return 0, invalid
	}
	if Fen(n) > Max {
		return 0, errOverflow
	}
	return Fen(n), nil
}

// halfWidth turns what a Chinese keyboard gives into ASCII.
func halfWidth(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '，':
		return ','
	case r == '．':
		return '.'
	case r == '￥':
		return '¥'
	}
	return r
}

// ungroup takes thousands separators out; false where one stands in a wrong place.
func ungroup(s string) (string, bool) {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if len(groups) > 1 && ((i > 0 && len(g) != 3) || len(g) < 1 || len(g) > 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func isDigits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
