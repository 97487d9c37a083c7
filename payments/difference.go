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

// TransferIn is a transfer to the court's account: what a creditor who took the
// property pays in above its claim (R16d). One person of finance enters it from
// the bank's statement, another approves it (F5).
type TransferIn struct {
	ID            uuid.UUID  `json:"transfer"`
	LotID         uuid.UUID  `json:"lot"`
	AmountFen     money.Fen  `json:"amount_fen"`
	BankReference string     `json:"bank_reference"`
	State         string     `json:"status"`
	PreparedAt    time.Time  `json:"prepared_at"`
	DecidedAt     *time.Time `json:"decided_at,omitempty"`
	Reason        string     `json:"reason,omitempty"`
}

const (
	// maxReference bounds a bank's reference, maxReason what is written why; in characters.
	maxReference = 140
	maxReason    = 1000
	roleFinance  = "finance"
)

// difference is what a taken lot's creditor pays in, with whose court it is.
type difference struct {
	CaseID, CourtID uuid.UUID
	Amount          *money.Fen
	PaidAt          *time.Time
	// Stands: the property is taken; a taking that was set aside is owed nothing any more (R31).
	Stands bool
}

func (s *Service) difference(ctx context.Context, tx pgx.Tx, by auction.Actor, lot uuid.UUID) (difference, error) {
	var d difference
	err := tx.QueryRow(ctx, `SELECT l.case_id, l.court_id, t.difference_fen, t.difference_paid_at, l.outcome IS NOT DISTINCT FROM 'taken' FROM lots l LEFT JOIN takings t ON t.lot_id = l.id AND t.lapsed_at IS NULL
		WHERE l.id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&d.CaseID, &d.CourtID, &d.Amount, &d.PaidAt, &d.Stands)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	}
	if err != nil {
		return d, fault.Internalf("read the difference: %w", err)
	}
	if by.Role != roleFinance || by.CourtID != d.CourtID {
		return d, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return d, nil
}

// EnterDifference notes the transfer that the statement shows; it counts once
// another person approves it. It returns the entry's id.
//
// Faults: role_forbidden, not_found, payment_state_conflict (nothing is owed,
// or it is entered already), bank_reference_used, amount_invalid (with
// expected_fen: the difference is paid in whole), invalid_request (bank_reference).
func (s *Service) EnterDifference(ctx context.Context, by auction.Actor, lot uuid.UUID, amount money.Fen, reference string) (uuid.UUID, error) {
	reference, err := stated(reference, "bank_reference")
	if err != nil {
		return uuid.Nil, err
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	now := s.clock.Now()
	return id, s.inTx(ctx, func(tx pgx.Tx) error {
		d, err := s.difference(ctx, tx, by, lot)
		if err != nil {
			return err
		}
		if d.Amount == nil || *d.Amount == 0 || d.PaidAt != nil || !d.Stands {
			return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule("R16d")
		}
		if amount != *d.Amount {
			return fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen").ByRule("R16d").With("expected_fen", *d.Amount)
		}
		_, err = tx.Exec(ctx, `INSERT INTO transfers_in (id, lot_id, case_id, court_id, purpose, amount_fen, bank_reference, state, prepared_by, prepared_at)
			VALUES (@id, @lot, @case, @court, 'difference', @amount, @reference, 'prepared', @by, @now)`,
			pgx.NamedArgs{"id": id, "lot": lot, "case": d.CaseID, "court": d.CourtID, "amount": amount, "reference": reference, "by": by.AccountID, "now": now})
		return enteredOnce(err, "transfers_in_reference")
	})
}

// TransfersOf lists what was entered for a lot, newest first, for finance and the judges of its court.
//
// Faults: role_forbidden, not_found.
func (s *Service) TransfersOf(ctx context.Context, by auction.Actor, lot uuid.UUID) ([]TransferIn, error) {
	var court uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT court_id FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&court)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	}
	if err != nil {
		return nil, fault.Internalf("read the lot's court: %w", err)
	}
	if by.CourtID != court {
		return nil, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	rows, err := s.pool.Query(ctx, `SELECT id, lot_id, amount_fen, bank_reference, state, prepared_at, decided_at, reason FROM transfers_in
		WHERE lot_id = @lot ORDER BY prepared_at DESC, id DESC`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read transfers: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TransferIn])
	if err != nil {
		return nil, fault.Internalf("read transfers: %w", err)
	}
	return list, nil
}
