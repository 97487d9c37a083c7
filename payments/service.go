package payments

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
)

// MaxPayment is what Stripe takes in one payment in CNY: eight digits.
// Source: docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
const MaxPayment money.Fen = 99_999_999

// Winner is who won a lot, and for how much.
type Winner struct {
	AccountID uuid.UUID
	Price     money.Fen
}

// Winners tells who won once the close is committed, and nobody else; bidding
// implements it and keeps a trail in tx. sold is false when the lot was not sold.
type Winners interface {
	Winner(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (w Winner, sold bool, err error)
}

// Admissions is told, in the caller's transaction, that a deposit for a lot is
// here or is not owed; bidding implements it and asks Held when it admits.
type Admissions interface {
	DepositHeld(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error
}

// Sales is told what money does to a sale; auction implements it, in the
// caller's transaction.
type Sales interface {
	RecordPaid(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error
	RecordDefault(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, forfeited money.Fen) error
	// RecordForfeitUse comes with the posting that uses a defaulter's deposit (R24).
	RecordForfeitUse(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, body audit.ForfeitUsed) error
	// RecordDifference comes with the posting of what a creditor pays in above its claim (R16d).
	RecordDifference(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, lot uuid.UUID, amount money.Fen) error
}

// Debts is what debtors of cases still owe (R17w); payments/debtor implements it.
type Debts interface {
	// Rest holds the case until the transaction ends and tells what is left of its debt, and when the act is: after all that was done on the
	// case, so that the log tells their order.
	Rest(ctx context.Context, tx pgx.Tx, now time.Time, caseID uuid.UUID) (left money.Fen, at time.Time, err error)
	// Received comes with the posting of a payment: what of it counts, above zero, and what is left of the debt then.
	Received(ctx context.Context, tx pgx.Tx, at time.Time, r DebtReceived) error
}

// DebtReceived is a payment of a debtor as far as it counts.
type DebtReceived struct {
	CaseID, Payment uuid.UUID
	Counts, Left    money.Fen
}

// Config is what a Service needs.
type Config struct {
	Pool     *pgxpool.Pool
	Clock    clock.Clock
	Duties   *duty.Book
	Provider *gateway.Stripe
	// Custodian takes deposits and balances above CustodyAbove; nil leaves all of them to the payment pages.
	Custodian    Provider
	CustodyAbove money.Fen
	Winners      Winners
	// Admissions puts codes on the course.
	Admissions Admissions
	Sales      Sales
	// Debts lets debtors pay; nil lets none.
	Debts Debts
	// SiteURL is where payers come back to, without a slash at its end.
	SiteURL string
	// CheckoutFor is how long a payment page stays open; 24 h at most.
	CheckoutFor time.Duration
	Log         *slog.Logger
	// Chance draws payment references; crypto/rand's reader where it is nil.
	Chance io.Reader
}

// Service is the use cases of payments. It is safe for concurrent use.
type Service struct {
	pool     *pgxpool.Pool
	clock    clock.Clock
	duties   *duty.Book
	provider *gateway.Stripe
	winners  Winners
	admitter Admissions
	sales    Sales
	debts    Debts
	siteURL  string
	openFor  time.Duration
	log      *slog.Logger
	chance   io.Reader

	custodian    Provider
	custodyAbove money.Fen
	// arrivals and returns write what many ask for at once.
	arrivals *ledger.Writer[*depositArrival]
	returns  *ledger.Writer[*depositReturn]
}

// New makes a Service; it panics on a missing part, which is a wiring error.
func New(c Config) *Service {
	if c.Pool == nil || c.Clock == nil || c.Duties == nil || c.Provider == nil || c.Winners == nil || c.Admissions == nil || c.Sales == nil {
		panic("payments: a part is missing in Config")
	}
	if c.CheckoutFor <= 0 {
		c.CheckoutFor = 23 * time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Chance == nil {
		c.Chance = rand.Reader
	}
	s := &Service{
		chance: c.Chance, custodian: c.Custodian, custodyAbove: c.CustodyAbove, pool: c.Pool, clock: c.Clock, duties: c.Duties, provider: c.Provider, winners: c.Winners, admitter: c.Admissions,
		sales: c.Sales, debts: c.Debts, siteURL: c.SiteURL, openFor: c.CheckoutFor, log: c.Log,
	}
	s.arrivals = ledger.NewWriter[*depositArrival](c.Pool, c.Clock, arrivals{s}, c.Log)
	s.returns = ledger.NewWriter[*depositReturn](c.Pool, c.Clock, returns{}, c.Log)
	return s
}

// Handlers are the duties that payments fulfils.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{
		duty.OpenCheckout:      s.openCheckoutDuty,
		duty.ApplyPaymentEvent: s.applyEventDuty,
		duty.ReleaseDeposits:   s.releaseDepositsDuty,
		duty.RefundDeposit:     s.refundDuty,
		duty.BalanceDue:        s.balanceDueDuty,
		duty.UseForfeits:       s.useForfeitsDuty,
		duty.Reconcile:         s.reconcileDuty,
		duty.ReturnUnknown:     s.returnUnknownDuty,
		duty.OpenCustody:       s.openCustodyDuty,
		duty.FetchCredits:      s.fetchCreditsDuty,
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
