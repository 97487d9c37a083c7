// Package standin stands in for Stripe in demonstrations and tests: the same
// HTTP API (2023-10-16: form-encoded requests, Stripe's JSON and error JSON),
// with a memory. What is paid stays paid, keys are idempotent as Stripe's are,
// webhooks are signed, sent again until answered, and can be made to go wrong.
//
// It owns Checkout sessions, payment intents, charges, refunds, events, a
// payment page for people and scripts, and Faults, by which tests lose, double,
// delay, reorder and forge. It does not own anything of the platform, which
// reaches it over HTTP alone; of its code it uses the writing of amounts.
//
// It differs from Stripe where it says so: one account, one currency (cny), no
// customers, prices, taxes or disputes' evidence; search finds at once unless
// Faults.SearchLag is set; no money moves.
//
// Held here: one line of the journal is one change, so that a restart finds all
// of a change or nothing of it; the sum of refunds that did not fail never
// passes what was captured; one key is done once.
package standin
