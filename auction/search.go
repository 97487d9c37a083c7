package auction

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Sort is the order of a search.
type Sort string

// The orders. Prices are starting prices: a page's cursor stays good while
// bids come in. Ending leaves ended and withdrawn lots out unless asked for.
const (
	Newest    Sort = "newest"
	Ending    Sort = "ending"
	PriceUp   Sort = "price_asc"
	PriceDown Sort = "price_desc"
	// LastEnded lists ended lots, the latest first: the results.
	LastEnded Sort = "ended"
)

// Sorts lists the orders.
func Sorts() []Sort { return []Sort{Newest, Ending, PriceUp, PriceDown, LastEnded} }

// MaxLimit bounds a page.
const MaxLimit = 100

// Query is a search over published lots. Within a list any value matches;
// empty ones match all.
type Query struct {
	Text       string
	Categories []string
	// Regions are two, four or six digits of GB/T 2260: province, city, district.
	Regions []string
	// Courts are courts' codes.
	Courts      []string
	Stages      []string
	Statuses    []string
	Occupancies []string
	// PriceMin and PriceMax bound the starting price, both included; 0 leaves a side open.
	PriceMin, PriceMax money.Fen
	Sort               Sort
	Cursor             string
	// Limit is 1 to MaxLimit; 0 means 24.
	Limit int
}

// SearchResult is a page of lots and the counts beside it.
type SearchResult struct {
	Items      []LotSummary `json:"items"`
	NextCursor string       `json:"next_cursor,omitempty"`
	// Total counts all that match, Facets per value with that facet's own filter left out.
	Total  int    `json:"total"`
	Facets Facets `json:"facets"`
}

// order is how a sort is written in SQL: the column, its direction, how its
// value stands in a cursor, and what it is restricted to.
type order struct {
	column     string
	descending bool
	isTime     bool
	only       string
}

func orderOf(q Query) (order, error) {
	switch q.Sort {
	case Newest, "":
		return order{column: "l.announced_at", descending: true, isTime: true}, nil
	case Ending:
		o := order{column: "l.announced_ends_at", isTime: true}
		if len(q.Statuses) == 0 {
			o.only = ` AND l.status IN ('announced', 'suspended')`
		}
		return o, nil
	case PriceUp:
		return order{column: "l.starting_price_fen"}, nil
	case PriceDown:
		return order{column: "l.starting_price_fen", descending: true}, nil
	case LastEnded:
		return order{column: "l.ended_at", descending: true, isTime: true, only: ` AND l.status = 'ended'`}, nil
	}
	return order{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("sort")
}

// filters are the conditions of a query, named by facet. Each is true for every
// lot when its list is empty.
func filters() map[string]string {
	return map[string]string{
		"category":  `(cardinality(@categories::text[]) = 0 OR l.category = ANY(@categories))`,
		"region":    `(cardinality(@regions::text[]) = 0 OR l.region LIKE ANY(@regions))`,
		"court":     `(cardinality(@courts::text[]) = 0 OR ct.code = ANY(@courts))`,
		"stage":     `(cardinality(@stages::text[]) = 0 OR l.stage = ANY(@stages))`,
		"status":    `(cardinality(@statuses::text[]) = 0 OR ` + statusSQL + ` = ANY(@statuses))`,
		"occupancy": `(cardinality(@occupancies::text[]) = 0 OR l.occupancy = ANY(@occupancies))`,
		"price":     `(l.starting_price_fen BETWEEN @price_min AND @price_max)`,
	}
}

// facetNames is the order of the facets.
func facetNames() []string {
	return []string{"category", "region", "court", "stage", "status", "occupancy", "price"}
}

// statusSQL is StatusAt in SQL.
const statusSQL = `(CASE WHEN l.status = 'announced' AND l.starts_at <= @now THEN 'live' ELSE l.status END)`

func (q Query) args(now time.Time) (pgx.NamedArgs, error) {
	list := func(in []string) []string { return append([]string{}, in...) }
	regions := make([]string, len(q.Regions))
	for i, r := range q.Regions {
		if _, err := strconv.ParseUint(r, 10, 32); err != nil || (len(r) != 2 && len(r) != 4 && len(r) != 6) {
			return nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("region")
		}
		regions[i] = r + "%"
	}
	top := q.PriceMax
	if top == 0 {
		top = money.Max
	}
	for field, f := range map[string]money.Fen{"price_min_fen": q.PriceMin, "price_max_fen": top} {
		if err := f.Valid(); err != nil {
			return nil, inField(err, field)
		}
	}
	terms := Bigrams(q.Text)
	if terms == nil {
		terms = []int32{}
	}
	return pgx.NamedArgs{
		"now": now, "terms": terms, "categories": list(q.Categories), "regions": regions, "courts": list(q.Courts),
		"stages": list(q.Stages), "statuses": list(q.Statuses), "occupancies": list(q.Occupancies), "price_min": q.PriceMin, "price_max": top,
	}, nil
}

// published is what every public list is taken from, and what Text matches.
func (q Query) published() string {
	where := ` WHERE l.announced_at IS NOT NULL`
	if len(Bigrams(q.Text)) > 0 {
		where += ` AND l.search @> @terms::int4[]`
	}
	return where
}

// Search finds published lots.
//
// Faults: invalid_request (sort, region, cursor, limit), amount_invalid, amount_too_large.
func (s *Service) Search(ctx context.Context, q Query, now time.Time) (SearchResult, error) {
	if q.Limit == 0 {
		q.Limit = 24
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return SearchResult{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("limit")
	}
	o, err := orderOf(q)
	if err != nil {
		return SearchResult{}, err
	}
	args, err := q.args(now)
	if err != nil {
		return SearchResult{}, err
	}
	result := SearchResult{}
	if result.Items, result.NextCursor, err = s.searchPage(ctx, q, o, args, now); err != nil {
		return SearchResult{}, err
	}
	result.Total, result.Facets, err = s.facets(ctx, q, o, args)
	return result, err
}

func (s *Service) searchPage(ctx context.Context, q Query, o order, args pgx.NamedArgs, now time.Time) ([]LotSummary, string, error) {
	if q.Cursor != "" {
		key, id, err := parseCursor(q.Cursor)
		if err != nil {
			return nil, "", err
		}
		args["after_key"], args["after_id"] = key, id
		if o.isTime {
			args["after_key"] = time.UnixMicro(key)
		}
	}
	args["limit"] = q.Limit + 1
	items, err := s.summaries(ctx, now, pageSQL(q, o), args)
	if err != nil || len(items) <= q.Limit {
		return items, "", err
	}
	items = items[:q.Limit]
	return items, cursorAfter(q.Sort, &items[q.Limit-1]), nil
}

// pageSQL is the condition, order and bound of a page of a search. Filters that
// the query does not use are left out, so that the order's index serves alone.
func pageSQL(q Query, o order) string {
	var b strings.Builder
	b.WriteString(q.published() + o.only)
	all := filters()
	for _, name := range facetNames() {
		if q.filters(name) {
			b.WriteString(` AND ` + all[name])
		}
	}
	direction, beyond := ` ASC`, `>`
	if o.descending {
		direction, beyond = ` DESC`, `<`
	}
	if q.Cursor != "" {
		fmt.Fprintf(&b, ` AND (%s, l.id) %s (@after_key, @after_id)`, o.column, beyond)
	}
	b.WriteString(` ORDER BY ` + o.column + direction + `, l.id` + direction + ` LIMIT @limit`)
	return b.String()
}

// filters reports whether the query filters by a facet.
func (q Query) filters(name string) bool {
	switch name {
	case "category":
		return len(q.Categories) > 0
	case "region":
		return len(q.Regions) > 0
	case "court":
		return len(q.Courts) > 0
	case "stage":
		return len(q.Stages) > 0
	case "status":
		return len(q.Statuses) > 0
	case "occupancy":
		return len(q.Occupancies) > 0
	case "price":
		return q.PriceMin > 0 || q.PriceMax > 0
	}
	return false
}

// cursorAfter writes where a page ended: the sort's value and the id, so that
// lots that come or go elsewhere neither repeat nor skip a line.
func cursorAfter(by Sort, last *LotSummary) string {
	var key int64
	switch by {
	case Newest, "":
		key = last.AnnouncedAt.UnixMicro()
	case Ending:
		key = last.announcedEnd.UnixMicro()
	case PriceUp, PriceDown:
		key = int64(last.StartingPriceFen)
	case LastEnded:
		key = last.EndedAt.UnixMicro()
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(key, 36) + "." + last.ID.String()))
}

func parseCursor(cursor string) (int64, uuid.UUID, error) {
	invalid := fault.New(fault.Invalid, fault.InvalidRequest).InField("cursor")
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, uuid.Nil, invalid
	}
	before, after, _ := strings.Cut(string(raw), ".")
	key, err := strconv.ParseInt(before, 36, 64)
	if err != nil {
		return 0, uuid.Nil, invalid
	}
	id, err := uuid.Parse(after)
	if err != nil {
		return 0, uuid.Nil, invalid
	}
	return key, id, nil
}

// Facet is one value of a facet with how many lots have it.
type Facet struct {
	Value string `json:"value"`
	// Label names values that the catalogues do not know: regions, courts. Empty for others.
	Label docket.Text `json:"label,omitzero"`
	Count int         `json:"count"`
}

// Facets are the counts beside a search, most first; Price in order of price.
type Facets struct {
	Category  []Facet `json:"category"`
	Region    []Facet `json:"region"`
	Court     []Facet `json:"court"`
	Stage     []Facet `json:"stage"`
	Status    []Facet `json:"status"`
	Occupancy []Facet `json:"occupancy"`
	// Price's values are bands as "from-to" in fen, to left out of the last.
	Price []Facet `json:"price"`
}

// PriceBands are the lower ends of the price facet, in fen.
func PriceBands() []money.Fen {
	const wan = 10_000 * money.PerYuan
	return []money.Fen{0, 5 * wan, 20 * wan, 50 * wan, 100 * wan, 300 * wan, 1000 * wan}
}

// facets counts in one pass: each row knows which filters it passes, and a
// facet counts the rows that pass all the others.
func (s *Service) facets(ctx context.Context, q Query, o order, args pgx.NamedArgs) (int, Facets, error) {
	all := filters()
	var sql strings.Builder
	sql.WriteString(`WITH m AS MATERIALIZED (SELECT l.category, l.region, l.region_zh, l.region_en, ct.code AS court, ct.name_zh, ct.name_en, l.stage, ` +
		statusSQL + ` AS status, l.occupancy, width_bucket(l.starting_price_fen, @bands::bigint[]) AS price`)
	for _, name := range facetNames() {
		sql.WriteString(`, ` + all[name] + ` AS ok_` + name)
	}
	sql.WriteString(` FROM lots l JOIN courts ct ON ct.id = l.court_id` + q.published() + o.only + `)`)
	sql.WriteString(` SELECT 'total', '', '', '', count(*) FROM m WHERE ` + passes(""))
	for _, name := range facetNames() {
		zh, en := `''`, `''`
		switch name {
		case "region":
			zh, en = `min(region_zh)`, `min(region_en)`
		case "court":
			zh, en = `min(name_zh)`, `min(name_en)`
		}
		fmt.Fprintf(&sql, ` UNION ALL SELECT '%s', %s::text, %s, %s, count(*) FROM m WHERE %s GROUP BY 2`, name, name, zh, en, passes(name))
	}
	sql.WriteString(` ORDER BY 1, 5 DESC, 2`)
	args["bands"] = PriceBands()
	rows, err := s.pool.Query(ctx, sql.String(), args)
	if err != nil {
		return 0, Facets{}, fault.Internalf("count facets: %w", err)
	}
	var total int
	// Lists in an answer are never null.
	f := Facets{Category: []Facet{}, Region: []Facet{}, Court: []Facet{}, Stage: []Facet{}, Status: []Facet{}, Occupancy: []Facet{}}
	var facet, value, zh, en string
	var count int
	_, err = pgx.ForEachRow(rows, []any{&facet, &value, &zh, &en, &count}, func() error {
		if facet == "total" {
			total = count
			return nil
		}
		f.add(facet, Facet{Value: value, Label: docket.Text{Zh: zh, En: en}, Count: count})
		return nil
	})
	if err != nil {
		return 0, Facets{}, fault.Internalf("count facets: %w", err)
	}
	f.Price = bandsInOrder(f.Price)
	return total, f, nil
}

// passes joins the filters but one.
func passes(but string) string {
	var list []string
	for _, name := range facetNames() {
		if name != but {
			list = append(list, "ok_"+name)
		}
	}
	return strings.Join(list, " AND ")
}

func (f *Facets) add(name string, v Facet) {
	switch name {
	case "category":
		f.Category = append(f.Category, v)
	case "region":
		f.Region = append(f.Region, v)
	case "court":
		f.Court = append(f.Court, v)
	case "stage":
		f.Stage = append(f.Stage, v)
	case "status":
		f.Status = append(f.Status, v)
	case "occupancy":
		if v.Value != "" {
			f.Occupancy = append(f.Occupancy, v)
		}
	case "price":
		f.Price = append(f.Price, v)
	}
}

// bandsInOrder turns bucket numbers from 1 into bands and puts them in order,
// empty ones included.
func bandsInOrder(counted []Facet) []Facet {
	bands := PriceBands()
	out := make([]Facet, len(bands))
	for i, from := range bands {
		out[i].Value = strconv.FormatInt(int64(from), 10) + "-"
		if i+1 < len(bands) {
			out[i].Value += strconv.FormatInt(int64(bands[i+1]-1), 10)
		}
	}
	for _, c := range counted {
		if n, err := strconv.Atoi(c.Value); err == nil && n >= 1 && n <= len(out) {
			out[n-1].Count = c.Count
		}
	}
	return out
}
