package gateway_test

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

func TestSameKeyTwiceIsOneCheckout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.checkout(t, "k1", 100), r.checkout(t, "k1", 100)
	if a.ID != b.ID || a.URL != b.URL {
		t.Fatalf("two pages: %s %s", a.ID, b.ID)
	}
	_, err := r.gate.CreateCheckout(t.Context(), request("k1", 101))
	wantCode(t, err, fault.Conflict, fault.IdempotencyKeyReused)
	if gateway.OutcomeUnknown(err) || gateway.NeedsNewKey(err) {
		t.Fatalf("a key of another request: %v", err)
	}
	// After a day Stripe has forgotten the key.
	r.clock.step(24*time.Hour + time.Second)
	if c := r.checkout(t, "k1", 100); c.ID == a.ID {
		t.Fatal("the key was remembered for more than a day")
	}
}

func TestTimedOutButDoneThenRetriedIsOneRefund(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, action := range []standin.RequestAction{standin.HangAfter, standin.DropAfter, standin.FailAfter} {
		key := string(action)
		_, p := r.paid(t, key, 900)
		impatient := r.client(t, gateway.Config{Timeout: 250 * time.Millisecond})
		r.stand.Faults().OnRequest(standin.RequestFault{Method: http.MethodPost, Path: "/v1/refunds", Action: action})
		q := gateway.RefundRequest{IdempotencyKey: "r-" + key, PaymentIntentID: p.ID, AmountFen: 500}
		_, err := impatient.Refund(t.Context(), q)
		wantCode(t, err, fault.Unavailable, fault.PaymentProviderUnavailable)
		if !gateway.OutcomeUnknown(err) || gateway.NeedsNewKey(err) {
			t.Fatalf("%s: outcome known: %v", action, err)
		}
		again, err := r.gate.Refund(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.gate.FindRefunds(t.Context(), p.ID)
		if err != nil || len(found) != 1 || found[0].ID != again.ID {
			t.Fatalf("%d: %s: refunds %+v %v", i, action, found, err)
		}
		if p := r.payment(t, p.ID); p.RefundedFen != 500 {
			t.Fatalf("%s: refunded %d", action, p.RefundedFen)
		}
	}
}

func TestTimedOutCheckoutRetriedIsOneCharge(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stand.Faults().OnRequest(standin.RequestFault{Path: "/v1/checkout/*", Action: standin.DropAfter})
	_, err := r.gate.CreateCheckout(t.Context(), request("k1", 900))
	if !gateway.OutcomeUnknown(err) {
		t.Fatalf("dropped after: %v", err)
	}
	_, p := r.paid(t, "k1", 900)
	found, err := r.gate.FindPayments(t.Context(), "duty-k1")
	if err != nil || len(found) != 1 || found[0].ID != p.ID || found[0].ReceivedFen != 900 {
		t.Fatalf("payments of the duty: %+v %v", found, err)
	}
}

func TestTheLibraryRetriesABrokenConnectionByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	patient := r.client(t, gateway.Config{Retries: 2})
	r.stand.Faults().OnRequest(standin.RequestFault{Action: standin.DropAfter})
	a, err := patient.CreateCheckout(t.Context(), request("k1", 900))
	if err != nil {
		t.Fatal(err)
	}
	if b := r.checkout(t, "k1", 900); a.ID != b.ID {
		t.Fatal("the library's retry made a second page")
	}
}

func TestFailuresSayWhatIsKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, p := r.paid(t, "k1", 900)
	q := gateway.RefundRequest{IdempotencyKey: "r1", PaymentIntentID: p.ID, AmountFen: 100}
	for _, c := range []struct {
		fault    standin.RequestFault
		unknown  bool
		replayed bool
	}{
		{standin.RequestFault{Action: standin.FailBefore, Status: http.StatusTooManyRequests, Code: "rate_limit"}, false, false},
		{standin.RequestFault{Action: standin.FailBefore, Status: http.StatusServiceUnavailable}, true, false},
		{standin.RequestFault{Action: standin.FailBefore, Status: http.StatusConflict, Code: "lock_timeout"}, true, false},
		// Go's transport sends a request with a key once more by itself when a
		// kept connection breaks, so it has to break again.
		{standin.RequestFault{Action: standin.DropBefore, Times: 10}, true, false},
		{standin.RequestFault{Action: standin.FailStored, Status: http.StatusInternalServerError}, true, false},
		{standin.RequestFault{Action: standin.Slow, Delay: 0}, true, true}, // now the stored error is replayed
	} {
		r.stand.Faults().OnRequest(c.fault)
		_, err := r.gate.Refund(t.Context(), q)
		r.stand.Faults().Clear()
		wantCode(t, err, fault.Unavailable, fault.PaymentProviderUnavailable)
		if gateway.OutcomeUnknown(err) != c.unknown || gateway.NeedsNewKey(err) != c.replayed {
			t.Errorf("%s %d: unknown %t, needs a new key %t: %v", c.fault.Action, c.fault.Status, gateway.OutcomeUnknown(err), gateway.NeedsNewKey(err), err)
		}
	}
	q.IdempotencyKey = "r2"
	if _, err := r.gate.Refund(t.Context(), q); err != nil {
		t.Fatalf("with a new key: %v", err)
	}
	// A read never leaves anything unknown.
	r.stand.Faults().OnRequest(standin.RequestFault{Action: standin.DropBefore, Times: 10})
	_, err := r.gate.FetchPayment(t.Context(), p.ID)
	wantCode(t, err, fault.Unavailable, fault.PaymentProviderUnavailable)
	if gateway.OutcomeUnknown(err) {
		t.Errorf("a read with unknown outcome: %v", err)
	}
}

func TestKeyInUseIsUnavailable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stand.Faults().OnRequest(standin.RequestFault{Action: standin.Slow, Delay: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := r.gate.CreateCheckout(ctx, request("k1", 900))
		first <- err
	}()
	for r.stand.Faults().Waiting() == 0 {
		runtime.Gosched()
	}
	_, err := r.gate.CreateCheckout(t.Context(), request("k1", 900))
	wantCode(t, err, fault.Unavailable, fault.PaymentProviderUnavailable)
	if f, ok := gateway.FailureOf(err); !ok || f.Code != "idempotency_key_in_use" || !f.OutcomeUnknown {
		t.Errorf("failure: %+v", f)
	}
	cancel()
	if err := <-first; !gateway.OutcomeUnknown(err) {
		t.Fatalf("a cancelled write: %v", err)
	}
}

func TestStripeUnreachableIsKnownNotDone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.api.Close()
	_, err := r.gate.CreateCheckout(t.Context(), request("k1", 900))
	wantCode(t, err, fault.Unavailable, fault.PaymentProviderUnavailable)
	if gateway.OutcomeUnknown(err) {
		t.Fatalf("nothing was sent: %v", err)
	}
}

func TestWrongKeyIsOursToMend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g, err := gateway.New(gateway.Config{SecretKey: "sk_test_other", WebhookSecret: webhookSecret, BaseURL: r.api.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.CreateCheckout(t.Context(), request("k1", 900))
	wantCode(t, err, fault.Internal, fault.InternalError)
	if strings.Contains(err.Error(), "sk_test_other") {
		t.Fatalf("the error tells the key: %v", err)
	}
}

func TestSearchLagsBehind(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stand.Faults().SearchLag(time.Minute)
	_, p := r.paid(t, "k1", 900)
	if found, err := r.gate.FindPayments(t.Context(), "duty-k1"); err != nil || len(found) != 0 {
		t.Fatalf("found at once: %v %v", found, err)
	}
	r.clock.step(time.Minute)
	found, err := r.gate.FindPayments(t.Context(), "duty-k1")
	if err != nil || len(found) != 1 || found[0].ID != p.ID || found[0].Method != "card" {
		t.Fatalf("found after a minute: %+v %v", found, err)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRigIn(t, dir)
	_, paid := r.paid(t, "k1", 900)
	re := r.refund(t, "r1", paid.ID, 300)
	open := r.checkout(t, "k2", 100)
	r.flush(t)
	// An event that the endpoint never took is due again after the restart.
	r.hooks.answers = slices.Repeat([]int{http.StatusBadGateway}, 1000)
	r.paid(t, "k3", 50)
	r.api.Close()
	if err := r.stand.Close(); err != nil {
		t.Fatal(err)
	}

	r.start(t, dir)
	if p := r.payment(t, paid.ID); p.ReceivedFen != 900 || p.RefundedFen != 300 || p.Metadata["duty_id"] != "duty-k1" {
		t.Fatalf("payment after the restart: %+v", p)
	}
	if again := r.refund(t, "r1", paid.ID, 300); again.ID != re.ID {
		t.Fatal("the key was forgotten: a second refund")
	}
	again, err := r.gate.FetchCheckout(t.Context(), open.ID)
	if err != nil || again.Status != gateway.CheckoutOpen {
		t.Fatalf("open page after the restart: %+v %v", again, err)
	}
	r.flush(t)
	if got, want := r.hooks.types(), []string{"payment_intent.succeeded", "checkout.session.completed"}; !slices.Equal(got, want) {
		t.Fatalf("told after the restart: %v, want %v", got, want)
	}
}
