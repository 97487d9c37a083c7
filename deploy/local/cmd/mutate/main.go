// Command mutate changes the rule code one place at a time (a figure by one, a comparison to its neighbour, "and" to "or")
// and runs the tests that come by the place. A change that no test notices is printed: the rule has a bound that nothing stands beside.
//
//	with-servers -- mutate                                              the rule files, held by the tests of their packages
//	mutate -files auction/law/ruleset.go ./auction/law                  that file, held by that package's tests
//	mutate -list                                                        the places; runs nothing
//
// All changes of a run are woven into the sources at once, each behind a switch, and every test binary is built once with `go build -overlay`: no
// file of the tree is touched. Each test then runs alone and writes down the places it came by; each change is tried against those tests alone, the
// most particular first. Where a switch cannot stand (a constant) the change gets builds of its own. Exit status 1 when a change survived.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	files := flag.String("files", strings.Join(ruleFiles(), ","), "files to change, separated by commas")
	from := flag.Int("from", 1, "first change to try, by its number in -list")
	dry := flag.Bool("list", false, "list the changes and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, strings.Split(*files, ","), flag.Args(), *from, *dry); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1) //nolint:gocritic // the signals end with the process
	}
}

var errSurvived = errors.New("changes survived")

func run(ctx context.Context, files, tests []string, from int, dry bool) error {
	sources, err := load(ctx, files)
	if err != nil {
		return err
	}
	var all []*change
	for _, s := range sources {
		all = append(all, s.changes...)
	}
	for i, c := range all {
		c.number = i + 1
	}
	fmt.Printf("%d changes in %d files\n", len(all), len(sources))
	if dry {
		for _, c := range all {
			fmt.Println(c)
		}
		return nil
	}
	if len(tests) == 0 {
		tests = dirsOf(sources)
	}
	b, err := newBench(sources, tests)
	if err != nil {
		return err
	}
	defer b.close()
	start := time.Now()
	if err := b.reach(ctx, len(all)); err != nil {
		return err
	}
	var survived []*change
	for _, c := range all[from-1:] {
		word, err := b.try(ctx, c)
		if err != nil {
			return err
		}
		if word == wordSurvived || word == wordUnreached {
			survived = append(survived, c)
		}
		fmt.Printf("%d/%d %s: %s\n", c.number, len(all), c, word)
	}
	fmt.Printf("%d changes tried in %s\n", len(all)-from+1, time.Since(start).Round(time.Second))
	if len(survived) == 0 {
		fmt.Println("none survived")
		return nil
	}
	fmt.Println("survived:")
	for _, c := range survived {
		fmt.Println(" ", c)
	}
	return fmt.Errorf("%d %w", len(survived), errSurvived)
}
