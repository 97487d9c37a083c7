package web_test

import "testing"

// R17, F5 over HTTP: a transfer that names nothing is entered, withdrawn, entered again and approved by another; then it is in suspense and
// owed back by hand, which one enters and another approves.
func TestF5_TransfersOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	const list, returns, nothing = "/api/v1/finance/transfers", "/api/v1/finance/returns", "0197f2c4-7a11-7c21-9e0d-3b1f5a2c0499"
	w.want(401, "sign_in_required", "", "GET", list, nil)
	w.want(403, "role_forbidden", "judge1", "POST", list, map[string]any{"amount_fen": 7, "bank_reference": "r", "payer": "p"})
	w.want(404, "not_found", "bidder1", "GET", "/api/v1/lots/"+nothing+"/payment-reference", nil)
	w.want(403, "role_forbidden", "finance1", "GET", "/api/v1/lots/"+nothing+"/payment-reference", nil)
	w.want(422, "field_missing", "finance1", "POST", list, map[string]any{"amount_fen": 7, "bank_reference": "r"})
	w.want(422, "amount_invalid", "finance1", "POST", list, map[string]any{"amount_fen": 0, "bank_reference": "r", "payer": "p"})
	w.want(422, "payment_reference_invalid", "finance1", "POST", list, map[string]any{"amount_fen": 7, "bank_reference": "r", "payer": "p", "payment_reference": "7"})
	w.want(422, "payment_reference_unknown", "finance1", "POST", list, map[string]any{"amount_fen": 7, "bank_reference": "r", "payer": "p", "payment_reference": "0000 0000 0000 0000"})
	whole := map[string]any{"amount_fen": 7, "bank_reference": "r", "payer": "p"}
	first := w.want(201, "", "finance1", "POST", list, whole).text("id")
	w.want(409, "bank_reference_used", "finance2", "POST", list, whole)
	w.want(403, "role_forbidden", "finance2", "POST", "/api/v1/transfers-in/"+first+"/withdrawal", nil)
	w.want(201, "", "finance1", "POST", "/api/v1/transfers-in/"+first+"/withdrawal", nil)
	second := w.want(201, "", "finance1", "POST", list, whole).text("id")
	w.want(403, "same_person", "finance1", "POST", "/api/v1/transfers-in/"+second+"/decision", map[string]any{"approve": true})
	w.want(201, "", "finance2", "POST", "/api/v1/transfers-in/"+second+"/decision", map[string]any{"approve": true})
	if items := w.want(200, "", "finance2", "GET", list, nil).json["items"].([]any); len(items) != 2 {
		t.Errorf("listed: %v", items)
	}
	held := w.want(200, "", "finance1", "GET", reconciliation, nil).json["suspense"].([]any)[0].(map[string]any)
	if held["payer"] != "p" || held["bank_reference"] != "r" {
		t.Errorf("in suspense: %v", held)
	}
	suspense := reconciliation + "/suspense/" + held["suspense"].(string)
	w.want(422, "payment_reference_unknown", "finance1", "POST", suspense+"/assignment", map[string]any{"reason": "slip", "payment_reference": "0000000000000000"})
	w.want(201, "", "finance1", "POST", suspense+"/return", map[string]any{"reason": "not ours"})
	owed := w.want(200, "", "finance1", "GET", returns, nil).json["items"].([]any)[0].(map[string]any)
	if owed["of"] != "unknown" || owed["status"] != "owed" || owed["payer"].(map[string]any)["zh"] != "p" {
		t.Errorf("owed: %v", owed)
	}
	entry := returns + "/" + owed["return"].(string) + "/transfers"
	w.want(422, "amount_invalid", "finance1", "POST", entry, map[string]any{"amount_fen": 8, "bank_reference": "r", "payee": "p"})
	out := w.want(201, "", "finance1", "POST", entry, map[string]any{"amount_fen": 7, "bank_reference": "r", "payee": "p 6222"}).text("id")
	w.want(403, "same_person", "finance1", "POST", "/api/v1/transfers-out/"+out+"/decision", map[string]any{"approve": true})
	w.want(422, "reason_required", "finance2", "POST", "/api/v1/transfers-out/"+out+"/decision", map[string]any{"approve": false})
	w.want(201, "", "finance2", "POST", "/api/v1/transfers-out/"+out+"/decision", map[string]any{"approve": true})
	w.want(409, "payment_state_conflict", "finance1", "POST", "/api/v1/transfers-out/"+out+"/withdrawal", nil)
	if back := w.want(200, "", "finance1", "GET", returns, nil).json["items"].([]any)[0].(map[string]any); back["status"] != "returned" {
		t.Errorf("given back: %v", back)
	}
}

// A notice of the custodian is nobody's where there is none; what is no notice changes nothing.
func TestTheCustodiansNoticeOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.want(404, "not_found", "", "POST", "/webhooks/custodian", map[string]any{"id": "nt_1"})
}
