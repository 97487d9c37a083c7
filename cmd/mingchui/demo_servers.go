package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"

	"mingchui/deploy/local"
)

// demoState is what a demonstration remembers between starts, in
// <data>/demo.json, readable by its owner alone.
type demoState struct {
	Seeded   bool   `json:"seeded"`
	Password string `json:"password"`
	Secret   string `json:"secret"`
}

func statePath(data string) string { return filepath.Join(data, "demo.json") }

// loadDemoState reads what the folder remembers, or makes it anew; interrupted
// tells a first start that did not come to its end. Without Seeded, whatever
// lies in the folder is cleared, its log too: a key never signs two logs.
func loadDemoState(f demoFlags) (s demoState, interrupted bool, err error) {
	b, err := os.ReadFile(statePath(f.data))
	switch {
	case errors.Is(err, os.ErrNotExist) || (err == nil && f.reset):
	case err != nil:
		return s, false, fmt.Errorf("read the demonstration's state: %w", err)
	default:
		if err := json.Unmarshal(b, &s); err != nil {
			return s, false, fmt.Errorf("%s is damaged (%w): begin anew with --reset", statePath(f.data), err)
		}
		if s.Seeded {
			if f.password != "" && f.password != s.Password {
				return s, false, usageError{fmt.Errorf("the court in %s was made with another password: leave --password out, or begin anew with --reset", f.data)}
			}
			return s, false, nil
		}
		interrupted = true
	}
	s.Seeded, s.Secret = false, rand.Text()
	if f.password != "" {
		s.Password = f.password
	}
	if s.Password == "" {
		s.Password = strings.ToLower(rand.Text()[:10])
	}
	return s, interrupted, s.save(f.data)
}

func (s demoState) save(data string) error {
	b, err := json.MarshalIndent(s, "", "  ") //nolint:gosec // a demonstration's own, in a file of mode 0600
	if err != nil {
		return fmt.Errorf("write the demonstration's state: %w", err)
	}
	next := statePath(data) + ".next"
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the demonstration's state: %w", err)
	}
	if err := os.Rename(next, statePath(data)); err != nil {
		return fmt.Errorf("write the demonstration's state: %w", err)
	}
	return nil
}

const database = "mingchui"

// privateServers are PostgreSQL and Redis as children, NATS inside.
type privateServers struct {
	postgres *local.Postgres
	redis    *local.Redis
	nats     *local.NATS
	conn     *nats.Conn
	rdb      *redis.Client
}

// start starts the servers; anew clears what they hold. The caller stops them,
// also after an error.
func (s *privateServers) start(ctx context.Context, data string, anew bool, log *slog.Logger) error {
	var err error
	if s.postgres, err = local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(data, "postgres"), Log: log}); err != nil {
		return err
	}
	if s.redis, err = local.StartRedis(ctx, local.RedisConfig{Dir: filepath.Join(data, "redis"), Log: log}); err != nil {
		return err
	}
	options, err := redis.ParseURL(s.redis.URL())
	if err != nil {
		return fmt.Errorf("read Redis' address: %w", err)
	}
	options.ContextTimeoutEnabled = true // who gives up on a silent Redis does so at once
	s.rdb = redis.NewClient(options)
	if anew {
		if err := s.wipe(ctx, data); err != nil {
			return err
		}
	}
	// JetStream reads its streams when it starts, so it starts after they are cleared.
	if s.nats, err = local.StartNATS(ctx, local.NATSConfig{Dir: filepath.Join(data, "nats"), Log: log}); err != nil {
		return err
	}
	if s.conn, err = s.nats.Connect(); err != nil {
		return err
	}
	return s.makeDatabase(ctx)
}

func (s *privateServers) postgresURL() string { return s.postgres.URL(database) }

func (s *privateServers) redisClient() redis.UniversalClient { return s.rdb }

func (s *privateServers) maintain(ctx context.Context, f func(conn *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.postgres.URL("postgres"))
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	return errors.Join(f(conn), conn.Close(ctx))
}

func (s *privateServers) makeDatabase(ctx context.Context) error {
	return s.maintain(ctx, func(conn *pgx.Conn) error {
		var there bool
		if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, database).Scan(&there); err != nil || there {
			return err
		}
		_, err := conn.Exec(ctx, `CREATE DATABASE mingchui TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`)
		return err
	})
}

// wipe clears what an interrupted first start or another court left; NATS is not running yet.
func (s *privateServers) wipe(ctx context.Context, data string) error {
	err := s.maintain(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS mingchui WITH (FORCE)`)
		return err
	})
	if err != nil {
		return fmt.Errorf("clear the database: %w", err)
	}
	if err := s.rdb.FlushAll(ctx).Err(); err != nil {
		return fmt.Errorf("clear Redis: %w", err)
	}
	for _, dir := range []string{"checkpoints", "standin", "nats"} {
		if err := os.RemoveAll(filepath.Join(data, dir)); err != nil {
			return fmt.Errorf("clear %s: %w", dir, err)
		}
	}
	return nil
}

// stopLimit bounds how long the children may take to write what they hold.
const stopLimit = 30 * time.Second

// stop ends the servers in order, whatever was started.
func (s *privateServers) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	var errs []error
	if s.conn != nil {
		s.conn.Close()
	}
	if s.rdb != nil {
		errs = append(errs, s.rdb.Close())
	}
	if s.nats != nil {
		errs = append(errs, s.nats.Stop(ctx))
	}
	if s.redis != nil {
		errs = append(errs, s.redis.Stop(ctx))
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop(ctx))
	}
	return errors.Join(errs...)
}
