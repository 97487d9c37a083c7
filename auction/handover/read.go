package handover

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

// View is a lot's way to its buyer.
type View struct {
	Lot uuid.UUID `json:"lot"`
	// ServedAt is when the ruling reached the buyer, DueAt by when all is handed over (R20r).
	ServedAt     time.Time  `json:"served_at"`
	DueAt        time.Time  `json:"due_at"`
	HandedOverAt *time.Time `json:"handed_over_at,omitempty"`
	Steps        []StepView `json:"steps"`
	Slots        []SlotView `json:"slots"`
}

// StepView is a step as it stands.
type StepView struct {
	Step  Step       `json:"step"`
	Track Track      `json:"track"`
	Actor duty.Actor `json:"actor"`
	State State      `json:"state"`
	DueAt time.Time  `json:"due_at"`
	// Next says that it can be settled now: nothing before it is open.
	Next      bool        `json:"next"`
	SettledAt *time.Time  `json:"settled_at,omitempty"`
	Late      bool        `json:"late"`
	Outcome   Outcome     `json:"outcome,omitempty"`
	UntilAt   *time.Time  `json:"until_at,omitempty"`
	Reason    docket.Text `json:"reason,omitzero"`
	// Note and Corrections are the court's own; the buyer is not shown them.
	Note        string       `json:"note,omitempty"`
	NoteHash    string       `json:"note_hash,omitempty"`
	Corrections []Correction `json:"corrections,omitempty"`
}

// Correction stands beside a settled step.
type Correction struct {
	At   time.Time `json:"at"`
	Note string    `json:"note"`
	Hash string    `json:"hash"`
}

// SlotView is an appointment with its id.
type SlotView struct {
	ID uuid.UUID `json:"id"`
	Slot
	BookedAt *time.Time `json:"booked_at,omitempty"`
}

func readSteps(ctx context.Context, q Querier, lot uuid.UUID) ([]StepView, error) {
	rows, err := q.Query(ctx, `SELECT step, track, state, due_at, settled_at, late, outcome, until_at, reason_zh, reason_en, note, note_hash
		FROM handover_steps WHERE lot_id = @lot ORDER BY place`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read steps of a handing over: %w", err)
	}
	steps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s StepView, err error) {
		err = row.Scan(&s.Step, &s.Track, &s.State, &s.DueAt, &s.SettledAt, &s.Late, &s.Outcome, &s.UntilAt, &s.Reason.Zh, &s.Reason.En, &s.Note, &s.NoteHash)
		s.Actor = s.Step.Actor()
		return s, err
	})
	if err != nil {
		return nil, fault.Internalf("read steps of a handing over: %w", err)
	}
	for i := range steps {
		steps[i].Next = steps[i].State == Owed && before(steps, i) == ""
	}
	return steps, nil
}

// Steps reads a lot's way to its buyer for a judge of its court.
//
// Faults: role_forbidden, not_found (no ruling).
func (s *Service) Steps(ctx context.Context, by auction.Actor, lot uuid.UUID) (View, error) {
	v, court, err := s.view(ctx, lot)
	if err != nil {
		return View{}, err
	}
	if by.Role != "judge" || by.CourtID != court {
		return View{}, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	notes, err := corrections(ctx, s.pool, lot)
	if err != nil {
		return View{}, err
	}
	for i := range v.Steps {
		v.Steps[i].Corrections = notes[v.Steps[i].Step]
	}
	return v, nil
}

// corrections reads what was written beside a lot's steps, oldest first.
func corrections(ctx context.Context, q Querier, lot uuid.UUID) (map[Step][]Correction, error) {
	rows, err := q.Query(ctx, `SELECT step, made_at, note, hash FROM handover_notes WHERE lot_id = @lot ORDER BY made_at, id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read corrections: %w", err)
	}
	out := map[Step][]Correction{}
	var step Step
	var c Correction
	_, err = pgx.ForEachRow(rows, []any{&step, &c.At, &c.Note, &c.Hash}, func() error {
		out[step] = append(out[step], c)
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read corrections: %w", err)
	}
	return out, nil
}

// Bought reads a lot's way to its buyer for that buyer, without the court's own notes.
//
// Faults: not_found (bought by another, or no ruling yet).
func (s *Service) Bought(ctx context.Context, account, lot uuid.UUID) (View, error) {
	if err := BuyerOf(ctx, s.pool, lot, account); fault.CodeOf(err) == fault.NotTheBuyer {
		return View{}, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "purchase")
	} else if err != nil {
		return View{}, err
	}
	v, _, err := s.view(ctx, lot)
	if err != nil {
		return View{}, err
	}
	for i := range v.Steps {
		v.Steps[i].Note, v.Steps[i].NoteHash, v.Steps[i].Reason = "", "", docket.Text{}
	}
	return v, nil
}

func (s *Service) view(ctx context.Context, lot uuid.UUID) (View, uuid.UUID, error) {
	v := View{Lot: lot, Slots: []SlotView{}}
	var court uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT l.court_id, r.served_at, r.handed_over_at,
			coalesce((SELECT d.due_at FROM duties d WHERE d.kind = 'hand_over' AND d.lot_id = l.id), r.served_at)
		FROM lots l JOIN rulings r ON r.lot_id = l.id WHERE l.id = @lot`, pgx.NamedArgs{"lot": lot}).
		Scan(&court, &v.ServedAt, &v.HandedOverAt, &v.DueAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, court, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "ruling")
	}
	if err != nil {
		return v, court, fault.Internalf("read ruling: %w", err)
	}
	if v.Steps, err = readSteps(ctx, s.pool, lot); err != nil {
		return v, court, err
	}
	rows, err := s.pool.Query(ctx, `SELECT id, starts_at, ends_at, place_zh, place_en, booked_at FROM collection_slots WHERE lot_id = @lot ORDER BY starts_at, id`,
		pgx.NamedArgs{"lot": lot})
	if err != nil {
		return v, court, fault.Internalf("read appointments: %w", err)
	}
	var one SlotView
	_, err = pgx.ForEachRow(rows, []any{&one.ID, &one.StartsAt, &one.EndsAt, &one.Place.Zh, &one.Place.En, &one.BookedAt}, func() error {
		v.Slots = append(v.Slots, one)
		return nil
	})
	if err != nil {
		return v, court, fault.Internalf("read appointments: %w", err)
	}
	return v, court, nil
}
