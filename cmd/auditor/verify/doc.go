// Package verify checks a transparency log of Mingchui from what is published alone, and re-runs its auctions.
//
// It owns what the public's checker does: the checkpoint's signature, its consistency with one seen earlier, every leaf hash and
// every tile, the canonical form of every entry, and for each lot the votes, the announcement, the course of bidding and the
// confirmation, held against the rules. It does not own how bytes come (a Source), nor how a report is printed (cmd/auditor).
//
// It is made of pure packages (auction/audit, auction/law, auction/money, bidding/course), reads no clock, and links no
// database, web or payment code, so it also runs in a browser.
//
// Invariants: it finds breaches of I2 and I6, from outside.
package verify
