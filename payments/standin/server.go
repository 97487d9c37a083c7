package standin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// APIVersion is the only version that the stand-in speaks.
const APIVersion = "2023-10-16"

const (
	// stripeMaxAmount is the most that Stripe charges at once: eight digits
	// (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
	stripeMaxAmount = 99_999_999
	// holdFor is how long a card keeps money for a merchant, about
	// (docs.stripe.com/payments/place-a-hold-on-a-payment-method).
	holdFor = 7 * 24 * time.Hour
	// keepKeys is how long an idempotency key is remembered
	// (docs.stripe.com/api/idempotent_requests).
	keepKeys = 24 * time.Hour
	// keepEvents is how long events can be read (docs.stripe.com/api/events).
	keepEvents = 30 * 24 * time.Hour

	defaultSweep       = time.Second
	defaultRefundDelay = 3 * time.Second
)

// Config is what New needs; Now and SecretKey are required.
type Config struct {
	// PublicURL is where a browser reaches the handler, without trailing
	// slash; it may have a path. Empty: the Host of the creating request.
	PublicURL string
	// SiteURL is where payers go back to when that is not where success_url and
	// cancel_url point any more: its scheme and host replace theirs. Empty keeps them.
	SiteURL string
	// WebhookURL receives events; empty means that none is sent. It can be
	// set later by SetWebhookURL.
	WebhookURL string
	// WebhookSecret signs them; required with WebhookURL.
	WebhookSecret string
	// WebhookEvents are the types sent; empty means DefaultWebhookEvents.
	WebhookEvents []string
	// SecretKey is the one key that the API accepts (sk_test_…).
	SecretKey string
	// Dir keeps the state; empty keeps it in memory. Written changes survive
	// the end of the process, not the loss of power.
	Dir string
	// Now is the clock of all dates and of signatures.
	Now func() time.Time
	// MaxAmountFen bounds one payment; 0 means Stripe's 99,999,999.
	MaxAmountFen int64
	// RefundDelay is how long a refund that does not settle at once takes;
	// 0 means 3 s.
	RefundDelay time.Duration
	// SweepEvery is how often the clock is looked at for what has become due;
	// 0 means 1 s, negative never (then call Sweep).
	SweepEvery time.Duration
	// Retry is the pauses before webhook attempts 2, 3, …; empty means
	// DefaultRetry. An event is given up after len(Retry)+1 attempts.
	Retry []time.Duration
	// Log receives deliveries that failed; nil is silent.
	Log *slog.Logger
}

// Server is the stand-in. Its methods are safe for concurrent use.
type Server struct {
	cfg     Config
	log     *slog.Logger
	faults  *Faults
	page    *pages
	deliver *deliverer
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu      sync.Mutex // guards all below
	state   *state
	journal *journal
	tidied  int64 // when what is too old was last dropped, Unix seconds
	broken  error // set when the journal could not be written
	closed  bool
}

// New opens the state, takes up the webhooks that were not delivered, and
// starts to deliver. Close it.
func New(cfg Config) (*Server, error) {
	switch {
	case cfg.Now == nil:
		return nil, errors.New("standin: Now is missing")
	case cfg.SecretKey == "":
		return nil, errors.New("standin: SecretKey is missing")
	case cfg.WebhookURL != "" && cfg.WebhookSecret == "":
		return nil, errors.New("standin: WebhookSecret is missing")
	}
	cfg = withDefaults(cfg)
	pg, err := newPages()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Log, faults: newFaults(), page: pg, state: newState()}
	if cfg.Dir != "" {
		if err := s.open(); err != nil {
			return nil, err
		}
	}
	s.deliver = newDeliverer(s)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.deliver.resume(s.state)
	s.done.Go(func() { s.deliver.run(ctx) })
	if cfg.SweepEvery > 0 {
		s.done.Go(func() { s.sweepForever(ctx) })
	}
	return s, nil
}

func withDefaults(cfg Config) Config {
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	if cfg.MaxAmountFen == 0 {
		cfg.MaxAmountFen = stripeMaxAmount
	}
	if cfg.RefundDelay == 0 {
		cfg.RefundDelay = defaultRefundDelay
	}
	if cfg.SweepEvery == 0 {
		cfg.SweepEvery = defaultSweep
	}
	if len(cfg.WebhookEvents) == 0 {
		cfg.WebhookEvents = DefaultWebhookEvents()
	}
	if len(cfg.Retry) == 0 {
		cfg.Retry = DefaultRetry()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// Handler serves the API under /v1/, the payment pages under /c/pay/, and for
// tests in other processes the controls under /standin/.
func (s *Server) Handler() http.Handler { return s.routes() }

// Faults returns the controls of what goes wrong.
func (s *Server) Faults() *Faults { return s.faults }

// SetWebhookURL sends events from now on to url; events made while it was
// empty are not sent.
func (s *Server) SetWebhookURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.WebhookURL = url
}

// Flush waits until every event that is due was delivered or given up. Events
// that a fault holds or delays are not due.
func (s *Server) Flush(ctx context.Context) error { return s.deliver.flush(ctx) }

// Close stops deliveries, which a new Server on the same Dir takes up, and
// closes the journal. It may be called twice.
func (s *Server) Close() error {
	s.stop()
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.journal == nil {
		return nil
	}
	return s.journal.close()
}

// AdvanceClock moves the stand-in's clock by d against Config.Now, also for the
// next start on the same Dir, and settles what has become due.
func (s *Server) AdvanceClock(d time.Duration) error {
	s.mu.Lock()
	t := s.begin()
	offset := s.state.offset + d
	t.c.Offset = &offset
	err := t.commit()
	s.mu.Unlock()
	if err == nil {
		s.Sweep()
	}
	return err
}

// now is called with s.mu held.
func (s *Server) now() time.Time { return s.cfg.Now().Add(s.state.offset) }

// clock is now for callers without s.mu.
func (s *Server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Server) sweepForever(ctx context.Context) {
	t := time.NewTicker(s.cfg.SweepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.Sweep()
		}
	}
}
