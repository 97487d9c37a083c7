package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/law"
	"mingchui/bidding"
	"mingchui/bidding/seal"
	"mingchui/payments/webhook"
	"mingchui/web/account"
)

// adminFlags are what every admin command needs.
type adminFlags struct {
	postgresURL, ruleSet  string
	redisURL, redisMaster string
}

func newAdmin(environ []string) *cobra.Command {
	var f adminFlags
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "import dockets, make staff accounts, bar persons from bidding, change the sealing key",
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.postgresURL, "postgres-url", "", "postgres://user@host/database")
	flags.StringVar(&f.redisURL, "redis-url", "redis://127.0.0.1:6379/0", "redis:// of the server's Redis, as serve has it")
	flags.StringVar(&f.redisMaster, "redis-master", "", "the master's name at the Sentinels, as serve has it")
	flags.StringVar(&f.ruleSet, "rule-set", law.China2017().Name, "the rule set of new lots: china2017, demonstration, demonstration_maximum")
	cmd.AddCommand(newImport(environ, &f), newAccount(environ, &f), newBar(environ, &f), newReseal(environ, &f), newRetention(environ, &f))
	return cmd
}

func newImport(environ []string, f *adminFlags) *cobra.Command {
	var dryRun bool
	var language string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "import a docket: a court's cases, property and lots from a JSON file",
		Long: `import reads a file in the format mingchui-docket/1 (auction/docket/schema.json) and
writes it whole or not at all. Its lots are drafts: the panel's votes and the
announcement follow as always. Every fault of the file is listed with its line.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return importDocket(cmd, environ, *f, args[0], language, dryRun)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only check the file")
	cmd.Flags().StringVar(&language, "language", "zh-CN", "of the faults: zh-CN, en")
	return cmd
}

func importDocket(cmd *cobra.Command, environ []string, f adminFlags, path, language string, dryRun bool) error {
	rules, ok := law.ByName(f.ruleSet)
	if !ok {
		return usageError{fmt.Errorf("--rule-set %s: no such rule set", f.ruleSet)}
	}
	src, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("open the docket: %w", err)
	}
	file, problems := docket.ParseUnder(bufio.NewReader(src), rules)
	if err := src.Close(); err != nil {
		return fmt.Errorf("read the docket: %w", err)
	}
	for _, p := range problems {
		if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s:%s\n", path, p.InLine(language)); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s has %d faults; nothing was imported", path, len(problems))
	}
	lots := 0
	for _, c := range file.Cases {
		lots += len(c.Lots)
	}
	if dryRun {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is sound: %d cases, %d lots; nothing was imported\n", path, len(file.Cases), lots)
		return err
	}
	pool, err := f.open(cmd.Context(), environ)
	if err != nil {
		return err
	}
	defer pool.Close()
	service := auction.New(auction.Config{Pool: pool, Clock: clock.Real{}, Duties: duty.NewBook(nil), RuleSet: rules})
	if _, err := service.Import(cmd.Context(), file, auction.Actor{Role: string(account.Operator)}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "imported %d cases with %d lots as drafts\n", len(file.Cases), lots)
	return err
}

func (f adminFlags) open(ctx context.Context, environ []string) (*pgxpool.Pool, error) {
	if f.postgresURL == "" {
		return nil, usageError{errors.New("--postgres-url (or MINGCHUI_POSTGRES_URL) is required")}
	}
	password, err := secret(environ, "POSTGRES_PASSWORD")
	if err != nil {
		return nil, err
	}
	address, err := withPassword(f.postgresURL, password)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return pool, nil
}

func newAccount(environ []string, f *adminFlags) *cobra.Command {
	var role, court, name string
	cmd := &cobra.Command{
		Use:   "account LOGIN",
		Short: "make a staff account; the password is read from standard input",
		Long: `account reads the password from the first line of standard input, and from the second,
if there is one, the person's identity number: by it staff of the court and the
platform are kept from bidding under other accounts and through agents (R34).`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return makeAccount(cmd, environ, *f, account.Staff{Login: args[0], Role: account.Role(role), RealName: name}, court)
		},
	}
	cmd.Flags().StringVar(&role, "role", "judge", "judge, clerk, finance, inspector, operator, bidder")
	cmd.Flags().StringVar(&court, "court", "", "the court's code, as its dockets give it")
	cmd.Flags().StringVar(&name, "name", "", "the person's name")
	return cmd
}

func makeAccount(cmd *cobra.Command, environ []string, f adminFlags, staff account.Staff, court string) error {
	ctx := cmd.Context()
	pool, err := f.open(ctx, environ)
	if err != nil {
		return err
	}
	defer pool.Close()
	accounts, closeRedis, err := f.accounts(environ, pool)
	if err != nil {
		return err
	}
	defer closeRedis()
	in := bufio.NewReader(cmd.InOrStdin())
	line, err := in.ReadString('\n')
	if err != nil && line == "" {
		return usageError{errors.New("no password on standard input")}
	}
	staff.Password = strings.TrimRight(line, "\r\n")
	if staff.IDNumber, err = in.ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the identity number: %w", err)
	}
	if court != "" {
		var id uuid.UUID
		if err := pool.QueryRow(ctx, `SELECT id FROM courts WHERE code = @code`, pgx.NamedArgs{"code": court}).Scan(&id); err != nil {
			return fmt.Errorf("find court %s: %w", court, err)
		}
		staff.CourtID = id
	}
	made, err := accounts.Create(ctx, staff)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "made %s account %s\n", made.Role, made.Login)
	return err
}

// accounts opens the accounts; the caller calls the function that it returns.
func (f adminFlags) accounts(environ []string, pool *pgxpool.Pool) (*account.Service, func(), error) {
	password, err := secret(environ, "REDIS_PASSWORD")
	if err != nil {
		return nil, nil, err
	}
	rdb, err := openRedis(f.redisURL, f.redisMaster, password)
	if err != nil {
		return nil, nil, err
	}
	accounts, err := account.New(account.Config{Pool: pool, Redis: rdb, Clock: clock.Real{}, Barred: barred})
	if err != nil {
		return nil, nil, errors.Join(err, rdb.Close())
	}
	return accounts, func() { _ = rdb.Close() }, nil
}

func newBar(environ []string, f *adminFlags) *cobra.Command {
	var reason string
	var lift bool
	cmd := &cobra.Command{
		Use:   "bar LOGIN",
		Short: "keep somebody from bidding (R34), also in sales that run, or lift that",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (reason == "") != lift {
				return usageError{errors.New("give --reason or --lift, one of them")}
			}
			pool, err := f.open(cmd.Context(), environ)
			if err != nil {
				return err
			}
			defer pool.Close()
			accounts, closeRedis, err := f.accounts(environ, pool)
			if err != nil {
				return err
			}
			defer closeRedis()
			who, err := accounts.ByLogin(cmd.Context(), args[0])
			if err != nil {
				return fmt.Errorf("find account %s: %w", args[0], err)
			}
			if err := accounts.Bar(cmd.Context(), who.ID, reason); err != nil {
				return err
			}
			word := "barred"
			if lift {
				word = "no longer barred"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %s\n", who.Login, word)
			return err
		},
	}
	cmd.Flags().BoolVar(&lift, "lift", false, "let the person bid again")
	cmd.Flags().StringVar(&reason, "reason", "", "why: staff of the court, the platform or an auxiliary firm, or close to one")
	return cmd
}

// barred owes the account's exclusion from the sales that run; the server's duties find it.
func barred(ctx context.Context, tx pgx.Tx, now time.Time, account uuid.UUID) error {
	return bidding.OweExclusion(ctx, tx, duty.NewBook(nil), now, account)
}

func newReseal(environ []string, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "reseal",
		Short: "wrap every lot's key, and every secret of a court's webhook, under the first key of MINGCHUI_SEALING_KEY",
		Long: `reseal changes the sealing key (R18): put the new key before the old one in
MINGCHUI_SEALING_KEY, separated by a comma, restart the servers, run reseal, then
take the old key out. Nothing that is sealed is opened. Backups from before still
need the old key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := secret(environ, "SEALING_KEY")
			if err != nil {
				return err
			}
			keys, err := sealingKeys(text)
			if err != nil {
				return err
			}
			ring, err := seal.NewRing(keys...)
			if err != nil {
				return err
			}
			pool, err := f.open(cmd.Context(), environ)
			if err != nil {
				return err
			}
			defer pool.Close()
			n, err := bidding.Rewrap(cmd.Context(), pool, ring)
			if err != nil {
				return err
			}
			secrets, err := webhook.Reseal(cmd.Context(), pool, ring)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d lots and %d secrets of courts' webhooks are now sealed under key %s\n", n, secrets, ring.Current())
			return err
		},
	}
}
