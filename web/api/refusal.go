package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/bidding"
	"mingchui/web/account"
)

// RefusalReceipt signs what the token of a refused bid says, within the limit of the caller's address; the pages' own way to
// the engine.
//
// Faults: rate_exceeded, refusal_token_invalid, service_unavailable.
func (a *API) RefusalReceipt(ctx context.Context, token string) (audit.RefusalReceipt, error) {
	if err := a.allow(ctx, "refusal-receipt", account.From(ctx).Address, a.Limits.RefusalReceipts); err != nil {
		return audit.RefusalReceipt{}, err
	}
	return a.Engine.RefusalReceipt(ctx, token)
}

// RefusedMinutes is the engine's.
func (a *API) RefusedMinutes(ctx context.Context, lot uuid.UUID, cursor string, limit int) ([]bidding.RefusedMinute, error) {
	return a.Engine.RefusedMinutes(ctx, lot, cursor, limit)
}

// refusalReceipt gives the receipt of a refused bid to whoever holds its token.
func (a *API) refusalReceipt(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	r, err := a.RefusalReceipt(ctx, in.Token)
	if err != nil {
		return Answer{}, err
	}
	b, err := r.JSON()
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Bytes: b, ContentType: "application/json"}, nil
}

// maxRefusals is the longest page of counts.
const maxRefusals = 100

// refusals pages through the counts of a lot's refused bids.
func (a *API) refusals(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	limit := int(c.Int("limit", maxRefusals))
	items, err := a.RefusedMinutes(ctx, id, c.Query.Get("cursor"), limit)
	if err != nil {
		return Answer{}, err
	}
	out := page[bidding.RefusedMinute]{Items: items}
	if len(items) == limit {
		out.NextCursor = items[limit-1].Cursor()
	}
	return ok(out)
}
