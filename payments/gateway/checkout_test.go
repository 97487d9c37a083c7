package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/payments/gateway"
)

func TestCheckoutPaidIsReceivedAndTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	open := r.checkout(t, "k1", 26_504_000)
	if open.Status != gateway.CheckoutOpen || open.Paid || open.PaymentIntentID != "" || open.AmountFen != 26_504_000 {
		t.Fatalf("fresh page: %+v", open)
	}
	if want := r.clock.Now().Add(24 * time.Hour); !open.ExpiresAt.Equal(want) || open.Reference != "ref-k1" {
		t.Fatalf("expires %s, want %s; reference %q", open.ExpiresAt, want, open.Reference)
	}
	status, location, _ := post(t, open.URL, "outcome=succeed")
	if status != http.StatusSeeOther || location != "https://court.example/paid?s="+open.ID {
		t.Fatalf("paying answers %d to %q", status, location)
	}
	c, err := r.gate.FetchCheckout(t.Context(), open.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c.Status != gateway.CheckoutComplete || !c.Paid || c.URL != "" || c.PaymentIntentID == "" {
		t.Fatalf("paid page: %+v", c)
	}
	p := r.payment(t, c.PaymentIntentID)
	if p.Status != gateway.PaymentSucceeded || p.AmountFen != 26_504_000 || p.ReceivedFen != p.AmountFen || p.RefundedFen != 0 || p.Currency != "cny" || p.Method != "card" {
		t.Fatalf("payment: %+v", p)
	}
	if p.Metadata["duty_id"] != "duty-k1" || p.Metadata["purpose"] != "deposit" {
		t.Fatalf("metadata: %v", p.Metadata)
	}
	r.flush(t)
	if got, want := r.hooks.types(), []string{"payment_intent.succeeded", "checkout.session.completed"}; !slices.Equal(got, want) {
		t.Fatalf("webhooks %v, want %v", got, want)
	}
	for _, e := range r.hooks.all() {
		if e.PaymentIntentID != p.ID || e.VersionMismatch || e.APIVersion != gateway.APIVersion || !e.CreatedAt.Equal(r.clock.Now()) || e.Livemode {
			t.Errorf("event: %+v", e)
		}
	}
	// A second payer of the same page changes nothing.
	if status, _, body := post(t, open.URL, "outcome=succeed"); status != http.StatusConflict || !strings.Contains(body, "没有重复付款") {
		t.Fatalf("paying again answers %d", status)
	}
	if again := r.payment(t, p.ID); again.ReceivedFen != p.ReceivedFen {
		t.Fatalf("paid twice: %+v", again)
	}
	if found, err := r.gate.FindCheckouts(t.Context(), p.ID); err != nil || len(found) != 1 || found[0].ID != open.ID {
		t.Fatalf("pages of the payment: %v %v", found, err)
	}
}

func TestDeclineLeavesThePageOpenForAnotherTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.checkout(t, "k1", 100)
	status, location, _ := post(t, c.URL, "outcome=decline")
	if status != http.StatusSeeOther || location != c.URL+"?declined=1" {
		t.Fatalf("declining answers %d to %q", status, location)
	}
	c, err := r.gate.FetchCheckout(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := r.payment(t, c.PaymentIntentID)
	if c.Status != gateway.CheckoutOpen || p.Status != gateway.PaymentOpen || p.ReceivedFen != 0 || p.DeclineCode != "generic_decline" {
		t.Fatalf("after the decline: %+v %+v", c, p)
	}
	_, err = r.gate.CancelPayment(t.Context(), "cancel", p.ID)
	wantCode(t, err, fault.Conflict, fault.PaymentStateConflict)
	if status, _, _ := post(t, c.URL, "outcome=succeed", "method=alipay"); status != http.StatusSeeOther {
		t.Fatalf("paying after a decline answers %d", status)
	}
	if p := r.payment(t, p.ID); p.Status != gateway.PaymentSucceeded || p.DeclineCode != "" || p.Method != "alipay" {
		t.Fatalf("paid after a decline: %+v", p)
	}
	r.flush(t)
	want := []string{"payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed"}
	if got := r.hooks.types(); !slices.Equal(got, want) {
		t.Fatalf("webhooks %v, want %v", got, want)
	}
}

func TestAbandonChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.checkout(t, "k1", 100)
	if status, location, _ := post(t, c.URL, "outcome=abandon"); status != http.StatusSeeOther || location != "https://court.example/left" {
		t.Fatalf("abandoning answers %d to %q", status, location)
	}
	again, err := r.gate.FetchCheckout(t.Context(), c.ID)
	if err != nil || again.Status != gateway.CheckoutOpen || again.PaymentIntentID != "" {
		t.Fatalf("abandoned page: %+v %v", again, err)
	}
	r.flush(t)
	if got := r.hooks.types(); len(got) != 0 {
		t.Fatalf("webhooks %v", got)
	}
}

func TestExpiryByHandAndByTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	byHand := r.checkout(t, "k1", 100)
	declined := r.checkout(t, "k2", 100)
	post(t, declined.URL, "outcome=decline")
	got, err := r.gate.ExpireCheckout(t.Context(), "expire-1", byHand.ID)
	if err != nil || got.Status != gateway.CheckoutExpired || got.URL != "" {
		t.Fatalf("expired by hand: %+v %v", got, err)
	}
	if status, _, body := post(t, byHand.URL, "outcome=succeed"); status != http.StatusConflict || !strings.Contains(body, "付款页已失效") {
		t.Fatalf("paying an expired page answers %d", status)
	}
	_, err = r.gate.ExpireCheckout(t.Context(), "expire-2", byHand.ID)
	wantCode(t, err, fault.Conflict, fault.PaymentStateConflict)

	r.clock.step(24*time.Hour + time.Second)
	r.stand.Sweep()
	late, err := r.gate.FetchCheckout(t.Context(), declined.ID)
	if err != nil || late.Status != gateway.CheckoutExpired {
		t.Fatalf("expired by time: %+v %v", late, err)
	}
	if p := r.payment(t, late.PaymentIntentID); p.Status != gateway.PaymentCanceled {
		t.Fatalf("the tried payment of an expired page: %+v", p)
	}
	r.flush(t)
	if n := strings.Count(strings.Join(r.hooks.types(), " "), "checkout.session.expired"); n != 2 {
		t.Fatalf("%d expiries told: %v", n, r.hooks.types())
	}
}

func TestManualCaptureHoldsThenTakes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	hold := func(key string) string {
		q := request(key, 5000)
		q.ManualCapture = true
		c, err := r.gate.CreateCheckout(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		post(t, c.URL, "outcome=succeed")
		if c, err = r.gate.FetchCheckout(t.Context(), c.ID); err != nil || c.Status != gateway.CheckoutComplete || c.Paid {
			t.Fatalf("held page: %+v %v", c, err)
		}
		return c.PaymentIntentID
	}
	taken, freed, lapsed := hold("k1"), hold("k2"), hold("k3")
	if p := r.payment(t, taken); p.Status != gateway.PaymentHeld || p.CapturableFen != 5000 || p.ReceivedFen != 0 || !p.CaptureBefore.Equal(r.clock.Now().Add(7*24*time.Hour)) {
		t.Fatalf("held: %+v", p)
	}
	_, err := r.gate.Capture(t.Context(), "c0", taken, 5001)
	wantCode(t, err, fault.Invalid, fault.AmountTooLarge)
	p, err := r.gate.Capture(t.Context(), "c1", taken, 4000)
	if err != nil || p.Status != gateway.PaymentSucceeded || p.ReceivedFen != 4000 || p.RefundedFen != 0 || !p.CaptureBefore.IsZero() {
		t.Fatalf("captured: %+v %v", p, err)
	}
	_, err = r.gate.Capture(t.Context(), "c2", taken, 1)
	wantCode(t, err, fault.Conflict, fault.PaymentStateConflict)
	if p, err = r.gate.CancelPayment(t.Context(), "x1", freed); err != nil || p.Status != gateway.PaymentCanceled || p.ReceivedFen != 0 {
		t.Fatalf("let go: %+v %v", p, err)
	}
	r.clock.step(7*24*time.Hour + time.Second)
	r.stand.Sweep()
	if p := r.payment(t, lapsed); p.Status != gateway.PaymentCanceled {
		t.Fatalf("lapsed: %+v", p)
	}
	r.flush(t)
	got := r.hooks.types()
	for want, n := range map[string]int{"payment_intent.amount_capturable_updated": 3, "payment_intent.succeeded": 1, "payment_intent.canceled": 2} {
		if c := strings.Count(strings.Join(got, " "), want); c != n {
			t.Errorf("%s told %d times, want %d", want, c, n)
		}
	}
}

func TestAmountsThatStripeDoesNotTake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.gate.CreateCheckout(t.Context(), request("k1", 100_000_000))
	wantCode(t, err, fault.Invalid, fault.AmountTooLarge)
	_, err = r.gate.CreateCheckout(t.Context(), request("k2", 0))
	wantCode(t, err, fault.Invalid, fault.AmountInvalid)
	// What failed validation left no trace under its key.
	if c := r.checkout(t, "k1", 99_999_999); c.AmountFen != 99_999_999 {
		t.Fatalf("largest amount: %+v", c)
	}
}
