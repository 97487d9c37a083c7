package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// SaleCosts is what a sale cost, and other debts of the debtor that are tied to
// its property (R24).
type SaleCosts struct {
	Lot            uuid.UUID
	Costs, Related money.Fen
}

// RecordCosts puts them on record, published; they may be corrected until a
// defaulter's deposit is used by them.
//
// Faults: role_forbidden, not_found, amount_invalid, state_conflict (bidding has not ended, or the deposit is used).
func (s *Service) RecordCosts(ctx context.Context, by Actor, c SaleCosts) error {
	if err := c.Costs.Valid(); err != nil {
		return inField(err, "costs_fen")
	}
	if err := c.Related.Valid(); err != nil {
		return inField(err, "related_debts_fen")
	}
	step := trail.Step{Act: trail.CostsRecorded, Rule: "R24", Detail: map[string]any{"costs_fen": c.Costs, "related_debts_fen": c.Related}, Public: true}
	record := func(a *LotAct) error {
		if !a.lot.state().Ended() {
			return conflict(a.lot.state())
		}
		tag, err := a.Tx.Exec(ctx, `INSERT INTO lot_costs (lot_id, costs_fen, related_fen, recorded_by, recorded_at)
			SELECT @lot, @costs, @related, @by, @now WHERE NOT EXISTS (SELECT FROM forfeit_uses WHERE lot_id = @lot AND reversed_at IS NULL)
			ON CONFLICT (lot_id) DO UPDATE SET costs_fen = @costs, related_fen = @related, recorded_by = @by, recorded_at = @now`,
			pgx.NamedArgs{"lot": c.Lot, "costs": c.Costs, "related": c.Related, "by": by.AccountID, "now": a.Now})
		if err != nil {
			return fault.Internalf("record costs: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return conflict(a.lot.state())
		}
		if err := a.Enter(ctx, audit.KindCostsRecorded, audit.CostsRecorded{CostsFen: c.Costs, RelatedFen: c.Related}); err != nil {
			return err
		}
		if err := a.Done(ctx, duty.RecordCosts); err != nil {
			return err
		}
		return oweForfeitUse(ctx, a.Tx, a.s.duties, &a.lot, a.Now)
	}
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		if err := holdForfeits(ctx, tx, c.Lot); err != nil {
			return err
		}
		return s.OnLotIn(ctx, tx, now, by, c.Lot, nil, step, record)
	})
}

// holdForfeits lets no deposit of the lot's case be used until the transaction ends: whoever uses one holds the case, and then the lot.
// Rows that only refer to the case may still be written.
func holdForfeits(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	if _, err := tx.Exec(ctx, `SELECT FROM cases WHERE id = (SELECT case_id FROM lots WHERE id = @lot) FOR NO KEY UPDATE`, pgx.NamedArgs{"lot": lot}); err != nil {
		return fault.Internalf("hold the case: %w", err)
	}
	return nil
}

// oweForfeitUse owes the use of the deposits that buyers of the property lost, in this sale and in those before and after it, where one
// did: by a default, or knowing that they might not own it (R12e); payments looks whether it is time (R24).
func oweForfeitUse(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, at time.Time) error {
	var lot uuid.UUID
	err := tx.QueryRow(ctx, `
		WITH RECURSIVE before AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @lot
			UNION SELECT p.id, p.previous_lot_id FROM lots p JOIN before b ON p.id = b.previous_lot_id),
		sales AS (SELECT id FROM before UNION SELECT l.id FROM lots l JOIN sales s ON l.previous_lot_id = s.id)
		SELECT l.id FROM lots l JOIN sales s ON s.id = l.id WHERE EXISTS (SELECT FROM deposits d WHERE d.lot_id = l.id AND d.state = 'forfeited') ORDER BY l.id LIMIT 1`, pgx.NamedArgs{"lot": l.ID}).Scan(&lot)
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return fault.Internalf("read the sales of the property: %w", err)
	}
	id, err := newID()
	if err != nil {
		return err
	}
	return book.Owe(ctx, tx, at, duty.Duty{
		Kind: duty.UseForfeits, Key: lot.String() + ":" + id.String(), CaseID: &l.CaseID, LotID: &lot, Rule: "R24", Actor: duty.Machine, DueAt: at,
	})
}

// RecordForfeitUse puts the use of a defaulter's deposit in the log and on the
// trail, in the transaction that posts it (R24).
//
// Faults: not_found, state_conflict (nobody lost a deposit in it).
func (s *Service) RecordForfeitUse(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, body audit.ForfeitUsed) error {
	now = audit.Millis(now)
	l, err := lockLot(ctx, tx, lot)
	if err != nil {
		return err
	}
	if st := l.state(); st != Defaulted && st != SetAside {
		return conflict(st)
	}
	if err := enterLot(ctx, tx, now, &l, audit.KindForfeitUsed, body); err != nil {
		return err
	}
	return onTrail(ctx, tx, now, Actor{}, &l, trail.Step{Act: trail.ForfeitUsed, Rule: "R24", Detail: body, Public: true})
}
