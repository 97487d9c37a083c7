package casefund

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// Service keeps claims and makes plans.
type Service struct {
	pool    *pgxpool.Pool
	auction *auction.Service
}

// New makes a Service. Acts on a case run through the auction's service, which puts them on the trail.
func New(pool *pgxpool.Pool, cases *auction.Service) *Service { return &Service{pool, cases} }

const (
	// maxName bounds a creditor's name and an instrument's number, maxReason what is written why; in characters.
	maxName   = 200
	maxReason = 2000
	// MaxClaims bounds the claims of a case: a plan with all of them is one entry of the log, which holds 64 KiB.
	MaxClaims = 150
)

// finance lets a court's finance act on its cases.
func finance(by auction.Actor, court uuid.UUID) error {
	if by.Role != "finance" || by.CourtID != court {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// court lets its finance and its judges read.
func court(by auction.Actor, court uuid.UUID) error {
	if (by.Role != "finance" && by.Role != "judge") || by.CourtID != court {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// holdClaims lets no claim of the case come or go, and no plan of it be made or moved, until the transaction ends, and gives the act a time after all
// that was done so, so that the log tells their order. Rows that refer to the case may still be written.
func holdClaims(ctx context.Context, a *auction.CaseAct) error {
	if _, err := a.Tx.Exec(ctx, `SELECT FROM cases WHERE id = @case FOR NO KEY UPDATE`, pgx.NamedArgs{"case": a.CaseID}); err != nil {
		return fault.Internalf("hold the case: %w", err)
	}
	var last *time.Time
	if err := a.Tx.QueryRow(ctx, `SELECT max(at) FROM trail WHERE case_id = @case AND lot_id IS NULL`, pgx.NamedArgs{"case": a.CaseID}).Scan(&last); err != nil {
		return fault.Internalf("read a case's last step: %w", err)
	}
	if last != nil {
		a.After(*last)
	}
	return nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func wrong(field, rule string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule(rule)
}

// named tells whether a text stands in both languages within its bound.
func named(t docket.Text, most int) bool {
	for _, s := range []string{t.Zh, t.En} {
		if n := utf8.RuneCountInString(s); strings.TrimSpace(s) == "" || n > most {
			return false
		}
	}
	return true
}

// violates tells whether err is that constraint's.
func violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == constraint
}

// courtOf is whose case it is.
func courtOf(ctx context.Context, q querier, caseID uuid.UUID) (of uuid.UUID, err error) {
	err = q.QueryRow(ctx, `SELECT court_id FROM cases WHERE id = @case`, pgx.NamedArgs{"case": caseID}).Scan(&of)
	if errors.Is(err, pgx.ErrNoRows) {
		return of, fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	if err != nil {
		return of, fault.Internalf("read a case's court: %w", err)
	}
	return of, nil
}

// caseOf is the case of a row of one of the package's tables, by its id.
func caseOf(ctx context.Context, q querier, table, field string, id uuid.UUID) (caseID uuid.UUID, err error) {
	err = q.QueryRow(ctx, `SELECT case_id FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&caseID)
	if errors.Is(err, pgx.ErrNoRows) {
		return caseID, fault.New(fault.NotFound, fault.NotFoundCode).InField(field)
	}
	if err != nil {
		return caseID, fault.Internalf("read the case of %s: %w", field, err)
	}
	return caseID, nil
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	return id, nil
}
