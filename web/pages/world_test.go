package pages_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
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
	"mingchui/payments/debtor"
	"mingchui/payments/gateway"
	"mingchui/payments/owner"
	"mingchui/payments/standin"
	"mingchui/payments/webhook"
	"mingchui/web"
	"mingchui/web/account"
	"mingchui/web/api"
	"mingchui/web/live"
	"mingchui/web/pages"
	"mingchui/web/static"
)

const (
	password   = "long enough 1"
	hookSecret = "whsec_pages"
)

// world is the whole server on real PostgreSQL, Redis, NATS and the payment
// stand-in, under law.China2017 with a stepped clock; people use it by forms.
type world struct {
	stand *standin.Server

	t      *testing.T
	pool   *pgxpool.Pool
	clock  *clock.Stepped
	runner *duty.Runner
	engine *bidding.Engine
	seq    *sequencer.Sequencer
	http   *httptest.Server
	// auction and accounts make the court and its people.
	auction  *auction.Service
	draws    *drawing.Service
	accounts *account.Service
}

// plug joins what never imports each other, as cmd does.
type plug struct {
	payments *payments.Service
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

func start(t *testing.T) *world {
	t.Helper()
	return startUnder(t, law.China2017())
}

// startUnder is start with the rules that new lots are listed under.
func startUnder(t *testing.T, rules law.RuleSet) *world {
	t.Helper()
	w := &world{t: t, pool: testserver.Postgres(t), clock: clock.NewStepped(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))}
	redis, nats := testserver.Redis(t), testserver.NATS(t)
	log := slog.New(slog.DiscardHandler)
	seed := sha256.Sum256([]byte(t.Name()))
	key, err := audit.NewKey("test.example/log", seed[:])
	w.must(err)
	store, err := sequencer.NewFolder(t.TempDir())
	w.must(err)
	w.seq, err = sequencer.New(sequencer.Config{Pool: w.pool, Signer: key, Store: store, Log: log})
	w.must(err)
	w.must(w.seq.Start(t.Context()))
	book := duty.NewBook(nil)
	ring, err := seal.NewRing(bytes.Repeat([]byte{7}, seal.KeyBytes))
	w.must(err)
	w.engine, err = bidding.NewEngine(bidding.EngineConfig{
		Pool: w.pool, Redis: redis, NATS: nats, Clock: w.clock, Signer: key, Proofs: w.seq, Ring: ring, Log: log, SteppedGap: 30 * time.Second,
		Ends: func(ctx context.Context, tx pgx.Tx, e bidding.End) error {
			return auction.RecordEnd(ctx, tx, book, auction.End{LotID: e.Lot, Sold: e.Sold, Price: e.Price, Code: e.Code, At: e.At})
		},
	})
	w.must(err)
	p := &plug{engine: w.engine}
	p.desk = bidding.NewDesk(bidding.DeskConfig{Pool: w.pool, Clock: w.clock, Duties: book, Engine: w.engine, Deposits: p, Ring: ring, NATS: nats, Log: log})
	w.auction = auction.New(auction.Config{Pool: w.pool, Clock: w.clock, Duties: book, RuleSet: rules, Buyers: p.desk, Courses: p, Handovers: handover.Planner{}, Draws: drawing.Store{}})
	stand, stripe := w.standin()
	w.stand = stand
	provider, err := gateway.New(gateway.Config{SecretKey: "sk_test_pages", WebhookSecret: hookSecret, BaseURL: stripe.URL})
	w.must(err)
	// The site's address is known once it listens.
	var handler http.Handler
	w.http = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	w.http.Start()
	debts := debtor.New(w.pool, book, w.auction)
	p.payments = payments.New(payments.Config{Debts: debts, Pool: w.pool, Clock: w.clock, Duties: book, Provider: provider, Winners: p, Admissions: p.desk, Sales: w.auction, SiteURL: w.http.URL})
	w.accounts, err = account.New(account.Config{Pool: w.pool, Redis: redis, Clock: w.clock, Hash: account.HashParams{MemoryKiB: 64, Iterations: 1, AtOnce: 4, MaxWaiting: 64}})
	w.must(err)
	hub := live.New(live.Config{Pool: w.pool, NATS: nats, Clock: w.clock, Log: log})
	objections := objection.New(objection.Config{Pool: w.pool, Duties: book, Auction: w.auction, Money: p.payments, Handovers: handover.Planner{}})
	calls, err := api.New(api.Config{Pool: w.pool, Redis: redis, Clock: w.clock, Accounts: w.accounts, Auction: w.auction, Notices: notice.New(w.pool, w.auction), Engine: w.engine, Desk: p.desk, Payments: p.payments, Objections: objections, Log: w.seq.Reader, Live: hub, Logger: log})
	w.must(err)
	assets, err := static.Load()
	w.must(err)
	hooks := webhook.New(webhook.Config{Pool: w.pool, Clock: w.clock, Duties: book, Vault: ring, Local: true, AnswerLimit: time.Second, Log: log})
	w.draws = drawing.New(drawing.Config{Pool: w.pool, Clock: w.clock, Auction: w.auction, Log: w.seq.Reader})
	site, err := pages.New(pages.Config{
		Auction: w.auction, Handover: handover.New(w.pool, w.auction), Statements: statement.New(w.pool, w.auction), Notices: notice.New(w.pool, w.auction), Agencies: agency.New(w.pool, w.auction), Objections: objections, Desk: p.desk, Engine: w.engine, Payments: p.payments, Accounts: w.accounts, Log: w.seq.Reader, Assets: assets, Clock: w.clock, SiteURL: w.http.URL, Draws: w.draws, Prices: pricing.New(w.pool, book, w.auction), CaseFund: casefund.New(w.pool, w.auction), Webhooks: hooks, Debtor: debts, Owners: owner.New(w.pool, book, w.auction),
		BannerZH: "这是测试。", BannerEN: "This is a test.",
	})
	w.must(err)
	var list []web.Page
	for _, r := range site.Routes() {
		list = append(list, web.Page(r))
	}
	server, err := web.New(web.Config{
		Pool: w.pool, Redis: redis, Clock: w.clock, Log: log, SiteURL: w.http.URL, Accounts: w.accounts, API: calls, Live: hub, Desk: p.desk,
		Pages: list, Static: assets, ErrorPage: site.ErrorPage, PaymentOrigins: []string{stripe.URL},
	})
	w.must(err)
	handler = server.Handler()
	stand.SetWebhookURL(w.http.URL + "/webhooks/stripe")
	handlers := map[duty.Kind]duty.Handler{
		duty.OpenCourse:   func(ctx context.Context, d duty.Duty) error { return w.engine.Open(ctx, *d.LotID) },
		duty.CloseCourse:  func(ctx context.Context, d duty.Duty) error { _, err := w.engine.Close(ctx, *d.LotID); return err },
		duty.AdmitBidders: p.desk.AdmitByDuty,
	}
	maps.Copy(handlers, w.auction.Handlers())
	maps.Copy(handlers, p.payments.Handlers())
	maps.Copy(handlers, hooks.Handlers())
	maps.Copy(handlers, debts.Handlers())
	w.runner = duty.NewRunner(w.pool, w.clock, handlers, log)
	w.run(w.engine.Run, server.Run)
	w.people()
	return w
}

func (w *world) standin() (*standin.Server, *httptest.Server) {
	w.t.Helper()
	s, err := standin.New(standin.Config{WebhookSecret: hookSecret, SecretKey: "sk_test_pages", Now: w.clock.Now, RefundDelay: time.Nanosecond, SweepEvery: -1})
	w.must(err)
	stripe := httptest.NewServer(s.Handler())
	w.t.Cleanup(func() { stripe.Close(); _ = s.Close() })
	return s, stripe
}

// run runs parts until the test ends.
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

// people makes the court with its judges, and bidders.
func (w *world) people() {
	w.t.Helper()
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	w.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	for _, p := range problems {
		w.t.Fatal(p.InLine("en"))
	}
	got, err := w.auction.Import(w.t.Context(), docket.File{Format: docket.Format, Court: file.Court}, auction.Actor{Role: string(account.Operator)})
	w.must(err)
	for login, role := range map[string]account.Role{"judge1": account.Judge, "judge2": account.Judge, "judge3": account.Judge, "clerk1": account.Clerk, "finance1": account.Finance, "finance2": account.Finance, "inspector1": account.Inspector, "bidder1": account.Bidder, "bidder2": account.Bidder} {
		n := account.Staff{Login: login, Password: password, Role: role, RealName: "测试" + login}
		if role != account.Bidder {
			n.CourtID = got.CourtID
		}
		_, err := w.accounts.Create(w.t.Context(), n)
		w.must(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// settle runs duties until what the stand-in told is applied.
func (w *world) settle() {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for {
		_, err := w.runner.RunDue(w.t.Context())
		w.must(err)
		var open int
		w.must(w.pool.QueryRow(w.t.Context(), `SELECT (SELECT count(*) FROM stripe_events WHERE state = 'stored') + (SELECT count(*) FROM payments WHERE state = 'open' AND paid_at IS NULL)`).Scan(&open))
		if open == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			w.t.Fatal("the payment never arrived")
		}
	}
}

// browser is a person's browser without JavaScript: cookies, forms, redirects.
type browser struct {
	w      *world
	client *http.Client
	status int
	path   string
	html   string
	header http.Header
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{w: w, client: &http.Client{Jar: jar}}
}

// signedIn is a browser after the sign-in form.
func (w *world) signedIn(login string) *browser {
	w.t.Helper()
	b := w.browser()
	b.post("/sign-in", "login", login, "password", password)
	b.want(http.StatusOK)
	return b
}

func (b *browser) do(r *http.Request) {
	b.w.t.Helper()
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	r.Header.Set("Accept-Language", "zh-CN")
	resp, err := b.client.Do(r)
	b.w.must(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	b.w.must(err)
	b.status, b.html, b.path, b.header = resp.StatusCode, string(body), resp.Request.URL.RequestURI(), resp.Header
	if found := regexp.MustCompile(`⟦[^⟧]*⟧|&lt;no value&gt;|%!\w\(`).FindString(b.html); found != "" {
		b.w.t.Errorf("%s %s shows %s", r.Method, r.URL.Path, found)
	}
}

func (b *browser) get(path string) {
	b.w.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.w.http.URL + path
	}
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, path, nil)
	b.w.must(err)
	b.do(r)
}

func (b *browser) post(path string, fields ...string) {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	if strings.HasPrefix(path, "/") {
		path = b.w.http.URL + path
	}
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	b.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.do(r)
}

// upload posts a file as a browser does.
func (b *browser) upload(path, name string, content []byte) {
	b.w.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	b.w.must(err)
	_, err = part.Write(content)
	b.w.must(err)
	b.w.must(m.Close())
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, b.w.http.URL+path, &body)
	b.w.must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	b.do(r)
}

func (b *browser) want(status int, texts ...string) {
	b.w.t.Helper()
	if b.status != status {
		b.w.t.Fatalf("%s answers %d, want %d:\n%s", b.path, b.status, status, b.text())
	}
	for _, s := range texts {
		if !strings.Contains(b.html, s) {
			b.w.t.Errorf("%s does not show %q:\n%s", b.path, s, b.text())
		}
	}
}

func (b *browser) lacks(texts ...string) {
	b.w.t.Helper()
	for _, s := range texts {
		if strings.Contains(b.html, s) {
			b.w.t.Errorf("%s shows %q", b.path, s)
		}
	}
}

// find is the first group of a pattern on the page.
func (b *browser) find(pattern string) string {
	b.w.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(b.html)
	if m == nil {
		b.w.t.Fatalf("%s has no %s:\n%s", b.path, pattern, b.text())
	}
	return m[1]
}

// text is the page without its tags, for messages.
func (b *browser) text() string {
	s := regexp.MustCompile(`(?s)<svg.*?</svg>|<[^>]*>`).ReplaceAllString(b.html, " ")
	s = regexp.MustCompile(`\s+`).ReplaceAllString(s, " ")
	return s[:min(len(s), 2500)]
}

// pass lets time pass through every closing window on the way.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.must(w.engine.Pass(w.t.Context(), w.clock, w.clock.Now().Add(d)))
}
