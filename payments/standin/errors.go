package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an answer in Stripe's error JSON (docs.stripe.com/api/errors).
type apiError struct {
	status      int
	kind        string // type
	code        string
	message     string
	param       string
	declineCode string
	charge      string
	intent      json.RawMessage
	// unstored errors leave no trace under the idempotency key: what failed
	// validation never started executing.
	unstored bool
}

func (e *apiError) body(requestID string) []byte {
	in := map[string]any{"type": e.kind, "message": e.message}
	set := func(k, v string) {
		if v != "" {
			in[k] = v
		}
	}
	set("code", e.code)
	set("param", e.param)
	set("decline_code", e.declineCode)
	set("charge", e.charge)
	if e.intent != nil {
		in["payment_intent"] = e.intent
	}
	if requestID != "" {
		in["request_log_url"] = "https://dashboard.stripe.com/test/logs/" + requestID
	}
	return mustJSON(map[string]any{"error": in})
}

// invalid is a parameter at fault, found before anything was done.
func invalid(code, param, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param, message: fmt.Sprintf(format, args...), unstored: true}
}

// refused is a state that does not allow the request; it is stored under the key.
func refused(code, param, format string, args ...any) *apiError {
	e := invalid(code, param, format, args...)
	e.unstored = false
	return e
}

func missing(kind, id, param string) *apiError {
	e := refused("resource_missing", param, "No such %s: '%s'", kind, id)
	e.status = http.StatusNotFound
	return e
}

func unknownURL(r *http.Request) *apiError {
	e := invalid("", "", "Unrecognized request URL (%s: %s). The payment stand-in knows only what the platform uses.", r.Method, r.URL.Path)
	e.status = http.StatusNotFound
	return e
}

func apiFault(status int) *apiError {
	return &apiError{status: status, kind: "api_error", message: "The payment stand-in could not answer."}
}

// mustJSON encodes values that are made of maps, strings and numbers.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("standin: encode %T: %v", v, err))
	}
	return b
}
