package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	wordNoticed   = "noticed"
	wordSurvived  = "SURVIVED"
	wordUnreached = "SURVIVED, no test comes by"
	wordUnbuilt   = "does not build"

	patience = 3 * time.Minute // for a chunk of tests; a change that makes a loop endless is noticed by it
	chunk    = 6               // tests of one process
	// appetite is how much memory they may take, 4 GiB: a loop that a change makes endless would take all there is, and all else with it.
	appetite = "ulimit -d 4194304; "

	noFailFile = "-rapid.nofailfile"
)

// test is one top-level test with the places it comes by.
type test struct {
	pkg, name string
	places    map[int]bool
}

// bench holds the test binaries of a run.
type bench struct {
	folder   string
	sources  []*source
	packages []string
	binaries map[string]string // by package
	quiet    map[string]bool   // packages whose tests know rapid's flag against writing what failed into the tree
	tests    []*test
	// noticed counts how often a test noticed a change in a file: it is the first to be asked about the next one there.
	noticed map[string]map[*test]int
}

func newBench(sources []*source, pkgs []string) (*bench, error) {
	folder, err := os.MkdirTemp("", "mingchui-mutate-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	return &bench{folder: folder, sources: sources, packages: pkgs, binaries: map[string]string{}, quiet: map[string]bool{}, noticed: map[string]map[*test]int{}}, nil
}

func (b *bench) close() {
	if err := os.RemoveAll(b.folder); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
}

// reach builds the binaries with all changes woven in and off, and runs each test alone to learn which places it comes by.
func (b *bench) reach(ctx context.Context, places int) error {
	texts := map[string]string{}
	for _, s := range b.sources {
		texts[s.path] = s.weave()
		texts[filepath.Join(filepath.Dir(s.path), "mutants_woven.go")] = fmt.Sprintf(switches, s.pkg)
	}
	overlay, err := b.overlay("woven", texts)
	if err != nil {
		return err
	}
	for i, p := range b.packages {
		fmt.Printf("building %s\n", p)
		b.binaries[p] = filepath.Join(b.folder, fmt.Sprintf("woven-%d.test", i))
		if out, err := build(ctx, overlay, b.binaries[p], p); err != nil {
			return fmt.Errorf("build %s: %w\n%s", p, err, out)
		}
	}
	for _, p := range b.packages {
		b.quiet[p] = exec.CommandContext(ctx, b.binaries[p], "-test.list", "^$", noFailFile).Run() == nil
		names, err := exec.CommandContext(ctx, b.binaries[p], "-test.list", "^Test").Output()
		if err != nil {
			return fmt.Errorf("list the tests of %s: %w", p, err)
		}
		for name := range strings.FieldsSeq(string(names)) {
			t := &test{pkg: p, name: name}
			if t.places, err = b.places(ctx, t); err != nil {
				return err
			}
			fmt.Printf("%s %s: %d of %d places\n", p, name, len(t.places), places)
			b.tests = append(b.tests, t)
		}
	}
	return nil
}

func (b *bench) places(ctx context.Context, t *test) (map[int]bool, error) {
	at := filepath.Join(b.folder, "places")
	if err := os.RemoveAll(at); err != nil {
		return nil, fmt.Errorf("clear: %w", err)
	}
	if ok, out, err := b.runTests(ctx, b.binaries[t.pkg], t.pkg, []string{t.name}, "MUTANT_PLACES="+at); err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("%s %s fails without any change:\n%s", t.pkg, t.name, out))
	}
	text, err := os.ReadFile(at)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read places: %w", err)
	}
	all := map[int]bool{}
	for w := range strings.FieldsSeq(string(text)) {
		n, err := strconv.Atoi(w)
		if err != nil {
			return nil, fmt.Errorf("read places: %w", err)
		}
		all[n] = true
	}
	return all, nil
}

// try runs the tests that come by the change, and tells what came of it.
func (b *bench) try(ctx context.Context, c *change) (string, error) {
	if c.alone {
		return b.tryAlone(ctx, c)
	}
	own := "./" + filepath.Dir(c.file)
	var list []*test
	for _, t := range b.tests {
		if t.places[c.number] {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		return wordUnreached, nil
	}
	score := b.noticed[c.file]
	slices.SortStableFunc(list, func(x, y *test) int { // who noticed most here, then the file's own package, then the tests that see least else
		return cmp.Or(cmp.Compare(score[y], score[x]), cmp.Compare(rank(x.pkg == own), rank(y.pkg == own)), cmp.Compare(x.pkg, y.pkg), cmp.Compare(len(x.places), len(y.places)))
	})
	for size := 1; len(list) > 0; size = min(2*size, chunk) {
		n := 1
		for n < min(size, len(list)) && list[n].pkg == list[0].pkg {
			n++
		}
		some := list[:n]
		list = list[n:]
		names := make([]string, n)
		for i, t := range some {
			names[i] = t.name
		}
		ok, out, err := b.runTests(ctx, b.binaries[some[0].pkg], some[0].pkg, names, "MUTANT="+strconv.Itoa(c.number))
		if err != nil {
			return "", err
		}
		if !ok {
			b.remember(c.file, some, out)
			return wordNoticed, nil
		}
	}
	return wordSurvived, nil
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// remember notes which of the tests noticed a change in a file.
func (b *bench) remember(file string, some []*test, out []byte) {
	if b.noticed[file] == nil {
		b.noticed[file] = map[*test]int{}
	}
	for _, t := range some {
		if bytes.Contains(out, []byte("--- FAIL: "+t.name+" ")) {
			b.noticed[file][t]++
		}
	}
}

// tryAlone builds the change by itself and runs all tests of the packages, the file's own first.
func (b *bench) tryAlone(ctx context.Context, c *change) (string, error) {
	i := slices.IndexFunc(b.sources, func(s *source) bool { return s.file == c.file })
	overlay, err := b.overlay("alone", map[string]string{b.sources[i].path: b.sources[i].changed(c)})
	if err != nil {
		return "", err
	}
	own := "./" + filepath.Dir(c.file)
	order := slices.Clone(b.packages)
	slices.SortStableFunc(order, func(x, y string) int {
		return cmp.Compare(strconv.FormatBool(y == own), strconv.FormatBool(x == own))
	})
	binary := filepath.Join(b.folder, "alone.test")
	for _, p := range order {
		if _, err := build(ctx, overlay, binary, p); err != nil {
			return wordUnbuilt, ctx.Err()
		}
		ok, _, err := b.runTests(ctx, binary, p, nil)
		if err != nil {
			return "", err
		}
		if !ok {
			return wordNoticed, nil
		}
	}
	return wordSurvived, nil
}

// overlay writes the texts and the file that lays them over the tree.
func (b *bench) overlay(name string, texts map[string]string) (string, error) {
	replace := map[string]string{}
	for path, text := range texts {
		at := filepath.Join(b.folder, fmt.Sprintf("%s-%d.go", name, len(replace)))
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write: %w", err)
		}
		replace[path] = at
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	at := filepath.Join(b.folder, name+".json")
	if err := os.WriteFile(at, list, 0o600); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return at, nil
}

func build(ctx context.Context, overlay, to, pkg string) ([]byte, error) {
	return exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", to, pkg).CombinedOutput()
}

// runTests runs the named tests (all, when none is) in their package's folder. False: one failed, or they took too long.
func (b *bench) runTests(ctx context.Context, binary, dir string, names []string, env ...string) (ok bool, out []byte, err error) {
	args := []string{"-test.failfast", "-test.timeout", patience.String()}
	if b.quiet[dir] {
		args = append(args, noFailFile)
	}
	if len(names) > 0 {
		args = append(args, "-test.run", "^("+strings.Join(names, "|")+")$")
	}
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", appetite + `exec "$0" "$@"`, binary}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &all, &all
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return false, nil, ctx.Err()
	case err == nil:
		return true, all.Bytes(), nil
	case errors.As(err, &exit):
		return false, all.Bytes(), nil
	}
	return false, nil, fmt.Errorf("run %s: %w", binary, err)
}
