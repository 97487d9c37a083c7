// Package payments moves the money of a sale: deposits in, deposits back, the
// balance in, what a debtor pays of the debt in, a defaulter's deposit kept.
//
// It owns the tables deposits, balances, payments, refunds and stripe_events, those of the
// reconciliation (reconciliations, provider_bookings, unknown_money, reconciliation_differences),
// those of transfers at the court's own bank (payment_references, transfers_in, transfers_out: entered by
// one person of finance, decided by another), custody_credits (what a custodian bank credited: Provider),
// and says what the ledger (payments/ledger) posts and states (payments/statement). It speaks to the provider
// through payments/gateway alone. It does not own who may enrol (bidding) nor
// when a lot is paid or in default (auction); cmd plugs these together.
//
// Each request to the provider carries an idempotency key that was committed
// before the call. A webhook is verified, stored by its id and answered; a duty
// fetches the object anew and applies it only forward, so that doubled, late
// and lost webhooks change nothing. Money in, its posting, the log entry, the
// outbox row and the next duties commit together.
//
// The provider takes at most MaxPayment at once; larger sums come in several
// payments, by transfers, or to a custodian, and a deposit counts as held when all of it is here.
//
// Invariants: I5 (a deposit is in exactly one state, and the money at the
// provider, in the ledger and in the deposit agree).
package payments
