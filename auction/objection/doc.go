// Package objection is what parties, interested persons and third persons say
// against a sale, and what the court answers (R31; OJA 31, 36): objections to
// the conduct of a sale, third persons' claims to the property, requests to set
// a sale aside on one of six grounds, and the setting aside itself.
//
// It owns the objections and their states, the fifteen days to decide, and the
// rulings that set a sale aside. It does not own the lot's states (lifecycle,
// through auction's acts) nor the money, which payments reverses in the same
// transaction.
//
// Invariants: while a third person's claim is under review, and after it was
// found, no sale of the property is announced or goes on; the log holds the hash of
// what was written, never who wrote it; a sale is set aside together with its
// money or not at all (I4, I5).
package objection
