// Package handover leads sold property from the ruling to its buyer (R20r):
// notice to vacate, deadline, inventory and forced clearing of premises,
// appointments at which goods are fetched, the change of a register, the
// signed record. The steps and their due times are one pure function of the
// property, who holds it, and when the ruling reached the buyer (Plan).
//
// It owns the tables handover_steps, handover_notes and collection_slots, and
// the duties handover_*. It does not own the handing over itself, which is an
// act on the lot (auction.LotAct.HandOver) that the last step takes, nor what
// the buyer says of the announcement then (statement).
//
// A step is settled once, in the order of its track: done, or skipped with a
// reason. Nothing undoes it; a correction is written beside it. A late step is
// done all the same, with a superior's reason on record, and counted.
//
// Before the end of bidding nobody is a buyer here: the buyer is who the
// confirmation names (R18, R22).
package handover
