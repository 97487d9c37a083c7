package gateway_test

import (
	"slices"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

func (r *rig) refund(t *testing.T, key, payment string, amount money.Fen) gateway.Refund {
	t.Helper()
	re, err := r.gate.Refund(t.Context(), gateway.RefundRequest{
		IdempotencyKey: key, PaymentIntentID: payment, AmountFen: amount, Metadata: map[string]string{"duty_id": key},
	})
	if err != nil {
		t.Fatal(err)
	}
	return re
}

func TestRefundInPartsAndTooMuch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, p := r.paid(t, "k1", 10_000)
	first := r.refund(t, "r1", p.ID, 4_000)
	if first.Status != gateway.RefundSucceeded || first.AmountFen != 4_000 || first.PaymentIntentID != p.ID || first.FailureReason != "" {
		t.Fatalf("refund: %+v", first)
	}
	_, err := r.gate.Refund(t.Context(), gateway.RefundRequest{IdempotencyKey: "r2", PaymentIntentID: p.ID, AmountFen: 6_001})
	wantCode(t, err, fault.Conflict, fault.RefundTooLarge)
	if gateway.OutcomeUnknown(err) {
		t.Fatal("a refused refund is known not to be done")
	}
	r.refund(t, "r3", p.ID, 6_000)
	_, err = r.gate.Refund(t.Context(), gateway.RefundRequest{IdempotencyKey: "r4", PaymentIntentID: p.ID, AmountFen: 1})
	wantCode(t, err, fault.Conflict, fault.RefundTooLarge)
	if p := r.payment(t, p.ID); p.RefundedFen != 10_000 || p.ReceivedFen != 10_000 || p.Status != gateway.PaymentSucceeded {
		t.Fatalf("payment refunded whole: %+v", p)
	}
	found, err := r.gate.FindRefunds(t.Context(), p.ID)
	if err != nil || len(found) != 2 || found[0].AmountFen != 6_000 || found[1].ID != first.ID || found[1].Metadata["duty_id"] != "r1" {
		t.Fatalf("refunds: %+v %v", found, err)
	}
	_, err = r.gate.FindRefunds(t.Context(), "pi_none")
	wantCode(t, err, fault.NotFound, fault.NotFoundCode)
	open := r.checkout(t, "k2", 100)
	post(t, open.URL, "outcome=decline")
	open, err = r.gate.FetchCheckout(t.Context(), open.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.gate.Refund(t.Context(), gateway.RefundRequest{IdempotencyKey: "r5", PaymentIntentID: open.PaymentIntentID, AmountFen: 1})
	wantCode(t, err, fault.Conflict, fault.PaymentStateConflict)
}

func TestRefundPendingThenSucceededOrFailed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, later := r.paid(t, "k1", 700, "refunds=later")
	_, fails := r.paid(t, "k2", 700, "refunds=fail_later")
	_, alipay := r.paid(t, "k3", 700, "method=alipay")
	a, b, c := r.refund(t, "r1", later.ID, 700), r.refund(t, "r2", fails.ID, 700), r.refund(t, "r3", alipay.ID, 700)
	if a.Status != gateway.RefundPending || b.Status != gateway.RefundSucceeded || c.Status != gateway.RefundPending {
		t.Fatalf("fresh refunds: %s %s %s", a.Status, b.Status, c.Status)
	}
	r.clock.step(time.Minute)
	r.stand.Sweep()
	want := map[string]gateway.RefundStatus{a.ID: gateway.RefundSucceeded, b.ID: gateway.RefundFailed, c.ID: gateway.RefundSucceeded}
	for id, status := range want {
		re, err := r.gate.FetchRefund(t.Context(), id)
		if err != nil || re.Status != status {
			t.Errorf("settled: %+v %v, want %s", re, err, status)
		}
		if failed := status == gateway.RefundFailed; failed != (re.FailureReason == "expired_or_canceled_card") {
			t.Errorf("failure reason %q of %s", re.FailureReason, status)
		}
	}
	// What came back is owed still, and can be refunded again.
	if p := r.payment(t, fails.ID); p.RefundedFen != 0 {
		t.Fatalf("after a failed refund: %+v", p)
	}
	r.stand.Faults().OnRefund(standin.RefundAtOnce)
	if again := r.refund(t, "r4", fails.ID, 700); again.Status != gateway.RefundSucceeded {
		t.Fatalf("second refund: %+v", again)
	}
	r.flush(t)
	var told []string
	for _, e := range r.hooks.all() {
		if e.ObjectKind == "refund" && e.ObjectID == b.ID {
			told = append(told, e.Type)
		}
	}
	if want := []string{"charge.refund.updated", "refund.updated", "refund.failed"}; !slices.Equal(told, want) {
		t.Fatalf("told of the failed refund: %v, want %v", told, want)
	}
}

func TestDisputedPaymentIsNotRefunded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, p := r.paid(t, "k1", 700)
	if err := r.stand.Dispute(p.ID); err != nil {
		t.Fatal(err)
	}
	if p := r.payment(t, p.ID); !p.Disputed {
		t.Fatalf("disputed: %+v", p)
	}
	_, err := r.gate.Refund(t.Context(), gateway.RefundRequest{IdempotencyKey: "r1", PaymentIntentID: p.ID, AmountFen: 1})
	wantCode(t, err, fault.Conflict, fault.PaymentStateConflict)
}

func TestListsReadEveryPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const n = 130
	from := r.clock.Now()
	for i := range n {
		c := r.checkout(t, "k"+string(rune('a'+i/26))+string(rune('a'+i%26)), 100)
		if err := r.stand.Pay(c.ID, standin.Payer{Outcome: standin.Succeed}); err != nil {
			t.Fatal(err)
		}
	}
	r.clock.step(time.Hour)
	_, later := r.paid(t, "later", 100)
	got, err := r.gate.ListPayments(t.Context(), gateway.Span{From: from, To: from.Add(time.Hour)})
	if err != nil || len(got) != n {
		t.Fatalf("%d payments listed, want %d: %v", len(got), n, err)
	}
	seen := map[string]bool{}
	for _, p := range got {
		seen[p.ID] = true
		r.refund(t, "r-"+p.ID, p.ID, 100)
	}
	if len(seen) != n || seen[later.ID] {
		t.Fatalf("%d different payments", len(seen))
	}
	refunds, err := r.gate.ListRefunds(t.Context(), gateway.Span{From: r.clock.Now(), To: r.clock.Now().Add(time.Second)})
	if err != nil || len(refunds) != n {
		t.Fatalf("%d refunds listed, want %d: %v", len(refunds), n, err)
	}
	if none, err := r.gate.ListRefunds(t.Context(), gateway.Span{From: from, To: from.Add(time.Second)}); err != nil || len(none) != 0 {
		t.Fatalf("refunds of an earlier span: %v %v", none, err)
	}
	r.flush(t)
}
