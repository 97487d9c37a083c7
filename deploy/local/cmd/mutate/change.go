package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// change is one place in a file and what stands there instead.
type change struct {
	number     int // from 1, over the whole run
	file       string
	line       int
	from, to   int // bytes of what is replaced
	was, shall string
	node       ast.Node // the expression that a switch goes around
	kind       string   // type of a figure, as the file writes it; empty for the others
	alone      bool     // no switch can stand here
}

func (c *change) String() string {
	return fmt.Sprintf("%s:%d: %s -> %s", c.file, c.line, c.was, c.shall)
}

// source is one file with its changes, in the order of the text.
type source struct {
	file    string // as it was named
	path    string // absolute
	dir     string // of its package, with ./ before it
	pkg     string
	text    string
	set     *token.FileSet
	changes []*change
}

// load reads and type-checks the packages of the files and finds what to change.
func load(ctx context.Context, files []string) ([]*source, error) {
	var dirs []string
	for _, f := range files {
		dirs = append(dirs, "./"+filepath.Dir(f))
	}
	list, err := packages.Load(&packages.Config{
		Context: ctx,
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
	}, dirs...)
	if err != nil {
		return nil, fmt.Errorf("load packages: %w", err)
	}
	if packages.PrintErrors(list) > 0 {
		return nil, fmt.Errorf("load packages: they do not build")
	}
	var all []*source
	for _, f := range files {
		path, err := filepath.Abs(f)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", f, err)
		}
		s, err := find(list, f, path)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func find(list []*packages.Package, file, path string) (*source, error) {
	for _, p := range list {
		for _, tree := range p.Syntax {
			if p.Fset.Position(tree.Pos()).Filename != path {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("read: %w", err)
			}
			s := &source{file: file, path: path, dir: "./" + filepath.Dir(file), pkg: p.Name, text: string(text), set: p.Fset}
			s.search(tree, p.TypesInfo, p.Types)
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: no file of the package in its folder", file)
}

// search finds every place that is worth changing.
func (s *source) search(tree *ast.File, info *types.Info, pkg *types.Package) {
	constant := map[ast.Node]bool{} // nodes inside which nothing can be reckoned at run time
	ast.Inspect(tree, func(n ast.Node) bool {
		for _, c := range constantParts(n) {
			ast.Inspect(c, func(n ast.Node) bool { constant[n] = true; return true })
		}
		switch n := n.(type) {
		case *ast.BasicLit:
			v, err := strconv.ParseInt(n.Value, 0, 64)
			if n.Kind != token.INT || err != nil {
				break
			}
			kind, ok := written(info.TypeOf(n), tree, pkg)
			s.add(n, n.Pos(), n.Value, strconv.FormatInt(v+1, 10), kind, constant[n] || !ok)
			if v > 0 {
				s.add(n, n.Pos(), n.Value, strconv.FormatInt(v-1, 10), kind, constant[n] || !ok)
			}
		case *ast.BinaryExpr:
			if shall, ok := neighbour(n.Op); ok && !ofErrors(n) {
				s.add(n, n.OpPos, n.Op.String(), shall, "", constant[n] || info.Types[n].Value != nil)
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && isTime(info.TypeOf(sel.X)) {
				if shall, ok := map[string]string{"After": "Before", "Before": "After"}[sel.Sel.Name]; ok {
					s.add(n, sel.Sel.Pos(), sel.Sel.Name, shall, "", false)
				}
			}
		case *ast.TypeSpec:
			return false // tags hold no figures of the law
		case *ast.ReturnStmt:
			return !failed(n) // beside an error the values mean nothing
		}
		return true
	})
}

func isTime(t types.Type) bool { return t != nil && strings.TrimPrefix(t.String(), "*") == "time.Time" }

func (s *source) add(n ast.Node, at token.Pos, was, shall, kind string, alone bool) {
	p := s.set.Position(at)
	s.changes = append(s.changes, &change{file: s.file, line: p.Line, from: p.Offset, to: p.Offset + len(was), was: was, shall: shall, node: n, kind: kind, alone: alone})
}

// constantParts are the children of n that the compiler wants to know.
func constantParts(n ast.Node) (list []ast.Node) {
	switch n := n.(type) {
	case *ast.GenDecl:
		if n.Tok == token.CONST {
			list = append(list, n)
		}
	case *ast.ArrayType:
		if n.Len != nil {
			list = append(list, n.Len)
		}
	case *ast.CompositeLit:
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				list = append(list, kv.Key)
			}
		}
	}
	return list
}

// written is the type as the file can write it; false for what it cannot name.
func written(t types.Type, tree *ast.File, pkg *types.Package) (string, bool) {
	if b, ok := t.(*types.Basic); t == nil || ok && b.Info()&types.IsUntyped != 0 {
		return "", false
	}
	ok := true
	word := types.TypeString(t, func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		for _, i := range tree.Imports {
			if i.Path.Value == strconv.Quote(p.Path()) {
				if i.Name != nil {
					return i.Name.Name
				}
				return p.Name()
			}
		}
		ok = false
		return p.Name()
	})
	return word, ok
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

// failed tells a return of an error beside zero values: err itself, or one that is made there by package fault.
func failed(r *ast.ReturnStmt) bool {
	if len(r.Results) < 2 {
		return false
	}
	last := r.Results[len(r.Results)-1]
	for {
		switch n := last.(type) {
		case *ast.CallExpr:
			last = n.Fun
			continue
		case *ast.SelectorExpr:
			last = n.X
			continue
		case *ast.Ident:
			return n.Name == "err" || n.Name == "fault"
		}
		return false
	}
}
