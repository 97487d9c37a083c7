package problem

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/web/words"
)

// ContentType is RFC 9457's.
const ContentType = "application/problem+json"

// Problem is a refusal as its reader gets it.
type Problem struct {
	Status int
	// Code is stable; Title is the kind and Detail the reason, both in the
	// reader's language.
	Code          fault.Code
	Title, Detail string
	// Field is the JSON name of the input at fault, empty when none is.
	Field string
	// Rule and Article name the law, empty where it is not the reason.
	Rule, Article string
	// RequestID finds the request in the log.
	RequestID string
	// RetryAfter is sent with 429 and 503; whole seconds, at least one.
	RetryAfter time.Duration
	// Args stand as members of the document beside these: price_fen, seq.
	Args map[string]any
	// Faults lists each reason of a refusal that has several.
	Faults []Item
}

// Item is one of several reasons.
type Item struct {
	Code    fault.Code `json:"code"`
	Detail  string     `json:"detail"`
	Field   string     `json:"field,omitempty"`
	Rule    string     `json:"rule,omitempty"`
	Article string     `json:"article,omitempty"`
	// Line and Column are the place in a file, from 1; 0 where there is none.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Args as in Problem.
	Args map[string]any `json:"args,omitempty"`
}

// Listed is an error with reasons that are worded already, as the lines of an
// imported file are.
type Listed struct {
	Err   *fault.Error
	Items []Item
}

// Error is the error's own.
func (l *Listed) Error() string { return l.Err.Error() }

// Unwrap returns the error.
func (l *Listed) Unwrap() error { return l.Err }

// Of words err for a reader of lang ("zh-CN" or "en").
func Of(err error, lang, requestID string) Problem {
	main, others := unfold(translate(err))
	w := words.In(lang)
	r := w.Refusal(main)
	p := Problem{
		Status: Status(main), Code: main.Code, Title: w.T("problem." + main.Kind.String()), Detail: r.Detail,
		Field: main.Field, Rule: r.Rule, Article: r.Article, RequestID: requestID, Args: public(main.Args), RetryAfter: main.RetryAfter,
	}
	if p.Status == http.StatusInternalServerError {
		p.Args, p.Field, p.Rule, p.Article = nil, "", "", ""
		p.Code, p.Detail = fault.InternalError, w.Refusal(fault.New(fault.Internal, fault.InternalError)).Detail
	}
	if (p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable) && p.RetryAfter < time.Second {
		p.RetryAfter = time.Second
	}
	for _, f := range others {
		o := w.Refusal(f)
		p.Faults = append(p.Faults, Item{Code: f.Code, Detail: o.Detail, Field: f.Field, Rule: o.Rule, Article: o.Article, Args: public(f.Args)})
	}
	if l, ok := errors.AsType[*Listed](err); ok {
		p.Faults = l.Items
	}
	if own, ok := errors.AsType[*fault.Personal](err); ok && p.Status != http.StatusInternalServerError {
		if p.Args == nil {
			p.Args = map[string]any{}
		}
		p.Args[own.Name] = own.Value
	}
	return p
}

// translate turns what the standard library and context report into faults.
func translate(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(fault.Invalid, fault.BodyTooLarge, err).With("limit_bytes", big.Limit)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(time.Second)
	}
	return err
}

// unfold finds the fault that decides, and the reasons when there are several:
// faults that were joined, or joined below the deciding one.
func unfold(err error) (main *fault.Error, others []*fault.Error) {
	var found []*fault.Error
	walk(err, &found)
	if len(found) == 0 {
		return fault.Wrap(fault.Internal, fault.InternalError, err), nil
	}
	main = found[0]
	if len(found) > 1 {
		return main, found
	}
	walk(main.Unwrap(), &others)
	return main, others
}

// walk gathers faults in order and does not look below one.
func walk(err error, found *[]*fault.Error) {
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case nil:
	case *fault.Error:
		*found = append(*found, e)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			walk(one, found)
		}
	case interface{ Unwrap() error }:
		walk(e.Unwrap(), found)
	}
}

// Status is the HTTP status of a fault.
func Status(f *fault.Error) int {
	switch f.Code {
	case fault.BodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.InvalidRequest, fault.UnknownField, fault.IdempotencyKeyNeeded, fault.WebhookSignatureInvalid:
		return http.StatusBadRequest
	}
	switch f.Kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal, fault.Fatal:
	}
	return http.StatusInternalServerError
}

// public writes arguments as the contract writes them: times RFC 3339 with
// milliseconds, money as whole fen.
func public(args map[string]any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	out := make(map[string]any, len(args))
	for k, v := range args {
		switch x := v.(type) {
		case time.Time:
			v = x.UTC().Format("2006-01-02T15:04:05.000Z")
		case time.Duration:
			v = int64(math.Ceil(x.Seconds()))
			k += "_seconds"
		case money.Fen:
			v = int64(x)
		}
		out[k] = v
	}
	return out
}

// MarshalJSON writes the document of RFC 9457. Members of the document win
// over arguments of the same name.
func (p Problem) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(p.Args)+10)
	maps.Copy(m, p.Args)
	m["type"] = "urn:mingchui:problem:" + string(p.Code)
	m["title"], m["status"], m["detail"], m["code"] = p.Title, p.Status, p.Detail, p.Code
	for name, v := range map[string]string{"field": p.Field, "rule": p.Rule, "article": p.Article, "request_id": p.RequestID} {
		delete(m, name)
		if v != "" {
			m[name] = v
		}
	}
	if len(p.Faults) > 0 {
		m["faults"] = p.Faults
	}
	return json.Marshal(m)
}

// Write answers with the document.
func (p Problem) Write(w http.ResponseWriter) error {
	b, err := p.MarshalJSON()
	if err != nil {
		return err
	}
	return p.send(w, b)
}

// send answers with a document that is written already.
func (p *Problem) send(w http.ResponseWriter, document []byte) error {
	h := w.Header()
	p.Headers(h)
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, err := w.Write(document)
	return err
}

// Headers sets those that go with the status, for a page as for a document.
func (p *Problem) Headers(h http.Header) {
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="mingchui"`)
	}
}
