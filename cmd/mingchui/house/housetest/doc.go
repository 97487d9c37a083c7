// Package housetest opens a whole running house for a test: PostgreSQL, Redis
// and NATS of its own, the payment stand-in, the site over HTTP on a free port,
// and a clock that can be stepped. All of it ends with the test.
//
// It owns: the wiring of these for tests. It does not own: the servers
// (deploy/local/testserver) and what the tests do with the house. It is for
// tests only.
package housetest
