package auction_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

func TestBigrams(t *testing.T) {
	t.Parallel()
	han := func(a, b rune) int32 { return int32(uint32(a)<<16 | uint32(b)) }
	for text, want := range map[string][]int32{
		"":       nil,
		"，。 -":   nil,
		"住宅":     {han('住', '宅')},
		"住，宅":    {han('住', 0), han('宅', 0)},
		"机器设备":   {han('机', '器'), han('器', '设'), han('设', '备')},
		"住宅 住宅":  {han('住', '宅')},
		"6幢1203": nil, // checked below: a pair's neighbour is a word
	} {
		got := auction.Bigrams(text)
		if text == "6幢1203" {
			want = append(append(auction.Bigrams("6"), auction.Bigrams("1203")...), han('幢', 0))
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q gives %v, want %v", text, got, want)
		}
	}
	if !slices.Equal(auction.Bigrams("ＶＭＣ－850"), auction.Bigrams("vmc 850")) {
		t.Error("width and case matter")
	}
}

// A text holds every term of each of its parts cut between runs, so what a
// reader copies from a title finds it.
func TestBigrams_APieceOfATitleFindsIt(t *testing.T) {
	t.Parallel()
	letters := []rune("江澜市明湖区住宅厂房机器设备拍卖甲乙丙丁")
	rapid.Check(t, func(t *rapid.T) {
		title := []rune(rapid.StringOfN(rapid.SampledFrom(letters), 2, 30, -1).Draw(t, "title"))
		from := rapid.IntRange(0, len(title)-2).Draw(t, "from")
		to := rapid.IntRange(from+2, len(title)).Draw(t, "to")
		all := auction.Bigrams(string(title))
		for _, term := range auction.Bigrams(string(title[from:to])) {
			if _, found := slices.BinarySearch(all, term); !found {
				t.Fatalf("%q lacks a term of %q", string(title), string(title[from:to]))
			}
		}
	})
}

// announced announces every lot of the docket.
func (h *house) announceAll() {
	h.t.Helper()
	for _, ref := range slices.Concat(h.refs(law.First), h.refs(law.Second), h.refs(law.SellOff)) {
		h.announce(h.got.Lots[ref])
	}
}

func (h *house) search(q auction.Query) auction.SearchResult {
	h.t.Helper()
	r, err := h.s.Search(h.t.Context(), q, h.clock.Now())
	h.must(err)
	return r
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := houseOf(t, 0)
	if r := h.search(auction.Query{}); r.Total != 0 || len(r.Items) != 0 {
		t.Fatalf("drafts are public: %d", r.Total)
	}
	h.announceAll()
	lots := len(h.got.Lots)
	all := h.search(auction.Query{Limit: 100})
	if all.Total != lots || len(all.Items) != lots || all.NextCursor != "" {
		t.Fatalf("found %d of %d", all.Total, lots)
	}
	h.checkFacets(all, lots)
	h.checkText(all)
	h.checkPages(lots)
	h.checkFilters(all)
}

func (h *house) checkFacets(all auction.SearchResult, lots int) {
	h.t.Helper()
	for name, facet := range map[string][]auction.Facet{
		"category": all.Facets.Category, "region": all.Facets.Region, "court": all.Facets.Court, "stage": all.Facets.Stage,
		"status": all.Facets.Status, "occupancy": all.Facets.Occupancy, "price": all.Facets.Price,
	} {
		sum := 0
		for _, f := range facet {
			sum += f.Count
		}
		if sum != lots {
			h.t.Errorf("facet %s counts %d of %d: %+v", name, sum, lots, facet)
		}
	}
	if r := all.Facets.Region[0]; r.Label.Zh == "" || r.Label.En == "" {
		h.t.Errorf("a region without a name: %+v", r)
	}
}

// checkText finds each lot by its Chinese title, its English one and a piece of either.
func (h *house) checkText(all auction.SearchResult) {
	h.t.Helper()
	for _, l := range all.Items {
		// A piece of the longest run of characters; the beginning of an English word.
		longest := slices.MaxFunc(strings.FieldsFunc(l.Title.Zh, func(r rune) bool { return !unicode.Is(unicode.Han, r) }),
			func(a, b string) int { return len(a) - len(b) })
		piece := []rune(longest)
		for _, text := range []string{l.Title.Zh, l.Title.En, string(piece[len(piece)/3 : len(piece)*2/3+1]), l.Title.En[:3], l.CaseNumber} {
			r := h.search(auction.Query{Text: text, Limit: 100})
			if !slices.ContainsFunc(r.Items, func(found auction.LotSummary) bool { return found.ID == l.ID }) {
				h.t.Errorf("%q does not find %s", text, l.Title.Zh)
			}
			if r.Total == len(all.Items) && text == l.Title.Zh {
				h.t.Errorf("%q finds everything", text)
			}
		}
	}
	if r := h.search(auction.Query{Text: "量子纠缠"}); r.Total != 0 {
		h.t.Errorf("what is not sold is found %d times", r.Total)
	}
	if r := h.search(auction.Query{Text: "宅"}); r.Total == 0 {
		h.t.Error("a single character finds nothing")
	}
}

// checkPages walks every order in pages of seven: each lot once, in order.
func (h *house) checkPages(lots int) {
	h.t.Helper()
	for _, by := range auction.Sorts() {
		if by == auction.LastEnded {
			continue // nothing has ended
		}
		seen := map[uuid.UUID]bool{}
		q := auction.Query{Sort: by, Limit: 7}
		var last *auction.LotSummary
		for {
			r := h.search(q)
			for i := range r.Items {
				l := &r.Items[i]
				if seen[l.ID] {
					h.t.Fatalf("%s: %s twice", by, l.ID)
				}
				seen[l.ID] = true
				if last != nil && !inOrder(by, last, l) {
					h.t.Errorf("%s: %s before %s", by, last.Title.En, l.Title.En)
				}
				last = l
			}
			if q.Cursor = r.NextCursor; q.Cursor == "" {
				break
			}
		}
		if len(seen) != lots {
			h.t.Errorf("%s: %d of %d", by, len(seen), lots)
		}
	}
	for _, bad := range []auction.Query{{Cursor: "x"}, {Sort: "luck"}, {Limit: 101}, {Limit: -1}, {Regions: []string{"34%"}}, {PriceMin: -1}} {
		if _, err := h.s.Search(h.t.Context(), bad, h.clock.Now()); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("%+v: %v", bad, err)
		}
	}
}

func inOrder(by auction.Sort, a, b *auction.LotSummary) bool {
	switch by {
	case auction.Newest:
		return !b.AnnouncedAt.After(*a.AnnouncedAt)
	case auction.Ending:
		return !b.EndsAt.Before(*a.EndsAt)
	case auction.PriceUp:
		return b.StartingPriceFen >= a.StartingPriceFen
	case auction.PriceDown:
		return b.StartingPriceFen <= a.StartingPriceFen
	case auction.LastEnded:
		return !b.EndedAt.After(*a.EndedAt)
	}
	return false
}

// checkFilters holds each facet's count against a search with that filter, and
// a facet's own filter out of its counts.
func (h *house) checkFilters(all auction.SearchResult) {
	h.t.Helper()
	one := func(q auction.Query, want int, what string) {
		h.t.Helper()
		if r := h.search(q); r.Total != want {
			h.t.Errorf("%s: %d, the facet says %d", what, r.Total, want)
		}
	}
	for _, f := range all.Facets.Category {
		one(auction.Query{Categories: []string{f.Value}}, f.Count, f.Value)
	}
	for _, f := range all.Facets.Region {
		one(auction.Query{Regions: []string{f.Value}}, f.Count, f.Value)
	}
	for _, f := range all.Facets.Stage {
		one(auction.Query{Stages: []string{f.Value}}, f.Count, f.Value)
	}
	for _, f := range all.Facets.Occupancy {
		one(auction.Query{Occupancies: []string{f.Value}}, f.Count, f.Value)
	}
	one(auction.Query{Regions: []string{all.Facets.Region[0].Value[:2]}}, all.Total, "province")
	one(auction.Query{Statuses: []string{"live", "suspended"}}, 0, "live")
	one(auction.Query{Courts: []string{h.file.Court.Code}}, all.Total, "court")
	bands := auction.PriceBands()
	for i, f := range all.Facets.Price {
		q := auction.Query{PriceMin: bands[i]}
		if i+1 < len(bands) {
			q.PriceMax = bands[i+1] - 1
		}
		one(q, f.Count, "price "+f.Value)
	}
	flats := h.search(auction.Query{Categories: []string{string(docket.Flat)}})
	if !slices.Equal(flats.Facets.Category, all.Facets.Category) {
		h.t.Errorf("the category's own filter changed its counts: %v", flats.Facets.Category)
	}
	if slices.Equal(flats.Facets.Price, all.Facets.Price) {
		h.t.Error("another facet's counts did not follow the filter")
	}
}

// Importing the same case number twice changes nothing.
func TestImport_AllOrNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	count := func() (n int) {
		h.must(h.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM lots) + (SELECT count(*) FROM entries)`).Scan(&n))
		return n
	}
	before := count()
	file := h.file
	file.Cases = slices.Clone(file.Cases)
	slices.Reverse(file.Cases)
	file.Cases[0].Number = "（2026）皖9902执9999号" // new; the rest is there
	_, err := h.s.Import(t.Context(), file, auction.Actor{Role: "operator"})
	if f := fault.CodeOf(err); f != fault.CaseNumberTaken || count() != before {
		t.Errorf("%v; %d rows, before %d", err, count(), before)
	}
	if _, err := h.s.Import(t.Context(), h.file, auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a judge of another court: %v", err)
	}
}

// R3: the record is the lot's entries, byte for byte, in the order of the log.
func TestRecord_IsTheLogsEntries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	// What the sequencer does, without its signing.
	_, err := h.pool.Exec(t.Context(), `INSERT INTO leaves (leaf_index, entry_id)
		SELECT row_number() OVER (ORDER BY e.at, e.id) - 1, e.id FROM pending p JOIN entries e ON e.id = p.entry_id`)
	h.must(err)
	var out bytes.Buffer
	h.must(h.s.Record(t.Context(), lot, &out))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	var kinds []string
	for _, line := range lines {
		entry, err := audit.Parse([]byte(line))
		h.must(err)
		kinds = append(kinds, entry.Kind)
		if entry.LotID != lot || !json.Valid(entry.Body) {
			t.Errorf("entry %s", line)
		}
	}
	h.same("record", kinds, []string{"lot.listed", "lot.voted", "lot.voted", "lot.voted", "lot.announced", "paper.made"})
	if err := h.s.Record(t.Context(), uuid.New(), &out); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a lot that is not there: %v", err)
	}
}

func TestHome_CaseAndBench(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	d, err := h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	home, err := h.s.Home(ctx, h.clock.Now(), 8)
	h.must(err)
	if home.Figures.Upcoming != 1 || home.Figures.Live != 0 || len(home.Upcoming) != 1 || len(home.New) != 1 || len(home.Live) != 0 {
		t.Errorf("before the start: %+v", home.Figures)
	}
	h.clock.To(*d.StartsAt)
	if home, err = h.s.Home(ctx, h.clock.Now(), 8); err != nil || home.Figures.Live != 1 || len(home.Live) != 1 || home.Live[0].Status != auction.StatusLive {
		t.Errorf("live: %+v, %v", home.Figures, err)
	}
	h.end(lot, true, "K7Q2M")
	if home, err = h.s.Home(ctx, h.clock.Now(), 8); err != nil || home.Figures.SoldToday != 1 || home.Figures.SoldTodayFen != d.StartingPriceFen+d.IncrementFen {
		t.Errorf("sold: %+v, %v", home.Figures, err)
	}
	results, err := h.s.Results(ctx, auction.Query{}, h.clock.Now())
	if err != nil || results.Total != 1 || results.Items[0].ID != lot || results.Facets.Status[0].Value != "ended" {
		t.Errorf("results: %+v, %v", results, err)
	}
	byNumber, err := h.s.CaseByKey(ctx, d.CaseNumber, h.clock.Now())
	h.must(err)
	byID, err := h.s.CaseByKey(ctx, d.CaseID.String(), h.clock.Now())
	if err != nil || byID.Number != byNumber.Number || len(byID.Lots) != 1 || len(byID.Debtors) == 0 {
		t.Errorf("case: %+v, %v", byID, err)
	}
	bench, err := h.s.Bench(ctx, h.judges[0], h.clock.Now())
	h.must(err)
	if bench.Steps[auction.Sold] != 1 || bench.Steps[auction.Draft] != len(h.got.Lots)-1 || bench.Cases != len(h.file.Cases) {
		t.Errorf("bench: %v, %d cases", bench.Steps, bench.Cases)
	}
	for _, l := range bench.Lots {
		if l.ID == lot && (!l.Mine || l.Votes.Approved != 3 || l.NextDuty == nil || *l.NextDuty != "pay_balance") {
			t.Errorf("bench lot %+v", l)
		}
	}
	if _, err := h.s.Bench(ctx, auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: h.court}, h.clock.Now()); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("finance on the bench: %v", err)
	}
}
