package gateway

import (
	"context"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mingchui/auction/money"
)

const (
	opRefund      = "refund"
	opFetchRefund = "fetch refund"
	opFindRefunds = "find refunds"
	opListRefunds = "list refunds"
)

// RefundStatus is where a refund stands.
type RefundStatus string

const (
	// RefundPending is on its way; Stripe moves it.
	RefundPending RefundStatus = "pending"
	// RefundSucceeded has left. The payer's bank can still send it back, and
	// then it becomes failed.
	RefundSucceeded RefundStatus = "succeeded"
	// RefundFailed came back to our balance. Final; the money is still owed.
	RefundFailed RefundStatus = "failed"
	// RefundCanceled never left. Final.
	RefundCanceled RefundStatus = "canceled"
)

// RefundRequest asks to give money back.
type RefundRequest struct {
	// IdempotencyKey is required and committed before the call.
	IdempotencyKey  string
	PaymentIntentID string
	// AmountFen is above 0 and at most what is not refunded yet.
	AmountFen money.Fen
	// Metadata should hold duty_id; FindRefunds gives it back.
	Metadata map[string]string
}

// Refund is one refund as Stripe has it now.
type Refund struct {
	ID              string
	PaymentIntentID string
	Status          RefundStatus
	AmountFen       money.Fen
	// FailureReason is Stripe's word, empty unless failed.
	FailureReason string
	Metadata      map[string]string
	CreatedAt     time.Time
}

// Refund gives money back. When it returns without error the refund is stored
// at Stripe, pending or succeeded. Codes: refund_too_large (which also covers a
// payment refunded already), payment_state_conflict, idempotency_key_reused,
// not_found, payment_provider_unavailable.
func (s *Stripe) Refund(ctx context.Context, r RefundRequest) (Refund, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	re, err := s.refunds.New(&stripe.RefundParams{
		Params:        write(ctx, r.IdempotencyKey),
		PaymentIntent: stripe.String(r.PaymentIntentID),
		Amount:        stripe.Int64(int64(r.AmountFen)),
		Metadata:      r.Metadata,
	})
	if err != nil {
		return Refund{}, s.fail(ctx, opRefund, true, err)
	}
	return refundOf(re), nil
}

// FetchRefund reads a refund anew. Codes: not_found, payment_provider_unavailable.
func (s *Stripe) FetchRefund(ctx context.Context, id string) (Refund, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	re, err := s.refunds.Get(id, &stripe.RefundParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return Refund{}, s.fail(ctx, opFetchRefund, false, err)
	}
	return refundOf(re), nil
}

// FindRefunds returns all refunds of a payment, newest first. Unlike search, it
// shows a refund as soon as it is made.
func (s *Stripe) FindRefunds(ctx context.Context, paymentIntentID string) ([]Refund, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.listRefunds(ctx, opFindRefunds, &stripe.RefundListParams{PaymentIntent: stripe.String(paymentIntentID)})
}

// ListRefunds returns the refunds created within the span, newest first, for
// reconciliation. More than 10,000 is an error: take a shorter span.
func (s *Stripe) ListRefunds(ctx context.Context, span Span) ([]Refund, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeouts*s.timeout)
	defer cancel()
	return s.listRefunds(ctx, opListRefunds, &stripe.RefundListParams{CreatedRange: created(span)})
}

func (s *Stripe) listRefunds(ctx context.Context, op string, p *stripe.RefundListParams) ([]Refund, error) {
	p.ListParams = stripe.ListParams{Context: ctx, Limit: stripe.Int64(pageSize)}
	it := s.refunds.List(p)
	return collect(ctx, s, op, it, it.Refund, refundOf)
}

func refundOf(re *stripe.Refund) Refund {
	r := Refund{
		ID:            re.ID,
		Status:        refundStatus(re.Status),
		AmountFen:     money.Fen(re.Amount),
		FailureReason: string(re.FailureReason),
		Metadata:      re.Metadata,
		CreatedAt:     instant(re.Created),
	}
	if re.PaymentIntent != nil {
		r.PaymentIntentID = re.PaymentIntent.ID
	}
	return r
}

func refundStatus(st stripe.RefundStatus) RefundStatus {
	switch st {
	case stripe.RefundStatusPending, stripe.RefundStatusRequiresAction:
		return RefundPending
	case stripe.RefundStatusSucceeded:
		return RefundSucceeded
	case stripe.RefundStatusFailed:
		return RefundFailed
	case stripe.RefundStatusCanceled:
		return RefundCanceled
	}
	return RefundStatus(st)
}
