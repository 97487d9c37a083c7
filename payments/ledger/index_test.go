package ledger

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// A case's balances and movements are read from its own postings and disclosures, however many others there are.
func TestStatementsAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.FillSales(t, pool)
	testserver.Fill(t, pool, `
		INSERT INTO ledger_accounts (id, purpose) VALUES (md5('clearing')::uuid, 'clearing');
		INSERT INTO ledger_accounts (id, case_id, purpose) SELECT md5('escrow' || i)::uuid, md5('case' || i)::uuid, 'escrow' FROM generate_series(1, 4000) i;
		INSERT INTO postings (id, case_id, kind, reference, idempotency_key, entry_id, posted_at)
		SELECT md5('p' || i)::uuid, md5('case' || i % 4000 + 1)::uuid, 'deposit_held', gen_random_uuid(), i::text, gen_random_uuid(), now() - i * interval '1 min'
		FROM generate_series(1, 20000) i;
		INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen)
		SELECT md5('t' || i)::uuid, md5('p' || i)::uuid, md5('clearing')::uuid, md5('escrow' || i % 4000 + 1)::uuid, 1 FROM generate_series(1, 20000) i;
		INSERT INTO disclosures (id, case_id, lot_id, kind, debit, credit, amount_fen, entry_id, disclosed_at)
		SELECT md5('d' || i)::uuid, md5('case' || i % 4000 + 1)::uuid, md5('lot' || i)::uuid, 'deposit_held', 'clearing', 'escrow', 1, gen_random_uuid(), now()
		FROM generate_series(1, 8000) i`, "ledger_accounts", "postings", "transfers", "disclosures")
	indexes := []string{"postings_case", "transfers_posting", "ledger_accounts_pkey", "disclosures_case"}
	kase, to := testserver.FilledID("case7"), time.Now()
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"balances": {SQL: balancesBefore, Args: pgx.NamedArgs{"case": kase, "at": to}, Sorts: true, Indexes: indexes},
		"movements": {
			SQL: movementsWithin, Args: pgx.NamedArgs{"case": kase, "from": to.Add(-24 * time.Hour), "to": to, "limit": MaxStated}, Sorts: true, Indexes: indexes,
		},
		// Looked up by a plan of its own for each key: one for all of them was made while the table was small, kept, and read the whole table.
		"known keys": {SQL: keysKnown, Args: pgx.NamedArgs{"keys": []string{"7", "8", "none"}}, Indexes: []string{"postings_idempotency_key_key"}},
		"the first":  {SQL: firstMovement, Args: pgx.NamedArgs{"case": kase}, Indexes: indexes},
	})
}
