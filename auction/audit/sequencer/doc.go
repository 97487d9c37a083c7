// Package sequencer keeps the transparency log in PostgreSQL: it takes entries into the transaction of their act, gives them
// their place in the tree, signs checkpoints and reads tiles, entry bundles and proofs back.
//
// It owns the tables entries, pending, leaves, tree_hashes and tree, and the folder (or other store outside PostgreSQL) that
// keeps the last signed checkpoint. It does not own what the entries mean, nor how they are served over HTTP.
//
// Invariants: I6. Every entry is placed once; per lot, leaf order is seq order; every signed checkpoint is a prefix of the next,
// and the store outside PostgreSQL holds it before anybody is shown it.
package sequencer
