package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/objection"
)

// lodge puts an objection on record (R31).
func (a *API) lodge(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Capacity objection.Capacity `json:"capacity"`
		Kind     objection.Kind     `json:"kind"`
		Ground   objection.Ground   `json:"ground"`
		Text     string             `json:"text"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Objections.Lodge(ctx, actor(c.Visitor.Identity), objection.Lodging{Lot: lot, Capacity: in.Capacity, Kind: in.Kind, Ground: in.Ground, Text: in.Text})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: lot.String(), Status: string(objection.Lodged)})
}

func (a *API) withdrawObjection(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("objection")
	if err != nil {
		return Answer{}, err
	}
	if err := a.Objections.Withdraw(ctx, actor(c.Visitor.Identity), id); err != nil {
		return Answer{}, err
	}
	return nothing()
}

// objections are a published lot's, as everybody sees them.
func (a *API) objections(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	if _, err := a.Auction.Lot(ctx, lot, a.Clock.Now()); err != nil {
		return Answer{}, err // a draft is nobody's to see
	}
	list, err := a.Objections.OfLot(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []objection.View `json:"items"`
	}{list})
}

func (a *API) myObjections(ctx context.Context, c *Call) (Answer, error) {
	list, err := a.Objections.Mine(ctx, c.Visitor.Identity.ID)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []objection.Full `json:"items"`
	}{list})
}

func (a *API) courtObjections(ctx context.Context, c *Call) (Answer, error) {
	court := c.Visitor.Identity.CourtID
	if court == uuid.Nil {
		return Answer{}, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	list, err := a.Objections.OfCourt(ctx, court)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Items []objection.Full `json:"items"`
	}{list})
}

// acceptObjection takes a third person's claim under review: the lot stands still (OJA 36).
func (a *API) acceptObjection(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("objection")
	if err != nil {
		return Answer{}, err
	}
	if err := a.Objections.Accept(ctx, actor(c.Visitor.Identity), id); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: string(objection.UnderReview)})
}

func (a *API) decideObjection(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("objection")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Founded bool        `json:"founded"`
		Reason  docket.Text `json:"reason"`
		late
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.Objections.Decide(ctx, actor(c.Visitor.Identity), objection.Decision{Objection: id, Founded: in.Founded, Reason: in.Reason, Late: in.given()})
	if err != nil {
		return Answer{}, err
	}
	status := objection.Unfounded
	if in.Founded {
		status = objection.Founded
	}
	return created(made{ID: id, Status: string(status)})
}

// setAside carries out the court's ruling that a sale does not stand (R31).
func (a *API) setAside(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Objection *uuid.UUID       `json:"objection"`
		Order     docket.Text      `json:"order"`
		Ground    objection.Ground `json:"ground"`
		SoldAgain bool             `json:"sold_again"`
		Reason    docket.Text      `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	r := objection.SettingAside{Lot: lot, Order: in.Order, Ground: in.Ground, Again: in.SoldAgain, Reason: in.Reason}
	if in.Objection != nil {
		r.Objection = *in.Objection
	}
	if _, err := a.Objections.SetAside(ctx, actor(c.Visitor.Identity), r); err != nil {
		return Answer{}, err
	}
	v, err := a.Objections.SettingAsideOf(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

func (a *API) settingAside(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Objections.SettingAsideOf(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(v)
}
