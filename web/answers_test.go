package web_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pb33f/jsonschema/v6"
)

// answers holds what the server answers against the document that it serves.
type answers struct {
	calls []answered
	// held counts the answers that were compared.
	held atomic.Int64
}

type answered struct {
	method  string
	path    *regexp.Regexp
	schemas map[string]*jsonschema.Schema // by status
}

func newAnswers(t *testing.T, document []byte) *answers {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("test:openapi", doc); err != nil {
		t.Fatal(err)
	}
	in := func(m any, names ...string) map[string]any {
		for _, n := range names {
			o, _ := m.(map[string]any)
			m = o[n]
		}
		o, _ := m.(map[string]any)
		return o
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	out := &answers{}
	for path, item := range in(doc, "paths") {
		for method, op := range item.(map[string]any) {
			one := answered{
				method: strings.ToUpper(method), schemas: map[string]*jsonschema.Schema{},
				path: regexp.MustCompile("^" + regexp.MustCompile(`\\\{(\w+)\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$"),
			}
			for status, response := range in(op, "responses") {
				at := "#/paths/" + escape.Replace(path) + "/" + method + "/responses/" + status
				if ref, ok := response.(map[string]any)["$ref"].(string); ok {
					at, response = ref, in(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
				}
				for _, media := range []string{"application/json", "application/problem+json"} {
					if in(response, "content", media) == nil {
						continue
					}
					s, err := compiler.Compile("test:openapi" + at + "/content/" + escape.Replace(media) + "/schema")
					if err != nil {
						t.Fatal(err)
					}
					one.schemas[status] = s
				}
			}
			out.calls = append(out.calls, one)
		}
	}
	return out
}

func (a *answers) check(t *testing.T, r *http.Request, c call) {
	t.Helper()
	if c.json == nil {
		return
	}
	for _, one := range a.calls {
		if one.method != r.Method || !one.path.MatchString(r.URL.EscapedPath()) {
			continue
		}
		schema := one.schemas[strconv.Itoa(c.status)]
		if schema == nil {
			schema = one.schemas["default"]
		}
		if schema == nil {
			t.Errorf("%s %s answers %d, which the document does not have", r.Method, r.URL.Path, c.status)
			return
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		a.held.Add(1)
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s %s answers %d other than the document says: %v\n%s", r.Method, r.URL.Path, c.status, err, c.body)
		}
		return
	}
}
