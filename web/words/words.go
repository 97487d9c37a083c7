package words

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"mingchui/auction/law"
)

// The languages of the site, as they stand in the lang attribute and the cookie.
const (
	Chinese = "zh-CN"
	English = "en"
)

//go:embed *.toml
var files embed.FS

// Words writes for one reader's language. It is immutable and safe for
// concurrent use.
type Words struct {
	lang string
	loc  *i18n.Localizer
	// plain holds the messages without arguments and plural forms: most of
	// a page, found without a template.
	plain map[string]string
	// keys holds every key; true where a message has a form for one.
	keys map[string]bool
	zone *time.Location
}

// catalogues parses the embedded files once; what it returns never changes.
var catalogues = sync.OnceValue(load) //nolint:gochecknoglobals // the embedded catalogues, immutable

func load() map[string]*Words {
	tags := map[string]language.Tag{Chinese: language.MustParse(Chinese), English: language.English}
	bundle := i18n.NewBundle(tags[Chinese])
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // embedded
	}
	out := map[string]*Words{}
	zone := law.CourtTime()
	for lang := range tags {
		out[lang] = &Words{lang: lang, loc: i18n.NewLocalizer(bundle, lang), plain: map[string]string{}, keys: map[string]bool{}, zone: zone}
	}
	for _, e := range entries {
		f, err := bundle.LoadMessageFileFS(files, e.Name())
		if err != nil {
			panic(fmt.Errorf("read catalogue %s: %w", e.Name(), err)) // a test reads them
		}
		w := out[f.Tag.String()]
		for _, m := range f.Messages {
			w.keys[m.ID] = m.One != ""
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				w.plain[m.ID] = m.Other
			}
		}
	}
	return out
}

// In returns the words of a language; Chinese for one that there is not.
func In(lang string) *Words {
	all := catalogues()
	if w, ok := all[lang]; ok {
		return w
	}
	return all[Chinese]
}

// Match picks the language of an Accept-Language header; Chinese when nothing fits.
func Match(accept string) string {
	matcher := language.NewMatcher([]language.Tag{language.MustParse(Chinese), language.English})
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return Chinese
	}
	if _, i, c := matcher.Match(wanted...); i == 1 && c > language.No {
		return English
	}
	return Chinese
}

// Known reports whether lang is a language of the site.
func Known(lang string) bool { return lang == Chinese || lang == English }

// Lang is "zh-CN" or "en".
func (w *Words) Lang() string { return w.lang }

// IsEnglish tells which of two texts of a record to show.
func (w *Words) IsEnglish() bool { return w.lang == English }

// Pick chooses the reader's of two texts; the other when that one is empty.
func (w *Words) Pick(zh, en string) string {
	if (w.lang == English && en != "") || zh == "" {
		return en
	}
	return zh
}

// Has reports whether the catalogue has the key.
func (w *Words) Has(key string) bool {
	_, ok := w.keys[key]
	return ok
}

// Keys lists the catalogue's keys in alphabetical order.
func (w *Words) Keys() []string { return slices.Sorted(maps.Keys(w.keys)) }

// T writes a message. args are pairs of name and value: T("lot.bids", "n", 29).
// An unknown key is written between brackets; a test looks for such.
func (w *Words) T(key string, args ...any) string {
	if s, ok := w.plain[key]; ok {
		return s
	}
	return w.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: pairs(args)})
}

// Map is T with the arguments as a map.
func (w *Words) Map(key string, args map[string]any) string {
	if s, ok := w.plain[key]; ok {
		return s
	}
	return w.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: args})
}

// N writes a message for a count, which the message finds as .n, grouped in thousands.
func (w *Words) N(key string, count int64, args ...any) string {
	if s, ok := w.plain[key]; ok {
		return s
	}
	data := pairs(args)
	data["n"] = w.Count(count)
	c := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if w.keys[key] { // it has a form of its own for one
		c.PluralCount = 2
		if count == 1 {
			c.PluralCount = 1
		}
	}
	return w.localize(c)
}

func (w *Words) localize(c *i18n.LocalizeConfig) string {
	s, err := w.loc.Localize(c)
	if err != nil {
		return "⟦" + c.MessageID + "⟧"
	}
	return s
}

func pairs(args []any) map[string]any {
	m := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			panic(fmt.Sprintf("words: argument %d is not a name", i))
		}
		m[name] = args[i+1]
	}
	return m
}
