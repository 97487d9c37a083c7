// Package bidding is the live side of a sale: enrolment and bidder codes, bidding sessions, and the engine that decides,
// commits, closes and recovers courses of bidding.
//
// The engine: what arrives for a lot while its last call is out goes as one batch into one call of a Redis function
// (lua/mingchui.lua), which decides by the rules of bidding/course and appends each event to its shard's stream. The
// committer writes the stream to PostgreSQL behind a fence row per shard; after that commit, and only then, requests are
// answered and watchers told. Redis may be lost at any time: it is rebuilt from PostgreSQL under a new epoch.
//
// It owns the tables shards, courses, course_events, bids, batches, enrolments and bidding_sessions, and the entries
// course.*. It does not own the sale before and after the course (package auction), nor money (package payments).
//
// Invariants: I1 (an acknowledged bid is in bids, in the log and on the record under one seq), I2 (course re-run over the
// events gives the stored course), I3 (the history of requests on a lot is linearizable), the bidding part of I7.
package bidding
