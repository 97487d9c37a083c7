package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/watch"
)

// maxWatchers is how many ports two of the crowd's addresses have.
const maxWatchers = 50_000

func newWatch() *cobra.Command {
	var url, lotText string
	var watchers int
	var seconds float64
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "watch a lot of a running server with thousands of readers",
		Long: `watch opens event streams of one lot over plain HTTP/1.1 on this machine, waits, and says
what came: events, what was counted as skipped, gaps and doubles (there must be none), and the
delay from the decision to the reader. Somebody else must bid meanwhile, hammer bids for one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lot, err := uuid.Parse(lotText)
			if err != nil {
				return errors.New("--lot: the lot's id is needed")
			}
			if watchers < 1 || watchers > maxWatchers {
				return fmt.Errorf("--watchers: 1 to %d", maxWatchers)
			}
			address, err := load.Site{URL: url}.Address()
			if err != nil {
				return err
			}
			return watchLot(cmd.Context(), address, lot, watchers, time.Duration(seconds*float64(time.Second)), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:8080", "the server, on this machine")
	cmd.Flags().StringVar(&lotText, "lot", "", "the lot's id (required)")
	cmd.Flags().IntVar(&watchers, "watchers", 1000, "readers")
	cmd.Flags().Float64Var(&seconds, "seconds", 10, "how long")
	return cmd
}

func watchLot(ctx context.Context, address string, lot uuid.UUID, n int, length time.Duration, out io.Writer) (err error) {
	began := time.Now()
	crowd, err := watch.Open(ctx, address, lot, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.Close()) }()
	_, _ = fmt.Fprintf(out, "%d streams are open after %s\n", n, time.Since(began).Round(time.Millisecond))
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	t := crowd.Tally()
	_, err = fmt.Fprintf(out, "%d events, %d counted as skipped, %d missing, %d doubled, %d streams ended by the server; p50 %s, p99 %s\n",
		t.Events, t.Skipped, t.Missing, t.Doubled, t.Closed, t.P50, t.P99)
	if t.Missing != 0 || t.Doubled != 0 {
		return errors.Join(err, errFailed)
	}
	return err
}
