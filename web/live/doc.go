// Package live tells watchers what was committed: server-sent events of a lot,
// resumable by Last-Event-ID, and how many watch.
//
// It owns the hub (one NATS subscription a node), one feed a watched lot with
// its goroutine, and the connections of watchers. It does not own the course:
// everything it sends was committed before. The committer tells each committed
// event on NATS (bidding/tell.go) with all that a frame needs; a feed takes it
// when it is the next by seq. On a gap, at the start and by a slow look, the feed
// asks PostgreSQL. So a message that is lost, doubled or late changes nothing
// but the delay, and without NATS the slow look does it all.
//
// What is sent is made once for all. A feed gathers events into slots: the first
// event after quiet goes out at once, then at most five slots a second. A slot
// holds whole events, each with its own id; of more than sixteen bids only the
// newest are sent, and the first of them says how many were skipped: those are on
// the record, at /bids?after_seq=. The last slots are kept, and who is behind or
// comes back is served from them; further back is read from PostgreSQL.
//
// A watcher over plain HTTP/1.1 costs no goroutine: its connection is taken over
// (http.Hijacker), the head is written as the gate set it, and the feed writes the
// shared bytes to it without ever waiting. What is kept of it is a connection and
// a position. The body ends with the connection, so its bytes are the same as on
// every other way. Over HTTP/2, over TLS, or where a connection cannot be taken
// over, the handler's goroutine stays and writes the same bytes.
//
// Bounds: readers of a node (MaxReaders), slots kept of a feed (maxSlots), bids of a
// slot (maxBids), the kernel's memory for a connection (sendBuffer), catching up at
// once (maxCatching). A reader that is all the kept slots behind, or takes nothing
// for ten seconds, is dropped, with a reason where it still reads, and comes back by
// itself. Who left is found by writing and looking at each heartbeat.
//
// Presence is a number: each node tells its counts on NATS every few seconds, and
// the sum of the fresh ones stands in state events as watchers. Who watches is
// told to nobody.
//
// Invariant: I1 towards watchers: nobody sees a bid that is not committed; each
// event above a Last-Event-ID comes once, in order, or is counted as skipped.
// Admissions and exclusions are never told (R18).
package live
