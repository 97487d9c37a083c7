package standin

import (
	"fmt"
	"net/url"
	"time"
)

const (
	// Bounds of expires_at (docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at).
	sessionMinLife = 30 * time.Minute
	sessionMaxLife = 24 * time.Hour
	// expiresSlack forgives a request that took a while to arrive.
	expiresSlack = time.Minute
	maxLines     = 100
)

func sessionSpec() spec {
	return common(
		param{name: "mode", kind: text, required: true, oneOf: []string{"payment"}},
		param{name: "ui_mode", kind: text, oneOf: []string{"hosted"}},
		param{name: "success_url", kind: text, required: true},
		param{name: "cancel_url", kind: text},
		param{name: "client_reference_id", kind: text},
		param{name: "currency", kind: text, oneOf: []string{"cny"}},
		param{name: "expires_at", kind: instant},
		param{name: "locale", kind: text},
		param{name: "metadata[*]"},
		param{name: "submit_type", kind: text, oneOf: []string{"auto", "book", "donate", "pay"}},
		param{name: "line_items", required: true},
		param{name: "line_items[][quantity]", kind: positive},
		param{name: "line_items[][price_data][currency]", kind: text, oneOf: []string{"cny"}},
		param{name: "line_items[][price_data][unit_amount]", kind: natural},
		param{name: "line_items[][price_data][product_data][name]", kind: text},
		param{name: "line_items[][price_data][product_data][description]", kind: text},
		param{name: "payment_intent_data[capture_method]", kind: text, oneOf: []string{"automatic", "automatic_async", "manual"}},
		param{name: "payment_intent_data[description]", kind: text},
		param{name: "payment_intent_data[metadata][*]"},
		param{name: "payment_method_types[]", kind: text, oneOf: []string{"card", "alipay", "wechat_pay"}},
		param{name: "payment_method_options[wechat_pay][client]", kind: text, oneOf: []string{"web"}},
	)
}

func createSession(t *tx, _ string, f form) (obj, *apiError) {
	r := &sessionRow{
		ID: newID("cs_test_a1", 56), Status: "open", Metadata: f.dict("metadata"), Reference: f.get("client_reference_id"),
		SuccessURL: f.get("success_url"), CancelURL: f.get("cancel_url"), Locale: f.get("locale"),
		CaptureMethod: f.get("payment_intent_data[capture_method]"), Description: f.get("payment_intent_data[description]"),
		IntentMetadata: f.dict("payment_intent_data[metadata]"), Methods: f.list("payment_method_types"),
		Created: t.now, Expires: t.at.Add(sessionMaxLife).Unix(),
	}
	r.URL = t.base + "/c/pay/" + r.ID
	if r.CaptureMethod == "" {
		r.CaptureMethod = "automatic"
	}
	for name, u := range map[string]string{"success_url": r.SuccessURL, "cancel_url": r.CancelURL} {
		if e := checkURL(name, u); e != nil {
			return nil, e
		}
	}
	if e := chooseMethods(r, f); e != nil {
		return nil, e
	}
	if e := readLines(t, r, f); e != nil {
		return nil, e
	}
	if f.has("expires_at") {
		r.Expires = f.int("expires_at")
		life := time.Unix(r.Expires, 0).Sub(t.at)
		if life < sessionMinLife-expiresSlack || life > sessionMaxLife+expiresSlack {
			return nil, invalid("", "expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
		}
	}
	t.c.Sessions = append(t.c.Sessions, r)
	return t.sessionObject(r, expandOf(f, "")), nil
}

func checkURL(name, s string) *apiError {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return invalid("url_invalid", name, "Not a valid URL")
	}
	return nil
}

// chooseMethods offers all three when the request names none; money can be held
// on cards alone.
func chooseMethods(r *sessionRow, f form) *apiError {
	manual := r.CaptureMethod == "manual"
	switch {
	case len(r.Methods) == 0 && manual:
		r.Methods = []string{"card"}
	case len(r.Methods) == 0:
		r.Methods = []string{"card", "alipay", "wechat_pay"}
	}
	for i, m := range r.Methods {
		if manual && m != "card" {
			return invalid("", fmt.Sprintf("payment_method_types[%d]", i), "The payment method type `%s` does not support `capture_method=manual`.", m)
		}
		if m == "wechat_pay" && f.has("payment_method_types[0]") && !f.has("payment_method_options[wechat_pay][client]") {
			return invalid("parameter_missing", "payment_method_options[wechat_pay][client]", "Missing required param: payment_method_options[wechat_pay][client].")
		}
	}
	return nil
}

func readLines(t *tx, r *sessionRow, f form) *apiError {
	for _, i := range f.indexes("line_items") {
		at := fmt.Sprintf("line_items[%d]", i)
		l := lineRow{
			ID: newID("li_", 24), Name: f.get(at + "[price_data][product_data][name]"),
			Description: f.get(at + "[price_data][product_data][description]"),
			UnitAmount:  f.int(at + "[price_data][unit_amount]"), Quantity: f.int(at + "[quantity]"),
		}
		for _, need := range []string{"[price_data][currency]", "[price_data][unit_amount]", "[price_data][product_data][name]", "[quantity]"} {
			if !f.has(at + need) {
				return invalid("parameter_missing", at+need, "Missing required param: %s.", at+need)
			}
		}
		// Each factor is held first, so that the product cannot overflow.
		if l.UnitAmount > t.s.cfg.MaxAmountFen || l.Quantity > t.s.cfg.MaxAmountFen {
			return tooLarge(t, at+"[price_data][unit_amount]")
		}
		r.Amount += l.UnitAmount * l.Quantity
		r.Lines = append(r.Lines, l)
		if r.Amount > t.s.cfg.MaxAmountFen {
			return tooLarge(t, "line_items")
		}
		if len(r.Lines) > maxLines {
			return invalid("", "line_items", "At most %d line items.", maxLines)
		}
	}
	if r.Amount < 1 {
		return invalid("amount_too_small", "line_items", "The Checkout Session's total amount must be at least ¥0.01.")
	}
	return nil
}

func tooLarge(t *tx, param string) *apiError {
	return invalid("amount_too_large", param, "Amount must be no more than %s", yuan(t.s.cfg.MaxAmountFen))
}

func getSession(t *tx, id string, f form) (obj, *apiError) {
	r := t.s.state.sessions.rows[id]
	if r == nil {
		return nil, missing("checkout.session", id, "session")
	}
	return t.sessionObject(r, expandOf(f, "")), nil
}

func listSessions(t *tx, _ string, f form) (obj, *apiError) {
	return list(f, "/v1/checkout/sessions", t.s.state.sessions.all(), func(r *sessionRow) string { return r.ID }, func(r *sessionRow) bool {
		return within(f, r.Created) && like(f, "payment_intent", r.IntentID) && like(f, "status", r.Status)
	}, func(r *sessionRow) obj { return t.sessionObject(r, expandOf(f, "data.")) })
}

func sessionLines(t *tx, id string, _ form) (obj, *apiError) {
	r := t.s.state.sessions.rows[id]
	if r == nil {
		return nil, missing("checkout.session", id, "session")
	}
	return lineList(r), nil
}

func expireSession(t *tx, id string, f form) (obj, *apiError) {
	old := t.s.state.sessions.rows[id]
	if old == nil {
		return nil, missing("checkout.session", id, "session")
	}
	if old.Status != "open" {
		return nil, refused("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of %s.", old.Status)
	}
	return t.sessionObject(t.expire(id), expandOf(f, "")), nil
}

// expire ends an open session and cancels what was tried on it.
func (t *tx) expire(id string) *sessionRow {
	r := t.session(id)
	r.Status = "expired"
	if in := t.readIntent(r.IntentID); in != nil && cancellable(in.Status) {
		t.cancel(in.ID, "automatic")
	}
	t.tell("checkout.session.expired", r.ID, t.sessionObject(r, nil), nil)
	return r
}
