package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
)

// Limits bound what one address or login may try. A zero one is its default.
type Limits struct {
	// SignInPerLogin counts tries on one login, whether it exists or not: 10 in five minutes.
	SignInPerLogin redis_rate.Limit
	// SignInPerAddress counts tries from one address: 120 a minute.
	SignInPerAddress redis_rate.Limit
	// RegisterPerAddress counts new accounts from one address: 120 an hour.
	RegisterPerAddress redis_rate.Limit
}

// Config is what the service is made of. Pool, Redis and Clock are required.
type Config struct {
	Pool  *pgxpool.Pool
	Redis redis.UniversalClient
	Clock clock.Clock
	// Secure puts Secure and the __Host- prefix on the session cookie.
	Secure bool
	Limits Limits
	// Hash is argon2id's cost; zero is 19 MiB, two passes, four at once.
	Hash HashParams
	// TokenLife and SessionLife: zero is 24 hours and 12 hours.
	TokenLife   time.Duration
	SessionLife time.Duration
	// Barred is told of a barred account in the transaction that bars it; nil does nothing more.
	Barred func(ctx context.Context, tx pgx.Tx, now time.Time, account uuid.UUID) error
}

// Service signs people in. Safe for concurrent use.
type Service struct {
	pool      *pgxpool.Pool
	redis     redis.UniversalClient
	clock     clock.Clock
	hasher    *hasher
	limiter   *redis_rate.Limiter
	limits    Limits
	sessions  *scs.SessionManager
	tokenLife time.Duration
	barred    func(ctx context.Context, tx pgx.Tx, now time.Time, account uuid.UUID) error
}

// New makes the service.
func New(c Config) (*Service, error) {
	if c.Pool == nil || c.Redis == nil || c.Clock == nil {
		return nil, fault.Internalf("account: Pool, Redis and Clock are required")
	}
	if c.Hash == (HashParams{}) {
		c.Hash = defaultHashParams()
	}
	h, err := newHasher(c.Hash)
	if err != nil {
		return nil, fault.Internalf("account: %w", err)
	}
	s := &Service{
		pool: c.Pool, redis: c.Redis, clock: c.Clock, hasher: h, limiter: redis_rate.NewLimiter(c.Redis),
		limits: c.Limits.orDefault(), tokenLife: c.TokenLife, barred: c.Barred,
	}
	if s.tokenLife == 0 {
		s.tokenLife = 24 * time.Hour
	}
	s.sessions = newManager(c)
	return s, nil
}

func (l Limits) orDefault() Limits {
	if l.SignInPerLogin.IsZero() {
		l.SignInPerLogin = redis_rate.Limit{Rate: 10, Burst: 10, Period: 5 * time.Minute}
	}
	if l.SignInPerAddress.IsZero() {
		l.SignInPerAddress = redis_rate.PerMinute(120)
	}
	if l.RegisterPerAddress.IsZero() {
		l.RegisterPerAddress = redis_rate.PerHour(120)
	}
	return l
}

// randomToken is 256 random bits in 43 characters of base64url.
func randomToken() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fault.Internalf("read random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func digest(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}
