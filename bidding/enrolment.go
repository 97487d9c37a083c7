package bidding

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/bidding/seal"
)

// DepositRequest is what an enrolment asks of the deposit desk. A deposit belongs to an account; it knows no code (R18).
type DepositRequest struct {
	LotID, CaseID, AccountID uuid.UUID
	Amount                   money.Fen
}

// Deposit is where an account's deposit for a lot stands.
type Deposit struct {
	ID          uuid.UUID
	AmountFen   money.Fen
	PaidFen     money.Fen
	Status      string
	PaymentURL  string
	RequestedAt time.Time
}

// DepositDesk is what enrolment needs of payments. Request joins the
// enrolment's transaction; Deposit opens the payment page where one is needed.
type DepositDesk interface {
	Request(ctx context.Context, tx pgx.Tx, now time.Time, r DepositRequest) error
	Deposit(ctx context.Context, lot, account uuid.UUID) (Deposit, error)
	// Held lists the accounts whose deposit for the lot is here whole, or is not owed, in the order in which that came. Admissions alone ask.
	Held(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]uuid.UUID, error)
	// GiveBack owes back what accounts hold for a lot, before its end: their codes are not admitted.
	GiveBack(ctx context.Context, lot uuid.UUID, accounts []uuid.UUID) error
}

// Courses puts admissions and exclusions on the course; the Engine does.
type Courses interface {
	Admit(ctx context.Context, c AdmitCommand) (course.Event, error)
	Exclude(ctx context.Context, c ExcludeCommand) (course.Event, error)
}

// DeskConfig is what a Desk needs.
type DeskConfig struct {
	Pool     *pgxpool.Pool
	Clock    clock.Clock
	Duties   *duty.Book
	Engine   Courses
	Deposits DepositDesk
	// Ring is the sealing keys (R18).
	Ring *seal.Ring
	// NATS tells other nodes of closed sessions; nil tells nobody, and theirs end within seconds.
	NATS *nats.Conn
	// AdmitEvery is how long confirmed deposits are gathered, to be admitted together in random order; less where the
	// start or the end is near. Zero admits at once.
	AdmitEvery time.Duration
	// SessionFor is how long a bidding session outlasts the announced end, and by halves of it more where bidding itself does
	// (R28); zero means 120 days. It ends with the course anyway.
	SessionFor time.Duration
	// Log may be nil.
	Log *slog.Logger
}

// Desk enrols bidders, hands out codes and opens bidding sessions. It is safe
// for concurrent use.
type Desk struct {
	pool       *pgxpool.Pool
	clock      clock.Clock
	duties     *duty.Book
	engine     Courses
	deposits   DepositDesk
	ring       *seal.Ring
	nats       *nats.Conn
	admitEvery time.Duration
	sessionFor time.Duration
	sessions   *sessionCache
	batches    [batchStripes]sync.Mutex
	log        *slog.Logger
}

// NewDesk makes a Desk; it panics on a missing part, which is a wiring error.
func NewDesk(c DeskConfig) *Desk {
	if c.Pool == nil || c.Clock == nil || c.Duties == nil || c.Engine == nil || c.Deposits == nil || c.Ring == nil {
		panic("bidding: a part is missing in DeskConfig")
	}
	if c.SessionFor <= 0 {
		c.SessionFor = 120 * 24 * time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{
		pool: c.Pool, clock: c.Clock, duties: c.Duties, engine: c.Engine, deposits: c.Deposits, ring: c.Ring, nats: c.NATS,
		admitEvery: c.AdmitEvery, sessionFor: c.SessionFor, sessions: newSessionCache(), log: c.Log,
	}
}

// EnrolRequest is a person's wish to bid for a lot.
type EnrolRequest struct {
	Lot, Account uuid.UUID
	// Capacity is ordinary, priority or creditor.
	Capacity      string
	AcceptNotices bool
	// OnBehalf is the confirmed agency that is bid for (R14), uuid.Nil for oneself.
	OnBehalf uuid.UUID
	// PromiseLimits: the bidder meets the lot's purchase limits or condition of approval from now to the ruling; needed where it has any (R17h, R12e).
	PromiseLimits bool
}

// Enrolment is a person's place among the bidders of a lot, as that person
// sees it. Passphrase is filled when it is made, once. When somebody enrolled
// stands with the deposit; beside the code there is no time (R18).
type Enrolment struct {
	ID         uuid.UUID
	LotID      uuid.UUID
	Capacity   string
	Rank       int
	BidderCode string
	Passphrase string
	Status     string
	Deposit    Deposit
}

// Where an enrolment stands. notAdmitted is shown and never stored.
const (
	awaitingDeposit = "awaiting_deposit"
	admitted        = "admitted"
	excluded        = "excluded"
	withdrawn       = "withdrawn"
	notAdmitted     = "not_admitted"
)

type lotForEnrolment struct {
	CaseID  uuid.UUID
	Status  string
	EndsAt  time.Time
	Closed  bool
	Deposit money.Fen
	Claim   money.Fen
	// Limited: a house under purchase limits, or equity that takes an approval; Rule is the row that says so.
	Limited bool
	Rule    string
}

// Enrol checks who may bid (R14, R17, R19, R24x, R34), gives a code and a
// passphrase (R18) and asks for the deposit. Who it is is sealed under the
// lot's key: the code's row holds no account. Enrolling again returns
// enrolment_exists: Mine shows the one there is. An agent says for which
// agency (R14); whether somebody does is sealed with the rest.
//
// Faults: notices_not_accepted, limits_unpromised, barred_person, defaulter_excluded, agency_not_confirmed,
// priority_not_confirmed, real_name_missing, enrolment_closed,
// enrolment_exists, not_found; sealing_key_missing, seal_broken (internal).
func (d *Desk) Enrol(ctx context.Context, r EnrolRequest) (Enrolment, error) {
	if !r.AcceptNotices {
		return Enrolment{}, fault.New(fault.Conflict, fault.NoticesNotAccepted).InField("accept_notices").ByRule("R14")
	}
	if r.Capacity != "ordinary" && r.Capacity != "priority" && r.Capacity != "creditor" {
		return Enrolment{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("capacity")
	}
	now := d.clock.Now()
	e := Enrolment{LotID: r.Lot, Capacity: r.Capacity, Status: awaitingDeposit}
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		lot, err := lotOpenForEnrolment(ctx, tx, now, r.Lot)
		if err != nil {
			return err
		}
		if lot.Limited && !r.PromiseLimits {
			return fault.New(fault.Conflict, fault.LimitsUnpromised).InField("promise_limits").ByRule(lot.Rule)
		}
		who, err := eligible(ctx, tx, r.Lot, r.Account)
		if err != nil {
			return err
		}
		who.AcceptedAt = now
		var behalf agency.Chosen
		if r.OnBehalf != uuid.Nil {
			if behalf, err = agency.Choose(ctx, tx, r.Lot, r.Account, r.OnBehalf); err != nil {
				return err
			}
		}
		if who.Agency, err = seal.NewField(behalf.Hash); err != nil {
			return err
		}
		if e.Rank, err = confirmedRank(ctx, tx, r, behalf); err != nil {
			return err
		}
		if err := d.insertEnrolment(ctx, tx, who, &e, lot.Limited, behalf.ID); err != nil {
			return err
		}
		if err := d.deposits.Request(ctx, tx, now, DepositRequest{
			LotID: r.Lot, CaseID: lot.CaseID, AccountID: r.Account, Amount: depositFor(r.Capacity, lot),
		}); err != nil {
			return err
		}
		return d.DepositHeld(ctx, tx, now, r.Lot) // the batch also parts this row from the deposit's
	})
	if err != nil {
		return Enrolment{}, err
	}
	e.Deposit, err = d.deposits.Deposit(ctx, r.Lot, r.Account)
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
			l.deposit_fen, k.claim_fen, coalesce(jsonb_typeof(l.document -> 'purchase_limits') = 'object' OR jsonb_typeof(l.document -> 'approval') = 'object', false),
			CASE WHEN jsonb_typeof(l.document -> 'approval') = 'object' THEN 'R12e' ELSE 'R17h' END
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

// eligible refuses barred persons and defaulters, under whatever account of the
// same identity number they come, and returns who it is: the deposit is paid in
// the real name (R17).
func eligible(ctx context.Context, tx pgx.Tx, lot, account uuid.UUID) (seal.Identity, error) {
	var role string
	person := auction.Person{Account: account}
	err := tx.QueryRow(ctx, `SELECT role, real_name, id_number FROM accounts WHERE id = @account`, pgx.NamedArgs{"account": account}).
		Scan(&role, &person.Name, &person.Number)
	if err != nil {
		return seal.Identity{}, fault.Internalf("read bidder's account: %w", err)
	}
	if role != "bidder" {
		return seal.Identity{}, fault.New(fault.Forbidden, fault.BarredPerson).ByRule("R34")
	}
	if err := auction.MayTakePart(ctx, tx, lot, person); err != nil {
		return seal.Identity{}, err
	}
	if person.Name == "" {
		return seal.Identity{}, fault.New(fault.Conflict, fault.RealNameMissing).InField("real_name").ByRule("R17")
	}
	who := seal.Identity{Account: account}
	if who.Name, err = seal.NewField(person.Name); err != nil {
		return who, err
	}
	who.Number, err = seal.NewField(person.Number)
	return who, err
}

// confirmedRank is the rank that the court confirmed (R19), zero for ordinary bidders. An agent has the standing of a sole
// principal, who is known by the identity number, and never the agent's own; joint bidders have none.
func confirmedRank(ctx context.Context, tx pgx.Tx, r EnrolRequest, behalf agency.Chosen) (int, error) {
	if r.Capacity == "ordinary" {
		return 0, nil
	}
	var rank int
	whose, args := `s.account_id = @account`, pgx.NamedArgs{"lot": r.Lot, "account": r.Account, "capacity": r.Capacity}
	if behalf.ID != uuid.Nil {
		whose = `s.account_id IN (SELECT id FROM accounts WHERE id_number = @sole AND id_number <> '')`
		args["sole"] = behalf.Sole
	}
	err := tx.QueryRow(ctx, `SELECT s.rank FROM standings s WHERE s.lot_id = @lot AND s.capacity = @capacity AND `+whose+` ORDER BY s.rank LIMIT 1`, args).Scan(&rank)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.New(fault.Forbidden, fault.PriorityNotConfirmed).InField("capacity").ByRule("R19")
	}
	if err != nil {
		return 0, fault.Internalf("read standing: %w", err)
	}
	return rank, nil
}

// insertEnrolment seals who it is and keeps the code. The unique locator
// refuses a second enrolment of the same account. behalf is uuid.Nil for oneself.
func (d *Desk) insertEnrolment(ctx context.Context, tx pgx.Tx, who seal.Identity, e *Enrolment, limited bool, behalf uuid.UUID) error {
	sealer, err := d.sealerFor(ctx, tx, e.LotID)
	if err != nil {
		return err
	}
	if e.ID, err = uuid.NewRandom(); err != nil { // at random: a UUIDv7 would tell when
		return fault.Internalf("make enrolment id: %w", err)
	}
	if e.Passphrase, err = newPassphrase(); err != nil {
		return fault.Internalf("%w", err)
	}
	locator := sealer.Locator(who.Account)
	if behalf == uuid.Nil { // of no agency: that it is of one is not to be seen
		if behalf, err = uuid.NewRandom(); err != nil {
			return fault.Internalf("draw a locator: %w", err)
		}
	}
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM enrolments WHERE lot_id = @lot AND locator = @locator)`,
		pgx.NamedArgs{"lot": e.LotID, "locator": locator}).Scan(&exists); err != nil {
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
		sealed, err := sealer.Seal(code, who)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO enrolments (id, lot_id, locator, sealed, capacity, rank, bidder_code, passphrase_hash, name_commitment,
				number_commitment, agency_commitment, agency_locator, status, limits_promised)
			VALUES (@id, @lot, @locator, @sealed, @capacity, @rank, @code, @passphrase, @name, @number, @agency, @behalf, 'awaiting_deposit', @limited)
			ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{
				"id": e.ID, "lot": e.LotID, "locator": locator, "sealed": sealed, "capacity": e.Capacity, "rank": e.Rank, "code": code,
				"passphrase": hashPassphrase(e.Passphrase), "name": who.Name.Commitment(), "number": who.Number.Commitment(), "limited": limited,
				"agency": who.AgencyCommitment(), "behalf": sealer.AgencyLocator(behalf),
			})
		if err != nil {
			return fault.Internalf("insert enrolment: %w", err)
		}
		if tag.RowsAffected() == 1 {
			e.BidderCode = code
			return nil
		}
	}
	return fault.New(fault.Conflict, fault.EnrolmentExists)
}
