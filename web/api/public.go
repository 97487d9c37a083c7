package api

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/web/problem"
)

// pageLimit is the length of a page when the query names none.
const pageLimit = 24

// List reads a query parameter that holds several values: a,b or twice.
func (c *Call) List(name string) []string {
	var out []string
	for _, v := range c.Query[name] {
		for one := range strings.SplitSeq(v, ",") {
			if one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

func (a *API) listLots(ctx context.Context, c *Call) (Answer, error) {
	result, err := a.Auction.Search(ctx, auction.Query{
		Text: c.Query.Get("q"), Categories: c.List("category"), Regions: c.List("region"), Courts: c.List("court"),
		Stages: c.List("stage"), Statuses: c.List("status"), Occupancies: c.List("occupancy"),
		PriceMin: money.Fen(c.Int("price_min_fen", 0)), PriceMax: money.Fen(c.Int("price_max_fen", 0)),
		Sort: auction.Sort(c.Query.Get("sort")), Cursor: c.Query.Get("cursor"), Limit: int(c.Int("limit", pageLimit)),
	}, a.Clock.Now())
	if err != nil {
		return Answer{}, err
	}
	return ok(result)
}

func (a *API) lot(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	lot, err := a.Auction.Lot(ctx, id, a.Clock.Now())
	if err != nil {
		return Answer{}, err
	}
	return ok(lot)
}

// lotBids pages through the accepted bids; the cursor is the last seq of the
// page before.
func (a *API) lotBids(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	after := c.Int("after_seq", 0)
	if cursor := c.Query.Get("cursor"); cursor != "" {
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil || after < 0 {
			return Answer{}, fault.New(fault.Invalid, problem.FieldInvalid).InField("cursor")
		}
	}
	limit := int(c.Int("limit", auction.MaxLimit))
	items, err := a.Auction.Bids(ctx, id, after, limit)
	if err != nil {
		return Answer{}, err
	}
	out := page[auction.BidView]{Items: items}
	if len(items) == limit {
		out.NextCursor = strconv.FormatInt(items[limit-1].Seq, 10)
	}
	return ok(out)
}

// events streams what happens on a lot.
func (a *API) events(_ context.Context, c *Call, w http.ResponseWriter, r *http.Request) error {
	id, err := c.ID("lot")
	if err != nil {
		return err
	}
	return a.Live.Serve(w, r, id)
}

// record writes every log entry of a lot. An error before the first byte is
// answered; after it the connection is cut, so that nobody takes a part for the whole.
func (a *API) record(ctx context.Context, c *Call, w http.ResponseWriter, _ *http.Request) error {
	id, err := c.ID("lot")
	if err != nil {
		return err
	}
	out := &lazy{w: w}
	if err := a.Auction.Record(ctx, id, out); err != nil {
		if out.begun {
			panic(http.ErrAbortHandler)
		}
		return err
	}
	out.begin()
	return nil
}

// lazy sends its headers with its first byte.
type lazy struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lazy) begin() {
	if l.begun {
		return
	}
	l.begun = true
	h := l.w.Header()
	maps.Copy(h, shared(fresh))
	h.Set("Content-Type", "application/x-ndjson")
	l.w.WriteHeader(http.StatusOK)
}

func (l *lazy) Write(b []byte) (int, error) {
	l.begin()
	return l.w.Write(b)
}

func (a *API) caseWhole(ctx context.Context, c *Call) (Answer, error) {
	d, err := a.Auction.CaseByKey(ctx, c.Params["case"], a.Clock.Now())
	if err != nil {
		return Answer{}, err
	}
	return ok(d)
}

func (a *API) fund(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	f, err := a.Payments.Fund(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return ok(f)
}
