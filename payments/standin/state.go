package standin

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// The rows below are what the journal holds. Instants are Unix seconds, as in
// the API; amounts are fen.

type sessionRow struct {
	ID, URL, Status  string // open, complete, expired
	Paid             bool
	Lines            []lineRow
	Amount           int64
	Metadata         map[string]string
	Reference        string
	SuccessURL       string
	CancelURL        string
	Locale           string
	Methods          []string
	CaptureMethod    string // automatic, manual
	Description      string // of the intent to come
	IntentMetadata   map[string]string
	IntentID         string // empty until the first try to pay
	Created, Expires int64
}

type lineRow struct {
	ID, Name, Description string
	UnitAmount, Quantity  int64
}

type intentRow struct {
	ID, SessionID, Secret string
	Status                string // Stripe's words
	Amount                int64
	Capturable, Received  int64
	CaptureMethod         string
	Description           string
	Metadata              map[string]string
	Methods               []string
	MethodID              string // pm_…, empty before confirmation
	ChargeID              string // the latest
	LastError             *declineRow
	CanceledAt            int64
	CancelReason          string
	Created               int64
}

type declineRow struct{ Code, DeclineCode, Message, ChargeID string }

type chargeRow struct {
	ID, IntentID     string
	Status           string // succeeded, failed
	Amount, Captured int64
	Refunded         int64 // sum of refunds that did not fail
	IsCaptured       bool
	Disputed         bool
	Decline          *declineRow
	Method           string // card, alipay, wechat_pay
	MethodID         string
	RefundsGo        string // how refunds to this method end: at_once, later, fail_later
	CaptureBefore    int64
	Description      string
	Metadata         map[string]string
	Created          int64
}

// released is what was held and let go without being captured; Stripe counts it
// as refunded on the charge.
func (c *chargeRow) released() int64 {
	if !c.IsCaptured {
		return 0
	}
	return c.Amount - c.Captured
}

type refundRow struct {
	ID, ChargeID, IntentID string
	Status                 string // pending, succeeded, failed
	Amount                 int64
	Reason                 string
	FailureReason          string
	Metadata               map[string]string
	Created                int64
	SettleAt               int64  // 0: settled
	SettleTo               string // succeeded, failed
}

// bookingRow is a balance transaction: what a charge, a refund or its failure
// did to the account. Gross; the fee is beside it.
type bookingRow struct {
	ID, Type, Source string // Type: charge, refund, refund_failure
	Amount, Fee      int64  // Amount is below zero for a refund
	Currency         string
	Created          int64
	// Dropped is a booking that a fault has taken out of every list.
	Dropped bool `json:",omitempty"`
}

type eventRow struct {
	ID, Type         string
	Created          int64
	Object           json.RawMessage
	Previous         json.RawMessage `json:",omitempty"`
	ObjectID         string
	RequestID        string
	Key              string // of the request that caused it
	Lane             string // events of one lane are sent in order
	Delivery         string // "", pending, delivered, given_up
	DeliveryAttempts int
}

type keyRow struct {
	Key         string
	Fingerprint string // of method, path and parameters
	Status      int
	Body        json.RawMessage
	RequestID   string
	Created     int64
}

// change is one line of the journal: the rows as they are after it.
type change struct {
	Sessions []*sessionRow `json:"sessions,omitempty"`
	Intents  []*intentRow  `json:"intents,omitempty"`
	Charges  []*chargeRow  `json:"charges,omitempty"`
	Refunds  []*refundRow  `json:"refunds,omitempty"`
	Bookings []*bookingRow `json:"bookings,omitempty"`
	Events   []*eventRow   `json:"events,omitempty"`
	Keys     []*keyRow     `json:"keys,omitempty"`
	// Delivered tells of events whose delivery ended; the row is not repeated.
	Delivered []deliveryMark `json:"delivered,omitempty"`
	// Offset is the clock's, as AdvanceClock left it.
	Offset *time.Duration `json:"offset,omitempty"`
}

type deliveryMark struct {
	ID, Delivery string
	Attempts     int
}

func (c *change) empty() bool {
	return len(c.Sessions)+len(c.Intents)+len(c.Charges)+len(c.Refunds)+len(c.Bookings)+len(c.Events)+len(c.Keys)+len(c.Delivered) == 0 && c.Offset == nil
}

// table keeps rows by id and in the order of their making.
type table[T any] struct {
	rows  map[string]*T
	order []string
}

func newTable[T any]() table[T] { return table[T]{rows: map[string]*T{}} }

func (t *table[T]) put(id string, row *T) {
	if _, known := t.rows[id]; !known {
		t.order = append(t.order, id)
	}
	t.rows[id] = row
}

func (t *table[T]) drop(gone func(*T) bool) {
	t.order = slices.DeleteFunc(t.order, func(id string) bool {
		if !gone(t.rows[id]) {
			return false
		}
		delete(t.rows, id)
		return true
	})
}

// all returns the rows, oldest first.
func (t *table[T]) all() []*T {
	out := make([]*T, len(t.order))
	for i, id := range t.order {
		out[i] = t.rows[id]
	}
	return out
}

type state struct {
	sessions table[sessionRow]
	intents  table[intentRow]
	charges  table[chargeRow]
	refunds  table[refundRow]
	bookings table[bookingRow]
	events   table[eventRow]
	keys     map[string]*keyRow
	busy     map[string]bool // keys of requests under way
	// refundsOf has the refunds of an intent, oldest first.
	refundsOf map[string][]string
	// open sessions, holds and unsettled refunds are what Sweep looks at.
	due map[string]bool
	// offset is added to Config.Now.
	offset time.Duration
}

func newState() *state {
	return &state{
		sessions: newTable[sessionRow](), intents: newTable[intentRow](), charges: newTable[chargeRow](),
		refunds: newTable[refundRow](), bookings: newTable[bookingRow](), events: newTable[eventRow](),
		keys: map[string]*keyRow{}, busy: map[string]bool{}, refundsOf: map[string][]string{}, due: map[string]bool{},
	}
}

// apply brings the state to after c; rows of c belong to the state from then on.
func (st *state) apply(c *change) {
	if c.Offset != nil {
		st.offset = *c.Offset
	}
	for _, r := range c.Sessions {
		st.sessions.put(r.ID, r)
		st.watch(r.ID, r.Status == "open")
	}
	for _, r := range c.Intents {
		st.intents.put(r.ID, r)
		st.watch(r.ID, r.Status == "requires_capture")
	}
	for _, r := range c.Charges {
		st.charges.put(r.ID, r)
	}
	for _, r := range c.Refunds {
		if _, known := st.refunds.rows[r.ID]; !known {
			st.refundsOf[r.IntentID] = append(st.refundsOf[r.IntentID], r.ID)
		}
		st.refunds.put(r.ID, r)
		st.watch(r.ID, r.SettleAt != 0)
	}
	for _, r := range c.Bookings {
		st.bookings.put(r.ID, r)
	}
	for _, r := range c.Events {
		st.events.put(r.ID, r)
	}
	for _, r := range c.Keys {
		st.keys[r.Key] = r
	}
	for _, m := range c.Delivered {
		if e, ok := st.events.rows[m.ID]; ok {
			e.Delivery, e.DeliveryAttempts = m.Delivery, m.Attempts
		}
	}
}

func (st *state) watch(id string, due bool) {
	if due {
		st.due[id] = true
	} else {
		delete(st.due, id)
	}
}

// forget drops the keys and events that Stripe would have dropped by now.
func (st *state) forget(now int64) {
	maps.DeleteFunc(st.keys, func(_ string, k *keyRow) bool { return now-k.Created > int64(keepKeys.Seconds()) })
	st.events.drop(func(e *eventRow) bool {
		return now-e.Created > int64(keepEvents.Seconds()) && e.Delivery != "pending"
	})
}

// snapshot is the whole state as changes of at most 500 rows.
func (st *state) snapshot() []change {
	out := []change{{Offset: &st.offset}}
	for rows := range slices.Chunk(st.sessions.all(), 500) {
		out = append(out, change{Sessions: rows})
	}
	for rows := range slices.Chunk(st.intents.all(), 500) {
		out = append(out, change{Intents: rows})
	}
	for rows := range slices.Chunk(st.charges.all(), 500) {
		out = append(out, change{Charges: rows})
	}
	for rows := range slices.Chunk(st.refunds.all(), 500) {
		out = append(out, change{Refunds: rows})
	}
	for rows := range slices.Chunk(st.bookings.all(), 500) {
		out = append(out, change{Bookings: rows})
	}
	for rows := range slices.Chunk(st.events.all(), 500) {
		out = append(out, change{Events: rows})
	}
	for rows := range slices.Chunk(slices.Collect(maps.Values(st.keys)), 500) {
		out = append(out, change{Keys: rows})
	}
	return out
}
