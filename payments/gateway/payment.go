package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

const (
	opFetchPayment  = "fetch payment"
	opCapture       = "capture"
	opCancelPayment = "cancel payment"
	opFindPayments  = "find payments"
	opListPayments  = "list payments"
)

// PaymentStatus is where a payment stands.
type PaymentStatus string

const (
	// PaymentOpen waits for the payer, also after a decline.
	PaymentOpen PaymentStatus = "open"
	// PaymentProcessing was handed to the bank; the answer comes later.
	PaymentProcessing PaymentStatus = "processing"
	// PaymentHeld is money held on a card until Capture, CancelPayment or CaptureBefore.
	PaymentHeld PaymentStatus = "held"
	// PaymentSucceeded is money received. Final; refunds are counted beside.
	PaymentSucceeded PaymentStatus = "succeeded"
	// PaymentCanceled took no money, or let go of what was held. Final.
	PaymentCanceled PaymentStatus = "canceled"
)

// Payment is one payment as Stripe has it now.
type Payment struct {
	ID     string
	Status PaymentStatus
	// AmountFen was asked for; CapturableFen is held; ReceivedFen was
	// received; RefundedFen was given back or is on its way back.
	AmountFen, CapturableFen, ReceivedFen, RefundedFen money.Fen
	// Currency in lower case: cny.
	Currency string
	Metadata map[string]string
	// Method is card, alipay, wechat_pay; empty before the first try.
	Method string
	// DeclineCode tells why the last try failed; empty when it did not.
	DeclineCode string
	// Disputed is true once the payer's bank has asked the money back.
	Disputed bool
	// CaptureBefore is when a hold lapses; zero when nothing is held.
	CaptureBefore time.Time
	CreatedAt     time.Time
}

// Span is a half-open stretch of time: From is in, To is not.
type Span struct{ From, To time.Time }

// FetchPayment reads a payment anew. Codes: not_found, payment_provider_unavailable.
func (s *Stripe) FetchPayment(ctx context.Context, paymentIntentID string) (Payment, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p := &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("latest_charge")
	pi, err := s.intents.Get(paymentIntentID, p)
	if err != nil {
		return Payment{}, s.fail(ctx, opFetchPayment, false, err)
	}
	return paymentOf(pi), nil
}

// Capture takes amount of what is held and lets go of the rest. Codes:
// payment_state_conflict, amount_too_large, not_found, payment_provider_unavailable.
func (s *Stripe) Capture(ctx context.Context, key, paymentIntentID string, amount money.Fen) (Payment, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p := &stripe.PaymentIntentCaptureParams{Params: write(ctx, key), AmountToCapture: stripe.Int64(int64(amount))}
	p.AddExpand("latest_charge")
	pi, err := s.intents.Capture(paymentIntentID, p)
	if err != nil {
		return Payment{}, s.fail(ctx, opCapture, true, err)
	}
	return paymentOf(pi), nil
}

// CancelPayment lets go of what is held. A payment of an open page cannot be
// cancelled; expire the page. Codes: payment_state_conflict, not_found,
// payment_provider_unavailable.
func (s *Stripe) CancelPayment(ctx context.Context, key, paymentIntentID string) (Payment, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p := &stripe.PaymentIntentCancelParams{Params: write(ctx, key)}
	p.AddExpand("latest_charge")
	pi, err := s.intents.Cancel(paymentIntentID, p)
	if err != nil {
		return Payment{}, s.fail(ctx, opCancelPayment, true, err)
	}
	return paymentOf(pi), nil
}

// FindPayments returns the payments whose metadata has duty_id. Stripe's search
// lags behind by up to a minute (docs.stripe.com/search), so it proves absence
// only for what is older.
func (s *Stripe) FindPayments(ctx context.Context, dutyID string) ([]Payment, error) {
	if strings.ContainsAny(dutyID, `'"\`) {
		return nil, fault.Internalf("%s: duty id with quotes", opFindPayments)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p := &stripe.PaymentIntentSearchParams{SearchParams: stripe.SearchParams{
		Context: ctx, Limit: stripe.Int64(pageSize), Query: fmt.Sprintf("metadata['duty_id']:'%s'", dutyID),
	}}
	p.AddExpand("data.latest_charge")
	it := s.intents.Search(p)
	return collect(ctx, s, opFindPayments, it, it.PaymentIntent, paymentOf)
}

// ListPayments returns the payments created within the span, newest first, for
// reconciliation. More than 10,000 is an error: take a shorter span.
func (s *Stripe) ListPayments(ctx context.Context, span Span) ([]Payment, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeouts*s.timeout)
	defer cancel()
	p := &stripe.PaymentIntentListParams{
		ListParams:   stripe.ListParams{Context: ctx, Limit: stripe.Int64(pageSize)},
		CreatedRange: created(span),
	}
	p.AddExpand("data.latest_charge")
	it := s.intents.List(p)
	return collect(ctx, s, opListPayments, it, it.PaymentIntent, paymentOf)
}

// pager is what the library's iterators have in common.
type pager interface {
	Next() bool
	Err() error
}

// collect reads a list whole. More than maxListed is an error, so that nobody
// takes a cut list for a whole one.
func collect[T, U any](ctx context.Context, s *Stripe, op string, it pager, current func() *T, ours func(*T) U) ([]U, error) {
	var found []U
	for it.Next() {
		if len(found) == maxListed {
			return nil, fault.Internalf("%s: more than %d", op, maxListed)
		}
		found = append(found, ours(current()))
	}
	if err := it.Err(); err != nil {
		return nil, s.fail(ctx, op, false, err)
	}
	return found, nil
}

func created(span Span) *stripe.RangeQueryParams {
	return &stripe.RangeQueryParams{GreaterThanOrEqual: span.From.Unix(), LesserThan: span.To.Unix()}
}

// paymentOf translates; latest_charge has to be expanded for refunds and dates.
func paymentOf(pi *stripe.PaymentIntent) Payment {
	p := Payment{
		ID:            pi.ID,
		Status:        paymentStatus(pi.Status),
		AmountFen:     money.Fen(pi.Amount),
		CapturableFen: money.Fen(pi.AmountCapturable),
		ReceivedFen:   money.Fen(pi.AmountReceived),
		Currency:      string(pi.Currency),
		Metadata:      pi.Metadata,
		CreatedAt:     instant(pi.Created),
	}
	if e := pi.LastPaymentError; e != nil {
		p.DeclineCode = string(e.DeclineCode)
		if p.DeclineCode == "" {
			p.DeclineCode = string(e.Code)
		}
	}
	c := pi.LatestCharge
	if c == nil {
		return p
	}
	p.Disputed = c.Disputed
	if c.Captured {
		// The release of what was not captured counts as refunded on the
		// charge, though it was never received.
		p.RefundedFen = money.Fen(max(0, c.AmountRefunded-(c.Amount-c.AmountCaptured)))
	}
	if d := c.PaymentMethodDetails; d != nil {
		p.Method = string(d.Type)
		if d.Card != nil && p.Status == PaymentHeld {
			p.CaptureBefore = instant(d.Card.CaptureBefore)
		}
	}
	return p
}

func paymentStatus(st stripe.PaymentIntentStatus) PaymentStatus {
	switch st {
	case stripe.PaymentIntentStatusRequiresPaymentMethod, stripe.PaymentIntentStatusRequiresConfirmation, stripe.PaymentIntentStatusRequiresAction:
		return PaymentOpen
	case stripe.PaymentIntentStatusProcessing:
		return PaymentProcessing
	case stripe.PaymentIntentStatusRequiresCapture:
		return PaymentHeld
	case stripe.PaymentIntentStatusSucceeded:
		return PaymentSucceeded
	case stripe.PaymentIntentStatusCanceled:
		return PaymentCanceled
	}
	return PaymentStatus(st)
}
