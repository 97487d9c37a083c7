package bidding

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/money"
)

// End is how a course ended, as it is committed.
type End struct {
	Lot  uuid.UUID
	Sold bool
	// Price and Code are the result of a sold lot; zero for an unsold one.
	Price money.Fen
	Code  string
	At    time.Time
}

// Prover gives the inclusion proof of an entry; the sequencer does.
type Prover interface {
	// Proof is nil, nil for an entry that has no place in the log yet.
	Proof(ctx context.Context, entry uuid.UUID) (*audit.Proof, error)
}

// EngineConfig is what an engine needs.
type EngineConfig struct {
	Pool  *pgxpool.Pool
	Redis redis.UniversalClient
	// NATS tells watchers of committed events; nil tells nobody.
	NATS  *nats.Conn
	Clock clock.Clock
	// Signer signs the Merkle root of each committed batch.
	Signer *audit.Key
	// Proofs completes receipts; nil leaves them without a proof of inclusion.
	Proofs Prover
	// Ends is called in the transaction that commits a close; auction.RecordEnd. nil does nothing more.
	Ends func(ctx context.Context, tx pgx.Tx, end End) error
	// GatherOnly is for a node without the bidding role: it decides and waits, others commit, close and recover.
	GatherOnly bool
	Log        *slog.Logger
	// Metrics takes the engine's collectors; nil keeps them to itself.
	Metrics prometheus.Registerer
}

// Bid is one bid of a bidding session.
type Bid struct {
	Lot uuid.UUID
	// Code comes from the bidding session.
	Code   string
	Amount money.Fen
	// Key is the Idempotency-Key: 1 to 128 visible ASCII characters, scoped to lot and code.
	Key string
	// ReceivedAt is when the request reached the node.
	ReceivedAt time.Time
}

// Accepted is a bid that is durable.
type Accepted struct {
	Lot        uuid.UUID
	Seq        int64
	Code       string
	Amount     money.Fen
	AcceptedAt time.Time
	// EndsAt is the end that holds after this bid.
	EndsAt time.Time
	// ReceiptID is the id of the bid's log entry.
	ReceiptID uuid.UUID
}

// AdmitCommand lets a code bid.
type AdmitCommand struct {
	Lot  uuid.UUID
	Code string
	// Capacity is ordinary, priority or creditor; Rank is above 0 for priority and 0 for the others.
	Capacity       string
	Rank           int
	NameCommitment string
}

// ExcludeCommand bars a code from further bids.
type ExcludeCommand struct {
	Lot  uuid.UUID
	Code string
	// ReasonHash is the hex SHA-256 of the published reason, or empty.
	ReasonHash string
}

// StayCommand stops a course.
type StayCommand struct {
	Lot uuid.UUID
	// Ground is court, platform or outage.
	Ground string
	// ReasonHash is the hex SHA-256 of the published reason, or empty.
	ReasonHash string
}
