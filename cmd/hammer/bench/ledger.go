package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/cmd/hammer/peer"
	"mingchui/cmd/hammer/stage"
	"mingchui/payments/ledger"
)

const (
	// callers is how many wait for their works at once; insertConnections is the measure's.
	callers           = 2048
	insertConnections = 8
	mostConnections   = 16
	// ledgerWarmup is driven of each before the first round, with its accounts and plans.
	ledgerWarmup = time.Second
)

func ledgerRows() []Row {
	const (
		works    = "whole works of the ledger on one case"
		client   = "a client's transaction with the balance in a hot row"
		function = "one call of a PL/pgSQL function"
	)
	return []Row{
		{ID: "ledger-client", Path: works, Peer: client + ", 2 connections", Unit: "1/s", Goal: 12},
		{ID: "ledger-client-best", Path: works, Peer: client + ", at its best", Unit: "1/s", Goal: 12},
		{ID: "ledger-function", Path: works, Peer: function + ", 2 connections", Unit: "1/s", Goal: 8},
		{ID: "ledger-function-best", Path: works, Peer: function + ", at its best", Unit: "1/s", Goal: 8},
		{ID: "ledger-insert", Path: works, Peer: "inserts alone, without a balance or limit, 8 connections", Unit: "1/s", Goal: 3},
	}
}

// way is a way of writing works; its name is its row's id.
type way struct {
	name string
	// workers call it at once, on as many connections unless it is the writer; 0 for what a sweep finds best.
	workers int
	pay     func(b peer.Book, ctx context.Context, pool *pgxpool.Pool, p peer.Paid) error
	book    peer.Book
	pool    *pgxpool.Pool
	rates   []float64
}

// waysOf are the writer, first, and its peers.
func waysOf() []*way {
	return []*way{
		{name: project, workers: callers},
		{name: "ledger-client", workers: 2, pay: peer.Book.PayNaively},
		{name: "ledger-client-best", pay: peer.Book.PayNaively},
		{name: "ledger-function", workers: 2, pay: peer.Book.PayByFunction},
		{name: "ledger-function-best", pay: peer.Book.PayByFunction},
		{name: "ledger-insert", workers: insertConnections, pay: peer.Book.PayByInserts},
	}
}

// ledgerBench is a database of the house with a case for each way.
type ledgerBench struct {
	*run

	servers *stage.Servers
	pool    *pgxpool.Pool
	paid    atomic.Int64
}

// measureLedger writes the same works in four ways, in turn.
func measureLedger(ctx context.Context, r *run, rows []*Row) (err error) {
	b := &ledgerBench{run: r}
	if b.servers, err = stage.Start(ctx, filepath.Join(r.dir, "ledger"), r.cfg.Log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.servers.Stop()) }() //nolint:contextcheck // servers are stopped in order although ctx has ended
	if b.pool, err = pgxpool.New(ctx, b.servers.PostgresURL()); err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	defer b.pool.Close()
	if err := peer.PrepareLedger(ctx, b.pool); err != nil {
		return err
	}
	ways := waysOf()
	defer func() {
		for _, w := range ways {
			if w.pool != nil {
				w.pool.Close()
			}
		}
	}()
	if err := b.open(ctx, ways); err != nil {
		return err
	}
	for round := range r.cfg.Rounds {
		for i := range ways {
			w := ways[(round+i)%len(ways)]
			used, before := b.processors(), b.paid.Load()
			rate, err := b.drive(ctx, w, w.workers, r.cfg.Warmup, r.cfg.Length)
			if err != nil {
				return err
			}
			w.rates = append(w.rates, rate)
			r.say("round %d: %s, %.0f works/s, %.0f µs of processor time each", round+1, w.name, rate,
				1e6*(b.processors()-used)/float64(max(1, b.paid.Load()-before)))
		}
	}
	for _, row := range rows {
		for _, w := range ways[1:] {
			if row.ID == w.name {
				row.fill(ways[0].rates, w.rates)
				row.Note = fmt.Sprintf("payment, posting, transfer, log entry, outbox and duty on both sides; %d callers of the writer, which has two connections, the peer at %d connections; no sequencer runs",
					callers, w.workers)
			}
		}
	}
	return b.check(ctx)
}

// open gives each way a case and connections, and finds the best number of them where it is asked for.
func (b *ledgerBench) open(ctx context.Context, ways []*way) (err error) {
	for _, w := range ways {
		if w.book, err = b.openCase(ctx, w.name); err != nil {
			return err
		}
		config, err := pgxpool.ParseConfig(b.servers.PostgresURL())
		if err != nil {
			return fmt.Errorf("open PostgreSQL: %w", err)
		}
		config.MaxConns = mostConnections
		if w.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
			return fmt.Errorf("open PostgreSQL: %w", err)
		}
	}
	writer := ledger.NewWriter[peer.Paid](ways[0].pool, clock.Real{}, payments{duty.NewBook(nil)}, slog.New(slog.DiscardHandler))
	ways[0].pay = func(_ peer.Book, ctx context.Context, _ *pgxpool.Pool, p peer.Paid) error { return writer.Do(ctx, p) }
	for _, w := range ways {
		if _, err := b.drive(ctx, w, max(w.workers, 2), 0, ledgerWarmup); err != nil {
			return err
		}
		if w.workers > 0 {
			continue
		}
		best := 0.0
		for _, n := range []int{1, 2, 4, 8, mostConnections} {
			rate, err := b.drive(ctx, w, n, sweepWarmup, sweepLength)
			if err != nil {
				return err
			}
			if rate > best {
				best, w.workers = rate, n
			}
		}
		b.say("%s is fastest at %d connections", w.name, w.workers)
	}
	return nil
}

// payments is the hand of the works: a confirmed payment of a balance.
type payments struct{ duties *duty.Book }

// Plan has nothing to look at: the payment is new.
func (payments) Plan(_ context.Context, _ pgx.Tx, _ time.Time, works []peer.Paid) ([]ledger.Planned, error) {
	planned := make([]ledger.Planned, len(works))
	for i, p := range works {
		planned[i].Postings = []ledger.Posting{{
			CaseID: p.Case, Kind: "balance_paid", Reference: p.Payment, Key: "balance_paid/" + p.Payment.String(),
			Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Proceeds, Amount: p.Amount}},
		}}
	}
	return planned, nil
}

// Write writes the payments and finance's duties.
func (h payments) Write(ctx context.Context, tx pgx.Tx, now time.Time, works []peer.Paid) error {
	var ids, lots, cases, accounts []pgtype.UUID // uuid.UUID goes through its text
	amounts, owed := make([]int64, len(works)), make([]duty.Duty, len(works))
	for i, p := range works {
		ids, lots = append(ids, pgtype.UUID{Bytes: p.Payment, Valid: true}), append(lots, pgtype.UUID{Bytes: p.Lot, Valid: true})
		cases, accounts = append(cases, pgtype.UUID{Bytes: p.Case, Valid: true}), append(accounts, pgtype.UUID{Bytes: p.Account, Valid: true})
		amounts[i] = int64(p.Amount)
		owed[i] = duty.Duty{Kind: duty.PayOut, Key: "balance_paid/" + p.Payment.String(), CaseID: &p.Case, LotID: &p.Lot, Rule: "F2", Actor: duty.Finance, DueAt: now}
	}
	if _, err := tx.Exec(ctx, `INSERT INTO payments (id, purpose, lot_id, case_id, account_id, amount_fen, state, idempotency_key, checkout_id, intent_id,
			asked_at, opened_at, paid_at, expires_at)
		SELECT id, 'balance', lot, kase, account, amount, 'paid', 'pay/' || id, 'cs_' || id, 'pi_' || id, $6, $6, $6, $6
		FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[]) AS v (id, lot, kase, account, amount)`,
		ids, lots, cases, accounts, amounts, now); err != nil {
		return fault.Internalf("write payments: %w", err)
	}
	return h.duties.Owe(ctx, tx, now, owed...)
}

// drive writes works for a while and returns how many were durable a second.
func (b *ledgerBench) drive(ctx context.Context, w *way, workers int, warmup, length time.Duration) (float64, error) {
	began := time.Now()
	from, until := began.Add(warmup), began.Add(warmup+length)
	var counted atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, workers)
	for range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				id, err := uuid.NewV7()
				if err == nil {
					err = w.pay(w.book, ctx, w.pool, peer.Paid{Payment: id, Lot: w.book.Lot, Case: w.book.Case, Account: w.book.Account, Amount: 1})
				}
				if err != nil {
					failures <- err
					return
				}
				b.paid.Add(1)
				now := time.Now()
				if now.After(until) {
					return
				}
				if now.After(from) {
					counted.Add(1)
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-failures:
		return 0, fmt.Errorf("%s: %w", w.name, err)
	default:
		return float64(counted.Load()) / length.Seconds(), ctx.Err()
	}
}

// processors is what PostgreSQL and this process have used, in seconds.
func (b *ledgerBench) processors() float64 {
	used := processor(b.servers.Postgres.PID(), true)
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err == nil {
		used += time.Duration(own.Utime.Nano() + own.Stime.Nano()).Seconds()
	}
	return used
}

// openCase puts a case with a lot and the accounts that are posted to into the database.
func (b *ledgerBench) openCase(ctx context.Context, name string) (book peer.Book, err error) {
	book = peer.Book{Case: uuid.New(), Lot: uuid.New(), Account: uuid.New(), Proceeds: uuid.New()}
	_, err = b.pool.Exec(ctx, `
		WITH court AS (INSERT INTO courts (id, code, name_zh, name_en, region, created_at)
				VALUES (gen_random_uuid(), @name, @name, @name, '330106', now()) RETURNING id),
			kase AS (INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at)
				SELECT @case, id, @name, 'civil', '{}', 100, now() FROM court RETURNING court_id),
			person AS (INSERT INTO accounts (id, login, role, password_hash, real_name, created_at) VALUES (@account, @name, 'bidder', 'x', 'n', now())),
			house AS (INSERT INTO ledger_accounts (id, purpose) VALUES (gen_random_uuid(), 'clearing') ON CONFLICT DO NOTHING),
			fund AS (INSERT INTO ledger_accounts (id, case_id, purpose) VALUES (@proceeds, @case, 'proceeds'))
		INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en,
			reference_fen, reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, created_at)
		SELECT @lot, @case, court_id, 'first', 'draft', 'china2017', 'flat', 'immovable', '330106', '住宅', 'Flat',
			200000000, 'appraisal', 140000000, 100000, 15000000, '{}', 1, now() FROM kase`,
		pgx.NamedArgs{"name": name, "case": book.Case, "lot": book.Lot, "account": book.Account, "proceeds": book.Proceeds})
	if err != nil {
		return book, fmt.Errorf("open a case: %w", err)
	}
	if err := b.pool.QueryRow(ctx, `SELECT id FROM ledger_accounts WHERE purpose = 'clearing'`).Scan(&book.Clearing); err != nil {
		return book, fmt.Errorf("find clearing: %w", err)
	}
	return book, nil
}

// check counts what was acknowledged, gives the accounts of inserts alone the balance that they do not keep, and asks the ledger's fsck.
func (b *ledgerBench) check(ctx context.Context) error {
	var postings, duties, told, waiting int64
	if err := b.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM postings), (SELECT count(*) FROM duties), (SELECT count(*) FROM outbox),
		(SELECT count(*) FROM pending)`).Scan(&postings, &duties, &told, &waiting); err != nil {
		return fmt.Errorf("count works: %w", err)
	}
	paid := b.paid.Load()
	if postings != paid || duties != paid || told != paid || waiting != paid {
		b.report.Sound = false
		b.short("ledger: %d works acknowledged; %d postings, %d duties, %d messages, %d entries", paid, postings, duties, told, waiting)
	}
	if _, err := b.pool.Exec(ctx, `UPDATE ledger_accounts a SET balance_fen = m.fen
		FROM (SELECT credit_account, sum(amount_fen) AS fen FROM transfers GROUP BY 1) m JOIN cases c ON c.number = 'ledger-insert'
		WHERE a.id = m.credit_account AND a.case_id = c.id`); err != nil {
		return fmt.Errorf("sum what was inserted: %w", err)
	}
	problems, err := ledger.Fsck(ctx, b.pool)
	if err != nil {
		return err
	}
	for _, p := range problems {
		b.report.Sound = false
		b.short("ledger: %s", p)
	}
	b.say("ledger: %d works acknowledged and stored, fsck: %d breaches", paid, len(problems))
	return nil
}
