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

// DifferenceOwed is what a creditor who took a property pays in, with what was
// entered of it; finance of the lot's court reads it.
type DifferenceOwed struct {
	LotID, CaseID uuid.UUID
	Title         docket.Text
	Number        string
	Creditor      docket.Text
	AmountFen     money.Fen
	PaidAt, DueAt *time.Time
	// Fallen: the taking was set aside (R31).
	Fallen bool
	// Transfers are what was entered, newest first, with who did what (F5).
	Transfers []TransferEntry
}

// TransferEntry is a transfer with the persons of it, by their logins.
type TransferEntry struct {
	TransferIn

	PreparedBy, DecidedBy string
	// Mine: the reader entered it, and so never approves it.
	Mine bool
}

// maxDifferences bounds the list.
const maxDifferences = 200

const differencesOfCourt = `SELECT l.id, l.case_id, l.title_zh, l.title_en, k.number, o.creditor_zh, o.creditor_en, t.difference_fen, t.difference_paid_at,
			(SELECT max(d.due_at) FROM duties d WHERE d.lot_id = l.id AND d.kind = 'pay_difference'), l.outcome = 'set_aside'
		FROM takings t JOIN taking_offers o ON o.id = t.offer_id JOIN lots l ON l.id = t.lot_id JOIN cases k ON k.id = l.case_id
		WHERE l.court_id = @court AND t.difference_fen > 0 ORDER BY t.difference_paid_at IS NOT NULL OR l.outcome = 'set_aside', 10, l.id LIMIT @limit`

// Differences lists what creditors who took property pay in to a court: what is owed first, by its due time.
//
// Faults: role_forbidden.
func (s *Service) Differences(ctx context.Context, by auction.Actor) ([]DifferenceOwed, error) {
	if by.Role != roleFinance || by.CourtID == uuid.Nil {
		return nil, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	rows, err := s.pool.Query(ctx, differencesOfCourt,
		pgx.NamedArgs{"court": by.CourtID, "limit": maxDifferences})
	if err != nil {
		return nil, fault.Internalf("read differences: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d DifferenceOwed, err error) {
		return d, row.Scan(&d.LotID, &d.CaseID, &d.Title.Zh, &d.Title.En, &d.Number, &d.Creditor.Zh, &d.Creditor.En, &d.AmountFen, &d.PaidAt, &d.DueAt, &d.Fallen)
	})
	if err != nil {
		return nil, fault.Internalf("read differences: %w", err)
	}
	for i := range list {
		if list[i].Transfers, err = s.entries(ctx, by, list[i].LotID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

const entriesOfLot = `SELECT i.id, i.lot_id, i.amount_fen, i.bank_reference, i.state, i.prepared_at, i.decided_at, i.reason,
		p.login, coalesce(d.login, ''), i.prepared_by = @by
	FROM transfers_in i JOIN accounts p ON p.id = i.prepared_by LEFT JOIN accounts d ON d.id = i.decided_by
	WHERE i.lot_id = @lot ORDER BY i.prepared_at DESC, i.id DESC`

// entries are the transfers of a lot with who entered and decided them.
func (s *Service) entries(ctx context.Context, by auction.Actor, lot uuid.UUID) ([]TransferEntry, error) {
	rows, err := s.pool.Query(ctx, entriesOfLot, pgx.NamedArgs{"lot": lot, "by": by.AccountID})
	if err != nil {
		return nil, fault.Internalf("read transfers: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e TransferEntry, err error) {
		return e, row.Scan(&e.ID, &e.LotID, &e.AmountFen, &e.BankReference, &e.State, &e.PreparedAt, &e.DecidedAt, &e.Reason, &e.PreparedBy, &e.DecidedBy, &e.Mine)
	})
	if err != nil {
		return nil, fault.Internalf("read transfers: %w", err)
	}
	return list, nil
}
