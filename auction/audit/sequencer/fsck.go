package sequencer

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// A Finding is one breach of I6.
type Finding struct {
	// Invariant is "I6".
	Invariant string
	// Subject is what it is about: "leaf 17", "lot …", "checkpoint".
	Subject string
	// Text says what is wrong, in English, for an operator.
	Text string
}

// An FsckReport is what Fsck read and found.
type FsckReport struct {
	Entries, Leaves, Pending int64
	Findings                 []Finding
}

// maxFindings bounds a report; a log that is rotten through needs no longer list.
const maxFindings = 100

// fsckStep is how many leaves are read at a time.
const fsckStep = 4096

// Fsck checks I6 over the whole log in one snapshot: the tree recomputed from the entries' bytes equals the stored hashes, the tree row
// and the published checkpoint; each entry is canonical, equals its columns, and stands in the log or in pending once; per lot, leaf
// order is seq order, dense from 1. The checkpoint kept outside, if store is not nil, must be a prefix too. Fsck writes nothing.
//
// Faults: internal_error (internal) when it could not read. Breaches are findings, not errors.
func Fsck(ctx context.Context, db DB, store CheckpointStore, vkey string) (FsckReport, error) {
	f := fsck{vkey: vkey, store: store, seqs: make(map[uuid.UUID]int64), marks: make(map[int64]audit.Hash)}
	if store != nil {
		// Before the snapshot, so that a sequencer that runs meanwhile cannot put the store ahead of it.
		f.outside, f.outsideErr = store.Load(ctx)
	}
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`); err != nil {
			return fault.Internalf("begin fsck: %w", err)
		}
		return f.run(ctx, tx)
	})
	if err != nil {
		return f.report, fmt.Errorf("check the log: %w", err)
	}
	return f.report, nil
}

type fsck struct {
	vkey   string
	report FsckReport
	edge   audit.Frontier
	seqs   map[uuid.UUID]int64
	// marks are the sizes at which the root is wanted, then the roots.
	marks map[int64]audit.Hash
	store CheckpointStore
	// outside is the signed checkpoint that the store gave, or its error.
	outside    []byte
	outsideErr error
}

func (f *fsck) find(subject, format string, args ...any) {
	if len(f.report.Findings) < maxFindings {
		f.report.Findings = append(f.report.Findings, Finding{Invariant: "I6", Subject: subject, Text: fmt.Sprintf(format, args...)})
	}
}

func (f *fsck) run(ctx context.Context, tx pgx.Tx) error {
	t, err := readTree(tx.QueryRow(ctx, `SELECT origin, size, root, checkpoint FROM tree`))
	if err != nil {
		return err
	}
	checkpoints := f.checkpoints(ctx, t)
	for _, c := range checkpoints {
		f.marks[c.Size] = audit.Hash{}
	}
	f.mark()
	for {
		n, err := f.step(ctx, tx)
		if err != nil {
			return err
		}
		if n < fsckStep {
			break
		}
	}
	f.report.Leaves = f.edge.Size()
	if f.edge.Size() != t.size || f.edge.Root() != t.root {
		f.find("tree", "the tree row says size %d and root %s, the entries give %d and %s", t.size, t.root, f.edge.Size(), f.edge.Root())
	}
	for name, c := range checkpoints {
		if c.Size > f.edge.Size() {
			f.find(name, "is over %d leaves, but there are %d: the database was set back", c.Size, f.edge.Size())
		} else if f.marks[c.Size] != c.Root {
			f.find(name, "is not a prefix: at size %d it has root %s, the entries give %s", c.Size, c.Root, f.marks[c.Size])
		}
	}
	return f.counts(ctx, tx)
}

// checkpoints opens the published checkpoint and the one kept outside, by name.
func (f *fsck) checkpoints(ctx context.Context, t treeRow) map[string]audit.Checkpoint {
	out := make(map[string]audit.Checkpoint)
	const published, outside = "published checkpoint", "checkpoint kept outside"
	if t.checkpoint != "" {
		if c, err := audit.OpenCheckpoint([]byte(t.checkpoint), f.vkey); err != nil {
			f.find(published, "%v", err)
		} else {
			out[published] = c
		}
	}
	if f.store == nil {
		return out
	}
	if f.outsideErr != nil {
		if t.checkpoint != "" {
			f.find(outside, "%v", f.outsideErr)
		}
		return out
	}
	c, err := audit.OpenCheckpoint(f.outside, f.vkey)
	if err != nil {
		f.find(outside, "%v", err)
		return out
	}
	out[outside] = c
	if p, ok := out[published]; ok && p.Size > c.Size && f.behind(ctx, p.Size) {
		f.find(outside, "has size %d, but %d is published: the store was set back", c.Size, p.Size)
	}
	return out
}

// behind reads the store again, which a running sequencer may have moved on between the first reading and the snapshot.
func (f *fsck) behind(ctx context.Context, published int64) bool {
	signed, err := f.store.Load(ctx)
	if err != nil {
		return true
	}
	c, err := audit.OpenCheckpoint(signed, f.vkey)
	return err != nil || c.Size < published
}

// fsckRow is a leaf with its entry as it is stored.
type fsckRow struct {
	Index int64
	Leaf  []byte
	ID    uuid.UUID
	Kind  string
	Case  *uuid.UUID
	Lot   *uuid.UUID
	Seq   *int64
	At    time.Time
	Bytes []byte
}

// step reads and checks the next leaves and their stored hashes.
func (f *fsck) step(ctx context.Context, tx pgx.Tx) (int, error) {
	from := f.edge.Size()
	rows, err := tx.Query(ctx, `
		SELECT l.leaf_index AS index, e.leaf_hash AS leaf, e.id, e.kind, e.case_id AS case, e.lot_id AS lot, e.seq, e.at, e.bytes
		FROM leaves l JOIN entries e ON e.id = l.entry_id
		WHERE l.leaf_index >= @from ORDER BY l.leaf_index LIMIT @limit`, pgx.NamedArgs{"from": from, "limit": fsckStep})
	if err != nil {
		return 0, fault.Internalf("read leaves: %w", err)
	}
	leaves, err := pgx.CollectRows(rows, pgx.RowToStructByName[fsckRow])
	if err != nil {
		return 0, fault.Internalf("read leaves: %w", err)
	}
	var want []audit.Hash
	for _, row := range leaves {
		if row.Index != f.edge.Size() {
			f.find(fmt.Sprintf("leaf %d", f.edge.Size()), "is missing; the next is %d", row.Index)
			return 0, nil
		}
		f.row(row)
		want = f.edge.Add(audit.LeafHash(row.Bytes), want)
		f.mark()
	}
	return len(leaves), f.hashes(ctx, tx, tlog.StoredHashIndex(0, from), want)
}

// mark notes the root where a checkpoint wants it.
func (f *fsck) mark() {
	if _, wanted := f.marks[f.edge.Size()]; wanted {
		f.marks[f.edge.Size()] = f.edge.Root()
	}
}

func (f *fsck) row(row fsckRow) {
	subject := fmt.Sprintf("leaf %d", row.Index)
	e, err := audit.Parse(row.Bytes)
	if err != nil {
		f.find(subject, "%v", err)
		return
	}
	if e.ID != row.ID || e.Kind != row.Kind || !e.At.Equal(row.At) || e.LeafHash != audit.Hash(row.Leaf) ||
		e.CaseID != valueOf(row.Case) || e.LotID != valueOf(row.Lot) || e.Seq != valueOf(row.Seq) {
		f.find(subject, "its columns differ from its bytes: entry %s, %s", row.ID, row.Kind)
	}
	if e.Seq == 0 {
		return
	}
	if last := f.seqs[e.LotID]; e.Seq != last+1 {
		f.find("lot "+e.LotID.String(), "leaf %d has seq %d after %d", row.Index, e.Seq, last)
	}
	f.seqs[e.LotID] = e.Seq
}

func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// hashes compares the stored hashes from index first on.
func (f *fsck) hashes(ctx context.Context, tx pgx.Tx, first int64, want []audit.Hash) error {
	rows, err := tx.Query(ctx, `
		SELECT hash_index, hash FROM tree_hashes WHERE hash_index >= @from AND hash_index < @to ORDER BY hash_index`,
		pgx.NamedArgs{"from": first, "to": first + int64(len(want))})
	if err != nil {
		return fault.Internalf("read tree hashes: %w", err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var index int64
		var h []byte
		if err := rows.Scan(&index, &h); err != nil {
			return fault.Internalf("read tree hash: %w", err)
		}
		if k := index - first; audit.Hash(h) != want[k] {
			f.find(fmt.Sprintf("tree hash %d", index), "is not what the entries give")
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Internalf("read tree hashes: %w", err)
	}
	if n != len(want) {
		f.find("tree hashes", "%d of %d from index %d on are there", n, len(want), first)
	}
	return nil
}

// counts finds entries that are nowhere, or in two places.
func (f *fsck) counts(ctx context.Context, tx pgx.Tx) error {
	var nowhere, twice, stray int64
	err := tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM pending),
			(SELECT count(*) FROM entries e WHERE NOT EXISTS (SELECT FROM leaves l WHERE l.entry_id = e.id)
				AND NOT EXISTS (SELECT FROM pending p WHERE p.entry_id = e.id)),
			(SELECT count(*) FROM pending p JOIN leaves l USING (entry_id)),
			(SELECT count(*) FROM pending p WHERE NOT EXISTS (SELECT FROM entries e WHERE e.id = p.entry_id))
			+ (SELECT count(*) FROM leaves l WHERE NOT EXISTS (SELECT FROM entries e WHERE e.id = l.entry_id))
			+ (SELECT count(*) FROM tree_hashes WHERE hash_index >= @stored)`,
		pgx.NamedArgs{"stored": tlog.StoredHashIndex(0, f.edge.Size())}).
		Scan(&f.report.Entries, &f.report.Pending, &nowhere, &twice, &stray)
	if err != nil {
		return fault.Internalf("count entries: %w", err)
	}
	if nowhere > 0 {
		f.find("entries", "%d are neither in the log nor pending", nowhere)
	}
	if twice > 0 {
		f.find("entries", "%d are in the log and pending", twice)
	}
	if stray > 0 {
		f.find("entries", "%d rows of pending, leaves or tree_hashes belong to no entry of the log", stray)
	}
	return nil
}
