// Package duty keeps what must happen at or by a time: close a course, return
// deposits, make a ruling, pay out.
//
// It owns the table duties, the kinds, and the running of the machine's ones.
// It does not own what a duty does: handlers come from the package whose act
// it is, and a person's duty is fulfilled by that person's act.
//
// The row is the record; River only runs it. Owing writes the row and River's
// job in the transaction of the act that makes the duty due, so neither is
// there without the other, and a slow sweep catches rows that River lost.
//
// Invariants: I9 rests on it. A duty is owed once per kind and key. A handler
// may run more than once and must be idempotent; two workers do not have the
// same duty in hand while its lease lasts.
package duty
