package pages

import (
	"fmt"
	"strconv"
	"time"

	"mingchui/auction/money"
	"mingchui/web/words"
)

// barWidth is a price's share of the greatest of the three, in percent.
func barWidth(v LotView, f money.Fen) string {
	most := max(v.StartingPrice, v.Price, v.Reference)
	return fmt.Sprintf("%.1f%%", float64(ratio(f, most))/10)
}

// docDate writes a day as documents do.
func docDate(p *Page, t time.Time) string {
	if p.W.IsEnglish() {
		return p.W.Local(t).Format("2 January 2006")
	}
	return words.DocumentDate(t)
}

// docTime adds hour and minute to it.
func docTime(p *Page, t time.Time) string {
	l := p.W.Local(t)
	if p.W.IsEnglish() {
		return l.Format("15:04 on 2 January 2006")
	}
	return words.DocumentDate(t) + strconv.Itoa(l.Hour()) + "时" + fmt.Sprintf("%02d", l.Minute()) + "分"
}
