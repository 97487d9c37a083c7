// Package statement makes statements of a case fund for whole days and writes
// them as CSV and as ISO 20022 camt.053.001.08.
//
// A statement is what the ledger's public movements say (payments/ledger): no
// payer, no payee, no bidder code, and nothing sealed (R18). Days are the courts'
// (law.CourtTime). A day that runs is stated up to now and marked as not final.
//
// Each account of the case has a statement of its own. A statement of the case
// as a whole would be shorter and would hide what the public looks for: that a
// deposit became part of the price, was kept, or went back. Money that moves
// between two accounts of the case therefore stands in both, once as a debit and
// once as a credit.
//
// It owns the two formats and no table. What it writes depends on its arguments
// alone: the same statement is the same bytes.
//
// Invariants: I4 (opening balance and movements make the closing balance; the
// closing balance of a period is the opening balance of the next).
package statement
