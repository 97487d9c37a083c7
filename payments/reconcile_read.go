package payments

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Reconciliation is a run as finance sees it. How many bookings it read and what fees the provider kept of them is on record
// and not shown: both would tell how many have paid for a lot that still runs (R18).
type Reconciliation struct {
	ID         uuid.UUID  `json:"run"`
	Daily      bool       `json:"daily"`
	State      string     `json:"status"`
	From       *time.Time `json:"from,omitempty"`
	AskedAt    time.Time  `json:"asked_at"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	Found      int        `json:"found"`
	Closed     int        `json:"closed"`
}

// BookDifference is an open difference between the provider's books and ours. Sealed: it is about a deposit of a lot that still
// runs, and tells nothing more before its end (R18).
type BookDifference struct {
	ID        uuid.UUID      `json:"difference"`
	Kind      DifferenceKind `json:"kind"`
	Sealed    bool           `json:"sealed"`
	BookingID *string        `json:"booking,omitempty"`
	PaymentID *uuid.UUID     `json:"payment,omitempty"`
	RefundID  *uuid.UUID     `json:"refund,omitempty"`
	LotID     *uuid.UUID     `json:"lot,omitempty"`
	HereFen   *money.Fen     `json:"here_fen,omitempty"`
	ThereFen  *money.Fen     `json:"there_fen,omitempty"`
	Currency  string         `json:"currency,omitempty"`
	FoundAt   time.Time      `json:"found_at"`
}

// Unknown is unknown money that is not settled. Sealed: it names a deposit of a lot that still runs (R18).
type Unknown struct {
	ID           uuid.UUID      `json:"suspense"`
	Kind         DifferenceKind `json:"kind"`
	State        string         `json:"status"`
	BookingID    *string        `json:"booking,omitempty"`
	IntentID     *string        `json:"intent,omitempty"`
	NamesPayment *uuid.UUID     `json:"names_payment,omitempty"`
	AmountFen    *money.Fen     `json:"amount_fen,omitempty"`
	ReturnedFen  money.Fen      `json:"returned_fen"`
	FoundAt      time.Time      `json:"found_at"`
	// TransferID is the transfer to the court's account that brought it: it goes back by hand. BankReference and Payer are there where
	// that or the custodian brought it.
	TransferID    *uuid.UUID `json:"transfer,omitempty"`
	BankReference *string    `json:"bank_reference,omitempty"`
	Payer         *string    `json:"payer,omitempty"`
}

// ReconciliationView is finance's list.
type ReconciliationView struct {
	Runs        []Reconciliation `json:"runs"`
	Differences []BookDifference `json:"differences"`
	// SuspenseFen is what lies in suspense, of every court.
	SuspenseFen money.Fen `json:"suspense_fen"`
	Suspense    []Unknown `json:"suspense"`
}

const (
	maxRuns = 10
	maxOpen = 500

	lastRuns = `SELECT id, starts_with(key, 'daily/'), state, from_at, asked_at, started_at, finished_at, found, closed
		FROM reconciliations ORDER BY asked_at DESC, id DESC LIMIT @limit`

	// A difference about a payment is its court's; one about no payment is every court's, until one knows whose it is.
	openDifferences = `
		SELECT id, kind, sealed, CASE WHEN NOT sealed THEN booking_id END, CASE WHEN NOT sealed THEN payment_id END,
			CASE WHEN NOT sealed THEN refund_id END, CASE WHEN NOT sealed THEN lot_id END, CASE WHEN NOT sealed THEN here_fen END,
			CASE WHEN NOT sealed THEN there_fen END, CASE WHEN sealed THEN '' ELSE currency END, found_at
		FROM (SELECT f.*, l.id AS lot_id, coalesce(p.purpose = 'deposit' AND l.status NOT IN ('ended', 'withdrawn'), false) AS sealed
			FROM reconciliation_differences f LEFT JOIN payments p ON p.id = f.payment_id LEFT JOIN lots l ON l.id = p.lot_id
			WHERE f.closed_at IS NULL AND (l.court_id IS NULL OR l.court_id = @court)) d
		ORDER BY found_at DESC, id DESC LIMIT @limit`

	openUnknown = `
		SELECT u.id, u.kind, u.state, CASE WHEN u.state <> 'sealed' THEN u.booking_id END, CASE WHEN u.state <> 'sealed' THEN u.intent_id END,
			CASE WHEN u.state <> 'sealed' THEN u.names_payment END, CASE WHEN u.state <> 'sealed' THEN u.amount_fen END, u.returned_fen, u.found_at, u.transfer_id, coalesce(i.bank_reference, c.id), coalesce(i.payer, c.payer)
		FROM unknown_money u LEFT JOIN payments p ON p.id = u.names_payment LEFT JOIN lots l ON l.id = p.lot_id LEFT JOIN transfers_in i ON i.id = u.transfer_id LEFT JOIN custody_credits c ON c.id = u.credit_id
		WHERE u.state IN ('sealed', 'held', 'returning') AND (coalesce(l.court_id, i.court_id) IS NULL OR coalesce(l.court_id, i.court_id) = @court)
		ORDER BY u.found_at DESC, u.id DESC LIMIT @limit`
)

// Reconciliations lists the last runs, what differs and what lies in suspense, newest first.
//
// Faults: role_forbidden.
func (s *Service) Reconciliations(ctx context.Context, by auction.Actor) (view ReconciliationView, err error) {
	if err := ofFinance(by); err != nil {
		return view, err
	}
	if view.Runs, err = listOf[Reconciliation](ctx, s, lastRuns, pgx.NamedArgs{"limit": maxRuns}); err != nil {
		return view, err
	}
	args := pgx.NamedArgs{"court": by.CourtID, "limit": maxOpen}
	if view.Differences, err = listOf[BookDifference](ctx, s, openDifferences, args); err != nil {
		return view, err
	}
	if view.Suspense, err = listOf[Unknown](ctx, s, openUnknown, args); err != nil {
		return view, err
	}
	err = s.pool.QueryRow(ctx, `SELECT coalesce(sum(balance_fen), 0)::bigint FROM ledger_accounts WHERE purpose = 'suspense'`).Scan(&view.SuspenseFen)
	if err != nil {
		return view, fault.Internalf("read what lies in suspense: %w", err)
	}
	return view, nil
}

func listOf[T any](ctx context.Context, s *Service, sql string, args pgx.NamedArgs) ([]T, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, fault.Internalf("read reconciliations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		return nil, fault.Internalf("read reconciliations: %w", err)
	}
	return list, nil
}

// CloseDifference closes a difference that finance has explained: the reason is on record with the figures, and nothing moves.
// It opens again by itself when a later run finds other figures.
//
// Faults: role_forbidden, not_found, reason_required, invalid_request (reason), payment_state_conflict (closed already, or R18:
// sealed until its lot is over).
func (s *Service) CloseDifference(ctx context.Context, by auction.Actor, id uuid.UUID, reason string) error {
	if err := ofFinance(by); err != nil {
		return err
	}
	reason, err := written(reason)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	closing, err := newID()
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		var here, there money.Fen
		var open, sealed bool
		err := tx.QueryRow(ctx, `
			SELECT f.here_fen, f.there_fen, f.closed_at IS NULL, coalesce(p.purpose = 'deposit' AND l.status NOT IN ('ended', 'withdrawn'), false)
			FROM reconciliation_differences f LEFT JOIN payments p ON p.id = f.payment_id LEFT JOIN lots l ON l.id = p.lot_id
			WHERE f.id = @id AND (l.court_id IS NULL OR l.court_id = @court) FOR UPDATE OF f`,
			pgx.NamedArgs{"id": id, "court": by.CourtID}).Scan(&here, &there, &open, &sealed)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("difference")
		case err != nil:
			return fault.Internalf("read a difference: %w", err)
		case !open:
			return fault.New(fault.Conflict, fault.PaymentStateConflict)
		case sealed:
			return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule("R18")
		}
		if _, err := tx.Exec(ctx, `UPDATE reconciliation_differences SET closed_at = @now, closed_by = @by WHERE id = @id`,
			pgx.NamedArgs{"id": id, "by": by.AccountID, "now": now}); err != nil {
			return fault.Internalf("close a difference: %w", err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO difference_closings (id, difference_id, here_fen, there_fen, by_account, reason, closed_at)
			VALUES (@closing, @id, @here, @there, @by, @reason, @now)`,
			pgx.NamedArgs{"closing": closing, "id": id, "here": here, "there": there, "by": by.AccountID, "reason": reason, "now": now}); err != nil {
			return fault.Internalf("record why a difference is closed: %w", err)
		}
		return nil
	})
}
