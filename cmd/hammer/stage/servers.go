package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"mingchui/auction/clock"
	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house"
	"mingchui/deploy/local"
	"mingchui/migrations"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

const (
	database  = "mingchui"
	stripeKey = "sk_test_hammer"
	hookKey   = "whsec_hammer"
	// LogName is the origin of the stage's log.
	LogName = "hammer.example/log"
	// keySecret is what the stage's keys are made from. They sign nothing but made-up bids.
	keySecret = "hammer"
	// stopLimit bounds how long the servers may take to write what they hold.
	stopLimit = 30 * time.Second
)

// Servers are the parts that the server stands on. PostgreSQL and Redis run as people run them: fsync and synchronous_commit
// on, the append-only file flushed each second.
type Servers struct {
	Dir      string
	Postgres *local.Postgres
	Redis    *local.Redis
	NATS     *local.NATS
	// SitePort and OpsPort are kept for the server, which starts and ends more than once.
	SitePort, OpsPort int
	payPort, natsPort int
	pay               *standin.Server
	paySite           *http.Server
	rdb               *redis.Client
	clock             *clock.Stepped
	log               *slog.Logger
}

// past is how long ago the stage's clock begins: the lot is announced then, a quarter of an hour before it can be bid for.
const past = 2 * time.Hour

// Start starts the servers in an empty folder and migrates the database. The caller must call Stop.
func Start(ctx context.Context, dir string, log *slog.Logger) (*Servers, error) {
	s := &Servers{Dir: dir, clock: clock.NewStepped(time.Now().Add(-past)), log: log}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop()) //nolint:contextcheck // what was started is stopped although ctx has ended
	}
	return s, nil
}

func (s *Servers) start(ctx context.Context) error {
	ports := make([]int, 0, 4)
	for len(ports) < cap(ports) {
		port, err := local.FreePort(ctx)
		if err != nil {
			return err
		}
		ports = append(ports, port)
	}
	s.SitePort, s.OpsPort, s.payPort, s.natsPort = ports[0], ports[1], ports[2], ports[3]
	var err error
	if s.Postgres, err = local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(s.Dir, "postgres"), Log: s.log}); err != nil {
		return err
	}
	if s.Redis, err = local.StartRedis(ctx, local.RedisConfig{Dir: filepath.Join(s.Dir, "redis"), Log: s.log}); err != nil {
		return err
	}
	s.rdb = redis.NewClient(s.Redis.Options())
	if s.NATS, err = local.StartNATS(ctx, local.NATSConfig{Dir: filepath.Join(s.Dir, "nats"), Port: s.natsPort, Log: s.log}); err != nil {
		return err
	}
	if err := s.startPay(ctx); err != nil {
		return err
	}
	if err := s.Postgres.EnsureDatabase(ctx, database); err != nil {
		return err
	}
	if err := migrations.Up(ctx, s.PostgresURL()); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// startPay starts the payment stand-in.
func (s *Servers) startPay(ctx context.Context) (err error) {
	s.pay, err = standin.New(standin.Config{ //nolint:contextcheck // it lives until Stop
		PublicURL: s.payURL(), WebhookURL: s.SiteURL() + "/webhooks/stripe", WebhookSecret: hookKey, SecretKey: stripeKey,
		Dir: filepath.Join(s.Dir, "standin"), Now: s.clock.Now, Log: s.log,
	})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", s.payPort))
	if err != nil {
		return fmt.Errorf("listen for the stand-in: %w", err)
	}
	s.paySite = &http.Server{Handler: s.pay.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.paySite.Serve(l) }()
	return nil
}

// PostgresURL is the address of the server's database, with its password.
func (s *Servers) PostgresURL() string { return s.Postgres.URL(database) }

// SiteURL is where the server answers once it is started.
func (s *Servers) SiteURL() string { return "http://" + s.SiteAddress() }

// SiteAddress is SiteURL as host:port.
func (s *Servers) SiteAddress() string { return fmt.Sprintf("127.0.0.1:%d", s.SitePort) }

// OpsURL is where the operators' pages are.
func (s *Servers) OpsURL() string { return fmt.Sprintf("http://127.0.0.1:%d", s.OpsPort) }

// Checkpoints is the folder of signed checkpoints.
func (s *Servers) Checkpoints() string { return filepath.Join(s.Dir, "checkpoints") }

func (s *Servers) payURL() string { return fmt.Sprintf("http://127.0.0.1:%d", s.payPort) }

// openHouse opens the house in this process, on the stage's clock.
func (s *Servers) openHouse(ctx context.Context) (*house.House, error) {
	conn, err := s.NATS.Connect()
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, conn.Close)
	return house.Open(ctx, house.Config{
		PostgresURL: s.PostgresURL(), Redis: s.rdb, NATS: conn, Clock: s.clock, Rules: law.Demonstration(),
		LogName: LogName, LogSeed: house.Seed(keySecret, "log"), BatchSeed: house.Seed(keySecret, "batch"), Checkpoints: s.Checkpoints(),
		SealingKeys: [][]byte{house.Seed(keySecret, "sealing")},
		Stripe:      gateway.Config{SecretKey: stripeKey, WebhookSecret: hookKey, BaseURL: s.payURL(), Log: s.log},
		SiteURL:     s.SiteURL(), Roles: house.AllRoles(), Log: s.log,
	})
}

// Stop ends what was started, in order.
func (s *Servers) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	var errs []error
	if s.paySite != nil {
		errs = append(errs, s.paySite.Close())
	}
	if s.pay != nil {
		errs = append(errs, s.pay.Close())
	}
	if s.rdb != nil {
		errs = append(errs, s.rdb.Close())
	}
	if s.NATS != nil {
		errs = append(errs, s.NATS.Stop(ctx))
	}
	if s.Redis != nil {
		errs = append(errs, s.Redis.Stop(ctx))
	}
	if s.Postgres != nil {
		errs = append(errs, s.Postgres.Stop(ctx))
	}
	return errors.Join(errs...)
}
