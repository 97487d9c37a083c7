package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/money"
)

// tellNoSurplus records that the applicant was told that the sale would leave nothing (R6s).
func (a *API) tellNoSurplus(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		PriorityFen money.Fen `json:"priority_fen"`
		CostsFen    money.Fen `json:"costs_fen"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.Auction.TellNoSurplus(ctx, actor(c.Visitor.Identity), auction.NoSurplus{Lot: lot, Priority: in.PriorityFen, Costs: in.CostsFen})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String()})
}

func (a *API) insist(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Proof string `json:"proof"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Auction.Insist(ctx, actor(c.Visitor.Identity), lot, in.Proof); err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String()})
}

// sellDirectly decides that a thing is sold without an auction (R31d).
func (a *API) sellDirectly(ctx context.Context, c *Call) (Answer, error) {
	caseID, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Asset         uuid.UUID             `json:"asset"`
		Ground        auction.DirectGround  `json:"ground"`
		ReferenceKind auction.ReferenceKind `json:"reference_kind"`
		ReferenceFen  money.Fen             `json:"reference_fen"`
		PriceFen      money.Fen             `json:"price_fen"`
		TriedAtValue  bool                  `json:"tried_at_value"`
		Reason        docket.Text           `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Auction.SellDirectly(ctx, actor(c.Visitor.Identity), auction.DirectSale{
		Case: caseID, Asset: in.Asset, Ground: in.Ground, ReferenceKind: in.ReferenceKind, Reference: in.ReferenceFen, Price: in.PriceFen,
		TriedAtValue: in.TriedAtValue, Reason: in.Reason,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Case: caseID.String(), Asset: in.Asset.String()})
}
