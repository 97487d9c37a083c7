package docket

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"mingchui/auction/money"
)

// TestSchemaIsCurrent makes the schema from the types and compares it with the
// file. MINGCHUI_WRITE=1 go test -run SchemaIsCurrent ./auction/docket writes it.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	defs := map[string]any{}
	root := schemaOf(reflect.TypeFor[File](), spec{}, defs)
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "urn:" + Format,
		"title":   "明槌公开导入格式 v1 / Mingchui public import format v1",
		"$ref":    root["$ref"], "$defs": defs,
	})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("MINGCHUI_WRITE") == "1" {
		if err := os.WriteFile("schema.json", want.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Schema(), want.Bytes()) {
		t.Error("schema.json is not what the types say; write it anew")
	}
}

func schemaOf(typ reflect.Type, f spec, defs map[string]any) map[string]any {
	out := map[string]any{}
	if f.name.Zh != "" {
		out["title"] = f.name.Zh + " / " + f.name.En
	}
	if known := choices(typ); known != nil {
		out["type"], out["enum"] = "string", known
		return out
	}
	switch typ.Kind() { //nolint:exhaustive // the format's types have these kinds alone
	case reflect.Pointer:
		return schemaOf(typ.Elem(), f, defs)
	case reflect.Struct:
		out["$ref"] = "#/$defs/" + typ.Name()
		if _, made := defs[typ.Name()]; made {
			return out
		}
		def := map[string]any{"type": "object", "additionalProperties": false}
		defs[typ.Name()] = def
		properties, required := map[string]any{}, []string{}
		for field := range typ.Fields() {
			s := specOf(field)
			properties[s.key] = schemaOf(field.Type, s, defs)
			if !s.optional {
				required = append(required, s.key)
			}
		}
		def["properties"], def["required"] = properties, required
	case reflect.Slice:
		inner := f
		inner.most, inner.name = 0, Text{}
		out["type"], out["items"] = "array", schemaOf(typ.Elem(), inner, defs)
		out["minItems"], out["maxItems"] = f.least, or(f.most, defaultMaxItems)
	case reflect.String:
		out["type"], out["minLength"], out["maxLength"] = "string", 1, or(f.most, defaultMaxRunes)
		if typ == reflect.TypeFor[Date]() {
			out["format"], out["maxLength"] = "date", 10
		}
		if f.key == "format" {
			out["const"] = Format
		}
	case reflect.Int:
		out["type"], out["minimum"] = "integer", 0
	case reflect.Int64:
		out["type"], out["minimum"], out["maximum"] = "integer", 0, int64(money.Max)
	case reflect.Bool:
		out["type"] = "boolean"
	default:
		panic("a field of type " + typ.String())
	}
	return out
}

func or(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}
