// Package draw decides between equals in an order that anyone can repeat: which appraisal firms are asked, and in which
// order (R10p, Fa Shi [2018] No. 15 art. 16), and which of several creditors of equal rank takes a property (R16d, ASE 16).
//
// It owns the form of a list, what commits to it, the order that a list and a public value give, and the check of a draw
// that was made. It does not own the log that fixes the list and yields the value (auction/audit), nor what is done with
// the order (the use cases).
//
// It is pure, so that the auditor repeats draws with the same code: the standard library and uuid; no clock, no I/O.
//
// The course of a draw in the log: a list with its candidates, the time of its opening and a hash that commits to a secret
// nonce; not before that time the opening, which shows the nonce; then the draw, made by the root of the tree that ends with
// the opening. ADR 011 says against whom this holds and against whom it does not.
//
// Invariants: the list is in the log before the value exists; one list and one value give one order; every order of the
// candidates is as likely as any other.
package draw
