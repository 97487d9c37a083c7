package pages

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// facetLists are the conditions of a search that take several values, in the
// order in which they stand on the page.
func facetLists() []string {
	return []string{"status", "category", "region", "stage", "occupancy", "court"}
}

// lotsQuery reads a search from an address. What cannot be read is refused at
// its field and left out.
func lotsQuery(q url.Values) (auction.Query, error) {
	list := func(name string) []string {
		var out []string
		for _, v := range q[name] {
			if v = strings.TrimSpace(v); v != "" && len(v) <= 64 && len(out) < 40 {
				out = append(out, v)
			}
		}
		return out
	}
	query := auction.Query{
		Text: strings.TrimSpace(q.Get("q")), Categories: list("category"), Regions: list("region"), Courts: list("court"), Stages: list("stage"),
		Statuses: list("status"), Occupancies: list("occupancy"), Cursor: q.Get("cursor"), Sort: auction.Sort(q.Get("sort")),
	}
	if len([]rune(query.Text)) > 100 {
		query.Text = string([]rune(query.Text)[:100])
	}
	if !slices.Contains(auction.Sorts(), query.Sort) {
		query.Sort = auction.Newest
		if query.Text == "" && q.Get("sort") == "" {
			query.Sort = auction.Newest
		}
	}
	var refused error
	for name, into := range map[string]*money.Fen{"price_min": &query.PriceMin, "price_max": &query.PriceMax} {
		if text := strings.TrimSpace(q.Get(name)); text != "" {
			f, err := money.ParseYuan(text)
			if err != nil {
				refused = fault.New(fault.Invalid, fault.AmountInvalid).InField("price")
				continue
			}
			*into = f
		}
	}
	return query, refused
}

func (s *Site) lots(r *Request) error {
	p, q := r.P, r.URL.Query()
	query, refused := lotsQuery(q)
	found, err := s.Auction.Search(r.Context(), query, r.Now)
	if err != nil {
		return err
	}
	v := LotsView{
		Query: query.Text, Sort: string(query.Sort), Cards: p.cards(found.Items), Total: int64(found.Total),
		PriceMin: q.Get("price_min"), PriceMax: q.Get("price_max"), Errors: ErrorsOf(p.W, refused, "price"), Feed: "/lots.atom?" + without(q, "cursor", "").Encode(),
	}
	v.Facets = p.facets(found.Facets, query)
	v.Histogram = histogram(found.Facets.Price, query)
	v.Chosen = p.chosen(q, found.Facets, query)
	v.Heading = p.lotsHeading(v)
	for _, k := range []auction.Sort{auction.Newest, auction.Ending, auction.PriceUp, auction.PriceDown} {
		v.Sorts = append(v.Sorts, Option{Value: string(k), Name: p.T("lots.sort_" + string(k))})
	}
	for name, values := range q {
		if name == "sort" || name == "cursor" || name == "lang" {
			continue
		}
		for _, value := range values {
			v.Hidden = append(v.Hidden, Option{Name: name, Value: value})
		}
	}
	slices.SortFunc(v.Hidden, func(a, b Option) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	if query.Cursor != "" {
		v.Previous = "/lots?" + without(q, "cursor", "").Encode()
	}
	if found.NextCursor != "" {
		next := without(q, "cursor", "")
		next.Set("cursor", found.NextCursor)
		v.Next = "/lots?" + next.Encode()
	}
	p.Title, p.Nav, p.Feed = v.Heading, "lots", v.Feed
	return r.show(http.StatusOK, LotsPage(p, v))
}

// facets makes the groups of conditions with their counts; the ones in force
// stand even where they count nothing.
func (p *Page) facets(f auction.Facets, q auction.Query) []Facet {
	counted := map[string][]auction.Facet{
		"status": f.Status, "category": f.Category, "region": f.Region, "stage": f.Stage, "occupancy": f.Occupancy, "court": f.Court,
	}
	chosen := chosenOf(q)
	out := make([]Facet, 0, len(counted))
	for _, name := range facetLists() {
		facet := Facet{Name: name, Legend: p.T("lots.f_" + name)}
		for _, c := range counted[name] {
			facet.Options = append(facet.Options, FacetOption{
				Value: c.Value, Text: p.facetText(name, c), Count: int64(c.Count), Chosen: slices.Contains(chosen[name], c.Value),
			})
		}
		out = append(out, facet)
	}
	return out
}

func chosenOf(q auction.Query) map[string][]string {
	return map[string][]string{
		"status": q.Statuses, "category": q.Categories, "region": q.Regions, "stage": q.Stages, "occupancy": q.Occupancies, "court": q.Courts,
	}
}

func (p *Page) facetText(name string, f auction.Facet) string {
	switch name {
	case "category":
		return p.categoryName(docket.Category(f.Value))
	case "region", "court":
		if !f.Label.IsZero() {
			return p.pick(f.Label)
		}
	case "status", "stage", "occupancy":
		if key := name + "." + f.Value; p.W.Has(key) {
			return p.T(key)
		}
	}
	return f.Value
}

// chosen lists the conditions in force, each with the search without it.
func (p *Page) chosen(q url.Values, f auction.Facets, query auction.Query) []Link {
	counted := map[string][]auction.Facet{
		"status": f.Status, "category": f.Category, "region": f.Region, "stage": f.Stage, "occupancy": f.Occupancy, "court": f.Court,
	}
	var out []Link
	for _, name := range facetLists() {
		for _, value := range chosenOf(query)[name] {
			text := p.facetText(name, auction.Facet{Value: value})
			if i := slices.IndexFunc(counted[name], func(c auction.Facet) bool { return c.Value == value }); i >= 0 {
				text = p.facetText(name, counted[name][i])
			}
			out = append(out, Link{Href: "/lots?" + without(q, name, value).Encode(), Text: text})
		}
	}
	if query.PriceMin > 0 {
		out = append(out, Link{Href: "/lots?" + without(q, "price_min", "").Encode(), Text: p.T("lots.price_from", "from", query.PriceMin.ShortYuan())})
	}
	if query.PriceMax > 0 {
		out = append(out, Link{Href: "/lots?" + without(q, "price_max", "").Encode(), Text: p.T("lots.price_to", "to", query.PriceMax.ShortYuan())})
	}
	return out
}

// without copies a query without one value of a name, or all of them for "";
// the cursor goes, too: it belongs to the search as it was.
func without(q url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, values := range q {
		if k == "cursor" || k == "lang" {
			continue
		}
		for _, v := range values {
			if (k == name && (value == "" || v == value)) || v == "" {
				continue
			}
			out.Add(k, v)
		}
	}
	return out
}

func (p *Page) lotsHeading(v LotsView) string {
	if v.Query != "" {
		return p.T("lots.heading_query", "q", v.Query)
	}
	if n := len(v.Chosen); n > 0 && n <= 3 {
		parts := make([]string, n)
		for i, c := range v.Chosen {
			parts[i] = c.Text
		}
		return strings.Join(parts, p.T("frame.comma"))
	}
	return p.T("lots.heading_all")
}

// histogram draws the price bands; those within the chosen bounds are ink.
func histogram(bands []auction.Facet, q auction.Query) []Bar {
	most := 1
	for _, b := range bands {
		most = max(most, b.Count)
	}
	if len(bands) == 0 {
		return nil
	}
	width := 160.0 / float64(len(bands))
	bars := make([]Bar, len(bands))
	for i, b := range bands {
		h := max(0.6, 48*float64(b.Count)/float64(most))
		var from, to int64
		_, _ = fmt.Sscanf(b.Value, "%d-%d", &from, &to) // the last band has no end
		fill := "var(--ink)"
		if (q.PriceMin > 0 && to > 0 && money.Fen(to) < q.PriceMin) || (q.PriceMax > 0 && money.Fen(from) > q.PriceMax) {
			fill = "var(--hair)"
		}
		bars[i] = Bar{f1(float64(i)*width + 1), f1(50 - h), f1(width - 2), f1(h), fill}
	}
	return bars
}

// The parts of an Atom feed (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID        string   `xml:"id"`
		Title     string   `xml:"title"`
		Updated   string   `xml:"updated"`
		Published string   `xml:"published"`
		Link      atomLink `xml:"link"`
		Summary   string   `xml:"summary"`
	}
)

// feed is the search as an Atom feed, newest first.
func (s *Site) feed(r *Request) error {
	query, err := lotsQuery(r.URL.Query())
	if err != nil {
		return err
	}
	query.Sort, query.Cursor, query.Limit = auction.Newest, "", 50
	found, err := s.Auction.Search(r.Context(), query, r.Now)
	if err != nil {
		return err
	}
	p := r.P
	f := atomFeed{
		Lang: p.W.Lang(), ID: s.SiteURL + r.URL.RequestURI(), Title: p.T("frame.name") + " · " + p.T("lots.feed"), Author: p.T("frame.name"),
		Updated: r.Now.Format(time.RFC3339), Links: []atomLink{{"self", s.SiteURL + r.URL.RequestURI()}, {"alternate", s.SiteURL + "/lots"}},
	}
	for i, c := range p.cards(found.Items) {
		at := c.AnnouncedAt.Format(time.RFC3339)
		if i == 0 {
			f.Updated = at
		}
		f.Entries = append(f.Entries, atomEntry{
			ID: "urn:uuid:" + c.ID, Title: c.Title, Updated: at, Published: at, Link: atomLink{Href: s.SiteURL + c.Href()},
			Summary: p.T("home.new_line", "price", p.P(c.StartingPrice), "at", p.W.Minute(c.StartsAt), "stage", p.T("stage."+c.Stage)) + " " + c.Court,
		})
	}
	b, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		return fault.Internalf("encode feed: %w", err)
	}
	r.W.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	r.W.Header().Set("Cache-Control", "public, max-age=60")
	r.W.Header().Set("Vary", "Accept-Language, Cookie")
	_, _ = r.W.Write(append([]byte(xml.Header), b...)) // the reader left
	return nil
}

// results lists ended lots, the latest first.
func (s *Site) results(r *Request) error {
	p := r.P
	found, err := s.Auction.Results(r.Context(), auction.Query{Cursor: r.URL.Query().Get("cursor"), Limit: 50}, r.Now)
	if err != nil {
		return err
	}
	v := ResultsView{Rows: p.cards(found.Items)}
	var sold, premiums int64
	var volume money.Fen
	for _, c := range v.Rows {
		if c.Phase.Bought() {
			sold++
			premiums += c.Premium()
			volume += c.Price
		}
	}
	if n := int64(len(v.Rows)); n > 0 {
		value, unit := yuanOrWan(p, volume)
		lots := p.T("home.unit_lots")
		v.Figures = []Figure{
			{p.T("results.f_sold"), p.W.Count(sold), lots},
			{p.T("results.f_unsold"), p.W.Count(n - sold), lots},
			{p.T("results.f_rate"), p.W.Percent(sold * 1000 / n), ""},
			{p.T("results.f_volume"), value, unit},
		}
		if sold > 0 {
			v.Figures = append(v.Figures, Figure{p.T("results.f_premium"), p.W.Percent(premiums / sold), ""})
		}
	}
	if found.NextCursor != "" {
		v.Next = "/results?cursor=" + url.QueryEscape(found.NextCursor)
	}
	p.Title, p.Nav = p.T("results.heading"), "results"
	return r.show(http.StatusOK, ResultsPage(p, v))
}
