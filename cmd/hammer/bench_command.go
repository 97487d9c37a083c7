package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mingchui/cmd/hammer/bench"
)

func newBench() *cobra.Command {
	var cfg bench.Config
	var seconds, warmup float64
	var jsonPath string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure the server beside its peers and print the table",
		Long: `bench starts private servers, sells a lot by the steps of a real sale, starts the
server and the peers as processes of their own, drives each of them in turn with
the same client, and prints the table of measures: the project's value, the
peer's, the ratio, the goal. It writes everything to bench.json, leaves out
nothing that fell short, and ends with fsck.

Rows (--only):
  trivial     decided bids on one hot lot / an echo handler that returns 200
  naive       the same / SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT
  function    the same / one call of a PL/pgSQL function
  many        the same at 1,024 connections / the echo handler at its best
  lots        decided bids on 100 lots / naive
  durability  decided bids on one hot lot / answered straight after Redis
  latency     p99 at half our maximum in an open loop / the echo handler's
  light       p50 at 8 connections / naive's
  ledger-client, ledger-function, ledger-client-best, ledger-function-best, ledger-insert
              whole works of the case fund, a second / a client's transaction with
              a hot balance, one PL/pgSQL call (each at 2 connections, and at its
              best), inserts alone
Measured only when they are named, as they take minutes and some 10 GB of disk:
  growth      processor time a bid with 1,000 live lots and --stored-bids / with 10 lots and 10,000
  recovery    seconds until bids are accepted again after Redis was wiped
  fan-memory, fan-p99, fan-cpu
              event streams over HTTP/1.1 / the usual echo handler: memory a
              watcher, delays at 19,500 watchers, CPUs at 5,000
  fan-tls     the same over TLS and HTTP/2: memory a watcher, at 5,000

Decided are bids that were accepted (201, durable) and refusals by the course
(409); 429, 503 and lost answers are not, and are counted beside. A peer runs at
the setting at which a short sweep found it fastest.

It exits with 0 when everything was measured and the data are sound, whatever
the ratios; with --strict it exits with 1 when anything fell short.`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.IntVar(&cfg.Rounds, "rounds", 5, "rounds of each target, interleaved; the figure is their median")
	f.Float64Var(&seconds, "seconds", 4, "measured seconds of a target in a round")
	f.Float64Var(&warmup, "warmup", 0.75, "seconds driven before they are measured")
	f.IntVar(&cfg.Connections, "connections", 256, "keep-alive connections to the server")
	f.IntVar(&cfg.Bidders, "bidders", 64, "bidder codes with sessions; connections share them")
	f.IntVar(&cfg.StoredBids, "stored-bids", 10_000_000, "bids that the grown court of the row growth holds")
	f.StringSliceVar(&cfg.Only, "only", nil, "rows to measure, by id, comma-separated; default all")
	f.StringVar(&cfg.Binary, "server", "", "the server's binary; by default it is built")
	f.StringSliceVar(&cfg.ServeFlags, "serve-flags", nil, "further flags of mingchui serve; by default its limit of bids per second and code is lifted")
	f.StringVar(&cfg.Dir, "data", ".data", "folder, on a real disk, in which the run makes one of its own")
	f.BoolVar(&cfg.Keep, "keep", false, "leave the run's folder there, with the logs")
	f.StringVar(&jsonPath, "json", "bench.json", "file for the whole report")
	f.StringVar(&cfg.Profile, "profile", "", "file for a CPU profile of the server in the first round")
	f.StringVar(&cfg.ProfileOf, "profile-of", "mingchui", "which series of the server is profiled, as the table names it")
	strict := f.Bool("strict", false, "exit with 1 when anything fell short")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Length, cfg.Warmup = time.Duration(seconds*float64(time.Second)), time.Duration(warmup*float64(time.Second))
		return runBench(cmd, cfg, jsonPath, *strict)
	}
	return cmd
}

// runBench builds what is to be measured, measures, and writes the report; with strict, anything that fell short fails.
func runBench(cmd *cobra.Command, cfg bench.Config, jsonPath string, strict bool) error {
	cfg.Progress = cmd.ErrOrStderr()
	cfg.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	if cfg.Binary == "" {
		binary, remove, err := buildServer(cmd.Context(), "")
		if err != nil {
			return err
		}
		defer remove()
		cfg.Binary = binary
	}
	var remove []func()
	defer func() {
		for _, f := range remove {
			f()
		}
	}()
	cfg.Undurable = func(ctx context.Context) (string, error) {
		binary, f, err := buildServer(ctx, "undurable")
		if err == nil {
			remove = append(remove, f)
		}
		return binary, err
	}
	if !cmd.Flags().Changed("serve-flags") {
		if err := liftLimit(cmd.Context(), &cfg); err != nil {
			return err
		}
	}
	report, err := bench.Run(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	if err := errors.Join(report.Write(jsonPath), report.Print(cmd.OutOrStdout())); err != nil {
		return err
	}
	if !report.Sound || (strict && len(report.Shortfalls) > 0) {
		return errFailed
	}
	return nil
}

// buildServer builds the server from the module that hammer is run in, with build tags.
func buildServer(ctx context.Context, tags string) (binary string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "hammer-*")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the server: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	binary = filepath.Join(dir, "mingchui")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", tags, "-o", binary, "mingchui/cmd/mingchui") //nolint:gosec // a folder of ours
	if out, err := cmd.CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("build the server (or name it by --server): %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return binary, remove, nil
}

// liftLimit asks the server not to limit the bids of a code, when it has such a setting: here a code bids as a thousand people
// would.
func liftLimit(ctx context.Context, cfg *bench.Config) error {
	const flag = "--bid-rate"
	out, err := exec.CommandContext(ctx, cfg.Binary, "serve", "--help").CombinedOutput() //nolint:gosec // the person names the server
	if err != nil {
		return fmt.Errorf("ask %s for its flags: %w\n%s", cfg.Binary, err, out)
	}
	if !strings.Contains(string(out), flag+" ") {
		_, err := fmt.Fprintf(cfg.Progress, "the server has no %s: its limit of bids per code holds, and refusals by it are not decisions\n", flag)
		return err
	}
	cfg.ServeFlags = []string{flag + "=1000000"}
	return nil
}
