package duty

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
)

// Querier is a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

var _ Querier = (*pgxpool.Pool)(nil)

const columns = `id, kind, key, case_id, lot_id, args, rule, actor, due_at, attempts, created_at`

// OwedByCourt lists what the actor of a court owes, soonest first, at most limit.
func OwedByCourt(ctx context.Context, q Querier, actor Actor, court uuid.UUID, limit int) ([]Duty, error) {
	return collect(ctx, q, `
		SELECT d.id, d.kind, d.key, d.case_id, d.lot_id, d.args, d.rule, d.actor, d.due_at, d.attempts, d.created_at
		FROM duties d JOIN cases c ON c.id = d.case_id
		WHERE d.actor = @actor AND d.actor <> 'machine' AND d.state = 'owed' AND c.court_id = @court
		ORDER BY d.due_at, d.id LIMIT @limit`,
		pgx.NamedArgs{"actor": actor, "court": court, "limit": limit})
}

// Overdue lists duties whose time has passed by more than grace, oldest first (I9).
func Overdue(ctx context.Context, q Querier, now time.Time, grace time.Duration, limit int) ([]Duty, error) {
	return collect(ctx, q, `SELECT `+columns+` FROM duties
		WHERE state = 'owed' AND due_at < @before ORDER BY due_at, id LIMIT @limit`,
		pgx.NamedArgs{"before": now.Add(-grace), "limit": limit})
}

func collect(ctx context.Context, q Querier, sql string, args pgx.NamedArgs) ([]Duty, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fault.Internalf("list duties: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Duty])
	if err != nil {
		return nil, fault.Internalf("list duties: %w", err)
	}
	return list, nil
}
