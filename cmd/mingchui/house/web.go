package house

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/agency"
	"mingchui/auction/fault"
	"mingchui/auction/notice"
	"mingchui/bidding"
	"mingchui/web"
	"mingchui/web/account"
	"mingchui/web/api"
	"mingchui/web/live"
	"mingchui/web/pages"
	"mingchui/web/press"
	"mingchui/web/static"
)

// webParts is the site's side of a house.
type webParts struct {
	accounts *account.Service
	server   *web.Server
	// own is the address on which this node serves the public.
	own   string
	mu    sync.Mutex
	sites []*http.Server
}

func (h *House) wireWeb() error {
	c := h.cfg
	var err error
	if h.web.accounts, err = account.New(account.Config{Pool: h.Pool, Redis: c.Redis, Clock: c.Clock, Secure: c.Secure, Hash: c.Hash, Barred: h.barred}); err != nil {
		return err
	}
	h.Accounts = h.web.accounts
	printing := press.New() // one for both, so that both share its bounds
	hub := live.New(live.Config{Pool: h.Pool, NATS: c.NATS, Clock: c.Clock, Log: c.Log, Metrics: c.Registry})
	calls, err := api.New(api.Config{
		Pool: h.Pool, Redis: c.Redis, Clock: c.Clock, Accounts: h.web.accounts, Auction: h.Auction, Handover: h.Handover, Statements: h.Statements,
		Notices: notice.New(h.Pool, h.Auction), Agencies: agency.New(h.Pool, h.Auction), Engine: h.Engine,
		Desk: h.Desk, Payments: h.Payments, Objections: h.Objections, Draws: h.Draws, Prices: h.Prices, CaseFund: h.CaseFund, Webhooks: h.Webhooks, Log: h.Sequencer.Reader, Live: hub, Secure: c.Secure, Limits: c.Limits, Logger: c.Log,
		Press: printing, SiteURL: c.SiteURL,
	})
	if err != nil {
		return err
	}
	site, err := h.pages(calls, printing)
	if err != nil {
		return err
	}
	var routes []web.Page
	for _, r := range site.Routes() {
		routes = append(routes, web.Page(r))
	}
	h.web.server, err = web.New(web.Config{
		Pages: routes, Static: site.Assets, ErrorPage: site.ErrorPage,
		Pool: h.Pool, Redis: c.Redis, Clock: c.Clock, Log: c.Log, Metrics: c.Registry, SiteURL: c.SiteURL,
		Secure: c.Secure, TrustProxy: c.TrustProxy, PaymentOrigins: paymentOrigins(c.Stripe.BaseURL), Accounts: h.web.accounts, API: calls, Live: hub,
		Desk: h.Desk, Ticks: h.takeTick, Checks: h.checks(),
	})
	return err
}

// barred joins the transaction that bars somebody.
func (h *House) barred(ctx context.Context, tx pgx.Tx, now time.Time, account uuid.UUID) error {
	return bidding.OweExclusion(ctx, tx, h.Book, now, account)
}

// pages makes the site for people; its bids go through calls, within the limit of their code.
func (h *House) pages(calls *api.API, printing *press.Press) (*pages.Site, error) {
	c := h.cfg
	assets := c.Assets
	if assets == nil {
		var err error
		if assets, err = static.Load(); err != nil {
			return nil, err
		}
	}
	return pages.New(pages.Config{
		Auction: h.Auction, Handover: h.Handover, Statements: h.Statements, Notices: notice.New(h.Pool, h.Auction), Desk: h.Desk, Engine: calls,
		Agencies: agency.New(h.Pool, h.Auction), Payments: h.Payments, Accounts: h.web.accounts, Draws: h.Draws, Prices: h.Prices, CaseFund: h.CaseFund, Debtor: h.Debtor, Owners: h.Owners, Webhooks: h.Webhooks, Objections: h.Objections,
		Log: h.Sequencer.Reader, Assets: assets, Press: printing, Clock: c.Clock, SiteURL: c.SiteURL, Secure: c.Secure,
		BannerZH: c.BannerZH, BannerEN: c.BannerEN, Trace: c.Log,
	})
}

// paymentOrigins is where forms may lead on to: Stripe's own page, or the stand-in's.
func paymentOrigins(base string) []string {
	if base == "" {
		return []string{"https://checkout.stripe.com"}
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host}
}

// checks are what /readyz asks beside PostgreSQL and Redis.
func (h *House) checks() []web.Check {
	checks := []web.Check{{Name: "bidding", Probe: h.Engine.Ready}}
	if nc := h.cfg.NATS; nc != nil {
		checks = append(checks, web.Check{Name: "nats", Probe: func(context.Context) error {
			if !nc.IsConnected() {
				return fault.New(fault.Unavailable, fault.ServiceUnavailable)
			}
			return nil
		}})
	}
	return checks
}

// Site serves the public.
func (h *House) Site() http.Handler { return h.web.server.Handler() }

// Operations serves /healthz, /readyz and /metrics.
func (h *House) Operations() http.Handler { return h.web.server.Operations() }

const (
	headerLimit = 10 * time.Second
	idleLimit   = 2 * time.Minute
	// drainLimit bounds how long requests under way may take at the end.
	drainLimit = 10 * time.Second
)

// ServePublic is Serve for the listener through which people come; ticks go in there too (R28o). It is called before Run.
func (h *House) ServePublic(l net.Listener, handler http.Handler) {
	h.web.own = l.Addr().String()
	if h.cfg.TLS != nil {
		l = h.cfg.TLS.listen(l)
	}
	h.Serve(l, handler)
}

// Serve answers on a listener until Run ends. Event streams have no write
// limit; calls have their own time.
func (h *House) Serve(l net.Listener, handler http.Handler) {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit}
	h.web.mu.Lock()
	h.web.sites = append(h.web.sites, s)
	h.web.mu.Unlock()
	go func() {
		if err := s.Serve(l); err != nil {
			h.log.Debug("listener ended", "address", l.Addr().String(), "error", err)
		}
	}()
}

// serving feeds event streams until ctx ends, then lets requests under way
// finish.
func (h *House) serving(ctx context.Context) error {
	err := h.web.server.Run(ctx)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	h.web.mu.Lock()
	defer h.web.mu.Unlock()
	for _, s := range h.web.sites {
		if closed := s.Shutdown(drain); closed != nil {
			h.log.WarnContext(ctx, "requests were cut off", "error", closed)
			_ = s.Close()
		}
	}
	return err
}
