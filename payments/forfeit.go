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

// propertyResult is what became of a property whose buyers defaulted, at last.
type propertyResult struct {
	// ReSaleID is the sale that ended the waiting; nil where the thing was sold without an auction (R31d): then DirectID is that, of Asset.
	ReSaleID, DirectID, Asset *uuid.UUID
	// Price is what it brought; nil where nobody bought the property any more.
	Price *money.Fen
	// Debt is what is open of the case's debt; below zero where it brought more.
	Debt money.Fen
}

// lostDeposit is a defaulter's deposit that is to be used, with what is on record of the sale that it was lost in.
type lostDeposit struct {
	ID, LotID      uuid.UUID
	Amount, Price  money.Fen
	Costs, Related *money.Fen
}

// useForfeitsDuty uses the deposits that buyers of one property lost, together,
// once a sale of it stands and the judge has recorded what each sale that fell
// through cost (R24, ADR 019). Until then they are held; whoever brings what is
// missing owes this duty again.
func (s *Service) useForfeitsDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error { return s.useForfeits(ctx, tx, now, *d.LotID) })
}

func (s *Service) useForfeits(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	sales, caseID, err := holdSales(ctx, tx, lot)
	if err != nil {
		return err
	}
	result, ended, err := readResult(ctx, tx, sales, caseID)
	if err != nil || !ended {
		return err
	}
	lost, err := lostDeposits(ctx, tx, sales)
	if err != nil {
		return err
	}
	if asked, err := s.askCosts(ctx, tx, now, caseID, lost); err != nil || asked {
		return err
	}
	made, err := shortfallsMade(ctx, tx, sales)
	if err != nil {
		return err
	}
	list := make([]Forfeit, len(lost))
	for i, d := range lost {
		list[i] = Forfeit{Deposit: d.Amount, Costs: *d.Costs, Less: shortfall(d.Price, result.Price), Related: *d.Related}
	}
	for i, u := range UseForfeits(list, result.Debt, made) {
		if err := s.recordForfeitUse(ctx, tx, now, caseID, lost[i], result, u); err != nil {
			return err
		}
	}
	return nil
}

// askCosts owes the record of what each sale cost that has none; false where all have one.
func (s *Service) askCosts(ctx context.Context, tx pgx.Tx, now time.Time, caseID uuid.UUID, lost []lostDeposit) (asked bool, err error) {
	for _, d := range lost {
		if d.Costs != nil {
			continue
		}
		rules, err := rulesOf(ctx, tx, d.LotID)
		if err != nil {
			return false, err
		}
		// No text says by when; the time of the ruling is taken (ours).
		err = s.duties.Owe(ctx, tx, now, duty.Duty{
			Kind: duty.RecordCosts, Key: d.LotID.String(), CaseID: &caseID, LotID: &d.LotID, Rule: "R24", Actor: duty.Judge, DueAt: now.Add(rules.RulingWithin),
		})
		if err != nil {
			return false, err
		}
		asked = true
	}
	return asked, nil
}

// holdSales gives the sales of the lot's property, before it and after it, with
// their case, and holds the deposits that were lost in them, and the case:
// forfeits of one case are used one after the other, for each lessens the debt.
// The lock leaves rows that refer to the case free.
func holdSales(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (sales []uuid.UUID, caseID uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `
		WITH RECURSIVE before AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @lot
			UNION SELECT p.id, p.previous_lot_id FROM lots p JOIN before b ON p.id = b.previous_lot_id),
		sales AS (SELECT id FROM before UNION SELECT l.id FROM lots l JOIN sales s ON l.previous_lot_id = s.id)
		SELECT array_agg(id), (SELECT case_id FROM lots WHERE id = @lot) FROM sales`, pgx.NamedArgs{"lot": lot}).Scan(&sales, &caseID)
	if err != nil {
		return nil, uuid.Nil, fault.Internalf("read the sales of a property: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT FROM deposits WHERE lot_id = ANY(@sales) AND state = 'forfeited' ORDER BY id FOR UPDATE`, pgx.NamedArgs{"sales": sales}); err != nil {
		return nil, uuid.Nil, fault.Internalf("lock the forfeits: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT FROM cases WHERE id = @case FOR NO KEY UPDATE`, pgx.NamedArgs{"case": caseID}); err != nil {
		return nil, uuid.Nil, fault.Internalf("lock the case: %w", err)
	}
	return sales, caseID, nil
}

// readResult reads what became of the property at last; ended is false while no
// sale of it stands, and it is still to be sold: the sale that no other took over
// from tells, or that without an auction which took over from it. Where it is not sold any more because the enforcement of the case
// ended, no debt is left that a deposit could be used for.
func readResult(ctx context.Context, tx pgx.Tx, sales []uuid.UUID, caseID uuid.UUID) (r propertyResult, ended bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT CASE WHEN s.id IS NULL THEN l.id END, s.id, s.asset_id, CASE WHEN l.outcome IN ('paid', 'taken', 'ruled') THEN l.price_fen ELSE s.price_fen END,
			CASE WHEN EXISTS (SELECT FROM lot_acts a WHERE a.lot_id = l.id AND a.kind IN ('withdrawn', 'returned')
				AND a.ground IN ('debt_paid', 'instrument_annulled', 'applicant_withdrew', 'parties_settled')) THEN 0 ELSE c.claim_fen END
			- (SELECT coalesce(sum(price_fen), 0) FROM lots WHERE case_id = c.id AND outcome IN ('paid', 'taken', 'ruled'))::bigint
			- (SELECT coalesce(sum(price_fen), 0) FROM direct_sales WHERE case_id = c.id)::bigint
			- (SELECT coalesce(sum(p.amount_fen - coalesce(r.amount_fen, 0)), 0) FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
				WHERE p.case_id = c.id AND p.purpose = 'debt' AND p.state = 'paid')::bigint
			- (SELECT coalesce(sum(shortfall_fen + debt_fen), 0) FROM forfeit_uses WHERE case_id = c.id AND reversed_at IS NULL)::bigint
		FROM lots l JOIN cases c ON c.id = @case LEFT JOIN (direct_sales s JOIN lot_assets a ON a.asset_id = s.asset_id) ON a.lot_id = l.id AND l.next_announced
		WHERE l.id = ANY(@sales) AND l.announced_at IS NOT NULL -- a draft that was taken back says nothing
			AND NOT EXISTS (SELECT FROM lots n WHERE n.previous_lot_id = l.id AND n.announced_at IS NOT NULL)
			AND (s.id IS NOT NULL OR l.outcome IN ('paid', 'ruled') OR (l.outcome = 'taken' AND NOT EXISTS (
					SELECT FROM takings t WHERE t.lot_id = l.id AND t.lapsed_at IS NULL AND t.difference_fen > 0 AND t.difference_paid_at IS NULL)) OR l.released OR (coalesce(l.outcome, l.status) IN ('set_aside', 'withdrawn') AND NOT l.sold_again))`,
		pgx.NamedArgs{"sales": sales, "case": caseID}).Scan(&r.ReSaleID, &r.DirectID, &r.Asset, &r.Price, &r.Debt)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fault.Internalf("read the re-sale: %w", err)
	}
	return r, true, nil
}

// lostDeposits are those of the sales that are not used, of the latest sale first. None is there of a creditor who had paid none.
func lostDeposits(ctx context.Context, tx pgx.Tx, sales []uuid.UUID) ([]lostDeposit, error) {
	rows, err := tx.Query(ctx, `SELECT d.id, d.lot_id, d.amount_fen, l.price_fen, k.costs_fen, k.related_fen
		FROM deposits d JOIN lots l ON l.id = d.lot_id LEFT JOIN lot_costs k ON k.lot_id = d.lot_id
		WHERE d.lot_id = ANY(@sales) AND d.state = 'forfeited' AND NOT EXISTS (SELECT FROM forfeit_uses u WHERE u.deposit_id = d.id AND u.reversed_at IS NULL)
		ORDER BY l.ended_at DESC, d.id DESC`, pgx.NamedArgs{"sales": sales})
	if err != nil {
		return nil, fault.Internalf("read the forfeits: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lostDeposit])
	if err != nil {
		return nil, fault.Internalf("read the forfeits: %w", err)
	}
	return list, nil
}

// shortfallsMade are what deposits that were used before made good of the property's loss.
func shortfallsMade(ctx context.Context, tx pgx.Tx, sales []uuid.UUID) ([]Made, error) {
	rows, err := tx.Query(ctx, `SELECT greatest(first_price_fen - re_sale_price_fen, 0), shortfall_fen FROM forfeit_uses
		WHERE lot_id = ANY(@sales) AND reversed_at IS NULL AND re_sale_price_fen IS NOT NULL`, pgx.NamedArgs{"sales": sales})
	if err != nil {
		return nil, fault.Internalf("read the shortfalls that were made good: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Made])
	if err != nil {
		return nil, fault.Internalf("read the shortfalls that were made good: %w", err)
	}
	return list, nil
}

// recordForfeitUse posts a use, keeps its arithmetic, and puts it in the log and on the trail.
func (s *Service) recordForfeitUse(ctx context.Context, tx pgx.Tx, now time.Time, caseID uuid.UUID, d lostDeposit, r propertyResult, u ForfeitUse) error {
	id, err := newID()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO forfeit_uses (id, deposit_id, lot_id, case_id, re_sale_id, direct_sale_id, deposit_fen, first_price_fen, re_sale_price_fen,
			costs_fen, shortfall_fen, debt_fen, related_fen, kept_fen, used_at)
		VALUES (@id, @deposit, @lot, @case, @again, @direct, @amount, @first, @price, @costs, @shortfall, @debt, @related, @kept, @now)`,
		pgx.NamedArgs{
			"id": id, "deposit": d.ID, "lot": d.LotID, "case": caseID, "again": r.ReSaleID, "direct": r.DirectID, "amount": d.Amount, "first": d.Price, "price": r.Price,
			"costs": u.Costs, "shortfall": u.Shortfall, "debt": u.Debt, "related": u.Related, "kept": u.Kept, "now": now,
		})
	if err != nil {
		return fault.Internalf("insert the use of a forfeit: %w", err)
	}
	err = postSome(ctx, tx, now, ledger.Posting{
		CaseID: caseID, Kind: "forfeit_used", Reference: id, Key: "forfeit_used/" + id.String(),
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
		DepositFen: d.Amount, FirstPriceFen: d.Price, CostsFen: u.Costs, ShortfallFen: u.Shortfall,
		DebtFen: u.Debt, RelatedFen: u.Related, KeptFen: u.Kept,
	}
	if r.ReSaleID != nil {
		body.ReSale = r.ReSaleID.String()
	} else {
		body.Asset = r.Asset.String()
	}
	if r.Price != nil {
		body.ReSalePriceFen = *r.Price
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
	DepositFen    money.Fen `json:"deposit_fen"`
	FirstPriceFen money.Fen `json:"first_price_fen"`
	// ReSale is the sale that stands at last, or the last one where none does; DirectSale is there in its place where the thing was sold
	// without an auction (R31d).
	ReSale         uuid.UUID  `json:"re_sale,omitzero"`
	DirectSale     uuid.UUID  `json:"direct_sale,omitzero"`
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
	var again, direct uuid.NullUUID
	err = s.pool.QueryRow(ctx, `SELECT deposit_fen, first_price_fen, re_sale_id, direct_sale_id, re_sale_price_fen, costs_fen, shortfall_fen, debt_fen, related_fen, kept_fen, used_at
		FROM forfeit_uses WHERE lot_id = @lot AND reversed_at IS NULL`, pgx.NamedArgs{"lot": lot}).
		Scan(&v.DepositFen, &v.FirstPriceFen, &again, &direct, &v.ReSalePriceFen, &v.Costs, &v.Shortfall, &v.Debt, &v.Related, &v.Kept, &v.UsedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, fault.Internalf("read the use of a forfeit: %w", err)
	}
	v.ReSale, v.DirectSale = again.UUID, direct.UUID
	c.Forfeit = &v
	return c, nil
}
