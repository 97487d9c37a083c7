package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	"mingchui/cmd/hammer/peer"
)

// newPeer runs one peer; bench starts it as a process of its own.
func newPeer() *cobra.Command {
	var cfg peer.Config
	cmd := &cobra.Command{
		Use:   "peer trivial|naive|function|fanout",
		Short: "run one of the programs that bench compares with",
		Long: `peer serves POST /api/v1/lots/{lot}/bids on a free port of 127.0.0.1, which it prints, until
its standard input ends. naive and function need --postgres-url and tables that bench makes; fanout
serves the lot's event stream, too.`,
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg.Kind = peer.Kind(args[0])
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
			if err != nil {
				return fmt.Errorf("listen: %w", err)
			}
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), listener.Addr()); err != nil {
				return err
			}
			go func() { // the end of its parent is its end
				_, _ = io.Copy(io.Discard, cmd.InOrStdin())
				cancel()
			}()
			return peer.Serve(ctx, listener, cfg)
		},
	}
	cmd.Flags().StringVar(&cfg.PostgresURL, "postgres-url", "", "database with the peers' tables")
	cmd.Flags().IntVar(&cfg.Pool, "pool", 2, "connections to PostgreSQL")
	cmd.Flags().StringVar(&cfg.TLSCert, "tls-cert", "", "certificate, PEM, to speak TLS and HTTP/2")
	cmd.Flags().StringVar(&cfg.TLSKey, "tls-key", "", "its key")
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	return cmd
}
