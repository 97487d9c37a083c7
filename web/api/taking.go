package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/money"
)

// late is a superior's reason for an act after its time, as bodies carry it.
type late struct {
	LateReason docket.Text `json:"late_reason"`
	Superior   docket.Text `json:"superior"`
}

func (l late) given() auction.Late { return auction.Late{Superior: l.Superior, Reason: l.LateReason} }

// askCreditors records that the creditors were asked about taking an unsold property (R26s, R16d).
func (a *API) askCreditors(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		How docket.Text `json:"how"`
		late
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Auction.AskCreditors(ctx, actor(c.Visitor.Identity), auction.Asking{Lot: lot, How: in.How, Late: in.given()}); err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String(), Status: string(auction.Unsold)})
}

func (a *API) offerToTake(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Creditor docket.Text `json:"creditor"`
		Rank     int         `json:"rank"`
		ClaimFen money.Fen   `json:"claim_fen"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Auction.OfferToTake(ctx, actor(c.Visitor.Identity), auction.TakingOffer{Lot: lot, Creditor: in.Creditor, Rank: in.Rank, Claim: in.ClaimFen})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: lot.String()})
}

func (a *API) takeForDebt(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Offer uuid.UUID `json:"offer"`
		Draw  uuid.UUID `json:"draw"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	got, err := a.Auction.TakeForDebt(ctx, actor(c.Visitor.Identity), auction.Taking{Lot: lot, Offer: in.Offer, Draw: in.Draw})
	if err != nil {
		return Answer{}, err
	}
	return created(struct {
		ID            uuid.UUID     `json:"id"`
		Lot           uuid.UUID     `json:"lot"`
		Status        auction.State `json:"status"`
		PriceFen      money.Fen     `json:"price_fen"`
		DifferenceFen money.Fen     `json:"difference_fen"`
	}{lot, lot, auction.Taken, got.Price, got.Difference})
}

func (a *API) lapseTaking(ctx context.Context, c *Call) (Answer, error) {
	return a.courtAct(ctx, c, string(auction.Unsold), a.Auction.LapseTaking)
}

func (a *API) returnToDebtor(ctx context.Context, c *Call) (Answer, error) {
	return a.courtAct(ctx, c, string(auction.Returned), a.Auction.ReturnToDebtor)
}

// debtorAgrees records the debtor's consent that every lot of the case is sold (R14s).
func (a *API) debtorAgrees(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Proof string `json:"proof"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Auction.DebtorAgrees(ctx, actor(c.Visitor.Identity), id, in.Proof); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Case: id.String()})
}

// checkEligibility records whether the buyer of a house under purchase limits may own it (R17h), or has the approval that a change of equity takes (R12e).
func (a *API) checkEligibility(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Qualified bool        `json:"qualified"`
		Knew      bool        `json:"knew"`
		Proof     string      `json:"proof"`
		Reason    docket.Text `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.Auction.CheckEligibility(ctx, actor(c.Visitor.Identity), auction.Eligibility{Lot: lot, Qualified: in.Qualified, Knew: in.Knew, Proof: in.Proof, Reason: in.Reason})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String()})
}
