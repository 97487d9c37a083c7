package static

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A chosen file's SHA-256 is put into its field by the browser, and the file is sent nowhere; without scripts the box stays hidden.
func TestTheBrowserReckonsAFilesHash(t *testing.T) {
	t.Parallel()
	script, err := files.ReadFile("hash.js")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hash.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		load := `<script type="module" src="/hash.js"></script>`
		if r.URL.Query().Has("plain") {
			load = ""
		}
		_, _ = fmt.Fprint(w, `<form><input id="proof" name="proof"><div hidden data-hash-of="proof" data-busy="busy" data-done="done" data-failed="failed">
			<input id="proof-file" type="file"><output></output></div></form>`+load)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	content := []byte("委托书\n")
	file := filepath.Join(t.TempDir(), "proxy.txt")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)

	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(time.Minute))...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(stop)
	var value, said string
	var hidden bool
	var sent string
	err = chromedp.Run(ctx,
		chromedp.Navigate(server.URL+"/?plain"), chromedp.Evaluate(`document.querySelector('[data-hash-of]').hidden`, &hidden),
		chromedp.Navigate(server.URL+"/"), chromedp.WaitVisible("#proof-file"),
		chromedp.SetValue("#proof", "the hash of another file"), chromedp.SetUploadFiles("#proof-file", []string{file}),
		chromedp.Poll(`document.querySelector('output').textContent === 'done'`, nil, chromedp.WithPollingTimeout(time.Minute)),
		chromedp.Value("#proof", &value), chromedp.Text("output", &said),
		chromedp.Evaluate(`new URLSearchParams(new FormData(document.forms[0])).toString()`, &sent),
	)
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(sum[:]); value != want || said != "done" || sent != "proof="+want {
		t.Errorf("the field has %q, the box says %q, the form sends %q; want %q", value, said, sent, want)
	}
	if !hidden {
		t.Error("without scripts the box is shown")
	}
}
