package chaos

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// echo is a server that sends each line back with its name before it.
func echo(t *testing.T, name string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if _, err := c.Write([]byte(name + lines.Text() + "\n")); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

type caller struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func call(t *testing.T, r *relay) *caller {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &caller{t, c, bufio.NewReader(c)}
}

func (c *caller) say(line string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(line + "\n")); err != nil {
		c.t.Fatal(err)
	}
}

func (c *caller) hears(want string) {
	c.t.Helper()
	if got, err := c.in.ReadString('\n'); err != nil || got != want+"\n" {
		c.t.Errorf("heard %.20q, %v; want %.20q", got, err, want)
	}
}

func TestRelayKeepsBackAndLetsPassInOrder(t *testing.T) {
	t.Parallel()
	r, err := newRelay(context.WithoutCancel(t.Context()), echo(t, "a:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	c := call(t, r)
	c.say("1")
	c.hears("a:1")
	came := r.HoldCommit()
	c.say("2")
	c.hears("a:2")
	select {
	case <-came:
		t.Error("a few bytes are taken for a commit")
	default:
	}
	other := call(t, r)
	large := strings.Repeat("x", 2*commitBytes)
	other.say(large)
	<-came
	c.say("3")
	if err := c.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("what is kept back was answered")
	}
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	r.Release()
	c.hears("a:3")
	other.hears("a:" + large)
}

func TestRelayLeadsElsewhere(t *testing.T) {
	t.Parallel()
	r, err := newRelay(context.WithoutCancel(t.Context()), echo(t, "a:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	c := call(t, r)
	c.say("1")
	c.hears("a:1")
	r.Lead(echo(t, "b:"))
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("a connection to the old server goes on")
	}
	c = call(t, r)
	c.say("2")
	c.hears("b:2")
}
