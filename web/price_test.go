package web_test

import (
	"maps"
	"strings"
	"testing"
	"time"
)

// R10p over HTTP: seized property is priced by a firm, an objection is decided, the price binds the lot and everybody reads it.
func TestR10p_APriceIsFixedOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	kase := w.file(phone)["cases"].([]any)[0].(map[string]any)
	caseID := ""
	for _, id := range w.want(201, "", "judge1", "POST", "/api/v1/dockets", w.file(phone)).json["cases"].(map[string]any) {
		caseID = id.(string)
	}
	asset := maps.Clone(kase["assets"].([]any)[0].(map[string]any))
	delete(asset, "ref")
	asset["documents"].([]any)[0].(map[string]any)["kind"] = "appraisal_report"
	asset["seized_on"] = w.clock.Now().AddDate(0, 0, -40).Format(time.DateOnly)
	id := w.want(201, "", "judge1", "POST", "/api/v1/cases/"+caseID+"/assets", asset).text("asset")

	why := map[string]any{"zh": "记录在卷。", "en": "As the file says."}
	with := func(more map[string]any) map[string]any {
		out := map[string]any{"reason": why}
		maps.Copy(out, more)
		return out
	}
	boss := map[string]any{"superior": map[string]any{"zh": "执行局局长", "en": "head of the enforcement bureau"}, "late_reason": why}
	prices := "/api/v1/assets/" + id + "/prices"
	late := w.want(422, "late_reason_required", "clerk1", "POST", prices, map[string]any{})
	if late.text("rule") != "R10p" || late.text("article") == "" {
		t.Errorf("the refusal reads %s", late.body)
	}
	path := "/api/v1/prices/" + w.want(201, "", "clerk1", "POST", prices, boss).text("id")

	firms := map[string]any{"chosen_by": "agreement", "firms": []any{
		map[string]any{"zh": "甲所", "en": "Firm A"}, map[string]any{"zh": "乙所", "en": "Firm B"}, map[string]any{"zh": "丙所", "en": "Firm C"},
	}}
	if early := w.want(409, "price_origin_too_early", "clerk1", "POST", path+"/firms", firms); !strings.Contains(early.body, "4") {
		t.Errorf("the refusal reads %s", early.body)
	}
	w.want(422, "field_invalid", "judge1", "POST", path+"/skips", with(map[string]any{"origin": "agreed", "ground": "no_wish"}))
	w.want(201, "", "judge1", "POST", path+"/skips", with(map[string]any{"origin": "agreed", "ground": "parties_chose"}))
	w.want(201, "", "judge1", "POST", path+"/skips", with(map[string]any{"origin": "authority", "ground": "parties_chose"}))
	w.want(201, "", "judge1", "POST", path+"/skips", with(map[string]any{"origin": "online_inquiry", "ground": "needs_expert"}))
	w.want(201, "", "clerk1", "POST", path+"/firms", firms)
	w.want(201, "", "clerk1", "POST", path+"/engagements", nil)
	sources := w.want(200, "", "clerk1", "GET", prices, nil).json["items"].([]any)[0].(map[string]any)["sources"].([]any)
	hash := strings.Repeat("a", 64)
	today := w.clock.Now().Format(time.DateOnly)
	until := w.clock.Now().AddDate(0, 6, 0).Format(time.DateOnly)
	report := map[string]any{"source": sources[0].(map[string]any)["source"], "amount_fen": 370_000, "hash": hash, "valued_on": today, "valid_until": until}
	said := w.want(201, "", "clerk1", "POST", path+"/reports", report).text("id")
	for role, list := range map[string]string{"applicant": "applicants", "debtor": "debtors"} {
		for i := range kase[list].([]any) {
			w.want(201, "", "clerk1", "POST", path+"/services", map[string]any{"role": role, "no": i + 1, "way": "electronic", "received": true, "proof": hash})
		}
	}
	objection := w.want(201, "", "clerk1", "POST", path+"/objections", map[string]any{"report": said, "role": "debtor", "no": 1, "ground": "result", "text_hash": hash}).text("id")
	w.want(409, "report_objection_open", "judge1", "POST", path+"/fixing", map[string]any{"origin": "appraisal"})
	w.want(201, "", "clerk1", "POST", path+"/objections/"+objection+"/forwarding", nil)
	w.want(403, "role_forbidden", "clerk1", "POST", path+"/objections/"+objection+"/decision", with(map[string]any{"outcome": "dismissed"}))
	w.want(201, "", "judge1", "POST", path+"/objections/"+objection+"/decision", with(map[string]any{"outcome": "dismissed"}))
	w.want(409, "objection_time_runs", "judge1", "POST", path+"/fixing", map[string]any{"origin": "appraisal"})
	w.pass(5*24*time.Hour + time.Millisecond)
	w.want(201, "", "judge1", "POST", path+"/fixing", map[string]any{"origin": "appraisal"})

	lot := w.phoneLot(map[string]any{"appraisal_fen": 370_001})
	delete(lot["lot"].(map[string]any), "market_price_fen")
	basis := maps.Clone(lot["lot"].(map[string]any)["pricing_basis"].(map[string]any))
	maps.Copy(basis, map[string]any{"origin": "appraisal", "valued_on": today, "valid_until": until})
	lot["lot"].(map[string]any)["pricing_basis"] = basis
	if c := w.want(422, "reference_differs", "judge1", "POST", "/api/v1/assets/"+id+"/lots", lot); c.text("rule") != "R10" {
		t.Errorf("another price: %s", c.body)
	}
	lot["lot"].(map[string]any)["appraisal_fen"] = 370_000
	draft := w.want(201, "", "judge1", "POST", "/api/v1/assets/"+id+"/lots", lot).text("lot")
	w.want(404, "not_found", "", "GET", "/api/v1/lots/"+draft+"/prices", nil)
	w.announce(draft)
	for _, page := range []string{"/api/v1/lots/" + draft + "/prices", "/api/v1/cases/" + caseID + "/prices"} {
		c := w.want(200, "", "", "GET", page, nil)
		item := c.json["items"].([]any)[0].(map[string]any)
		if item["price_fen"] != 370_000.0 || item["origin"] != "appraisal" || len(item["skips"].([]any)) != 3 || strings.Contains(c.body, `"debtor"`) {
			t.Errorf("everybody reads %s", c.body)
		}
	}
	w.want(409, "state_conflict", "judge1", "POST", path+"/withdrawal", with(map[string]any{"ground": "supervision"}))
	w.checkLog()
}
