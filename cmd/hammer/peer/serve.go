package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Kind names a peer.
type Kind string

const (
	// Trivial reads the body and answers 200.
	Trivial Kind = "trivial"
	// Naive is SELECT … FOR UPDATE, check, INSERT, UPDATE, COMMIT.
	Naive Kind = "naive"
	// Function is one call of a PL/pgSQL function.
	Function Kind = "function"
)

// Config says how a peer runs. PostgresURL and Pool, the number of its connections to PostgreSQL, are for Naive and Function.
type Config struct {
	Kind        Kind
	PostgresURL string
	Pool        int
	// TLSCert and TLSKey are files, PEM, for a peer that speaks TLS; both empty for none.
	TLSCert, TLSKey string
}

const (
	bidsPath   = "/api/v1/lots/:lot/bids"
	eventsPath = "/api/v1/lots/:lot/events"
)

// Serve runs a peer on a listener until ctx ends.
func Serve(ctx context.Context, listener net.Listener, cfg Config) error {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	switch cfg.Kind {
	case Trivial:
		e.POST(bidsPath, trivial)
	case Naive, Function:
		s, err := openStore(ctx, cfg)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		defer s.pool.Close()
		e.POST(bidsPath, s.bid)
	case FanOut:
		b := newBroadcast()
		e.POST(bidsPath, b.bid)
		e.GET(eventsPath, b.events)
	default:
		return errors.Join(fmt.Errorf("no peer is called %q", cfg.Kind), listener.Close())
	}
	server := &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	serve := server.Serve
	if cfg.TLSCert != "" {
		serve = func(l net.Listener) error { return server.ServeTLS(l, cfg.TLSCert, cfg.TLSKey) }
	}
	if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve peer %s: %w", cfg.Kind, err)
	}
	return nil
}

func trivial(c echo.Context) error {
	if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// placed is what the store says of a bid; refused is empty for an accepted one.
type placed struct {
	refused string
	seq     int64
	price   int64
}

func (s *store) bid(c echo.Context) error {
	lot, err := uuid.Parse(c.Param("lot"))
	if err != nil {
		return echo.ErrNotFound
	}
	code, found := strings.CutPrefix(c.Request().Header.Get(echo.HeaderAuthorization), "Bearer ")
	if !found {
		return echo.ErrUnauthorized
	}
	var in struct {
		AmountFen int64 `json:"amount_fen"`
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	got, err := s.place(c.Request().Context(), lot, code, in.AmountFen)
	if err != nil {
		return err
	}
	if got.refused != "" {
		return c.JSON(http.StatusConflict, struct {
			Code     string `json:"code"`
			Seq      int64  `json:"seq"`
			PriceFen int64  `json:"price_fen"`
		}{got.refused, got.seq, got.price})
	}
	return c.JSON(http.StatusCreated, struct {
		Lot       uuid.UUID `json:"lot"`
		Seq       int64     `json:"seq"`
		Code      string    `json:"bidder_code"`
		AmountFen int64     `json:"amount_fen"`
	}{lot, got.seq, code, in.AmountFen})
}
