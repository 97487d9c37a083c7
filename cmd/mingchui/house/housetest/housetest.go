package housetest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/clock"
	"mingchui/auction/law"
	"mingchui/bidding"
	"mingchui/cmd/mingchui/house"
	"mingchui/deploy/local/testserver"
	"mingchui/payments"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

// Options differ from test to test; the zero value is a house under
// law.Demonstration at the real time whose duties Rig.RunDue runs.
type Options struct {
	// Rules is law.Demonstration when its name is empty.
	Rules law.RuleSet
	// Start is what the stepped clock shows at first; zero is now.
	Start time.Time
	// River runs duties at their time. The clock may not be stepped then.
	River bool
	// Servers are shared ones; nil starts the house's own.
	Servers *Servers
	// Roles is all of them when zero.
	Roles house.Roles
	// House and Standin may change what is opened; nil changes nothing.
	House   func(*house.Config)
	Standin func(*standin.Config)
}

// Rig is a running house with what stands around it.
type Rig struct {
	House   *house.House
	Clock   *clock.Stepped
	Standin *standin.Server
	Redis   *testserver.RedisServer
	NATS    *nats.Conn
	// PostgresURL opens a pool beside the house's own.
	PostgresURL string
	// SiteURL and OperationsURL have no slash at their end. The stand-in's
	// pages and API are below SiteURL + "/standin".
	SiteURL, OperationsURL string
	// LogKey signs checkpoints; Checkpoints is the folder that keeps them.
	LogKey      *audit.Key
	Checkpoints string

	t    testing.TB
	stop func()
}

const (
	logName   = "mingchui.example/test"
	stripeKey = "sk_test_housetest"
	hookKey   = "whsec_housetest"
	standPath = "/standin"
	// settleLimit bounds the wait for webhooks that are under way.
	settleLimit = 30 * time.Second
	// steppedGap keeps a slow machine from making gaps in a service whose time is stepped.
	steppedGap = 30 * time.Second
)

// Open opens and runs a house; it fails the test when it cannot.
func Open(t testing.TB, o Options) *Rig {
	t.Helper()
	if o.Rules.Name == "" {
		o.Rules = law.Demonstration()
	}
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	if o.Roles == (house.Roles{}) {
		o.Roles = house.AllRoles()
	}
	r := &Rig{
		t: t, Clock: clock.NewStepped(o.Start), PostgresURL: testserver.PostgresURL(t), Checkpoints: t.TempDir(),
	}
	if o.Servers == nil {
		o.Servers = NewServers(t)
	} else {
		o.Servers.empty(t)
	}
	r.Redis, r.NATS = o.Servers.Redis, o.Servers.NATS
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	r.open(ctx, o)
	running := make(chan error, 1)
	go func() { running <- r.House.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-running; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("housetest: the house ended: %v", err)
		}
		if err := r.Standin.Close(); err != nil {
			t.Errorf("housetest: close the stand-in: %v", err)
		}
		r.House.Close()
	})
	t.Cleanup(r.stop)
	return r
}

// Stop ends the house before the test does. It may be called again.
func (r *Rig) Stop() { r.stop() }

func (r *Rig) open(ctx context.Context, o Options) {
	t := r.t
	t.Helper()
	front, err := house.Listen(ctx, "127.0.0.1:0", "")
	if err != nil {
		t.Fatalf("housetest: %v", err)
	}
	ops, err := house.Listen(ctx, "127.0.0.1:0", "")
	if err != nil {
		t.Fatalf("housetest: %v", err)
	}
	r.SiteURL, r.OperationsURL = "http://"+front.Addr().String(), "http://"+ops.Addr().String()
	log := logger(t)
	pay := standin.Config{
		PublicURL: r.SiteURL + standPath, WebhookURL: r.SiteURL + "/webhooks/stripe", WebhookSecret: hookKey,
		SecretKey: stripeKey, Now: r.Clock.Now, Log: log,
	}
	if o.Standin != nil {
		o.Standin(&pay)
	}
	if r.Standin, err = standin.New(pay); err != nil {
		t.Fatalf("housetest: open the stand-in: %v", err)
	}
	cfg := house.Config{
		PostgresURL: r.PostgresURL, Redis: o.Servers.client, NATS: r.NATS, Clock: r.Clock, Rules: o.Rules, LogName: logName,
		LogSeed: house.Seed(t.Name(), "log"), BatchSeed: house.Seed(t.Name(), "batch"), Checkpoints: r.Checkpoints,
		SealingKeys: [][]byte{house.Seed(t.Name(), "sealing")},
		Stripe:      gateway.Config{SecretKey: stripeKey, WebhookSecret: hookKey, BaseURL: r.SiteURL + standPath},
		SiteURL:     r.SiteURL, Roles: o.Roles, River: o.River, Log: log, SteppedGap: steppedGap, LocalReceivers: true,
	}
	if o.House != nil {
		o.House(&cfg)
	}
	if r.House, err = house.Open(ctx, cfg); err != nil {
		t.Fatalf("housetest: open the house: %v", err)
	}
	if r.LogKey, err = audit.NewKey(cfg.LogName, cfg.LogSeed); err != nil {
		t.Fatalf("housetest: %v", err)
	}
	mux := http.NewServeMux()
	mux.Handle(standPath+"/", http.StripPrefix(standPath, r.Standin.Handler()))
	mux.Handle("/", r.House.Site())
	r.House.ServePublic(front, mux)
	r.House.Serve(ops, r.House.Operations())
}

// Pass lets time pass until at, through every closing window on the way; what ends is closed.
func (r *Rig) Pass(at time.Time) {
	r.t.Helper()
	if err := r.House.Engine.Pass(context.WithoutCancel(r.t.Context()), r.Clock, at); err != nil {
		r.t.Fatalf("housetest: pass to %s: %v", at, err)
	}
}

// RunDue runs the machine's duties that are due, and those that the webhooks
// under way bring, until nothing is left to do at this time.
func (r *Rig) RunDue() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.t.Context()), settleLimit)
	defer cancel()
	for {
		if err := r.Standin.Flush(ctx); err != nil {
			r.t.Fatalf("housetest: webhooks: %v", err)
		}
		n, err := r.House.Duties.RunDue(ctx)
		if err != nil {
			r.t.Fatalf("housetest: duties: %v", err)
		}
		if n == 0 {
			return
		}
	}
}

// Fsck gives every entry its place in the log and checks I1, I2, I4 to I7 from the rows; each breach fails the test.
func (r *Rig) Fsck() {
	r.t.Helper()
	ctx := context.WithoutCancel(r.t.Context())
	if _, err := r.House.Sequencer.Sequence(ctx); err != nil {
		r.t.Fatalf("housetest: sequence the log: %v", err)
	}
	courses, err := bidding.Fsck(ctx, r.House.Pool)
	if err != nil {
		r.t.Fatalf("housetest: %v", err)
	}
	for _, p := range courses {
		r.t.Errorf("%s: lot %s, event %d: %s", p.Invariant, p.Lot, p.Seq, p.Detail)
	}
	sealed, err := bidding.FsckSealed(ctx, r.House.Pool)
	if err != nil {
		r.t.Fatalf("housetest: %v", err)
	}
	for _, p := range sealed {
		r.t.Errorf("%s: lot %s: %s", p.Invariant, p.Lot, p.Detail)
	}
	money, err := payments.Fsck(ctx, r.House.Pool)
	if err != nil {
		r.t.Fatalf("housetest: %v", err)
	}
	for _, p := range money {
		r.t.Errorf("I4, I5: %s", p)
	}
	store, err := sequencer.NewFolder(r.Checkpoints)
	if err != nil {
		r.t.Fatalf("housetest: %v", err)
	}
	tree, err := sequencer.Fsck(ctx, r.House.Pool, store, r.LogKey.VerifierKey())
	if err != nil {
		r.t.Fatalf("housetest: %v", err)
	}
	for _, p := range tree.Findings {
		r.t.Errorf("%s: %s: %s", p.Invariant, p.Subject, p.Text)
	}
}

// logger keeps warnings and shows them when the test has failed.
func logger(t testing.TB) *slog.Logger {
	t.Helper()
	kept := &buffer{}
	t.Cleanup(func() {
		if text := kept.String(); t.Failed() && text != "" {
			t.Logf("the house's log:\n%s", text)
		}
	})
	return slog.New(slog.NewTextHandler(kept, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// buffer is a bytes.Buffer for many writers that keeps the first megabyte.
type buffer struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

const logLimit = 1 << 20

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept.Len() < logLimit {
		b.kept.Write(p)
	}
	return len(p), nil
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.String()
}
