package verify

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/money"
)

// A forfeit is what the log tells of a defaulter's deposit (R24): what was kept, what its sale cost, and its newest use.
type forfeit struct {
	kept  money.Fen
	costs *audit.CostsRecorded
	used  *audit.ForfeitUsed
	leaf  int64
	entry audit.Entry
}

// A direct sale is what a thing brought without an auction (R31d).
type directSale struct {
	caseID uuid.UUID
	price  money.Fen
}

// forfeitEntry takes an entry about a forfeit, or about a buyer who may lose the deposit by what was found.
func (h *house) forfeitEntry(l *lot, leaf int64, e audit.Entry) {
	switch e.Kind {
	case audit.KindEligibility:
		if body, ok := read[audit.EligibilityChecked](h, leaf, e); ok {
			l.knew = body.Knew && !body.Qualified
		}
	case audit.KindCostsRecorded:
		if body, ok := read[audit.CostsRecorded](h, leaf, e); ok {
			l.forfeit.costs = &body
		}
	case audit.KindForfeitUsed:
		if body, ok := read[audit.ForfeitUsed](h, leaf, e); ok {
			l.forfeit.used, l.forfeit.leaf, l.forfeit.entry = &body, leaf, e
		}
	}
}

// soldDirectly takes the sale of a thing without an auction: a thing is sold so once.
func (h *house) soldDirectly(leaf int64, e audit.Entry) {
	body, ok := read[audit.DirectSale](h, leaf, e)
	if !ok {
		return
	}
	if _, twice := h.direct[body.Asset]; twice || body.PriceFen < 1 {
		h.v.report.add(logFinding(SoldDirectlyWrongly, leaf, body.Asset))
		return
	}
	h.direct[body.Asset] = directSale{e.CaseID, body.PriceFen}
}

// forfeits holds the uses that stand against what else is in the log, at its end, for entries of different transactions may stand in
// another order than they committed.
func (h *house) forfeits() {
	groups := map[string][]*lot{}
	for _, l := range h.order {
		if u := l.forfeit.used; u != nil {
			groups[u.ReSale+"/"+u.Asset] = append(groups[u.ReSale+"/"+u.Asset], l)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		stand := slices.DeleteFunc(slices.Clone(group), func(l *lot) bool { return h.undone(l, group) })
		slices.SortFunc(stand, func(a, b *lot) int { return cmp.Compare(b.state.EndsAt, a.state.EndsAt) })
		for i, l := range stand {
			if u := l.forfeit.used; !l.rightlyUsed() || !h.standsFor(l) || u.ShortfallFen != min(u.DepositFen-u.CostsFen, stillLess(l, stand[:i])) {
				h.find(l, l.forfeit.leaf, l.forfeit.entry, ForfeitDiffers, u.DepositFen)
			}
		}
	}
}

// undone tells whether a use was reversed (R31): its own sale, the one that it was reckoned from, or one whose deposit was used with it
// was set aside since.
func (h *house) undone(l *lot, group []*lot) bool {
	if again := h.byText(l.forfeit.used.ReSale); again != nil && again.annulled {
		return true
	}
	for _, o := range group {
		if o.fell() && !o.annulledAt.Before(l.forfeit.entry.At) {
			return true
		}
	}
	return l.fell()
}

// fell tells whether a sale was set aside and its buyer lost no deposit by it: what a kept one is used for stands (R12e).
func (l *lot) fell() bool { return l.annulled && l.forfeit.kept == 0 }

// rightlyUsed holds the division: the deposit that was kept, the price that was not paid, the costs first and the parts to the fen.
func (l *lot) rightlyUsed() bool {
	u, costs := l.forfeit.used, l.forfeit.costs
	if costs == nil || l.forfeit.kept < 1 || u.DepositFen != l.forfeit.kept || (!l.broken && u.FirstPriceFen != l.state.Price) {
		return false
	}
	parts := []money.Fen{u.CostsFen, u.ShortfallFen, u.DebtFen, u.RelatedFen, u.KeptFen}
	left := u.DepositFen
	for _, p := range parts {
		if p < 0 || p > left {
			return false
		}
		left -= p
	}
	return left == 0 && u.CostsFen == min(u.DepositFen, costs.CostsFen) && u.RelatedFen <= costs.RelatedFen && (u.KeptFen == 0 || u.RelatedFen == costs.RelatedFen)
}

// standsFor holds the price that the use was reckoned from against the sale that brought it.
func (h *house) standsFor(l *lot) bool {
	u := l.forfeit.used
	if u.Asset != "" {
		d, known := h.direct[u.Asset]
		return known && u.ReSale == "" && d.caseID == l.caseID && d.price == u.ReSalePriceFen
	}
	again := h.byText(u.ReSale)
	switch {
	case again == nil || again.caseID != l.caseID:
		return false
	case again.taken:
		return u.ReSalePriceFen == again.takenFor
	case again.paid:
		return again.broken || u.ReSalePriceFen == again.state.Price
	}
	return u.ReSalePriceFen == 0
}

// less is what the sale that stands brought less than the price that was not paid.
func (l *lot) less() money.Fen {
	u := l.forfeit.used
	if u.ReSalePriceFen == 0 {
		return 0
	}
	return max(u.FirstPriceFen-u.ReSalePriceFen, 0)
}

// stillLess is what a buyer makes good after those who defaulted later (ADR 019): buyers up to any price make good no more than what the
// sale that stands brought less than that price.
func stillLess(l *lot, later []*lot) money.Fen {
	open := l.less()
	for _, bound := range append([]*lot{l}, later...) {
		left := bound.less()
		if left < l.less() {
			continue
		}
		for _, o := range later {
			if o.less() <= bound.less() {
				left -= o.forfeit.used.ShortfallFen
			}
		}
		open = min(open, left)
	}
	return max(open, 0)
}

// annul notes when a sale was set aside.
func (l *lot) annul(at time.Time) { l.annulled, l.annulledAt = true, at }
