package testserver

import (
	"crypto/md5" //nolint:gosec // as SQL makes ids of names
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A Read is a query and the indexes that serve it on a large table.
type Read struct {
	SQL  string
	Args pgx.NamedArgs
	// Indexes are all in its plan.
	Indexes []string
	// Sorts: a sort of the few rows that the indexes find is allowed.
	Sorts bool
}

// Fill writes rows without triggers and foreign keys, enough of them that a plan tells something, and has their tables analysed.
func Fill(t testing.TB, pool *pgxpool.Pool, sql string, tables ...string) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica; `+sql)
		return err
	})
	if err == nil {
		_, err = pool.Exec(t.Context(), `ANALYZE `+strings.Join(tables, ", "))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// FillSales writes a year of a large region: 40 courts, 4,000 cases, 12,000 lots. Their ids are FilledID of court, case or lot and a number from 1.
func FillSales(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	Fill(t, pool, `INSERT INTO courts (id, code, name_zh, name_en, region, created_at)
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
		FROM generate_series(1, 12000) i`, "courts", "cases", "lots")
}

// FilledID is the id of a row that FillSales wrote, "court1" for example.
func FilledID(name string) uuid.UUID { return uuid.UUID(md5.Sum([]byte(name))) } //nolint:gosec // as SQL makes them

// ReadsByIndex fails t where a query does not go through its indexes with sequential scans forbidden, and sorts where none is
// allowed: on a large table that is what the planner takes.
func ReadsByIndex(t testing.TB, pool *pgxpool.Pool, reads map[string]Read) {
	t.Helper()
	for name, r := range reads {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			settings := `SET LOCAL enable_seqscan = off`
			if !r.Sorts {
				settings += `; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off`
			}
			if _, err := tx.Exec(t.Context(), settings); err != nil {
				return err
			}
			rows, err := tx.Query(t.Context(), `EXPLAIN `+r.SQL, r.Args)
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			plan := strings.Join(lines, "\n")
			for _, index := range r.Indexes {
				if err == nil && !strings.Contains(plan, index) {
					t.Errorf("%s: %s is not used by %s:\n%s", name, index, r.SQL, plan)
				}
			}
			if strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s: a table is read whole by %s:\n%s", name, r.SQL, plan)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
