package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mingchui/deploy/local"
)

// demoLimit bounds the wait for one line of a demonstration that starts.
const demoLimit = 4 * time.Minute

// theatre is a running demonstration and what it prints.
type theatre struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  chan string
	stderr bytes.Buffer
	gone   sync.Once
}

func startDemo(t *testing.T, binary, data string, flags ...string) *theatre {
	t.Helper()
	d := &theatre{t: t, lines: make(chan string, 1000)}
	d.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), binary, append([]string{"demo", "--quiet", "--port", "0", "--ops-port", "0", "--data", data}, flags...)...)
	d.cmd.Stderr = &d.stderr
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			d.lines <- s.Text()
		}
	}()
	t.Cleanup(func() { d.end(syscall.SIGKILL) })
	return d
}

// prints waits for a line.
func (d *theatre) prints(pattern string) {
	d.t.Helper()
	want := regexp.MustCompile(pattern)
	limit := time.NewTimer(demoLimit)
	defer limit.Stop()
	var seen []string
	for {
		select {
		case line, more := <-d.lines:
			if !more {
				d.t.Fatalf("it ended before it printed %s:\n%s\n%s", pattern, strings.Join(seen, "\n"), d.stderr.String())
			}
			if want.MatchString(line) {
				return
			}
			seen = append(seen, line)
		case <-limit.C:
			d.t.Fatalf("it does not print %s:\n%s", pattern, strings.Join(seen, "\n"))
		}
	}
}

// end sends a signal and waits for the process to end.
func (d *theatre) end(s syscall.Signal) {
	d.gone.Do(func() {
		_ = d.cmd.Process.Signal(s)
		for range d.lines { //nolint:revive // what it still prints
		}
		_ = d.cmd.Wait()
	})
}

// A first start that is killed or stopped in its middle is begun anew by the
// next, whatever it left; while one runs, another is refused and clears nothing.
func TestFault_AnInterruptedFirstStartIsBegunAnew(t *testing.T) {
	t.Parallel()
	binary, data := program(t), t.TempDir()
	if err := os.Chmod(data, 0o755); err != nil { // PostgreSQL's user passes through it
		t.Fatal(err)
	}
	const progress = `^ +\d+ of \d+ `
	first := startDemo(t, binary, data)
	first.prints(progress)
	secret := readState(t, data)
	other := exec.CommandContext(t.Context(), binary, "demo", "--port", "0", "--ops-port", "0", "--data", data, "--reset")
	if out, err := other.CombinedOutput(); err == nil || !strings.Contains(string(out), "in use by process") {
		t.Errorf("a second demonstration on the folder: %v\n%s", err, out)
	}
	if now := readState(t, data); now != secret {
		t.Errorf("a refused start changed the state from %+v to %+v", secret, now)
	}
	first.end(syscall.SIGKILL)

	second := startDemo(t, binary, data)
	second.prints(`was interrupted: it is begun anew`)
	second.prints(progress)
	if now := readState(t, data); now.Secret == secret.Secret || now.Password != secret.Password || now.Seeded {
		t.Errorf("begun anew the state is %+v, before %+v: a key never signs two logs", now, secret)
	}
	second.end(syscall.SIGINT)

	third := startDemo(t, binary, data, "--reset", "--password", "another one 1")
	third.prints(`beginning anew`)
	third.prints(progress)
	if now := readState(t, data); now.Password != "another one 1" {
		t.Errorf("after --reset the state is %+v", now)
	}
	third.end(syscall.SIGINT)
}

func readState(t *testing.T, data string) demoState {
	t.Helper()
	b, err := os.ReadFile(statePath(data))
	if err != nil {
		t.Fatal(err)
	}
	var s demoState
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// What the folder remembers decides whether its court is kept or made anew.
func TestDemoState(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, interrupted, err := loadDemoState(demoFlags{data: data})
	if err != nil || interrupted || s.Seeded || s.Password == "" || s.Secret == "" {
		t.Fatalf("a new folder: %+v, %t, %v", s, interrupted, err)
	}
	s.Seeded = true
	if err := s.save(data); err != nil {
		t.Fatal(err)
	}
	if again, interrupted, err := loadDemoState(demoFlags{data: data}); err != nil || interrupted || again != s {
		t.Errorf("a whole court: %+v, %t, %v", again, interrupted, err)
	}
	if _, _, err := loadDemoState(demoFlags{data: data, password: "other"}); !errors.As(err, new(usageError)) || !strings.Contains(err.Error(), "--reset") {
		t.Errorf("another password: %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, "demo.json"), []byte(`{"seeded": tr`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadDemoState(demoFlags{data: data}); err == nil || !strings.Contains(err.Error(), "--reset") {
		t.Errorf("a damaged file: %v", err)
	}
	reset, _, err := loadDemoState(demoFlags{data: data, reset: true})
	if err != nil || reset.Seeded || reset.Secret == s.Secret {
		t.Errorf("--reset: %+v, %v", reset, err)
	}
}

func TestDemoPorts(t *testing.T) {
	t.Parallel()
	f := demoFlags{}
	if err := f.ports(t.Context()); err != nil || f.port == 0 || f.opsPort == 0 || f.port == f.opsPort {
		t.Errorf("free ports: %d and %d, %v", f.port, f.opsPort, err)
	}
	port, err := local.FreePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f = demoFlags{port: port, opsPort: port}
	if err := f.ports(t.Context()); !errors.As(err, new(usageError)) {
		t.Errorf("one port for both: %v", err)
	}
}
