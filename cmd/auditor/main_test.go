package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mingchui/auction/audit"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"verify"}, {"verify", "--log", "ftp://x"}, {"verify", "--nonsense"}, {"other"}, {"receipt"}, {"receipt", "nowhere.json", "--key", "k"}, {"verify", "--log", "http://127.0.0.1:1/log", "--jobs", "0"}} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), args, &out, &progress, func(string) string { return "" }); code != exitUnknown {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	for lang, word := range map[string]string{"zh_CN.UTF-8": "核对", "C.UTF-8": "checks"} {
		var out bytes.Buffer
		if code := run(t.Context(), []string{"--help"}, &out, &out, func(string) string { return lang }); code != exitHolds || !strings.Contains(out.String(), word) {
			t.Errorf("%s: exit %d: %s", lang, code, out.String())
		}
	}
}

// TestUnreachableIsNoFinding: a server that fails is exit code 2, never "holds" and never "found".
func TestUnreachableIsNoFinding(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	if code, _, text := auditor(t, "verify", "--log", server.URL); code != exitUnknown || asked != attempts {
		t.Fatalf("exit %d after %d attempts: %s", code, asked, text)
	}
}

func TestPrintedReport(t *testing.T) {
	t.Parallel()
	c := newCourt(t, replaceIn(audit.KindLotVoted, 0, func(b string) string { return bump(b, `"deposit_fen":`) })(t, generate(t, seed, 2)))
	for lang, words := range map[string][]string{
		"zh": {"发现 1 处问题", "[R6]", "没有核对的", "首次使用即信任"},
		"en": {"1 found wrong", "[R6]", "Not checked", "trusted on first use"},
	} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), []string{"verify", "--log", c.url, "--lang", lang}, &out, &progress, func(string) string { return "" }); code != exitFound {
			t.Fatalf("exit %d", code)
		}
		for _, w := range words {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%q is not in\n%s", w, out.String())
			}
		}
		if strings.Contains(out.String(), "%!") {
			t.Errorf("a verb has no argument: %s", out.String())
		}
	}
}
