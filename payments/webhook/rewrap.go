package webhook

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
)

// Reseal seals every receiver's secret under the vault's current key and returns how many were not yet. Receivers notice nothing.
//
// Faults: sealing_key_missing, seal_broken.
func Reseal(ctx context.Context, pool *pgxpool.Pool, vault Vault) (moved int, err error) {
	rows, err := pool.Query(ctx, `SELECT court_id FROM webhooks ORDER BY court_id`)
	if err != nil {
		return 0, fault.Internalf("list receivers: %w", err)
	}
	courts, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, fault.Internalf("list receivers: %w", err)
	}
	for _, court := range courts {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			r, err := hold(ctx, tx, court)
			if err != nil {
				return err
			}
			secret, err := vault.OpenSecret(court, r.KeyID, r.Secret)
			if err != nil {
				return err
			}
			keyID, sealed := vault.SealSecret(court, secret)
			if keyID == r.KeyID {
				return nil
			}
			if _, err := tx.Exec(ctx, `UPDATE webhooks SET key_id = @key, secret = @secret WHERE court_id = @court`,
				pgx.NamedArgs{"key": keyID, "secret": sealed, "court": court}); err != nil {
				return fault.Internalf("reseal a receiver's secret: %w", err)
			}
			moved++
			return nil
		})
		if err != nil {
			return moved, err
		}
	}
	return moved, nil
}
