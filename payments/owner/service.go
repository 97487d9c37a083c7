package owner

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

// Service finds owners. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	duties  *duty.Book
	auction *auction.Service
}

// New makes a Service.
func New(pool *pgxpool.Pool, duties *duty.Book, cases *auction.Service) *Service {
	return &Service{pool, duties, cases}
}

const (
	// AnswerWithin is our clock, no law's: it is published beside the form.
	AnswerWithin = 15 * 24 * time.Hour
	// maxText bounds what a person or finance writes, maxName a name or number, in characters.
	maxText, maxName = 2000, 200
)

func finance(by auction.Actor, court uuid.UUID) error {
	if by.Role != "finance" || by.CourtID != court || by.AccountID == uuid.Nil {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	return id, nil
}

func wrong(field string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule("F1")
}
