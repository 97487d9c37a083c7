// Package webhook tells a court's finance system of its case money by POST: each fund.* message of a case of the court, signed as
// Standard Webhooks says, to the one address that its finance has set.
//
// A message gets its number and its place in the court's queue in the transaction that takes it from the outbox once JetStream has it,
// so that no message falls between, and the numbers follow the outbox's order without any act waiting for them. One duty has a queue in hand while
// anything waits in it, and sends in order: the next message goes when the one before was taken. A message that the receiver does not
// take in about three days, and one that it answers with 410, stops the queue until finance sends it again or lets it go.
//
// It owns webhooks, webhook_messages and webhook_acts. It does not own what is told: fund.* holds nothing that is sealed (R18), since a
// sealed posting has no row in the outbox. Money of no case (unknown money of the house) is no court's, and only JetStream has it. Stripe's calls to us are gateway's.
//
// Invariants: a message is sent at least once and carries one webhook-id, the outbox row's; a receiver that drops what it has seen applies
// each once. The secret is in no log, no error and no answer but the one that made it.
package webhook
