package verify

import (
	"context"
	"fmt"
	"strings"

	"mingchui/auction/audit"
)

// A ReceiptReport is what became of a receipt.
type ReceiptReport struct {
	// Kind, Lot, Seq and At are the entry's.
	Kind string `json:"kind"`
	Lot  string `json:"lot,omitempty"`
	Seq  int64  `json:"seq,omitempty"`
	At   string `json:"at"`
	// Body is the entry's body, canonical JSON.
	Body string `json:"body"`
	// Index is the entry's place in the log, -1 when it has none.
	Index int64 `json:"index"`
	// Promised: the batch's signature holds. Proven: the receipt itself proves the place. Found: the log, followed now, has the
	// entry.
	Promised bool `json:"promised"`
	Proven   bool `json:"proven"`
	Found    bool `json:"found"`
	// Fault says why the receipt does not hold, nil when it does.
	Fault *Finding `json:"fault,omitempty"`
	// Log is the report on the log, nil when only the receipt was looked at.
	Log *Report `json:"log,omitempty"`
}

// OK reports whether the receipt holds, and with a log, whether the log holds and has the entry.
func (r *ReceiptReport) OK() bool {
	return r.Promised && r.Fault == nil && (r.Log == nil || (r.Found && r.Log.OK()))
}

// Offline checks a receipt by a verifier key alone.
func Offline(receipt audit.Receipt, vkey string) *ReceiptReport {
	out := &ReceiptReport{Index: -1}
	verified, err := receipt.Verify(vkey)
	if err != nil {
		out.fault(ReceiptInvalid, err)
		return out
	}
	e := verified.Entry
	out.Kind, out.Seq, out.At, out.Body, out.Promised = e.Kind, e.Seq, instant(e.At.UnixMilli()), string(e.Body), true
	if lot := orNone(e); lot != "" {
		out.Lot = lot
	}
	if verified.InLog {
		out.Proven, out.Index = true, verified.Index
	}
	return out
}

// withBatchKeys adds the keys that sign batches, as the log names them, when only the log's own is known.
func withBatchKeys(ctx context.Context, src Source, o *Options) error {
	if audit.LogKey(o.VerifierKey) != o.VerifierKey {
		return nil
	}
	served, err := src.Fetch(ctx, "key")
	if err != nil {
		return fmt.Errorf("fetch the log's key: %w", err)
	}
	if audit.LogKey(string(served)) == o.VerifierKey {
		o.VerifierKey = strings.TrimSpace(string(served))
	}
	return nil
}

func (r *ReceiptReport) fault(c Code, args ...any) {
	f := logFinding(c, -1, args...)
	r.Fault = &f
}

func orNone(e audit.Entry) string {
	if e.LotID == [16]byte{} {
		return ""
	}
	return e.LotID.String()
}

// Receipt checks a receipt and then follows the log for its entry: the log must have it, where the receipt says, and must extend the
// checkpoint that the receipt holds. The key is chosen as Run does. The re-run is of the receipt's lot.
func Receipt(ctx context.Context, src Source, receipt audit.Receipt, o Options) (*ReceiptReport, error) {
	probe := &run{src: src, o: o, report: &Report{}}
	if err := probe.chooseKey(ctx); err != nil {
		return nil, err
	}
	o.VerifierKey = probe.report.VerifierKey
	if err := withBatchKeys(ctx, src, &o); err != nil {
		return nil, err
	}
	out := Offline(receipt, o.VerifierKey)
	if !out.Promised {
		return out, nil
	}
	entry, err := audit.Parse([]byte(receipt.Entry))
	if err != nil {
		return nil, fmt.Errorf("read entry of receipt: %w", err)
	}
	if proof, err := audit.ParseProof(receipt.Proof); err == nil && o.Earlier == nil {
		o.Earlier = &State{Checkpoint: string(proof.Checkpoint)}
	}
	o.Lot = entry.LotID
	found := int64(-1)
	o.Visit = func(leaf int64, e audit.Entry) {
		if e.LeafHash == entry.LeafHash {
			found = leaf
		}
	}
	if out.Log, err = Run(ctx, src, o); err != nil {
		return nil, err
	}
	out.Log.KeyTrust = probe.report.KeyTrust
	out.Log.NotChecked = append(out.Log.NotChecked, probe.report.NotChecked...)
	out.Found = found >= 0
	switch {
	case !out.Found && out.Proven:
		out.fault(ReceiptAbsent)
	case !out.Found:
		out.fault(ReceiptNotYet)
	case out.Proven && found != out.Index:
		out.fault(ReceiptElsewhere, out.Index, found)
	}
	out.Index = found
	return out, nil
}
