package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const environmentPrefix = "MINGCHUI_"

// usageError is a mistake in flags or environment; the program exits with 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// secretNames are read from the environment alone, each also from the file
// that the name with _FILE at its end gives. They are never flags: a process
// list shows those.
func secretNames() []string {
	return []string{"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "CUSTODIAN_KEY", "CUSTODIAN_NOTICE_SECRET", "LOG_KEY", "BATCH_KEY", "SEALING_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
}

// testNames are for this repository's tests and are let through.
func testNames() []string { return []string{"TEST_POSTGRES"} }

// applyEnvironment gives each flag that was not set on the command line its
// MINGCHUI_ variable, and refuses variables that no command knows.
func applyEnvironment(cmd *cobra.Command, environ []string) error {
	values := variables(environ)
	known := make(map[string]bool)
	for _, name := range slices.Concat(secretNames(), testNames()) {
		known[name], known[name+"_FILE"] = true, true
	}
	walk(cmd.Root(), func(f *pflag.Flag) { known[variable(f.Name)] = true })
	for name := range values {
		if !known[name] {
			return usageError{fmt.Errorf("unknown variable %s%s: no command has such a setting", environmentPrefix, name)}
		}
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, given := values[variable(f.Name)]
		if f.Changed || !given || failed != nil {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			failed = usageError{fmt.Errorf("%s%s: %w", environmentPrefix, variable(f.Name), err)}
		}
	})
	return failed
}

func variable(flag string) string { return strings.ToUpper(strings.ReplaceAll(flag, "-", "_")) }

func variables(environ []string) map[string]string {
	values := make(map[string]string)
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, environmentPrefix) {
			values[strings.TrimPrefix(name, environmentPrefix)] = value
		}
	}
	return values
}

func walk(cmd *cobra.Command, visit func(*pflag.Flag)) {
	cmd.LocalFlags().VisitAll(visit)
	for _, child := range cmd.Commands() {
		walk(child, visit)
	}
}

// secret reads MINGCHUI_NAME, or the file that MINGCHUI_NAME_FILE names; empty
// when neither is set.
func secret(environ []string, name string) (string, error) {
	values := variables(environ)
	if v, ok := values[name]; ok {
		return v, nil
	}
	path, ok := values[name+"_FILE"]
	if !ok {
		return "", nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("read %s%s_FILE: %w", environmentPrefix, name, err)
	}
	return strings.TrimSpace(string(b)), nil
}
