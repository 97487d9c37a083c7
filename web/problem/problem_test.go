package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/web/problem"
	"mingchui/web/words"
)

// Every code of auction/fault and of the web layer is worded in both languages.
func TestEveryCodeIsWorded(t *testing.T) {
	t.Parallel()
	codes := problem.Codes()
	file, err := parser.ParseFile(token.NewFileSet(), "../../auction/fault/codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				s, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, fault.Code(s))
			}
		}
		return true
	})
	if len(codes) < 60 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for _, lang := range []string{words.Chinese, words.English} {
		for _, c := range codes {
			if !words.In(lang).Has("fault." + string(c)) {
				t.Errorf("%s lacks fault.%s", lang, c)
			}
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	err := fault.New(fault.Conflict, fault.BidTooLow).ByRule("R20a").InField("amount_fen").With("price_fen", int64(132520000)).
		With("seq", 211).With("ends_at", time.Date(2026, 6, 18, 2, 31, 48, 127e6, time.UTC)).With("status", 999)
	for lang, want := range map[string][]string{
		words.Chinese: {"出价未达要求：当前价为 ¥1,325,200.00", "第20条", "现在不能办理"},
		words.English: {"The bid is too low: the price is ¥1,325,200.00", "art. 20", "Not possible now"},
	} {
		rec := httptest.NewRecorder()
		if e := problem.Of(fmt.Errorf("place bid: %w", err), lang, "r1").Write(rec); e != nil {
			t.Fatal(e)
		}
		if rec.Code != http.StatusConflict || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s", rec.Code, rec.Header())
		}
		var m map[string]any
		if e := json.Unmarshal(rec.Body.Bytes(), &m); e != nil {
			t.Fatal(e)
		}
		for k, v := range map[string]any{
			"code": "bid_too_low", "field": "amount_fen", "rule": "R20a", "price_fen": 132520000.0, "seq": 211.0,
			"ends_at": "2026-06-18T02:31:48.127Z", "status": 409.0, "request_id": "r1",
		} {
			if m[k] != v {
				t.Errorf("%s: %s is %v, want %v", lang, k, m[k], v)
			}
		}
		if !strings.Contains(m["detail"].(string), want[0]) || !strings.Contains(m["article"].(string), want[1]) || m["title"] != want[2] {
			t.Errorf("%s: %v", lang, m)
		}
	}
}

func TestUnknownErrorsAreBare(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("pq: password authentication failed for user alice"),
		fault.Wrap(fault.Fatal, fault.CourseBroken, errors.New("alice")).InField("alice").With("name", "alice"),
	} {
		b, e := json.Marshal(problem.Of(err, words.English, "r2"))
		if e != nil {
			t.Fatal(e)
		}
		if strings.Contains(string(b), "alice") || !strings.Contains(string(b), `"code":"internal_error"`) || !strings.Contains(string(b), `"status":500`) {
			t.Errorf("reads %s", b)
		}
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		retry  string
	}{
		{fault.New(fault.Invalid, fault.AmountInvalid), 422, ""},
		{fault.New(fault.Invalid, fault.UnknownField), 400, ""},
		{&http.MaxBytesError{Limit: 10}, 413, ""},
		{fault.New(fault.Unauthenticated, fault.SignInRequired), 401, ""},
		{fault.New(fault.Forbidden, fault.RoleForbidden), 403, ""},
		{fault.New(fault.NotFound, fault.NotFoundCode), 404, ""},
		{fault.New(fault.RateLimited, fault.RateExceeded).After(1500 * time.Millisecond), 429, "2"},
		{fault.New(fault.Unavailable, fault.BidPending), 503, "1"},
		{context.DeadlineExceeded, 503, "1"},
	} {
		rec := httptest.NewRecorder()
		if err := problem.Of(c.err, words.Chinese, "").Write(rec); err != nil {
			t.Fatal(err)
		}
		if rec.Code != c.status || rec.Header().Get("Retry-After") != c.retry {
			t.Errorf("%v answers %d, Retry-After %q; want %d, %q", c.err, rec.Code, rec.Header().Get("Retry-After"), c.status, c.retry)
		}
	}
}

func TestSeveralFaultsAreListed(t *testing.T) {
	t.Parallel()
	a := fault.New(fault.Invalid, fault.ReserveTooLow).InField("starting_price_fen").ByRule("R10").With("least_fen", int64(700))
	b := fault.New(fault.Invalid, fault.OccupancyUnknown).InField("occupancy").ByRule("R2024")
	joined := errors.Join(a, b)
	for name, err := range map[string]error{
		"joined": joined, "below one": fault.Wrap(fault.Invalid, fault.AnnouncementIncomplete, joined),
	} {
		p := problem.Of(err, words.English, "")
		if len(p.Faults) != 2 || p.Faults[0].Code != fault.ReserveTooLow || p.Faults[1].Rule != "R2024" || p.Faults[1].Article == "" ||
			!strings.Contains(p.Faults[0].Detail, "¥7.00") {
			t.Errorf("%s: %+v", name, p.Faults)
		}
	}
	if p := problem.Of(a, words.English, ""); len(p.Faults) != 0 {
		t.Errorf("one fault is listed as several: %+v", p.Faults)
	}
}
