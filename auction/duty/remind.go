package duty

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/outbox"
)

// RemindSubject is under which a reminder is told.
const RemindSubject = "lot.duty_due_soon"

// Reminder is the message: which office owes what, and by when. It names no person.
type Reminder struct {
	Duty  uuid.UUID  `json:"duty"`
	Kind  Kind       `json:"kind"`
	Case  *uuid.UUID `json:"case,omitempty"`
	Lot   *uuid.UUID `json:"lot,omitempty"`
	Rule  string     `json:"rule,omitempty"`
	Actor Actor      `json:"actor"`
	DueAt time.Time  `json:"due_at"`
}

// Remind reminds of each duty of a person once, when a third of its time is
// left, three days before it is due at the earliest, and never once it is
// overdue: the outbox tells the court's own systems, and lists mark it. It
// returns how many it reminded of; RunDue and a started runner call it.
func (r *Runner) Remind(ctx context.Context) (int, error) {
	now := r.clock.Now()
	var told int
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE duties SET reminded_at = @now
			WHERE id IN (SELECT id FROM duties
				WHERE state = 'owed' AND actor <> 'machine' AND reminded_at IS NULL
				  AND due_at > @now AND due_at - least(interval '3 days', (due_at - created_at) / 3) <= @now
				ORDER BY due_at, id LIMIT @wave FOR UPDATE SKIP LOCKED)
			RETURNING id, kind, case_id, lot_id, rule, actor, due_at`, pgx.NamedArgs{"now": now, "wave": wave})
		if err != nil {
			return fault.Internalf("remind of duties: %w", err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reminder])
		if err != nil {
			return fault.Internalf("remind of duties: %w", err)
		}
		for _, one := range list {
			if err := outbox.Tell(ctx, tx, now, RemindSubject, one); err != nil {
				return err
			}
		}
		told = len(list)
		return nil
	})
	if err != nil {
		return 0, fault.Internalf("remind of duties: %w", err)
	}
	return told, nil
}
