package bidding

import (
	"strconv"

	"mingchui/bidding/course"
)

// Subject is where a lot's committed events are told on NATS core: course.<lot id>.
const Subject = "course."

// tell tells watchers of committed events, in order. Nothing is told twice by this node; a watcher that missed some asks by
// seq.
func (e *Engine) tell(rows []row) {
	if e.nats == nil {
		return
	}
	for i := range rows {
		if rows[i].isTick() {
			continue
		}
		if err := e.nats.Publish(Subject+rows[i].lot.String(), publicJSON(&rows[i])); err != nil {
			e.log.Warn("watchers are not told", "error", err)
			return
		}
	}
}

// publicJSON is a committed event as watchers see it: lot, seq, kind, at; bidder_code and amount_fen of a bid, automatic where it is; then the
// course after it: phase, ends_at, price_fen and leader_code once there is a bid, bids, extensions; left_ms of a stay, outcome
// of a close. Package web/live makes from it what it shows, without asking PostgreSQL.
func publicJSON(r *row) []byte {
	e, s := &r.event, &r.after
	b := make([]byte, 0, 384)
	b = append(b, `{"lot":"`...)
	b = append(b, r.lot.String()...)
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"kind":"`...)
	b = append(b, e.Kind...)
	b = append(b, `","at":"`...)
	b = course.AppendInstant(b, e.At)
	b = append(b, '"')
	if e.Kind == course.Bid {
		b = append(b, `,"bidder_code":"`...)
		b = append(b, e.Code...)
		b = append(b, `","amount_fen":`...)
		b = strconv.AppendInt(b, int64(e.Amount), 10)
		if e.Automatic {
			b = append(b, `,"automatic":true`...)
		}
	}
	b = append(b, `,"phase":"`...)
	b = append(b, s.Phase...)
	b = append(b, `","ends_at":"`...)
	b = course.AppendInstant(b, s.EndsAt)
	b = append(b, '"')
	if s.Leader != "" {
		b = append(b, `,"price_fen":`...)
		b = strconv.AppendInt(b, int64(s.Price), 10)
		b = append(b, `,"leader_code":"`...)
		b = append(b, s.Leader...)
		b = append(b, '"')
	}
	b = append(b, `,"bids":`...)
	b = strconv.AppendInt(b, s.Bids, 10)
	b = append(b, `,"extensions":`...)
	b = strconv.AppendInt(b, s.Extensions, 10)
	if e.Kind == course.Stay {
		b = append(b, `,"left_ms":`...)
		b = strconv.AppendInt(b, e.Left, 10)
	}
	if e.Kind == course.Close {
		b = append(b, `,"outcome":"`...)
		b = append(b, e.Outcome...)
		b = append(b, '"')
	}
	return append(b, '}')
}
