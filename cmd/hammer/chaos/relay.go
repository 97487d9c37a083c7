package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// relay carries TCP connections of one address of this machine to another, as a network does: it can keep back what is sent,
// cut every connection, and lead to another server from then on.
type relay struct {
	listener net.Listener

	// answers: what comes from the server is kept back too, not only what goes there.
	answers bool

	mu     sync.Mutex
	target string
	conns  map[net.Conn]struct{}
	// open is closed while bytes pass.
	open chan struct{}
	// armed is closed, and the relay holds, when the next commit comes; nil when none is waited for.
	armed chan struct{}
}

func newRelay(ctx context.Context, target string) (*relay, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a relay: %w", err)
	}
	r := &relay{listener: l, target: target, conns: map[net.Conn]struct{}{}, open: make(chan struct{})}
	close(r.open)
	go r.accept(context.WithoutCancel(ctx))
	return r, nil
}

// Addr is host:port.
func (r *relay) Addr() string { return r.listener.Addr().String() }

func (r *relay) accept(ctx context.Context) {
	for {
		near, err := r.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the caller of that connection sees it
		}
		go r.carry(ctx, near)
	}
}

func (r *relay) carry(ctx context.Context, near net.Conn) {
	defer func() { _ = near.Close() }()
	r.mu.Lock()
	target := r.target
	r.mu.Unlock()
	far, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !r.keep(target, near, far) {
		return
	}
	defer r.drop(near, far)
	var both sync.WaitGroup
	both.Go(func() { r.copy(far, near, true); _ = far.Close(); _ = near.Close() })
	both.Go(func() { r.copy(near, far, false); _ = far.Close(); _ = near.Close() })
	both.Wait()
}

// keep registers a connection; false when the relay leads elsewhere by now.
func (r *relay) keep(target string, conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if target != r.target {
		return false
	}
	for _, c := range conns {
		r.conns[c] = struct{}{}
	}
	return true
}

func (r *relay) drop(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		delete(r.conns, c)
	}
}

// copy carries one direction; what goes towards the server is kept back while the relay holds.
func (r *relay) copy(to io.Writer, from io.Reader, towards bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if towards || r.answers {
				r.pass(n)
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// commitBytes is what a commit has at least; a question of the sweep has less.
const commitBytes = 1500

// pass returns when n bytes may go on.
func (r *relay) pass(n int) {
	r.mu.Lock()
	if r.armed != nil && n >= commitBytes {
		r.hold()
		close(r.armed)
		r.armed = nil
	}
	open := r.open
	r.mu.Unlock()
	<-open
}

// hold begins to keep back. r.mu is held.
func (r *relay) hold() {
	select {
	case <-r.open:
		r.open = make(chan struct{})
	default:
	}
}

// Hold keeps back what is sent from now on.
func (r *relay) Hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold()
}

// HoldCommit keeps back the next commit, or what is as large, and all that is sent after it. The channel is closed when it
// came.
func (r *relay) HoldCommit() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.armed == nil {
		r.armed = make(chan struct{})
	}
	return r.armed
}

// Release lets pass what was kept back, in order, and waits for no commit any more.
func (r *relay) Release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = nil
	select {
	case <-r.open:
	default:
		close(r.open)
	}
}

// Lead cuts every connection; new ones go to target.
func (r *relay) Lead(target string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = target
	for c := range r.conns {
		_ = c.Close()
	}
	clear(r.conns)
}

// Close ends the relay and its connections.
func (r *relay) Close() error {
	err := r.listener.Close()
	r.Release()
	r.Lead("")
	return err
}
