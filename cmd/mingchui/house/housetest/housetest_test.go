package housetest_test

import (
	"io"
	"net/http"
	"testing"

	"mingchui/cmd/mingchui/house/housetest"
)

// A rig serves the site, the operators' port and the stand-in, and its empty house is sound.
func TestOpen_ServesAndIsSound(t *testing.T) {
	t.Parallel()
	r := housetest.Open(t, housetest.Options{})
	for url, want := range map[string]int{
		r.OperationsURL + "/healthz":    http.StatusOK,
		r.SiteURL + "/api/v1/lots":      http.StatusOK,
		r.SiteURL + "/standin/c/pay/no": http.StatusNotFound,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d: %.200s", url, res.StatusCode, want, body)
		}
	}
	r.RunDue()
	r.Fsck()
}
