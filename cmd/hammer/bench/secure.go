package bench

import (
	"context"
	"errors"
	"fmt"

	"mingchui/cmd/hammer/peer"
	"mingchui/cmd/hammer/stage"
	"mingchui/cmd/hammer/watch"
)

// Watchers behind TLS each have a connection of their own, as browsers have, whose far end lives in this process.
const (
	secureWatchers, securePerSecond = 5_000, 5
	fanSecure                       = "fan-tls"
)

func secureRows() []Row {
	return []Row{{
		ID: fanSecure, Path: "fan-out behind TLS and HTTP/2: memory per watcher (RSS)", Peer: usualPeer, Unit: "KB", Goal: 0.6, AtMost: true,
	}}
}

func measureSecure(ctx context.Context, r *run, rows []*Row) (err error) {
	f, err := openFan(ctx, r)
	defer func() { err = errors.Join(err, f.close()) }() //nolint:contextcheck // servers are stopped in order although ctx has ended
	if err != nil {
		return err
	}
	id, err := stage.NewIdentity(r.dir)
	if err != nil {
		return err
	}
	// Sessions are opened before, with the server that does not speak TLS.
	plain, err := f.ours(ctx)
	if err != nil {
		return err
	}
	if err := plain.stop(); err != nil {
		return err
	}
	f.identity, f.client = &id, id.Client()
	var samples [2][]fanSample
	for round := range r.cfg.Rounds {
		for i := range samples {
			side := (round + i) % 2
			s, err := f.watchedSecurely(ctx, []func(context.Context) (*fanTarget, error){f.ours, f.theirs}[side])
			if err != nil {
				return err
			}
			samples[side] = append(samples[side], s)
			r.say("round %d of %d, %s behind TLS: %.2f KB a watcher; p50 %.0f ms, p99 %.0f ms, %.2f %% of %d updates", round+1, r.cfg.Rounds,
				[]string{project, "usual"}[side], s.MemoryKB, s.P50, s.P99, 100*s.Delivered, s.Updates)
		}
	}
	r.report.Peers[string(peer.FanOut)+" behind TLS"] = map[string]any{project: samples[0], "usual": samples[1]}
	memory := func(s fanSample) float64 { return s.MemoryKB }
	for _, row := range rows {
		row.fill(numbers(samples[0], memory), numbers(samples[1], memory))
		row.Note = fmt.Sprintf("%d watchers, a connection each", secureWatchers)
	}
	for i, s := range samples[0] {
		if s.Delivered < 0.99 || s.Missing != 0 {
			r.short("fan-out behind TLS, round %d: %.2f %% delivered, %d missing", i+1, 100*s.Delivered, s.Missing)
		}
	}
	return nil
}

// watchedSecurely starts a server and opens the crowd. Memory is read after the crowd was told for a while: what each watcher
// holds on to shows only then.
func (f *fan) watchedSecurely(ctx context.Context, start func(context.Context) (*fanTarget, error)) (s fanSample, err error) {
	t, err := start(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	if err := t.bid(ctx); err != nil { // everything on its way is there
		return s, err
	}
	before := resident(t.pid)
	crowd, err := watch.OpenSecure(ctx, t.address, f.identity.Trusted, f.sale.Lot, secureWatchers)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, crowd.Close()) }()
	told, updates, err := f.updates(ctx, t, crowd, securePerSecond)
	if err != nil {
		return s, err
	}
	if err := pause(ctx, calm); err != nil {
		return s, err
	}
	s.MemoryKB = (resident(t.pid) - before) / bytesPerKB / secureWatchers
	s.P50, s.P99 = float64(told.P50.Milliseconds()), float64(told.P99.Milliseconds())
	s.Updates, s.Delivered, s.Missing = updates, float64(told.Events+told.Skipped)/float64(updates*secureWatchers), told.Missing+told.Doubled
	return s, nil
}
