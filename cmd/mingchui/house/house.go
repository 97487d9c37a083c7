package house

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/clock"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/objection"
	"mingchui/auction/outbox"
	"mingchui/auction/pricing"
	"mingchui/auction/statement"
	"mingchui/bidding"
	"mingchui/bidding/seal"
	"mingchui/payments"
	"mingchui/payments/casefund"
	"mingchui/payments/custody"
	"mingchui/payments/debtor"
	"mingchui/payments/gateway"
	"mingchui/payments/owner"
	"mingchui/payments/webhook"
	"mingchui/web/account"
	"mingchui/web/api"
	"mingchui/web/static"
)

// Config is what a house is opened with. Everything that differs between
// production, demonstration and tests is a value here.
type Config struct {
	PostgresURL string
	Redis       redis.UniversalClient
	NATS        *nats.Conn
	Clock       clock.Clock
	Rules       law.RuleSet

	// LogName is the log's origin, LogSeed the 32-byte seed of its key;
	// BatchSeed that of the key that signs committed batches.
	LogName            string
	LogSeed, BatchSeed []byte
	// SealingKeys seal who the bidders are (R18): 32 bytes each, the current one
	// first, then older ones that still unwrap. They are never in PostgreSQL.
	SealingKeys [][]byte
	// AdmitEvery is how long confirmed deposits are gathered and then admitted
	// together; zero admits at once.
	AdmitEvery time.Duration
	// Checkpoints is the folder outside PostgreSQL that keeps signed checkpoints.
	Checkpoints string

	Stripe gateway.Config
	// Custodian takes deposits and balances above CustodyAbove; without a URL there is none.
	Custodian    custody.Config
	CustodyAbove money.Fen
	// LocalReceivers takes courts' webhooks over http and on private networks: demonstrations and tests alone.
	LocalReceivers bool
	// SiteURL is how people reach the site, without a slash at its end.
	SiteURL string
	// TLS is by what the public listener speaks TLS itself; nil leaves that to a proxy.
	TLS *Identity
	// Secure marks cookies for TLS and sends HSTS.
	Secure bool
	// TrustProxy takes the caller's address from X-Forwarded-For as a proxy on a private network sets it.
	TrustProxy bool
	// Banner stands over every page; empty for none.
	BannerZH, BannerEN string

	Roles Roles
	// Limits bound what one caller may send; zero ones are the defaults.
	Limits api.Limits
	// Gap and SteppedGap are the bidding engine's; zero ones are its defaults.
	Gap, SteppedGap time.Duration
	// Hash is what a password costs to hash; zero is the default.
	Hash account.HashParams
	// Assets is what browsers load beside pages; nil loads it.
	Assets *static.Assets
	// River runs duties at their time; without it Duties.RunDue does.
	River bool

	Log      *slog.Logger
	Registry *prometheus.Registry
}

// Roles is what a process does; a single machine does all.
type Roles struct{ Web, Bidding, Duties bool }

// AllRoles is a single machine's.
func AllRoles() Roles { return Roles{Web: true, Bidding: true, Duties: true} }

// House is one running Mingchui. Its parts are exported for cmd and tests.
type House struct {
	Pool     *pgxpool.Pool
	Redis    redis.UniversalClient
	Clock    clock.Clock
	Auction  *auction.Service
	Handover *handover.Service
	// Statements are the facts of announcements.
	Statements *statement.Service
	Engine     *bidding.Engine
	Desk       *bidding.Desk
	Payments   *payments.Service
	// Objections are R31's.
	Objections *objection.Service
	// Draws are those between equals (R10p, R16d).
	Draws *drawing.Service
	// Prices are R10p's and R12e's.
	Prices *pricing.Desk
	// CaseFund is who claims a case's money, and the plans that divide it (F4).
	CaseFund *casefund.Service
	// Debtor is the door of a case for its debtor (R17w).
	Debtor *debtor.Service
	// Owners is money looking for its owner.
	Owners    *owner.Service
	Sequencer *sequencer.Sequencer
	Accounts  *account.Service
	Duties    *duty.Runner
	Book      *duty.Book
	Relay     *outbox.Relay
	// Webhooks tell courts' finance systems.
	Webhooks *webhook.Service

	cfg     Config
	log     *slog.Logger
	web     webParts
	tickKey []byte
}

// Open connects and wires; nothing runs before Run. The database must be
// migrated. Close releases what Open took.
func Open(ctx context.Context, c Config) (*House, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	pool, err := openPool(ctx, c.PostgresURL)
	if err != nil {
		return nil, err
	}
	h := &House{Pool: pool, Redis: c.Redis, Clock: c.Clock, cfg: c, log: c.Log, tickKey: tickKey(c.BatchSeed)}
	if err := h.wire(); err != nil {
		pool.Close()
		return nil, err
	}
	if err := h.Desk.CheckKeys(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("check the sealing keys: %w", err)
	}
	return h, nil
}

// poolSize leaves room below PostgreSQL's default of 100 connections for a
// second node and a person with psql.
const poolSize = 24

func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read PostgreSQL's address: %w", err)
	}
	cfg.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	return pool, nil
}

func (h *House) wire() error {
	c := h.cfg
	logKey, err := audit.NewKey(c.LogName, c.LogSeed)
	if err != nil {
		return fmt.Errorf("make the log's key: %w", err)
	}
	batchKey, err := audit.NewKey(c.LogName+"/batch", c.BatchSeed)
	if err != nil {
		return fmt.Errorf("make the batch key: %w", err)
	}
	store, err := sequencer.NewFolder(c.Checkpoints)
	if err != nil {
		return fmt.Errorf("open the checkpoints' folder: %w", err)
	}
	if h.Sequencer, err = sequencer.New(sequencer.Config{
		Pool: h.Pool, Signer: logKey, BatchKeys: []string{batchKey.VerifierKey()}, Store: store, Log: c.Log,
	}); err != nil {
		return err
	}
	if err := h.wireDuties(); err != nil {
		return err
	}
	ring, err := seal.NewRing(c.SealingKeys...)
	if err != nil {
		return fmt.Errorf("read the sealing keys: %w", err)
	}
	h.Engine, err = bidding.NewEngine(bidding.EngineConfig{
		Pool: h.Pool, Redis: c.Redis, NATS: c.NATS, Clock: c.Clock, Signer: batchKey, Proofs: h.Sequencer, Ring: ring,
		Ends: h.recordEnd, Outages: h.recordOutage, Gap: c.Gap, SteppedGap: c.SteppedGap, GatherOnly: !c.Roles.Bidding, Log: c.Log, Metrics: c.Registry,
	})
	if err != nil {
		return err
	}
	deposits := &depositDesk{}
	h.Desk = bidding.NewDesk(bidding.DeskConfig{
		Pool: h.Pool, Clock: c.Clock, Duties: h.Book, Engine: h.Engine, Deposits: deposits, Ring: ring, NATS: c.NATS,
		AdmitEvery: c.AdmitEvery, Log: c.Log,
	})
	h.Auction = auction.New(auction.Config{
		Pool: h.Pool, Clock: c.Clock, Duties: h.Book, RuleSet: c.Rules, Buyers: h.Desk, Courses: &courses{h.Engine}, Handovers: handover.Planner{},
		Draws: drawing.Store{},
	})
	h.Handover, h.Statements = handover.New(h.Pool, h.Auction), statement.New(h.Pool, h.Auction)
	if err := h.wireMoney(); err != nil {
		return err
	}
	deposits.payments = h.Payments
	h.Draws = drawing.New(drawing.Config{Pool: h.Pool, Clock: c.Clock, Auction: h.Auction, Log: h.Sequencer.Reader})
	h.Objections = objection.New(objection.Config{
		Pool: h.Pool, Duties: h.Book, Auction: h.Auction, Money: h.Payments, Handovers: handover.Planner{}, Log: c.Log,
	})
	h.Prices = pricing.New(h.Pool, h.Book, h.Auction)
	h.CaseFund = casefund.New(h.Pool, h.Auction)
	h.Webhooks = webhook.New(webhook.Config{Pool: h.Pool, Clock: c.Clock, Duties: h.Book, Vault: ring, Local: c.LocalReceivers, Log: c.Log})
	h.Duties = duty.NewRunner(h.Pool, c.Clock, h.handlers(), c.Log)
	if c.NATS != nil {
		if h.Relay, err = outbox.NewRelay(h.Pool, c.NATS, c.Log, h.Webhooks.Follow); err != nil {
			return err
		}
	}
	return h.wireWeb()
}

// wireMoney makes what takes money in: the provider, the custodian where there is one, and the debtor's door.
func (h *House) wireMoney() error {
	c := h.cfg
	provider, err := gateway.New(c.Stripe)
	if err != nil {
		return err
	}
	h.Debtor, h.Owners = debtor.New(h.Pool, h.Book, h.Auction), owner.New(h.Pool, h.Book, h.Auction)
	pay := payments.Config{
		Pool: h.Pool, Clock: c.Clock, Duties: h.Book, Provider: provider, Winners: &winners{h.Desk}, Admissions: h.Desk,
		Sales: h.Auction, Debts: h.Debtor, SiteURL: c.SiteURL, Log: c.Log, CustodyAbove: c.CustodyAbove,
	}
	if c.Custodian.URL != "" {
		if pay.Custodian, err = custody.New(c.Custodian); err != nil {
			return err
		}
	}
	h.Payments = payments.New(pay)
	return nil
}

func (h *House) wireDuties() error {
	if !h.cfg.River {
		h.Book = duty.NewBook(nil)
		return nil
	}
	inserter, err := duty.NewInserter(h.Pool)
	if err != nil {
		return err
	}
	h.Book = duty.NewBook(inserter)
	return nil
}

// handlers is who fulfils which duty of the machine.
func (h *House) handlers() map[duty.Kind]duty.Handler {
	all := map[duty.Kind]duty.Handler{
		duty.OpenCourse: func(ctx context.Context, d duty.Duty) error {
			return withLot(d, func(l uuid.UUID) error { return h.Engine.Open(ctx, l) })
		},
		duty.CloseCourse:   h.closeCourse,
		duty.AdmitBidders:  h.Desk.AdmitByDuty,
		duty.ExcludeBarred: h.Desk.ExcludeByDuty,
	}
	for _, more := range []map[duty.Kind]duty.Handler{h.Auction.Handlers(), h.Payments.Handlers(), h.Objections.Handlers(), h.Draws.Handlers(), h.Webhooks.Handlers(), h.Debtor.Handlers()} {
		maps.Copy(all, more)
	}
	return all
}

func withLot(d duty.Duty, f func(lot uuid.UUID) error) error {
	if d.LotID == nil {
		return fmt.Errorf("duty %s of kind %s names no lot", d.ID, d.Kind)
	}
	return f(*d.LotID)
}

// recordEnd joins the transaction that commits a close.
func (h *House) recordEnd(ctx context.Context, tx pgx.Tx, end bidding.End) error {
	return auction.RecordEnd(ctx, tx, h.Book, auction.End{LotID: end.Lot, Sold: end.Sold, Price: end.Price, Code: end.Code, At: end.At})
}

// recordOutage joins the transaction that commits a stay by an outage, or its end.
func (h *House) recordOutage(ctx context.Context, tx pgx.Tx, o bidding.Outage) error {
	return auction.RecordOutage(ctx, tx, h.Book, auction.Outage(o))
}

// Run runs the house's roles until ctx ends or one of them cannot go on.
func (h *House) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	parts := h.parts()
	ended := make(chan error, len(parts))
	for _, p := range parts {
		go func() {
			err := p.run(ctx)
			if err != nil && !errors.Is(err, context.Canceled) {
				err = fmt.Errorf("%s: %w", p.name, err)
			}
			ended <- err
		}()
	}
	var first error
	for range parts {
		err := <-ended
		if err != nil && !errors.Is(err, context.Canceled) && first == nil {
			first = err
		}
		stop()
	}
	if err := h.Engine.FlushRefusals(context.WithoutCancel(ctx)); err != nil {
		h.log.WarnContext(ctx, "the last counts of refused bids are lost", "error", err)
	}
	return first
}

type part struct {
	name string
	run  func(ctx context.Context) error
}

func (h *House) parts() []part {
	parts := []part{{"bidding engine", h.Engine.Run}, {"ticks", h.ticking}}
	if h.cfg.Roles.Duties {
		parts = append(parts, part{"log sequencer", h.Sequencer.Run})
		if h.cfg.River {
			parts = append(parts, part{"duties", h.runDuties})
		}
		if h.Relay != nil {
			parts = append(parts, part{"outbox", h.Relay.Run})
		}
	}
	if h.cfg.Roles.Web {
		parts = append(parts, part{"site", h.serving}, part{"bidding sessions", h.Desk.Run})
	}
	return parts
}

func (h *House) runDuties(ctx context.Context) error {
	if err := errors.Join(h.Payments.OweReconciliation(ctx), h.Payments.OweCustody(ctx)); err != nil {
		return err
	}
	if err := h.Duties.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	h.Duties.Wait()
	return nil
}

// Close releases the connections that Open made.
func (h *House) Close() { h.Pool.Close() }

// closePause is how soon the backup looks at a stayed course again; the engine
// itself closes one that went on.
const closePause = time.Minute

// Seed makes a 32-byte key seed for a name out of a secret, for
// demonstrations and tests; production gives seeds of its own.
func Seed(secret, name string) []byte {
	sum := sha256.Sum256([]byte("mingchui key seed\x00" + name + "\x00" + secret))
	return sum[:]
}
