package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/money"
)

// Transfer is one that came to the court's account for a deposit, a balance or nothing that we know; finance of its court reads it.
// What a deposit's was for is told with the end of bidding (R18).
type Transfer struct {
	ID               uuid.UUID  `json:"transfer"`
	AmountFen        money.Fen  `json:"amount_fen"`
	BankReference    string     `json:"bank_reference"`
	PaymentReference string     `json:"payment_reference,omitempty"`
	Payer            string     `json:"payer"`
	State            EntryState `json:"status"`
	PreparedBy       string     `json:"prepared_by"`
	PreparedAt       time.Time  `json:"prepared_at"`
	DecidedBy        string     `json:"decided_by,omitempty"`
	DecidedAt        *time.Time `json:"decided_at,omitempty"`
	Reason           string     `json:"reason,omitempty"`
	// Mine: the reader entered it, and so never approves it.
	Mine bool `json:"mine"`
	// For is deposit or balance, of the lot of the case, once it may be told.
	For    string     `json:"for,omitempty"`
	LotID  *uuid.UUID `json:"lot,omitempty"`
	Number string     `json:"case_number,omitempty"`
}

// maxTransfers bounds the list.
const maxTransfers = 200

const transfersOfCourt = `SELECT i.id, i.amount_fen, i.bank_reference, coalesce(i.payment_reference, ''), i.payer, i.state, m.login, i.prepared_at, coalesce(d.login, ''), i.decided_at,
		i.reason, i.prepared_by = @by, coalesce(w.purpose, ''), w.lot_id, coalesce(w.number, '')
	FROM transfers_in i JOIN accounts m ON m.id = i.prepared_by LEFT JOIN accounts d ON d.id = i.decided_by
	LEFT JOIN LATERAL (SELECT p.purpose, p.lot_id, k.number FROM payments p JOIN lots l ON l.id = p.lot_id JOIN cases k ON k.id = p.case_id
		WHERE p.transfer_id = i.id AND (p.purpose = 'balance' OR l.status IN ('ended', 'withdrawn')) LIMIT 1) w ON true
	WHERE i.court_id = @court AND i.purpose <> 'difference' ORDER BY i.prepared_at DESC, i.id DESC LIMIT @limit`

// Transfers lists what was entered at a court for deposits, balances and nothing known, newest first.
//
// Faults: role_forbidden.
func (s *Service) Transfers(ctx context.Context, by auction.Actor) ([]Transfer, error) {
	if err := ofFinance(by); err != nil {
		return nil, err
	}
	return listOf[Transfer](ctx, s, transfersOfCourt, pgx.NamedArgs{"court": by.CourtID, "by": by.AccountID, "limit": maxTransfers})
}
