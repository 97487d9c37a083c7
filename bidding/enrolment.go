package bidding

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// DepositRequest is what an enrolment asks of the deposit desk.
type DepositRequest struct {
	EnrolmentID, LotID, CaseID, AccountID uuid.UUID
	Amount                                money.Fen
}

// Deposit is where an enrolment's deposit stands.
type Deposit struct {
	ID         uuid.UUID
	AmountFen  money.Fen
	PaidFen    money.Fen
	Status     string
	PaymentURL string
}

// DepositDesk is what enrolment needs of payments. Request joins the
// enrolment's transaction; Deposit opens the payment page where one is needed.
type DepositDesk interface {
	Request(ctx context.Context, tx pgx.Tx, now time.Time, r DepositRequest) error
	Deposit(ctx context.Context, enrolment uuid.UUID) (Deposit, error)
}

// Admitter puts an admission on the course; the Engine is one.
type Admitter interface {
	Admit(ctx context.Context, c AdmitCommand) (course.Event, error)
}

// DeskConfig is what a Desk needs.
type DeskConfig struct {
	Pool     *pgxpool.Pool
	Clock    clock.Clock
	Engine   Admitter
	Deposits DepositDesk
	// SessionFor is how long a bidding session lasts; zero means 120 days:
	// a sell-off stands open for 60, announced 15 ahead (R26s), and may be
	// stayed. It ends with the course anyway.
	SessionFor time.Duration
}

// Desk enrols bidders, hands out codes and opens bidding sessions. It is safe
// for concurrent use.
type Desk struct {
	pool       *pgxpool.Pool
	clock      clock.Clock
	engine     Admitter
	deposits   DepositDesk
	sessionFor time.Duration
	sessions   *sessionCache
}

// NewDesk makes a Desk.
func NewDesk(c DeskConfig) *Desk {
	if c.SessionFor <= 0 {
		c.SessionFor = 120 * 24 * time.Hour
	}
	return &Desk{
		pool: c.Pool, clock: c.Clock, engine: c.Engine, deposits: c.Deposits,
		sessionFor: c.SessionFor, sessions: newSessionCache(),
	}
}

// EnrolRequest is a person's wish to bid for a lot.
type EnrolRequest struct {
	Lot, Account uuid.UUID
	// Capacity is ordinary, priority or creditor.
	Capacity      string
	AcceptNotices bool
}

// Enrolment is a person's place among the bidders of a lot, as that person
// sees it. Passphrase is filled by Enrol alone, once.
type Enrolment struct {
	ID                uuid.UUID
	LotID             uuid.UUID
	Capacity          string
	Rank              int
	BidderCode        string
	Passphrase        string
	Status            string
	NoticesAcceptedAt time.Time
	CreatedAt         time.Time
	AdmittedAt        *time.Time
	Deposit           Deposit
}

type lotForEnrolment struct {
	CaseID  uuid.UUID
	Status  string
	EndsAt  time.Time
	Closed  bool
	Deposit money.Fen
	Claim   money.Fen
}

// Enrol checks who may bid (R14, R17, R19, R24x, R34), gives a code and a
// passphrase (R18) and asks for the deposit. Enrolling again returns
// enrolment_exists: Mine shows the one there is.
//
// Faults: notices_not_accepted, barred_person, defaulter_excluded,
// priority_not_confirmed, real_name_missing, enrolment_closed,
// enrolment_exists, not_found.
func (d *Desk) Enrol(ctx context.Context, r EnrolRequest) (Enrolment, error) {
	if !r.AcceptNotices {
		return Enrolment{}, fault.New(fault.Conflict, fault.NoticesNotAccepted).InField("accept_notices").ByRule("R14")
	}
	if r.Capacity != "ordinary" && r.Capacity != "priority" && r.Capacity != "creditor" {
		return Enrolment{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("capacity")
	}
	now := d.clock.Now()
	e := Enrolment{LotID: r.Lot, Capacity: r.Capacity, Status: "awaiting_deposit", NoticesAcceptedAt: now, CreatedAt: now}
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		lot, err := lotOpenForEnrolment(ctx, tx, now, r.Lot)
		if err != nil {
			return err
		}
		name, err := eligible(ctx, tx, r.Lot, r.Account)
		if err != nil {
			return err
		}
		if e.Rank, err = confirmedRank(ctx, tx, r); err != nil {
			return err
		}
		if err := insertEnrolment(ctx, tx, now, r, name, &e); err != nil {
			return err
		}
		return d.deposits.Request(ctx, tx, now, DepositRequest{
			EnrolmentID: e.ID, LotID: r.Lot, CaseID: lot.CaseID, AccountID: r.Account, Amount: depositFor(r.Capacity, lot),
		})
	})
	if err != nil {
		return Enrolment{}, err
	}
	e.Deposit, err = d.deposits.Deposit(ctx, e.ID)
	if fault.KindOf(err) == fault.Unavailable {
		// The enrolment stands; its page opens by duty and Mine shows it.
		return e, nil
	}
	return e, err
}

// depositFor is R17: an applicant creditor pays only what the deposit exceeds the claim by.
func depositFor(capacity string, lot lotForEnrolment) money.Fen {
	if capacity != "creditor" {
		return lot.Deposit
	}
	return max(lot.Deposit-lot.Claim, 0)
}

func lotOpenForEnrolment(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (lotForEnrolment, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.case_id, l.status, coalesce(c.ends_at, l.announced_ends_at, l.created_at), coalesce(c.phase = 'closed', false),
			l.deposit_fen, k.claim_fen
		FROM lots l JOIN cases k ON k.id = l.case_id LEFT JOIN courses c ON c.lot_id = l.id
		WHERE l.id = @lot AND l.announced_at IS NOT NULL`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return lotForEnrolment{}, fault.Internalf("read lot: %w", err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[lotForEnrolment])
	if errors.Is(err, pgx.ErrNoRows) {
		return l, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err != nil {
		return l, fault.Internalf("read lot: %w", err)
	}
	over := l.Status == "announced" && !now.Before(l.EndsAt)
	if l.Closed || over || (l.Status != "announced" && l.Status != "suspended") {
		return l, fault.New(fault.Conflict, fault.EnrolmentClosed).ByRule("R18").With("ends_at", l.EndsAt)
	}
	return l, nil
}

// eligible refuses barred persons and defaulters and returns the real name,
// which the deposit is paid in (R17).
func eligible(ctx context.Context, tx pgx.Tx, lot, account uuid.UUID) (string, error) {
	var role, name string
	var barred, excluded, defaulted bool
	err := tx.QueryRow(ctx, `
		WITH RECURSIVE sales AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @lot
			UNION SELECT p.id, p.previous_lot_id FROM lots p JOIN sales s ON p.id = s.previous_lot_id)
		SELECT a.role, a.real_name, a.barred_reason IS NOT NULL,
			EXISTS (SELECT 1 FROM exclusions e WHERE e.lot_id = @lot AND e.account_id = a.id AND e.ground = 'barred'),
			EXISTS (SELECT 1 FROM exclusions e JOIN sales s ON s.id = e.lot_id
				WHERE e.account_id = a.id AND e.ground = 'defaulter')
		FROM accounts a WHERE a.id = @account`,
		pgx.NamedArgs{"lot": lot, "account": account}).Scan(&role, &name, &barred, &excluded, &defaulted)
	if err != nil {
		return "", fault.Internalf("read bidder's account: %w", err)
	}
	switch {
	case role != "bidder" || barred || excluded:
		return "", fault.New(fault.Forbidden, fault.BarredPerson).ByRule("R34")
	case defaulted:
		return "", fault.New(fault.Forbidden, fault.DefaulterExcluded).ByRule("R24x")
	case name == "":
		return "", fault.New(fault.Conflict, fault.RealNameMissing).InField("real_name").ByRule("R17")
	}
	return name, nil
}

// confirmedRank is the rank that the court confirmed (R19), zero for ordinary bidders.
func confirmedRank(ctx context.Context, tx pgx.Tx, r EnrolRequest) (int, error) {
	if r.Capacity == "ordinary" {
		return 0, nil
	}
	var rank int
	err := tx.QueryRow(ctx, `SELECT rank FROM standings WHERE lot_id = @lot AND account_id = @account AND capacity = @capacity`,
		pgx.NamedArgs{"lot": r.Lot, "account": r.Account, "capacity": r.Capacity}).Scan(&rank)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.New(fault.Forbidden, fault.PriorityNotConfirmed).InField("capacity").ByRule("R19")
	}
	if err != nil {
		return 0, fault.Internalf("read standing: %w", err)
	}
	return rank, nil
}

func insertEnrolment(ctx context.Context, tx pgx.Tx, now time.Time, r EnrolRequest, name string, e *Enrolment) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make enrolment id: %w", err)
	}
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return fault.Internalf("draw salt: %w", err)
	}
	if e.Passphrase, err = newPassphrase(); err != nil {
		return fault.Internalf("%w", err)
	}
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM enrolments WHERE lot_id = @lot AND account_id = @account)`,
		pgx.NamedArgs{"lot": r.Lot, "account": r.Account}).Scan(&exists); err != nil {
		return fault.Internalf("look for enrolment: %w", err)
	}
	if exists {
		return fault.New(fault.Conflict, fault.EnrolmentExists)
	}
	for range 8 { // a code already used on the lot is drawn again
		code, err := newCode()
		if err != nil {
			return fault.Internalf("%w", err)
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO enrolments (id, lot_id, account_id, capacity, rank, bidder_code, passphrase_hash, name_salt,
				name_commitment, notices_accepted_at, status, created_at)
			VALUES (@id, @lot, @account, @capacity, @rank, @code, @passphrase, @salt, @commitment, @now, 'awaiting_deposit', @now)
			ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{
				"id": id, "lot": r.Lot, "account": r.Account, "capacity": r.Capacity, "rank": e.Rank, "code": code,
				"passphrase": hashPassphrase(e.Passphrase), "salt": salt, "commitment": CommitName(salt, name), "now": now,
			})
		if err != nil {
			return fault.Internalf("insert enrolment: %w", err)
		}
		if tag.RowsAffected() == 1 {
			e.ID, e.BidderCode = id, code
			return nil
		}
	}
	return fault.New(fault.Conflict, fault.EnrolmentExists)
}

// Mine is an account's own enrolment for a lot, without the passphrase.
//
// Faults: not_enrolled (not_found).
func (d *Desk) Mine(ctx context.Context, account, lot uuid.UUID) (Enrolment, error) {
	var e Enrolment
	err := d.pool.QueryRow(ctx, `
		SELECT id, lot_id, capacity, rank, bidder_code, status, notices_accepted_at, created_at, admitted_at
		FROM enrolments WHERE lot_id = @lot AND account_id = @account`, pgx.NamedArgs{"lot": lot, "account": account}).
		Scan(&e.ID, &e.LotID, &e.Capacity, &e.Rank, &e.BidderCode, &e.Status, &e.NoticesAcceptedAt, &e.CreatedAt, &e.AdmittedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Enrolment{}, fault.New(fault.NotFound, fault.NotEnrolled).ByRule("R18")
	}
	if err != nil {
		return Enrolment{}, fault.Internalf("read enrolment: %w", err)
	}
	e.Deposit, err = d.deposits.Deposit(ctx, e.ID)
	return e, err
}
