package api

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// servePlan puts on record who received a plan (F4o, CPI 509).
func (a *API) servePlan(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("distribution")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Receipts []casefund.Receipt `json:"receipts"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.CaseFund.Serve(ctx, actor(c.Visitor.Identity), id, in.Receipts); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "served"})
}

// objectToPlan records a written objection to a plan (F4o, CPI 509).
func (a *API) objectToPlan(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("distribution")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		By       *uuid.UUID `json:"by"`
		Claim    uuid.UUID  `json:"claim"`
		AskedFen money.Fen  `json:"asked_fen"`
		Text     string     `json:"text"`
		LodgedAt time.Time  `json:"lodged_at"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	objection, err := a.CaseFund.Object(ctx, actor(c.Visitor.Identity), casefund.Objecting{
		Plan: id, By: in.By, Claim: in.Claim, Asked: in.AskedFen, Text: in.Text, LodgedAt: in.LodgedAt,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: objection})
}

// contestPlan records a step of an objection (CPI 510).
func (a *API) contestPlan(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("objection")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Step      distribution.Contest `json:"step"`
		Who       *uuid.UUID           `json:"who"`
		At        time.Time            `json:"at"`
		Number    string               `json:"number"`
		JudgedFen money.Fen            `json:"judged_fen"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.CaseFund.Contest(ctx, actor(c.Visitor.Identity), casefund.Contest{
		Objection: id, Step: in.Step, Who: in.Who, At: in.At, Number: in.Number, Judged: in.JudgedFen,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(in.Step)})
}

// revisePlan makes a plan as its objections leave it (CPI 510).
func (a *API) revisePlan(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("distribution")
	if err != nil {
		return Answer{}, err
	}
	revised, err := a.CaseFund.Revise(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: revised})
}

// voteOnPlan is a judge's vote on who is paid beside the applicant (F3).
func (a *API) voteOnPlan(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("distribution")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Approve bool   `json:"approve"`
		Opinion string `json:"opinion"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.CaseFund.Vote(ctx, actor(c.Visitor.Identity), casefund.Ballot{Plan: id, Approve: in.Approve, Opinion: in.Opinion}); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "voted"})
}

// approvePlan lets a plan be paid; another person than who made it (F5).
func (a *API) approvePlan(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("distribution")
	if err != nil {
		return Answer{}, err
	}
	var in late
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.CaseFund.Approve(ctx, actor(c.Visitor.Identity), id, in.given()); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "approved"})
}

// payee says where somebody's money goes (F3).
func (a *API) payee(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("case")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Claim *uuid.UUID `json:"claim"`
		casefund.Account
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.CaseFund.Payee(ctx, actor(c.Visitor.Identity), id, in.Claim, in.Account); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "recorded"})
}

// payees are read by the court's finance.
func (a *API) payees(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("case")
	if err != nil {
		return Answer{}, err
	}
	list, err := a.CaseFund.Payees(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []casefund.PayeeAccount `json:"items"`
	}{list})
}

// releasePayouts makes a file of transfers for the court's bank; another person than who recorded the accounts (F5).
func (a *API) releasePayouts(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("case")
	if err != nil {
		return Answer{}, err
	}
	file, err := a.CaseFund.Release(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: file, Case: id.String()})
}

// payoutFile is a file of transfers, as JSON, CSV or pain.001.
func (a *API) payoutFile(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("file")
	if err != nil {
		return Answer{}, err
	}
	f, err := a.CaseFund.FileOf(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return Answer{}, err
	}
	var file bytes.Buffer
	switch c.Query.Get("format") {
	case "csv":
		err = f.CSV(&file)
		return download(file.Bytes(), "text/csv; charset=utf-8; header=present", f.Name("csv")), err
	case "pain001":
		err = f.Pain001(&file)
		return download(file.Bytes(), "application/xml", f.Name("pain001.xml")), err
	}
	return ok(f)
}

// settlePayout puts on record what the bank's statement says of a payout.
func (a *API) settlePayout(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("payout")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Event         casefund.PayoutEvent `json:"event"`
		BankReference string               `json:"bank_reference"`
		Reason        docket.Text          `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.CaseFund.Settle(ctx, actor(c.Visitor.Identity), casefund.Result{Payout: id, Event: in.Event, BankReference: in.BankReference, Reason: in.Reason})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(in.Event)})
}
