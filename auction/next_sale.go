package auction

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// ListSecondSale drafts the second sale of a lot whose first sale found no bid
// (R26); the panel votes on its terms anew. It returns the new lot's id.
//
// Faults: role_forbidden, not_found, state_conflict (the lot is not an unsold
// first sale, or its next sale is listed), and those of ListLot.
func (s *Service) ListSecondSale(ctx context.Context, by Actor, previous uuid.UUID, n NextSale) (uuid.UUID, error) {
	return s.listNext(ctx, by, previous, n, law.Second)
}

// ListSellOff drafts the sell-off after a second sale that found no bid (R26s).
// Its starting price is the failed second sale's; 0 takes it over.
func (s *Service) ListSellOff(ctx context.Context, by Actor, previous uuid.UUID, n NextSale) (uuid.UUID, error) {
	return s.listNext(ctx, by, previous, n, law.SellOff)
}

// ListReSale drafts the same stage again after the buyer defaulted; who
// defaulted may not bid (R24, R24x).
func (s *Service) ListReSale(ctx context.Context, by Actor, previous uuid.UUID, n NextSale) (uuid.UUID, error) {
	return s.listNext(ctx, by, previous, n, "")
}

// listNext drafts the next sale; stage "" repeats a defaulted one.
func (s *Service) listNext(ctx context.Context, by Actor, previous uuid.UUID, n NextSale, stage law.Stage) (uuid.UUID, error) {
	var id uuid.UUID
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, previous)
		if err != nil {
			return err
		}
		document, err := nextDocument(&l, n, stage)
		if err != nil {
			return err
		}
		var listed bool
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM lots WHERE previous_lot_id = @lot AND status <> 'withdrawn')`,
			pgx.NamedArgs{"lot": previous}).Scan(&listed)
		if err != nil {
			return fault.Internalf("read next sale: %w", err)
		}
		if listed {
			return conflict(l.state())
		}
		c, err := readCase(ctx, tx, l.CaseID)
		if err != nil {
			return err
		}
		assets, err := lotAssets(ctx, tx, previous)
		if err != nil {
			return err
		}
		id, err = s.insertLot(ctx, tx, now, by, c, assets, NewLot{Lot: document, Panel: n.Panel}, &previous)
		return err
	})
	return id, err
}

// nextDocument is the document of the sale after l, or state_conflict when
// that sale cannot follow.
func nextDocument(l *lotRow, n NextSale, stage law.Stage) (docket.Lot, error) {
	d := l.Document
	switch {
	case l.state() == Unsold && l.life().AwaitsNext() && ((stage == law.Second && l.Stage == law.First) || (stage == law.SellOff && l.Stage == law.Second)):
		d = failedBefore(l, stage)
		if stage == law.SellOff && n.StartingPrice == 0 {
			n.StartingPrice = TermsOf(law.RuleSet{}, l.Document).StartingPriceFen
		}
	case stage == law.NoReserve:
		if err := l.afterSellOff(); err != nil {
			return docket.Lot{}, err
		}
		d = failedBefore(l, stage)
	case stage == "" && l.state() != Unsold && l.life().AwaitsNext():
	default:
		return docket.Lot{}, conflict(l.state())
	}
	d.StartingPriceFen, d.IncrementFen, d.DepositFen = int64(n.StartingPrice), int64(n.Increment), int64(n.Deposit)
	tellAnew(&d)
	if len(n.Notifications) > 0 {
		d.Notifications = n.Notifications
	}
	if n.NoReserve != nil {
		d.NoReserve = n.NoReserve
	}
	return d, nil
}

// tellAnew takes away who was told of the sale before: each sale is notified before its own announcement (R16, OJA 16). Who waived in
// writing, and whom the platform names because he could not be told, stay.
func tellAnew(d *docket.Lot) {
	d.Notifications = slices.DeleteFunc(slices.Clone(d.Notifications), func(n docket.Notification) bool { return n.On != "" })
	d.PriorityPurchasers = slices.Clone(d.PriorityPurchasers)
	for i := range d.PriorityPurchasers {
		d.PriorityPurchasers[i].NotifiedOn, d.PriorityPurchasers[i].How = "", docket.Text{}
	}
}

// failedBefore is the document of l as that of the next stage: l stands last among the sales that failed.
func failedBefore(l *lotRow, stage law.Stage) docket.Lot {
	d := l.Document
	d.Stage = stage
	d.Previous = append(append([]docket.PreviousSale(nil), d.Previous...), docket.PreviousSale{
		Stage: l.Stage, StartingPriceFen: d.StartingPriceFen, EndedOn: docket.Date(l.EndedAt.In(law.CourtTime()).Format(time.DateOnly)),
	})
	return d
}
