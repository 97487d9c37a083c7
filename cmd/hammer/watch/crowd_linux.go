package watch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

const (
	// atOnce is how many connections wait for their first event at once.
	atOnce = 256
	// perSource is how many connections come from one of 127.0.0.2 and up.
	perSource = 8000
	// openLimit bounds how long the first events of atOnce watchers may take.
	openLimit = 30 * time.Second
)

// Crowd is open streams over plain HTTP/1.1.
type Crowd struct {
	epoll    int
	tally    *tally
	watchers map[int]*watcher
	begun    int
	closed   bool
	done     chan struct{}
	mu       sync.Mutex // watchers, begun, closed
	woken    *sync.Cond
}

// Open opens n streams of a lot at host:port and returns when each has its first event.
func Open(ctx context.Context, address string, lot uuid.UUID, n int) (*Crowd, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", address, err)
	}
	if !to.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is not on this machine", address)
	}
	c := &Crowd{tally: newTally(), watchers: make(map[int]*watcher, n), done: make(chan struct{})}
	c.woken = sync.NewCond(&c.mu)
	if c.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make an epoll: %w", err)
	}
	go c.listen()
	request := []byte("GET /api/v1/lots/" + lot.String() + "/events HTTP/1.1\r\nHost: " + address + "\r\nAccept: text/event-stream\r\n\r\n")
	for i := range n {
		if err := c.open(to, i, request); err != nil {
			return nil, errors.Join(fmt.Errorf("watcher %d: %w", i, err), c.Close())
		}
		if i%atOnce == atOnce-1 || i == n-1 {
			if err := c.await(ctx, i+1); err != nil {
				return nil, errors.Join(err, c.Close())
			}
		}
	}
	return c, nil
}

// open connects one watcher and asks.
func (c *Crowd) open(to *net.TCPAddr, i int, request []byte) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	dest := &syscall.SockaddrInet4{Port: to.Port}
	source := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + i/perSource)}} //nolint:gosec // far below 256: the crowd is bounded
	copy(dest.Addr[:], to.IP.To4())
	for _, step := range []func() error{
		func() error { return syscall.Bind(fd, source) },
		func() error { return syscall.Connect(fd, dest) },
		func() error { _, err := syscall.Write(fd, request); return err },
		func() error { return syscall.SetNonblock(fd, true) },
	} {
		if err := step(); err != nil {
			return errors.Join(err, syscall.Close(fd))
		}
	}
	c.mu.Lock()
	c.watchers[fd] = &watcher{fd: fd}
	c.mu.Unlock()
	return syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}) //nolint:gosec // a descriptor is small
}

// await waits until n watchers have their first event.
func (c *Crowd) await(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	stop := context.AfterFunc(ctx, c.woken.Broadcast)
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.begun < n {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%d of %d streams have begun, %d were closed: %w", c.begun, n, c.tally.read().Closed, err)
		}
		c.woken.Wait()
	}
	return nil
}

// listen reads what comes, until the crowd is closed.
func (c *Crowd) listen() {
	defer close(c.done)
	events := make([]syscall.EpollEvent, 512)
	buffer := make([]byte, 64<<10)
	for {
		n, err := syscall.EpollWait(c.epoll, events, 100)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return
		}
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return
		}
		for i := range max(0, n) {
			c.read(int(events[i].Fd), buffer)
		}
		c.mu.Unlock()
	}
}

// read reads once from a watcher; mu is held.
func (c *Crowd) read(fd int, buffer []byte) {
	w := c.watchers[fd]
	if w == nil {
		return
	}
	n, err := syscall.Read(fd, buffer)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return
	case err != nil || n == 0:
		c.tally.mu.Lock()
		c.tally.sum.Closed++
		c.tally.mu.Unlock()
		delete(c.watchers, fd)
		_ = syscall.Close(fd) // it has ended already
		return
	}
	if c.tally.take(w, buffer[:n], time.Now()) {
		c.begun++
		c.woken.Broadcast()
	}
}

// Len is how many streams are open.
func (c *Crowd) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.watchers)
}

// Keep closes all but n streams.
func (c *Crowd) Keep(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for fd := range c.watchers {
		if len(c.watchers) <= n {
			break
		}
		delete(c.watchers, fd)
		errs = append(errs, syscall.Close(fd))
	}
	return errors.Join(errs...)
}

// Reset begins to count anew; Tally is what came since.
func (c *Crowd) Reset() { c.tally.reset() }

// Tally is what came since the last Reset.
func (c *Crowd) Tally() Tally { return c.tally.read() }

// Close ends all streams.
func (c *Crowd) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	<-c.done
	return errors.Join(c.Keep(0), syscall.Close(c.epoll))
}
