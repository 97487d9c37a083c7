package duty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
)

// Bounds of running.
const (
	// parallel is how many duties one node has in hand.
	parallel = 8
	// wave is how many due rows are read at once.
	wave = 64
	// lease is how long a worker may have a duty in hand before another takes it.
	lease = 2 * time.Minute
	// handlerLimit ends a handler well before its lease does.
	handlerLimit = 90 * time.Second
	// markLimit bounds the writing of what became of a duty.
	markLimit = 5 * time.Second
)

// Handler does one duty. It must be idempotent: a run that was lost after its
// commit is run again. It opens its own transactions, and returns NotYet when
// the duty's time has moved.
type Handler func(ctx context.Context, d Duty) error

// Runner runs the machine's duties. It is safe for concurrent use.
type Runner struct {
	pool     *pgxpool.Pool
	clock    clock.Clock
	handlers map[Kind]Handler
	log      *slog.Logger
	stopped  chan struct{}
}

// NewRunner makes a runner of the kinds that handlers name; others are left alone.
func NewRunner(pool *pgxpool.Pool, c clock.Clock, handlers map[Kind]Handler, log *slog.Logger) *Runner {
	return &Runner{pool: pool, clock: c, handlers: handlers, log: log, stopped: make(chan struct{})}
}

func (r *Runner) kinds() []string {
	kinds := make([]string, 0, len(r.handlers))
	for k := range r.handlers {
		kinds = append(kinds, string(k))
	}
	return kinds
}

// RunDue runs every duty that is due at the clock's time, those that come due
// meanwhile included, until none is left, up to eight at once. It returns how
// many were done; failures are joined, and a duty that failed is tried once in
// a call. The duty of another node's lease is left to it.
func (r *Runner) RunDue(ctx context.Context) (int, error) {
	done := 0
	var failures []error
	tried := []uuid.UUID{}
	for {
		ids, err := r.due(ctx, tried)
		if err != nil {
			return done, errors.Join(append(failures, err)...)
		}
		if len(ids) == 0 {
			_, err := r.Remind(ctx)
			return done, errors.Join(append(failures, err)...)
		}
		var mu sync.Mutex
		var group sync.WaitGroup
		slots := make(chan struct{}, parallel)
		for _, id := range ids {
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				_, ok, err := r.run(ctx, id)
				mu.Lock()
				defer mu.Unlock()
				if ok {
					done++
				}
				if err != nil {
					failures = append(failures, err)
				}
				if !ok {
					tried = append(tried, id)
				}
			})
		}
		group.Wait()
	}
}

// NextDue is when the next of the machine's duties is due; false when none is owed.
func (r *Runner) NextDue(ctx context.Context) (time.Time, bool, error) {
	var at *time.Time
	err := r.pool.QueryRow(ctx, `
		SELECT min(due_at) FROM duties WHERE state = 'owed' AND actor = 'machine' AND kind = ANY(@kinds)`,
		pgx.NamedArgs{"kinds": r.kinds()}).Scan(&at)
	if err != nil {
		return time.Time{}, false, fault.Internalf("read the next duty: %w", err)
	}
	if at == nil {
		return time.Time{}, false, nil
	}
	return *at, true, nil
}

func (r *Runner) due(ctx context.Context, tried []uuid.UUID) ([]uuid.UUID, error) {
	rows, err := r.pool.Query(ctx, `
		SELECT id FROM duties
		WHERE state = 'owed' AND actor = 'machine' AND due_at <= @now AND kind = ANY(@kinds)
		  AND (leased_until IS NULL OR leased_until < now()) AND NOT id = ANY(@tried)
		ORDER BY due_at, id LIMIT @wave`,
		pgx.NamedArgs{"now": r.clock.Now(), "kinds": r.kinds(), "tried": tried, "wave": wave})
	if err != nil {
		return nil, fault.Internalf("read due duties: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("read due duties: %w", err)
	}
	return ids, nil
}

// take leases a duty that is owed and due; ok is false when it is not, or when
// another has it in hand. until is set when it is owed and due later.
func (r *Runner) take(ctx context.Context, id uuid.UUID) (d Duty, until time.Time, ok bool, err error) {
	now := r.clock.Now()
	rows, err := r.pool.Query(ctx, `
		UPDATE duties SET leased_until = now() + @lease, attempts = attempts + 1
		WHERE id = @id AND state = 'owed' AND due_at <= @now AND (leased_until IS NULL OR leased_until < now())
		RETURNING id, kind, key, case_id, lot_id, args, rule, actor, due_at, attempts, created_at`,
		pgx.NamedArgs{"id": id, "now": now, "lease": lease})
	if err != nil {
		return Duty{}, time.Time{}, false, fault.Internalf("lease a duty: %w", err)
	}
	d, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Duty])
	if err == nil {
		return d, time.Time{}, true, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Duty{}, time.Time{}, false, fault.Internalf("lease a duty: %w", err)
	}
	err = r.pool.QueryRow(ctx, `SELECT greatest(due_at, @now::timestamptz + coalesce(leased_until - now(), interval '0'))
		FROM duties WHERE id = @id AND state = 'owed'`, pgx.NamedArgs{"id": id, "now": now}).Scan(&until)
	if errors.Is(err, pgx.ErrNoRows) {
		return Duty{}, time.Time{}, false, nil
	}
	if err != nil {
		return Duty{}, time.Time{}, false, fault.Internalf("read a duty: %w", err)
	}
	return Duty{}, until, false, nil
}

// run does one duty. ok says that it is done by this run; until is set when it
// is owed for later.
func (r *Runner) run(ctx context.Context, id uuid.UUID) (until time.Time, ok bool, err error) {
	d, until, ok, err := r.take(ctx, id)
	if err != nil || !ok {
		return until, false, err
	}
	handle, known := r.handlers[d.Kind]
	if !known {
		return time.Time{}, false, r.failed(ctx, d, fault.Internalf("no handler of duty %s", d.Kind))
	}
	limited, cancel := context.WithTimeout(ctx, handlerLimit)
	defer cancel()
	if err := handle(limited, d); err != nil {
		if later, moved := asNotYet(err); moved {
			return later, false, r.postpone(ctx, d, later)
		}
		return time.Time{}, false, r.failed(ctx, d, err)
	}
	// It is done, also when the node is being stopped meanwhile.
	marking, cancel := context.WithTimeout(context.WithoutCancel(ctx), markLimit)
	defer cancel()
	_, err = r.pool.Exec(marking, `UPDATE duties SET state = 'done', done_at = @now, leased_until = NULL
		WHERE id = @id AND state = 'owed'`, pgx.NamedArgs{"id": d.ID, "now": r.clock.Now()})
	if err != nil {
		return time.Time{}, false, fault.Internalf("mark duty %s done: %w", d.Kind, err)
	}
	return time.Time{}, true, nil
}

func (r *Runner) postpone(ctx context.Context, d Duty, until time.Time) error {
	_, err := r.pool.Exec(ctx, `UPDATE duties SET due_at = @until, leased_until = NULL WHERE id = @id AND state = 'owed'`,
		pgx.NamedArgs{"id": d.ID, "until": until})
	if err != nil {
		return fault.Internalf("postpone duty %s: %w", d.Kind, err)
	}
	return nil
}

// failed keeps the code of the failure on the row and gives the duty free.
func (r *Runner) failed(ctx context.Context, d Duty, cause error) error {
	r.log.WarnContext(ctx, "duty failed", slog.String("kind", string(d.Kind)), slog.String("key", d.Key),
		slog.Int("attempts", d.Attempts), slog.Any("error", cause))
	// The caller's context may be the very thing that ended.
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), markLimit)
	defer cancel()
	_, err := r.pool.Exec(free, `UPDATE duties SET last_error = @code, leased_until = NULL WHERE id = @id AND state = 'owed'`,
		pgx.NamedArgs{"id": d.ID, "code": fault.CodeOf(cause)})
	if err != nil {
		cause = errors.Join(cause, fault.Internalf("give duty %s free: %w", d.Kind, err))
	}
	return fmt.Errorf("do duty %s of %s: %w", d.Kind, d.Key, cause)
}
