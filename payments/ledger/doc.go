// Package ledger is the case-fund ledger: accounts by case and purpose,
// postings of transfers between them, and what can be read from both.
//
// Double entry by construction: a transfer has one debit account, one credit
// account and an amount above zero; transfers that belong together share a
// posting. Rows are inserted only (a trigger holds it); a correction is a
// reversal. Every posting enters the transparency log and the outbox in its own
// transaction, so nothing moves unseen; those of deposits alone are sealed until
// bidding on their lot has ended, and then shown as sums (R18).
//
// Money can be held: reserved by one act and posted or freed by another, or freed
// by its time. A hold is a row and its end another; what is held nobody else can
// move. Nothing moves by it, so nobody but who asks for it is told.
//
// Post writes one posting in its caller's transaction. Writer writes whole works of
// many callers in one: it is for what comes in crowds, such as the deposits before
// a sale and their way back after it.
//
// It owns ledger_accounts, postings, transfers, holds, hold_ends, disclosures and disclosed. It does not know deposits,
// buyers or the payment provider: package payments says what moves and why.
//
// A case's accounts are read as of an instant and stated for a period from the
// public movements alone, so that a statement shows nothing sealed; package
// payments/statement writes statements as files.
//
// Invariants: I4 (debits equal credits overall and per case; the cached balance
// equals the fold of transfers; no account with a limit falls below zero, nor below what is held of it).
package ledger
