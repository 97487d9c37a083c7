// Command hammer drives load at Mingchui and at the peers it is compared with:
//
//	hammer bench    the table of measures, project beside peers, interleaved; ends with fsck
//	hammer chaos    hurts real servers while they are bid on, and judges what they then say
//	hammer settle   lets a lot of many bidders close, and measures until every deposit is returned or applied; ends with fsck
//	hammer bids     bids on a lot of a running server and keeps the history
//	hammer watch    watches a lot of a running server with thousands of readers
//	hammer judge    judges a history: is it linearizable, is every acknowledged bid on the record
//
// It goes to loopback addresses alone, and every run is bounded in time and count.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errFailed is a verdict that was printed: exit 1 without another message.
var errFailed = errors.New("failed")

// run is the program with everything from outside as an argument. It returns the exit code: 0 fine, 1 failed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "hammer",
		Short:         "load, peers to compare with, faults, histories to judge",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newBench(), newBids(), newChaos(), newJudge(), newPeer(), newSettle(), newWatch()) //nolint:contextcheck // cobra gives each command ctx
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errFailed) {
		_, _ = fmt.Fprintln(stderr, "hammer:", err)
	}
	return 1
}
