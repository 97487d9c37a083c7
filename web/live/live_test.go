package live_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"mingchui/auction/fault"
	"mingchui/bidding"
	"mingchui/bidding/course"
	"mingchui/deploy/local/testserver"
	"mingchui/web/live"
)

// Whatever NATS loses, doubles, delays or says in another form, a watcher gets
// each event once and in order, and nothing that is not committed.
func TestI1_WatchersSeeEachCommittedEventOnce(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	s, l := serve(t, live.Config{Pool: pool, NATS: nc, Slot: time.Millisecond, Poll: 50 * time.Millisecond}, false), newLot(t, pool)
	r := s.watch(l.id, "")
	r.must("state")
	tell := func(b []byte) {
		t.Helper()
		if err := nc.Publish(bidding.Subject+l.id.String(), b); err != nil {
			t.Fatal(err)
		}
	}
	a := tally{t: t, last: 1}
	for round := range 20 {
		n := l.bid(5)
		switch round % 5 {
		case 0: // as it should be
			for _, b := range n {
				tell(b)
			}
		case 1: // the first and the last are lost
			tell(n[1])
			tell(n[3])
		case 2: // doubled, and late
			for _, i := range []int{4, 0, 0, 1, 3, 2, 4, 1} {
				tell(n[i])
			}
		case 3: // all are lost
		case 4: // another lot's, and no JSON
			tell([]byte(`{"lot":"` + uuid.NewString() + `","seq":1,"kind":"bid"}`))
			tell([]byte(`{`))
		}
		if !a.until(r, l.seq) {
			t.Fatalf("the stream ends: %v", r.lines.Err())
		}
	}
	if a.got+a.skipped != 100 {
		t.Errorf("%d events came and %d were counted", a.got, a.skipped)
	}
}

// What was told and is not committed does not stay: the stream ends, and who comes
// back, even with its number, sees what PostgreSQL has.
func TestI1_WhatIsNotCommittedIsTakenBack(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	s, l := serve(t, live.Config{Pool: pool, NATS: nc}, false), newLot(t, pool)
	r := s.watch(l.id, "")
	r.must("state")
	forged := `{"lot":"` + l.id.String() + `","seq":2,"kind":"bid","at":"2026-11-25T12:00:00.000Z","bidder_code":"ZZZZZ","amount_fen":5,"phase":"open","ends_at":"2026-11-25T13:00:00.000Z"}`
	if err := nc.Publish(bidding.Subject+l.id.String(), []byte(forged)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, ok := r.next(); !ok {
			break
		}
	}
	back := s.watch(l.id, "2")
	if e := back.must("state"); e.id != "1" || e.data["leader_code"] != nil {
		t.Errorf("it comes back to %+v", e)
	}
	l.bid(1)
	if e := back.must("bid"); e.id != "2" || e.data["bidder_code"] != "AAAAA" {
		t.Errorf("the bid is %+v", e)
	}
}

// What NATS tells is told as what PostgreSQL holds: the same bytes.
func TestToldEventsReadAsStoredOnes(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	told, l := serve(t, live.Config{Pool: pool, NATS: nc, Poll: time.Minute}, false), newLot(t, pool)
	r := told.watch(l.id, "")
	r.must("state")
	r.text.Reset()
	for _, b := range l.bid(3) {
		if err := nc.Publish(bidding.Subject+l.id.String(), b); err != nil {
			t.Fatal(err)
		}
	}
	(&tally{t: t, last: 1}).until(r, l.seq)
	stored := serve(t, live.Config{Pool: pool}, false).watch(l.id, "1")
	stored.must("state")
	stored.text.Reset()
	(&tally{t: t, last: 1}).until(stored, l.seq)
	if r.text.String() != stored.text.String() || !strings.Contains(r.text.String(), `"amount_fen":104`) {
		t.Errorf("told:\n%s\nstored:\n%s", r.text.String(), stored.text.String())
	}
}

// The first event after quiet is not held back; what follows at once is, for a slot's time, and comes together.
func TestEventsComeInSlots(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	s, l := serve(t, live.Config{Pool: pool, NATS: nc, Poll: time.Hour, Slot: 300 * time.Millisecond}, false), newLot(t, pool)
	r := s.watch(l.id, "")
	r.must("state")
	tell := func(n int) {
		for _, b := range l.bid(n) {
			if err := nc.Publish(bidding.Subject+l.id.String(), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	tell(1)
	a := tally{t: t, last: 1}
	a.until(r, 2)
	began := time.Now()
	tell(50)
	a.until(r, 52)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("the next slot came after %s", took)
	}
	if a.got+a.skipped != 51 {
		t.Errorf("%d events, %d skipped", a.got, a.skipped)
	}
}

// A reader that takes nothing is dropped when it is all the kept slots behind,
// and the others see everything; it comes back and has no gap.
func TestSlowReadersAreDroppedAlone(t *testing.T) {
	t.Parallel()
	pool, reg := testserver.Postgres(t), prometheus.NewRegistry()
	s, l := serve(t, live.Config{Pool: pool, Slot: time.Millisecond, Poll: 2 * time.Millisecond, Metrics: reg}, false), newLot(t, pool)
	_, in := s.slow(l.id)
	quick := s.watch(l.id, "")
	quick.must("state")
	a := tally{t: t, last: 1}
	for len(s.ended) == 0 {
		l.bid(16)
		if !a.until(quick, l.seq) {
			t.Fatalf("the quick reader's stream ends: %v", quick.lines.Err())
		}
		if l.seq > 100_000 {
			t.Fatal("the slow reader is never dropped")
		}
	}
	if a.got+a.skipped != l.seq-1 {
		t.Errorf("the quick reader saw %d and had %d counted, of %d", a.got, a.skipped, l.seq-1)
	}
	if n := valueOf(t, reg, "mingchui_live_dropped_total"); n != 1 {
		t.Errorf("%v were dropped", n)
	}
	rest, _ := io.ReadAll(in) // it ends with a reset or an end
	lastID, slow := "", &tally{t: t, last: 1}
	for block := range strings.SplitSeq(string(rest), "\n\n") {
		if id, _, ok := strings.Cut(strings.TrimPrefix(block, "id: "), "\nevent: bid\n"); ok && strings.HasSuffix(block, "}") {
			lastID, slow.last = id, must(strconv.ParseInt(id, 10, 64))
		}
	}
	back := s.watch(l.id, lastID)
	back.must("state")
	if !slow.until(back, l.seq) {
		t.Errorf("it came back from %s and saw up to %d of %d", lastID, slow.last, l.seq)
	}
}

// Where the handler stays, a reader that falls behind is told why it is dropped.
func TestSlowReadersAreToldWhereTheHandlerStays(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	s, l := serve(t, live.Config{Pool: pool, Slot: time.Millisecond, Poll: 2 * time.Millisecond}, false), newLot(t, pool)
	w := &heldWriter{header: http.Header{}, free: make(chan struct{})}
	done := make(chan error, 1)
	go func() {
		done <- s.hub.Serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), l.id)
	}()
	eventually(t, "the handler follows", func() bool { return w.count.Load() == 1 })
	quick := s.watch(l.id, "")
	quick.must("state")
	a := tally{t: t, last: 1}
	for range 100 {
		l.bid(1)
		a.until(quick, l.seq)
	}
	close(w.free)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if text := w.text.String(); !strings.HasSuffix(text, "event: dropped\ndata: {\"reason\":\"slow_reader\"}\n\n") {
		t.Errorf("the stream ends with %q", text[max(0, len(text)-200):])
	}
}

// heldWriter is a reader that takes the state, and no event until it is freed.
type heldWriter struct {
	header http.Header
	text   strings.Builder
	count  atomic.Int32
	free   chan struct{}
}

func (w *heldWriter) Header() http.Header { return w.header }
func (w *heldWriter) WriteHeader(int)     {}
func (w *heldWriter) Flush()              {}
func (w *heldWriter) Write(p []byte) (int, error) {
	if w.count.Add(1) > 1 {
		<-w.free
	}
	return w.text.Write(p)
}

// Admissions and exclusions are nobody's to watch, told or stored (R18).
func TestR18_AdmissionsAreNotTold(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	s, l := serve(t, live.Config{Pool: pool, NATS: nc}, false), newLot(t, pool)
	r := s.watch(l.id, "")
	for _, n := range [][][]byte{
		l.add(3, course.Event{Kind: course.Admit, Code: "BBBBB", Capacity: course.Ordinary, NameCommitment: "x"}),
		l.add(1, course.Event{Kind: course.Exclude, Code: "BBBBB"}), l.bid(1),
	} {
		for _, b := range n {
			if err := nc.Publish(bidding.Subject+l.id.String(), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.must("state")
	if e := r.must("bid"); e.id != "6" || e.data["skipped"] != nil {
		t.Errorf("the bid is %+v", e)
	}
	back := s.watch(l.id, "1")
	back.must("state")
	back.must("bid")
	if text := r.text.String() + back.text.String(); strings.Contains(text, "BBBBB") || strings.Count(text, "event: ")-strings.Count(text, "event: state") != 2 {
		t.Errorf("the streams are %s", text)
	}
}

func TestReadersAreBounded(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	s, l := serve(t, live.Config{Pool: pool, MaxReaders: 2, Heartbeat: 10 * time.Millisecond}, false), newLot(t, pool)
	s.watch(l.id, "").must("state")
	second := s.watch(l.id, "")
	third := func() error {
		return s.hub.Serve(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), l.id)
	}
	if err := third(); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a third reader gets %v", err)
	}
	second.close()
	<-s.ended // found by looking at its connection
	second = s.watch(l.id, "")
	second.close()
	<-s.ended
	if err := s.hub.Serve(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), uuid.New()); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("a lot that is not there: %v", err)
	}
}

// A stream ends cleanly with the hub, whoever writes it, and is accounted for to the byte.
func TestStreamsEndWithTheHub(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		t.Run("tls "+strconv.FormatBool(secure), func(t *testing.T) {
			t.Parallel()
			pool := testserver.Postgres(t)
			s, l := serve(t, live.Config{Pool: pool}, secure), newLot(t, pool)
			r := s.watch(l.id, "")
			if want := map[bool]int{false: 1, true: 2}[secure]; r.res.ProtoMajor != want || r.res.Header.Get("X-Request-Id") != "7" || r.res.Header.Get("Date") == "" {
				t.Errorf("%s %v", r.res.Proto, r.res.Header)
			}
			l.bid(2)
			a := tally{t: t, last: 1}
			a.until(r, l.seq)
			s.hub.Stop()
			for {
				if _, ok := r.next(); !ok {
					break
				}
			}
			if err := r.lines.Err(); err != nil {
				t.Errorf("the stream broke: %v", err)
			}
			if !secure {
				if n := <-s.ended; n != int64(r.text.Len()) {
					t.Errorf("%d bytes were accounted for, %d came", n, r.text.Len())
				}
			}
		})
	}
}

// Behind a TLS proxy, and over TLS itself, with HTTP/1.1 and HTTP/2, a reader
// that breaks off again and again has no gap and no double.
func TestStreamsPassProxiesAndTLS(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	plain, l := serve(t, live.Config{Pool: pool, Slot: 5 * time.Millisecond, Poll: 5 * time.Millisecond}, false), newLot(t, pool)
	secure := serve(t, live.Config{Pool: pool, Slot: 5 * time.Millisecond, Poll: 5 * time.Millisecond}, true)
	proxy1, proxy2 := plain.proxied(false), plain.proxied(true)
	ways := map[string]struct {
		client  *http.Client
		address string
		major   int
	}{
		"proxy, HTTP/1.1": {proxy1.Client(), proxy1.URL, 1}, "proxy, HTTP/2": {proxy2.Client(), proxy2.URL, 2},
		"TLS, HTTP/1.1": {http1(secure.http), secure.http.URL, 1}, "TLS, HTTP/2": {secure.http.Client(), secure.http.URL, 2},
		"plain": {plain.http.Client(), plain.http.URL, 1},
	}
	const bids = 150
	var all sync.WaitGroup
	for name, way := range ways {
		all.Go(func() {
			a, breaks, lastID := tally{t: t, last: 1}, 0, "1"
			for a.last < bids+1 {
				r := watch(t, way.client, way.address, l.id, lastID)
				if r.res.ProtoMajor != way.major {
					t.Errorf("%s: %s", name, r.res.Proto)
				}
				r.must("state")
				a.until(r, min(bids+1, a.last+20))
				lastID = r.lastID
				r.close()
				breaks++
			}
			if a.got+a.skipped != bids || breaks < 2 {
				t.Errorf("%s: %d came, %d were counted, %d breaks", name, a.got, a.skipped, breaks)
			}
		})
	}
	for range bids / 3 {
		l.bid(3)
	}
	all.Wait()
}

// A storm of readers that come back, from recent events and from far back, while
// bids go on: none has a gap or a double, and nothing of them stays.
func TestReconnectStorm(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	s, l := serve(t, live.Config{Pool: pool, Slot: time.Millisecond, Poll: 2 * time.Millisecond, Heartbeat: 20 * time.Millisecond}, false), newLot(t, pool)
	l.bid(250)
	const readers, bids = 30, 300
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() {
			a, lastID := tally{t: t, last: 1}, "1"
			for turn := 0; a.last < 251+bids; turn++ {
				r := s.watch(l.id, lastID)
				r.must("state")
				a.until(r, min(251+bids, a.last+int64(1+(i*7+turn*13)%120)))
				lastID = r.lastID
				r.close()
			}
		})
	}
	for range bids / 4 {
		l.bid(4)
	}
	all.Wait()
	s.http.Client().CloseIdleConnections()
	eventually(t, "all readers are found to have left", func() bool { return s.hub.Watchers(l.id) == 0 && runtime.NumGoroutine() <= before+4 })
}

// A crowd that several writers write to at once, of whom one leaves with each bid: the others see everything.
func TestI1_CrowdsOfManyWritersSeeEachEventOnce(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	s, l := serve(t, live.Config{Pool: pool, Slot: time.Millisecond, Poll: 2 * time.Millisecond, Heartbeat: 5 * time.Millisecond}, false), newLot(t, pool)
	const readers, bids = 1100, 12
	all := make([]*reader, readers)
	for i := range all {
		all[i] = s.watch(l.id, "")
		all[i].must("state")
	}
	for range bids {
		l.bid(1)
		leaves := int(l.seq)
		all[leaves*7].close()
	}
	for i, r := range all {
		if i%7 == 0 && i/7 > 1 && i/7 <= 1+bids {
			continue
		}
		a := tally{t: t, last: 1}
		if !a.until(r, l.seq) || a.got+a.skipped != bids {
			t.Fatalf("reader %d saw %d and had %d counted, of %d", i, a.got, a.skipped, bids)
		}
	}
	eventually(t, "who left is found to have left", func() bool { return s.hub.Watchers(l.id) == readers-bids })
}

// Each node counts its own readers and hears of the others'; a node that ends is
// forgotten.
func TestPresenceIsASumOverNodes(t *testing.T) {
	t.Parallel()
	pool, server := testserver.Postgres(t), testserver.NATSServer(t)
	cfg := func() live.Config {
		return live.Config{Pool: pool, NATS: testserver.Connect(t, server), Presence: 10 * time.Millisecond, Heartbeat: 20 * time.Millisecond}
	}
	one, two, l := serve(t, cfg(), false), serve(t, cfg(), false), newLot(t, pool)
	r := one.watch(l.id, "")
	if e := r.must("state"); e.data["watchers"] != 1.0 {
		t.Errorf("alone, a reader is told %+v", e)
	}
	for range 3 {
		two.watch(l.id, "").must("state")
	}
	// What an unknown program says in the subject is no harm.
	nc := testserver.Connect(t, server)
	for _, b := range []string{`{`, `{"node":"` + uuid.NewString() + `","first":true}`, `{"node":"` + uuid.NewString() + `","lots":{"` + l.id.String() + `":-5}}`} {
		if err := nc.Publish("presence", []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	a := tally{t: t, last: 1}
	for a.watchers != 4 {
		e, ok := r.next()
		if !ok || e.id != "" {
			t.Fatalf("%+v, %v", e, r.lines.Err())
		}
		a.add(e)
	}
	two.stop()
	for a.watchers != 1 {
		e, _ := r.next()
		a.add(e)
	}
}

// PostgreSQL is away for a while: streams go on and catch up.
func TestFault_WatchersCatchUpWhenPostgreSQLIsBack(t *testing.T) {
	t.Parallel()
	pool, nc := testserver.Postgres(t), testserver.NATS(t)
	s, l := serve(t, live.Config{Pool: pool, NATS: nc, Poll: 20 * time.Millisecond, Slot: time.Millisecond}, false), newLot(t, pool)
	r := s.watch(l.id, "")
	r.must("state")
	a := tally{t: t, last: 1}
	for range 5 {
		n := l.bid(2)
		// Every session of the database ends, in the middle of what it does; NATS shows a gap at once.
		_, _ = pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err := nc.Publish(bidding.Subject+l.id.String(), n[1]); err != nil {
			t.Fatal(err)
		}
		pool.Reset() // the next bid shall not meet a connection that ended
		eventually(t, "PostgreSQL takes connections", func() bool { return pool.Ping(t.Context()) == nil })
		if !a.until(r, l.seq) {
			t.Fatalf("the stream ends: %v", r.lines.Err())
		}
	}
	if a.got != 10 {
		t.Errorf("%d came", a.got)
	}
}

// valueOf is one of a registry's counters.
func valueOf(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
