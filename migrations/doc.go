// Package migrations holds the schema as goose SQL files, embedded, and brings
// a database up to it, River's own tables included.
//
// The files are numbered by owner: 000 accounts and courts, 010 auction,
// 020 bidding, 030 payments and ledger, 040 duties, outbox and log, 050 web.
package migrations
