package main

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/duty"
	"mingchui/auction/law"
	"mingchui/auction/retention"
	"mingchui/web/account"
)

func newRetention(environ []string, f *adminFlags) *cobra.Command {
	var dryRun bool
	var only string
	cmd := &cobra.Command{
		Use:   "retention",
		Short: "erase the names of sales that ended ten years ago (R29); hashes and the log stay",
		Long: `retention erases what names persons beside the log, of sales whose ten years are over
(R29): the buyer's name in the confirmation and in the papers of court and buyer, the
principals of agents, the court's notes on the handing over, the reasons of the buyer's
marks. Hashes, log entries, events and bids stay for ever. With
--lot it erases one sale, and is refused before its time. --dry-run lists what is held
and from when on it may go.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return retain(cmd, environ, *f, only, dryRun) },
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only list")
	cmd.Flags().StringVar(&only, "lot", "", "this sale alone")
	return cmd
}

func retain(cmd *cobra.Command, environ []string, f adminFlags, only string, dryRun bool) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	pool, err := f.open(ctx, environ)
	if err != nil {
		return err
	}
	defer pool.Close()
	list, err := retention.List(ctx, pool)
	if err != nil {
		return err
	}
	real := clock.Real{}
	service := auction.New(auction.Config{Pool: pool, Clock: real, Duties: duty.NewBook(nil), RuleSet: law.China2017()})
	by, now := auction.Actor{Role: string(account.Operator)}, real.Now()
	if only != "" && !dryRun {
		lot, err := uuid.Parse(only)
		if err != nil {
			return usageError{fmt.Errorf("--lot %s is no id", only)}
		}
		if err := retention.Erase(ctx, service, by, lot); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s erased\n", lot)
		return err
	}
	erased := 0
	for _, h := range list {
		may := !now.Before(h.ErasableAt)
		if dryRun {
			if _, err := fmt.Fprintf(out, "%s ended %s documents %d erasable %s may go now: %t\n",
				h.Lot, h.EndedAt.UTC().Format(time.DateOnly), h.Documents, h.ErasableAt.UTC().Format(time.DateOnly), may); err != nil {
				return err
			}
			continue
		}
		if !may {
			continue
		}
		if err := retention.Erase(ctx, service, by, h.Lot); err != nil {
			return err
		}
		erased++
	}
	if dryRun {
		return nil
	}
	_, err = fmt.Fprintf(out, "%d sales erased, %d keep their time\n", erased, len(list)-erased)
	return err
}
