package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingchui/cmd/hammer/peer"
)

// Series are ways to drive something; each is measured once a round.
const (
	project      = "mingchui"
	project1024  = "mingchui, 1,024 connections"
	projectLots  = "mingchui, 100 lots"
	projectLight = "mingchui, 8 connections"
	projectPaced = "mingchui, half its rate"
	projectEarly = "mingchui, answered before the commit"
	trivial      = string(peer.Trivial)
	trivialPaced = "trivial, half that rate"
	naive        = string(peer.Naive)
	naiveLots    = "naive, 100 lots"
	naiveLight   = "naive, 8 connections"
	function     = string(peer.Function)
)

const (
	manyConnections  = 1024
	lightConnections = 8
	manyLots         = 100
	// biddersOfMany are each of the many lots' bidders: whoever leads does not bid against itself.
	biddersOfMany = 3
)

// series is one way to drive one target.
type series struct {
	name        string
	target      *target
	connections int
	// paced: an open loop at half of what the server decides at its most.
	paced bool
}

// comparison is a row over the samples of two series.
type comparison struct {
	Row

	ours, theirs string
	of           func(Sample) float64
	// alone: the ratio of accepted bids is told beside.
	alone bool
}

func decidedPerSecond(s Sample) float64 { return s.PerSecond }
func p50(s Sample) float64              { return float64(s.P50Micros) / 1000 }
func p99(s Sample) float64              { return float64(s.P99Micros) / 1000 }

// comparisons are the rows of bids.
func comparisons() []comparison {
	const hot = "durable bids on one hot lot, decided"
	return []comparison{
		{
			Row:  Row{ID: "trivial", Path: hot, Peer: "trivial echo handler returning 200", Unit: "1/s", Goal: 0.5, Percent: true},
			ours: project, theirs: trivial, of: decidedPerSecond,
		},
		{
			Row:  Row{ID: "naive", Path: hot, Peer: "naive SELECT … FOR UPDATE handler at its best", Unit: "1/s", Goal: 16},
			ours: project, theirs: naive, of: decidedPerSecond, alone: true,
		},
		{
			Row:  Row{ID: "function", Path: hot, Peer: "best-tuned PL/pgSQL function", Unit: "1/s", Goal: 8},
			ours: project, theirs: function, of: decidedPerSecond, alone: true,
		},
		{
			Row:  Row{ID: "many", Path: "the same at 1,024 connections", Peer: "trivial echo handler at its best", Unit: "1/s", Goal: 0.55, Percent: true},
			ours: project1024, theirs: trivial, of: decidedPerSecond,
		},
		{
			Row:  Row{ID: "lots", Path: "durable bids on 100 lots, decided", Peer: "naive handler at its best", Unit: "1/s", Goal: 7},
			ours: projectLots, theirs: naiveLots, of: decidedPerSecond, alone: true,
		},
		{
			Row:  Row{ID: "durability", Path: "durable bids on one hot lot", Peer: "answered straight after Redis", Unit: "1/s", Goal: 0.75, Percent: true},
			ours: project, theirs: projectEarly, of: decidedPerSecond,
		},
		{
			Row:  Row{ID: "latency", Path: "p99 at half our maximum, open loop", Peer: "trivial echo handler at the same rate", Unit: "ms", Goal: 2, AtMost: true},
			ours: projectPaced, theirs: trivialPaced, of: p99,
		},
		{
			Row:  Row{ID: "light", Path: "p50 at 8 connections", Peer: "naive handler", Unit: "ms", Goal: 0.25, AtMost: true},
			ours: projectLight, theirs: naiveLight, of: p50,
		},
	}
}

// seriesOrder is the order in which series are told of.
func seriesOrder() []string {
	return []string{
		project, project1024, projectLots, projectLight, projectPaced, projectEarly,
		trivial, trivialPaced, naive, naiveLots, naiveLight, function, "growth, small", "growth, large",
	}
}

func bidRows() []Row {
	all := comparisons()
	out := make([]Row, len(all))
	for i := range all {
		out[i] = all[i].Row
	}
	return out
}

// bench is the run of the rows of bids.
type bench struct {
	*run

	comparisons []comparison
	// stand is the server as people run it; early, when it is asked for, one that answers before the commit.
	stand, early *stand
	targets      []*target
	series       []series
	// rate is half of what the server decided a second when it was first driven.
	rate float64
}

// measureBids drives the server and its peers in turn.
func measureBids(ctx context.Context, r *run, rows []*Row) (err error) {
	b := &bench{run: r}
	for _, row := range rows {
		for _, c := range comparisons() {
			if c.ID == row.ID {
				b.comparisons = append(b.comparisons, c)
			}
		}
	}
	defer func() { //nolint:contextcheck // servers are stopped in order although ctx has ended
		err = errors.Join(err, b.close())
	}()
	if err := b.open(ctx); err != nil {
		return err
	}
	if err := b.rounds(ctx); err != nil {
		return err
	}
	if err := b.check(ctx); err != nil {
		return err
	}
	b.fill(rows)
	return nil
}

// needs tells whether any of the series is compared.
func (b *bench) needs(names ...string) bool {
	return slices.ContainsFunc(b.comparisons, func(c comparison) bool { return slices.Contains(names, c.ours) || slices.Contains(names, c.theirs) })
}

// rounds drives every series once a round, beginning with another one each time.
func (b *bench) rounds(ctx context.Context) error {
	// Each has connections, sessions and statements ready before anything is measured.
	for i, one := range b.series {
		got, err := one.target.drive(ctx, 0, readyLength, one.connections, 0)
		if err != nil {
			return err
		}
		if i == 0 {
			b.rate = got.PerSecond() / 2
		}
		if one.target.stand != nil {
			one.target.stand.acknowledged += got.Total.Accepted
			if err := one.target.stand.settle(ctx); err != nil {
				return err
			}
		}
	}
	for round := range b.cfg.Rounds {
		var line strings.Builder
		for i := range b.series {
			one := b.series[(round+i)%len(b.series)]
			s, err := b.measure(ctx, one, round)
			if err != nil {
				return err
			}
			b.report.Samples[one.name] = append(b.report.Samples[one.name], s)
			_, _ = fmt.Fprintf(&line, "  %s %.0f/s;", one.name, s.PerSecond)
		}
		b.say("round %d of %d:%s", round+1, b.cfg.Rounds, line.String())
	}
	return nil
}

// measure drives one series once.
func (b *bench) measure(ctx context.Context, one series, round int) (Sample, error) {
	t, rate := one.target, 0.0
	if one.paced {
		rate = b.rate
	}
	if one.name == b.cfg.ProfileOf && round == 0 && b.cfg.Profile != "" {
		defer b.profile(ctx, b.stand.servers)()
	}
	var gathered batching
	if t.stand != nil {
		var err error
		if gathered, err = readBatching(ctx, t.stand.servers); err != nil {
			return Sample{}, err
		}
	}
	before, began := b.processors(t), time.Now()
	got, err := t.drive(ctx, b.cfg.Warmup, b.cfg.Length, one.connections, rate)
	if err != nil {
		return Sample{}, err
	}
	took := time.Since(began).Seconds()
	s := Sample{
		PerSecond: got.PerSecond(), AcceptedPerSecond: float64(got.Accepted) / got.Took.Seconds(), Accepted: got.Accepted, Refused: got.Refused, NotDecided: got.NotDecided, Codes: got.Codes,
		P50Micros: got.P50.Microseconds(), P99Micros: got.P99.Microseconds(), CPU: map[string]float64{},
	}
	for name, used := range b.processors(t) {
		if used > 0 {
			s.CPU[name] = (used - before[name]) / took
		}
	}
	if t.stand == nil {
		return s, nil
	}
	t.stand.acknowledged += got.Total.Accepted
	now, err := readBatching(ctx, t.stand.servers)
	if err != nil {
		return s, err
	}
	gathered = now.since(gathered)
	s.BidsPerCall, s.EventsPerCommit = gathered.commands/max(1, gathered.calls), gathered.events/max(1, gathered.commits)
	s.CallsPerSecond, s.CommitsPerSecond = gathered.calls/took, gathered.commits/took
	s.Pending, s.LagSeconds, err = t.stand.lag(ctx)
	return s, errors.Join(err, t.stand.settle(ctx))
}

// fill puts the samples into the rows, and says what fell short beside the goals.
func (b *bench) fill(rows []*Row) {
	report := b.report
	for i, c := range b.comparisons {
		ours, theirs := report.Samples[c.ours], report.Samples[c.theirs]
		rows[i].fill(values(ours, c.of), values(theirs, c.of))
		if c.alone {
			accepted := func(s Sample) float64 { return s.AcceptedPerSecond }
			rows[i].Accepted = medianOf(ratios(values(ours, accepted), values(theirs, accepted)))
		}
		switch c.ours {
		case projectPaced:
			rows[i].Note = fmt.Sprintf("%.0f bids a second were sent to each at their time; a late one counts from when it was due", b.rate)
		case project:
			if c.theirs == projectEarly {
				rows[i].Note = "the peer is this server built with -tags undurable: it answers once Redis has decided, and commits behind that"
			}
		}
	}
	if worst := report.worstLag(); worst > maxLag {
		b.short("the sequencer's lag at the end of a round was %.1f s, more than %.0f s", worst, maxLag)
	}
	for _, name := range seriesOrder() {
		if n := sumOf(report.Samples[name], func(s Sample) int64 { return s.NotDecided }); n > 0 {
			b.short("%d requests of %s were not decided", n, name)
		}
	}
	if report.Stored < report.Acknowledged {
		b.short("%d acknowledged bids are not stored (I1)", report.Acknowledged-report.Stored)
	}
}

func values(list []Sample, of func(Sample) float64) []float64 {
	out := make([]float64, len(list))
	for i := range list {
		out[i] = of(list[i])
	}
	return out
}

// check stops everything and asks fsck of what was stored.
func (b *bench) check(ctx context.Context) error {
	b.say("stopping the server, then fsck")
	for _, t := range b.targets {
		if t.stop != nil {
			stop := t.stop
			t.stop = nil
			if err := stop(); err != nil {
				return fmt.Errorf("stop peer %s: %w", t.name, err)
			}
		}
	}
	for _, s := range []*stand{b.stand, b.early} {
		if s == nil {
			continue
		}
		stored, out, err := s.check(ctx)
		if err != nil {
			b.short("%v: %s", err, out)
			b.report.Sound = false
		}
		if s == b.stand {
			b.report.Acknowledged, b.report.Stored, b.report.Fsck = s.acknowledged, stored, out
		}
	}
	return nil
}

// close ends whatever still runs.
func (b *bench) close() error {
	var errs []error
	for _, t := range b.targets {
		if t.stop != nil {
			errs = append(errs, t.stop())
		}
	}
	for _, s := range []*stand{b.stand, b.early} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}
