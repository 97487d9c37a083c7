package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/notice"
	"mingchui/auction/objection"
	"mingchui/auction/pricing"
	"mingchui/auction/statement"
	"mingchui/bidding"
	"mingchui/bidding/seal"
	"mingchui/deploy/local/testserver"
	"mingchui/payments"
	"mingchui/payments/casefund"
	"mingchui/payments/gateway"
	"mingchui/payments/standin"
	"mingchui/payments/webhook"
	"mingchui/web"
	"mingchui/web/account"
	"mingchui/web/api"
	"mingchui/web/live"
)

// world is the whole server on real PostgreSQL, Redis, NATS and the payment
// stand-in, in November 2026 under law.China2017 with a stepped clock.
type world struct {
	plug *plug

	t        *testing.T
	pool     *pgxpool.Pool
	clock    *clock.Stepped
	accounts *account.Service
	auction  *auction.Service
	runner   *duty.Runner
	seq      *sequencer.Sequencer
	key      *audit.Key
	engine   *bidding.Engine
	draws    *drawing.Service
	hooks    *webhook.Service
	server   *web.Server
	hub      *live.Hub
	http     *httptest.Server
	court    uuid.UUID
	log      *syncBuffer
	// tokens of the roles that start made, by login.
	tokens map[string]string
	client *http.Client
	// answers holds every answer against the document.
	answers *answers
}

const password = "long enough 1"

// syncBuffer is a log that a test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start wires the server as cmd does, with pages where given.
func start(t *testing.T, change ...func(*web.Config)) *world {
	t.Helper()
	return startUnder(t, law.China2017(), change...)
}

// startUnder is start with the rules that new lots are listed under.
func startUnder(t *testing.T, rules law.RuleSet, change ...func(*web.Config)) *world {
	t.Helper()
	w := &world{
		t: t, pool: testserver.Postgres(t), clock: clock.NewStepped(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)),
		log: &syncBuffer{}, tokens: map[string]string{}, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	redis, nats := testserver.Redis(t), testserver.NATS(t)
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	seed := sha256.Sum256([]byte(t.Name()))
	var err error
	w.key, err = audit.NewKey("test.example/log", seed[:])
	w.must(err)
	store, err := sequencer.NewFolder(t.TempDir())
	w.must(err)
	w.seq, err = sequencer.New(sequencer.Config{Pool: w.pool, Signer: w.key, Store: store, Log: log})
	w.must(err)
	w.must(w.seq.Start(t.Context()))
	book := duty.NewBook(nil)
	ring, err := seal.NewRing(bytes.Repeat([]byte{7}, seal.KeyBytes))
	w.must(err)
	w.engine, err = bidding.NewEngine(bidding.EngineConfig{
		Pool: w.pool, Redis: redis, NATS: nats, Clock: w.clock, Signer: w.key, Proofs: w.seq, Ring: ring, Log: log, SteppedGap: 30 * time.Second,
		Ends: func(ctx context.Context, tx pgx.Tx, e bidding.End) error {
			return auction.RecordEnd(ctx, tx, book, auction.End{LotID: e.Lot, Sold: e.Sold, Price: e.Price, Code: e.Code, At: e.At})
		},
	})
	w.must(err)
	deposits := &plug{}
	w.plug = deposits
	desk := bidding.NewDesk(bidding.DeskConfig{Pool: w.pool, Clock: w.clock, Duties: book, Engine: w.engine, Deposits: deposits, Ring: ring, NATS: nats, Log: log})
	deposits.desk, deposits.engine = desk, w.engine
	w.auction = auction.New(auction.Config{Pool: w.pool, Clock: w.clock, Duties: book, RuleSet: rules, Buyers: desk, Courses: deposits, Handovers: handover.Planner{}, Draws: drawing.Store{}})
	pay := w.payments(deposits, book)
	w.accounts, err = account.New(account.Config{Pool: w.pool, Redis: redis, Clock: w.clock, TokenLife: 90 * 24 * time.Hour, Hash: account.HashParams{MemoryKiB: 64, Iterations: 1, AtOnce: 4, MaxWaiting: 64}})
	w.must(err)
	w.hub = live.New(live.Config{Pool: w.pool, NATS: nats, Clock: w.clock, Log: log, Heartbeat: 100 * time.Millisecond, Poll: time.Minute, Slot: 5 * time.Millisecond})
	w.hooks = webhook.New(webhook.Config{Pool: w.pool, Clock: w.clock, Duties: book, Vault: ring, Local: true, AnswerLimit: time.Second, Log: log})
	w.draws = drawing.New(drawing.Config{Pool: w.pool, Clock: w.clock, Auction: w.auction, Log: w.seq.Reader})
	calls, err := api.New(api.Config{
		Pool: w.pool, Redis: redis, Clock: w.clock, Accounts: w.accounts, Auction: w.auction, Handover: handover.New(w.pool, w.auction), Statements: statement.New(w.pool, w.auction), Notices: notice.New(w.pool, w.auction), Engine: w.engine, Desk: desk,
		Payments: pay, Objections: objection.New(objection.Config{Pool: w.pool, Duties: book, Auction: w.auction, Money: pay, Handovers: handover.Planner{}}), Draws: w.draws, Prices: pricing.New(w.pool, book, w.auction), CaseFund: casefund.New(w.pool, w.auction), Webhooks: w.hooks, Log: w.seq.Reader, Live: w.hub, Logger: log,
		Limits: api.Limits{BidsPerCode: redis_rate.PerSecond(1000)},
	})
	w.must(err)
	cfg := web.Config{
		Pool: w.pool, Redis: redis, Clock: w.clock, Log: log, SiteURL: "http://site.example", Accounts: w.accounts, API: calls, Live: w.hub, Desk: desk,
		Checks: []web.Check{{Name: "bidding", Probe: w.engine.Ready}},
		Ticks:  func(context.Context, string) error { return fault.New(fault.Unauthenticated, fault.SignInRequired) },
	}
	for _, f := range change {
		f(&cfg)
	}
	if cfg.Live == nil {
		w.hub = live.New(live.Config{Pool: w.pool, Clock: w.clock, Log: log})
		cfg.Live, calls.Live = w.hub, w.hub
	}
	w.server, err = web.New(cfg)
	w.must(err)
	w.http = httptest.NewServer(w.server.Handler())
	w.answers = newAnswers(t, calls.Contract().JSON())
	deposits.standin.SetWebhookURL(w.http.URL + "/webhooks/stripe")
	handlers := map[duty.Kind]duty.Handler{
		duty.OpenCourse:   func(ctx context.Context, d duty.Duty) error { return w.engine.Open(ctx, *d.LotID) },
		duty.CloseCourse:  func(ctx context.Context, d duty.Duty) error { _, err := w.engine.Close(ctx, *d.LotID); return err },
		duty.AdmitBidders: desk.AdmitByDuty,
	}
	for _, more := range []map[duty.Kind]duty.Handler{w.auction.Handlers(), pay.Handlers(), w.draws.Handlers(), w.hooks.Handlers()} {
		maps.Copy(handlers, more)
	}
	w.runner = duty.NewRunner(w.pool, w.clock, handlers, log)
	w.run(w.engine.Run, w.server.Run)
	w.people()
	return w
}

// withoutNATS leaves watchers to PostgreSQL alone.
func withoutNATS(c *web.Config) { c.Live = nil }

// payments wires the stand-in.
func (w *world) payments(p *plug, book *duty.Book) *payments.Service {
	w.t.Helper()
	var err error
	p.standin, err = standin.New(standin.Config{WebhookSecret: hookSecret, SecretKey: "sk_test_web", Now: w.clock.Now, RefundDelay: time.Nanosecond, SweepEvery: -1})
	w.must(err)
	stripe := httptest.NewServer(p.standin.Handler())
	w.t.Cleanup(func() { stripe.Close(); _ = p.standin.Close() })
	provider, err := gateway.New(gateway.Config{SecretKey: "sk_test_web", WebhookSecret: hookSecret, BaseURL: stripe.URL})
	w.must(err)
	p.payments = payments.New(payments.Config{
		Pool: w.pool, Clock: w.clock, Duties: book, Provider: provider, Winners: p, Admissions: p.desk, Sales: w.auction,
		SiteURL: "http://site.example",
	})
	return p.payments
}

const hookSecret = "whsec_web"

// plug joins what never imports each other, as cmd does.
type plug struct {
	payments *payments.Service
	standin  *standin.Server
	desk     *bidding.Desk
	engine   *bidding.Engine
}

func (p *plug) Request(ctx context.Context, tx pgx.Tx, now time.Time, r bidding.DepositRequest) error {
	_, err := p.payments.Request(ctx, tx, now, payments.DepositRequest(r))
	return err
}

func (p *plug) Deposit(ctx context.Context, lot, account uuid.UUID) (bidding.Deposit, error) {
	v, err := p.payments.DepositOf(ctx, lot, account)
	return bidding.Deposit{ID: v.ID, AmountFen: v.AmountFen, PaidFen: v.PaidFen, Status: string(v.State), PaymentURL: v.PaymentURL, RequestedAt: v.RequestedAt}, err
}

func (p *plug) Held(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]uuid.UUID, error) {
	return p.payments.Held(ctx, tx, lot)
}

func (p *plug) GiveBack(ctx context.Context, lot uuid.UUID, accounts []uuid.UUID) error {
	return p.payments.GiveBack(ctx, lot, accounts)
}

func (p *plug) Winner(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (payments.Winner, bool, error) {
	account, price, sold, err := p.desk.Winner(ctx, tx, now, lot)
	return payments.Winner{AccountID: account, Price: price}, sold, err
}

func (p *plug) Stay(ctx context.Context, lot uuid.UUID, reasonHash string) error {
	_, err := p.engine.Stay(ctx, bidding.StayCommand{Lot: lot, Ground: "court", ReasonHash: reasonHash})
	return err
}

func (p *plug) Resume(ctx context.Context, lot uuid.UUID) error {
	_, err := p.engine.Resume(ctx, lot)
	return err
}

// run runs parts until the test ends; the HTTP server ends after them.
func (w *world) run(parts ...func(context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // it ends after the test's own cleanups
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Go(func() {
			if err := p(ctx); err != nil {
				w.t.Errorf("run: %v", err)
			}
		})
	}
	w.t.Cleanup(func() { cancel(); wg.Wait(); w.http.Close() })
}

// people makes the court and one account of each role, and their tokens.
func (w *world) people() {
	w.t.Helper()
	file := w.docket()
	got, err := w.auction.Import(w.t.Context(), docket.File{Format: docket.Format, Court: file.Court}, auction.Actor{Role: string(account.Operator)})
	w.must(err)
	w.court = got.CourtID
	for login, role := range map[string]account.Role{
		"judge1": account.Judge, "judge2": account.Judge, "judge3": account.Judge, "clerk1": account.Clerk,
		"finance1": account.Finance, "finance2": account.Finance, "inspector1": account.Inspector, "operator1": account.Operator, "bidder1": account.Bidder, "bidder2": account.Bidder, "bidder3": account.Bidder,
	} {
		n := account.Staff{Login: login, Password: password, Role: role, RealName: "测试" + login}
		if role != account.Bidder && role != account.Operator {
			n.CourtID = w.court
		}
		a, err := w.accounts.Create(w.t.Context(), n)
		w.must(err)
		w.tokens[login], _, err = w.accounts.IssueToken(w.t.Context(), a.ID)
		w.must(err)
	}
}

// docket is the demonstration court's file.
func (w *world) docket() docket.File {
	w.t.Helper()
	src, err := os.ReadFile("../cmd/mingchui/court/docket.json")
	w.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	for _, p := range problems {
		w.t.Fatal(p.InLine("en"))
	}
	return file
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// duties runs what is due now.
func (w *world) duties() {
	w.t.Helper()
	_, err := w.runner.RunDue(w.t.Context())
	w.must(err)
}

// call is one request and its answer.
type call struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

// code is the problem's.
func (c call) code() string { s, _ := c.json["code"].(string); return s }

func (c call) text(name string) string { s, _ := c.json[name].(string); return s }

// do sends a request as who (a login, a bearer token, or nobody). body is JSON
// text or a value; pairs are further headers.
func (w *world) do(who, method, path string, body any, pairs ...string) call {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		w.must(err)
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.http.URL+path, reader)
	w.must(err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := w.tokens[who]; token != "" {
		who = token
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) call {
	w.t.Helper()
	resp, err := w.client.Do(r)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	w.must(err)
	c := call{status: resp.StatusCode, header: resp.Header, body: string(b)}
	if t := resp.Header.Get("Content-Type"); len(b) > 0 && (t == "application/json" || t == "application/problem+json") {
		w.must(json.Unmarshal(b, &c.json))
	}
	w.answers.check(w.t, r, c)
	return c
}

// want is do, and the status and code that it must answer with.
func (w *world) want(status int, code, who, method, path string, body any, pairs ...string) call {
	w.t.Helper()
	c := w.do(who, method, path, body, pairs...)
	if c.status != status || c.code() != code {
		w.t.Fatalf("%s %s as %q answers %d %s, want %d %s:\n%s", method, path, who, c.status, c.code(), status, code, c.body)
	}
	return c
}

// pass lets time pass through every closing window on the way.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.must(w.engine.Pass(w.t.Context(), w.clock, w.clock.Now().Add(d)))
}
