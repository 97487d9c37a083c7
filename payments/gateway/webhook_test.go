package gateway_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(gateway.Config{SecretKey: secretKey, WebhookSecret: webhookSecret})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	body := []byte(`{"id":"evt_1","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16","created":1772416800,"data":{"object":{"id":"pi_1","object":"payment_intent"}}}`)
	good := standin.Sign(body, webhookSecret, now)
	e, err := g.VerifyWebhook(body, good, now.Add(5*time.Minute))
	if err != nil || e.ID != "evt_1" || e.ObjectID != "pi_1" || e.ObjectKind != "payment_intent" || e.PaymentIntentID != "pi_1" || e.VersionMismatch || !e.CreatedAt.Equal(now) {
		t.Fatalf("a true webhook: %+v %v", e, err)
	}
	other := []byte(strings.Replace(string(body), "2023-10-16", "2020-08-27", 1))
	e, err = g.VerifyWebhook(other, standin.Sign(other, webhookSecret, now), now)
	if err != nil || !e.VersionMismatch || e.APIVersion != "2020-08-27" || e.ID != "evt_1" || string(e.Payload) != string(other) {
		t.Fatalf("another version: %+v %v", e, err)
	}
	notEvent := []byte(`{"object":"event"}`)
	for name, c := range map[string]struct {
		body   []byte
		header string
		at     time.Time
		code   fault.Code
	}{
		"no header":         {body, "", now, fault.WebhookSignatureInvalid},
		"nonsense":          {body, "t=now,v1=00", now, fault.WebhookSignatureInvalid},
		"no time":           {body, good[strings.Index(good, "v1="):], now, fault.WebhookSignatureInvalid},
		"other secret":      {body, standin.Sign(body, "whsec_other", now), now, fault.WebhookSignatureInvalid},
		"other body":        {other, good, now, fault.WebhookSignatureInvalid},
		"other time":        {body, strings.Replace(good, "t=1772416800", "t=1772416801", 1), now, fault.WebhookSignatureInvalid},
		"too old":           {body, good, now.Add(5*time.Minute + time.Second), fault.WebhookSignatureInvalid},
		"signed, not event": {notEvent, standin.Sign(notEvent, webhookSecret, now), now, fault.InvalidRequest},
	} {
		if _, err := g.VerifyWebhook(c.body, c.header, c.at); fault.CodeOf(err) != c.code || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWebhookFaultsReachTheEndpointAsMade(t *testing.T) {
	t.Parallel()
	const succeeded, completed = "payment_intent.succeeded", "checkout.session.completed"
	for name, c := range map[string]struct {
		fault   standin.WebhookFault
		want    []string
		refused int
	}{
		"doubled":       {standin.WebhookFault{Type: succeeded, Action: standin.Double}, []string{succeeded, succeeded, completed}, 0},
		"lost":          {standin.WebhookFault{Type: succeeded, Action: standin.Lose}, []string{completed}, 0},
		"reordered":     {standin.WebhookFault{Type: succeeded, Action: standin.SwapWithNext}, []string{completed, succeeded}, 0},
		"swapped last":  {standin.WebhookFault{Type: completed, Action: standin.SwapWithNext}, []string{succeeded, completed}, 0},
		"forged first":  {standin.WebhookFault{Type: succeeded, Action: standin.ForgedFirst}, []string{succeeded, completed}, 1},
		"other version": {standin.WebhookFault{Type: "checkout.*", Action: standin.OtherVersion}, []string{succeeded, completed + "@2020-08-27"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.stand.Faults().OnWebhook(c.fault)
			r.paid(t, "k1", 900)
			r.flush(t)
			var got []string
			for _, e := range r.hooks.all() {
				if e.VersionMismatch {
					e.Type += "@" + e.APIVersion
				}
				got = append(got, e.Type)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("received %v, want %v", got, c.want)
			}
			if len(r.hooks.refused) != c.refused {
				t.Errorf("refused %v, want %d", r.hooks.refused, c.refused)
			}
		})
	}
}

func TestDoubledWebhookHasOneID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stand.Faults().OnWebhook(standin.WebhookFault{Action: standin.Double, Times: 2})
	r.paid(t, "k1", 900)
	r.flush(t)
	ids := map[string]int{}
	for _, e := range r.hooks.all() {
		ids[e.ID]++
		if status, err := r.stand.Resend(t.Context(), e.ID); err != nil || status != http.StatusOK {
			t.Errorf("resend: %d %v", status, err)
		}
	}
	for id, n := range ids {
		if n != 2 {
			t.Errorf("event %s received %d times", id, n)
		}
	}
	if len(ids) != 2 || len(r.hooks.all()) != 8 {
		t.Errorf("%d events, %d deliveries", len(ids), len(r.hooks.all()))
	}
}

func TestHeldWebhooksAreSentOnRelease(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stand.Faults().OnWebhook(standin.WebhookFault{Action: standin.Hold, Times: 2})
	r.paid(t, "k1", 900)
	r.flush(t)
	if got := r.hooks.types(); len(got) != 0 {
		t.Fatalf("sent while held: %v", got)
	}
	r.stand.ReleaseWebhooks(true)
	r.flush(t)
	if got, want := r.hooks.types(), []string{"checkout.session.completed", "payment_intent.succeeded"}; !slices.Equal(got, want) {
		t.Fatalf("after the release: %v, want %v", got, want)
	}
}

func TestWebhookIsSentAgainUntilTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hooks.answers = []int{500, 503, 302, 200}
	r.paid(t, "k1", 900)
	r.flush(t)
	if got, want := r.hooks.types(), []string{"payment_intent.succeeded", "checkout.session.completed"}; !slices.Equal(got, want) {
		t.Fatalf("received %v, want %v", got, want)
	}
	// Four attempts, then it is given up and the next event has its turn.
	r.hooks.answers = []int{500, 500, 500, 500, 200}
	r.paid(t, "k2", 900)
	r.flush(t)
	if got, want := r.hooks.types()[2:], []string{"checkout.session.completed"}; !slices.Equal(got, want) {
		t.Fatalf("received %v, want %v", got, want)
	}
}

func TestForgedWebhookIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body, err := json.Marshal(map[string]any{"id": "evt_f", "type": "payment_intent.succeeded", "api_version": gateway.APIVersion})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := r.stand.Forge(t.Context(), body); err != nil || status != http.StatusBadRequest {
		t.Fatalf("a forged webhook answers %d %v", status, err)
	}
	if want := []fault.Code{fault.WebhookSignatureInvalid}; !slices.Equal(r.hooks.refused, want) || len(r.hooks.all()) != 0 {
		t.Fatalf("refused %v, taken %v", r.hooks.refused, r.hooks.all())
	}
}
