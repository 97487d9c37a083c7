package bidding

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
	"mingchui/bidding/seal"
)

// queryRower reads one row from the pool or inside a transaction.
type queryRower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// wrappedKey reads a lot's key; there is false for a lot that nobody enrolled for.
func wrappedKey(ctx context.Context, q queryRower, lot uuid.UUID) (w seal.Wrapped, there bool, err error) {
	err = q.QueryRow(ctx, `SELECT key_id, wrapped FROM lot_keys WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&w.KeyID, &w.Bytes)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, false, nil
	}
	if err != nil {
		return w, false, fault.Internalf("read the key of lot %s: %w", lot, err)
	}
	return w, true, nil
}

// sealerFor is the sealer of a lot, whose key its first enrolment makes.
func (d *Desk) sealerFor(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (*seal.Sealer, error) {
	w, err := lotKey(ctx, tx, d.ring, lot)
	if err != nil {
		return nil, err
	}
	return d.ring.Sealer(lot, w)
}

// lotKey is a lot's key, made when there is none.
func lotKey(ctx context.Context, tx pgx.Tx, ring *seal.Ring, lot uuid.UUID) (seal.Wrapped, error) {
	w, there, err := wrappedKey(ctx, tx, lot)
	if err != nil {
		return w, err
	}
	if !there {
		if w, err = ring.Make(lot); err != nil {
			return w, err
		}
		// Of two that enrol first at once the second waits here and takes the other's key.
		if _, err := tx.Exec(ctx, `INSERT INTO lot_keys (lot_id, key_id, wrapped) VALUES (@lot, @id, @wrapped) ON CONFLICT (lot_id) DO NOTHING`,
			pgx.NamedArgs{"lot": lot, "id": w.KeyID, "wrapped": w.Bytes}); err != nil {
			return w, fault.Internalf("keep the key of lot %s: %w", lot, err)
		}
		w, _, err = wrappedKey(ctx, tx, lot)
	}
	return w, err
}

// CheckKeys proves at the start that this server holds the sealing key of every lot whose bidders are still to be found or
// opened. What is long over needs none.
//
// Faults: sealing_key_missing, naming the keys and how many lots need them.
func (d *Desk) CheckKeys(ctx context.Context) error {
	rows, err := d.pool.Query(ctx, `
		SELECT k.key_id, count(*) FROM lot_keys k JOIN lots l ON l.id = k.lot_id
		WHERE l.status IN ('announced', 'suspended')
			OR EXISTS (SELECT FROM duties d WHERE d.lot_id = l.id AND d.state = 'owed' AND d.kind IN ('confirm_sale', 'release_deposits'))
		GROUP BY k.key_id ORDER BY k.key_id`)
	if err != nil {
		return fault.Internalf("read the lots' keys: %w", err)
	}
	var id string
	var lots int64
	var missing error
	_, err = pgx.ForEachRow(rows, []any{&id, &lots}, func() error {
		if !d.ring.Has(id) {
			missing = errors.Join(missing, fmt.Errorf("sealing key %s, which seals the bidders of %d lots", id, lots))
		}
		return nil
	})
	if err != nil {
		return fault.Internalf("read the lots' keys: %w", err)
	}
	if missing != nil {
		return fault.Wrap(fault.Internal, fault.SealingKeyMissing, missing)
	}
	return nil
}

// Rewrap wraps every lot's key under the ring's current sealing key and returns how many were not yet. Afterwards the older
// keys may be taken out of the ring, and destroyed with the backups that need them.
//
// Faults: sealing_key_missing, seal_broken; then nothing is changed.
func Rewrap(ctx context.Context, pool *pgxpool.Pool, ring *seal.Ring) (int, error) {
	changed := 0
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT lot_id, key_id, wrapped FROM lot_keys WHERE key_id <> @current ORDER BY lot_id FOR UPDATE`,
			pgx.NamedArgs{"current": ring.Current()})
		if err != nil {
			return fault.Internalf("read the lots' keys: %w", err)
		}
		type held struct {
			Lot   uuid.UUID
			KeyID string
			Bytes []byte
		}
		keys, err := pgx.CollectRows(rows, pgx.RowToStructByPos[held])
		if err != nil {
			return fault.Internalf("read the lots' keys: %w", err)
		}
		for _, k := range keys {
			w, err := ring.Rewrap(k.Lot, seal.Wrapped{KeyID: k.KeyID, Bytes: k.Bytes})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE lot_keys SET key_id = @id, wrapped = @wrapped WHERE lot_id = @lot`,
				pgx.NamedArgs{"lot": k.Lot, "id": w.KeyID, "wrapped": w.Bytes}); err != nil {
				return fault.Internalf("keep the key of lot %s: %w", k.Lot, err)
			}
		}
		changed = len(keys)
		return nil
	})
	return changed, err
}
