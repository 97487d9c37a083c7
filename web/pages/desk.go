package pages

import (
	"encoding/json"
	"fmt"
	"time"

	"mingchui/auction/money"
)

// BidConfirmView asks for the confirmation of one bid.
type BidConfirmView struct {
	LotHref, Title string
	Amount, Price  money.Fen
	// Note is how far above the price it is, and what a bid binds to.
	Note, Code, Key string
	EndsAt          time.Time
	Errors          Errors
	// Refused is why the bid was not placed; nil before it was tried.
	Refused error
}

// fuse is the path of what is left of the closing window, 300 wide.
func fuse(left, window time.Duration) string {
	w := 300.0
	if window > 0 && left < window {
		w = 300 * float64(max(0, left)) / float64(window)
	}
	return fmt.Sprintf("M0 0H%.1fV9H0z", w)
}

// endsShown is the end as a clock when it is today, with its day otherwise.
func endsShown(p *Page, v LotView) string {
	if p.W.Date(v.EndsAt) == p.W.Date(p.Now) {
		return p.W.Clock(v.EndsAt)
	}
	return p.W.Short(v.EndsAt)
}

func shortYuan(f money.Fen) string { return f.ShortYuan() }

// room is what live.js is given: the course as rendered, and its words.
type room struct {
	Lot          string            `json:"lot"`
	Lang         string            `json:"lang"`
	Phase        Phase             `json:"phase"`
	Code         string            `json:"code"`
	CanBid       bool              `json:"can_bid"`
	Increment    money.Fen         `json:"increment_fen"`
	Start        money.Fen         `json:"starting_price_fen"`
	Price        money.Fen         `json:"price_fen"`
	Reference    money.Fen         `json:"reference_fen"`
	Deposit      money.Fen         `json:"deposit_fen"`
	Leader       string            `json:"leader_code"`
	Seq          int64             `json:"seq"`
	Bids         int64             `json:"bids"`
	Extensions   int64             `json:"extensions"`
	StartsAt     int64             `json:"starts_at"`
	AnnouncedEnd int64             `json:"announced_end"`
	EndsAt       int64             `json:"ends_at"`
	Extension    int64             `json:"extension_ms"`
	Codes        []string          `json:"codes"`
	Points       [][4]int64        `json:"points"`
	FromLabel    string            `json:"from_label"`
	Icons        string            `json:"icons"`
	Words        map[string]string `json:"words"`
}

// maxPoints bounds what a page carries for its chart.
const maxPoints = 1000

// RoomData is the lot for live.js, as JSON in an attribute: no inline script.
func RoomData(p *Page, v LotView) string {
	r := room{
		Lot: v.ID, Lang: p.W.Lang(), Phase: v.Phase, Code: v.Mine, Increment: v.Increment, Start: v.StartingPrice,
		Price: v.Price, Reference: v.Reference, Deposit: v.Deposit, Leader: v.Leader, Seq: v.Seq, Bids: v.Bids,
		Extensions: v.Extensions, StartsAt: v.StartsAt.UnixMilli(), AnnouncedEnd: v.AnnouncedEnd.UnixMilli(),
		EndsAt: v.EndsAt.UnixMilli(), Extension: v.Extension.Milliseconds(), Icons: p.Asset("icons.svg"), Words: roomWords(p),
	}
	r.CanBid = v.Desk != nil && v.Desk.CanBid
	r.Codes = v.CodeList
	r.FromLabel = p.T("chart.from", "at", p.W.Local(v.StartsAt).Format("01-02 15:04"), "long", p.W.Span(v.AnnouncedEnd.Sub(v.StartsAt)))
	points := v.Points
	if len(points) > maxPoints {
		points = points[len(points)-maxPoints:]
	}
	for _, b := range points {
		r.Points = append(r.Points, [4]int64{b.At.UnixMilli(), int64(b.Amount), flag(b.Moved), flag(b.Mine)})
	}
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // plain data always encodes
	}
	return string(b)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// roomWords are the messages that live.js fills itself; {names} stand for
// what it puts in.
func roomWords(p *Page) map[string]string {
	m := map[string]string{}
	slots := []any{
		"price", "{price}", "at", "{at}", "code", "{code}", "seq", "{seq}", "start", "{start}", "left", "{left}",
		"n", "{n}", "codes", "{codes}", "ago", "{ago}", "deposit", "{deposit}", "more", "{more}", "step", "{step}", "steps", "{steps}", "d", "{d}", "clock", "{clock}",
		"reference", "{price}", "detail", "{detail}", "low", "{low}", "high", "{high}", "long", "{long}",
	}
	for _, kind := range []string{"leading", "outbid", "confirming", "none", "stayed", "reconnecting", "not_placed", "refused", "won", "sold", "unsold", "watching", "withdrawn", "open", "deposit"} {
		for _, part := range []string{"_title", "_text", "_short"} {
			m[kind+part] = p.T("room."+kind+part, slots...)
		}
		m[kind+"_icon"] = leadIcon(kind)
	}
	for name, key := range map[string]string{
		"price": "lot.price", "you": "record.you", "moved": "record.moved", "first": "record.first", "automatic": "record.automatic", "live": "room.live",
		"count": "record.count_js", "live_chip": "phase.live", "extended_chip": "phase.extended_n", "stayed_chip": "phase.suspended", "sold_chip": "phase.sold",
		"unsold_chip": "phase.unsold", "bid_of": "room.bid_of", "above": "room.above", "step": "room.step_one", "steps": "room.steps_js", "final": "lot.final_price", "confirm_note": "room.confirm_note",
		"not_number": "room.not_number", "off_step": "room.off_step", "too_low": "room.too_low", "receipt": "room.receipt", "days": "time.days_clock",
		"reference": "chart.reference", "closing": "chart.closing", "from": "chart.from", "ends": "chart.ends", "offline": "room.offline", "pending": "room.pending", "session_gone": "room.session_gone", "result": "room.result",
	} {
		m[name] = p.T(key, slots...)
	}
	return m
}
