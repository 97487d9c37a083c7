package auction

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/outbox"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// CourtAct is a court's act on a published lot: a stay, a resumption, a withdrawal.
type CourtAct struct {
	Lot uuid.UUID
	// Reason is published at once, in both languages; needed for stays and withdrawals.
	Reason docket.Text
	// Ground is one of Grounds for a withdrawal. For a stay it is free and short; one of papers.StayGrounds has its own words on
	// the notice, and tells a stay (暂缓) from a suspension (中止).
	Ground Ground
	// CauseEndedAt is when the cause of a stay was gone, from which a resumption has its five days; zero takes the stay's
	// own beginning.
	CauseEndedAt time.Time
	// Late is a superior's reason for a resumption after them (R28).
	Late Late
}

// Ground is why a lot is withdrawn (R17w).
type Ground string

// The grounds of ASE 17 and 19.
const (
	InstrumentAnnulled Ground = "instrument_annulled"
	ApplicantWithdrew  Ground = "applicant_withdrew"
	DebtPaid           Ground = "debt_paid"
	PartiesSettled     Ground = "parties_settled"
	ObjectionFounded   Ground = "objection_founded"
	Collusion          Ground = "collusion"
	OtherGround        Ground = "other"
)

// leavesSeizure tells whether the property stays seized after a withdrawal, so
// that it is sold again: the other grounds end the enforcement against it.
func (g Ground) leavesSeizure() bool { return g == Collusion || g == OtherGround }

// Grounds lists the grounds of a withdrawal.
func Grounds() []Ground {
	return []Ground{InstrumentAnnulled, ApplicantWithdrew, DebtPaid, PartiesSettled, ObjectionFounded, Collusion, OtherGround}
}

func (a CourtAct) reasonGiven(rule string) error {
	if strings.TrimSpace(a.Reason.Zh) == "" || strings.TrimSpace(a.Reason.En) == "" {
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule(rule)
	}
	return nil
}

// Stay stops a published lot (R28). The course stops first, so no bid slips
// past the page; should the server end in between, the machine puts it on record.
// The duty to resume stands on the judge's list.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict.
func (s *Service) Stay(ctx context.Context, by Actor, a CourtAct) error {
	if err := a.reasonGiven("R28"); err != nil {
		return err
	}
	o, err := s.begin(ctx, by, a, lifecycle.WasStayed)
	if err != nil {
		return err
	}
	if err := s.stayCourse(ctx, a); err != nil {
		return err
	}
	return s.recordStay(ctx, o)
}

func (s *Service) recordStay(ctx context.Context, o ordered) error {
	return s.finish(ctx, o, func(tx pgx.Tx, now time.Time, l *lotRow) error {
		by, a := o.By, o.Act
		if l.state() == Suspended { // stayed twice at once; or by an outage, which ends by itself
			if ground, _, err := lastStay(ctx, tx, l.ID); err != nil || ground != ByOutage {
				return err
			}
			return conflict(Suspended)
		}
		err := pass(ctx, tx, s.duties, l, lifecycle.Happening{Event: lifecycle.WasStayed, At: now}, `suspended_at = @now, status_reason_zh = @zh, status_reason_en = @en`,
			pgx.NamedArgs{"now": now, "zh": a.Reason.Zh, "en": a.Reason.En})
		if err != nil {
			return err
		}
		if err := recordAct(ctx, tx, now, by, l, trail.Stayed, a, nil); err != nil {
			return err
		}
		return outbox.Tell(ctx, tx, now, "lot.stayed", lotTold{Lot: l.ID, Case: l.CaseID, At: now})
	})
}

// Resume lets a stayed lot go on (R28); the time left on its clock is kept (R28o). After an outage it waits for the court's
// hours and for notice.
//
// Faults: role_forbidden, not_found, state_conflict, objection_open (R31), resume_not_yet (with earliest_at), invalid_request (a cause that ended
// before the stay or in the future), late_reason_required (with latest_at: more than five days after the cause was gone).
func (s *Service) Resume(ctx context.Context, by Actor, a CourtAct) error {
	o, err := s.begin(ctx, by, a, lifecycle.WasResumed)
	if err != nil {
		return err
	}
	if s.courses != nil {
		phase, err := s.coursePhase(ctx, a.Lot)
		if err != nil {
			return err
		}
		if phase == "stayed" {
			if err := s.courses.Resume(ctx, a.Lot); err != nil {
				return err
			}
		}
	}
	return s.recordResumption(ctx, o)
}

func (s *Service) recordResumption(ctx context.Context, o ordered) error {
	return s.finish(ctx, o, func(tx pgx.Tx, now time.Time, l *lotRow) error {
		if l.state() == Announced {
			return nil // resumed twice at once
		}
		late, err := resumedLate(l, o.At, o.Act)
		if err != nil {
			return err
		}
		if err := pass(ctx, tx, s.duties, l, lifecycle.Happening{Event: lifecycle.WasResumed, At: now}, `suspended_at = NULL, status_reason_zh = '', status_reason_en = ''`, nil); err != nil {
			return err
		}
		if err := recordAct(ctx, tx, now, o.By, l, trail.Resumed, o.Act, late); err != nil {
			return err
		}
		// A claim that came in between: the course runs by now, so the row says so and the machine stays it again.
		if err := stayAgain(ctx, tx, s.duties, l, now); err != nil {
			return err
		}
		return outbox.Tell(ctx, tx, now, "lot.resumed", lotTold{Lot: l.ID, Case: l.CaseID, At: now})
	})
}

// Withdraw takes a lot back (R17w): before bidding starts, or while it is
// stayed. Its course stays stopped for good and its deposits are released.
//
// Faults: role_forbidden, not_found, reason_required, invalid_request (ground),
// state_conflict (live: stay it first; or ended).
func (s *Service) Withdraw(ctx context.Context, by Actor, a CourtAct) error {
	if err := a.reasonGiven("R17w"); err != nil {
		return err
	}
	if !slices.Contains(Grounds(), a.Ground) {
		return empty("ground").ByRule("R17w")
	}
	o, err := s.begin(ctx, by, a, lifecycle.WasWithdrawn)
	if err != nil {
		return err
	}
	if err := s.stayCourse(ctx, a); err != nil {
		return err
	}
	return s.recordWithdrawal(ctx, o)
}

func (s *Service) recordWithdrawal(ctx context.Context, o ordered) error {
	return s.finish(ctx, o, func(tx pgx.Tx, now time.Time, l *lotRow) error {
		by, a := o.By, o.Act
		err := pass(ctx, tx, s.duties, l, lifecycle.Happening{Event: lifecycle.WasWithdrawn, At: now, Again: a.Ground.leavesSeizure()}, `withdrawn_at = @now, suspended_at = NULL, status_reason_zh = @zh, status_reason_en = @en`,
			pgx.NamedArgs{"now": now, "zh": a.Reason.Zh, "en": a.Reason.En})
		if err != nil {
			return err
		}
		if err := recordAct(ctx, tx, now, by, l, trail.Withdrawn, a, nil); err != nil {
			return err
		}
		err = enterLot(ctx, tx, now, l, audit.KindLotWithdrawn, audit.LotWithdrawn{Ground: string(a.Ground), ReasonHash: audit.HashText(a.Reason.Zh)})
		if err != nil {
			return err
		}
		if !a.Ground.leavesSeizure() { // no re-sale comes any more
			if err := oweForfeitUse(ctx, tx, s.duties, l, now); err != nil {
				return err
			}
		}
		return outbox.Tell(ctx, tx, now, "lot.withdrawn", lotTold{Lot: l.ID, Case: l.CaseID, At: now})
	})
}

// resumedLate holds R28's five days from the end of the cause.
func resumedLate(l *lotRow, now time.Time, a CourtAct) (*trail.Late, error) {
	rules, err := l.rules()
	if err != nil || l.SuspendedAt == nil {
		return nil, err
	}
	gone := *l.SuspendedAt
	if ended := audit.Millis(a.CauseEndedAt); !ended.IsZero() {
		if ended.Before(gone) || ended.After(now) {
			return nil, empty("cause_ended_at").ByRule("R28")
		}
		gone = ended
	}
	return a.Late.lateness("R28", gone.Add(rules.ResumeWithin), now)
}

// stayCourse stops the lot's course unless it stands already.
func (s *Service) stayCourse(ctx context.Context, a CourtAct) error {
	if s.courses == nil {
		return nil
	}
	if phase, err := s.coursePhase(ctx, a.Lot); err != nil || phase != "open" {
		return err
	}
	return s.courses.Stay(ctx, a.Lot, audit.HashText(a.Reason.Zh))
}

// coursePhase is the committed phase of the lot's course, "" when it has none.
func (s *Service) coursePhase(ctx context.Context, lot uuid.UUID) (string, error) {
	var phase string
	err := s.pool.QueryRow(ctx, `SELECT coalesce((SELECT phase FROM courses WHERE lot_id = @lot), '')`, pgx.NamedArgs{"lot": lot}).Scan(&phase)
	if err != nil {
		return "", fault.Internalf("read course: %w", err)
	}
	return phase, nil
}

// recordAct keeps the court's act with its published reason, and its step.
func recordAct(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow, act trail.Act, a CourtAct, late *trail.Late) error {
	if err := insertAct(ctx, tx, now, by, string(act), a); err != nil {
		return err
	}
	rule, kind, facts := "R28", papers.StayNotice, papers.Facts{Reason: a.Reason, Ground: string(a.Ground)}
	switch act { //nolint:exhaustive // the three acts of the court that come here
	case trail.Withdrawn:
		rule, kind = "R17w", papers.WithdrawalNotice
	case trail.Resumed:
		kind = papers.ResumptionNotice
		ground, _, err := lastStay(ctx, tx, l.ID)
		if err != nil {
			return err
		}
		facts.StayGround = string(ground)
	}
	if err := makePaper(ctx, tx, now, by, l, kind, facts); err != nil {
		return err
	}
	return onTrail(ctx, tx, now, by, l, trail.Step{Act: act, Rule: rule, Ground: string(a.Ground), Reason: a.Reason, Public: true, Late: late})
}

func insertAct(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, kind string, a CourtAct) error {
	id, err := newID()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO lot_acts (id, lot_id, kind, ground, reason_zh, reason_en, made_by, made_at)
		VALUES (@id, @lot, @kind, @ground, @zh, @en, @by, @now)`,
		pgx.NamedArgs{"id": id, "lot": a.Lot, "kind": kind, "ground": a.Ground, "zh": a.Reason.Zh, "en": a.Reason.En, "by": nobodyIsNull(by), "now": now})
	if err != nil {
		return fault.Internalf("insert act: %w", err)
	}
	return nil
}

// nobodyIsNull is who made an act; nobody did one that the engine made.
func nobodyIsNull(by Actor) *uuid.UUID {
	if by.AccountID == uuid.Nil {
		return nil
	}
	return &by.AccountID
}
