package bidding

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/bidding/course"
)

// Engine decides, commits, closes and recovers courses of bidding.
type Engine struct{ cfg EngineConfig }

// NewEngine makes an engine; nothing runs before Run.
func NewEngine(cfg EngineConfig) (*Engine, error) { return &Engine{cfg: cfg}, nil }

var errNotYet = fault.New(fault.Unavailable, fault.ServiceUnavailable) //nolint:gochecknoglobals // replaced in the next commit

// Run commits, closes and recovers until ctx ends; then every waiting request is answered.
func (e *Engine) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// Ready tells whether bids can be placed: Redis and PostgreSQL answer.
func (e *Engine) Ready(ctx context.Context) error { return errNotYet }

// Bid places a bid and returns when it is durable, or with a refusal judged against a committed course.
func (e *Engine) Bid(ctx context.Context, b Bid) (Accepted, error) { return Accepted{}, errNotYet }

// Open begins the course of an announced lot; idempotent.
func (e *Engine) Open(ctx context.Context, lot uuid.UUID) error { return errNotYet }

// Admit lets a code bid; idempotent by code.
func (e *Engine) Admit(ctx context.Context, c AdmitCommand) (course.Event, error) {
	return course.Event{}, errNotYet
}

// Exclude bars a code; idempotent by code.
func (e *Engine) Exclude(ctx context.Context, c ExcludeCommand) (course.Event, error) {
	return course.Event{}, errNotYet
}

// Stay stops a running course.
func (e *Engine) Stay(ctx context.Context, c StayCommand) (course.Event, error) {
	return course.Event{}, errNotYet
}

// Resume lets a stayed course run on.
func (e *Engine) Resume(ctx context.Context, lot uuid.UUID) (course.Event, error) {
	return course.Event{}, errNotYet
}

// Close closes a course whose end has come; idempotent. state_conflict before the end.
func (e *Engine) Close(ctx context.Context, lot uuid.UUID) (course.Event, error) {
	return course.Event{}, errNotYet
}

// CloseDue closes every course whose end has come and returns how many it closed.
func (e *Engine) CloseDue(ctx context.Context) (int, error) { return 0, errNotYet }

// Receipt is the receipt of an accepted bid, with its proof of inclusion once the log has given it a place.
func (e *Engine) Receipt(ctx context.Context, id uuid.UUID) (audit.Receipt, error) {
	return audit.Receipt{}, errNotYet
}

// Problem is a breach of an invariant that Fsck found.
type Problem struct {
	// Invariant is I1 or I2.
	Invariant string
	Lot       uuid.UUID
	Seq       int64
	Detail    string
}

// Fsck re-runs every course over its events and compares what is stored (I1, I2).
func Fsck(ctx context.Context, pool *pgxpool.Pool) ([]Problem, error) { return nil, errNotYet }
