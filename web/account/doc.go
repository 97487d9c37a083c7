// Package account knows who somebody is: accounts with argon2id passwords,
// browser sessions in Redis, bearer tokens in PostgreSQL.
//
// It owns the tables accounts and tokens, the session keys in Redis (prefix
// "mc:session:") and the index of sessions per account, and the limits on
// signing in. It does not own what a role may do (web/roles.go), nor bidding
// sessions, which hold no account (package bidding).
//
// A session or a token is kept only as its SHA-256, so that neither a dump of
// Redis nor of PostgreSQL signs anybody in. Losing Redis signs everybody out and
// loses nothing else.
package account
