// Package outbox tells other systems what was committed: a message is a row,
// written in the transaction of the act, sent to JetStream after it and deleted
// once the stream has it.
//
// It owns the table outbox and the stream. A message is sent at least once;
// its Nats-Msg-Id is the row's id, by which the stream and consumers drop
// duplicates. Followers are handed what the stream took, in the transaction
// that deletes it: the webhooks of courts hang there. It does not own what is told, nor the live course of a lot,
// which goes over NATS without the outbox (bidding).
package outbox
