package payments

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
	"mingchui/payments/ledger"
)

// SettleDeposits does at once what the end of a lot makes due for its deposits,
// if its duty did not run yet, so that a setting aside finds them where they
// belong. It is a transaction of its own.
func (s *Service) SettleDeposits(ctx context.Context, lot uuid.UUID) error {
	var created time.Time
	err := s.pool.QueryRow(ctx, `SELECT created_at FROM duties WHERE lot_id = @lot AND kind = @kind AND state = 'owed' LIMIT 1`,
		pgx.NamedArgs{"lot": lot, "kind": duty.ReleaseDeposits}).Scan(&created)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fault.Internalf("read when the deposits are due: %w", err)
	}
	return s.releaseDepositsDuty(ctx, duty.Duty{Kind: duty.ReleaseDeposits, LotID: &lot, CreatedAt: created})
}

// Reverse takes back in full what a sale that is set aside moved, in the
// transaction that sets it aside (R31): the buyer's deposit and what was paid of
// the price go to escrow and are owed back; uses of forfeits that were reckoned
// from this sale are undone. What the proceeds cannot give because it was paid
// out is debited to what payees owe back.
//
// With keep, the deposit of a buyer who knew of not being allowed to own the
// property is kept instead, and used as a defaulter's is (R12e, R24).
//
// It holds the balance, the deposit and the case before the caller holds the
// lot: whoever records money takes them in that order.
func (s *Service) Reverse(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, keep bool) (out auction.Reversed, err error) {
	b, err := lockBalance(ctx, tx, lot)
	bought := fault.CodeOf(err) != fault.BalanceNotDue
	if err != nil && bought {
		return out, err
	}
	var deposits []depositRow
	if bought {
		if deposits, err = lockBuyersDeposit(ctx, tx, b); err != nil {
			return out, err
		}
	}
	if err := reverseUses(ctx, tx, now, lot); err != nil {
		return out, err
	}
	if !bought {
		return s.reverseDifference(ctx, tx, now, lot)
	}
	if keep {
		if out.KeptFen, err = forfeit(ctx, tx, now, deposits); err != nil {
			return out, err
		}
		deposits = nil
	}
	var fromProceeds, fromForfeits money.Fen
	for _, d := range deposits {
		if d.State == Forfeited {
			fromForfeits += d.Amount
		} else {
			fromProceeds += d.Amount
		}
	}
	parts, err := s.reverseBalance(ctx, tx, now, b)
	if err != nil {
		return out, err
	}
	fromProceeds += parts
	out.ReversedFen = fromProceeds + fromForfeits
	if out.RecoverableFen, err = s.postReversal(ctx, tx, now, b.CaseID, lot, fromProceeds, fromForfeits); err != nil {
		return out, err
	}
	within, err := returnWithin(ctx, tx, lot)
	if err != nil {
		return out, err
	}
	for i := range deposits {
		if err := moveDeposit(ctx, tx, now, &deposits[i], DepositReversed, now.Add(within)); err != nil {
			return out, err
		}
		if err := s.oweRefunds(ctx, tx, now, &deposits[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// reverseDifference owes back what a creditor who took the property paid in: a
// transfer by hand, as it came.
func (s *Service) reverseDifference(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (out auction.Reversed, err error) {
	var id, caseID uuid.UUID
	var state string
	var paid money.Fen
	// One that is being approved is waited for.
	err = tx.QueryRow(ctx, `SELECT id, case_id, amount_fen, state FROM transfers_in WHERE lot_id = @lot AND state <> 'refused' FOR UPDATE`,
		pgx.NamedArgs{"lot": lot}).Scan(&id, &caseID, &paid, &state)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && state != "approved") {
		return out, nil
	}
	if err != nil {
		return out, fault.Internalf("read the difference: %w", err)
	}
	within, err := returnWithin(ctx, tx, lot)
	if err != nil {
		return out, err
	}
	out.ReversedFen = paid
	if out.RecoverableFen, err = s.postReversal(ctx, tx, now, caseID, lot, paid, 0); err != nil {
		return out, err
	}
	return out, s.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.ReturnByTransfer, Key: id.String(), CaseID: &caseID, LotID: &lot, Rule: "R31", Actor: duty.Finance, DueAt: now.Add(within),
	})
}

// lockBuyersDeposit is the buyer's deposit where the sale left it; none for a creditor who owed none.
func lockBuyersDeposit(ctx context.Context, tx pgx.Tx, b balanceRow) ([]depositRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+depositColumns+` FROM deposits
		WHERE lot_id = @lot AND account_id = @account AND state IN ('applied', 'forfeited') FOR UPDATE`,
		pgx.NamedArgs{"lot": b.LotID, "account": b.AccountID})
	if err != nil {
		return nil, fault.Internalf("lock buyer's deposit: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[depositRow])
	if err != nil {
		return nil, fault.Internalf("lock buyer's deposit: %w", err)
	}
	return list, nil
}

// reverseBalance closes a balance and owes back all that came of it; the sum
// is what still lies in proceeds. A defaulter's parts are on their way back already.
func (s *Service) reverseBalance(ctx context.Context, tx pgx.Tx, now time.Time, b balanceRow) (money.Fen, error) {
	if b.State == "defaulted" {
		return 0, nil
	}
	// Whoever finishes a refund of one of them holds its row until that is posted.
	if _, err := tx.Exec(ctx, `SELECT FROM payments WHERE purpose = 'balance' AND lot_id = @lot ORDER BY id FOR UPDATE`, pgx.NamedArgs{"lot": b.LotID}); err != nil {
		return 0, fault.Internalf("lock balance's payments: %w", err)
	}
	var left money.Fen
	err := tx.QueryRow(ctx, `SELECT coalesce(sum(amount_fen - refunded_fen), 0)::bigint FROM payments WHERE purpose = 'balance' AND lot_id = @lot AND state = 'paid'`,
		pgx.NamedArgs{"lot": b.LotID}).Scan(&left)
	if err != nil {
		return 0, fault.Internalf("sum balance's payments: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE balances SET state = 'reversed', settled_at = @now WHERE lot_id = @lot`,
		pgx.NamedArgs{"lot": b.LotID, "now": now}); err != nil {
		return 0, fault.Internalf("reverse balance: %w", err)
	}
	return left, s.returnParts(ctx, tx, now, b.LotID)
}

// postReversal moves to escrow what goes back, from where it lies.
func (s *Service) postReversal(ctx context.Context, tx pgx.Tx, now time.Time, caseID, lot uuid.UUID, fromProceeds, fromForfeits money.Fen) (recoverable money.Fen, err error) {
	held, err := ledger.Lock(ctx, tx, caseID, ledger.Escrow, ledger.Proceeds, ledger.Forfeits, ledger.Recoverable)
	if err != nil {
		return 0, err
	}
	given, sum, err := casefund.Gave(ctx, tx, caseID, lot.String())
	if err != nil {
		return 0, err
	}
	// What was paid out of this sale's price is claimed back: what other sales brought is not touched for it.
	there := min(fromProceeds-min(fromProceeds, sum), held[ledger.Proceeds])
	recoverable = fromProceeds - there
	if err := casefund.OweBack(ctx, tx, now, caseID, lot, recoverable, given); err != nil {
		return 0, err
	}
	return recoverable, postSome(ctx, tx, now, ledger.Posting{
		CaseID: caseID, Kind: "sale_set_aside", Reference: lot, Key: "sale_set_aside/" + lot.String(),
		Transfers: []ledger.Transfer{
			{Debit: ledger.Proceeds, Credit: ledger.Escrow, Amount: there},
			{Debit: ledger.Forfeits, Credit: ledger.Escrow, Amount: fromForfeits},
			{Debit: ledger.Recoverable, Credit: ledger.Escrow, Amount: recoverable},
		},
	})
}

// usedForfeit is a use with whose it was, and the sale that it made good a loss of.
type usedForfeit struct {
	ID, CaseID uuid.UUID
	ReSale     *uuid.UUID
	ForfeitUse
}

// gave is what the use gave to each pot of the proceeds: with the price of the sale, and with what belongs to no property.
func (u usedForfeit) gave() map[string]money.Fen {
	gave := map[string]money.Fen{casefund.CasePot: u.Debt + u.Related}
	of := casefund.CasePot
	if u.ReSale != nil {
		of = u.ReSale.String()
	}
	gave[of] += u.Shortfall
	return gave
}

// reverseUses undoes uses of forfeits of this sale, those that were reckoned from its price, and those that were reckoned together with
// its own; those deposits are held again until another sale stands, or are reckoned anew from the one that does.
func reverseUses(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	// Forfeits of one case are used under this lock, which leaves rows that refer to the case free.
	if _, err := tx.Exec(ctx, `SELECT FROM cases WHERE id = (SELECT case_id FROM lots WHERE id = @lot) FOR NO KEY UPDATE`, pgx.NamedArgs{"lot": lot}); err != nil {
		return fault.Internalf("lock the case: %w", err)
	}
	rows, err := tx.Query(ctx, `UPDATE forfeit_uses SET reversed_at = @now WHERE reversed_at IS NULL
			AND (re_sale_id = @lot OR coalesce(re_sale_id, direct_sale_id) IN (SELECT coalesce(re_sale_id, direct_sale_id) FROM forfeit_uses WHERE lot_id = @lot AND reversed_at IS NULL))
		RETURNING id, case_id, re_sale_id, costs_fen, shortfall_fen, debt_fen, related_fen, kept_fen`, pgx.NamedArgs{"lot": lot, "now": now})
	if err != nil {
		return fault.Internalf("reverse uses of forfeits: %w", err)
	}
	uses, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u usedForfeit, err error) {
		return u, row.Scan(&u.ID, &u.CaseID, &u.ReSale, &u.Costs, &u.Shortfall, &u.Debt, &u.Related, &u.Kept)
	})
	if err != nil {
		return fault.Internalf("reverse uses of forfeits: %w", err)
	}
	// What their pots have left yet, with what the uses gave them: what other sales brought is not touched for it.
	left := map[string]money.Fen{}
	for _, u := range uses {
		for pot, f := range u.gave() {
			if _, read := left[pot]; !read {
				if left[pot], err = casefund.Left(ctx, tx, u.CaseID, pot); err != nil {
					return err
				}
			}
			left[pot] += f
		}
	}
	for _, u := range uses {
		if err := postUndone(ctx, tx, now, u, left); err != nil {
			return err
		}
	}
	return nil
}

// postUndone gives back to the forfeits what a use took of them, and takes it off what its pots have left; what was paid out since is claimed back.
func postUndone(ctx context.Context, tx pgx.Tx, now time.Time, u usedForfeit, left map[string]money.Fen) error {
	held, err := ledger.Lock(ctx, tx, u.CaseID, ledger.Proceeds, ledger.Forfeits, ledger.Costs, ledger.Recoverable)
	if err != nil {
		return err
	}
	proceeds := u.Shortfall + u.Debt + u.Related
	var there money.Fen
	gave := u.gave()
	for pot, f := range gave {
		f = max(0, min(f, left[pot]))
		left[pot] -= f
		there += f
	}
	there = min(there, held[ledger.Proceeds])
	given, _, err := casefund.Gave(ctx, tx, u.CaseID, slices.Sorted(maps.Keys(gave))...)
	if err != nil {
		return err
	}
	if err := casefund.OweBack(ctx, tx, now, u.CaseID, u.ID, proceeds-there, given); err != nil {
		return err
	}
	return postSome(ctx, tx, now, ledger.Posting{
		CaseID: u.CaseID, Kind: "forfeit_use_reversed", Reference: u.ID, Key: "forfeit_use_reversed/" + u.ID.String(),
		Transfers: []ledger.Transfer{
			{Debit: ledger.Costs, Credit: ledger.Forfeits, Amount: u.Costs},
			{Debit: ledger.Proceeds, Credit: ledger.Forfeits, Amount: there},
			{Debit: ledger.Recoverable, Credit: ledger.Forfeits, Amount: proceeds - there},
		},
	})
}

// postSome posts the transfers that move something.
func postSome(ctx context.Context, tx pgx.Tx, now time.Time, p ledger.Posting) error {
	p.Transfers = slices.DeleteFunc(p.Transfers, func(t ledger.Transfer) bool { return t.Amount == 0 })
	if len(p.Transfers) == 0 {
		return nil
	}
	return ledger.Post(ctx, tx, now, p)
}
