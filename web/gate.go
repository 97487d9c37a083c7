package web

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"mingchui/auction/fault"
	"mingchui/web/account"
	"mingchui/web/api"
	"mingchui/web/live"
	"mingchui/web/problem"
	"mingchui/web/words"
)

// LanguageCookie keeps the reader's choice of language.
const LanguageCookie = "mc_lang"

// enter is the first thing that every request meets: a request id, the
// language, the headers that protect pages, and one line of access log at the end.
func (s *Server) enter(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		began := s.Clock.Now()
		r := c.Request()
		v := &account.Visitor{Lang: s.languages.of(r), Address: c.RealIP(), RequestID: requestID()}
		c.SetRequest(r.WithContext(account.With(r.Context(), v)))
		h := c.Response().Header()
		maps.Copy(h, s.protectionOf(r))
		h["X-Request-Id"] = []string{v.RequestID}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // a sentinel to pass on as it is
					panic(p)
				}
				s.Log.ErrorContext(r.Context(), "panic", "request", v.RequestID, "value", p, "stack", string(debug.Stack()))
				err = fault.New(fault.Internal, fault.InternalError)
			}
			if err != nil {
				c.Error(err)
			}
			if !v.Outlived {
				s.access(c.Request().Context(), visit{
					id: v.RequestID, method: r.Method, path: c.Path(), status: c.Response().Status, bytes: c.Response().Size, took: s.Clock.Now().Sub(began),
				})
			}
			err = nil
		}()
		return next(c)
	}
}

// visit is a request that is over, as the access log has it.
type visit struct {
	id, method, path string
	status           int
	bytes            int64
	took             time.Duration
}

// access writes the line: what was asked by its pattern, how it went, how long
// it took. No address, account, code, id or query.
func (s *Server) access(ctx context.Context, v visit) {
	if v.path == "" {
		v.path = "unknown"
	}
	s.metrics.observe(v.method, v.path, v.status, v.took)
	level := slog.LevelInfo
	switch {
	case v.path == TicksPath && v.status != http.StatusUnauthorized:
		level = slog.LevelDebug // each second; whoever sends them tells when they fail
	case v.status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	}
	s.Log.LogAttrs(ctx, level, "request", slog.String("request", v.id), slog.String("method", method(v.method)),
		slog.String("path", v.path), slog.Int("status", v.status), slog.Int64("bytes", v.bytes), slog.Duration("took", v.took))
}

// method keeps made-up methods out of logs and metrics.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "OTHER"
}

func requestID() string {
	id, err := uuid.NewV7()
	if err != nil {
		return "unnumbered"
	}
	return id.String()
}

// languages remembers what a header of Accept-Language asks for: reading one
// costs more than the rest of the gate, and a few hundred make up all traffic.
type languages struct {
	mu   sync.RWMutex
	held map[string]string
}

// maxLanguages bounds the headers that are remembered, maxAccept their length.
const maxLanguages, maxAccept = 512, 128

// of is what the reader chose, else what the browser asks for. API clients have
// no cookie and are answered by Accept-Language.
func (l *languages) of(r *http.Request) string {
	if c, err := r.Cookie(LanguageCookie); err == nil && words.Known(c.Value) {
		return c.Value
	}
	header := r.Header.Get("Accept-Language")
	l.mu.RLock()
	lang, known := l.held[header]
	l.mu.RUnlock()
	if known {
		return lang
	}
	lang = words.Match(header)
	if len(header) <= maxAccept {
		l.mu.Lock()
		if l.held == nil || len(l.held) >= maxLanguages {
			l.held = map[string]string{}
		}
		l.held[strings.Clone(header)] = lang
		l.mu.Unlock()
	}
	return lang
}

// policy lets pages load what is ours and nothing else. wasm-unsafe-eval is for
// the auditor that runs in the browser; forms may lead on to the payment pages.
func policy(payment []string) string {
	forms := strings.Join(append([]string{"'self'"}, payment...), " ")
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
}

// callsBelow is where the calls of the contract are.
const callsBelow = "/api/"

// callPolicy is for answers that are no pages: they load nothing, and nobody frames them.
const callPolicy = "default-src 'none'; frame-ancestors 'none'"

// protection are the headers that answers carry: those of calls, whose documents no browser renders, and those of
// everything else. Their values are shared by all answers: a handler sets a header anew and never writes into one.
func (c *Config) protection() (calls, pages http.Header) {
	calls = http.Header{}
	calls.Set("Content-Security-Policy", callPolicy)
	calls.Set("X-Content-Type-Options", "nosniff")
	calls.Set("Cross-Origin-Resource-Policy", "same-origin")
	if c.Secure {
		calls.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
	pages = calls.Clone()
	pages.Set("Content-Security-Policy", policy(c.PaymentOrigins))
	pages.Set("X-Frame-Options", "DENY")
	pages.Set("Referrer-Policy", "same-origin")
	pages.Set("Cross-Origin-Opener-Policy", "same-origin")
	pages.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
	return calls, pages
}

func (s *Server) protectionOf(r *http.Request) http.Header {
	if strings.HasPrefix(r.URL.Path, callsBelow) {
		return s.callProtection
	}
	return s.pageProtection
}

// add mounts a handler, GET with its HEAD.
func (s *Server) add(method, path string, h echo.HandlerFunc) {
	s.echo.Add(method, pattern(path), h)
	if method == http.MethodGet {
		s.echo.Add(http.MethodHead, pattern(path), h)
	}
}

// pattern is the contract's path as echo has it; {tile} and {file} take the rest of it.
func pattern(path string) string {
	path = strings.NewReplacer("{tile}", "*", "{file}", "*").Replace(path)
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// params are the path's parameters by their names.
func params(c echo.Context, path string) map[string]string {
	names := c.ParamNames()
	out := make(map[string]string, len(names))
	for i, name := range names {
		value := c.ParamValues()[i]
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		if name == "*" {
			name = path[strings.LastIndex(path, "{")+1 : len(path)-1]
		}
		out[name] = value
	}
	return out
}

// call is a handler of the contract behind the gate.
func (s *Server) call(rt *api.Route, who Who) echo.HandlerFunc {
	return func(c echo.Context) error {
		received := s.Clock.Now()
		at := params(c, rt.Path)
		if err := s.admit(c, who, at, false); err != nil {
			return err
		}
		return s.API.Do(c.Response(), c.Request(), rt, at, received)
	}
}

// stream is a call whose answer may outlive its handler, on a connection that was
// taken over: its line of the access log is written when the reader has left.
func (s *Server) stream(rt *api.Route, who Who) echo.HandlerFunc {
	next := s.call(rt, who)
	return func(c echo.Context) error {
		r, began := c.Request(), s.Clock.Now()
		seen := account.From(r.Context())
		v := visit{id: seen.RequestID, method: rt.Method, path: c.Path(), status: http.StatusOK}
		over := &live.Handover{Ended: func(bytes int64) {
			v.bytes, v.took = bytes, s.Clock.Now().Sub(began)
			s.access(context.Background(), v) // the request's own context ended with its handler
		}}
		c.SetRequest(r.WithContext(live.WithHandover(r.Context(), over)))
		err := next(c)
		seen.Outlived = over.Taken
		return err
	}
}

// page is a page behind the gate; it knows who reads it even where everybody may.
func (s *Server) page(p Page, who Who) echo.HandlerFunc {
	return func(c echo.Context) error {
		at := params(c, p.Path)
		if err := s.admit(c, who, at, true); err != nil {
			return err
		}
		limit := p.MaxBody
		if limit == 0 {
			limit = 64 << 10
		}
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		return p.Serve(c.Response(), r, at)
	}
}

// admit lets a request in, or not: who sends it, whether they may, whether a
// browser sends it for another site.
//
// Faults: sign_in_required, role_forbidden, bidding_session_required,
// cross_site_request, service_unavailable.
func (s *Server) admit(c echo.Context, who Who, at map[string]string, recognise bool) error {
	r := c.Request()
	v := account.From(r.Context())
	bearer := bearerOf(r)
	if bearer == "" && who != Signed {
		// The cookies of a browser are sent by it, whoever made it send the
		// request; a bearer token is not.
		if err := s.cross.Check(r); err != nil {
			return fault.Wrap(fault.Forbidden, fault.CrossSiteRequest, err)
		}
	}
	switch {
	case who == Signed:
		return nil
	case who == InSession:
		return s.inSession(r, v, bearer, at["lot"])
	case who&unnamed != 0, who == Everyone && !recognise:
		return nil
	}
	if err := s.identify(r, v, bearer); err != nil {
		return err
	}
	switch {
	case !v.Identity.Known() && who&Stranger == 0:
		return fault.New(fault.Unauthenticated, fault.SignInRequired)
	case v.Identity.Known() && who&of(v.Identity.Role) == 0:
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// identify finds who sends the request; nobody is no error.
func (s *Server) identify(r *http.Request, v *account.Visitor, bearer string) (err error) {
	if bearer != "" {
		v.Means, v.Token = account.ByBearer, bearer
		v.Identity, err = s.Accounts.ByToken(r.Context(), bearer)
		return err
	}
	id, known, err := s.Accounts.BySession(r)
	if err != nil || !known {
		return err
	}
	v.Means, v.Identity = account.ByCookie, id
	return nil
}

// inSession finds the bidding session of the lot. Who is signed in beside it is
// not looked at, so that nothing here ever holds account and code together.
func (s *Server) inSession(r *http.Request, v *account.Visitor, token, lotText string) error {
	needed := fault.New(fault.Unauthenticated, problem.BiddingSessionRequired).ByRule("R18")
	lot, err := uuid.Parse(lotText)
	if err != nil || len(lotText) != 36 {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	}
	v.Means = account.ByBearer
	if token == "" {
		v.Means = account.ByCookie
		if c, err := r.Cookie(account.BiddingCookieName(lot)); err == nil {
			token = c.Value
		}
	}
	if token == "" {
		return needed
	}
	session, err := s.Desk.Session(r.Context(), token)
	if fault.KindOf(err) == fault.Unauthenticated || (err == nil && session.Lot != lot) {
		return needed
	}
	if err != nil {
		return err
	}
	v.Lot, v.Code = session.Lot, session.Code
	return nil
}

func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > 256 {
		return ""
	}
	return strings.TrimSpace(token)
}
