package payments

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/payments/ledger"
)

// Fsck checks I4 and I5 from the rows alone and names every breach: what
// deposits, payments and refunds say is what the ledger holds.
func Fsck(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	problems, err := ledger.Fsck(ctx, pool)
	if err != nil {
		return nil, err
	}
	for _, query := range []string{papersOfMoney, booksOfCases, transfersByHand, unknownMoney, forfeitsAndReversals, payoutsOfPlans} {
		rows, err := pool.Query(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("check deposits: %w", err)
		}
		more, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("check deposits: %w", err)
		}
		problems = append(problems, more...)
	}
	return problems, nil
}

// papersOfMoney are deposits, payments, refunds and balances that do not agree with each other, or have no posting.
const papersOfMoney = `
		SELECT 'deposit ' || d.id || ' is ' || d.state || ' with ' || coalesce(p.paid, 0) || ' fen paid of ' || d.amount_fen
		FROM deposits d LEFT JOIN (
			SELECT deposit_id, sum(amount_fen) AS paid, sum(refunded_fen) AS refunded FROM payments
			WHERE state = 'paid' AND purpose = 'deposit' GROUP BY deposit_id) p ON p.deposit_id = d.id
		WHERE (d.state IN ('held', 'applied', 'forfeited') AND coalesce(p.paid - p.refunded, 0) < d.amount_fen)
			OR (d.state = 'returned' AND coalesce(p.paid, 0) <> coalesce(p.refunded, 0))
			OR (d.state IN ('exempt') AND coalesce(p.paid - p.refunded, 0) <> 0)
		UNION ALL
		SELECT 'payment ' || p.id || ' is paid without a posting' FROM payments p
		WHERE p.state = 'paid' AND NOT EXISTS (SELECT 1 FROM postings o WHERE o.reference = p.id)
		UNION ALL
		SELECT 'refund ' || r.id || ' is done without a posting' FROM refunds r
		WHERE r.state = 'done' AND NOT EXISTS (SELECT 1 FROM postings o WHERE o.reference = r.id)
		UNION ALL
		SELECT 'payment ' || p.id || ' counts ' || p.refunded_fen || ' fen refunded, its refunds give ' || coalesce(r.done, 0)
		FROM payments p LEFT JOIN (
			SELECT payment_id, sum(amount_fen) AS done FROM refunds WHERE state IN ('done', 'transferred') GROUP BY payment_id) r ON r.payment_id = p.id
		WHERE p.refunded_fen <> coalesce(r.done, 0)
		UNION ALL
		SELECT 'balance of lot ' || b.lot_id || ' is ' || b.state || ' with ' || b.paid_fen || ' of ' || b.amount_fen
		FROM balances b WHERE b.state = 'paid' AND b.paid_fen <> b.amount_fen`

// booksOfCases are accounts that hold another sum than deposits and payments give.
const booksOfCases = `
		SELECT 'case ' || a.case_id || ': ' || a.purpose || ' holds ' || a.balance_fen || ' fen, deposits and payments give ' || coalesce(w.fen, 0)
		FROM ledger_accounts a LEFT JOIN (
			SELECT case_id, 'escrow' AS purpose, sum(fen) AS fen FROM (
				SELECT case_id, amount_fen - refunded_fen AS fen FROM payments WHERE state = 'paid' AND purpose = 'deposit'
				UNION ALL SELECT case_id, -amount_fen FROM deposits WHERE state IN ('applied', 'forfeited')
				UNION ALL SELECT p.case_id, p.amount_fen - p.refunded_fen FROM payments p JOIN balances b ON b.lot_id = p.lot_id
					WHERE p.state = 'paid' AND p.purpose = 'balance' AND b.state = 'reversed'
				UNION ALL SELECT i.case_id, i.amount_fen FROM transfers_in i JOIN lots l ON l.id = i.lot_id
					WHERE i.state = 'approved' AND l.outcome = 'set_aside'
				UNION ALL SELECT case_id, -amount_fen FROM transfers_out WHERE state = 'approved' AND transfer_in_id IS NOT NULL
				-- What a debtor paid above the debt, until it is back.
				UNION ALL SELECT p.case_id, r.amount_fen - p.refunded_fen FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE p.purpose = 'debt') e GROUP BY case_id
			UNION ALL
			SELECT case_id, 'proceeds', sum(fen) FROM (
				SELECT p.case_id, p.amount_fen - p.refunded_fen AS fen FROM payments p JOIN balances b ON b.lot_id = p.lot_id
					WHERE p.state = 'paid' AND p.purpose = 'balance' AND b.state <> 'reversed'
				UNION ALL SELECT i.case_id, i.amount_fen FROM transfers_in i JOIN lots l ON l.id = i.lot_id
					WHERE i.state = 'approved' AND l.outcome <> 'set_aside'
				UNION ALL SELECT case_id, amount_fen FROM deposits WHERE state = 'applied'
				UNION ALL SELECT case_id, shortfall_fen + debt_fen + related_fen FROM forfeit_uses WHERE reversed_at IS NULL
				UNION ALL SELECT p.case_id, p.amount_fen - coalesce(r.amount_fen, 0) FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
					WHERE p.purpose = 'debt' AND p.state = 'paid'
				-- What plans paid, and what is claimed back.
				UNION ALL SELECT case_id, -amount_fen FROM payouts
				UNION ALL SELECT case_id, -costs_settled_fen FROM distributions WHERE approved_at IS NOT NULL
				UNION ALL SELECT case_id, -balance_fen FROM ledger_accounts WHERE purpose = 'recoverable') p GROUP BY case_id
			UNION ALL
			SELECT case_id, 'costs', sum(fen) FROM (
				SELECT case_id, costs_fen AS fen FROM forfeit_uses WHERE reversed_at IS NULL
				UNION ALL SELECT case_id, costs_settled_fen FROM distributions WHERE approved_at IS NOT NULL) k GROUP BY case_id
			UNION ALL
			SELECT case_id, 'paid_out', sum(amount_fen) FROM payouts WHERE state <> 'paid' GROUP BY case_id
			UNION ALL
			SELECT case_id, 'forfeits', sum(fen) FROM (
				SELECT case_id, amount_fen AS fen FROM deposits WHERE state = 'forfeited'
				UNION ALL SELECT case_id, kept_fen - deposit_fen FROM forfeit_uses WHERE reversed_at IS NULL) f GROUP BY case_id) w
			ON w.case_id = a.case_id AND w.purpose = a.purpose
		WHERE a.purpose IN ('escrow', 'proceeds', 'forfeits', 'costs', 'paid_out') AND a.balance_fen <> coalesce(w.fen, 0)
		UNION ALL
		SELECT 'clearing holds ' || l.held || ' fen by the ledger, ' || m.held || ' by payments less refunds, transfers, unknown money and payouts'
		FROM (SELECT coalesce(sum(CASE WHEN d.purpose = 'clearing' THEN t.amount_fen ELSE -t.amount_fen END), 0) AS held
				FROM transfers t JOIN ledger_accounts d ON d.id = t.debit_account
				JOIN ledger_accounts c ON c.id = t.credit_account
				WHERE d.purpose = 'clearing' OR c.purpose = 'clearing') l,
			(SELECT (SELECT coalesce(sum(amount_fen - refunded_fen), 0) FROM payments WHERE state = 'paid')
				+ (SELECT coalesce(sum(amount_fen), 0) FROM transfers_in WHERE state = 'approved' AND purpose = 'difference')
				- (SELECT coalesce(sum(amount_fen), 0) FROM transfers_out WHERE state = 'approved' AND transfer_in_id IS NOT NULL)
				+ (SELECT coalesce(sum(amount_fen - returned_fen), 0) FROM unknown_money WHERE state IN ('held', 'returning'))
				- (SELECT coalesce(sum(amount_fen), 0) FROM payouts WHERE state = 'paid') AS held) m
		WHERE l.held <> m.held`

// transfersByHand are returns by hand that do not agree with what they give back, with their duty, or with their postings (F5).
const transfersByHand = `
		SELECT 'transfer out ' || t.id || ' is ' || t.state || ' for ' || t.amount_fen || ' fen, its postings give ' || coalesce(o.fen, 0)
		FROM transfers_out t LEFT JOIN (
			SELECT o.reference, sum(x.amount_fen) AS fen FROM postings o JOIN transfers x ON x.posting_id = o.id
			JOIN ledger_accounts c ON c.id = x.credit_account AND c.purpose = 'clearing' GROUP BY o.reference) o ON o.reference = t.id
		WHERE t.unknown_id IS NULL AND coalesce(o.fen, 0) <> CASE t.state WHEN 'approved' THEN t.amount_fen ELSE 0 END
		UNION ALL
		SELECT 'transfer out ' || t.id || ' gives back ' || t.amount_fen || ' fen of refund ' || r.id || ', which is ' || r.state || ' for ' || r.amount_fen
		FROM transfers_out t JOIN refunds r ON r.id = t.refund_id
		WHERE t.state = 'approved' AND (r.state <> 'transferred' OR r.amount_fen <> t.amount_fen OR r.case_id <> t.case_id)
		UNION ALL
		SELECT 'refund ' || r.id || ' is transferred by no transfer' FROM refunds r
		WHERE r.state = 'transferred' AND NOT EXISTS (SELECT FROM transfers_out t WHERE t.refund_id = r.id AND t.state = 'approved')
		UNION ALL
		SELECT 'transfer out ' || t.id || ' gives back ' || t.amount_fen || ' fen of the difference ' || i.id || ', which is ' || i.state || ' for ' || i.amount_fen
		FROM transfers_out t JOIN transfers_in i ON i.id = t.transfer_in_id
		WHERE t.state = 'approved' AND (i.state <> 'approved' OR i.amount_fen <> t.amount_fen OR i.case_id <> t.case_id)
		UNION ALL
		SELECT 'the return of ' || d.key || ' is ' || d.state || ', ' || CASE WHEN t.id IS NULL THEN 'and no transfer is approved' ELSE 'and transfer ' || t.id || ' is approved' END
		FROM duties d LEFT JOIN transfers_out t ON coalesce(t.refund_id, t.transfer_in_id, t.unknown_id) = CASE d.kind WHEN 'return_by_transfer' THEN d.key::uuid END AND t.state = 'approved'
		WHERE d.kind = 'return_by_transfer' AND (d.state = 'done') <> (t.id IS NOT NULL)
		UNION ALL
		SELECT 'transfer out ' || t.id || ' gives back ' || t.amount_fen || ' fen of the unknown money ' || u.id || ', which is ' || u.state || ' for ' || u.amount_fen
		FROM transfers_out t JOIN unknown_money u ON u.id = t.unknown_id
		WHERE t.state = 'approved' AND (u.state <> 'returned' OR u.amount_fen <> t.amount_fen)
		UNION ALL
		SELECT 'transfer in ' || i.id || ' is ' || i.state || ' for ' || i.amount_fen || ' fen, its payments are ' || coalesce(p.fen, 0) || ', in suspense are ' || coalesce(u.fen, 0)
		FROM transfers_in i LEFT JOIN (SELECT transfer_id, sum(amount_fen) AS fen FROM payments WHERE transfer_id IS NOT NULL AND state = 'paid' GROUP BY transfer_id) p ON p.transfer_id = i.id
		LEFT JOIN (SELECT transfer_id, sum(amount_fen) AS fen FROM unknown_money WHERE state <> 'assigned' GROUP BY transfer_id) u ON u.transfer_id = i.id
		WHERE i.purpose <> 'difference' AND coalesce(p.fen, 0) + coalesce(u.fen, 0) <> CASE i.state WHEN 'approved' THEN i.amount_fen ELSE 0 END
		UNION ALL
		SELECT 'credit ' || c.id || ' of the custodian is ' || c.state || ' for ' || c.amount_fen || ' fen, its payments are ' || coalesce(p.fen, 0) || ', in suspense are ' || coalesce(u.fen, 0)
		FROM custody_credits c LEFT JOIN (SELECT credit_id, sum(amount_fen) AS fen FROM payments WHERE credit_id IS NOT NULL AND state = 'paid' GROUP BY credit_id) p ON p.credit_id = c.id
		LEFT JOIN (SELECT credit_id, sum(amount_fen) AS fen FROM unknown_money WHERE state <> 'assigned' GROUP BY credit_id) u ON u.credit_id = c.id
		WHERE coalesce(p.fen, 0) + coalesce(u.fen, 0) <> CASE c.state WHEN 'applied' THEN c.amount_fen ELSE 0 END
		UNION ALL
		SELECT 'payment ' || p.id || ' came by credit ' || c.id || ' of another deposit or balance' FROM payments p JOIN custody_credits c ON c.id = p.credit_id
		JOIN payment_references r ON r.custody_number = c.account
		WHERE p.deposit_id IS DISTINCT FROM r.deposit_id OR (r.balance_of IS NOT NULL AND p.lot_id <> r.balance_of)
		UNION ALL
		SELECT 'the custodian''s credit ' || max(seq) || ' is not the last of ' || count(*) FROM custody_credits HAVING count(*) <> max(seq)
		UNION ALL
		SELECT 'payment ' || p.id || ' came by transfer ' || i.id || ' of another deposit or balance' FROM payments p JOIN transfers_in i ON i.id = p.transfer_id
		JOIN payment_references c ON c.code = i.payment_reference
		WHERE p.deposit_id IS DISTINCT FROM c.deposit_id OR (c.balance_of IS NOT NULL AND p.lot_id <> c.balance_of)
		UNION ALL
		SELECT 'refund ' || r.id || ' is ' || r.state || ' and nobody owes its return' FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN lots l ON l.id = p.lot_id
		WHERE r.state IN ('failed', 'by_hand') AND NOT EXISTS (SELECT FROM duties d WHERE d.kind = 'return_by_transfer' AND d.key = r.id::text AND d.state = 'owed')
			AND (r.deposit_id IS NULL OR EXISTS (SELECT FROM duties d WHERE d.kind = 'release_deposits' AND d.lot_id = l.id AND d.state = 'done'))`

// payoutsOfPlans are payouts that their postings do not show, and plans that pay another sum than they give.
const payoutsOfPlans = `
		SELECT 'plan ' || d.id || ' is approved with ' || d.costs_settled_fen + coalesce(o.fen, 0) || ' fen, its posting gives ' || coalesce(t.fen, 0)
		FROM distributions d
		LEFT JOIN (SELECT distribution_id, sum(amount_fen) AS fen FROM payouts GROUP BY distribution_id) o ON o.distribution_id = d.id
		LEFT JOIN (SELECT p.reference, sum(t.amount_fen) AS fen FROM postings p JOIN transfers t ON t.posting_id = p.id WHERE p.kind = 'plan_paid' GROUP BY p.reference) t
			ON t.reference = d.id
		WHERE d.approved_at IS NOT NULL AND d.costs_settled_fen + coalesce(o.fen, 0) <> coalesce(t.fen, 0)
		UNION ALL
		SELECT 'case ' || a.case_id || ' claims ' || -a.balance_fen || ' fen back, its receivables give ' || coalesce(r.fen, 0)
		FROM ledger_accounts a LEFT JOIN (SELECT case_id, sum(amount_fen) AS fen FROM receivables GROUP BY case_id) r ON r.case_id = a.case_id
		WHERE a.purpose = 'recoverable' AND -a.balance_fen <> coalesce(r.fen, 0)
		UNION ALL
		SELECT 'payout ' || o.id || ' is of a plan that is not approved' FROM payouts o JOIN distributions d ON d.id = o.distribution_id WHERE d.approved_at IS NULL
		UNION ALL
		SELECT 'payout ' || o.id || ' is ' || o.state || ' with ' || coalesce(t.fen, 0) || ' fen posted as settled' FROM payouts o
		LEFT JOIN (SELECT p.reference, sum(CASE p.kind WHEN 'payout_settled' THEN t.amount_fen ELSE -t.amount_fen END) AS fen
			FROM postings p JOIN transfers t ON t.posting_id = p.id WHERE p.kind IN ('payout_settled', 'payout_returned') GROUP BY p.reference) t ON t.reference = o.id
		WHERE coalesce(t.fen, 0) <> CASE o.state WHEN 'paid' THEN o.amount_fen ELSE 0 END
		UNION ALL
		SELECT 'plan ' || d.id || ' gives claim ' || (g.due ->> 'claim') || ' ' || ((g.due ->> 'share_fen')::bigint - (g.due ->> 'set_aside_fen')::bigint) || ' fen, it was paid ' || coalesce(o.fen, 0)
		FROM distributions d CROSS JOIN LATERAL jsonb_array_elements(d.plan::jsonb -> 'dues') AS g (due)
		LEFT JOIN LATERAL (SELECT sum(o.amount_fen) AS fen FROM payouts o JOIN distributions x ON x.id = o.distribution_id
			WHERE x.root_id = d.root_id AND x.no <= d.no AND o.claim_id::text = g.due ->> 'claim') o ON true
		WHERE d.approved_at IS NOT NULL AND coalesce(o.fen, 0) <> (g.due ->> 'share_fen')::bigint - (g.due ->> 'set_aside_fen')::bigint`

// unknownMoney is what lies in suspense, to the fen what is on finance's list, and each act on it its postings.
const unknownMoney = `
		SELECT 'suspense holds ' || coalesce(a.balance_fen, 0) || ' fen, unknown money gives ' || u.fen
		FROM (SELECT coalesce(sum(amount_fen - returned_fen), 0) AS fen FROM unknown_money WHERE state IN ('held', 'returning')) u
		LEFT JOIN ledger_accounts a ON a.purpose = 'suspense'
		WHERE coalesce(a.balance_fen, 0) <> u.fen
		UNION ALL
		SELECT 'unknown money ' || u.id || ' is ' || u.state || ' with ' || coalesce(o.fen, 0) || ' fen posted' FROM unknown_money u LEFT JOIN (
			SELECT o.reference, sum(CASE WHEN o.kind = 'unknown_returned' THEN -t.amount_fen ELSE t.amount_fen END) AS fen
			FROM postings o JOIN transfers t ON t.posting_id = o.id WHERE o.case_id IS NULL GROUP BY o.reference) o ON o.reference = u.id
		WHERE coalesce(o.fen, 0) <> CASE WHEN u.state = 'sealed' THEN 0 ELSE u.amount_fen - u.returned_fen END
		UNION ALL
		SELECT 'unknown money ' || u.id || ' was assigned to payment ' || p.id || ', which is ' || p.state || ' with ' || p.amount_fen || ' of ' || u.amount_fen
		FROM unknown_money u JOIN payments p ON p.id = u.payment_id
		WHERE p.state <> 'paid' OR p.transfer_id IS DISTINCT FROM u.transfer_id OR p.credit_id IS DISTINCT FROM u.credit_id OR (u.booking_id IS NOT NULL AND (p.amount_fen <> u.amount_fen OR p.intent_id <> u.intent_id))`

// forfeitsAndReversals are uses of forfeits, their reversals, and settings aside that are not their postings (R24, R31).
const forfeitsAndReversals = `
		SELECT 'the use of forfeit ' || u.deposit_id || ' is not its posting' FROM forfeit_uses u LEFT JOIN (
			SELECT o.reference, sum(t.amount_fen) AS fen FROM postings o JOIN transfers t ON t.posting_id = o.id
			WHERE o.kind = 'forfeit_used' GROUP BY o.reference) o ON o.reference = u.id
		WHERE u.deposit_fen - u.kept_fen <> coalesce(o.fen, 0)
		UNION ALL
		SELECT 'forfeits of re-sale ' || coalesce(u.re_sale_id, u.direct_sale_id) || ' make good ' || sum(o.shortfall_fen) || ' fen of a loss of ' || greatest(u.first_price_fen - u.re_sale_price_fen, 0)
		FROM forfeit_uses u JOIN forfeit_uses o ON coalesce(o.re_sale_id, o.direct_sale_id) = coalesce(u.re_sale_id, u.direct_sale_id) AND o.first_price_fen <= u.first_price_fen AND o.reversed_at IS NULL
		WHERE u.reversed_at IS NULL AND u.re_sale_price_fen IS NOT NULL GROUP BY u.id
		HAVING sum(o.shortfall_fen) > greatest(u.first_price_fen - u.re_sale_price_fen, 0)
		UNION ALL
		SELECT 'the reversal of a forfeit ' || u.deposit_id || ' is not its posting' FROM forfeit_uses u LEFT JOIN (
			SELECT o.reference, sum(t.amount_fen) AS fen FROM postings o JOIN transfers t ON t.posting_id = o.id
			WHERE o.kind = 'forfeit_use_reversed' GROUP BY o.reference) o ON o.reference = u.id
		WHERE (CASE WHEN u.reversed_at IS NULL THEN 0 ELSE u.deposit_fen - u.kept_fen END) <> coalesce(o.fen, 0)
		UNION ALL
		SELECT 'lot ' || a.lot_id || ' was set aside for ' || a.reversed_fen || ' fen, its posting gives ' || coalesce(o.fen, 0) FROM settings_aside a LEFT JOIN (
			SELECT o.reference, sum(t.amount_fen) AS fen FROM postings o JOIN transfers t ON t.posting_id = o.id
			WHERE o.kind = 'sale_set_aside' GROUP BY o.reference) o ON o.reference = a.lot_id
		WHERE a.reversed_fen <> coalesce(o.fen, 0)
		UNION ALL
		SELECT 'lot ' || a.lot_id || ' was set aside and keeps ' || a.kept_fen || ' fen, its forfeited deposits are ' || coalesce(d.fen, 0) FROM settings_aside a LEFT JOIN (
			SELECT lot_id, sum(amount_fen) AS fen FROM deposits WHERE state = 'forfeited' GROUP BY lot_id) d ON d.lot_id = a.lot_id
		WHERE a.kept_fen <> coalesce(d.fen, 0)`
