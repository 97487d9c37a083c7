package api_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"mingchui/auction/fault"
	"mingchui/web/api"
	"mingchui/web/problem"
)

func contract(t testing.TB) *api.Contract {
	t.Helper()
	c, err := api.LoadContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The document is OpenAPI 3.1, judged by another implementation.
func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	doc, err := libopenapi.NewDocument(contract(t).JSON())
	if err != nil {
		t.Fatal(err)
	}
	if doc.GetVersion() != "3.1.0" {
		t.Errorf("version %s", doc.GetVersion())
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if valid, found := v.ValidateDocument(); !valid {
		for _, e := range found {
			t.Error(e.Message, e.Reason)
			for _, s := range e.SchemaValidationErrors {
				t.Error("  ", s.Reason, s.KeywordLocation)
			}
		}
	}
}

const bids, lots = "/api/v1/lots/{lot}/bids", "/api/v1/lots"

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for _, x := range []struct {
		name, method, path, query, body string
		code                            fault.Code
		field                           string
	}{
		{"float", "POST", bids, "", `{"amount_fen": 100.5}`, fault.AmountInvalid, "amount_fen"},
		{"whole number as a float", "POST", bids, "", `{"amount_fen": 100.0}`, fault.AmountInvalid, "amount_fen"},
		{"exponent", "POST", bids, "", `{"amount_fen": 1e5}`, fault.AmountInvalid, "amount_fen"},
		{"negative", "POST", bids, "", `{"amount_fen": -1}`, fault.AmountInvalid, "amount_fen"},
		{"nothing", "POST", bids, "", `{"amount_fen": 0}`, fault.AmountInvalid, "amount_fen"},
		{"text", "POST", bids, "", `{"amount_fen": "100"}`, fault.AmountInvalid, "amount_fen"},
		{"null", "POST", bids, "", `{"amount_fen": null}`, fault.AmountInvalid, "amount_fen"},
		{"2^53", "POST", bids, "", `{"amount_fen": 9007199254740992}`, fault.AmountTooLarge, "amount_fen"},
		{"above 2^64", "POST", bids, "", `{"amount_fen": 99999999999999999999999}`, fault.AmountTooLarge, "amount_fen"},
		{"unknown field", "POST", bids, "", `{"amount_fen": 100, "max_fen": 200}`, fault.UnknownField, "max_fen"},
		{"other case", "POST", bids, "", `{"Amount_Fen": 100}`, fault.UnknownField, "Amount_Fen"},
		{"missing", "POST", bids, "", `{}`, problem.FieldMissing, "amount_fen"},
		{"twice", "POST", bids, "", `{"amount_fen": 100, "amount_fen": 200}`, fault.InvalidRequest, ""},
		{"two values", "POST", bids, "", `{"amount_fen": 100} {}`, fault.InvalidRequest, ""},
		{"broken", "POST", bids, "", `{"amount_fen": `, fault.InvalidRequest, ""},
		{"empty", "POST", bids, "", ``, fault.InvalidRequest, ""},
		{"list", "POST", bids, "", `[1]`, problem.FieldInvalid, ""},
		{"not UTF-8", "POST", "/api/v1/tokens", "", "{\"login\": \"\xff\", \"password\": \"x\"}", fault.InvalidRequest, ""},
		{"wrong type", "POST", "/api/v1/lots/{lot}/enrolments", "", `{"accept_notices": "yes"}`, problem.FieldInvalid, "accept_notices"},
		{"unknown value", "POST", "/api/v1/lots/{lot}/enrolments", "", `{"accept_notices": true, "capacity": "vip"}`, problem.FieldInvalid, "capacity"},
		{"no time", "POST", "/api/v1/lots/{lot}/announcement", "", `{"starts_at": "tomorrow", "ends_at": "2026-06-18T02:31:48Z"}`, problem.FieldInvalid, "starts_at"},
		{"deep amount", "POST", "/api/v1/cases", "", `{"claim_fen": 1.5}`, fault.AmountInvalid, "claim_fen"},
		{"unknown parameter", "GET", lots, "colour=red", "", fault.UnknownField, "colour"},
		{"limit", "GET", lots, "limit=101", "", problem.FieldInvalid, "limit"},
		{"no number", "GET", lots, "limit=ten", "", problem.FieldInvalid, "limit"},
		{"amount in the query", "GET", lots, "price_min_fen=1.5", "", fault.AmountInvalid, "price_min_fen"},
		{"large amount in the query", "GET", lots, "price_max_fen=9007199254740992", "", fault.AmountTooLarge, "price_max_fen"},
		{"unknown stage", "GET", lots, "stage=first,third", "", problem.FieldInvalid, "stage"},
		{"sort", "GET", lots, "sort=random", "", problem.FieldInvalid, "sort"},
		{"twice in the query", "GET", lots, "sort=newest&sort=ending", "", problem.FieldInvalid, "sort"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			q, err := url.ParseQuery(x.query)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Check(x.method, x.path, q, header(), []byte(x.body))
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, f := range faults(err) {
				if f.Code == x.code && f.Field == x.field {
					return
				}
			}
			t.Errorf("answers %v, want %s in %q", err, x.code, x.field)
		})
	}
}

func faults(err error) []*fault.Error {
	if f, ok := err.(*fault.Error); ok { //nolint:errorlint // this walks the tree
		return []*fault.Error{f}
	}
	var out []*fault.Error
	if many, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, e := range many.Unwrap() {
			out = append(out, faults(e)...)
		}
	}
	return out
}

func header() http.Header {
	return http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Idempotency-Key": {"k-1"}}
}

func TestRequestsThatAreAccepted(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for _, x := range []struct{ method, path, query, body string }{
		{"POST", bids, "", `{"amount_fen": 9007199254740991}`},
		{"POST", bids, "", ` { "amount_fen" : 1 } `},
		{"GET", lots, "q=%E5%8E%82%E6%88%BF&stage=first,second&status=live&status=announced&limit=100&price_min_fen=0&sort=ending&cursor=", ""},
		{"GET", "/api/v1/lots/{lot}/bids", "after_seq=3&limit=10", ""},
		{"POST", "/api/v1/lots/{lot}/balance", "", ``},
		{"POST", "/api/v1/lots/{lot}/announcement", "", `{"starts_at": "2026-06-17T02:00:00.000Z", "ends_at": "2026-06-18T02:00:00+08:00"}`},
	} {
		q, err := url.ParseQuery(x.query)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(x.method, x.path, q, header(), []byte(x.body)); err != nil {
			t.Errorf("%s %s?%s %s: %v", x.method, x.path, x.query, x.body, err)
		}
	}
}

func TestHeadersOfRequests(t *testing.T) {
	t.Parallel()
	c := contract(t)
	body := []byte(`{"amount_fen": 100}`)
	for name, x := range map[string]struct {
		header http.Header
		code   fault.Code
	}{
		"no key":     {http.Header{"Content-Type": {"application/json"}}, fault.IdempotencyKeyNeeded},
		"long key":   {http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {strings.Repeat("k", 129)}}, problem.FieldInvalid},
		"odd key":    {http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {"a b"}}, problem.FieldInvalid},
		"no type":    {http.Header{"Idempotency-Key": {"k"}}, fault.Unsupported},
		"other type": {http.Header{"Content-Type": {"text/plain"}, "Idempotency-Key": {"k"}}, fault.Unsupported},
	} {
		if err := c.Check("POST", bids, nil, x.header, body); fault.CodeOf(err) != x.code {
			t.Errorf("%s: %v, want %s", name, err, x.code)
		}
	}
}

// A refusal lists every reason, in an order that does not change.
func TestSeveralReasonsAreListedInOrder(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for range 50 {
		err := c.Check("POST", "/api/v1/accounts", nil, header(), []byte(`{"login": "x", "zebra": 1, "apple": 2, "language": "fr"}`))
		var got []string
		for _, f := range faults(err) {
			got = append(got, string(f.Code)+" "+f.Field)
		}
		want := "unknown_field apple, unknown_field zebra, field_missing password, field_invalid language, field_invalid login"
		if s := strings.Join(got, ", "); s != want {
			t.Fatalf("lists %s, want %s", s, want)
		}
	}
}

// Checking a bid costs some microseconds; a bid itself takes some hundreds.
func BenchmarkCheckBid(b *testing.B) {
	c := contract(b)
	h, body := header(), []byte(`{"amount_fen": 132520000}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Check("POST", bids, nil, h, body); err != nil {
			b.Fatal(err)
		}
	}
}
