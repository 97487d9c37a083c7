package standin

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is what a parameter's value has to be.
type kind int

const (
	text     kind = iota // anything that is not empty
	free                 // anything; empty unsets
	positive             // integer ≥ 1
	natural              // integer ≥ 0
	instant              // Unix seconds
	boolean
)

// param is one parameter that an endpoint knows, by its bracketed name with
// indexes left out: line_items[][price_data][currency]. A name that ends in
// [*] stands for a map of free keys.
type param struct {
	name     string
	kind     kind
	required bool
	oneOf    []string
}

type spec []param

// form is what a request carries: bracketed name, with indexes, to values.
type form struct{ values url.Values }

func (f form) get(name string) string { return f.values.Get(name) }

func (f form) has(name string) bool { return f.values.Has(name) }

// int gives a number that check has passed, 0 when it is absent.
func (f form) int(name string) int64 {
	n, err := strconv.ParseInt(f.get(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// list gives name[0], name[1], … and name[], in their order.
func (f form) list(name string) []string {
	type item struct {
		at int
		v  []string
	}
	var items []item
	for k, v := range f.values {
		rest, ok := strings.CutPrefix(k, name+"[")
		if !ok || !strings.HasSuffix(rest, "]") {
			continue
		}
		at, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
		if err != nil && rest != "]" {
			continue
		}
		items = append(items, item{at, v})
	}
	slices.SortFunc(items, func(a, b item) int { return a.at - b.at })
	var out []string
	for _, it := range items {
		out = append(out, it.v...)
	}
	return out
}

// indexes gives the indexes that occur after name, in rising order.
func (f form) indexes(name string) []int {
	var out []int
	for k := range f.values {
		rest, ok := strings.CutPrefix(k, name+"[")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, "]")
		if at, err := strconv.Atoi(digits); err == nil && !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return out
}

// dict gives name[key]=value as a map; keys with an empty value are left out.
func (f form) dict(name string) map[string]string {
	out := map[string]string{}
	for k, v := range f.values {
		rest, ok := strings.CutPrefix(k, name+"[")
		if ok && strings.HasSuffix(rest, "]") && len(v) > 0 && v[0] != "" {
			out[strings.TrimSuffix(rest, "]")] = v[0]
		}
	}
	return out
}

// canonical is the same for the same parameters in any order.
func (f form) canonical() string { return f.values.Encode() }

// fields that every reading or writing endpoint takes.
func common(more ...param) spec { return append(spec{{name: "expand[]", kind: text}}, more...) }

// page are the fields of a list.
func listSpec(more ...param) spec {
	return common(append([]param{
		{name: "limit", kind: positive},
		{name: "starting_after", kind: text},
		{name: "ending_before", kind: text},
		{name: "created", kind: instant},
		{name: "created[gt]", kind: instant},
		{name: "created[gte]", kind: instant},
		{name: "created[lt]", kind: instant},
		{name: "created[lte]", kind: instant},
	}, more...)...)
}

type checker struct {
	index *regexp.Regexp
}

func newChecker() *checker { return &checker{index: regexp.MustCompile(`\[\d*\]`)} }

// check refuses what the endpoint does not know, and values of the wrong kind,
// in Stripe's words.
func (c *checker) check(s spec, f form) *apiError {
	names := make([]string, 0, len(f.values))
	for k := range f.values {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, name := range names {
		p, ok := s.find(c.index.ReplaceAllString(name, "[]"))
		if !ok {
			return invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
		for _, v := range f.values[name] {
			if e := p.accepts(name, v); e != nil {
				return e
			}
		}
	}
	for _, p := range s {
		if p.required && !f.has(p.name) && len(f.indexes(p.name)) == 0 {
			return invalid("parameter_missing", p.name, "Missing required param: %s.", p.name)
		}
	}
	return checkMetadata(f)
}

func (s spec) find(name string) (param, bool) {
	for _, p := range s {
		if p.name == name {
			return p, true
		}
		if prefix, ok := strings.CutSuffix(p.name, "[*]"); ok && strings.HasPrefix(name, prefix+"[") && strings.HasSuffix(name, "]") {
			return param{name: p.name, kind: free}, true
		}
	}
	return param{}, false
}

func (p param) accepts(name, v string) *apiError {
	if v == "" && p.kind != free {
		return invalid("parameter_invalid_empty", name, "You passed an empty string for '%s'. We assume empty values are an attempt to unset a parameter; however '%s' cannot be unset.", name, name)
	}
	switch p.kind {
	case positive, natural, instant:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return invalid("parameter_invalid_integer", name, "Invalid integer: %s", v)
		}
		if p.kind == positive && n < 1 {
			return invalid("parameter_invalid_integer", name, "This value must be greater than or equal to 1.")
		}
		if n < 0 {
			return invalid("parameter_invalid_integer", name, "This value must be greater than or equal to 0.")
		}
	case boolean:
		if v != "true" && v != "false" {
			return invalid("", name, "Invalid boolean: %s", v)
		}
	case text, free:
	}
	if len(p.oneOf) > 0 && !slices.Contains(p.oneOf, v) {
		return invalid("", name, "Invalid %s: must be one of %s", name, strings.Join(p.oneOf, ", "))
	}
	return nil
}

// checkMetadata holds Stripe's bounds: 50 keys of 40 characters, values of 500.
func checkMetadata(f form) *apiError {
	for _, name := range []string{"metadata", "payment_intent_data[metadata]"} {
		m := f.dict(name)
		if len(m) > 50 {
			return invalid("", name, "Metadata can have at most 50 keys; you passed %d.", len(m))
		}
		for k, v := range m {
			if len([]rune(k)) > 40 {
				return invalid("", name, "Metadata keys must be at most 40 characters: %q", k)
			}
			if len([]rune(v)) > 500 {
				return invalid("", name+"["+k+"]", "Metadata values must be at most 500 characters.")
			}
		}
	}
	return nil
}
