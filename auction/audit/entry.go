package audit

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// An Entry is one public act in the log. Its bytes are made once and stored, hashed and published as they are:
//
//	{"v":1,"kind":"course.bid","at":"2026-06-18T02:20:57.052Z","case":"…","lot":"…","seq":211,"body":{…}}
//
// with the keys in this order, absent ones left out. It carries no personal data and no free text.
type Entry struct {
	// ID is a UUIDv7 made of At and the leaf hash: it sorts by time, and the same bytes always have the same id. It is not
	// in the bytes. A bid's receipt has the id of its entry.
	ID   uuid.UUID
	Kind string
	// At is in UTC, whole milliseconds.
	At time.Time
	// CaseID and LotID are uuid.Nil when the act concerns none.
	CaseID, LotID uuid.UUID
	// Seq is the number in the lot's course, dense from 1; 0 for an act outside the course.
	Seq int64
	// Body is the act itself: a canonical JSON object, a part of Bytes.
	Body []byte
	// Bytes is the whole entry.
	Bytes []byte
	// LeafHash is the hash of Bytes as a leaf of the log.
	LeafHash Hash
}

// Version is the form of entries that is written.
const Version = 1

const maxKindBytes = 64

// New makes an entry. at is cut to whole milliseconds; caseID and lotID are nil and seq is 0 where there is none; body is a
// struct as Canonical takes it.
//
// Faults: entry_not_canonical (internal: a programmer error in kind or body).
func New(kind string, at time.Time, caseID, lotID *uuid.UUID, seq int64, body any) (Entry, error) {
	b, err := Canonical(body)
	if err != nil {
		return Entry{}, fmt.Errorf("write body of %s: %w", kind, err)
	}
	if len(b) == 0 || b[0] != '{' {
		return Entry{}, uncanonical("body of %s is not an object", kind)
	}
	return NewRaw(kind, at, caseID, lotID, seq, b)
}

// NewRaw is New for a body that the caller has already encoded in canonical form, as the committer of bids does; it is not
// looked at again.
//
// Faults: entry_not_canonical (internal).
func NewRaw(kind string, at time.Time, caseID, lotID *uuid.UUID, seq int64, body []byte) (Entry, error) {
	e := Entry{Kind: kind, At: Millis(at), Seq: seq}
	if caseID != nil {
		e.CaseID = *caseID
	}
	if lotID != nil {
		e.LotID = *lotID
	}
	if err := e.checkHead(); err != nil {
		return Entry{}, uncanonical("%s: %w", kind, err)
	}
	out := make([]byte, 0, 192+len(kind)+len(body))
	out = append(out, `{"v":1,"kind":"`...)
	out = append(out, kind...)
	out = append(out, `","at":`...)
	out, err := appendTime(out, e.At)
	if err != nil {
		return Entry{}, err
	}
	out = appendID(out, `,"case":"`, e.CaseID)
	out = appendID(out, `,"lot":"`, e.LotID)
	if seq > 0 {
		out = append(out, `,"seq":`...)
		out = fmt.Appendf(out, "%d", seq)
	}
	out = append(out, `,"body":`...)
	from := len(out)
	out = append(out, body...)
	e.Body = out[from:len(out):len(out)]
	e.Bytes = append(out, '}')
	if len(e.Bytes) > MaxEntryBytes {
		return Entry{}, uncanonical("entry of %d bytes, more than %d", len(e.Bytes), MaxEntryBytes)
	}
	e.seal()
	return e, nil
}

func appendID(out []byte, key string, id uuid.UUID) []byte {
	if id == uuid.Nil {
		return out
	}
	var text [36]byte
	encodeID(&text, id)
	out = append(out, key...)
	out = append(out, text[:]...)
	return append(out, '"')
}

func encodeID(dst *[36]byte, id uuid.UUID) {
	k := 0
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst[k] = '-'
			k++
		}
		dst[k], dst[k+1] = lowerHex[c>>4], lowerHex[c&15]
		k += 2
	}
}

// checkHead holds what every entry's head must obey.
func (e *Entry) checkHead() error {
	if e.Kind == "" || len(e.Kind) > maxKindBytes {
		return fmt.Errorf("kind of %d bytes", len(e.Kind))
	}
	for _, c := range []byte(e.Kind) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' {
			return fmt.Errorf("kind %q has other characters than a-z, 0-9, dot and underscore", e.Kind)
		}
	}
	if e.At.UnixMilli() < 0 || e.At.Year() > 9999 {
		return fmt.Errorf("time %s is out of range", e.At)
	}
	if e.Seq < 0 || e.Seq > MaxInteger || (e.Seq > 0 && e.LotID == uuid.Nil) {
		return fmt.Errorf("seq %d without a lot or out of range", e.Seq)
	}
	return nil
}

// seal derives what follows from the bytes.
func (e *Entry) seal() {
	e.LeafHash = LeafHash(e.Bytes)
	ms := uint64(e.At.UnixMilli()) // checkHead refuses times before 1970
	for i := range 6 {
		e.ID[i] = byte(ms >> (8 * (5 - i))) //nolint:gosec // the lowest byte is meant
	}
	copy(e.ID[6:], e.LeafHash[:10])
	e.ID[6] = e.ID[6]&0x0f | 0x70 // version 7 (RFC 9562)
	e.ID[8] = e.ID[8]&0x3f | 0x80 // variant
}

// Parse reads an entry's bytes and refuses everything that New could not have written: other key order, white space, floats,
// needless escapes, names twice, invalid UTF-8, times not in UTC with milliseconds, ids not in lower case. The body is
// checked for its form, not for its fields. The entry keeps b.
//
// Faults: entry_not_canonical (invalid).
func Parse(b []byte) (Entry, error) {
	d := scanner{b: b}
	if len(b) > MaxEntryBytes {
		return Entry{}, d.refuse("entry of %d bytes, more than %d", len(b), MaxEntryBytes)
	}
	const opening = `{"v":1,"kind":`
	if len(b) < len(opening) || string(b[:len(opening)]) != opening {
		return Entry{}, d.refuse("an entry begins with %s", opening)
	}
	d.i = len(opening)
	e := Entry{Bytes: b}
	kind, _, err := d.raw()
	if err != nil {
		return Entry{}, err
	}
	e.Kind = string(kind)
	if d.peek() != ',' || !d.after(`"at":`) {
		return Entry{}, d.refuse(`want "at"`)
	}
	if e.At, err = d.time(); err != nil {
		return Entry{}, err
	}
	if err := d.rest(&e); err != nil {
		return Entry{}, err
	}
	if err := e.checkHead(); err != nil {
		return Entry{}, fault.Wrap(fault.Invalid, fault.EntryNotCanonical, err)
	}
	e.seal()
	return e, nil
}

// after consumes a comma and then text, if both come next.
func (d *scanner) after(text string) bool {
	end := d.i + 1 + len(text)
	if end > len(d.b) || d.b[d.i] != ',' || string(d.b[d.i+1:end]) != text {
		return false
	}
	d.i = end
	return true
}

// rest reads the optional fields and the body.
func (d *scanner) rest(e *Entry) (err error) {
	if d.after(`"case":`) {
		if e.CaseID, err = d.id(); err != nil {
			return err
		}
	}
	if d.after(`"lot":`) {
		if e.LotID, err = d.id(); err != nil {
			return err
		}
	}
	if d.after(`"seq":`) {
		if e.Seq, err = d.integer(); err != nil {
			return err
		}
		if e.Seq < 1 {
			return d.refuse("seq begins at 1")
		}
	}
	if !d.after(`"body":`) || d.peek() != '{' {
		return d.refuse(`want "body", an object, last`)
	}
	from := d.i
	if err := d.skip(0); err != nil {
		return err
	}
	e.Body = d.b[from:d.i:d.i]
	if err := d.expect('}'); err != nil {
		return err
	}
	return d.end()
}

func (d *scanner) id() (uuid.UUID, error) {
	b, _, err := d.raw()
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.ParseBytes(b)
	if err != nil || len(b) != 36 || id == uuid.Nil {
		return uuid.Nil, d.refuse("want an id in its 36 characters")
	}
	var text [36]byte
	if encodeID(&text, id); string(text[:]) != string(b) {
		return uuid.Nil, d.refuse("want an id in lower case")
	}
	return id, nil
}
