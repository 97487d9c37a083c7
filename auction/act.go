package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
	"mingchui/auction/trail"
)

// LotAct is one act on a lot, in its transaction, with the lot's row held. It is
// how packages above this one act: what they change, enter, owe and tell
// commits with the step on the trail, or not at all.
type LotAct struct {
	Tx pgx.Tx
	// Now is the transaction's time, in whole milliseconds.
	Now time.Time
	By  Actor
	// Rules are those that the lot was listed under.
	Rules law.RuleSet
	// Step goes on the trail at the end; f may add ground, reason, detail, lateness.
	Step *trail.Step

	s   *Service
	lot lotRow
}

// LotFacts is what acts need to know of a lot.
type LotFacts struct {
	ID, CaseID, CourtID uuid.UUID
	PreviousID          *uuid.UUID
	Stage               law.Stage
	State               State
	Kind                law.Kind
	Document            docket.Lot
	TermsDigest         string
	PanelSize           int
	StartsAt, EndedAt   *time.Time
	Price               *money.Fen
	BuyerCode           *string
	BalanceDueAt        *time.Time
	PaidAt              *time.Time
}

// Lot is the lot as it stands in this act.
func (a *LotAct) Lot() LotFacts {
	l := &a.lot
	return LotFacts{
		ID: l.ID, CaseID: l.CaseID, CourtID: l.CourtID, PreviousID: l.PreviousID, Stage: l.Stage, State: l.state(), Kind: l.Kind,
		Document: l.Document, TermsDigest: l.TermsDigest, PanelSize: l.PanelSize, StartsAt: l.StartsAt, EndedAt: l.EndedAt,
		Price: l.Price, BuyerCode: l.BuyerCode, BalanceDueAt: l.BalanceDueAt, PaidAt: l.PaidAt,
	}
}

// May decides who acts on a case of a court; nil means its judges.
type May func(by Actor, court uuid.UUID) error

// OnLot runs an act on a lot and puts its step on the trail. The step's case,
// lot, time and actor are filled in.
//
// Faults: role_forbidden, not_found, and those of f.
func (s *Service) OnLot(ctx context.Context, by Actor, lot uuid.UUID, may May, step trail.Step, f func(a *LotAct) error) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error { return s.OnLotIn(ctx, tx, now, by, lot, may, step, f) })
}

// InTx runs f in one transaction at the court's time, in whole milliseconds, for acts that hold other rows before the lot's.
func (s *Service) InTx(ctx context.Context, f func(tx pgx.Tx, now time.Time) error) error {
	return s.act(ctx, f)
}

// OnLotIn is OnLot within the caller's transaction.
func (s *Service) OnLotIn(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, lot uuid.UUID, may May, step trail.Step, f func(a *LotAct) error) error {
	now = audit.Millis(now)
	l, err := lockLot(ctx, tx, lot)
	if err != nil {
		return err
	}
	if err := allowed(may, by, l.CourtID); err != nil {
		return err
	}
	rules, err := l.rules()
	if err != nil {
		return err
	}
	a := &LotAct{Tx: tx, Now: now, By: by, Rules: rules, Step: &step, s: s, lot: l}
	if err := f(a); err != nil {
		return err
	}
	return onTrail(ctx, tx, now, by, &a.lot, step)
}

// AnyBidder lets every account holder act on a lot; who they are to it is the court's to find. It is a May.
func AnyBidder(by Actor, _ uuid.UUID) error {
	if by.Role != "bidder" {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// Nameless keeps an account off the trail: whose act it is stands in the act's own row alone, for who bids is sealed (R18).
func (a Actor) Nameless() Actor { return Actor{Role: a.Role} }

// CaseAct is one act on a case as a whole.
type CaseAct struct {
	Tx   pgx.Tx
	Now  time.Time
	By   Actor
	Step *trail.Step

	CaseID, CourtID uuid.UUID
	Document        docket.Case

	s *Service
}

// OnCase runs an act on a case and puts its step on the trail.
//
// Faults: role_forbidden, not_found, and those of f.
func (s *Service) OnCase(ctx context.Context, by Actor, caseID uuid.UUID, may May, step trail.Step, f func(a *CaseAct) error) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		c, err := readCase(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if err := allowed(may, by, c.CourtID); err != nil {
			return err
		}
		a := &CaseAct{Tx: tx, Now: now, By: by, Step: &step, CaseID: c.ID, CourtID: c.CourtID, Document: c.Document, s: s}
		if err := f(a); err != nil {
			return err
		}
		step.CaseID, step.At, step.By, step.Role = c.ID, a.Now, by.AccountID, by.roleOnTrail()
		return trail.Record(ctx, tx, step)
	})
}

// After moves the act's time behind an earlier one's, for acts that wait for each other: what the log shows later was done later.
func (a *CaseAct) After(earlier time.Time) {
	if !a.Now.After(earlier) {
		a.Now = audit.Millis(earlier).Add(time.Millisecond)
	}
}

func allowed(may May, by Actor, court uuid.UUID) error {
	if may == nil {
		return by.judgeOf(court)
	}
	return may(by, court)
}

// onTrail records a step on a lot.
func onTrail(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow, step trail.Step) error {
	step.CaseID, step.LotID, step.At, step.By, step.Role = l.CaseID, l.ID, now, by.AccountID, by.roleOnTrail()
	return trail.Record(ctx, tx, step)
}

// roleOnTrail is the actor's role; nobody is the machine.
func (a Actor) roleOnTrail() string {
	if a.Role == "" {
		return trail.Machine
	}
	return a.Role
}

// Enter puts an entry of the lot in the log.
func (a *LotAct) Enter(ctx context.Context, kind string, body any) error {
	return enterLot(ctx, a.Tx, a.Now, &a.lot, kind, body)
}

// Owe writes duties of the lot; case, lot and, where it is empty, the key are filled in.
func (a *LotAct) Owe(ctx context.Context, duties ...duty.Duty) error {
	for i := range duties {
		duties[i].CaseID, duties[i].LotID = &a.lot.CaseID, &a.lot.ID
		if duties[i].Key == "" {
			duties[i].Key = duty.LotKey(a.lot.ID)
		}
	}
	return a.s.duties.Owe(ctx, a.Tx, a.Now, duties...)
}

// Done marks the owed duties of the lot of these kinds fulfilled.
func (a *LotAct) Done(ctx context.Context, kinds ...duty.Kind) error {
	for _, kind := range kinds {
		if err := a.s.duties.DoneForLot(ctx, a.Tx, a.Now, kind, a.lot.ID); err != nil {
			return err
		}
	}
	return nil
}

// Cancel marks the owed duties of the lot of these kinds as owed no more.
func (a *LotAct) Cancel(ctx context.Context, kinds ...duty.Kind) error {
	return a.s.duties.CancelForLot(ctx, a.Tx, a.Now, a.lot.ID, kinds...)
}

// Move takes the lot through an event, with what it does to duties; set is SQL
// of further columns and args its values, both the caller's constants.
func (a *LotAct) Move(ctx context.Context, h lifecycle.Happening, set string, args pgx.NamedArgs) error {
	h.At = a.Now
	return pass(ctx, a.Tx, a.s.duties, &a.lot, h, set, args)
}

// Tell puts a message about the lot in the outbox.
func (a *LotAct) Tell(ctx context.Context, subject string, body any) error {
	return outbox.Tell(ctx, a.Tx, a.Now, subject, body)
}

// Enter puts an entry of the case in the log.
func (a *CaseAct) Enter(ctx context.Context, kind string, body any) error {
	return enter(ctx, a.Tx, kind, a.Now, a.CaseID, uuid.Nil, body)
}

// Owe writes duties of the case; keys are the caller's.
func (a *CaseAct) Owe(ctx context.Context, duties ...duty.Duty) error {
	for i := range duties {
		duties[i].CaseID = &a.CaseID
	}
	return a.s.duties.Owe(ctx, a.Tx, a.Now, duties...)
}

// DoneForLots marks the owed duties of a kind and lots of the case fulfilled.
func (a *CaseAct) DoneForLots(ctx context.Context, kind duty.Kind, lots ...uuid.UUID) error {
	for _, lot := range lots {
		if err := a.s.duties.DoneForLot(ctx, a.Tx, a.Now, kind, lot); err != nil {
			return err
		}
	}
	return nil
}

// DoneForCase marks the owed duties of a kind fulfilled that are of no lot of the case.
func (a *CaseAct) DoneForCase(ctx context.Context, kind duty.Kind) error {
	return a.s.duties.DoneForCase(ctx, a.Tx, a.Now, kind, a.CaseID)
}

// InTime puts a superior's reason on the step of an act after its due time; zero is never due.
//
// Faults: late_reason_required (invalid, with latest_at).
func (a *CaseAct) InTime(rule string, due time.Time, l Late) error {
	late, err := l.lateness(rule, due, a.Now)
	if err != nil {
		return err
	}
	a.Step.Late = late
	return nil
}

// Done marks a duty of the case fulfilled.
func (a *CaseAct) Done(ctx context.Context, kind duty.Kind, key string) error {
	return a.s.duties.Done(ctx, a.Tx, a.Now, kind, key)
}
