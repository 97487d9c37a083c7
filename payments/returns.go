package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// depositReturn is a refund that the provider says is done.
type depositReturn struct {
	refund   uuid.UUID
	provider string
	// alone: not plain, so settleRefund does it by itself. applied: this moved it.
	alone, applied bool
	row            doneRefund
	deposit        depositRow
}

// doneRefund is what of a refund its end needs.
type doneRefund struct {
	ID, PaymentID, CaseID uuid.UUID
	DepositID             *uuid.UUID
	Amount                money.Fen
	State                 string
}

// returns writes the ends of refunds of deposits: after a sale those of all who lost.
type returns struct{}

// Plan locks refunds before deposits, each in the order of their ids, as settleRefund does for one.
func (returns) Plan(ctx context.Context, tx pgx.Tx, _ time.Time, works []*depositReturn) ([]ledger.Planned, error) {
	ids := make([]uuid.UUID, len(works))
	for i, w := range works {
		ids[i] = w.refund
	}
	rows, err := tx.Query(ctx, `SELECT id, payment_id, case_id, deposit_id, amount_fen, state FROM refunds WHERE id = ANY (@ids) ORDER BY id FOR UPDATE`,
		pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, fault.Internalf("lock refunds: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[doneRefund])
	if err != nil {
		return nil, fault.Internalf("lock refunds: %w", err)
	}
	refunds := make(map[uuid.UUID]doneRefund, len(list))
	for _, row := range list {
		refunds[row.ID] = row
	}
	deposits, err := lockDepositsOf(ctx, tx, `SELECT deposit_id FROM refunds WHERE id = ANY (@ids)`, ids)
	if err != nil {
		return nil, err
	}
	over, err := lotsOver(ctx, tx, deposits)
	if err != nil {
		return nil, err
	}
	sealed, err := lotsSealed(ctx, tx, over)
	if err != nil {
		return nil, err
	}
	planned := make([]ledger.Planned, len(works))
	taken := map[uuid.UUID]bool{}
	for i, w := range works {
		w.alone, w.applied, w.row = false, false, refunds[w.refund]
		planned[i].Nothing = true // unless it is plain
		if w.row.DepositID != nil {
			w.deposit = deposits[*w.row.DepositID]
		}
		switch {
		case taken[w.refund]:
			planned[i] = ledger.Planned{Later: true}
		case w.row.State == "done":
		case !w.plain() || sealed[w.deposit.LotID]:
			w.alone = true
		default:
			taken[w.refund] = true
			planned[i] = ledger.Planned{Postings: []ledger.Posting{w.posting(over[w.deposit.LotID])}}
		}
	}
	return planned, nil
}

// plain: the refund of a deposit that goes back, by the provider's hand.
func (w *depositReturn) plain() bool {
	return w.row.DepositID != nil && (w.row.State == "owed" || w.row.State == "asked") && w.deposit.State == Returning
}

// posting is what the refund moves: sealed until bidding on the lot is over (R18).
func (w *depositReturn) posting(over bool) ledger.Posting {
	p := ledger.Posting{
		CaseID: w.row.CaseID, Kind: "deposit_returned", Reference: w.refund, Key: "deposit_returned/" + w.refund.String(),
		Transfers: []ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Clearing, Amount: w.row.Amount}},
	}
	if !over {
		p.SealedLot = &w.deposit.LotID
	}
	return p
}

// lotsSealed tells for which lots that are over something is still to be disclosed, which comes first.
func lotsSealed(ctx context.Context, tx pgx.Tx, over map[uuid.UUID]bool) (map[uuid.UUID]bool, error) {
	lots := make([]uuid.UUID, 0, len(over))
	for lot := range over {
		lots = append(lots, lot)
	}
	rows, err := tx.Query(ctx, `SELECT lot FROM unnest(@lots::uuid[]) AS lot WHERE EXISTS (
		SELECT FROM postings p WHERE p.sealed_lot_id = lot AND NOT EXISTS (SELECT FROM disclosed d WHERE d.posting_id = p.id))`,
		pgx.NamedArgs{"lots": lots})
	if err != nil {
		return nil, fault.Internalf("look what is sealed: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("look what is sealed: %w", err)
	}
	sealed := make(map[uuid.UUID]bool, len(list))
	for _, lot := range list {
		sealed[lot] = true
	}
	return sealed, nil
}

// Write ends the refunds, counts them on their payments, and returns the deposits whose last they were.
func (returns) Write(ctx context.Context, tx pgx.Tx, now time.Time, works []*depositReturn) error {
	ids, providers := make([]uuid.UUID, len(works)), make([]string, len(works))
	deposits := make(map[uuid.UUID]*depositRow, len(works))
	var touched []uuid.UUID
	for i, w := range works {
		w.applied = true
		ids[i], providers[i] = w.refund, w.provider
		if deposits[w.deposit.ID] == nil {
			deposits[w.deposit.ID] = &w.deposit
			touched = append(touched, w.deposit.ID)
		}
	}
	tag, err := tx.Exec(ctx, `
		WITH ended AS (
			UPDATE refunds r SET state = 'done', done_at = @now, provider_id = v.provider, asked_at = coalesce(asked_at, @now)
			FROM unnest(@ids::uuid[], @providers::text[]) AS v (id, provider)
			WHERE r.id = v.id AND r.state IN ('owed', 'asked') RETURNING r.payment_id, r.amount_fen)
		UPDATE payments p SET refunded_fen = refunded_fen + ended.amount_fen FROM ended WHERE p.id = ended.payment_id`,
		pgx.NamedArgs{"ids": ids, "providers": providers, "now": now})
	if err != nil {
		return fault.Internalf("end refunds: %w", err)
	}
	if tag.RowsAffected() != int64(len(works)) { // a payment has one refund
		return fault.Internalf("%d of %d refunds ended", tag.RowsAffected(), len(works))
	}
	rows, err := tx.Query(ctx, `SELECT d.id FROM unnest(@deposits::uuid[]) AS d (id) WHERE NOT EXISTS (
		SELECT FROM payments p WHERE p.deposit_id = d.id AND p.state = 'paid' AND p.refunded_fen < p.amount_fen)`, pgx.NamedArgs{"deposits": touched})
	if err != nil {
		return fault.Internalf("look for refunds left: %w", err)
	}
	back, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fault.Internalf("look for refunds left: %w", err)
	}
	returned := make([]*depositRow, len(back))
	for i, id := range back {
		returned[i] = deposits[id]
	}
	if len(returned) == 0 {
		return nil
	}
	return moveDeposits(ctx, tx, now, returned, DepositBack, time.Time{})
}
