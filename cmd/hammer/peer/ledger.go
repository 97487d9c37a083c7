package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
	"mingchui/payments/ledger"
)

// Paid is a whole work of the case fund: a payment of a balance that was confirmed. Every way of writing it writes the same rows into the
// same tables, with their constraints and indexes: the payment, its posting and transfer, the log's entry and its place in the queue of the
// sequencer, the outbox, and a duty of finance.
type Paid struct {
	Payment, Lot, Case, Account uuid.UUID
	Amount                      money.Fen
}

// Book is where a peer posts to: its own case and accounts.
type Book struct {
	Case, Lot, Account, Clearing, Proceeds uuid.UUID
}

// paidArgs are a work's values in the order of the statements below. Ids, entry and message are made by the client, as everywhere.
type paidArgs struct {
	posting, transfer, duty uuid.UUID
	key                     string
	entry                   audit.Entry
	told                    outbox.Message
}

func newPaidArgs(now time.Time, p Paid) (a paidArgs, err error) {
	for _, id := range []*uuid.UUID{&a.posting, &a.transfer, &a.duty} {
		if *id, err = uuid.NewV7(); err != nil {
			return a, fmt.Errorf("make an id: %w", err)
		}
	}
	a.key = "balance_paid/" + p.Payment.String()
	body := audit.FundPosted{Posting: a.posting.String(), Kind: "balance_paid", Transfers: []audit.FundTransfer{
		{Debit: string(ledger.Clearing), Credit: string(ledger.Proceeds), AmountFen: p.Amount},
	}}
	if a.entry, err = audit.New(audit.KindFundPosted, now, &p.Case, nil, 0, body); err != nil {
		return a, fmt.Errorf("make the entry: %w", err)
	}
	a.told, err = outbox.NewMessage(audit.KindFundPosted, struct {
		Case *uuid.UUID `json:"case"`
		At   time.Time  `json:"at"`
		audit.FundPosted
	}{&p.Case, now, body})
	return a, err
}

const (
	sqlPayment = `INSERT INTO payments (id, purpose, lot_id, case_id, account_id, amount_fen, state, idempotency_key, checkout_id, intent_id,
	asked_at, opened_at, paid_at, expires_at)
VALUES ($1::uuid, 'balance', $2, $3, $4, $5, 'paid', 'pay/' || $1::uuid, 'cs_' || $1::uuid, 'pi_' || $1::uuid, $6, $6, $6, $6)`
	sqlEntry = `WITH entered AS (INSERT INTO entries (id, kind, case_id, at, bytes, leaf_hash) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id)
INSERT INTO pending (entry_id) SELECT id FROM entered`
	sqlOutbox  = `INSERT INTO outbox (id, subject, payload, created_at) VALUES ($1, $2, $3, $4)`
	sqlPosting = `INSERT INTO postings (id, case_id, kind, reference, idempotency_key, entry_id, posted_at)
VALUES ($1, $2, 'balance_paid', $3, $4, $5, $6)`
	sqlTransfer = `INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen) VALUES ($1, $2, $3, $4, $5)`
	sqlDuty     = `INSERT INTO duties (id, kind, key, case_id, lot_id, rule, actor, state, due_at, created_at)
VALUES ($1, 'pay_out', $2, $3, $4, 'F2', 'finance', 'owed', $5, $5) ON CONFLICT (kind, key) DO NOTHING`
	// The limit is checked where the balance is changed, so the row is locked once, and last.
	sqlBalance = `UPDATE ledger_accounts SET balance_fen = balance_fen + $2 WHERE id = $1 AND balance_fen + $2 >= held_fen`
)

// sqlPayFunction is the same work as one call; the statements' plans are kept by the session.
const sqlPayFunction = `
CREATE FUNCTION bench_paid(payment uuid, lot uuid, kase uuid, account uuid, amount bigint, at timestamptz, posting uuid, transfer uuid, duty uuid,
	the_key text, entry uuid, entry_kind text, bytes bytea, leaf bytea, message uuid, payload bytea, debit uuid, credit uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO payments (id, purpose, lot_id, case_id, account_id, amount_fen, state, idempotency_key, checkout_id, intent_id,
		asked_at, opened_at, paid_at, expires_at)
	VALUES (payment, 'balance', lot, kase, account, amount, 'paid', 'pay/' || payment, 'cs_' || payment, 'pi_' || payment, at, at, at, at);
	INSERT INTO entries (id, kind, case_id, at, bytes, leaf_hash) VALUES (entry, entry_kind, kase, bench_paid.at, bench_paid.bytes, leaf);
	INSERT INTO pending (entry_id) VALUES (entry);
	INSERT INTO outbox (id, subject, payload, created_at) VALUES (message, entry_kind, bench_paid.payload, at);
	INSERT INTO postings (id, case_id, kind, reference, idempotency_key, entry_id, posted_at)
	VALUES (posting, kase, 'balance_paid', payment, the_key, entry, at);
	INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen) VALUES (transfer, posting, debit, credit, amount);
	INSERT INTO duties (id, kind, key, case_id, lot_id, rule, actor, state, due_at, created_at)
	VALUES (duty, 'pay_out', the_key, kase, lot, 'F2', 'finance', 'owed', at, at) ON CONFLICT (kind, key) DO NOTHING;
	UPDATE ledger_accounts SET balance_fen = balance_fen + amount WHERE id = credit AND balance_fen + amount >= held_fen;
	IF NOT FOUND THEN RAISE EXCEPTION 'the account does not hold enough' USING ERRCODE = 'check_violation'; END IF;
END $$;`

// PrepareLedger makes the function in a database of ours, and gives the hot rows room beside them.
func PrepareLedger(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(ctx, sqlPayFunction); err != nil {
		return fmt.Errorf("make the ledger's peer: %w", err)
	}
	if _, err := pool.Exec(ctx, `ALTER TABLE ledger_accounts SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`); err != nil {
		return fmt.Errorf("give the accounts room: %w", err)
	}
	return nil
}

// step is one statement of a work.
type step struct {
	sql  string
	args []any
}

// steps are the statements of a work, the hot row last.
func (b Book) steps(now time.Time, p Paid, a paidArgs) []step {
	e := a.entry
	return []step{
		{sqlPayment, []any{p.Payment, p.Lot, p.Case, p.Account, p.Amount, now}},
		{sqlEntry, []any{e.ID, e.Kind, e.CaseID, e.At, e.Bytes, e.LeafHash[:]}},
		{sqlOutbox, []any{a.told.ID, a.told.Subject, a.told.Payload, now}},
		{sqlPosting, []any{a.posting, p.Case, p.Payment, a.key, e.ID, now}},
		{sqlTransfer, []any{a.transfer, a.posting, b.Clearing, b.Proceeds, p.Amount}},
		{sqlDuty, []any{a.duty, a.key, p.Case, p.Lot, now}},
	}
}

// PayNaively writes the work as most programs do: a transaction, a statement for each row, and the balance as the sum in its row.
func (b Book) PayNaively(ctx context.Context, pool *pgxpool.Pool, p Paid) error {
	now := time.Now().UTC()
	a, err := newPaidArgs(now, p)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, s := range b.steps(now, p, a) {
			if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, sqlBalance, b.Proceeds, p.Amount)
		if err == nil && tag.RowsAffected() != 1 {
			return fault.New(fault.Conflict, fault.AccountLimitExceeded)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("pay naively: %w", err)
	}
	return nil
}

// PayByFunction writes the work as one call of a PL/pgSQL function, which is a transaction.
func (b Book) PayByFunction(ctx context.Context, pool *pgxpool.Pool, p Paid) error {
	now := time.Now().UTC()
	a, err := newPaidArgs(now, p)
	if err != nil {
		return err
	}
	e := a.entry
	if _, err := pool.Exec(ctx, `SELECT bench_paid($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		p.Payment, p.Lot, p.Case, p.Account, p.Amount, now, a.posting, a.transfer, a.duty, a.key, e.ID, e.Kind, e.Bytes, e.LeafHash[:],
		a.told.ID, a.told.Payload, b.Clearing, b.Proceeds); err != nil {
		return fmt.Errorf("pay by the function: %w", err)
	}
	return nil
}

// PayByInserts writes the work without a balance and so without a limit: all its rows in one round trip, which is a transaction. What an
// account holds is then the sum of its transfers.
func (b Book) PayByInserts(ctx context.Context, pool *pgxpool.Pool, p Paid) error {
	now := time.Now().UTC()
	a, err := newPaidArgs(now, p)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, s := range b.steps(now, p, a) {
		batch.Queue(s.sql, s.args...)
	}
	if err := pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("pay by inserts: %w", err)
	}
	return nil
}
