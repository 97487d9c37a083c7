package handover

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Service is the use cases and the reading side. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	auction *auction.Service
}

// New makes a Service; the auction's Config.Handovers should be Planner{}.
func New(pool *pgxpool.Pool, a *auction.Service) *Service {
	if pool == nil || a == nil {
		panic("handover: a part is missing")
	}
	return &Service{pool: pool, auction: a}
}

// Settlement settles one step: done, or skipped.
type Settlement struct {
	Lot  uuid.UUID
	Step Step
	// Skip leaves the step out, for Reason, which is kept with it.
	Skip   bool
	Reason docket.Text
	// Outcome is asked for at the end of a deadline to vacate.
	Outcome Outcome
	// VacateBy is asked for with a notice to vacate: until when the occupants have.
	VacateBy time.Time
	// Note is the court's own record, asked for with an inventory: what was left, or that nothing was. It may name persons:
	// the log has its hash alone.
	Note string
	// Late is needed after the step's time.
	Late auction.Late
}

// Settle settles a step for a judge of the lot's court. The last step hands the
// property over. A deadline that ends with the occupants gone skips the forced
// clearing.
//
// Faults: role_forbidden, not_found, state_conflict (no ruling, handed over,
// settled), step_out_of_order, reason_required (skipped), late_reason_required,
// vacate_not_yet, slot_invalid, not_the_buyer, invalid_request (by field).
func (s *Service) Settle(ctx context.Context, by auction.Actor, in Settlement) error {
	in.Note, in.VacateBy = strings.TrimSpace(in.Note), audit.Millis(in.VacateBy)
	step := trail.Step{Act: trail.HandoverStep, Rule: "R20r"}
	return s.auction.OnLot(ctx, by, in.Lot, nil, step, func(a *auction.LotAct) error {
		w, err := open(ctx, a)
		if err != nil {
			return err
		}
		i, err := w.find(in.Step)
		if err != nil {
			return err
		}
		if err := in.check(w.steps, i, a.Now, w.due); err != nil {
			return err
		}
		late, err := in.Late.For("R20r", w.steps[i].DueAt, a.Now)
		if err != nil {
			return err
		}
		c := closing{State: Done, Outcome: in.Outcome, Reason: in.Reason, Note: in.Note, Late: late != nil}
		if in.Skip {
			c.State, c.Outcome = Skipped, ""
		}
		if in.Step == NoticeToVacate && !in.Skip {
			c.UntilAt = &in.VacateBy
		}
		if in.Step != DeadlineToVacate {
			c.Outcome = ""
		}
		a.Step.Late, a.Step.Reason = late, c.Reason
		a.Step.Detail = map[string]any{"step": in.Step, "state": c.State, "outcome": c.Outcome}
		if err := settle(ctx, a, w.steps[i], c); err != nil {
			return err
		}
		if c.Outcome == Left {
			if err := w.skipClearing(ctx, a); err != nil {
				return err
			}
		}
		if i < len(w.steps)-1 {
			return nil
		}
		a.Step.Act, a.Step.Public = trail.HandedOver, true
		return a.HandOver(ctx, in.Late)
	})
}

// skipClearing leaves the forced clearing out: the occupants went by themselves.
func (w *way) skipClearing(ctx context.Context, a *auction.LotAct) error {
	gone := docket.Text{Zh: "占用人已自行腾退。", En: "The occupants left by themselves."}
	for _, s := range w.steps {
		if s.State != Owed || (s.Step != ClearingDecided && s.Step != ClearingDone) {
			continue
		}
		if err := settle(ctx, a, s, closing{State: Skipped, Reason: gone}); err != nil {
			return err
		}
	}
	return nil
}

// Offer offers appointments at which goods can be fetched, or more of them as
// long as the buyer has taken none.
//
// Faults: role_forbidden, not_found, state_conflict, slot_invalid, late_reason_required.
func (s *Service) Offer(ctx context.Context, by auction.Actor, lot uuid.UUID, slots []Slot, late auction.Late) error {
	step := trail.Step{Act: trail.CollectionOffered, Rule: "R20r", Detail: map[string]any{"slots": len(slots)}}
	return s.auction.OnLot(ctx, by, lot, nil, step, func(a *auction.LotAct) error {
		w, err := open(ctx, a)
		if err != nil {
			return err
		}
		offered, err := w.find(CollectionOffered)
		if err != nil {
			return err
		}
		booked, err := w.find(CollectionBooked)
		if err != nil {
			return err
		}
		if w.steps[booked].State != Owed {
			return fault.New(fault.Conflict, fault.StateConflict).With("state", string(w.steps[booked].State))
		}
		if err := checkSlots(slots, a.Now, w.due); err != nil {
			return err
		}
		if err := insertSlots(ctx, a, slots); err != nil {
			return err
		}
		if w.steps[offered].State != Owed {
			return nil
		}
		if a.Step.Late, err = late.For("R20r", w.steps[offered].DueAt, a.Now); err != nil {
			return err
		}
		return settle(ctx, a, w.steps[offered], closing{State: Done, Late: a.Step.Late != nil})
	})
}

// Book takes an appointment for the buyer, once. One that is taken after the
// step's time counts as late, and nobody is asked why.
//
// Faults: role_forbidden, not_found (lot, slot, or no such step), not_the_buyer,
// state_conflict, step_out_of_order, slot_invalid (it has begun).
func (s *Service) Book(ctx context.Context, by auction.Actor, lot, slot uuid.UUID) error {
	step := trail.Step{Act: trail.CollectionBooked, Rule: "R20r"}
	return s.auction.OnLot(ctx, by, lot, bidderAlone, step, func(a *auction.LotAct) error {
		if err := BuyerOf(ctx, a.Tx, lot, by.AccountID); err != nil {
			return err
		}
		w, err := open(ctx, a)
		if err != nil {
			return err
		}
		i, err := w.find(CollectionBooked)
		if err != nil {
			return err
		}
		switch st := w.steps[i]; {
		case st.State != Owed:
			return fault.New(fault.Conflict, fault.StateConflict).With("state", string(st.State))
		case before(w.steps, i) != "":
			return fault.New(fault.Conflict, fault.StepOutOfOrder).ByRule("R20r").With("step", string(before(w.steps, i)))
		}
		if err := takeSlot(ctx, a, slot); err != nil {
			return err
		}
		return settle(ctx, a, w.steps[i], closing{State: Done, Late: a.Now.After(w.steps[i].DueAt)})
	})
}

// bidderAlone lets bidders in; which of them is the buyer the act looks up.
func bidderAlone(by auction.Actor, _ uuid.UUID) error {
	if by.Role != "bidder" || by.AccountID == uuid.Nil {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// Correct writes a correction beside a settled step; the step stays as it is.
//
// Faults: role_forbidden, not_found, state_conflict (not settled), invalid_request (note).
func (s *Service) Correct(ctx context.Context, by auction.Actor, lot uuid.UUID, step Step, note string) error {
	note = strings.TrimSpace(note)
	if note == "" || len([]rune(note)) > maxNote {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("note")
	}
	return s.auction.OnLot(ctx, by, lot, nil, trail.Step{Act: trail.HandoverCorrected, Rule: "R20r"}, func(a *auction.LotAct) error {
		steps, err := readSteps(ctx, a.Tx, lot)
		if err != nil {
			return err
		}
		w := way{steps: steps}
		i, err := w.find(step)
		if err != nil {
			return err
		}
		if st := w.steps[i].State; st != Done && st != Skipped {
			return fault.New(fault.Conflict, fault.StateConflict).With("state", string(st))
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fault.Internalf("make an id: %w", err)
		}
		hash := audit.HashText(note)
		_, err = a.Tx.Exec(ctx, `INSERT INTO handover_notes (id, lot_id, step, note, hash, made_by, made_at) VALUES (@id, @lot, @step, @note, @hash, @by, @now)`,
			pgx.NamedArgs{"id": id, "lot": lot, "step": step, "note": note, "hash": hash, "by": by.AccountID, "now": a.Now})
		if err != nil {
			return fault.Internalf("insert a correction: %w", err)
		}
		a.Step.Detail = map[string]any{"step": step, "note_hash": hash}
		return a.Enter(ctx, audit.KindHandoverNote, audit.HandoverNote{Step: string(step), NoteHash: hash})
	})
}
