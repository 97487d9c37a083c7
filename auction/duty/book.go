package duty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"mingchui/auction/fault"
)

// Duty is one thing owed. ID, State, Attempts and CreatedAt are the book's to
// set; the rest is the caller's.
type Duty struct {
	ID   uuid.UUID `json:"id"`
	Kind Kind      `json:"kind"`
	// Key names what it is owed for; with Kind it is unique.
	Key    string     `json:"key"`
	CaseID *uuid.UUID `json:"case_id,omitempty"`
	LotID  *uuid.UUID `json:"lot_id,omitempty"`
	// Args are the handler's; nil means none. No personal data.
	Args json.RawMessage `json:"args,omitempty"`
	// Rule is the row of the rule book that makes it due, empty when none does.
	Rule  string `json:"rule,omitempty"`
	Actor Actor  `json:"actor"`
	// DueAt is when the machine does it, or by when a person must.
	DueAt     time.Time `json:"due_at"`
	Attempts  int       `json:"attempts"`
	CreatedAt time.Time `json:"created_at"`
}

// Inserter is River as far as owing needs it: a client that only inserts.
type Inserter = river.Client[pgx.Tx]

// NewInserter makes a client that inserts jobs and works none.
func NewInserter(pool *pgxpool.Pool) (*Inserter, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		return nil, fault.Internalf("prepare River's insert client: %w", err)
	}
	return client, nil
}

// Book writes duties. It is safe for concurrent use.
type Book struct{ river *Inserter }

// NewBook makes a book. With a nil inserter no jobs are made and the duties
// are run by Runner.RunDue alone: tests, seeding and stepped clocks do so.
func NewBook(inserter *Inserter) *Book { return &Book{river: inserter} }

// Owe writes duties in the caller's transaction, once per kind and key: one
// that is there already, done ones included, stays as it is. now is the
// transaction's time.
func (b *Book) Owe(ctx context.Context, tx pgx.Tx, now time.Time, duties ...Duty) error {
	for _, d := range duties {
		if d.Kind == "" || d.Key == "" || d.Actor == "" || d.DueAt.IsZero() {
			return fault.Internalf("owe %q %q: kind, key, actor or due time is missing", d.Kind, d.Key)
		}
		if err := b.owe(ctx, tx, now, d); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) owe(ctx context.Context, tx pgx.Tx, now time.Time, d Duty) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make a duty's id: %w", err)
	}
	if d.Args == nil {
		d.Args = json.RawMessage("{}")
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO duties (id, kind, key, case_id, lot_id, args, rule, actor, state, due_at, created_at)
		VALUES (@id, @kind, @key, @case_id, @lot_id, @args, @rule, @actor, 'owed', @due_at, @now)
		ON CONFLICT (kind, key) DO NOTHING`,
		pgx.NamedArgs{
			"id": id, "kind": d.Kind, "key": d.Key, "case_id": d.CaseID, "lot_id": d.LotID,
			"args": d.Args, "rule": d.Rule, "actor": d.Actor, "due_at": d.DueAt, "now": now,
		})
	if err != nil {
		return fault.Internalf("write duty %s: %w", d.Kind, err)
	}
	if tag.RowsAffected() == 0 || d.Actor != Machine || b.river == nil {
		return nil
	}
	if _, err := b.river.InsertTx(ctx, tx, jobArgs{ID: id}, &river.InsertOpts{ScheduledAt: d.DueAt}); err != nil {
		return fault.Internalf("give duty %s to River: %w", d.Kind, err)
	}
	return nil
}

// Done marks a duty fulfilled. No such row, or one that is settled already, is fine.
func (b *Book) Done(ctx context.Context, tx pgx.Tx, now time.Time, kind Kind, key string) error {
	return settle(ctx, tx, now, "done", kind, key)
}

// Cancel marks a duty as owed no more: a withdrawn lot has none.
func (b *Book) Cancel(ctx context.Context, tx pgx.Tx, now time.Time, kind Kind, key string) error {
	return settle(ctx, tx, now, "cancelled", kind, key)
}

func settle(ctx context.Context, tx pgx.Tx, now time.Time, state string, kind Kind, key string) error {
	_, err := tx.Exec(ctx, `
		UPDATE duties SET state = @state, done_at = @now, leased_until = NULL
		WHERE kind = @kind AND key = @key AND state = 'owed'`,
		pgx.NamedArgs{"state": state, "now": now, "kind": kind, "key": key})
	if err != nil {
		return fault.Internalf("settle duty %s: %w", kind, err)
	}
	return nil
}

// DoneForLot marks every owed duty of a kind and a lot fulfilled, whatever its key.
func (b *Book) DoneForLot(ctx context.Context, tx pgx.Tx, now time.Time, kind Kind, lot uuid.UUID) error {
	return settleLot(ctx, tx, now, "done", []Kind{kind}, lot)
}

// DoneForCase marks every owed duty of a kind and a case fulfilled that is of none of its lots.
func (b *Book) DoneForCase(ctx context.Context, tx pgx.Tx, now time.Time, kind Kind, caseID uuid.UUID) error {
	_, err := tx.Exec(ctx, `UPDATE duties SET state = 'done', done_at = @now, leased_until = NULL
		WHERE case_id = @case AND lot_id IS NULL AND kind = @kind AND state = 'owed'`, pgx.NamedArgs{"now": now, "case": caseID, "kind": kind})
	if err != nil {
		return fault.Internalf("settle duties of a case: %w", err)
	}
	return nil
}

// CancelForLot marks the owed duties of these kinds and a lot as owed no more.
func (b *Book) CancelForLot(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, kinds ...Kind) error {
	return settleLot(ctx, tx, now, "cancelled", kinds, lot)
}

func settleLot(ctx context.Context, tx pgx.Tx, now time.Time, state string, kinds []Kind, lot uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		UPDATE duties SET state = @state, done_at = @now, leased_until = NULL
		WHERE lot_id = @lot AND kind = ANY(@kinds) AND state = 'owed'`,
		pgx.NamedArgs{"state": state, "now": now, "lot": lot, "kinds": kinds})
	if err != nil {
		return fault.Internalf("settle duties of a lot: %w", err)
	}
	return nil
}

// LotKey is the key of duties that a lot has once.
func LotKey(lot uuid.UUID) string { return lot.String() }

// notYet is what a handler returns when the time of its duty has moved.
type notYet struct{ until time.Time }

func (n notYet) Error() string { return fmt.Sprintf("not due before %s", n.until.Format(time.RFC3339)) }

// NotYet tells the runner that the duty is due at a later time: an end that
// was extended. The duty's due time moves and the run does not count as failed.
func NotYet(until time.Time) error { return notYet{until} }

func asNotYet(err error) (time.Time, bool) {
	n, ok := errors.AsType[notYet](err)
	return n.until, ok
}
