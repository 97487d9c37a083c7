package payments

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/gateway"
)

// MaxPayment is what Stripe takes in one payment in CNY: eight digits.
// Source: docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
const MaxPayment money.Fen = 99_999_999

// Winner is who won a lot, by enrolment, and for how much.
type Winner struct {
	EnrolmentID uuid.UUID
	Price       money.Fen
}

// Winners tells who won once the close is committed; bidding implements it.
// sold is false when the lot was not sold.
type Winners interface {
	Winner(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (w Winner, sold bool, err error)
}

// Sales is told what money does to a sale; auction implements it, in the
// caller's transaction.
type Sales interface {
	RecordPaid(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error
	RecordDefault(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, forfeited money.Fen) error
}

// Config is what a Service needs.
type Config struct {
	Pool     *pgxpool.Pool
	Clock    clock.Clock
	Duties   *duty.Book
	Provider *gateway.Stripe
	Winners  Winners
	Sales    Sales
	// SiteURL is where payers come back to, without a slash at its end.
	SiteURL string
	// ReturnWithin is how long after the end deposits are back (R23).
	ReturnWithin time.Duration
	// CheckoutFor is how long a payment page stays open; 24 h at most.
	CheckoutFor time.Duration
	Log         *slog.Logger
}

// Service is the use cases of payments. It is safe for concurrent use.
type Service struct {
	pool     *pgxpool.Pool
	clock    clock.Clock
	duties   *duty.Book
	provider *gateway.Stripe
	winners  Winners
	sales    Sales
	siteURL  string
	returnIn time.Duration
	openFor  time.Duration
	log      *slog.Logger
}

// New makes a Service; it panics on a missing part, which is a wiring error.
func New(c Config) *Service {
	if c.Pool == nil || c.Clock == nil || c.Duties == nil || c.Provider == nil || c.Winners == nil || c.Sales == nil {
		panic("payments: a part is missing in Config")
	}
	if c.CheckoutFor <= 0 {
		c.CheckoutFor = 23 * time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		pool: c.Pool, clock: c.Clock, duties: c.Duties, provider: c.Provider, winners: c.Winners,
		sales: c.Sales, siteURL: c.SiteURL, returnIn: c.ReturnWithin, openFor: c.CheckoutFor, log: c.Log,
	}
}

// Handlers are the duties that payments fulfils.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{
		duty.OpenCheckout:      s.openCheckoutDuty,
		duty.ApplyPaymentEvent: s.applyEventDuty,
		duty.ReleaseDeposits:   s.releaseDepositsDuty,
		duty.RefundDeposit:     s.refundDuty,
		duty.BalanceDue:        s.balanceDueDuty,
	}
}

// querier reads from the pool or inside a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// inTx runs f in one transaction.
func (s *Service) inTx(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, f)
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make id: %w", err)
	}
	return id, nil
}
