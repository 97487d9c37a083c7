package ledger

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
)

// Bounds of a Writer.
const (
	// mostAtOnce is how many works one transaction takes, and mostWaiting how
	// many wait for the next; whoever comes beyond waits to be let in.
	mostAtOnce  = 512
	mostWaiting = 2048
	// lanes is how many transactions are out at once: while one holds the accounts and is committed, the next writes what is not the ledger's.
	lanes = 2
	// tries is how often a batch is written that fails by PostgreSQL's state, and
	// firstPause what is waited before the second time, doubled each time.
	tries      = 6
	firstPause = 20 * time.Millisecond
	// asking bounds how long is asked what became of a commit.
	asking = 20 * time.Second
)

// Hand does what belongs to works beside their postings, for many of them at once.
type Hand[W any] interface {
	// Plan reads and locks, always in the same order, what the works rest on, and
	// says of each what is to be posted. It writes nothing. An error is one of all.
	Plan(ctx context.Context, tx pgx.Tx, now time.Time, works []W) ([]Planned, error)
	// Write writes the rows of works after Plan, in the same transaction: of all
	// that are to go on, before the accounts are locked. When one of them is refused by its accounts after that, everything is rolled
	// back and planned anew, and Write is asked when it is known who goes on. An error is one of all; nothing of them is then written.
	Write(ctx context.Context, tx pgx.Tx, now time.Time, works []W) error
}

// Planned is what Plan says of a work.
type Planned struct {
	// Postings are taken all or none.
	Postings []Posting
	// Refused goes back to the work's caller, alone.
	Refused error
	// Later leaves it to the next transaction, because it rests on what another work of this one changes.
	Later bool
	// Nothing is left to do.
	Nothing bool
}

// Writer writes whole works, many in one transaction: what arrives while others
// are out goes with the next, so a work alone waits for nobody. Accounts are locked
// once and in id order, each transfer is checked by the running balance, within a
// transaction in the order of arrival, so that no overdraft hides behind money that comes later, and
// each balance is written once. A work that is refused comes back alone. It is
// safe for concurrent use and has nothing to be closed.
type Writer[W any] struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	hand  Hand[W]
	log   *slog.Logger
	queue chan *waiting[W]
	// turn is held by the goroutines that write.
	turn chan struct{}
}

// waiting is a work whose caller waits.
type waiting[W any] struct {
	work W
	// left tells that the caller has gone.
	left func() error
	done chan error
}

// NewWriter makes a writer of one kind of works.
func NewWriter[W any](pool *pgxpool.Pool, c clock.Clock, hand Hand[W], log *slog.Logger) *Writer[W] {
	return &Writer[W]{
		pool: pool, clock: c, hand: hand, log: log, queue: make(chan *waiting[W], mostWaiting), turn: make(chan struct{}, lanes),
	}
}

// Do writes a work and returns when it is durable, or refused and nothing of it
// is written. When ctx ends before, the outcome is not known, and the same work
// may be sent again.
//
// Faults: those that Plan refuses with, those of Post, and service_unavailable
// (unavailable: it is not known what became of it).
func (w *Writer[W]) Do(ctx context.Context, work W) error {
	one := &waiting[W]{work: work, left: ctx.Err, done: make(chan error, 1)}
	select {
	case w.queue <- one:
	case <-ctx.Done():
		return unknown(ctx.Err())
	}
	select {
	case w.turn <- struct{}{}:
		// Others wait for this transaction too, so it does not end with who began it.
		go w.run(context.WithoutCancel(ctx))
	default:
	}
	select {
	case err := <-one.done:
		return err
	case <-ctx.Done():
		return unknown(ctx.Err())
	}
}

func unknown(cause error) error {
	return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, cause)
}

// run writes what waits until nothing does.
func (w *Writer[W]) run(ctx context.Context) {
	for {
		if batch := w.gather(); len(batch) > 0 {
			w.settle(ctx, batch)
			continue
		}
		<-w.turn
		if len(w.queue) == 0 {
			return // who comes now takes the turn
		}
		select {
		case w.turn <- struct{}{}:
		default:
			return
		}
	}
}

// gather takes what waits, without waiting.
func (w *Writer[W]) gather() (batch []*waiting[W]) {
	for len(batch) < mostAtOnce {
		select {
		case one := <-w.queue:
			if one.left() == nil {
				batch = append(batch, one)
			}
		default:
			return batch
		}
	}
	return batch
}

// settle writes a batch and answers each of its works. What fails as a whole for
// a reason of its own is halved, until what fails is alone.
func (w *Writer[W]) settle(ctx context.Context, batch []*waiting[W]) {
	for len(batch) > 0 {
		later, err := w.write(ctx, batch)
		switch {
		case err == nil:
			batch = later
		case len(batch) == 1:
			batch[0].done <- err
			return
		default:
			w.settle(ctx, batch[:len(batch)/2])
			batch = batch[len(batch)/2:]
		}
	}
}

// write writes a batch, again and again while PostgreSQL fails in a way that
// passes, and answers its works but those that are left to the next transaction.
func (w *Writer[W]) write(ctx context.Context, batch []*waiting[W]) (later []*waiting[W], err error) {
	pause, careful := firstPause, false
	for try := 1; ; try++ {
		a := attempt[W]{writer: w, batch: batch, careful: careful}
		err := a.transact(ctx)
		if errors.Is(err, errRefusedLate) {
			careful = true
			continue
		}
		if err == nil || a.sent && w.stands(ctx, &a) {
			return a.answer()
		}
		if !a.passes(err) {
			return nil, err
		}
		w.log.WarnContext(ctx, "works were not written", "works", len(batch), "try", try, "error", err)
		if try == tries {
			for _, one := range batch {
				one.done <- unknown(err)
			}
			return nil, nil
		}
		timer := time.NewTimer(pause)
		<-timer.C
		pause *= 2
	}
}

// stands tells whether a transaction whose COMMIT was not answered is committed:
// by its postings, under the lock of their accounts, which waits for a
// transaction that is still open. Without a posting the works are planned anew,
// and find what they find.
func (w *Writer[W]) stands(ctx context.Context, a *attempt[W]) bool {
	ids := a.writing.postings.ids
	if len(ids) == 0 {
		return false
	}
	var accounts []uuid.UUID
	for _, one := range a.writing.accounts {
		if one.purpose != Clearing {
			accounts = append(accounts, one.id)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		var there bool
		err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT FROM ledger_accounts WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, accounts); err != nil {
				return err
			}
			return tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM postings WHERE id = ANY ($1))`, ids).Scan(&there)
		})
		if err == nil {
			return there
		}
		w.log.WarnContext(ctx, "PostgreSQL does not say what became of a commit", "error", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false // the keys tell at the next try
		}
	}
}

// errRefusedLate: accounts refuse a work whose rows are written already.
var errRefusedLate = errors.New("a work is refused after its rows were written")

// attempt is one transaction of a batch.
type attempt[W any] struct {
	writer *Writer[W]
	batch  []*waiting[W]
	// careful: rows are written when it is known who is not refused.
	careful bool
	writing writing
	// answers has what a work is told, nil for written; later is what goes on.
	answers []error
	later   []bool
	// sent: COMMIT went out, so that an error does not tell what became of it.
	sent bool
	// lost: the connection is gone, or there was none.
	lost bool
}

func (a *attempt[W]) transact(ctx context.Context) (err error) {
	now := a.writer.clock.Now()
	tx, err := a.writer.pool.Begin(ctx)
	if err != nil {
		a.lost = true
		return fault.Internalf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			a.lost = tx.Conn().IsClosed()
			_ = tx.Rollback(ctx)
		}
	}()
	works := make([]W, len(a.batch))
	for i, one := range a.batch {
		works[i] = one.work
	}
	planned, err := a.writer.hand.Plan(ctx, tx, now, works)
	if err != nil {
		return err
	}
	going := a.going(planned)
	if len(going) > 0 && !a.careful {
		if err := a.writer.hand.Write(ctx, tx, now, slices.Clone(going)); err != nil {
			return err
		}
	}
	taken, err := a.take(ctx, tx, now, planned)
	switch {
	case err != nil:
		return err
	case !a.careful && len(taken) < len(going):
		return errRefusedLate
	case len(taken) == 0:
		return a.nothing(ctx, tx)
	case a.careful:
		if err := a.writer.hand.Write(ctx, tx, now, taken); err != nil {
			return err
		}
	}
	if err := a.writing.write(ctx, tx); err != nil {
		return err
	}
	a.sent = true
	if err := tx.Commit(ctx); err != nil {
		return fault.Internalf("commit works: %w", err)
	}
	return nil
}

// nothing ends a transaction that has nothing to write.
func (a *attempt[W]) nothing(ctx context.Context, tx pgx.Tx) error {
	if err := tx.Rollback(ctx); err != nil {
		return fault.Internalf("end a transaction of nothing: %w", err)
	}
	return nil
}

// going are the works that go on as far as their plans say.
func (a *attempt[W]) going(planned []Planned) (going []W) {
	a.answers, a.later = make([]error, len(planned)), make([]bool, len(planned))
	for i, p := range planned {
		a.answers[i], a.later[i] = p.Refused, p.Later
		for _, one := range p.Postings {
			if err := one.check(); err != nil {
				a.answers[i] = err
				break
			}
		}
		if a.goesOn(i, p) {
			going = append(going, a.batch[i].work)
		}
	}
	return going
}

// take applies the works' postings to their accounts, work by work, and returns
// the works that are not refused.
func (a *attempt[W]) take(ctx context.Context, tx pgx.Tx, now time.Time, planned []Planned) (taken []W, err error) {
	var refs []ref
	var keys []string
	for i, p := range planned {
		if a.goesOn(i, p) {
			for _, one := range p.Postings {
				refs, keys = one.refs(refs), append(keys, one.Key)
			}
		}
	}
	accounts, before := till{}, map[string]posted{}
	if len(refs) > 0 {
		if accounts, err = lockAt(ctx, tx, now, refs); err != nil {
			return nil, err
		}
		if before, err = known(ctx, tx, keys); err != nil {
			return nil, err
		}
	}
	a.writing = writing{now: now, accounts: accounts}
	for i, p := range planned {
		if !a.goesOn(i, p) {
			continue
		}
		if a.answers[i], err = a.writing.takeWork(p.Postings, before); err != nil {
			return nil, err
		}
		if a.answers[i] == nil {
			taken = append(taken, a.batch[i].work)
		}
	}
	return taken, nil
}

func (a *attempt[W]) goesOn(i int, p Planned) bool {
	return a.answers[i] == nil && !p.Later && !p.Nothing
}

// takeWork applies a work's postings, all or none; those that were posted before
// under their keys are left out. refused is the work's own, err everybody's.
func (w *writing) takeWork(postings []Posting, before map[string]posted) (refused, err error) {
	fresh := make([]Posting, 0, len(postings))
	for _, p := range postings {
		there, is := before[p.Key]
		if !is {
			fresh = append(fresh, p)
			continue
		}
		if refused := there.same(p); refused != nil {
			return refused, nil
		}
	}
	if refused := w.accounts.apply(fresh...); refused != nil {
		return refused, nil
	}
	for _, p := range fresh {
		id, err := w.add(p)
		if err != nil {
			return nil, err
		}
		before[p.Key] = posted{ID: id, CaseID: p.ofCase(), Kind: p.Kind, Reference: p.Reference, Transfers: p.Transfers}
	}
	return nil, nil
}

// answer tells each work what became of it, and returns those that are left to
// the next transaction: never all of them.
func (a *attempt[W]) answer() (later []*waiting[W], err error) {
	if !slices.Contains(a.later, false) {
		return nil, fault.Internalf("%d works wait for each other", len(a.batch))
	}
	for i, one := range a.batch {
		if a.later[i] && a.answers[i] == nil {
			later = append(later, one)
			continue
		}
		one.done <- a.answers[i]
	}
	return later, nil
}

// passes tells whether a failure is of the kind that goes away: connections,
// shutdowns, deadlocks, memory and disk.
func (a *attempt[W]) passes(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return false
	}
	return a.lost || fault.KindOf(err) == fault.Unavailable
}
