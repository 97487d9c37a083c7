package drawing

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// R16d, R10p: draws are found by an index, whatever they are looked for by.
func TestR16d_DrawsAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.Fill(t, pool, `
		INSERT INTO draws (id, purpose, case_id, lot_id, rank, asset_id, set_hash, listed_by, listed_at, opens_at, nonce, commitment, list_entry, state)
		SELECT md5('draw' || i)::uuid, CASE WHEN i % 2 = 0 THEN 'takers' ELSE 'appraisers' END, md5('case' || i / 3)::uuid,
			CASE WHEN i % 2 = 0 THEN md5('lot' || i)::uuid END, CASE WHEN i % 2 = 0 THEN 1 END, CASE WHEN i % 2 = 1 THEN md5('asset' || i)::uuid END,
			encode(sha256(i::text::bytea), 'hex'), gen_random_uuid(), now(), now() + interval '10 min', sha256('x'), encode(sha256('x'), 'hex'), gen_random_uuid(), 'listed'
		FROM generate_series(1, 6000) i;
		INSERT INTO draw_candidates (draw_id, candidate, no) SELECT md5('draw' || i % 6000 + 1)::uuid, gen_random_uuid(), i / 6000 + 1 FROM generate_series(0, 17999) i`, "draws", "draw_candidates")
	id := uuid.New()
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"of a rank":      {SQL: drawOfRank, Args: pgx.NamedArgs{"lot": id, "rank": 1}, Indexes: []string{"draws_takers_once"}},
		"of property":    {SQL: drawsOfAsset, Args: pgx.NamedArgs{"asset": id}, Indexes: []string{"draws_asset"}},
		"of a case":      {SQL: drawColumns + ` WHERE ` + drawsOfCase + drawOrder, Args: pgx.NamedArgs{"case": id, "limit": maxDraws}, Indexes: []string{"draws_case", "draw_candidates_"}, Sorts: true},
		"an offer joins": {SQL: `SELECT FROM draws d WHERE d.lot_id = @lot AND d.rank = @rank`, Args: pgx.NamedArgs{"lot": id, "rank": 1}, Indexes: []string{"draws_takers_once"}},
	})
}
