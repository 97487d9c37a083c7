package auction

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
)

// A stay, a resumption and a withdrawal touch the course first and are put on record then. Before the course is touched the
// machine owes the record, so that a server that ends in between leaves no course that stands or runs without the public being told.

// finishAfter is when the machine looks whether an act was put on record: later than the engine's patience with a course.
const finishAfter = 30 * time.Second

// ordered is a court's act that was found allowed, as its duty keeps it.
type ordered struct {
	Event Event     `json:"event"`
	By    Actor     `json:"by"`
	Act   CourtAct  `json:"act"`
	At    time.Time `json:"at"`
	// Key is its duty's.
	Key string `json:"-"`
}

// begin checks the actor and the state before the course is touched, and owes that what the course takes is put on record.
func (s *Service) begin(ctx context.Context, by Actor, a CourtAct, event Event) (ordered, error) {
	o := ordered{Event: event, By: by, Act: a}
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, a.Lot)
		if err != nil {
			return err
		}
		if err := s.mayAct(ctx, tx, now, &l, a, event); err != nil {
			return err
		}
		if event != lifecycle.WasResumed {
			if err := s.hasCourse(ctx, tx, a.Lot); err != nil {
				return err
			}
		}
		id, err := newID()
		if err != nil {
			return err
		}
		o.At, o.Key = now, id.String()
		args, err := json.Marshal(o)
		if err != nil {
			return fault.Internalf("encode an act of the court: %w", err)
		}
		return s.duties.Owe(ctx, tx, now, duty.Duty{
			Kind: duty.FinishCourtAct, Key: o.Key, CaseID: &l.CaseID, LotID: &l.ID, Args: args, Rule: "R28", Actor: duty.Machine, DueAt: now.Add(finishAfter),
		})
	})
	return o, err
}

// hasCourse: a course that is still to be opened is a matter of moments after the announcement; until then service_unavailable
// (unavailable) asks to try again.
func (s *Service) hasCourse(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	if s.courses == nil {
		return nil
	}
	var begun bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM courses WHERE lot_id = @lot)`, pgx.NamedArgs{"lot": lot}).Scan(&begun)
	if err != nil {
		return fault.Internalf("read course: %w", err)
	}
	if !begun {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable).After(2 * time.Second)
	}
	return nil
}

func (s *Service) mayAct(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow, a CourtAct, event Event) error {
	if event == lifecycle.WasWithdrawn && l.state() == Announced && l.StartsAt != nil && !now.Before(*l.StartsAt) {
		return conflict(State(StatusLive)) // R17w: before bidding starts; a live lot is stayed first
	}
	if _, err := lifecycle.Next(l.state(), event); err != nil || event != lifecycle.WasResumed {
		return err
	}
	if _, err := resumedLate(l, now, a); err != nil {
		return err
	}
	if err := noClaim(ctx, tx, a.Lot); err != nil {
		return err
	}
	return mayResumeYet(ctx, tx, now, l)
}

// finish puts an act on record in one transaction, with which its duty is done.
func (s *Service) finish(ctx context.Context, o ordered, record func(tx pgx.Tx, now time.Time, l *lotRow) error) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, o.By, o.Act.Lot)
		if err != nil {
			return err
		}
		if err := record(tx, now, &l); err != nil {
			return err
		}
		return s.duties.Done(ctx, tx, now, duty.FinishCourtAct, o.Key)
	})
}

// finishDuty puts on record what the course took of an act whose server ended before it could. What the course did not take
// did not happen: whoever ordered it was told so.
func (s *Service) finishDuty(ctx context.Context, d duty.Duty) error {
	var o ordered
	if err := json.Unmarshal(d.Args, &o); err != nil {
		return fault.Internalf("duty %s holds no act of the court: %w", d.ID, err)
	}
	o.Key = d.Key
	state, phase, err := s.standsAt(ctx, o.Act.Lot)
	switch {
	case err != nil:
		return err
	case o.Event == lifecycle.WasStayed && state == Announced && phase == "stayed":
		err = s.recordStay(ctx, o)
	case o.Event == lifecycle.WasWithdrawn && state == Announced && phase == "stayed":
		err = s.recordWithdrawal(ctx, o)
	case o.Event == lifecycle.WasResumed && state == Suspended && phase == "open":
		err = s.recordResumption(ctx, o)
	}
	if fault.CodeOf(err) == fault.StateConflict {
		return nil // another act came in between
	}
	return err
}

// standsAt is where a lot's sale and its course stand.
func (s *Service) standsAt(ctx context.Context, lot uuid.UUID) (state State, phase string, err error) {
	var status string
	var outcome *string
	err = s.pool.QueryRow(ctx, `SELECT l.status, l.outcome, coalesce(c.phase, '') FROM lots l LEFT JOIN courses c ON c.lot_id = l.id WHERE l.id = @lot`,
		pgx.NamedArgs{"lot": lot}).Scan(&status, &outcome, &phase)
	if err != nil {
		return "", "", fault.Internalf("read the lot and its course: %w", err)
	}
	return stateOf(status, outcome), phase, nil
}
