package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mingchui/migrations"
)

func newMigrate(environ []string) *cobra.Command {
	var postgresURL string
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "bring a database up to this version's schema",
		Long: `migrate runs the migrations that the database lacks, River's tables included.
It does nothing on a current database and may run on several nodes at once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if postgresURL == "" {
				return usageError{errors.New("--postgres-url (or MINGCHUI_POSTGRES_URL) is required")}
			}
			password, err := secret(environ, "POSTGRES_PASSWORD")
			if err != nil {
				return err
			}
			address, err := withPassword(postgresURL, password)
			if err != nil {
				return err
			}
			if err := migrations.Up(cmd.Context(), address); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "the database is current")
			return err
		},
	}
	cmd.Flags().StringVar(&postgresURL, "postgres-url", "", "postgres://user@host/database (required)")
	return cmd
}
