package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

const (
	secretKey     = "sk_test_of_the_gateway"
	webhookSecret = "whsec_of_the_gateway"
)

// clock is stepped by hand, so that nothing in these tests waits.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is a gateway, the stand-in that it talks to over HTTP, and an endpoint
// that verifies the stand-in's webhooks with the gateway.
type rig struct {
	clock *clock
	stand *standin.Server
	gate  *gateway.Stripe
	api   *httptest.Server
	hooks *endpoint
}

// endpoint keeps what it received. answers are given in turn, then 200.
type endpoint struct {
	clock *clock
	gate  *gateway.Stripe

	mu      sync.Mutex
	answers []int
	events  []gateway.Event
	refused []fault.Code
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ev, err := e.gate.VerifyWebhook(body, r.Header.Get("Stripe-Signature"), e.clock.Now())
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.refused = append(e.refused, fault.CodeOf(err))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if len(e.answers) > 0 {
		status := e.answers[0]
		e.answers = e.answers[1:]
		if status/100 != 2 {
			w.WriteHeader(status)
			return
		}
	}
	e.events = append(e.events, ev)
}

func (e *endpoint) types() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, ev := range e.events {
		out = append(out, ev.Type)
	}
	return out
}

func (e *endpoint) all() []gateway.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigIn(t, "")
}

func newRigIn(t *testing.T, dir string) *rig {
	t.Helper()
	r := &rig{clock: &clock{at: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)}}
	r.start(t, dir)
	return r
}

// start opens a stand-in on dir and points a new gateway and endpoint at it.
func (r *rig) start(t *testing.T, dir string) {
	t.Helper()
	verifier, err := gateway.New(gateway.Config{SecretKey: secretKey, WebhookSecret: webhookSecret})
	if err != nil {
		t.Fatal(err)
	}
	r.hooks = &endpoint{clock: r.clock, gate: verifier}
	hooks := httptest.NewServer(r.hooks)
	t.Cleanup(hooks.Close)
	stand, err := standin.New(standin.Config{
		WebhookURL: hooks.URL, WebhookSecret: webhookSecret, SecretKey: secretKey, Dir: dir, Now: r.clock.Now,
		SweepEvery: -1, Retry: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.stand = stand
	r.api = httptest.NewServer(stand.Handler())
	t.Cleanup(func() {
		r.api.Close()
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	r.gate = r.client(t, gateway.Config{})
}

// client makes one more gateway to the same stand-in.
func (r *rig) client(t *testing.T, c gateway.Config) *gateway.Stripe {
	t.Helper()
	c.SecretKey, c.WebhookSecret, c.BaseURL = secretKey, webhookSecret, r.api.URL
	if c.Retries == 0 {
		c.Retries = -1
	}
	g, err := gateway.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func request(key string, amount money.Fen) gateway.CheckoutRequest {
	return gateway.CheckoutRequest{
		IdempotencyKey: key, AmountFen: amount, Description: "保证金：“皖芜货 0588”干货船",
		Metadata: map[string]string{"duty_id": "duty-" + key, "purpose": "deposit"}, Reference: "ref-" + key,
		SuccessURL: "https://court.example/paid?s={CHECKOUT_SESSION_ID}", CancelURL: "https://court.example/left", Locale: "zh-CN",
	}
}

func (r *rig) checkout(t *testing.T, key string, amount money.Fen) gateway.Checkout {
	t.Helper()
	c, err := r.gate.CreateCheckout(t.Context(), request(key, amount))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// paid opens a page, pays it as a script does, and reads page and payment anew.
func (r *rig) paid(t *testing.T, key string, amount money.Fen, form ...string) (gateway.Checkout, gateway.Payment) {
	t.Helper()
	c := r.checkout(t, key, amount)
	if status, _, _ := post(t, c.URL, append([]string{"outcome=succeed"}, form...)...); status != http.StatusSeeOther {
		t.Fatalf("paying answers %d", status)
	}
	c, err := r.gate.FetchCheckout(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c, r.payment(t, c.PaymentIntentID)
}

func (r *rig) payment(t *testing.T, id string) gateway.Payment {
	t.Helper()
	p, err := r.gate.FetchPayment(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (r *rig) flush(t *testing.T) {
	t.Helper()
	if err := r.stand.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// post sends a form without following the redirect.
func post(t *testing.T, target string, fields ...string) (status int, location, body string) {
	t.Helper()
	form := url.Values{}
	for _, f := range fields {
		k, v, _ := strings.Cut(f, "=")
		form.Set(k, v)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(b)
}

func wantCode(t *testing.T, err error, kind fault.Kind, code fault.Code) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Fatalf("error is %v (%s), want %s %s", err, fault.KindOf(err), kind, code)
	}
}
