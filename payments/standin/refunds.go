package standin

import (
	"fmt"
	"slices"
	"time"
)

func refundSpec() spec {
	return common(
		param{name: "payment_intent", kind: text}, param{name: "charge", kind: text},
		param{name: "amount", kind: positive}, param{name: "metadata[*]"},
		param{name: "reason", kind: text, oneOf: []string{"duplicate", "fraudulent", "requested_by_customer"}},
	)
}

func createRefund(t *tx, _ string, f form) (obj, *apiError) {
	c, e := refundable(t, f)
	if e != nil {
		return nil, e
	}
	left := c.Captured - c.Refunded
	amount := left
	if f.has("amount") {
		amount = f.int("amount")
	}
	switch {
	case left == 0:
		return nil, refused("charge_already_refunded", "", "Charge %s has already been refunded.", c.ID)
	case amount > left:
		return nil, refused("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", yuan(amount), yuan(left))
	}
	r := &refundRow{
		ID: newID("re_3", 23), ChargeID: c.ID, IntentID: c.IntentID, Amount: amount,
		Reason: f.get("reason"), Metadata: f.dict("metadata"), Created: t.now,
	}
	goes := t.s.faults.takeRefund()
	if goes == "" {
		goes = c.RefundsGo
	}
	switch goes {
	case RefundLater:
		r.Status, r.SettleTo = "pending", "succeeded"
	case RefundFailsLater:
		r.Status, r.SettleTo = "succeeded", "failed"
	default:
		r.Status = "succeeded"
	}
	if r.SettleTo != "" {
		// Rounded up, so that it never settles in the second of its making.
		r.SettleAt = t.at.Add(t.s.cfg.RefundDelay + time.Second).Unix()
	}
	t.c.Refunds = append(t.c.Refunds, r)
	t.bookRefund(r)
	c = t.charge(c.ID)
	c.Refunded += amount
	lane := t.readIntent(c.IntentID).lane()
	t.tell("refund.created", lane, t.refundObject(r, nil), nil)
	t.tell("charge.refunded", lane, t.chargeObject(c), nil)
	return t.refundObject(r, expandOf(f, "")), nil
}

// refundable finds the charge that the request is about.
func refundable(t *tx, f form) (*chargeRow, *apiError) {
	id, charge := f.get("payment_intent"), f.get("charge")
	switch {
	case id == "" && charge == "":
		return nil, invalid("parameter_missing", "payment_intent", "One of the following params should be provided for this request: payment_intent or charge.")
	case id != "" && charge != "":
		return nil, invalid("parameters_exclusive", "charge", "You may only specify one of these parameters: charge, payment_intent.")
	case id != "":
		in := t.s.state.intents.rows[id]
		if in == nil {
			return nil, missing("payment_intent", id, "payment_intent")
		}
		charge = in.ChargeID
		if in.Status != "succeeded" {
			return nil, refused("payment_intent_unexpected_state", "payment_intent", "This PaymentIntent (%s) does not have a successful charge to refund.", id)
		}
	}
	c := t.s.state.charges.rows[charge]
	switch {
	case c == nil:
		return nil, missing("charge", charge, "charge")
	case !c.IsCaptured:
		return nil, refused("charge_not_refundable", "charge", "Charge %s cannot be refunded: it was not captured.", c.ID)
	case c.Disputed:
		return nil, refused("charge_disputed", "", "The charge %s has been charged back and cannot be refunded.", c.ID)
	}
	return c, nil
}

// settle moves an unsettled refund on. One that fails gives the amount back to
// what can be refunded.
func (t *tx) settle(id, to, reason string) {
	r := t.refund(id)
	lane := t.readIntent(r.IntentID).lane()
	before := r.Status
	r.Status, r.SettleAt, r.SettleTo = to, 0, ""
	if to == "failed" {
		if reason == "" {
			reason = "expired_or_canceled_card"
		}
		r.FailureReason = reason
		t.charge(r.ChargeID).Refunded -= r.Amount
		t.bookRefundFailure(r)
	}
	if before == to {
		return
	}
	previous := obj{"status": before}
	o := t.refundObject(r, nil)
	t.tell("charge.refund.updated", lane, o, previous)
	t.tell("refund.updated", lane, o, previous)
	if to == "failed" {
		t.tell("refund.failed", lane, o, nil)
	}
}

// SettleRefund moves a refund by hand: to "succeeded" or "failed", with
// Stripe's word for the reason (empty: expired_or_canceled_card). A succeeded
// refund can still fail, as at Stripe; a failed one stays.
func (s *Server) SettleRefund(id, to, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.refunds.rows[id]
	switch {
	case r == nil:
		return fmt.Errorf("standin: no refund %s", id)
	case to != "succeeded" && to != "failed":
		return fmt.Errorf("standin: a refund cannot become %q", to)
	case r.Status == "failed":
		return fmt.Errorf("standin: refund %s has failed already", id)
	}
	t := s.begin()
	t.settle(id, to, reason)
	return t.commit()
}

// Dispute marks the payment's charge as asked back by the payer's bank.
func (s *Server) Dispute(paymentIntentID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.state.intents.rows[paymentIntentID]
	if in == nil || in.Status != "succeeded" {
		return fmt.Errorf("standin: no succeeded payment %s", paymentIntentID)
	}
	t := s.begin()
	c := t.charge(in.ChargeID)
	c.Disputed = true
	t.tell("charge.dispute.created", in.lane(), obj{
		"id": newID("dp_1", 23), "object": "dispute", "amount": c.Captured, "currency": "cny", "charge": c.ID,
		"payment_intent": in.ID, "status": "needs_response", "reason": "general", "created": t.now, "livemode": false, "metadata": obj{},
		"balance_transactions": []any{}, "evidence": obj{}, "is_charge_refundable": false,
		"evidence_details": obj{"due_by": nil, "has_evidence": false, "past_due": false, "submission_count": 0},
	}, nil)
	return t.commit()
}

func getRefund(t *tx, id string, f form) (obj, *apiError) {
	r := t.s.state.refunds.rows[id]
	if r == nil {
		return nil, missing("refund", id, "id")
	}
	return t.refundObject(r, expandOf(f, "")), nil
}

func updateRefund(t *tx, id string, f form) (obj, *apiError) {
	if t.s.state.refunds.rows[id] == nil {
		return nil, missing("refund", id, "id")
	}
	r := t.refund(id)
	r.Metadata = mergeMetadata(r.Metadata, f)
	return t.refundObject(r, expandOf(f, "")), nil
}

func listRefunds(t *tx, _ string, f form) (obj, *apiError) {
	rows := t.s.state.refunds.all()
	if id := f.get("payment_intent"); id != "" {
		if t.s.state.intents.rows[id] == nil {
			return nil, missing("payment_intent", id, "payment_intent")
		}
		rows = rows[:0:0]
		for _, re := range t.s.state.refundsOf[id] {
			rows = append(rows, t.s.state.refunds.rows[re])
		}
	}
	return list(f, "/v1/refunds", rows, func(r *refundRow) string { return r.ID }, func(r *refundRow) bool { return within(f, r.Created) && like(f, "charge", r.ChargeID) },
		func(r *refundRow) obj { return t.refundObject(r, expandOf(f, "data.")) })
}

func getCharge(t *tx, id string, _ form) (obj, *apiError) {
	r := t.s.state.charges.rows[id]
	if r == nil {
		return nil, missing("charge", id, "id")
	}
	return t.chargeObject(r), nil
}

func listCharges(t *tx, _ string, f form) (obj, *apiError) {
	return list(f, "/v1/charges", t.s.state.charges.all(), func(r *chargeRow) string { return r.ID }, func(r *chargeRow) bool {
		return within(f, r.Created) && like(f, "payment_intent", r.IntentID)
	}, t.chargeObject)
}

func getEvent(t *tx, id string, _ form) (obj, *apiError) {
	e := t.s.state.events.rows[id]
	if e == nil {
		return nil, missing("event", id, "id")
	}
	return eventObject(e), nil
}

func listEvents(t *tx, _ string, f form) (obj, *apiError) {
	types := f.list("types")
	return list(f, "/v1/events", t.s.state.events.all(), func(r *eventRow) string { return r.ID }, func(e *eventRow) bool {
		return within(f, e.Created) && like(f, "type", e.Type) && (len(types) == 0 || slices.Contains(types, e.Type))
	}, eventObject)
}

// getBalance sums what was captured less what was refunded.
func getBalance(t *tx, _ string, _ form) (obj, *apiError) {
	var sum int64
	for _, c := range t.s.state.charges.rows {
		sum += c.Captured - c.Refunded
	}
	return obj{
		"object": "balance", "livemode": false, "pending": []any{obj{"amount": 0, "currency": "cny", "source_types": obj{"card": 0}}},
		"available": []any{obj{"amount": sum, "currency": "cny", "source_types": obj{"card": sum}}},
	}, nil
}
