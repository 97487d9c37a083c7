package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/handover"
)

// handoverSteps is a lot's way to its buyer, for the court.
func (a *API) handoverSteps(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Handover.Steps(ctx, actor(c.Visitor.Identity), lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(v)
}

// settleStep settles one step: done, or skipped with its reason.
func (a *API) settleStep(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		late
		Step     handover.Step    `json:"step"`
		Skip     bool             `json:"skip"`
		Reason   docket.Text      `json:"reason"`
		Outcome  handover.Outcome `json:"outcome"`
		VacateBy time.Time        `json:"vacate_by"`
		Note     string           `json:"note"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	by := actor(c.Visitor.Identity)
	err = a.Handover.Settle(ctx, by, handover.Settlement{
		Lot: lot, Step: in.Step, Skip: in.Skip, Reason: in.Reason, Outcome: in.Outcome, VacateBy: in.VacateBy, Note: in.Note, Late: in.given(),
	})
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Handover.Steps(ctx, by, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

// offerCollection offers appointments at which goods can be fetched.
func (a *API) offerCollection(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		late
		Slots []handover.Slot `json:"slots"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	by := actor(c.Visitor.Identity)
	if err := a.Handover.Offer(ctx, by, lot, in.Slots, in.given()); err != nil {
		return Answer{}, err
	}
	v, err := a.Handover.Steps(ctx, by, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

// correctStep writes a correction beside a settled step.
func (a *API) correctStep(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Step handover.Step `json:"step"`
		Note string        `json:"note"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	by := actor(c.Visitor.Identity)
	if err := a.Handover.Correct(ctx, by, lot, in.Step, in.Note); err != nil {
		return Answer{}, err
	}
	v, err := a.Handover.Steps(ctx, by, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}

// collection is a bought lot's way to its buyer, for that buyer.
func (a *API) collection(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	v, err := a.Handover.Bought(ctx, c.Visitor.Identity.ID, lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(v)
}

// bookCollection takes an appointment for the buyer.
func (a *API) bookCollection(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Slot uuid.UUID `json:"slot"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Handover.Book(ctx, actor(c.Visitor.Identity), lot, in.Slot); err != nil {
		return Answer{}, err
	}
	v, err := a.Handover.Bought(ctx, c.Visitor.Identity.ID, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(v)
}
