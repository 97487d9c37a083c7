// Package distribution divides what a case brought among those whom it is owed to, in the order of the law and to the fen: a
// plan with its arithmetic, line by line (F4, F4l, F4c; CPI 508, 514; Fa Shi [2014] No. 13 arts. 9, 13).
//
// It owns the order and the arithmetic. It does not own who claims what, the serving of a plan and objections to it, nor the
// moving of money (payments).
//
// It is pure, so that the auditor divides again with the same code: money and fault; no clock, no I/O.
//
// Invariants: what comes in goes out to the fen (costs, claims, what is kept for the debtor's life, the rest to the debtor);
// nobody gets more than is owed; a later place gets nothing while an earlier one that could have had it is open; of equals
// each gets its share rounded down, and the fen left over go to the largest remainders, ties to the earlier claim.
package distribution
