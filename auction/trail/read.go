package trail

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// Querier is a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Line is a step as it is read.
type Line struct {
	ID    uuid.UUID  `json:"id"`
	LotID *uuid.UUID `json:"lot,omitempty"`
	At    time.Time  `json:"at"`
	Role  string     `json:"role"`
	// By is the name under which the log has a judge; empty for the machine.
	By     string          `json:"by,omitempty"`
	Act    Act             `json:"act"`
	Rule   string          `json:"rule,omitempty"`
	Ground string          `json:"ground,omitempty"`
	Reason docket.Text     `json:"reason,omitzero"`
	Detail json.RawMessage `json:"detail"`
	Public bool            `json:"public"`
	// DueAt is by when a late act was due.
	DueAt      *time.Time  `json:"due_at,omitempty"`
	Superior   docket.Text `json:"superior,omitzero"`
	LateReason docket.Text `json:"late_reason,omitzero"`
	// Login is the account for the inspector; it is never public.
	Login string `json:"login,omitempty"`
}

// Page asks for steps of a case, oldest first.
type Page struct {
	Case uuid.UUID
	// Lot keeps to one lot's steps and the case's own; uuid.Nil takes all.
	Lot uuid.UUID
	// Whole shows steps that are not public, and whose account acted.
	Whole bool
	// After is the id of the last step seen; uuid.Nil begins.
	After uuid.UUID
	Limit int
}

// Read lists steps, oldest first.
func Read(ctx context.Context, q Querier, p Page) ([]Line, error) {
	rows, err := q.Query(ctx, `
		SELECT t.id, t.lot_id, t.at, t.role, t.account_id, t.act, t.rule, t.ground, t.reason_zh, t.reason_en, t.detail, t.public,
			t.due_at, t.superior_zh, t.superior_en, t.late_reason_zh, t.late_reason_en, coalesce(a.login, '')
		FROM trail t LEFT JOIN accounts a ON a.id = t.account_id
		WHERE t.case_id = @case AND (@whole OR t.public) AND (@lot::uuid IS NULL OR t.lot_id = @lot OR t.lot_id IS NULL)
			AND (@after::uuid IS NULL OR (t.at, t.id) > (SELECT at, id FROM trail WHERE id = @after))
		ORDER BY t.at, t.id LIMIT @limit`,
		pgx.NamedArgs{"case": p.Case, "lot": orNull(p.Lot), "whole": p.Whole, "after": orNull(p.After), "limit": p.Limit})
	if err != nil {
		return nil, fault.Internalf("read the trail: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) {
		var l Line
		var account *uuid.UUID
		err := row.Scan(&l.ID, &l.LotID, &l.At, &l.Role, &account, &l.Act, &l.Rule, &l.Ground, &l.Reason.Zh, &l.Reason.En, &l.Detail, &l.Public,
			&l.DueAt, &l.Superior.Zh, &l.Superior.En, &l.LateReason.Zh, &l.LateReason.En, &l.Login)
		if account != nil && l.Role == "judge" {
			l.By = audit.Judge(*account)
		}
		if !p.Whole {
			l.Login = ""
		}
		return l, err
	})
	if err != nil {
		return nil, fault.Internalf("read the trail: %w", err)
	}
	return list, nil
}
