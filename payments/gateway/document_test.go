package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// document is Stripe's OpenAPI document, as far as answers need it.
type document struct {
	Info       struct{ Version string }
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct{ Schema *schema }
	}
}

// schema is OpenAPI 3.0's, without what the document does not use.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 string
	Nullable             bool
	Enum                 []any
	MaxLength            *int
	Required             []string
	Properties           map[string]*schema
	AdditionalProperties json.RawMessage
	Items                *schema
	AnyOf                []*schema
}

func readDocument(t *testing.T, b []byte) *document {
	t.Helper()
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// answer is the schema of what a call answers with a status.
func (d *document) answer(method, path string, status int) (*schema, string) {
	for template, methods := range d.Paths {
		if !fits(template, path) {
			continue
		}
		op, ok := methods[strings.ToLower(method)]
		if !ok {
			continue
		}
		r, ok := op.Responses[fmt.Sprint(status)]
		if !ok {
			r = op.Responses["default"]
		}
		return r.Content["application/json"].Schema, template
	}
	return nil, ""
}

// fits matches a path with a template; a literal part wins over a parameter by the shape of Stripe's ids (search is none).
func fits(template, path string) bool {
	a, b := strings.Split(template, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if strings.HasPrefix(a[i], "{") {
			if !strings.Contains(b[i], "_") {
				return false
			}
		} else if a[i] != b[i] {
			return false
		}
	}
	return true
}

// check holds a value against a schema: its type, its required fields, and no field that the schema does not know. It is stricter than the document, which
// lets unknown fields pass.
func (d *document) check(at string, s *schema, v any) []string {
	if s.Ref != "" {
		return d.check(at, d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")], v)
	}
	if v == nil {
		if s.Nullable {
			return nil
		}
		return []string{at + " is null"}
	}
	if len(s.AnyOf) > 0 {
		return d.checkAny(at, s, v)
	}
	switch v := v.(type) {
	case string:
		return d.checkString(at, s, v)
	case bool:
		return wrongType(at, s, "boolean", v)
	case float64:
		if s.Type == "number" || s.Type == "integer" && v == float64(int64(v)) {
			return nil
		}
		return wrongType(at, s, "integer", v)
	case []any:
		if s.Type != "array" {
			return wrongType(at, s, "array", v)
		}
		var faults []string
		for i, one := range v {
			faults = append(faults, d.check(fmt.Sprintf("%s[%d]", at, i), s.Items, one)...)
		}
		return faults
	case map[string]any:
		return d.checkObject(at, s, v)
	}
	return []string{fmt.Sprintf("%s is a %T", at, v)}
}

// checkAny takes what one of the schemas takes; where none does it tells of the one that takes most.
func (d *document) checkAny(at string, s *schema, v any) []string {
	var nearest []string
	for _, one := range s.AnyOf {
		faults := d.check(at, one, v)
		if len(faults) == 0 {
			return nil
		}
		_, object := v.(map[string]any)
		if object && !d.isObject(one) {
			continue // an id that was expanded
		}
		if nearest == nil || len(faults) < len(nearest) {
			nearest = faults
		}
	}
	if nearest == nil {
		return []string{at + " is none of what it may be"}
	}
	return nearest
}

func (d *document) isObject(s *schema) bool {
	if s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s.Type == "object"
}

func (d *document) checkString(at string, s *schema, v string) []string {
	if s.Type != "string" {
		return wrongType(at, s, "string", v)
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, any(v)) {
		return []string{fmt.Sprintf("%s is %q, not one of %v", at, v, s.Enum)}
	}
	if s.MaxLength != nil && len([]rune(v)) > *s.MaxLength {
		return []string{fmt.Sprintf("%s has %d characters, over %d", at, len([]rune(v)), *s.MaxLength)}
	}
	return nil
}

func (d *document) checkObject(at string, s *schema, v map[string]any) []string {
	if s.Type != "object" {
		return wrongType(at, s, "object", v)
	}
	var faults []string
	for _, name := range s.Required {
		if _, there := v[name]; !there {
			faults = append(faults, at+"."+name+" is missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if p, known := s.Properties[name]; known {
			faults = append(faults, d.check(at+"."+name, p, v[name])...)
			continue
		}
		var more schema
		switch {
		case len(s.AdditionalProperties) == 0 && len(s.Properties) == 0: // an object of no named fields: an event's data
		case json.Unmarshal(s.AdditionalProperties, &more) == nil && more.Type != "":
			faults = append(faults, d.check(at+"."+name, &more, v[name])...)
		default:
			faults = append(faults, at+"."+name+" is no field of Stripe's")
		}
	}
	return faults
}

func wrongType(at string, s *schema, want string, v any) []string {
	if s.Type == want {
		return nil
	}
	return []string{fmt.Sprintf("%s is %v, not of type %s", at, v, s.Type)}
}
