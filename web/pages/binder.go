package pages

import (
	"fmt"
	"strconv"
	"strings"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// binder binds a document to a form, both ways: names are the paths of the
// format, so that a refusal finds its field.
type binder struct {
	p *Page
	// words are the keys of its labels, prefix keeps the ids of its fields apart from other forms'.
	words, prefix string
	groups        []FieldGroup
	// reads take what was typed, by name.
	reads map[string]func(typed string) error
}

func (p *Page) bind(words, prefix string) *binder {
	return &binder{p: p, words: words, prefix: prefix, reads: map[string]func(string) error{}}
}

// word is a label: the form's own, else the one that forms share.
func (f *binder) word(key string, args ...any) string {
	if f.p.W.Has(f.words + key) {
		return f.p.T(f.words+key, args...)
	}
	return f.p.T("revise."+key, args...)
}

func (f *binder) group(name, key string) {
	f.groups = append(f.groups, FieldGroup{Name: name, Title: f.word("g_" + key), Note: f.note(key)})
}

func (f *binder) note(key string) string {
	if f.p.W.Has(f.words + "n_" + key) {
		return f.word("n_" + key)
	}
	return ""
}

// add puts a field into the group, or into its last row, and binds it.
func (f *binder) add(x Field, read func(string) error) {
	x.Prefix = f.prefix
	g := f.part()
	g.Fields = append(g.Fields, x)
	f.reads[x.Name] = read
}

// part is the group that is being filled, or its last row.
func (f *binder) part() *FieldGroup {
	g := &f.groups[len(f.groups)-1]
	if n := len(g.Rows); n > 0 {
		return &g.Rows[n-1]
	}
	return g
}

// line is one line of text; suffix tells the language where there are two.
func (f *binder) line(name, key, suffix string, most int, s *string) {
	f.add(Field{Name: name, Label: f.word("f_"+key) + suffix, Value: *s, Max: most, Auto: "off"}, func(typed string) error {
		*s = strings.TrimSpace(strings.ReplaceAll(typed, "\r\n", "\n")) // forms send lines apart by both
		return nil
	})
}

// text is a text in both languages; long ones take several lines.
func (f *binder) text(name, key string, t *docket.Text, most int, long bool) {
	for _, one := range []struct {
		lang string
		s    *string
	}{{"zh", &t.Zh}, {"en", &t.En}} {
		f.line(name+"."+one.lang, key, f.word("in_"+one.lang), most, one.s)
		g := f.part()
		x := &g.Fields[len(g.Fields)-1]
		x.Lang = map[string]string{"zh": "zh-CN", "en": "en"}[one.lang]
		x.Start = one.lang == "zh" // both languages side by side
		if long {
			x.Kind = "textarea"
		}
	}
}

func (f *binder) date(name, key string, d *docket.Date) {
	f.add(Field{Name: name, Label: f.word("f_" + key), Kind: "date", Value: string(*d)}, func(typed string) error {
		*d = docket.Date(strings.TrimSpace(typed))
		return nil
	})
}

func (f *binder) fen(name, key string, amount *int64) {
	f.add(Field{Name: name, Label: f.word("f_" + key), Kind: "amount", Mode: "decimal", Value: money.Fen(*amount).ShortYuan(), Auto: "off"}, func(typed string) error {
		v, err := money.ParseYuan(typed)
		*amount = int64(v)
		return err
	})
}

func (f *binder) number(name, key string, n *int) {
	value := ""
	if *n != 0 {
		value = strconv.Itoa(*n)
	}
	f.add(Field{Name: name, Label: f.word("f_" + key), Mode: "numeric", Value: value, Auto: "off"}, func(typed string) error {
		v, err := strconv.ParseInt(strings.TrimSpace(typed), 10, 32)
		if err != nil || v < 0 {
			text := f.word("whole_number")
			return fault.New(fault.Invalid, fault.DocumentInvalid).With("problem_zh", text).With("problem_en", text)
		}
		*n = int(v)
		return nil
	})
}

func (f *binder) choose(name, key string, options []Option, value string, set func(string)) {
	f.add(Field{Name: name, Label: f.word("f_" + key), Kind: "select", Value: value, Options: options}, func(typed string) error {
		set(strings.TrimSpace(typed))
		return nil
	})
}

// waived is a choice of yes and no.
func (f *binder) waived(name string, into *bool) {
	waived := ""
	if *into {
		waived = "yes"
	}
	f.choose(name, "waived", []Option{{"", f.word("no")}, {"yes", f.word("yes")}}, waived, func(s string) { *into = s == "yes" })
}

func (f *binder) row(list string, i int) string {
	g := &f.groups[len(f.groups)-1]
	at := fmt.Sprintf("%s[%d]", list, i)
	g.Rows = append(g.Rows, FieldGroup{Name: at, Title: f.word("r_"+list, "n", i+1)})
	return at
}

// hash is the SHA-256 of a paper that stays with the court.
func (f *binder) hash(name, key string, s *string) {
	f.line(name, key, "", 64, s)
	g := f.part()
	g.Fields[len(g.Fields)-1].Hash = true
	read := f.reads[name]
	f.reads[name] = func(typed string) error { return read(strings.ToLower(typed)) }
}

// optional lets an empty field stand for nothing.
func (f *binder) optional(name string, clear func()) {
	read := f.reads[name]
	f.reads[name] = func(typed string) error {
		if clear(); strings.TrimSpace(typed) == "" {
			return nil
		}
		return read(typed)
	}
}
