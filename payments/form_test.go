package payments_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// formPost is the payment page's button.
func formPost(t *testing.T, page, outcome string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(url.Values{"outcome": {outcome}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}
