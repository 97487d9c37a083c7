package standin

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// tx is one change in the making: it hands out copies of rows, and nothing is
// seen until commit has written them as one line. s.mu is held throughout.
type tx struct {
	s   *Server
	at  time.Time
	now int64
	// of the request that causes the change; empty for payers and time
	requestID, key string
	// base is where a browser reaches the stand-in
	base string
	c    change
}

// begin is called with s.mu held.
func (s *Server) begin() *tx {
	at := s.now()
	return &tx{s: s, at: at, now: at.Unix(), base: s.cfg.PublicURL}
}

// commit writes the change, makes it seen, and hands its events to delivery.
func (t *tx) commit() error {
	if t.c.empty() {
		return nil
	}
	if t.s.broken != nil {
		return t.s.broken
	}
	if t.s.journal != nil {
		if err := t.s.journal.append(&t.c); err != nil {
			// What is in memory and what a restart finds would part ways.
			t.s.broken = err
			t.s.log.Error("payment stand-in stops: journal not written", "error", err.Error())
			return err
		}
	}
	t.s.state.apply(&t.c)
	for _, e := range t.c.Events {
		if e.Delivery == "pending" {
			t.s.deliver.enqueue(e)
		}
	}
	return nil
}

func edit[T any](made []*T, id func(*T) string, want string, row *T) (*T, []*T) {
	for _, r := range made {
		if id(r) == want {
			return r, made
		}
	}
	if row == nil {
		return nil, made
	}
	c := *row
	return &c, append(made, &c)
}

// session, intent, charge, refund, booking give a copy that the change will hold, nil
// when there is no such row.
func (t *tx) session(id string) (r *sessionRow) {
	r, t.c.Sessions = edit(t.c.Sessions, func(r *sessionRow) string { return r.ID }, id, t.s.state.sessions.rows[id])
	return r
}

func (t *tx) intent(id string) (r *intentRow) {
	r, t.c.Intents = edit(t.c.Intents, func(r *intentRow) string { return r.ID }, id, t.s.state.intents.rows[id])
	return r
}

func (t *tx) charge(id string) (r *chargeRow) {
	r, t.c.Charges = edit(t.c.Charges, func(r *chargeRow) string { return r.ID }, id, t.s.state.charges.rows[id])
	return r
}

func (t *tx) refund(id string) (r *refundRow) {
	r, t.c.Refunds = edit(t.c.Refunds, func(r *refundRow) string { return r.ID }, id, t.s.state.refunds.rows[id])
	return r
}

func (t *tx) booking(id string) (r *bookingRow) {
	r, t.c.Bookings = edit(t.c.Bookings, func(r *bookingRow) string { return r.ID }, id, t.s.state.bookings.rows[id])
	return r
}

// readers see the change's own rows first.
func (t *tx) readIntent(id string) *intentRow {
	for _, r := range t.c.Intents {
		if r.ID == id {
			return r
		}
	}
	return t.s.state.intents.rows[id]
}

func (t *tx) readCharge(id string) *chargeRow {
	for _, r := range t.c.Charges {
		if r.ID == id {
			return r
		}
	}
	return t.s.state.charges.rows[id]
}

// tell records an event about obj. previous holds the values that obj had
// before, by name, for *.updated events.
func (t *tx) tell(typ, lane string, object map[string]any, previous map[string]any) {
	e := &eventRow{
		ID: newID("evt_", 24), Type: typ, Created: t.now, Object: mustJSON(object),
		ObjectID: fmt.Sprint(object["id"]), RequestID: t.requestID, Key: t.key, Lane: lane,
	}
	if previous != nil {
		e.Previous = mustJSON(previous)
	}
	if t.s.wants(typ) {
		e.Delivery = "pending"
	}
	t.c.Events = append(t.c.Events, e)
}

func (s *Server) wants(typ string) bool {
	if s.cfg.WebhookURL == "" {
		return false
	}
	for _, w := range s.cfg.WebhookEvents {
		if w == typ || w == "*" {
			return true
		}
	}
	return false
}

// remember keeps the answer under the request's key, in the same line as what
// the request did.
func (t *tx) remember(fingerprint string, status int, body []byte) {
	t.c.Keys = append(t.c.Keys, &keyRow{
		Key: t.key, Fingerprint: fingerprint, Status: status, Body: json.RawMessage(body), RequestID: t.requestID, Created: t.now,
	})
}

// newID makes an id in Stripe's manner, with n random letters and digits.
func newID(prefix string, n int) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	for i := range b {
		// The slight bias of the remainder does not matter for an id.
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return prefix + string(b)
}
