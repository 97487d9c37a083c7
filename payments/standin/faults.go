package standin

import (
	"context"
	"strings"
	"sync"
	"time"
)

// RequestAction is what goes wrong with an API request.
type RequestAction string

const (
	// FailBefore answers Status without doing anything.
	FailBefore RequestAction = "fail_before"
	// FailAfter does it, keeps the true answer under the key, and answers Status.
	FailAfter RequestAction = "fail_after"
	// FailStored does nothing, and keeps the error under the key as Stripe
	// keeps a 500: the same key gives it again.
	FailStored RequestAction = "fail_stored"
	// DropBefore breaks the connection without doing anything.
	DropBefore RequestAction = "drop_before"
	// DropAfter does it and breaks the connection without an answer.
	DropAfter RequestAction = "drop_after"
	// HangAfter does it and never answers: the caller times out.
	HangAfter RequestAction = "hang_after"
	// Slow answers after Delay.
	Slow RequestAction = "slow"
)

// RequestFault lets the next Times requests that match go wrong.
type RequestFault struct {
	Method string        `json:"method"` // empty: any
	Path   string        `json:"path"`   // /v1/refunds; ends in * for a prefix; empty: any under /v1/
	Action RequestAction `json:"action"`
	Status int           `json:"status"` // for Fail…; 0 means 500
	Code   string        `json:"code"`   // Stripe's code in the error; may be empty
	Delay  time.Duration `json:"delay"`  // for Slow, nanoseconds in JSON
	Times  int           `json:"times"`  // 0 means once
	After  int           `json:"after"`  // how many that match go well first
}

// WebhookAction is what goes wrong with a delivery.
type WebhookAction string

const (
	// Lose never sends it.
	Lose WebhookAction = "lose"
	// Double sends it twice.
	Double WebhookAction = "double"
	// Late sends it after Delay, out of order; Flush does not wait for it.
	Late WebhookAction = "late"
	// SwapWithNext sends it after the next event of the same session.
	SwapWithNext WebhookAction = "swap_with_next"
	// Hold keeps it until ReleaseWebhooks.
	Hold WebhookAction = "hold"
	// ForgedFirst sends a copy signed with another secret before the true one.
	ForgedFirst WebhookAction = "forged_first"
	// OtherVersion sends it, truly signed, with api_version set to Version.
	OtherVersion WebhookAction = "other_version"
)

// WebhookFault lets the next Times events that match go wrong.
type WebhookFault struct {
	Type     string        `json:"type"`      // payment_intent.succeeded; ends in * for a prefix; empty: any
	ObjectID string        `json:"object_id"` // empty: any
	Action   WebhookAction `json:"action"`
	Delay    time.Duration `json:"delay"`   // nanoseconds in JSON
	Version  string        `json:"version"` // empty means 2020-08-27
	Times    int           `json:"times"`   // 0 means once
}

const (
	// RefundAtOnce, RefundLater and RefundFailsLater are how a refund ends:
	// succeeded; pending, then succeeded; succeeded, then failed.
	RefundAtOnce     = "at_once"
	RefundLater      = "later"
	RefundFailsLater = "fail_later"
)

// Faults decides what goes wrong. Faults are taken in the order of their making,
// each as often as it says.
type Faults struct {
	mu        sync.Mutex
	requests  []*RequestFault
	webhooks  []*WebhookFault
	refunds   []string
	searchLag time.Duration
	perMille  int64
	waiting   int
}

func newFaults() *Faults { return &Faults{} }

// OnRequest adds a fault of API requests.
func (f *Faults) OnRequest(r RequestFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Times = max(r.Times, 1)
	f.requests = append(f.requests, &r)
}

// OnWebhook adds a fault of deliveries.
func (f *Faults) OnWebhook(w WebhookFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Times = max(w.Times, 1)
	f.webhooks = append(f.webhooks, &w)
}

// OnRefund decides how the next refunds end, one each: RefundAtOnce,
// RefundLater, RefundFailsLater.
func (f *Faults) OnRefund(goes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refunds = append(f.refunds, goes...)
}

// SearchLag lets search find only what is at least d old.
func (f *Faults) SearchLag(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searchLag = d
}

// Fees sets what the provider keeps of each charge from now on, in thousandths; 0 at first.
func (f *Faults) Fees(perMille int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.perMille = perMille
}

func (f *Faults) feePerMille() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.perMille
}

// Clear forgets every fault that was not taken yet. Held webhooks stay held.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests, f.webhooks, f.refunds, f.searchLag = nil, nil, nil, 0
}

// Waiting is how many requests Slow holds back now; each has its key taken.
func (f *Faults) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting
}

// slow waits for d, and reports whether the caller still does.
func (f *Faults) slow(ctx context.Context, d time.Duration) bool {
	count := func(n int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.waiting += n
	}
	count(1)
	defer count(-1)
	return wait(ctx, d)
}

func (f *Faults) lag() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.searchLag
}

func (f *Faults) takeRefund() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.refunds) == 0 {
		return ""
	}
	goes := f.refunds[0]
	f.refunds = f.refunds[1:]
	return goes
}

func (f *Faults) takeRequest(method, path string) (RequestFault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.requests {
		if r.Times > 0 && (r.Method == "" || r.Method == method) && matches(r.Path, path) {
			if r.After > 0 {
				r.After--
				return RequestFault{}, false
			}
			r.Times--
			return *r, true
		}
	}
	return RequestFault{}, false
}

func (f *Faults) takeWebhook(typ, objectID string) (WebhookFault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.webhooks {
		if w.Times > 0 && matches(w.Type, typ) && (w.ObjectID == "" || w.ObjectID == objectID) {
			w.Times--
			return *w, true
		}
	}
	return WebhookFault{}, false
}

func matches(pattern, s string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(s, prefix)
	}
	return pattern == "" || pattern == s
}
