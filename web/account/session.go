package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
)

const (
	sessionPrefix = "mc:session:"
	indexPrefix   = "mc:sessions:"
	accountKey    = "account"
	// sessionIDLength of the hash's characters tell an account's sessions apart.
	sessionIDLength = 16
	maxAgent        = 160
)

// newManager sets scs up: 256-bit tokens, stored hashed, in a cookie that
// scripts and other sites cannot use.
func newManager(c Config) *scs.SessionManager {
	m := scs.New()
	m.Store = store{c.Redis}
	m.HashTokenInStore = true
	m.Lifetime = c.SessionLife
	if m.Lifetime == 0 {
		m.Lifetime = 12 * time.Hour
	}
	m.Cookie.Name = "mc_session"
	if c.Secure {
		m.Cookie.Name = "__Host-mc_session"
	}
	m.Cookie.Secure = c.Secure
	return m
}

// store keeps scs' sessions in any kind of Redis; scs' own store takes a single
// server only, and production has a cluster.
type store struct{ redis redis.UniversalClient }

func (s store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, err := s.redis.Get(ctx, sessionPrefix+token).Bytes()
	if err == redis.Nil { //nolint:errorlint // go-redis documents the plain comparison
		return nil, false, nil
	}
	return b, err == nil, err
}

func (s store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return s.redis.SetArgs(ctx, sessionPrefix+token, b, redis.SetArgs{ExpireAt: expiry}).Err()
}

func (s store) DeleteCtx(ctx context.Context, token string) error {
	return s.redis.Del(ctx, sessionPrefix+token).Err()
}

// scs' older interface; it calls the ones with a context where they exist.
func (s store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}
func (s store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Session is one browser that an account is signed in with.
type Session struct {
	// ID tells the sessions of one account apart; it signs nobody in.
	ID        string    `json:"id"`
	Agent     string    `json:"agent"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(2 * time.Second)
}

// SignIn opens a browser session for id and sets its cookie. The token is new
// and the session that the browser had, if any, ends.
//
// Faults: service_unavailable when Redis does not answer.
func (s *Service) SignIn(w http.ResponseWriter, r *http.Request, id Identity) error {
	if err := s.SignOut(w, r); err != nil {
		return err
	}
	ctx, err := s.sessions.Load(r.Context(), "")
	if err != nil {
		return unavailable(err)
	}
	s.sessions.Put(ctx, accountKey, id.ID.String())
	token, expiry, err := s.sessions.Commit(ctx)
	if err != nil {
		return unavailable(err)
	}
	agent := strings.ToValidUTF8(r.UserAgent(), "")
	if len(agent) > maxAgent {
		agent = strings.ToValidUTF8(agent[:maxAgent], "")
	}
	entry, err := json.Marshal(Session{Agent: agent, CreatedAt: s.clock.Now(), ExpiresAt: expiry})
	if err != nil {
		return fault.Internalf("encode session: %w", err)
	}
	key := indexPrefix + id.ID.String()
	pipe := s.redis.TxPipeline()
	pipe.HSet(ctx, key, hashed(token), entry)
	pipe.Expire(ctx, key, s.sessions.Lifetime)
	if _, err := pipe.Exec(ctx); err != nil {
		return unavailable(err)
	}
	s.sessions.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// SignOut ends the browser's own session and takes its cookie back.
//
// Faults: service_unavailable.
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) error {
	token := s.cookie(r)
	if token == "" {
		return nil
	}
	ctx, err := s.sessions.Load(r.Context(), token)
	if err != nil {
		return unavailable(err)
	}
	if id := s.sessions.GetString(ctx, accountKey); id != "" {
		if err := s.redis.HDel(ctx, indexPrefix+id, hashed(token)).Err(); err != nil {
			return unavailable(err)
		}
		if err := s.redis.Del(ctx, sessionPrefix+hashed(token)).Err(); err != nil {
			return unavailable(err)
		}
	}
	s.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// BySession finds who a browser is signed in as; ok is false for nobody.
//
// Faults: service_unavailable.
func (s *Service) BySession(r *http.Request) (id Identity, ok bool, err error) {
	token := s.cookie(r)
	if token == "" {
		return Identity{}, false, nil
	}
	ctx, err := s.sessions.Load(r.Context(), token)
	if err != nil {
		return Identity{}, false, unavailable(err)
	}
	account, err := uuid.Parse(s.sessions.GetString(ctx, accountKey))
	if err != nil {
		return Identity{}, false, nil //nolint:nilerr // no session, or one of nobody: not signed in
	}
	id, err = s.identity(ctx, account)
	if fault.KindOf(err) == fault.Unauthenticated {
		return Identity{}, false, nil
	}
	return id, err == nil, err
}

// HasSession reports whether the request carries a session cookie, valid or not.
func (s *Service) HasSession(r *http.Request) bool { return s.cookie(r) != "" }

// Current is the id of the request's own session among Sessions; empty for none.
func (s *Service) Current(r *http.Request) string {
	if token := s.cookie(r); token != "" {
		return hashed(token)[:sessionIDLength]
	}
	return ""
}

// Sessions lists where an account is signed in, newest first.
//
// Faults: service_unavailable.
func (s *Service) Sessions(ctx context.Context, account uuid.UUID) ([]Session, error) {
	all, err := s.redis.HGetAll(ctx, indexPrefix+account.String()).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	now := s.clock.Now().Add(-s.clock.Offset()) // sessions live by the machine's clock
	list := make([]Session, 0, len(all))
	for hash, entry := range all {
		var one Session
		if err := json.Unmarshal([]byte(entry), &one); err != nil || one.ExpiresAt.Before(now) {
			continue
		}
		one.ID = hash[:sessionIDLength]
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Session) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return list, nil
}

// RevokeSession ends one session of an account.
//
// Faults: not_found, service_unavailable.
func (s *Service) RevokeSession(ctx context.Context, account uuid.UUID, id string) error {
	hashes, err := s.redis.HKeys(ctx, indexPrefix+account.String()).Result()
	if err != nil {
		return unavailable(err)
	}
	for _, hash := range hashes {
		if len(id) == sessionIDLength && strings.HasPrefix(hash, id) {
			return s.drop(ctx, account, hash)
		}
	}
	return fault.New(fault.NotFound, fault.NotFoundCode)
}

// SignOutEverywhere ends every session and every bearer token of an account.
//
// Faults: service_unavailable; what was already ended stays so.
func (s *Service) SignOutEverywhere(ctx context.Context, account uuid.UUID) error {
	if err := s.revokeTokens(ctx, account); err != nil {
		return err
	}
	hashes, err := s.redis.HKeys(ctx, indexPrefix+account.String()).Result()
	if err != nil {
		return unavailable(err)
	}
	for _, hash := range hashes {
		if err := s.drop(ctx, account, hash); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes a session before its place in the index, so that a crash
// between leaves a stale line, never a session that nobody can end.
func (s *Service) drop(ctx context.Context, account uuid.UUID, hash string) error {
	if err := s.redis.Del(ctx, sessionPrefix+hash).Err(); err != nil {
		return unavailable(err)
	}
	if err := s.redis.HDel(ctx, indexPrefix+account.String(), hash).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

func (s *Service) cookie(r *http.Request) string {
	c, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil || len(c.Value) > 128 {
		return ""
	}
	return c.Value
}

// hashed is how scs names a token in its store (HashTokenInStore).
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
