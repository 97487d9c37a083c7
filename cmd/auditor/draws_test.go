package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/draw"
	"mingchui/auction/law"
	"mingchui/cmd/auditor/verify"
)

// script writes a log with one draw between three creditors of a lot and one of firms for a piece of property, step by step.
type script struct {
	t       *testing.T
	s       *sales
	x       *sale
	draw    uuid.UUID
	asset   uuid.UUID
	offers  []uuid.UUID
	nonce   []byte
	list    audit.DrawListed
	firms   audit.DrawListed
	opensAt time.Time
	// rank is the creditors'.
	rank int
	// change has what a forger does at a step, before it is entered.
	list1, firms1 func(*audit.DrawListed)
	open1         func(*audit.DrawOpened, *time.Time)
	made1         func(*audit.DrawMade)
	taken1        func(*audit.TakenForDebt)
	// skip leaves steps out, twice has steps entered twice.
	skip, twice string
}

func newScript(t *testing.T) *script {
	t.Helper()
	s := newSales(t, 7)
	c := &script{t: t, s: s, rank: 1, nonce: bytes.Repeat([]byte{9}, 32)}
	// More than a bundle of entries comes before, each a millisecond later.
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for i := range 300 {
		s.enter(audit.KindCaseOpened, start.Add(time.Duration(i)*time.Millisecond), s.id(), uuid.Nil, 0, audit.CaseOpened{Number: strconv.Itoa(i), Court: "c", Kind: "civil", ClaimFen: 1})
	}
	c.x = s.one(law.China2017(), law.First, nil)
	c.x.open(0)
	c.x.bid(0)
	c.draw, c.asset = s.id(), s.id()
	for range 3 {
		c.offers = append(c.offers, s.id())
	}
	c.offers = draw.Canonical(c.offers)
	return c
}

func (c *script) step(name string, enter func()) {
	if !strings.Contains(c.skip, name) {
		enter()
	}
	if strings.Contains(c.twice, name) {
		c.x.tick(time.Second)
		enter()
	}
}

// root is that of all entries so far.
func (c *script) root() draw.Value {
	var edge audit.Frontier
	for _, e := range c.s.entries {
		edge.Add(e.LeafHash, nil)
	}
	return draw.Value(edge.Root())
}

// write gives the log.
func (c *script) write() []audit.Entry {
	x := c.x
	c.list = audit.DrawListed{Draw: c.draw.String(), Purpose: "takers", Rank: c.rank, Commitment: draw.Commitment(c.draw, c.nonce)}
	for i, o := range c.offers {
		c.list.Candidates = append(c.list.Candidates, audit.DrawCandidate{Candidate: o.String(), No: i + 1})
	}
	for _, o := range c.offers {
		x.offer(o.String(), c.rank, x.notice.StartingPriceFen)
	}
	c.step("list", func() {
		c.list.OpensAt = x.tick(time.Second).Add(10 * time.Minute)
		if c.list1 != nil {
			c.list1(&c.list)
		}
		c.opensAt = c.list.OpensAt
		x.enter(audit.KindDrawListed, x.now, x.caseID, x.lot, 0, c.list)
	})
	firms := c.firmDraw()
	x.now = x.now.Add(10 * time.Minute)
	c.step("opening", func() {
		body, at := audit.DrawOpened{Draw: c.draw.String(), Nonce: hex.EncodeToString(c.nonce)}, x.tick(time.Second)
		if c.open1 != nil {
			c.open1(&body, &at)
		}
		x.enter(audit.KindDrawOpened, at, x.caseID, x.lot, 0, body)
	})
	value, size := c.root(), int64(len(c.s.entries))
	order := draw.Order(value, c.draw, c.offers)
	firms()
	c.step("draw", func() {
		body := audit.DrawMade{Draw: c.draw.String(), Size: size, Root: hex.EncodeToString(value[:])}
		for _, o := range order {
			body.Order = append(body.Order, o.String())
		}
		if c.made1 != nil {
			c.made1(&body)
		}
		x.enter(audit.KindDrawMade, x.tick(time.Second), x.caseID, x.lot, 0, body)
	})
	c.step("taking", func() {
		body := audit.TakenForDebt{Rank: c.rank, PriceFen: x.notice.StartingPriceFen, ClaimFen: x.notice.StartingPriceFen, Draw: c.draw.String(), Offer: order[0].String()}
		if c.taken1 != nil {
			c.taken1(&body)
		}
		x.enter(audit.KindTaken, x.tick(time.Second), x.caseID, x.lot, 0, body)
	})
	x.now = x.now.Add(25 * time.Hour)
	c.s.enter(audit.KindCaseOpened, x.now, c.s.id(), uuid.Nil, 0, audit.CaseOpened{Number: "later", Court: "c", Kind: "civil", ClaimFen: 1})
	return c.s.entries
}

// firmDraw lists firms; what it gives opens and draws them.
func (c *script) firmDraw() func() {
	x, id, nonce := c.x, c.s.id(), bytes.Repeat([]byte{5}, 32)
	c.firms = audit.DrawListed{Draw: id.String(), Purpose: "appraisers", Asset: c.asset.String(), Commitment: draw.Commitment(id, nonce)}
	names := map[uuid.UUID]string{}
	for _, name := range []string{"甲评估", "乙评估", "丙评估", "丁评估"} {
		names[draw.Firm(name)] = name
	}
	var all []uuid.UUID
	for f := range names {
		all = append(all, f)
	}
	all = draw.Canonical(all)
	for _, f := range all {
		c.firms.Candidates = append(c.firms.Candidates, audit.DrawCandidate{Candidate: f.String(), Firm: names[f]})
	}
	c.firms.OpensAt = x.tick(time.Second).Add(10 * time.Minute)
	if c.firms1 != nil {
		c.firms1(&c.firms)
	}
	x.enter(audit.KindDrawListed, x.now, x.caseID, uuid.Nil, 0, c.firms)
	return func() {
		x.enter(audit.KindDrawOpened, x.tick(time.Second), x.caseID, uuid.Nil, 0, audit.DrawOpened{Draw: id.String(), Nonce: hex.EncodeToString(nonce)})
		value := c.root()
		body := audit.DrawMade{Draw: id.String(), Size: int64(len(c.s.entries)), Root: hex.EncodeToString(value[:])}
		for _, f := range draw.Order(value, id, all) {
			body.Order = append(body.Order, f.String())
		}
		x.enter(audit.KindDrawMade, x.tick(time.Second), x.caseID, uuid.Nil, 0, body)
	}
}

// TestR16d_VerifyRepeatsDraws: an honest log holds; `auditor draw` finds a draw by its id, by its entries and by its place.
func TestR16d_VerifyRepeatsDraws(t *testing.T) {
	t.Parallel()
	c := newScript(t)
	entries := c.write()
	log := newCourt(t, entries)
	code, r, text := auditor(t, "verify", "--log", log.url)
	if code != exitHolds || len(r.Draws) != 2 || !r.Draws[0].Repeated || !r.Draws[1].Repeated || r.Draws[1].Purpose != "appraisers" {
		t.Fatalf("exit %d, %+v, %+v\n%s", code, r.Findings, r.Draws, text)
	}
	if i := slices.IndexFunc(r.NotChecked, func(n verify.Note) bool { return n.Code == verify.KindsUnknown }); i >= 0 {
		t.Errorf("%s", r.NotChecked[i].TextEN)
	}
	d := r.Draws[0]
	if d.Size <= 256 || entries[d.Size-1].Kind != audit.KindDrawOpened || entries[d.Size-1].ID.String() != d.OpenEntry {
		t.Fatalf("the tree of %d entries ends with %s", d.Size, entries[d.Size-1].Kind)
	}
	for _, name := range []string{d.Draw, d.ListEntry, d.OpenEntry, d.MadeEntry, strconv.FormatInt(d.ListLeaf, 10)} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), []string{"draw", name, "--log", log.url, "--json"}, &out, &progress, func(string) string { return "" }); code != exitHolds {
			t.Fatalf("by %s: exit %d\n%s", name, code, progress.String())
		}
		var got verify.DrawReport
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Draw != d.Draw || !got.Repeated {
			t.Errorf("by %s: %+v, %v", name, got, err)
		}
	}
	for lang, want := range map[string][]string{
		"en": {"creditor no. 2", "To repeat it yourself", d.Root, d.Nonce, d.Order[0], "gives the same order"},
		"zh": {"2 号债权人", "自行重做", d.Root, d.Nonce, d.Order[0], "重做得到同样的顺序"},
	} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), []string{"draw", d.Draw, "--log", log.url, "--lang", lang}, &out, &progress, func(string) string { return "" }); code != exitHolds {
			t.Fatalf("exit %d\n%s", code, progress.String())
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s lacks %q:\n%s", lang, w, out.String())
			}
		}
	}
	if code, _, _ := auditor(t, "draw", uuid.NewString(), "--log", log.url); code != exitUnknown {
		t.Errorf("a draw that is not there: exit %d", code)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"draw", "--help"}, &out, &out, func(string) string { return "" }); code != exitHolds || !strings.Contains(out.String(), "auditor draw ID --log URL") {
		t.Errorf("exit %d, help %s", code, out.String())
	}
}

// drawForgeries are what whoever holds database and key does to a draw before he signs the log anew.
func drawForgeries() map[string]drawForgery {
	return map[string]drawForgery{
		"another order": {verify.Code(draw.OrderDiffers), func(c *script) {
			c.made1 = func(m *audit.DrawMade) { m.Order[0], m.Order[1] = m.Order[1], m.Order[0] }
		}},
		"a candidate left out": {verify.Code(draw.OrderDiffers), func(c *script) { c.made1 = func(m *audit.DrawMade) { m.Order = m.Order[:2] } }},
		"one more on the list": {verify.OfferPassedBy, func(c *script) {
			c.list1 = func(l *audit.DrawListed) {
				l.Candidates = append(l.Candidates, audit.DrawCandidate{Candidate: "ffffffff-ffff-7fff-bfff-ffffffffffff", No: 4})
			}
		}},
		"one twice on the list": {verify.Code(draw.Twice), func(c *script) {
			c.list1 = func(l *audit.DrawListed) { l.Candidates = append(l.Candidates, l.Candidates[2]) }
		}},
		"a firm under another's id": {verify.BodyUnreadable, func(c *script) { c.firms1 = func(l *audit.DrawListed) { l.Candidates[0].Firm = "戊评估" } }},
		"a list out of order":       {verify.BodyUnreadable, func(c *script) { c.firms1 = func(l *audit.DrawListed) { slices.Reverse(l.Candidates) } }},
		"a tree one leaf shorter":   {verify.Code(draw.ValueElsewhere), func(c *script) { c.made1 = func(m *audit.DrawMade) { m.Size-- } }},
		"another root": {verify.Code(draw.ValueDiffers), func(c *script) {
			c.made1 = func(m *audit.DrawMade) { m.Root = strings.Repeat("0", 64) }
		}},
		"no root": {verify.Code(draw.ValueDiffers), func(c *script) { c.made1 = func(m *audit.DrawMade) { m.Root = "" } }},
		"another nonce": {verify.Code(draw.NonceDiffers), func(c *script) {
			c.open1 = func(o *audit.DrawOpened, _ *time.Time) { o.Nonce = strings.Repeat("1", 64) }
		}},
		"opened a millisecond early": {verify.Code(draw.OpenedEarly), func(c *script) {
			c.open1 = func(_ *audit.DrawOpened, at *time.Time) { *at = c.opensAt.Add(-time.Millisecond) }
		}},
		"a millisecond short of ten minutes": {verify.Code(draw.WaitTooShort), func(c *script) {
			c.list1 = func(l *audit.DrawListed) { l.OpensAt = l.OpensAt.Add(-time.Millisecond) }
		}},
		"no list":          {verify.DrawUnlisted, func(c *script) { c.skip = "list" }},
		"no opening":       {verify.DrawUnopened, func(c *script) { c.skip = "opening" }},
		"never made":       {verify.DrawUnmade, func(c *script) { c.skip = "draw, taking" }},
		"listed again":     {verify.DrawListedTwice, func(c *script) { c.twice = "list" }},
		"opened again":     {verify.DrawOpenedTwice, func(c *script) { c.twice = "opening" }},
		"made again":       {verify.DrawMadeTwice, func(c *script) { c.twice = "draw" }},
		"taken by another": {verify.TakenUndrawn, func(c *script) { c.taken1 = func(k *audit.TakenForDebt) { k.Offer = c.offers[0].String() + "x" } }},
		"taken past the draw": {verify.TakenUndrawn, func(c *script) {
			c.taken1 = func(k *audit.TakenForDebt) { k.Draw, k.Offer = "", "" }
		}},
	}
}

type drawForgery struct {
	want   verify.Code
	change func(*script)
}

// TestR16d_VerifyFindsTamperedDraws: whoever holds database and key forges a draw and signs the log anew.
func TestR16d_VerifyFindsTamperedDraws(t *testing.T) {
	t.Parallel()
	for name, x := range drawForgeries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newScript(t)
			x.change(c)
			log := newCourt(t, c.write())
			found(t, x.want, "--log", log.url)
		})
	}
}

// Whoever writes list and draw anew, by the rule, and signs it, is found against a checkpoint that covers the list.
func TestR16d_VerifyFindsAListThatWasWrittenAnew(t *testing.T) {
	t.Parallel()
	honest := newScript(t)
	entries := honest.write()
	i := slices.IndexFunc(entries, func(e audit.Entry) bool { return e.Kind == audit.KindDrawListed })
	log := newCourt(t, entries[:i+1])
	state := t.TempDir() + "/state.json"
	if code, r, text := auditor(t, "verify", "--log", log.url, "--state", state); code != exitHolds {
		t.Fatalf("exit %d, %+v\n%s", code, r.Findings, text)
	}
	forger := newScript(t)
	forger.nonce = bytes.Repeat([]byte{8}, 32)
	forged := newCourt(t, forger.write())
	if code, r, _ := auditor(t, "verify", "--log", forged.url); code != exitHolds {
		t.Fatalf("the forgery is meant to hold by itself: %+v", r.Findings)
	}
	found(t, verify.HistoryRewritten, "--log", forged.url, "--state", state)
}
