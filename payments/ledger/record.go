package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
)

// postedTold is what the outbox tells: the entry's body, and whose money it is.
type postedTold struct {
	Case *uuid.UUID `json:"case,omitempty"`
	At   time.Time  `json:"at"`
	audit.FundPosted
}

// shown makes the log entry and the outbox row of transfers that everybody may see.
func shown(now time.Time, id uuid.UUID, p Posting) (audit.Entry, outbox.Message, error) {
	body := audit.FundPosted{Posting: id.String(), Kind: p.Kind, Transfers: make([]audit.FundTransfer, len(p.Transfers))}
	for i, t := range p.Transfers {
		body.Transfers[i] = audit.FundTransfer{Debit: string(t.Debit), Credit: string(t.Credit), AmountFen: t.Amount}
	}
	entry, err := audit.New(audit.KindFundPosted, now, p.ofCase(), nil, 0, body)
	if err != nil {
		return audit.Entry{}, outbox.Message{}, err
	}
	told, err := outbox.NewMessage(audit.KindFundPosted, postedTold{p.ofCase(), now, body})
	return entry, told, err
}

// writing gathers postings that were applied to locked accounts, and writes all
// of them by one statement a table, in one round trip.
type writing struct {
	now      time.Time
	accounts till
	postings postingColumns
	moved    transferColumns
	entries  []audit.Entry
	told     []outbox.Message
}

// Ids are written as pgx encodes them at once; a uuid.UUID goes through its text.
type postingColumns struct {
	ids, cases, sealed  []pgtype.UUID
	references, entries []pgtype.UUID
	kinds, keys         []string
}

type transferColumns struct {
	ids, postings, debits, credits []pgtype.UUID
	amounts                        []money.Fen
}

// pgUUID is an id, or null for none.
func pgUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: id != uuid.Nil} }

// add takes a posting that is applied, and returns its id.
func (w *writing) add(p Posting) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return id, fault.Internalf("make posting id: %w", err)
	}
	var entryID, sealed uuid.UUID
	if p.SealedLot != nil {
		sealed = *p.SealedLot
	} else {
		entry, told, err := shown(w.now, id, p)
		if err != nil {
			return id, err
		}
		w.entries, w.told = append(w.entries, entry), append(w.told, told)
		entryID = entry.ID
	}
	c := &w.postings
	c.ids, c.cases, c.sealed = append(c.ids, pgUUID(id)), append(c.cases, pgUUID(p.CaseID)), append(c.sealed, pgUUID(sealed))
	c.kinds, c.keys = append(c.kinds, p.Kind), append(c.keys, p.Key)
	c.references, c.entries = append(c.references, pgtype.UUID{Bytes: p.Reference, Valid: true}), append(c.entries, pgUUID(entryID))
	for _, t := range p.Transfers {
		transfer, err := uuid.NewV7()
		if err != nil {
			return id, fault.Internalf("make transfer id: %w", err)
		}
		m := &w.moved
		m.ids, m.postings, m.amounts = append(m.ids, pgUUID(transfer)), append(m.postings, pgUUID(id)), append(m.amounts, t.Amount)
		m.debits = append(m.debits, pgUUID(w.accounts[refOf(p.CaseID, t.Debit)].id))
		m.credits = append(m.credits, pgUUID(w.accounts[refOf(p.CaseID, t.Credit)].id))
	}
	return id, nil
}

// queue adds the writing of everything to a batch of the transaction.
func (w *writing) queue(b *pgx.Batch) {
	if len(w.postings.ids) == 0 {
		return
	}
	sequencer.Queue(b, w.entries...)
	outbox.Queue(b, w.now, w.told...)
	c, m := &w.postings, &w.moved
	b.Queue(`INSERT INTO postings (id, case_id, kind, reference, idempotency_key, entry_id, sealed_lot_id, posted_at)
		SELECT v.*, $8 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[]) AS v`,
		c.ids, c.cases, c.kinds, c.references, c.keys, c.entries, c.sealed, w.now)
	b.Queue(`INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen)
		SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[])`, m.ids, m.postings, m.debits, m.credits, m.amounts)
	var accounts []pgtype.UUID
	var balances []money.Fen
	for _, a := range w.accounts {
		if a.moved {
			accounts, balances = append(accounts, pgUUID(a.id)), append(balances, a.balance)
		}
	}
	b.Queue(`UPDATE ledger_accounts a SET balance_fen = v.balance FROM unnest($1::uuid[], $2::bigint[]) AS v (id, balance) WHERE a.id = v.id`,
		accounts, balances)
}

func (w *writing) write(ctx context.Context, tx pgx.Tx) error {
	b := &pgx.Batch{}
	w.queue(b)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return written(err)
	}
	return nil
}

// written translates the errors of writing postings. A key that another
// transaction posted meanwhile for other accounts, which no lock of ours met, is another posting's.
func written(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "postings_idempotency_key_key" {
		return fault.Wrap(fault.Conflict, fault.IdempotencyKeyReused, err)
	}
	return fault.Internalf("write postings: %w", err)
}

// posted is a posting that is there already.
type posted struct {
	ID        uuid.UUID
	CaseID    *uuid.UUID
	Kind      string
	Reference uuid.UUID
	Transfers []Transfer
}

// keysKnown looks each key up for itself: a plan that was made while the table was small would otherwise be kept, and read all of it.
const keysKnown = `SELECT p.id FROM unnest(@keys::text[]) AS k (key) CROSS JOIN LATERAL (SELECT id FROM postings WHERE idempotency_key = k.key LIMIT 1) AS p`

// known reads the postings that have one of these keys.
func known(ctx context.Context, tx pgx.Tx, keys []string) (map[string]posted, error) {
	rows, err := tx.Query(ctx, keysKnown, pgx.NamedArgs{"keys": keys})
	if err != nil {
		return nil, fault.Internalf("look for postings: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("look for postings: %w", err)
	}
	if len(ids) == 0 {
		return map[string]posted{}, nil
	}
	rows, err = tx.Query(ctx, `
		SELECT p.idempotency_key, p.id, p.case_id, p.kind, p.reference, d.purpose, c.purpose, t.amount_fen FROM postings p
		JOIN transfers t ON t.posting_id = p.id
		JOIN ledger_accounts d ON d.id = t.debit_account
		JOIN ledger_accounts c ON c.id = t.credit_account
		WHERE p.id = ANY (@ids)`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, fault.Internalf("look for postings: %w", err)
	}
	found := map[string]posted{}
	var key string
	var p posted
	var t Transfer
	if _, err := pgx.ForEachRow(rows, []any{&key, &p.ID, &p.CaseID, &p.Kind, &p.Reference, &t.Debit, &t.Credit, &t.Amount}, func() error {
		p.Transfers = append(found[key].Transfers, t)
		found[key] = p
		return nil
	}); err != nil {
		return nil, fault.Internalf("look for postings: %w", err)
	}
	return found, nil
}

// same is nil when what is there under a key is what was to be posted under it.
// Whether it was sealed is left out: a lot may have ended since.
//
// Faults: idempotency_key_reused (conflict).
func (there posted) same(p Posting) error {
	caseID := uuid.Nil
	if there.CaseID != nil {
		caseID = *there.CaseID
	}
	if caseID == p.CaseID && there.Kind == p.Kind && there.Reference == p.Reference && sameTransfers(there.Transfers, p.Transfers) {
		return nil
	}
	return fault.New(fault.Conflict, fault.IdempotencyKeyReused)
}

// sameTransfers compares them whatever their order, for rows have none.
func sameTransfers(a, b []Transfer) bool {
	rest := slices.Clone(b)
	for _, t := range a {
		i := slices.Index(rest, t)
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return len(rest) == 0
}
