package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Money writes ¥1,325,200.00.
func (w *Words) Money(f money.Fen) string {
	if f < 0 {
		return "−¥" + (-f).Yuan()
	}
	return "¥" + f.Yuan()
}

// Price writes ¥1,325,200, with fen only when there are some.
func (w *Words) Price(f money.Fen) string { return strings.TrimSuffix(w.Money(f), ".00") }

// Amount writes an amount in words, as documents do: 人民币壹佰贰拾万元整, or
// "One million two hundred thousand yuan".
func (w *Words) Amount(f money.Fen) string {
	if w.lang == English {
		return englishAmount(f)
	}
	return "人民币" + f.Words()
}

// Count groups a whole number in thousands.
func (w *Words) Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Percent writes tenths of a percent: 892 is 89.2%.
func (w *Words) Percent(permille int64) string {
	sign := ""
	if permille < 0 {
		sign, permille = "−", -permille
	}
	return fmt.Sprintf("%s%d.%d%%", sign, permille/10, permille%10)
}

// Local is t in the court's zone.
func (w *Words) Local(t time.Time) time.Time { return t.In(w.zone) }

// Date writes 2026-06-18.
func (w *Words) Date(t time.Time) string { return w.Local(t).Format("2006-01-02") }

// Time writes 2026-06-18 10:27:36.
func (w *Words) Time(t time.Time) string { return w.Local(t).Format("2006-01-02 15:04:05") }

// Minute writes 2026-06-18 10:27.
func (w *Words) Minute(t time.Time) string { return w.Local(t).Format("2006-01-02 15:04") }

// Clock writes 10:27:36.
func (w *Words) Clock(t time.Time) string { return w.Local(t).Format("15:04:05") }

// Milli writes 10:26:48.127.
func (w *Words) Milli(t time.Time) string { return w.Local(t).Format("15:04:05.000") }

// Short writes 6-19 10:00, or 19 Jun 10:00: for cards, where the year is plain.
func (w *Words) Short(t time.Time) string {
	if w.lang == English {
		return w.Local(t).Format("2 Jan 15:04")
	}
	return w.Local(t).Format("1-02 15:04")
}

// Long writes 6 月 17 日 10:00, or 17 June, 10:00.
func (w *Words) Long(t time.Time) string {
	if w.lang == English {
		return w.Local(t).Format("2 January, 15:04")
	}
	return w.Local(t).Format("1 月 2 日 15:04")
}

// MonthName writes 六月, or Jun: below the day of a notice.
func (w *Words) MonthName(t time.Time) string {
	if w.lang == English {
		return w.Local(t).Format("Jan")
	}
	return monthsZH[w.Local(t).Month()-1]
}

// Dateline writes 二〇二六年六月十八日　星期四, or Thursday, 18 June 2026.
func (w *Words) Dateline(t time.Time) string {
	l := w.Local(t)
	if w.lang == English {
		return l.Format("Monday, 2 January 2006")
	}
	return DocumentDate(t) + "　星期" + weekdaysZH[l.Weekday()]
}

// DocumentDate writes a day as Chinese court documents do: 二〇二六年六月十八日.
func DocumentDate(t time.Time) string {
	l := t.In(law.CourtTime())
	var b strings.Builder
	for _, c := range strconv.Itoa(l.Year()) {
		b.WriteString(digitsZH[c-'0'])
	}
	return b.String() + "年" + monthsZH[l.Month()-1] + dayZH(l.Day()) + "日"
}

func dayZH(d int) string {
	switch {
	case d < 10:
		return digitsZH[d]
	case d == 10:
		return "十"
	case d < 20:
		return "十" + digitsZH[d-10]
	case d%10 == 0:
		return digitsZH[d/10] + "十"
	}
	return digitsZH[d/10] + "十" + digitsZH[d%10]
}

var (
	digitsZH   = [10]string{"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"}                         //nolint:gochecknoglobals // a table
	monthsZH   = [12]string{"一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"} //nolint:gochecknoglobals // a table
	weekdaysZH = [7]string{"日", "一", "二", "三", "四", "五", "六"}                                         //nolint:gochecknoglobals // a table
)

// Countdown writes what is left on a clock: 04:12, 01:32:18, and from two days
// on 3 日 04:12:07. Below zero it is 00:00. static/clock.js writes the same.
func (w *Words) Countdown(d time.Duration) string {
	s := int64(max(0, d) / time.Second)
	h, m, sec := s/3600, s/60%60, s%60
	if h >= 48 {
		return w.T("time.days_clock", "d", h/24, "clock", fmt.Sprintf("%02d:%02d:%02d", h%24, m, sec))
	}
	if h > 0 {
		return fmt.Sprintf("%02d:%02d:%02d", h, m, sec)
	}
	return fmt.Sprintf("%02d:%02d", m, sec)
}

// Span is a length of time as a number and its unit: 10 日, 24 小时, 5 分钟,
// 30 秒. Days are named from two on, as the law says 24 hours for one.
func (w *Words) Span(d time.Duration) string {
	n, unit := w.SpanParts(d)
	return w.T("time.span", "n", n, "unit", unit)
}

// SpanParts is Span in its two parts, for figures with the unit set smaller.
// A negative length keeps its sign.
func (w *Words) SpanParts(d time.Duration) (figure, unit string) {
	sign := int64(1)
	if d < 0 {
		sign, d = -1, -d
	}
	day := 24 * time.Hour
	var n int64
	var key string
	switch {
	case d >= 2*day:
		n, key = int64(d/day), "time.day"
	case d >= 2*time.Hour || (d >= time.Hour && d%time.Hour == 0):
		n, key = int64(d/time.Hour), "time.hour"
	case d >= time.Minute:
		n, key = int64(d/time.Minute), "time.minute"
	default:
		n, key = int64(d/time.Second), "time.second"
	}
	return w.Count(sign * n), w.N(key, n)
}
