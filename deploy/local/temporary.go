package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// EnvTestPostgres is the environment variable by which tests are told of a running cluster: the URL of its maintenance
// database, as a role that may create databases.
const EnvTestPostgres = "MINGCHUI_TEST_POSTGRES"

// StartTemporaryPostgres starts a cluster for tests in a new temporary folder: fast instead of durable, on a free port.
// Stop removes it; so does the end of this process, even if it was killed. cfg.Dir and cfg.Port are not used.
//
// The folder is in memory where there is room, unless TMPDIR says where it is to be: each test's database is some three
// hundred files, whose making and removal on a disk is a third of what tests cost.
func StartTemporaryPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	const name = "mingchui-postgres-*"
	dir, err := os.MkdirTemp(memoryFolder(), name)
	if err != nil {
		dir, err = os.MkdirTemp("", name)
	}
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	settings := map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
		"max_wal_size": "256MB", "autovacuum": "off", "max_connections": "500",
	}
	maps.Copy(settings, cfg.Settings)
	p, err := StartPostgres(ctx, PostgresConfig{Dir: dir, Settings: settings, Log: cfg.Log})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.guard, err = startGuard(ctx, p.PID(), p.folder.path, p.home)
	if err != nil {
		return nil, errors.Join(err, p.Stop(ctx), os.RemoveAll(dir), os.RemoveAll(p.home))
	}
	return p, nil
}

// memoryFolder is where files in memory have room for a cluster; empty, for the usual place, where they have none.
func memoryFolder() string {
	const room = 4 << 30
	if os.Getenv("TMPDIR") != "" {
		return ""
	}
	if folder, free := inMemory(); free >= room {
		return folder
	}
	return ""
}

// guard is a small shell process that waits for the end of this process, then for the end of the server, and removes
// what both left behind.
type guard struct {
	pipe io.Closer // held by this process alone; its closing, by us or by our death, wakes the guard
	done chan error
}

// guardScript: standard input ends when the parent is gone. $1 is the server's process id; it counts as ours only as
// long as the cluster's postmaster.pid, which the server removes last, names it. It gets at most ten seconds to end,
// then the folders go.
const guardScript = `cat >/dev/null
server=$1; shift
runs() {
  for dir in "$@"; do
    if [ "$(head -n 1 "$dir/cluster/postmaster.pid" 2>/dev/null)" = "$server" ]; then kill -0 "$server" 2>/dev/null; return; fi
  done
  return 1
}
if runs "$@"; then kill -QUIT "$server"; fi
tries=0
while runs "$@" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
rm -rf -- "$@"`

func startGuard(ctx context.Context, server int, dirs ...string) (*guard, error) {
	args := append([]string{"-c", guardScript, "mingchui-guard", strconv.Itoa(server)}, dirs...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", args...)
	cmd.Dir = "/"
	cmd.Env = childEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the guard of the temporary cluster: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the guard of the temporary cluster: %w", err)
	}
	g := &guard{pipe: pipe, done: make(chan error, 1)}
	go func() { g.done <- cmd.Wait() }()
	return g, nil
}

// release lets the guard remove the folders now and waits for it.
func (g *guard) release() error {
	if err := g.pipe.Close(); err != nil {
		return fmt.Errorf("release the guard: %w", err)
	}
	if err := <-g.done; err != nil {
		return fmt.Errorf("remove the temporary cluster: %w", err)
	}
	return nil
}
