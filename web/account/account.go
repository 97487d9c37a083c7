package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// Account is what its holder may read of it.
type Account struct {
	ID        uuid.UUID
	Login     string
	Role      Role
	CourtID   uuid.UUID
	RealName  string
	Language  string
	CreatedAt time.Time
}

// Registration is a person's own request for a bidder's account.
type Registration struct {
	Login, Password string
	// RealName and IDNumber are personal data; a deposit is paid under the
	// real name (R17), so enrolment asks for it when it is missing here.
	RealName, IDNumber string
	// Language is "zh-CN" (default) or "en".
	Language string
	// Address is where the request came from, for the limit.
	Address string
}

// Register makes a bidder's account.
//
// Faults: invalid_request (login, real_name, id_number, language),
// password_weak, login_taken (conflict), rate_exceeded, service_unavailable.
func (s *Service) Register(ctx context.Context, r Registration) (Account, error) {
	if err := s.allow(ctx, "register", r.Address, s.limits.RegisterPerAddress); err != nil {
		return Account{}, err
	}
	return s.create(ctx, Staff{
		Login: r.Login, Password: r.Password, Role: Bidder, RealName: r.RealName,
		Language: r.Language, IDNumber: r.IDNumber,
	})
}

// Staff is an account made by an operator.
type Staff struct {
	Login, Password string
	Role            Role
	// CourtID is required but for bidders and operators.
	CourtID  uuid.UUID
	RealName string
	// IDNumber is by which staff of the court and the platform are known where they would bid under another account or through
	// an agent (R34). It may be empty.
	IDNumber string
	Language string
	// AnyPassword leaves the rules for passwords out: the operator chose it
	// and answers for it.
	AnyPassword bool
}

// Create makes an account of any role: cmd's admin call.
//
// Faults: as Register, and invalid_request (role, court_id).
func (s *Service) Create(ctx context.Context, n Staff) (Account, error) { return s.create(ctx, n) }

func (s *Service) create(ctx context.Context, n Staff) (Account, error) {
	n.Login, n.RealName = strings.TrimSpace(n.Login), strings.TrimSpace(n.RealName)
	if n.Language == "" {
		n.Language = "zh-CN"
	}
	if err := n.check(); err != nil {
		return Account{}, err
	}
	n.IDNumber = auction.PersonNumber(n.IDNumber)
	if len(n.IDNumber) > 64 {
		return Account{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("id_number")
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return Account{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fault.Internalf("make an id: %w", err)
	}
	a := Account{ID: id, Login: n.Login, Role: n.Role, CourtID: n.CourtID, RealName: n.RealName, Language: n.Language, CreatedAt: s.clock.Now()}
	_, err = s.pool.Exec(ctx, `INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, id_number, language, created_at)
		VALUES (@id, @login, @role, @court, @hash, @name, @number, @language, @now)`,
		pgx.NamedArgs{
			"id": a.ID, "login": a.Login, "role": a.Role, "court": orNull(a.CourtID), "hash": hash,
			"name": a.RealName, "number": n.IDNumber, "language": a.Language, "now": a.CreatedAt,
		})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "accounts_login" {
		return Account{}, fault.New(fault.Conflict, fault.LoginTaken).InField("login")
	}
	if err != nil {
		return Account{}, fault.Internalf("insert account: %w", err)
	}
	return a, nil
}

func (n Staff) check() error {
	invalid := fault.New(fault.Invalid, fault.InvalidRequest)
	if err := checkLogin(n.Login); err != nil {
		return err
	}
	if len(n.RealName) > 200 {
		return invalid.InField("real_name")
	}
	if n.Language != "zh-CN" && n.Language != "en" {
		return invalid.InField("language")
	}
	switch n.Role {
	case Bidder, Operator:
	case Judge, Clerk, Finance, Inspector:
		if n.CourtID == uuid.Nil {
			return invalid.InField("court_id")
		}
	default:
		return invalid.InField("role")
	}
	if n.AnyPassword {
		return nil
	}
	return checkPassword(n.Login, n.Password)
}

// Bar records why somebody may not bid on any lot (R34), and tells Barred in the
// same transaction; an empty reason lifts it.
//
// Faults: not_found.
func (s *Service) Bar(ctx context.Context, account uuid.UUID, reason string) error {
	now := s.clock.Now()
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE accounts SET barred_reason = NULLIF(@reason, '') WHERE id = @id`,
			pgx.NamedArgs{"id": account, "reason": reason})
		if err != nil {
			return fault.Internalf("bar account: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, fault.NotFoundCode)
		}
		if reason == "" || s.barred == nil {
			return nil
		}
		return s.barred(ctx, tx, now, account)
	})
}

// ByLogin finds an account; cmd's admin and seeding use it.
//
// Faults: not_found.
func (s *Service) ByLogin(ctx context.Context, login string) (Account, error) {
	return s.one(ctx, `lower(login) = lower(@key)`, login)
}

// ByID finds an account.
//
// Faults: not_found.
func (s *Service) ByID(ctx context.Context, id uuid.UUID) (Account, error) {
	return s.one(ctx, `id = @key`, id)
}

func (s *Service) one(ctx context.Context, where string, key any) (Account, error) {
	var a Account
	var court *uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT id, login, role, court_id, real_name, language, created_at FROM accounts WHERE `+where,
		pgx.NamedArgs{"key": key}).Scan(&a.ID, &a.Login, &a.Role, &court, &a.RealName, &a.Language, &a.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err != nil {
		return Account{}, fault.Internalf("read account: %w", err)
	}
	if court != nil {
		a.CourtID = *court
	}
	return a, nil
}

// Check compares a login and its password.
//
// Faults: credentials_wrong (unauthenticated), the same in the same time for a
// login that does not exist; rate_exceeded, counted alike; service_unavailable.
func (s *Service) Check(ctx context.Context, login, password, address string) (Identity, error) {
	login = strings.TrimSpace(login)
	if err := s.allow(ctx, "signin-address", address, s.limits.SignInPerAddress); err != nil {
		return Identity{}, err
	}
	if err := s.allow(ctx, "signin-login", login, s.limits.SignInPerLogin); err != nil {
		return Identity{}, err
	}
	wrong := fault.New(fault.Unauthenticated, fault.CredentialsWrong)
	if len(password) > 4*MaxPassword || len(login) > 256 {
		return Identity{}, wrong
	}
	var id Identity
	var hash string
	var court *uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT id, role, court_id, login, language, password_hash FROM accounts WHERE lower(login) = lower(@login)`,
		pgx.NamedArgs{"login": login}).Scan(&id.ID, &id.Role, &court, &id.Login, &id.Language, &hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Identity{}, fault.Internalf("read account: %w", err)
	}
	if court != nil {
		id.CourtID = *court
	}
	ok, err := s.hasher.matches(ctx, password, hash)
	if err != nil {
		return Identity{}, err
	}
	if !ok {
		return Identity{}, wrong
	}
	if err := s.forget(ctx, "signin-login", login); err != nil {
		return Identity{}, fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(2 * time.Second)
	}
	return id, nil
}

// identity reads who an account is now.
//
// Faults: sign_in_required when it is gone.
func (s *Service) identity(ctx context.Context, id uuid.UUID) (Identity, error) {
	a, err := s.ByID(ctx, id)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return Identity{}, fault.New(fault.Unauthenticated, fault.SignInRequired)
		}
		return Identity{}, err
	}
	return Identity{ID: a.ID, Role: a.Role, CourtID: a.CourtID, Login: a.Login, Language: a.Language}, nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
