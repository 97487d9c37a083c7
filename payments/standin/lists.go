package standin

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultLimit = 10
	maxLimit     = 100
)

// expandOf reads expand[] as a set; under a list the names begin with data. .
func expandOf(f form, prefix string) expand {
	x := expand{}
	for _, name := range f.list("expand") {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			// a.b expands a, too
			for i, c := range rest {
				if c == '.' {
					x[rest[:i]] = true
				}
			}
			x[rest] = true
		}
	}
	return x
}

// below gives what is to be expanded inside name.
func (x expand) below(name string) expand {
	out := expand{}
	for k := range x {
		if rest, ok := strings.CutPrefix(k, name+"."); ok {
			out[rest] = true
		}
	}
	return out
}

func like(f form, name, have string) bool { return !f.has(name) || f.get(name) == have }

func within(f form, created int64) bool {
	holds := func(name string, ok func(bound int64) bool) bool { return !f.has(name) || ok(f.int(name)) }
	return holds("created", func(b int64) bool { return created == b }) &&
		holds("created[gt]", func(b int64) bool { return created > b }) &&
		holds("created[gte]", func(b int64) bool { return created >= b }) &&
		holds("created[lt]", func(b int64) bool { return created < b }) &&
		holds("created[lte]", func(b int64) bool { return created <= b })
}

// list gives one page, newest first, of the rows (oldest first) that match.
func list[T any](f form, url string, rows []*T, id func(*T) string, match func(*T) bool, render func(*T) obj) (obj, *apiError) {
	limit, e := limitOf(f)
	if e != nil {
		return nil, e
	}
	var found []*T
	for _, r := range slices.Backward(rows) {
		if match(r) {
			found = append(found, r)
		}
	}
	at := func(name string) (int, *apiError) {
		i := slices.IndexFunc(found, func(r *T) bool { return id(r) == f.get(name) })
		if i < 0 {
			return 0, invalid("resource_missing", name, "No such object: '%s'", f.get(name))
		}
		return i, nil
	}
	page := func(from, to int, more bool) obj {
		return obj{"object": "list", "url": url, "has_more": more, "data": rendered(found[from:to], render)}
	}
	from, to := 0, len(found)
	switch {
	case f.has("starting_after"):
		i, e := at("starting_after")
		if e != nil {
			return nil, e
		}
		from = i + 1
	case f.has("ending_before"):
		i, e := at("ending_before")
		if e != nil {
			return nil, e
		}
		return page(max(0, i-limit), i, i > limit), nil
	}
	if to-from > limit {
		to = from + limit
	}
	return page(from, to, to < len(found)), nil
}

func rendered[T any](rows []*T, render func(*T) obj) []obj {
	out := make([]obj, len(rows))
	for i, r := range rows {
		out[i] = render(r)
	}
	return out
}

func limitOf(f form) (int, *apiError) {
	if !f.has("limit") {
		return defaultLimit, nil
	}
	n := f.int("limit")
	if n > maxLimit {
		return 0, invalid("parameter_invalid_integer", "limit", "This value must be less than or equal to %d (it currently is '%d').", maxLimit, n)
	}
	return int(n), nil
}

// clause is one term of the search language: field, comparison, value.
type clause struct{ field, key, op, value string }

// parseQuery reads the part of Stripe's search language that payments need:
// clauses joined by AND over metadata['k'], status, currency, amount, created
// (docs.stripe.com/search#search-query-language).
func parseQuery(q string) ([]clause, *apiError) {
	term := regexp.MustCompile(`^(metadata\[(?:'([^']*)'|"([^"]*)")\]|status|currency|amount|created)(:|>=|<=|>|<)(?:'([^']*)'|"([^"]*)"|(\d+))$`)
	var out []clause
	for part := range strings.SplitSeq(q, " AND ") {
		m := term.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return nil, invalid("", "query", "We were unable to parse your search query. The payment stand-in reads metadata['key']:'value', status, currency, amount and created, joined by AND.")
		}
		c := clause{field: m[1], key: m[2] + m[3], op: m[4], value: m[5] + m[6] + m[7]}
		if strings.HasPrefix(c.field, "metadata") {
			c.field = "metadata"
		}
		numeric := c.field == "amount" || c.field == "created"
		if _, err := strconv.ParseInt(c.value, 10, 64); numeric && err != nil || !numeric && c.op != ":" {
			return nil, invalid("", "query", "The search clause %q compares what cannot be compared.", part)
		}
		out = append(out, c)
	}
	return out, nil
}

func (c clause) holds(r *intentRow) bool {
	switch c.field {
	case "metadata":
		v, ok := r.Metadata[c.key]
		return ok && v == c.value
	case "status":
		return r.Status == c.value
	case "currency":
		return c.value == "cny"
	case "amount":
		return c.compare(r.Amount)
	}
	return c.compare(r.Created)
}

func (c clause) compare(have int64) bool {
	want, err := strconv.ParseInt(c.value, 10, 64)
	if err != nil {
		return false
	}
	switch c.op {
	case ":":
		return have == want
	case ">":
		return have > want
	case ">=":
		return have >= want
	case "<":
		return have < want
	}
	return have <= want
}

// searchIntents finds payment intents; what is younger than Faults' search lag
// is not found yet.
func searchIntents(t *tx, _ string, f form) (obj, *apiError) {
	clauses, e := parseQuery(f.get("query"))
	if e != nil {
		return nil, e
	}
	limit, e := limitOf(f)
	if e != nil {
		return nil, e
	}
	from := 0
	if p := f.get("page"); p != "" {
		raw, err := base64.RawURLEncoding.DecodeString(p)
		n, err2 := strconv.Atoi(string(raw))
		if err != nil || err2 != nil || n < 0 {
			return nil, invalid("", "page", "Invalid page: %s", p)
		}
		from = n
	}
	indexed := t.at.Add(-t.s.faults.lag()).Unix()
	var found []*intentRow
	for _, r := range slices.Backward(t.s.state.intents.all()) {
		if r.Created <= indexed && !slices.ContainsFunc(clauses, func(c clause) bool { return !c.holds(r) }) {
			found = append(found, r)
		}
	}
	from = min(from, len(found))
	to := min(from+limit, len(found))
	out := obj{
		"object": "search_result", "url": "/v1/payment_intents/search", "has_more": to < len(found), "next_page": nil,
		"data": rendered(found[from:to], func(r *intentRow) obj { return t.intentObject(r, expandOf(f, "data.")) }),
	}
	if to < len(found) {
		out["next_page"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return out, nil
}
