package watch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// connecting is how many watchers shake hands at once.
const connecting = 16

// Secure is open streams over TLS and HTTP/2. Each has a connection of its own, as browsers have.
type Secure struct {
	tally  *tally
	cancel context.CancelFunc
	reads  sync.WaitGroup
	open   atomic.Int64
}

// OpenSecure opens n streams of a lot at host:port, whose certificate must be one of trusted for 127.0.0.1, and returns when
// each has its first event.
func OpenSecure(ctx context.Context, address string, trusted *x509.CertPool, lot uuid.UUID, n int) (*Secure, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("%s is not on this machine", address)
	}
	within, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &Secure{tally: newTally(), cancel: stop}
	began, free := make(chan error, n), make(chan struct{}, connecting)
	for range n {
		c.reads.Go(func() {
			c.watch(within, "https://"+address+"/api/v1/lots/"+lot.String()+"/events", trusted, free, began)
		})
	}
	limit := time.NewTimer(openLimit * time.Duration(1+n/atOnce/4))
	defer limit.Stop()
	for i := range n {
		select {
		case err = <-began:
		case <-ctx.Done():
			err = ctx.Err()
		case <-limit.C:
			err = errors.New("the others do not begin in time")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%d of %d streams have begun: %w", i, n, err), c.Close())
		}
	}
	return c, nil
}

// watch is one watcher. It takes one of the places of free to connect, and says once how it began.
func (c *Secure) watch(ctx context.Context, url string, trusted *x509.CertPool, free chan struct{}, began chan<- error) {
	free <- struct{}{}
	var once sync.Once
	begin := func(err error) {
		once.Do(func() {
			<-free
			began <- err
		})
	}
	defer begin(errors.New("the stream ended before its first event"))
	own := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS13}}
	defer own.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		begin(err)
		return
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := own.RoundTrip(req)
	if err != nil {
		begin(err)
		return
	}
	defer func() { _ = res.Body.Close() }() // it has ended, or is cut
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		begin(fmt.Errorf("answered %s over %s", res.Status, res.Proto))
		return
	}
	c.open.Add(1)
	defer c.open.Add(-1)
	c.read(ctx, res.Body, begin)
}

func (c *Secure) read(ctx context.Context, body io.Reader, begin func(error)) {
	w, buffer := &watcher{}, make([]byte, 4<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 && c.tally.take(w, buffer[:n], time.Now()) {
			begin(nil)
		}
		if err == nil {
			continue
		}
		if ctx.Err() == nil {
			c.tally.mu.Lock()
			c.tally.sum.Closed++
			c.tally.mu.Unlock()
		}
		return
	}
}

// Len is how many streams are open.
func (c *Secure) Len() int { return int(c.open.Load()) }

// Reset begins to count anew; Tally is what came since.
func (c *Secure) Reset() { c.tally.reset() }

// Tally is what came since the last Reset.
func (c *Secure) Tally() Tally { return c.tally.read() }

// Close ends all streams.
func (c *Secure) Close() error {
	c.cancel()
	c.reads.Wait()
	return nil
}
