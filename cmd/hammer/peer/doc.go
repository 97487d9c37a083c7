// Package peer holds the programs that the server is compared with. Each takes the same requests as the server's bid route
// and runs as a process of its own: a trivial handler, the bid as a transaction of the usual kind, and the bid as one call of
// a database function, the last two as well tuned as we can.
//
// They are given every doubt: no session is looked up, no idempotency key is kept, no receipt or log entry is made, no time
// or admission is checked, nothing is told to watchers; the bidder's code is read from the bearer token. What they do keep is
// the promise that counts: they answer 201 after a COMMIT with synchronous_commit on.
//
// Beside them are three ways of writing a work of the case fund, called by the benchmark itself on the house's own tables: they
// are given nothing, and write every row that the ledger writes.
package peer
