package law_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"mingchui/auction/law"
)

// Every row of the rule book has a test that names it, and is quoted with its article.
func TestRows_EachHasATestAndAnArticle(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	name := regexp.MustCompile(`(?m)^func Test((?:R\d+[a-z]*_)+)`)
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := fs.ReadFile(root, path)
		for _, m := range name.FindAllSubmatch(src, -1) {
			for row := range strings.SplitSeq(strings.TrimSuffix(string(m[1]), "_"), "_") {
				named[row] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(named) < 40 {
		t.Fatalf("only %d rows are named by tests: were the files found?", len(named))
	}
	for _, row := range law.Rows() {
		if !named[row] {
			t.Errorf("no test names %s", row)
		}
		if s, ok := law.Article(row); !ok || s.TextZH == "" || s.TextEN == "" {
			t.Errorf("%s is not quoted", row)
		}
	}
}
