package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	stripe "github.com/stripe/stripe-go/v76"

	"mingchui/auction/fault"
)

// Failure is what is known about a call that failed. It is the cause inside the
// fault.Error that every method returns; it holds no secret and no personal data.
type Failure struct {
	// Op is the call: "create checkout", "refund", …
	Op string
	// OutcomeUnknown is true when a write may have been done all the same:
	// the connection broke or timed out after sending, Stripe answered 5xx,
	// or a call with the same key is still under way. Send it again with the
	// same key, or look.
	OutcomeUnknown bool
	// Replayed is true when Stripe answered with the error it has stored for
	// this key. The same key will never do otherwise: search first, then use a
	// new key.
	Replayed bool
	// HTTPStatus is 0 when no answer came.
	HTTPStatus int
	// Code, DeclineCode, Param and RequestID are Stripe's words.
	Code, DeclineCode, Param, RequestID string

	text string
}

// Error names the call, the status and Stripe's code, for logs.
func (f *Failure) Error() string {
	s := f.Op
	if f.HTTPStatus != 0 {
		s += fmt.Sprintf(": stripe answers %d", f.HTTPStatus)
	}
	if f.Code != "" {
		s += " " + f.Code
	}
	if f.DeclineCode != "" {
		s += "/" + f.DeclineCode
	}
	if f.Param != "" {
		s += " (" + f.Param + ")"
	}
	if f.text != "" {
		s += ": " + f.text
	}
	if f.RequestID != "" {
		s += " [" + f.RequestID + "]"
	}
	return s
}

// FailureOf returns what is known about a failed call, false when err is not
// from this package.
func FailureOf(err error) (*Failure, bool) { return errors.AsType[*Failure](err) }

// OutcomeUnknown reports whether the write that returned err may have been done.
func OutcomeUnknown(err error) bool {
	f, ok := FailureOf(err)
	return ok && f.OutcomeUnknown
}

// NeedsNewKey reports whether the same key can only give the same error again.
func NeedsNewKey(err error) bool {
	f, ok := FailureOf(err)
	return ok && f.Replayed
}

const codeDisputed = "charge_disputed"

// Disputed reports whether a refund was refused because the payer's bank has asked the payment back
// (docs.stripe.com/error-codes#charge-disputed): asking again changes nothing.
func Disputed(err error) bool {
	f, ok := FailureOf(err)
	return ok && f.Code == codeDisputed
}

// fail is the one place where an error of the library becomes ours. writes
// tells whether the call could have changed something at Stripe.
func (s *Stripe) fail(ctx context.Context, op string, writes bool, err error) error {
	if err == nil {
		return nil
	}
	f := &Failure{Op: op}
	kind, code := fault.Unavailable, fault.PaymentProviderUnavailable
	if se, ok := errors.AsType[*stripe.Error](err); ok {
		f.HTTPStatus, f.RequestID = se.HTTPStatusCode, se.RequestID
		f.Code, f.DeclineCode, f.Param = string(se.Code), string(se.DeclineCode), se.Param
		if se.Type == stripe.ErrorTypeInvalidRequest || se.Type == stripe.ErrorTypeIdempotency {
			f.text = se.Msg
		}
		if se.LastResponse != nil {
			f.Replayed = se.LastResponse.Header.Get("Idempotent-Replayed") == "true"
		}
		f.OutcomeUnknown = writes && (se.HTTPStatusCode >= http.StatusInternalServerError || se.HTTPStatusCode == http.StatusConflict)
		kind, code = meaning(op, se)
	} else {
		f.OutcomeUnknown = writes && !neverSent(err)
		f.text = err.Error()
	}
	s.log.WarnContext(ctx, "payment provider call failed", "op", op, "code", string(code), "failure", f.Error(), "outcome_unknown", f.OutcomeUnknown)
	return fault.Wrap(kind, code, f)
}

// meaning maps Stripe's answer to our kind and code (docs.stripe.com/error-codes).
func meaning(op string, se *stripe.Error) (fault.Kind, fault.Code) {
	switch se.Type {
	case stripe.ErrorTypeCard:
		return fault.Conflict, fault.PaymentDeclined
	case stripe.ErrorTypeIdempotency:
		if se.HTTPStatusCode == http.StatusConflict {
			return fault.Unavailable, fault.PaymentProviderUnavailable
		}
		return fault.Conflict, fault.IdempotencyKeyReused
	case stripe.ErrorTypeAPI, stripe.ErrorTypeInvalidRequest:
	}
	switch {
	case se.HTTPStatusCode >= http.StatusInternalServerError,
		se.HTTPStatusCode == http.StatusTooManyRequests,
		se.HTTPStatusCode == http.StatusConflict:
		return fault.Unavailable, fault.PaymentProviderUnavailable
	case se.HTTPStatusCode == http.StatusNotFound:
		return fault.NotFound, fault.NotFoundCode
	case se.HTTPStatusCode != http.StatusBadRequest:
		// 401 and 403: our key is wrong or may not.
		return fault.Internal, fault.InternalError
	}
	return refusal(op, se)
}

// refusal maps a 400 by its code, and where Stripe gives none, by what was asked.
func refusal(op string, se *stripe.Error) (fault.Kind, fault.Code) {
	switch string(se.Code) {
	case "charge_already_refunded":
		return fault.Conflict, fault.RefundTooLarge
	case "payment_intent_unexpected_state", "intent_invalid_state", "charge_already_captured", "charge_not_refundable",
		"charge_expired_for_capture", "capture_charge_authorization_expired", "capture_unauthorized_payment", codeDisputed:
		return fault.Conflict, fault.PaymentStateConflict
	case "amount_too_large":
		if op == opRefund {
			return fault.Conflict, fault.RefundTooLarge
		}
		return fault.Invalid, fault.AmountTooLarge
	case "amount_too_small", "invalid_charge_amount":
		return fault.Invalid, fault.AmountInvalid
	case "balance_insufficient":
		// Known not to be done; it can be done when the balance is there.
		return fault.Unavailable, fault.PaymentProviderUnavailable
	case "":
		// Stripe gives no code for these two.
		if op == opRefund && se.Param == "amount" {
			return fault.Conflict, fault.RefundTooLarge
		}
		if op == opExpireCheckout && se.Param == "" {
			return fault.Conflict, fault.PaymentStateConflict
		}
	}
	return fault.Internal, fault.InternalError
}

// neverSent reports whether the request cannot have reached Stripe: the name did
// not resolve or the connection was not made.
func neverSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}
