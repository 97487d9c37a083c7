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
