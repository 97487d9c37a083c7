package bidding

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

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
	var announced, ends time.Time
	err := d.pool.QueryRow(ctx, `SELECT e.passphrase_hash, l.announced_ends_at, coalesce(c.ends_at, l.announced_ends_at)
		FROM enrolments e JOIN lots l ON l.id = e.lot_id LEFT JOIN courses c ON c.lot_id = e.lot_id
		WHERE e.lot_id = @lot AND e.bidder_code = @code AND e.status NOT IN ('excluded', 'withdrawn')`,
		pgx.NamedArgs{"lot": lot, "code": code}).Scan(&stored, &announced, &ends)
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
	s := SessionToken{Token: base64.RawURLEncoding.EncodeToString(raw), ExpiresAt: sessionEnd(announced, ends, d.clock.Now(), d.sessionFor)}
	hash := sha256.Sum256([]byte(s.Token))
	if _, err := d.pool.Exec(ctx, `
		INSERT INTO bidding_sessions (token_hash, lot_id, bidder_code, expires_at) VALUES (@hash, @lot, @code, @expires)`,
		pgx.NamedArgs{"hash": hash[:], "lot": lot, "code": code, "expires": s.ExpiresAt}); err != nil {
		return SessionToken{}, fault.Internalf("open bidding session: %w", err)
	}
	return s, nil
}

// sessionEnd is so long after the announced end, one end for all of a lot: the row does not tell when the session was opened.
// Where bidding lasts longer, as after a long stay, it moves in halves of that, so that at least a half is always left.
func sessionEnd(announced, ends, now time.Time, long time.Duration) time.Time {
	if now.After(ends) {
		ends = now
	}
	return announced.Add(long + max(ends.Sub(announced), 0).Truncate(long/2))
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
		WHERE token_hash = @hash AND expires_at > @now AND NOT revoked`,
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

// CloseSession revokes one token, on every node; an unknown one is fine.
func (d *Desk) CloseSession(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	if _, err := d.pool.Exec(ctx, `UPDATE bidding_sessions SET revoked = true WHERE token_hash = @hash AND NOT revoked`,
		pgx.NamedArgs{"hash": hash[:]}); err != nil {
		return fault.Internalf("revoke bidding session: %w", err)
	}
	d.tellClosed(ctx, [][]byte{hash[:]})
	return nil
}

// revokeSessions revokes every session of a code and returns their hashes, to be told after the commit.
func revokeSessions(ctx context.Context, tx pgx.Tx, lot uuid.UUID, code string) ([][]byte, error) {
	rows, err := tx.Query(ctx, `UPDATE bidding_sessions SET revoked = true
		WHERE lot_id = @lot AND bidder_code = @code AND NOT revoked RETURNING token_hash`, pgx.NamedArgs{"lot": lot, "code": code})
	if err != nil {
		return nil, fault.Internalf("revoke the code's sessions: %w", err)
	}
	closed, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fault.Internalf("revoke the code's sessions: %w", err)
	}
	return closed, nil
}

// SessionClosed is where closed sessions are told on NATS core: the SHA-256 of a token, 32 bytes.
const SessionClosed = "session.closed"

// tellClosed lets this node and the others forget sessions. One that does not hear it ends them within sessionCacheFor.
func (d *Desk) tellClosed(ctx context.Context, hashes [][]byte) {
	for _, hash := range hashes {
		d.sessions.drop([32]byte(hash))
		if d.nats == nil {
			continue
		}
		if err := d.nats.Publish(SessionClosed, hash); err != nil {
			d.log.WarnContext(ctx, "other nodes are not told of a closed session", "error", err)
		}
	}
}

// Run forgets the sessions that other nodes closed, until ctx ends. Nodes that serve bidders run it.
func (d *Desk) Run(ctx context.Context) error {
	if d.nats == nil {
		<-ctx.Done()
		return nil
	}
	sub, err := d.nats.Subscribe(SessionClosed, func(m *nats.Msg) {
		if len(m.Data) == sha256.Size {
			d.sessions.drop([32]byte(m.Data))
		}
	})
	if err != nil {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, fmt.Errorf("listen for closed sessions: %w", err))
	}
	<-ctx.Done()
	return sub.Unsubscribe()
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
