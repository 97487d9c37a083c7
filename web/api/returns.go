package api

import (
	"context"

	"mingchui/auction/money"
	"mingchui/payments"
)

// returns is finance's list of what goes back by the court's own transfer (R23, R31).
func (a *API) returns(ctx context.Context, c *Call) (Answer, error) {
	list, err := a.Payments.Returns(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []payments.Return `json:"items"`
	}{list})
}

// enterReturn notes the transfer that gives it back.
func (a *API) enterReturn(ctx context.Context, c *Call) (Answer, error) {
	of, err := c.ID("return")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		AmountFen     money.Fen `json:"amount_fen"`
		BankReference string    `json:"bank_reference"`
		Payee         string    `json:"payee"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Payments.EnterReturn(ctx, actor(c.Visitor.Identity), of, payments.TransferOut{AmountFen: in.AmountFen, BankReference: in.BankReference, Payee: in.Payee})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(payments.Prepared)})
}

// decideReturn is another person's word on it (F5).
func (a *API) decideReturn(ctx context.Context, c *Call) (Answer, error) {
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
	if err := a.Payments.DecideReturn(ctx, actor(c.Visitor.Identity), id, in.Approve, in.Reason); err != nil {
		return Answer{}, err
	}
	status := payments.RefusedEntry
	if in.Approve {
		status = payments.Approved
	}
	return created(made{ID: id, Status: string(status)})
}

// withdrawReturn takes an entry back, by who made it.
func (a *API) withdrawReturn(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("transfer")
	if err != nil {
		return Answer{}, err
	}
	if err := a.Payments.WithdrawReturn(ctx, actor(c.Visitor.Identity), id); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(payments.WithdrawnEntry)})
}
