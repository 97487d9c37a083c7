package standin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxBody bounds what a request may carry.
const maxBody = 1 << 20

// endpoint is one call of the API: what it takes, and what it does under s.mu.
type endpoint struct {
	spec spec
	run  func(t *tx, id string, f form) (obj, *apiError)
}

func (s *Server) endpoints() map[string]endpoint {
	only := common()
	return map[string]endpoint{
		"POST /v1/checkout/sessions":                {sessionSpec(), createSession},
		"GET /v1/checkout/sessions":                 {listSpec(param{name: "payment_intent"}, param{name: "status"}), listSessions},
		"GET /v1/checkout/sessions/{id}":            {only, getSession},
		"GET /v1/checkout/sessions/{id}/line_items": {listSpec(), sessionLines},
		"POST /v1/checkout/sessions/{id}/expire":    {only, expireSession},
		"POST /v1/payment_intents":                  {intentSpec(), createIntent},
		"GET /v1/payment_intents":                   {listSpec(), listIntents},
		"GET /v1/payment_intents/search":            {common(param{name: "query", required: true}, param{name: "limit", kind: positive}, param{name: "page"}), searchIntents},
		"GET /v1/payment_intents/{id}":              {common(param{name: "client_secret"}), getIntent},
		"POST /v1/payment_intents/{id}":             {common(param{name: "metadata[*]"}, param{name: "description", kind: free}), updateIntent},
		"POST /v1/payment_intents/{id}/confirm":     {common(param{name: "payment_method"}, param{name: "return_url"}), confirmIntent},
		"POST /v1/payment_intents/{id}/capture":     {common(param{name: "amount_to_capture", kind: positive}), captureIntent},
		"POST /v1/payment_intents/{id}/cancel": {common(param{
			name:  "cancellation_reason",
			oneOf: []string{"duplicate", "fraudulent", "requested_by_customer", "abandoned"},
		}), cancelIntent},
		"POST /v1/refunds":      {refundSpec(), createRefund},
		"GET /v1/refunds":       {listSpec(param{name: "payment_intent"}, param{name: "charge"}), listRefunds},
		"GET /v1/refunds/{id}":  {only, getRefund},
		"POST /v1/refunds/{id}": {common(param{name: "metadata[*]"}), updateRefund},
		"GET /v1/charges":       {listSpec(param{name: "payment_intent"}), listCharges},
		"GET /v1/charges/{id}":  {only, getCharge},
		"GET /v1/events":        {listSpec(param{name: "type"}, param{name: "types[]"}), listEvents},
		"GET /v1/events/{id}":   {only, getEvent},
		"GET /v1/balance":       {only, getBalance},
		"GET /v1/balance_transactions": {
			listSpec(param{name: "source", kind: text}, param{name: "type", kind: text}, param{name: "currency", kind: text}), listBookings,
		},
		"GET /v1/balance_transactions/{id}": {only, getBooking},
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	c := newChecker()
	for pattern, ep := range s.endpoints() {
		mux.HandleFunc(pattern, s.api(c, ep))
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) { answerError(w, newID("req_", 14), unknownURL(r)) })
	s.pageRoutes(mux)
	s.controlRoutes(mux)
	return mux
}

// call is one API request on its way.
type call struct {
	ep             endpoint
	f              form
	id             string // in the path
	requestID      string
	key            string // empty for reads and for writes without one
	fingerprint    string
	base           string
	replayed       bool
	originalAnswer string // request id of the answer that is repeated
}

func (s *Server) api(c *checker, ep endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requestID := newID("req_", 14)
		w.Header().Set("Stripe-Version", APIVersion)
		cl, e := s.read(w, r, c, ep, requestID)
		if e != nil {
			answerError(w, requestID, e)
			return
		}
		fault, hit := s.faults.takeRequest(r.Method, r.URL.Path)
		if hit && fault.Action == DropBefore {
			panic(http.ErrAbortHandler)
		}
		if hit && fault.Action == FailBefore {
			answerError(w, requestID, fault.apiError())
			return
		}
		status, body := s.execute(r.Context(), cl, func(t *tx) (obj, *apiError) {
			if hit && fault.Action == FailStored {
				return nil, fault.apiError()
			}
			return ep.run(t, cl.id, cl.f)
		}, func(ctx context.Context) bool { return !hit || fault.Action != Slow || s.faults.slow(ctx, fault.Delay) })
		switch {
		case status == 0, hit && fault.Action == DropAfter:
			panic(http.ErrAbortHandler)
		case hit && fault.Action == HangAfter:
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		case hit && fault.Action == FailAfter:
			answerError(w, requestID, fault.apiError())
			return
		}
		if cl.key != "" {
			w.Header().Set("Idempotency-Key", cl.key)
		}
		if cl.replayed {
			w.Header().Set("Idempotent-Replayed", "true")
			w.Header().Set("Original-Request", cl.originalAnswer)
		}
		answer(w, status, requestID, body)
	}
}

func (f RequestFault) apiError() *apiError {
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	e := apiFault(status)
	e.code = f.Code
	return e
}

// read checks who calls, in which version, and what the request carries.
func (s *Server) read(w http.ResponseWriter, r *http.Request, c *checker, ep endpoint, requestID string) (*call, *apiError) {
	if e := s.authorise(r); e != nil {
		return nil, e
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != APIVersion {
		return nil, invalid("", "", "The payment stand-in speaks API version %s alone; you asked for %s.", APIVersion, v)
	}
	values := r.URL.Query()
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return nil, invalid("", "", "The request body could not be read.")
		}
		more, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, invalid("", "", "The request body is not form-encoded.")
		}
		for k, v := range more {
			values[k] = append(values[k], v...)
		}
	}
	cl := &call{ep: ep, f: form{values}, id: r.PathValue("id"), requestID: requestID, base: s.baseOf(r)}
	if r.Method == http.MethodPost {
		cl.key = r.Header.Get("Idempotency-Key")
		sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + cl.f.canonical()))
		cl.fingerprint = hex.EncodeToString(sum[:])
		if len(cl.key) > 255 {
			return nil, invalid("", "", "Idempotency keys can be at most 255 characters long.")
		}
	}
	if done, e := s.known(cl); done || e != nil {
		return cl, e
	}
	return cl, c.check(ep.spec, cl.f)
}

func (s *Server) authorise(r *http.Request) *apiError {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		key, _, ok = r.BasicAuth()
	}
	if ok && subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.SecretKey)) == 1 {
		return nil
	}
	e := invalid("", "", "Invalid API Key provided.")
	if !ok || key == "" {
		e.message = "You did not provide an API key. Provide it in the Authorization header, using Bearer auth."
	}
	e.status = http.StatusUnauthorized
	return e
}

func (s *Server) baseOf(r *http.Request) string {
	if s.cfg.PublicURL != "" {
		return s.cfg.PublicURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// known reports whether the key has an answer already, or the error of a key
// that was used for something else. It comes before the check of parameters.
func (s *Server) known(cl *call) (bool, *apiError) {
	if cl.key == "" {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.liveKey(cl.key)
	if k == nil {
		return false, nil
	}
	if k.Fingerprint != cl.fingerprint {
		return false, &apiError{status: http.StatusBadRequest, kind: "idempotency_error", unstored: true, message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" + cl.key + "' if you meant to execute a different request."}
	}
	return true, nil
}

// liveKey is called with s.mu held; keys older than a day are as good as new.
func (s *Server) liveKey(key string) *keyRow {
	k := s.state.keys[key]
	if k == nil || s.now().Unix()-k.Created > int64(keepKeys.Seconds()) {
		return nil
	}
	return k
}

// execute answers from the key's memory, or runs the call and remembers. ready
// runs before it with the key taken; when it gives false nobody waits any more
// and status is 0.
func (s *Server) execute(ctx context.Context, cl *call, run func(*tx) (obj, *apiError), ready func(context.Context) bool) (status int, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cl.key != "" {
		if k := s.liveKey(cl.key); k != nil {
			cl.replayed, cl.originalAnswer = true, k.RequestID
			return k.Status, k.Body
		}
		if s.state.busy[cl.key] {
			e := &apiError{status: http.StatusConflict, kind: "idempotency_error", code: "idempotency_key_in_use", message: "There is currently another in-progress request using this Idempotent Key."}
			return e.status, e.body(cl.requestID)
		}
		s.state.busy[cl.key] = true
		defer delete(s.state.busy, cl.key)
	}
	s.mu.Unlock()
	waited := ready(ctx)
	s.mu.Lock()
	if !waited {
		return 0, nil
	}
	t := s.begin()
	t.requestID, t.key = cl.requestID, cl.key
	if t.base == "" {
		t.base = cl.base
	}
	o, e := run(t)
	status = http.StatusOK
	if e != nil {
		status, body = e.status, e.body(cl.requestID)
		if e.kind != "card_error" {
			t.c = change{}
		}
	} else {
		body = mustJSON(o)
	}
	if cl.key != "" && (e == nil || !e.unstored) {
		t.remember(cl.fingerprint, status, body)
	}
	if err := t.commit(); err != nil {
		broken := apiFault(http.StatusServiceUnavailable)
		return broken.status, broken.body(cl.requestID)
	}
	return status, body
}

func answerError(w http.ResponseWriter, requestID string, e *apiError) {
	answer(w, e.status, requestID, e.body(requestID))
}

func answer(w http.ResponseWriter, status int, requestID string, body []byte) {
	w.Header().Set("Request-Id", requestID)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON; the caller may be gone
}
