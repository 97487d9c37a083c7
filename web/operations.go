package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/pprof" // what it adds to the default mux is served by nobody
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyWithin bounds each check of /readyz.
const readyWithin = 2 * time.Second

// Operations serves the operators, on a port of its own that the public does
// not reach: /healthz (the process runs), /readyz (it can take requests; 503
// with what cannot), /metrics, /debug/pprof/ (what the process is busy with).
func (s *Server) Operations() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{}))
	return mux
}

// ready asks everything at once. The answer names what is down and not why:
// that stands in the log.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	checks := append([]Check{
		{"postgresql", s.Pool.Ping},
		{"redis", func(ctx context.Context) error { return s.Redis.Ping(ctx).Err() }},
	}, s.Checks...)
	results := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { results[i] = c.Probe(ctx) })
	}
	wg.Wait()
	status, told := http.StatusOK, make(map[string]string, len(checks))
	for i, err := range results {
		told[checks[i].Name] = "up"
		if err != nil {
			told[checks[i].Name] = "down"
			status = http.StatusServiceUnavailable
			s.Log.WarnContext(r.Context(), "not ready", "check", checks[i].Name, "error", err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": status == http.StatusOK, "checks": told})
}

// metrics are those of HTTP.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec

	// held are the collectors of what was asked before: finding them by their labels costs more than counting. There are
	// as many as routes and statuses.
	mu   sync.RWMutex
	held map[asked]counted
}

type asked struct {
	method, route string
	status        int
}

type counted struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mingchui_http_requests_total", Help: "Requests by method, route and status."},
			[]string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mingchui_http_request_seconds", Help: "Time to answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		held: map[asked]counted{},
	}
	r.MustRegister(m.requests, m.seconds)
	return m
}

func (m *metrics) observe(verb, route string, status int, took time.Duration) {
	what := asked{method(verb), route, status}
	m.mu.RLock()
	c, known := m.held[what]
	m.mu.RUnlock()
	if !known {
		c = counted{m.requests.WithLabelValues(what.method, route, strconv.Itoa(status)), m.seconds.WithLabelValues(route)}
		m.mu.Lock()
		m.held[what] = c
		m.mu.Unlock()
	}
	c.requests.Inc()
	c.seconds.Observe(took.Seconds())
}
