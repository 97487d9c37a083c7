package api

import (
	"context"

	"mingchui/auction/money"
	"mingchui/payments"
)

// enterDifference notes a transfer to the court's account (R16d).
func (a *API) enterDifference(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		AmountFen     money.Fen `json:"amount_fen"`
		BankReference string    `json:"bank_reference"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Payments.EnterDifference(ctx, actor(c.Visitor.Identity), lot, in.AmountFen, in.BankReference)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: lot.String(), Status: "prepared"})
}

// decideTransfer is another person's word on it (F5).
func (a *API) decideTransfer(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("transfer")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Approve bool   `json:"approve"`
		Reason  string `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Payments.DecideTransfer(ctx, actor(c.Visitor.Identity), id, in.Approve, in.Reason); err != nil {
		return Answer{}, err
	}
	status := "refused"
	if in.Approve {
		status = "approved"
	}
	return created(made{ID: id, Status: status})
}

func (a *API) differences(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	list, err := a.Payments.TransfersOf(ctx, actor(c.Visitor.Identity), lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []payments.TransferIn `json:"items"`
	}{list})
}
