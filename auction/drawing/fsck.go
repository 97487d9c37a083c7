package drawing

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/draw"
	"mingchui/auction/fault"
)

// Fsck holds every draw against the log: its entries are there, and list, nonce and root give the order that the rows have (I6);
// one that is not made is owed (I9). It changes nothing.
func Fsck(ctx context.Context, pool *pgxpool.Pool, log Log) ([]string, error) {
	out, err := strays(ctx, pool)
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `SELECT id FROM draws ORDER BY listed_at, id`)
	if err != nil {
		return nil, fault.Internalf("read draws: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("read draws: %w", err)
	}
	for _, id := range all {
		v, err := one(ctx, pool, id)
		if err != nil {
			return nil, err
		}
		found, err := v.flaw(ctx, log)
		if err != nil {
			return nil, err
		}
		if found != "" {
			out = append(out, fmt.Sprintf("I6 draw %s: %s", id, found))
		}
	}
	return out, nil
}

// strays are draws whose entries or whose duty are not there.
func strays(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `
		SELECT 'I6 draw ' || d.id || ': its entry ' || want.kind || ' is not in the log'
		FROM draws d CROSS JOIN LATERAL (VALUES (d.list_entry, 'draw.listed'), (d.open_entry, 'draw.opened'), (d.made_entry, 'draw.made')) AS want (entry, kind)
		WHERE want.entry IS NOT NULL AND NOT EXISTS (SELECT FROM entries e WHERE e.id = want.entry AND e.kind = want.kind
			AND convert_from(e.bytes, 'UTF8')::jsonb #>> '{body,draw}' = d.id::text)
		UNION ALL
		SELECT 'I9 draw ' || d.id || ': the duty make_draw is not there' FROM draws d
		WHERE d.state <> 'drawn' AND NOT EXISTS (SELECT FROM duties u WHERE u.kind = 'make_draw' AND u.key = d.id::text AND u.state = 'owed')
		ORDER BY 1`)
	if err != nil {
		return nil, fault.Internalf("look for draws without entries: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fault.Internalf("look for draws without entries: %w", err)
	}
	return out, nil
}

// flaw repeats a draw.
func (v View) flaw(ctx context.Context, log Log) (string, error) {
	if v.State == Listed {
		return "", nil
	}
	nonce, err := hex.DecodeString(v.Nonce)
	if err != nil {
		return "", fault.Internalf("read a nonce: %w", err)
	}
	list, _, err := log.Place(ctx, v.ListEntry)
	if err != nil {
		return "", err
	}
	leaf, published, err := log.Place(ctx, *v.OpenEntry)
	if err != nil {
		return "", err
	}
	l := draw.List{Draw: v.ID, Leaf: list, At: v.ListedAt, OpensAt: v.OpensAt, Commitment: v.Commitment, Candidates: ids(v.Candidates)}
	o := draw.Opening{Leaf: leaf, At: *v.OpenedAt, Nonce: nonce}
	if v.State == Opened {
		if !published {
			return "", nil // it has no place yet
		}
		return string(l.Open(o)), nil
	}
	root, err := log.RootAt(ctx, o.Size())
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return "no published checkpoint covers its value", nil
	case err != nil:
		return "", err
	}
	value, err := hex.DecodeString(v.Root)
	if err != nil {
		return "", fault.Internalf("read a root: %w", err)
	}
	m := draw.Made{Leaf: *v.Size, Size: *v.Size, Value: draw.Value(value), Order: ids(v.Candidates)}
	return string(draw.Check(l, o, m, draw.Value(root))), nil
}
