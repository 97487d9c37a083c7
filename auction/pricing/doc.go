// Package pricing fixes the reference price of a piece of property (R10p; Fa
// Shi (2018) No. 15, arts. 1-30), and what takes its place for equity that
// cannot be appraised (R12e; Fa Shi (2021) No. 20, art. 12).
//
// A determination goes through the four origins in the law's order: agreed by
// the parties, inquiry at an authority that sets prices, online inquiry at all
// platforms, appraisal by the first of three firms. An origin is used, or
// skipped for a ground that the law knows; the reason is published. Reports go
// to the parties, who object within five days; then the price is fixed, with a
// term of at most a year.
//
// It owns the determinations, who was asked, reports, their service and the
// objections against them. It does not own the property and its lots: auction
// reads from these tables what price binds a lot (R10), whether it is valid and
// when disposal is to begin. It does not draw firms; it takes the order of
// three with the draw's id (auction/draw). Objections to a sale are
// auction/objection's (R31).
//
// Invariants: a later origin is not used before the earlier were used or
// skipped; a price is not fixed while an objection is under review or the time
// for one runs; what the price is reckoned from stands in the log with it; a
// fixed price is not changed.
package pricing
