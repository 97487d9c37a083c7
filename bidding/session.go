package bidding

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// SessionToken opens the live room: it stands for a lot and a code, never for
// an account (R18).
type SessionToken struct {
	Token     string
	ExpiresAt time.Time
}

// BiddingSession is what a valid token stands for.
type BiddingSession struct {
	Lot  uuid.UUID
	Code string
}

// OpenSession opens a bidding session by code and passphrase. A wrong code and
// a wrong passphrase answer alike.
//
// Faults: passphrase_wrong (unauthenticated).
func (d *Desk) OpenSession(ctx context.Context, lot uuid.UUID, code, passphrase string) (SessionToken, error) {
	var stored string
	err := d.pool.QueryRow(ctx, `SELECT passphrase_hash FROM enrolments WHERE lot_id = @lot AND bidder_code = @code AND status <> 'excluded'`,
		pgx.NamedArgs{"lot": lot, "code": code}).Scan(&stored)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return SessionToken{}, fault.Internalf("read passphrase: %w", err)
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(stored), []byte(hashPassphrase(passphrase))) != 1 {
		return SessionToken{}, fault.New(fault.Unauthenticated, fault.PassphraseWrong).ByRule("R18")
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return SessionToken{}, fault.Internalf("draw session token: %w", err)
	}
	now := d.clock.Now()
	s := SessionToken{Token: base64.RawURLEncoding.EncodeToString(raw), ExpiresAt: now.Add(d.sessionFor)}
	hash := sha256.Sum256([]byte(s.Token))
	if _, err := d.pool.Exec(ctx, `
		INSERT INTO bidding_sessions (token_hash, lot_id, bidder_code, created_at, expires_at)
		VALUES (@hash, @lot, @code, @now, @expires)`,
		pgx.NamedArgs{"hash": hash[:], "lot": lot, "code": code, "now": now, "expires": s.ExpiresAt}); err != nil {
		return SessionToken{}, fault.Internalf("open bidding session: %w", err)
	}
	return s, nil
}

// Session finds what a token stands for. It is cached on the node for at most
// five seconds; an exclusion is held by the course itself.
//
// Faults: not_enrolled (unauthenticated).
func (d *Desk) Session(ctx context.Context, token string) (BiddingSession, error) {
	now := d.clock.Now()
	hash := sha256.Sum256([]byte(token))
	if s, ok := d.sessions.get(hash, now); ok {
		return s, nil
	}
	var s BiddingSession
	err := d.pool.QueryRow(ctx, `SELECT lot_id, bidder_code FROM bidding_sessions
		WHERE token_hash = @hash AND expires_at > @now AND revoked_at IS NULL`,
		pgx.NamedArgs{"hash": hash[:], "now": now}).Scan(&s.Lot, &s.Code)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fault.New(fault.Unauthenticated, fault.NotEnrolled).ByRule("R18")
	}
	if err != nil {
		return s, fault.Internalf("read bidding session: %w", err)
	}
	d.sessions.put(hash, s, now)
	return s, nil
}

// CloseSession revokes one token; an unknown one is fine.
func (d *Desk) CloseSession(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	if _, err := d.pool.Exec(ctx, `UPDATE bidding_sessions SET revoked_at = @now WHERE token_hash = @hash AND revoked_at IS NULL`,
		pgx.NamedArgs{"hash": hash[:], "now": d.clock.Now()}); err != nil {
		return fault.Internalf("revoke bidding session: %w", err)
	}
	d.sessions.drop(hash)
	return nil
}

const (
	sessionCacheFor  = 5 * time.Second
	sessionCacheSize = 65536
)

type cachedSession struct {
	session BiddingSession
	until   time.Time
}

// sessionCache holds sessions by their token's hash, bounded: a full cache
// starts anew.
type sessionCache struct {
	mu   sync.RWMutex
	held map[[32]byte]cachedSession
}

func newSessionCache() *sessionCache {
	return &sessionCache{held: make(map[[32]byte]cachedSession)}
}

func (c *sessionCache) get(hash [32]byte, now time.Time) (BiddingSession, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, ok := c.held[hash]
	return s.session, ok && now.Before(s.until)
}

func (c *sessionCache) put(hash [32]byte, s BiddingSession, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= sessionCacheSize {
		clear(c.held)
	}
	c.held[hash] = cachedSession{session: s, until: now.Add(sessionCacheFor)}
}

func (c *sessionCache) drop(hash [32]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, hash)
}
