package web_test

import (
	"strings"
	"testing"
)

// R10, F2, R28o over HTTP: a court's judge chooses within the law's bounds, everybody reads it, a docket is held against it, and the
// choice is in the log.
func TestR10_F2_ACourtChoosesItsSettingsOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	court := w.want(201, "", "judge1", "POST", "/api/v1/dockets", w.file(phone)).text("court")
	path := "/api/v1/courts/" + court + "/settings"
	got := w.want(200, "", "", "GET", path, nil)
	if got.text("rule_set") != "china2017" || len(got.json["items"].([]any)) != 1 || len(got.json["bounds"].([]any)) != 3 {
		t.Errorf("before: %s", got.body)
	}
	code := got.json["court"].(map[string]any)["code"].(string)
	why := map[string]any{"zh": "本地成交价高。", "en": "Prices here are high."}
	choice := func(field string, v any) map[string]any {
		out := map[string]any{
			"reserve_min_permille": 755, "pay_out_days": 7, "brief_outage_seconds": 300, "maximum_bids": true, "no_reserve": false,
			"decided_by": map[string]any{"zh": "执行局局长", "en": "head of the enforcement bureau"}, "reason": why,
		}
		if v == nil {
			delete(out, field)
		} else {
			out[field] = v
		}
		return out
	}
	w.want(401, "sign_in_required", "", "PUT", path, choice("maximum_bids", true))
	w.want(403, "role_forbidden", "clerk1", "PUT", path, choice("maximum_bids", true))
	w.want(403, "role_forbidden", "judge1", "PUT", "/api/v1/courts/0197f2c4-7a11-7c21-9e0d-3b1f5a2c0009/settings", choice("maximum_bids", true))
	w.want(404, "not_found", "", "GET", "/api/v1/courts/0197f2c4-7a11-7c21-9e0d-3b1f5a2c0009/settings", nil)
	w.want(404, "not_found", "", "GET", "/api/v1/courts/nowhere/settings", nil)
	for _, x := range []struct {
		field string
		v     any
		code  string
		rule  string
	}{
		{"reserve_min_permille", 699, "setting_out_of_bounds", "R10"},
		{"reserve_min_permille", 1001, "setting_out_of_bounds", "R10"},
		{"pay_out_days", 0, "setting_out_of_bounds", "F2"},
		{"pay_out_days", 31, "setting_out_of_bounds", "F2"},
		{"brief_outage_seconds", -1, "setting_out_of_bounds", "R28o"},
		{"brief_outage_seconds", 1801, "setting_out_of_bounds", "R28o"},
		{"reason", map[string]any{"zh": " ", "en": "x"}, "reason_required", ""},
	} {
		r := w.want(422, x.code, "judge1", "PUT", path, choice(x.field, x.v))
		if rule, _ := r.json["rule"].(string); rule != x.rule || r.text("field") != x.field {
			t.Errorf("%s of %v is answered %s", x.field, x.v, r.body)
		}
	}
	w.want(422, "field_missing", "judge1", "PUT", path, choice("no_reserve", nil))
	const name = "china2017+reserve=755,payout=7,outage=300,maximum=true,noreserve=false"
	if set := w.want(200, "", "judge1", "PUT", path, choice("maximum_bids", true)); set.text("rule_set") != name || set.text("since") == "" {
		t.Errorf("set: %s", set.body)
	}
	w.want(409, "settings_unchanged", "judge1", "PUT", path, choice("maximum_bids", true))
	got = w.want(200, "", "", "GET", "/api/v1/courts/"+code+"/settings", nil)
	if got.text("rule_set") != name || len(got.json["items"].([]any)) != 2 || !strings.Contains(got.body, "Prices here are high.") {
		t.Errorf("after: %s", got.body)
	}
	var entry string
	if err := w.pool.QueryRow(t.Context(), `SELECT convert_from(bytes, 'UTF8') FROM entries WHERE kind = 'court.settings'`).Scan(&entry); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(entry, `"court":"`+code+`","rule_set":"`+name+`","rule_digest":"`) || strings.Contains(entry, "high") {
		t.Errorf("the log has %s", entry)
	}
}
