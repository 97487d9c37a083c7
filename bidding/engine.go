package bidding

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/seal"
)

// Bounds of the engine.
const (
	shardCount = 256
	// maxBatch bounds the commands of one call of the function: Lua unpacks two values for each.
	maxBatch = 512
	// maxQueue bounds what waits for one lot while its call is out.
	maxQueue = 8192
	// maxBacklog bounds a shard's decisions that are not committed; maxAge the age of the oldest.
	maxBacklog = 1 << 15
	maxAge     = 2 * time.Second
	// patience is how long a request waits for its commit before it is told to ask again.
	patience = 5 * time.Second
	// maxRead bounds what one commit takes from one shard.
	maxRead = 4096
	// defaultGap is EngineConfig.Gap when it is zero.
	defaultGap = 2 * time.Second
	// maxRecent bounds the commits that a shard remembers for requests that are still on their way.
	maxRecent = 4096
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

// Outage is a stay by an outage, or its end by the engine itself (R28o), as it is committed.
type Outage struct {
	Lot uuid.UUID
	// Over: the clock runs on.
	Over bool
	// At is when it was decided. Since is, at a stay, the last instant for which service is proven.
	At, Since time.Time
	// EndsAt is the end as it stood at a stay, and the one that holds when the clock runs on.
	EndsAt time.Time
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
	// Ring seals the maxima of lots that offer maximum bids; without it none can be set.
	Ring *seal.Ring
	// Ends is called in the transaction that commits a close; auction.RecordEnd. nil does nothing more. It must be
	// deterministic in what it may refuse: a lot whose end it refuses is halted until the next start.
	Ends func(ctx context.Context, tx pgx.Tx, end End) error
	// Outages is called in the transaction that commits a stay by an outage, or that lets the lot go on by itself after a brief
	// one; auction.RecordOutage. As with Ends, a lot whose outage it refuses is halted. nil does nothing more.
	Outages func(ctx context.Context, tx pgx.Tx, o Outage) error
	// Gap is the longest time between committed decisions of a shard, and from decision to commit, that leaves no gap in its
	// service (R28o); half of it a decision may take. Zero is two seconds.
	Gap time.Duration
	// SteppedGap holds in place of Gap while the platform's clock is not the machine's: when a past is made, or in tests. Zero
	// is Gap.
	SteppedGap time.Duration
	// GatherOnly is for a node without the bidding role: it decides and waits, others commit, close and recover.
	GatherOnly bool
	// Log may be nil.
	Log *slog.Logger
	// Metrics takes the engine's collectors; nil keeps them to itself.
	Metrics prometheus.Registerer
}

// Engine decides, commits, closes and recovers courses of bidding. It is safe for concurrent use.
type Engine struct {
	pool   *pgxpool.Pool
	redis  redis.UniversalClient
	nats   *nats.Conn
	clock  clock.Clock
	wall   *wall
	signer *audit.Key
	proofs Prover
	ring   *seal.Ring
	ends   func(ctx context.Context, tx pgx.Tx, end End) error
	// outages, still and stepped are EngineConfig's Outages, Gap and SteppedGap.
	outages        func(ctx context.Context, tx pgx.Tx, o Outage) error
	still, stepped time.Duration
	gather         bool
	log            *slog.Logger
	meter          *meter
	halts          *halts
	lib            library
	timers         timers
	seed           maphash.Seed

	shards [shardCount]*shard
	// dirty is what this node has to commit or to mend, or to pass on; asked what other nodes pass on; news what they committed.
	dirty, asked, news *dirty
	watch              *watch

	mu    sync.RWMutex
	gates map[uuid.UUID]*gate

	// stopping is closed when Run's context ends: nothing new is taken. stopped is closed when Run returns.
	stopping, stopped chan struct{}
	running           atomic.Bool
	// commits: this node holds the committer's lock, so it alone knows what is served. apart: Redis does not answer it.
	commits, apart atomic.Bool
	// failures are the bids that failed here since the last tick.
	failures failures
	// seal makes the tokens of refused bids; refusals counts them.
	seal     *refusalSeal
	refusals *refusalCounts
	// work counts the goroutines of gates and of flights that are being resolved.
	work sync.WaitGroup
	// probe is called before and after each write of a commit; tests make it fail. nil in production.
	probe func(point string) error
}

// NewEngine makes an engine; nothing runs before Run.
func NewEngine(cfg EngineConfig) (*Engine, error) {
	if cfg.Pool == nil || cfg.Redis == nil || cfg.Clock == nil || cfg.Signer == nil {
		return nil, errors.New("the bidding engine needs PostgreSQL, Redis, a clock and a signer")
	}
	if cfg.Gap == 0 {
		cfg.Gap = defaultGap
	}
	if cfg.SteppedGap == 0 {
		cfg.SteppedGap = cfg.Gap
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h := &halts{}
	m, err := newMeter(cfg.Metrics, h)
	if err != nil {
		return nil, err
	}
	seal, err := newRefusalSeal(cfg.Signer)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		seal: seal, refusals: newRefusalCounts(),
		pool: cfg.Pool, redis: cfg.Redis, nats: cfg.NATS, clock: cfg.Clock, wall: newWall(cfg.Clock), signer: cfg.Signer,
		proofs: cfg.Proofs, ring: cfg.Ring, ends: cfg.Ends, outages: cfg.Outages, still: cfg.Gap, stepped: cfg.SteppedGap,
		gather: cfg.GatherOnly, log: cfg.Log, meter: m, halts: h, lib: newLibrary(), seed: maphash.MakeSeed(),
		dirty: newDirty(), asked: newDirty(), news: newDirty(), watch: newWatch(), gates: map[uuid.UUID]*gate{},
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	for i := range e.shards {
		e.shards[i] = &shard{id: i, changed: make(chan struct{})}
	}
	return e, nil
}

// Run commits, closes and recovers until ctx ends. Then nothing new is taken, what was decided is committed as far as that
// takes no more than patience, every waiting request is answered, and Run returns nil. It runs once.
func (e *Engine) Run(ctx context.Context) error {
	if !e.running.CompareAndSwap(false, true) {
		return fault.Internalf("run the bidding engine: it runs already")
	}
	defer close(e.stopped)
	deafen, err := e.listen()
	if err != nil {
		return err
	}
	defer deafen()
	// The engine's own calls outlive ctx by what it takes to finish.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var loops sync.WaitGroup
	if e.gather {
		loops.Go(func() { e.followLoop(own, ctx.Done()) })
	} else {
		c := newCommitter(e)
		loops.Go(func() { c.loop(own, ctx.Done()) })
		loops.Go(func() { e.closeLoop(own, ctx.Done()) })
	}
	loops.Go(func() { e.flushLoop(own, ctx.Done()) })
	<-ctx.Done()
	close(e.stopping)
	finished := make(chan struct{})
	go func() { loops.Wait(); close(finished) }()
	grace := time.NewTimer(patience + time.Second)
	defer grace.Stop()
	select {
	case <-finished:
	case <-grace.C:
		cancel()
		<-finished
	}
	cancel()
	e.work.Wait()
	e.abandonFlights()
	return nil
}

// Ready is nil when bids can be placed: Run runs, PostgreSQL and Redis answer. service_unavailable otherwise.
func (e *Engine) Ready(ctx context.Context) error {
	if !e.running.Load() || e.isStopping() {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable).After(time.Second)
	}
	if err := e.pool.Ping(ctx); err != nil {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(time.Second)
	}
	if err := e.redis.Ping(ctx).Err(); err != nil {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(time.Second)
	}
	return nil
}

// gap is the longest time that leaves no gap in the service.
func (e *Engine) gap() time.Duration {
	if e.clock.Offset() != 0 {
		return e.stepped
	}
	return e.still
}

func (e *Engine) isStopping() bool {
	select {
	case <-e.stopping:
		return true
	default:
		return false
	}
}

// hit is a point at which tests may make a write fail.
func (e *Engine) hit(point string) error {
	if e.probe == nil {
		return nil
	}
	return e.probe(point)
}
