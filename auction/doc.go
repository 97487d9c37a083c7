// Package auction holds a judicial sale from the case to the ruling: Case,
// Asset, Lot, the panel's votes, the announcement, stays, the result, the
// confirmation and the ruling; their rules, their use cases, their SQL, and
// what the public reads of them.
//
// It owns the tables cases, assets, lots, lot_assets, panels, votes,
// announcements, standings, lot_acts, exclusions, confirmations and rulings. It does not own
// the course of bidding (bidding; it is told of its end by RecordEnd), who is
// behind a code (bidding; it asks Buyers after the end), nor money (payments;
// it is told by RecordPaid and RecordDefault).
//
// Each act runs in one transaction that moves the lot's state by
// UPDATE … WHERE status = @from, writes its entry for the transparency log,
// owes and fulfils duties and tells the outbox; so none of these is there
// without the others.
//
// Invariants: I6 for the acts of a court, I9 for the duties that they make due.
package auction
