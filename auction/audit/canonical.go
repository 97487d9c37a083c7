package audit

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Bounds of the canonical form.
const (
	// MaxEntryBytes bounds one entry: C2SP tlog-tiles writes an entry's length in 16 bits.
	MaxEntryBytes = 65535
	// MaxInteger is 2^53-1, the largest integer that every JSON reader keeps exact.
	MaxInteger = 1<<53 - 1
	// maxDepth bounds nesting, so that a hostile entry cannot exhaust the stack.
	maxDepth = 16
	// maxFields bounds one object: looking for a name twice is quadratic in it.
	maxFields = 256
	// timeLayout is RFC 3339 in UTC with exactly three decimals.
	timeLayout = "2006-01-02T15:04:05.000Z"
)

// Canonical gives the one byte form of v: a struct whose fields carry json tags. Fields come in the order of their
// declaration, without white space; a field tagged omitempty is left out when it is zero (an empty slice is zero) and must not
// appear as zero when read. Allowed are strings (valid UTF-8), booleans, integers up to MaxInteger in size, times (written
// in UTC, milliseconds; a finer time is refused, never rounded in silence), slices and nested structs or pointers to them
// (a nil pointer needs omitempty). Floats, maps, durations and interfaces are refused.
//
// Faults: entry_not_canonical (internal: the caller's type or value cannot be written).
func Canonical(v any) ([]byte, error) {
	return appendValue(make([]byte, 0, 512), reflect.ValueOf(v), 0)
}

// Millis cuts t to the precision that entries and the API carry, in UTC.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func isTime(t reflect.Type) bool     { return t == reflect.TypeFor[time.Time]() }
func isDuration(t reflect.Type) bool { return t == reflect.TypeFor[time.Duration]() }

// A field is one line of a struct's canonical form.
type field struct {
	index     int
	name      string
	omitEmpty bool
}

// plans keeps what fieldsOf found, by type: reading the tags anew costs more than half of re-running a course. It only ever gains
// what the types themselves say, so it is no state.
var plans sync.Map //nolint:gochecknoglobals // a cache of reflect.Type to []field, see above

// fieldsOf gives the fields of t in declaration order. Embedded and untagged fields are programmer errors.
func fieldsOf(t reflect.Type) ([]field, error) {
	if kept, ok := plans.Load(t); ok {
		return kept.([]field), nil
	}
	fields, err := readFields(t)
	if err == nil {
		plans.Store(t, fields)
	}
	return fields, err
}

func readFields(t reflect.Type) ([]field, error) {
	out := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		tag, has := f.Tag.Lookup("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !has || name == "" || f.Anonymous || !f.IsExported() {
			return nil, uncanonical("field %s.%s needs a json name", t.Name(), f.Name)
		}
		out = append(out, field{index: i, name: name, omitEmpty: options == "omitempty"})
	}
	return out, nil
}

func isZero(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsZero()
}

func appendValue(out []byte, v reflect.Value, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, uncanonical("nested deeper than %d", maxDepth)
	}
	if !v.IsValid() {
		return nil, uncanonical("nil has no canonical form")
	}
	if isTime(v.Type()) {
		return appendTime(out, v.Interface().(time.Time))
	}
	switch v.Kind() { //nolint:exhaustive // what is not listed is refused below
	case reflect.String:
		return appendString(out, v.String())
	case reflect.Bool:
		return strconv.AppendBool(out, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if isDuration(v.Type()) {
			return nil, uncanonical("write a duration as an integer whose name ends in its unit")
		}
		n := v.Int()
		if n > MaxInteger || n < -MaxInteger {
			return nil, uncanonical("integer %d above 2^53-1", n)
		}
		return strconv.AppendInt(out, n, 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := v.Uint()
		if n > MaxInteger {
			return nil, uncanonical("integer %d above 2^53-1", n)
		}
		return strconv.AppendUint(out, n, 10), nil
	case reflect.Pointer:
		if v.IsNil() {
			return nil, uncanonical("nil pointer to %s without omitempty", v.Type().Elem())
		}
		return appendValue(out, v.Elem(), depth)
	case reflect.Slice:
		return appendSlice(out, v, depth)
	case reflect.Struct:
		return appendStruct(out, v, depth)
	default:
		return nil, uncanonical("type %s has no canonical form", v.Type())
	}
}

func appendSlice(out []byte, v reflect.Value, depth int) ([]byte, error) {
	out = append(out, '[')
	var err error
	for i := range v.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendValue(out, v.Index(i), depth+1); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendStruct(out []byte, v reflect.Value, depth int) ([]byte, error) {
	fields, err := fieldsOf(v.Type())
	if err != nil {
		return nil, err
	}
	out = append(out, '{')
	first := true
	for _, f := range fields {
		fv := v.Field(f.index)
		if f.omitEmpty && isZero(fv) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		if out, err = appendString(out, f.name); err != nil {
			return nil, err
		}
		out = append(out, ':')
		if out, err = appendValue(out, fv, depth+1); err != nil {
			return nil, fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return append(out, '}'), nil
}

func appendTime(out []byte, t time.Time) ([]byte, error) {
	u := t.UTC()
	if u.Nanosecond()%int(time.Millisecond) != 0 {
		return nil, uncanonical("time %s is finer than a millisecond", u.Format(time.RFC3339Nano))
	}
	if u.Year() < 0 || u.Year() > 9999 {
		return nil, uncanonical("year %d cannot be written in four figures", u.Year())
	}
	out = append(out, '"')
	out = u.AppendFormat(out, timeLayout)
	return append(out, '"'), nil
}

const lowerHex = "0123456789abcdef"

// shortEscape gives the letter after the backslash for the control characters that have one (RFC 8259, 7), else 0.
func shortEscape(c byte) byte {
	switch c {
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	case '"', '\\':
		return c
	default:
		return 0
	}
}

// appendString writes s with the least escaping that JSON allows (as RFC 8785 does): the quotation mark, the backslash and
// the control characters below U+0020, by their short form where one exists, else by \u00xx in lower case.
func appendString(out []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, uncanonical("text is not valid UTF-8")
	}
	out = append(out, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[from:i]...)
		if e := shortEscape(c); e != 0 {
			out = append(out, '\\', e)
		} else {
			out = append(out, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		}
		from = i + 1
	}
	out = append(out, s[from:]...)
	return append(out, '"'), nil
}
