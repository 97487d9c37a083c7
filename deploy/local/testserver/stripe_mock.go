package testserver

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"mingchui/deploy/local"
)

// StripeMock gives t Stripe's own mock: a client that calls it whatever the host, and the OpenAPI document that it checks requests by. It ends with the test.
func StripeMock(t testing.TB) (client *http.Client, document []byte) {
	t.Helper()
	dir, err := os.MkdirTemp("", "mc") //nolint:usetesting // a socket's path is at most 108 bytes, and a test's folder has its long name
	if err != nil {
		t.Fatal(err)
	}
	mock, err := local.StartStripeMock(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mock.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	folder, err := local.StripeMockFolder()
	if err != nil {
		t.Fatal(err)
	}
	document, err = os.ReadFile(filepath.Join(folder, "spec3.json"))
	if err != nil {
		t.Fatal(err)
	}
	return mock.Client(), document
}
