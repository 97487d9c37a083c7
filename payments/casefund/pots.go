package casefund

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// CasePot holds what belongs to no property: what the debtor paid (R17w), and what a defaulter's deposit made good of the debt and of related debts, or of
// a shortfall whose re-sale was none by auction (R24, R31d).
const CasePot = "case"

// gathered is what a case brought and cost, before anybody claims it.
type gathered struct {
	Pots []distribution.Pot
	// Common are costs of sales that brought nothing, where the deposit of who defaulted did not meet them.
	Common money.Fen
	// Brought is what all pots brought.
	Brought money.Fen
	// Awaited was paid for sales that are not paid in full yet: it is nobody's until they are.
	Awaited money.Fen
}

// gather reads what the case's sales brought.
func gather(ctx context.Context, q querier, caseID uuid.UUID) (g gathered, err error) {
	rows, err := q.Query(ctx, `
		WITH used AS (SELECT * FROM forfeit_uses WHERE case_id = @case AND reversed_at IS NULL),
		brought AS (
			SELECT l.id, l.ended_at, CASE WHEN t.lot_id IS NULL THEN l.price_fen WHEN t.difference_paid_at IS NOT NULL THEN t.difference_fen ELSE 0 END
				+ coalesce((SELECT sum(u.shortfall_fen) FROM used u WHERE u.re_sale_id = l.id), 0)::bigint AS fen
			FROM lots l LEFT JOIN takings t ON t.lot_id = l.id AND t.lapsed_at IS NULL
			WHERE l.case_id = @case AND l.outcome IN ('paid', 'taken', 'ruled')),
		rest AS (
			SELECT coalesce(sum(u.debt_fen + u.related_fen + CASE WHEN u.re_sale_id IN (SELECT id FROM brought) THEN 0 ELSE u.shortfall_fen END), 0)::bigint
			+ (SELECT coalesce(sum(p.amount_fen - coalesce(r.amount_fen, 0)), 0) FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
				WHERE p.case_id = @case AND p.purpose = 'debt' AND p.state = 'paid')::bigint AS fen FROM used u)
		SELECT b.id::text, b.fen, coalesce(k.costs_fen, 0) - coalesce((SELECT sum(u.costs_fen) FROM used u WHERE u.lot_id = b.id), 0)::bigint
		FROM brought b LEFT JOIN lot_costs k ON k.lot_id = b.id WHERE b.fen > 0
		UNION ALL SELECT * FROM (SELECT @rest, fen, 0::bigint FROM rest WHERE fen > 0) r
		ORDER BY 1`, pgx.NamedArgs{"case": caseID, "rest": CasePot})
	if err != nil {
		return g, fault.Internalf("read what a case brought: %w", err)
	}
	if g.Pots, err = pgx.CollectRows(rows, pgx.RowToStructByPos[distribution.Pot]); err != nil {
		return g, fault.Internalf("read what a case brought: %w", err)
	}
	var costs, met money.Fen
	err = q.QueryRow(ctx, `
		SELECT (SELECT coalesce(sum(k.costs_fen), 0) FROM lot_costs k JOIN lots l ON l.id = k.lot_id WHERE l.case_id = @case)::bigint,
			(SELECT coalesce(sum(costs_fen), 0) FROM forfeit_uses WHERE case_id = @case AND reversed_at IS NULL)::bigint,
			((SELECT coalesce(sum(d.amount_fen), 0) FROM deposits d JOIN lots l ON l.id = d.lot_id WHERE l.case_id = @case AND l.outcome = 'sold' AND d.state = 'applied')
			+ (SELECT coalesce(sum(p.amount_fen - p.refunded_fen), 0) FROM payments p JOIN lots l ON l.id = p.lot_id JOIN balances b ON b.lot_id = l.id
				WHERE l.case_id = @case AND p.purpose = 'balance' AND p.state = 'paid' AND l.outcome IN ('sold', 'defaulted') AND b.state <> 'reversed'))::bigint`,
		pgx.NamedArgs{"case": caseID}).Scan(&costs, &met, &g.Awaited)
	if err != nil {
		return g, fault.Internalf("read what a case cost: %w", err)
	}
	g.Common = costs - met
	for _, p := range g.Pots {
		g.Common -= p.Costs
		g.Brought += p.Proceeds
	}
	return g, nil
}

// after is what is left of it once earlier plans are paid, which are closed: what a property has left, and the costs that none of them met. One that
// has nothing left has no costs of its own either: what it did not bring of them was met by the others, or is common now.
func (g gathered) after(plans []stored) gathered {
	taken, met := map[string]money.Fen{}, map[string]money.Fen{}
	var costs money.Fen
	for i := range plans {
		if plans[i].ClosedAt == nil {
			continue
		}
		costs += plans[i].Enforcement - plans[i].Plan.Costs
		for _, s := range plans[i].Plan.Steps {
			for _, d := range s.Draws {
				taken[d.Pot] += d.Taken
				if s.Place == distribution.OwnCosts {
					met[d.Pot] += d.Taken
				}
			}
		}
	}
	out := gathered{Awaited: g.Awaited, Brought: g.Brought}
	for _, p := range g.Pots {
		costs += p.Costs
		p.Proceeds, p.Costs = p.Proceeds-taken[p.ID], p.Costs-met[p.ID]
		if p.Proceeds > 0 {
			costs -= p.Costs
			out.Pots = append(out.Pots, p)
		}
	}
	out.Common = max(0, g.Common+costs)
	return out
}

// agree holds what was gathered against the accounts: the proceeds are what sales and the debtor brought, less what plans paid, to the fen. Where they are not,
// something is on its way or nobody can say whose it is, and nothing is divided.
//
// Faults: fund_differs (conflict, with held_fen and expected_fen).
func (g gathered) agree(ctx context.Context, tx pgx.Tx, caseID uuid.UUID) error {
	held, err := ledger.Lock(ctx, tx, caseID, ledger.Proceeds, ledger.Recoverable)
	if err != nil {
		return err
	}
	var paid money.Fen
	err = tx.QueryRow(ctx, `SELECT (SELECT coalesce(sum(amount_fen), 0) FROM payouts WHERE case_id = @case)::bigint
		+ (SELECT coalesce(sum(costs_settled_fen), 0) FROM distributions WHERE case_id = @case)::bigint`, pgx.NamedArgs{"case": caseID}).Scan(&paid)
	if err != nil {
		return fault.Internalf("sum a case's payouts: %w", err)
	}
	there, expected := held[ledger.Proceeds]+paid+held[ledger.Recoverable], g.Awaited+g.Brought
	if there != expected {
		return fault.New(fault.Conflict, fault.FundDiffers).ByRule("F1").With("held_fen", there).With("expected_fen", expected)
	}
	return nil
}
