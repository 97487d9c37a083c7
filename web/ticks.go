package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mingchui/auction/fault"
)

const (
	// TicksPath takes the ticks of nodes, which enter as bids do (R28o). It is no part of the contract.
	TicksPath = "/internal/ticks"
	// TickHeader carries a tick's signature, which Config.Ticks checks.
	TickHeader = "X-Mingchui-Tick"
)

// tick hands a tick on; the answer comes once it is committed.
func (s *Server) tick(c echo.Context) error {
	if s.Ticks == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	r := c.Request()
	if err := s.Ticks(r.Context(), r.Header.Get(TickHeader)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
