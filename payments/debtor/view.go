package debtor

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// View is what the debtor sees of the case beside its plan and movements.
type View struct {
	CaseID uuid.UUID
	Number string
	Court  docket.Court
	Sum    Sum
	// Lots are those that are announced and not over.
	Lots []Lot
	// Payments are the debtor's, the newest first.
	Payments []Payment
	// Account is what the debtor said last of where a surplus goes; nil for nothing.
	Account *Proposal
}

// Lot is a sale that a payment may stop.
type Lot struct {
	ID    uuid.UUID
	Title docket.Text
	// StartsAt is by when the whole sum is here for this lot to stop; Stops is false once that is past.
	StartsAt time.Time
	Stops    bool
}

// Payment is one that arrived: what of it counted, and what goes back or is back.
type Payment struct {
	At            time.Time
	Counted, Back money.Fen
	// Returned: what goes back is back.
	Returned bool
}

// Look reads the case behind a door.
func (s *Service) Look(ctx context.Context, in Inside, now time.Time) (v View, err error) {
	v.CaseID = in.CaseID
	if err := s.pool.QueryRow(ctx, `SELECT number, court FROM cases WHERE id = @case`, pgx.NamedArgs{"case": in.CaseID}).Scan(&v.Number, &v.Court); err != nil {
		return v, fault.Internalf("read a debtor's case: %w", err)
	}
	if v.Sum, err = s.Today(ctx, in.CaseID); err != nil {
		return v, err
	}
	rows, err := s.pool.Query(ctx, `SELECT l.id, l.title_zh, l.title_en, l.starts_at, `+notStarted+` FROM lots l
		WHERE l.case_id = @case AND l.status IN ('announced', 'suspended') ORDER BY l.starts_at, l.id LIMIT 500`, pgx.NamedArgs{"case": in.CaseID, "now": now})
	if err != nil {
		return v, fault.Internalf("read a debtor's lots: %w", err)
	}
	v.Lots, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Lot, err error) {
		return l, row.Scan(&l.ID, &l.Title.Zh, &l.Title.En, &l.StartsAt, &l.Stops)
	})
	if err != nil {
		return v, fault.Internalf("read a debtor's lots: %w", err)
	}
	paid, err := s.pool.Query(ctx, `SELECT p.paid_at, p.amount_fen - coalesce(r.amount_fen, 0), coalesce(r.amount_fen, 0), coalesce(r.state = 'done', false)
		FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id WHERE p.case_id = @case AND p.purpose = 'debt' AND p.state = 'paid'
		ORDER BY p.paid_at DESC, p.id DESC LIMIT 500`, pgx.NamedArgs{"case": in.CaseID})
	if err != nil {
		return v, fault.Internalf("read a debtor's payments: %w", err)
	}
	if v.Payments, err = pgx.CollectRows(paid, pgx.RowToStructByPos[Payment]); err != nil {
		return v, fault.Internalf("read a debtor's payments: %w", err)
	}
	v.Account, err = lastProposal(ctx, s.pool, in.CaseID)
	return v, err
}
