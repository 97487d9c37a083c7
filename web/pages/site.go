package pages

import (
	"bytes"
	"compress/gzip"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/drawing"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/notice"
	"mingchui/auction/objection"
	"mingchui/auction/pricing"
	"mingchui/auction/statement"
	"mingchui/bidding"
	"mingchui/payments"
	"mingchui/payments/casefund"
	"mingchui/payments/debtor"
	"mingchui/payments/owner"
	"mingchui/payments/webhook"
	"mingchui/web/account"
	"mingchui/web/press"
	"mingchui/web/problem"
	"mingchui/web/static"
	"mingchui/web/words"
)

// Bidder places bids, finds their receipts and knows what was refused; the calls of the contract are it.
type Bidder interface {
	Bid(ctx context.Context, b bidding.Bid) (bidding.Accepted, error)
	Receipt(ctx context.Context, id uuid.UUID) (audit.Receipt, error)
	SetMaximum(ctx context.Context, b bidding.MaximumBid) (bidding.MaximumSet, error)
	WithdrawMaximum(ctx context.Context, b bidding.MaximumBid) (bidding.MaximumSet, error)
	LiveMaximum(ctx context.Context, lot uuid.UUID, code string) (bidding.LiveMaximum, error)
	RefusalReceipt(ctx context.Context, token string) (audit.RefusalReceipt, error)
	RefusedMinutes(ctx context.Context, lot uuid.UUID, cursor string, limit int) ([]bidding.RefusedMinute, error)
}

// Log is the published log; sequencer.Reader is it.
type Log interface {
	// Checkpoint is the latest signed one; not_found before the first.
	Checkpoint(ctx context.Context) ([]byte, error)
	VerifierKey() string
	InclusionProof(ctx context.Context, entry uuid.UUID) (audit.Proof, error)
}

// Config is what the pages are made of. All but Banner and Log are required.
type Config struct {
	Auction  *auction.Service
	Handover *handover.Service
	// Statements are the facts of announcements.
	Statements *statement.Service
	Desk       *bidding.Desk
	Engine     Bidder
	Payments   *payments.Service
	Accounts   *account.Service
	Notices    *notice.Service
	Agencies   *agency.Service
	// Draws are those between equals; nil shows none.
	Draws      *drawing.Service
	Objections *objection.Service
	// Prices fix what property is worth (R10p).
	Prices *pricing.Desk
	// CaseFund is who claims a case's money, and the plans that divide it (F4).
	CaseFund *casefund.Service
	// Webhooks tell courts' finance systems.
	Webhooks *webhook.Service
	// Debtor is the door of a case for its debtor (R17w).
	Debtor *debtor.Service
	// Owners is money looking for its owner.
	Owners *owner.Service
	// Lots is the public log's reader; nil shows no checkpoint.
	Log    Log
	Assets *static.Assets
	// Press prints papers; nil makes one.
	Press *press.Press
	Clock clock.Clock
	// SiteURL is the public address, without a slash at its end.
	SiteURL string
	// Secure is set on cookies where the site is served over TLS.
	Secure bool
	// BannerZH and BannerEN stand above every page; empty for none.
	BannerZH, BannerEN string
	// Trace logs what a page could not show and did without.
	Trace *slog.Logger
}

// Site serves the pages.
type Site struct {
	Config
	check checkpointCache
}

// checkpointCache keeps the footer's checkpoint for a moment.
type checkpointCache struct {
	mu    sync.Mutex
	until time.Time
	held  *Checkpoint
}

// checkpointFor is how long a checkpoint is kept; the log signs every two seconds.
const checkpointFor = 2 * time.Second

// The cookies of the pages' own choices.
const (
	languageCookie = "mc_lang"
	themeCookie    = "mc_theme"
)

// New makes the site.
//
// Faults: internal_error when a required part is missing.
func New(c Config) (*Site, error) {
	if c.Auction == nil || c.Handover == nil || c.Statements == nil || c.Notices == nil || c.Agencies == nil || c.Objections == nil || c.Prices == nil || c.Desk == nil || c.Engine == nil || c.Payments == nil || c.Accounts == nil || c.Assets == nil || c.Clock == nil {
		return nil, fault.Internalf("pages: a part is missing in Config")
	}
	if c.Trace == nil {
		c.Trace = slog.New(slog.DiscardHandler)
	}
	if c.Press == nil {
		c.Press = press.New()
	}
	return &Site{Config: c}, nil
}

// Request is what a handler is given.
type Request struct {
	*http.Request

	W      http.ResponseWriter
	Params map[string]string
	P      *Page
	// Visitor is who the gate found.
	Visitor *account.Visitor
	Now     time.Time
}

// Route is a page of the site.
type Route struct {
	Method, Path string
	// MaxBody bounds a form in bytes; 0 is 64 KiB.
	MaxBody int64
	Serve   func(w http.ResponseWriter, r *http.Request, params map[string]string) error
}

type handler func(r *Request) error

// serve prepares a page and answers with h. ?lang= sets the reader's language
// and comes back without it.
func (s *Site) serve(h handler) func(http.ResponseWriter, *http.Request, map[string]string) error {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) error {
		if lang := r.URL.Query().Get("lang"); words.Known(lang) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			http.SetCookie(w, s.choice(languageCookie, lang))
			q := r.URL.Query()
			q.Del("lang")
			u := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
			http.Redirect(w, r, u.RequestURI(), http.StatusSeeOther)
			return nil
		}
		v := account.From(r.Context())
		req := &Request{Request: r, W: w, Params: params, Visitor: v, Now: s.Clock.Now()}
		req.P = s.page(r, v, req.Now)
		return h(req)
	}
}

// choice is a cookie of a reader's choice: a year, for scripts as well.
func (s *Site) choice(name, value string) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure is set wherever the site has TLS
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 60 * 60, Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// page makes the frame.
func (s *Site) page(r *http.Request, v *account.Visitor, now time.Time) *Page {
	p := &Page{
		W: words.In(v.Lang), Assets: s.Assets, Path: r.URL.RequestURI(), Now: now, Check: s.checkpoint(r.Context(), now),
		Viewer: Viewer{AccountID: v.Identity.ID, Login: v.Identity.Login, Role: string(v.Identity.Role), CourtID: v.Identity.CourtID},
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Path = r.URL.Path
	}
	p.Banner = p.W.Pick(s.BannerZH, s.BannerEN)
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "dark" || c.Value == "light") {
		p.Theme = c.Value
	}
	return p
}

// checkpoint is the log's latest; nil while there is none or it cannot be read.
func (s *Site) checkpoint(ctx context.Context, now time.Time) *Checkpoint {
	if s.Log == nil {
		return nil
	}
	s.check.mu.Lock()
	defer s.check.mu.Unlock()
	if now.Before(s.check.until) {
		return s.check.held
	}
	s.check.until = now.Add(checkpointFor)
	signed, err := s.Log.Checkpoint(ctx)
	if err != nil {
		s.Trace.DebugContext(ctx, "no checkpoint for the footer", "error", err)
		return s.check.held
	}
	c, err := audit.OpenCheckpoint(signed, s.Log.VerifierKey())
	if err != nil {
		s.Trace.WarnContext(ctx, "the published checkpoint does not verify", "error", err)
		return s.check.held
	}
	s.check.held = &Checkpoint{Origin: c.Origin, Size: c.Size, Root: c.Root.String()}
	return s.check.held
}

// show writes a page.
func (r *Request) show(status int, c templ.Component) error {
	return r.write(status, c, true)
}

// showOnce writes a page that holds a secret: neither kept nor compressed.
func (r *Request) showOnce(c templ.Component) error {
	return r.write(http.StatusOK, c, false)
}

func (r *Request) write(status int, c templ.Component, packed bool) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return fault.Internalf("render page: %w", err)
	}
	return send(r.W, r.Request, status, b.Bytes(), packed)
}

// leastPacked is the size from which compression pays.
const leastPacked = 1400

func send(w http.ResponseWriter, r *http.Request, status int, body []byte, packed bool) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if packed && len(body) >= leastPacked && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return fault.Internalf("compress page: %w", err)
		}
		if _, err := z.Write(body); err != nil {
			return nil //nolint:nilerr // the reader left
		}
		_ = z.Close() // the reader left
		return nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the reader left
	return nil
}

// seeOther answers a form: 303 to a page of this site.
func (r *Request) seeOther(path string) error {
	http.Redirect(r.W, r.Request, path, http.StatusSeeOther)
	return nil
}

// leave answers a form with a page of another site: the payment provider's.
func (r *Request) leave(address string) error {
	r.W.Header().Set("Cache-Control", "no-store")
	http.Redirect(r.W, r.Request, address, http.StatusSeeOther)
	return nil
}

// localPath keeps a ?next= within this site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return "/"
	}
	return next
}

// form reads a posted form.
func (r *Request) form() error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, fault.InvalidRequest, err)
	}
	return nil
}

// lotID reads the lot of the path; what is no id names nothing.
func (r *Request) lotID() (uuid.UUID, error) {
	text := r.Params["lot"]
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	return id, nil
}

// actor is who acts on the court's side.
func (r *Request) actor() auction.Actor {
	i := r.Visitor.Identity
	return auction.Actor{AccountID: i.ID, Role: string(i.Role), CourtID: i.CourtID}
}

// ErrorPage shows a problem to a browser; web calls it.
func (s *Site) ErrorPage(w http.ResponseWriter, r *http.Request, d problem.Problem) {
	v := account.From(r.Context())
	req := &Request{Request: r, W: w, Visitor: v, Now: s.Clock.Now()}
	req.P = s.page(r, v, req.Now)
	if d.Code == fault.SignInRequired && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, req.P.SignInHere(), http.StatusSeeOther) //nolint:gosec // it begins with /sign-in; what comes after is escaped and read by localPath
		return
	}
	view := problemView(req.P, d)
	req.P.Title, req.P.NoIndex = view.Title, true
	if err := req.show(d.Status, ProblemPage(req.P, view)); err != nil { //nolint:contextcheck // show renders with the request's context
		if r.Context().Err() != nil {
			return // the reader left
		}
		s.Trace.ErrorContext(r.Context(), "the error page failed", "error", err)
		http.Error(w, d.Detail, d.Status)
	}
}

// refusal is the status of a form that is shown again with its refusal, and
// whether err is one that a person can mend; others go to the error page.
func refusal(err error) (status int, ok bool) {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity, true
	case fault.Conflict:
		return http.StatusConflict, true
	case fault.Forbidden:
		return http.StatusForbidden, true
	case fault.Unauthenticated:
		return http.StatusUnauthorized, true
	case fault.RateLimited:
		return http.StatusTooManyRequests, true
	case fault.Unavailable:
		return http.StatusServiceUnavailable, true
	case fault.NotFound, fault.Internal, fault.Fatal:
	}
	return 0, false
}
