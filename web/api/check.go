package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/jsonschema/v6/kind"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/web/problem"
)

// maxListed bounds the reasons that one refusal lists.
const maxListed = 20

// Check compares a request with the document.
//
// Faults, several joined: invalid_request (no JSON, a name twice),
// unknown_field, field_missing, field_invalid, amount_invalid,
// amount_too_large, idempotency_key_required, unsupported_media_type.
func (c *Contract) Check(method, path string, query url.Values, header http.Header, body []byte) error {
	op, known := c.calls[method+" "+path]
	if !known {
		return fault.Internalf("%s %s is not in the document", method, path)
	}
	if err := op.checkParams(query, header); err != nil {
		return err
	}
	if op.body == nil {
		return nil
	}
	if len(body) == 0 {
		if op.required {
			return fault.New(fault.Invalid, fault.InvalidRequest)
		}
		return nil
	}
	if t, _, _ := strings.Cut(header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(t), "application/json") {
		return fault.New(fault.Invalid, fault.Unsupported)
	}
	value, err := read(body)
	if err != nil {
		return err
	}
	var found []*fault.Error
	amounts(value, "", "", &found)
	if err := op.body.Validate(value); err != nil {
		explain(err, &found)
	}
	return joined(found)
}

// read parses JSON with its numbers as they stand; a name twice, bytes that are
// not UTF-8 and anything after the value are refused.
func read(body []byte) (any, error) {
	broken := fault.New(fault.Invalid, fault.InvalidRequest)
	if !jsontext.Value(body).IsValid() {
		return nil, broken
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fault.Wrap(fault.Invalid, fault.InvalidRequest, err)
	}
	return v, nil
}

func (op *operation) checkParams(query url.Values, header http.Header) error {
	var found []*fault.Error
	for name, values := range query {
		p := op.params["query "+name]
		switch {
		case p == nil:
			found = append(found, fault.New(fault.Invalid, fault.UnknownField).InField(name).With("name", name))
		case len(values) > 1 && !p.list:
			found = append(found, fault.New(fault.Invalid, problem.FieldInvalid).InField(name))
		}
	}
	for _, p := range op.params {
		var text string
		var given bool
		if p.in == "query" {
			text, given = strings.Join(query[p.name], ","), query.Has(p.name)
		} else {
			text = header.Get(p.name)
			given = text != ""
		}
		switch {
		case !given && p.required && p.name == idempotencyHeader:
			found = append(found, fault.New(fault.Invalid, fault.IdempotencyKeyNeeded))
		case !given && p.required:
			found = append(found, fault.New(fault.Invalid, problem.FieldMissing).InField(p.name).With("name", p.name))
		case given && (text != "" || p.required):
			found = append(found, p.check(text)...)
		}
	}
	return joined(found)
}

// check reads one parameter's text; an amount answers like one in a body.
func (p *parameter) check(text string) []*fault.Error {
	var v any = text
	if p.list {
		var several []any
		for one := range strings.SplitSeq(text, ",") {
			if one != "" {
				several = append(several, one)
			}
		}
		v = several
	}
	if p.number {
		v = json.Number(text)
		if strings.HasSuffix(p.name, "_fen") {
			if f := amount(json.Number(text)); f != nil {
				return []*fault.Error{f.InField(p.name)}
			}
		}
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return []*fault.Error{fault.New(fault.Invalid, problem.FieldInvalid).InField(p.name)}
		}
	}
	if err := p.schema.Validate(v); err != nil {
		var found []*fault.Error
		explain(err, &found)
		for i, f := range found {
			found[i] = f.InField(p.name)
		}
		return found
	}
	return nil
}

// amounts looks at every number under a name that ends in _fen, wherever it
// stands: whole, not negative, not above money.Max.
func amounts(v any, path, name string, found *[]*fault.Error) {
	switch x := v.(type) {
	case map[string]any:
		for k, one := range x {
			amounts(one, under(path, k), k, found)
		}
	case []any:
		for i, one := range x {
			amounts(one, under(path, strconv.Itoa(i)), name, found)
		}
	default:
		if strings.HasSuffix(name, "_fen") {
			if f := amount(v); f != nil {
				*found = append(*found, f.InField(path))
			}
		}
	}
}

// amount is nil for a number of fen that can be.
func amount(v any) *fault.Error {
	n, isNumber := v.(json.Number)
	if !isNumber || n == "" || strings.Trim(string(n), "0123456789") != "" {
		return fault.New(fault.Invalid, fault.AmountInvalid)
	}
	if i, err := n.Int64(); err != nil || money.Fen(i) > money.Max {
		return fault.New(fault.Invalid, fault.AmountTooLarge)
	}
	return nil
}

// explain turns a schema's refusal into faults, the leaves of its tree.
func explain(err error, found *[]*fault.Error) {
	v, isRefusal := errors.AsType[*jsonschema.ValidationError](err)
	if !isRefusal {
		*found = append(*found, fault.Wrap(fault.Invalid, fault.InvalidRequest, err))
		return
	}
	for _, cause := range v.Causes {
		explain(cause, found)
	}
	if len(v.Causes) > 0 {
		return
	}
	path := strings.Join(v.InstanceLocation, ".")
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			*found = append(*found, fault.New(fault.Invalid, fault.UnknownField).InField(under(path, name)).With("name", name))
		}
	case *kind.Required:
		for _, name := range k.Missing {
			*found = append(*found, fault.New(fault.Invalid, problem.FieldMissing).InField(under(path, name)).With("name", name))
		}
	case *kind.Format:
		f := fault.New(fault.Invalid, problem.FieldInvalid).InField(path)
		if k.Want == "date" {
			f = f.With("day", true)
		}
		*found = append(*found, f)
	case *kind.Enum:
		if word, _ := k.Got.(string); docket.UnknownOccupancy(path, word) {
			*found = append(*found, fault.New(fault.Invalid, fault.OccupancyUnknown).InField(path).ByRule("R2024"))
			return
		}
		f := fault.New(fault.Invalid, problem.FieldInvalid).InField(path)
		allowed := make([]string, len(k.Want))
		for i, v := range k.Want {
			allowed[i] = fmt.Sprint(v)
		}
		*found = append(*found, f.With("allowed", strings.Join(allowed, ", ")))
	default:
		f := fault.New(fault.Invalid, problem.FieldInvalid).InField(path)
		if strings.HasSuffix(path, "_fen") {
			f = fault.New(fault.Invalid, fault.AmountInvalid).InField(path)
		}
		*found = append(*found, f)
	}
}

// joined gives the faults as one error, in an order that does not change: what
// is unknown, what is missing, the rest; each field once.
func joined(found []*fault.Error) error {
	if len(found) == 0 {
		return nil
	}
	rank := func(f *fault.Error) int {
		switch f.Code {
		case fault.UnknownField:
			return 0
		case problem.FieldMissing:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(found, func(a, b *fault.Error) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.Field, b.Field)
	})
	found = slices.CompactFunc(found, func(a, b *fault.Error) bool { return a.Field == b.Field && a.Field != "" })
	if len(found) == 1 {
		return found[0]
	}
	list := make([]error, 0, maxListed)
	for _, f := range found[:min(len(found), maxListed)] {
		list = append(list, f)
	}
	return fmt.Errorf("request: %w", errors.Join(list...))
}

func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
