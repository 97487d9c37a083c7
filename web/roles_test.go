package web_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mingchui/web"
	"mingchui/web/account"
	"mingchui/web/pages"
)

// standing in for pages: every line of the table that is no call of the contract.
func somePages(c *web.Config) {
	for _, a := range web.Table() {
		if strings.HasPrefix(a.Path, "/api/") || strings.HasPrefix(a.Path, "/log/") || strings.HasPrefix(a.Path, "/webhooks/") || a.Path == web.TicksPath {
			continue
		}
		c.Pages = append(c.Pages, web.Page{Method: a.Method, Path: a.Path, Serve: func(w http.ResponseWriter, r *http.Request, _ map[string]string) error {
			v := account.From(r.Context())
			_, err := fmt.Fprintf(w, "for %q", v.Identity.Login)
			return err
		}})
	}
}

// Each role × each route: what the running server lets in is what
// testdata/roles.txt says, line by line.
func TestEachRoleOnEachRoute(t *testing.T) {
	t.Parallel()
	w := start(t, somePages)
	callers := []string{"", "bidder1", "judge1", "clerk1", "finance1", "inspector1", "operator1"}
	var got strings.Builder
	for _, a := range web.Table() {
		path := strings.NewReplacer("{lot}", uuid.NewString(), "{case}", uuid.NewString(), "{asset}", uuid.NewString(), "{price}", uuid.NewString(), "{objection}", uuid.NewString(), "{receipt}", uuid.NewString(),
			"{session}", "none", "{tile}", "0/000", "{act}", "stay").Replace(a.Path)
		answers := make([]string, 0, len(callers))
		for _, who := range callers {
			answers = append(answers, gate(w, who, a.Method, path))
		}
		got.WriteString(strings.TrimRight(fmt.Sprintf("%-6s %-40s %s", a.Method, a.Path, strings.Join(answers, " ")), " ") + "\n")
	}
	want, err := os.ReadFile("testdata/roles.txt")
	w.must(err)
	_, table, _ := strings.Cut(string(want), "\n\n")
	if got.String() != table {
		t.Errorf("the server answers:\n%s", got.String())
	}
}

// gate is what the gate made of a request: in, 401 or 403. Signing out or
// revoking would spend the caller's token, so those send their own.
func gate(w *world, who, method, path string) string {
	w.t.Helper()
	caller := who
	if method == http.MethodDelete && who != "" {
		a, err := w.accounts.ByLogin(w.t.Context(), who)
		w.must(err)
		caller, _, err = w.accounts.IssueToken(w.t.Context(), a.ID)
		w.must(err)
	}
	var body any
	if method == http.MethodPost || method == http.MethodPut {
		body = "{}"
	}
	if strings.HasSuffix(path, "/events") {
		path += "?unknown=1" // refused after the gate, before a stream begins
	}
	c := w.do(caller, method, path, body)
	if path == "/api/v1/me/sessions" && method == http.MethodDelete && who != "" {
		a, err := w.accounts.ByLogin(w.t.Context(), who)
		w.must(err)
		w.tokens[who], _, err = w.accounts.IssueToken(w.t.Context(), a.ID)
		w.must(err)
	}
	switch c.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprint(c.status)
	}
	return "in "
}

// Each page has its line in the table; the pages hold no roles of their own.
func TestPagesAgreeWithTheTable(t *testing.T) {
	t.Parallel()
	table := map[string]bool{}
	for _, a := range web.Table() {
		table[a.Method+" "+a.Path] = true
	}
	for _, r := range (&pages.Site{}).Routes() {
		if !table[r.Method+" "+r.Path] {
			t.Errorf("%s %s is missing from the table of roles", r.Method, r.Path)
		}
	}
}

// A route that is missing from the table, or a line without a route, stops the start.
func TestTheStartHoldsRoutesAgainstTheTable(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := w.server.Config
	somePages(&c)
	c.Metrics = nil
	for name, change := range map[string]func([]web.Page) []web.Page{
		"a page more":  func(p []web.Page) []web.Page { return append(p, web.Page{Method: "GET", Path: "/secret"}) },
		"a page fewer": func(p []web.Page) []web.Page { return p[1:] },
	} {
		changed := c
		changed.Pages = change(slices.Clone(c.Pages))
		if _, err := web.New(changed); err == nil || !strings.Contains(err.Error(), "table of roles") {
			t.Errorf("%s: the start says %v", name, err)
		}
	}
	if _, err := web.New(c); err != nil {
		t.Errorf("all pages: %v", err)
	}
}
