package web_test

import (
	"strings"
	"testing"
	"time"
)

// fetched: the court offers times of collection, the buyer takes one, the record is signed (R20r).
func (w *world) fetched(lot string, buyer bidder) {
	w.t.Helper()
	path := "/api/v1/lots/" + lot
	steps := func(who, path string) string {
		var list []string
		for _, s := range w.want(200, "", who, "GET", path, nil).json["steps"].([]any) {
			s := s.(map[string]any)
			list = append(list, s["step"].(string)+" "+s["state"].(string))
		}
		return strings.Join(list, ", ")
	}
	if got := steps("judge1", path+"/handover"); got != "collection_offered owed, collection_booked owed, collected owed, record_signed owed" {
		w.t.Errorf("the way begins with %s", got)
	}
	w.want(404, "not_found", "bidder1", "GET", path+"/collection", nil)
	w.want(403, "role_forbidden", "judge1", "GET", path+"/collection", nil)
	w.want(409, "step_out_of_order", "judge1", "POST", path+"/handover/steps", map[string]any{"step": "collected"})
	w.want(422, "field_invalid", "judge1", "POST", path+"/handover/steps", map[string]any{"step": "dance"})
	slot := func(after time.Duration) map[string]any {
		at := w.clock.Now().Add(after)
		return map[string]any{
			"starts_at": at.Format(contractTime), "ends_at": at.Add(time.Hour).Format(contractTime), "place": map[string]any{"zh": "物品保管室", "en": "the store"},
		}
	}
	late := w.want(422, "slot_invalid", "judge1", "POST", path+"/handover/slots", map[string]any{"slots": []any{slot(15 * 24 * time.Hour)}})
	if late.text("rule") != "R20r" || late.text("article") == "" {
		w.t.Errorf("the refusal reads %s", late.body)
	}
	w.want(201, "", "judge1", "POST", path+"/handover/slots", map[string]any{"slots": []any{slot(48 * time.Hour), slot(72 * time.Hour)}})
	slots := w.want(200, "", buyer.login, "GET", path+"/collection", nil).json["slots"].([]any)
	id := slots[0].(map[string]any)["id"].(string)
	w.want(403, "not_the_buyer", "bidder1", "POST", path+"/collection", map[string]any{"slot": id})
	w.want(201, "", buyer.login, "POST", path+"/collection", map[string]any{"slot": id})
	w.want(409, "state_conflict", buyer.login, "POST", path+"/collection", map[string]any{"slot": id})
	w.want(201, "", "judge1", "POST", path+"/handover/steps", map[string]any{"step": "collected", "note": "买受人本人持身份证提取。"})
	w.want(201, "", "judge2", "POST", path+"/handover/corrections", map[string]any{"step": "collected", "note": "由代理人提取。"})
	w.pass(15 * 24 * time.Hour)
	w.want(422, "late_reason_required", "judge1", "POST", path+"/handover/steps", map[string]any{"step": "record_signed"})
	w.want(201, "", "judge1", "POST", path+"/handover/steps", map[string]any{
		"step": "record_signed", "superior": map[string]any{"zh": "执行局局长", "en": "head of the enforcement bureau"}, "late_reason": map[string]any{"zh": "买受人出差。", "en": "The buyer was away."},
	})
	if got := steps(buyer.login, path+"/collection"); strings.Contains(got, "owed") {
		w.t.Errorf("the way ends with %s", got)
	}
	if body := w.want(200, "", buyer.login, "GET", path+"/collection", nil).body; strings.Contains(body, "持身份证") || strings.Contains(body, "代理人") {
		w.t.Errorf("the buyer reads the court's notes: %s", body)
	}
	if body := w.want(200, "", "judge1", "GET", path+"/handover", nil).body; !strings.Contains(body, "代理人") || !strings.Contains(body, `"handed_over_at"`) {
		w.t.Errorf("the court reads %s", body)
	}
	w.want(409, "state_conflict", "judge1", "POST", path+"/handover", nil)
	w.marked(lot, buyer)
}

// marked: the buyer says of two facts of the announcement whether they are true; the shares are published.
func (w *world) marked(lot string, buyer bidder) {
	w.t.Helper()
	path := "/api/v1/lots/" + lot + "/statements"
	said := w.want(200, "", "", "GET", path, nil).json["statements"].([]any)
	id := func(i int) string { s, _ := said[i].(map[string]any)["id"].(string); return s }
	false1, true1 := id(0), id(len(said)-1)
	marks := func(list ...map[string]any) map[string]any { return map[string]any{"marks": list} }
	w.want(403, "not_the_buyer", "bidder1", "POST", path+"/marks", marks(map[string]any{"statement": false1, "true": true}))
	w.want(422, "reason_required", buyer.login, "POST", path+"/marks", marks(map[string]any{"statement": false1, "true": false}))
	w.want(201, "", buyer.login, "POST", path+"/marks", marks(map[string]any{"statement": false1, "true": false, "reason": "屏幕有划痕。"}, map[string]any{"statement": true1, "true": true}))
	w.want(409, "state_conflict", buyer.login, "POST", path+"/marks", marks(map[string]any{"statement": false1, "true": true}))
	if c := w.want(200, "", "", "GET", path, nil); c.json["true_count"] != 1.0 || c.json["false_count"] != 1.0 || strings.Contains(c.body, "划痕") {
		w.t.Errorf("the statements read %s", c.body)
	}
	items := w.want(200, "", "", "GET", "/api/v1/statistics/accuracy", nil).json["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["true_permille"] != 500.0 || items[0].(map[string]any)["false_count"] != 1.0 {
		w.t.Errorf("the accuracy reads %v", items)
	}
}

// R20r, R18: nobody's purchase is told apart before the end, and no step stands before the ruling.
func TestR20r_NothingIsFetchedBeforeTheRuling(t *testing.T) {
	t.Parallel()
	w := start(t)
	path := "/api/v1/lots/" + w.announced()
	w.want(404, "not_found", "judge1", "GET", path+"/handover", nil)
	w.want(404, "not_found", "bidder1", "GET", path+"/collection", nil)
	w.want(409, "state_conflict", "judge1", "POST", path+"/handover/steps", map[string]any{"step": "collected"})
	w.want(409, "state_conflict", "judge1", "POST", path+"/handover", nil)
}
