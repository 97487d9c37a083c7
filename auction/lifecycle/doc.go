// Package lifecycle is the course of a case from the first draft of a lot to
// the handover, as one pure state machine: what may happen to a lot when
// (Next), which duties each event makes due, fulfils or ends (Step), and what
// a sale of one lot means for the other lots of its case (StepCase).
//
// It owns the states, the events and the duties' due times. It does not own
// what an act needs besides (a vote, a complete announcement, money): that is
// the use cases'. Rows hold the same: a CHECK ties a lot's state to its times,
// and duties are unique by kind and key.
//
// Invariant I9 begins here: every state that waits for somebody owes a duty,
// and a state that waits for nobody owes none. The package is pure.
package lifecycle
