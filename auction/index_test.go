package auction

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/deploy/local/testserver"
)

// fill writes a year of a large region: lots enough that a plan tells something.
func fill(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `
		INSERT INTO courts (id, code, name_zh, name_en, region, created_at)
		SELECT md5('court' || i)::uuid, 'c' || i, '', '', '', now() FROM generate_series(1, 40) i;
		INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at)
		SELECT md5('case' || i)::uuid, md5('court' || i % 40 + 1)::uuid, 'n' || i, 'civil', '{}', 0, now() FROM generate_series(1, 4000) i;
		INSERT INTO lots (id, case_id, court_id, stage, status, outcome, rule_set, category, kind, region, title_zh, title_en, reference_fen,
			reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, announced_at, starts_at, announced_ends_at, ended_at, search, created_at)
		SELECT md5('lot' || i)::uuid, md5('case' || i % 4000 + 1)::uuid, md5('court' || i % 40 + 1)::uuid, 'first',
			CASE WHEN i % 5 = 0 THEN 'announced' ELSE 'ended' END, CASE WHEN i % 5 = 0 THEN NULL ELSE 'unsold' END, 'china2017', 'flat', 'immovable',
			'349902', '', '', 1, 'market', i * 7919 % 100003 + 1, 1, 0, '{}', i % 256, now() - i * interval '1 min', now(), now() + i * interval '1 min',
			CASE WHEN i % 5 = 0 THEN NULL ELSE now() - i * interval '1 min' END,
			ARRAY(SELECT (i * 31 + j * 7919) % 50021 FROM generate_series(1, 40) j), now()
		FROM generate_series(1, 12000) i;
		ANALYZE courts; ANALYZE cases; ANALYZE lots`)
	if err != nil {
		t.Fatal(err)
	}
}

// With sequential scans and sorts forbidden, each list's plan goes through the
// index that was made for it: on a large table it is what the planner takes.
func TestIndexes_EachListHasItsOwn(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	fill(t, pool)
	now := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	page := func(q Query) (string, pgx.NamedArgs) {
		o, err := orderOf(q)
		if err != nil {
			t.Fatal(err)
		}
		args, err := q.args(now)
		if err != nil {
			t.Fatal(err)
		}
		args["limit"] = 24
		return `SELECT ` + summaryColumns + summaryTables + pageSQL(q, o), args
	}
	type want struct {
		sql   string
		args  pgx.NamedArgs
		index string
	}
	var list []want
	add := func(index, sql string, args pgx.NamedArgs) { list = append(list, want{sql, args, index}) }
	for q, index := range map[Sort]string{Newest: "lots_newest", Ending: "lots_ending", PriceUp: "lots_price", PriceDown: "lots_price", LastEnded: "lots_results"} {
		sql, args := page(Query{Sort: q})
		add(index, sql, args)
	}
	sql, args := page(Query{Text: "江澜住宅"})
	add("lots_search", sql, args)
	id := uuid.New()
	add("lots_case", `SELECT id FROM lots WHERE case_id = @id`, pgx.NamedArgs{"id": id})
	add("lots_court", `SELECT id FROM lots WHERE court_id = @id`, pgx.NamedArgs{"id": id})
	add("lots_previous", `SELECT id FROM lots WHERE previous_lot_id = @id`, pgx.NamedArgs{"id": id})
	add("lot_acts_newest", `SELECT id FROM lot_acts ORDER BY made_at DESC, id DESC LIMIT 8`, nil)
	add("lot_acts_lot", `SELECT id FROM lot_acts WHERE lot_id = @id ORDER BY made_at`, pgx.NamedArgs{"id": id})
	add("bids_pkey", `SELECT seq FROM bids WHERE lot_id = @id AND seq > 3 ORDER BY seq LIMIT 9`, pgx.NamedArgs{"id": id})
	add("entries_course", `SELECT e.bytes FROM entries e WHERE e.lot_id = @id`, pgx.NamedArgs{"id": id})
	add("duties_lot", `SELECT kind FROM duties WHERE lot_id = @id`, pgx.NamedArgs{"id": id})
	add("duties_people", `SELECT kind FROM duties WHERE state = 'owed' AND actor = 'judge' AND actor <> 'machine' ORDER BY due_at`, nil)
	add("duties_due", `SELECT id FROM duties WHERE state = 'owed' AND actor = 'machine' AND due_at <= @now ORDER BY due_at, id LIMIT 64`, pgx.NamedArgs{"now": now})
	add("assets_case", `SELECT id FROM assets WHERE case_id = @id`, pgx.NamedArgs{"id": id})
	add("cases_court", `SELECT id FROM cases WHERE court_id = @id`, pgx.NamedArgs{"id": id})
	for _, w := range list {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			settings := `SET LOCAL enable_seqscan = off`
			if w.index != "lots_search" { // a search by words sorts the few that it finds
				settings += `; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off`
			}
			if _, err := tx.Exec(t.Context(), settings); err != nil {
				return err
			}
			rows, err := tx.Query(t.Context(), `EXPLAIN `+w.sql, w.args)
			if err != nil {
				return fmt.Errorf("%s: %w", w.index, err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if plan := strings.Join(lines, "\n"); err == nil && !strings.Contains(plan, w.index) {
				t.Errorf("%s is not used by %s:\n%s", w.index, w.sql, plan)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
