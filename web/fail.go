package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"mingchui/auction/fault"
	"mingchui/web/account"
	"mingchui/web/problem"
)

// fail is the one place that shows an error: the problem document to clients, a
// page to browsers. Ours and the unknown are logged with the request's id.
func (s *Server) fail(err error, c echo.Context) {
	r := c.Request()
	v := account.From(r.Context())
	if !c.Response().Committed && !s.showsPage(r) {
		if written, e := s.refusals.Write(c.Response(), err, v.Lang, v.RequestID); written {
			s.untaken(r, v, e)
			return
		}
	}
	if h, ok := errors.AsType[*echo.HTTPError](err); ok {
		err = routing(h)
	}
	p := problem.Of(err, v.Lang, v.RequestID)
	if p.Status == http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "request failed", "request", v.RequestID, "path", c.Path(), "code", fault.CodeOf(err), "error", err)
	}
	if c.Response().Committed {
		return
	}
	if s.showsPage(r) {
		p.Headers(c.Response().Header())
		s.ErrorPage(c.Response(), r, p)
		return
	}
	s.untaken(r, v, p.Write(c.Response()))
}

// untaken notes an answer that could not be written.
func (s *Server) untaken(r *http.Request, v *account.Visitor, err error) {
	if err != nil {
		s.Log.DebugContext(r.Context(), "the answer was not taken", "request", v.RequestID, "error", err)
	}
}

// showsPage tells whether an error is shown as a page.
func (s *Server) showsPage(r *http.Request) bool { return s.ErrorPage != nil && wantsPage(r) }

// routing turns what echo's router says into faults.
func routing(h *echo.HTTPError) error {
	switch h.Code {
	case http.StatusNotFound:
		return fault.New(fault.NotFound, fault.NotFoundCode)
	case http.StatusMethodNotAllowed:
		return fault.New(fault.Invalid, fault.MethodNotAllowed)
	}
	return fault.Wrap(fault.Internal, fault.InternalError, h)
}

// wantsPage tells a person's browser from a client.
func wantsPage(r *http.Request) bool {
	for _, prefix := range []string{callsBelow, "/log/", "/webhooks/", "/static/"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return false
		}
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
