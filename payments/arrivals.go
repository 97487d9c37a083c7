package payments

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
)

// Before a sale everybody pays at once, and after it everybody is paid back. What
// is plain of both is written by ledger.Writer, many in one transaction; the rest,
// and what only one in thousands meets, alone.

// depositArrival is money that a webhook or a look tells of. The writer fills in
// the rest under its locks.
type depositArrival struct {
	payment uuid.UUID
	intent  string
	there   gateway.Payment
	// alone: not plain, so received does it by itself. applied: this moved it.
	alone, applied bool
	row            paymentRow
	deposit        depositRow
}

// arrivals writes deposits that are paid whole while bidding is not over.
type arrivals struct{ s *Service }

// Plan locks the deposits in the order of their ids, as the release does, before it reads their payments.
func (arrivals) Plan(ctx context.Context, tx pgx.Tx, _ time.Time, works []*depositArrival) ([]ledger.Planned, error) {
	ids := make([]uuid.UUID, len(works))
	for i, w := range works {
		ids[i] = w.payment
	}
	deposits, err := lockDepositsOf(ctx, tx, `SELECT deposit_id FROM payments WHERE id = ANY (@ids)`, ids)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT `+paymentColumns+` FROM payments WHERE id = ANY (@ids)`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, fault.Internalf("read payments: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[paymentRow])
	if err != nil {
		return nil, fault.Internalf("read payments: %w", err)
	}
	payments := make(map[uuid.UUID]paymentRow, len(list))
	for _, p := range list {
		payments[p.ID] = p
	}
	over, err := lotsOver(ctx, tx, deposits)
	if err != nil {
		return nil, err
	}
	planned := make([]ledger.Planned, len(works))
	taken := map[uuid.UUID]bool{}
	for i, w := range works {
		w.alone, w.applied, w.row = false, false, payments[w.payment]
		planned[i].Nothing = true // unless it is plain
		if w.row.DepositID == nil {
			w.alone = true
			continue
		}
		w.deposit = deposits[*w.row.DepositID]
		if taken[w.deposit.ID] {
			planned[i] = ledger.Planned{Later: true} // the other one's money may be all that was asked
			continue
		}
		if w.row.State == Paid {
			continue
		}
		if !w.plain() || over[w.deposit.LotID] {
			w.alone = true
			continue
		}
		taken[w.deposit.ID] = true
		planned[i] = ledger.Planned{Postings: []ledger.Posting{heldPosting(w.row, ledger.Clearing, &w.deposit.LotID)}}
	}
	return planned, nil
}

// plain: the last or only payment of a deposit that waits for it.
func (w *depositArrival) plain() bool {
	if _, err := NextDeposit(w.deposit.State, DepositPaid); err != nil {
		return false
	}
	return w.row.Purpose == forDeposit && fits(w.there, w.row) && w.deposit.Paid+w.row.Amount == w.deposit.Amount
}

// Write marks the payments paid and the deposits held, and tells the admission once a deposit.
func (a arrivals) Write(ctx context.Context, tx pgx.Tx, now time.Time, works []*depositArrival) error {
	payments, intents, deposits := make([]uuid.UUID, len(works)), make([]string, len(works)), make([]*depositRow, len(works))
	for i, w := range works {
		payments[i], intents[i], deposits[i] = w.payment, w.intent, &w.deposit
	}
	n, err := markAllPaid(ctx, tx, now, payments, intents)
	if err != nil {
		return err
	}
	if n != len(works) {
		return fault.Internalf("%d of %d payments were paid beside their deposits' locks", len(works)-n, len(works))
	}
	ids := make([]uuid.UUID, len(deposits))
	for i, d := range deposits {
		ids[i] = d.ID
	}
	if _, err := tx.Exec(ctx, `UPDATE deposits SET paid_fen = amount_fen WHERE id = ANY (@ids)`, pgx.NamedArgs{"ids": ids}); err != nil {
		return fault.Internalf("count deposits' money: %w", err)
	}
	if err := moveDeposits(ctx, tx, now, deposits, DepositPaid, time.Time{}); err != nil {
		return err
	}
	// Lots in one order, for the admission's own rows.
	slices.SortStableFunc(works, func(a, b *depositArrival) int { return cmp.Compare(a.deposit.LotID.String(), b.deposit.LotID.String()) })
	for _, w := range works {
		w.applied = true
		if err := a.s.admitter.DepositHeld(ctx, tx, now, w.deposit.LotID); err != nil {
			return err
		}
	}
	return nil
}

// heldPosting is what a payment of a deposit moves.
func heldPosting(p paymentRow, from ledger.Purpose, sealed *uuid.UUID) ledger.Posting {
	return ledger.Posting{
		CaseID: p.CaseID, Kind: "deposit_held", Reference: p.ID, Key: "deposit_held/" + p.ID.String(), SealedLot: sealed,
		Transfers: []ledger.Transfer{{Debit: from, Credit: ledger.Escrow, Amount: p.Amount}},
	}
}

// lockDepositsOf locks the deposits whose ids a query gives, in their order.
func lockDepositsOf(ctx context.Context, tx pgx.Tx, query string, ids []uuid.UUID) (map[uuid.UUID]depositRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+depositColumns+` FROM deposits WHERE id IN (`+query+`) ORDER BY id FOR UPDATE`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, fault.Internalf("lock deposits: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[depositRow])
	if err != nil {
		return nil, fault.Internalf("lock deposits: %w", err)
	}
	deposits := make(map[uuid.UUID]depositRow, len(list))
	for _, d := range list {
		deposits[d.ID] = d
	}
	return deposits, nil
}

// lotsOver tells of which deposits' lots bidding is over: what is posted for them is for everybody (R18).
func lotsOver(ctx context.Context, tx pgx.Tx, deposits map[uuid.UUID]depositRow) (map[uuid.UUID]bool, error) {
	lots := make([]uuid.UUID, 0, len(deposits))
	for _, d := range deposits {
		lots = append(lots, d.LotID)
	}
	rows, err := tx.Query(ctx, `SELECT id FROM lots WHERE id = ANY (@lots) AND status IN ('ended', 'withdrawn')`, pgx.NamedArgs{"lots": lots})
	if err != nil {
		return nil, fault.Internalf("look which lots are over: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("look which lots are over: %w", err)
	}
	over := make(map[uuid.UUID]bool, len(list))
	for _, id := range list {
		over[id] = true
	}
	return over, nil
}

// markAllPaid moves payments to paid, each by its intent (empty where a transfer brought it), and tells how many were not paid before.
func markAllPaid(ctx context.Context, tx pgx.Tx, now time.Time, ids []uuid.UUID, intents []string) (int, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE payments p SET state = 'paid', paid_at = @now, intent_id = nullif(v.intent, ''),
			opened_at = coalesce(opened_at, @now), checkout_id = CASE WHEN v.intent = '' THEN checkout_id ELSE coalesce(checkout_id, 'unknown/' || p.id) END
		FROM unnest(@ids::uuid[], @intents::text[]) AS v (id, intent)
		WHERE p.id = v.id AND p.state <> 'paid'`, pgx.NamedArgs{"ids": ids, "intents": intents, "now": now})
	if err != nil {
		return 0, fault.Internalf("mark payments paid: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// moveDeposits applies one event to deposits; their rows are locked by the caller.
func moveDeposits(ctx context.Context, tx pgx.Tx, now time.Time, deposits []*depositRow, e DepositEvent, returnDue time.Time) error {
	ids, from, to := make([]uuid.UUID, len(deposits)), make([]string, len(deposits)), make([]string, len(deposits))
	for i, d := range deposits {
		next, err := NextDeposit(d.State, e)
		if err != nil {
			return err
		}
		ids[i], from[i], to[i] = d.ID, string(d.State), string(next)
	}
	var due *time.Time
	if !returnDue.IsZero() {
		due = &returnDue
	}
	tag, err := tx.Exec(ctx, `
		UPDATE deposits d SET state = v.next,
			held_at = CASE WHEN v.next = 'held' THEN @now ELSE held_at END,
			settled_at = CASE WHEN v.next IN ('applied', 'returned', 'forfeited', 'lapsed') THEN @now::timestamptz END,
			return_due_at = CASE WHEN v.next = 'returning' THEN coalesce(@due, return_due_at) ELSE return_due_at END
		FROM unnest(@ids::uuid[], @from::text[], @to::text[]) AS v (id, state, next)
		WHERE d.id = v.id AND d.state = v.state`,
		pgx.NamedArgs{"ids": ids, "from": from, "to": to, "now": now, "due": due})
	if err != nil {
		return fault.Internalf("move deposits: %w", err)
	}
	if tag.RowsAffected() != int64(len(deposits)) {
		return fault.New(fault.Conflict, fault.PaymentStateConflict)
	}
	for i, d := range deposits {
		d.State = DepositState(to[i])
	}
	return nil
}
