package standin_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mingchui/payments/standin"
)

// open reads a page as a browser with that language.
func open(t *testing.T, target, lang string) (status int, body string, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

func TestPageInBothLanguages(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Config{})
	page := b.call(t, "POST", "/v1/checkout/sessions", "", strings.Replace(lines, "unit_amount]=100", "unit_amount]=26504005", 1)).str("url")
	for lang, want := range map[string][]string{
		"zh-CN,zh;q=0.9,en;q=0.8": {`lang="zh-CN"`, "不会扣款", "支付 ¥265,040.05", "由银行拒绝", "放弃并返回", "贰拾陆万伍仟零肆拾元零伍分"},
		"en-GB,en;q=0.9":          {`lang="en"`, "No button here takes money", "Pay ¥265,040.05", "Let the bank decline", "Leave without paying"},
		"":                        {`lang="zh-CN"`},
		"fr":                      {`lang="zh-CN"`},
	} {
		status, body, header := open(t, page, lang)
		if status != http.StatusOK || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", lang, status, header)
		}
		for _, w := range append(want, "deposit", `value="succeed"`, `value="decline"`, `value="abandon"`, "c.example") {
			if !strings.Contains(body, w) {
				t.Errorf("%s: the page does not say %q", lang, w)
			}
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
			t.Errorf("%s: the page has scripts or styles of its own", lang)
		}
	}
	if _, body, _ := open(t, page+"?lang=en", "zh"); !strings.Contains(body, `lang="en"`) {
		t.Error("?lang= does not choose")
	}
	english := b.call(t, "POST", "/v1/checkout/sessions", "", lines+"&locale=en").str("url")
	if _, body, _ := open(t, english, "zh"); !strings.Contains(body, `<html lang="en"`) {
		t.Error("the session's locale does not choose")
	}
	if status, body, _ := open(t, b.url+"/c/pay/cs_none", "zh"); status != http.StatusNotFound || !strings.Contains(body, "没有这个付款页") {
		t.Errorf("an unknown page: %d", status)
	}
	if status, css, _ := open(t, b.url+"/c/standin.css", ""); status != http.StatusOK || !strings.Contains(css, "--paper") {
		t.Errorf("style sheet: %d", status)
	}
}

func TestPageEscapesWhatItShows(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Config{})
	page := b.call(t, "POST", "/v1/checkout/sessions", "", strings.Replace(lines, "[name]=deposit", "[name]=%3Cscript%3Ealert(1)%3C/script%3E", 1)).str("url")
	if _, body, _ := open(t, page, "zh"); strings.Contains(body, "<script") || !strings.Contains(body, "&lt;script&gt;") {
		t.Error("the description is not escaped")
	}
}

func TestTornLastLineIsDropped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, standin.Config{Dir: dir})
	id := b.call(t, "POST", "/v1/checkout/sessions", "k1", lines).str("id")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(dir, "journal.jsonl")
	f, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"sessions":[{"ID":"cs_to`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := newBench(t, standin.Config{Dir: dir})
	if got := again.call(t, "GET", "/v1/checkout/sessions/"+id, "", ""); got.status != http.StatusOK {
		t.Fatalf("after a torn line: %v", got.body)
	}
	if _, err := standin.New(standin.Config{Dir: dir, SecretKey: secretKey, Now: noon}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("a second process in the folder: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	// A broken line in the middle is not a crash's doing.
	whole, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, append([]byte("{broken\n"), whole...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := standin.New(standin.Config{Dir: dir, SecretKey: secretKey, Now: noon}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Fatalf("a broken journal: %v", err)
	}
}

// Pages that were opened under another address lead where the stand-in and the
// site are now.
func TestPagesFollowTheAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBench(t, standin.Config{Dir: dir, PublicURL: "http://127.0.0.1:8080/standin", SiteURL: "http://127.0.0.1:8080"})
	body := strings.NewReplacer("https%3A%2F%2Fc.example", "http%3A%2F%2F127.0.0.1%3A8080", "https://c.example", "http://127.0.0.1:8080").Replace(lines)
	made := b.call(t, "POST", "/v1/checkout/sessions", "", body)
	if got := made.str("url"); !strings.HasPrefix(got, "http://127.0.0.1:8080/standin/c/pay/cs_") {
		t.Fatalf("the page is at %s", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := newBench(t, standin.Config{Dir: dir, PublicURL: "http://127.0.0.1:9090/standin", SiteURL: "http://127.0.0.1:9090"})
	path := "/c/pay/" + made.str("id")
	if got := again.call(t, "GET", "/v1/checkout/sessions/"+made.str("id"), "", "").str("url"); got != "http://127.0.0.1:9090/standin"+path {
		t.Errorf("the page is now at %s", got)
	}
	if _, page, _ := open(t, again.url+path, "en"); !strings.Contains(page, "127.0.0.1:9090") || strings.Contains(page, "8080") {
		t.Error("the page names the old address")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, outcome := range []string{"decline", "abandon", "succeed"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, again.url+path, strings.NewReader("outcome="+outcome))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "http://127.0.0.1:9090/") {
			t.Errorf("%s: %d to %s", outcome, res.StatusCode, to)
		}
	}
}
