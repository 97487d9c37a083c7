package api

import (
	"context"

	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// lodgeClaim records a creditor's claim on a case's money (F4, CPI 507).
func (a *API) lodgeClaim(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("case")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Kind       distribution.Kind   `json:"kind"`
		Creditor   docket.Text         `json:"creditor"`
		Instrument string              `json:"instrument"`
		AmountFen  money.Fen           `json:"amount_fen"`
		Securities []casefund.Security `json:"securities"`
		Seized     int                 `json:"seized"`
		Applicant  bool                `json:"applicant"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	claim, err := a.CaseFund.Lodge(ctx, actor(c.Visitor.Identity), casefund.Lodging{
		Case: id, Kind: in.Kind, Creditor: in.Creditor, Instrument: in.Instrument, Amount: in.AmountFen, Securities: in.Securities, Seized: in.Seized, Applicant: in.Applicant,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: claim, Case: id.String()})
}

// withdrawClaim takes a claim back, with a reason.
func (a *API) withdrawClaim(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("claim")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Reason docket.Text `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.CaseFund.Withdraw(ctx, actor(c.Visitor.Identity), id, in.Reason); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "withdrawn"})
}

// claims are read by the case's court.
func (a *API) claims(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("case")
	if err != nil {
		return Answer{}, err
	}
	list, err := a.CaseFund.Claims(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []casefund.Claim `json:"items"`
	}{list})
}

// divide makes a plan of what the case's sales brought (F4).
func (a *API) divide(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("case")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Order          distribution.Order `json:"order"`
		EnforcementFen money.Fen          `json:"enforcement_costs_fen"`
		SoleHomeFen    money.Fen          `json:"sole_home_fen"`
		LivingFen      money.Fen          `json:"living_fen"`
		Reason         docket.Text        `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	plan, err := a.CaseFund.Make(ctx, actor(c.Visitor.Identity), casefund.Proposal{
		Case: id, Order: in.Order, Enforcement: in.EnforcementFen, SoleHome: in.SoleHomeFen, Living: in.LivingFen, Reason: in.Reason,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: plan, Case: id.String()})
}

// distributions are a case's plans, public: claims by number.
func (a *API) distributions(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	list, err := a.CaseFund.Distributions(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []casefund.Made `json:"items"`
	}{list})
}
