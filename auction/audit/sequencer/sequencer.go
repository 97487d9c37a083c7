package sequencer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// DB is what the log needs of PostgreSQL; *pgxpool.Pool is one. (Tests put one in between that fails at will.)
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Config is what a Sequencer is made of.
type Config struct {
	Pool DB
	// Signer signs checkpoints; its name is the log's origin.
	Signer *audit.Key
	// BatchKeys are the verifier keys that sign the batches of receipts, where they are not Signer's. They are published after
	// the log's own, so that receipts can be verified.
	BatchKeys []string
	// Store keeps the last signed checkpoint outside PostgreSQL.
	Store CheckpointStore
	// Every is the longest pause between two rounds; 0 means DefaultEvery.
	Every time.Duration
	// MaxBatch bounds the entries of one round; 0 means DefaultMaxBatch.
	MaxBatch int
	Log      *slog.Logger
}

const (
	// DefaultEvery keeps the promise of a place within two seconds.
	DefaultEvery = 500 * time.Millisecond
	// DefaultMaxBatch bounds the memory and the length of one round's transaction.
	DefaultMaxBatch = 8192
)

// A Sequencer gives entries their place. Any number of processes may run one on the same database and store: each round is under
// the lock of the tree row.
type Sequencer struct {
	*Reader
	db    DB
	key   *audit.Key
	store CheckpointStore
	every time.Duration
	max   int
	log   *slog.Logger
	wake  chan struct{}
}

// New makes a Sequencer. It touches nothing until Start, Run or Sequence.
func New(c Config) (*Sequencer, error) {
	if c.Pool == nil || c.Signer == nil || c.Store == nil || c.Log == nil {
		return nil, fault.Internalf("make sequencer: Pool, Signer, Store and Log are needed")
	}
	s := &Sequencer{
		Reader: NewReader(c.Pool, audit.JoinKeys(c.Signer.VerifierKey(), c.BatchKeys...)),
		db:     c.Pool, key: c.Signer, store: c.Store, every: c.Every, max: c.MaxBatch, log: c.Log,
		wake: make(chan struct{}, 1),
	}
	if s.every == 0 {
		s.every = DefaultEvery
	}
	if s.max == 0 {
		s.max = DefaultMaxBatch
	}
	return s, nil
}

// Wake asks for a round soon; it never blocks. Whoever commits entries in this process may call it.
func (s *Sequencer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Start makes the tree row on a new database, proves that the tree extends the last signed checkpoint outside, and publishes a
// checkpoint of the tree as it stands, so that the log can be read.
//
// Faults: log_fork_refused (fatal): the tree does not extend what was signed. Nothing is signed then, and a person must decide.
func (s *Sequencer) Start(ctx context.Context) error {
	if err := s.found(ctx); err != nil {
		return err
	}
	return s.publish(ctx)
}

// Run starts and then gives places until ctx ends, which is no error. Faults of one round are logged and the round is tried
// again; a fatal one ends Run.
func (s *Sequencer) Run(ctx context.Context) error {
	started := false
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		err := s.round(ctx, &started)
		switch {
		case ctx.Err() != nil:
			return nil
		case fault.KindOf(err) == fault.Fatal:
			s.log.ErrorContext(ctx, "the log stops signing", "error", err)
			return err
		case err != nil:
			s.log.WarnContext(ctx, "sequencer round failed and is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// round works off all that is pending.
func (s *Sequencer) round(ctx context.Context, started *bool) error {
	if !*started {
		if err := s.Start(ctx); err != nil {
			return err
		}
		*started = true
	}
	for {
		n, err := s.Sequence(ctx)
		if err != nil || n < s.max {
			return err
		}
	}
}

// Sequence does one round: it gives up to MaxBatch pending entries their place, then signs, keeps and publishes a checkpoint
// over them. n is how many were placed. When it returns without error they are in the published log. After any error the
// next round goes on from what was committed.
//
// Faults: log_fork_refused (fatal); internal_error (internal) when PostgreSQL or the store failed.
func (s *Sequencer) Sequence(ctx context.Context) (n int, err error) {
	if idle, err := s.idle(ctx); err != nil || idle {
		return 0, err
	}
	if n, err = s.place(ctx); err != nil {
		return 0, err
	}
	if err := s.publish(ctx); err != nil {
		return n, err
	}
	return n, nil
}

// idle looks, without a lock, whether there is anything to place or to publish.
func (s *Sequencer) idle(ctx context.Context) (bool, error) {
	t, err := readTree(s.db.QueryRow(ctx, `SELECT origin, size, root, checkpoint FROM tree`))
	if err != nil {
		return false, err
	}
	published, err := s.published(t)
	if err != nil || published == nil || published.Size != t.size {
		return false, err
	}
	var pending bool
	if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pending)`).Scan(&pending); err != nil {
		return false, fault.Internalf("look for pending entries: %w", err)
	}
	return !pending, nil
}

// found makes the tree row on a new database and refuses another log's.
func (s *Sequencer) found(ctx context.Context) error {
	root := audit.EmptyRoot()
	return s.inTx(ctx, "found tree", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO tree (origin, size, root) VALUES (@origin, 0, @root) ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"origin": s.key.Name(), "root": root[:]})
		if err != nil {
			return fault.Internalf("insert tree row: %w", err)
		}
		t, err := lockTree(ctx, tx)
		if err != nil {
			return err
		}
		if t.origin != s.key.Name() {
			return fork("the database holds the log %q, but the key signs for %q", t.origin, s.key.Name())
		}
		return nil
	})
}

// treeRow is where the tree stands.
type treeRow struct {
	origin     string
	size       int64
	root       audit.Hash
	checkpoint string
}

// lockTree reads the tree row and holds its lock until the transaction ends: there is one sequencer at a time.
func lockTree(ctx context.Context, tx pgx.Tx) (treeRow, error) {
	return readTree(tx.QueryRow(ctx, `SELECT origin, size, root, checkpoint FROM tree FOR UPDATE`))
}

func readTree(row pgx.Row) (treeRow, error) {
	var t treeRow
	var root []byte
	err := row.Scan(&t.origin, &t.size, &root, &t.checkpoint)
	if errors.Is(err, pgx.ErrNoRows) {
		return treeRow{}, fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, errors.New("the log has not been started"))
	}
	if err != nil {
		return treeRow{}, fault.Internalf("read tree row: %w", err)
	}
	copy(t.root[:], root)
	return t, nil
}

// inTx runs do in a transaction. A failed COMMIT may have committed all the same: callers find out by reading again.
func (s *Sequencer) inTx(ctx context.Context, what string, do func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, s.db, do)
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*fault.Error](err); ours {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fault.Internalf("%s: %w", what, err)
}

// fork makes the fatal fault that stops all signing.
func fork(format string, args ...any) error {
	return fault.Wrap(fault.Fatal, fault.LogForkRefused, fmt.Errorf(format, args...))
}

var _ note.Signer = (*audit.Key)(nil)
