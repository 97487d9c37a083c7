// Command mutate changes the rule code one place at a time (a figure by one, a comparison to its neighbour, "and" to "or")
// and runs the tests that hold it. A change that no test notices is printed: the rule has a bound that nothing stands beside.
//
//	mutate -- -run 'TestR' ./auction/law ./auction/lifecycle      mutates the default files
//	mutate -files auction/price_rules.go -- ./auction             those alone
//
// The tests run as `go test -overlay`, so no file of the tree is touched. Exit status 1 when a change survived.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// ruleFiles are where the figures, comparisons and day counts of the law stand.
const ruleFiles = "auction/law/ruleset.go,auction/lifecycle/step.go,auction/lifecycle/effects.go,auction/lifecycle/case.go," +
	"auction/price_rules.go,auction/announce_rules.go,auction/announce_notices.go,auction/surplus.go,auction/direct_sale.go,auction/late.go,auction/taking.go"

// change is one place in a file and what stands there instead.
type change struct {
	file       string
	line       int
	from, to   int
	was, shall string
}

func main() {
	files := flag.String("files", ruleFiles, "files to change, separated by commas")
	quick := flag.String("quick", "", "pattern of tests that need no server and are tried first")
	dry := flag.Bool("list", false, "list the changes and run nothing")
	flag.Parse()
	if err := run(strings.Split(*files, ","), flag.Args(), *quick, *dry); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(files, test []string, quick string, dry bool) error {
	var all []change
	for _, f := range files {
		list, err := changes(f)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	fmt.Printf("%d changes in %d files\n", len(all), len(files))
	if dry {
		for _, c := range all {
			fmt.Printf("%s:%d: %s -> %s\n", c.file, c.line, c.was, c.shall)
		}
		return nil
	}
	if len(test) == 0 {
		test = []string{"./auction/law", "./auction/lifecycle", "./auction"}
	}
	folder, err := os.MkdirTemp("", "mingchui-mutate-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder of ours in the system's temporary one
	survived := 0
	for i, c := range all {
		word := survivedWord
		var err error
		if quick != "" {
			word, err = try(folder, c, append([]string{"-run", quick}, packages(test)...))
		}
		if err == nil && word == survivedWord {
			word, err = try(folder, c, test)
		}
		if err != nil {
			return err
		}
		if word == survivedWord {
			survived++
		}
		fmt.Printf("%d/%d %s:%d: %s -> %s: %s\n", i+1, len(all), c.file, c.line, c.was, c.shall, word)
	}
	if survived > 0 {
		return fmt.Errorf("%d of %d changes survived", survived, len(all))
	}
	fmt.Println("none survived")
	return nil
}

// packages are the packages among the arguments of go test.
func packages(args []string) (list []string) {
	for _, a := range args {
		if strings.HasPrefix(a, "./") {
			list = append(list, a)
		}
	}
	return list
}

const survivedWord = "SURVIVED"

// try runs the tests with one change laid over the tree, and tells what came of it.
func try(folder string, c change, test []string) (word string, err error) {
	src, err := os.ReadFile(c.file)
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	whole, err := filepath.Abs(c.file)
	if err != nil {
		return "", fmt.Errorf("find: %w", err)
	}
	changed := filepath.Join(folder, "changed.go")
	out := string(src[:c.from]) + c.shall + string(src[c.to:])
	if err := os.WriteFile(changed, []byte(out), 0o600); err != nil {
		return "", fmt.Errorf("write: %w", err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{whole: changed}})
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	at := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(at, overlay, 0o600); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	args := append([]string{"test", "-failfast", "-overlay", at}, test...)
	answer, err := exec.CommandContext(context.Background(), "go", args...).CombinedOutput()
	switch {
	case err == nil:
		return survivedWord, nil
	case bytes.Contains(answer, []byte("[build failed]")), bytes.Contains(answer, []byte("[setup failed]")):
		return "does not build", nil
	}
	return "noticed", nil
}

// changes finds every place of a file that is worth changing.
func changes(file string) ([]change, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	var list []change
	add := func(at token.Pos, was, shall string) {
		p := set.Position(at)
		list = append(list, change{file, p.Line, p.Offset, p.Offset + len(was), was, shall})
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
				add(n.Pos(), n.Value, strconv.FormatInt(v+1, 10))
				if v > 0 {
					add(n.Pos(), n.Value, strconv.FormatInt(v-1, 10))
				}
			}
		case *ast.BinaryExpr:
			if shall, ok := neighbour(n.Op); ok && !ofErrors(n) {
				add(n.OpPos, n.Op.String(), shall)
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok {
				if shall, ok := map[string]string{"After": "Before", "Before": "After"}[s.Sel.Name]; ok {
					add(s.Sel.Pos(), s.Sel.Name, shall)
				}
			}
		case *ast.TypeSpec:
			return false // tags hold no figures of the law
		case *ast.ReturnStmt:
			return !failed(n) // beside an error the values mean nothing
		}
		return true
	})
	return list, nil
}

// neighbour is the comparison that differs at the bound alone, or the other connective.
func neighbour(op token.Token) (string, bool) {
	to := map[token.Token]string{
		token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&",
	}[op]
	return to, to != ""
}

// ofErrors tells a comparison of err with nil, which is no rule.
func ofErrors(n *ast.BinaryExpr) bool {
	for _, side := range []ast.Expr{n.X, n.Y} {
		if id, ok := side.(*ast.Ident); ok && (id.Name == "nil" || id.Name == "err") {
			return true
		}
		if b, ok := side.(*ast.BinaryExpr); ok && (n.Op == token.LAND || n.Op == token.LOR) && ofErrors(b) {
			return true
		}
	}
	return false
}

// failed tells a return of an error beside zero values.
func failed(r *ast.ReturnStmt) bool {
	if len(r.Results) < 2 {
		return false
	}
	last, ok := r.Results[len(r.Results)-1].(*ast.Ident)
	return ok && last.Name == "err"
}
