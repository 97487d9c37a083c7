package main

import (
	"fmt"
	"go/ast"
	"strings"
)

// switches is the file that a woven package gets beside its own: which change is on, and a record of the places a test came by.
const switches = `package %s

import (
	"os"
	"strconv"
	"sync"
)

var (
	mutantNow, _  = strconv.Atoi(os.Getenv("MUTANT"))
	mutantPath    = os.Getenv("MUTANT_PLACES")
	mutantPlaces sync.Map
)

func mutantOn(n int) bool {
	if mutantPath != "" {
		if _, seen := mutantPlaces.LoadOrStore(n, true); !seen {
			f, err := os.OpenFile(mutantPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				panic(err)
			}
			_, err = f.WriteString(strconv.Itoa(n) + "\n")
			if err != nil {
				panic(err)
			}
			_ = f.Close()
		}
	}
	return n == mutantNow
}

func mutantFigure[T any](n int, shall, was T) T {
	if mutantOn(n) {
		return shall
	}
	return was
}

var _ = mutantFigure[int]
`

// weave is the file's text with every change in it, each behind its switch.
func (s *source) weave() string {
	return s.woven(0, len(s.text), nil)
}

// woven is the text of [from, to) with the changes of the expressions inside it; the expression of which the text is a part is left out.
func (s *source) woven(from, to int, but ast.Node) string {
	var out strings.Builder
	at := from
	for at < to {
		n, start, end := s.next(at, to, but)
		if n == nil {
			break
		}
		out.WriteString(s.text[at:start])
		out.WriteString(s.switched(n, start, end))
		at = end
	}
	out.WriteString(s.text[at:to])
	return out.String()
}

// next is the first and widest expression with a change that lies whole in [at, to).
func (s *source) next(at, to int, but ast.Node) (found ast.Node, start, end int) {
	for _, c := range s.changes {
		if c.alone || c.node == but {
			continue
		}
		a, b := s.span(c.node)
		if a >= at && b <= to && (found == nil || a < start || a == start && b > end) {
			found, start, end = c.node, a, b
		}
	}
	return found, start, end
}

func (s *source) span(n ast.Node) (from, to int) {
	return s.set.Position(n.Pos()).Offset, s.set.Position(n.End()).Offset
}

// switched is one expression with its changes.
func (s *source) switched(n ast.Node, from, to int) string {
	if _, ok := n.(*ast.BasicLit); ok {
		out := s.text[from:to]
		for _, c := range s.changes {
			if c.node == n {
				out = fmt.Sprintf("mutantFigure[%s](%d, %s, %s)", c.kind, c.number, c.shall, out)
			}
		}
		return out
	}
	for _, c := range s.changes {
		if c.node == n {
			before, after := s.woven(from, c.from, n), s.woven(c.to, to, n)
			return fmt.Sprintf("(mutantOn(%d) && (%s%s%s) || mutantNow != %d && (%s%s%s))", c.number, before, c.shall, after, c.number, before, c.was, after)
		}
	}
	return s.text[from:to]
}

// changed is the file's text with one change in it and no switch.
func (s *source) changed(c *change) string {
	return s.text[:c.from] + c.shall + s.text[c.to:]
}
