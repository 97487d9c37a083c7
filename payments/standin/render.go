package standin

import "maps"

type obj = map[string]any

// expand names what a request wants whole instead of by id.
type expand map[string]bool

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNilInt(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func metadata(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

// The objects below have the fields of API 2023-10-16 that apply to a payment
// without customer, tax or invoice; the rest are null as they are at Stripe.

func (t *tx) sessionObject(r *sessionRow, x expand) obj {
	status := "unpaid"
	if r.Paid {
		status = "paid"
	}
	var url, intent any
	if r.Status == "open" {
		url = t.s.pageOf(r)
	}
	if r.IntentID != "" {
		intent = r.IntentID
		if x["payment_intent"] {
			intent = t.intentObject(t.readIntent(r.IntentID), x.below("payment_intent"))
		}
	}
	o := obj{
		"id": r.ID, "object": "checkout.session", "livemode": false, "mode": "payment", "ui_mode": "hosted",
		"status": r.Status, "payment_status": status, "url": url, "payment_intent": intent,
		"amount_subtotal": r.Amount, "amount_total": r.Amount, "currency": "cny",
		"created": r.Created, "expires_at": r.Expires, "metadata": metadata(r.Metadata),
		"client_reference_id": orNil(r.Reference), "success_url": r.SuccessURL, "cancel_url": orNil(r.CancelURL),
		"locale": orNil(r.Locale), "payment_method_types": r.Methods, "payment_method_options": obj{},
		"payment_method_collection": "if_required", "customer_creation": "if_required",
		"total_details": obj{"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
		"automatic_tax": obj{"enabled": false, "status": nil}, "phone_number_collection": obj{"enabled": false},
		"custom_fields": []any{}, "shipping_options": []any{},
		"custom_text":      obj{"after_submit": nil, "shipping_address": nil, "submit": nil, "terms_of_service_acceptance": nil},
		"invoice_creation": obj{"enabled": false, "invoice_data": obj{"account_tax_ids": nil, "custom_fields": nil, "description": nil, "footer": nil, "metadata": obj{}, "rendering_options": nil}},
	}
	for _, absent := range []string{
		"after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret", "consent", "consent_collection",
		"currency_conversion", "customer", "customer_details", "customer_email", "invoice", "payment_link", "payment_method_configuration_details",
		"recovered_from", "setup_intent", "shipping_address_collection", "shipping_cost", "shipping_details", "submit_type", "subscription",
	} {
		o[absent] = nil
	}
	if x["line_items"] {
		o["line_items"] = lineList(r)
	}
	return o
}

func lineList(r *sessionRow) obj {
	data := make([]any, len(r.Lines))
	for i, l := range r.Lines {
		total := l.UnitAmount * l.Quantity
		data[i] = obj{
			"id": l.ID, "object": "item", "description": l.Name, "quantity": l.Quantity, "currency": "cny",
			"amount_subtotal": total, "amount_total": total, "amount_discount": 0, "amount_tax": 0,
			"price": obj{
				"id": "price_" + l.ID[3:], "object": "price", "currency": "cny", "unit_amount": l.UnitAmount, "type": "one_time", "active": false,
				"billing_scheme": "per_unit", "created": r.Created, "product": "prod_" + l.ID[3:], "livemode": false, "metadata": obj{},
			},
		}
	}
	return obj{"object": "list", "data": data, "has_more": false, "url": "/v1/checkout/sessions/" + r.ID + "/line_items"}
}

func (t *tx) intentObject(r *intentRow, x expand) obj {
	var charge any
	if r.ChargeID != "" {
		charge = r.ChargeID
		if x["latest_charge"] {
			charge = t.chargeObject(t.readCharge(r.ChargeID))
		}
	}
	o := obj{
		"id": r.ID, "object": "payment_intent", "livemode": false, "status": r.Status, "client_secret": r.Secret,
		"amount": r.Amount, "amount_capturable": r.Capturable, "amount_received": r.Received, "amount_details": obj{"tip": obj{}},
		"currency": "cny", "capture_method": r.CaptureMethod, "confirmation_method": "automatic",
		"created": r.Created, "canceled_at": orNilInt(r.CanceledAt), "cancellation_reason": orNil(r.CancelReason),
		"description": orNil(r.Description), "metadata": metadata(r.Metadata), "latest_charge": charge,
		"payment_method": orNil(r.MethodID), "payment_method_types": r.Methods, "payment_method_options": obj{}, "last_payment_error": nil,
	}
	if e := r.LastError; e != nil {
		o["last_payment_error"] = obj{"type": "card_error", "code": e.Code, "decline_code": orNil(e.DeclineCode), "message": e.Message, "charge": e.ChargeID}
	}
	for _, absent := range []string{
		"application", "application_fee_amount", "automatic_payment_methods", "customer", "invoice", "next_action", "on_behalf_of",
		"payment_method_configuration_details", "processing", "receipt_email", "review", "setup_future_usage", "shipping",
		"statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
	} {
		o[absent] = nil
	}
	return o
}

func (t *tx) chargeObject(r *chargeRow) obj {
	refunded := r.Refunded + r.released()
	o := obj{
		"id": r.ID, "object": "charge", "livemode": false, "status": r.Status, "paid": r.Status == "succeeded",
		"amount": r.Amount, "amount_captured": r.Captured, "amount_refunded": refunded, "captured": r.IsCaptured,
		"refunded": r.Captured > 0 && r.Refunded == r.Captured, "disputed": r.Disputed, "currency": "cny", "created": r.Created,
		"payment_intent": r.IntentID, "payment_method": r.MethodID, "payment_method_details": methodDetails(r),
		"description": orNil(r.Description), "metadata": metadata(r.Metadata), "balance_transaction": nil,
		"failure_code": nil, "failure_message": nil, "fraud_details": obj{},
		"billing_details": obj{"address": nil, "email": nil, "name": nil, "phone": nil},
		"outcome":         obj{"network_status": "approved_by_network", "reason": nil, "risk_level": "normal", "seller_message": "Payment complete.", "type": "authorized"},
	}
	if r.IsCaptured {
		o["balance_transaction"] = bookingOf(r.ID)
	}
	if d := r.Decline; d != nil {
		o["failure_code"], o["failure_message"] = d.Code, d.Message
		o["outcome"] = obj{"network_status": "declined_by_network", "reason": d.DeclineCode, "risk_level": "normal", "seller_message": "The bank declined the payment.", "type": "issuer_declined"}
	}
	for _, absent := range []string{
		"application", "application_fee", "application_fee_amount", "calculated_statement_descriptor", "customer", "failure_balance_transaction",
		"invoice", "on_behalf_of", "receipt_email", "receipt_number", "receipt_url", "review", "shipping", "source_transfer",
		"statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
	} {
		o[absent] = nil
	}
	return o
}

func methodDetails(r *chargeRow) obj {
	switch r.Method {
	case "alipay":
		return obj{"type": "alipay", "alipay": obj{"fingerprint": nil, "transaction_id": nil}}
	case "wechat_pay":
		return obj{"type": "wechat_pay", "wechat_pay": obj{"fingerprint": nil, "transaction_id": nil}}
	}
	card := obj{"brand": "unionpay", "country": "CN", "exp_month": 12, "exp_year": 2050, "funding": "debit", "last4": "0005", "network": "unionpay"}
	if r.CaptureBefore != 0 {
		card["capture_before"] = r.CaptureBefore
	}
	return obj{"type": "card", "card": card}
}

func (t *tx) refundObject(r *refundRow, x expand) obj {
	var charge, intent any = r.ChargeID, r.IntentID
	if x["charge"] {
		charge = t.chargeObject(t.readCharge(r.ChargeID))
	}
	if x["payment_intent"] {
		intent = t.intentObject(t.readIntent(r.IntentID), x.below("payment_intent"))
	}
	o := obj{
		"id": r.ID, "object": "refund", "amount": r.Amount, "currency": "cny", "status": r.Status, "created": r.Created,
		"charge": charge, "payment_intent": intent, "metadata": metadata(r.Metadata), "reason": orNil(r.Reason),
		"balance_transaction": bookingOf(r.ID), "receipt_number": nil, "source_transfer_reversal": nil, "transfer_reversal": nil,
		"destination_details": destinationOf(t.readCharge(r.ChargeID).Method),
	}
	if r.Status == "failed" {
		o["failure_reason"], o["failure_balance_transaction"] = r.FailureReason, failureBookingOf(r.ID)
	}
	return o
}

// eventObject is what GET /v1/events and webhooks show.
func eventObject(e *eventRow) obj {
	data := obj{"object": e.Object}
	if e.Previous != nil {
		data["previous_attributes"] = e.Previous
	}
	pending := 0
	if e.Delivery == "pending" {
		pending = 1
	}
	return obj{
		"id": e.ID, "object": "event", "api_version": APIVersion, "created": e.Created, "type": e.Type, "livemode": false,
		"data": data, "pending_webhooks": pending, "request": obj{"id": orNil(e.RequestID), "idempotency_key": orNil(e.Key)},
	}
}

// destinationOf is where a refund went, by the way that the payment came.
func destinationOf(method string) obj {
	switch method {
	case "alipay", "wechat_pay":
		return obj{"type": method, method: obj{}}
	}
	return obj{"type": "card", "card": obj{"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}}
}
