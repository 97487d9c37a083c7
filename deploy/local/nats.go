package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// NATSConfig says where the NATS server inside this process keeps its streams.
type NATSConfig struct {
	Dir      string       // JetStream's folder, created when missing; one process at a time
	Port     int          // on 127.0.0.1; 0 does not listen: clients connect inside the process
	MaxStore int64        // bytes on disk for all streams; 0 means 1 GiB
	Log      *slog.Logger // nil: silent
}

// NATS is a NATS server with JetStream inside this process.
type NATS struct {
	folder *folder
	server *server.Server
	listen bool
}

// StartNATS starts the server and returns when it takes connections. The caller must call Stop.
// It fails with *PortTakenError when cfg.Port is used by others.
func StartNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	if cfg.Port != 0 {
		if err := CheckPort(ctx, cfg.Port, "--nats-port"); err != nil {
			return nil, err
		}
	}
	if cfg.MaxStore == 0 {
		cfg.MaxStore = 1 << 30
	}
	f, err := openFolder(cfg.Dir, 0o700)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "mingchui-local", DontListen: cfg.Port == 0, Host: "127.0.0.1", Port: cfg.Port,
		JetStream: true, StoreDir: f.path, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: cfg.MaxStore,
		NoSigs: true, MaxPayload: 1 << 20,
	})
	if err != nil {
		f.close()
		return nil, fmt.Errorf("configure NATS: %w", err)
	}
	s.SetLoggerV2(natsLog{orSilent(cfg.Log)}, false, false, false)
	s.Start()
	n := &NATS{folder: f, server: s, listen: cfg.Port != 0}
	if !s.ReadyForConnections(30 * time.Second) {
		return nil, errors.Join(errors.New("NATS takes no connections after 30 s"), n.Stop(ctx))
	}
	if !s.JetStreamEnabled() {
		return nil, errors.Join(fmt.Errorf("JetStream did not start in %s", f.path), n.Stop(ctx))
	}
	return n, nil
}

// Connect connects inside the process, without a socket.
func (n *NATS) Connect(options ...nats.Option) (*nats.Conn, error) {
	conn, err := nats.Connect("", append([]nats.Option{nats.InProcessServer(n.server)}, options...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return conn, nil
}

// URL is nats://127.0.0.1:port, or "" when the server does not listen.
func (n *NATS) URL() string {
	if !n.listen {
		return ""
	}
	return n.server.ClientURL()
}

// Stop ends the server after its streams are flushed, and frees the folder.
func (n *NATS) Stop(ctx context.Context) error {
	n.server.Shutdown()
	done := make(chan struct{})
	go func() {
		n.server.WaitForShutdown()
		close(done)
	}()
	select {
	case <-done:
		n.folder.close()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop NATS: %w", context.Cause(ctx))
	}
}

// natsLog passes the server's messages on. Its notices are details for us.
type natsLog struct{ log *slog.Logger }

func (l natsLog) write(level slog.Level, format string, args []any) {
	l.log.Log(context.Background(), level, "nats", slog.String("message", strings.TrimSpace(fmt.Sprintf(format, args...))))
}

func (l natsLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
func (l natsLog) Warnf(format string, v ...any)   { l.write(slog.LevelWarn, format, v) }
func (l natsLog) Fatalf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l natsLog) Errorf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l natsLog) Debugf(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
func (l natsLog) Tracef(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
