package payments

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// R16d: a court's differences are read from the few takings that have one, not from all of its lots.
func TestR16d_DifferencesAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.FillSales(t, pool)
	testserver.Fill(t, pool, `
		INSERT INTO taking_offers (id, lot_id, creditor_zh, creditor_en, rank, claim_fen, recorded_by, recorded_at)
		SELECT md5('offer' || i)::uuid, md5('lot' || i)::uuid, 'a', 'a', 1, 1, gen_random_uuid(), now() FROM generate_series(1, 6000) i;
		INSERT INTO takings (lot_id, offer_id, price_fen, claim_fen, difference_fen, taken_at)
		SELECT md5('lot' || i)::uuid, md5('offer' || i)::uuid, 2, CASE WHEN i % 600 = 0 THEN 1 ELSE 2 END, CASE WHEN i % 600 = 0 THEN 1 ELSE 0 END, now()
		FROM generate_series(1, 6000) i;
		INSERT INTO transfers_in (id, case_id, lot_id, court_id, purpose, amount_fen, bank_reference, state, prepared_by, prepared_at, decided_by, decided_at, reason)
		SELECT md5('in' || i)::uuid, md5('case1')::uuid, md5('lot' || i % 3000)::uuid, md5('court1')::uuid, 'difference', 1, i::text, 'refused', md5('a')::uuid, now(), md5('b')::uuid, now(), 'r'
		FROM generate_series(1, 6000) i`, "taking_offers", "takings", "transfers_in")
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"a court's": {
			SQL: differencesOfCourt, Args: pgx.NamedArgs{"court": testserver.FilledID("court1"), "limit": maxDifferences}, Sorts: true,
			Indexes: []string{"takings_difference", "lots_pkey", "taking_offers_pkey", "duties_lot"},
		},
		"a lot's transfers": {
			SQL: entriesOfLot, Args: pgx.NamedArgs{"lot": testserver.FilledID("lot5"), "by": testserver.FilledID("x")}, Indexes: []string{"transfers_in_lot", "accounts_pkey"},
		},
	})
}

// F5: what a court gives back by hand and what came to its account are read from its own rows, however many others there are.
func TestF5_TransfersAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.FillSales(t, pool)
	testserver.Fill(t, pool, `
		INSERT INTO accounts (id, login, role, password_hash, real_name, created_at) SELECT md5('who' || i)::uuid, 'who' || i, 'bidder', 'x', 'n', now() FROM generate_series(1, 3000) i;
		INSERT INTO transfers_in (id, court_id, purpose, amount_fen, bank_reference, payer, state, prepared_by, prepared_at, decided_by, decided_at)
		SELECT md5('in' || i)::uuid, md5('court' || i % 600)::uuid, 'unknown', 1, i::text, 'p', 'approved', md5('who1')::uuid, now() - i * interval '1 min', md5('who2')::uuid, now()
		FROM generate_series(1, 6000) i;
		INSERT INTO payments (id, purpose, lot_id, case_id, account_id, amount_fen, state, idempotency_key, asked_at, opened_at, paid_at, expires_at, transfer_id)
		SELECT md5('pay' || i)::uuid, 'balance', md5('lot' || i)::uuid, md5('case1')::uuid, md5('who' || i % 3000)::uuid, 1, 'paid', i::text, now(), now(), now(), now(), md5('in' || i)::uuid
		FROM generate_series(1, 6000) i;
		INSERT INTO refunds (id, payment_id, case_id, amount_fen, state, idempotency_key, owed_at)
		SELECT md5('back' || i)::uuid, md5('pay' || i)::uuid, md5('case1')::uuid, 1, 'by_hand', i::text, now() FROM generate_series(1, 6000) i;
		INSERT INTO transfers_out (id, court_id, case_id, lot_id, refund_id, amount_fen, payee, bank_reference, state, prepared_by, prepared_at, decided_by, decided_at, reason)
		SELECT md5('out' || i)::uuid, md5('court1')::uuid, md5('case1')::uuid, md5('lot' || i)::uuid, md5('back' || i % 3000)::uuid, 1, 'p', i::text, 'refused', md5('who1')::uuid, now(), md5('who2')::uuid, now(), 'r'
		FROM generate_series(1, 6000) i;
		INSERT INTO duties (id, kind, key, lot_id, case_id, args, rule, actor, state, due_at, created_at)
		SELECT md5('d' || i)::uuid, CASE i % 50 WHEN 0 THEN 'return_by_transfer' ELSE 'refund_deposit' END, md5('back' || i)::uuid::text, md5('lot' || i)::uuid, md5('case1')::uuid, '{}', 'R23', 'finance', 'owed', now(), now()
		FROM generate_series(1, 6000) i`, "accounts", "transfers_in", "payments", "refunds", "transfers_out", "duties")
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"what came": {
			SQL: transfersOfCourt, Args: pgx.NamedArgs{"court": testserver.FilledID("court1"), "by": testserver.FilledID("x"), "limit": maxTransfers},
			Indexes: []string{"transfers_in_court", "payments_transfer", "accounts_pkey", "lots_pkey", "cases_pkey"},
		},
		"what goes back": {
			SQL: returnsOfCourt, Args: pgx.NamedArgs{"court": testserver.FilledID("court1"), "limit": maxReturns}, Sorts: true,
			Indexes: []string{"duties_by_hand", "lots_court", "cases_pkey", "refunds_pkey", "payments_pkey", "transfers_in_court", "unknown_money_transfer_id_key"},
		},
		"what was entered for a return": {
			SQL: transfersOfReturn, Args: pgx.NamedArgs{"of": testserver.FilledID("back5"), "by": testserver.FilledID("x")}, Indexes: []string{"transfers_out_of", "accounts_pkey"},
		},
	})
}
