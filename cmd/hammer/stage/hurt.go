package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local"
)

// What follows hurts the parts under a server. None of it is safe to call beside another of them.

// KillRedis ends Redis at once; RestartRedis starts it with what its append-only file holds.
func (s *Servers) KillRedis(ctx context.Context) error {
	return kill(ctx, s.Redis.PID(), s.Redis.Done(), s.Redis.Stop)
}

// RestartRedis starts Redis after KillRedis, at its address.
func (s *Servers) RestartRedis(ctx context.Context) (err error) {
	cfg := local.RedisConfig{Dir: filepath.Join(s.Dir, "redis"), Port: s.Redis.Port(), Log: s.log}
	s.Redis, err = orOld(s.Redis)(local.StartRedis(ctx, cfg))
	return err
}

// WipeRedis kills Redis and starts it empty, as after the loss of its disk.
func (s *Servers) WipeRedis(ctx context.Context) error {
	if err := s.KillRedis(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(s.Dir, "redis", "appendonlydir")); err != nil {
		return fmt.Errorf("wipe Redis: %w", err)
	}
	return s.RestartRedis(ctx)
}

// PauseRedis freezes Redis for d: connections stay open and nothing answers.
func (s *Servers) PauseRedis(ctx context.Context, d time.Duration) error {
	pid := s.Redis.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pause Redis: %w", err)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("let Redis go on: %w", err)
	}
	return ctx.Err()
}

// CrashPostgres ends PostgreSQL without a checkpoint, open transactions and all (immediate shutdown), and starts it again,
// which recovers from the write-ahead log.
func (s *Servers) CrashPostgres(ctx context.Context) (err error) {
	pid, port := s.Postgres.PID(), s.Postgres.Port()
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		return fmt.Errorf("crash PostgreSQL: %w", err)
	}
	<-s.Postgres.Done()
	if err := s.Postgres.Stop(ctx); err != nil {
		return err
	}
	s.Postgres, err = orOld(s.Postgres)(local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(s.Dir, "postgres"), Port: port, Log: s.log}))
	return err
}

// KillBackend kills with SIGKILL the process of PostgreSQL that serves the node's commits, in the midst of a statement if one
// runs: PostgreSQL then ends every session and recovers. false when the node has none.
func (s *Servers) KillBackend(ctx context.Context, conn *pgx.Conn, node string) (bool, error) {
	const query = `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()
ORDER BY (state = 'active') DESC, (query LIKE '%moved%') DESC, query_start DESC LIMIT 1`
	var pid int
	err := conn.QueryRow(ctx, query, node).Scan(&pid)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find a backend: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return false, fmt.Errorf("kill a backend: %w", err)
	}
	return true, nil
}

// StopNATS ends NATS; with wipe its streams are lost too. StartNATS starts it at its address.
func (s *Servers) StopNATS(ctx context.Context, wipe bool) error {
	if err := s.NATS.Stop(ctx); err != nil {
		return err
	}
	if !wipe {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(s.Dir, "nats")); err != nil {
		return fmt.Errorf("wipe NATS: %w", err)
	}
	return nil
}

// StartNATS starts NATS after StopNATS.
func (s *Servers) StartNATS(ctx context.Context) (err error) {
	s.NATS, err = orOld(s.NATS)(local.StartNATS(ctx, local.NATSConfig{Dir: filepath.Join(s.Dir, "nats"), Port: s.natsPort, Log: s.log}))
	return err
}

// kill ends a server with SIGKILL and frees its folder.
func kill(ctx context.Context, pid int, done <-chan struct{}, stop func(context.Context) error) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	<-done
	return stop(ctx)
}

// orOld keeps the old server when no new one could be started, so that Stop still has something to stop.
func orOld[T any](old *T) func(*T, error) (*T, error) {
	return func(started *T, err error) (*T, error) {
		if err != nil {
			return old, err
		}
		return started, nil
	}
}
