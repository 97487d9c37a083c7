package standin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// sendTimeout is how long an endpoint may take to answer.
	sendTimeout = 10 * time.Second
	// maxSending bounds the deliveries under way at once.
	maxSending = 32
	// forgedSecret signs what is meant to be refused.
	forgedSecret = "whsec_forged_by_the_stand_in" //nolint:gosec // it is known to be wrong
	otherVersion = "2020-08-27"
)

// DefaultWebhookEvents are the types that are sent unless Config says otherwise.
func DefaultWebhookEvents() []string {
	return []string{
		"checkout.session.completed", "checkout.session.expired",
		"payment_intent.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.payment_failed", "payment_intent.canceled",
		"charge.refunded", "charge.refund.updated", "refund.updated", "refund.failed", "charge.dispute.created",
	}
}

// DefaultRetry is 17 attempts within about ten minutes.
func DefaultRetry() []time.Duration {
	var out []time.Duration
	for d := 100 * time.Millisecond; d < time.Minute; d *= 2 {
		out = append(out, d)
	}
	return append(out, slices.Repeat([]time.Duration{time.Minute}, 6)...)
}

// delivery is one event on its way to the endpoint.
type delivery struct {
	id, typ, objectID, lane string
	payload                 []byte
	plain                   bool // no fault is looked for any more
}

type lane struct {
	queue, swapped []*delivery
}

// deliverer sends events: in order within a lane, lanes beside each other.
// Lock order: Server.mu before deliverer.mu.
type deliverer struct {
	s      *Server
	client *http.Client
	slots  chan struct{}
	wake   chan struct{}
	work   sync.WaitGroup

	mu    sync.Mutex
	lanes map[string]*lane
	start []string // lanes without a goroutine
	held  []*delivery
	due   int
	idle  chan struct{} // closed while due is 0
}

func newDeliverer(s *Server) *deliverer {
	client := &http.Client{Timeout: sendTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		own := t.Clone()
		own.MaxIdleConnsPerHost = maxSending
		client.Transport = own
	}
	idle := make(chan struct{})
	close(idle)
	return &deliverer{
		s: s, client: client, slots: make(chan struct{}, maxSending), wake: make(chan struct{}, 1),
		lanes: map[string]*lane{}, idle: idle,
	}
}

// resume takes up what was under way when the state was last closed.
func (d *deliverer) resume(st *state) {
	for _, e := range st.events.all() {
		if e.Delivery == "pending" {
			d.enqueue(e)
		}
	}
}

// enqueue is called with Server.mu held, or before anything runs.
func (d *deliverer) enqueue(e *eventRow) {
	d.add(&delivery{id: e.ID, typ: e.Type, objectID: e.ObjectID, lane: e.Lane, payload: mustJSON(eventObject(e))})
}

func (d *deliverer) add(dl *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count(1)
	l := d.lanes[dl.lane]
	if l == nil {
		l = &lane{}
		d.lanes[dl.lane] = l
		d.start = append(d.start, dl.lane)
	}
	l.queue = append(l.queue, dl)
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// count is called with d.mu held.
func (d *deliverer) count(n int) {
	if d.due == 0 && n > 0 {
		d.idle = make(chan struct{})
	}
	d.due += n
	if d.due == 0 && n < 0 {
		close(d.idle)
	}
}

func (d *deliverer) notDue() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count(-1)
}

func (d *deliverer) flush(ctx context.Context) error {
	d.mu.Lock()
	idle := d.idle
	d.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("standin: webhooks still due: %w", ctx.Err())
	}
}

// run starts a goroutine per lane until ctx ends, then waits for all of them.
func (d *deliverer) run(ctx context.Context) {
	defer d.work.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		d.mu.Lock()
		for _, name := range d.start {
			d.work.Go(func() { d.runLane(ctx, name) })
		}
		d.start = nil
		d.mu.Unlock()
	}
}

func (d *deliverer) runLane(ctx context.Context, name string) {
	for ctx.Err() == nil {
		dl := d.next(name)
		if dl == nil {
			return
		}
		d.process(ctx, dl)
	}
}

// next takes the lane's first delivery; a drained lane ends, after giving what
// waited for a next event that never came.
func (d *deliverer) next(name string) *delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[name]
	if len(l.queue) == 0 {
		l.queue, l.swapped = l.swapped, nil
	}
	if len(l.queue) == 0 {
		delete(d.lanes, name)
		return nil
	}
	dl := l.queue[0]
	l.queue = l.queue[1:]
	return dl
}

// process sends one delivery as Faults want it.
func (d *deliverer) process(ctx context.Context, dl *delivery) {
	fault, hit := WebhookFault{}, false
	if !dl.plain {
		fault, hit = d.s.faults.takeWebhook(dl.typ, dl.objectID)
		dl.plain = true
	}
	if !hit {
		d.push(ctx, dl)
		return
	}
	switch fault.Action {
	case Lose:
		d.finish(dl, "given_up", 0)
	case Hold:
		d.mu.Lock()
		d.held = append(d.held, dl)
		d.mu.Unlock()
		d.notDue()
	case Late:
		d.notDue()
		d.work.Go(func() {
			if wait(ctx, fault.Delay) {
				dl.lane = dl.id
				d.add(dl)
			}
		})
	case SwapWithNext:
		d.mu.Lock()
		d.lanes[dl.lane].swapped = append(d.lanes[dl.lane].swapped, dl)
		d.mu.Unlock()
	case Double:
		d.insist(ctx, dl)
		d.push(ctx, dl)
	case ForgedFirst:
		if status, err := d.try(ctx, dl.payload, forgedSecret); err != nil || status/100 == 2 {
			d.s.log.WarnContext(ctx, "a forged webhook was not refused", "event", dl.id, "status", status)
		}
		d.push(ctx, dl)
	case OtherVersion:
		dl.payload = withVersion(dl.payload, fault.Version)
		d.push(ctx, dl)
	}
}

func withVersion(payload []byte, version string) []byte {
	if version == "" {
		version = otherVersion
	}
	var e map[string]json.RawMessage
	if err := json.Unmarshal(payload, &e); err != nil {
		return payload
	}
	e["api_version"] = mustJSON(version)
	return mustJSON(e)
}

// push sends until the endpoint answers 2xx or the pauses are used up, and
// records how it ended.
func (d *deliverer) push(ctx context.Context, dl *delivery) {
	if how, attempts := d.insist(ctx, dl); how != "" {
		d.finish(dl, how, attempts)
	}
	d.unswap(dl.lane)
}

// insist returns "delivered" or "given_up" and after how many attempts; "" when
// ctx ended first: then the event stays pending for the next start.
func (d *deliverer) insist(ctx context.Context, dl *delivery) (how string, attempts int) {
	for attempt := 1; ; attempt++ {
		status, err := d.try(ctx, dl.payload, d.s.cfg.WebhookSecret)
		if err == nil && status/100 == 2 {
			return "delivered", attempt
		}
		if ctx.Err() != nil {
			return "", attempt
		}
		if attempt > len(d.s.cfg.Retry) {
			d.s.log.WarnContext(ctx, "webhook given up", "event", dl.id, "type", dl.typ, "attempts", attempt, "status", status)
			return "given_up", attempt
		}
		if !wait(ctx, d.s.cfg.Retry[attempt-1]) {
			return "", attempt
		}
	}
}

// unswap lets what waited for this delivery go next.
func (d *deliverer) unswap(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.lanes[name]; l != nil && len(l.swapped) > 0 {
		l.queue = append(l.swapped, l.queue...)
		l.swapped = nil
	}
}

func (d *deliverer) finish(dl *delivery, how string, attempts int) {
	d.s.mu.Lock()
	t := d.s.begin()
	t.c.Delivered = append(t.c.Delivered, deliveryMark{dl.id, how, attempts})
	err := t.commit()
	d.s.mu.Unlock()
	if err != nil {
		d.s.log.Error("payment stand-in: delivery not recorded", "event", dl.id, "error", err.Error())
	}
	d.notDue()
}

// try sends once and gives the endpoint's status.
func (d *deliverer) try(ctx context.Context, payload []byte, secret string) (int, error) {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	d.s.mu.Lock()
	url, at := d.s.cfg.WebhookURL, d.s.now()
	d.s.mu.Unlock()
	if url == "" {
		return 0, errors.New("standin: no webhook endpoint")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return 0, fmt.Errorf("standin: make webhook request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (stand-in)")
	req.Header.Set("Stripe-Signature", Sign(payload, secret, at))
	res, err := d.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("standin: send webhook: %w", err)
	}
	defer res.Body.Close()                                        //nolint:errcheck // the status is all that counts
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection is used again
	return res.StatusCode, err
}

// Sign makes the Stripe-Signature header for payload, as if sent at that time.
func Sign(payload []byte, secret string, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(payload)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// ReleaseWebhooks sends what Hold keeps, the last held first when reversed.
func (s *Server) ReleaseWebhooks(reversed bool) {
	s.deliver.mu.Lock()
	held := s.deliver.held
	s.deliver.held = nil
	s.deliver.mu.Unlock()
	if reversed {
		slices.Reverse(held)
	}
	for _, dl := range held {
		s.deliver.add(dl)
	}
}

// Resend sends an event once more, as Stripe's dashboard can, and gives the
// endpoint's status.
func (s *Server) Resend(ctx context.Context, eventID string) (int, error) {
	s.mu.Lock()
	e := s.state.events.rows[eventID]
	var payload []byte
	if e != nil {
		payload = mustJSON(eventObject(e))
	}
	secret := s.cfg.WebhookSecret
	s.mu.Unlock()
	if e == nil {
		return 0, fmt.Errorf("standin: no event %s", eventID)
	}
	return s.deliver.try(ctx, payload, secret)
}

// Forge sends payload signed with a secret that is not the endpoint's, and gives
// the endpoint's status.
func (s *Server) Forge(ctx context.Context, payload []byte) (int, error) {
	return s.deliver.try(ctx, payload, forgedSecret)
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
