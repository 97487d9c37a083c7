package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
)

// helperEnv makes this test binary a program that starts servers and waits to be killed.
const helperEnv = "MINGCHUI_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		if err := helper(dir); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// helper starts a durable and a temporary PostgreSQL and a Redis, tells what it started, and waits for ever.
func helper(dir string) error {
	ctx := context.Background()
	p, err := StartPostgres(ctx, PostgresConfig{Dir: filepath.Join(dir, "postgres")})
	if err != nil {
		return err
	}
	if err := p.EnsureDatabase(ctx, "kept"); err != nil {
		return err
	}
	r, err := StartRedis(ctx, RedisConfig{Dir: filepath.Join(dir, "redis")})
	if err != nil {
		return err
	}
	tmp, err := StartTemporaryPostgres(ctx, PostgresConfig{})
	if err != nil {
		return err
	}
	fmt.Println("started", p.PID(), r.PID(), tmp.PID(), tmp.Home())
	select {}
}

// folderFor is a new folder that PostgreSQL's user can enter (t.TempDir is closed to others).
func folderFor(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mingchui-test-*") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func startPostgres(t *testing.T, cfg PostgresConfig) *Postgres {
	t.Helper()
	p, err := StartPostgres(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, p) })
	return p
}

func stop(t *testing.T, server interface{ Stop(context.Context) error }) {
	t.Helper()
	if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func hasDatabase(t *testing.T, p *Postgres, name string) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var there bool
	if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	return there
}

func TestPostgres_SecondStartFindsItsData(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	p := startPostgres(t, PostgresConfig{Dir: dir})
	for range 2 { // the second time it is there already
		if err := p.EnsureDatabase(t.Context(), "mingchui"); err != nil {
			t.Fatal(err)
		}
	}
	if group, err := syscall.Getpgid(p.PID()); err != nil || group != p.PID() {
		t.Errorf("the server is in process group %d (%v), want its own, so that Ctrl-C does not reach it", group, err)
	}
	stop(t, p)
	if again := startPostgres(t, PostgresConfig{Dir: dir}); !hasDatabase(t, again, "mingchui") {
		t.Error("the second start lost the database")
	}
	info, err := os.Stat(filepath.Join(dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("password file has mode %o", info.Mode().Perm())
	}
}

func TestPostgres_FolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	p := startPostgres(t, PostgresConfig{Dir: dir})
	_, err := StartPostgres(t.Context(), PostgresConfig{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in use by process %d", os.Getpid())) {
		t.Errorf("second start on the same folder: %v", err)
	}
	if !hasDatabase(t, p, "postgres") {
		t.Error("the first server was hurt")
	}
}

func TestPostgres_ClosedFolder(t *testing.T) {
	t.Parallel()
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "postgres")
	p := startPostgres(t, PostgresConfig{Dir: dir})
	if err := p.EnsureDatabase(t.Context(), "mingchui"); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		t.Cleanup(func() {
			if err := os.RemoveAll(p.Home()); err != nil {
				t.Error(err)
			}
		})
		if filepath.Dir(p.Home()) != systemState {
			t.Errorf("cluster lies in %s, want a folder below %s", p.Home(), systemState)
		}
	} else if p.Home() != dir {
		t.Errorf("cluster lies in %s, want %s", p.Home(), dir)
	}
	stop(t, p)
	if again := startPostgres(t, PostgresConfig{Dir: dir}); !hasDatabase(t, again, "mingchui") {
		t.Error("the second start lost the database")
	}
}

func TestPortTaken_NamesTheHolder(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	_, postgresErr := StartPostgres(t.Context(), PostgresConfig{Dir: folderFor(t), Port: port})
	_, redisErr := StartRedis(t.Context(), RedisConfig{Dir: t.TempDir(), Port: port})
	_, natsErr := StartNATS(t.Context(), NATSConfig{Dir: t.TempDir(), Port: port})
	for setting, err := range map[string]error{
		"--postgres-port": postgresErr, "--redis-port": redisErr, "--nats-port": natsErr, "--port": CheckPort(t.Context(), port, ""),
	} {
		var taken *PortTakenError
		if !errors.As(err, &taken) {
			t.Errorf("%s: %v", setting, err)
			continue
		}
		if taken.PID != os.Getpid() || taken.Port != port || taken.Setting != setting && setting != "--port" {
			t.Errorf("%s: holder %+v, want process %d", setting, taken, os.Getpid())
		}
		if !strings.Contains(err.Error(), setting) {
			t.Errorf("message does not say what to do: %v", err)
		}
	}
}

// A leftover is a server of the folder whose parent is gone: nobody holds the folder, and it runs.
func TestPostgres_LeftoverIsStopped(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	leftover := startPostgres(t, PostgresConfig{Dir: dir})
	leftover.folder.close()
	p := startPostgres(t, PostgresConfig{Dir: dir, Port: leftover.Port()})
	<-leftover.Done()
	if p.PID() == leftover.PID() {
		t.Error("the leftover was taken over")
	}
}

func TestRedis_LeftoverIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	leftover := startRedis(t, RedisConfig{Dir: dir})
	leftover.folder.close()
	startRedis(t, RedisConfig{Dir: dir, Port: leftover.Port()})
	<-leftover.Done()
}

func startRedis(t *testing.T, cfg RedisConfig) *Redis {
	t.Helper()
	r, err := StartRedis(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, r) })
	return r
}

func TestRedis_SecondStartFindsItsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := startRedis(t, RedisConfig{Dir: dir})
	client := redis.NewClient(r.Options())
	defer func() { _ = client.Close() }()
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	stranger := redis.NewClient(&redis.Options{Addr: r.Addr()})
	defer func() { _ = stranger.Close() }()
	if err := stranger.Ping(t.Context()).Err(); err == nil {
		t.Error("Redis answers without the password")
	}
	stop(t, r)
	again := startRedis(t, RedisConfig{Dir: dir})
	options, err := redis.ParseURL(again.URL())
	if err != nil {
		t.Fatal(err)
	}
	second := redis.NewClient(options)
	defer func() { _ = second.Close() }()
	if v, err := second.Get(t.Context(), "k").Result(); err != nil || v != "v" {
		t.Errorf("after the second start: %q, %v", v, err)
	}
}

func TestRedis_UnreadableFileIsSetAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := startRedis(t, RedisConfig{Dir: dir})
	client := redis.NewClient(r.Options())
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	stop(t, r)
	files, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("append-only files: %v, %v", files, err)
	}
	if err := os.WriteFile(files[0], []byte("*3\r\n$3\r\nSET\r\nbroken\r\n*1\r\n$4\r\nPING\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := startRedis(t, RedisConfig{Dir: dir})
	second := redis.NewClient(again.Options())
	defer func() { _ = second.Close() }()
	if n, err := second.DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("after a broken file: %d keys, %v", n, err)
	}
	if aside, err := filepath.Glob(filepath.Join(dir, "unreadable-*")); err != nil || len(aside) != 1 {
		t.Errorf("the broken file was not kept: %v, %v", aside, err)
	}
}

func TestNATS_SecondStartFindsItsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 2 {
		n, err := StartNATS(t.Context(), NATSConfig{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := n.Connect()
		if err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "FUND", Subjects: []string{"fund.>"}}); err != nil {
				t.Fatal(err)
			}
			if _, err := js.Publish(t.Context(), "fund.posted", []byte("{}")); err != nil {
				t.Fatal(err)
			}
		} else if stream, err := js.Stream(t.Context(), "FUND"); err != nil || stream.CachedInfo().State.Msgs != 1 {
			t.Errorf("after the second start: %v", err)
		}
		conn.Close()
		stop(t, n)
	}
}

func TestKilledParent_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), helperEnv+"="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var postgresPID, redisPID, temporaryPID int
	var temporary string
	if _, err := fmt.Sscanf(line, "started %d %d %d %s", &postgresPID, &redisPID, &temporaryPID, &temporary); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	gone, err := poll(t.Context(), 30*time.Second, func() bool {
		_, err := os.Stat(temporary)
		return errors.Is(err, os.ErrNotExist) && !isProcess(temporaryPID, "postgres", filepath.Join(temporary, "cluster")) &&
			!isProcess(postgresPID, "postgres", filepath.Join(dir, "postgres", "cluster")) &&
			!isProcess(redisPID, "redis-server", filepath.Join(dir, "redis"))
	})
	if err != nil || !gone {
		t.Fatalf("something of the killed process is left: %q, %v", line, err)
	}
	if p := startPostgres(t, PostgresConfig{Dir: filepath.Join(dir, "postgres")}); !hasDatabase(t, p, "kept") {
		t.Error("the database is lost")
	}
}
