package gateway

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"mingchui/auction/fault"
)

// APIVersion is the version of Stripe's API that this package reads.
const APIVersion = stripe.APIVersion

// Event is a webhook that was proved to be Stripe's. It says that something
// moved; what is true is fetched anew.
type Event struct {
	ID   string
	Type string
	// APIVersion of the payload; VersionMismatch is true when it is not ours:
	// then ObjectID and ObjectKind still hold, other fields may not.
	APIVersion      string
	VersionMismatch bool
	// ObjectKind is checkout.session, payment_intent, charge, refund; ObjectID its id.
	ObjectID, ObjectKind string
	// PaymentIntentID is the payment that the object is or belongs to; may be empty.
	PaymentIntentID string
	Livemode        bool
	CreatedAt       time.Time
	// Payload is the body as received.
	Payload json.RawMessage
}

// VerifyWebhook proves payload by its Stripe-Signature header and reads what it
// is about. now is the platform's clock: a signature older than the tolerance
// is refused. Codes: webhook_signature_invalid (nothing may be stored),
// invalid_request (signed, yet not an event).
func (s *Stripe) VerifyWebhook(payload []byte, signatureHeader string, now time.Time) (Event, error) {
	if err := webhook.ValidatePayloadIgnoringTolerance(payload, signatureHeader, s.webhookSecret); err != nil {
		return Event{}, fault.Wrap(fault.Invalid, fault.WebhookSignatureInvalid, err)
	}
	signedAt, err := signatureTime(signatureHeader)
	if err != nil {
		return Event{}, fault.Wrap(fault.Invalid, fault.WebhookSignatureInvalid, err)
	}
	if now.Sub(signedAt) > s.tolerance {
		return Event{}, fault.Wrap(fault.Invalid, fault.WebhookSignatureInvalid, webhook.ErrTooOld)
	}
	return eventOf(payload)
}

func eventOf(payload []byte) (Event, error) {
	// The library's types change shape with the version, so only the fields
	// that every version has are read.
	var raw struct {
		ID         string `json:"id"`
		Object     string `json:"object"`
		Type       string `json:"type"`
		APIVersion string `json:"api_version"`
		Created    int64  `json:"created"`
		Livemode   bool   `json:"livemode"`
		Data       struct {
			Object struct {
				ID            string          `json:"id"`
				Object        string          `json:"object"`
				PaymentIntent json.RawMessage `json:"payment_intent"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return Event{}, fault.Wrap(fault.Invalid, fault.InvalidRequest, err)
	}
	if raw.ID == "" || raw.Type == "" {
		return Event{}, fault.Wrap(fault.Invalid, fault.InvalidRequest, errors.New("webhook body is not an event"))
	}
	e := Event{
		ID:              raw.ID,
		Type:            raw.Type,
		APIVersion:      raw.APIVersion,
		VersionMismatch: raw.APIVersion != APIVersion,
		ObjectID:        raw.Data.Object.ID,
		ObjectKind:      raw.Data.Object.Object,
		Livemode:        raw.Livemode,
		CreatedAt:       instant(raw.Created),
		Payload:         payload,
	}
	if e.ObjectKind == "payment_intent" {
		e.PaymentIntentID = e.ObjectID
	} else if id, ok := stripe.ParseID(raw.Data.Object.PaymentIntent); ok {
		e.PaymentIntentID = id
	}
	return e, nil
}

// signatureTime reads t= of the header; the last one counts, as in the library
// that has just verified the signature over it.
func signatureTime(header string) (time.Time, error) {
	seconds := ""
	for pair := range strings.SplitSeq(header, ",") {
		if v, ok := strings.CutPrefix(pair, "t="); ok {
			seconds = v
		}
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, webhook.ErrInvalidHeader
	}
	return time.Unix(n, 0).UTC(), nil
}
