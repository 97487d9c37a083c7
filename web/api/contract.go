package api

import (
	"bytes"
	_ "embed" // openapi.yaml
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/jsonschema/v6"

	"mingchui/auction/docket"
)

//go:embed openapi.yaml
var source []byte

// Contract is the OpenAPI 3.1 document and what was compiled from it. It is
// immutable and safe for concurrent use.
type Contract struct {
	document []byte
	calls    map[string]*operation
}

// operation is one call of the document, ready to check requests.
type operation struct {
	params map[string]*parameter
	// body is nil where the document has none, or where the handler reads a
	// format of its own.
	body     *jsonschema.Schema
	required bool
}

// parameter is one of a query or a header.
type parameter struct {
	name, in string
	required bool
	schema   *jsonschema.Schema
	// number is set where the text is read as an integer first, list where it
	// holds several values between commas.
	number, list bool
}

const documentURL = "mingchui:openapi"

// LoadContract reads the embedded document, adds the docket's schemas to it as
// components, and compiles every operation. An error is a programmer's.
func LoadContract() (*Contract, error) {
	var tree any
	if err := yaml.Unmarshal(source, &tree); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	b, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml is no JSON: %w", err)
	}
	doc, err := object(b)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	if err := addDocket(doc); err != nil {
		return nil, err
	}
	c := &Contract{calls: map[string]*operation{}}
	if c.document, err = json.Marshal(doc); err != nil {
		return nil, fmt.Errorf("write the document: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(documentURL, any(doc)); err != nil {
		return nil, fmt.Errorf("compile the document: %w", err)
	}
	for path, item := range child(doc, "paths") {
		for method := range item.(map[string]any) {
			op, err := compile(compiler, doc, path, method)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.calls[strings.ToUpper(method)+" "+path] = op
		}
	}
	return c, nil
}

// JSON is the document as /api/v1/openapi.json serves it.
func (c *Contract) JSON() []byte { return c.document }

// Calls lists the document's operations: "POST /api/v1/lots/{lot}/bids".
func (c *Contract) Calls() []string { return slices.Sorted(maps.Keys(c.calls)) }

// compile prepares one operation.
func compile(compiler *jsonschema.Compiler, doc map[string]any, path, method string) (*operation, error) {
	at := "#/paths/" + pointer(path) + "/" + method
	spec := child(doc, "paths", path, method)
	op := &operation{params: map[string]*parameter{}}
	list, _ := spec["parameters"].([]any)
	for i, one := range list {
		p, place := one.(map[string]any), fmt.Sprintf("%s/parameters/%d", at, i)
		if ref, isRef := p["$ref"].(string); isRef {
			place = ref
			p = child(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		name, _ := p["name"].(string)
		in, _ := p["in"].(string)
		if name == "" || in == "path" {
			continue // path parameters are read by handlers: what is no id names nothing
		}
		schema, err := compiler.Compile(documentURL + place + "/schema")
		if err != nil {
			return nil, err
		}
		required, _ := p["required"].(bool)
		kind := typeOf(doc, p)
		op.params[in+" "+name] = &parameter{name: name, in: in, required: required, schema: schema, number: kind == "integer", list: kind == "array"}
	}
	body, has := spec["requestBody"].(map[string]any)
	if !has {
		return op, nil
	}
	op.required, _ = body["required"].(bool)
	if child(body, "content", "application/json") == nil || body["x-read-by-handler"] == true {
		return op, nil
	}
	var err error
	op.body, err = compiler.Compile(documentURL + at + "/requestBody/content/application~1json/schema")
	return op, err
}

// typeOf is the type of a parameter's schema, followed through one reference.
func typeOf(doc, p map[string]any) any {
	schema := child(p, "schema")
	if ref, isRef := schema["$ref"].(string); isRef {
		schema = child(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return schema["type"]
}

// addDocket copies the import format's definitions into components.schemas as
// Docket…, and makes those of them that calls take: a case without its property
// and lots, an asset and a lot without their refs, which belong to files.
func addDocket(doc map[string]any) error {
	text := bytes.ReplaceAll(docket.Schema(), []byte(`"#/$defs/`), []byte(`"#/components/schemas/Docket`))
	format, err := object(text)
	if err != nil {
		return fmt.Errorf("read the docket's schema: %w", err)
	}
	schemas := child(doc, "components", "schemas")
	defs := child(format, "$defs")
	for name, def := range defs {
		schemas["Docket"+name] = def
	}
	for name, cut := range map[string][]string{
		"Case": {"assets", "lots"}, "Asset": {"ref"}, "Lot": {"ref", "asset_refs"},
	} {
		b, err := json.Marshal(defs[name])
		if err != nil {
			return fmt.Errorf("copy Docket%s: %w", name, err)
		}
		reduced, err := object(b)
		if err != nil {
			return fmt.Errorf("copy Docket%s: %w", name, err)
		}
		for _, field := range cut {
			delete(child(reduced, "properties"), field)
		}
		reduced["required"] = slices.DeleteFunc(reduced["required"].([]any), func(field any) bool {
			return slices.Contains(cut, field.(string))
		})
		schemas["New"+name] = reduced
	}
	return nil
}

// object reads JSON with its numbers as they stand.
func object(b []byte) (map[string]any, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	m, isObject := v.(map[string]any)
	if !isObject {
		return nil, fmt.Errorf("not an object")
	}
	return m, nil
}

// child walks down; nil where the way ends.
func child(m map[string]any, names ...string) map[string]any {
	for _, n := range names {
		m, _ = m[n].(map[string]any)
	}
	return m
}

// pointer escapes a path for a JSON pointer in a URL fragment.
func pointer(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "*", "%2A").Replace(s)
}
