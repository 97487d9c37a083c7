package trail

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// Act is what was done, in the past. Acts are only ever added: rows quote them,
// and each has its words in both catalogues (trail.<act>).
type Act string

// Machine is the role of a step that no person took: the close of a course, a default.
const Machine = "machine"

// Step is one act on a case.
type Step struct {
	CaseID uuid.UUID
	// LotID is uuid.Nil for a step of the case as a whole.
	LotID uuid.UUID
	At    time.Time
	// By is the account that acted, uuid.Nil for the machine and for an operator at the command line.
	By   uuid.UUID
	Role string
	Act  Act
	// Rule is the row of the rule book that the act follows.
	Rule string
	// Ground is a stable word (one of R17w's grounds), Reason the published text; both may be empty.
	Ground string
	Reason docket.Text
	// Detail holds figures and ids as a JSON object; nil for none. No personal data: it is public where the step is.
	Detail any
	// Public steps are read by everybody, the others by the case's judges and the inspector.
	Public bool
	// Late is set where a duty was fulfilled after its time.
	Late *Late
}

// Late says that an act came after its time, which does not bar it: a superior's reason stands on record, and oversight counts it.
type Late struct {
	DueAt time.Time
	// Superior is the office that approved, by its name ("执行局局长"), never a person's.
	Superior docket.Text
	Reason   docket.Text
}

// Record writes a step in the transaction of its act.
func Record(ctx context.Context, tx pgx.Tx, s Step) error {
	if s.CaseID == uuid.Nil || s.Act == "" || s.Role == "" || s.At.IsZero() {
		return fault.Internalf("record %q on the trail: case, act, role or time is missing", s.Act)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make a step's id: %w", err)
	}
	detail := []byte("{}")
	if s.Detail != nil {
		if detail, err = json.Marshal(s.Detail); err != nil {
			return fault.Internalf("encode a step: %w", err)
		}
	}
	late := Late{}
	var due *time.Time
	if s.Late != nil {
		late, due = *s.Late, &s.Late.DueAt
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO trail (id, case_id, lot_id, at, account_id, role, act, rule, ground, reason_zh, reason_en, detail, public,
			due_at, superior_zh, superior_en, late_reason_zh, late_reason_en)
		VALUES (@id, @case, @lot, @at, @by, @role, @act, @rule, @ground, @zh, @en, @detail, @public,
			@due, @superior_zh, @superior_en, @late_zh, @late_en)`,
		pgx.NamedArgs{
			"id": id, "case": s.CaseID, "lot": orNull(s.LotID), "at": s.At, "by": orNull(s.By), "role": s.Role, "act": s.Act, "rule": s.Rule,
			"ground": s.Ground, "zh": s.Reason.Zh, "en": s.Reason.En, "detail": detail, "public": s.Public, "due": due,
			"superior_zh": late.Superior.Zh, "superior_en": late.Superior.En, "late_zh": late.Reason.Zh, "late_en": late.Reason.En,
		})
	if err != nil {
		return fault.Internalf("record %s on the trail: %w", s.Act, err)
	}
	return nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
