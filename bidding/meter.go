package bidding

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// meter counts what the engine does.
type meter struct {
	accepted, notPlaced, busy, clock, recoveries, fenced, events, uncounted prometheus.Counter
	refused                                                                 *prometheus.CounterVec
	batch, commit, rows                                                     prometheus.Histogram
	backlog                                                                 prometheus.Gauge
	haltedLots                                                              prometheus.GaugeFunc
}

func newMeter(r prometheus.Registerer, h *halts) (*meter, error) {
	const ns = "mingchui_bidding_"
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: ns + name, Help: help})
	}
	m := &meter{
		accepted:   counter("bids_accepted_total", "Bids answered as accepted and durable."),
		notPlaced:  counter("bids_not_placed_total", "Bids decided in an epoch that ended before they were committed."),
		busy:       counter("busy_total", "Calls refused because too much was uncommitted."),
		clock:      counter("clock_refused_total", "Calls refused because node and Redis differ in time."),
		recoveries: counter("recoveries_total", "Shards rebuilt from PostgreSQL."),
		fenced:     counter("fenced_total", "Commits that found another writer at the fence."),
		events:     counter("events_committed_total", "Course events committed by this node."),
		uncounted:  counter("refusals_uncounted_total", "Refused bids left out of the published counts, too many of which wait to be written."),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: ns + "bids_refused_total", Help: "Bids refused, by code."},
			[]string{"code"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: ns + "batch_commands", Help: "Commands in one call of the function.", Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: ns + "commit_seconds", Help: "Time of one commit.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		rows: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: ns + "commit_events", Help: "Events in one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 13),
		}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{Name: ns + "backlog_events", Help: "Events read and not yet committed."}),
	}
	m.haltedLots = prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: ns + "halted_lots", Help: "Lots that met a fatal fault."},
		func() float64 { return count(h.count()) }) //nolint:forbidigo // as below
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.accepted, m.notPlaced, m.busy, m.clock, m.recoveries, m.fenced, m.events, m.uncounted, m.refused, m.batch, m.commit, m.rows, m.backlog, m.haltedLots,
	} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the bidding engine's metrics: %w", err)
		}
	}
	return m, nil
}

// count is a number as Prometheus counts.
func count(n int) float64 { return float64(n) } //nolint:forbidigo // no money
