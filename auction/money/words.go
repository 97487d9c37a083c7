package money

import (
	"slices"
	"strings"
)

// Words writes the amount as Chinese documents do: 壹佰贰拾万元整,
// 叁元零伍分, 零元整. Negative amounts get 负 in front. The form follows the
// Ministry of Finance's rules for filling in bills (支付结算办法, annex).
func (f Fen) Words() string {
	n := abs(int64(f))
	yuan, jiao, fen := n/100, n%100/10, n%10
	var b strings.Builder
	if f < 0 {
		b.WriteString("负")
	}
	if yuan > 0 || n == 0 {
		b.WriteString(wholeWords(yuan))
		b.WriteString("元")
	}
	switch {
	case jiao == 0 && fen == 0:
		b.WriteString("整")
	case fen == 0:
		b.WriteString(digits[jiao] + "角整")
	case jiao == 0:
		if yuan > 0 {
			b.WriteString("零")
		}
		b.WriteString(digits[fen] + "分")
	default:
		b.WriteString(digits[jiao] + "角" + digits[fen] + "分")
	}
	return b.String()
}

var (
	digits = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"} //nolint:gochecknoglobals // a table
	places = [4]string{"", "拾", "佰", "仟"}                                 //nolint:gochecknoglobals // a table
	groups = [5]string{"", "万", "亿", "万亿", "亿亿"}                          //nolint:gochecknoglobals // a table
)

// wholeWords writes a whole number of yuan in groups of four digits; zeros
// inside are written once, zeros at a group's end are not.
func wholeWords(n uint64) string {
	if n == 0 {
		return digits[0]
	}
	var parts []uint64
	for ; n > 0; n /= 10000 {
		parts = append(parts, n%10000)
	}
	var b strings.Builder
	zero := false
	for g, part := range slices.Backward(parts) {
		if part == 0 {
			zero = b.Len() > 0
			continue
		}
		if b.Len() > 0 && (zero || part < 1000) {
			b.WriteString(digits[0])
		}
		zero = false
		b.WriteString(groupWords(part))
		unit := groups[g]
		if g == 3 && parts[2] > 0 { // 万 of a trillion before a written 亿 group
			unit = "万"
		}
		b.WriteString(unit)
	}
	return b.String()
}

func groupWords(part uint64) string {
	var b strings.Builder
	zero := false
	for p, unit := 3, uint64(1000); p >= 0; p, unit = p-1, unit/10 {
		d := part / unit % 10
		if d == 0 {
			zero = b.Len() > 0
			continue
		}
		if zero {
			b.WriteString(digits[0])
			zero = false
		}
		b.WriteString(digits[d] + places[p])
	}
	return b.String()
}
