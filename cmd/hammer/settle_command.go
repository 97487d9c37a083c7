package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"mingchui/cmd/hammer/settle"
	"mingchui/cmd/hammer/stage"
)

func newSettle() *cobra.Command {
	var cfg settle.Config
	cmd := &cobra.Command{
		Use:   "settle",
		Short: "let a lot of many bidders close, and measure until every deposit is returned or applied",
		Long: `settle starts PostgreSQL, Redis, NATS and the payment stand-in, enrols bidders for one lot under the
demonstration's rules, pays their deposits, starts the server, bids a little and lets the lot close. It
prints how long after the close the deposits were applied or back with their payers by the provider's
word, and ends with fsck. It exits with 1 when the last took longer than --limit, or any is left.

The stand-in settles a refund a second or more after it was asked, as set; that time counts.`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.IntVar(&cfg.Bidders, "bidders", 500, "bidders with a deposit, 2 to 512")
	f.DurationVar(&cfg.Limit, "limit", time.Minute, "what the last deposit may take after the close")
	f.StringVar(&cfg.Binary, "server", "", "the server's binary; by default it is built")
	f.StringVar(&cfg.Dir, "data", ".data", "folder, on a real disk, in which the run makes one of its own")
	f.StringVar(&cfg.Profile, "profile", "", "file for a CPU profile of the server while it settles")
	f.BoolVar(&cfg.Keep, "keep", false, "leave the run's folder there, with the logs")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cfg.Bidders < 2 || cfg.Bidders > stage.MaxBidders || cfg.Limit <= 0 {
			return fmt.Errorf("--bidders: 2 to %d, --limit above 0", stage.MaxBidders)
		}
		if cfg.Binary == "" {
			binary, remove, err := buildServer(cmd.Context(), "")
			if err != nil {
				return err
			}
			defer remove()
			cfg.Binary = binary
		}
		cfg.Progress = cmd.ErrOrStderr()
		cfg.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
		report, err := settle.Run(cmd.Context(), cfg)
		if err := errors.Join(err, report.Print(cmd.OutOrStdout())); err != nil {
			return err
		}
		if !report.Sound() {
			return errFailed
		}
		return nil
	}
	return cmd
}
