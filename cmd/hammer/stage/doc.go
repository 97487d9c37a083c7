// Package stage sets up what a measured or tormented server stands on: private PostgreSQL, Redis and NATS, the payment
// stand-in, lots with admitted bidders, and the server itself as a process of its own.
//
// A lot comes about as every lot does, by the use cases of the house under a clock that starts in the past: a court lists
// it, three judges vote, it is announced, bidders enrol and pay on the payment page, and are admitted. Nothing is written
// into tables by hand, so fsck may be asked at the end.
//
// It owns its data folder and the processes that it starts. It does not own what is then done to them (load, bench, tests).
package stage
