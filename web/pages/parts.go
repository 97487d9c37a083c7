package pages

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"mingchui/auction/money"
	"mingchui/web/words"
)

// Link is a place to go and its words.
type Link struct{ Href, Text string }

// NavEntry is an entry of the navigation; its words are nav.<Key>.
type NavEntry struct{ Key, Href string }

// Chip is a word with a shape. Class is solid, soft, dash or empty.
type Chip struct{ Class, Icon, Text string }

// StepState is where a step of a timeline stands.
type StepState uint8

// The states of a step.
const (
	ToCome StepState = iota
	DueNow
	Done
	Late
)

// Step is one step of a timeline.
type Step struct {
	State       StepState
	Title, Text string
}

// Shape is the symbol of the step's state.
func (s Step) Shape() string {
	switch s.State {
	case ToCome:
		return "s-wait"
	case DueNow:
		return "s-due"
	case Done:
		return "s-done"
	case Late:
		return "s-late"
	}
	return "s-wait"
}

// Refused is a refusal at a form, as it is shown.
type Refused struct{ words.Refusal }

// Source is the code with rule and article, as small print.
func (r Refused) Source() string {
	parts := []string{r.Code}
	if r.Rule != "" {
		parts = append(parts, r.Rule)
	}
	if r.Article != "" {
		parts = append(parts, r.Article)
	}
	return strings.Join(parts, "　")
}

// Errors is what was wrong with a form, by field; "" holds the rest.
type Errors map[string][]Refused

// At is the refusal of a field.
func (e Errors) At(field string) (Refused, bool) {
	if l := e[field]; len(l) > 0 {
		return l[0], true
	}
	return Refused{}, false
}

// General is what belongs to no field.
func (e Errors) General() []Refused { return e[""] }

// ErrorsOf words err for a form whose fields are known; a refusal at an
// unknown field is shown above the form.
func ErrorsOf(w *words.Words, err error, fields ...string) Errors {
	if err == nil {
		return nil
	}
	e := Errors{}
	for _, one := range unjoin(err) {
		r := Refused{w.Refusal(one)}
		at := ""
		for _, f := range fields {
			if r.Field == f {
				at = f
			}
		}
		e[at] = append(e[at], r)
	}
	return e
}

// unjoin takes errors.Join apart, so that a form shows every refusal at once.
func unjoin(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}

// FullTitle is the title with the site's name.
func (p *Page) FullTitle() string {
	if p.Title == "" {
		return p.T("frame.name")
	}
	return p.Title + " · " + p.T("frame.name")
}

// NowMilli is the server's time for the browser's clock, in milliseconds.
func (p *Page) NowMilli() string { return strconv.FormatInt(p.Now.UnixMilli(), 10) }

// OtherLanguage is this page in the other language.
func (p *Page) OtherLanguage() string {
	u, err := url.Parse(p.Path)
	if err != nil || !strings.HasPrefix(p.Path, "/") {
		return "/?lang=" + p.Other()
	}
	q := u.Query()
	q.Set("lang", p.Other())
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// SignInHere is the sign-in page that comes back here.
func (p *Page) SignInHere() string {
	if p.Path == "" || p.Path == "/" || strings.HasPrefix(p.Path, "/sign-in") {
		return "/sign-in"
	}
	return "/sign-in?next=" + url.QueryEscape(p.Path)
}

// Navigation is the entries that this viewer has.
func (p *Page) Navigation() []NavEntry {
	list := []NavEntry{{"lots", "/lots"}, {"results", "/results"}, {"funds", "/funds"}, {"verify", "/verify"}}
	switch {
	case p.Viewer.Is(RoleJudge):
		return append(list, NavEntry{"bench", "/bench"})
	case p.Viewer.Is(RoleInspector):
		return append(list, NavEntry{"oversight", "/oversight"})
	case p.Viewer.Is(RoleClerk):
		return append(list, NavEntry{"prices", "/bench/prices"}, NavEntry{"agencies", "/bench/agencies"})
	case p.Viewer.SignedIn() && !p.Viewer.Is(RoleBidder):
		return list
	}
	return append(list, NavEntry{"me", "/me"})
}

// courtNav is the entry of the navigation that a page of the court is under: the bench, for clerks their own.
func (p *Page) courtNav(clerks string) string {
	if p.Viewer.Is(RoleClerk) {
		return clerks
	}
	return "bench"
}

// short cuts a hash for display.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

func wholeYuan(f money.Fen) string {
	whole, _, _ := strings.Cut(f.Yuan(), ".")
	return whole
}

// cents is ".05" where a price has fen.
func cents(f money.Fen) string {
	if _, c, ok := strings.Cut(f.Yuan(), "."); ok && c != "00" {
		return "." + c
	}
	return ""
}

func itoa[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

func milli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
