// Package testserver gives each test real servers of its own: a PostgreSQL database with the schema of package
// migrations, a Redis process, a NATS server with JetStream. It is for tests only.
//
// It owns: the life of these servers and databases. All of it disappears with the test, or with the test process when
// that is killed. It does not own: what the tests keep in them.
//
// The PostgreSQL cluster is one per test process (started when first asked for), or the one named by the environment
// variable MINGCHUI_TEST_POSTGRES, a connection string of the maintenance database of a running cluster, as
// `with-servers` exports it. Databases are copies of a migrated template, made once per cluster and version of the
// schema; tests may run in parallel.
package testserver
