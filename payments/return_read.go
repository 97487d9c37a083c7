package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Return is money that finance gives back by hand, with the transfers that were entered for it; finance of its court reads it.
type Return struct {
	ID uuid.UUID `json:"return"`
	// CaseID, LotID, title and number are not there for a transfer that named nothing.
	CaseID *uuid.UUID  `json:"case,omitempty"`
	LotID  *uuid.UUID  `json:"lot,omitempty"`
	Title  docket.Text `json:"title"`
	Number string      `json:"case_number"`
	// Of is what goes back: a deposit, a part of a balance, a difference, or unknown money.
	Of        string    `json:"of"`
	AmountFen money.Fen `json:"amount_fen"`
	// Payer is who paid it: the account's name, the creditor who took the property, or whom the bank's statement named.
	Payer docket.Text `json:"payer"`
	// Why is the provider's word on the refund that failed; empty where none was tried.
	Why    string    `json:"why,omitempty"`
	Status string    `json:"status"`
	DueAt  time.Time `json:"due_at"`
	// Transfers are newest first, with who did what (F5).
	Transfers []ReturnTransfer `json:"transfers"`
}

// ReturnTransfer is an entered transfer of the court with the persons of it, by their logins.
type ReturnTransfer struct {
	ID            uuid.UUID  `json:"transfer"`
	AmountFen     money.Fen  `json:"amount_fen"`
	BankReference string     `json:"bank_reference"`
	Payee         string     `json:"payee"`
	State         EntryState `json:"status"`
	PreparedBy    string     `json:"prepared_by"`
	PreparedAt    time.Time  `json:"prepared_at"`
	DecidedBy     string     `json:"decided_by,omitempty"`
	DecidedAt     *time.Time `json:"decided_at,omitempty"`
	Reason        string     `json:"reason,omitempty"`
	// Mine: the reader entered it, and so never approves it.
	Mine bool `json:"mine"`
}

// maxReturns bounds the list.
const maxReturns = 200

const returnsOfCourt = `SELECT coalesce(r.id, i.id), d.case_id, l.id, l.title_zh, l.title_en, k.number,
			CASE WHEN i.id IS NOT NULL THEN 'difference' ELSE p.purpose END, coalesce(r.amount_fen, i.amount_fen),
			coalesce(a.real_name, o.creditor_zh, ''), coalesce(a.real_name, o.creditor_en, ''), coalesce(r.failure, ''),
			CASE d.state WHEN 'owed' THEN 'owed' ELSE 'returned' END, d.due_at
		FROM lots l JOIN duties d ON d.lot_id = l.id AND d.kind = 'return_by_transfer' AND d.state IN ('owed', 'done')
		JOIN cases k ON k.id = l.case_id
		LEFT JOIN refunds r ON r.id = CASE d.kind WHEN 'return_by_transfer' THEN d.key::uuid END
		LEFT JOIN payments p ON p.id = r.payment_id LEFT JOIN accounts a ON a.id = p.account_id
		LEFT JOIN transfers_in i ON i.id = CASE d.kind WHEN 'return_by_transfer' THEN d.key::uuid END
		LEFT JOIN takings t ON t.lot_id = i.lot_id AND t.lapsed_at IS NULL LEFT JOIN taking_offers o ON o.id = t.offer_id
		WHERE l.court_id = @court
	UNION ALL SELECT u.id, NULL, NULL, '', '', '', 'unknown', u.amount_fen, c.payer, c.payer, '', CASE d.state WHEN 'owed' THEN 'owed' ELSE 'returned' END, d.due_at
		FROM transfers_in c JOIN unknown_money u ON u.transfer_id = c.id
		JOIN duties d ON d.kind = 'return_by_transfer' AND d.key = u.id::text AND d.state IN ('owed', 'done')
		WHERE c.court_id = @court AND c.purpose <> 'difference'
	UNION ALL SELECT r.id, k.id, NULL, '', '', k.number, 'debt', r.amount_fen, '', '', r.failure, CASE d.state WHEN 'owed' THEN 'owed' ELSE 'returned' END, d.due_at
		FROM cases k JOIN duties d ON d.case_id = k.id AND d.lot_id IS NULL AND d.kind = 'return_by_transfer' AND d.state IN ('owed', 'done')
		JOIN refunds r ON r.id = d.key::uuid
		WHERE k.court_id = @court
	ORDER BY 12, 13, 1 LIMIT @limit`

const transfersOfReturn = `SELECT t.id, t.amount_fen, t.bank_reference, t.payee, t.state, p.login, t.prepared_at, coalesce(d.login, ''), t.decided_at, t.reason, t.prepared_by = @by
	FROM transfers_out t JOIN accounts p ON p.id = t.prepared_by LEFT JOIN accounts d ON d.id = t.decided_by
	WHERE coalesce(t.refund_id, t.transfer_in_id, t.unknown_id) = @of ORDER BY t.prepared_at DESC, t.id DESC`

// Returns lists what a court gives back by hand: what is owed first, by its due time.
//
// Faults: role_forbidden.
func (s *Service) Returns(ctx context.Context, by auction.Actor) ([]Return, error) {
	if err := ofFinance(by); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, returnsOfCourt, pgx.NamedArgs{"court": by.CourtID, "limit": maxReturns})
	if err != nil {
		return nil, fault.Internalf("read what is owed by hand: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Return, err error) {
		return r, row.Scan(&r.ID, &r.CaseID, &r.LotID, &r.Title.Zh, &r.Title.En, &r.Number, &r.Of, &r.AmountFen,
			&r.Payer.Zh, &r.Payer.En, &r.Why, &r.Status, &r.DueAt)
	})
	if err != nil {
		return nil, fault.Internalf("read what is owed by hand: %w", err)
	}
	for i := range list {
		if list[i].Transfers, err = listOf[ReturnTransfer](ctx, s, transfersOfReturn, pgx.NamedArgs{"of": list[i].ID, "by": by.AccountID}); err != nil {
			return nil, err
		}
	}
	return list, nil
}
