package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// StripeMockVersion is the last release of Stripe's own mock whose document is of API 2023-10-16, the version that stripe-go v76 speaks. The Makefile
// installs the same; a test holds them against each other.
const StripeMockVersion = "v0.180.0"

// StripeMockFolder is where `make install-test` puts stripe-mock and the OpenAPI document that it checks by (spec3.json), once per machine.
func StripeMockFolder() (string, error) {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the folder of tools: %w", err)
		}
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Join(cache, "mingchui", "tools", runtime.Version(), "stripe-mock-"+StripeMockVersion), nil
}

// StripeMock is a running stripe-mock: it checks each request by Stripe's OpenAPI document, keeps nothing and answers with samples.
type StripeMock struct {
	child  *child
	socket string
	log    *os.File
}

// StartStripeMock starts it on a socket in dir, which is short enough for one and is the caller's to remove.
func StartStripeMock(ctx context.Context, dir string) (*StripeMock, error) {
	folder, err := StripeMockFolder()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(folder, "stripe-mock")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("stripe-mock %s is missing (`make install-test` installs it): %w", StripeMockVersion, err)
	}
	m := &StripeMock{socket: filepath.Join(dir, "stripe.sock")}
	if m.log, err = os.Create(filepath.Join(dir, "stripe-mock.log")); err != nil {
		return nil, fmt.Errorf("open stripe-mock's log: %w", err)
	}
	m.child, err = command{
		name: "stripe-mock", path: program, args: []string{"-http-unix", m.socket, "-strict-version-check"}, dir: dir, log: m.log, dies: syscall.SIGKILL,
	}.start(ctx)
	if err != nil {
		return nil, errors.Join(err, m.log.Close())
	}
	up, err := poll(ctx, 30*time.Second, func() bool {
		c, err := net.DialTimeout("unix", m.socket, time.Second) //nolint:noctx // poll has the context
		return err == nil && c.Close() == nil || m.child.ended()
	})
	if err != nil || !up || m.child.ended() {
		return nil, errors.Join(fmt.Errorf("stripe-mock does not listen: see %s", m.log.Name()), err, m.Stop(context.WithoutCancel(ctx)))
	}
	return m, nil
}

// Client calls it, whatever the host of the address.
func (m *StripeMock) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", m.socket)
		},
		DisableKeepAlives: true,
	}}
}

// Stop ends it.
func (m *StripeMock) Stop(ctx context.Context) error {
	return errors.Join(m.child.stop(ctx, syscall.SIGTERM, syscall.SIGKILL, 5*time.Second), m.log.Close())
}
