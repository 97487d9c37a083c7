// Package bidding is the live side of a sale: enrolment and bidder codes, bidding sessions, and the engine that decides,
// commits, closes and recovers courses of bidding.
//
// The engine: what arrives for a lot while its last call is out goes as one batch into one call of a Redis function
// (lua/mingchui.lua), which decides by the rules of bidding/course and appends each event to its shard's stream. The
// committer writes the stream to PostgreSQL behind a fence row per shard; after that commit, and only then, requests are
// answered and watchers told. Redis may be lost at any time: it is rebuilt from PostgreSQL under a new epoch.
//
// Ticks, which take the way of bids, prove in which time bids could be placed. A course is closed only on such a span over
// its closing window; otherwise it is stayed, and goes on by R28o (span.go, closer.go, outage.go).
//
// Who a bidder is and under which code the bidder bids are kept apart (bidding/seal): an enrolment holds no account, is found
// by its account's locator, and is opened in opening.go alone, after the committed close and for the buyer alone. Codes whose
// deposits are here are admitted in batches, in random order.
//
// Where a lot's announcement offers maximum bids (deploy/adr/008), what they call for is bid in the same call of the function;
// how high they are is sealed, and opened in the transaction of the close.
//
// A refused bid leaves nothing but its token, by which the bidder gets a signed receipt, and a count by lot, minute and code
// (refusal_token.go, refusals.go).
//
// It owns the tables shards, spans, heartbeats, courses, course_events, bids, maxima, batches, refusals_by_minute,
// refusal_flushes, enrolments, lot_keys, openings and bidding_sessions, and the entries course.*, lot.committed, lot.opened and
// lot.maximum_opened. It does not own the sale before and after the
// course (package auction), nor money (package payments).
//
// Invariants: I1 (an acknowledged bid is in bids, in the log and on the record under one seq), I2 (course re-run over the
// events gives the stored course), I3 (the history of requests on a lot is linearizable), I7 (no sealed identity is opened
// before the end, and each opening after it is on the trail), I8 (no lot closed over a gap in the last of its bidding).
package bidding
