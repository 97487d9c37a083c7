package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PostgresConfig says where a private PostgreSQL lives.
type PostgresConfig struct {
	Dir      string            // data folder, created when missing; one process at a time
	Port     int               // on 127.0.0.1; 0 takes a free one
	Settings map[string]string // over the built-in ones, for example fsync=off in tests
	Log      *slog.Logger      // nil: silent
}

// Postgres is a running private PostgreSQL.
type Postgres struct {
	folder   *folder
	home     string // where the cluster lies; see clusterHome
	port     int
	password string
	child    *child
	log      *slog.Logger
	guard    *guard // only of a temporary cluster
}

// startLimit bounds how long a server may take to answer, crash recovery included.
const startLimit = 2 * time.Minute

// StartPostgres starts the cluster in cfg.Dir, creating it at the first time, and returns when it answers. The cluster
// has locale C.UTF-8, encoding UTF8, the one role `mingchui` and a random password kept in Dir/password (0600). As root
// the server runs as the user that owns the cluster, at first `postgres`. The caller must call Stop.
//
// It fails with *PortTakenError when cfg.Port is used by others, and with a plain error that says what to do when
// PostgreSQL is missing, too old, or the folder is in use or belongs to another user.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	log := orSilent(cfg.Log)
	f, err := openFolder(cfg.Dir, 0o711)
	if err != nil {
		return nil, err
	}
	p := &Postgres{folder: f, log: log}
	if err := p.start(ctx, cfg); err != nil {
		f.close()
		return nil, err
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, cfg PostgresConfig) error {
	run, err := serverAccount(p.folder.file("cluster"), p.elsewhereCluster())
	if err != nil {
		return err
	}
	if p.home, err = clusterHome(p.folder, run); err != nil {
		return err
	}
	if p.home != p.folder.path {
		p.log.InfoContext(ctx, "PostgreSQL's user cannot enter the data folder; its cluster lies elsewhere",
			slog.String("folder", p.folder.path), slog.String("cluster", p.home))
	}
	if p.password, err = p.folder.secret("password"); err != nil {
		return err
	}
	version, err := dataVersion(p.cluster())
	if err != nil {
		return err
	}
	bin, err := postgresBinaries(ctx, version)
	if err != nil {
		return err
	}
	if version == 0 {
		p.log.InfoContext(ctx, "creating the PostgreSQL cluster", slog.String("folder", p.home))
		if err := initCluster(ctx, bin, p.home, p.cluster(), p.password, run); err != nil {
			return err
		}
	} else if err := p.stopLeftover(ctx); err != nil {
		return err
	}
	return p.launch(ctx, cfg, bin, run)
}

func (p *Postgres) cluster() string { return filepath.Join(p.home, "cluster") }

func (p *Postgres) elsewhereCluster() string {
	b, err := os.ReadFile(p.folder.file("elsewhere"))
	if err != nil {
		return ""
	}
	return filepath.Join(strings.TrimSpace(string(b)), "cluster")
}

// stopLeftover ends a postmaster of this cluster whose parent was killed. Line one of postmaster.pid is its process id.
func (p *Postgres) stopLeftover(ctx context.Context) error {
	b, err := os.ReadFile(filepath.Join(p.cluster(), "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return folderError(p.home, err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return nil //nolint:nilerr // a torn file of a crash; the server itself judges it
	}
	return stopLeftover(ctx, pid, "postgres", p.cluster(), syscall.SIGINT, syscall.SIGQUIT)
}

// launch starts the server process and waits until it answers. With a free choice of port it tries again when another
// program was faster.
func (p *Postgres) launch(ctx context.Context, cfg PostgresConfig, bin string, run *account) error {
	logFile, err := p.folder.logFile("postgres.log")
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	const tries = 5
	for try := 1; ; try++ {
		p.port = cfg.Port
		if p.port == 0 {
			if p.port, err = FreePort(ctx); err != nil {
				return err
			}
		} else if err := CheckPort(ctx, p.port, "--postgres-port"); err != nil {
			return err
		}
		p.child, err = command{
			name: "postgres", path: filepath.Join(bin, "postgres"), args: serverArguments(p.cluster(), p.port, cfg.Settings),
			dir: p.cluster(), log: logFile, user: run, dies: syscall.SIGINT,
		}.start(ctx)
		if err != nil {
			return err
		}
		err = p.awaitReady(ctx)
		if err == nil {
			p.log.InfoContext(ctx, "PostgreSQL is ready", slog.Int("port", p.port), slog.Int("pid", p.child.pid()))
			return nil
		}
		tail := logTail(logFile.Name())
		stopErr := p.child.stop(context.WithoutCancel(ctx), syscall.SIGINT, syscall.SIGQUIT, 10*time.Second)
		if cfg.Port == 0 && try < tries && strings.Contains(tail, "Address already in use") && ctx.Err() == nil {
			continue
		}
		return errors.Join(fmt.Errorf("start PostgreSQL: %w\n%s", err, tail), stopErr)
	}
}

// awaitReady returns when the server answers and is the one we started.
func (p *Postgres) awaitReady(ctx context.Context) error {
	var last error
	ok, err := poll(ctx, startLimit, func() bool {
		if p.child.ended() {
			return true
		}
		last = p.probe(ctx)
		var refused *pgconn.PgError
		wrongPassword := errors.As(last, &refused) && refused.Code == "28P01"
		return last == nil || wrongPassword
	})
	switch {
	case err != nil:
		return err
	case p.child.ended():
		return fmt.Errorf("the server ended: %w", p.child.err)
	case !ok:
		return fmt.Errorf("no answer within %s: %w", startLimit, last)
	case last != nil:
		return fmt.Errorf("%s does not hold this cluster's password: %w", p.folder.file("password"), last)
	}
	return nil
}

func (p *Postgres) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var folder string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&folder); err != nil {
		return err
	}
	if folder != p.cluster() {
		return fmt.Errorf("port %d answers for another cluster, %s", p.port, folder)
	}
	return nil
}

// URL is the connection string of a database of this cluster, as its superuser. It contains the password.
func (p *Postgres) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, p.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Port is the TCP port on 127.0.0.1.
func (p *Postgres) Port() int { return p.port }

// PID is the process id of the server.
func (p *Postgres) PID() int { return p.child.pid() }

// Home is the folder in which the cluster lies: the configured folder, unless PostgreSQL's user cannot enter that.
func (p *Postgres) Home() string { return p.home }

// Done is closed when the server process has ended, by Stop or by itself.
func (p *Postgres) Done() <-chan struct{} { return p.child.done }

// EnsureDatabase creates the database (encoding UTF8, locale C.UTF-8) if it is not there.
func (p *Postgres) EnsureDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	const duplicateDatabase = "42P04"
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == duplicateDatabase {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Stop shuts the server down (fast shutdown: sessions are ended, everything committed is on disk) and frees the folder.
func (p *Postgres) Stop(ctx context.Context) error {
	err := p.child.stop(ctx, syscall.SIGINT, syscall.SIGQUIT, 30*time.Second)
	if p.guard != nil {
		err = errors.Join(err, p.guard.release())
	}
	p.folder.close()
	return err
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
