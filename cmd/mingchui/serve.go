package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"mingchui/auction/clock"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/cmd/mingchui/house"
	"mingchui/payments/custody"
	"mingchui/payments/gateway"
	"mingchui/web/api"
)

// serveFlags are the settings of mingchui serve; secrets are not among them.
type serveFlags struct {
	postgresURL, natsURL          string
	redisURL, redisMaster         string
	listen, opsListen             string
	siteURL, ruleSet, logName     string
	checkpoints, stripeURL, roles string
	custodianURL, custodyAbove    string
	tlsCert, tlsKey               string
	secure, trustProxy            bool
	bidRate                       int
	admitEvery                    time.Duration
}

func newServe(environ []string) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "run the server on PostgreSQL, Redis and NATS that run elsewhere",
		Long: `serve runs the site, the bidding engine and the duties, or the part of them
that --roles names. The database must be migrated (mingchui migrate).

Secrets, from the environment or from files (…_FILE):
  MINGCHUI_STRIPE_SECRET_KEY       the payment provider's API key
  MINGCHUI_STRIPE_WEBHOOK_SECRET   what its webhooks are signed with
  MINGCHUI_CUSTODIAN_KEY           with --custodian-url: our key at the custodian bank
  MINGCHUI_CUSTODIAN_NOTICE_SECRET what its notices are signed with
  MINGCHUI_LOG_KEY                 32 bytes in base64: the seed of the log's key
  MINGCHUI_BATCH_KEY               32 bytes in base64: the seed of the receipts' key
  MINGCHUI_SEALING_KEY             32 bytes in base64: seals who the bidders are (R18); after a comma
                                   older ones that still open (mingchui admin reseal). Without it nobody
                                   can be found or confirmed: keep it apart from the database and its backups
  MINGCHUI_POSTGRES_PASSWORD       over the one in --postgres-url
  MINGCHUI_REDIS_PASSWORD          over the one in --redis-url`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), environ, f, cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.postgresURL, "postgres-url", "", "postgres://user@host/database (required)")
	flags.StringVar(&f.redisURL, "redis-url", "redis://127.0.0.1:6379/0", "redis:// of one server; several, comma-separated, are servers of a cluster, or Sentinels with --redis-master")
	flags.StringVar(&f.redisMaster, "redis-master", "", "the master's name at the Sentinels that --redis-url lists")
	flags.StringVar(&f.natsURL, "nats-url", "", "nats:// servers, comma-separated (required)")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the site")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate chain (PEM) by which the site speaks TLS and HTTP/2 itself; with --tls-key; a renewed file is taken within seconds. Without both a proxy has to")
	flags.StringVar(&f.tlsKey, "tls-key", "", "the certificate's private key (PEM)")
	flags.StringVar(&f.opsListen, "ops-listen", "127.0.0.1:8081", "address of /healthz, /readyz and /metrics")
	flags.StringVar(&f.siteURL, "site-url", "", "how people reach the site, https://… (required)")
	flags.StringVar(&f.ruleSet, "rule-set", law.China2017().Name, "the rule set of new lots: china2017, demonstration, demonstration_maximum")
	flags.StringVar(&f.logName, "log-name", "", "the log's origin, such as example.gov.cn/log (required)")
	flags.StringVar(&f.checkpoints, "checkpoints", "", "folder outside PostgreSQL that keeps signed checkpoints, one for all nodes (required)")
	flags.StringVar(&f.stripeURL, "stripe-url", "", "the payment provider's API when it is not Stripe's own, for the stand-in")
	flags.StringVar(&f.custodianURL, "custodian-url", "", "API of the custodian bank that takes large sums; without it all sums come by the payment provider's pages and by transfers that finance enters")
	flags.StringVar(&f.custodyAbove, "custody-above", "999999.99", "yuan: deposits and balances above this are paid to the custodian")
	flags.StringVar(&f.roles, "roles", "web,bidding,duties", "what this process does")
	flags.IntVar(&f.bidRate, "bid-rate", 20, "bids a second that one bidder code may send to one node")
	flags.DurationVar(&f.admitEvery, "admit-every", 10*time.Minute, "how long confirmed deposits are gathered and then admitted together, so that times join no code to a payment; shorter near start and end; 0 admits at once")
	flags.BoolVar(&f.trustProxy, "trust-proxy", false, "take callers' addresses from X-Forwarded-For, as a TLS proxy on a private network sets it")
	flags.BoolVar(&f.secure, "secure", true, "cookies over TLS alone; false for trials on one machine")
	return cmd
}

func serve(ctx context.Context, environ []string, f serveFlags, cmd *cobra.Command) error {
	tuneCollector(environ)
	journal := newJournal(cmd.ErrOrStderr())
	defer journal.Close()
	log := journal.logger()
	cfg, closeAll, err := f.config(ctx, environ, log)
	if err != nil {
		return err
	}
	defer closeAll()
	h, err := house.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	ops, err := house.Listen(ctx, f.opsListen, "--ops-listen")
	if err != nil {
		return err
	}
	address := "none"
	if cfg.Roles.Web {
		site, err := house.Listen(ctx, f.listen, "--listen")
		if err != nil {
			return errors.Join(err, ops.Close())
		}
		h.ServePublic(site, h.Site())
		address = site.Addr().String()
	}
	h.Serve(ops, h.Operations())
	log.InfoContext(ctx, "serving", "address", address, "operations", ops.Addr().String(), "roles", f.roles)
	return h.Run(ctx)
}

// collectAt is GOGC where the environment does not set it. What lives is small (tens of megabytes), what is thrown away under
// load is large, so that at Go's own 100 the collector runs many times a second.
const collectAt = 400

// tuneCollector lets GOGC and GOMEMLIMIT of the environment stand, and else lets the heap grow to five times what lives.
func tuneCollector(environ []string) {
	for _, setting := range environ {
		if strings.HasPrefix(setting, "GOGC=") {
			return
		}
	}
	debug.SetGCPercent(collectAt)
}

// config turns flags and secrets into a house's configuration and opens the
// connections that the house does not own.
func (f serveFlags) config(ctx context.Context, environ []string, log *slog.Logger) (house.Config, func(), error) {
	none := func() {}
	if err := f.check(); err != nil {
		return house.Config{}, none, err
	}
	rules, ok := law.ByName(f.ruleSet)
	if !ok {
		return house.Config{}, none, usageError{fmt.Errorf("--rule-set %s: no such rule set", f.ruleSet)}
	}
	if f.bidRate < 1 {
		return house.Config{}, none, usageError{fmt.Errorf("--bid-rate %d: it is at least 1", f.bidRate)}
	}
	if f.admitEvery < 0 {
		return house.Config{}, none, usageError{fmt.Errorf("--admit-every %s: it is not negative", f.admitEvery)}
	}
	roles, err := parseRoles(f.roles)
	if err != nil {
		return house.Config{}, none, err
	}
	identity, err := f.identity(log)
	if err != nil {
		return house.Config{}, none, err
	}
	s, err := readSecrets(environ)
	if err != nil {
		return house.Config{}, none, err
	}
	above, err := f.custody(s)
	if err != nil {
		return house.Config{}, none, err
	}
	postgres, err := withPassword(f.postgresURL, s.postgres)
	if err != nil {
		return house.Config{}, none, err
	}
	rdb, err := openRedis(f.redisURL, f.redisMaster, s.redis)
	if err != nil {
		return house.Config{}, none, err
	}
	nc, err := nats.Connect(f.natsURL, nats.Name("mingchui"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		return house.Config{}, none, errors.Join(fmt.Errorf("reach NATS: %w", err), rdb.Close())
	}
	closeAll := func() {
		nc.Close()
		if err := rdb.Close(); err != nil {
			log.WarnContext(ctx, "close Redis", "error", err)
		}
	}
	return house.Config{
		PostgresURL: postgres, Redis: rdb, NATS: nc, Clock: clock.Real{}, Rules: rules,
		LogName: f.logName, LogSeed: s.logKey, BatchSeed: s.batchKey, SealingKeys: s.sealing,
		AdmitEvery: f.admitEvery, Checkpoints: f.checkpoints,
		Stripe:    gateway.Config{SecretKey: s.stripeKey, WebhookSecret: s.webhook, BaseURL: f.stripeURL, Log: log},
		Custodian: custody.Config{URL: strings.TrimSuffix(f.custodianURL, "/"), Key: s.custodianKey, Secret: s.noticeSecret}, CustodyAbove: above,
		SiteURL: strings.TrimSuffix(f.siteURL, "/"), TLS: identity, Secure: f.secure, TrustProxy: f.trustProxy, Roles: roles, River: true, Log: log,
		Limits: api.Limits{BidsPerCode: redis_rate.PerSecond(f.bidRate)},
	}, closeAll, nil
}

// custody is the sum above which the custodian is paid; its secrets are there when it is.
func (f serveFlags) custody(s secrets) (money.Fen, error) {
	above, err := money.ParseYuan(f.custodyAbove)
	if err != nil {
		return 0, usageError{fmt.Errorf("--custody-above %s: no sum in yuan", f.custodyAbove)}
	}
	if f.custodianURL != "" && (s.custodianKey == "" || s.noticeSecret == "") {
		return 0, usageError{fmt.Errorf("--custodian-url needs %sCUSTODIAN_KEY and %sCUSTODIAN_NOTICE_SECRET; see mingchui serve --help", environmentPrefix, environmentPrefix)}
	}
	return above, nil
}

// identity is the certificate of --tls-cert, nil without one.
func (f serveFlags) identity(log *slog.Logger) (*house.Identity, error) {
	if f.tlsCert == "" && f.tlsKey == "" {
		return nil, nil //nolint:nilnil // a proxy speaks TLS
	}
	if f.tlsCert == "" || f.tlsKey == "" {
		return nil, usageError{errors.New("--tls-cert and --tls-key go together: give both, or neither when a proxy speaks TLS")}
	}
	i, err := house.ReadIdentity(f.tlsCert, f.tlsKey, log)
	if err != nil {
		return nil, usageError{err}
	}
	return i, nil
}

func (f serveFlags) check() error {
	for _, need := range []struct{ flag, value string }{
		{"postgres-url", f.postgresURL},
		{"nats-url", f.natsURL},
		{"site-url", f.siteURL},
		{"log-name", f.logName},
		{"checkpoints", f.checkpoints},
	} {
		if need.value == "" {
			return usageError{fmt.Errorf("--%s (or %s%s) is required; see mingchui serve --help", need.flag, environmentPrefix, variable(need.flag))}
		}
	}
	return nil
}

func parseRoles(list string) (house.Roles, error) {
	var r house.Roles
	for name := range strings.SplitSeq(list, ",") {
		switch strings.TrimSpace(name) {
		case "web":
			r.Web = true
		case "bidding":
			r.Bidding = true
		case "duties":
			r.Duties = true
		default:
			return r, usageError{fmt.Errorf("--roles %s: %q is none of web, bidding, duties", list, name)}
		}
	}
	return r, nil
}

type secrets struct {
	stripeKey, webhook, postgres, redis string
	custodianKey, noticeSecret          string
	logKey, batchKey                    []byte
	sealing                             [][]byte
}

func readSecrets(environ []string) (secrets, error) {
	var s secrets
	var logKey, batchKey, sealing string
	for _, one := range []struct {
		name     string
		into     *string
		required bool
	}{
		{"STRIPE_SECRET_KEY", &s.stripeKey, true},
		{"STRIPE_WEBHOOK_SECRET", &s.webhook, true},
		{"CUSTODIAN_KEY", &s.custodianKey, false},
		{"CUSTODIAN_NOTICE_SECRET", &s.noticeSecret, false},
		{"LOG_KEY", &logKey, true},
		{"BATCH_KEY", &batchKey, true},
		{"SEALING_KEY", &sealing, true},
		{"POSTGRES_PASSWORD", &s.postgres, false},
		{"REDIS_PASSWORD", &s.redis, false},
	} {
		value, err := secret(environ, one.name)
		if err != nil {
			return s, err
		}
		if value == "" && one.required {
			return s, usageError{fmt.Errorf("%s%s (or …_FILE) is required; see mingchui serve --help", environmentPrefix, one.name)}
		}
		*one.into = value
	}
	var err error
	if s.logKey, err = seed("LOG_KEY", logKey); err != nil {
		return s, err
	}
	if s.batchKey, err = seed("BATCH_KEY", batchKey); err != nil {
		return s, err
	}
	s.sealing, err = sealingKeys(sealing)
	return s, err
}

// sealingKeys reads the keys that seal bidders, comma-separated, the current one first.
func sealingKeys(list string) ([][]byte, error) {
	var keys [][]byte
	for one := range strings.SplitSeq(list, ",") {
		key, err := seed("SEALING_KEY", strings.TrimSpace(one))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

const seedBytes = 32

func seed(name, text string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != seedBytes {
		return nil, usageError{fmt.Errorf("%s%s is not 32 bytes in base64", environmentPrefix, name)}
	}
	return b, nil
}

func withPassword(address, password string) (string, error) {
	if password == "" {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", usageError{errors.New("--postgres-url is no URL")} // its text may hold a password
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// openRedis opens one server, a cluster, or the master that Sentinels name: go-redis decides by the addresses and the name.
func openRedis(addresses, master, password string) (redis.UniversalClient, error) {
	o := redis.UniversalOptions{MasterName: master}
	for one := range strings.SplitSeq(addresses, ",") {
		parsed, err := redis.ParseURL(strings.TrimSpace(one))
		if err != nil {
			return nil, usageError{errors.New("--redis-url is no redis:// address")}
		}
		if !slices.Contains(o.Addrs, parsed.Addr) {
			o.Addrs = append(o.Addrs, parsed.Addr)
		}
		o.DB, o.Username, o.Password, o.TLSConfig = parsed.DB, parsed.Username, parsed.Password, parsed.TLSConfig
	}
	if len(o.Addrs) > 1 && master == "" && o.DB != 0 {
		return nil, usageError{errors.New("--redis-url: a cluster has database 0 alone")}
	}
	if password != "" {
		o.Password = password
	}
	o.ContextTimeoutEnabled = true // who gives up on a silent Redis does so at once
	return redis.NewUniversalClient(&o), nil
}
