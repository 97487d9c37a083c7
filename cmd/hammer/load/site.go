package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Site is a server's API, as far as a bidder needs it before bidding. The zero value of HTTP is http.DefaultClient.
type Site struct {
	// URL has no slash at its end.
	URL  string
	HTTP *http.Client
}

// Address is host:port of the site, as Config wants it.
func (s Site) Address() (string, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return "", fmt.Errorf("%q is not an http:// address", s.URL)
	}
	if u.Port() == "" {
		return u.Host + ":80", nil
	}
	return u.Host, nil
}

// Lot is what a bidder reads of a lot before bidding.
type Lot struct {
	ID               uuid.UUID `json:"id"`
	Status           string    `json:"status"`
	StartingPriceFen int64     `json:"starting_price_fen"`
	IncrementFen     int64     `json:"increment_fen"`
	PriceFen         int64     `json:"price_fen"`
	EndsAt           time.Time `json:"ends_at"`
}

// Lot reads a lot.
func (s Site) Lot(ctx context.Context, id uuid.UUID) (Lot, error) {
	var l Lot
	err := s.call(ctx, http.MethodGet, "/api/v1/lots/"+id.String(), "", nil, &l)
	return l, err
}

// Record reads a lot's public record, NDJSON; the caller closes it.
func (s Site) Record(ctx context.Context, id uuid.UUID) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/lots/"+id.String()+"/record", nil)
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	res, err := s.client().Do(req)
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("read the record: answered %s", res.Status), res.Body.Close())
	}
	return res.Body, nil
}

// OpenSession opens a bidding session by code and passphrase (R18).
func (s Site) OpenSession(ctx context.Context, lot uuid.UUID, code, passphrase string) (Session, error) {
	var got struct {
		Token string `json:"token"`
	}
	err := s.call(ctx, http.MethodPost, "/api/v1/lots/"+lot.String()+"/bidding-sessions", "",
		map[string]string{"bidder_code": code, "passphrase": passphrase}, &got)
	return Session{Code: code, Token: got.Token}, err
}

// Enrolment is an enrolment as its answer shows it.
type Enrolment struct {
	Code       string `json:"bidder_code"`
	Passphrase string `json:"passphrase"`
	Status     string `json:"status"`
	Deposit    struct {
		PaymentURL string `json:"payment_url"`
	} `json:"deposit"`
}

// Join signs in, enrols for the lot, pays the deposit on the stand-in's page, waits until the bidder is admitted, and opens
// a session. It is for servers with a payment stand-in: no money moves.
func (s Site) Join(ctx context.Context, lot uuid.UUID, login, password string) (Session, error) {
	var token struct {
		Token string `json:"token"`
	}
	if err := s.call(ctx, http.MethodPost, "/api/v1/tokens", "", map[string]string{"login": login, "password": password}, &token); err != nil {
		return Session{}, err
	}
	base := "/api/v1/lots/" + lot.String() + "/enrolments"
	var e Enrolment
	err := s.call(ctx, http.MethodPost, base, token.Token, map[string]any{"accept_notices": true, "capacity": "ordinary", "promise_limits": true}, &e)
	if err != nil {
		return Session{}, fmt.Errorf("%s enrols: %w", login, err)
	}
	if err := s.Pay(ctx, e.Deposit.PaymentURL); err != nil {
		return Session{}, err
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for now := e; now.Status != "admitted"; {
		select {
		case <-ctx.Done():
			return Session{}, fmt.Errorf("%s is not admitted: %w", login, context.Cause(ctx))
		case <-tick.C:
		}
		if err := s.call(ctx, http.MethodGet, base+"/me", token.Token, nil, &now); err != nil {
			return Session{}, err
		}
	}
	return s.OpenSession(ctx, lot, e.Code, e.Passphrase)
}

// Pay pays on the stand-in's page, as a person does.
func (s Site) Pay(ctx context.Context, page string) error {
	if page == "" {
		return errors.New("pay the deposit: no payment page is named")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page, strings.NewReader("outcome=succeed"))
	if err != nil {
		return fmt.Errorf("pay the deposit: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	stay := *s.client()
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := stay.Do(req)
	if err != nil {
		return fmt.Errorf("pay the deposit: %w", err)
	}
	if err := res.Body.Close(); err != nil {
		return fmt.Errorf("pay the deposit: %w", err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("pay the deposit: the page answers %s", res.Status)
	}
	return nil
}

func (s Site) client() *http.Client {
	if s.HTTP != nil {
		return s.HTTP
	}
	return http.DefaultClient
}

func (s Site) call(ctx context.Context, method, path, bearer string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", uuid.NewString())
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := s.client().Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: answered %s: %s", method, path, res.Status, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
