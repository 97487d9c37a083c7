package payments

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// forfeitBasis is what a forfeited deposit's use is reckoned from.
type forfeitBasis struct {
	ReSaleID       uuid.UUID
	FirstPrice     money.Fen
	ReSalePrice    *money.Fen
	Costs, Related *money.Fen
	Claim, Brought money.Fen
	UsedBefore     money.Fen
}

// useForfeitsDuty uses a defaulter's deposit once the property's re-sale stands
// and the judge has recorded what the sale cost (R24). Until then it is held;
// each of the two owes this duty again.
func (s *Service) useForfeitsDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error { return s.useForfeit(ctx, tx, now, *d.LotID) })
}

func (s *Service) useForfeit(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	rows, err := tx.Query(ctx, `SELECT `+depositColumns+` FROM deposits d WHERE lot_id = @lot AND state = 'forfeited'
		AND NOT EXISTS (SELECT FROM forfeit_uses u WHERE u.deposit_id = d.id AND u.reversed_at IS NULL) FOR UPDATE`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fault.Internalf("lock the forfeit: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[depositRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // used already, or a creditor's who had none
	}
	if err != nil {
		return fault.Internalf("lock the forfeit: %w", err)
	}
	b, ended, err := readBasis(ctx, tx, lot, d.CaseID)
	if err != nil || !ended {
		return err
	}
	if b.Costs == nil {
		rules, err := rulesOf(ctx, tx, lot)
		if err != nil {
			return err
		}
		// No text says by when; the time of the ruling is taken (ours).
		return s.duties.Owe(ctx, tx, now, duty.Duty{
			Kind: duty.RecordCosts, Key: lot.String(), CaseID: &d.CaseID, LotID: &lot, Rule: "R24", Actor: duty.Judge, DueAt: now.Add(rules.RulingWithin),
		})
	}
	u := UseForfeit(d.Amount, ForfeitClaims{
		Costs: *b.Costs, Shortfall: shortfall(b.FirstPrice, b.ReSalePrice), Debt: max(b.Claim-b.Brought-b.UsedBefore, 0), Related: *b.Related,
	})
	return s.recordForfeitUse(ctx, tx, now, d, b, u)
}

// readBasis reads what the use is reckoned from; ended is false while no later
// sale of the property stands, and the property is still to be sold. Where it is
// not sold any more because the enforcement of the case ended, no debt is left
// that this deposit could be used for.
func readBasis(ctx context.Context, tx pgx.Tx, lot, caseID uuid.UUID) (b forfeitBasis, ended bool, err error) {
	// Forfeits of one case are used one after the other, for each lessens the debt. The lock leaves rows that refer to the case free.
	if _, err := tx.Exec(ctx, `SELECT FROM cases WHERE id = @case FOR NO KEY UPDATE`, pgx.NamedArgs{"case": caseID}); err != nil {
		return b, false, fault.Internalf("lock the case: %w", err)
	}
	err = tx.QueryRow(ctx, `
		WITH RECURSIVE later AS (
			SELECT id, coalesce(outcome, status) AS outcome, sold_again, price_fen, announced_at FROM lots WHERE previous_lot_id = @lot
			UNION SELECT l.id, coalesce(l.outcome, l.status), l.sold_again, l.price_fen, l.announced_at FROM lots l JOIN later ON l.previous_lot_id = later.id)
		SELECT later.id, first.price_fen, CASE WHEN later.outcome IN ('paid', 'taken', 'ruled') THEN later.price_fen END, k.costs_fen, k.related_fen,
			CASE WHEN later.outcome = 'withdrawn' AND EXISTS (SELECT FROM lot_acts a WHERE a.lot_id = later.id AND a.kind = 'withdrawn'
				AND a.ground IN ('debt_paid', 'instrument_annulled', 'applicant_withdrew', 'parties_settled')) THEN 0 ELSE c.claim_fen END,
			(SELECT coalesce(sum(price_fen), 0) FROM lots WHERE case_id = c.id AND outcome IN ('paid', 'taken', 'ruled'))::bigint,
			(SELECT coalesce(sum(shortfall_fen + debt_fen), 0) FROM forfeit_uses WHERE case_id = c.id AND reversed_at IS NULL)::bigint
		FROM later JOIN lots first ON first.id = @lot JOIN cases c ON c.id = first.case_id LEFT JOIN lot_costs k ON k.lot_id = first.id
		WHERE later.outcome IN ('paid', 'taken', 'ruled', 'returned')
			-- The property is not sold any more; a draft that was taken back says nothing of it.
			OR (later.outcome IN ('set_aside', 'withdrawn') AND later.announced_at IS NOT NULL AND NOT later.sold_again) LIMIT 1`, pgx.NamedArgs{"lot": lot}).
		Scan(&b.ReSaleID, &b.FirstPrice, &b.ReSalePrice, &b.Costs, &b.Related, &b.Claim, &b.Brought, &b.UsedBefore)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, fault.Internalf("read the re-sale: %w", err)
	}
	return b, true, nil
}

// recordForfeitUse posts a use, keeps its arithmetic, and puts it in the log and on the trail.
func (s *Service) recordForfeitUse(ctx context.Context, tx pgx.Tx, now time.Time, d depositRow, b forfeitBasis, u ForfeitUse) error {
	id, err := newID()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO forfeit_uses (id, deposit_id, lot_id, case_id, re_sale_id, deposit_fen, first_price_fen, re_sale_price_fen,
			costs_fen, shortfall_fen, debt_fen, related_fen, kept_fen, used_at)
		VALUES (@id, @deposit, @lot, @case, @again, @amount, @first, @price, @costs, @shortfall, @debt, @related, @kept, @now)`,
		pgx.NamedArgs{
			"id": id, "deposit": d.ID, "lot": d.LotID, "case": d.CaseID, "again": b.ReSaleID, "amount": d.Amount, "first": b.FirstPrice, "price": b.ReSalePrice,
			"costs": u.Costs, "shortfall": u.Shortfall, "debt": u.Debt, "related": u.Related, "kept": u.Kept, "now": now,
		})
	if err != nil {
		return fault.Internalf("insert the use of a forfeit: %w", err)
	}
	err = postSome(ctx, tx, now, ledger.Posting{
		CaseID: d.CaseID, Kind: "forfeit_used", Reference: id, Key: "forfeit_used/" + id.String(),
		Transfers: []ledger.Transfer{
			{Debit: ledger.Forfeits, Credit: ledger.Costs, Amount: u.Costs},
			{Debit: ledger.Forfeits, Credit: ledger.Proceeds, Amount: u.Shortfall},
			{Debit: ledger.Forfeits, Credit: ledger.Proceeds, Amount: u.Debt},
			{Debit: ledger.Forfeits, Credit: ledger.Proceeds, Amount: u.Related},
		},
	})
	if err != nil {
		return err
	}
	body := audit.ForfeitUsed{
		DepositFen: d.Amount, FirstPriceFen: b.FirstPrice, ReSale: b.ReSaleID.String(), CostsFen: u.Costs, ShortfallFen: u.Shortfall,
		DebtFen: u.Debt, RelatedFen: u.Related, KeptFen: u.Kept,
	}
	if b.ReSalePrice != nil {
		body.ReSalePriceFen = *b.ReSalePrice
	}
	return s.sales.RecordForfeitUse(ctx, tx, now, d.LotID, body)
}

// Costs is what a sale cost and, after a default, what the deposit was used for; public.
type Costs struct {
	CostsFen   money.Fen `json:"costs_fen"`
	RelatedFen money.Fen `json:"related_debts_fen"`
	RecordedAt time.Time `json:"recorded_at"`
	// Forfeit is nil while the deposit is held until the re-sale ends, and where nobody defaulted.
	Forfeit *ForfeitView `json:"forfeit,omitempty"`
}

// ForfeitView is a used deposit with what its use was reckoned from.
type ForfeitView struct {
	DepositFen     money.Fen  `json:"deposit_fen"`
	FirstPriceFen  money.Fen  `json:"first_price_fen"`
	ReSale         uuid.UUID  `json:"re_sale"`
	ReSalePriceFen *money.Fen `json:"re_sale_price_fen,omitempty"`
	ForfeitUse

	UsedAt time.Time `json:"used_at"`
}

// CostsOf reads a lot's costs.
//
// Faults: not_found (none are recorded).
func (s *Service) CostsOf(ctx context.Context, lot uuid.UUID) (Costs, error) {
	var c Costs
	err := s.pool.QueryRow(ctx, `SELECT costs_fen, related_fen, recorded_at FROM lot_costs WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).
		Scan(&c.CostsFen, &c.RelatedFen, &c.RecordedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err != nil {
		return c, fault.Internalf("read costs: %w", err)
	}
	var v ForfeitView
	err = s.pool.QueryRow(ctx, `SELECT deposit_fen, first_price_fen, re_sale_id, re_sale_price_fen, costs_fen, shortfall_fen, debt_fen, related_fen, kept_fen, used_at
		FROM forfeit_uses WHERE lot_id = @lot AND reversed_at IS NULL`, pgx.NamedArgs{"lot": lot}).
		Scan(&v.DepositFen, &v.FirstPriceFen, &v.ReSale, &v.ReSalePriceFen, &v.Costs, &v.Shortfall, &v.Debt, &v.Related, &v.Kept, &v.UsedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, fault.Internalf("read the use of a forfeit: %w", err)
	}
	c.Forfeit = &v
	return c, nil
}
