package sequencer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// A Reader reads the published log: what the last published checkpoint covers, and nothing beyond. It needs no key but the public
// one, writes nothing, and may read from a standby. It is safe for concurrent use.
type Reader struct {
	db   DB
	vkey string
}

// NewReader reads the log of that verifier key, or text of verifier keys (audit.JoinKeys).
func NewReader(db DB, vkey string) *Reader { return &Reader{db: db, vkey: vkey} }

// VerifierKey is the log's public key as text, name+hash+key (C2SP signed-note); keys that sign batches follow, a line each.
func (r *Reader) VerifierKey() string { return r.vkey }

// Checkpoint is the last published checkpoint, a signed note, byte for byte.
//
// Faults: service_unavailable (unavailable) before the first one.
func (r *Reader) Checkpoint(ctx context.Context) ([]byte, error) {
	t, err := readTree(r.db.QueryRow(ctx, `SELECT origin, size, root, checkpoint FROM tree`))
	if err != nil {
		return nil, err
	}
	if t.checkpoint == "" {
		return nil, fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, errors.New("no checkpoint is published yet")).After(time.Second)
	}
	return []byte(t.checkpoint), nil
}

// size is the size of the published checkpoint.
func (r *Reader) size(ctx context.Context) (size int64, checkpoint []byte, err error) {
	checkpoint, err = r.Checkpoint(ctx)
	if err != nil {
		return 0, nil, err
	}
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return 0, nil, fault.Internalf("read published checkpoint: no size")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, nil, fault.Internalf("read published checkpoint: %w", err)
	}
	return size, checkpoint, nil
}

// Tile is the n-th tile of a level (0 the leaves' hashes), of width hashes: audit.TileWidth for a full one, fewer for a partial one.
// What it returns never changes.
//
// Faults: not_found (not_found) for what the published log does not hold.
func (r *Reader) Tile(ctx context.Context, level int, n int64, width int) ([]byte, error) {
	if level < 0 || level > 7 {
		return nil, noTile()
	}
	if err := r.within(ctx, level, n, width); err != nil {
		return nil, err
	}
	indexes := make([]int64, width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(level*audit.TileHeight, n*audit.TileWidth+int64(i))
	}
	hashes, err := readHashes(ctx, r.db, indexes)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, width*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out, nil
}

// EntryBundle is the n-th bundle of entries, of width entries: audit.TileWidth for a full one, fewer for a partial one. What it
// returns never changes.
//
// Faults: not_found (not_found) for what the published log does not hold.
func (r *Reader) EntryBundle(ctx context.Context, n int64, width int) ([]byte, error) {
	if err := r.within(ctx, 0, n, width); err != nil {
		return nil, err
	}
	from := n * audit.TileWidth
	rows, err := r.db.Query(ctx, `
		SELECT e.bytes FROM leaves l JOIN entries e ON e.id = l.entry_id
		WHERE l.leaf_index >= @from AND l.leaf_index < @to ORDER BY l.leaf_index`,
		pgx.NamedArgs{"from": from, "to": from + int64(width)})
	if err != nil {
		return nil, fault.Internalf("read entries: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fault.Internalf("read entries: %w", err)
	}
	if len(entries) != width {
		return nil, fork("bundle %d holds %d of %d entries: rows of leaves or entries were removed", n, len(entries), width)
	}
	var out []byte
	for _, e := range entries {
		if out, err = audit.AppendBundleEntry(out, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func noTile() error { return fault.New(fault.NotFound, fault.NotFoundCode).InField("tile") }

// within refuses a tile that the published checkpoint does not cover.
func (r *Reader) within(ctx context.Context, level int, n int64, width int) error {
	const most = int64(1) << 48 // tiles; keeps the arithmetic below 2^63
	if n < 0 || n > most || width < 1 || width > audit.TileWidth {
		return noTile()
	}
	size, _, err := r.size(ctx)
	if err != nil {
		return err
	}
	if n*audit.TileWidth+int64(width) > size>>(level*audit.TileHeight) {
		return noTile()
	}
	return nil
}

// InclusionProof proves that an entry is in the published log.
//
// Faults: not_found (not_found) for an entry that is not there; receipt_not_yet_in_log (unavailable, try again in a second)
// for one without a published place yet.
func (r *Reader) InclusionProof(ctx context.Context, entry uuid.UUID) (audit.Proof, error) {
	var index *int64
	err := r.db.QueryRow(ctx, `
		SELECT l.leaf_index FROM entries e LEFT JOIN leaves l ON l.entry_id = e.id WHERE e.id = @entry`,
		pgx.NamedArgs{"entry": entry}).Scan(&index)
	if errors.Is(err, pgx.ErrNoRows) {
		return audit.Proof{}, fault.New(fault.NotFound, fault.NotFoundCode).InField("receipt")
	}
	if err != nil {
		return audit.Proof{}, fault.Internalf("find entry in the log: %w", err)
	}
	size, checkpoint, err := r.size(ctx)
	if err != nil {
		return audit.Proof{}, err
	}
	if index == nil || *index >= size {
		return audit.Proof{}, fault.New(fault.Unavailable, fault.ReceiptNotYetInLog).After(time.Second)
	}
	path, err := tlog.ProveRecord(size, *index, r.hashes(ctx))
	if err != nil {
		return audit.Proof{}, fmt.Errorf("prove entry at index %d: %w", *index, err)
	}
	return audit.Proof{Index: *index, Path: path, Checkpoint: checkpoint}, nil
}

// Place is where the published log has an entry; published is false as long as no published checkpoint covers it.
func (r *Reader) Place(ctx context.Context, entry uuid.UUID) (leaf int64, published bool, err error) {
	err = r.db.QueryRow(ctx, `SELECT leaf_index FROM leaves WHERE entry_id = @entry`, pgx.NamedArgs{"entry": entry}).Scan(&leaf)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fault.Internalf("find entry in the log: %w", err)
	}
	size, _, err := r.size(ctx)
	return leaf, err == nil && leaf < size, err
}

// RootAt is the root over the first size entries of the published log.
//
// Faults: not_found (not_found) for a size that no published checkpoint covers.
func (r *Reader) RootAt(ctx context.Context, size int64) (audit.Hash, error) {
	published, _, err := r.size(ctx)
	if err != nil {
		return audit.Hash{}, err
	}
	if size < 0 || size > published {
		return audit.Hash{}, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "checkpoint")
	}
	edge, err := frontier(ctx, r.db, size)
	if err != nil {
		return audit.Hash{}, err
	}
	return edge.Root(), nil
}

// hashes reads stored hashes for package tlog.
func (r *Reader) hashes(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return readHashes(ctx, r.db, indexes) })
}

// Proof is InclusionProof with nil for an entry that has no published place yet, as the engine's receipts want it.
//
// Faults: not_found (not_found) for an entry that is not there.
func (r *Reader) Proof(ctx context.Context, entry uuid.UUID) (*audit.Proof, error) {
	p, err := r.InclusionProof(ctx, entry)
	if fault.CodeOf(err) == fault.ReceiptNotYetInLog {
		return nil, nil //nolint:nilnil // not yet is no fault here
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}
