package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/web/account"
)

// answer is a refusal, or what is accepted, with every fault that it lists.
type answer struct {
	Code, Field, Rule, Article, Detail string
	Faults                             []answer
}

// among finds what the answer says of a code, with the rule's article; a refusal for one reason says it itself. No rule says which days there are.
func (a answer) among(code, rule, field string) bool {
	for _, f := range append(a.Faults, a) {
		if f.Code == code && f.Rule == rule && f.Field == field && (f.Article != "") == (rule != "") && f.Detail != "" {
			return true
		}
	}
	return false
}

// tried lists a case's lot, lets the judges vote and announces it so far ahead, until something is refused; the zero answer says that nothing was.
func (w *world) tried(c docket.Case, panel []uuid.UUID, lead time.Duration) answer {
	w.t.Helper()
	judge := w.judges[0]
	kase := judge.post("/api/v1/cases", without(w.t, c, "assets", "lots"))
	if kase.status >= 400 {
		return kase.answer()
	}
	asset := judge.post(fmt.Sprintf("/api/v1/cases/%s/assets", kase.made()), without(w.t, c.Assets[0], "ref"))
	if asset.status >= 400 {
		return asset.answer()
	}
	body := newLot(w.t, c.Lots[0])
	if panel != nil {
		body["panel"] = panel
	}
	lot := judge.post(fmt.Sprintf("/api/v1/assets/%s/lots", asset.made()), body)
	if lot.status >= 400 {
		return lot.answer()
	}
	id := lot.made()
	for _, j := range w.judges {
		j.post(path(id, "votes"), map[string]any{"approve": true}).into(new(any))
	}
	starts := w.now().Add(lead)
	r := judge.post(path(id, "announcement"), map[string]any{"starts_at": starts, "ends_at": starts.Add(oneDay)})
	if r.status >= 400 {
		return r.answer()
	}
	return answer{}
}

func (r reply) answer() (a answer) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, &a); err != nil || r.status >= 500 {
		r.t.Fatalf("%s: answered %d, no problem document: %.400s", r.call, r.status, r.body)
	}
	return a
}

// car makes a generated sale one of a car.
func car(t *testing.T, c *docket.Case) {
	t.Helper()
	from := demonstrationDocket(t).Cases[20]
	from.Assets[0].Ref = c.Assets[0].Ref
	c.Assets[0] = from.Assets[0]
	c.Lots[0].PurchaseLimits = from.Lots[0].PurchaseLimits
	for i := range c.PriorityClaims {
		c.PriorityClaims[i].AssetRefs = []string{c.Assets[0].Ref}
	}
}

// What a court gets wrong is answered by the rule and its article; a unit further it is accepted. Nothing of a refused announcement stands.
func TestR10_R12_R13_R16_R17_R30_R2024_BadInputIsAnsweredByRuleAndArticle(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	const month = 30*oneDay + time.Second
	lot := func(change func(l *docket.Lot)) func(*docket.Case) {
		return func(c *docket.Case) { change(&c.Lots[0]) }
	}
	asset := func(change func(a *docket.Asset)) func(*docket.Case) {
		return func(c *docket.Case) { change(&c.Assets[0]) }
	}
	priced := func(start, deposit int64) func(*docket.Case) {
		return lot(func(l *docket.Lot) { l.AppraisalFen, l.StartingPriceFen, l.DepositFen = 1_000_000_00, start, deposit })
	}
	day := func(d int) docket.Date { return docket.Date(w.now().AddDate(0, 0, d).Format(time.DateOnly)) }
	court := time.FixedZone("CST", 8*60*60)
	today := docket.Date(w.now().In(court).Format(time.DateOnly))
	yesterday := docket.Date(w.now().In(court).AddDate(0, 0, -1).Format(time.DateOnly))
	for name, c := range map[string]struct {
		change            func(*docket.Case)
		lead              time.Duration
		code, rule, field string // none when it is accepted
	}{
		"at 70 per cent of the appraisal":       {change: priced(700_000_00, 70_000_00), lead: month},
		"at 69.99 per cent of it":               {priced(699_900_00, 70_000_00), month, "reserve_too_low", "R10", "starting_price_fen"},
		"a report on its last day":              {change: lot(func(l *docket.Lot) { l.PricingBasis.ValidUntil = today }), lead: month},
		"a report that expired yesterday":       {lot(func(l *docket.Lot) { l.PricingBasis.ValidUntil = yesterday }), month, "announcement_incomplete", "R10p", "lot.pricing_basis.valid_until"},
		"a car announced 15 days ahead":         {change: func(c *docket.Case) { car(t, c) }, lead: 15*oneDay + time.Second},
		"a car announced 14 days ahead":         {func(c *docket.Case) { car(t, c) }, 14 * oneDay, "announcement_too_late", "R12", "starts_at"},
		"a deposit of 5 per cent":               {change: priced(800_000_00, 40_000_00), lead: month},
		"a deposit of 4.9 per cent":             {priced(800_000_00, 39_200_00), month, "deposit_out_of_bounds", "R17", "deposit_fen"},
		"a deposit of 20 per cent":              {change: priced(800_000_00, 160_000_00), lead: month},
		"a deposit of 20.1 per cent":            {priced(800_000_00, 160_800_00), month, "deposit_out_of_bounds", "R17", "deposit_fen"},
		"the buyer bears all taxes":             {asset(func(a *docket.Asset) { a.Taxes[0].Note.Zh = "一切税费均由买受人承担。" }), month, "taxes_all_on_buyer", "R30", "assets[0].taxes[0].note.zh"},
		"the occupancy of a flat unknown":       {asset(func(a *docket.Asset) { a.Occupancy.State = "unknown" }), month, "occupancy_unknown", "R2024", "occupancy.state"},
		"bidding that began already":            {func(*docket.Case) {}, -oneDay, "announcement_too_late", "R12", "starts_at"},
		"a notice that will be served tomorrow": {lot(func(l *docket.Lot) { l.Notifications[0].On = day(1) }), month, "notice_too_late", "R16", "lot.notifications[0].on"},
		"29 February of a leap year":            {change: asset(func(a *docket.Asset) { a.Survey[0].On = "2024-02-29" }), lead: month},
		"29 February of any other":              {asset(func(a *docket.Asset) { a.Survey[0].On = "2025-02-29" }), month, "field_invalid", "", "survey.0.on"},
		"a report until such a day":             {lot(func(l *docket.Lot) { l.PricingBasis.ValidUntil = "2027-02-29" }), month, "field_invalid", "", "lot.pricing_basis.valid_until"},
	} {
		k := w.figures.sale(w.now(), w.rules)
		c.change(&k)
		got := w.tried(k, nil, c.lead)
		switch {
		case c.code == "" && got.Code != "":
			t.Errorf("%s is refused: %+v", name, got)
		case c.code != "" && !got.among(c.code, c.rule, c.field):
			t.Errorf("%s is answered %+v; want %s by %s with its article in %s", name, got, c.code, c.rule, c.field)
		}
	}
}

// R6: a panel is an odd number of judges of the court, three at least, and nobody else votes.
func TestR6_APanelOfTwoAndAStrangersVoteAreRefused(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	var ids []uuid.UUID
	for _, j := range w.judges {
		ids = append(ids, w.account(j))
	}
	for n, want := range map[int]string{2: "panel_invalid", 3: ""} {
		got := w.tried(w.figures.sale(w.now(), w.rules), ids[:n], 30*oneDay+time.Second)
		if got.Code != want || want != "" && !got.among(want, "R6", "panel") {
			t.Errorf("a panel of %d: %+v", n, got)
		}
	}
	k := w.figures.sale(w.now(), w.rules)
	caseID := w.judges[0].post("/api/v1/cases", without(t, k, "assets", "lots")).made()
	asset := w.judges[0].post(fmt.Sprintf("/api/v1/cases/%s/assets", caseID), without(t, k.Assets[0], "ref")).made()
	body := newLot(t, k.Lots[0])
	body["panel"] = ids
	lot := w.judges[0].post(fmt.Sprintf("/api/v1/assets/%s/lots", asset), body).made()
	ofOtherCases := w.staff("judge-of-other-cases", account.Judge)
	court := w.court
	if err := w.pool.QueryRow(t.Context(), `INSERT INTO courts SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'code', 'elsewhere'))).* FROM courts c
		WHERE id = $1 RETURNING id`, court).Scan(&w.court); err != nil {
		t.Fatal(err)
	}
	ofAnotherCourt := w.staff("judge-of-another-court", account.Judge)
	w.court = court
	w.unchanged("votes from outside the panel", func() {
		for name, who := range map[string]person{"of other cases": ofOtherCases, "of another court": ofAnotherCourt} {
			r := who.post(path(lot, "votes"), map[string]any{"approve": true}).answer()
			if !r.among("panel_invalid", "R6", "") && !r.among("role_forbidden", "R6", "") {
				t.Errorf("a judge %s: %+v", name, r)
			}
		}
	})
}
