// Package course is the course of bidding on one lot as a pure state machine (竞价程序): Decide says what becomes of a
// command, Next folds an event into the state. The Redis function in bidding/lua runs the same rules; a property test
// holds both equal, and the cases of package oracle hold both to the articles. The committer folds every event through
// Next before it is committed, and the auditor re-runs a lot with it.
//
// Where the terms offer maximum bids, Answer says what they call for, and Answers re-runs it once they are opened.
//
// It owns: the events, their canonical JSON, the rules R11, R20a to R20d, R21, R26s (the course of a sell-off) and R28o
// (time kept over a stay). It does not own: who may enrol, where events are kept, what happens after the end.
//
// It reads no clock and does no I/O. Times are unix milliseconds UTC, amounts money.Fen.
//
// Invariants: I2 rests on it.
package course
