package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"mingchui/auction/clock"
	"mingchui/cmd/mingchui/house"
	"mingchui/payments/standin"
)

func newStandin(environ []string) *cobra.Command {
	var listen, webhookURL, dir string
	cmd := &cobra.Command{
		Use:   "standin",
		Short: "run the payment stand-in as a process of its own, for trials and tests",
		Long: `standin speaks the part of Stripe's HTTP API that mingchui uses and moves no money.
Point serve at it with --stripe-url. Its keys are MINGCHUI_STRIPE_SECRET_KEY and
MINGCHUI_STRIPE_WEBHOOK_SECRET, the same as the server's.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runStandin(cmd.Context(), environ, listen, webhookURL, dir, cmd)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8082", "address of its API and payment pages")
	cmd.Flags().StringVar(&webhookURL, "webhook-url", "http://127.0.0.1:8080/webhooks/stripe", "where it sends webhooks")
	cmd.Flags().StringVar(&dir, "dir", "", "folder that keeps its state; empty keeps it in memory")
	return cmd
}

func runStandin(ctx context.Context, environ []string, listen, webhookURL, dir string, cmd *cobra.Command) error {
	key, err := secret(environ, "STRIPE_SECRET_KEY")
	if err != nil {
		return err
	}
	hook, err := secret(environ, "STRIPE_WEBHOOK_SECRET")
	if err != nil {
		return err
	}
	if key == "" || hook == "" {
		return usageError{errors.New("MINGCHUI_STRIPE_SECRET_KEY and MINGCHUI_STRIPE_WEBHOOK_SECRET are required")}
	}
	listener, err := house.Listen(ctx, listen, "--listen")
	if err != nil {
		return err
	}
	server, err := standin.New(standin.Config{
		PublicURL: "http://" + listener.Addr().String(), WebhookURL: webhookURL, WebhookSecret: hook, SecretKey: key,
		Dir: dir, Now: clock.Real{}.Now, Log: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	site := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = site.Close() })
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "payment stand-in on http://%s, no money moves\n", listener.Addr()); err != nil {
		return err
	}
	if err := site.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return server.Close()
}
