package api

import (
	"context"

	"mingchui/auction/docket"
	"mingchui/auction/drawing"
)

// listTakers lists the creditors of equal rank for a draw (R16d).
func (a *API) listTakers(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	id, err := a.Draws.ListTakers(ctx, actor(c.Visitor.Identity), lot)
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Draws.Get(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

// listFirms lists appraisal firms for a draw about a piece of property (R10p).
func (a *API) listFirms(ctx context.Context, c *Call) (Answer, error) {
	asset, err := c.ID("asset")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Firms  []docket.Text `json:"firms"`
		Reason docket.Text   `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Draws.ListFirms(ctx, actor(c.Visitor.Identity), drawing.Firms{Asset: asset, Names: in.Firms, Reason: in.Reason})
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Draws.Get(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

// draw is a draw with all that it takes to repeat it.
func (a *API) draw(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("draw")
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Draws.Get(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return ok(v)
}

// draws are those of a case, oldest first.
func (a *API) draws(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	list, err := a.Draws.OfCase(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []drawing.View `json:"items"`
	}{list})
}
