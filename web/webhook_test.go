package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// A court's finance sets its receiver over HTTP, sees the secret once, tries it, and moves what failed.
func TestFinanceSetsItsWebhookOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	var calls atomic.Int32
	gone := http.StatusGone
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			rw.WriteHeader(gone)
		}
	}))
	defer receiver.Close()
	const path = "/api/v1/finance/webhook"
	w.want(401, "sign_in_required", "", "GET", path, nil)
	w.want(403, "role_forbidden", "judge1", "PUT", path, map[string]any{"url": receiver.URL})
	empty := w.want(200, "", "finance1", "GET", path, nil)
	if empty.json["receiver"] != nil || len(empty.json["messages"].([]any)) != 0 {
		t.Errorf("before: %s", empty.body)
	}
	w.want(404, "not_found", "finance1", "POST", path+"/test", map[string]any{})
	w.want(422, "webhook_url_refused", "finance1", "PUT", path, map[string]any{"url": "ftp://finance.example/"})
	set := w.want(200, "", "finance1", "PUT", path, map[string]any{"url": receiver.URL}, "Idempotency-Key", "kept-by-nobody-0001")
	secret := set.text("secret")
	if !strings.HasPrefix(secret, "whsec_") || set.text("url") != receiver.URL {
		t.Fatalf("set: %s", set.body)
	}
	test := w.want(201, "", "finance1", "POST", path+"/test", map[string]any{})
	w.duties()
	view := w.want(200, "", "finance1", "GET", path, nil)
	if r := view.json["receiver"].(map[string]any); r["status"] != "stopped" || r["ground"] != "gone" || strings.Contains(view.body, secret) {
		t.Fatalf("after 410: %s", view.body)
	}
	failed := view.json["failed"].(map[string]any)
	if failed["message"] != test.text("id") || failed["http_status"].(float64) != 410 {
		t.Errorf("failed: %v", failed)
	}
	w.want(409, "webhook_state_conflict", "finance1", "POST", path+"/test", map[string]any{})
	message := path + "/messages/" + test.text("id")
	w.want(404, "not_found", "finance1", "POST", path+"/messages/none/skipping", map[string]any{})
	w.want(201, "", "finance1", "POST", message+"/redelivery", map[string]any{})
	w.duties()
	view = w.want(200, "", "finance1", "GET", path, nil)
	if m := view.json["messages"].([]any)[0].(map[string]any); m["status"] != "delivered" || calls.Load() != 2 {
		t.Errorf("sent again: %s, %d calls", view.body, calls.Load())
	}
	w.want(409, "webhook_state_conflict", "finance1", "POST", message+"/skipping", map[string]any{})
	w.want(204, "", "finance1", "DELETE", path, nil)
	w.want(409, "webhook_state_conflict", "finance1", "DELETE", path, nil)
	if log := w.log.String(); strings.Contains(log, secret[len("whsec_"):]) {
		t.Error("the log holds the secret")
	}
	var kept int
	w.must(w.pool.QueryRow(t.Context(), `SELECT count(*) FROM idempotency WHERE route LIKE 'PUT%webhook'`).Scan(&kept))
	if kept != 0 {
		t.Error("a kept answer holds the secret")
	}
}
