package pages

import (
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/drawing"
)

// drawStory is a draw as far as a state: creditors while it waits, firms once they are drawn.
func drawStory(state drawing.State) func(p *Page) templ.Component {
	return func(p *Page) templ.Component {
		id := func(n byte) uuid.UUID { return uuid.UUID{6: 0x70, 8: 0x80, 15: n} }
		at := func(after time.Duration) *time.Time { t := sampleNow().Add(after - time.Hour); return &t }
		lot, rank, asset, before, entry, size := id(1), 1, id(2), id(3), id(4), int64(48_213_907)
		d := drawing.View{
			ID: id(9), State: state, ListedAt: *at(0), OpensAt: *at(10 * time.Minute), Commitment: strings.Repeat("0a", 32), ListEntry: id(5),
			Lot: &lot, Rank: &rank, Candidates: []drawing.Candidate{{ID: id(10), No: 1}, {ID: id(11), No: 3}},
		}
		if state != drawing.Listed {
			d.OpenEntry, d.OpenedAt, d.Nonce = &entry, at(10*time.Minute), strings.Repeat("1b", 32)
		}
		if state == drawing.Drawn {
			d.Lot, d.Rank, d.Asset, d.Previous = nil, nil, &asset, &before
			d.Reason = docket.Text{Zh: "三家机构均退回委托。", En: "All three firms declined."}
			d.MadeEntry, d.DrawnAt, d.Size, d.Root = &entry, at(10*time.Minute+2*time.Second), &size, strings.Repeat("2c", 32)
			for i := range d.Candidates {
				d.Candidates[i].No, d.Candidates[i].Place, d.Candidates[i].Firm = 0, i+1, &docket.Text{Zh: "江澜资产评估有限公司", En: "Jianglan Appraisers Ltd"}
			}
		}
		return DrawPage(p, p.drawView(d, "https://example.gov.cn"))
	}
}
