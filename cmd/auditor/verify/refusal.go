package verify

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// A RefusalReport is what became of the receipt of a refused bid.
type RefusalReport struct {
	// Kind is refusal.
	Kind string `json:"kind"`
	// Refusal is what was signed.
	Refusal audit.Refusal `json:"refusal"`
	// Signed: the platform's signature holds. Judged: the log was followed, and the course as it stands there after event
	// Refusal.Seq refuses the bid for the same reason, at the same price.
	Signed bool `json:"signed"`
	Judged bool `json:"judged"`
	// Fault says why the receipt does not hold, or why the refusal was not right; nil when neither.
	Fault *Finding `json:"fault,omitempty"`
	// Log is the report on the log, nil when only the receipt was looked at.
	Log *Report `json:"log,omitempty"`
}

// OK reports whether the receipt holds, and with a log, whether the log holds and the refusal agrees with it.
func (r *RefusalReport) OK() bool { return r.Signed && r.Fault == nil && (r.Log == nil || r.Log.OK()) }

// OfflineRefusal checks the receipt of a refused bid by verifier keys alone.
func OfflineRefusal(receipt audit.RefusalReceipt, vkey string) *RefusalReport {
	out := &RefusalReport{Kind: audit.KindRefusal}
	var err error
	if out.Refusal, err = receipt.Verify(vkey); err != nil {
		out.fault(ReceiptInvalid, err)
		return out
	}
	out.Signed = true
	return out
}

func (r *RefusalReport) fault(c Code, args ...any) {
	f := logFinding(c, -1, args...)
	r.Fault = &f
}

// RefusalReceipt checks the receipt of a refused bid and then judges the bid anew by the log, after the event on which the refusal
// rests. A bid that was answered without being judged (503, an Idempotency-Key used twice) is not judged here either.
func RefusalReceipt(ctx context.Context, src Source, receipt audit.RefusalReceipt, o Options) (*RefusalReport, error) {
	probe := &run{src: src, o: o, report: &Report{}}
	if err := probe.chooseKey(ctx); err != nil {
		return nil, err
	}
	o.VerifierKey = probe.report.VerifierKey
	if err := withBatchKeys(ctx, src, &o); err != nil {
		return nil, err
	}
	out := OfflineRefusal(receipt, o.VerifierKey)
	if !out.Signed {
		return out, nil
	}
	lot, err := uuid.Parse(out.Refusal.Lot)
	if err != nil {
		return nil, fmt.Errorf("read the refusal's lot: %w", err)
	}
	o.Lot = lot
	var state course.State
	var broken error
	o.Visit = func(_ int64, e audit.Entry) {
		if e.LotID != lot || e.Seq == 0 || e.Seq > out.Refusal.Seq || broken != nil {
			return
		}
		event, err := course.FromEntry(e)
		if err == nil {
			state, err = course.Next(state, event)
		}
		broken = err
	}
	if out.Log, err = Run(ctx, src, o); err != nil {
		return nil, err
	}
	out.Log.KeyTrust = probe.report.KeyTrust
	out.Log.NotChecked = append(out.Log.NotChecked, probe.report.NotChecked...)
	if broken == nil { // what is broken in the log is a finding of the log
		out.judge(state)
	}
	return out, nil
}

// judge compares the refusal with what the rules say of the bid at that standing of the course.
func (r *RefusalReport) judge(at course.State) {
	said := r.Refusal
	if said.Seq == 0 || said.Answer == fault.IdempotencyKeyReused {
		return
	}
	if at.Seq != said.Seq {
		r.fault(RefusalAhead, said.Seq, at.Seq)
		return
	}
	if at.Price != said.PriceFen {
		r.fault(RefusalPrice, said.PriceFen, at.Price)
		return
	}
	_, err := course.Decide(at, course.Command{Kind: course.Bid, Code: said.BidderCode, Amount: said.AmountFen}, said.DecidedAt.UnixMilli())
	switch {
	case err == nil:
		r.fault(RefusalWrong, said.Answer)
	case fault.CodeOf(err) != said.Answer:
		r.fault(RefusalOther, said.Answer, fault.CodeOf(err))
	default:
		r.Judged = true
	}
}
