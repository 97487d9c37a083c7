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
		FROM generate_series(1, 6000) i`, "taking_offers", "takings")
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"a court's": {
			SQL: differencesOfCourt, Args: pgx.NamedArgs{"court": testserver.FilledID("court1"), "limit": maxDifferences}, Sorts: true,
			Indexes: []string{"takings_difference", "lots_pkey", "taking_offers_pkey", "duties_lot"},
		},
	})
}
