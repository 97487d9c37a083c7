// Package live tells watchers what was committed: server-sent events of a lot,
// resumable by Last-Event-ID.
//
// It owns the hub (one NATS subscription a node, one feed a watched lot, one
// bounded queue a reader). It does not own the course: everything it sends is
// read from PostgreSQL after its commit. NATS only wakes a feed, so a message
// that is lost, doubled or late changes nothing but the delay; without NATS a
// slow look at PostgreSQL wakes the feeds.
//
// An event's id is the seq of the course. A reader gets each event at most
// once, in order, without a gap from the one it resumes after. A reader that falls
// behind by a whole queue is dropped with a reason and comes back by itself.
//
// Invariant: I1 towards watchers: nobody sees a bid that is not committed.
package live
