// Command with-servers runs another command with a private PostgreSQL cluster for tests, named by the environment
// variable MINGCHUI_TEST_POSTGRES, and removes the cluster afterwards:
//
//	with-servers -- go test ./...
//
// It returns the exit code of that command. Redis and NATS are started by each test itself (package testserver).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"mingchui/deploy/local"
)

func main() {
	code, err := run(context.Background(), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-servers:", err)
	}
	os.Exit(code)
}

// failed is the exit code when the command itself could not be run or the servers not be stopped.
const failed = 125

func run(ctx context.Context, args []string) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return failed, errors.New("usage: with-servers -- COMMAND [ARGUMENT...]")
	}
	// Ctrl-C reaches the command too (it shares our process group): we only wait for it. A SIGTERM is passed on.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)

	server, err := local.StartTemporaryPostgres(ctx, local.PostgresConfig{})
	if err != nil {
		return failed, err
	}
	defer func() {
		if stopErr := server.Stop(ctx); stopErr != nil {
			code, err = max(code, failed), errors.Join(err, stopErr)
		}
	}()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), local.EnvTestPostgres+"="+server.URL("postgres"))
	if err := cmd.Start(); err != nil {
		return failed, fmt.Errorf("run %s: %w", args[0], err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			return exitCode(err)
		case s := <-signals:
			if s == syscall.SIGTERM {
				if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
					return failed, fmt.Errorf("pass on %s: %w", s, err)
				}
			}
		}
	}
}

// exitCode is that of the command; 128 + the signal's number when a signal ended it, as shells do.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err != nil {
			return failed, err
		}
		return 0, nil
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
