package web_test

import (
	"strings"
	"testing"
)

const reconciliation = "/api/v1/finance/reconciliation"

// plant makes a payment at the provider that no checkout asked for.
func (p *plug) plant(t *testing.T, fen int64) (intent string) {
	t.Helper()
	intent, err := p.standin.PlantPayment(fen, nil)
	if err != nil {
		t.Fatal(err)
	}
	return intent
}

// F1 over HTTP: finance asks for a run, sees what nobody knows, sends it back and closes a difference with a reason.
func TestF1_FinanceReconcilesOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.want(401, "sign_in_required", "", "GET", reconciliation, nil)
	w.want(403, "role_forbidden", "judge1", "GET", reconciliation, nil)
	w.want(403, "role_forbidden", "clerk1", "POST", reconciliation+"/run", map[string]any{})
	empty := w.want(200, "", "finance1", "GET", reconciliation, nil)
	for _, list := range []string{"runs", "differences", "suspense"} {
		if items, is := empty.json[list].([]any); !is || len(items) != 0 {
			t.Errorf("%s before the first run: %s", list, empty.body)
		}
	}
	kept, back := w.plug.plant(t, 26_504_001), w.plug.plant(t, 3)
	if made := w.want(201, "", "finance1", "POST", reconciliation+"/run", map[string]any{}); made.text("status") != "asked" {
		t.Errorf("asked: %s", made.body)
	}
	w.want(400, "invalid_request", "finance1", "POST", reconciliation+"/run", map[string]any{"from": "2999-01-01T00:00:00Z"})
	w.duties()
	view := w.want(200, "", "finance1", "GET", reconciliation, nil)
	runs, differences, suspense := view.json["runs"].([]any), view.json["differences"].([]any), view.json["suspense"].([]any)
	if len(runs) != 1 || len(differences) != 2 || len(suspense) != 2 || view.json["suspense_fen"].(float64) != 26_504_004 {
		t.Fatalf("after the run: %s", view.body)
	}
	of := func(list []any, key, intent, id string) string {
		t.Helper()
		for _, one := range list {
			if m := one.(map[string]any); m[key] == intent {
				return m[id].(string)
			}
		}
		t.Fatalf("%s %s is not in %v", key, intent, list)
		return ""
	}
	sent, held := of(suspense, "intent", back, "suspense"), of(suspense, "intent", kept, "suspense")
	w.want(422, "reason_required", "finance1", "POST", reconciliation+"/suspense/"+sent+"/return", map[string]any{"reason": " "})
	w.want(403, "role_forbidden", "judge1", "POST", reconciliation+"/suspense/"+sent+"/return", map[string]any{"reason": "not ours"})
	w.want(404, "not_found", "finance1", "POST", reconciliation+"/suspense/"+held+"/assignment", map[string]any{"reason": "slip", "payment": held})
	if r := w.want(201, "", "finance1", "POST", reconciliation+"/suspense/"+sent+"/return", map[string]any{"reason": "not ours"}); r.text("status") != "returning" {
		t.Errorf("sent back: %s", r.body)
	}
	w.duties()
	w.want(201, "", "finance1", "POST", reconciliation+"/run", map[string]any{})
	w.duties()
	view = w.want(200, "", "finance1", "GET", reconciliation, nil)
	differences = view.json["differences"].([]any)
	if len(differences) != 1 || view.json["suspense_fen"].(float64) != 26_504_001 {
		t.Fatalf("after the return: %s", view.body)
	}
	closing := reconciliation + "/differences/" + of(differences, "kind", "unknown_here", "difference") + "/closing"
	w.want(422, "reason_required", "finance1", "POST", closing, map[string]any{"reason": ""})
	w.want(422, "field_invalid", "finance1", "POST", closing, map[string]any{"reason": strings.Repeat("理", 1001)})
	w.want(201, "", "finance1", "POST", closing, map[string]any{"reason": "the payer was asked"})
	w.want(409, "payment_state_conflict", "finance1", "POST", closing, map[string]any{"reason": "again"})
	// Nothing is swept away: the money is still in suspense.
	view = w.want(200, "", "finance1", "GET", reconciliation, nil)
	if len(view.json["differences"].([]any)) != 0 || len(view.json["suspense"].([]any)) != 1 || view.json["suspense_fen"].(float64) != 26_504_001 {
		t.Errorf("after the closing: %s", view.body)
	}
}
