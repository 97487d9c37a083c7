package auction

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// holdProperty lets no other act on the same property decide beside this one: two announcements of it, or an announcement and a
// direct sale. Rows that only refer to the property may still be written.
func holdProperty(ctx context.Context, tx pgx.Tx, assets []assetRow) error {
	ids := make([]uuid.UUID, len(assets))
	for i, a := range assets {
		ids[i] = a.ID
	}
	if _, err := tx.Exec(ctx, `SELECT FROM assets WHERE id = ANY(@ids) ORDER BY id FOR NO KEY UPDATE`, pgx.NamedArgs{"ids": ids}); err != nil {
		return fault.Internalf("hold the property: %w", err)
	}
	return nil
}

// oneSale refuses a sale of property that is in another one: which runs, or whose result stands, or that went back to the debtor; or
// which failed and is to be followed by a next sale of its own (R26, R24), for a sale beside it would know neither its starting price
// nor who defaulted. Free is property of a sale that was withdrawn or set aside and is not to be sold again. The sales that the lot
// itself follows do not count. Property that was sold without auction (R31d) is sold. The caller holds the property.
//
// Faults: property_in_sale (conflict, with sale and status).
func oneSale(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	var sale uuid.UUID
	var status string
	err := tx.QueryRow(ctx, `
		WITH RECURSIVE before AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @lot
			UNION SELECT p.id, p.previous_lot_id FROM lots p JOIN before b ON p.id = b.previous_lot_id),
		property AS (SELECT asset_id FROM lot_assets WHERE lot_id = @lot)
		SELECT id, status FROM (
			SELECT l.id, coalesce(l.outcome, l.status) AS status FROM lots l
			WHERE EXISTS (SELECT FROM lot_assets la JOIN property p ON p.asset_id = la.asset_id WHERE la.lot_id = l.id) AND l.id NOT IN (SELECT id FROM before)
				AND l.status NOT IN ('draft', 'voted') AND NOT l.next_announced AND NOT l.released AND (l.sold_again OR coalesce(l.outcome, l.status) NOT IN ('withdrawn', 'set_aside'))
			UNION ALL SELECT d.id, 'sold' FROM direct_sales d JOIN property p ON p.asset_id = d.asset_id) s
		ORDER BY id LIMIT 1`, pgx.NamedArgs{"lot": lot}).Scan(&sale, &status)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fault.Internalf("look for other sales of the property: %w", err)
	}
	return fault.New(fault.Conflict, fault.PropertyInSale).InField("asset_refs").ByRule("R26").With("sale", sale).With("status", status)
}
