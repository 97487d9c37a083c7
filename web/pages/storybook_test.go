package pages

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mingchui/web/account"
	"mingchui/web/static"
	"mingchui/web/words"
)

func visitorOf(p *Page) *account.Visitor {
	return &account.Visitor{Identity: account.Identity{ID: p.Viewer.AccountID, Role: account.Role(p.Viewer.Role), Login: p.Viewer.Login}, Lang: p.W.Lang()}
}

func samplePage(assets *static.Assets, lang string) *Page {
	return &Page{
		W: words.In(lang), Assets: assets, Now: sampleNow(), Path: "/lots?q=a", Check: &Checkpoint{Origin: "mingchui.example/log", Size: 48_213_907, Root: "q7YdPzAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAc0vE="},
		Banner: map[string]string{words.Chinese: "演示：企业、案号、金额均为虚构；演示规则集以分钟代天。", words.English: "Demonstration: companies, cases and amounts are invented; minutes stand for days."}[lang],
	}
}

// TestStorybook renders every view in every state, in both languages, and looks
// for what no page may have. With -artifacts the pages are kept for viewing.
func TestStorybook(t *testing.T) {
	t.Parallel()
	assets, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{words.Chinese, words.English} {
		for _, s := range stories() {
			t.Run(lang+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				p := samplePage(assets, lang)
				var b bytes.Buffer
				if err := s.make(p).Render(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				checkPage(t, b.String(), lang)
				if err := os.WriteFile(filepath.Join(t.ArtifactDir(), s.name+"."+lang+".html"), b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func checkPage(t *testing.T, html, lang string) {
	t.Helper()
	for what, bad := range map[string]*regexp.Regexp{
		"a key without wording":    regexp.MustCompile(`⟦[^⟧]*⟧`),
		"an argument not given":    regexp.MustCompile(`&lt;no value&gt;[^"]{0,40}`),
		"an inline style":          regexp.MustCompile(`\sstyle="[^"]*"`),
		"an inline script":         regexp.MustCompile(`<script(?:>| [^>]*[^"/]>)[^<]+<`),
		"an inline handler":        regexp.MustCompile(`\son[a-z]+="`),
		"a picture without alt":    regexp.MustCompile(`<img(?:[^a]|a[^l])*?>`),
		"a link that goes nowhere": regexp.MustCompile(`href="#"`),
		"another host":             regexp.MustCompile(`(?:src|href)="https?://[^"]*\.(?:js|css|png|svg|woff2?)"`),
		"a template verb":          regexp.MustCompile(`%!\w\(`),
	} {
		if found := bad.FindString(html); found != "" && !(what == "a picture without alt" && strings.Contains(found, "alt=")) {
			t.Errorf("the page has %s: %s", what, found)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("the id %s stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`<label[^>]* for="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if !ids[m[1]] {
			t.Errorf("a label is for %s, which is not there", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("aria-labelledby names %s, which is not there", id)
			}
		}
	}
	if lang == words.English {
		html = regexp.MustCompile(`(?s)<textarea[^>]* lang="zh-CN"[^>]*>.*?</textarea>|<input[^>]* lang="zh-CN"[^>]*>|<(?:del|ins)>.*?</(?:del|ins)>`).ReplaceAllString(html, "") // quoted from the court's documents
		if i := strings.IndexAny(html, "，。；"); i >= 0 {
			t.Errorf("an English page has Chinese punctuation: %s", html[max(0, i-120):min(len(html), i+60)])
		}
	}
	if n := strings.Count(html, "<h1"); n != 1 {
		t.Errorf("the page has %d main headings", n)
	}
}
