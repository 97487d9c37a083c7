package api

import (
	"context"
	"slices"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

// instructions is how a bidder pays by a transfer to the court's account: the reference, what is missing, and the account.
func (a *API) instructions(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	d, err := a.Auction.Lot(ctx, lot, a.Clock.Now())
	if err != nil {
		return Answer{}, err
	}
	in, err := a.Payments.TransferInstructions(ctx, lot, c.Visitor.Identity.ID)
	if err != nil {
		return Answer{}, err
	}
	pay := d.Announcement.Payment
	if in.Custody == nil && !slices.Contains(pay.Methods, docket.PayTransfer) { // the announcement does not offer it (R13)
		return Answer{}, fault.New(fault.NotFound, fault.NotFoundCode).InField("lot").ByRule("R13")
	}
	return ok(struct {
		payments.Instructions

		Account docket.BankAccount `json:"account"`
	}{in, pay.Account})
}

// transfers is finance's list of what came to the court's account.
func (a *API) transfers(ctx context.Context, c *Call) (Answer, error) {
	list, err := a.Payments.Transfers(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []payments.Transfer `json:"items"`
	}{list})
}

// enterTransfer notes one that the bank's statement shows (R17, R25).
func (a *API) enterTransfer(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		AmountFen        money.Fen `json:"amount_fen"`
		BankReference    string    `json:"bank_reference"`
		Payer            string    `json:"payer"`
		PaymentReference string    `json:"payment_reference"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Payments.EnterTransfer(ctx, actor(c.Visitor.Identity), payments.Arrived{
		AmountFen: in.AmountFen, BankReference: in.BankReference, Payer: in.Payer, PaymentReference: in.PaymentReference,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(payments.Prepared)})
}

// withdrawTransfer takes an entry back, by who made it.
func (a *API) withdrawTransfer(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("transfer")
	if err != nil {
		return Answer{}, err
	}
	if err := a.Payments.WithdrawTransfer(ctx, actor(c.Visitor.Identity), id); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(payments.WithdrawnEntry)})
}
