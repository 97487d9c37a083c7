package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Balance is what an account of a case holds: credits less debits.
type Balance struct {
	Purpose    Purpose   `json:"account"`
	BalanceFen money.Fen `json:"balance_fen"`
}

// Movement is one transfer as the public sees it, newest first in lists.
type Movement struct {
	Posting   uuid.UUID `json:"posting"`
	Kind      string    `json:"kind"`
	Debit     Purpose   `json:"debit"`
	Credit    Purpose   `json:"credit"`
	AmountFen money.Fen `json:"amount_fen"`
	PostedAt  time.Time `json:"posted_at"`
	// Entry is the id of the log entry that shows it.
	Entry uuid.UUID `json:"entry"`
}

// Balances lists a case's accounts in the order of Purpose's constants, as the
// movements that everybody may see give them; accounts without one are left out.
func Balances(ctx context.Context, pool *pgxpool.Pool, caseID uuid.UUID) ([]Balance, error) {
	return readBalances(ctx, pool, caseID, pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true})
}

// Movements lists a case's transfers that everybody may see, newest first, at
// most limit.
func Movements(ctx context.Context, pool *pgxpool.Pool, caseID uuid.UUID, limit int) ([]Movement, error) {
	rows, err := pool.Query(ctx, `
		SELECT posting_id, kind, debit, credit, amount_fen, posted_at, entry_id
		FROM public_movements WHERE case_id = @case
		ORDER BY posted_at DESC, posting_id DESC, debit, credit, amount_fen
		LIMIT @limit`, pgx.NamedArgs{"case": caseID, "limit": limit})
	if err != nil {
		return nil, fault.Internalf("read movements: %w", err)
	}
	movements, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Movement])
	if err != nil {
		return nil, fault.Internalf("read movements: %w", err)
	}
	return movements, nil
}

// Fsck checks I4 from the rows alone and names every breach; an empty list is
// a sound ledger.
func Fsck(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `
		WITH moved AS (
			SELECT account, sum(amount) AS balance FROM (
				SELECT credit_account AS account, amount_fen AS amount FROM transfers
				UNION ALL
				SELECT debit_account, -amount_fen FROM transfers) m
			GROUP BY account)
		SELECT 'cached balance of ' || a.purpose || ' ' || coalesce(a.case_id::text, '') || ' is ' || a.balance_fen || ', its transfers give ' || coalesce(m.balance, 0)
		FROM ledger_accounts a LEFT JOIN moved m ON m.account = a.id
		WHERE a.purpose <> 'clearing' AND a.balance_fen <> coalesce(m.balance, 0)
		UNION ALL
		SELECT 'account ' || a.purpose || ' ' || coalesce(a.case_id::text, '') || ' is below zero by its transfers'
		FROM ledger_accounts a JOIN moved m ON m.account = a.id
		WHERE a.purpose NOT IN ('clearing', 'recoverable') AND m.balance < 0
		UNION ALL
		SELECT 'account recoverable ' || a.case_id || ' is above zero by its transfers'
		FROM ledger_accounts a JOIN moved m ON m.account = a.id
		WHERE a.purpose = 'recoverable' AND m.balance > 0
		UNION ALL
		SELECT 'account ' || a.purpose || ' ' || coalesce(a.case_id::text, '') || ' says that ' || a.held_fen || ' fen are held, its holds give ' || coalesce(h.held, 0)
		FROM ledger_accounts a LEFT JOIN (
			SELECT account_id, sum(amount_fen) AS held FROM holds h
			WHERE NOT EXISTS (SELECT FROM hold_ends e WHERE e.hold_id = h.id) GROUP BY account_id) h ON h.account_id = a.id
		WHERE a.held_fen <> coalesce(h.held, 0)
		UNION ALL
		SELECT 'account ' || a.purpose || ' ' || coalesce(a.case_id::text, '') || ' holds back ' || sum(h.amount_fen) || ' fen of ' || coalesce(m.balance, 0)
		FROM ledger_accounts a JOIN holds h ON h.account_id = a.id LEFT JOIN moved m ON m.account = a.id
		WHERE NOT EXISTS (SELECT FROM hold_ends e WHERE e.hold_id = h.id)
		GROUP BY a.id, m.balance HAVING sum(h.amount_fen) > coalesce(m.balance, 0)
		UNION ALL
		SELECT 'hold ' || e.hold_id || ' posted ' || e.posted_fen || ' of ' || h.amount_fen || ' fen, its posting takes ' || coalesce(sum(t.amount_fen), 0)
		FROM hold_ends e JOIN holds h ON h.id = e.hold_id
		LEFT JOIN transfers t ON t.posting_id = e.posting_id AND t.debit_account = h.account_id
		GROUP BY e.hold_id, h.amount_fen HAVING e.posted_fen <> coalesce(sum(t.amount_fen), 0) OR e.posted_fen > h.amount_fen
		UNION ALL
		SELECT 'posting ' || p.id || ' of case ' || coalesce(p.case_id::text, 'none') || ' moves money of case ' || a.case_id
		FROM postings p JOIN transfers t ON t.posting_id = p.id
		JOIN ledger_accounts a ON a.id IN (t.debit_account, t.credit_account)
		WHERE a.case_id IS NOT NULL AND a.case_id IS DISTINCT FROM p.case_id
		UNION ALL
		SELECT 'posting ' || p.id || ' has no transfer' FROM postings p
		WHERE NOT EXISTS (SELECT 1 FROM transfers t WHERE t.posting_id = p.id)
		UNION ALL
		SELECT 'posting ' || p.id || ' has no log entry' FROM postings p
		WHERE p.sealed_lot_id IS NULL AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = p.entry_id)
		UNION ALL
		SELECT 'disclosure ' || s.id || ' has no log entry' FROM disclosures s
		WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = s.entry_id)
		UNION ALL
		SELECT 'disclosure ' || s.id || ' shows ' || s.amount_fen || ' fen, its postings give ' || coalesce(sum(t.amount_fen), 0)
		FROM disclosures s
		LEFT JOIN disclosed m ON m.disclosure_id = s.id
		LEFT JOIN postings p ON p.id = m.posting_id AND p.sealed_lot_id = s.lot_id AND p.case_id = s.case_id AND p.kind = s.kind
		LEFT JOIN transfers t ON t.posting_id = p.id
		GROUP BY s.id, s.amount_fen HAVING s.amount_fen <> coalesce(sum(t.amount_fen), 0)
		UNION ALL
		SELECT 'posting ' || p.id || ' is still sealed after its lot ' || p.sealed_lot_id || ' was settled' FROM postings p
		WHERE p.sealed_lot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM disclosed m WHERE m.posting_id = p.id)
			AND EXISTS (SELECT 1 FROM duties d WHERE d.lot_id = p.sealed_lot_id AND d.kind = 'release_deposits' AND d.state = 'done')`)
	if err != nil {
		return nil, fmt.Errorf("check the ledger: %w", err)
	}
	problems, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("check the ledger: %w", err)
	}
	return problems, nil
}
