package verify

import (
	"encoding/hex"
	"time"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// maximumOpened keeps how high a maximum was. Before the close nobody may know.
func (h *house) maximumOpened(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.MaximumOpened](h, leaf, e)
	if !ok || l.broken {
		return
	}
	if l.state.Phase != course.Closed {
		h.find(l, leaf, e, MaximumOpenedEarly, body.BidderCode)
	}
	if !l.state.Terms.MaximumBids {
		h.find(l, leaf, e, openingDiffers)
		return
	}
	o := course.Opening{Seq: body.Seq, Code: body.BidderCode, Amount: body.AmountFen}
	if salt, err := hex.DecodeString(body.Salt); err != nil || len(salt) != course.SaltBytes || copy(o.Salt[:], salt) == 0 {
		h.find(l, leaf, e, openingDiffers)
		return
	}
	l.openings = append(l.openings, o)
}

// settling is how long entries that belong together may be on their way into the log: a close and its openings, a ruling and its money.
const settling = 10 * time.Second

// answers re-runs a closed lot's automatic bids from its opened maxima.
func (h *house) answers(l *lot) {
	if len(l.events) == 0 || l.broken {
		return
	}
	var found []course.Misanswer
	sealed := l.state.Phase != course.Closed
	if !sealed {
		found = course.Answers(l.id, l.events, l.openings)
		sealed = len(found) > 0 && found[0].Flaw == course.NotOpened && h.newest.Before(time.UnixMilli(l.state.ClosedAt).Add(settling))
	}
	if sealed {
		for _, e := range l.events {
			if e.Automatic {
				h.sealed++
			}
		}
		return
	}
	for _, m := range found {
		h.find(l, -1, audit.Entry{Seq: m.Seq}, Code(m.Flaw))
	}
}
