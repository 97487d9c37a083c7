package fault

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind is what a caller may do about an error. The set is closed.
type Kind uint8

const (
	// Internal is a fault of ours; its cause is logged and never shown.
	Internal Kind = iota
	// Invalid means that the input can never be accepted as it is.
	Invalid
	// Unauthenticated means that the caller is not known.
	Unauthenticated
	// Forbidden means that the caller is known and may not.
	Forbidden
	// NotFound means that the thing does not exist for this caller.
	NotFound
	// Conflict means that the state of the thing does not allow it now.
	Conflict
	// RateLimited means that the caller should come back after RetryAfter.
	RateLimited
	// Unavailable means that nothing was decided, or that it is not known
	// yet; the same request with the same key may be sent again.
	Unavailable
	// Fatal stops the lot, the shard or the process that met it: going on
	// could break an invariant.
	Fatal
)

// String names the kind as style.md does.
func (k Kind) String() string {
	switch k {
	case Internal:
		return "internal"
	case Invalid:
		return "invalid"
	case Unauthenticated:
		return "unauthenticated"
	case Forbidden:
		return "forbidden"
	case NotFound:
		return "not_found"
	case Conflict:
		return "conflict"
	case RateLimited:
		return "rate_limited"
	case Unavailable:
		return "unavailable"
	case Fatal:
		return "fatal"
	}
	return "internal"
}

// Code is stable and snake_case; codes are only ever added.
type Code string

// Error is an error that a person or a client can act upon.
type Error struct {
	Kind Kind
	Code Code
	// Field is the JSON name of the input at fault, dotted below the top
	// level; empty when none is.
	Field string
	// Rule is the id of the rule book's row (R20a), empty when none applies.
	// The article is looked up from it.
	Rule string
	// Args fill the wording: amounts as integers in fen under names ending
	// in _fen, times as RFC 3339 under names ending in _at. They are public.
	Args map[string]any
	// RetryAfter is how long to wait; it is sent with 429 and 503.
	RetryAfter time.Duration

	cause error
}

// New makes an error without a cause.
func New(kind Kind, code Code) *Error { return &Error{Kind: kind, Code: code} }

// Wrap makes an error with a cause, which is logged and never shown.
func Wrap(kind Kind, code Code, cause error) *Error {
	return &Error{Kind: kind, Code: code, cause: cause}
}

// InField returns a copy that names the input at fault.
func (e *Error) InField(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// ByRule returns a copy that names the row of the rule book.
func (e *Error) ByRule(rule string) *Error {
	c := *e
	c.Rule = rule
	return &c
}

// With returns a copy with one more argument for the wording.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Args = make(map[string]any, len(e.Args)+1)
	maps.Copy(c.Args, e.Args)
	c.Args[name] = value
	return &c
}

// After returns a copy that tells when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error names the code and the cause, for logs.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is matches another *Error of the same code, so that
// errors.Is(err, fault.New(fault.Conflict, fault.BidTooLow)) reads well.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// KindOf returns the kind of err, Internal when it is none of ours.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of err, InternalError when it is none of ours.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return InternalError
}

// Internalf wraps a driver's or library's error as ours, with what was being done.
func Internalf(format string, args ...any) *Error {
	return Wrap(Internal, InternalError, fmt.Errorf(format, args...))
}

// Personal is an error that many share, with one argument that is its caller's alone: what words the shared one need not do so
// for each caller.
type Personal struct {
	Shared *Error
	// Name and Value are the argument; it is public.
	Name, Value string
}

// Error is the shared error's.
func (p *Personal) Error() string { return p.Shared.Error() }

// Unwrap returns the shared error.
func (p *Personal) Unwrap() error { return p.Shared }
