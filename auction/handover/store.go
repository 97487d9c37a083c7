package handover

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
)

// Planner plans the steps in the ruling's transaction; it is auction.Handovers.
type Planner struct{}

var _ auction.Handovers = Planner{}

// Begin writes the plan and owes its steps.
func (Planner) Begin(ctx context.Context, a *auction.LotAct, servedAt time.Time) error {
	return begin(ctx, a, servedAt)
}

// Settled lists what was done or left out on the way, with corrections beside it.
func (Planner) Settled(ctx context.Context, a *auction.LotAct) ([]papers.HandoverLine, error) {
	steps, err := readSteps(ctx, a.Tx, a.Lot().ID)
	if err != nil {
		return nil, err
	}
	notes, err := corrections(ctx, a.Tx, a.Lot().ID)
	if err != nil {
		return nil, err
	}
	var out []papers.HandoverLine
	for _, st := range steps {
		if st.State != Done && st.State != Skipped {
			continue
		}
		line := papers.HandoverLine{Step: string(st.Step), SettledAt: *st.SettledAt, Skipped: st.State == Skipped, Reason: st.Reason, Outcome: string(st.Outcome), Note: st.Note}
		for _, c := range notes[st.Step] {
			line.Corrections = append(line.Corrections, c.Note)
		}
		out = append(out, line)
	}
	return out, nil
}

// End ends the steps that are left, and their duties.
func (Planner) End(ctx context.Context, a *auction.LotAct) error {
	_, err := a.Tx.Exec(ctx, `UPDATE handover_steps SET state = 'cancelled', settled_at = @now WHERE lot_id = @lot AND state = 'owed'`,
		pgx.NamedArgs{"lot": a.Lot().ID, "now": a.Now})
	if err != nil {
		return fault.Internalf("end steps of a handing over: %w", err)
	}
	return a.Cancel(ctx, kinds()...)
}

func kinds() []duty.Kind {
	steps := Steps()
	out := make([]duty.Kind, len(steps))
	for i, s := range steps {
		out[i] = kindOf(s)
	}
	return out
}

func begin(ctx context.Context, a *auction.LotAct, servedAt time.Time) error {
	held, err := a.Property(ctx)
	if err != nil {
		return err
	}
	property := make([]docket.Asset, 0, len(held))
	for _, one := range held {
		property = append(property, one)
	}
	for _, p := range Plan(property, a.Rules, servedAt) {
		_, err := a.Tx.Exec(ctx, `INSERT INTO handover_steps (lot_id, step, track, place, due_at, state) VALUES (@lot, @step, @track, @place, @due, 'owed')`,
			pgx.NamedArgs{"lot": a.Lot().ID, "step": p.Step, "track": p.Track, "place": p.Place, "due": p.DueAt})
		if err != nil {
			return fault.Internalf("plan a step of a handing over: %w", err)
		}
		if err := a.Owe(ctx, duty.Duty{Kind: kindOf(p.Step), Rule: "R20r", Actor: p.Step.Actor(), DueAt: p.DueAt}); err != nil {
			return err
		}
	}
	return nil
}

// way is the steps of a lot that is on its way to the buyer.
type way struct {
	steps []StepView
	// due is by when it is handed over.
	due time.Time
}

// open reads the steps of a ruled lot that is not handed over; one that was
// ruled before there were steps is planned now.
func open(ctx context.Context, a *auction.LotAct) (way, error) {
	var w way
	var served time.Time
	var handed *time.Time
	lot := a.Lot()
	err := a.Tx.QueryRow(ctx, `SELECT served_at, handed_over_at FROM rulings WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot.ID}).Scan(&served, &handed)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && (handed != nil || lot.State != auction.Ruled):
		return w, fault.New(fault.Conflict, fault.StateConflict).With("state", string(lot.State))
	case err != nil:
		return w, fault.Internalf("read ruling: %w", err)
	}
	w.due = served.Add(a.Rules.HandoverWithin)
	if w.steps, err = readSteps(ctx, a.Tx, lot.ID); err != nil || len(w.steps) > 0 {
		return w, err
	}
	if err := begin(ctx, a, served); err != nil {
		return w, err
	}
	w.steps, err = readSteps(ctx, a.Tx, lot.ID)
	return w, err
}

func (w *way) find(step Step) (int, error) {
	for i, s := range w.steps {
		if s.Step == step {
			return i, nil
		}
	}
	return 0, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "step").InField("step")
}

// closing is how a step is settled.
type closing struct {
	State   State
	Outcome Outcome
	UntilAt *time.Time
	Reason  docket.Text
	Note    string
	Late    bool
}

// settle writes a settled step with its entry, its duty and its message.
func settle(ctx context.Context, a *auction.LotAct, s StepView, c closing) error {
	hash := ""
	if c.Note != "" {
		hash = audit.HashText(c.Note)
	}
	var by *uuid.UUID
	if a.By.AccountID != uuid.Nil {
		by = &a.By.AccountID
	}
	tag, err := a.Tx.Exec(ctx, `UPDATE handover_steps SET state = @state, settled_at = @now, settled_by = @by, late = @late, outcome = @outcome,
			until_at = @until, reason_zh = @zh, reason_en = @en, note = @note, note_hash = @hash
		WHERE lot_id = @lot AND step = @step AND state = 'owed'`,
		pgx.NamedArgs{
			"lot": a.Lot().ID, "step": s.Step, "state": c.State, "now": a.Now, "by": by, "late": c.Late, "outcome": c.Outcome,
			"until": c.UntilAt, "zh": c.Reason.Zh, "en": c.Reason.En, "note": c.Note, "hash": hash,
		})
	if err != nil {
		return fault.Internalf("settle a step of a handing over: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, fault.StateConflict)
	}
	err = a.Enter(ctx, audit.KindHandoverStep, audit.HandoverStep{
		Step: string(s.Step), State: string(c.State), Outcome: string(c.Outcome), DueAt: s.DueAt.UTC(), Late: c.Late, NoteHash: hash,
	})
	if err != nil {
		return err
	}
	finish := a.Done
	if c.State == Skipped {
		finish = a.Cancel
	}
	if err := finish(ctx, kindOf(s.Step)); err != nil {
		return err
	}
	return a.Tell(ctx, "lot.handover", told{Lot: a.Lot().ID, Case: a.Lot().CaseID, Step: s.Step, State: c.State, At: a.Now})
}

// told is what the outbox tells of a step.
type told struct {
	Lot   uuid.UUID `json:"lot"`
	Case  uuid.UUID `json:"case"`
	Step  Step      `json:"step"`
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

func insertSlots(ctx context.Context, a *auction.LotAct, slots []Slot) error {
	for _, s := range slots {
		id, err := uuid.NewV7()
		if err != nil {
			return fault.Internalf("make an id: %w", err)
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO collection_slots (id, lot_id, starts_at, ends_at, place_zh, place_en) VALUES (@id, @lot, @starts, @ends, @zh, @en)`,
			pgx.NamedArgs{"id": id, "lot": a.Lot().ID, "starts": audit.Millis(s.StartsAt), "ends": audit.Millis(s.EndsAt), "zh": s.Place.Zh, "en": s.Place.En})
		if err != nil {
			return fault.Internalf("insert an appointment: %w", err)
		}
	}
	return nil
}

// takeSlot books an appointment that has not begun.
func takeSlot(ctx context.Context, a *auction.LotAct, slot uuid.UUID) error {
	var starts time.Time
	err := a.Tx.QueryRow(ctx, `SELECT starts_at FROM collection_slots WHERE id = @slot AND lot_id = @lot`,
		pgx.NamedArgs{"slot": slot, "lot": a.Lot().ID}).Scan(&starts)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, fault.NotFoundCode).With("what", "slot").InField("slot")
	}
	if err != nil {
		return fault.Internalf("read an appointment: %w", err)
	}
	if !starts.After(a.Now) {
		return fault.New(fault.Conflict, fault.SlotInvalid).InField("slot").ByRule("R20r")
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE collection_slots SET booked_at = @now WHERE id = @slot`, pgx.NamedArgs{"slot": slot, "now": a.Now}); err != nil {
		return fault.Internalf("book an appointment: %w", err)
	}
	a.Step.Detail = map[string]any{"slot": slot, "starts_at": starts}
	return nil
}

// Querier is a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// BuyerOf refuses everybody whom the lot's confirmation does not name: before
// the end there is none, and so nobody is told apart (R18).
//
// Faults: not_the_buyer.
func BuyerOf(ctx context.Context, q Querier, lot, account uuid.UUID) error {
	var is bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM confirmations WHERE lot_id = @lot AND account_id = @account)`,
		pgx.NamedArgs{"lot": lot, "account": account}).Scan(&is)
	if err != nil {
		return fault.Internalf("read confirmation: %w", err)
	}
	if !is {
		return fault.New(fault.Forbidden, fault.NotTheBuyer)
	}
	return nil
}
