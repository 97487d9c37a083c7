package custody

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Account is an account number that one payer is given for one purpose.
type Account struct {
	Number string `json:"number"`
	Holder string `json:"holder"`
	Bank   string `json:"bank"`
}

// Credit is money that came to one of our account numbers, or to one that we know nothing of.
type Credit struct {
	ID string `json:"id"`
	// Seq counts the bank's credits to us from 1 without gaps.
	Seq       int64     `json:"seq"`
	Account   string    `json:"account"`
	Payer     string    `json:"payer"`
	AmountFen money.Fen `json:"amount_fen"`
	BookedAt  time.Time `json:"booked_at"`
}

// ReturnStatus is where a return stands.
type ReturnStatus string

const (
	// ReturnPending is on its way; the bank moves it.
	ReturnPending ReturnStatus = "pending"
	// ReturnDone has left. Final.
	ReturnDone ReturnStatus = "done"
	// ReturnFailed came back, because the payer's account is closed for example. Final; the money is still owed.
	ReturnFailed ReturnStatus = "failed"
)

// Return is money on its way back to where a credit came from.
type Return struct {
	ID        string       `json:"id"`
	Credit    string       `json:"credit"`
	AmountFen money.Fen    `json:"amount_fen"`
	Status    ReturnStatus `json:"status"`
	// Reason is the bank's word, empty unless failed.
	Reason string `json:"reason,omitempty"`
}

// Notice is a callback that was proved to be the bank's: something happened to us.
type Notice struct {
	ID string `json:"id"`
}

// Config is what New needs; all but Timeout and Tolerance are required.
type Config struct {
	// URL is the bank's, without a slash at its end.
	URL string
	// Key is ours, sent as a bearer token; Secret is what its notices are signed with.
	Key, Secret string
	// Timeout bounds one call; 0 means 20 s.
	Timeout time.Duration
	// Tolerance is how old a notice's signature may be; 0 means five minutes.
	Tolerance time.Duration
}

// Client speaks to one bank. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

const (
	pageSize = 100
	maxBody  = 1 << 20
	// SignatureHeader carries t=unix seconds,v1=hex of HMAC-SHA256 over "t.body".
	SignatureHeader = "Custodian-Signature"
)

// New makes a client.
//
// Faults: internal (a setting is missing).
func New(c Config) (*Client, error) {
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || c.Key == "" || c.Secret == "" {
		return nil, fault.Internalf("custody: URL, Key or Secret is missing")
	}
	if c.Timeout <= 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Tolerance <= 0 {
		c.Tolerance = 5 * time.Minute
	}
	return &Client{cfg: c, http: &http.Client{Timeout: c.Timeout}}, nil
}

// OpenAccount gives the account number of a key; asked again it is the same one. Codes: payment_provider_unavailable.
func (c *Client) OpenAccount(ctx context.Context, key string) (a Account, err error) {
	return a, c.call(ctx, http.MethodPost, "/v1/accounts", map[string]any{"key": key}, &a)
}

// Credits lists what was credited after one seq, oldest first, at most 100; more says whether others follow.
// Codes: payment_provider_unavailable.
func (c *Client) Credits(ctx context.Context, after int64) (page []Credit, more bool, err error) {
	var out struct {
		Items []Credit `json:"items"`
		More  bool     `json:"more"`
	}
	err = c.call(ctx, http.MethodGet, fmt.Sprintf("/v1/credits?after=%d&limit=%d", after, pageSize), nil, &out)
	return out.Items, out.More, err
}

// Return sends amount of a credit back to where it came from, once for each key; asked again it tells how it stands.
// Codes: refund_too_large, idempotency_key_reused (another sum or credit under the key), not_found, payment_provider_unavailable.
func (c *Client) Return(ctx context.Context, key, credit string, amount money.Fen) (r Return, err error) {
	return r, c.call(ctx, http.MethodPost, "/v1/returns", map[string]any{"key": key, "credit": credit, "amount_fen": amount}, &r)
}

// FetchReturn reads a return anew. Codes: not_found, payment_provider_unavailable.
func (c *Client) FetchReturn(ctx context.Context, id string) (r Return, err error) {
	return r, c.call(ctx, http.MethodGet, "/v1/returns/"+url.PathEscape(id), nil, &r)
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fault.Internalf("encode a call of the custodian: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.URL+path, body)
	if err != nil {
		return fault.Internalf("make a call of the custodian: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.cfg.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, fault.PaymentProviderUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return fault.Wrap(fault.Unavailable, fault.PaymentProviderUnavailable, err)
	}
	if res.StatusCode != http.StatusOK {
		return refused(res.StatusCode, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fault.Wrap(fault.Unavailable, fault.PaymentProviderUnavailable, err)
	}
	return nil
}

// refused translates the bank's answer; what it says in words is not repeated, it may name a payer.
func refused(status int, text []byte) error {
	var said struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		said.Code = ""
	}
	err := fmt.Errorf("the custodian answers %d %s", status, said.Code)
	switch said.Code {
	case "not_found":
		return fault.Wrap(fault.NotFound, fault.NotFoundCode, err)
	case "return_too_large":
		return fault.Wrap(fault.Conflict, fault.RefundTooLarge, err)
	case "key_reused":
		return fault.Wrap(fault.Conflict, fault.IdempotencyKeyReused, err)
	}
	return fault.Wrap(fault.Unavailable, fault.PaymentProviderUnavailable, err)
}

// Verify proves a notice by its signature; now is the platform's clock. Codes: webhook_signature_invalid (nothing may be done),
// invalid_request (signed, yet no notice).
func (c *Client) Verify(payload []byte, signature string, now time.Time) (Notice, error) {
	bad := func(why string) (Notice, error) {
		return Notice{}, fault.Wrap(fault.Invalid, fault.WebhookSignatureInvalid, errors.New(why))
	}
	stamp, rest, found := strings.Cut(strings.TrimPrefix(signature, "t="), ",v1=")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if !found || err != nil {
		return bad("the signature is no signature")
	}
	mac, err := hex.DecodeString(rest)
	if err != nil || !hmac.Equal(mac, Sign(c.cfg.Secret, seconds, payload)) {
		return bad("the signature is another")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > c.cfg.Tolerance || age < -c.cfg.Tolerance {
		return bad("the signature is too old")
	}
	var n Notice
	if err := json.Unmarshal(payload, &n); err != nil || n.ID == "" || len(n.ID) > 100 {
		return Notice{}, fault.Wrap(fault.Invalid, fault.InvalidRequest, errors.New("no notice"))
	}
	return n, nil
}

// Sign is the signature of a body at an instant in Unix seconds.
func Sign(secret string, seconds int64, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.", seconds) // a hash takes everything
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}
