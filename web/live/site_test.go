package live_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/clock"
	"mingchui/web/live"
)

// site is a hub behind a real server.
type site struct {
	t    *testing.T
	hub  *live.Hub
	http *httptest.Server
	// ended is told the bytes of each stream that was taken over.
	ended chan int64
	stop  func()
}

// serve runs a hub behind a server, over TLS with HTTP/2 where asked for.
func serve(t *testing.T, c live.Config, secure bool) *site {
	t.Helper()
	if c.Clock = (clock.Real{}); c.Poll == 0 {
		c.Poll = 20 * time.Millisecond
	}
	s := &site{t: t, hub: live.New(c), ended: make(chan int64, 10_000)}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.answer))
	if s.http.EnableHTTP2 = secure; secure {
		s.http.StartTLS()
	} else {
		s.http.Start()
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.hub.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		s.http.Close()
	})
	t.Cleanup(s.stop)
	return s
}

func (s *site) answer(w http.ResponseWriter, r *http.Request) {
	lot, err := uuid.Parse(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("X-Request-Id", "7")
	over := &live.Handover{Ended: func(n int64) { s.ended <- n }}
	r = r.WithContext(live.WithHandover(r.Context(), over))
	if err := s.hub.Serve(w, r, lot); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// proxied is the site behind a reverse proxy as people use them.
func (s *site) proxied(http2 bool) *httptest.Server {
	s.t.Helper()
	target, err := url.Parse(s.http.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	p := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	p.EnableHTTP2 = http2
	p.StartTLS()
	s.t.Cleanup(p.Close)
	return p
}

// event is one server-sent event.
type event struct {
	id, name string
	data     map[string]any
}

func (e event) seq() int64 { n, _ := e.data["seq"].(float64); return int64(n) }

// reader reads a stream as a browser does: it keeps the last id.
type reader struct {
	t      *testing.T
	res    *http.Response
	lines  *bufio.Scanner
	cancel context.CancelFunc
	lastID string
	// text is all that came.
	text strings.Builder
}

func watch(t *testing.T, client *http.Client, address string, lot uuid.UUID, lastID string) *reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/"+lot.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := client.Do(req) //nolint:bodyclose // closed by close
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream answers %d %v", res.StatusCode, res.Header)
	}
	r := &reader{t: t, res: res, lines: bufio.NewScanner(res.Body), cancel: cancel, lastID: lastID}
	t.Cleanup(r.close)
	return r
}

func (s *site) watch(lot uuid.UUID, lastID string) *reader {
	s.t.Helper()
	return watch(s.t, s.http.Client(), s.http.URL, lot, lastID)
}

func (r *reader) close() {
	r.cancel()
	_ = r.res.Body.Close()
}

// next reads one event; ok is false at the end of the stream.
func (r *reader) next() (e event, ok bool) {
	r.t.Helper()
	for r.lines.Scan() {
		line := r.lines.Text()
		r.text.WriteString(line + "\n")
		switch name, value, _ := strings.Cut(line, ": "); {
		case line == "" && e.name != "":
			if e.id != "" {
				r.lastID = e.id
			}
			return e, true
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				r.t.Error(err)
			}
		}
	}
	return event{}, false
}

// must reads one event of a name.
//
// States come by themselves while a reader waits, so that they are passed over where another event is awaited.
func (r *reader) must(name string) event {
	r.t.Helper()
	e, ok := r.next()
	for ok && e.name == "state" && name != "state" {
		e, ok = r.next()
	}
	if !ok || e.name != name {
		r.t.Fatalf("the next event is %q %v, want %s (%v)", e.name, e.data, name, r.lines.Err())
	}
	return e
}

// tally adds up what came of a course: every seq once, in order.
type tally struct {
	t        *testing.T
	last     int64
	got      int64
	skipped  int64
	dropped  bool
	watchers int
}

func (a *tally) add(e event) {
	a.t.Helper()
	switch e.name {
	case "state":
		a.watchers = int(e.data["watchers"].(float64))
	case "dropped":
		a.dropped = true
	default:
		if e.seq() <= a.last || e.id != strconv.FormatInt(e.seq(), 10) {
			a.t.Errorf("after %d comes %d with id %s", a.last, e.seq(), e.id)
		}
		n, _ := e.data["skipped"].(float64)
		if missing := e.seq() - a.last - 1; missing != int64(n) {
			a.t.Errorf("between %d and %d there are %d, and %v are skipped", a.last, e.seq(), missing, n)
		}
		a.last = e.seq()
		a.got++
		a.skipped += int64(n)
	}
}

// until reads on until the event seq came, or the stream ended.
func (a *tally) until(r *reader, seq int64) (there bool) {
	a.t.Helper()
	for a.last < seq {
		e, ok := r.next()
		if !ok {
			return false
		}
		a.add(e)
	}
	return true
}

// slow opens a stream that takes the head and no more until it is read; its
// buffers are as small as the kernel makes them.
func (s *site) slow(lot uuid.UUID) (conn *net.TCPConn, in *bufio.Reader) {
	s.t.Helper()
	d := net.Dialer{}
	c, err := d.DialContext(s.t.Context(), "tcp", s.http.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	conn = c.(*net.TCPConn)
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadBuffer(1); err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET /" + lot.String() + " HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		s.t.Fatal(err)
	}
	in = bufio.NewReaderSize(conn, 16)
	if line, err := in.ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
		s.t.Fatalf("the stream begins with %q, %v", line, err)
	}
	return conn, in
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("waited in vain: " + what)
		}
	}
}

// http1 is a client over TLS that does not speak HTTP/2.
func http1(s *httptest.Server) *http.Client {
	c := *s.Client()
	tr := c.Transport.(*http.Transport).Clone()
	tr.ForceAttemptHTTP2, tr.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
	tr.TLSClientConfig.NextProtos = []string{"http/1.1"}
	c.Transport = tr
	return &c
}
