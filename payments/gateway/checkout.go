package gateway

import (
	"context"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"mingchui/auction/money"
)

const (
	opCreateCheckout = "create checkout"
	opFetchCheckout  = "fetch checkout"
	opExpireCheckout = "expire checkout"
	opFindCheckouts  = "find checkouts"
)

// CheckoutStatus is where a payment page stands.
type CheckoutStatus string

const (
	// CheckoutOpen can be paid; left by a payment, by expiry, by ExpireCheckout.
	CheckoutOpen CheckoutStatus = "open"
	// CheckoutComplete was paid, or for a manual capture authorised. Final.
	CheckoutComplete CheckoutStatus = "complete"
	// CheckoutExpired can no longer be paid. Final.
	CheckoutExpired CheckoutStatus = "expired"
)

// CheckoutRequest asks for a payment page.
type CheckoutRequest struct {
	// IdempotencyKey is required and committed before the call.
	IdempotencyKey string
	// AmountFen is above 0; Stripe takes at most 99,999,999 fen of CNY.
	AmountFen money.Fen
	// Description is what the payer reads on the page.
	Description string
	// Metadata goes on the page and on its payment (at most 50 keys of 40
	// characters, values of 500); duty_id in it makes FindPayments work.
	Metadata map[string]string
	// Reference is stored as client_reference_id; may be empty.
	Reference string
	// SuccessURL and CancelURL take {CHECKOUT_SESSION_ID}.
	SuccessURL, CancelURL string
	// ExpiresAt lies 30 minutes to 24 hours ahead of Stripe's clock; zero
	// means 24 hours.
	ExpiresAt time.Time
	// ManualCapture only holds the money on the card until Capture.
	ManualCapture bool
	// Locale of the page: zh…, en…; anything else follows the browser.
	Locale string
}

// Checkout is a payment page.
type Checkout struct {
	ID string
	// URL is empty once the page is complete or expired.
	URL string
	// PaymentIntentID is empty until the payer first tries to pay.
	PaymentIntentID string
	Status          CheckoutStatus
	// Paid is true when the money is ours; a page with manual capture is
	// complete without being paid.
	Paid      bool
	AmountFen money.Fen
	Metadata  map[string]string
	Reference string
	ExpiresAt time.Time
	CreatedAt time.Time
}

// CreateCheckout opens a payment page for one amount. Codes: amount_too_large,
// amount_invalid, idempotency_key_reused, payment_provider_unavailable.
func (s *Stripe) CreateCheckout(ctx context.Context, r CheckoutRequest) (Checkout, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	params := s.checkoutParams(ctx, r)
	cs, err := s.sessions.New(params)
	if err != nil {
		return Checkout{}, s.fail(ctx, opCreateCheckout, true, err)
	}
	return checkoutOf(cs), nil
}

func (s *Stripe) checkoutParams(ctx context.Context, r CheckoutRequest) *stripe.CheckoutSessionParams {
	p := &stripe.CheckoutSessionParams{
		Params:     write(ctx, r.IdempotencyKey),
		Mode:       stripe.String(string(stripe.CheckoutSessionModePayment)),
		SuccessURL: stripe.String(r.SuccessURL),
		CancelURL:  stripe.String(r.CancelURL),
		Locale:     stripe.String(pageLocale(r.Locale)),
		Metadata:   r.Metadata,
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency:    stripe.String(currency),
				UnitAmount:  stripe.Int64(int64(r.AmountFen)),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(r.Description)},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			CaptureMethod: stripe.String(string(stripe.PaymentIntentCaptureMethodAutomatic)),
			Description:   stripe.String(r.Description),
			Metadata:      r.Metadata,
		},
	}
	if r.Reference != "" {
		p.ClientReferenceID = stripe.String(r.Reference)
	}
	if !r.ExpiresAt.IsZero() {
		p.ExpiresAt = stripe.Int64(r.ExpiresAt.Unix())
	}
	methods := s.methods
	if r.ManualCapture {
		// Alipay and WeChat Pay cannot hold money; only cards can.
		p.PaymentIntentData.CaptureMethod = stripe.String(string(stripe.PaymentIntentCaptureMethodManual))
		methods = []string{"card"}
	}
	for _, m := range methods {
		p.PaymentMethodTypes = append(p.PaymentMethodTypes, stripe.String(m))
		if m == "wechat_pay" {
			p.PaymentMethodOptions = &stripe.CheckoutSessionPaymentMethodOptionsParams{
				WeChatPay: &stripe.CheckoutSessionPaymentMethodOptionsWeChatPayParams{Client: stripe.String("web")},
			}
		}
	}
	return p
}

// FetchCheckout reads a page anew. Codes: not_found, payment_provider_unavailable.
func (s *Stripe) FetchCheckout(ctx context.Context, id string) (Checkout, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	cs, err := s.sessions.Get(id, &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return Checkout{}, s.fail(ctx, opFetchCheckout, false, err)
	}
	return checkoutOf(cs), nil
}

// FindCheckouts returns the pages that led to a payment, at most one.
func (s *Stripe) FindCheckouts(ctx context.Context, paymentIntentID string) ([]Checkout, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	it := s.sessions.List(&stripe.CheckoutSessionListParams{
		ListParams:    stripe.ListParams{Context: ctx, Limit: stripe.Int64(pageSize)},
		PaymentIntent: stripe.String(paymentIntentID),
	})
	return collect(ctx, s, opFindCheckouts, it, it.CheckoutSession, checkoutOf)
}

// ExpireCheckout closes an open page so that it can no longer be paid; a
// payment tried on it is cancelled. A page that is complete or expired already
// gives payment_state_conflict: fetch it. Further codes: not_found,
// payment_provider_unavailable.
func (s *Stripe) ExpireCheckout(ctx context.Context, key, id string) (Checkout, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	cs, err := s.sessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: write(ctx, key)})
	if err != nil {
		return Checkout{}, s.fail(ctx, opExpireCheckout, true, err)
	}
	return checkoutOf(cs), nil
}

func checkoutOf(cs *stripe.CheckoutSession) Checkout {
	c := Checkout{
		ID:        cs.ID,
		URL:       cs.URL,
		Status:    CheckoutStatus(cs.Status),
		Paid:      cs.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid,
		AmountFen: money.Fen(cs.AmountTotal),
		Metadata:  cs.Metadata,
		Reference: cs.ClientReferenceID,
		ExpiresAt: instant(cs.ExpiresAt),
		CreatedAt: instant(cs.Created),
	}
	if cs.PaymentIntent != nil {
		c.PaymentIntentID = cs.PaymentIntent.ID
	}
	return c
}

func pageLocale(l string) string {
	switch l = strings.ToLower(l); {
	case strings.HasPrefix(l, "zh"):
		return "zh"
	case strings.HasPrefix(l, "en"):
		return "en"
	}
	return "auto"
}
