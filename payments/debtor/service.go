package debtor

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/payments"
)

// Service keeps debtors' doors and knows what they owe; it is payments.Debts.
type Service struct {
	pool    *pgxpool.Pool
	duties  *duty.Book
	auction *auction.Service
}

var _ payments.Debts = (*Service)(nil)

// New makes a Service. Acts on a case run through the auction's service, which puts them on the trail.
func New(pool *pgxpool.Pool, duties *duty.Book, cases *auction.Service) *Service {
	return &Service{pool, duties, cases}
}

// Handlers are the duties that the package fulfils.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{duty.StopForDebt: s.stopDuty}
}

// ofCourt lets the case's judges and clerks act: they serve the letters.
func ofCourt(by auction.Actor, court uuid.UUID) error {
	return role(by, court, "judge", "clerk")
}

// finance lets the court's finance act.
func finance(by auction.Actor, court uuid.UUID) error {
	return role(by, court, "finance")
}

func role(by auction.Actor, court uuid.UUID, roles ...string) error {
	for _, r := range roles {
		if by.Role == r && by.CourtID == court && by.AccountID != uuid.Nil {
			return nil
		}
	}
	return fault.New(fault.Forbidden, fault.RoleForbidden)
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	return id, nil
}

// doorLife is how long a door opens: sales, their re-sales and the division of what they bring take no longer as a rule, and another is given
// where they do.
const doorLife = 2 * 365 * 24 * time.Hour
