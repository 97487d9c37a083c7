package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// event is one server-sent event.
type event struct {
	id, name string
	data     map[string]any
}

// stream is an open event stream.
type stream struct {
	w       *world
	resp    *http.Response
	lines   *bufio.Scanner
	cancel  context.CancelFunc
	comment int
	// begun is set after the first event, the state; later states only tell how
	// many watch.
	begun bool
}

func (w *world) watch(lot, lastEventID string) *stream {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.http.URL+"/api/v1/lots/"+lot+"/events", nil)
	w.must(err)
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := w.client.Do(r) //nolint:bodyclose // closed by close
	w.must(err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("the stream answers %d %v", resp.StatusCode, resp.Header)
	}
	s := &stream{w: w, resp: resp, lines: bufio.NewScanner(resp.Body), cancel: cancel}
	w.t.Cleanup(s.close)
	return s
}

func (s *stream) close() {
	s.cancel()
	_ = s.resp.Body.Close()
}

// next reads one event; ok is false at the end of the stream.
func (s *stream) next() (e event, ok bool) {
	s.w.t.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		switch name, value, _ := strings.Cut(line, ": "); {
		case line == "" && e.name == "state" && s.begun:
			e = event{}
		case line == "" && e.name != "":
			s.begun = true
			return e, true
		case strings.HasPrefix(line, ":"):
			s.comment++
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			s.w.must(json.Unmarshal([]byte(value), &e.data))
		}
	}
	return event{}, false
}

// must reads one event of a name.
func (s *stream) must(name string) event {
	s.w.t.Helper()
	e, ok := s.next()
	if !ok || e.name != name {
		s.w.t.Fatalf("the next event is %q %v, want %s (%v)", e.name, e.data, name, s.lines.Err())
	}
	return e
}

func TestEventsOfALot(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.want(404, "not_found", "", "GET", "/api/v1/lots/"+w.drafted()+"/events", nil)
	w2 := start(t)
	lot := w2.announced()
	one, two := w2.admitted(lot, "bidder1"), w2.admitted(lot, "bidder2")
	before := w2.watch(lot, "")
	if s := before.must("state"); s.data["status"] != "announced" || s.data["price_fen"] != nil || s.id != "3" {
		t.Errorf("before bidding the state is %+v", s)
	}
	w2.live()
	w2.wantBid(201, "", one, lot, "a", 260_000)
	bid := before.must("bid")
	if bid.id != "4" || bid.data["bidder_code"] != one.code || bid.data["amount_fen"] != 260000.0 || bid.data["seq"] != 4.0 || bid.data["ends_at"] == nil || bid.data["accepted_at"] == nil {
		t.Errorf("the bid reads %+v", bid)
	}
	late := w2.watch(lot, "")
	if s := late.must("state"); s.data["status"] != "live" || s.data["price_fen"] != 260000.0 || s.data["leader_code"] != one.code || s.id != "4" {
		t.Errorf("the state is %+v", s)
	}
	reason := map[string]any{"reason": map[string]any{"zh": "案外人提出异议", "en": "A third person objected"}}
	w2.want(201, "", "judge1", "POST", "/api/v1/lots/"+lot+"/stay", reason)
	if e := late.must("stayed"); e.id != "5" || e.data["left_ms"] == nil {
		t.Errorf("the stay reads %+v", e)
	}
	w2.wantBid(409, "suspended", two, lot, "b", 265_000)
	if s := w2.watch(lot, "").must("state"); s.data["status"] != "suspended" || s.data["ends_at"] != nil {
		t.Errorf("while stayed the state is %+v", s)
	}
	w2.want(201, "", "judge1", "POST", "/api/v1/lots/"+lot+"/resumption", nil)
	late.must("resumed")
	w2.wantBid(201, "", two, lot, "c", 265_000)
	late.must("bid")
	w2.pass(26 * time.Hour)
	w2.eventually("the lot is closed", func() bool {
		w2.duties()
		return w2.do("", "GET", "/api/v1/lots/"+lot, nil).text("outcome") == "sold"
	})
	if e := late.must("closed"); e.data["outcome"] != "sold" || e.data["leader_code"] != two.code || e.data["price_fen"] != 265000.0 {
		t.Errorf("the close reads %+v", e)
	}
	for _, name := range []string{"stayed", "resumed", "bid", "closed"} {
		before.must(name)
	}
	w2.eventually("a comment comes", func() bool { return w2.commented(lot) })
}

// commented reads a fresh stream until its first comment.
func (w *world) commented(lot string) bool {
	s := w.watch(lot, "")
	defer s.close()
	s.must("state")
	return s.lines.Scan() && strings.HasPrefix(s.lines.Text(), ":")
}

// However often a reader breaks off and comes back, it sees each bid once and in order.
func TestEventsResumeWithoutGapOrDouble(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	bidders := []bidder{w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2")}
	w.live()
	const bids = 60
	done := make(chan error, 1)
	go func() {
		for i := range bids {
			if c := w.bid(bidders[i%2], lot, "k"+strconv.Itoa(i), 260_000+int64(i)*5_000); c.status != 201 {
				done <- fmt.Errorf("bid %d answers %s", i, c.body)
				return
			}
		}
		done <- nil
	}()
	var seen []int
	last, breaks := "3", 0
	for len(seen) < bids {
		s := w.watch(lot, last)
		if first := s.must("state"); first.id != "" {
			t.Fatalf("on coming back the state has id %s: what was missed could be skipped", first.id)
		}
		for range 7 {
			e := s.must("bid")
			n, err := strconv.Atoi(e.id)
			w.must(err)
			seen, last = append(seen, n), e.id
			if len(seen) == bids {
				break
			}
		}
		s.close()
		breaks++
	}
	w.must(<-done)
	for i, n := range seen {
		if n != i+4 {
			t.Fatalf("events are %v", seen)
		}
	}
	if breaks < 5 {
		t.Errorf("the stream broke off only %d times", breaks)
	}
	for _, bad := range []string{"x", "-1", "99999999999999999999"} {
		w.want(422, "field_invalid", "", "GET", "/api/v1/lots/"+lot+"/events", nil, "Last-Event-ID", bad)
	}
}

// NATS only wakes: without it watchers see the same, from PostgreSQL.
func TestEventsComeWithoutNATS(t *testing.T) {
	t.Parallel()
	w := start(t, withoutNATS)
	lot := w.announced()
	b := w.admitted(lot, "bidder1")
	w.live()
	s := w.watch(lot, "")
	s.must("state")
	w.wantBid(201, "", b, lot, "a", 260_000)
	s.must("bid")
}

// A stream's line of the access log is written when it is over, with the bytes
// that were sent.
func TestEventsAreAccountedForWhenTheyEnd(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	b := w.admitted(lot, "bidder1")
	w.live()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.http.URL+"/api/v1/lots/"+lot+"/events", nil)
	w.must(err)
	resp, err := w.client.Do(r)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	w.wantBid(201, "", b, lot, "a", 260_000)
	if strings.Contains(w.log.String(), "path=/api/v1/lots/:lot/events") {
		t.Error("the line is written before the stream ends")
	}
	var body []byte
	for some := make([]byte, 4096); !bytes.Contains(body, []byte("event: bid\n")); {
		n, err := resp.Body.Read(some)
		body = append(body, some[:n]...)
		w.must(err)
	}
	w.hub.Stop()
	rest, err := io.ReadAll(resp.Body)
	w.must(err)
	body = append(body, rest...)
	if resp.Header.Get("X-Request-Id") == "" || resp.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("the stream is %v\n%s", resp.Header, body)
	}
	want := fmt.Sprintf("method=GET path=/api/v1/lots/:lot/events status=200 bytes=%d took=", len(body))
	w.eventually("the line is written", func() bool { return strings.Contains(w.log.String(), want) })
	if !strings.Contains(w.log.String(), "request="+resp.Header.Get("X-Request-Id")) {
		t.Error("the line has another request id")
	}
}

func TestEventsEndCleanlyOnShutdown(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	s := w.watch(lot, "")
	s.must("state")
	w.hub.Stop()
	if e, ok := s.next(); ok || s.lines.Err() != nil {
		t.Errorf("the stream went on with %+v, or broke: %v", e, s.lines.Err())
	}
	w.want(503, "service_unavailable", "", "GET", "/api/v1/lots/"+lot+"/events", nil)
	if c := w.do("", "HEAD", "/api/v1/lots/"+lot+"/events", nil); c.status != http.StatusMethodNotAllowed {
		t.Errorf("a head of a stream answers %d", c.status)
	}
	if c := w.do("", "HEAD", "/api/v1/lots/"+lot, nil); c.status != http.StatusOK || c.body != "" {
		t.Errorf("a head of a lot answers %d %q", c.status, c.body)
	}
}
