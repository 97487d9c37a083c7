package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mingchui/deploy/local"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

// seen is one call and what was answered.
type seen struct {
	method, path string
	status       int
	body         []byte
}

// recorder is a transport that keeps what went over it.
type recorder struct {
	next http.RoundTripper

	mu    sync.Mutex
	calls []seen
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(b))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, seen{req.Method, req.URL.Path, res.StatusCode, b})
	return res, err
}

// everyCall is the gateway's methods, each with all that it may send. Against stripe-mock any id is somebody's.
func everyCall(g *gateway.Stripe, session, intent, refund string, now time.Time) map[string]func(ctx context.Context) error {
	span := gateway.Span{From: now.Add(-time.Hour), To: now}
	full := request("shape", 15_000_000)
	full.ExpiresAt = now.Add(time.Hour)
	held := request("shape-held", 15_000_000)
	held.ManualCapture = true
	first := func(_ any, err error) error { return err }
	return map[string]func(ctx context.Context) error{
		"CreateCheckout": func(ctx context.Context) error {
			if _, err := g.CreateCheckout(ctx, held); err != nil {
				return err
			}
			return first(g.CreateCheckout(ctx, full))
		},
		"FetchCheckout":  func(ctx context.Context) error { return first(g.FetchCheckout(ctx, session)) },
		"FindCheckouts":  func(ctx context.Context) error { return first(g.FindCheckouts(ctx, intent)) },
		"ExpireCheckout": func(ctx context.Context) error { return first(g.ExpireCheckout(ctx, "shape-expire", session)) },
		"FetchPayment":   func(ctx context.Context) error { return first(g.FetchPayment(ctx, intent)) },
		"Capture":        func(ctx context.Context) error { return first(g.Capture(ctx, "shape-capture", intent, 1)) },
		"CancelPayment":  func(ctx context.Context) error { return first(g.CancelPayment(ctx, "shape-cancel", intent)) },
		"FindPayments":   func(ctx context.Context) error { return first(g.FindPayments(ctx, "duty-1")) },
		"ListPayments":   func(ctx context.Context) error { return first(g.ListPayments(ctx, span)) },
		"Refund": func(ctx context.Context) error {
			return first(g.Refund(ctx, gateway.RefundRequest{
				IdempotencyKey: "shape-refund", PaymentIntentID: intent, AmountFen: 1, Metadata: map[string]string{"duty_id": "d"},
			}))
		},
		"FetchRefund": func(ctx context.Context) error { return first(g.FetchRefund(ctx, refund)) },
		"FindRefunds": func(ctx context.Context) error { return first(g.FindRefunds(ctx, intent)) },
		"ListRefunds": func(ctx context.Context) error { return first(g.ListRefunds(ctx, span)) },
		"Bookings": func(ctx context.Context) error {
			_, _, err := g.Bookings(ctx, span, "txn_1Nabc")
			return err
		},
	}
}

// Every request that the gateway can make passes Stripe's own check of requests, for the API version that stripe-go speaks.
func TestEveryRequestIsOneThatStripeTakes(t *testing.T) {
	t.Parallel()
	client, spec := testserver.StripeMock(t)
	d := readDocument(t, spec)
	if d.Info.Version != stripe.APIVersion || standin.APIVersion != stripe.APIVersion {
		t.Fatalf("Stripe's document is of %s, the stand-in of %s, the library of %s", d.Info.Version, standin.APIVersion, stripe.APIVersion)
	}
	rec := &recorder{next: client.Transport}
	g, err := gateway.New(gateway.Config{
		SecretKey: "sk_test_123", WebhookSecret: webhookSecret, BaseURL: "http://stripe-mock", Retries: -1, HTTPClient: &http.Client{Transport: rec},
		PaymentMethods: []string{"card", "alipay", "wechat_pay"},
	})
	if err != nil {
		t.Fatal(err)
	}
	calls := everyCall(g, "cs_test_1", "pi_1", "re_1", time.Now())
	for method := range reflect.TypeFor[*gateway.Stripe]().Methods() {
		if _, named := calls[method.Name]; !named && method.Name != "VerifyWebhook" {
			t.Errorf("%s is not among the calls here", method.Name)
		}
	}
	for name, call := range calls {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range rec.calls {
		if c.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", c.method, c.path, c.status, c.body)
		}
	}
	if len(rec.calls) < len(calls) {
		t.Errorf("%d calls went out for %d methods", len(rec.calls), len(calls))
	}
	// The check bites: it refuses a field that Stripe does not know, and a missing one.
	for _, form := range []string{"payment_intent=pi_1&amount=1&colour=red", "amount=many&payment_intent=pi_1"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://stripe-mock/v1/refunds", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Bearer sk_test_123")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusBadRequest || res.Body.Close() != nil {
			t.Errorf("%s: %d", form, res.StatusCode)
		}
	}
}

// The stand-in answers each of its calls, and sends each of its events, with Stripe's fields: none that is not Stripe's, none missing, none of another type.
func TestTheStandInAnswersInStripesShapes(t *testing.T) {
	t.Parallel()
	_, spec := testserver.StripeMock(t)
	d := readDocument(t, spec)
	r := newRig(t)
	r.stand.Faults().Fees(6)
	rec := &recorder{next: http.DefaultTransport}
	g := r.client(t, gateway.Config{HTTPClient: &http.Client{Transport: rec}, PaymentMethods: []string{"card", "alipay", "wechat_pay"}})
	r.gate = g
	r.everyState(t)
	sessions, intents, refunds := r.ids(t, "/v1/checkout/sessions"), r.ids(t, "/v1/payment_intents"), r.ids(t, "/v1/refunds")
	for name, call := range everyCall(g, sessions[0], intents[0], refunds[0], r.clock.Now().Add(time.Second)) {
		if err := call(t.Context()); err != nil {
			t.Logf("%s: %v", name, err) // a refusal has a shape too
		}
	}
	reader := &http.Client{Transport: rec}
	for _, list := range []string{"checkout/sessions", "payment_intents", "refunds", "charges", "events", "balance_transactions"} {
		for _, id := range r.ids(t, "/v1/"+list) {
			r.get(t, reader, "/v1/"+list+"/"+id)
		}
		r.get(t, reader, "/v1/"+list)
	}
	for _, path := range []string{"/v1/balance", "/v1/checkout/sessions/" + sessions[0] + "/line_items", "/v1/refunds/re_none", "/v1/payment_intents?limit=no"} {
		r.get(t, reader, path)
	}
	kinds := map[string]bool{}
	for _, c := range rec.calls {
		s, template := d.answer(c.method, c.path, c.status)
		if s == nil {
			t.Errorf("%s %s is no call of Stripe's", c.method, c.path)
			continue
		}
		kinds[c.method+" "+template] = true
		var v any
		if err := json.Unmarshal(c.body, &v); err != nil {
			t.Fatal(err)
		}
		told(t, c.method+" "+template, d.check("", s, v))
		if list, is := v.(map[string]any)["data"].([]any); is && template == "/v1/events" {
			for _, e := range list {
				told(t, "an event's object", d.event(e.(map[string]any)))
			}
		}
	}
	if len(kinds) < 20 {
		t.Errorf("only %d of the calls were made: %v", len(kinds), kinds)
	}
	// The check bites.
	broken := map[string]any{"object": "refund", "amount": "12", "colour": "red"}
	if faults := d.check("", d.Components.Schemas["refund"], broken); !slices.Contains(faults, ".colour is no field of Stripe's") || !slices.Contains(faults, ".id is missing") || !slices.Contains(faults, ".amount is 12, not of type integer") {
		t.Errorf("a broken refund: %v", faults)
	}
}

func told(t *testing.T, what string, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Errorf("%s: %s", what, f)
	}
}

// event checks the object in an event by the schema that its own name gives.
func (d *document) event(e map[string]any) []string {
	data, _ := e["data"].(map[string]any)
	object, _ := data["object"].(map[string]any)
	name, _ := object["object"].(string)
	s := d.Components.Schemas[name]
	if s == nil {
		return []string{"no schema of " + name}
	}
	return d.check(name, s, object)
}

// everyState takes payments through all that can become of them.
func (r *rig) everyState(t *testing.T) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, method := range []string{"card", "alipay", "wechat_pay"} {
		r.paid(t, "paid-"+method, 10_000, "method="+method)
	}
	declined := r.checkout(t, "declined", 10_000)
	post(t, declined.URL, "outcome=decline")
	_, err := r.gate.ExpireCheckout(t.Context(), "x1", r.checkout(t, "left", 10_000).ID)
	must(err)
	held := func(key string) string {
		req := request(key, 20_000)
		req.ManualCapture = true
		c, err := r.gate.CreateCheckout(t.Context(), req)
		must(err)
		post(t, c.URL, "outcome=succeed")
		c, err = r.gate.FetchCheckout(t.Context(), c.ID)
		must(err)
		return c.PaymentIntentID
	}
	_, err = r.gate.Capture(t.Context(), "c1", held("held-1"), 15_000)
	must(err)
	_, err = r.gate.CancelPayment(t.Context(), "c2", held("held-2"))
	must(err)
	held("held-3")
	for end, method := range map[string]string{"at_once": "alipay", "later": "wechat_pay", "failed": "card"} {
		_, p := r.paid(t, "back-"+end, 10_000, "method="+method)
		if end != "failed" {
			r.stand.Faults().OnRefund(end)
		}
		re, err := r.gate.Refund(t.Context(), gateway.RefundRequest{
			IdempotencyKey: "back" + end, PaymentIntentID: p.ID, AmountFen: p.AmountFen - 1, Metadata: map[string]string{"duty_id": "d"},
		})
		must(err)
		if end == "failed" {
			must(r.stand.SettleRefund(re.ID, end, ""))
		}
	}
	_, p := r.paid(t, "disputed", 10_000)
	must(r.stand.Dispute(p.ID))
	_, err = r.stand.PlantPayment(7, nil)
	must(err)
}

func (r *rig) get(t *testing.T, c *http.Client, path string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.api.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secretKey)
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	var v map[string]any
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// ids are those of a list, the newest first.
func (r *rig) ids(t *testing.T, path string) (ids []string) {
	t.Helper()
	data, _ := r.get(t, http.DefaultClient, path+"?limit=100")["data"].([]any)
	for _, one := range data {
		id, _ := one.(map[string]any)["id"].(string)
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		t.Fatalf("%s is empty", path)
	}
	return ids
}

// The Makefile installs the version that the tests start.
func TestTheMakefileInstallsTheMockThatIsStarted(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "STRIPE_MOCK_VERSION := "+local.StripeMockVersion+"\n") {
		t.Errorf("the Makefile installs another version than %s", local.StripeMockVersion)
	}
}
