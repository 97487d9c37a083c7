package web_test

import "testing"

// F5 over HTTP: the routes of what goes back by hand answer as the contract says, before and after a return is owed.
func TestR23_ReturnsOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	const list, nothing = "/api/v1/finance/returns", "0197f2c4-7a11-7c21-9e0d-3b1f5a2c0499"
	w.want(401, "sign_in_required", "", "GET", list, nil)
	w.want(403, "role_forbidden", "judge1", "GET", list, nil)
	empty := w.want(200, "", "finance1", "GET", list, nil)
	if items, is := empty.json["items"].([]any); !is || len(items) != 0 {
		t.Errorf("nothing is owed: %s", empty.body)
	}
	whole := map[string]any{"amount_fen": 7, "bank_reference": "r", "payee": "p"}
	w.want(404, "not_found", "finance1", "POST", list+"/"+nothing+"/transfers", whole)
	w.want(422, "amount_invalid", "finance1", "POST", list+"/"+nothing+"/transfers", map[string]any{"amount_fen": 0, "bank_reference": "r", "payee": "p"})
	w.want(422, "field_missing", "finance1", "POST", list+"/"+nothing+"/transfers", map[string]any{"amount_fen": 7, "bank_reference": "r"})
	w.want(404, "not_found", "finance1", "POST", "/api/v1/transfers-out/"+nothing+"/decision", map[string]any{"approve": true})
	w.want(404, "not_found", "finance1", "POST", "/api/v1/transfers-out/"+nothing+"/withdrawal", nil)
}
