package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/balancetransaction"
	"github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"
)

const (
	// currency is the only one that the platform sells in.
	currency = "cny"
	// defaultTimeout bounds one call, its retries included.
	defaultTimeout = 20 * time.Second
	// defaultRetries is how often the library tries again by itself: always
	// with the same key, after about half a second.
	defaultRetries = 1
	// defaultTolerance is Stripe's own (docs.stripe.com/webhooks/signatures).
	defaultTolerance = 5 * time.Minute
	// pageSize is the most that Stripe gives in one page of a list.
	pageSize = 100
	// maxListed bounds how much one Find or List reads.
	maxListed = 10_000
	// listTimeouts is how many timeouts a list of up to 100 pages may take.
	listTimeouts = 10
)

// Config is what New needs. SecretKey and WebhookSecret are secrets and are
// never logged.
type Config struct {
	SecretKey     string // sk_…
	WebhookSecret string // whsec_…
	// BaseURL of the API without /v1; empty means Stripe itself.
	BaseURL string
	// HTTPClient nil means one of our own that follows no redirects.
	HTTPClient *http.Client
	// Timeout bounds one call whole, ten of it a list; 0 means 20 s.
	Timeout time.Duration
	// Retries is how often a call is tried again inside Timeout with the same
	// key; 0 means 1, negative none.
	Retries int
	// WebhookTolerance is the greatest age of a signature; 0 means 5 minutes.
	WebhookTolerance time.Duration
	// PaymentMethods to offer, for instance card, alipay, wechat_pay; empty
	// leaves the choice to the account's settings at Stripe.
	PaymentMethods []string
	// Log receives failed calls with operation, status, code and request id;
	// nil is silent.
	Log *slog.Logger
}

// Stripe is a client of one account; it is safe for concurrent use.
type Stripe struct {
	sessions session.Client
	intents  paymentintent.Client
	refunds  refund.Client
	bookings balancetransaction.Client

	webhookSecret string
	tolerance     time.Duration
	timeout       time.Duration
	methods       []string
	log           *slog.Logger
}

// New makes a client with a backend of its own; nothing global is touched. It
// does not call Stripe.
func New(c Config) (*Stripe, error) {
	if c.SecretKey == "" {
		return nil, errors.New("gateway: the secret key is missing")
	}
	if c.WebhookSecret == "" {
		return nil, errors.New("gateway: the webhook secret is missing")
	}
	if c.HTTPClient == nil {
		c.HTTPClient = newHTTPClient()
	}
	retries := int64(c.Retries)
	switch {
	case retries == 0:
		retries = defaultRetries
	case retries < 0:
		retries = 0
	}
	bc := &stripe.BackendConfig{
		EnableTelemetry:   stripe.Bool(false),
		HTTPClient:        c.HTTPClient,
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		MaxNetworkRetries: stripe.Int64(retries),
	}
	if c.BaseURL != "" {
		bc.URL = stripe.String(strings.TrimRight(c.BaseURL, "/"))
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, bc)
	s := &Stripe{
		sessions:      session.Client{B: backend, Key: c.SecretKey},
		intents:       paymentintent.Client{B: backend, Key: c.SecretKey},
		refunds:       refund.Client{B: backend, Key: c.SecretKey},
		bookings:      balancetransaction.Client{B: backend, Key: c.SecretKey},
		webhookSecret: c.WebhookSecret,
		tolerance:     c.WebhookTolerance,
		timeout:       c.Timeout,
		methods:       c.PaymentMethods,
		log:           c.Log,
	}
	if s.tolerance <= 0 {
		s.tolerance = defaultTolerance
	}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

func newHTTPClient() *http.Client {
	c := &http.Client{
		// The API never redirects; following one could send the key elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		own := t.Clone()
		own.MaxIdleConnsPerHost = 32
		c.Transport = own
	}
	return c
}

// write gives the parameters that every writing request carries. An empty key
// is a programmer's error: the library would invent one, and a retry after a
// crash would then move money twice.
func write(ctx context.Context, key string) stripe.Params {
	if key == "" {
		panic("gateway: a writing request without idempotency key")
	}
	return stripe.Params{Context: ctx, IdempotencyKey: stripe.String(key)}
}

// instant turns Stripe's seconds into a time in UTC; 0 gives the zero time.
func instant(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
