package standin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"mingchui/payments/standin"
)

const secretKey = "sk_test_of_the_stand_in"

// noon stands still; tests step the stand-in's own clock.
func noon() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }

// bench is a stand-in behind HTTP.
type bench struct {
	*standin.Server
	url string
}

func newBench(t *testing.T, cfg standin.Config) *bench {
	t.Helper()
	b := &bench{}
	cfg.SecretKey, cfg.Now, cfg.SweepEvery = secretKey, noon, -1
	s, err := standin.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	srv := httptest.NewServer(s.Handler())
	b.url = srv.URL
	t.Cleanup(func() {
		srv.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

// at reads body.a.b for "a.b".
func (a answer) at(path string) any {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (a answer) str(path string) string {
	s, _ := a.at(path).(string)
	return s
}

func (b *bench) call(t *testing.T, method, path, key, form string) answer {
	t.Helper()
	return b.callAs(t, method, path, key, form, "Bearer "+secretKey)
}

func (b *bench) callAs(t *testing.T, method, path, key, form, auth string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.url+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	out := answer{status: res.StatusCode, header: res.Header}
	if err := json.NewDecoder(res.Body).Decode(&out.body); err != nil {
		t.Fatal(err)
	}
	return out
}

const lines = "mode=payment&success_url=https://c.example/ok&line_items[0][quantity]=1&line_items[0][price_data][currency]=cny" +
	"&line_items[0][price_data][unit_amount]=100&line_items[0][price_data][product_data][name]=deposit"

func TestErrorsAreStripes(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Config{})
	pi := b.call(t, "POST", "/v1/payment_intents", "", "amount=100&currency=cny&confirm=true&payment_method=pm_card_visa").str("id")
	many := "amount=1&currency=cny"
	for i := range 51 {
		many += "&metadata[k" + string(rune('A'+i)) + "]=v"
	}
	for name, c := range map[string]struct {
		method, path, form string
		status             int
		typ, code, param   string
	}{
		"unknown parameter":        {"POST", "/v1/refunds", "payment_intent=pi_1&foo=1", 400, "invalid_request_error", "parameter_unknown", "foo"},
		"unknown nested parameter": {"POST", "/v1/checkout/sessions", lines + "&line_items[0][price_data][nope]=1", 400, "invalid_request_error", "parameter_unknown", "line_items[0][price_data][nope]"},
		"unknown query parameter":  {"GET", "/v1/refunds?nope=1", "", 400, "invalid_request_error", "parameter_unknown", "nope"},
		"missing parameter":        {"POST", "/v1/checkout/sessions", "mode=payment&success_url=https://c.example", 400, "invalid_request_error", "parameter_missing", "line_items"},
		"missing in a line":        {"POST", "/v1/checkout/sessions", "mode=payment&success_url=https://c.example&line_items[0][quantity]=1", 400, "invalid_request_error", "parameter_missing", "line_items[0][price_data][currency]"},
		"empty":                    {"POST", "/v1/refunds", "payment_intent=", 400, "invalid_request_error", "parameter_invalid_empty", "payment_intent"},
		"not an integer":           {"POST", "/v1/refunds", "payment_intent=" + pi + "&amount=1.5", 400, "invalid_request_error", "parameter_invalid_integer", "amount"},
		"below one":                {"POST", "/v1/refunds", "payment_intent=" + pi + "&amount=0", 400, "invalid_request_error", "parameter_invalid_integer", "amount"},
		"other currency":           {"POST", "/v1/payment_intents", "amount=100&currency=usd", 400, "invalid_request_error", "", "currency"},
		"no URL":                   {"POST", "/v1/checkout/sessions", lines + "&cancel_url=nowhere", 400, "invalid_request_error", "url_invalid", "cancel_url"},
		"expires too soon":         {"POST", "/v1/checkout/sessions", lines + "&expires_at=1772416801", 400, "invalid_request_error", "", "expires_at"},
		"manual with Alipay":       {"POST", "/v1/checkout/sessions", lines + "&payment_method_types[0]=alipay&payment_intent_data[capture_method]=manual", 400, "invalid_request_error", "", "payment_method_types[0]"},
		"overflowing lines":        {"POST", "/v1/checkout/sessions", strings.Replace(lines, "[quantity]=1", "[quantity]=9223372036854775807", 1), 400, "invalid_request_error", "amount_too_large", "line_items[0][price_data][unit_amount]"},
		"too much metadata":        {"POST", "/v1/payment_intents", many, 400, "invalid_request_error", "", "metadata"},
		"not there":                {"GET", "/v1/refunds/re_none", "", 404, "invalid_request_error", "resource_missing", "id"},
		"session not there":        {"POST", "/v1/checkout/sessions/cs_none/expire", "", 404, "invalid_request_error", "resource_missing", "session"},
		"no such URL":              {"GET", "/v1/customers", "", 404, "invalid_request_error", "", ""},
		"refund of nothing":        {"POST", "/v1/refunds", "amount=1", 400, "invalid_request_error", "parameter_missing", "payment_intent"},
		"refund of two":            {"POST", "/v1/refunds", "charge=ch_1&payment_intent=pi_1", 400, "invalid_request_error", "parameters_exclusive", "charge"},
		"refund too large":         {"POST", "/v1/refunds", "payment_intent=" + pi + "&amount=101", 400, "invalid_request_error", "", "amount"},
		"capture of a paid one":    {"POST", "/v1/payment_intents/" + pi + "/capture", "", 400, "invalid_request_error", "payment_intent_unexpected_state", ""},
		"cancel of a paid one":     {"POST", "/v1/payment_intents/" + pi + "/cancel", "", 400, "invalid_request_error", "payment_intent_unexpected_state", ""},
		"declined card":            {"POST", "/v1/payment_intents", "amount=100&currency=cny&confirm=true&payment_method=pm_card_visa_chargeDeclined", 402, "card_error", "card_declined", ""},
		"bad query":                {"GET", "/v1/payment_intents/search?query=" + url.QueryEscape("metadata['a']~'b'"), "", 400, "invalid_request_error", "", "query"},
		"limit too large":          {"GET", "/v1/refunds?limit=101", "", 400, "invalid_request_error", "parameter_invalid_integer", "limit"},
	} {
		got := b.call(t, c.method, c.path, "", c.form)
		if got.status != c.status || got.str("error.type") != c.typ || got.str("error.code") != c.code || got.str("error.param") != c.param || got.str("error.message") == "" {
			t.Errorf("%s: %d %v", name, got.status, got.body)
		}
		if !strings.HasPrefix(got.header.Get("Request-Id"), "req_") {
			t.Errorf("%s: no request id", name)
		}
	}
	for _, auth := range []string{"", "Bearer sk_test_other", "Bearer "} {
		if got := b.callAs(t, "GET", "/v1/refunds", "", "", auth); got.status != http.StatusUnauthorized || strings.Contains(got.str("error.message"), "other") {
			t.Errorf("authorised with %q: %d %v", auth, got.status, got.body)
		}
	}
}

func TestKeysAreIdempotentAsStripes(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Config{})
	const path = "/v1/payment_intents"
	declined := "amount=100&currency=cny&confirm=true&payment_method=pm_card_visa_chargeDeclined"
	first := b.call(t, "POST", path, "k1", declined)
	again := b.call(t, "POST", path, "k1", declined)
	if first.status != http.StatusPaymentRequired || again.status != first.status || again.str("error.charge") != first.str("error.charge") {
		t.Fatalf("a stored decline: %v then %v", first.body, again.body)
	}
	if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Original-Request") != first.header.Get("Request-Id") {
		t.Fatalf("headers of a repeated answer: %v", again.header)
	}
	if n := len(b.call(t, "GET", path, "", "").at("data").([]any)); n != 1 {
		t.Fatalf("%d intents after the same key twice", n)
	}
	for _, other := range []string{declined + "&description=x", "nonsense=1"} {
		got := b.call(t, "POST", path, "k1", other)
		if got.status != http.StatusBadRequest || got.str("error.type") != "idempotency_error" {
			t.Errorf("the key with %q: %d %v", other, got.status, got.body)
		}
	}
	if got := b.call(t, "POST", "/v1/refunds", "k1", declined); got.str("error.type") != "idempotency_error" {
		t.Errorf("the key at another endpoint: %v", got.body)
	}
	// The order of parameters is no other request.
	if got := b.call(t, "POST", path, "k1", "payment_method=pm_card_visa_chargeDeclined&confirm=true&currency=cny&amount=100"); got.str("error.charge") != first.str("error.charge") {
		t.Errorf("reordered parameters: %v", got.body)
	}
	// What fails validation is not kept.
	if got := b.call(t, "POST", path, "k2", "amount=0&currency=cny"); got.status != http.StatusBadRequest {
		t.Fatalf("invalid: %v", got.body)
	}
	if got := b.call(t, "POST", path, "k2", "amount=1&currency=cny"); got.status != http.StatusOK {
		t.Errorf("the key of an invalid request: %v", got.body)
	}
}

func TestObjectsOfAPaymentAgree(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Config{})
	cs := b.call(t, "POST", "/v1/checkout/sessions", "", lines+"&payment_intent_data[metadata][duty_id]=d1&expand[]=line_items")
	if cs.at("payment_intent") != nil || cs.at("amount_total") != float64(100) || cs.str("line_items.object") != "list" || cs.str("url") != b.url+"/c/pay/"+cs.str("id") {
		t.Fatalf("session: %v", cs.body)
	}
	if err := b.Pay(cs.str("id"), standin.Payer{Outcome: standin.Succeed}); err != nil {
		t.Fatal(err)
	}
	got := b.call(t, "GET", "/v1/checkout/sessions/"+cs.str("id")+"?expand[0]=payment_intent.latest_charge", "", "")
	if got.str("status") != "complete" || got.str("payment_status") != "paid" || got.at("url") != nil ||
		got.str("payment_intent.metadata.duty_id") != "d1" || got.at("payment_intent.latest_charge.captured") != true {
		t.Fatalf("paid session: %v", got.body)
	}
	pi, ch := got.str("payment_intent.id"), got.str("payment_intent.latest_charge.id")
	re := b.call(t, "POST", "/v1/refunds", "", "payment_intent="+pi+"&amount=40&expand[]=charge")
	if re.at("charge.amount_refunded") != float64(40) || re.at("charge.refunded") != false || re.str("payment_intent") != pi {
		t.Fatalf("refund: %v", re.body)
	}
	b.call(t, "POST", "/v1/refunds", "", "charge="+ch)
	if c := b.call(t, "GET", "/v1/charges/"+ch, "", ""); c.at("amount_refunded") != float64(100) || c.at("refunded") != true {
		t.Fatalf("charge: %v", c.body)
	}
	if bal := b.call(t, "GET", "/v1/balance", "", ""); bal.at("available").([]any)[0].(map[string]any)["amount"] != float64(0) {
		t.Fatalf("balance: %v", bal.body)
	}
	query := url.QueryEscape(`metadata['duty_id']:'d1' AND status:"succeeded" AND amount>=100`)
	if n := len(b.call(t, "GET", "/v1/payment_intents/search?query="+query, "", "").at("data").([]any)); n != 1 {
		t.Fatalf("%d found", n)
	}
	ev := b.call(t, "GET", "/v1/events?type=charge.refunded&limit=1", "", "")
	if ev.at("has_more") != true {
		t.Fatalf("events: %v", ev.body)
	}
	one := ev.at("data").([]any)[0].(map[string]any)
	same := b.call(t, "GET", "/v1/events/"+one["id"].(string), "", "")
	if same.str("api_version") != standin.APIVersion || same.str("data.object.id") != ch || same.str("request.id") == "" {
		t.Fatalf("event: %v", same.body)
	}
}

func TestControlsFromAnotherProcess(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Config{})
	control := func(path string, in any) answer {
		t.Helper()
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		return b.call(t, "POST", "/standin/"+path, "", string(body))
	}
	if got := b.callAs(t, "POST", "/standin/faults/clear", "", "", "Bearer no"); got.status != http.StatusUnauthorized {
		t.Fatalf("controls without the key: %d", got.status)
	}
	if got := control("faults/requests", map[string]any{"nope": 1}); got.status != http.StatusBadRequest {
		t.Fatalf("an unknown field: %v", got.body)
	}
	control("faults/requests", standin.RequestFault{Action: standin.FailBefore, Status: 418})
	if got := b.call(t, "GET", "/v1/refunds", "", ""); got.status != 418 || got.str("error.type") != "api_error" {
		t.Fatalf("a fault set over HTTP: %d %v", got.status, got.body)
	}
	cs := b.call(t, "POST", "/v1/checkout/sessions", "", lines).str("id")
	if got := control("pay", map[string]any{"session": cs, "outcome": "succeed"}); got.status != http.StatusOK {
		t.Fatalf("pay: %v", got.body)
	}
	if got := control("pay", map[string]any{"session": cs, "outcome": "succeed"}); got.status != http.StatusBadRequest {
		t.Fatalf("pay twice: %v", got.body)
	}
	pi := b.call(t, "GET", "/v1/checkout/sessions/"+cs, "", "").str("payment_intent")
	re := b.call(t, "POST", "/v1/refunds", "", "payment_intent="+pi).str("id")
	control("refunds/settle", map[string]any{"refund": re, "status": "failed", "reason": "lost_or_stolen_card"})
	if got := b.call(t, "GET", "/v1/refunds/"+re, "", ""); got.str("status") != "failed" || got.str("failure_reason") != "lost_or_stolen_card" {
		t.Fatalf("settled over HTTP: %v", got.body)
	}
	open := b.call(t, "POST", "/v1/checkout/sessions", "", lines).str("id")
	if got := control("clock", map[string]any{"advance": 25 * time.Hour}); got.str("now") != "2026-03-03T03:00:00Z" {
		t.Fatalf("clock: %v", got.body)
	}
	if got := b.call(t, "GET", "/v1/checkout/sessions/"+open, "", ""); got.str("status") != "expired" {
		t.Fatalf("after a day: %v", got.body)
	}
	if got := control("flush", map[string]any{}); got.status != http.StatusOK {
		t.Fatalf("flush: %v", got.body)
	}
}

func TestTheClockAndOldKeysOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, standin.Config{Dir: dir})
	old := b.call(t, "POST", "/v1/checkout/sessions", "k1", lines).str("id")
	if err := b.AdvanceClock(25 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := newBench(t, standin.Config{Dir: dir})
	if got := again.call(t, "POST", "/standin/clock", "", `{"advance":0}`); got.str("now") != "2026-03-03T03:00:00Z" {
		t.Fatalf("clock after the restart: %v", got.body)
	}
	if got := again.call(t, "POST", "/v1/checkout/sessions", "k1", lines); got.status != http.StatusOK || got.str("id") == old {
		t.Fatalf("a key of yesterday: %v", got.body)
	}
	if got := again.call(t, "GET", "/v1/checkout/sessions/"+old, "", ""); got.str("status") != "expired" {
		t.Fatalf("a page of yesterday: %v", got.body)
	}
}

func TestManyPayersAtOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	received := map[string]int{}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var e struct{ ID string }
		if err != nil || json.NewDecoder(bytes.NewReader(body)).Decode(&e) != nil {
			t.Errorf("webhook body: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		received[e.ID]++
	}))
	t.Cleanup(hook.Close)
	b := newBench(t, standin.Config{WebhookURL: hook.URL, WebhookSecret: "whsec", Dir: t.TempDir()})
	const n = 200
	var ids []string
	for range n {
		ids = append(ids, b.call(t, "POST", "/v1/checkout/sessions", "", lines).str("id"))
	}
	var wg sync.WaitGroup
	var paid sync.Map
	for _, id := range ids {
		for range 2 { // two payers of one page: one succeeds
			wg.Go(func() {
				if b.Pay(id, standin.Payer{Outcome: standin.Succeed}) == nil {
					if _, twice := paid.LoadOrStore(id, true); twice {
						t.Errorf("%s was paid twice", id)
					}
				}
			})
		}
	}
	wg.Wait()
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(received) != 2*n {
		t.Errorf("%d events received, want %d", len(received), 2*n)
	}
	for id, times := range received {
		if times != 1 {
			t.Errorf("event %s received %d times", id, times)
		}
	}
}
