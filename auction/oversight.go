package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// roleInspector reads every trail whole.
const roleInspector = "inspector"

// Trail is the process trail of a case (R3), oldest step first, at most limit
// after the step of the id after. The inspector and judges of the case's court
// read it whole, everybody else what is public.
//
// Faults: not_found.
func (s *Service) Trail(ctx context.Context, by Actor, caseID, lot, after uuid.UUID, limit int) ([]trail.Line, error) {
	var list []trail.Line
	err := s.act(ctx, func(tx pgx.Tx, _ time.Time) error {
		c, err := readCase(ctx, tx, caseID)
		if err != nil {
			return err
		}
		whole := by.Role == roleInspector || (by.Role == roleJudge && by.CourtID == c.CourtID)
		list, err = trail.Read(ctx, tx, trail.Page{Case: caseID, Lot: lot, Whole: whole, After: after, Limit: limit})
		return err
	})
	return list, err
}

// Overdue is a person's duty whose time has passed.
type Overdue struct {
	Kind       duty.Kind  `json:"kind"`
	Rule       string     `json:"rule,omitempty"`
	Actor      duty.Actor `json:"actor"`
	DueAt      time.Time  `json:"due_at"`
	CaseID     uuid.UUID  `json:"case"`
	CaseNumber string     `json:"case_number"`
	LotID      *uuid.UUID `json:"lot,omitempty"`
	Court      uuid.UUID  `json:"court"`
}

// LateAct is an act that came after its time, with the superior's reason.
type LateAct struct {
	Act        trail.Act   `json:"act"`
	Rule       string      `json:"rule,omitempty"`
	At         time.Time   `json:"at"`
	DueAt      time.Time   `json:"due_at"`
	Superior   docket.Text `json:"superior"`
	Reason     docket.Text `json:"reason"`
	CaseID     uuid.UUID   `json:"case"`
	CaseNumber string      `json:"case_number"`
	LotID      *uuid.UUID  `json:"lot,omitempty"`
	Court      uuid.UUID   `json:"court"`
}

// Oversight is what is late or was, over all courts.
type Oversight struct {
	Overdue []Overdue `json:"overdue"`
	// Late are the newest late acts, LateCount all of them.
	Late      []LateAct `json:"late"`
	LateCount int64     `json:"late_count"`
	// OverdueCount counts all overdue duties of persons.
	OverdueCount int64 `json:"overdue_count"`
}

const oversightRows = 200

// Oversight lists what is overdue, oldest first, and what was done late, newest
// first, at most 200 of each. It is the inspector's.
//
// Faults: role_forbidden.
func (s *Service) Oversight(ctx context.Context, by Actor) (Oversight, error) {
	var out Oversight
	if by.Role != roleInspector {
		return out, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) (err error) {
		args := pgx.NamedArgs{"now": now, "limit": oversightRows}
		if out.Overdue, err = rowsOf[Overdue](ctx, tx, `
			SELECT d.kind, d.rule, d.actor, d.due_at, d.case_id, c.number, d.lot_id, c.court_id
			FROM duties d JOIN cases c ON c.id = d.case_id
			WHERE d.state = 'owed' AND d.actor <> 'machine' AND d.due_at < @now ORDER BY d.due_at, d.id LIMIT @limit`, args); err != nil {
			return err
		}
		if out.Late, err = rowsOf[LateAct](ctx, tx, `
			SELECT t.act, t.rule, t.at, t.due_at, jsonb_build_object('zh', t.superior_zh, 'en', t.superior_en),
				jsonb_build_object('zh', t.late_reason_zh, 'en', t.late_reason_en), t.case_id, c.number, t.lot_id, c.court_id
			FROM trail t JOIN cases c ON c.id = t.case_id WHERE t.due_at IS NOT NULL ORDER BY t.at DESC, t.id DESC LIMIT @limit`, args); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM trail WHERE due_at IS NOT NULL),
			(SELECT count(*) FROM duties WHERE state = 'owed' AND actor <> 'machine' AND due_at < @now AND case_id IS NOT NULL)`, args).
			Scan(&out.LateCount, &out.OverdueCount)
	})
	return out, err
}

func rowsOf[T any](ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return nil, fault.Internalf("read oversight: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		return nil, fault.Internalf("read oversight: %w", err)
	}
	return list, nil
}
