package sequencer

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// pendingEntry is an entry without a place.
type pendingEntry struct {
	ID   uuid.UUID
	Leaf []byte
	Lot  *uuid.UUID
	Seq  *int64
}

// place gives what is pending its leaf indexes, in one transaction under the lock of the tree row: leaves, tree hashes, size and
// root, and the rows of pending gone. All committed entries are candidates, whatever their ids, since lower ids can commit later.
func (s *Sequencer) place(ctx context.Context) (n int, err error) {
	err = s.inTx(ctx, "place entries", func(tx pgx.Tx) error {
		n = 0
		t, err := lockTree(ctx, tx)
		if err != nil {
			return err
		}
		batch, err := takePending(ctx, tx, s.max)
		if err != nil || len(batch) == 0 {
			return err
		}
		edge, err := frontier(ctx, tx, t.size)
		if err != nil {
			return err
		}
		if edge.Root() != t.root {
			return fork("the stored hashes give another root than the tree row at size %d: one of them was changed; no crash does this, "+
				"both are written in one transaction", t.size)
		}
		if err := insertLeaves(ctx, tx, t.size, batch, &edge); err != nil {
			return err
		}
		root := edge.Root()
		_, err = tx.Exec(ctx, `UPDATE tree SET size = @size, root = @root`, pgx.NamedArgs{"size": edge.Size(), "root": root[:]})
		if err != nil {
			return fault.Internalf("update tree row: %w", err)
		}
		n = len(batch)
		return nil
	})
	return n, err
}

// takePending reads up to limit entries without a place, oldest first, each lot's course in the order of its seq. Each entry is
// looked up by itself (OFFSET 0 keeps the planner from a join): pending is never analyzed while it is full, and a plan for what
// it was once reads all entries that there are. For the same reason the statement is planned in each round: a plan kept from
// when the log was a few pages would read all of it for each pending entry.
func takePending(ctx context.Context, tx pgx.Tx, limit int) ([]pendingEntry, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.id, e.leaf_hash AS leaf, e.lot_id AS lot, e.seq
		FROM pending p CROSS JOIN LATERAL (SELECT * FROM entries WHERE id = p.entry_id OFFSET 0) e
		ORDER BY e.at, e.seq NULLS FIRST, e.id
		LIMIT @limit`, pgx.QueryExecModeCacheDescribe, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, fault.Internalf("read pending entries: %w", err)
	}
	batch, err := pgx.CollectRows(rows, pgx.RowToStructByName[pendingEntry])
	if err != nil {
		return nil, fault.Internalf("read pending entries: %w", err)
	}
	orderCourses(batch)
	return batch, nil
}

// orderCourses puts each lot's course events into the order of their seq, within the places that they hold. A course's times
// never fall, so this moves nothing unless a clock or a row is wrong.
func orderCourses(batch []pendingEntry) {
	places := make(map[uuid.UUID][]int)
	for i, e := range batch {
		if e.Seq != nil && e.Lot != nil {
			places[*e.Lot] = append(places[*e.Lot], i)
		}
	}
	for _, at := range places {
		inOrder := slices.IsSortedFunc(at, func(a, b int) int { return int(*batch[a].Seq - *batch[b].Seq) })
		if inOrder {
			continue
		}
		course := make([]pendingEntry, len(at))
		for k, i := range at {
			course[k] = batch[i]
		}
		slices.SortFunc(course, func(a, b pendingEntry) int { return int(*a.Seq - *b.Seq) })
		for k, i := range at {
			batch[i] = course[k]
		}
	}
}

func insertLeaves(ctx context.Context, tx pgx.Tx, size int64, batch []pendingEntry, edge *audit.Frontier) error {
	ids := make([]uuid.UUID, len(batch))
	stored := make([]audit.Hash, 0, 2*len(batch))
	for i, e := range batch {
		ids[i] = e.ID
		stored = edge.Add(audit.Hash(e.Leaf), stored)
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"leaves"}, []string{"leaf_index", "entry_id"},
		pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) { return []any{size + int64(i), ids[i]}, nil }))
	if err != nil {
		return fault.Internalf("insert leaves: %w", err)
	}
	first := tlog.StoredHashIndex(0, size)
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"tree_hashes"}, []string{"hash_index", "hash"},
		pgx.CopyFromSlice(len(stored), func(i int) ([]any, error) { return []any{first + int64(i), stored[i][:]}, nil }))
	if err != nil {
		return fault.Internalf("insert tree hashes: %w", err)
	}
	tag, err := tx.Exec(ctx, `DELETE FROM pending WHERE entry_id = ANY (@ids::uuid[])`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return fault.Internalf("delete pending entries: %w", err)
	}
	if tag.RowsAffected() != int64(len(ids)) {
		return fault.Internalf("delete pending entries: %d rows of %d", tag.RowsAffected(), len(ids))
	}
	return nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// frontier reads the right edge of the tree at that size.
func frontier(ctx context.Context, q querier, size int64) (audit.Frontier, error) {
	nodes, err := readHashes(ctx, q, audit.FrontierIndexes(size))
	if err != nil {
		return audit.Frontier{}, err
	}
	return audit.NewFrontier(size, nodes), nil
}

// readHashes reads stored hashes in the order of indexes. A missing one is a fork: the tree row counts what is not there.
func readHashes(ctx context.Context, q querier, indexes []int64) ([]audit.Hash, error) {
	out := make([]audit.Hash, 0, len(indexes))
	if len(indexes) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, `
		SELECT h.hash FROM unnest(@indexes::bigint[]) WITH ORDINALITY AS want (hash_index, place)
		JOIN tree_hashes h USING (hash_index) ORDER BY want.place`, pgx.NamedArgs{"indexes": indexes})
	if err != nil {
		return nil, fault.Internalf("read tree hashes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h []byte
		if err := rows.Scan(&h); err != nil {
			return nil, fault.Internalf("read tree hash: %w", err)
		}
		out = append(out, audit.Hash(h))
	}
	if err := rows.Err(); err != nil {
		return nil, fault.Internalf("read tree hashes: %w", err)
	}
	if len(out) != len(indexes) {
		return nil, fork("%d of %d stored hashes are missing: rows of tree_hashes were removed", len(indexes)-len(out), len(indexes))
	}
	return out, nil
}
