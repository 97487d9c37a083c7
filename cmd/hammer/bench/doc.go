// Package bench measures the server beside its peers and prints the table of measures.
//
// A figure is a ratio between two things measured in one run, interleaved, median of the rounds, because machines are shared
// and noisy. Everything of the project is on: bidding session, validation, idempotency key, receipt, log entry, metrics,
// sequencer. The same client (package load) drives all, from one process on the same cores. Nothing that fell short is left
// out, and a run ends with fsck over what the server stored.
//
// Rows are measured in groups that share what they drive; a group is a file, registered in groups(). The rows of bids are
// comparisons of two series, each a way to drive one target, measured once a round. Rows that take long are measured apart.
package bench
