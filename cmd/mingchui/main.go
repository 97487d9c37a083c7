// Command mingchui is the server of a marketplace on which courts sell seized
// property, and what its operators need: serve, demo, migrate, admin, standin, fsck.
//
// It alone knows everything: it wires the packages (house/), reads flags and
// environment, and knows whether this is a demonstration.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"mingchui/auction/fault"
	"mingchui/web/words"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program with everything from outside as an argument; tests start
// it. It returns the exit code: 0 fine, 1 failed, 2 wrong usage.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root := newRoot(environ)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return 0
	default:
		_, _ = fmt.Fprintln(stderr, "mingchui:", said(err))
		if _, usage := errors.AsType[usageError](err); usage {
			return 2
		}
		return 1
	}
}

// said is an error for whoever runs the program: a refusal in words, with its code and article; what went wrong inside as it is.
func said(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Internal || f.Kind == fault.Fatal {
		return err.Error()
	}
	r := words.In(words.English).Refusal(err)
	out := fmt.Sprintf("%s (%s)", r.Detail, f.Code)
	if r.Article != "" {
		out += " [" + r.Rule + ", " + r.Article + "]"
	}
	return out
}

func newRoot(environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "mingchui",
		Short: "Mingchui 明槌: judicial auctions that anyone can check",
		Long: `Mingchui 明槌 sells property that courts have seized, online and in public.

Every flag can also be given as an environment variable: --postgres-url as
MINGCHUI_POSTGRES_URL. Secrets come from the environment alone, or from a file
named by the variable with _FILE at its end. An unknown MINGCHUI_ variable is an
error.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return applyEnvironment(cmd, environ)
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
	})
	root.AddCommand(
		newServe(environ), newDemo(environ), newMigrate(environ), newAdmin(environ),
		newStandin(environ), newFsck(environ),
	)
	return root
}
