package money_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mingchui/auction/money"
)

// The examples of 支付结算办法's annex (正确填写票据和结算凭证的基本规定, 三 and 四) and
// others by its rules; where it leaves a choice, we write 整 behind 角 and no 零
// between a place of 0 and the next unit's first figure.
func TestWords(t *testing.T) {
	t.Parallel()
	const yuan = money.PerYuan
	for f, want := range map[money.Fen]string{
		0:                        "零元整",
		1:                        "壹分",
		10:                       "壹角整",
		15:                       "壹角伍分",
		100:                      "壹元整",
		105:                      "壹元零伍分",
		150:                      "壹元伍角整",
		140_950:                  "壹仟肆佰零玖元伍角整",
		600_714:                  "陆仟零柒元壹角肆分",
		168_032:                  "壹仟陆佰捌拾元叁角贰分",
		10_700_053:               "壹拾万柒仟元伍角叁分",
		1_640_902:                "壹万陆仟肆佰零玖元零贰分",
		32_504:                   "叁佰贰拾伍元零肆分",
		10 * yuan:                "壹拾元整",
		11 * yuan:                "壹拾壹元整",
		100 * yuan:               "壹佰元整",
		101 * yuan:               "壹佰零壹元整",
		110 * yuan:               "壹佰壹拾元整",
		1_000 * yuan:             "壹仟元整",
		1_001 * yuan:             "壹仟零壹元整",
		1_010 * yuan:             "壹仟零壹拾元整",
		1_100 * yuan:             "壹仟壹佰元整",
		10_000 * yuan:            "壹万元整",
		10_001 * yuan:            "壹万零壹元整",
		10_010 * yuan:            "壹万零壹拾元整",
		10_100 * yuan:            "壹万零壹佰元整",
		11_000 * yuan:            "壹万壹仟元整",
		100_000 * yuan:           "壹拾万元整",
		100_001 * yuan:           "壹拾万零壹元整",
		1_000_001 * yuan:         "壹佰万零壹元整",
		1_200_000 * yuan:         "壹佰贰拾万元整",
		1_325_200 * yuan:         "壹佰叁拾贰万伍仟贰佰元整",
		10_000_000 * yuan:        "壹仟万元整",
		10_000_100 * yuan:        "壹仟万零壹佰元整",
		10_001_000 * yuan:        "壹仟万壹仟元整",
		10_010_010 * yuan:        "壹仟零壹万零壹拾元整",
		100_000_000 * yuan:       "壹亿元整",
		100_000_001 * yuan:       "壹亿零壹元整",
		100_001_000 * yuan:       "壹亿零壹仟元整",
		100_010_000 * yuan:       "壹亿零壹万元整",
		100_100_000 * yuan:       "壹亿零壹拾万元整",
		101_000_000 * yuan:       "壹亿零壹佰万元整",
		110_000_000 * yuan:       "壹亿壹仟万元整",
		1_000_000_000 * yuan:     "壹拾亿元整",
		1_002_000_300 * yuan:     "壹拾亿零贰佰万零叁佰元整",
		100_000_000_000 * yuan:   "壹仟亿元整",
		1_000_000_000_000 * yuan: "壹万亿元整",
		1_000_000_000_001 * yuan: "壹万亿零壹元整",
		1_000_000_010_000 * yuan: "壹万亿零壹万元整",
		1_000_100_000_000 * yuan: "壹万零壹亿元整",
		1_234_500_000_000 * yuan: "壹万贰仟叁佰肆拾伍亿元整",
		money.Max:                "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分",
		-132_520_005:             "负壹佰叁拾贰万伍仟贰佰元零伍分",
	} {
		if got := f.Words(); got != want {
			t.Errorf("%s: %s, want %s", f.Yuan(), got, want)
		}
	}
}

// Read back by the rules of the language, the words give the amount; no 零
// stands twice, none before a unit.
func TestWords_ReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Amounts with many zeros are the hard ones.
		f := money.Fen(0)
		for i, n := 0, rapid.IntRange(0, 6).Draw(t, "digits"); i < n; i++ {
			place := rapid.IntRange(0, 14).Draw(t, "place")
			unit := money.Fen(1)
			for range place {
				unit *= 10
			}
			f += unit * money.Fen(rapid.IntRange(1, 9).Draw(t, "digit"))
		}
		if rapid.Bool().Draw(t, "any") {
			f = money.Fen(rapid.Int64Range(0, int64(money.Max)).Draw(t, "f"))
		}
		words := f.Words()
		if got := readWords(words); got != f {
			t.Fatalf("%s is written %s, which reads %s", f.Yuan(), words, got.Yuan())
		}
		for _, bad := range []string{"零零", "零万", "零亿", "零拾", "零佰", "零仟", "零角", "零整"} {
			if strings.Contains(words, bad) {
				t.Fatalf("%s is written %s", f.Yuan(), words)
			}
		}
		if f > 0 && strings.Contains(words, "零元") {
			t.Fatalf("%s is written %s", f.Yuan(), words)
		}
	})
}

// readWords reads an amount in words by a grammar of its own: a unit multiplies
// what stands before it since the last greater unit.
func readWords(words string) money.Fen {
	digits := map[rune]money.Fen{'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9}
	var total, section, group, digit money.Fen // 亿s so far; 万s so far; below 万; the last figure
	yi := money.Fen(100_000_000)
	var fen money.Fen
	for _, r := range words {
		switch r {
		case '拾':
			group, digit = group+digit*10, 0
		case '佰':
			group, digit = group+digit*100, 0
		case '仟':
			group, digit = group+digit*1000, 0
		case '万':
			section, group, digit = section+(group+digit)*10_000, 0, 0
		case '亿':
			total, section, group, digit = total+(section+group+digit)*yi, 0, 0, 0
		case '元':
			total, section, group, digit = total+section+group+digit, 0, 0, 0
			fen = total * money.PerYuan
		case '角':
			fen, digit = fen+digit*10, 0
		case '分':
			fen, digit = fen+digit, 0
		default:
			digit = digits[r]
		}
	}
	return fen
}
