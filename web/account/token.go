package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// IssueToken makes a bearer token. The token itself is shown here once; the
// database holds its SHA-256.
func (s *Service) IssueToken(ctx context.Context, account uuid.UUID) (token string, expiresAt time.Time, err error) {
	if token, err = randomToken(); err != nil {
		return "", time.Time{}, err
	}
	now := s.clock.Now()
	expiresAt = now.Add(s.tokenLife)
	_, err = s.pool.Exec(ctx, `INSERT INTO tokens (hash, account_id, created_at, expires_at) VALUES (@hash, @account, @now, @expires)`,
		pgx.NamedArgs{"hash": digest(token), "account": account, "now": now, "expires": expiresAt})
	if err != nil {
		return "", time.Time{}, fault.Internalf("insert token: %w", err)
	}
	return token, expiresAt, nil
}

// ByToken finds who a bearer token belongs to.
//
// Faults: sign_in_required (unauthenticated) for a token that is unknown,
// expired or revoked.
func (s *Service) ByToken(ctx context.Context, token string) (Identity, error) {
	var id Identity
	var court *uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT a.id, a.role, a.court_id, a.login, a.language FROM tokens t JOIN accounts a ON a.id = t.account_id
		WHERE t.hash = @hash AND t.revoked_at IS NULL AND t.expires_at > @now`,
		pgx.NamedArgs{"hash": digest(token), "now": s.clock.Now()}).Scan(&id.ID, &id.Role, &court, &id.Login, &id.Language)
	if errors.Is(err, pgx.ErrNoRows) {
		return Identity{}, fault.New(fault.Unauthenticated, fault.SignInRequired)
	}
	if err != nil {
		return Identity{}, fault.Internalf("read token: %w", err)
	}
	if court != nil {
		id.CourtID = *court
	}
	return id, nil
}

// RevokeToken ends a token; an unknown one is no error.
func (s *Service) RevokeToken(ctx context.Context, token string) error {
	_, err := s.pool.Exec(ctx, `UPDATE tokens SET revoked_at = @now WHERE hash = @hash AND revoked_at IS NULL`,
		pgx.NamedArgs{"hash": digest(token), "now": s.clock.Now()})
	if err != nil {
		return fault.Internalf("revoke token: %w", err)
	}
	return nil
}

// revokeTokens ends all tokens of an account.
func (s *Service) revokeTokens(ctx context.Context, account uuid.UUID) error {
	_, err := s.pool.Exec(ctx, `UPDATE tokens SET revoked_at = @now WHERE account_id = @account AND revoked_at IS NULL`,
		pgx.NamedArgs{"account": account, "now": s.clock.Now()})
	if err != nil {
		return fault.Internalf("revoke tokens: %w", err)
	}
	return nil
}
