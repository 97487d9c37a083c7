package audit

import (
	"bytes"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"

	"mingchui/auction/fault"
)

func uncanonical(format string, args ...any) error {
	return fault.Wrap(fault.Internal, fault.EntryNotCanonical, fmt.Errorf(format, args...))
}

// Decode reads canonical bytes into the struct that v points to. It accepts exactly what Canonical writes for that type: the
// same fields in the same order, nothing between, nothing after; so encoding v again gives the same bytes.
//
// Faults: entry_not_canonical (invalid).
func Decode(b []byte, v any) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return uncanonical("decode into %T, which is not a pointer", v)
	}
	d := scanner{b: b}
	if err := d.value(p.Elem(), 0); err != nil {
		return err
	}
	return d.end()
}

// Valid reports whether b is one JSON object in canonical form, whatever its fields: no white space, integers only, least
// escaping, valid UTF-8, no name twice in one object, no null.
//
// Faults: entry_not_canonical (invalid).
func Valid(b []byte) error {
	d := scanner{b: b}
	if d.peek() != '{' {
		return d.refuse("not an object")
	}
	if err := d.skip(0); err != nil {
		return err
	}
	return d.end()
}

// A scanner walks canonical bytes from left to right, once.
type scanner struct {
	b []byte
	i int
}

func (d *scanner) refuse(format string, args ...any) error {
	return fault.Wrap(fault.Invalid, fault.EntryNotCanonical,
		fmt.Errorf("byte %d: "+format, append([]any{d.i}, args...)...))
}

func (d *scanner) end() error {
	if d.i != len(d.b) {
		return d.refuse("bytes after the end")
	}
	return nil
}

// peek is the next byte, or 0 at the end (0 is never valid JSON).
func (d *scanner) peek() byte {
	if d.i >= len(d.b) {
		return 0
	}
	return d.b[d.i]
}

func (d *scanner) expect(c byte) error {
	if d.peek() != c {
		return d.refuse("want %q", c)
	}
	d.i++
	return nil
}

// key consumes `"name":` if it comes next.
func (d *scanner) key(name string) bool {
	rest := d.b[d.i:]
	if len(rest) < len(name)+3 || rest[0] != '"' || string(rest[1:1+len(name)]) != name ||
		rest[1+len(name)] != '"' || rest[2+len(name)] != ':' {
		return false
	}
	d.i += len(name) + 3
	return true
}

func (d *scanner) value(v reflect.Value, depth int) error {
	if depth > maxDepth {
		return d.refuse("nested deeper than %d", maxDepth)
	}
	if isTime(v.Type()) {
		t, err := d.time()
		if err == nil {
			v.Set(reflect.ValueOf(t))
		}
		return err
	}
	switch v.Kind() { //nolint:exhaustive // what is not listed is refused below
	case reflect.String:
		s, err := d.string()
		v.SetString(s)
		return err
	case reflect.Bool:
		b, err := d.bool()
		v.SetBool(b)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := d.integer()
		if err == nil && v.OverflowInt(n) {
			return d.refuse("integer %d does not fit", n)
		}
		v.SetInt(n)
		return err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := d.integer()
		if err == nil && (n < 0 || v.OverflowUint(uint64(n))) {
			return d.refuse("integer %d does not fit", n)
		}
		v.SetUint(uint64(n)) //nolint:gosec // not negative when it counts
		return err
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(v.Elem(), depth)
	case reflect.Slice:
		return d.slice(v, depth)
	case reflect.Struct:
		return d.object(v, depth)
	default:
		return uncanonical("type %s has no canonical form", v.Type())
	}
}

func (d *scanner) slice(v reflect.Value, depth int) error {
	if err := d.expect('['); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for d.peek() != ']' {
		if v.Len() > 0 {
			if err := d.expect(','); err != nil {
				return err
			}
		}
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		if err := d.value(v.Index(v.Len()-1), depth+1); err != nil {
			return err
		}
	}
	return d.expect(']')
}

func (d *scanner) object(v reflect.Value, depth int) error {
	fields, err := fieldsOf(v.Type())
	if err != nil {
		return err
	}
	if err := d.expect('{'); err != nil {
		return err
	}
	first := true
	for _, f := range fields {
		start := d.i
		if !first && d.peek() == ',' {
			d.i++
		}
		if !d.key(f.name) {
			d.i = start
			if f.omitEmpty {
				continue
			}
			return d.refuse("want field %q", f.name)
		}
		if !first && d.b[start] != ',' {
			return d.refuse("want a comma before %q", f.name)
		}
		first = false
		fv := v.Field(f.index)
		if err := d.value(fv, depth+1); err != nil {
			return fmt.Errorf("read %s: %w", f.name, err)
		}
		if f.omitEmpty && isZero(fv) {
			return d.refuse("field %q is empty and should be absent", f.name)
		}
	}
	return d.expect('}')
}

func (d *scanner) bool() (bool, error) {
	rest := d.b[d.i:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		d.i += 4
		return true, nil
	case bytes.HasPrefix(rest, []byte("false")):
		d.i += 5
		return false, nil
	default:
		return false, d.refuse("want true or false")
	}
}

func (d *scanner) integer() (int64, error) {
	start := d.i
	negative := d.peek() == '-'
	if negative {
		d.i++
	}
	first := d.peek()
	var n int64
	for c := first; c >= '0' && c <= '9'; c = d.peek() {
		n = n*10 + int64(c-'0')
		if n > MaxInteger {
			return 0, d.refuse("integer above 2^53-1")
		}
		d.i++
	}
	digits := d.i - start
	if negative {
		digits--
		n = -n
	}
	if digits == 0 || (first == '0' && (digits > 1 || negative)) {
		return 0, d.refuse("want an integer")
	}
	return n, nil
}

// raw gives the bytes between the quotation marks of the next string, still escaped, and whether any escape is in it.
func (d *scanner) raw() (b []byte, escaped bool, err error) {
	if err := d.expect('"'); err != nil {
		return nil, false, err
	}
	start := d.i
	high := byte(0)
	for d.i < len(d.b) {
		c := d.b[d.i]
		high |= c
		switch {
		case c == '"':
			b = d.b[start:d.i]
			d.i++
			if high >= utf8.RuneSelf && !utf8.Valid(b) {
				return nil, false, d.refuse("text is not valid UTF-8")
			}
			return b, escaped, nil
		case c < 0x20:
			return nil, false, d.refuse("control character %#x in text", c)
		case c == '\\':
			escaped = true
			d.i += 2
		default:
			d.i++
		}
	}
	return nil, false, d.refuse("text does not end")
}

func (d *scanner) string() (string, error) {
	b, escaped, err := d.raw()
	if err != nil || !escaped {
		return string(b), err
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		c, n := unescape(b[i:])
		if n == 0 {
			return "", d.refuse("an escape that is not the shortest")
		}
		out = append(out, c)
		i += n - 1
	}
	return string(out), nil
}

// text checks a string and gives it as it stands, escaped; a text has one canonical form, so equal texts are equal bytes.
func (d *scanner) text() ([]byte, error) {
	start := d.i
	b, escaped, err := d.raw()
	if err != nil || !escaped {
		return b, err
	}
	d.i = start
	_, err = d.string()
	return b, err
}

// unescape reads one escape that appendString would have written; n is its length, 0 for every other.
func unescape(b []byte) (c byte, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\':
		return b[1], 2
	case 'b':
		return '\b', 2
	case 't':
		return '\t', 2
	case 'n':
		return '\n', 2
	case 'f':
		return '\f', 2
	case 'r':
		return '\r', 2
	case 'u':
		if len(b) < 6 || b[2] != '0' || b[3] != '0' || (b[4] != '0' && b[4] != '1') {
			return 0, 0
		}
		low := bytes.IndexByte([]byte(lowerHex), b[5])
		if low < 0 {
			return 0, 0
		}
		c = (b[4]-'0')<<4 | byte(low) //nolint:gosec // low < 16
		if shortEscape(c) != 0 {
			return 0, 0
		}
		return c, 6
	default:
		return 0, 0
	}
}

func (d *scanner) time() (time.Time, error) {
	b, _, err := d.raw()
	if err != nil {
		return time.Time{}, err
	}
	t, ok := parseTime(b)
	if !ok {
		return time.Time{}, d.refuse("want a time as %s", timeLayout)
	}
	return t, nil
}

// parseTime reads 2006-01-02T15:04:05.000Z and nothing else. Written out because time.Parse is the dearest part of
// reading a course of bids.
func parseTime(b []byte) (time.Time, bool) {
	if len(b) != len(timeLayout) || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' ||
		b[19] != '.' || b[23] != 'Z' {
		return time.Time{}, false
	}
	var part [7]int
	for k, span := range [7][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}, {20, 23}} {
		for _, c := range b[span[0]:span[1]] {
			if c < '0' || c > '9' {
				return time.Time{}, false
			}
			part[k] = part[k]*10 + int(c-'0')
		}
	}
	if part[3] > 23 || part[4] > 59 || part[5] > 59 {
		return time.Time{}, false
	}
	t := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], part[6]*int(time.Millisecond), time.UTC)
	year, month, day := t.Date()
	return t, year == part[0] && int(month) == part[1] && day == part[2]
}

// skip walks over one value of any type and checks its form.
func (d *scanner) skip(depth int) error {
	if depth > maxDepth {
		return d.refuse("nested deeper than %d", maxDepth)
	}
	switch c := d.peek(); c {
	case '{':
		return d.skipObject(depth)
	case '[':
		d.i++
		for n := 0; d.peek() != ']'; n++ {
			if n > 0 {
				if err := d.expect(','); err != nil {
					return err
				}
			}
			if err := d.skip(depth + 1); err != nil {
				return err
			}
		}
		d.i++
		return nil
	case '"':
		_, err := d.text()
		return err
	case 't', 'f':
		_, err := d.bool()
		return err
	default:
		_, err := d.integer()
		return err
	}
}

func (d *scanner) skipObject(depth int) error {
	d.i++
	var few [24][]byte
	names := few[:0]
	for d.peek() != '}' {
		if len(names) > 0 {
			if err := d.expect(','); err != nil {
				return err
			}
		}
		name, err := d.text()
		if err != nil {
			return err
		}
		for _, other := range names {
			if bytes.Equal(other, name) {
				return d.refuse("field %q twice", name)
			}
		}
		names = append(names, name)
		if len(names) > maxFields {
			return d.refuse("more than %d fields in one object", maxFields)
		}
		if err := d.expect(':'); err != nil {
			return err
		}
		if err := d.skip(depth + 1); err != nil {
			return err
		}
	}
	d.i++
	return nil
}
