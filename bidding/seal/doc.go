// Package seal keeps apart who a bidder is and under which code the bidder bids (R18, I7).
//
// Each lot has a random key of its own, which the database holds wrapped under a sealing key that is not in it. From the
// lot's key come two more: a locator key, by which an account finds its own enrolment without anything being opened, and an
// AEAD key, under which the account and the identity of the enrolment are sealed. A Ring holds the sealing keys: the first
// wraps, all unwrap, so that a key can be replaced.
//
// Two keys more seal a lot's maximum bids and make their salts (deploy/adr/008).
//
// It owns the formats of wrapped keys, locators, sealed identities and maxima, and commitments to identities. It does not own when something may be
// opened: bidding/opening.go is the only caller of Ring.Opener, and a test holds it. It does no I/O and reads no clock.
package seal
