package api

import (
	"context"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/statement"
)

// reviseAsset states a piece of property anew, as surveyed since.
func (a *API) reviseAsset(ctx context.Context, c *Call) (Answer, error) {
	asset, err := c.ID("asset")
	if err != nil {
		return Answer{}, err
	}
	var in docket.Asset
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Auction.ReviseAsset(ctx, actor(c.Visitor.Identity), auction.AssetRevision{Asset: asset, Document: in}); err != nil {
		return Answer{}, err
	}
	return ok(made{ID: asset, Asset: asset.String()})
}

// statements are the facts of an announcement, each with its source, day and surveyor.
func (a *API) statements(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Statements.Of(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(v)
}

// markStatements records what the buyer found true and false.
func (a *API) markStatements(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Marks []statement.Mark `json:"marks"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Statements.Mark(ctx, actor(c.Visitor.Identity), lot, in.Marks); err != nil {
		return Answer{}, err
	}
	v, err := a.Statements.Of(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

// accuracy is how often what courts and their surveyors stated was found true.
func (a *API) accuracy(ctx context.Context, _ *Call) (Answer, error) {
	list, err := a.Statements.Accuracy(ctx)
	if err != nil {
		return Answer{}, err
	}
	if list == nil {
		list = []statement.Accuracy{}
	}
	return ok(struct {
		Items []statement.Accuracy `json:"items"`
	}{list})
}
