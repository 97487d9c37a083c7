package main

import (
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mingchui/cmd/hammer/chaos"
)

func newChaos() *cobra.Command {
	var cfg chaos.Config
	var jsonPath, only, broken string
	cmd := &cobra.Command{
		Use:   "chaos",
		Short: "hurt real servers while they are bid on, and judge what they then say",
		Long: `chaos starts private servers and the server under test as processes of its own, sells two
lots, one of which is in its closing window, bids on both, and lets faults strike. At the end
of a stage the closing lot must close by itself; then the whole history is held against
the public record (every acknowledged bid is there; porcupine finds an order that
explains every answer, refusals included), the auditor re-runs the log, fsck the rows.

It prints the table, writes chaos.json, and exits with 1 when anything does not hold or
a build with a defect was not caught. It takes the source, to build those.

Faults (--only), and how often each strikes:
` + chaos.Table(),
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&only, "only", "", "faults by id, comma-separated, or none; default all")
	f.StringVar(&broken, "builds", "", "builds with a defect by id, comma-separated, or none; default all, and none with --only")
	f.IntVar(&cfg.Runs, "runs", 0, "how often each fault strikes; 0 leaves each its own number")
	f.Int64Var(&cfg.Between, "between", 500, "bids that are acknowledged between two strikes at least")
	f.IntVar(&cfg.Connections, "connections", 96, "connections that bid on the lot that ends in a day; a quarter as many bid on the other")
	f.IntVar(&cfg.Bidders, "bidders", 32, "bidder codes of that lot; connections share them")
	f.DurationVar(&cfg.Rest, "rest", 20*time.Millisecond, "rest of a connection between its bids")
	f.StringVar(&cfg.Binary, "server", "", "the server's binary; by default it is built")
	f.StringVar(&cfg.Dir, "data", ".data", "folder, on a real disk, in which the run makes some of its own")
	f.BoolVar(&cfg.Keep, "keep", false, "leave the run's folders there, with the logs")
	f.StringVar(&jsonPath, "json", "chaos.json", "file for the whole report")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cfg.Between < 1 || cfg.Connections < 8 || cfg.Runs < 0 {
			return errors.New("--between is at least 1, --connections at least 8, --runs not below 0")
		}
		cfg.Only, cfg.Builds = named(only), named(broken)
		if cfg.Only != nil && broken == "" {
			cfg.Builds = []string{}
		}
		cfg.Progress = cmd.ErrOrStderr()
		cfg.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
		report, err := chaos.Run(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		if err := errors.Join(report.Write(jsonPath), report.Print(cmd.OutOrStdout())); err != nil {
			return err
		}
		if !report.Sound {
			return errFailed
		}
		return nil
	}
	return cmd
}

// named reads a list of ids: nil for all, empty for none.
func named(list string) []string {
	switch list {
	case "":
		return nil
	case "none":
		return []string{}
	}
	return strings.Split(list, ",")
}
