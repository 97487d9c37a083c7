package verify

import (
	"regexp"
	"sync"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// criminal is the kind of case whose property may be sold without a reserve (R26n).
const criminal = "criminal"

var sha256Hex = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[0-9a-f]{64}$") }) //nolint:gochecknoglobals // compiled once

// noReserve holds R26n: a sale without a reserve begins at any price, after a failed sell-off, under a rule set that allows it, in a
// criminal case, on one of the law's two grounds with its document, whose days follow upon that sell-off and each other.
func (h *house) noReserve(l *lot, leaf int64, e audit.Entry) {
	n := l.announced
	if n.StartingPriceFen < 1 {
		h.find(l, leaf, e, ReserveTooLow, n.StartingPriceFen, money.Fen(1))
	}
	if !l.rules.NoReserve {
		h.find(l, leaf, e, NoReserveNotAllowed, n.RuleSet)
	}
	if kind := h.kinds[e.CaseID]; kind != criminal {
		h.find(l, leaf, e, NotCriminal, kind)
	}
	_, failed := h.previous(l, leaf, e)
	r := n.NoReserve
	switch {
	case r == nil:
		h.find(l, leaf, e, NoReserveGround, "no_reserve")
	case r.Ground != "finance_authority_asks" && r.Ground != "victim_refuses":
		h.find(l, leaf, e, NoReserveGround, "ground "+r.Ground)
	case !sha256Hex().MatchString(r.Document):
		h.find(l, leaf, e, NoReserveGround, "document "+r.Document)
	case r.OfferedOn == "" || (failed != nil && r.OfferedOn < day(time.UnixMilli(failed.state.EndsAt))):
		h.find(l, leaf, e, NoReserveGround, "offered_on "+r.OfferedOn)
	case r.AnsweredOn < r.OfferedOn || r.AnsweredOn > day(n.at):
		h.find(l, leaf, e, NoReserveGround, "answered_on "+r.AnsweredOn)
	}
}

// day is the court's day of an instant.
func day(t time.Time) string { return t.In(law.CourtTime()).Format(time.DateOnly) }

// reserve is the price at which a creditor takes the property after the sale failed: its starting price, or, without a reserve, that
// of the last sale which had one (R16d).
func (n *notice) reserve() money.Fen {
	if n.Stage == law.NoReserve {
		return n.PreviousStartingPriceFen
	}
	return n.StartingPriceFen
}
