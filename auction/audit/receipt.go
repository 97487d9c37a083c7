package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"mingchui/auction/fault"
)

// A Receipt is what a person keeps of an acknowledged act. From the moment of the answer it holds the signed promise that the
// entry is committed (Batch); from two seconds later also the proof that it is in the log (Proof). It is verified by the log's
// verifier key alone, without a network.
type Receipt struct {
	// Version is 1.
	Version int `json:"v"`
	// Entry is the entry's canonical bytes, as text.
	Entry string `json:"entry"`
	// Index is the entry's place in its batch, from 0.
	Index int64 `json:"index"`
	// Path leads from the entry to the batch's root: hashes in base64, from the leaf's sibling up.
	Path []string `json:"path"`
	// Batch is the signed note over size and root of the batch.
	Batch string `json:"batch"`
	// Proof is a C2SP tlog-proof; absent until the log has given the entry its place.
	Proof string `json:"proof,omitempty"`
}

const receiptVersion = 1

// NewReceipt makes the receipt of entry i of a signed batch.
func NewReceipt(entry []byte, i int, b *Batch, signed []byte) Receipt {
	return Receipt{
		Version: receiptVersion, Entry: string(entry), Index: int64(i),
		Path: PathText(b.Path(i)), Batch: string(signed),
	}
}

// PathText writes a path as receipts carry it, each hash in base64.
func PathText(path tlog.RecordProof) []string {
	out := make([]string, len(path))
	for k, h := range path {
		out[k] = h.String()
	}
	return out
}

// WithProof gives the receipt its proof of inclusion in the log.
func (r Receipt) WithProof(p Proof) Receipt {
	r.Proof = p.Text()
	return r
}

// JSON gives the receipt's canonical bytes.
func (r Receipt) JSON() ([]byte, error) {
	b, err := Canonical(r)
	if err != nil {
		return nil, fmt.Errorf("write receipt: %w", err)
	}
	return b, nil
}

// ParseReceipt reads a receipt from JSON; a person may have reformatted it, so white space is free here. Unknown fields are
// refused. Nothing is verified yet.
//
// Faults: invalid_request (invalid).
func ParseReceipt(b []byte) (Receipt, error) {
	var r Receipt
	if err := parseWhole(b, &r); err != nil {
		return Receipt{}, err
	}
	if r.Version != receiptVersion {
		return Receipt{}, fault.Wrap(fault.Invalid, fault.InvalidRequest, fmt.Errorf("receipt version %d is not known", r.Version))
	}
	return r, nil
}

// Verified tells what a receipt proved.
type Verified struct {
	Entry Entry
	// InLog says that the receipt proves the entry's place in the log; then Index and Checkpoint tell which.
	InLog      bool
	Index      int64
	Checkpoint Checkpoint
}

// Verify checks the receipt by the log's verifier keys (see LogKey): the entry is canonical, its batch was signed, and if a proof of
// inclusion is there, it holds.
func (r Receipt) Verify(vkey string) (Verified, error) {
	entry, err := Parse([]byte(r.Entry))
	if err != nil {
		return Verified{}, fmt.Errorf("read entry of receipt: %w", err)
	}
	size, root, err := openBatch([]byte(r.Batch), vkey)
	if err != nil {
		return Verified{}, err
	}
	path, err := parsePath(r.Path)
	if err != nil {
		return Verified{}, fmt.Errorf("read path of receipt: %w", err)
	}
	if r.Index < 0 || r.Index >= size {
		return Verified{}, fmt.Errorf("index %d is not in a batch of %d", r.Index, size)
	}
	if err := tlog.CheckRecord(path, size, root, r.Index, LeafHash([]byte(r.Entry))); err != nil {
		return Verified{}, fmt.Errorf("check entry against the signed batch: %w", err)
	}
	out := Verified{Entry: entry}
	if r.Proof == "" {
		return out, nil
	}
	proof, err := ParseProof(r.Proof)
	if err != nil {
		return Verified{}, err
	}
	if out.Checkpoint, err = proof.Verify([]byte(r.Entry), vkey); err != nil {
		return Verified{}, err
	}
	out.InLog, out.Index = true, proof.Index
	return out, nil
}
