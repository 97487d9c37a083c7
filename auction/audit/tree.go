package audit

import (
	"crypto/sha256"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node of a tree: SHA-256 as RFC 6962, 2.1 defines it.
type Hash = tlog.Hash

// LeafHash is the hash of an entry's bytes as a leaf: SHA-256(0x00 ‖ entry).
func LeafHash(entry []byte) Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(entry)
	var out Hash
	h.Sum(out[:0])
	return out
}

// EmptyRoot is the root of a tree without leaves: SHA-256 of nothing.
func EmptyRoot() Hash { return sha256.Sum256(nil) }

// A Batch is the tree over the entries of one commit, whose root is signed so that every acknowledged act has proof at once,
// before the log has given it a place. Its shape is that of the log itself (RFC 6962, 2.1).
type Batch struct {
	// levels[0] are the leaves; levels[k][i] is the node over leaves [i·2^k, (i+1)·2^k) as far as they exist. A node
	// without a sibling goes up as it is, which gives the shape of RFC 6962.
	levels [][]Hash
}

// NewBatch builds the tree over leaves, of which there is at least one; the slice is kept.
func NewBatch(leaves []Hash) *Batch {
	b := &Batch{levels: [][]Hash{leaves}}
	for len(leaves) > 1 {
		up := make([]Hash, 0, (len(leaves)+1)/2)
		for i := 0; i+1 < len(leaves); i += 2 {
			up = append(up, tlog.NodeHash(leaves[i], leaves[i+1]))
		}
		if len(leaves)%2 == 1 {
			up = append(up, leaves[len(leaves)-1])
		}
		b.levels = append(b.levels, up)
		leaves = up
	}
	return b
}

// Size is the number of leaves.
func (b *Batch) Size() int { return len(b.levels[0]) }

// Root is the hash that is signed; EmptyRoot for no leaves.
func (b *Batch) Root() Hash {
	if b.Size() == 0 {
		return EmptyRoot()
	}
	return b.levels[len(b.levels)-1][0]
}

// Path is the audit path of leaf i (RFC 6962, 2.1.1), from the leaf's sibling up; empty for a batch of one.
func (b *Batch) Path(i int) tlog.RecordProof {
	path := tlog.RecordProof{}
	for _, level := range b.levels[:len(b.levels)-1] {
		if sibling := i ^ 1; sibling < len(level) {
			path = append(path, level[sibling])
		}
		i >>= 1
	}
	return path
}

// A Frontier is the right edge of a growing tree: enough to add leaves in order and to give the root at any size, with
// memory logarithmic in the size. The zero Frontier is the empty tree.
type Frontier struct {
	size int64
	// nodes are the roots of the full subtrees from left (largest) to right, one per set bit of size.
	nodes []Hash
}

// FrontierIndexes are the storage indexes (tlog.StoredHashIndex) of the nodes that make the frontier of a tree of that size,
// in the order in which NewFrontier takes them.
func FrontierIndexes(size int64) []int64 {
	var out []int64
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			out = append(out, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return out
}

// NewFrontier is the frontier of a tree of that size, from the hashes at FrontierIndexes(size), which it keeps.
func NewFrontier(size int64, nodes []Hash) Frontier { return Frontier{size: size, nodes: nodes} }

// Size is the number of leaves.
func (f *Frontier) Size() int64 { return f.size }

// Add appends one leaf. It adds to stored what is to be kept of it, in the order of storage (tlog.StoredHashIndex): the leaf,
// then each node that it completes.
func (f *Frontier) Add(leaf Hash, stored []Hash) []Hash {
	stored = append(stored, leaf)
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.nodes) - 1
		leaf = tlog.NodeHash(f.nodes[last], leaf)
		f.nodes = f.nodes[:last]
		stored = append(stored, leaf)
	}
	f.nodes = append(f.nodes, leaf)
	f.size++
	return stored
}

// AddSubtree appends a full subtree of 2^level leaves by its root. The size must be a multiple of 2^level.
func (f *Frontier) AddSubtree(root Hash, level int) {
	for n := f.size >> level; n&1 == 1; n >>= 1 {
		last := len(f.nodes) - 1
		root = tlog.NodeHash(f.nodes[last], root)
		f.nodes = f.nodes[:last]
	}
	f.nodes = append(f.nodes, root)
	f.size += 1 << level
}

// Clone is a copy that grows on its own.
func (f *Frontier) Clone() Frontier { return Frontier{size: f.size, nodes: slices.Clone(f.nodes)} }

// Root is the root over all leaves so far.
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		return EmptyRoot()
	}
	h := f.nodes[len(f.nodes)-1]
	for i := len(f.nodes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.nodes[i], h)
	}
	return h
}
