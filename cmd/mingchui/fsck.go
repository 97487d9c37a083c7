package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/drawing"
	"mingchui/auction/pricing"
	"mingchui/bidding"
	"mingchui/payments"
)

var errUnsound = errors.New("an invariant does not hold")

func newFsck(environ []string) *cobra.Command {
	var postgresURL, logName, checkpoints string
	cmd := &cobra.Command{
		Use:   "fsck",
		Short: "check the invariants from the rows alone",
		Long: `fsck re-runs every course of bidding over its events, folds the ledger, compares
deposits with payments, repeats every draw, reckons every reference price again, and rebuilds
the log's tree against the signed checkpoints. It changes nothing. Exit 0: all hold; 1: it names every breach.

Invariants: I1, I2, I8 (bids, courses and their ends), I4, I5 (ledger and deposits), I6 (log
and papers), I7 (sealed bidders), I9 (duties). It needs MINGCHUI_LOG_KEY to know the log's verifier key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if postgresURL == "" || logName == "" || checkpoints == "" {
				return usageError{errors.New("--postgres-url, --log-name and --checkpoints are required")}
			}
			password, err := secret(environ, "POSTGRES_PASSWORD")
			if err != nil {
				return err
			}
			address, err := withPassword(postgresURL, password)
			if err != nil {
				return err
			}
			text, err := secret(environ, "LOG_KEY")
			if err != nil {
				return err
			}
			keySeed, err := seed("LOG_KEY", text)
			if err != nil {
				return err
			}
			pool, err := pgxpool.New(cmd.Context(), address)
			if err != nil {
				return fmt.Errorf("open PostgreSQL: %w", err)
			}
			defer pool.Close()
			return fsck(cmd.Context(), cmd.OutOrStdout(), pool, logName, keySeed, checkpoints)
		},
	}
	cmd.Flags().StringVar(&postgresURL, "postgres-url", "", "postgres://user@host/database (required)")
	cmd.Flags().StringVar(&logName, "log-name", "", "the log's origin (required)")
	cmd.Flags().StringVar(&checkpoints, "checkpoints", "", "folder that keeps signed checkpoints (required)")
	return cmd
}

// fsck prints what was checked and each breach, and returns errUnsound when
// there is one.
func fsck(ctx context.Context, out io.Writer, pool *pgxpool.Pool, logName string, keySeed []byte, checkpoints string) error {
	key, err := audit.NewKey(logName, keySeed)
	if err != nil {
		return err
	}
	store, err := sequencer.NewFolder(checkpoints)
	if err != nil {
		return err
	}
	courses, err := bidding.Fsck(ctx, pool)
	if err != nil {
		return err
	}
	sealed, err := bidding.FsckSealed(ctx, pool)
	if err != nil {
		return err
	}
	money, err := payments.Fsck(ctx, pool)
	if err != nil {
		return err
	}
	sales, err := auction.Fsck(ctx, pool)
	if err != nil {
		return err
	}
	tree, err := sequencer.Fsck(ctx, pool, store, key.VerifierKey())
	if err != nil {
		return err
	}
	draws, err := drawing.Fsck(ctx, pool, sequencer.NewReader(pool, key.VerifierKey()))
	if err != nil {
		return err
	}
	prices, err := pricing.Fsck(ctx, pool)
	if err != nil {
		return err
	}
	breaches := slices.Concat(draws, prices)
	for _, p := range slices.Concat(courses, sealed) {
		breaches = append(breaches, fmt.Sprintf("%s lot %s seq %d: %s", p.Invariant, p.Lot, p.Seq, p.Detail))
	}
	for _, p := range money {
		breaches = append(breaches, "I4/I5 "+p)
	}
	for _, p := range sales {
		breaches = append(breaches, fmt.Sprintf("%s lot %s: %s", p.Invariant, p.Lot, p.Detail))
	}
	for _, p := range tree.Findings {
		breaches = append(breaches, fmt.Sprintf("%s %s: %s", p.Invariant, p.Subject, p.Text))
	}
	for _, b := range breaches {
		if _, err := fmt.Fprintln(out, b); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(out, "I1 I2 I8 courses, I4 I5 money, I6 log, I7 sealed bidders, I9 duties: %d breaches\n", len(breaches)); err != nil {
		return err
	}
	if len(breaches) > 0 {
		return errUnsound
	}
	return nil
}
