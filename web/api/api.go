package api

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
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
	"mingchui/payments/webhook"
	"mingchui/web/account"
	"mingchui/web/live"
	"mingchui/web/press"
)

const (
	defaultMaxBody = 64 << 10
	defaultTimeout = 15 * time.Second
)

// Limits bound what one caller may send. A zero one is its default.
type Limits struct {
	// EnrolPerAccount counts enrolments and tries at a passphrase: 60 a minute.
	EnrolPerAccount redis_rate.Limit
	// BidsPerCode counts bids of one bidder code on one node: 20 a second.
	BidsPerCode redis_rate.Limit
	// RefusalReceipts counts receipts of refusals for one address: 60 a minute.
	RefusalReceipts redis_rate.Limit
	// MaximaPerCode counts maxima that one bidder code sets and withdraws on one node: 12 a minute. They cost a bidder nothing, and
	// each stays on the record.
	MaximaPerCode redis_rate.Limit
}

// Config is what the API is made of. All but Limits, Press, SiteURL and Logger are required.
type Config struct {
	Pool     *pgxpool.Pool
	Redis    redis.UniversalClient
	Clock    clock.Clock
	Accounts *account.Service
	Auction  *auction.Service
	Handover *handover.Service
	// Statements are the facts of announcements.
	Statements *statement.Service
	Engine     *bidding.Engine
	Desk       *bidding.Desk
	Payments   *payments.Service
	Notices    *notice.Service
	// Agencies are R14's.
	Agencies *agency.Service
	// Objections are R31's.
	Objections *objection.Service
	// Draws are those between equals (R10p, R16d).
	Draws *drawing.Service
	// Prices are R10p's and R12e's.
	Prices *pricing.Desk
	// CaseFund is who claims a case's money, and the plans that divide it (F4).
	CaseFund *casefund.Service
	// Webhooks tell courts' finance systems.
	Webhooks *webhook.Service
	// Log is the transparency log.
	Log  *sequencer.Reader
	Live *live.Hub
	// Press prints papers; nil makes one.
	Press *press.Press
	// SiteURL is the public address, for what papers print; without a slash at its end.
	SiteURL string
	// Secure puts Secure on the bidding session's cookie.
	Secure bool
	Limits Limits
	Logger *slog.Logger
}

// API is the calls of the contract. Safe for concurrent use.
type API struct {
	Config
	contract *Contract
	keeper   *keeper
	limiter  *redis_rate.Limiter
	bids     *buckets
	maxima   *buckets
}

// New compiles the contract and makes the calls.
func New(c Config) (*API, error) {
	contract, err := LoadContract()
	if err != nil {
		return nil, fault.Internalf("api: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Press == nil {
		c.Press = press.New()
	}
	if c.Limits.EnrolPerAccount.IsZero() {
		c.Limits.EnrolPerAccount = redis_rate.PerMinute(60)
	}
	if c.Limits.BidsPerCode.IsZero() {
		c.Limits.BidsPerCode = redis_rate.PerSecond(20)
	}
	if c.Limits.RefusalReceipts.IsZero() {
		c.Limits.RefusalReceipts = redis_rate.PerMinute(60)
	}
	if c.Limits.MaximaPerCode.IsZero() {
		c.Limits.MaximaPerCode = redis_rate.PerMinute(12)
	}
	return &API{
		Config: c, contract: contract, keeper: &keeper{pool: c.Pool, clock: c.Clock, log: c.Logger},
		limiter: redis_rate.NewLimiter(c.Redis), bids: newBuckets(c.Limits.BidsPerCode), maxima: newBuckets(c.Limits.MaximaPerCode),
	}, nil
}

// Contract is the document that requests are checked against.
func (a *API) Contract() *Contract { return a.contract }

// Sweep forgets kept answers that are older than two days and returns how many.
func (a *API) Sweep(ctx context.Context) (int64, error) { return a.keeper.sweep(ctx) }

// Receipt is the engine's.
func (a *API) Receipt(ctx context.Context, id uuid.UUID) (audit.Receipt, error) {
	return a.Engine.Receipt(ctx, id)
}

// Do runs one call: reads its body, checks it against the document, gives the
// kept answer or makes one, and writes it. It returns an error only as long as
// nothing is written; the caller has found out who calls and that they may.
func (a *API) Do(w http.ResponseWriter, r *http.Request, rt *Route, params map[string]string, receivedAt time.Time) error {
	ctx := r.Context()
	c := &Call{Visitor: account.From(ctx), Query: query(r), Header: r.Header, Params: params, ReceivedAt: receivedAt}
	if r.Method != http.MethodGet {
		limit := rt.MaxBody
		if limit == 0 {
			limit = defaultMaxBody
		}
		var err error
		if c.Body, err = body(w, r, limit); err != nil {
			return unreadable(err)
		}
		// A body that its sender holds back is no delay of ours (R28o).
		c.ReceivedAt = a.Clock.Now()
	}
	if rt.Usual == nil || !rt.Usual(c) {
		if err := a.contract.Check(rt.Method, rt.Path, c.Query, r.Header, c.Body); err != nil {
			return err
		}
	}
	if rt.Stream != nil {
		return rt.Stream(ctx, c, w, r)
	}
	timeout := rt.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	key := r.Header.Get(idempotencyHeader)
	if !rt.Keeps || key == "" {
		answer, err := rt.Answer(ctx, c)
		if err != nil {
			return err
		}
		return a.send(w, answer)
	}
	out, err := a.keeper.around(ctx, scope{c.Visitor.Identity.ID, r.Method + " " + r.URL.Path, key}, c.Body, func() (sent, error) {
		answer, err := rt.Answer(ctx, c)
		if err != nil {
			return sent{}, err
		}
		// Cookies and the like go with the first answer alone.
		maps.Copy(w.Header(), answer.Header)
		return pack(answer)
	})
	if err != nil {
		return err
	}
	return put(w, out)
}

// body reads the whole body, at most limit bytes. A small one is read into what
// it said it needs; more memory than that is not taken at anybody's word.
func body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= min(limit, defaultMaxBody) {
		b := make([]byte, n)
		_, err := io.ReadFull(r.Body, b)
		return b, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

// query reads the query of a request that has one.
func query(r *http.Request) url.Values {
	if r.URL.RawQuery == "" {
		return nil
	}
	return r.URL.Query()
}

// unreadable tells a body that is too large from one that broke off.
func unreadable(err error) error {
	if strings.Contains(err.Error(), "too large") {
		return err // *http.MaxBytesError, which package problem knows
	}
	return fault.Wrap(fault.Invalid, fault.InvalidRequest, err)
}

// pack encodes an answer.
func pack(answer Answer) (sent, error) {
	out := sent{Status: answer.Status, ContentType: answer.ContentType, Bytes: answer.Bytes}
	if out.Bytes == nil && answer.Body != nil {
		b, err := encode(answer.Body)
		if err != nil {
			return sent{}, fault.Internalf("encode answer: %w", err)
		}
		out.Bytes, out.ContentType = b, "application/json"
	}
	return out, nil
}

func (a *API) send(w http.ResponseWriter, answer Answer) error {
	out, err := pack(answer)
	if err != nil {
		return err
	}
	maps.Copy(w.Header(), answer.Header)
	return put(w, out)
}

// put writes an answer; what is not said to be cacheable is not.
func put(w http.ResponseWriter, out sent) error {
	h := w.Header()
	if out.ContentType != "" {
		h.Set("Content-Type", out.ContentType)
	}
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(out.Status)
	_, err := w.Write(out.Bytes)
	return err
}
