package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction"
)

// receiver shows finance where its court's fund.* messages go, and what became of them.
func (a *API) receiver(ctx context.Context, c *Call) (Answer, error) {
	view, err := a.Webhooks.Of(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return ok(view)
}

// setWebhook sets the address and answers the secret, this once.
func (a *API) setWebhook(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		URL string `json:"url"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	secret, err := a.Webhooks.Set(ctx, actor(c.Visitor.Identity), in.URL)
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		URL    string `json:"url"`
		Secret string `json:"secret"`
	}{in.URL, secret})
}

// closeWebhook ends it.
func (a *API) closeWebhook(ctx context.Context, c *Call) (Answer, error) {
	if err := a.Webhooks.Close(ctx, actor(c.Visitor.Identity)); err != nil {
		return Answer{}, err
	}
	return nothing()
}

// testWebhook sends a message of type webhook.test.
func (a *API) testWebhook(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.Webhooks.Test(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "waiting"})
}

// redeliver sends a message again.
func (a *API) redeliver(ctx context.Context, c *Call) (Answer, error) {
	return onMessage(ctx, c, "waiting", a.Webhooks.Redeliver)
}

// skipMessage lets a message go, so that the queue goes on.
func (a *API) skipMessage(ctx context.Context, c *Call) (Answer, error) {
	return onMessage(ctx, c, "skipped", a.Webhooks.Skip)
}

func onMessage(ctx context.Context, c *Call, status string, act func(context.Context, auction.Actor, uuid.UUID) error) (Answer, error) {
	id, err := c.ID("message")
	if err != nil {
		return Answer{}, err
	}
	if err := act(ctx, actor(c.Visitor.Identity), id); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: status})
}
