package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/payments/webhook"
)

func webhookStories() []story {
	as := func(p *Page) {
		p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: RoleFinance}
		p.Title, p.Nav = p.T("webhook.heading"), "funds"
	}
	return []story{
		{"webhook", func(p *Page) templ.Component {
			as(p)
			return WebhookPage(p, p.webhookOf(sampleWebhook(p, webhook.Open)))
		}},
		{"webhook-none", func(p *Page) templ.Component {
			as(p)
			v := p.webhookOf(webhook.View{})
			v.Refused = ErrorsOf(p.W, fault.New(fault.Invalid, fault.WebhookURLRefused).InField("url"))
			return WebhookPage(p, v)
		}},
		{"webhook-set", func(p *Page) templ.Component {
			as(p)
			v := p.webhookOf(sampleWebhook(p, webhook.Open))
			v.Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
			return WebhookPage(p, v)
		}},
		{"webhook-stopped", func(p *Page) templ.Component {
			as(p)
			return WebhookPage(p, p.webhookOf(sampleWebhook(p, webhook.Stopped)))
		}},
		{"webhook-closed", func(p *Page) templ.Component {
			as(p)
			return WebhookPage(p, p.webhookOf(sampleWebhook(p, webhook.Closed)))
		}},
	}
}

// sampleWebhook has a message of each state that a receiver in this one can have.
func sampleWebhook(p *Page, state webhook.ReceiverState) webhook.View {
	tried, next, status, refused := p.Now.Add(-time.Minute), p.Now.Add(5*time.Minute), 204, 503
	one := func(n int64, id string, s webhook.State) webhook.Message {
		return webhook.Message{
			ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c06" + id), Sequence: n, Subject: "fund.posted", State: s, Attempts: 1,
			Outcome: webhook.Answered, Status: &status, ToldAt: tried, TriedAt: &tried,
		}
	}
	waiting, failed := one(4, "04", webhook.Waiting), one(3, "03", webhook.Failed)
	waiting.Attempts, waiting.Outcome, waiting.Status, waiting.NextAt = 2, webhook.TimedOut, nil, &next
	failed.Attempts, failed.Status = 13, &refused
	v := webhook.View{
		Receiver: &webhook.Receiver{URL: "https://finance.court.example/mingchui/fund?court=9902", State: state, Sequence: 4, SetAt: p.Now.Add(-72 * time.Hour)},
		Messages: []webhook.Message{one(2, "02", webhook.Skipped), one(1, "01", webhook.Delivered)},
	}
	if state == webhook.Stopped {
		v.Receiver.Ground, v.Failed, v.Waiting = webhook.Exhausted, &failed, 1
		v.Messages = append([]webhook.Message{waiting, failed}, v.Messages...)
	}
	if state == webhook.Open {
		v.Waiting = 1
		v.Messages = append([]webhook.Message{waiting}, v.Messages...)
	}
	return v
}
