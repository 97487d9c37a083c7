package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mingchui/auction/draw"
	"mingchui/cmd/auditor/verify"
)

// TestEachFindingHasATamperTest reads from the source every code that the auditor can find something under. Each is expected by a
// log or a receipt that a test runs, or stands among the few that no log can bring about.
func TestEachFindingHasATamperTest(t *testing.T) {
	t.Parallel()
	found, notes := findingCodes(t)
	if len(found) < 90 || len(notes) < 8 {
		t.Fatalf("the source has %d codes and %d notes: it is not read as it is written", len(found), len(notes))
	}
	tested := testedCodes()
	never := unreachable()
	for _, c := range slices.Sorted(maps.Keys(found)) {
		switch {
		case never[c] && tested[c]:
			t.Errorf("%s is found, and stands among those that cannot be", c)
		case !never[c] && !tested[c]:
			t.Errorf("%s (%s): no tampering is found under it", c, found[c])
		}
	}
	for c := range tested {
		if found[c] == "" {
			t.Errorf("a test expects %q, which the source does not have", c)
		}
	}
	for c := range never {
		if found[c] == "" {
			t.Errorf("%q cannot be found, and the source does not have it", c)
		}
	}
}

// unreachable are flaws of package draw that its own tests hold. The auditor takes entries in the order of the log: an opening before
// its list is one without a list, and a draw before its opening is one without an opening.
func unreachable() map[verify.Code]bool {
	return map[verify.Code]bool{verify.Code(draw.ValueTooEarly): true, verify.Code(draw.MadeBeforeRoot): true}
}

// testedCodes are those that the tables of tamperings expect.
func testedCodes() map[verify.Code]bool {
	all := map[verify.Code]bool{}
	put := func(list ...verify.Code) {
		for _, c := range list {
			if c != "" {
				all[c] = true
			}
		}
	}
	for _, x := range tampers() {
		put(x.want...)
	}
	for _, x := range logTampers() {
		put(x.want...)
	}
	for _, x := range receiptTampers() {
		put(x.want)
	}
	for _, x := range drawForgeries() {
		put(x.want)
	}
	for _, x := range maximumForgeries() {
		put(x.want)
	}
	for _, x := range agentCases() {
		put(x.want)
	}
	return all
}

// findingCodes reads package verify, and the flaws that packages draw and course tell it: code to where it is declared. A code that is
// only ever given to note is a note.
func findingCodes(t *testing.T) (found map[verify.Code]string, notes map[verify.Code]bool) {
	t.Helper()
	found, notes = map[verify.Code]string{}, map[verify.Code]bool{}
	flaws := map[string]map[string]string{"draw": stringsOf(t, "../../auction/draw", "Flaw"), "course": stringsOf(t, "../../bidding/course", "Flaw")}
	files, set := sources(t, "verify")
	byName := map[string]verify.Code{}
	for _, c := range flaws {
		for name, value := range c {
			found[verify.Code(value)] = name
		}
	}
	for _, f := range files {
		eachConstant(f, func(name *ast.Ident, typed string, value ast.Expr) {
			code, ok := codeOf(typed, value, flaws)
			if ok {
				byName[name.Name] = code
				found[code] = set.Position(name.Pos()).String()
			}
		})
	}
	given := map[verify.Code]bool{} // to anything else than note
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			at, ok := map[string]int{"find": 3, "logFinding": 0, "fault": 0, "note": 0}[nameOf(call.Fun)]
			if !ok || at >= len(call.Args) {
				return true
			}
			var code verify.Code
			switch a := call.Args[at].(type) {
			case *ast.Ident:
				code = byName[a.Name]
			case *ast.BasicLit: // a code without a name
				text, err := strconv.Unquote(a.Value)
				if err != nil {
					t.Fatal(err)
				}
				code = verify.Code(text)
				found[code] = set.Position(a.Pos()).String()
			}
			if nameOf(call.Fun) == "note" {
				notes[code] = true
			} else {
				given[code] = true
			}
			return true
		})
	}
	for c := range notes {
		if !given[c] {
			delete(found, c)
		}
	}
	return found, notes
}

func nameOf(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// codeOf is the code that a constant declares: Name Code = "x", or Name = Code(course.X).
func codeOf(typed string, value ast.Expr, flaws map[string]map[string]string) (verify.Code, bool) {
	switch v := value.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(v.Value)
		return verify.Code(text), err == nil && typed == "Code"
	case *ast.CallExpr:
		if flaw, ok := v.Args[0].(*ast.SelectorExpr); ok && nameOf(v.Fun) == "Code" {
			text, known := flaws[nameOf(flaw.X)][flaw.Sel.Name]
			return verify.Code(text), known
		}
	}
	return "", false
}

// stringsOf are a package's constants of a type, by name.
func stringsOf(t *testing.T, folder, of string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, _ := sources(t, folder)
	for _, f := range files {
		eachConstant(f, func(name *ast.Ident, typed string, value ast.Expr) {
			lit, ok := value.(*ast.BasicLit)
			if ok && typed == of {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				out[name.Name] = text
			}
		})
	}
	return out
}

func eachConstant(f *ast.File, do func(name *ast.Ident, typed string, value ast.Expr)) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || len(v.Names) != len(v.Values) {
				continue
			}
			for i, name := range v.Names {
				do(name, nameOf(v.Type), v.Values[i])
			}
		}
	}
}

// sources are a folder's files of Go, without tests.
func sources(t *testing.T, folder string) ([]*ast.File, *token.FileSet) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	set := token.NewFileSet()
	var out []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out, set
}
