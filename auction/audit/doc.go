// Package audit holds the forms of the transparency log: entries and their canonical bytes, the Merkle tree (RFC 6962),
// checkpoints, tiles and proofs (C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof), and the receipts that people keep.
//
// It owns how bytes are made and checked. It does not own which acts are entered (each package appends its own), where they
// are kept and ordered (auction/audit/sequencer), nor whether the acts obey the rules (cmd/auditor/verify).
//
// It is pure: the standard library, x/mod's tlog and note, and uuid; no clock, no I/O. It does without
// filippo.io/torchwood, which would bring net/http into the auditor that runs in a browser; tests hold both against each other.
//
// Invariants: I6 rests on it (one entry, one byte form, one leaf hash).
package audit
