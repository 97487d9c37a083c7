package standin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// controlRoutes let tests in another process do what Faults and the methods of
// Server do. They take and give JSON, and want the secret key as the API does:
//
//	POST /standin/faults/requests   RequestFault
//	POST /standin/faults/webhooks   WebhookFault
//	POST /standin/faults/refunds    ["at_once", "later", "fail_later"]
//	POST /standin/faults/search_lag {"delay": nanoseconds}
//	POST /standin/faults/clear
//	POST /standin/webhooks/release  {"reversed": true}
//	POST /standin/webhooks/resend   {"event": "evt_…"}       -> {"status": 200}
//	POST /standin/webhooks/forge    the payload to send      -> {"status": 400}
//	POST /standin/webhooks/url      {"url": "http://…"}
//	POST /standin/flush             waits until nothing is due
//	POST /standin/clock             {"advance": nanoseconds} -> {"now": "…"}
//	POST /standin/refunds/settle    {"refund": "re_…", "status": "failed", "reason": ""}
//	POST /standin/disputes          {"payment_intent": "pi_…"}
//	POST /standin/payments          {"amount": fen, "metadata": {…}} -> {"payment_intent": "pi_…"}
//	POST /standin/bookings          Misbooking               -> {"balance_transaction": "txn_…"}
//	POST /standin/fees              {"per_mille": 6}
//	POST /standin/pay               {"session": "cs_…", "outcome": "succeed", "method": "", "refunds": ""}
func (s *Server) controlRoutes(mux *http.ServeMux) {
	f := s.faults
	control(s, mux, "faults/requests", func(_ *http.Request, in RequestFault) (any, error) { f.OnRequest(in); return nil, nil })
	control(s, mux, "faults/webhooks", func(_ *http.Request, in WebhookFault) (any, error) { f.OnWebhook(in); return nil, nil })
	control(s, mux, "faults/refunds", func(_ *http.Request, in []string) (any, error) { f.OnRefund(in...); return nil, nil })
	control(s, mux, "faults/search_lag", func(_ *http.Request, in controlIn) (any, error) { f.SearchLag(in.Delay); return nil, nil })
	control(s, mux, "faults/clear", func(_ *http.Request, _ controlIn) (any, error) { f.Clear(); return nil, nil })
	control(s, mux, "webhooks/release", func(_ *http.Request, in controlIn) (any, error) { s.ReleaseWebhooks(in.Reversed); return nil, nil })
	control(s, mux, "webhooks/url", func(_ *http.Request, in controlIn) (any, error) { s.SetWebhookURL(in.URL); return nil, nil })
	control(s, mux, "webhooks/resend", func(r *http.Request, in controlIn) (any, error) {
		status, err := s.Resend(r.Context(), in.Event)
		return obj{"status": status}, err
	})
	control(s, mux, "webhooks/forge", func(r *http.Request, in json.RawMessage) (any, error) {
		status, err := s.Forge(r.Context(), in)
		return obj{"status": status}, err
	})
	control(s, mux, "flush", func(r *http.Request, _ controlIn) (any, error) { return nil, s.Flush(r.Context()) })
	control(s, mux, "clock", func(_ *http.Request, in controlIn) (any, error) {
		err := s.AdvanceClock(in.Advance)
		return obj{"now": s.clock().UTC().Format(time.RFC3339)}, err
	})
	control(s, mux, "refunds/settle", func(_ *http.Request, in controlIn) (any, error) {
		return nil, s.SettleRefund(in.Refund, in.Status, in.Reason)
	})
	control(s, mux, "disputes", func(_ *http.Request, in controlIn) (any, error) { return nil, s.Dispute(in.PaymentIntent) })
	control(s, mux, "payments", func(_ *http.Request, in controlIn) (any, error) {
		id, err := s.PlantPayment(in.Amount, in.Metadata)
		return obj{"payment_intent": id}, err
	})
	control(s, mux, "bookings", func(_ *http.Request, in Misbooking) (any, error) {
		id, err := s.Misbook(in)
		return obj{"balance_transaction": id}, err
	})
	control(s, mux, "fees", func(_ *http.Request, in controlIn) (any, error) { f.Fees(in.PerMille); return nil, nil })
	control(s, mux, "pay", func(_ *http.Request, in controlIn) (any, error) {
		return nil, s.Pay(in.Session, Payer{in.Outcome, in.Method, in.Refunds})
	})
}

// controlIn holds the fields of the small controls.
type controlIn struct {
	Delay         time.Duration `json:"delay"`
	Advance       time.Duration `json:"advance"`
	Reversed      bool          `json:"reversed"`
	URL           string        `json:"url"`
	Event         string        `json:"event"`
	Refund        string        `json:"refund"`
	Status        string        `json:"status"`
	Reason        string        `json:"reason"`
	PaymentIntent string        `json:"payment_intent"`
	Session       string        `json:"session"`
	Outcome       Outcome       `json:"outcome"`
	Method        string        `json:"method"`
	Refunds       string        `json:"refunds"`
	Amount        int64         `json:"amount"`
	PerMille      int64         `json:"per_mille"`

	Metadata map[string]string `json:"metadata"`
}

func control[T any](s *Server, mux *http.ServeMux, path string, do func(*http.Request, T) (any, error)) {
	mux.HandleFunc("POST /standin/"+path, func(w http.ResponseWriter, r *http.Request) {
		requestID := newID("req_", 14)
		if e := s.authorise(r); e != nil {
			answerError(w, requestID, e)
			return
		}
		var in T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			answerError(w, requestID, invalid("", "", "Not the JSON of this control: %s", err.Error()))
			return
		}
		out, err := do(r, in)
		if err != nil {
			answerError(w, requestID, refused("", "", "%s", err.Error()))
			return
		}
		if out == nil {
			out = obj{}
		}
		answer(w, http.StatusOK, requestID, mustJSON(out))
	})
}
