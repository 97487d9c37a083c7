package money_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// any64 draws any integer, the edges often.
func any64(t *rapid.T, name string) int64 {
	return rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{
		0, 1, -1, math.MaxInt64, math.MinInt64, int64(money.Max), -int64(money.Max), int64(money.Max) + 1, -int64(money.Max) - 1, math.MinInt64 + 1,
	})).Draw(t, name)
}

// in reports whether a whole number is within ±Max.
func in(n *big.Int) bool { return n.CmpAbs(big.NewInt(int64(money.Max))) <= 0 }

// Sums, differences and products are exact or refused, never wrapped.
func TestArithmetic_ExactOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := any64(t, "a"), any64(t, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		operandsFit := in(x) && in(y)
		for name, c := range map[string]struct {
			got  func() (money.Fen, error)
			want *big.Int
			fit  bool
		}{
			"add":   {func() (money.Fen, error) { return money.Fen(a).Add(money.Fen(b)) }, new(big.Int).Add(x, y), operandsFit},
			"sub":   {func() (money.Fen, error) { return money.Fen(a).Sub(money.Fen(b)) }, new(big.Int).Sub(x, y), operandsFit},
			"times": {func() (money.Fen, error) { return money.Fen(a).Times(b) }, new(big.Int).Mul(x, y), true},
		} {
			got, err := c.got()
			if c.fit && in(c.want) {
				if err != nil || big.NewInt(int64(got)).Cmp(c.want) != 0 {
					t.Fatalf("%s(%d, %d) = %d, %v; want %s", name, a, b, got, err, c.want)
				}
			} else if fault.CodeOf(err) != fault.AmountTooLarge {
				t.Fatalf("%s(%d, %d) = %d, %v; want a refusal of %s", name, a, b, got, err, c.want)
			}
		}
	})
}

// A ratio is the exact fraction rounded as named.
func TestRatio_RoundsAsNamed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, num, den := any64(t, "f"), any64(t, "num"), any64(t, "den")
		exact := func(r money.Rounding) *big.Int {
			product, q, rem := new(big.Int).Mul(big.NewInt(f), big.NewInt(num)), new(big.Int), new(big.Int)
			q.QuoRem(product, big.NewInt(den), rem)
			twice := new(big.Int).Lsh(rem, 1)
			if (r == money.Up && rem.Sign() > 0) || (r == money.HalfUp && twice.Cmp(big.NewInt(den)) >= 0) {
				q.Add(q, big.NewInt(1))
			}
			return q
		}
		for _, r := range []money.Rounding{money.Down, money.Up, money.HalfUp} {
			got, err := money.Fen(f).Ratio(num, den, r)
			switch {
			case f < 0 || num < 0 || den <= 0:
				if fault.CodeOf(err) != fault.AmountInvalid {
					t.Fatalf("%d×%d/%d: %v", f, num, den, err)
				}
			case !in(exact(r)):
				if fault.CodeOf(err) != fault.AmountTooLarge {
					t.Fatalf("%d×%d/%d = %d, %v; want a refusal", f, num, den, got, err)
				}
			case err != nil || big.NewInt(int64(got)).Cmp(exact(r)) != 0:
				t.Fatalf("%d×%d/%d rounded %d = %d, %v; want %s", f, num, den, r, got, err, exact(r))
			}
		}
	})
}

func TestValid(t *testing.T) {
	t.Parallel()
	for f, want := range map[money.Fen]fault.Code{-1: fault.AmountInvalid, 0: "", money.Max: "", money.Max + 1: fault.AmountTooLarge} {
		if err := f.Valid(); (want == "" && err != nil) || (want != "" && fault.CodeOf(err) != want) {
			t.Errorf("%d: %v, want %q", f, err, want)
		}
	}
}

// What is written can be read: with separators, with a sign, with 元, and in full width.
func TestYuan_RoundTrip(t *testing.T) {
	t.Parallel()
	full := strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９", ",", "，", ".", "．")
	rapid.Check(t, func(t *rapid.T) {
		f := money.Fen(rapid.Int64Range(0, int64(money.Max)).Draw(t, "f"))
		for _, s := range []string{
			f.Yuan(), f.ShortYuan(), "¥" + f.Yuan(), "￥ " + f.Yuan(), f.Yuan() + " 元", strings.ReplaceAll(f.Yuan(), ",", ""), full.Replace(f.Yuan()),
		} {
			if got, err := money.ParseYuan(s); err != nil || got != f {
				t.Fatalf("%q reads %d, %v; want %d", s, got, err, f)
			}
		}
	})
}

func TestParseYuan(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]money.Fen{
		"1": 100, "1.5": 150, "1.05": 105, "0.01": 1, "007": 700, " 1,325,200 ": 132520000, "1325200元": 132520000, "90071992547409.91": money.Max,
	} {
		if got, err := money.ParseYuan(s); err != nil || got != want {
			t.Errorf("%q reads %d, %v; want %d", s, got, err, want)
		}
	}
	for s, want := range map[string]fault.Code{
		"": fault.AmountInvalid, ".": fault.AmountInvalid, ".5": fault.AmountInvalid, "1.": fault.AmountInvalid, "1.005": fault.AmountInvalid,
		"-1": fault.AmountInvalid, "+1": fault.AmountInvalid, "1e3": fault.AmountInvalid, "1,23": fault.AmountInvalid, "1,2345": fault.AmountInvalid,
		",123": fault.AmountInvalid, "1,,234": fault.AmountInvalid, "1 2": fault.AmountInvalid, "1元2": fault.AmountInvalid, "1¥": fault.AmountInvalid,
		"一百": fault.AmountInvalid, "0x10": fault.AmountInvalid, "1.2.3": fault.AmountInvalid, "1.2,3": fault.AmountInvalid, "NaN": fault.AmountInvalid,
		"90071992547409.92": fault.AmountTooLarge, "99999999999999999999999": fault.AmountTooLarge,
	} {
		if got, err := money.ParseYuan(s); fault.CodeOf(err) != want {
			t.Errorf("%q reads %d, %v; want %s", s, got, err, want)
		}
	}
}

func TestYuan(t *testing.T) {
	t.Parallel()
	for f, want := range map[money.Fen][2]string{
		0: {"0.00", "0"}, 1: {"0.01", "0.01"}, 100: {"1.00", "1"}, 99_999: {"999.99", "999.99"}, 100_000: {"1,000.00", "1,000"},
		132_520_000: {"1,325,200.00", "1,325,200"}, -100_050: {"-1,000.50", "-1,000.50"}, money.Max: {"90,071,992,547,409.91", "90,071,992,547,409.91"},
	} {
		if f.Yuan() != want[0] || f.ShortYuan() != want[1] || f.String() != want[0] {
			t.Errorf("%d: %s %s", f, f.Yuan(), f.ShortYuan())
		}
	}
}

// Nothing is lost in a split, every share is within a fen of its due, equal
// weights differ by at most a fen, and the earlier gets it.
func TestF4_SplitLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, int64(money.Max)/40), func(n int64) money.Fen { return money.Fen(n) }), 1, 30).Draw(t, "weights")
		total := money.Fen(rapid.Int64Range(0, int64(money.Max)).Draw(t, "total"))
		var sum money.Fen
		for _, w := range weights {
			sum += w
		}
		shares, err := money.Split(total, weights)
		if sum == 0 && total > 0 {
			if fault.CodeOf(err) != fault.AmountInvalid {
				t.Fatalf("nobody to give to: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var given money.Fen
		for i, s := range shares {
			given += s
			if sum == 0 {
				continue
			}
			due := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(int64(weights[i]))), big.NewInt(int64(sum)))
			off := new(big.Rat).Sub(new(big.Rat).SetInt64(int64(s)), due)
			if off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("share %d of %d is %d, due %s", i, total, s, due.FloatString(3))
			}
			for j := range i {
				if weights[j] == weights[i] && (shares[j] < s || shares[j] > s+1) {
					t.Fatalf("equal weights %d and %d get %d and %d", j, i, shares[j], s)
				}
			}
		}
		if given != total {
			t.Fatalf("given %d of %d", given, total)
		}
	})
}

func TestSplit_Refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		total   money.Fen
		weights []money.Fen
		want    fault.Code
	}{
		"negative total":     {-1, []money.Fen{1}, fault.AmountInvalid},
		"negative weight":    {1, []money.Fen{2, -1}, fault.AmountInvalid},
		"total above Max":    {money.Max + 1, []money.Fen{1}, fault.AmountInvalid},
		"weights above Max":  {1, []money.Fen{money.Max, 1}, fault.AmountTooLarge},
		"no weights":         {1, nil, fault.AmountInvalid},
		"weights of nothing": {1, []money.Fen{0, 0}, fault.AmountInvalid},
	} {
		if got, err := money.Split(c.total, c.weights); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := money.Split(10, []money.Fen{1, 1, 1}); err != nil || got[0] != 4 || got[1] != 3 || got[2] != 3 {
		t.Errorf("ten in three: %v, %v", got, err)
	}
}
