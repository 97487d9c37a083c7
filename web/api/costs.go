package api

import (
	"context"

	"mingchui/auction"
	"mingchui/auction/money"
)

// recordCosts puts on record what a sale cost and what else the debtor owes on its property (R24).
func (a *API) recordCosts(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		CostsFen   money.Fen `json:"costs_fen"`
		RelatedFen money.Fen `json:"related_debts_fen"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.Auction.RecordCosts(ctx, actor(c.Visitor.Identity), auction.SaleCosts{Lot: lot, Costs: in.CostsFen, Related: in.RelatedFen})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String()})
}

// costs are public, and so is what a defaulter's deposit was used for.
func (a *API) costs(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	list, err := a.Payments.CostsOf(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(list)
}
