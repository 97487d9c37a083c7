package gateway

import (
	"context"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mingchui/auction/money"
)

const opListBookings = "list balance transactions"

// BookingKind is what a balance transaction did to our balance.
type BookingKind string

const (
	// BookedCharge is money that came in.
	BookedCharge BookingKind = "charge"
	// BookedRefund is money that went back, booked when the refund was made.
	BookedRefund BookingKind = "refund"
	// BookedRefundFailure is a refund that came back to our balance.
	BookedRefundFailure BookingKind = "refund_failure"
	// BookedFee is what the provider takes apart from charges.
	BookedFee BookingKind = "fee"
	// BookedOther is anything else: payouts, disputes, adjustments.
	BookedOther BookingKind = "other"
)

// Booking is one balance transaction of the provider: its own books.
type Booking struct {
	ID   string
	Kind BookingKind
	// Type is Stripe's word for Kind.
	Type string
	// AmountFen is gross, below zero where money left; FeeFen is what the
	// provider keeps of it.
	AmountFen, FeeFen money.Fen
	// Currency in lower case; amounts of another than cny are in its own least unit.
	Currency string
	// SourceID is the charge, refund or other object that it rests on.
	SourceID string
	// PaymentIntentID is the payment of that charge or refund, empty for others.
	PaymentIntentID string
	CreatedAt       time.Time
	AvailableAt     time.Time
}

// Bookings is a page of the balance transactions that were created within the
// span, newest first: at most 100 after the one named, from the newest when
// after is empty. more says whether another page follows the last of them; what
// is booked meanwhile does not move the pages. Codes: payment_provider_unavailable.
func (s *Stripe) Bookings(ctx context.Context, span Span, after string) (page []Booking, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p := &stripe.BalanceTransactionListParams{
		ListParams:   stripe.ListParams{Context: ctx, Limit: stripe.Int64(pageSize), Single: true},
		CreatedRange: created(span),
	}
	if after != "" {
		p.StartingAfter = stripe.String(after)
	}
	p.AddExpand("data.source")
	it := s.bookings.List(p)
	page, err = collect(ctx, s, opListBookings, it, it.BalanceTransaction, bookingOf)
	if err != nil {
		return nil, false, err
	}
	return page, it.BalanceTransactionList().HasMore, nil
}

func bookingOf(bt *stripe.BalanceTransaction) Booking {
	b := Booking{
		ID:          bt.ID,
		Kind:        bookingKind(bt.Type),
		Type:        string(bt.Type),
		AmountFen:   money.Fen(bt.Amount),
		FeeFen:      money.Fen(bt.Fee),
		Currency:    string(bt.Currency),
		CreatedAt:   instant(bt.Created),
		AvailableAt: instant(bt.AvailableOn),
	}
	if bt.Source == nil {
		return b
	}
	b.SourceID = bt.Source.ID
	switch {
	case bt.Source.Charge != nil && bt.Source.Charge.PaymentIntent != nil:
		b.PaymentIntentID = bt.Source.Charge.PaymentIntent.ID
	case bt.Source.Refund != nil && bt.Source.Refund.PaymentIntent != nil:
		b.PaymentIntentID = bt.Source.Refund.PaymentIntent.ID
	}
	return b
}

// bookingKind reads Stripe's types (docs.stripe.com/reports/balance-transaction-types):
// wallets and transfers are payments where cards are charges.
func bookingKind(t stripe.BalanceTransactionType) BookingKind {
	switch t { //nolint:exhaustive // what is not named is other, and other is always told to finance
	case stripe.BalanceTransactionTypeCharge, stripe.BalanceTransactionTypePayment:
		return BookedCharge
	case stripe.BalanceTransactionTypeRefund, stripe.BalanceTransactionTypePaymentRefund:
		return BookedRefund
	case stripe.BalanceTransactionTypeRefundFailure, stripe.BalanceTransactionTypePaymentFailureRefund:
		return BookedRefundFailure
	case stripe.BalanceTransactionTypeStripeFee, stripe.BalanceTransactionTypeStripeFxFee, stripe.BalanceTransactionTypeTaxFee:
		return BookedFee
	}
	return BookedOther
}
