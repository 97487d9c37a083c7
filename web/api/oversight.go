package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// trail is a case's process trail: what is public for everybody, whole for the inspector and the court's judges (R3).
func (a *API) trail(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.publishedCase(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	var lot, after uuid.UUID
	for name, into := range map[string]*uuid.UUID{"lot": &lot, "cursor": &after} {
		text := c.Query.Get(name)
		if text == "" {
			continue
		}
		if *into, err = uuid.Parse(text); err != nil {
			return Answer{}, fault.New(fault.Invalid, fault.InvalidRequest).InField(name)
		}
	}
	limit := int(c.Int("limit", 100))
	list, err := a.Auction.Trail(ctx, actor(c.Visitor.Identity), id, lot, after, limit)
	if err != nil {
		return Answer{}, err
	}
	out := struct {
		Items      []trail.Line `json:"items"`
		NextCursor string       `json:"next_cursor"`
	}{Items: list}
	if len(list) == limit {
		out.NextCursor = list[len(list)-1].ID.String()
	}
	if out.Items == nil {
		out.Items = []trail.Line{}
	}
	return ok(out)
}

// oversight is what is overdue and what was done late, over all courts.
func (a *API) oversight(ctx context.Context, c *Call) (Answer, error) {
	got, err := a.Auction.Oversight(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return ok(got)
}
