package watch

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/cmd/hammer/peer"
	"mingchui/cmd/hammer/stage"
)

// A crowd that cannot see gaps and doubles is no measure.
func TestTallySeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 250e6, time.UTC)
	bid := func(seq, skipped string) string {
		return "id: " + seq + "\nevent: bid\ndata: {\"seq\":" + seq + `,"accepted_at":"2026-11-25T12:00:00.200Z"` + skipped + "}\n\n"
	}
	a, w := newTally(), &watcher{}
	text := "retry: 1000\nid: 1\nevent: state\ndata: {\"seq\":1}\n\n: still here\n\n" + bid("4", "") + bid("5", "") + bid("5", "") + bid("9", `,"skipped":3`) + bid("12", "")
	began := 0
	for i := 0; i < len(text); i += 7 { // events come in pieces
		if a.take(w, []byte(text[i:min(len(text), i+7)]), now) {
			began++
		}
	}
	got := a.read()
	want := Tally{Events: 4, Skipped: 3, Missing: 2, Doubled: 1, P50: 50 * time.Millisecond, P99: 50 * time.Millisecond}
	if got != want || began != 1 {
		t.Errorf("%+v, began %d times", got, began)
	}
}

func TestACrowdHearsAllOfThePeer(t *testing.T) {
	t.Parallel()
	const watchers = 300
	lot := uuid.New()
	address := servePeer(t, peer.Config{Kind: peer.FanOut})
	c, err := Open(t.Context(), address, lot, watchers)
	if err != nil {
		t.Fatal(err)
	}
	hears(t, c, http.DefaultClient, "http://"+address, lot, watchers)
	if err := c.Keep(10); err != nil || c.Len() != 10 {
		t.Error(c.Len(), err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestACrowdBehindTLSHearsAllOfThePeer(t *testing.T) {
	t.Parallel()
	const watchers = 100
	lot := uuid.New()
	id, err := stage.NewIdentity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	address := servePeer(t, peer.Config{Kind: peer.FanOut, TLSCert: id.CertFile, TLSKey: id.KeyFile})
	if c, err := OpenSecure(t.Context(), address, x509.NewCertPool(), lot, 2); err == nil {
		t.Error("a certificate of nobody's is trusted", c.Close())
	}
	c, err := OpenSecure(t.Context(), address, id.Trusted, lot, watchers)
	if err != nil {
		t.Fatal(err)
	}
	hears(t, c, id.Client(), "https://"+address, lot, watchers)
	if err := c.Close(); err != nil || c.Len() != 0 {
		t.Error(c.Len(), err)
	}
}

// servePeer serves a peer until the test ends.
func servePeer(t *testing.T, cfg peer.Config) (address string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- peer.Serve(ctx, l, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// hears bids until all watchers were told of all bids.
func hears(t *testing.T, c interface {
	Tally() Tally
	Len() int
}, client *http.Client, site string, lot uuid.UUID, watchers int,
) {
	t.Helper()
	const bids = 20
	for range bids {
		res, err := client.Post(site+"/api/v1/lots/"+lot.String()+"/bids", "application/json", strings.NewReader(`{"amount_fen":5}`)) //nolint:noctx // it answers at once
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusCreated {
			t.Fatal(res.Status, err)
		}
	}
	limit := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c.Tally().Events < int64(watchers*bids) {
		select {
		case <-limit:
			t.Fatalf("%+v", c.Tally())
		case <-tick.C:
		}
	}
	if got := c.Tally(); got.Missing != 0 || got.Doubled != 0 || got.Closed != 0 || got.P99 > 20*time.Second || c.Len() != watchers {
		t.Errorf("%+v, %d open", got, c.Len())
	}
}
