package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
	"mingchui/web/words"
)

func TestBothCataloguesHoldTheSameKeys(t *testing.T) {
	t.Parallel()
	zh, en := words.In(words.Chinese), words.In(words.English)
	if len(zh.Keys()) < 6 {
		t.Fatalf("only %d keys were read", len(zh.Keys()))
	}
	for _, k := range zh.Keys() {
		if !en.Has(k) {
			t.Errorf("English lacks %s", k)
		}
	}
	for _, k := range en.Keys() {
		if !zh.Has(k) {
			t.Errorf("Chinese lacks %s", k)
		}
	}
}

// Arguments that one language takes and the other does not are slips, but for
// the articles and plurals that only one of them needs.
func TestBothLanguagesUseTheSameArguments(t *testing.T) {
	t.Parallel()
	arg := regexp.MustCompile(`{{\s*\.(\w+)`)
	read := func(lang string) map[string][]string {
		out := map[string][]string{}
		files, err := filepath.Glob("*." + lang + ".toml")
		if err != nil || len(files) == 0 {
			t.Fatalf("no catalogue of %s: %v", lang, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			section := ""
			for line := range strings.Lines(string(b)) {
				line = strings.TrimSpace(line)
				if strings.HasPrefix(line, "[") {
					section = strings.Trim(line, "[]")
					continue
				}
				key, rest, ok := strings.Cut(line, "=")
				if !ok || strings.HasPrefix(line, "#") {
					continue
				}
				var names []string
				for _, m := range arg.FindAllStringSubmatch(rest, -1) {
					if !slices.Contains(names, m[1]) {
						names = append(names, m[1])
					}
				}
				slices.Sort(names)
				out[section+"."+strings.TrimSpace(key)] = names
			}
		}
		return out
	}
	zh, en := read(words.Chinese), read(words.English)
	for key, names := range zh {
		if !slices.Equal(names, en[key]) {
			t.Errorf("%s takes %v in Chinese and %v in English", key, names, en[key])
		}
	}
}

// Keys that the templates and handlers name are there. A key that
// something is added to is a prefix.
func TestKeysUsedInPagesExist(t *testing.T) {
	t.Parallel()
	used := regexp.MustCompile(`\.(?:T|N)\(\s*"([a-z0-9_.]+)"\s*(\+?)`)
	w := words.In(words.English)
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") ||
			(!strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ")) {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range used.FindAllStringSubmatch(string(b), -1) {
			found++
			if key := m[1]; m[2] == "+" {
				if !slices.ContainsFunc(w.Keys(), func(k string) bool { return strings.HasPrefix(k, key) }) {
					t.Errorf("%s: no key begins with %s", path, key)
				}
			} else if !w.Has(key) {
				t.Errorf("%s: no key %s", path, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatal("no key was found in the templates")
	}
}

// Each duty that a person may owe has its words: it stands on a list the moment
// that it is owed.
func TestEveryDutyOfPersonsHasWords(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../auction/duty/kinds.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || !strings.HasPrefix(g.Doc.Text(), "Duties of persons") {
			continue
		}
		for _, s := range g.Specs {
			kind, err := strconv.Unquote(s.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds++
			for _, lang := range []string{words.Chinese, words.English} {
				if w := words.In(lang); !w.Has("duty."+kind) || !strings.Contains(w.T("duty."+kind, "title", "X"), "X") {
					t.Errorf("%s has no words for the duty %s", lang, kind)
				}
			}
		}
	}
	if kinds < 10 {
		t.Fatalf("only %d duties of persons were found", kinds)
	}
}

// Every message can be written: no template is broken, none names itself.
func TestEveryMessageCanBeWritten(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{words.Chinese, words.English} {
		w := words.In(lang)
		for _, k := range w.Keys() {
			for _, n := range []int64{1, 2} {
				if s := w.N(k, n); s == "" || strings.ContainsAny(s, "⟦⟧") {
					t.Errorf("%s %s reads %q", lang, k, s)
				}
			}
		}
	}
}

// An amount in a refusal carries its unit, so none is written behind it.
func TestNoRefusalWritesAUnitBehindAnAmount(t *testing.T) {
	t.Parallel()
	twice := regexp.MustCompile(`\}\}\s*(fen\b|yuan\b|元|分([^钟]|$))`)
	for _, name := range []string{"faults.en.toml", "faults.zh-CN.toml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if twice.MatchString(line) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fen    money.Fen
		figure string
		price  string
		zh, en string
	}{
		{132520000, "¥1,325,200.00", "¥1,325,200", "人民币壹佰叁拾贰万伍仟贰佰元整", "One million three hundred and twenty-five thousand two hundred yuan"},
		{0, "¥0.00", "¥0", "人民币零元整", "Zero yuan"},
		{1, "¥0.01", "¥0.01", "人民币壹分", "Zero yuan and one fen"},
		{10050, "¥100.50", "¥100.50", "人民币壹佰元伍角整", "One hundred yuan and fifty fen"},
		{100500, "¥1,005.00", "¥1,005", "人民币壹仟零伍元整", "One thousand and five yuan"},
		{-4000000, "−¥40,000.00", "−¥40,000", "人民币负肆万元整", "Minus forty thousand yuan"},
		{money.Max, "¥90,071,992,547,409.91", "¥90,071,992,547,409.91", "", "Ninety trillion seventy-one billion nine hundred and ninety-two million five hundred and forty-seven thousand four hundred and nine yuan and ninety-one fen"},
	} {
		zh, en := words.In(words.Chinese), words.In(words.English)
		if got := zh.Money(c.fen); got != c.figure {
			t.Errorf("money %d: %s, want %s", c.fen, got, c.figure)
		}
		if got := zh.Price(c.fen); got != c.price {
			t.Errorf("price %d: %s, want %s", c.fen, got, c.price)
		}
		if got := zh.Amount(c.fen); c.zh != "" && got != c.zh {
			t.Errorf("words %d: %s, want %s", c.fen, got, c.zh)
		}
		if got := en.Amount(c.fen); got != c.en {
			t.Errorf("words %d: %s, want %s", c.fen, got, c.en)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	zh, en := words.In(words.Chinese), words.In(words.English)
	at := time.Date(2026, 6, 18, 2, 27, 36, 57e6, time.UTC)
	for _, c := range [][2]string{
		{zh.Time(at), "2026-06-18 10:27:36"},
		{zh.Milli(at), "10:27:36.057"},
		{zh.Dateline(at), "二〇二六年六月十八日　星期四"},
		{en.Dateline(at), "Thursday, 18 June 2026"},
		{zh.Short(at), "6-18 10:27"},
		{en.Long(at), "18 June, 10:27"},
		{zh.Countdown(252 * time.Second), "04:12"},
		{zh.Countdown(5538*time.Second + 900*time.Millisecond), "01:32:18"},
		{zh.Countdown(-time.Second), "00:00"},
		{zh.Countdown(75*time.Hour + 2*time.Minute), "3 日 03:02:00"},
		{en.Countdown(75*time.Hour + 2*time.Minute), "3 d 03:02:00"},
		{zh.Span(10 * 24 * time.Hour), "10 日"},
		{en.Span(24 * time.Hour), "24 hours"},
		{en.Span(5 * time.Minute), "5 minutes"},
		{zh.Span(-90 * time.Minute), "−90 分钟"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": words.Chinese, "en": words.English, "en-GB,en;q=0.8": words.English, "zh-TW": words.Chinese,
		"fr-FR, en;q=0.5": words.English, "de": words.Chinese, "zh-CN,zh;q=0.9,en;q=0.8": words.Chinese, ";;": words.Chinese,
	} {
		if got := words.Match(accept); got != want {
			t.Errorf("Match(%q) = %s, want %s", accept, got, want)
		}
	}
}

func TestArgumentsOfFaults(t *testing.T) {
	t.Parallel()
	f := fault.New(fault.Conflict, fault.BidTooLow).With("price_fen", int64(132520000)).
		With("ends_at", "2026-06-18T02:31:48.127Z").With("seq", 214)
	got := words.In(words.Chinese).Arguments(f.Args)
	if got["price_fen"] != "¥1,325,200.00" || got["ends_at"] != "2026-06-18 10:31:48" || got["seq"] != 214 {
		t.Errorf("arguments read %v", got)
	}
	r := words.In(words.English).Refusal(f.ByRule("R20a").InField("amount_fen"))
	if r.Code != "bid_too_low" || r.Rule != "R20a" || !strings.Contains(r.Article, "art. 20") || r.Field != "amount_fen" {
		t.Errorf("refusal reads %+v", r)
	}
}

// F1: who meets an overdraft reads which account it is, what is needed and what is there.
func TestF1_AnOverdraftInWords(t *testing.T) {
	t.Parallel()
	refused := fault.New(fault.Conflict, fault.AccountLimitExceeded).ByRule("F1").
		With("account", "proceeds").With("available_fen", money.Fen(0)).With("needed_fen", money.Fen(132_520_000))
	for lang, want := range map[string]string{
		words.English: "The account “Proceeds” does not hold enough: ¥1,325,200.00 is needed, ¥0.00 is available; nothing was recorded.",
		words.Chinese: "“价款户”可用余额不足：需要¥1,325,200.00，可用¥0.00；未作任何记录。",
	} {
		if got := words.In(lang).Refusal(refused).Detail; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

// Each act on a trail has its words in both languages: oversight and the trail of a case show them.
func TestEveryTrailActHasWords(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{words.Chinese, words.English} {
		w := words.In(lang)
		for _, act := range trail.Acts() {
			if !w.Has("trail." + string(act)) {
				t.Errorf("%s has no words for the act %s", lang, act)
			}
		}
		for _, ground := range papers.StayGrounds() {
			if !w.Has("stay_ground." + ground) {
				t.Errorf("%s has no words for the ground %s of a stay", lang, ground)
			}
		}
	}
}

// Every act that is recorded somewhere is on the list that the words are held against.
func TestTrailActsAreListed(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"acts.go", "after.go", "price.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), "../../auction/trail/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) == 0 {
				return true
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(trail.Acts(), trail.Act(text)) {
				t.Errorf("%s declares %s, Acts() lacks it", file, text)
			}
			return true
		})
	}
}
