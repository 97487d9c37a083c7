package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction/agency"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// requestAgency asks the court to confirm the caller as an agent for a lot (R14).
func (a *API) requestAgency(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	me := c.Visitor.Identity
	if err := a.allow(ctx, "enrol", me.ID.String(), a.Limits.EnrolPerAccount); err != nil {
		return Answer{}, err
	}
	var in struct {
		Principals []struct {
			Name    string `json:"name"`
			Number  string `json:"id_number"`
			ShareBP int    `json:"share_bp"`
			Agent   bool   `json:"is_agent"`
		} `json:"principals"`
		Proof string `json:"proof"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	r := agency.Request{Lot: lot, Proof: in.Proof}
	for _, p := range in.Principals {
		r.Principals = append(r.Principals, agency.Principal{Name: p.Name, Number: p.Number, ShareBP: p.ShareBP, Agent: p.Agent})
	}
	id, err := a.Agencies.Request(ctx, actor(me), r)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: lot.String(), Status: string(agency.Requested)})
}

func (a *API) myAgencies(ctx context.Context, c *Call) (Answer, error) {
	list, err := a.Agencies.Mine(ctx, c.Visitor.Identity.ID, uuid.Nil)
	if err != nil {
		return Answer{}, err
	}
	return ok(page[agency.View]{Items: list})
}

// courtAgencies are those that the court decides on before bidding starts.
func (a *API) courtAgencies(ctx context.Context, c *Call) (Answer, error) {
	q := agency.CourtQuery{Cursor: c.Query.Get("cursor"), Limit: int(c.Int("limit", agency.MaxLimit))}
	if text := c.Query.Get("lot"); text != "" {
		var err error
		if q.Lot, err = uuid.Parse(text); err != nil {
			return Answer{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("lot")
		}
	}
	list, next, err := a.Agencies.OfCourt(ctx, actor(c.Visitor.Identity), q, a.Clock.Now())
	if err != nil {
		return Answer{}, err
	}
	return ok(page[agency.View]{Items: list, NextCursor: next})
}

func (a *API) decideAgency(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("agency")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Confirmed bool        `json:"confirmed"`
		Reason    docket.Text `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Agencies.Decide(ctx, actor(c.Visitor.Identity), agency.Decision{Agency: id, Confirmed: in.Confirmed, Reason: in.Reason}); err != nil {
		return Answer{}, err
	}
	status := agency.Refused
	if in.Confirmed {
		status = agency.Confirmed
	}
	return created(made{ID: id, Status: string(status)})
}
