package testserver

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"mingchui/deploy/local"
)

func randomName() string { return rand.Text() }

// RedisServer is a Redis process of one test that can be hurt. Its methods fail the test when they do not succeed.
// They are for the goroutine of the test; clients may be used meanwhile and see the faults.
type RedisServer struct {
	t       testing.TB
	dir     string
	server  *local.Redis
	port    int
	stopped bool
}

// Redis gives t an empty Redis of its own and a client of it. Both end with the test.
func Redis(t testing.TB) *redis.Client {
	t.Helper()
	return NewRedis(t).Client()
}

// NewRedis is Redis for tests that stop, wipe or freeze it. The server keeps an append-only file.
func NewRedis(t testing.TB) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, dir: t.TempDir()}
	s.start()
	t.Cleanup(func() {
		if s.stopped {
			return
		}
		s.signal(syscall.SIGKILL)
		<-s.server.Done()
		s.stop()
	})
	return s
}

// Addr is host:port; it stays the same over restarts. No password is asked for.
func (s *RedisServer) Addr() string { return s.server.Addr() }

// URL is redis://host:port/0.
func (s *RedisServer) URL() string { return s.server.URL() }

// PID is the server's process id; it changes with each start.
func (s *RedisServer) PID() int { return s.server.PID() }

// Client is a new client of the server; it is closed with the test.
func (s *RedisServer) Client() *redis.Client {
	s.t.Helper()
	client := redis.NewClient(s.server.Options())
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

// Restart ends the server in order and starts it with all its data.
func (s *RedisServer) Restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// Kill ends the server at once (SIGKILL). It stays down until Start.
func (s *RedisServer) Kill() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	<-s.server.Done()
	s.stop()
}

// Start starts a server that Kill has ended, with what its append-only file holds.
func (s *RedisServer) Start() {
	s.t.Helper()
	if !s.stopped {
		s.t.Fatal("testserver: Redis runs already")
	}
	s.start()
}

// Wipe kills the server and starts it empty, as after the loss of its disk.
func (s *RedisServer) Wipe() {
	s.t.Helper()
	s.Kill()
	s.removeData()
	s.start()
}

// Pause freezes the server (SIGSTOP): connections stay open and nothing answers. Resume thaws it.
func (s *RedisServer) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
}

// Resume ends Pause.
func (s *RedisServer) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

// Kept is a copy of a server's append-only file.
type Kept struct{ dir string }

// Keep copies the append-only file as it stands: all that was answered so far is in it.
func (s *RedisServer) Keep() Kept {
	s.t.Helper()
	kept := Kept{dir: filepath.Join(s.t.TempDir(), "kept")}
	if err := os.CopyFS(kept.dir, os.DirFS(s.data())); err != nil {
		s.t.Fatalf("testserver: copy the data of Redis: %v", err)
	}
	return kept
}

// RestartFrom kills the server and starts it with an earlier copy: what came after is lost, as after a lost tail of
// the append-only file or the promotion of a replica that was behind.
func (s *RedisServer) RestartFrom(kept Kept) {
	s.t.Helper()
	s.Kill()
	s.removeData()
	if err := os.CopyFS(s.data(), os.DirFS(kept.dir)); err != nil {
		s.t.Fatalf("testserver: put back the data of Redis: %v", err)
	}
	s.start()
}

func (s *RedisServer) data() string { return filepath.Join(s.dir, "appendonlydir") }

func (s *RedisServer) removeData() {
	s.t.Helper()
	if err := os.RemoveAll(s.data()); err != nil {
		s.t.Fatalf("testserver: remove the data of Redis: %v", err)
	}
}

func (s *RedisServer) start() {
	s.t.Helper()
	server, err := local.StartRedis(s.t.Context(), local.RedisConfig{
		Dir: s.dir, Port: s.port, NoPassword: true,
		Settings: map[string]string{"auto-aof-rewrite-percentage": "0", "enable-debug-command": "local"},
	})
	if err != nil {
		s.t.Fatalf("testserver: start Redis: %v", err)
	}
	s.server, s.port, s.stopped = server, server.Port(), false
}

func (s *RedisServer) stop() {
	s.t.Helper()
	if err := s.server.Stop(context.WithoutCancel(s.t.Context())); err != nil {
		s.t.Errorf("testserver: stop Redis: %v", err)
	}
	s.stopped = true
}

func (s *RedisServer) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(s.server.PID(), signal); err != nil {
		s.t.Fatalf("testserver: send %s to Redis: %v", signal, err)
	}
}
