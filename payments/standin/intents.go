package standin

import (
	"net/http"
	"strings"
)

func intentSpec() spec {
	return common(
		param{name: "amount", kind: positive, required: true},
		param{name: "currency", kind: text, required: true, oneOf: []string{"cny"}},
		param{name: "capture_method", kind: text, oneOf: []string{"automatic", "automatic_async", "manual"}},
		param{name: "confirm", kind: boolean},
		param{name: "description", kind: free},
		param{name: "metadata[*]"},
		param{name: "payment_method", kind: text},
		param{name: "payment_method_types[]", kind: text, oneOf: []string{"card", "alipay", "wechat_pay"}},
		param{name: "return_url", kind: text},
	)
}

func createIntent(t *tx, _ string, f form) (obj, *apiError) {
	r := t.newIntent(f.int("amount"), f.get("capture_method"), f.get("description"), f.dict("metadata"), f.list("payment_method_types"))
	if r.Amount > t.s.cfg.MaxAmountFen {
		return nil, tooLarge(t, "amount")
	}
	if f.get("confirm") == "true" {
		return t.confirmBy(r, f)
	}
	if pm := f.get("payment_method"); pm != "" {
		if _, ok := methodOf(pm); !ok {
			return nil, missing("PaymentMethod", pm, "payment_method")
		}
		r.MethodID, r.Status = pm, "requires_confirmation"
	}
	return t.intentObject(r, expandOf(f, "")), nil
}

func (t *tx) newIntent(amount int64, capture, description string, meta map[string]string, methods []string) *intentRow {
	r := &intentRow{
		ID: newID("pi_3", 23), Status: "requires_payment_method", Amount: amount, CaptureMethod: capture,
		Description: description, Metadata: meta, Methods: methods, Created: t.now,
	}
	r.Secret = r.ID + newID("_secret_", 25)
	if r.CaptureMethod == "" {
		r.CaptureMethod = "automatic"
	}
	if len(r.Methods) == 0 {
		r.Methods = []string{"card"}
	}
	t.c.Intents = append(t.c.Intents, r)
	return r
}

func confirmIntent(t *tx, id string, f form) (obj, *apiError) {
	old := t.s.state.intents.rows[id]
	switch {
	case old == nil:
		return nil, missing("payment_intent", id, "intent")
	case old.Status != "requires_payment_method" && old.Status != "requires_confirmation":
		return nil, unexpected(old, "confirmed", "requires_payment_method, requires_confirmation")
	case old.SessionID != "":
		return nil, refused("payment_intent_unexpected_state", "", "This PaymentIntent belongs to a Checkout Session and is confirmed on its page.")
	}
	return t.confirmBy(t.intent(id), f)
}

// confirmBy charges the payment method that the request or the intent names.
func (t *tx) confirmBy(r *intentRow, f form) (obj, *apiError) {
	pm := f.get("payment_method")
	if pm == "" {
		pm = r.MethodID
	}
	if pm == "" {
		return nil, invalid("parameter_missing", "payment_method", "You cannot confirm this PaymentIntent because it's missing a payment method.")
	}
	m, ok := methodOf(pm)
	if !ok {
		return nil, missing("PaymentMethod", pm, "payment_method")
	}
	t.attempt(r, m)
	if r.LastError != nil {
		return nil, &apiError{
			status: http.StatusPaymentRequired, kind: "card_error", code: r.LastError.Code, declineCode: r.LastError.DeclineCode,
			message: r.LastError.Message, charge: r.ChargeID, intent: mustJSON(t.intentObject(r, nil)),
		}
	}
	return t.intentObject(r, expandOf(f, "")), nil
}

// method is what a payer pays with.
type method struct {
	id, kind  string // kind: card, alipay, wechat_pay
	declines  bool
	refundsGo string // at_once, later, fail_later
}

// methodOf knows Stripe's test methods by name (docs.stripe.com/testing).
func methodOf(id string) (method, bool) {
	switch id {
	case "pm_card_visa", "pm_card_unionpay", "card":
		return method{id, "card", false, "at_once"}, true
	case "pm_card_visa_chargeDeclined", "pm_card_chargeDeclined":
		return method{id, "card", true, ""}, true
	case "pm_card_pendingRefund":
		return method{id, "card", false, "later"}, true
	case "pm_card_refundFail":
		return method{id, "card", false, "fail_later"}, true
	case "alipay", "wechat_pay":
		return method{newID("pm_1", 23), id, false, "later"}, true
	}
	return method{}, false
}

// attempt charges m: the intent succeeds, holds, or goes back to
// requires_payment_method with the reason.
func (t *tx) attempt(r *intentRow, m method) {
	c := &chargeRow{
		ID: newID("ch_3", 23), IntentID: r.ID, Status: "succeeded", Amount: r.Amount, Method: m.kind, MethodID: m.id,
		RefundsGo: m.refundsGo, Description: r.Description, Metadata: r.Metadata, Created: t.now,
	}
	t.c.Charges = append(t.c.Charges, c)
	r.ChargeID, r.MethodID, r.LastError = c.ID, m.id, nil
	lane := r.lane()
	switch {
	case m.declines:
		c.Status = "failed"
		c.Decline = &declineRow{Code: "card_declined", DeclineCode: "generic_decline", Message: "Your card was declined.", ChargeID: c.ID}
		r.Status, r.LastError, r.MethodID = "requires_payment_method", c.Decline, ""
		t.tell("charge.failed", lane, t.chargeObject(c), nil)
		t.tell("payment_intent.payment_failed", lane, t.intentObject(r, nil), nil)
	case r.CaptureMethod == "manual":
		c.CaptureBefore = t.at.Add(holdFor).Unix()
		r.Status, r.Capturable = "requires_capture", r.Amount
		t.tell("charge.succeeded", lane, t.chargeObject(c), nil)
		t.tell("payment_intent.amount_capturable_updated", lane, t.intentObject(r, nil), nil)
	default:
		c.IsCaptured, c.Captured = true, c.Amount
		t.bookCharge(c)
		r.Status, r.Received = "succeeded", r.Amount
		t.tell("charge.succeeded", lane, t.chargeObject(c), nil)
		t.tell("payment_intent.succeeded", lane, t.intentObject(r, nil), nil)
	}
}

// lane keeps the events of a session and its payment in order.
func (r *intentRow) lane() string {
	if r.SessionID != "" {
		return r.SessionID
	}
	return r.ID
}

func getIntent(t *tx, id string, f form) (obj, *apiError) {
	r := t.s.state.intents.rows[id]
	if r == nil {
		return nil, missing("payment_intent", id, "intent")
	}
	return t.intentObject(r, expandOf(f, "")), nil
}

func updateIntent(t *tx, id string, f form) (obj, *apiError) {
	if t.s.state.intents.rows[id] == nil {
		return nil, missing("payment_intent", id, "intent")
	}
	r := t.intent(id)
	r.Metadata = mergeMetadata(r.Metadata, f)
	if f.has("description") {
		r.Description = f.get("description")
	}
	return t.intentObject(r, expandOf(f, "")), nil
}

// mergeMetadata sets the keys that f names; an empty value unsets one.
func mergeMetadata(old map[string]string, f form) map[string]string {
	out := metadata(old)
	for name, v := range f.values {
		if k, ok := strings.CutPrefix(name, "metadata["); ok {
			k = strings.TrimSuffix(k, "]")
			if v[0] == "" {
				delete(out, k)
			} else {
				out[k] = v[0]
			}
		}
	}
	return out
}

func listIntents(t *tx, _ string, f form) (obj, *apiError) {
	return list(f, "/v1/payment_intents", t.s.state.intents.all(), func(r *intentRow) string { return r.ID }, func(r *intentRow) bool { return within(f, r.Created) },
		func(r *intentRow) obj { return t.intentObject(r, expandOf(f, "data.")) })
}

func captureIntent(t *tx, id string, f form) (obj, *apiError) {
	old := t.s.state.intents.rows[id]
	switch {
	case old == nil:
		return nil, missing("payment_intent", id, "intent")
	case old.Status != "requires_capture":
		return nil, unexpected(old, "captured", "requires_capture")
	case f.int("amount_to_capture") > old.Capturable:
		return nil, refused("amount_too_large", "amount_to_capture", "The amount to capture must be less than or equal to the capturable amount of %s.", yuan(old.Capturable))
	}
	r := t.intent(id)
	amount := f.int("amount_to_capture")
	if amount == 0 {
		amount = r.Capturable
	}
	r.Status, r.Received, r.Capturable = "succeeded", amount, 0
	c := t.charge(r.ChargeID)
	c.IsCaptured, c.Captured = true, amount
	t.bookCharge(c)
	if s := t.session(r.SessionID); s != nil {
		s.Paid = true
	}
	t.tell("charge.captured", r.lane(), t.chargeObject(c), nil)
	t.tell("payment_intent.succeeded", r.lane(), t.intentObject(r, nil), nil)
	return t.intentObject(r, expandOf(f, "")), nil
}

func cancellable(status string) bool {
	switch status {
	case "requires_payment_method", "requires_confirmation", "requires_action", "requires_capture":
		return true
	}
	return false
}

func cancelIntent(t *tx, id string, f form) (obj, *apiError) {
	old := t.s.state.intents.rows[id]
	if old == nil {
		return nil, missing("payment_intent", id, "intent")
	}
	if !cancellable(old.Status) {
		return nil, unexpected(old, "canceled", "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing")
	}
	if s := t.s.state.sessions.rows[old.SessionID]; s != nil && s.Status == "open" {
		return nil, refused("payment_intent_unexpected_state", "", "You cannot cancel this PaymentIntent because it was created by Checkout. Expire the Checkout Session instead.")
	}
	return t.intentObject(t.cancel(id, f.get("cancellation_reason")), expandOf(f, "")), nil
}

func (t *tx) cancel(id, reason string) *intentRow {
	r := t.intent(id)
	r.Status, r.Capturable, r.CanceledAt, r.CancelReason = "canceled", 0, t.now, reason
	t.tell("payment_intent.canceled", r.lane(), t.intentObject(r, nil), nil)
	return r
}

func unexpected(r *intentRow, done, may string) *apiError {
	return refused("payment_intent_unexpected_state", "", "This PaymentIntent could not be %s because it has a status of %s. Only a PaymentIntent with one of the following statuses may be %s: %s.", done, r.Status, done, may)
}
