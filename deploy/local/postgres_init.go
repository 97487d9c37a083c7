package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// superuser is the one role of a private cluster.
const superuser = "mingchui"

// oldestPostgres is the oldest major version that the migrations are written for.
const oldestPostgres = 15

// postgresBinaries finds the folder with initdb and postgres. version is the major version of existing data, or 0:
// then the newest is taken.
func postgresBinaries(ctx context.Context, version int) (string, error) {
	var candidates []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("look for PostgreSQL: %w", err)
		}
		candidates = append(candidates, found...)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	best, newest := "", 0
	for _, bin := range candidates {
		major := majorVersion(ctx, bin)
		if version != 0 && major == version {
			return bin, nil
		}
		if major > newest {
			best, newest = bin, major
		}
	}
	switch {
	case version != 0:
		return "", fmt.Errorf("the data were made by PostgreSQL %d, which is not installed any more: install package postgresql-%d", version, version)
	case newest == 0:
		return "", errors.New("PostgreSQL is not installed: run deploy/install.sh, or install PostgreSQL 15 or newer")
	case newest < oldestPostgres:
		return "", fmt.Errorf("PostgreSQL %d is too old: install %d or newer", newest, oldestPostgres)
	}
	return best, nil
}

// majorVersion asks the server binary of a folder; 0 if it is not a complete installation.
func majorVersion(ctx context.Context, bin string) int {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(out), "(PostgreSQL) ")
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	major, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return major
}

// dataVersion reads the major version of an existing cluster; 0 if there is none.
func dataVersion(cluster string) (int, error) {
	b, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, folderError(cluster, err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("version of the cluster in %s: %w", cluster, err)
	}
	return version, nil
}

// initCluster makes a new cluster at home/cluster: locale C.UTF-8 (as the Chinese search expects), checksums, SCRAM.
// It works in a folder beside and renames it when complete, so an interrupted start leaves no half cluster.
func initCluster(ctx context.Context, bin, home, cluster, password string, run *account) error {
	work := filepath.Join(home, "cluster.new")
	if err := os.RemoveAll(work); err != nil {
		return folderError(home, err)
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return folderError(home, err)
	}
	passwordFile := filepath.Join(home, "password.new")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return folderError(home, err)
	}
	defer func() { _ = os.Remove(passwordFile) }()
	if run != nil {
		for _, path := range []string{work, passwordFile} {
			if err := os.Chown(path, int(run.uid), int(run.gid)); err != nil {
				return fmt.Errorf("give %s to the user of PostgreSQL: %w", path, err)
			}
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata="+work, "--username="+superuser,
		"--pwfile="+passwordFile, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-sync")
	cmd.Dir = "/"
	cmd.Env = childEnv()
	cmd.SysProcAttr = processAttributes(run, syscall.SIGKILL)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("create the PostgreSQL cluster: %w\n%s", err, out)
	}
	if err := os.Rename(work, cluster); err != nil {
		return folderError(home, err)
	}
	return nil
}

// serverArguments lists the settings of a private cluster. What PostgreSQL writes to its log stays free of row
// values and parameters: they may be personal data.
func serverArguments(cluster string, port int, extra map[string]string) []string {
	settings := map[string]string{
		"listen_addresses":                  "127.0.0.1",
		"port":                              strconv.Itoa(port),
		"unix_socket_directories":           "",
		"max_connections":                   "300",
		"shared_buffers":                    "128MB",
		"max_wal_size":                      "2GB",
		"jit":                               "off",
		"timezone":                          "UTC",
		"log_timezone":                      "UTC",
		"logging_collector":                 "off",
		"log_error_verbosity":               "terse",
		"log_min_error_statement":           "panic",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_checkpoints":                   "off",
	}
	maps.Copy(settings, extra)
	args := []string{"-D", cluster}
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}
