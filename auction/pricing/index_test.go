package pricing

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// R10p: a court's property, and the determinations of property, case and lot, are read by indexes; the court's list sorts its own property alone.
func TestR10p_PricesAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.FillSales(t, pool)
	testserver.Fill(t, pool, `
		INSERT INTO assets (id, case_id, category, kind, region, title_zh, title_en, document, created_at)
		SELECT md5('asset' || i)::uuid, md5('case' || i % 4000 + 1)::uuid, 'flat', 'immovable', '349902', '', '', '{}', now() FROM generate_series(1, 12000) i;
		INSERT INTO lot_assets (lot_id, asset_id) SELECT md5('lot' || i)::uuid, md5('asset' || i)::uuid FROM generate_series(1, 12000) i;
		INSERT INTO price_determinations (id, case_id, asset_id, state, started_at)
		SELECT md5('price' || i)::uuid, md5('case' || i % 4000 + 1)::uuid, md5('asset' || i)::uuid, 'open', now() FROM generate_series(1, 8000) i;
		INSERT INTO price_sources (id, determination_id, origin, round, place, name_zh, name_en, asked_at, due_at)
		SELECT md5('source' || i)::uuid, md5('price' || i)::uuid, 'authority', 1, 1, 'a', 'a', now(), now() FROM generate_series(1, 8000) i;
		INSERT INTO price_reports (id, determination_id, source_id, amount_fen, hash, valued_on, valid_until, received_at, in_time, state)
		SELECT md5('report' || i)::uuid, md5('price' || i)::uuid, md5('source' || i)::uuid, 1, encode(sha256('x'), 'hex'), '2026-01-01', '2026-12-01', now(), true, 'stands'
		FROM generate_series(1, 8000) i;
		INSERT INTO price_objections (id, determination_id, report_id, role, no, ground, text_hash, lodged_at, due_at)
		SELECT md5('objection' || i)::uuid, md5('price' || i)::uuid, md5('report' || i)::uuid, 'debtor', 1, 'procedure', encode(sha256('x'), 'hex'), now(), now() + interval '1 day'
		FROM generate_series(1, 8000) i;
		INSERT INTO duties (id, kind, key, case_id, actor, state, due_at, created_at)
		SELECT md5('duty' || i)::uuid, 'serve_price_report', md5('report' || i)::uuid::text, md5('case' || i % 4000 + 1)::uuid, 'judge', 'owed', now(), now() FROM generate_series(1, 8000) i`,
		"assets", "lot_assets", "price_determinations", "price_sources", "price_reports", "price_objections", "duties")
	id := uuid.New()
	views := func(where string) string { return viewColumns + ` WHERE ` + where + viewOrder }
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"a court's property": {
			SQL: propertyOfCourt, Args: pgx.NamedArgs{"court": testserver.FilledID("court1"), "limit": maxViews}, Sorts: true,
			Indexes: []string{"cases_court", "assets_case", "price_determinations_asset", "duties_case", "price_reports_determination", "price_objections_determination"},
		},
		"of property": {SQL: views(ofAsset), Args: pgx.NamedArgs{"asset": id, "limit": maxViews}, Indexes: []string{"price_determinations_asset"}, Sorts: true},
		"of a case":   {SQL: views(ofCase), Args: pgx.NamedArgs{"case": id, "limit": maxViews}, Indexes: []string{"price_determinations_case"}, Sorts: true},
		"of a lot":    {SQL: views(ofLot), Args: pgx.NamedArgs{"lot": id, "limit": maxViews}, Indexes: []string{"lot_assets_pkey", "price_determinations_asset"}, Sorts: true},
	})
}
