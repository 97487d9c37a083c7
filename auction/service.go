package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/trail"
)

// Actor is who does an act. CourtID is uuid.Nil for bidders and operators.
type Actor struct {
	AccountID uuid.UUID
	Role      string
	CourtID   uuid.UUID
}

// The roles that act here, as accounts.role holds them.
const (
	roleJudge    = "judge"
	roleClerk    = "clerk"
	roleOperator = "operator"
)

// Buyer is who stands behind the code that bought a lot.
type Buyer struct {
	AccountID uuid.UUID
	// Name is personal data: it goes on the confirmation and nowhere else.
	Name string
	// NameSalt and NameCommitment are the enrolment's: SHA-256(salt ‖ name).
	NameSalt       []byte
	NameCommitment string
	// AgencyHash names the agency that was bid for (R14), empty for oneself; AgencySalt and it open AgencyCommitment. An
	// enrolment of before there were agencies has none of them.
	AgencyHash       string
	AgencySalt       []byte
	AgencyCommitment string
}

// Buyers opens who is behind a code; bidding implements it. It must refuse
// before the committed close of the lot's course, and keep a trail in the
// caller's transaction (I7).
type Buyers interface {
	Buyer(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, code string) (Buyer, error)
}

// Courses is the running course of bidding; the engine implements it. Each
// returns once its event is committed.
type Courses interface {
	Stay(ctx context.Context, lot uuid.UUID, reasonHash string) error
	Resume(ctx context.Context, lot uuid.UUID) error
}

// Config is what a Service needs. Courses and Buyers may be nil where nothing
// is bid on: imports, tests of the time before.
type Config struct {
	Pool    *pgxpool.Pool
	Clock   clock.Clock
	Duties  *duty.Book
	RuleSet law.RuleSet
	Buyers  Buyers
	Courses Courses
	// Draws decides between creditors of equal rank; without it such a taking is refused.
	Draws Draws
	// Handovers may be nil.
	Handovers Handovers
}

// Service is the use cases and the reading side. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	clock   clock.Clock
	duties  *duty.Book
	rules   law.RuleSet
	buyers  Buyers
	courses Courses
	draws   Draws

	handovers Handovers
}

// New makes a Service; it panics on a missing part, which is a wiring error.
func New(c Config) *Service {
	if c.Pool == nil || c.Clock == nil || c.Duties == nil || c.RuleSet.Name == "" {
		panic("auction: a part is missing in Config")
	}
	return &Service{
		pool: c.Pool, clock: c.Clock, duties: c.Duties, rules: c.RuleSet, buyers: c.Buyers, courses: c.Courses, draws: c.Draws, handovers: c.Handovers,
	}
}

// RuleSet is the rule set under which new lots are listed.
func (s *Service) RuleSet() law.RuleSet { return s.rules }

// dayOf is how long a day lasts under a rule set, the service's own for an unknown name.
func (s *Service) dayOf(ruleSet string) time.Duration {
	if r, ok := law.ByName(ruleSet); ok {
		return r.Day
	}
	return s.rules.Day
}

// Handlers are the duties that auction fulfils.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{duty.ConfirmSale: s.confirmDuty, duty.StopOther: s.stopOtherDuty, duty.FinishCourtAct: s.finishDuty}
}

// Now is the court's time, in whole milliseconds.
func (s *Service) Now() time.Time { return audit.Millis(s.clock.Now()) }

// act runs f in one transaction with the transaction's time, in whole milliseconds.
func (s *Service) act(ctx context.Context, f func(tx pgx.Tx, now time.Time) error) error {
	now := audit.Millis(s.clock.Now())
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return f(tx, now) })
	return asFault(err)
}

// asFault leaves faults as they are and makes what a driver says ours.
func asFault(err error) error {
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*fault.Error](err); ours {
		return err
	}
	if _, ours := errors.AsType[*Refusal](err); ours {
		return err
	}
	return fault.Internalf("auction: %w", err)
}

// violates reports whether err is the violation of a named constraint.
func violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == constraint
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	return id, nil
}

// enter makes an entry and puts it in the log with the transaction; lot may be uuid.Nil.
func enter(ctx context.Context, tx pgx.Tx, kind string, at time.Time, caseID, lot uuid.UUID, body any) error {
	entry, err := audit.New(kind, at, &caseID, &lot, 0, body)
	if err != nil {
		return err
	}
	return sequencer.Append(ctx, tx, entry)
}

// judgeOf refuses everybody who is not a judge of the court.
func (a Actor) judgeOf(court uuid.UUID) error {
	if a.Role == trail.Machine {
		return nil // a duty of ours: no account has this role
	}
	if a.Role != roleJudge || a.AccountID == uuid.Nil || a.CourtID != court {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// account is what created_by holds: nothing for an operator at the command line.
func (a Actor) account() *uuid.UUID {
	if a.AccountID == uuid.Nil {
		return nil
	}
	return &a.AccountID
}

func notFound(what string) error {
	return fault.New(fault.NotFound, fault.NotFoundCode).With("what", what)
}

func conflict(from State) error {
	return fault.New(fault.Conflict, fault.StateConflict).With("state", string(from))
}

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
