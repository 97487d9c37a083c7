package words

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Refusal is a fault as a person reads it.
type Refusal struct {
	Code, Detail, Field string
	// Rule is the rule book's row and Article its source; empty where the
	// law is not the reason.
	Rule, Article string
}

// Refusal words err: the catalogue's fault.<code> with the fault's arguments.
// What is not one of our faults, or has no wording, reads as internal_error
// without its cause.
func (w *Words) Refusal(err error) Refusal {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		f = fault.New(fault.Internal, fault.InternalError)
	}
	r := Refusal{Code: string(f.Code), Field: f.Field, Rule: f.Rule}
	key := "fault." + string(f.Code)
	if !w.Has(key) {
		key = "fault." + string(fault.InternalError)
	}
	r.Detail = w.Map(key, w.Arguments(f.Args))
	if src, ok := law.Article(f.Rule); ok {
		r.Article = w.Pick(src.TextZH, src.TextEN)
	}
	return r
}

// Arguments writes a fault's arguments for its wording: names ending in _fen as
// ¥1,325,200.00, times under names ending in _at as local time, account as the
// case fund's page calls it; the rest stay.
func (w *Words) Arguments(args map[string]any) map[string]any {
	out := make(map[string]any, len(args))
	for name, v := range args {
		out[name] = w.argument(name, v)
	}
	return out
}

func (w *Words) argument(name string, v any) any {
	switch {
	case strings.HasSuffix(name, "_fen"):
		if f, ok := fenOf(v); ok {
			return w.Money(f)
		}
	case strings.HasSuffix(name, "_at"):
		if t, ok := timeOf(v); ok {
			return w.Time(t)
		}
	}
	if account, ok := v.(string); ok && name == "account" && w.Has("account."+account) {
		return w.T("account." + account)
	}
	if d, ok := v.(time.Duration); ok {
		return w.Span(d)
	}
	return v
}

func fenOf(v any) (money.Fen, bool) {
	switch n := v.(type) {
	case money.Fen:
		return n, true
	case int64:
		return money.Fen(n), true
	case int:
		return money.Fen(n), true
	case json.Number:
		i, err := n.Int64()
		return money.Fen(i), err == nil
	}
	return 0, false
}

func timeOf(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, true
	case int64: // unix milliseconds
		return time.UnixMilli(t), true
	case string:
		p, err := time.Parse(time.RFC3339Nano, t)
		return p, err == nil
	}
	return time.Time{}, false
}
