package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// seedEnv repeats a run: MC_SEED=… go test -run …
const seedEnv = "MC_SEED"

// seedOf draws the seed of a test's chance and prints it.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv(seedEnv); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed: %s=%d", seedEnv, seed)
	return seed
}

// awaitLimit bounds every wait.
const awaitLimit = time.Minute

// await looks every so often until ready, and fails the test after awaitLimit.
func await(t *testing.T, what string, every time.Duration, ready func() bool) {
	t.Helper()
	limit := time.NewTimer(awaitLimit)
	defer limit.Stop()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !ready() {
		select {
		case <-limit.C:
			t.Fatalf("%s: not within %s", what, awaitLimit)
		case <-t.Context().Done():
			t.Fatalf("%s: %v", what, t.Context().Err())
		case <-tick.C:
		}
	}
}

// person is somebody at the API: a stranger without a token, else whom the
// token stands for, an account or a bidding session.
type person struct {
	t     *testing.T
	site  string
	login string
	token string
}

// password is everybody's; it keeps nothing but made-up accounts.
const password = "correct horse battery staple"

// reply is what came back.
type reply struct {
	t      *testing.T
	call   string
	status int
	body   []byte
}

func (p person) get(path string) reply {
	p.t.Helper()
	return p.do(http.MethodGet, path, nil, nil)
}

// post sends v as JSON, or as it is when it is a []byte.
func (p person) post(path string, v any) reply {
	p.t.Helper()
	return p.do(http.MethodPost, path, v, nil)
}

// postOnce is post with an Idempotency-Key.
func (p person) postOnce(path, key string, v any) reply {
	p.t.Helper()
	return p.do(http.MethodPost, path, v, map[string]string{"Idempotency-Key": key})
}

func (p person) do(method, path string, v any, header map[string]string) reply {
	p.t.Helper()
	var body io.Reader = http.NoBody
	switch v := v.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			p.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.site+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	if v != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{p.t, method + " " + path, res.StatusCode, b}
}

// again is a person who signs in once more, as tokens last a day.
func (p *person) again() { *p = person{t: p.t, site: p.site}.signIn(p.login) }

// into reads a good answer.
func (r reply) into(v any) {
	r.t.Helper()
	if r.status != http.StatusOK && r.status != http.StatusCreated {
		r.t.Fatalf("%s: answered %d: %.2000s", r.call, r.status, r.body)
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%s: %v: %.400s", r.call, err, r.body)
	}
}

// made reads a good answer and returns its id.
func (r reply) made() uuid.UUID {
	r.t.Helper()
	var v struct {
		ID uuid.UUID `json:"id"`
	}
	r.into(&v)
	return v.ID
}

// refusal is a problem document.
type refusal struct {
	Code     string `json:"code"`
	Field    string `json:"field"`
	Rule     string `json:"rule"`
	Article  string `json:"article"`
	Detail   string `json:"detail"`
	PriceFen int64  `json:"price_fen"`
	Seq      int64  `json:"seq"`
	Faults   []struct {
		Code  string `json:"code"`
		Rule  string `json:"rule"`
		Field string `json:"field"`
		Line  int    `json:"line"`
	} `json:"faults"`
}

// refused checks status and code of a refusal and returns it.
func (r reply) refused(status int, code string) refusal {
	r.t.Helper()
	var v refusal
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Errorf("%s: answered %d, no problem document: %.400s", r.call, r.status, r.body)
	}
	if r.status != status || v.Code != code {
		r.t.Errorf("%s: answered %d %s, want %d %s: %.600s", r.call, r.status, v.Code, status, code, r.body)
	}
	return v
}

// signIn gets a token for an account.
func (p person) signIn(login string) person {
	p.t.Helper()
	var v struct {
		Token string `json:"token"`
	}
	p.post("/api/v1/tokens", map[string]string{"login": login, "password": password}).into(&v)
	p.login, p.token = login, v.Token
	return p
}

// payOn does what a payer does on a payment page.
func payOn(t *testing.T, page, outcome string) {
	t.Helper()
	form := strings.NewReader(url.Values{"outcome": {outcome}}.Encode())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, form)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("POST %s: answered %d", page, res.StatusCode)
	}
}

// without is v as a JSON object less some members.
func without(t *testing.T, v any, members ...string) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	for _, name := range members {
		delete(out, name)
	}
	return out
}

// intoProblem reads a refusal.
func (r reply) intoProblem(v *refusal) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%s: answered %d, no problem document: %.400s", r.call, r.status, r.body)
	}
}

func urlQuery(text string) string { return url.QueryEscape(text) }
