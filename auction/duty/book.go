package duty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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
// transaction's time. It is one statement and one of River's, whatever their number.
func (b *Book) Owe(ctx context.Context, tx pgx.Tx, now time.Time, duties ...Duty) error {
	if len(duties) == 0 {
		return nil
	}
	c, err := turned(duties)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO duties (id, kind, key, case_id, lot_id, args, rule, actor, state, due_at, created_at)
		SELECT id, kind, key, case_id, lot_id, args::jsonb, rule, actor, 'owed', due_at, @now
		FROM unnest(@ids::uuid[], @kinds::text[], @keys::text[], @cases::uuid[], @lots::uuid[], @args::text[], @rules::text[], @actors::text[],
			@dues::timestamptz[]) AS v (id, kind, key, case_id, lot_id, args, rule, actor, due_at)
		ON CONFLICT (kind, key) DO NOTHING RETURNING id`,
		pgx.NamedArgs{
			"ids": c.ids, "kinds": c.kinds, "keys": c.keys, "cases": c.cases, "lots": c.lots, "args": c.args, "rules": c.rules,
			"actors": c.actors, "dues": c.dues, "now": now,
		})
	if err != nil {
		return fault.Internalf("write duty %s: %w", duties[0].Kind, err)
	}
	fresh, err := pgx.CollectRows(rows, pgx.RowTo[pgtype.UUID])
	if err != nil {
		return fault.Internalf("write duty %s: %w", duties[0].Kind, err)
	}
	if b.river == nil {
		return nil
	}
	var jobs []river.InsertManyParams
	for i, id := range c.ids {
		if duties[i].Actor == Machine && slices.Contains(fresh, id) {
			jobs = append(jobs, river.InsertManyParams{Args: jobArgs{ID: id.Bytes}, InsertOpts: &river.InsertOpts{ScheduledAt: duties[i].DueAt}})
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	if _, err := b.river.InsertManyFastTx(ctx, tx, jobs); err != nil {
		return fault.Internalf("give duty %s to River: %w", duties[0].Kind, err)
	}
	return nil
}

// turnedDuties is duties turned on their side, as unnest wants them.
type turnedDuties struct {
	ids                        []pgtype.UUID
	kinds, keys, rules, actors []string
	cases, lots                []pgtype.UUID
	args                       []string
	dues                       []time.Time
}

// pgUUID is an id as pgx encodes it at once, null for none; a uuid.UUID goes through its text.
func pgUUID(id *uuid.UUID) pgtype.UUID {
	if id == nil {
		return pgtype.UUID{}
	}
	return pgtype.UUID{Bytes: *id, Valid: true}
}

func turned(duties []Duty) (c turnedDuties, err error) {
	for _, d := range duties {
		if d.Kind == "" || d.Key == "" || d.Actor == "" || d.DueAt.IsZero() {
			return c, fault.Internalf("owe %q %q: kind, key, actor or due time is missing", d.Kind, d.Key)
		}
		id, err := uuid.NewV7()
		if err != nil {
			return c, fault.Internalf("make a duty's id: %w", err)
		}
		args := "{}"
		if d.Args != nil {
			args = string(d.Args)
		}
		c.ids, c.kinds, c.keys, c.rules = append(c.ids, pgUUID(&id)), append(c.kinds, string(d.Kind)), append(c.keys, d.Key), append(c.rules, d.Rule)
		c.actors, c.cases, c.lots = append(c.actors, string(d.Actor)), append(c.cases, pgUUID(d.CaseID)), append(c.lots, pgUUID(d.LotID))
		c.args, c.dues = append(c.args, args), append(c.dues, d.DueAt)
	}
	return c, nil
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

// Move gives a case's owed duties of a kind another due time, but none less than a span from its making, and returns the earliest; the zero time where
// there was none. Who is reminded of them is reminded anew.
func Move(ctx context.Context, tx pgx.Tx, kind Kind, caseID uuid.UUID, due time.Time, least time.Duration) (first time.Time, err error) {
	rows, err := tx.Query(ctx, `UPDATE duties SET due_at = greatest(@due, created_at + @least::interval), reminded_at = NULL
		WHERE kind = @kind AND case_id = @case AND state = 'owed' RETURNING due_at`,
		pgx.NamedArgs{"due": due, "least": least, "kind": kind, "case": caseID})
	if err != nil {
		return first, fault.Internalf("move duties %s: %w", kind, err)
	}
	moved, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return first, fault.Internalf("move duties %s: %w", kind, err)
	}
	if len(moved) == 0 {
		return first, nil
	}
	return slices.MinFunc(moved, time.Time.Compare).UTC(), nil
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
