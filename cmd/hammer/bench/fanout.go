package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/peer"
	"mingchui/cmd/hammer/stage"
	"mingchui/cmd/hammer/watch"
)

// Sizes of the fan-out rows (measures.md). A process here may have 20,000 descriptors, and a server needs some for itself.
const (
	manyWatchers, manyPerSecond   = 19_500, 5
	fewWatchers, fewPerSecond     = 5_000, 20
	fanMemory, fanCPU, fanDelay   = "fan-memory", "fan-cpu", "fan-p99"
	calm                          = 3 * time.Second // after opening, before memory is read
	usualPeer                     = "usual echo SSE: a goroutine and a channel a watcher"
	bytesPerKB, residentFieldName = 1000, "VmRSS:"
	peerAtOnce                    = 32 // bids on their way to the peer, whose bids are accepted in any order
)

func fanRows() []Row {
	return []Row{
		{ID: fanMemory, Path: "fan-out, HTTP/1.1: memory per watcher (RSS)", Peer: usualPeer, Unit: "KB", Most: 4},
		{ID: fanDelay, Path: "fan-out: 19,500 watchers × 5 updates/s, p99 from decision to reader", Peer: usualPeer, Unit: "ms", Goal: 0.6, AtMost: true},
		{ID: fanCPU, Path: "fan-out: CPUs at 5,000 watchers × 20 updates/s", Peer: usualPeer, Unit: "CPU", Goal: 0.6, AtMost: true},
	}
}

// fanSample is one server in one round.
type fanSample struct {
	MemoryKB  float64 `json:"memory_kb_per_watcher"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Delivered float64 `json:"delivered"`
	Updates   int64   `json:"updates"`
	CPU       float64 `json:"cpu"`
	// FewDelivered are the share of events that came or were counted at fewWatchers.
	FewDelivered float64 `json:"few_delivered"`
	Skipped      int64   `json:"skipped"`
	Missing      int64   `json:"missing"`
}

// fan is the run of the fan-out rows. Each round has a fresh process of both, so that memory is not what an earlier round left.
type fan struct {
	*run

	servers  *stage.Servers
	sale     stage.Sale
	bids     int64
	sessions []load.Session
	// identity is set when the servers speak TLS, and client is one that trusts it.
	identity *stage.Identity
	client   *http.Client
	profiled bool
}

// fanTarget is a server that is watched. bid makes one bid that must be accepted, and atOnce is how many may be on their way:
// one where a bid must follow the one before.
type fanTarget struct {
	address string
	pid     int
	bid     func(ctx context.Context) error
	atOnce  int
	stop    func() error
}

func openFan(ctx context.Context, r *run) (f *fan, err error) {
	f = &fan{run: r}
	r.say("starting PostgreSQL, Redis and NATS in %s; a lot and two bidders to be watched", r.dir)
	if f.servers, err = stage.Start(ctx, r.dir, r.cfg.Log); err != nil {
		return f, err
	}
	f.sale, err = f.servers.Sell(ctx, 2)
	return f, err
}

func (f *fan) close() error {
	if f.servers == nil {
		return nil
	}
	return f.servers.Stop()
}

// ours starts the server.
func (f *fan) ours(ctx context.Context) (*fanTarget, error) {
	server, err := f.servers.Serve(ctx, f.cfg.Binary, slices.Concat(f.cfg.ServeFlags, f.tls())...)
	if err != nil {
		return nil, err
	}
	t := &fanTarget{address: f.servers.SiteAddress(), pid: server.PID(), atOnce: 1, stop: server.Stop}
	if f.sessions == nil {
		if f.sessions, err = f.servers.Sessions(ctx, f.sale); err != nil {
			return nil, errors.Join(err, server.Stop())
		}
	}
	t.bid = func(ctx context.Context) error {
		s := f.sessions[f.bids%2]
		amount := int64(f.sale.StartingPrice) + f.bids*int64(f.sale.Increment)
		f.bids++
		return f.placeBid(ctx, t.address, s.Token, amount)
	}
	return t, nil
}

// tls are the flags by which a server, ours or theirs, speaks TLS; none when it does not.
func (f *fan) tls() []string {
	if f.identity == nil {
		return nil
	}
	return []string{"--tls-cert", f.identity.CertFile, "--tls-key", f.identity.KeyFile}
}

// theirs starts the peer.
func (f *fan) theirs(ctx context.Context) (*fanTarget, error) {
	address, cmd, stop, err := startSelf(ctx, peer.FanOut, f.tls()...)
	if err != nil {
		return nil, err
	}
	t := &fanTarget{address: address, pid: cmd.Process.Pid, atOnce: peerAtOnce, stop: stop}
	t.bid = func(ctx context.Context) error { return f.placeBid(ctx, address, "AAAAA", 1_000_000) }
	return t, nil
}

// placeBid makes one bid that must be accepted.
func (f *fan) placeBid(ctx context.Context, address, token string, amountFen int64) error {
	scheme, client := "http", http.DefaultClient
	if f.identity != nil {
		scheme, client = "https", f.client
	}
	body := []byte(`{"amount_fen":` + strconv.FormatInt(amountFen, 10) + `}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, scheme+"://"+address+"/api/v1/lots/"+f.sale.Lot.String()+"/bids", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("bid: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", uuid.NewString())
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("bid: %w", err)
	}
	var answer bytes.Buffer
	_, err = answer.ReadFrom(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("bid: %w", err)
	}
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("bid of %d fen: answered %s: %s", amountFen, res.Status, answer.String())
	}
	return nil
}

func measureFan(ctx context.Context, r *run, rows []*Row) (err error) {
	f, err := openFan(ctx, r)
	defer func() { err = errors.Join(err, f.close()) }() //nolint:contextcheck // servers are stopped in order although ctx has ended
	if err != nil {
		return err
	}
	var samples [2][]fanSample
	for round := range r.cfg.Rounds {
		for i := range samples {
			side := (round + i) % 2
			s, err := f.watched(ctx, []func(context.Context) (*fanTarget, error){f.ours, f.theirs}[side])
			if err != nil {
				return err
			}
			samples[side] = append(samples[side], s)
			r.say("round %d of %d, %s: %.2f KB a watcher; p50 %.0f ms, p99 %.0f ms, %.2f %% of %d updates; %.2f CPUs, %.2f %%", round+1, r.cfg.Rounds,
				[]string{project, "usual"}[side], s.MemoryKB, s.P50, s.P99, 100*s.Delivered, s.Updates, s.CPU, 100*s.FewDelivered)
		}
	}
	r.report.Peers[string(peer.FanOut)] = map[string]any{project: samples[0], "usual": samples[1]}
	f.fill(rows, samples)
	return nil
}

// fill puts the samples into the rows, and says what fell short beside the goals.
func (f *fan) fill(rows []*Row, samples [2][]fanSample) {
	of := map[string]func(fanSample) float64{
		fanMemory: func(s fanSample) float64 { return s.MemoryKB },
		fanDelay:  func(s fanSample) float64 { return s.P99 },
		fanCPU:    func(s fanSample) float64 { return s.CPU },
	}
	for _, row := range rows {
		row.fill(numbers(samples[0], of[row.ID]), numbers(samples[1], of[row.ID]))
		if row.ID == fanDelay {
			delivered := func(s fanSample) float64 { return s.Delivered }
			row.Note = fmt.Sprintf("delivered %.2f %%, by the peer %.2f %%", 100*medianOf(numbers(samples[0], delivered)), 100*medianOf(numbers(samples[1], delivered)))
		}
	}
	for i, s := range samples[0] {
		if s.Delivered < 0.99 || s.Missing != 0 {
			f.short("fan-out, round %d: %.2f %% delivered to 19,500 watchers, %d missing", i+1, 100*s.Delivered, s.Missing)
		}
	}
}

func numbers(list []fanSample, of func(fanSample) float64) []float64 {
	out := make([]float64, len(list))
	for i := range list {
		out[i] = of(list[i])
	}
	return out
}

// watched starts a server, opens the crowd, and measures memory, delays and CPU in turn.
func (f *fan) watched(ctx context.Context, start func(context.Context) (*fanTarget, error)) (s fanSample, err error) {
	t, err := start(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	if err := t.bid(ctx); err != nil { // everything on its way is there
		return s, err
	}
	before := resident(t.pid)
	crowd, err := watch.Open(ctx, t.address, f.sale.Lot, manyWatchers)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, crowd.Close()) }()
	if err := pause(ctx, calm); err != nil {
		return s, err
	}
	s.MemoryKB = (resident(t.pid) - before) / bytesPerKB / manyWatchers
	profiled := func() {}
	if t.atOnce == 1 && f.cfg.Profile != "" && !f.profiled {
		profiled, f.profiled = f.profile(ctx, f.servers), true
	}
	many, updates, err := f.updates(ctx, t, crowd, manyPerSecond)
	profiled()
	if err != nil {
		return s, err
	}
	s.P50, s.P99 = float64(many.P50.Milliseconds()), float64(many.P99.Milliseconds())
	s.Updates, s.Delivered, s.Missing = updates, float64(many.Events)/float64(updates*manyWatchers), many.Missing+many.Doubled
	if err := crowd.Keep(fewWatchers); err != nil {
		return s, err
	}
	if _, _, err := f.updates(ctx, t, crowd, fewPerSecond); err != nil { // who left is found out meanwhile
		return s, err
	}
	used, began := processor(t.pid, false), time.Now()
	few, updates, err := f.updates(ctx, t, crowd, fewPerSecond)
	if err != nil {
		return s, err
	}
	s.CPU = (processor(t.pid, false) - used) / time.Since(began).Seconds()
	s.FewDelivered, s.Skipped = float64(few.Events+few.Skipped)/float64(updates*fewWatchers), few.Skipped
	s.Missing += few.Missing + few.Doubled
	return s, nil
}

// crowd are watchers of either kind.
type crowd interface {
	Reset()
	Tally() watch.Tally
	Len() int
}

// updates bids at a rate for the measured time, and waits until what was on its way has come. A bid that a server is late to
// answer does not keep the next one back, or it would be asked for less than the other.
func (f *fan) updates(ctx context.Context, t *fanTarget, crowd crowd, perSecond int) (watch.Tally, int64, error) {
	crowd.Reset()
	updates := int64(f.cfg.Length.Seconds() * float64(perSecond))
	due := make(chan struct{}, updates)
	bidders, bidding := errgroup.WithContext(ctx)
	for range t.atOnce {
		bidders.Go(func() error {
			for range due {
				if err := t.bid(bidding); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for range updates {
		select {
		case <-bidding.Done():
		case <-tick.C:
		}
		due <- struct{}{}
	}
	close(due)
	if err := bidders.Wait(); err != nil {
		return watch.Tally{}, 0, err
	}
	for last := int64(-1); ; {
		if err := pause(ctx, time.Second); err != nil {
			return watch.Tally{}, 0, err
		}
		got := crowd.Tally()
		if all := got.Events + got.Skipped; all == last || all >= updates*int64(crowd.Len()) {
			return got, updates, nil
		}
		last = got.Events + got.Skipped
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// resident is a process' memory in bytes (proc_pid_status(5)); 0 where /proc is not there.
func resident(pid int) float64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, residentFieldName); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			if err != nil {
				return 0
			}
			return kib * 1024
		}
	}
	return 0
}
