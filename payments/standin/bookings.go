package standin

import (
	"errors"
	"fmt"
	"maps"
)

// availableAfter is how long money is pending before it can be paid out; Stripe
// takes two days or more (docs.stripe.com/payouts#payout-speed).
const availableAfter = 2 * 24 * 3600

// bookingOf is the balance transaction of a charge or a refund, failureBookingOf
// that of a refund which came back.
func bookingOf(source string) string        { return "txn_" + source[3:] }
func failureBookingOf(source string) string { return "txn_f" + source[3:] }

func (t *tx) bookCharge(c *chargeRow) {
	t.book(&bookingRow{ID: bookingOf(c.ID), Type: "charge", Source: c.ID, Amount: c.Captured, Fee: c.Captured * t.s.faults.feePerMille() / 1000})
}

// bookRefund books at the making, as Stripe does, also while the refund is pending.
func (t *tx) bookRefund(r *refundRow) {
	t.book(&bookingRow{ID: bookingOf(r.ID), Type: "refund", Source: r.ID, Amount: -r.Amount})
}

func (t *tx) bookRefundFailure(r *refundRow) {
	t.book(&bookingRow{ID: failureBookingOf(r.ID), Type: "refund_failure", Source: r.ID, Amount: r.Amount})
}

func (t *tx) book(b *bookingRow) {
	b.Currency, b.Created = "cny", t.now
	t.c.Bookings = append(t.c.Bookings, b)
}

// bookWhatIsNot books what a journal of before there were bookings holds.
func (st *state) bookWhatIsNot() {
	put := func(b *bookingRow) {
		if _, known := st.bookings.rows[b.ID]; !known {
			b.Currency = "cny"
			st.bookings.put(b.ID, b)
		}
	}
	for _, c := range st.charges.all() {
		if c.IsCaptured {
			put(&bookingRow{ID: bookingOf(c.ID), Type: "charge", Source: c.ID, Amount: c.Captured, Created: c.Created})
		}
	}
	for _, r := range st.refunds.all() {
		put(&bookingRow{ID: bookingOf(r.ID), Type: "refund", Source: r.ID, Amount: -r.Amount, Created: r.Created})
		if r.Status == "failed" {
			put(&bookingRow{ID: failureBookingOf(r.ID), Type: "refund_failure", Source: r.ID, Amount: r.Amount, Created: r.Created})
		}
	}
}

// sourceObject is the charge or refund that a booking rests on.
func (t *tx) sourceObject(b *bookingRow, x expand) any {
	if !x["source"] {
		return b.Source
	}
	if c := t.readCharge(b.Source); c != nil {
		return t.chargeObject(c)
	}
	if r := t.s.state.refunds.rows[b.Source]; r != nil {
		return t.refundObject(r, x.below("source"))
	}
	return b.Source
}

func (t *tx) bookingObject(b *bookingRow, x expand) obj {
	status, fees := "pending", []any{}
	if t.now-b.Created >= availableAfter {
		status = "available"
	}
	if b.Fee != 0 {
		fees = append(fees, obj{"amount": b.Fee, "application": nil, "currency": b.Currency, "description": "Stripe processing fees", "type": "stripe_fee"})
	}
	return obj{
		"id": b.ID, "object": "balance_transaction", "amount": b.Amount, "available_on": b.Created + availableAfter, "created": b.Created,
		"currency": b.Currency, "description": nil, "exchange_rate": nil, "fee": b.Fee, "fee_details": fees, "net": b.Amount - b.Fee,
		"reporting_category": b.Type, "source": t.sourceObject(b, x), "status": status, "type": b.Type,
	}
}

func getBooking(t *tx, id string, f form) (obj, *apiError) {
	b := t.s.state.bookings.rows[id]
	if b == nil || b.Dropped {
		return nil, missing("balance_transaction", id, "id")
	}
	return t.bookingObject(b, expandOf(f, "")), nil
}

func listBookings(t *tx, _ string, f form) (obj, *apiError) {
	return list(f, "/v1/balance_transactions", t.s.state.bookings.all(), func(b *bookingRow) string { return b.ID }, func(b *bookingRow) bool {
		return !b.Dropped && within(f, b.Created) && like(f, "source", b.Source) && like(f, "type", b.Type) && like(f, "currency", b.Currency)
	}, func(b *bookingRow) obj { return t.bookingObject(b, expandOf(f, "data.")) })
}

// PlantPayment makes a payment that no checkout asked for: money that the
// merchant knows nothing of. It returns its intent.
func (s *Server) PlantPayment(amount int64, meta map[string]string) (string, error) {
	if amount <= 0 || amount > s.cfg.MaxAmountFen {
		return "", fmt.Errorf("standin: no payment of %d", amount)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := methodOf("card")
	if !ok {
		return "", errChoice
	}
	m.id = newID("pm_1", 23)
	t := s.begin()
	in := t.newIntent(amount, "automatic", "", maps.Clone(meta), nil)
	t.attempt(in, m)
	return in.ID, t.commit()
}

// Misbooking is what the provider's list gets wrong about one source.
type Misbooking struct {
	// Source is the charge or refund (ch_…, re_…); a payment's intent stands for its charge.
	Source string `json:"source"`
	// Action: alter (to Amount and Currency, where given), drop, restore (undoes both), double.
	Action   string `json:"action"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

var errNoBooking = errors.New("standin: no such booking")

// Misbook plants a wrong balance transaction, and takes it back with restore.
// It returns the transaction that it is about.
func (s *Server) Misbook(m Misbooking) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := m.Source
	if in := s.state.intents.rows[source]; in != nil {
		source = in.ChargeID
	}
	if len(source) < 4 || s.state.bookings.rows[bookingOf(source)] == nil {
		return "", errNoBooking
	}
	t := s.begin()
	id := bookingOf(source)
	switch m.Action {
	case "alter":
		b := t.booking(id)
		if m.Amount != 0 {
			b.Amount = m.Amount
		}
		if m.Currency != "" {
			b.Currency = m.Currency
		}
	case "drop":
		t.booking(id).Dropped = true
	case "restore":
		b := t.booking(id)
		b.Dropped, b.Currency = false, "cny"
		if c := s.state.charges.rows[source]; c != nil {
			b.Amount = c.Captured
		} else if r := s.state.refunds.rows[source]; r != nil {
			b.Amount = -r.Amount
		}
	case "double":
		b := *s.state.bookings.rows[id]
		b.ID = newID("txn_3", 23)
		t.c.Bookings = append(t.c.Bookings, &b)
		id = b.ID
	default:
		return "", fmt.Errorf("standin: a booking cannot be made to %q", m.Action)
	}
	return id, t.commit()
}
