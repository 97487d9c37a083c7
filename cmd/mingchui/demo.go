package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"mingchui/auction/clock"
	"mingchui/auction/law"
	"mingchui/cmd/mingchui/court"
	"mingchui/cmd/mingchui/house"
	"mingchui/deploy/local"
	"mingchui/migrations"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

// demoFlags are the settings of mingchui demo.
type demoFlags struct {
	data, password string
	port, opsPort  int
	quiet, reset   bool
}

func newDemo(environ []string) *cobra.Command {
	var f demoFlags
	_ = environ // a demonstration makes its own secrets
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "run everything on this machine with a demonstration court",
		Long: `demo starts a private PostgreSQL and Redis under --data, NATS and the payment
stand-in inside this process, and a court with lots in every stage. Bidders of a
script keep it alive. No money moves. Rules run with minutes in place of days.

The first start lists and sells the court's past, which takes a minute; the next
one finds its data again. A first start that was interrupted is begun anew by the
next. Ctrl-C stops everything; --reset begins anew with another court.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return demo(cmd.Context(), f, cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", ".data", "folder of the demonstration's data")
	flags.StringVar(&f.password, "password", "", "password of the demonstration accounts; by default one is made and printed")
	flags.IntVar(&f.port, "port", 8080, "port of the site on 127.0.0.1; 0 takes a free one and prints it")
	flags.IntVar(&f.opsPort, "ops-port", 8081, "port of /healthz, /readyz and /metrics on 127.0.0.1; 0 takes a free one")
	flags.BoolVar(&f.reset, "reset", false, "drop the court and its data, and begin anew")
	flags.BoolVar(&f.quiet, "quiet", false, "no scripted bidders: nothing happens by itself")
	return cmd
}

func demo(ctx context.Context, f demoFlags, cmd *cobra.Command) (err error) {
	out := cmd.OutOrStdout()
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := openDemo(ctx, f, out, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if !d.state.Seeded {
		if err := d.seed(ctx); err != nil {
			return err
		}
	}
	return d.run(ctx)
}

// demonstration is the servers and the secrets that both phases share.
type demonstration struct {
	flags   demoFlags
	out     io.Writer
	log     *slog.Logger
	servers *privateServers
	state   demoState
	// release gives the data folder back.
	release func()
}

// ports fills in free ports and refuses those that others hold.
func (f *demoFlags) ports(ctx context.Context) error {
	for _, p := range []struct {
		port *int
		flag string
	}{{&f.port, "--port"}, {&f.opsPort, "--ops-port"}} {
		var err error
		if *p.port == 0 {
			*p.port, err = local.FreePort(ctx)
		} else {
			err = local.CheckPort(ctx, *p.port, p.flag)
		}
		if err != nil {
			return err
		}
	}
	if f.port == f.opsPort {
		return usageError{fmt.Errorf("--port and --ops-port are both %d: the site and its operations need one each", f.port)}
	}
	return nil
}

func openDemo(ctx context.Context, f demoFlags, out io.Writer, log *slog.Logger) (*demonstration, error) {
	if err := f.ports(ctx); err != nil {
		return nil, err
	}
	// Nothing of the folder is looked at, and nothing cleared, while another process runs on it.
	release, err := local.Hold(f.data, 0o755)
	if err != nil {
		return nil, err
	}
	d := &demonstration{flags: f, out: out, log: log, release: release}
	if err := d.open(ctx); err != nil {
		if d.servers != nil {
			err = errors.Join(err, d.servers.stop())
		}
		release()
		return nil, err
	}
	return d, nil
}

func (d *demonstration) open(ctx context.Context) error {
	state, interrupted, err := loadDemoState(d.flags)
	if err != nil {
		return err
	}
	d.state = state
	switch {
	case d.flags.reset:
		d.say("beginning anew: the court in %s and its data are dropped", d.flags.data)
	case interrupted:
		d.say("the first start in %s was interrupted: it is begun anew", d.flags.data)
	}
	d.say("starting PostgreSQL, Redis and NATS under %s", d.flags.data)
	d.servers = &privateServers{}
	if err := d.servers.start(ctx, d.flags.data, !state.Seeded, d.log); err != nil {
		return err
	}
	return migrations.Up(ctx, d.servers.postgresURL())
}

func (d *demonstration) close() error {
	d.say("stopping")
	err := d.servers.stop()
	d.release()
	if err == nil {
		d.say("stopped; the data stays in %s", d.flags.data)
	}
	return err
}

func (d *demonstration) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n", args...)
}

func (d *demonstration) siteURL() string { return fmt.Sprintf("http://127.0.0.1:%d", d.flags.port) }

const (
	standinPath = "/standin"
	stripeKey   = "sk_test_demonstration"
)

// openHouse opens the house and the stand-in beside it on one address.
func (d *demonstration) openHouse(ctx context.Context, c clock.Clock, river bool) (*house.House, *standin.Server, error) {
	hook := "whsec_" + fmt.Sprintf("%x", house.Seed(d.state.Secret, "webhook"))
	pay, err := standin.New(standin.Config{
		PublicURL: d.siteURL() + standinPath, SiteURL: d.siteURL(), WebhookURL: d.siteURL() + "/webhooks/stripe", WebhookSecret: hook,
		SecretKey: stripeKey, Dir: filepath.Join(d.flags.data, "standin"), Now: c.Now, Log: d.log,
	})
	if err != nil {
		return nil, nil, err
	}
	h, err := house.Open(ctx, house.Config{
		PostgresURL: d.servers.postgresURL(), Redis: d.servers.redisClient(), NATS: d.servers.conn, Clock: c,
		Rules: law.Demonstration(), LogName: "mingchui.example/demonstration",
		LogSeed: house.Seed(d.state.Secret, "log"), BatchSeed: house.Seed(d.state.Secret, "batch"),
		SealingKeys: [][]byte{house.Seed(d.state.Secret, "sealing")}, AdmitEvery: admitEvery(river),
		Checkpoints: filepath.Join(d.flags.data, "checkpoints"),
		Stripe:      gateway.Config{SecretKey: stripeKey, WebhookSecret: hook, BaseURL: d.siteURL() + standinPath, Log: d.log},
		SiteURL:     d.siteURL(), BannerZH: bannerZH, BannerEN: bannerEN, Roles: house.AllRoles(), River: river, Log: d.log, LocalReceivers: true,
		SteppedGap: pastGap,
	})
	if err != nil {
		return nil, nil, errors.Join(err, pay.Close())
	}
	return h, pay, nil
}

// pastGap is a gap in the service while the court's past is made, where a slow machine's seconds mean nothing.
const pastGap = 30 * time.Second

// admitEvery gathers admissions while people watch; the past is made without, on its stepped clock.
func admitEvery(river bool) time.Duration {
	if river {
		return 3 * time.Second
	}
	return 0
}

const (
	bannerZH = "演示法院：企业、案号、金额与人物均为虚构，不发生真实付款；演示规则集以分钟代天。"
	bannerEN = "Demonstration court: companies, case numbers, amounts and people are invented, no money moves; minutes stand in for days."
)

// site serves the house and, below standinPath, the stand-in's pages and API.
func site(h *house.House, pay *standin.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(standinPath+"/", http.StripPrefix(standinPath, pay.Handler()))
	mux.Handle("/", h.Site())
	return mux
}

// phase opens the house at a clock, serves it, and calls f while it runs.
func (d *demonstration) phase(ctx context.Context, c clock.Clock, river bool, f func(ctx context.Context, h *house.House) error) (err error) {
	h, pay, err := d.openHouse(ctx, c, river)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pay.Close()) }()
	defer h.Close()
	front, err := house.Listen(ctx, fmt.Sprintf("127.0.0.1:%d", d.flags.port), "--port")
	if err != nil {
		return err
	}
	ops, err := house.Listen(ctx, fmt.Sprintf("127.0.0.1:%d", d.flags.opsPort), "--ops-port")
	if err != nil {
		return errors.Join(err, front.Close())
	}
	h.ServePublic(front, site(h, pay))
	h.Serve(ops, h.Operations())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	running := make(chan error, 1)
	go func() { running <- h.Run(ctx) }()
	done := make(chan error, 1)
	go func() { done <- f(ctx, h) }()
	select {
	case err = <-running: // the house fell: tell why, let f end
		stop()
		return errors.Join(err, ignoreCanceled(<-done))
	case err = <-done:
		stop()
		return errors.Join(ignoreCanceled(err), ignoreCanceled(<-running))
	}
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// seed lists and sells the court's past under a clock that starts days ago and
// arrives at the present.
func (d *demonstration) seed(ctx context.Context) error {
	begun := time.Now()
	stepped := clock.NewStepped(begun.Add(-court.Past))
	err := d.phase(ctx, stepped, false, func(ctx context.Context, h *house.House) error {
		return court.Seed(ctx, court.Config{
			House: h, Clock: stepped, Password: d.state.Password, SiteURL: d.siteURL(), Log: d.log,
			Progress: func(done, total int, what string) {
				d.say("  %3d of %d  %s", done, total, what)
			},
		})
	})
	if err != nil {
		return fmt.Errorf("prepare the demonstration court: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	d.state.Seeded = true
	d.say("the demonstration court is ready after %s", time.Since(begun).Round(time.Second))
	return d.state.save(d.flags.data)
}

func (d *demonstration) run(ctx context.Context) error {
	return d.phase(ctx, clock.Real{}, true, func(ctx context.Context, h *house.House) error {
		// Pages that were opened under another port are on this one now.
		if err := h.Payments.MovePages(ctx, d.siteURL()); err != nil {
			return err
		}
		d.announce()
		if d.flags.quiet {
			<-ctx.Done()
			return ctx.Err()
		}
		return court.Keep(ctx, court.Config{
			House: h, Password: d.state.Password, SiteURL: d.siteURL(), Log: d.log,
		})
	})
}

func (d *demonstration) announce() {
	d.say("")
	d.say("Mingchui 明槌 is at %s", d.siteURL())
	d.say("  operations        http://127.0.0.1:%d/readyz", d.flags.opsPort)
	d.say("  check its log     .bin/auditor verify --log %s/log", d.siteURL())
	d.say("  accounts          bidder1 … bidder9, judge1 … judge3, finance1, finance2, inspector1")
	d.say("  password of all   %s", d.state.Password)
	d.say("Ctrl-C stops it.")
}
