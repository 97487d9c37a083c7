package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

const (
	// answerLimit is how long a receiver may take to answer.
	answerLimit = 10 * time.Second
	// runLimit is how long a duty goes on from message to message; below the runner's own limit by more than a try.
	runLimit = 45 * time.Second
	// lines is how many queues one node sends from at once: duties that wait for slow receivers never fill the runner, which has eight hands.
	lines = 2
	// busyPause is when a queue that found no line looks again.
	busyPause = 5 * time.Second
)

// Vault seals secrets under a key outside PostgreSQL; bidding/seal's Ring is it. A secret opens for its court alone.
type Vault interface {
	SealSecret(of uuid.UUID, secret []byte) (keyID string, sealed []byte)
	OpenSecret(of uuid.UUID, keyID string, sealed []byte) ([]byte, error)
}

// Config is what a Service needs.
type Config struct {
	Pool   *pgxpool.Pool
	Clock  clock.Clock
	Duties *duty.Book
	Vault  Vault
	// Local takes receivers over http and on private networks: demonstrations and tests.
	Local bool
	// AnswerLimit is answerLimit when zero.
	AnswerLimit time.Duration
	Log         *slog.Logger
}

// Service sets receivers and sends to them. It is safe for concurrent use.
type Service struct {
	pool   *pgxpool.Pool
	clock  clock.Clock
	duties *duty.Book
	vault  Vault
	local  bool
	client *http.Client
	lines  chan struct{}
	log    *slog.Logger
}

// New makes a Service; it panics on a missing part, which is a wiring error.
func New(c Config) *Service {
	if c.Pool == nil || c.Clock == nil || c.Duties == nil || c.Vault == nil {
		panic("webhook: a part is missing in Config")
	}
	if c.AnswerLimit <= 0 {
		c.AnswerLimit = answerLimit
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		pool: c.Pool, clock: c.Clock, duties: c.Duties, vault: c.Vault, local: c.Local,
		client: newClient(c.AnswerLimit, c.Local), lines: make(chan struct{}, lines), log: c.Log,
	}
}

// Handlers are the duties that it fulfils.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{duty.DeliverWebhook: s.deliverDuty}
}

// finance lets a court's finance act, on its own court alone.
func finance(by auction.Actor) error {
	if by.Role != "finance" || by.CourtID == uuid.Nil {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// receiver is a row of webhooks.
type receiver struct {
	Court    uuid.UUID
	URL      string
	KeyID    string
	Secret   []byte
	State    ReceiverState
	Ground   Ground
	Sequence int64
	DutyKey  *string
	SetAt    time.Time
}

const receiverColumns = `court_id, url, key_id, secret, state, ground, sequence, duty_key, set_at`

// hold locks a court's receiver until the transaction ends; none is not_found. Everything that moves a queue goes through it.
func hold(ctx context.Context, tx pgx.Tx, court uuid.UUID) (receiver, error) {
	rows, err := tx.Query(ctx, `SELECT `+receiverColumns+` FROM webhooks WHERE court_id = @court FOR UPDATE`, pgx.NamedArgs{"court": court})
	if err != nil {
		return receiver{}, fault.Internalf("hold a receiver: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[receiver])
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fault.New(fault.NotFound, fault.NotFoundCode).InField("webhook")
	}
	if err != nil {
		return r, fault.Internalf("hold a receiver: %w", err)
	}
	return r, nil
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	return id, nil
}
