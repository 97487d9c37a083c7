package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/ledger"
)

// job is a work: a row of its own and its postings. What it rests on is its row.
type job struct {
	id       uuid.UUID
	note     string
	postings []ledger.Posting
}

// jobs is a hand whose rows are in a table that refuses the note "bad", in Write, and knows "refused" in Plan.
type jobs struct {
	// gate, when it is there, is asked before each transaction.
	gate func()
	// batches counts transactions, most is the greatest of them.
	batches, most atomic.Int64
}

var errRefused = errors.New("refused by its plan")

func (j *jobs) Plan(ctx context.Context, tx pgx.Tx, _ time.Time, works []*job) ([]ledger.Planned, error) {
	if j.gate != nil {
		j.gate()
	}
	j.batches.Add(1)
	j.most.Store(max(j.most.Load(), int64(len(works))))
	ids := make([]uuid.UUID, len(works))
	for i, w := range works {
		ids[i] = w.id
	}
	rows, err := tx.Query(ctx, `SELECT id FROM jobs WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, ids)
	if err != nil {
		return nil, err
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, err
	}
	planned := make([]ledger.Planned, len(works))
	for i, w := range works {
		planned[i] = ledger.Planned{Postings: w.postings, Nothing: slices.Contains(there, w.id), Later: slices.Contains(ids[:i], w.id)}
		if w.note == "refused" {
			planned[i].Refused = errRefused
		}
	}
	return planned, nil
}

func (j *jobs) Write(ctx context.Context, tx pgx.Tx, _ time.Time, works []*job) error {
	ids, notes := make([]uuid.UUID, len(works)), make([]string, len(works))
	for i, w := range works {
		ids[i], notes[i] = w.id, w.note
	}
	_, err := tx.Exec(ctx, `INSERT INTO jobs (id, note) SELECT * FROM unnest($1::uuid[], $2::text[])`, ids, notes)
	return err
}

func openJobs(t *testing.T) (*books, *jobs, *ledger.Writer[*job]) {
	t.Helper()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	_, err := b.pool.Exec(t.Context(), `CREATE TABLE jobs (id uuid PRIMARY KEY, note text NOT NULL CHECK (note <> 'bad'))`)
	b.must(err)
	hand := &jobs{}
	return b, hand, writerOf(b.pool, hand)
}

func writerOf(pool *pgxpool.Pool, hand *jobs) *ledger.Writer[*job] {
	return ledger.NewWriter(pool, clock.NewStepped(noon), hand, slog.New(slog.DiscardHandler))
}

func (b *books) job(debit, credit ledger.Purpose, amount money.Fen) *job {
	id := uuid.New()
	return &job{id: id, postings: []ledger.Posting{{
		CaseID: b.kase, Kind: "x", Reference: id, Key: "x/" + id.String(), Transfers: []ledger.Transfer{{Debit: debit, Credit: credit, Amount: amount}},
	}}}
}

// together makes the writer take the works in one transaction, in their order.
func together(t *testing.T, hand *jobs, w *ledger.Writer[*job], works ...*job) []error {
	t.Helper()
	began, open := make(chan struct{}, 1000), make(chan struct{})
	hand.gate = func() { began <- struct{}{}; <-open }
	var group sync.WaitGroup
	group.Go(func() { _ = w.Do(t.Context(), &job{id: uuid.New(), note: "refused"}) })
	<-began // the first transaction is out
	answers := make([]error, len(works))
	told := make([]<-chan error, len(works))
	for i, one := range works {
		told[i] = ledger.Queued(t.Context(), w, one)
	}
	close(open)
	for i := range told {
		answers[i] = <-told[i]
	}
	group.Wait()
	hand.gate = nil
	return answers
}

func (b *books) jobsWritten() map[uuid.UUID]bool {
	b.tb.Helper()
	rows, err := b.pool.Query(b.ctx, `SELECT id FROM jobs`)
	b.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	b.must(err)
	there := map[uuid.UUID]bool{}
	for _, id := range list {
		there[id] = true
	}
	return there
}

// agrees holds that a work is there whole when it was acknowledged, and not at all when it was refused.
func (b *books) agrees(works []*job, answers []error) {
	b.tb.Helper()
	there := b.jobsWritten()
	for i, w := range works {
		var posted int
		b.must(b.pool.QueryRow(b.ctx, `SELECT count(*) FROM postings WHERE reference = $1`, w.id).Scan(&posted))
		whole := there[w.id] && posted == len(w.postings)
		none := !there[w.id] && posted == 0
		switch {
		case answers[i] == nil && !whole:
			b.tb.Errorf("work %d is acknowledged and not there: row %v, %d postings", i, there[w.id], posted)
		case fault.KindOf(answers[i]) == fault.Unavailable && !whole && !none:
			b.tb.Errorf("work %d is there by half: row %v, %d postings", i, there[w.id], posted)
		case answers[i] != nil && fault.KindOf(answers[i]) != fault.Unavailable && !none:
			b.tb.Errorf("work %d is refused (%v) and there: row %v, %d postings", i, answers[i], there[w.id], posted)
		}
	}
	b.sound()
}

// F1: works of one transaction are checked in the order in which they came: money that comes later pays for nothing before,
// and who is refused comes back alone.
func TestF1_ABatchHidesNoOverdraft(t *testing.T) {
	t.Parallel()
	b, hand, w := openJobs(t)
	works := []*job{
		b.job(ledger.Escrow, ledger.Proceeds, 10),   // nothing there yet
		b.job(ledger.Clearing, ledger.Escrow, 10),   // now 10
		b.job(ledger.Escrow, ledger.Proceeds, 10),   // now 0
		b.job(ledger.Escrow, ledger.Clearing, 1),    // nothing left
		b.job(ledger.Proceeds, ledger.Clearing, 11), // one fen above
		b.job(ledger.Proceeds, ledger.Forfeits, 10), // what came in the same transaction
		b.job(ledger.Clearing, ledger.Escrow, 0),    // no amount
		{id: uuid.New(), note: "refused"},           // by its plan
	}
	// All or none of a work: the second posting is refused, so the first has not moved.
	two := b.job(ledger.Clearing, ledger.Costs, 5)
	two.postings = append(two.postings, b.job(ledger.Costs, ledger.Clearing, 6).postings...)
	works = append(works, two, b.job(ledger.Costs, ledger.Clearing, 1))
	answers := together(t, hand, w, works...)
	for i, want := range []fault.Code{
		fault.AccountLimitExceeded, "", "", fault.AccountLimitExceeded, fault.AccountLimitExceeded, "", fault.AmountInvalid, "refused",
		fault.AccountLimitExceeded, fault.AccountLimitExceeded,
	} {
		switch {
		case want == "refused" && !errors.Is(answers[i], errRefused), want == "" && answers[i] != nil,
			want != "" && want != "refused" && fault.CodeOf(answers[i]) != want:
			t.Errorf("work %d: %v, want %q", i, answers[i], want)
		}
	}
	if hand.batches.Load() != 3 { // the one before, and twice these: their accounts refused some after their rows were written
		t.Errorf("%d transactions", hand.batches.Load())
	}
	if _, available, needed := limitOf(t, answers[4]); available != 10 || needed != 11 {
		t.Errorf("%d of %d", available, needed)
	}
	b.agrees(works[:8], answers[:8])
	if got := b.at(noon.Add(time.Hour)); got[ledger.Forfeits] != 10 || got[ledger.Escrow] != 0 || got[ledger.Proceeds] != 0 {
		t.Errorf("accounts hold %v", got)
	}
}

// A work whose rows the database refuses comes back alone, though it fails the statement of all.
func TestF1_AWorkThatTheDatabaseRefusesComesBackAlone(t *testing.T) {
	t.Parallel()
	b, hand, w := openJobs(t)
	works := make([]*job, 40)
	for i := range works {
		works[i] = b.job(ledger.Clearing, ledger.Escrow, 1)
		if i == 7 || i == 8 || i == 31 {
			works[i].note = "bad"
		}
	}
	answers := together(t, hand, w, works...)
	for i, err := range answers {
		if (err != nil) != (works[i].note == "bad") {
			t.Errorf("work %d (%s): %v", i, works[i].note, err)
		}
	}
	b.agrees(works, answers)
	if got := b.at(noon.Add(time.Hour)); got[ledger.Escrow] != 37 {
		t.Errorf("accounts hold %v", got)
	}
}

// One key in one transaction: the same is posted once, another is refused, and a work that rests on another waits for the next.
func TestF1_OneKeyInOneBatch(t *testing.T) {
	t.Parallel()
	b, hand, w := openJobs(t)
	first := b.job(ledger.Clearing, ledger.Escrow, 5)
	same, other := b.job(ledger.Clearing, ledger.Escrow, 1), b.job(ledger.Clearing, ledger.Escrow, 6)
	same.postings = first.postings
	other.postings[0].Key = first.postings[0].Key
	answers := together(t, hand, w, first, same, other, first)
	if answers[0] != nil || answers[1] != nil || fault.CodeOf(answers[2]) != fault.IdempotencyKeyReused || answers[3] != nil {
		t.Errorf("answers are %v", answers)
	}
	if hand.batches.Load() != 4 { // the one before, twice these, and the one that waited
		t.Errorf("%d transactions", hand.batches.Load())
	}
	if err := w.Do(t.Context(), first); err != nil {
		t.Errorf("once more: %v", err)
	}
	if got := b.at(noon.Add(time.Hour)); got[ledger.Escrow] != 5 {
		t.Errorf("accounts hold %v", got)
	}
	b.sound()
}

// What is held is not there for a batch either.
func TestF5_ABatchLeavesWhatIsHeld(t *testing.T) {
	t.Parallel()
	b, hand, w := openJobs(t)
	b.post(noon, "balance_paid", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Proceeds, Amount: 100})
	_, err := b.hold(noon.Add(-time.Hour), b.reserve("h", 70, noon.Add(time.Hour)))
	b.must(err)
	works := []*job{b.job(ledger.Proceeds, ledger.PaidOut, 31), b.job(ledger.Proceeds, ledger.PaidOut, 30)}
	answers := together(t, hand, w, works...)
	if fault.CodeOf(answers[0]) != fault.AccountLimitExceeded || answers[1] != nil {
		t.Errorf("answers are %v", answers)
	}
	b.agrees(works, answers)
}

// Who leaves before the work is taken has it not done, and the queue keeps nobody longer than their own context.
func TestAWorkWhoseCallerLeftIsNotWritten(t *testing.T) {
	t.Parallel()
	b, hand, w := openJobs(t)
	began, open := make(chan struct{}, 10), make(chan struct{})
	hand.gate = func() { began <- struct{}{}; <-open }
	var group sync.WaitGroup
	group.Go(func() { _ = w.Do(t.Context(), &job{id: uuid.New(), note: "refused"}) })
	<-began
	left, leave := context.WithCancel(t.Context())
	gone, stays := b.job(ledger.Clearing, ledger.Escrow, 1), b.job(ledger.Clearing, ledger.Escrow, 1)
	ledger.Queued(left, w, gone)
	answer := ledger.Queued(t.Context(), w, stays)
	leave()
	if err := w.Do(left, gone); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("who left is told %v", err)
	}
	close(open)
	if err := <-answer; err != nil {
		t.Error(err)
	}
	group.Wait()
	if there := b.jobsWritten(); there[gone.id] || !there[stays.id] {
		t.Errorf("written are %v", there)
	}
	b.sound()
}

// I4: many at once with random works on the accounts of several cases: who is acknowledged is there whole, who is refused is
// not there at all, balances are the sum of what was acknowledged, and connections that are killed meanwhile change nothing of it.
func TestI4_ManyWorksAtOnceWhileConnectionsAreKilled(t *testing.T) {
	t.Parallel()
	b, hand, w := openJobs(t)
	cases := []*books{b, openBooks(t.Context(), t, b.pool), openBooks(t.Context(), t, b.pool)}
	second := writerOf(b.pool, hand) // another node
	const workers, each = 24, 25
	works, answers := make([]*job, workers*each), make([]error, workers*each)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	accounts := []ledger.Purpose{ledger.Clearing, ledger.Escrow, ledger.Proceeds, ledger.Forfeits, ledger.Costs, ledger.Recoverable}
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(15 * time.Millisecond):
				_, _ = b.pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.1`)
			}
		}
	})
	var group sync.WaitGroup
	for k := range workers {
		random := rand.New(rand.NewPCG(seed, uint64(k)))
		group.Go(func() {
			for i := k * each; i < (k+1)*each; i++ {
				debit := accounts[random.IntN(len(accounts))]
				credit := accounts[random.IntN(len(accounts))]
				if random.IntN(2) == 0 {
					debit = ledger.Clearing
				}
				if debit == credit {
					credit = ledger.Escrow
				}
				if debit == credit {
					debit = ledger.Clearing
				}
				works[i] = cases[random.IntN(3)].job(debit, credit, money.Fen(random.IntN(50)+1))
				if random.IntN(20) == 0 {
					works[i].note = "bad"
				}
				one := w
				if random.IntN(2) == 0 {
					one = second
				}
				for range 20 { // not known: the same again
					if answers[i] = one.Do(t.Context(), works[i]); fault.KindOf(answers[i]) != fault.Unavailable {
						break
					}
				}
			}
		})
	}
	group.Wait()
	close(stop)
	killer.Wait()
	b.agrees(works, answers)
	sums := map[uuid.UUID]map[ledger.Purpose]money.Fen{}
	codes := map[string]int{}
	for i, one := range works {
		if answers[i] != nil {
			codes[string(fault.CodeOf(answers[i]))]++
			continue
		}
		codes["written"]++
		for _, p := range one.postings {
			if sums[p.CaseID] == nil {
				sums[p.CaseID] = map[ledger.Purpose]money.Fen{}
			}
			for _, m := range p.Transfers {
				sums[p.CaseID][m.Debit] -= m.Amount
				sums[p.CaseID][m.Credit] += m.Amount
			}
		}
	}
	for _, c := range cases {
		for p, got := range c.at(noon.Add(time.Hour)) {
			if got != sums[c.kase][p] {
				t.Errorf("%s holds %d, what was acknowledged gives %d", p, got, sums[c.kase][p])
			}
		}
	}
	t.Logf("%d transactions, at most %d works each; answers %v", hand.batches.Load(), hand.most.Load(), codes)
	if codes["written"] == 0 || codes[string(fault.AccountLimitExceeded)] == 0 {
		t.Errorf("answers are %v: nothing was tried", codes)
	}
}

// breaker breaks a connection at one of its writes.
type breaker struct {
	net.Conn
	at *atomic.Int64
	// after: the bytes go out, and no answer comes back.
	after bool
}

func (c breaker) Write(p []byte) (int, error) {
	if c.at.Add(-1) != 0 {
		return c.Conn.Write(p)
	}
	if c.after {
		if n, err := c.Conn.Write(p); err != nil {
			return n, err
		}
	}
	_ = c.Conn.Close()
	return 0, errors.New("the connection is gone")
}

// I4: whichever write to PostgreSQL is the last of its connection, with or without having arrived, COMMIT included: the works are written
// once each, and acknowledged.
func TestI4_EachWriteLostBeforeOrAfterItArrives(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after=%v", after), func(t *testing.T) {
			t.Parallel()
			b, _, _ := openJobs(t)
			b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 1})
			done := false
			writes := 0
			for n := int64(1); !done; n++ {
				if n > 60 {
					t.Fatal("a transaction of more than 60 writes")
				}
				var at atomic.Int64
				config, err := pgxpool.ParseConfig(b.pool.Config().ConnString())
				b.must(err)
				config.MaxConns = 1
				config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
					c, err := (&net.Dialer{}).DialContext(ctx, network, address)
					return breaker{c, &at, after}, err
				}
				pool, err := pgxpool.NewWithConfig(t.Context(), config)
				b.must(err)
				b.must(pool.Ping(t.Context()))
				hand := &jobs{}
				w := writerOf(pool, hand)
				at.Store(n)
				works := []*job{b.job(ledger.Clearing, ledger.Escrow, 3), b.job(ledger.Clearing, ledger.Costs, 2)}
				works[0].postings = append(works[0].postings, b.job(ledger.Escrow, ledger.Proceeds, 1).postings...)
				works[0].postings[1].Reference = works[0].id
				answers := together(t, hand, w, works...)
				for i, err := range answers {
					if err != nil {
						t.Errorf("write %d lost: work %d: %v", n, i, err)
					}
				}
				b.agrees(works, answers)
				done = at.Load() > 0
				pool.Close()
				writes++
			}
			t.Logf("%d writes lost, one each time", writes-1)
			if writes < 10 {
				t.Errorf("only %d writes were lost", writes-1)
			}
		})
	}
}
