package words

import (
	"strings"

	"mingchui/auction/money"
)

// englishAmount writes "One million three hundred and five yuan", with fen as
// "and six fen". Amounts are below 2^53 fen, so trillions suffice.
func englishAmount(f money.Fen) string {
	n := int64(f)
	sign := ""
	if n < 0 {
		sign, n = "minus ", -n
	}
	yuan, fen := n/100, n%100
	s := englishWhole(yuan) + " yuan"
	if fen > 0 {
		s += " and " + englishWhole(fen) + " fen"
	}
	s = sign + s
	return strings.ToUpper(s[:1]) + s[1:]
}

func englishWhole(n int64) string {
	if n == 0 {
		return "zero"
	}
	var parts []string
	rest := n
	for _, g := range []struct {
		size int64
		name string
	}{{1_000_000_000_000, " trillion"}, {1_000_000_000, " billion"}, {1_000_000, " million"}, {1000, " thousand"}, {1, ""}} {
		k := rest / g.size
		rest %= g.size
		if k == 0 {
			continue
		}
		s := englishHundreds(k) + g.name
		if g.size == 1 && len(parts) > 0 && k < 100 {
			s = "and " + s
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// englishHundreds writes 1 to 999.
func englishHundreds(n int64) string {
	small := [20]string{
		"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
		"twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	}
	tens := [10]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	var s string
	if n >= 100 {
		s = small[n/100] + " hundred"
		if n %= 100; n == 0 {
			return s
		}
		s += " and "
	}
	if n < 20 {
		return s + small[n]
	}
	s += tens[n/10]
	if n%10 > 0 {
		s += "-" + small[n%10]
	}
	return s
}
