package problem

import "mingchui/auction/fault"

// The codes that only the web layer answers with, beside those of
// auction/fault. They are only ever added.
const (
	// RequestInProgress: the same Idempotency-Key is being worked on now.
	RequestInProgress fault.Code = "request_in_progress"
	// BiddingSessionRequired: a bid was sent outside a bidding session (R18).
	BiddingSessionRequired fault.Code = "bidding_session_required"
	// FieldMissing, FieldInvalid: the document's schema, in a field.
	FieldMissing fault.Code = "field_missing"
	FieldInvalid fault.Code = "field_invalid"
)

// Codes lists the web layer's own codes, for the test of the wording.
func Codes() []fault.Code {
	return []fault.Code{RequestInProgress, BiddingSessionRequired, FieldMissing, FieldInvalid}
}
