package stage

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/mingchui/house"
)

// Server is one run of `mingchui serve` as a process of its own.
type Server struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
	log  string
}

// startLimit bounds how long the server may take until it is ready.
const startLimit = 30 * time.Second

// Node is how one process of the server is started. The zero value is the only one: it does everything, on the stage's ports
// and servers.
type Node struct {
	// Name is that of its log file and its application_name in PostgreSQL; "server" when empty.
	Name string
	// Roles are those of --roles; all when empty.
	Roles string
	// SitePort and OpsPort are the stage's when 0.
	SitePort, OpsPort int
	// RedisURL is the stage's own Redis when empty; PostgresAddress is host:port, likewise.
	RedisURL, PostgresAddress string
}

// Serve starts the server binary and returns when /readyz says yes. extra are further flags. Its log goes to a file of the
// stage's folder, as it would in earnest.
func (s *Servers) Serve(ctx context.Context, binary string, extra ...string) (*Server, error) {
	return s.ServeNode(ctx, binary, Node{}, extra...)
}

// ServeNode is Serve for one of several processes.
func (s *Servers) ServeNode(ctx context.Context, binary string, n Node, extra ...string) (*Server, error) {
	n = s.filled(n)
	p := &Server{done: make(chan struct{}), log: filepath.Join(s.Dir, n.Name+".log")}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer func() { _ = out.Close() }()
	args := append([]string{
		"serve", "--listen", loopback(n.SitePort), "--ops-listen", loopback(n.OpsPort), "--site-url", s.SiteURL(), "--roles", n.Roles,
		"--rule-set", "demonstration", "--log-name", LogName, "--checkpoints", s.Checkpoints(), "--stripe-url", s.payURL(), "--secure=false",
	}, extra...)
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), binary, args...) //nolint:gosec // the caller names the server
	p.cmd.Env = s.environ(n)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = childAttributes()
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	if err := s.awaitReady(ctx, p, n.OpsPort); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

// start starts the process on a thread that is kept until it ends, and given back then: the kernel's death signal goes
// by the thread, to all that was ever forked from it.
func (p *Server) start() error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := p.cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return <-started
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// filled puts the stage's own in what n leaves open.
func (s *Servers) filled(n Node) Node {
	if n.Name == "" {
		n.Name = "server"
	}
	if n.Roles == "" {
		n.Roles = "web,bidding,duties"
	}
	if n.SitePort == 0 {
		n.SitePort = s.SitePort
	}
	if n.OpsPort == 0 {
		n.OpsPort = s.OpsPort
	}
	if n.RedisURL == "" {
		n.RedisURL = s.Redis.URL()
	}
	if n.PostgresAddress == "" {
		n.PostgresAddress = loopback(s.Postgres.Port())
	}
	return n
}

// environ is what the server sees of the environment: secrets and addresses with passwords.
func (s *Servers) environ(n Node) []string {
	seed := func(name string) string { return base64.StdEncoding.EncodeToString(house.Seed(keySecret, name)) }
	database := strings.Replace(s.PostgresURL(), loopback(s.Postgres.Port()), n.PostgresAddress, 1) + "&application_name=" + n.Name
	out := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TZ=UTC",
		"MINGCHUI_POSTGRES_URL=" + database, "MINGCHUI_REDIS_URL=" + n.RedisURL, "MINGCHUI_NATS_URL=" + s.NATS.URL(),
		"MINGCHUI_STRIPE_SECRET_KEY=" + stripeKey, "MINGCHUI_STRIPE_WEBHOOK_SECRET=" + hookKey,
		"MINGCHUI_LOG_KEY=" + seed("log"), "MINGCHUI_BATCH_KEY=" + seed("batch"),
		"MINGCHUI_SEALING_KEY=" + seed("sealing"),
	}
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} { // trials of the collector's settings
		if value, set := os.LookupEnv(name); set {
			out = append(out, name+"="+value)
		}
	}
	return out
}

func (s *Servers) awaitReady(ctx context.Context, p *Server, opsPort int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _, err := get(ctx, "http://"+loopback(opsPort)+"/readyz")
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("the server ended: %w\n%s", p.err, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready after %s\n%s", startLimit, p.tail())
		case <-tick.C:
		}
	}
}

// tail is the end of the server's log, for messages.
func (p *Server) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	return string(b[max(0, len(b)-4000):])
}

// PID is the process id.
func (p *Server) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Server) Done() <-chan struct{} { return p.done }

// Kill ends it at once, as a power cut of the node would, and waits.
func (p *Server) Kill() error {
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop asks it to end and waits; after stopLimit it is killed, which is an error.
func (p *Server) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, p.Kill())
	}
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("the server ended: %w\n%s", p.err, p.tail())
		}
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("the server did not end within %s", stopLimit), p.Kill())
	}
}

// Sessions opens a bidding session for each bidder, by code and passphrase (R18), through the API.
func (s *Servers) Sessions(ctx context.Context, sale Sale) ([]load.Session, error) {
	site := load.Site{URL: s.SiteURL()}
	out := make([]load.Session, 0, len(sale.Bidders))
	for _, b := range sale.Bidders {
		session, err := site.OpenSession(ctx, sale.Lot, b.Code, b.Passphrase)
		if err != nil {
			return nil, err
		}
		out = append(out, session)
	}
	return out, nil
}

// Fsck runs `mingchui fsck` and returns what it prints; an error when an invariant does not hold.
func (s *Servers) Fsck(ctx context.Context, binary string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, "fsck", "--log-name", LogName, "--checkpoints", s.Checkpoints()) //nolint:gosec // the caller names the server
	cmd.Env = s.environ(s.filled(Node{}))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("fsck: %w", err)
	}
	return string(out), nil
}

func get(ctx context.Context, address string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	return res.StatusCode, b, errors.Join(err, res.Body.Close())
}

// Metrics is what the server's operations port shows Prometheus.
func (s *Servers) Metrics(ctx context.Context) (string, error) {
	status, b, err := get(ctx, s.OpsURL()+"/metrics")
	if err != nil {
		return "", fmt.Errorf("read the server's metrics: %w", err)
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("read the server's metrics: answered %d", status)
	}
	return string(b), nil
}

// maxBody bounds what is read of an answer: a profile.
const maxBody = 64 << 20

// Profile writes a CPU profile of the server over a time, when its operations port serves net/http/pprof.
func (s *Servers) Profile(ctx context.Context, path string, length time.Duration) error {
	seconds := max(1, int(length.Seconds()))
	status, b, err := get(ctx, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", s.OpsURL(), seconds))
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("the operations port serves no profiles (%d)", status)
	}
	return os.WriteFile(path, b, 0o600)
}
