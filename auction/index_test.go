package auction

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// With sequential scans and sorts forbidden, each list's plan goes through the
// index that was made for it: on a large table it is what the planner takes.
func TestIndexes_EachListHasItsOwn(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.FillSales(t, pool)
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
	reads := map[string]testserver.Read{}
	for _, w := range list { // a search by words sorts the few that it finds
		reads[w.index+" by "+w.sql] = testserver.Read{SQL: w.sql, Args: w.args, Indexes: []string{w.index}, Sorts: w.index == "lots_search"}
	}
	testserver.ReadsByIndex(t, pool, reads)
}
