package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/web"
	"mingchui/web/account"
	"mingchui/web/problem"
)

func TestProblemsInBothLanguages(t *testing.T) {
	t.Parallel()
	w := start(t, somePages)
	lot := w.drafted()
	for _, x := range []struct {
		who, method, path string
		body              any
		status            int
		code, zh, en      string
	}{
		{"", "GET", "/api/v1/lots/" + lot, nil, 404, "not_found", "没有这个内容", "nothing here"},
		{"", "GET", "/api/v1/nothing", nil, 404, "not_found", "没有这个内容", "nothing here"},
		{"", "POST", "/api/v1/lots/" + lot + "/events", nil, 405, "method_not_allowed", "不接受", "does not take"},
		{"", "PUT", "/api/v1/lots", nil, 405, "method_not_allowed", "不接受", "does not take"},
		{"", "GET", "/api/v1/me", nil, 401, "sign_in_required", "请先登录", "sign in first"},
		{"nonsense", "GET", "/api/v1/me", nil, 401, "sign_in_required", "请先登录", "sign in first"},
		{"bidder1", "POST", "/api/v1/cases", "{}", 403, "role_forbidden", "您的身份", "Your role"},
		{"", "POST", "/api/v1/tokens", map[string]string{"login": "bidder1", "password": "wrong"}, 401, "credentials_wrong", "账户名或密码不对", "not right"},
		{"", "POST", "/api/v1/tokens", `{"login": "bidder1"`, 400, "invalid_request", "读不懂", "could not be read"},
		{"", "POST", "/api/v1/accounts", `{"login": "zhao", "password": "long enough 1", "admin": true}`, 400, "unknown_field", "“admin”", "“admin”"},
		{"", "POST", "/api/v1/tokens", strings.Repeat(" ", 65<<10), 413, "body_too_large", "内容过大", "too large"},
		{"bidder1", "POST", "/api/v1/lots/" + lot + "/enrolments", `{"accept_notices": false}`, 409, "notices_not_accepted", "特别提示", "special notices"},
		{"judge1", "POST", "/api/v1/lots/" + lot + "/announcement", `{"starts_at": "2026-12-20T01:00:00Z", "ends_at": "2026-12-21T01:00:00Z"}`, 422, "votes_missing", "还缺 3 票", "still needed: 3"},
	} {
		for lang, want := range map[string]string{"zh-CN": x.zh, "en": x.en} {
			c := w.do(x.who, x.method, x.path, x.body, "Accept-Language", lang)
			if c.status != x.status || c.code() != x.code || !strings.Contains(c.text("detail"), want) || c.header.Get("Content-Type") != problem.ContentType ||
				c.text("request_id") == "" || c.text("request_id") != c.header.Get("X-Request-Id") {
				t.Errorf("%s %s in %s answers %d %s", x.method, x.path, lang, c.status, c.body)
			}
		}
	}
	t.Run("a browser gets a page", func(t *testing.T) {
		t.Parallel()
		w := start(t, somePages, func(c *web.Config) {
			c.ErrorPage = func(rw http.ResponseWriter, _ *http.Request, p problem.Problem) {
				rw.WriteHeader(p.Status)
				_, _ = fmt.Fprintf(rw, "<h1>%s</h1>", p.Title)
			}
		})
		if c := w.do("", "GET", "/me", nil, "Accept", "text/html", "Accept-Language", "en"); c.status != 401 || c.body != "<h1>Sign-in needed</h1>" {
			t.Errorf("it gets %d %s", c.status, c.body)
		}
		if c := w.do("", "GET", "/api/v1/me", nil, "Accept", "text/html"); c.code() != "sign_in_required" {
			t.Errorf("a browser on the API gets %s", c.body)
		}
	})
}

// A file with faults lists each with its line and changes nothing.
func TestImportRefusesWithEveryLine(t *testing.T) {
	t.Parallel()
	w := start(t)
	file := w.file(phone)
	lot := file["cases"].([]any)[0].(map[string]any)["lots"].([]any)[0].(map[string]any)
	lot["deposit_fen"], lot["colour"] = 1, "red"
	text, err := json.MarshalIndent(file, "", " ")
	w.must(err)
	c := w.want(422, "import_invalid", "judge1", "POST", "/api/v1/dockets", string(text), "Accept-Language", "en")
	list, _ := c.json["faults"].([]any)
	if len(list) < 2 {
		t.Fatalf("it lists %s", c.body)
	}
	for _, one := range list {
		f := one.(map[string]any)
		if f["line"] == nil || f["detail"] == "" || f["code"] == "" {
			t.Errorf("a fault reads %v", f)
		}
	}
	var n int
	w.must(w.pool.QueryRow(t.Context(), `SELECT count(*) FROM cases`).Scan(&n))
	if n != 0 {
		t.Errorf("%d cases were stored", n)
	}
}

// What a bid must not be changes nothing.
func TestBadBidsChangeNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	b := w.admitted(lot, "bidder1")
	w.live()
	path := "/api/v1/lots/" + lot + "/bids"
	for body, code := range map[string]string{
		`{"amount_fen": 260000.5}`: "amount_invalid", `{"amount_fen": 2.6e5}`: "amount_invalid", `{"amount_fen": -260000}`: "amount_invalid",
		`{"amount_fen": 9007199254740992}`: "amount_too_large", `{"amount_fen": 99999999999999999999}`: "amount_too_large",
		`{"amount_fen": 260000, "bidder_code": "AAAAA"}`: "unknown_field", `{"amount_fen": "260000"}`: "amount_invalid", `{}`: "field_missing",
	} {
		if c := w.do(b.session, "POST", path, body, "Idempotency-Key", uuid.NewString()); c.code() != code {
			t.Errorf("%s answers %d %s, want %s", body, c.status, c.code(), code)
		}
	}
	w.want(400, "idempotency_key_required", b.session, "POST", path, `{"amount_fen": 260000}`)
	w.want(413, "body_too_large", b.session, "POST", path, `{"amount_fen": 260000, "x": "`+strings.Repeat("x", 5<<10)+`"}`, "Idempotency-Key", "k")
	// A session is of one lot, and no account; an account is no session.
	w.want(401, "bidding_session_required", b.session, "POST", "/api/v1/lots/"+uuid.NewString()+"/bids", `{"amount_fen": 260000}`, "Idempotency-Key", "k")
	w.want(401, "bidding_session_required", "bidder1", "POST", path, `{"amount_fen": 260000}`, "Idempotency-Key", "k")
	w.want(401, "sign_in_required", b.session, "GET", "/api/v1/me", nil)
	w.want(401, "passphrase_wrong", "", "POST", "/api/v1/lots/"+lot+"/bidding-sessions", map[string]string{"bidder_code": b.code, "passphrase": "wrong"})
	if d := w.want(200, "", "", "GET", "/api/v1/lots/"+lot, nil); d.json["bids"] != 0.0 || d.json["seq"] != 2.0 {
		t.Errorf("the lot reads %s", d.body)
	}
}

// A bidder who has not paid has a code and no admission.
func TestR18_NoBidWithoutDeposit(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	c := w.want(201, "", "bidder1", "POST", "/api/v1/lots/"+lot+"/enrolments", `{"accept_notices": true}`)
	s := w.want(201, "", "", "POST", "/api/v1/lots/"+lot+"/bidding-sessions", map[string]string{"bidder_code": c.text("bidder_code"), "passphrase": c.text("passphrase")})
	w.live()
	w.want(409, "not_enrolled", s.text("token"), "POST", "/api/v1/lots/"+lot+"/bids", `{"amount_fen": 260000}`, "Idempotency-Key", "k")
}

// A webhook with another signature, none, or sent twice.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	w := start(t)
	body := `{"id": "evt_1", "object": "event"}`
	w.want(400, "webhook_signature_invalid", "", "POST", "/webhooks/stripe", body)
	if c := w.do("", "POST", "/webhooks/stripe", body, "Stripe-Signature", "t=1,v1=00"); c.code() != "webhook_signature_invalid" || c.status >= 500 {
		t.Errorf("a wrong signature answers %d %s", c.status, c.body)
	}
	w.want(413, "body_too_large", "", "POST", "/webhooks/stripe", strings.Repeat("x", 513<<10), "Stripe-Signature", "t=1,v1=00")
	var n int
	w.must(w.pool.QueryRow(t.Context(), `SELECT count(*) FROM stripe_events`).Scan(&n))
	if n != 0 {
		t.Errorf("%d events were stored", n)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	path := "/api/v1/lots/" + lot + "/enrolments"
	body := `{"accept_notices": true}`
	var wg sync.WaitGroup
	answers := make([]call, 8)
	for i := range answers {
		wg.Go(func() { answers[i] = w.do("bidder1", "POST", path, body, "Idempotency-Key", "same") })
	}
	wg.Wait()
	first := w.want(201, "", "bidder1", "POST", path, body, "Idempotency-Key", "same")
	if first.text("passphrase") == "" {
		t.Fatalf("the first answer comes without its passphrase: %s", first.body)
	}
	for _, c := range answers {
		switch {
		case c.status == 201 && c.body == first.body:
		case c.status == 409 && c.code() == "request_in_progress" && c.header.Get("Retry-After") != "":
		default:
			t.Errorf("at once it answers %d %s", c.status, c.body)
		}
	}
	w.want(409, "idempotency_key_reused", "bidder1", "POST", path, `{"accept_notices": true, "capacity": "ordinary"}`, "Idempotency-Key", "same")
	w.want(409, "enrolment_exists", "bidder1", "POST", path, body, "Idempotency-Key", "another")
	// The key is this account's and this address's.
	if c := w.want(201, "", "bidder2", "POST", path, body, "Idempotency-Key", "same"); c.text("bidder_code") == first.text("bidder_code") {
		t.Error("another account got the first one's answer")
	}
	// What was refused is decided anew.
	w.want(409, "notices_not_accepted", "bidder3", "POST", path, `{"accept_notices": false}`, "Idempotency-Key", "once")
	w.want(201, "", "bidder3", "POST", path, body, "Idempotency-Key", "once")
	// The database cannot show the passphrase.
	var dump string
	w.must(w.pool.QueryRow(t.Context(), `SELECT string_agg(t::text || encode(answer, 'escape'), ' ') FROM idempotency t`).Scan(&dump))
	for _, secret := range []string{first.text("passphrase"), first.text("bidder_code"), "same"} {
		if strings.Contains(dump, secret) {
			t.Errorf("the table holds %q", secret)
		}
	}
	// A request that died with its node runs anew after a minute.
	_, err := w.pool.Exec(t.Context(), `UPDATE idempotency SET status = NULL, answer = NULL, content_type = '' WHERE account_id = (SELECT id FROM accounts WHERE login = 'bidder1')`)
	w.must(err)
	w.want(409, "request_in_progress", "bidder1", "POST", path, body, "Idempotency-Key", "same")
	w.clock.To(w.clock.Now().Add(2 * time.Minute))
	w.want(409, "enrolment_exists", "bidder1", "POST", path, body, "Idempotency-Key", "same")
	w.clock.To(w.clock.Now().Add(49 * time.Hour))
	if n, err := w.server.API.Sweep(t.Context()); err != nil || n != 2 {
		t.Errorf("%d kept answers were forgotten, %v", n, err)
	}
}

// browser signs a login in by cookie, as the pages do.
func (w *world) browser(login string) *http.Cookie {
	w.t.Helper()
	id, err := w.accounts.Check(w.t.Context(), login, password, "192.0.2.1")
	w.must(err)
	rec := httptest.NewRecorder()
	w.must(w.accounts.SignIn(rec, httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/sign-in", nil), id))
	return rec.Result().Cookies()[0]
}

func TestRequestsFromOtherSites(t *testing.T) {
	t.Parallel()
	w := start(t, somePages)
	lot := w.announced()
	cookie := w.browser("bidder1")
	path := "/api/v1/lots/" + lot + "/enrolments"
	for name, x := range map[string]struct {
		pairs []string
		code  string
	}{
		"another site, by Sec-Fetch-Site": {[]string{"Sec-Fetch-Site", "cross-site"}, "cross_site_request"},
		"a sister site":                   {[]string{"Sec-Fetch-Site", "same-site"}, "cross_site_request"},
		"an old browser, by Origin":       {[]string{"Origin", "http://evil.example"}, "cross_site_request"},
		"no origin":                       {[]string{"Origin", "null"}, "cross_site_request"},
	} {
		c := w.do("", "POST", path, `{"accept_notices": true}`, append(x.pairs, "Cookie", cookie.String())...)
		if c.status != 403 || c.code() != x.code {
			t.Errorf("%s: %d %s", name, c.status, c.body)
		}
	}
	if c := w.do("", "POST", "/sign-in", "", "Sec-Fetch-Site", "cross-site"); c.code() != "cross_site_request" {
		t.Errorf("signing in from another site answers %d %s", c.status, c.body)
	}
	// A link from elsewhere may lead here.
	if c := w.do("", "GET", "/me", nil, "Sec-Fetch-Site", "cross-site", "Cookie", cookie.String()); c.body != `for "bidder1"` {
		t.Errorf("a link from another site gets %d %s", c.status, c.body)
	}
	// A browser of ours enrols and keeps a bidding session; a client with a token needs no headers.
	c := w.want(201, "", "", "POST", path, `{"accept_notices": true}`, "Sec-Fetch-Site", "same-origin", "Cookie", cookie.String())
	set := c.header.Get("Set-Cookie")
	id, err := uuid.Parse(lot)
	w.must(err)
	if !strings.HasPrefix(set, account.BiddingCookieName(id)+"=") || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") {
		t.Errorf("it keeps %q", set)
	}
	w.want(201, "", "bidder2", "POST", path, `{"accept_notices": true}`, "Origin", "http://evil.example")
	bidding, _, _ := strings.Cut(set, ";")
	w.want(409, "not_started", "", "POST", "/api/v1/lots/"+lot+"/bids", `{"amount_fen": 260000}`, "Sec-Fetch-Site", "same-origin", "Cookie", bidding, "Idempotency-Key", "k")
	w.want(403, "cross_site_request", "", "POST", "/api/v1/lots/"+lot+"/bids", `{"amount_fen": 260000}`, "Sec-Fetch-Site", "cross-site", "Cookie", bidding, "Idempotency-Key", "k")
}

// R18: where a bidding session is handled, nobody looks at who is signed in.
func TestR18_RoomsDoNotLookAtTheAccount(t *testing.T) {
	t.Parallel()
	w := start(t, somePages)
	cookie := w.browser("bidder1")
	for path, want := range map[string]string{"/lots": `for "bidder1"`, "/lots/" + uuid.NewString() + "/bid": `for ""`} {
		if c := w.do("", "GET", path, nil, "Cookie", cookie.String()); c.body != want {
			t.Errorf("%s is %s, want %s", path, c.body, want)
		}
	}
}

func TestHeadersThatProtect(t *testing.T) {
	t.Parallel()
	w := start(t, somePages, func(c *web.Config) { c.Secure, c.PaymentOrigins = true, []string{"https://checkout.stripe.com"} })
	c := w.do("", "GET", "/", nil)
	csp := c.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self' https://checkout.stripe.com"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %q: %s", part, csp)
		}
	}
	if strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") {
		t.Errorf("the policy allows inline code: %s", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"} {
		if got := c.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if !strings.HasPrefix(c.header.Get("Strict-Transport-Security"), "max-age=") {
		t.Error("no HSTS over TLS")
	}
	c = w.want(404, "not_found", "", "GET", "/api/v1/lots/"+uuid.NewString(), nil)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Permissions-Policy": "",
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := c.header.Get(name); got != want {
			t.Errorf("%s of a call is %q", name, got)
		}
	}
}

// What is nobody's fault but ours says nothing of itself, and stands in the log.
func TestOurFaultsAreBareAndLogged(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, err := w.pool.Exec(t.Context(), `ALTER TABLE courts RENAME TO elsewhere`)
	w.must(err)
	c := w.want(500, "internal_error", "", "GET", "/api/v1/lots", nil)
	if strings.Contains(c.body, "courts") || !strings.Contains(w.log.String(), "courts") || !strings.Contains(w.log.String(), c.text("request_id")) {
		t.Errorf("it answers %s; the log holds %s", c.body, w.log.String())
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	w := start(t)
	ops := w.server.Operations()
	get := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		ops.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return rec
	}
	w.do("", "GET", "/api/v1/lots?q=secret", nil)
	if r := get("/healthz"); r.Code != 200 || r.Body.String() != "ok\n" {
		t.Errorf("/healthz answers %d %s", r.Code, r.Body)
	}
	w.eventually("the node is ready", func() bool { return get("/readyz").Code == 200 })
	m := get("/metrics").Body.String()
	if !strings.Contains(m, `mingchui_http_requests_total{method="GET",route="/api/v1/lots",status="200"} 1`) || strings.Contains(m, "secret") {
		t.Errorf("/metrics reads %s", m)
	}
	down := w.server.Config
	down.Metrics = nil
	pool, err := pgxpool.NewWithConfig(t.Context(), w.pool.Config())
	w.must(err)
	pool.Close()
	down.Pool = pool
	other, err := web.New(down)
	w.must(err)
	ops = other.Operations()
	if r := get("/readyz"); r.Code != 503 || !strings.Contains(r.Body.String(), `"postgresql":"down"`) {
		t.Errorf("without PostgreSQL /readyz answers %d %s", r.Code, r.Body)
	}
	for _, path := range []string{"/healthz", "/metrics", "/readyz"} {
		w.want(404, "not_found", "", "GET", path, nil)
	}
}
