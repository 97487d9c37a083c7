package bidding

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One function of the whole repository makes what opens, and it is open in opening.go, which Buyer and Winner alone call.
func TestI7_OneFunctionOpens(t *testing.T) {
	t.Parallel()
	calls := map[string]int{}
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != ".." && strings.HasPrefix(e.Name(), ".") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, call := range []string{".Opener(", "d.open(ctx"} {
			if call == "d.open(ctx" && filepath.Dir(path) != filepath.Join("..", "bidding") {
				continue // another d
			}
			if n := strings.Count(string(src), call); n > 0 && !strings.Contains(string(src), "func (r *Ring) Opener(") {
				calls[call+" in "+filepath.ToSlash(path)] = n
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[".Opener( in ../bidding/opening.go"] != 1 || calls["d.open(ctx in ../bidding/opening.go"] != 2 {
		t.Errorf("what opens is called: %v", calls)
	}
}
