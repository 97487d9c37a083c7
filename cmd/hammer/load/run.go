package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Session is one bidding session: the code it bids for and its bearer token.
type Session struct{ Code, Token string }

// Place is a lot that is bid for, by whom, from which amount on.
type Place struct {
	Lot uuid.UUID
	// Sessions are shared by the place's connections in turn.
	Sessions []Session
	Ladder   *Ladder
}

// Config says who bids for what, how and how long.
type Config struct {
	// Address is host:port on this machine.
	Address string
	Lot     uuid.UUID
	// Sessions are shared by the connections in turn.
	Sessions    []Session
	Connections int
	// Ladder gives the amounts; it outlives a run, as the price does.
	Ladder *Ladder
	// Beside are further lots; connections are dealt out over all in turn.
	Beside []Place
	// Warmup is bid and not counted, before For is measured. One of For and Count must bound the run, or both.
	Warmup, For time.Duration
	// Count bounds the bids, not their attempts; 0 for no bound.
	Count int64
	// Rate is bids a second in all, each sent at its time whether or not others were answered (an open loop); 0 sends the next
	// as soon as the last is answered. A connection that still waits sends late, and the lateness counts as waiting: what is
	// measured is how long a person waits who came at that time.
	Rate float64
	// Pause is the time from an answer to the next bid of the same connection; 0 for none.
	Pause time.Duration
	// Low makes every so many-th connection offer one increment less than the starting price each time: the course refuses it
	// whatever stands, so it asks what stands. 0 for none.
	Low int
	// Retry sends a bid that was not decided, or whose outcome is unknown, again with its key until it is decided or the run
	// ends. Without it the next bid follows.
	Retry bool
	// History is told every bid; nil keeps none. It is called from many goroutines.
	History func(Op)
}

const (
	// retryPause is between attempts, and after a refusal that asks for time.
	retryPause = 20 * time.Millisecond
	// lastAnswers is how long a run waits for the answers to what it has sent.
	lastAnswers = 10 * time.Second
	// MaxConnections and MaxFor bound a run.
	MaxConnections = 4096
	MaxFor         = 10 * time.Minute
)

// Run is one run. Its methods may be called while it goes on.
type Run struct {
	cfg     Config
	prefix  string
	began   time.Time
	phase   atomic.Int32
	bids    atomic.Int64
	clients []*client
	// acknowledged counts bids that were answered 201.
	acknowledged atomic.Int64
	// unexcused counts failures that did not say when to come again.
	unexcused atomic.Int64
	// address is where the next bids go; calm holds back the connections that raise.
	address atomic.Pointer[string]
	calm    atomic.Bool
}

// client is one connection and its bidder.
type client struct {
	run     *Run
	number  int
	place   Place
	session Session
	wire    wire
	head    []byte
	key     []byte
	count   count
	low     bool
	// flying is 1 while a bid is sent and not answered. The padding keeps clients off each other's cache lines.
	flying atomic.Int32
	_      [64]byte
}

// New checks a configuration. The address must be of this machine: a load generator is for servers of one's own.
func New(cfg Config) (*Run, error) {
	host, _, err := net.SplitHostPort(cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", cfg.Address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("address %q is not of this machine: hammer goes to loopback addresses alone", cfg.Address)
	}
	switch {
	case cfg.Connections < 1 || cfg.Connections > MaxConnections:
		return nil, fmt.Errorf("connections: 1 to %d", MaxConnections)
	case len(cfg.Sessions) == 0:
		return nil, errors.New("no bidding session is given")
	case cfg.Ladder == nil:
		return nil, errors.New("no ladder of amounts is given")
	case cfg.Rate < 0:
		return nil, errors.New("a rate is above zero")
	case cfg.For <= 0 && cfg.Count <= 0:
		return nil, errors.New("a run needs a bound: a time or a count")
	case cfg.For > MaxFor:
		return nil, fmt.Errorf("a run lasts at most %s", MaxFor)
	}
	r := &Run{cfg: cfg, prefix: strconv.FormatUint(rand.Uint64(), 36)} //nolint:gosec // keys need to differ, not to be secret
	r.address.Store(&cfg.Address)
	places := append([]Place{{cfg.Lot, cfg.Sessions, cfg.Ladder}}, cfg.Beside...)
	for i := range cfg.Connections {
		p := places[i%len(places)]
		if len(p.Sessions) == 0 || p.Ladder == nil {
			return nil, errors.New("a lot beside has no sessions or no ladder")
		}
		s := p.Sessions[i/len(places)%len(p.Sessions)]
		c := &client{run: r, number: i, place: p, session: s, wire: wire{address: cfg.Address}, low: cfg.Low > 0 && i%cfg.Low == cfg.Low-1}
		c.head = fmt.Appendf(nil, "POST /api/v1/lots/%s/bids HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: application/json\r\nIdempotency-Key: ", p.Lot, cfg.Address, s.Token)
		r.clients = append(r.clients, c)
	}
	return r, nil
}

// InFlight is how many bids are sent and not answered.
func (r *Run) InFlight() int {
	n := 0
	for _, c := range r.clients {
		n += int(c.flying.Load())
	}
	return n
}

// Acknowledged is how many bids were answered as accepted.
func (r *Run) Acknowledged() int64 { return r.acknowledged.Load() }

// Unexcused is how many answers of 429 or 5xx came without Retry-After, and how many bids got no answer at all.
func (r *Run) Unexcused() int64 { return r.unexcused.Load() }

// Move sends what is bid from now on to another address of this machine; each connection moves before its next bid.
func (r *Run) Move(address string) { r.address.Store(&address) }

// Calm holds back the connections that raise, or lets them go on; those that offer too little bid on.
func (r *Run) Calm(calm bool) { r.calm.Store(calm) }

// Do bids until its bounds or ctx end, then waits for the last answers. It runs once. With Retry, or once connected, a server
// that is gone is waited for; without Retry one that was never there is an error.
func (r *Run) Do(ctx context.Context) (Tally, error) {
	r.began = time.Now()
	length := r.cfg.Warmup + r.cfg.For
	if r.cfg.For <= 0 {
		length = MaxFor
	}
	end := r.began.Add(length)
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for _, c := range r.clients {
		if err := c.wire.dial(ctx, end.Add(lastAnswers)); err != nil && !r.cfg.Retry {
			r.closeAll()
			return Tally{}, err
		}
	}
	defer r.closeAll()
	var measured [2]time.Time
	var marks sync.WaitGroup
	marks.Go(func() {
		measured[0] = r.wait(ctx, r.cfg.Warmup, measuring)
		<-ctx.Done()
		r.phase.Store(ending)
		measured[1] = time.Now()
	})
	// What hangs longer than lastAnswers after an early end is cut off.
	stopCutting := context.AfterFunc(ctx, func() {
		if late := time.Now().Add(lastAnswers); late.Before(end) {
			for _, c := range r.clients {
				c.wire.cut(late)
			}
		}
	})
	defer stopCutting()
	var bidders sync.WaitGroup
	for _, c := range r.clients {
		bidders.Go(func() { c.bidOn(ctx, end.Add(lastAnswers)) })
	}
	bidders.Wait()
	cancel()
	marks.Wait()
	counts := make([]*count, len(r.clients))
	for i, c := range r.clients {
		counts[i] = &c.count
	}
	return sum(counts, measured[1].Sub(measured[0])), nil
}

// wait lets d pass, then sets the phase, and returns when that was.
func (r *Run) wait(ctx context.Context, d time.Duration, phase int32) time.Time {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		r.phase.Store(phase)
	case <-ctx.Done():
	}
	return time.Now()
}

func (r *Run) closeAll() {
	for _, c := range r.clients {
		c.wire.close()
	}
}

// bidOn makes one bid after the other.
func (c *client) bidOn(ctx context.Context, until time.Time) {
	r := c.run
	for n := 0; r.phase.Load() != ending && ctx.Err() == nil; n++ {
		if !c.low && r.calm.Load() {
			rest(ctx, retryPause)
			continue
		}
		if r.cfg.Count > 0 && r.bids.Add(1) > r.cfg.Count {
			return
		}
		c.key = append(append(c.key[:0], r.prefix...), '-')
		c.key = strconv.AppendInt(c.key, int64(c.number), 10)
		c.key = strconv.AppendInt(append(c.key, '-'), int64(n), 10)
		due, ok := c.await(ctx, n)
		if !ok || !c.one(ctx, until, due) {
			return
		}
		if r.cfg.Pause > 0 {
			rest(ctx, r.cfg.Pause)
		}
	}
}

// await waits for the time of the connection's n-th bid in an open loop, and returns it; zero for a closed one.
func (c *client) await(ctx context.Context, n int) (due time.Time, ok bool) {
	r := c.run
	if r.cfg.Rate == 0 {
		return time.Time{}, true
	}
	place := n*len(r.clients) + c.number
	due = r.began.Add(time.Duration(float64(place) / r.cfg.Rate * float64(time.Second)))
	if wait := time.Until(due); wait > 0 {
		rest(ctx, wait)
	}
	return due, ctx.Err() == nil
}

// offer is the amount of the next bid in fen.
func (c *client) offer() int64 {
	if c.low {
		return c.place.Ladder.Low()
	}
	return c.place.Ladder.Next()
}

// one makes one bid and, with Retry, sees it through. due is when it is to be sent in an open loop, else zero. false ends
// the connection.
func (c *client) one(ctx context.Context, until, due time.Time) bool {
	r, amountFen := c.run, c.offer()
	op := Op{Outcome: Unknown}
	keep := r.cfg.History != nil
	if keep {
		op = Op{Lot: c.place.Lot, Client: c.number, Code: c.session.Code, Key: string(c.key), AmountFen: amountFen, Outcome: Unknown}
		defer func() { r.cfg.History(op) }()
	}
	unknown := false
	for {
		if to := *r.address.Load(); to != c.wire.address {
			c.wire.close()
			c.wire.address = to
		}
		if c.wire.nc == nil && !c.redial(ctx, until) {
			return op.Attempts > 0 && r.cfg.Retry
		}
		began := time.Now()
		if op.SentAt == 0 {
			op.SentAt = r.at(began)
		}
		op.Attempts++
		c.flying.Store(1)
		a, err := c.wire.bid(c.head, c.key, amountFen)
		c.flying.Store(0)
		ended := time.Now()
		since := began
		if !due.IsZero() {
			since = due
		}
		outcome := c.answered(a, err, ended.Sub(since))
		if keep && err == nil {
			op.fill(a)
		}
		if outcome == Accepted || outcome == Refused {
			op.Outcome, op.AnsweredAt = outcome, r.at(ended)
			return true
		}
		// What an earlier attempt may have done, a later one that was not placed does not undo.
		if unknown = unknown || outcome == Unknown; unknown {
			op.Outcome, op.AnsweredAt = Unknown, 0
		} else {
			op.Outcome, op.AnsweredAt = NotPlaced, r.at(ended)
		}
		rest(ctx, retryPause)
		if !r.cfg.Retry || ctx.Err() != nil {
			return true
		}
	}
}

// answered counts an attempt and learns from it.
func (c *client) answered(a answer, err error, took time.Duration) Outcome {
	r := c.run
	if err != nil {
		c.wire.close()
		r.unexcused.Add(1)
		c.count.add(r.phase.Load(), Unknown, "connection", took)
		return Unknown
	}
	if a.last {
		c.wire.close()
	}
	outcome, code := outcomeOf(a), ""
	switch outcome {
	case Accepted:
		r.acknowledged.Add(1)
	case Refused:
		if price, ok := numberAt(a.body, `"price_fen":`); ok {
			c.place.Ladder.Saw(price)
		}
		code = string(textAt(a.body, `"code":`))
	case NotPlaced, Unknown:
		if !a.again {
			r.unexcused.Add(1)
		}
		if code = string(textAt(a.body, `"code":`)); code == "" {
			code = strconv.Itoa(a.status)
		}
	}
	c.count.add(r.phase.Load(), outcome, code, took)
	return outcome
}

// redial connects again until it works or the run ends.
func (c *client) redial(ctx context.Context, until time.Time) bool {
	for ctx.Err() == nil {
		c.wire.address = *c.run.address.Load()
		if c.wire.dial(ctx, until) == nil {
			return true
		}
		rest(ctx, retryPause)
	}
	return false
}

// at is an instant on the run's clock, which does not step.
func (r *Run) at(t time.Time) int64 { return r.began.UnixNano() + int64(t.Sub(r.began)) }

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
