package problem

import (
	"bytes"
	"hash/maphash"
	"net/http"
	"sync/atomic"

	"mingchui/auction/fault"
)

// Cache keeps the documents of refusals that many readers are told: of the bids
// that reach a lot together most are refused for one reason, and the engine
// gives all of them the same error. A document is found by its error's identity
// and the language; what differs from reader to reader is the request's id and
// the argument of a fault.Personal. Nothing is ever stale in it: an error does
// not change.
type Cache struct {
	seed  maphash.Seed
	slots [cacheSlots]atomic.Pointer[kept]
}

// cacheSlots bounds the documents that are kept; a newer one takes the place of
// an older one.
const cacheSlots = 64

// kept is a document with a gap for the request's id and, where the error is a
// caller's own, one for its argument.
type kept struct {
	err *fault.Error
	// lang is the reader's; own is the argument's name, empty for none.
	lang, own string
	problem   Problem
	// The text around the gaps; ownFirst says which comes first.
	before, between, after []byte
	ownFirst               bool
}

// NewCache makes an empty one.
func NewCache() *Cache { return &Cache{seed: maphash.MakeSeed()} }

// Write answers as Of(err, lang, requestID).Write(w) does, byte for byte, and
// remembers the document. false says that it wrote nothing: err is none that it
// keeps, because it is of another kind than conflict or lists several reasons.
func (c *Cache) Write(w http.ResponseWriter, err error, lang, requestID string) (written bool, _ error) {
	var f *fault.Error
	var own fault.Personal
	switch e := err.(type) { //nolint:errorlint // what is wrapped is no shared error
	case *fault.Error:
		f = e
	case *fault.Personal:
		f, own = e.Shared, *e
	}
	if f == nil || f.Kind != fault.Conflict || f.Unwrap() != nil || requestID == "" || !bare(requestID) || !bare(own.Value) {
		return false, nil //nolint:nilerr // err is what is to be worded
	}
	slot := &c.slots[maphash.Comparable(c.seed, f)%cacheSlots]
	k := slot.Load()
	if k == nil || k.err != f || k.lang != lang || k.own != own.Name {
		if k = keep(f, lang, own.Name); k == nil {
			return false, nil
		}
		slot.Store(k)
	}
	return true, k.write(w, requestID, own.Value)
}

// mark stands for the request's id until there is one, ownMark for the caller's own argument.
const mark, ownMark = "00000000-mark-mark-mark-000000000000", "11111111-mark-mark-mark-111111111111"

// keep makes a document with gaps; nil when a gap cannot be told from the rest.
func keep(f *fault.Error, lang, own string) *kept {
	var err error = f
	if own != "" {
		err = &fault.Personal{Shared: f, Name: own, Value: ownMark}
	}
	p := Of(err, lang, mark)
	b, failed := p.MarshalJSON()
	if failed != nil || len(p.Faults) > 0 || bytes.Count(b, []byte(mark)) != 1 {
		return nil
	}
	k := &kept{err: f, lang: lang, own: own, problem: p}
	if own == "" {
		k.before, k.between, _ = bytes.Cut(b, []byte(mark))
		return k
	}
	if bytes.Count(b, []byte(ownMark)) != 1 {
		return nil
	}
	first, second := mark, ownMark
	if k.ownFirst = bytes.Index(b, []byte(ownMark)) < bytes.Index(b, []byte(mark)); k.ownFirst {
		first, second = ownMark, mark
	}
	k.before, b, _ = bytes.Cut(b, []byte(first))
	k.between, k.after, _ = bytes.Cut(b, []byte(second))
	return k
}

func (k *kept) write(w http.ResponseWriter, requestID, own string) error {
	first, second := requestID, own
	if k.ownFirst {
		first, second = own, requestID
	}
	b := make([]byte, 0, len(k.before)+len(k.between)+len(k.after)+len(first)+len(second))
	b = append(append(append(b, k.before...), first...), k.between...)
	b = append(append(b, second...), k.after...)
	return k.problem.send(w, b)
}

// bare tells whether a text needs no escape in JSON, for certain: letters, digits, - and _.
func bare(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
