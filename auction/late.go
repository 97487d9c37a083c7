package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Late is a superior's reason for an act after its time: a missed duty is no
// bar, but it is carried out on record and counted in oversight.
type Late struct {
	// Superior is the office that approved ("执行局局长"), never a person's name.
	Superior docket.Text
	Reason   docket.Text
}

func (l Late) given() bool {
	return l.Superior.Zh != "" && l.Superior.En != "" && l.Reason.Zh != "" && l.Reason.En != ""
}

// lateness is nil for an act in time, at its last instant included; what goes
// on the trail for one after it; or late_reason_required (invalid, with
// latest_at) when no superior's reason is given.
func (l Late) lateness(rule string, due, at time.Time) (*trail.Late, error) {
	if due.IsZero() || !at.After(due) {
		return nil, nil //nolint:nilnil // in time
	}
	if !l.given() {
		return nil, fault.New(fault.Invalid, fault.LateReasonRequired).InField("late_reason").ByRule(rule).With("latest_at", due)
	}
	return &trail.Late{DueAt: due, Superior: l.Superior, Reason: l.Reason}, nil
}

// For is what goes on the trail of an act at the time at that was due by due, for acts of packages above this one: nil in time,
// its last instant included.
//
// Faults: late_reason_required.
func (l Late) For(rule string, due, at time.Time) (*trail.Late, error) {
	return l.lateness(rule, due, at)
}

// InTime puts a superior's reason on the step of an act after its due time.
//
// Faults: late_reason_required (invalid, with latest_at).
func (a *LotAct) InTime(rule string, due time.Time, l Late) error {
	late, err := l.lateness(rule, due, a.Now)
	if err != nil {
		return err
	}
	a.Step.Late = late
	return nil
}

// dueAt is by when a lot owes a duty of a kind, zero when it owes none.
func dueAt(ctx context.Context, tx pgx.Tx, kind duty.Kind, lot uuid.UUID) (time.Time, error) {
	var due time.Time
	err := tx.QueryRow(ctx, `SELECT due_at FROM duties WHERE lot_id = @lot AND kind = @kind AND state = 'owed' ORDER BY due_at LIMIT 1`,
		pgx.NamedArgs{"lot": lot, "kind": kind}).Scan(&due)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, fault.Internalf("read when %s is due: %w", kind, err)
	}
	return due, nil
}
