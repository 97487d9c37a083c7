// Package gateway speaks to Stripe (API 2023-10-16) and is the only importer of
// stripe-go. What it takes and gives is in our own terms; no type of the
// library leaves it.
//
// It owns the shapes of the requests, the proof that a webhook is Stripe's, and
// the one translation of Stripe's errors into fault.Error. It owns no state: no
// deposit, no ledger, no key. The caller commits the idempotency key of a
// request before the call, and decides what a payment means.
//
// Amounts are fen. Stripe counts CNY in its hundredth part, so they pass 1:1
// (docs.stripe.com/currencies).
//
// Held here: a request that writes always carries the caller's key, so that the
// same key never moves money twice (I5); an error of a write says whether it is
// known not to have been done (OutcomeUnknown).
package gateway
