package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisConfig says where a private Redis lives.
type RedisConfig struct {
	Dir        string            // data folder, created when missing; one process at a time
	Port       int               // on 127.0.0.1; 0 takes a free one
	NoPassword bool              // default: a random password, kept in Dir/password (0600)
	Settings   map[string]string // over the built-in ones, as in redis.conf
	Log        *slog.Logger      // nil: silent
}

// Redis is a running private Redis.
type Redis struct {
	folder   *folder
	port     int
	password string
	child    *child
	log      *slog.Logger
}

// StartRedis starts Redis in cfg.Dir with an append-only file flushed each second, and returns when it has loaded its
// data and answers. Nothing in Redis is the only copy of anything (see architecture.md), so an append-only file that
// Redis cannot read is set aside and Redis starts empty, with a warning. The caller must call Stop.
//
// It fails with *PortTakenError when cfg.Port is used by others, and with a plain error that says what to do when Redis
// is missing or the folder is in use or belongs to another user.
func StartRedis(ctx context.Context, cfg RedisConfig) (*Redis, error) {
	f, err := openFolder(cfg.Dir, 0o700)
	if err != nil {
		return nil, err
	}
	r := &Redis{folder: f, log: orSilent(cfg.Log)}
	if err := r.start(ctx, cfg); err != nil {
		f.close()
		return nil, err
	}
	return r, nil
}

func (r *Redis) start(ctx context.Context, cfg RedisConfig) error {
	bin, err := redisBinary()
	if err != nil {
		return err
	}
	if !cfg.NoPassword {
		if r.password, err = r.folder.secret("password"); err != nil {
			return err
		}
	}
	if err := r.stopLeftover(ctx, filepath.Base(bin)); err != nil {
		return err
	}
	err = r.launch(ctx, cfg, bin)
	if err == nil || !strings.Contains(err.Error(), "append only file") {
		return err
	}
	aside := r.folder.file("unreadable-" + strconv.Itoa(os.Getpid()))
	if renameErr := os.Rename(r.folder.file("appendonlydir"), aside); renameErr != nil {
		return errors.Join(err, renameErr)
	}
	r.log.WarnContext(ctx, "Redis could not read its file; it starts empty and is rebuilt from PostgreSQL", slog.String("kept_in", aside))
	return r.launch(ctx, cfg, bin)
}

func redisBinary() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("Redis is not installed: run deploy/install.sh, or install Redis 7 or newer")
}

// stopLeftover ends a server of this folder whose parent was killed.
func (r *Redis) stopLeftover(ctx context.Context, name string) error {
	b, err := os.ReadFile(r.folder.file("redis.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return folderError(r.folder.path, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return nil //nolint:nilerr // a torn file of a crash names nobody
	}
	return stopLeftover(ctx, pid, name, r.folder.path, syscall.SIGTERM, syscall.SIGKILL)
}

func (r *Redis) launch(ctx context.Context, cfg RedisConfig, bin string) error {
	logFile, err := r.folder.logFile("redis.log")
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	const tries = 5
	for try := 1; ; try++ {
		r.port = cfg.Port
		if r.port == 0 {
			if r.port, err = FreePort(ctx); err != nil {
				return err
			}
		} else if err := CheckPort(ctx, r.port, "--redis-port"); err != nil {
			return err
		}
		err = r.launchOnce(ctx, cfg, bin, logFile)
		if err == nil {
			r.log.InfoContext(ctx, "Redis is ready", slog.Int("port", r.port), slog.Int("pid", r.child.pid()))
			return nil
		}
		tail := logTail(logFile.Name())
		if cfg.Port == 0 && try < tries && strings.Contains(tail, "Address already in use") && ctx.Err() == nil {
			continue
		}
		return fmt.Errorf("start Redis: %w\n%s", err, tail)
	}
}

func (r *Redis) launchOnce(ctx context.Context, cfg RedisConfig, bin string, logFile *os.File) error {
	conf := r.folder.file("redis.conf")
	if err := os.WriteFile(conf, []byte(r.configuration(cfg)), 0o600); err != nil {
		return folderError(r.folder.path, err)
	}
	child, err := command{
		name: "redis", path: bin, args: []string{conf}, dir: r.folder.path, log: logFile, dies: syscall.SIGTERM,
	}.start(ctx)
	if err != nil {
		return err
	}
	r.child = child
	if err := os.WriteFile(r.folder.file("redis.pid"), []byte(strconv.Itoa(child.pid())+"\n"), 0o600); err != nil {
		return errors.Join(folderError(r.folder.path, err), r.endChild(ctx))
	}
	if err := r.awaitReady(ctx); err != nil {
		return errors.Join(err, r.endChild(context.WithoutCancel(ctx)))
	}
	return nil
}

// configuration is the content of redis.conf. The file holds the password, so that it does not show in `ps`.
func (r *Redis) configuration(cfg RedisConfig) string {
	settings := map[string]string{
		"bind":             "127.0.0.1",
		"port":             strconv.Itoa(r.port),
		"dir":              strconv.Quote(r.folder.path),
		"daemonize":        "no",
		"appendonly":       "yes",
		"appendfsync":      "everysec",
		"save":             `""`,
		"maxmemory-policy": "noeviction",
		"tcp-backlog":      "128",
	}
	if r.password != "" {
		settings["requirepass"] = r.password
	}
	maps.Copy(settings, cfg.Settings)
	lines := make([]string, 0, len(settings))
	for name, value := range settings {
		lines = append(lines, name+" "+value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// awaitReady returns when the server has loaded its data, answers, and is the one we started.
func (r *Redis) awaitReady(ctx context.Context) error {
	options := r.Options()
	options.MaxRetries, options.DialTimeout, options.PoolSize = -1, time.Second, 1
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	var last error
	ok, err := poll(ctx, startLimit, func() bool {
		if r.child.ended() {
			return true
		}
		if !r.listening(ctx) {
			return false
		}
		var info string
		if info, last = client.Info(ctx, "server").Result(); last == nil && !strings.Contains(info, fmt.Sprintf("process_id:%d\r", r.child.pid())) {
			last = fmt.Errorf("port %d answers for another server", r.port)
		}
		if last == nil {
			last = client.Ping(ctx).Err() // LOADING until the append-only file is read
		}
		return last == nil
	})
	switch {
	case err != nil:
		return err
	case r.child.ended():
		return fmt.Errorf("the server ended: %w", r.child.err)
	case !ok:
		return fmt.Errorf("no answer within %s: %w", startLimit, last)
	}
	return nil
}

// listening tells whether somebody listens on the port; asking this first spares the client's complaints.
func (r *Redis) listening(ctx context.Context) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", r.Addr())
	return err == nil && conn.Close() == nil
}

// Addr is host:port. A client also needs Password; Options has both.
func (r *Redis) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// Port is the TCP port on 127.0.0.1.
func (r *Redis) Port() int { return r.port }

// Password is "" when the server asks for none.
func (r *Redis) Password() string { return r.password }

// Options are what a go-redis client of this server needs; the caller may change the copy.
func (r *Redis) Options() *redis.Options {
	return &redis.Options{Addr: r.Addr(), Password: r.password, ContextTimeoutEnabled: true}
}

// URL is redis://… as go-redis' ParseURL reads it. It contains the password.
func (r *Redis) URL() string {
	u := url.URL{Scheme: "redis", Host: r.Addr(), Path: "/0"}
	if r.password != "" {
		u.User = url.UserPassword("", r.password)
	}
	return u.String()
}

// PID is the process id of the server.
func (r *Redis) PID() int { return r.child.pid() }

// Done is closed when the server process has ended, by Stop or by itself.
func (r *Redis) Done() <-chan struct{} { return r.child.done }

// Stop shuts the server down after it has written and flushed its file, and frees the folder.
func (r *Redis) Stop(ctx context.Context) error {
	err := r.child.stop(ctx, syscall.SIGTERM, syscall.SIGKILL, 15*time.Second)
	r.folder.close()
	return err
}

func (r *Redis) endChild(ctx context.Context) error {
	return r.child.stop(ctx, syscall.SIGTERM, syscall.SIGKILL, 5*time.Second)
}
