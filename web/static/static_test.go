package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mingchui/web/static"
)

func TestAssetsAreServedForGood(t *testing.T) {
	t.Parallel()
	a, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, encoding string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Result()
	}
	res := get(a.URL("mingchui.css"), "gzip, deflate")
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") ||
		res.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/css") {
		t.Fatalf("stylesheet: %d %v", res.StatusCode, res.Header)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !strings.Contains(string(b), "--seal") {
		t.Errorf("stylesheet reads %d bytes: %v", len(b), err)
	}
	for path, want := range map[string]int{
		a.URL("drawings/nothing.svg"):  http.StatusNotFound,
		a.URL("static.go"):             http.StatusNotFound,
		"/static/../go.mod":            http.StatusNotFound,
		"/static/oldhash/mingchui.css": http.StatusOK,
		a.URL("mark.svg"):              http.StatusOK,
		a.URL("live.js"):               http.StatusOK,
		a.URL("drawings/flat.svg"):     http.StatusOK,
		"/static/" + "mingchui.css":    http.StatusNotFound,
	} {
		r := get(path, "gzip;q=0")
		_ = r.Body.Close()
		if r.StatusCode != want || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %s, want %d", path, r.StatusCode, r.Header.Get("Content-Encoding"), want)
		}
	}
	r := get("/static/oldhash/mingchui.css", "")
	_ = r.Body.Close()
	if got := r.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("an old address may be kept: %s", got)
	}
}
