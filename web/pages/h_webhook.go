package pages

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/payments/webhook"
)

const webhookPath = "/funds/webhook"

// WebhookView is where a court's finance system is told of its money, for finance.
type WebhookView struct {
	Said    string
	Refused Errors
	// Secret is shown this once.
	Secret string
	// Facts are the receiver's; none where none was set.
	Facts []Pair
	// Stopped says why nothing is sent.
	Stopped  string
	Failed   []BookRow
	Set      ActForm
	Acts     []ActForm
	Messages []BookRow
}

// webhook is finance's page.
func (s *Site) webhook(r *Request) error {
	v, err := s.webhookView(r)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("webhook.said_" + done) {
		v.Said = r.P.T("webhook.said_" + done)
	}
	return r.show(http.StatusOK, WebhookPage(r.P, v))
}

func (s *Site) webhookView(r *Request) (WebhookView, error) {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("webhook.heading"), "funds", true
	got, err := s.Webhooks.Of(r.Context(), r.actor())
	if err != nil {
		return WebhookView{}, err
	}
	return p.webhookOf(got), nil
}

func (p *Page) webhookOf(got webhook.View) WebhookView {
	v := WebhookView{Set: ActForm{
		ID: "set", Title: p.T("webhook.set"), Note: p.T("webhook.set_note"), Action: webhookPath, Main: got.Receiver == nil,
		Fields:  prefixed("set", []Field{{Name: "url", Label: p.T("webhook.url"), Kind: "url", Auto: "off", Required: true, Max: 500}}),
		Buttons: []Option{{"set", p.T("webhook.go_set")}},
	}}
	rc := got.Receiver
	if rc == nil {
		return v
	}
	v.Facts = []Pair{
		{p.T("webhook.url"), rc.URL},
		{p.T("webhook.state"), p.T("webhook.state_" + string(rc.State))},
		{p.T("webhook.since"), p.W.Minute(rc.SetAt)},
		{p.T("webhook.sequence"), strconv.FormatInt(rc.Sequence, 10)},
		{p.T("webhook.waiting"), strconv.Itoa(got.Waiting)},
	}
	if rc.State == webhook.Stopped {
		v.Stopped = p.T("webhook.ground_" + string(rc.Ground))
	}
	if rc.State == webhook.Open {
		v.Acts = append(v.Acts, p.plainForm("test", webhookPath+"/test"))
	}
	if rc.State != webhook.Closed {
		v.Acts = append(v.Acts, p.plainForm("closing", webhookPath+"/closing"))
	}
	if got.Failed != nil {
		v.Failed = []BookRow{p.messageRow(got.Failed, rc.State)}
	}
	for i := range got.Messages {
		if m := &got.Messages[i]; m.State != webhook.Failed {
			v.Messages = append(v.Messages, p.messageRow(m, rc.State))
		}
	}
	return v
}

func (p *Page) plainForm(act, action string) ActForm {
	return ActForm{ID: act, Title: p.T("webhook." + act), Note: p.T("webhook." + act + "_note"), Action: action, Buttons: []Option{{act, p.T("webhook.go_" + act)}}}
}

// messageRow makes a message ready, with what finance may do with it in this state of the receiver.
func (p *Page) messageRow(m *webhook.Message, rc webhook.ReceiverState) BookRow {
	row := BookRow{ID: "m" + m.ID.String(), Title: p.T("webhook.message", "n", strconv.FormatInt(m.Sequence, 10), "type", m.Subject)}
	row.Facts = []Pair{{p.T("webhook.state"), p.T("webhook.message_" + string(m.State))}, {p.T("webhook.told"), p.W.Minute(m.ToldAt)}}
	if m.Outcome != "" {
		last := p.T("webhook.outcome_" + string(m.Outcome))
		if m.Status != nil {
			last = p.T("webhook.answer", "status", strconv.Itoa(*m.Status))
		}
		row.Facts = append(row.Facts, Pair{p.T("webhook.last"), last})
	}
	if m.Attempts > 0 {
		row.Facts = append(row.Facts, Pair{p.T("webhook.attempts"), strconv.Itoa(m.Attempts)})
	}
	if m.TriedAt != nil {
		row.Facts = append(row.Facts, Pair{p.T("webhook.tried"), p.W.Minute(*m.TriedAt)})
	}
	if m.NextAt != nil && m.Attempts > 0 {
		row.Facts = append(row.Facts, Pair{p.T("webhook.next"), p.W.Minute(*m.NextAt)})
	}
	if rc == webhook.Closed || rc == webhook.Stopped && m.State != webhook.Failed {
		return row
	}
	offer := func(e webhook.Event, act string) {
		if _, err := webhook.Next(m.State, e); err != nil {
			return
		}
		row.Forms = append(row.Forms, ActForm{
			ID: act + m.ID.String()[24:], Title: p.T("webhook." + act), Note: p.T("webhook." + act + "_note"),
			Action: webhookPath + "/messages/" + m.ID.String() + "/" + act, Buttons: []Option{{act, p.T("webhook.go_" + act)}},
		})
	}
	offer(webhook.Again, "redelivery")
	if m.State != webhook.Waiting || m.Attempts > 0 {
		offer(webhook.LetGo, "skipping")
	}
	return row
}

// setWebhook answers with the page itself: the secret is on it, and in no address and no session.
func (s *Site) setWebhook(r *Request) error {
	if err := r.form(); err != nil {
		return err
	}
	secret, refused := s.Webhooks.Set(r.Context(), r.actor(), r.PostForm.Get("url"))
	if refused != nil {
		return s.webhookRefused(r, refused)
	}
	v, err := s.webhookView(r)
	if err != nil {
		return err
	}
	v.Secret = secret
	return r.showOnce(WebhookPage(r.P, v))
}

func (s *Site) closeWebhook(r *Request) error {
	return s.onWebhook(r, "closing", func() error { return s.Webhooks.Close(r.Context(), r.actor()) })
}

func (s *Site) testWebhook(r *Request) error {
	return s.onWebhook(r, "test", func() error {
		_, err := s.Webhooks.Test(r.Context(), r.actor())
		return err
	})
}

func (s *Site) redeliver(r *Request) error {
	return s.onMessage(r, "redelivery", func(id uuid.UUID) error { return s.Webhooks.Redeliver(r.Context(), r.actor(), id) })
}

func (s *Site) skipMessage(r *Request) error {
	return s.onMessage(r, "skipping", func(id uuid.UUID) error { return s.Webhooks.Skip(r.Context(), r.actor(), id) })
}

func (s *Site) onMessage(r *Request, act string, f func(uuid.UUID) error) error {
	id, err := uuid.Parse(r.Params["message"])
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	return s.onWebhook(r, act, func() error { return f(id) })
}

// onWebhook does an act and shows the page again, with what was said or why it was refused.
func (s *Site) onWebhook(r *Request, act string, f func() error) error {
	if err := r.form(); err != nil {
		return err
	}
	if refused := f(); refused != nil {
		return s.webhookRefused(r, refused)
	}
	return r.seeOther(webhookPath + "?done=" + act)
}

func (s *Site) webhookRefused(r *Request, refused error) error {
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.webhookView(r)
	if err != nil {
		return err
	}
	v.Refused = ErrorsOf(r.P.W, refused)
	return r.show(status, WebhookPage(r.P, v))
}
