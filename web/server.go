package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/bidding"
	"mingchui/web/account"
	"mingchui/web/api"
	"mingchui/web/live"
	"mingchui/web/problem"
)

// Page is one page of web/pages, mounted behind the gate; Page(r) converts a
// pages.Route.
type Page struct {
	// Path is as in the table of roles: /lots/{lot}.
	Method, Path string
	// MaxBody bounds a form in bytes; 0 is 64 KiB.
	MaxBody int64
	// Serve writes the page, or returns an error as long as it has written nothing.
	Serve func(w http.ResponseWriter, r *http.Request, params map[string]string) error
}

// Check is one thing that must work for this node to take requests.
type Check struct {
	Name  string
	Probe func(ctx context.Context) error
}

// Config is what the server is made of.
type Config struct {
	Pool  *pgxpool.Pool
	Redis redis.UniversalClient
	Clock clock.Clock
	Log   *slog.Logger
	// Metrics gathers what /metrics shows.
	Metrics *prometheus.Registry
	// SiteURL is the public address, without a slash at its end.
	SiteURL string
	// Secure is set where the site is served over TLS: HSTS.
	Secure bool
	// TrustProxy reads the caller's address from X-Forwarded-For as set by a
	// proxy on a private network.
	TrustProxy bool
	// PaymentOrigins are where forms may lead on to: the payment pages.
	PaymentOrigins []string

	Accounts *account.Service
	API      *api.API
	Live     *live.Hub
	// Desk knows bidding sessions.
	Desk *bidding.Desk
	// Pages are the site for people, none for a node that serves clients alone;
	// Static serves files below /static/.
	Pages  []Page
	Static http.Handler
	// ErrorPage shows a problem to a browser; nil answers with the document.
	ErrorPage func(w http.ResponseWriter, r *http.Request, p problem.Problem)
	// Ticks takes a tick by its signature; nil takes none. Faults: unauthenticated for one that no node signed.
	Ticks func(ctx context.Context, signature string) error
	// Checks are asked by /readyz beside PostgreSQL and Redis.
	Checks []Check
}

// Server is the HTTP surface of a node.
type Server struct {
	Config
	echo  *echo.Echo
	table lookup
	cross *http.CrossOriginProtection
	// callProtection and pageProtection are headers of answers.
	callProtection, pageProtection http.Header
	languages                      languages
	metrics                        *metrics
	refusals                       *problem.Cache
}

// New mounts everything. It fails when a route is missing from the table of
// roles or from the contract, or the other way round.
func New(c Config) (*Server, error) {
	if c.Pool == nil || c.Redis == nil || c.Clock == nil || c.Accounts == nil || c.API == nil || c.Live == nil || c.Desk == nil {
		return nil, fault.Internalf("web: a part is missing in Config")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	site, err := url.Parse(c.SiteURL)
	if err != nil || site.Host == "" {
		return nil, fault.Internalf("web: SiteURL %q is no address", c.SiteURL)
	}
	s := &Server{Config: c, echo: echo.New(), cross: http.NewCrossOriginProtection(), metrics: newMetrics(c.Metrics), refusals: problem.NewCache()}
	s.callProtection, s.pageProtection = c.protection()
	if err := s.cross.AddTrustedOrigin(site.Scheme + "://" + site.Host); err != nil {
		return nil, fault.Internalf("web: %w", err)
	}
	table := Table()
	if len(c.Pages) == 0 {
		table = callTable()
	}
	if s.table, err = newLookup(table); err != nil {
		return nil, fault.Internalf("web: %w", err)
	}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = echo.ExtractIPDirect()
	if c.TrustProxy {
		s.echo.IPExtractor = echo.ExtractIPFromXFFHeader()
	}
	s.echo.HTTPErrorHandler = s.fail
	s.echo.Use(s.enter)
	if err := s.mount(); err != nil {
		return nil, fault.Internalf("web: %w", err)
	}
	return s, nil
}

// mount adds every route and holds them against the table and the contract.
func (s *Server) mount() error {
	var mounted, documented []string
	for _, rt := range s.API.Routes() {
		key := rt.Method + " " + rt.Path
		mounted = append(mounted, key)
		documented = append(documented, key)
		if rt.Stream != nil { // a stream has no head of its own: it would never end
			s.echo.Add(rt.Method, pattern(rt.Path), s.stream(rt, s.table[key]))
			continue
		}
		s.add(rt.Method, rt.Path, s.call(rt, s.table[key]))
	}
	mounted = append(mounted, http.MethodPost+" "+TicksPath)
	s.echo.POST(TicksPath, s.tick)
	for _, p := range s.Pages {
		key := p.Method + " " + p.Path
		mounted = append(mounted, key)
		s.add(p.Method, p.Path, s.page(p, s.table[key]))
	}
	if err := s.table.agrees(mounted); err != nil {
		return err
	}
	if err := same(documented, s.API.Contract().Calls()); err != nil {
		return err
	}
	if s.Static != nil {
		s.echo.GET("/static/*", echo.WrapHandler(s.Static))
		s.echo.HEAD("/static/*", echo.WrapHandler(s.Static))
	}
	return nil
}

// same compares the routes with the contract.
func same(routes, calls []string) error {
	in := make(map[string]bool, len(calls))
	for _, c := range calls {
		in[c] = true
	}
	for _, r := range routes {
		if !in[r] {
			return fmt.Errorf("%s is missing from openapi.yaml", r)
		}
		delete(in, r)
	}
	for c := range in {
		return fmt.Errorf("openapi.yaml has %s, and there is no such route", c)
	}
	return nil
}

// Handler serves the public.
func (s *Server) Handler() http.Handler { return s.echo }

// sweepEvery is how often kept answers are looked through.
const sweepEvery = time.Hour

// Run keeps the event streams fed and forgets old kept answers, until ctx ends;
// then every stream ends cleanly. Shut the http.Server down after it.
func (s *Server) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.Live.Run(ctx) }()
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ticker.C:
			if n, err := s.API.Sweep(ctx); err != nil {
				s.Log.WarnContext(ctx, "old answers were not forgotten", "error", err)
			} else {
				s.Log.DebugContext(ctx, "old answers forgotten", "count", n)
			}
		}
	}
}
