package auction

import (
	"context"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// ListNoReserve drafts the sale without a reserve after a sell-off that found no bid, of property of a criminal case, on the ground
// that n.NoReserve records (R26n). The panel fixes where bidding begins, from one fen up.
//
// Faults: role_forbidden, not_found, no_reserve_not_last (the lot is not an unsold sell-off), state_conflict (its next sale is
// listed), and those of ListLot, with no_reserve_off, no_reserve_criminal_only, no_reserve_ground, no_reserve_dates.
func (s *Service) ListNoReserve(ctx context.Context, by Actor, previous uuid.UUID, n NextSale) (uuid.UUID, error) {
	return s.listNext(ctx, by, previous, n, law.NoReserve)
}

// checkNoReserve holds R26n for a draft of a case at a time.
func checkNoReserve(list *faults, rules law.RuleSet, kind docket.CaseKind, l docket.Lot, now time.Time) {
	today := docket.Date(now.In(law.CourtTime()).Format(time.DateOnly))
	for _, f := range docket.CheckNoReserve(rules, kind, &l, today) {
		list.add(fault.New(fault.Invalid, f.Code).InField(f.Field).ByRule("R26n").With("missing_zh", f.Message.Zh).With("missing_en", f.Message.En))
	}
}

// afterSellOff refuses a sale without a reserve after any other sale than an unsold sell-off.
func (l *lotRow) afterSellOff() error {
	if l.Stage == law.SellOff && l.state() == Unsold {
		return nil
	}
	return fault.New(fault.Conflict, fault.NoReserveNotLast).InField("stage").ByRule("R26n").With("stage", string(l.Stage)).With("state", string(l.state()))
}

// ReserveFen is the reserve price at which the property can be taken after this sale failed (R16d): its own starting price, or, where
// the sale had no reserve, that of the last sale which had one (ours).
func (t Terms) ReserveFen() money.Fen {
	if t.Stage == law.NoReserve {
		return t.PreviousStartingPriceFen
	}
	return t.StartingPriceFen
}

// noReserveEntry is the ground as the log has it; nil for a sale with a reserve.
func noReserveEntry(n *docket.NoReserve) *audit.NoReserve {
	if n == nil {
		return nil
	}
	return &audit.NoReserve{Ground: string(n.Ground), OfferedOn: string(n.OfferedOn), AnsweredOn: string(n.AnsweredOn), Document: n.Document}
}

// noReserveStep is the ground as a step of the trail has it.
func noReserveStep(n *docket.NoReserve) (ground string, detail any) {
	if n == nil {
		return "", nil
	}
	return string(n.Ground), map[string]any{"offered_on": n.OfferedOn, "answered_on": n.AnsweredOn, "document": n.Document}
}
