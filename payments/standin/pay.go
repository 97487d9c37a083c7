package standin

import (
	"errors"
	"fmt"
	"slices"
)

// Outcome is what a payer does on the payment page.
type Outcome string

const (
	// Succeed pays.
	Succeed Outcome = "succeed"
	// Decline tries to pay and is refused by the bank; the page stays open.
	Decline Outcome = "decline"
	// Abandon goes back without trying; the page stays open.
	Abandon Outcome = "abandon"
)

// Payer is what a payer chooses; the zero value of Method is the first that the
// page offers, that of Refunds is RefundAtOnce (RefundLater off cards).
type Payer struct {
	Outcome Outcome
	Method  string // card, alipay, wechat_pay
	Refunds string // for cards: how a later refund will end
}

var (
	errNoSession = errors.New("standin: no such payment page")
	errNotOpen   = errors.New("standin: the payment page is not open")
	errChoice    = errors.New("standin: not a choice of the payment page")
)

// Pay does what a payer does on the page of a Checkout session.
func (s *Server) Pay(sessionID string, p Payer) error {
	_, err := s.pay(sessionID, p)
	return err
}

// pay returns the session as it is afterwards, also when it was not open.
func (s *Server) pay(id string, p Payer) (sessionRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.sessions.rows[id]
	if r == nil {
		return sessionRow{}, errNoSession
	}
	t := s.begin()
	if r.Status == "open" && r.Expires <= t.now {
		t.expire(id)
		if err := t.commit(); err != nil {
			return *r, err
		}
		r = s.state.sessions.rows[id]
	}
	if r.Status != "open" {
		return *r, errNotOpen
	}
	m, err := chosen(r, p)
	if err != nil || p.Outcome == Abandon {
		return *r, err
	}
	t = s.begin()
	c := t.session(id)
	t.payBy(c, m)
	if err := t.commit(); err != nil {
		return *r, err
	}
	return *c, nil
}

// chosen checks the payer's choices against what the page offers.
func chosen(r *sessionRow, p Payer) (method, error) {
	if p.Method == "" {
		p.Method = r.Methods[0]
	}
	m, ok := methodOf(p.Method)
	if !ok || !slices.Contains(r.Methods, p.Method) {
		return method{}, fmt.Errorf("%w: method %q", errChoice, p.Method)
	}
	if m.kind == "card" {
		m.id = newID("pm_1", 23)
		switch p.Refunds {
		case "":
		case RefundAtOnce, RefundLater, RefundFailsLater:
			m.refundsGo = p.Refunds
		default:
			return method{}, fmt.Errorf("%w: refunds %q", errChoice, p.Refunds)
		}
	}
	switch p.Outcome {
	case Succeed, Abandon:
	case Decline:
		m.declines = true
	default:
		return method{}, fmt.Errorf("%w: outcome %q", errChoice, p.Outcome)
	}
	return m, nil
}

// payBy makes the intent at the first try, as Stripe does since 2022-08-01, and
// tries it again after a decline.
func (t *tx) payBy(r *sessionRow, m method) {
	in := t.intent(r.IntentID)
	if in == nil {
		in = t.newIntent(r.Amount, r.CaptureMethod, r.Description, r.IntentMetadata, r.Methods)
		in.SessionID, r.IntentID = r.ID, in.ID
		t.tell("payment_intent.created", r.ID, t.intentObject(in, nil), nil)
	}
	t.attempt(in, m)
	if in.LastError != nil {
		return
	}
	r.Status, r.Paid = "complete", in.Status == "succeeded"
	t.tell("checkout.session.completed", r.ID, t.sessionObject(r, nil), nil)
}
