package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/peer"
)

// target is something that is driven.
type target struct {
	name    string
	address string
	places  []load.Place
	// pid of the server process.
	pid  int
	stop func() error
	// stand is what a server of ours stands on; nil for a peer.
	stand *stand
}

// startPeer starts this very program as a peer with tables in PostgreSQL.
func startPeer(ctx context.Context, kind peer.Kind, postgresURL string, pool int) (address string, p *exec.Cmd, stop func() error, err error) {
	return startSelf(ctx, kind, "--postgres-url", postgresURL, "--pool", strconv.Itoa(pool))
}

// startSelf starts this very program as a peer.
func startSelf(ctx context.Context, kind peer.Kind, flags ...string) (address string, p *exec.Cmd, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, append([]string{"peer", string(kind)}, flags...)...) //nolint:gosec // ourselves
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, nil, fmt.Errorf("start peer %s: %w", kind, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, nil, fmt.Errorf("start peer %s: %w", kind, err)
	}
	if err := cmd.Start(); err != nil {
		return "", nil, nil, fmt.Errorf("start peer %s: %w", kind, err)
	}
	stop = func() error { return endPeer(cmd, in) }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, nil, errors.Join(fmt.Errorf("peer %s says no address: %w", kind, err), stop())
	}
	return strings.TrimSpace(line), cmd, stop, nil
}

// endPeer ends a peer by the end of its input.
func endPeer(cmd *exec.Cmd, in io.Closer) error {
	if err := in.Close(); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	return cmd.Wait()
}

// peerSessions are bidders for peers, who read the code from the token.
func peerSessions(n int) []load.Session {
	out := make([]load.Session, n)
	for i := range out {
		code := fmt.Sprintf("B%04d", i)
		out[i] = load.Session{Code: code, Token: code}
	}
	return out
}

// drive bids on the target and counts; rate, in bids a second, is 0 for a closed loop.
func (t *target) drive(ctx context.Context, warmup, length time.Duration, connections int, rate float64) (load.Tally, error) {
	first := t.places[0]
	r, err := load.New(load.Config{
		Address: t.address, Lot: first.Lot, Sessions: first.Sessions, Ladder: first.Ladder, Beside: t.places[1:],
		Connections: connections, Rate: rate, Warmup: warmup, For: length,
	})
	if err != nil {
		return load.Tally{}, err
	}
	got, err := r.Do(ctx)
	if err != nil {
		return got, fmt.Errorf("drive %s: %w", t.name, err)
	}
	return got, ctx.Err()
}
