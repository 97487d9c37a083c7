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
		list, err = trail.Read(ctx, tx, trail.Page{Case: caseID, Lot: lot, Whole: by.readsWhole(c.CourtID), After: after, Limit: limit})
		return err
	})
	return list, err
}

// TrailHead is a case whose trail is read, with its lots.
type TrailHead struct {
	ID, CourtID uuid.UUID
	Number      string
	Court       docket.Text
	// Whole tells that the reader sees every step, not the public ones alone.
	Whole bool
	// Lots are its lots, published ones alone where the trail is not read whole.
	Lots map[uuid.UUID]TrailLot
}

// TrailLot is a lot that a trail names.
type TrailLot struct {
	Title     docket.Text
	Published bool
}

// TrailOf finds a case for its trail, by its id or its court number.
//
// Faults: not_found; for the public also where no lot of it is published.
func (s *Service) TrailOf(ctx context.Context, by Actor, key string) (TrailHead, error) {
	h := TrailHead{Lots: map[uuid.UUID]TrailLot{}}
	var court docket.Court
	where := `number = @key`
	if _, err := uuid.Parse(key); err == nil {
		where = `id = @key::text::uuid`
	}
	err := s.pool.QueryRow(ctx, `SELECT id, court_id, number, court FROM cases WHERE `+where, pgx.NamedArgs{"key": key}).
		Scan(&h.ID, &h.CourtID, &h.Number, &court)
	if isNoRows(err) {
		return h, notFound("case")
	}
	if err != nil {
		return h, fault.Internalf("find case: %w", err)
	}
	h.Court, h.Whole = court.Name, by.readsWhole(h.CourtID)
	rows, err := s.pool.Query(ctx, `SELECT id, title_zh, title_en, announced_at IS NOT NULL FROM lots WHERE case_id = @case AND (@whole OR announced_at IS NOT NULL)`,
		pgx.NamedArgs{"case": h.ID, "whole": h.Whole})
	if err != nil {
		return h, fault.Internalf("read the case's lots: %w", err)
	}
	var id uuid.UUID
	var lot TrailLot
	if _, err := pgx.ForEachRow(rows, []any{&id, &lot.Title.Zh, &lot.Title.En, &lot.Published}, func() error {
		h.Lots[id] = lot
		return nil
	}); err != nil {
		return h, fault.Internalf("read the case's lots: %w", err)
	}
	if !h.Whole && len(h.Lots) == 0 {
		return h, notFound("case")
	}
	return h, nil
}

// readsWhole tells who reads the trail of a court's case whole.
func (a Actor) readsWhole(court uuid.UUID) bool {
	return a.Role == roleInspector || (a.Role == roleJudge && a.CourtID == court)
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
	// LotTitle is the lot's; empty for a duty of a case.
	LotTitle docket.Text `json:"lot_title,omitzero"`
}

// CourtOversight counts what is late at one court.
type CourtOversight struct {
	Court uuid.UUID   `json:"court"`
	Code  string      `json:"code"`
	Name  docket.Text `json:"name"`
	// Overdue duties of persons now, and Late acts ever.
	Overdue int64 `json:"overdue"`
	Late    int64 `json:"late"`
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
	// Courts are all of them, the one with most overdue first.
	Courts []CourtOversight `json:"courts"`
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
			SELECT d.kind, d.rule, d.actor, d.due_at, d.case_id, c.number, d.lot_id, c.court_id,
				jsonb_build_object('zh', coalesce(l.title_zh, ''), 'en', coalesce(l.title_en, ''))
			FROM duties d JOIN cases c ON c.id = d.case_id LEFT JOIN lots l ON l.id = d.lot_id
			WHERE d.state = 'owed' AND d.actor <> 'machine' AND d.due_at < @now ORDER BY d.due_at, d.id LIMIT @limit`, args); err != nil {
			return err
		}
		if out.Late, err = rowsOf[LateAct](ctx, tx, `
			SELECT t.act, t.rule, t.at, t.due_at, jsonb_build_object('zh', t.superior_zh, 'en', t.superior_en),
				jsonb_build_object('zh', t.late_reason_zh, 'en', t.late_reason_en), t.case_id, c.number, t.lot_id, c.court_id
			FROM trail t JOIN cases c ON c.id = t.case_id WHERE t.due_at IS NOT NULL ORDER BY t.at DESC, t.id DESC LIMIT @limit`, args); err != nil {
			return err
		}
		if out.Courts, err = rowsOf[CourtOversight](ctx, tx, `
			SELECT co.id, co.code, jsonb_build_object('zh', co.name_zh, 'en', co.name_en), coalesce(o.n, 0), coalesce(t.n, 0) FROM courts co
			LEFT JOIN (SELECT c.court_id, count(*) AS n FROM duties d JOIN cases c ON c.id = d.case_id
				WHERE d.state = 'owed' AND d.actor <> 'machine' AND d.due_at < @now GROUP BY 1) o ON o.court_id = co.id
			LEFT JOIN (SELECT c.court_id, count(*) AS n FROM trail s JOIN cases c ON c.id = s.case_id WHERE s.due_at IS NOT NULL GROUP BY 1) t ON t.court_id = co.id
			ORDER BY 4 DESC, 5 DESC, co.code`, args); err != nil {
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
