package testserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/deploy/local"
	"mingchui/migrations"
)

// patience bounds each of this package's own steps.
const patience = 2 * time.Minute

// maintenance is the URL of the cluster's maintenance database. The cluster ends with the test process, by death
// signal and guard (see local.StartTemporaryPostgres): Go runs nothing at the end of a test process.
//
//nolint:gochecknoglobals // one cluster per test process is the purpose
var maintenance = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(local.EnvTestPostgres); given != "" {
		return given, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server, err := local.StartTemporaryPostgres(ctx, local.PostgresConfig{})
	if err != nil {
		return "", err
	}
	return server.URL("postgres"), nil
})

// template is the name of the migrated template database.
//
//nolint:gochecknoglobals // made once per test process
var template = sync.OnceValues(func() (string, error) {
	admin, err := maintenance()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return ensureTemplate(ctx, admin)
})

// Postgres gives t a database of its own with the current schema, empty, and a pool of at most ten connections to it.
// Both end with the test.
func Postgres(t testing.TB) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(PostgresURL(t))
	if err != nil {
		t.Fatalf("testserver: read the database URL: %v", err)
	}
	config.MaxConns = 10
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("testserver: open the database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// PostgresURL is Postgres for code that opens its own pool.
func PostgresURL(t testing.TB) string {
	t.Helper()
	source, err := template()
	if err != nil {
		t.Fatalf("testserver: prepare PostgreSQL: %v", err)
	}
	return newDatabase(t, source)
}

// EmptyPostgresURL gives t a database of its own without any schema, for tests of the migrations themselves.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return newDatabase(t, "template0")
}

func newDatabase(t testing.TB, source string) string {
	t.Helper()
	admin, err := maintenance()
	if err != nil {
		t.Fatalf("testserver: prepare PostgreSQL: %v", err)
	}
	name := "t_" + strings.ToLower(randomName())
	if err := execute(t.Context(), admin, "CREATE DATABASE "+name+" TEMPLATE "+source+" STRATEGY FILE_COPY"); err != nil {
		t.Fatalf("testserver: create the test's database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := execute(ctx, admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("testserver: drop the test's database: %v", err)
		}
	})
	return withDatabase(t, admin, name)
}

func withDatabase(t testing.TB, base, name string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("testserver: %s is not a URL", local.EnvTestPostgres)
	}
	u.Path = "/" + name
	return u.String()
}

// ensureTemplate makes the migrated template unless the cluster has it. Its name carries the hash of the migrations;
// an advisory lock on the maintenance database lets one process make it while others wait.
func ensureTemplate(ctx context.Context, admin string) (name string, err error) {
	hash, err := schemaHash()
	if err != nil {
		return "", err
	}
	name = "template_" + hash
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	const lock = 0x6d696e67 // "ming"; freed with the connection
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lock); err != nil {
		return "", fmt.Errorf("wait for the template: %w", err)
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return "", fmt.Errorf("look for the template: %w", err)
	}
	if there {
		return name, nil
	}
	building := "building_" + hash
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + building + " WITH (FORCE)", "CREATE DATABASE " + building + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", fmt.Errorf("create the template: %w", err)
		}
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", fmt.Errorf("read the cluster's URL: %w", err)
	}
	u.Path = "/" + building
	if err := migrations.Up(ctx, u.String()); err != nil {
		return "", fmt.Errorf("migrate the template: %w", err)
	}
	for _, sql := range []string{
		"ALTER DATABASE " + building + " WITH ALLOW_CONNECTIONS false",
		"ALTER DATABASE " + building + " RENAME TO " + name,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", fmt.Errorf("finish the template: %w", err)
		}
	}
	return name, nil
}

// schemaHash is a short hash over the names and contents of the migrations. River's own tables come with its version;
// a cluster that outlives a change of that version is not used (clusters for tests are temporary).
func schemaHash() (string, error) {
	hash := sha256.New()
	files := migrations.FS()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the migrations: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}
