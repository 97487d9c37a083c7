package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mingchui/payments/webhook"
)

// finances is a court's finance system that verifies as the standard says, of its own code, and applies each id once.
type finances struct {
	t    *testing.T
	http *httptest.Server

	mu      sync.Mutex
	secret  string
	applied []webhook.Body
	ids     []string
	seen    map[string]bool
	// calls counts all that came; forged what it did not believe.
	calls, forged int
	// script answers the next calls; when it is empty everything is taken.
	script []answer
}

// answer is what a call gets: a status, or a trouble.
type answer int

const (
	// lostAfter takes the message and breaks the connection before its answer.
	lostAfter answer = -iota - 1
	// slow never answers.
	slow
)

func listen(t *testing.T) *finances {
	t.Helper()
	f := &finances{t: t, seen: map[string]bool{}}
	f.http = httptest.NewServer(f)
	t.Cleanup(f.http.Close)
	return f
}

func (f *finances) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	f.calls++
	next := answer(http.StatusNoContent)
	if len(f.script) > 0 {
		next, f.script = f.script[0], f.script[1:]
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || !believes(f.secret, r.Header, body) {
		f.forged++
		f.mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if next == lostAfter || next >= 200 && next < 300 {
		f.apply(r.Header.Get("webhook-id"), body)
	}
	f.mu.Unlock()
	switch next {
	case slow:
		<-r.Context().Done()
	case lostAfter:
		panic(http.ErrAbortHandler)
	case http.StatusFound:
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	default:
		w.WriteHeader(int(next))
	}
}

func (f *finances) apply(id string, body []byte) {
	if f.seen[id] {
		return
	}
	f.seen[id] = true
	var b webhook.Body
	if err := json.Unmarshal(body, &b); err != nil {
		f.t.Errorf("body %s: %v", body, err)
	}
	f.applied, f.ids = append(f.applied, b), append(f.ids, id)
}

// believes verifies a call: the signature by the secret, and the time within five minutes.
func believes(secret string, h http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	stamp, bad := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || bad != nil || len(key) == 0 || time.Since(time.Unix(stamp, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + string(body)))
	for one := range strings.FieldsSeq(h.Get("webhook-signature")) {
		version, text, _ := strings.Cut(one, ",")
		if got, err := base64.StdEncoding.DecodeString(text); err == nil && version == "v1" && hmac.Equal(got, mac.Sum(nil)) {
			return true
		}
	}
	return false
}

func (f *finances) play(secret string, script ...answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if secret != "" {
		f.secret = secret
	}
	f.script = script
}

// want holds the numbers of what was applied, in its order, and how many calls came and were not believed.
func (f *finances) want(what string, calls, forged int, sequences ...int64) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls != calls || f.forged != forged {
		f.t.Errorf("%s: %d calls, %d of them not believed; want %d, %d", what, f.calls, f.forged, calls, forged)
	}
	got := make([]int64, len(f.applied))
	for i, b := range f.applied {
		got[i] = b.Sequence
	}
	if len(got) != len(sequences) {
		f.t.Fatalf("%s: applied %v, want %v", what, got, sequences)
	}
	for i := range got {
		if got[i] != sequences[i] {
			f.t.Fatalf("%s: applied %v, want %v", what, got, sequences)
		}
	}
}

// A receiver takes no call that was changed, or signed by another secret, or is old.
func TestAVerifyingReceiverTakesNoOtherCall(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.tell("fund.posted", &s.caseID)
	var h http.Header
	var body []byte
	spy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
	}))
	defer spy.Close()
	secret := s.set(spy.URL)
	s.tell("fund.posted", &s.caseID)
	s.run()
	if !believes(secret, h, body) {
		t.Fatalf("the true call is not believed: %v %s", h, body)
	}
	if believes(secret, h, append(body[:len(body)-1:len(body)-1], ' ', '}')) || believes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", h, body) {
		t.Error("a changed body or another secret is believed")
	}
	for header, value := range map[string]string{
		"webhook-id": "another", "webhook-timestamp": strconv.FormatInt(time.Now().Add(-10*time.Minute).Unix(), 10), "webhook-signature": "v1,AAAA",
	} {
		changed := h.Clone()
		changed.Set(header, value)
		if believes(secret, changed, body) {
			t.Errorf("another %s is believed", header)
		}
	}
}
