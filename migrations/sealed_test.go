package migrations_test

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // goose speaks database/sql
	"github.com/pressly/goose/v3"

	"mingchui/deploy/local/testserver"
	"mingchui/migrations"
)

// Enrolments that hold accounts in clear cannot be sealed afterwards: the migration says so and changes nothing. Without any
// it goes, back and forth.
func TestR18_MigrationRefusesEnrolmentsInClear(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("pgx", testserver.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if _, err := provider.DownTo(ctx, 79); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(ctx, 79); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, `SET session_replication_role = replica;
		INSERT INTO enrolments (id, lot_id, account_id, capacity, bidder_code, passphrase_hash, name_salt, name_commitment, notices_accepted_at, status, created_at)
		VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'ordinary', 'ABCDE', 'x', 'x', 'x', now(), 'admitted', now());
		SET session_replication_role = origin`); err != nil {
		t.Fatal(err)
	}
	_, err = provider.Up(ctx)
	if err == nil || !strings.Contains(err.Error(), "start with a fresh database") {
		t.Fatalf("the migration of enrolments in clear says %v", err)
	}
	var left int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM enrolments WHERE account_id IS NOT NULL`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d enrolments are left, %v", left, err)
	}
}
