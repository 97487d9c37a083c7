package verify

import (
	"strings"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// priceEntry takes an entry about a reference price (R10p, R12e); false for any other.
func (h *house) priceEntry(leaf int64, e audit.Entry) bool {
	switch e.Kind {
	case audit.KindPriceStarted:
		read[audit.PriceStarted](h, leaf, e)
	case audit.KindPriceReport:
		read[audit.PriceReport](h, leaf, e)
	case audit.KindPriceObjection:
		read[audit.PriceObjection](h, leaf, e)
	case audit.KindPriceFixed:
		h.priceFixed(leaf, e)
	case audit.KindPriceWithdrawn:
		if body, ok := read[audit.PriceWithdrawn](h, leaf, e); ok {
			delete(h.prices, body.Price)
		}
	default:
		return false
	}
	return true
}

// priceFixed reckons a reference price again: the mean of its amounts to the nearest fen, halves up, or by the costs none.
func (h *house) priceFixed(leaf int64, e audit.Entry) {
	body, ok := read[audit.PriceFixed](h, leaf, e)
	if !ok {
		return
	}
	if _, twice := h.prices[body.Price]; twice {
		h.v.report.add(logFinding(PriceMisreckoned, leaf, body.Price+" ×2"))
		return
	}
	h.prices[body.Price] = body
	right := body.PriceFen == 0 && len(body.AmountsFen) == 0 && body.CostsFen > 0 && body.ApplicationHash != ""
	if body.Origin != byCosts {
		var sum money.Fen
		var err error
		least := money.Max
		for _, a := range body.AmountsFen {
			least = min(least, a)
			if sum, err = sum.Add(a); err != nil {
				break
			}
		}
		mean, failed := sum.Ratio(1, int64(len(body.AmountsFen)), money.HalfUp)
		right = err == nil && failed == nil && least > 0 && mean == body.PriceFen && mean > 0 && body.CostsFen == 0
	}
	if !right {
		h.v.report.add(logFinding(PriceMisreckoned, leaf, body.Price))
	}
}

// priced holds an announcement against the reference prices that it names: their sum is its reference (R10), the costs lie
// below its start (R12e), and a first sale is announced while they are valid (R10p).
func (h *house) priced(l *lot, leaf int64, e audit.Entry) {
	n := l.announced
	if len(n.Prices) == 0 {
		return
	}
	var sum, costs money.Fen
	for _, id := range n.Prices {
		p, known := h.prices[id]
		if !known {
			h.find(l, leaf, e, PriceDiffers, id)
			return
		}
		sum += p.PriceFen // at most 200 of less than 2^53 each
		costs += p.CostsFen
		until, err := time.ParseInLocation(time.DateOnly, p.ValidUntil, law.CourtTime())
		if p.Origin != byCosts && (err != nil || (n.Stage == law.First && !e.At.Before(until.AddDate(0, 0, 1)))) {
			h.find(l, leaf, e, PriceExpired, p.ValidUntil)
		}
	}
	if sum != n.ReferenceFen || (costs > 0 && n.StartingPriceFen <= costs) {
		h.find(l, leaf, e, PriceDiffers, strings.Join(n.Prices, ", "))
	}
}
